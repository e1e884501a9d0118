//! Appending: checks, roll, producer state, and only then the batch.

use std::sync::Arc;

use super::error::AppendError;
use super::partition_log::{PartitionLog, millis};
use super::producer_append::{CompletedTransaction, ProducerAppend};
use super::producer_state::BatchMetadata;
use super::segment::{RollParams, Segment};
use super::validator::Validator;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::LeaderEpoch;
use crate::kafka::record::{NO_TIMESTAMP, RecordBatch, TimestampType};
use crate::time::SimTime;

/// Where an append comes from; it decides which checks are made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AppendOrigin {
    /// A fetch from the leader: offsets are given, nothing is refused for its sequence or epoch.
    Replication,
    /// A group or transaction coordinator on the same broker.
    Coordinator,
    /// A producer.
    Client,
    /// The leader of the Raft quorum; offsets and epoch are given.
    RaftLeader,
}

/// What came of an append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppendInfo {
    /// Offset of the first record: of the original, for a resend.
    pub base_offset: i64,
    pub last_offset: i64,
    /// The append time in ms; -1 on a CreateTime topic, except that a resend gives the original's timestamp.
    pub log_append_time_ms: i64,
    pub log_start_offset: i64,
    /// The batch was a resend of one of the producer's last five; nothing was written.
    pub duplicate: bool,
    /// A new segment was begun for it.
    pub rolled: bool,
    /// Newest timestamp in ms, or -1.
    pub max_timestamp_ms: i64,
    /// The batch as it was stored; none for a resend.
    pub stored: Option<RecordBatch>,
}

/// The transaction version of a batch that is no marker.
const NOT_A_MARKER: i16 = -1;

impl PartitionLog {
    /// Appends a batch as the leader of `leader_epoch`: validates it, gives it offsets, and recognises resends.
    pub fn append_as_leader(
        &mut self,
        batch: &RecordBatch,
        leader_epoch: LeaderEpoch,
        now: SimTime,
        origin: AppendOrigin,
    ) -> Result<AppendInfo, AppendError> {
        self.append_with_version(batch, leader_epoch, now, origin, NOT_A_MARKER)
    }

    /// Appends a transaction marker that a coordinator sent; `transaction_version` is the feature's level there.
    pub fn append_end_transaction_marker(
        &mut self,
        batch: &RecordBatch,
        leader_epoch: LeaderEpoch,
        now: SimTime,
        transaction_version: i16,
    ) -> Result<AppendInfo, AppendError> {
        self.append_with_version(batch, leader_epoch, now, AppendOrigin::Coordinator, transaction_version)
    }

    fn append_with_version(
        &mut self,
        batch: &RecordBatch,
        leader_epoch: LeaderEpoch,
        now: SimTime,
        origin: AppendOrigin,
        transaction_version: i16,
    ) -> Result<AppendInfo, AppendError> {
        self.check_as_received(batch, origin)?;
        let validator =
            Validator { partition: &self.partition, config: &self.config, leader_epoch, origin, now_ms: millis(now) };
        let validated = validator.validate(batch, self.log_end_offset, &mut Vec::new())?;
        let size = validated.batch.size_in_bytes();
        if validated.size_may_have_changed && size > self.config.max_message_bytes {
            // The missing blank is Kafka's.
            return Err(AppendError::new(
                ErrorCode::MessageTooLarge,
                format!(
                    "Message batch size is {size} bytes in append topartition {} which exceeds the maximum configured \
                     size of {}.",
                    self.partition, self.config.max_message_bytes
                ),
            ));
        }
        let log_append_time_ms = match self.config.message_timestamp_type {
            TimestampType::LogAppendTime => millis(now),
            TimestampType::CreateTime => NO_TIMESTAMP,
        };
        let info = AppendInfo {
            base_offset: self.log_end_offset,
            last_offset: validated.next_offset - 1,
            log_append_time_ms,
            log_start_offset: self.log_start_offset,
            duplicate: false,
            rolled: false,
            max_timestamp_ms: validated.max_timestamp_ms,
            stored: None,
        };
        self.append_stored(&[validated.batch], info, now, origin, transaction_version)
    }

    /// Appends batches that a leader stored, as they are. Their offsets must grow and begin at or behind the log's end.
    /// No batch: nothing happens.
    pub fn append_as_follower(&mut self, batches: &[RecordBatch], now: SimTime) -> Result<AppendInfo, AppendError> {
        self.append_given(batches, now, AppendOrigin::Replication)
    }

    /// Appends batches whose offsets and epochs the Raft layer has given.
    pub fn append_as_raft_leader(&mut self, batches: &[RecordBatch], now: SimTime) -> Result<AppendInfo, AppendError> {
        self.append_given(batches, now, AppendOrigin::RaftLeader)
    }

