//! Checking one append of one producer against what is known of it (Kafka's `ProducerAppendInfo`).

use super::append::AppendOrigin;
use super::error::AppendError;
use super::producer_state::{BatchMetadata, ProducerEntry};
use super::segment::AbortedTransaction;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{ProducerEpoch, ProducerId, TopicPartition};
use crate::kafka::record::{EndTransactionMarker, NO_PRODUCER_EPOCH, NO_SEQUENCE, RecordBatch};
use crate::kafka::seeded::SeededBug;

/// A transaction that a marker has just ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CompletedTransaction {
    pub producer_id: ProducerId,
    pub first_offset: i64,
    /// The offset of the marker.
    pub last_offset: i64,
    pub is_aborted: bool,
}

impl CompletedTransaction {
    /// The entry of the transaction index, if the transaction was aborted.
    pub fn aborted(&self, last_stable_offset: i64) -> Option<AbortedTransaction> {
        let CompletedTransaction { producer_id, first_offset, last_offset, is_aborted } = *self;
        is_aborted.then_some(AbortedTransaction { producer_id, first_offset, last_offset, last_stable_offset })
    }
}

/// The state of a producer as it will be if the append goes through. Nothing of the log changes before that.
#[derive(Clone, Debug)]
pub(super) struct ProducerAppend {
    current: ProducerEntry,
    updated: ProducerEntry,
    origin: AppendOrigin,
    /// First offsets of the transactions that the append opens.
    started: Vec<i64>,
}

impl ProducerAppend {
    pub fn new(producer_id: ProducerId, current: Option<&ProducerEntry>, origin: AppendOrigin) -> ProducerAppend {
        let current = current.cloned().unwrap_or_else(|| ProducerEntry::unknown(producer_id));
        ProducerAppend { updated: current.without_batches(), current, origin, started: Vec::new() }
    }

    pub fn into_parts(self) -> (ProducerEntry, Vec<i64>) {
        (self.updated, self.started)
    }

    /// Checks a batch and takes note of it; a marker may end a transaction. `transaction_version` is that of the
    /// marker's coordinator.
    pub fn append(
        &mut self,
        partition: &TopicPartition,
        batch: &RecordBatch,
        transaction_version: i16,
    ) -> Result<Option<CompletedTransaction>, AppendError> {
        if !batch.is_control() {
            return self.append_data(partition, batch).map(|()| None);
        }
        let records = batch.records()?;
        let Some(first) = records.first() else { return Ok(None) };
        let (key, value) = (first.record.key.as_deref(), first.record.value.as_deref());
        let Some(marker) = EndTransactionMarker::of_record(key.unwrap_or_default(), value.unwrap_or_default()) else {
            let text = "The control record of a producer is no transaction marker";
            return Err(AppendError::internal("IllegalArgumentException", text));
        };
        self.append_marker(partition, batch, &marker, first.record.timestamp_ms, transaction_version)
    }

