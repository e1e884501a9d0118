//! A batch in the accumulator: open for records, then closed and kept until its acknowledgement (`ProducerBatch`).

use crate::kafka::event::BatchReason;
use crate::kafka::ids::{LeaderEpoch, Rid, TopicPartition};
use crate::kafka::record::{
    BatchBuilder, Compression, RECORD_BATCH_OVERHEAD, Record, RecordBatch, TimestampType, estimate_size_upper_bound,
    increment_sequence,
};
use crate::time::{SimDuration, SimTime};

use super::compression_ratio::CompressionRatio;
use super::idempotence::Identity;

/// Counts the batches of one producer.
pub type BatchId = u64;

/// One record's send() that waits for its end.
#[derive(Clone, PartialEq, Debug)]
pub struct Pending {
    pub rid: Rid,
    pub sent_at: SimTime,
    pub timestamp_ms: i64,
    pub key_size: i32,
    pub value_size: i32,
}

#[derive(Clone, Debug)]
enum Content {
    Open(Box<BatchBuilder>),
    Closed(RecordBatch),
}

#[derive(Clone, Debug)]
pub struct ProducerBatch {
    pub id: BatchId,
    pub tp: TopicPartition,
    pub created_at: SimTime,
    /// When it was put back for another attempt, which begins the back-off.
    pub last_attempt_at: SimTime,
    /// How long it rests after that.
    pub backoff: SimDuration,
    pub attempts: u32,
    /// Produce requests that have carried it.
    pub requests: u32,
    pub identity: Identity,
    pub base_sequence: Option<i32>,
    pub pending: Vec<Pending>,
    /// Bytes of buffer memory that it was given (`initialCapacity`).
    pub capacity: i32,
    /// Why it left the accumulator for the first time.
    pub reason: BatchReason,
    /// It is a part of a batch that was too large; its memory is not the pool's.
    pub is_split: bool,
    /// True once its sends have ended, though its request may still be out.
    pub is_done: bool,
    /// The largest record by its upper bound in bytes, which no split can go below.
    pub max_record_size: i32,
    /// Bytes of its records after compression to those before, once it is closed.
    pub compression_ratio: CompressionRatio,
    /// The newest leader epoch that was seen while it waited, and after how many attempts.
    leader_epoch: Option<LeaderEpoch>,
    attempts_at_leader_change: Option<u32>,
    is_renumbered: bool,
    sealed: bool,
    content: Content,
}

impl ProducerBatch {
    pub fn new(
        id: BatchId,
        tp: TopicPartition,
        compression: Compression,
        ratio: CompressionRatio,
        write_limit: i32,
        now: SimTime,
    ) -> ProducerBatch {
        let mut builder = BatchBuilder::new(compression, TimestampType::CreateTime, 0, write_limit);
        builder.set_estimated_compression_ratio(ratio.0);
        ProducerBatch {
            id,
            tp,
            created_at: now,
            last_attempt_at: now,
            backoff: SimDuration::ZERO,
            attempts: 0,
            requests: 0,
            identity: Identity::NONE,
            base_sequence: None,
            pending: Vec::new(),
            capacity: write_limit,
            reason: BatchReason::Linger,
            is_split: false,
            is_done: false,
            max_record_size: 0,
            compression_ratio: CompressionRatio::default(),
            leader_epoch: None,
            attempts_at_leader_change: None,
            is_renumbered: false,
            sealed: false,
            content: Content::Open(Box::new(builder)),
        }
    }

    /// Appends if there is room; hands the record back if not.
    pub fn try_append(&mut self, record: Record, pending: Pending) -> Result<(), (Record, Pending)> {
        let sealed = self.sealed;
        let Content::Open(builder) = &mut self.content else { return Err((record, pending)) };
        if sealed || !builder.has_room_for(&record) {
            return Err((record, pending));
        }
        let upper_bound = estimate_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers);
        self.max_record_size = self.max_record_size.max(upper_bound);
        builder.append(record, pending.rid);
        self.pending.push(pending);
        Ok(())
    }

    /// No more records go into it (`closeForRecordAppends`); its producer state is still open.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    pub fn is_full(&self) -> bool {
        match &self.content {
            Content::Open(builder) => self.sealed || builder.is_full(),
            Content::Closed(_) => true,
        }
    }

    pub fn is_closed(&self) -> bool {
        matches!(self.content, Content::Closed(_))
    }

    /// Bytes: estimated while open, exact once closed.
    pub fn size_in_bytes(&self) -> i32 {
        match &self.content {
            Content::Open(builder) => builder.estimated_size_in_bytes(),
            Content::Closed(batch) => batch.size_in_bytes(),
        }
    }

    pub fn record_count(&self) -> i32 {
        self.pending.len() as i32
    }

    /// The sequence of its last record.
    pub fn last_sequence(&self) -> Option<i32> {
        Some(increment_sequence(self.base_sequence?, self.record_count() - 1))
    }

    /// True from [`ProducerBatch::renumber`] until it is drained again (`sequenceHasBeenReset`).
    pub fn is_renumbered(&self) -> bool {
        self.is_renumbered
    }

    /// True once it was put back for another attempt (`inRetry`).
    pub fn is_in_retry(&self) -> bool {
        self.attempts > 0
    }

    /// Fixes producer id, epoch and sequence.
    pub fn set_producer_state(&mut self, identity: Identity, base_sequence: i32) {
        let Identity { producer_id, epoch } = identity;
        match &mut self.content {
            Content::Open(builder) => builder.set_producer_state(producer_id, epoch, base_sequence, false),
            Content::Closed(batch) => *batch = batch.with_producer_state(producer_id, epoch, base_sequence),
        }
        (self.identity, self.base_sequence) = (identity, Some(base_sequence));
    }

    /// Another identity and sequence, because the epoch is over (`resetProducerState`).
    pub fn renumber(&mut self, identity: Identity, base_sequence: i32) {
        self.set_producer_state(identity, base_sequence);
        self.is_renumbered = true;
    }

    /// Takes note of the epoch of the partition's leader (`maybeUpdateLeaderEpoch`).
    pub fn note_leader_epoch(&mut self, latest: Option<LeaderEpoch>) {
        let Some(latest) = latest else { return };
        if self.leader_epoch.is_none_or(|known| known < latest) {
            self.leader_epoch = Some(latest);
            self.attempts_at_leader_change = Some(self.attempts);
        }
    }

    /// Whether the retry that is due goes to another leader than the attempt before, which spares it the back-off
    /// (KIP-951).
    pub fn has_new_leader(&self) -> bool {
        self.attempts > 0 && self.attempts_at_leader_change == Some(self.attempts)
    }

    /// Closes it, if it is still open, and returns the bytes that travel.
    pub fn close(&mut self) -> RecordBatch {
        if let Content::Open(builder) = &self.content {
            let plain = builder.uncompressed_bytes_written() - RECORD_BATCH_OVERHEAD;
            let closed = builder.clone().close();
            self.compression_ratio = CompressionRatio::of(closed.size_in_bytes() - RECORD_BATCH_OVERHEAD, plain);
            self.content = Content::Closed(closed);
        }
        self.is_renumbered = false;
        match &self.content {
            Content::Closed(batch) => batch.clone(),
            Content::Open(_) => unreachable!("it was closed above"),
        }
    }
}
