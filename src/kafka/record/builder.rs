//! Building a batch record by record (Kafka's `MemoryRecordsBuilder`).

use std::sync::Arc;

use super::batch::{RECORD_BATCH_OVERHEAD, RecordBatch, at, attribute};
use super::checksum::crc32c;
use super::control::ControlRecordType;
use super::size::{len_i32, record_body_size, record_size};
use super::varint::{write_varint, write_varlong};
use super::{
    Bytes, Compression, Header, NO_PARTITION_LEADER_EPOCH, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE,
    NO_TIMESTAMP, Record, TimestampType, codec,
};
use crate::kafka::ids::{LeaderEpoch, ProducerEpoch, ProducerId, Rid};

/// How much worse than estimated Kafka takes compression to be.
const COMPRESSION_RATE_ESTIMATION_FACTOR: f32 = 1.05;

/// Who produces a batch: the fields of idempotence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerState {
    pub producer_id: ProducerId,
    pub producer_epoch: ProducerEpoch,
    pub base_sequence: i32,
    pub is_transactional: bool,
}

impl ProducerState {
    /// A producer without idempotence.
    pub const NONE: ProducerState = ProducerState {
        producer_id: ProducerId(NO_PRODUCER_ID),
        producer_epoch: ProducerEpoch(NO_PRODUCER_EPOCH),
        base_sequence: NO_SEQUENCE,
        is_transactional: false,
    };
}

/// An open batch: `append*` while it has room, then `close`. The producer state may be set until it is closed.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    compression: Compression,
    timestamp_type: TimestampType,
    base_offset: i64,
    /// Bytes that the batch should not exceed; the first record is always let in.
    write_limit: i32,
    log_append_time_ms: i64,
    partition_leader_epoch: LeaderEpoch,
    is_control: bool,
    delete_horizon_ms: Option<i64>,
    producer: ProducerState,
    estimated_compression_ratio: f32,
    base_timestamp: Option<i64>,
    max_timestamp: i64,
    last_offset: Option<i64>,
    /// The records before compression.
    body: Vec<u8>,
    rids: Vec<Rid>,
    count: i32,
}

impl BatchBuilder {
    /// An empty batch of an application's records. `write_limit` is in bytes: the producer's `batch.size`.
    pub fn new(
        compression: Compression,
        timestamp_type: TimestampType,
        base_offset: i64,
        write_limit: i32,
    ) -> BatchBuilder {
        BatchBuilder {
            compression,
            timestamp_type,
            base_offset,
            write_limit,
            log_append_time_ms: NO_TIMESTAMP,
            partition_leader_epoch: LeaderEpoch(NO_PARTITION_LEADER_EPOCH),
            is_control: false,
            delete_horizon_ms: None,
            producer: ProducerState::NONE,
            estimated_compression_ratio: 1.0,
            base_timestamp: None,
            max_timestamp: NO_TIMESTAMP,
            last_offset: None,
            body: Vec::new(),
            rids: Vec::new(),
            count: 0,
        }
    }

    /// An empty batch of control records; they have no id.
    pub fn control(base_offset: i64, leader_epoch: LeaderEpoch) -> BatchBuilder {
        let mut builder = BatchBuilder::new(Compression::None, TimestampType::CreateTime, base_offset, i32::MAX);
        builder.is_control = true;
        builder.partition_leader_epoch = leader_epoch;
        builder
    }

    /// An empty batch with the header of another one: codec, kind of timestamps, base offset, producer, epoch.
    pub fn like(batch: &RecordBatch) -> BatchBuilder {
        let timestamps = batch.timestamp_type();
        let mut builder = BatchBuilder::new(batch.compression(), timestamps, batch.base_offset(), i32::MAX);
        builder.partition_leader_epoch = batch.partition_leader_epoch();
        builder.is_control = batch.is_control();
        if timestamps == TimestampType::LogAppendTime {
            builder.log_append_time_ms = batch.max_timestamp();
        }
        builder.producer = ProducerState {
            producer_id: batch.producer_id(),
            producer_epoch: batch.producer_epoch(),
            base_sequence: batch.base_sequence(),
            is_transactional: batch.is_transactional(),
        };
        builder
    }

