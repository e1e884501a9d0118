//! What a leader checks of a batch before it appends it, and the offsets and stamps that it gives it (Kafka's
//! `LogValidator`).

use super::append::AppendOrigin;
use super::config::LogConfig;
use super::error::{AppendError, RecordError};
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, TopicPartition};
use crate::kafka::record::{
    BatchBuilder, Compression, NO_PRODUCER_ID, NO_TIMESTAMP, RecordBatch, StoredRecord, TimestampType,
};

/// What brokers count as metrics of bad batches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// `InvalidOffsetOrSequenceRecordsPerSec`, for offsets.
    InvalidOffset,
    /// `InvalidOffsetOrSequenceRecordsPerSec`, for sequences.
    InvalidSequence,
    /// `NoKeyCompactedTopicRecordsPerSec`.
    NoKeyCompactedTopic,
}

/// An accepted batch as the log stores it.
#[derive(Clone, Debug)]
pub struct Validated {
    pub batch: RecordBatch,
    /// The offset behind the batch.
    pub next_offset: i64,
    /// Newest timestamp in ms, or -1.
    pub max_timestamp_ms: i64,
    /// The batch was built anew, so its size may differ from what the client sent.
    pub size_may_have_changed: bool,
}

/// The circumstances of one append.
#[derive(Clone, Copy, Debug)]
pub struct Validator<'a> {
    pub partition: &'a TopicPartition,
    pub config: &'a LogConfig,
    pub leader_epoch: LeaderEpoch,
    pub origin: AppendOrigin,
    /// The broker's clock in ms.
    pub now_ms: i64,
}

impl Validator<'_> {
    /// Checks a batch and gives it offsets from `next_offset` on. A batch that already has the topic's codec is only
    /// stamped; any other is built anew. `faults` gets what the broker counts, also of refused batches.
    pub fn validate(
        &self,
        batch: &RecordBatch,
        next_offset: i64,
        faults: &mut Vec<Fault>,
    ) -> Result<Validated, AppendError> {
        self.check_batch(batch, faults)?;
        let source = batch.compression();
        let target = self.config.compression_type.unwrap_or(source);
        let (records, damage) = batch.records_before_damage();
        let mut in_place = source == target || (source == Compression::None && batch.is_control());
        let shows_sizes = in_place && source != Compression::None;
        let mut errors = Vec::new();
        let mut max_timestamp = NO_TIMESTAMP;
        for (index, stored) in (0..).zip(&records) {
            if let Some((code, message)) = self.check_record(batch, stored, shows_sizes, faults) {
                errors.push((code, RecordError { batch_index: index, message }));
            }
            max_timestamp = max_timestamp.max(stored.record.timestamp_ms);
            let counts_up = stored.offset == i64::from(index);
            in_place &= counts_up || (source == Compression::None && target == Compression::None);
        }
        damage?;
        refuse(errors)?;
        if in_place {
            return Ok(self.stamp(batch, next_offset, records.len() as i64, max_timestamp));
        }
        self.rebuild(batch, &records, target, next_offset)
    }

    fn check_batch(&self, batch: &RecordBatch, faults: &mut Vec<Fault>) -> Result<(), AppendError> {
        if self.origin != AppendOrigin::Client {
            return Ok(());
        }
        let partition = self.partition;
        let mut refuse = |fault: Fault, text: String| {
            faults.push(fault);
            Err(AppendError::new(ErrorCode::InvalidRecord, text))
        };
        let (base, last, count) = (batch.base_offset(), batch.last_offset(), i64::from(batch.count()));
        let from_offsets = last.wrapping_sub(base).wrapping_add(1);
        if from_offsets <= 0 {
            let text = format!("Batch has an invalid offset range: [{base}, {last}] in topic partition {partition}");
            return refuse(Fault::InvalidOffset, text);
        }
        if count <= 0 {
            let text = format!("Invalid reported count for record batch: {count} in topic partition {partition}");
            return refuse(Fault::InvalidOffset, text);
        }
        if from_offsets != count {
            let text = format!(
                "Inconsistent batch offset range [{base}, {last}] and count of records {count} in topic partition \
                 {partition}"
            );
            return refuse(Fault::InvalidOffset, text);
        }
        if batch.is_control() {
            let text = format!("Clients are not allowed to write control records in topic partition {partition}");
            return refuse(Fault::InvalidOffset, text);
        }
        if batch.has_producer_id() && batch.base_sequence() < 0 {
            let text = format!(
                "Invalid sequence number {} in record batch with producerId {} in topic partition {partition}",
                batch.base_sequence(),
                batch.producer_id()
            );
            return refuse(Fault::InvalidSequence, text);
        }
        Ok(())
    }

    fn check_record(
        &self,
        batch: &RecordBatch,
        stored: &StoredRecord,
        shows_sizes: bool,
        faults: &mut Vec<Fault>,
    ) -> Option<(ErrorCode, String)> {
        if self.config.compact && stored.record.key.is_none() {
            faults.push(Fault::NoKeyCompactedTopic);
            let partition = self.partition;
            let text = format!("Compacted topic cannot accept message without key in topic partition {partition}");
            return Some((ErrorCode::InvalidRecord, text));
        }
        let (timestamp, offset) = (stored.record.timestamp_ms, stored.offset);
        let LogConfig { message_timestamp_before_max_ms: before, message_timestamp_after_max_ms: after, .. } =
            *self.config;
        if self.config.message_timestamp_type == TimestampType::CreateTime && timestamp != NO_TIMESTAMP {
            let age = self.now_ms.wrapping_sub(timestamp);
            if age > before || age.wrapping_neg() > after {
                let (from, to) = (self.now_ms.wrapping_sub(before), self.now_ms.wrapping_add(after));
                let text = format!(
                    "Timestamp {timestamp} of message with offset {offset} is out of range. The timestamp should be \
                     within [{from}, {to}]"
                );
                return Some((ErrorCode::InvalidTimestamp, text));
            }
        } else if batch.timestamp_type() == TimestampType::LogAppendTime {
            let text = format!(
                "Invalid timestamp type in message {}. Producer should not set timestamp type to LogAppendTime.",
                shown(stored, shows_sizes)
            );
            return Some((ErrorCode::InvalidTimestamp, text));
        }
        None
    }

    /// Gives the batch its offsets where it stands; what the records are counts, not what the header says.
    fn stamp(&self, batch: &RecordBatch, next_offset: i64, count: i64, max_timestamp: i64) -> Validated {
        let next_offset = next_offset + count;
        let base_offset = next_offset - 1 - i64::from(batch.last_offset_delta());
        let kind = self.config.message_timestamp_type;
        let max_timestamp = match kind {
            TimestampType::LogAppendTime => self.now_ms,
            TimestampType::CreateTime => max_timestamp,
        };
        let batch = batch.with_stamps(base_offset, self.leader_epoch, Some((kind, max_timestamp)));
        Validated { batch, next_offset, max_timestamp_ms: max_timestamp, size_may_have_changed: false }
    }

    fn rebuild(
        &self,
        batch: &RecordBatch,
        records: &[StoredRecord],
        target: Compression,
        next_offset: i64,
    ) -> Result<Validated, AppendError> {
        let illegal = |text: String| AppendError::internal("IllegalArgumentException", text);
        let kind = self.config.message_timestamp_type;
        let mut builder = BatchBuilder::new(target, kind, next_offset, i32::MAX);
        builder.set_log_append_time(self.now_ms);
        builder.set_partition_leader_epoch(self.leader_epoch);
        if batch.is_transactional() && batch.producer_id().0 == NO_PRODUCER_ID {
            let text = "Cannot write transactional messages without a valid producer ID";
            return Err(illegal(text.to_string()));
        }
        let (producer, epoch) = (batch.producer_id(), batch.producer_epoch());
        builder.set_producer_state(producer, epoch, batch.base_sequence(), batch.is_transactional());
        for stored in records {
            BatchBuilder::check_timestamp(&stored.record).map_err(illegal)?;
            let offset = next_offset + i64::from(builder.count());
            match stored.rid {
                Some(rid) => builder.append_with_offset(offset, stored.record.clone(), rid),
                None => builder.append_anonymous(offset, &stored.record),
            }
        }
        let (max_timestamp_ms, _) = builder.max_timestamp_and_offset();
        let next_offset = next_offset + i64::from(builder.count());
        let batch = builder.try_close().map_err(|text| illegal(text.to_string()))?;
        Ok(Validated { batch, next_offset, max_timestamp_ms, size_may_have_changed: true })
    }
}

