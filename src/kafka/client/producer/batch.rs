//! A batch in the accumulator: open for records, then closed and kept until its acknowledgement (`ProducerBatch`).

use crate::kafka::event::BatchReason;
use crate::kafka::ids::{Rid, TopicPartition};
use crate::kafka::record::{BatchBuilder, Compression, Record, RecordBatch, TimestampType};
use crate::time::SimTime;

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
    pub tp: TopicPartition,
    pub created_at: SimTime,
    /// When it was put back for another attempt, which begins the back-off.
    pub last_attempt_at: SimTime,
    pub attempts: u32,
    pub base_sequence: Option<i32>,
    pub pending: Vec<Pending>,
    /// Bytes of buffer memory that it was given (`initialCapacity`).
    pub capacity: i32,
    /// Why it left the accumulator for the first time.
    pub reason: BatchReason,
    sealed: bool,
    content: Content,
}

impl ProducerBatch {
    pub fn new(tp: TopicPartition, compression: Compression, write_limit: i32, now: SimTime) -> ProducerBatch {
        let builder = BatchBuilder::new(compression, TimestampType::CreateTime, 0, write_limit);
        ProducerBatch {
            tp,
            created_at: now,
            last_attempt_at: now,
            attempts: 0,
            base_sequence: None,
            pending: Vec::new(),
            capacity: write_limit,
            reason: BatchReason::Linger,
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

    /// Fixes producer id, epoch and sequence; only an open batch can take them.
    pub fn set_producer_state(
        &mut self,
        producer_id: crate::kafka::ids::ProducerId,
        producer_epoch: crate::kafka::ids::ProducerEpoch,
        base_sequence: i32,
    ) {
        let Content::Open(builder) = &mut self.content else { return };
        builder.set_producer_state(producer_id, producer_epoch, base_sequence, false);
        self.base_sequence = Some(base_sequence);
    }

    /// Closes it, if it is still open, and returns the bytes that travel.
    pub fn close(&mut self) -> RecordBatch {
        if let Content::Open(builder) = &self.content {
            self.content = Content::Closed(builder.clone().close());
        }
        match &self.content {
            Content::Closed(batch) => batch.clone(),
            Content::Open(_) => unreachable!("it was closed above"),
        }
    }
}