    /// The batch spans offsets up to here, also if its last records are gone; panics on one before its last record.
    pub fn set_last_offset(&mut self, last_offset: i64) {
        assert!(self.last_offset.is_some_and(|last| last <= last_offset), "a batch ends at or behind its last record");
        self.last_offset = Some(last_offset);
    }

    /// Sets the fields of idempotence; panics on a combination that no producer may write.
    pub fn set_producer_state(
        &mut self,
        producer_id: ProducerId,
        producer_epoch: ProducerEpoch,
        base_sequence: i32,
        is_transactional: bool,
    ) {
        self.producer = ProducerState { producer_id, producer_epoch, base_sequence, is_transactional };
    }

    pub fn producer_state(&self) -> ProducerState {
        self.producer
    }

    pub fn set_partition_leader_epoch(&mut self, leader_epoch: LeaderEpoch) {
        self.partition_leader_epoch = leader_epoch;
    }

    /// The time (ms) that a `LogAppendTime` batch carries as its largest timestamp.
    pub fn set_log_append_time(&mut self, log_append_time_ms: i64) {
        self.log_append_time_ms = log_append_time_ms;
    }

    /// When compaction may drop the batch's tombstones, in ms; takes the place of the base timestamp, so it comes
    /// before the first record.
    pub fn set_delete_horizon(&mut self, delete_horizon_ms: i64) {
        assert!(self.count == 0, "the delete horizon is the base of all timestamps");
        self.delete_horizon_ms = Some(delete_horizon_ms);
        self.base_timestamp = Some(delete_horizon_ms);
    }

    /// Compressed bytes per plain byte that the producer expects, from its earlier batches.
    pub fn set_estimated_compression_ratio(&mut self, ratio: f32) {
        self.estimated_compression_ratio = ratio;
    }

    /// Whether a record may be appended: the first always, later ones within the write limit. The new record counts
    /// uncompressed.
    pub fn has_room_for(&self, record: &Record) -> bool {
        if self.is_full() {
            return false;
        }
        if self.count == 0 {
            return true;
        }
        let offset_delta = self.last_offset.map_or(0, |last| (last - self.base_offset + 1) as i32);
        let timestamp_delta = self.base_timestamp.map_or(0, |base| record.timestamp_ms - base);
        self.write_limit >= self.estimated_size_in_bytes() + record_size(offset_delta, timestamp_delta, record)
    }

    /// Whether the write limit is reached; an empty batch is never full.
    pub fn is_full(&self) -> bool {
        self.count > 0 && self.write_limit <= self.estimated_size_in_bytes()
    }

    /// Whether the record's timestamp is one: not negative, or -1 for none. The text is Kafka's
    /// (`IllegalArgumentException`).
    pub fn check_timestamp(record: &Record) -> Result<(), String> {
        match record.timestamp_ms {
            NO_TIMESTAMP.. => Ok(()),
            timestamp => Err(format!("Invalid negative timestamp {timestamp}")),
        }
    }

    /// Appends a record at the offset behind the last one and returns that offset. The limit is not checked. Panics on
    /// a timestamp that [`BatchBuilder::check_timestamp`] refuses.
    pub fn append(&mut self, record: Record, rid: Rid) -> i64 {
        let offset = self.last_offset.map_or(self.base_offset, |last| last + 1);
        self.append_with_offset(offset, record, rid);
        offset
    }

    /// Appends a record at an offset beyond the last one; panics if it is not.
    pub fn append_with_offset(&mut self, offset: i64, record: Record, rid: Rid) {
        self.write(offset, &record);
        self.rids.push(rid);
    }

    /// Appends a record whose id is not known; a batch has ids for all of its records or for none.
    pub fn append_anonymous(&mut self, offset: i64, record: &Record) {
        self.write(offset, record);
    }

    /// Appends a control record.
    pub fn append_control_record(&mut self, timestamp_ms: i64, control_type: ControlRecordType, value: Bytes) {
        assert!(self.is_control, "control records stand in control batches only");
        let offset = self.last_offset.map_or(self.base_offset, |last| last + 1);
        let record =
            Record { timestamp_ms, key: Some(control_type.record_key()), value: Some(value), headers: Vec::new() };
        self.write(offset, &record);
    }