/// A record as Kafka's texts show it. Where only sizes were read, a null counts as -1.
fn shown(stored: &StoredRecord, shows_sizes: bool) -> String {
    let size = |bytes: Option<usize>| match (bytes, shows_sizes) {
        (Some(len), _) => len as i64,
        (None, true) => -1,
        (None, false) => 0,
    };
    let key = size(stored.record.key.as_ref().map(|key| key.len()));
    let value = size(stored.record.value.as_ref().map(|value| value.len()));
    let class = if shows_sizes { "PartialDefaultRecord" } else { "DefaultRecord" };
    let (offset, timestamp) = (stored.offset, stored.record.timestamp_ms);
    format!("{class}(offset={offset}, timestamp={timestamp}, key={key} bytes, value={value} bytes)")
}

/// One bad record refuses the whole batch; a bad timestamp among them decides the error code.
fn refuse(errors: Vec<(ErrorCode, RecordError)>) -> Result<(), AppendError> {
    if errors.is_empty() {
        return Ok(());
    }
    let bad_timestamp = errors.iter().any(|(code, _)| *code == ErrorCode::InvalidTimestamp);
    let record_errors: Vec<RecordError> = errors.into_iter().map(|(_, error)| error).collect();
    let mut error = if bad_timestamp {
        let text = "One or more records have been rejected due to invalid timestamp";
        AppendError::new(ErrorCode::InvalidTimestamp, text)
    } else {
        let show = |e: &RecordError| format!("RecordError(batchIndex={}, message='{}')", e.batch_index, e.message);
        let first: Vec<String> = record_errors.iter().take(3).map(show).collect();
        AppendError::new(
            ErrorCode::InvalidRecord,
            format!(
                "One or more records have been rejected due to {} record errors in total, and only showing the first \
                 three errors at most: [{}]",
                record_errors.len(),
                first.join(", ")
            ),
        )
    };
    error.record_errors = record_errors;
    Err(error)
}