    fn append_given(
        &mut self,
        batches: &[RecordBatch],
        now: SimTime,
        origin: AppendOrigin,
    ) -> Result<AppendInfo, AppendError> {
        let mut info = AppendInfo {
            base_offset: self.log_end_offset,
            last_offset: self.log_end_offset - 1,
            log_append_time_ms: NO_TIMESTAMP,
            log_start_offset: self.log_start_offset,
            duplicate: false,
            rolled: false,
            max_timestamp_ms: NO_TIMESTAMP,
            stored: None,
        };
        let Some(first) = batches.first() else { return Ok(info) };
        info.base_offset = first.base_offset();
        info.last_offset = -1;
        for batch in batches {
            self.check_crc(batch)?;
            if batch.last_offset() <= info.last_offset {
                let offsets: Vec<String> = offsets_of(batches).map(|offset| offset.to_string()).collect();
                let text =
                    format!("Out of order offsets found in append to {}: [{}]", self.partition, offsets.join(", "));
                return Err(AppendError::internal("OffsetsOutOfOrderException", text));
            }
            info.last_offset = batch.last_offset();
            info.max_timestamp_ms = info.max_timestamp_ms.max(batch.max_timestamp());
        }
        if info.base_offset < self.log_end_offset {
            let ten: Vec<String> = offsets_of(batches).take(10).map(|offset| offset.to_string()).collect();
            let text = format!(
                "Unexpected offset in append to {}. First offset {} is less than the next offset {}. First 10 offsets \
                 in append: {}, last offset in append: {}. Log start offset = {}",
                self.partition,
                info.base_offset,
                self.log_end_offset,
                ten.join(", "),
                info.last_offset,
                self.log_start_offset
            );
            return Err(AppendError::internal("UnexpectedAppendOffsetException", text));
        }
        self.append_stored(batches, info, now, origin, NOT_A_MARKER)
    }

    fn check_as_received(&self, batch: &RecordBatch, origin: AppendOrigin) -> Result<(), AppendError> {
        let partition = &self.partition;
        if origin == AppendOrigin::Client && batch.base_offset() != 0 {
            return Err(AppendError::new(
                ErrorCode::InvalidRecord,
                format!(
                    "The baseOffset of the record batch in the append to {partition} should be 0, but it is {}",
                    batch.base_offset()
                ),
            ));
        }
        let (size, limit) = (batch.size_in_bytes(), self.config.max_message_bytes);
        if size > limit {
            // The lone bracket is Kafka's.
            return Err(AppendError::new(
                ErrorCode::MessageTooLarge,
                format!(
                    "The record batch size in the append to {partition} is {size} bytes which exceeds the maximum \
                     configured value of {limit})."
                ),
            ));
        }
        self.check_crc(batch)
    }

    fn check_crc(&self, batch: &RecordBatch) -> Result<(), AppendError> {
        if batch.is_valid() {
            return Ok(());
        }
        let (crc, partition) = (batch.crc(), &self.partition);
        let text = format!("Record is corrupt (stored crc = {crc}) in topic partition {partition}.");
        Err(AppendError::new(ErrorCode::CorruptMessage, text))
    }

    /// The common end of all appends: batches as they will be stored.
    fn append_stored(
        &mut self,
        batches: &[RecordBatch],
        mut info: AppendInfo,
        now: SimTime,
        origin: AppendOrigin,
        transaction_version: i16,
    ) -> Result<AppendInfo, AppendError> {
        for batch in batches {
            self.leader_epochs.assign(batch.partition_leader_epoch(), batch.base_offset());
        }
        let bytes = batches.iter().map(RecordBatch::size_in_bytes).sum();
        if bytes > self.config.segment_bytes {
            return Err(AppendError::new(
                ErrorCode::RecordListTooLarge,
                format!(
                    "Message batch size is {bytes} bytes in append to partition {}, which exceeds the maximum \
                     configured segment size of {}.",
                    self.partition, self.config.segment_bytes
                ),
            ));
        }
        info.rolled = self.maybe_roll(bytes, &info, now);
        let (producers, completed) = match self.check_producers(batches, origin, transaction_version)? {
            Checked::Resend(original) => {
                info.base_offset = original.first_offset();
                info.last_offset = original.last_offset;
                info.log_append_time_ms = original.timestamp;
                info.duplicate = true;
                return Ok(info);
            }
            Checked::New(producers, completed) => (producers, completed),
        };
        for batch in batches {
            self.active_segment_mut().append(batch.clone(), millis(now));
        }
        self.log_end_offset = info.last_offset + 1;
        self.write_back.note_append(self.log_end_offset, now);
        for producer in producers {
            self.producers.update(producer);
        }
        for transaction in completed {
            let last_stable_offset = self.producers.last_stable_offset(&transaction);
            if let Some(aborted) = transaction.aborted(last_stable_offset) {
                self.active_segment_mut().add_aborted_transaction(aborted);
            }
            self.producers.complete_transaction(&transaction);
        }
        self.producers.update_map_end_offset(self.log_end_offset);
        info.stored = batches.first().filter(|_| batches.len() == 1).cloned();
        if self.log_end_offset - self.recovery_point >= self.config.flush_messages {
            self.flush();
        }
        Ok(info)
    }