    fn write(&mut self, offset: i64, record: &Record) {
        assert!(self.last_offset.is_none_or(|last| offset > last), "offsets grow within a batch");
        BatchBuilder::check_timestamp(record).expect("whoever sends a record checks its timestamp");
        let base_timestamp = *self.base_timestamp.get_or_insert(record.timestamp_ms);
        let offset_delta = i32::try_from(offset - self.base_offset).expect("a batch spans at most 2^31 offsets");
        write_record(&mut self.body, offset_delta, record.timestamp_ms - base_timestamp, record);
        self.max_timestamp = self.max_timestamp.max(record.timestamp_ms);
        self.last_offset = Some(offset);
        self.count += 1;
    }

    /// What the batch will take, as far as can be told before it is compressed.
    pub fn estimated_size_in_bytes(&self) -> i32 {
        let body = len_i32(self.body.len());
        match self.compression {
            Compression::None => RECORD_BATCH_OVERHEAD + body,
            _ => {
                let estimate = body as f32 * self.estimated_compression_ratio * COMPRESSION_RATE_ESTIMATION_FACTOR;
                RECORD_BATCH_OVERHEAD + estimate as i32
            }
        }
    }

    /// Header and records before compression, in bytes.
    pub fn uncompressed_bytes_written(&self) -> i32 {
        RECORD_BATCH_OVERHEAD + len_i32(self.body.len())
    }

    /// Records appended so far.
    pub fn count(&self) -> i32 {
        self.count
    }

    /// The largest timestamp (ms) that the closed batch will carry, and its offset as an index keeps it: that of the
    /// batch's last record. Both -1 without timestamps.
    pub fn max_timestamp_and_offset(&self) -> (i64, i64) {
        let last = self.last_offset.unwrap_or(-1);
        match self.timestamp_type {
            TimestampType::LogAppendTime => (self.log_append_time_ms, last),
            TimestampType::CreateTime if self.max_timestamp == NO_TIMESTAMP => (NO_TIMESTAMP, -1),
            TimestampType::CreateTime => (self.max_timestamp, last),
        }
    }

    /// Writes the header, compresses, computes the checksum. Panics on an empty batch and on producer fields that no
    /// producer may write.
    pub fn close(self) -> RecordBatch {
        self.try_close().unwrap_or_else(|text| panic!("{text}"))
    }

    /// Like [`BatchBuilder::close`], but producer fields that no producer may write are an error, in Kafka's words
    /// (`IllegalArgumentException`).
    pub fn try_close(self) -> Result<RecordBatch, &'static str> {
        self.check_producer_state()?;
        let last_offset = self.last_offset.expect("a batch is closed with at least one record");
        assert!(self.rids.is_empty() || len_i32(self.rids.len()) == self.count, "every record has an id, or none has");
        let (max_timestamp, _) = self.max_timestamp_and_offset();
        let header = BatchHeader {
            base_offset: self.base_offset,
            last_offset,
            leader_epoch: self.partition_leader_epoch,
            attributes: self.attributes(),
            base_timestamp: self.base_timestamp.unwrap_or(NO_TIMESTAMP),
            max_timestamp,
            producer: self.producer,
            count: self.count,
        };
        Ok(header.write(&codec::compress(self.compression, &self.body), self.rids.into()))
    }

    fn attributes(&self) -> i16 {
        let bit = |set: bool, bit: i16| if set { bit } else { 0 };
        i16::from(self.compression.id())
            | bit(self.timestamp_type == TimestampType::LogAppendTime, attribute::LOG_APPEND_TIME)
            | bit(self.producer.is_transactional, attribute::TRANSACTIONAL)
            | bit(self.is_control, attribute::CONTROL)
            | bit(self.delete_horizon_ms.is_some(), attribute::DELETE_HORIZON)
    }

    fn check_producer_state(&self) -> Result<(), &'static str> {
        let ProducerState { producer_id, producer_epoch, base_sequence, is_transactional } = self.producer;
        let is_idempotent = producer_id.0 != NO_PRODUCER_ID;
        if is_transactional && !is_idempotent {
            return Err("Cannot write transactional messages without a valid producer ID");
        }
        if is_idempotent && producer_epoch.0 == NO_PRODUCER_EPOCH {
            return Err("Invalid negative producer epoch");
        }
        if is_idempotent && base_sequence < 0 && !self.is_control {
            return Err("Invalid negative sequence number used");
        }
        Ok(())
    }
}