    fn append_data(&mut self, partition: &TopicPartition, batch: &RecordBatch) -> Result<(), AppendError> {
        let (epoch, first_offset) = (batch.producer_epoch(), batch.base_offset());
        self.check_epoch(partition, epoch, first_offset, -1)?;
        if self.origin == AppendOrigin::Client && !SeededBug::SequenceUnchecked.is_planted() {
            self.check_sequence(partition, epoch, batch.base_sequence(), first_offset)?;
        }
        let metadata = BatchMetadata {
            last_sequence: batch.last_sequence(),
            last_offset: batch.last_offset(),
            offset_delta: (batch.last_offset() - first_offset) as i32,
            timestamp: batch.max_timestamp(),
        };
        self.updated.add_batch(epoch, metadata);
        match (self.updated.current_txn_first_offset, batch.is_transactional()) {
            (Some(_), false) => {
                let producer = self.updated.producer_id;
                Err(AppendError::new(
                    ErrorCode::InvalidTxnState,
                    format!(
                        "Expected transactional write from producer {producer} at offset (offset={first_offset}, \
                         segment=[-1:-1]) in partition {partition}"
                    ),
                ))
            }
            (None, true) => {
                self.updated.current_txn_first_offset = Some(first_offset);
                self.started.push(first_offset);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn append_marker(
        &mut self,
        partition: &TopicPartition,
        batch: &RecordBatch,
        marker: &EndTransactionMarker,
        timestamp: i64,
        transaction_version: i16,
    ) -> Result<Option<CompletedTransaction>, AppendError> {
        let offset = batch.base_offset();
        self.check_epoch(partition, batch.producer_epoch(), offset, transaction_version.max(0))?;
        let known = self.updated.coordinator_epoch;
        if known > marker.coordinator_epoch && self.origin != AppendOrigin::Replication {
            return Err(AppendError::new(
                ErrorCode::TransactionCoordinatorFenced,
                format!(
                    "Invalid coordinator epoch for producerId {} at offset {offset} in partition {partition}: {} \
                     (zombie), {known} (current)",
                    self.updated.producer_id, marker.coordinator_epoch
                ),
            ));
        }
        let completed = self.updated.current_txn_first_offset.map(|first_offset| CompletedTransaction {
            producer_id: self.updated.producer_id,
            first_offset,
            last_offset: offset,
            is_aborted: !marker.committed,
        });
        self.updated.end_transaction(batch.producer_epoch(), marker.coordinator_epoch, timestamp);
        Ok(completed)
    }

    /// Refuses an older epoch; under transaction version 2 a marker must have a newer one, unless it is a resend of
    /// the marker that ended the last transaction.
    fn check_epoch(
        &self,
        partition: &TopicPartition,
        epoch: ProducerEpoch,
        offset: i64,
        transaction_version: i16,
    ) -> Result<(), AppendError> {
        let known = self.updated.producer_epoch;
        let (is_invalid, relation) = match transaction_version {
            2.. => (epoch <= known, "<="),
            _ => (epoch < known, "<"),
        };
        let ended_before = self.updated.current_txn_first_offset.is_none() || epoch.0 == i16::MAX;
        let is_resend = transaction_version >= 2 && epoch == known && ended_before;
        if !is_invalid || is_resend || self.origin == AppendOrigin::Replication {
            return Ok(());
        }
        Err(AppendError::new(
            ErrorCode::InvalidProducerEpoch,
            format!(
                "Epoch of producer {} at offset {offset} in {partition} is {epoch}, which is {relation} the last seen \
                 epoch {known} (TV{transaction_version})",
                self.updated.producer_id
            ),
        ))
    }

    fn check_sequence(
        &self,
        partition: &TopicPartition,
        epoch: ProducerEpoch,
        first_sequence: i32,
        offset: i64,
    ) -> Result<(), AppendError> {
        let producer = self.updated.producer_id;
        let out_of_order = |text: String| Err(AppendError::new(ErrorCode::OutOfOrderSequenceNumber, text));
        let known = self.updated.producer_epoch;
        if epoch != known {
            if first_sequence != 0 && known.0 != NO_PRODUCER_EPOCH {
                return out_of_order(format!(
                    "Invalid sequence number for new epoch of producer {producer}at offset {offset} in partition \
                     {partition}: {epoch} (request epoch), {first_sequence} (seq. number), {known} (current producer \
                     epoch)"
                ));
            }
            return Ok(());
        }
        let last_sequence = match self.updated.is_empty() {
            false => self.updated.last_sequence(),
            true if epoch == self.current.producer_epoch => self.current.last_sequence(),
            true => NO_SEQUENCE,
        };
        let follows = i64::from(first_sequence) == i64::from(last_sequence) + 1;
        let wraps = first_sequence == 0 && last_sequence == i32::MAX;
        if self.current.producer_epoch.0 == NO_PRODUCER_EPOCH || follows || wraps {
            return Ok(());
        }
        out_of_order(format!(
            "Out of order sequence number for producer {producer} at offset {offset} in partition {partition}: \
             {first_sequence} (incoming seq. number), {last_sequence} (current end sequence number)"
        ))
    }
}