    /// Checks the batches against what is known of their producers; changes nothing.
    fn check_producers(
        &self,
        batches: &[RecordBatch],
        origin: AppendOrigin,
        transaction_version: i16,
    ) -> Result<Checked, AppendError> {
        let mut appends: Vec<(_, ProducerAppend)> = Vec::new();
        let mut completed = Vec::new();
        for batch in batches.iter().filter(|batch| batch.has_producer_id()) {
            let producer_id = batch.producer_id();
            if origin == AppendOrigin::Client
                && let Some(original) = self.producers.find_duplicate(batch)
            {
                return Ok(Checked::Resend(original));
            }
            self.check_transactional_epoch(batch, origin)?;
            let index = appends.iter().position(|(id, _)| *id == producer_id).unwrap_or_else(|| {
                let current = self.producers.entry(producer_id);
                appends.push((producer_id, ProducerAppend::new(producer_id, current, origin)));
                appends.len() - 1
            });
            completed.extend(appends[index].1.append(&self.partition, batch, transaction_version)?);
        }
        Ok(Checked::New(appends.into_iter().map(|(_, append)| append).collect(), completed))
    }

    /// A transactional batch that does not continue an open transaction is refused early if its epoch is old.
    fn check_transactional_epoch(&self, batch: &RecordBatch, origin: AppendOrigin) -> Result<(), AppendError> {
        let is_checked = matches!(origin, AppendOrigin::Client | AppendOrigin::Coordinator);
        let Some(entry) = self.producers.entry(batch.producer_id()).filter(|_| is_checked) else { return Ok(()) };
        let (epoch, known) = (batch.producer_epoch(), entry.producer_epoch);
        let continues = entry.current_txn_first_offset.is_some() && epoch == known;
        if !batch.is_transactional() || continues || epoch >= known {
            return Ok(());
        }
        let producer = batch.producer_id();
        let text =
            format!("Epoch of producer {producer} is {epoch}, which is smaller than the last seen epoch {known}");
        Err(AppendError::new(ErrorCode::InvalidProducerEpoch, text))
    }

    fn maybe_roll(&mut self, append_bytes: i32, info: &AppendInfo, now: SimTime) -> bool {
        let rolls = self.active_segment().should_roll(&RollParams {
            max_segment_ms: self.config.max_segment_ms(),
            max_segment_bytes: self.config.segment_bytes,
            max_timestamp: info.max_timestamp_ms,
            last_offset: info.last_offset,
            append_bytes,
            now_ms: millis(now),
        });
        if rolls {
            self.roll(Some(info.base_offset), now);
        }
        rolls
    }

    /// Begins a new segment at the log's end, or at `expected_next_offset` if that is greater. The segment before gets
    /// its final index entry and is flushed; the state of producers is written to a snapshot. An empty active segment
    /// is replaced.
    pub fn roll(&mut self, expected_next_offset: Option<i64>, now: SimTime) {
        let base_offset = expected_next_offset.unwrap_or(0).max(self.log_end_offset);
        let active = self.active_segment();
        if active.base_offset() == base_offset && active.size_in_bytes() == 0 {
            self.segments.pop();
        } else {
            assert!(base_offset > active.base_offset(), "a new segment begins behind the active one");
            self.active_segment_mut().close();
        }
        self.segments.push(Arc::new(Segment::new(base_offset, &self.config, millis(now))));
        self.producers.update_map_end_offset(base_offset);
        self.producers.take_snapshot();
        self.recovery_point = self.recovery_point.max(base_offset.min(self.log_end_offset));
    }
}

enum Checked {
    /// All batches are new: the producers as they will be, and the transactions that markers end.
    New(Vec<ProducerAppend>, Vec<CompletedTransaction>),
    Resend(BatchMetadata),
}

fn offsets_of(batches: &[RecordBatch]) -> impl Iterator<Item = i64> {
    batches.iter().flat_map(|batch| batch.records().unwrap_or_default()).map(|stored| stored.offset)
}