/// The header fields of a batch that is about to be written.
struct BatchHeader {
    base_offset: i64,
    last_offset: i64,
    leader_epoch: LeaderEpoch,
    attributes: i16,
    base_timestamp: i64,
    max_timestamp: i64,
    producer: ProducerState,
    count: i32,
}

impl BatchHeader {
    fn write(&self, packed: &[u8], rids: Arc<[Rid]>) -> RecordBatch {
        let mut bytes = Vec::with_capacity(at::RECORDS + packed.len());
        bytes.extend(self.base_offset.to_be_bytes());
        bytes.extend((RECORD_BATCH_OVERHEAD - at::PARTITION_LEADER_EPOCH as i32 + len_i32(packed.len())).to_be_bytes());
        bytes.extend(self.leader_epoch.0.to_be_bytes());
        bytes.push(2); // magic
        bytes.extend([0; 4]); // checksum, below
        bytes.extend(self.attributes.to_be_bytes());
        bytes.extend(((self.last_offset - self.base_offset) as i32).to_be_bytes());
        bytes.extend(self.base_timestamp.to_be_bytes());
        bytes.extend(self.max_timestamp.to_be_bytes());
        bytes.extend(self.producer.producer_id.0.to_be_bytes());
        bytes.extend(self.producer.producer_epoch.0.to_be_bytes());
        bytes.extend(self.producer.base_sequence.to_be_bytes());
        bytes.extend(self.count.to_be_bytes());
        bytes.extend(packed);
        let crc = crc32c(&bytes[at::ATTRIBUTES..]);
        bytes[at::CRC..at::ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
        RecordBatch::from_parts(bytes.into(), rids)
    }
}

impl RecordBatch {
    /// What compaction leaves of a batch that lost all its records but must be remembered: a header without records
    /// that still spans the offsets and sequences (`DefaultRecordBatch.writeEmptyHeader`).
    pub fn without_records(&self) -> RecordBatch {
        let (producer_id, producer_epoch) = (self.producer_id(), self.producer_epoch());
        let (base_sequence, is_transactional) = (self.base_sequence(), self.is_transactional());
        let kept = attribute::LOG_APPEND_TIME | attribute::TRANSACTIONAL | attribute::CONTROL;
        let header = BatchHeader {
            base_offset: self.base_offset(),
            last_offset: self.last_offset(),
            leader_epoch: self.partition_leader_epoch(),
            attributes: self.attributes() & kept,
            base_timestamp: NO_TIMESTAMP,
            max_timestamp: self.max_timestamp(),
            producer: ProducerState { producer_id, producer_epoch, base_sequence, is_transactional },
            count: 0,
        };
        header.write(&[], Arc::new([]))
    }
}

fn write_record(out: &mut Vec<u8>, offset_delta: i32, timestamp_delta: i64, record: &Record) {
    write_varint(record_body_size(offset_delta, timestamp_delta, record), out);
    out.push(0); // attributes
    write_varlong(timestamp_delta, out);
    write_varint(offset_delta, out);
    write_bytes(record.key.as_deref(), out);
    write_bytes(record.value.as_deref(), out);
    write_varint(len_i32(record.headers.len()), out);
    for Header { key, value } in &record.headers {
        write_bytes(Some(key.as_bytes()), out);
        write_bytes(value.as_deref(), out);
    }
}

fn write_bytes(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    match bytes {
        None => write_varint(-1, out),
        Some(bytes) => {
            write_varint(len_i32(bytes.len()), out);
            out.extend_from_slice(bytes);
        }
    }
}
