//! One closed batch v2: header fields at fixed places of its bytes, the checksum, the stamps of a broker
//! (Kafka's `DefaultRecordBatch`).

use std::fmt;
use std::sync::Arc;

use super::buffer::next_batch_size;
use super::checksum::crc32c;
use super::size::increment_sequence;
use super::{
    Bytes, Compression, CorruptRecord, InvalidBatch, InvalidRecord, NO_PRODUCER_ID, NO_SEQUENCE, StoredRecord,
    TimestampType, read,
};
use crate::kafka::ids::{LeaderEpoch, ProducerEpoch, ProducerId, Rid};

/// Bytes of a batch's header.
pub const RECORD_BATCH_OVERHEAD: i32 = 61;

/// Where the header fields stand.
pub(super) mod at {
    pub const BASE_OFFSET: usize = 0;
    pub const LENGTH: usize = 8;
    pub const PARTITION_LEADER_EPOCH: usize = 12;
    pub const MAGIC: usize = 16;
    pub const CRC: usize = 17;
    pub const ATTRIBUTES: usize = 21;
    pub const LAST_OFFSET_DELTA: usize = 23;
    pub const BASE_TIMESTAMP: usize = 27;
    pub const MAX_TIMESTAMP: usize = 35;
    pub const PRODUCER_ID: usize = 43;
    pub const PRODUCER_EPOCH: usize = 51;
    pub const BASE_SEQUENCE: usize = 53;
    pub const RECORDS_COUNT: usize = 57;
    pub const RECORDS: usize = 61;
}

/// Bits of the attributes.
pub(super) mod attribute {
    pub const COMPRESSION: i16 = 0x07;
    pub const LOG_APPEND_TIME: i16 = 0x08;
    pub const TRANSACTIONAL: i16 = 0x10;
    pub const CONTROL: i16 = 0x20;
    pub const DELETE_HORIZON: i16 = 0x40;
}

macro_rules! field {
    ($bytes:expr, $at:expr, $kind:ty) => {{
        const WIDTH: usize = size_of::<$kind>();
        <$kind>::from_be_bytes($bytes[$at..$at + WIDTH].try_into().expect("a slice of the width of the number"))
    }};
}
pub(super) use field;

/// One closed batch. Cheap to clone: bytes and record ids are shared. Two batches are equal if their bytes are.
#[derive(Clone)]
pub struct RecordBatch {
    bytes: Bytes,
    rids: Arc<[Rid]>,
}

impl RecordBatch {
    /// Takes bytes that hold exactly one batch v2. Only the framing is checked here (length, magic, a whole header);
    /// [`RecordBatch::ensure_valid`] checks the checksum and [`RecordBatch::records`] the records. `rids` has one id
    /// per record, or none if they are not known.
    pub fn parse(bytes: Bytes, rids: Arc<[Rid]>) -> Result<RecordBatch, InvalidBatch> {
        let size = next_batch_size(&bytes)?.ok_or(InvalidBatch::Incomplete)?;
        let magic = bytes[at::MAGIC] as i8;
        if magic < 2 {
            return Err(InvalidBatch::OldMagic(magic));
        }
        let corrupt = CorruptRecord {
            message: format!(
                "Record batch is corrupt (the size {size} is smaller than the minimum allowed overhead \
                 {RECORD_BATCH_OVERHEAD})"
            ),
        };
        if size < RECORD_BATCH_OVERHEAD {
            return Err(corrupt.into());
        }
        match (bytes.len() as u64).checked_sub(size as u64) {
            None => Err(InvalidBatch::Incomplete),
            Some(0) => Ok(RecordBatch { bytes, rids }),
            Some(left) => Err(InvalidBatch::TrailingBytes(left as u32)),
        }
    }

    /// A batch whose bytes this crate wrote itself.
    pub(super) fn from_parts(bytes: Bytes, rids: Arc<[Rid]>) -> RecordBatch {
        debug_assert!(bytes.len() >= at::RECORDS, "a closed batch has a header");
        RecordBatch { bytes, rids }
    }

    /// The encoded batch.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// One id per record in the order of the records; empty if they are not known.
    pub fn rids(&self) -> &Arc<[Rid]> {
        &self.rids
    }

    pub fn size_in_bytes(&self) -> i32 {
        super::size::len_i32(self.bytes.len())
    }

    pub fn base_offset(&self) -> i64 {
        field!(self.bytes, at::BASE_OFFSET, i64)
    }

    pub fn last_offset(&self) -> i64 {
        self.base_offset().wrapping_add(i64::from(self.last_offset_delta()))
    }

    /// The offset that the next batch may have.
    pub fn next_offset(&self) -> i64 {
        self.last_offset().wrapping_add(1)
    }

    pub fn partition_leader_epoch(&self) -> LeaderEpoch {
        LeaderEpoch(field!(self.bytes, at::PARTITION_LEADER_EPOCH, i32))
    }

    pub fn magic(&self) -> i8 {
        self.bytes[at::MAGIC] as i8
    }

    /// The stored checksum.
    pub fn crc(&self) -> u32 {
        field!(self.bytes, at::CRC, u32)
    }

    /// CRC-32C over everything behind the checksum field. Base offset, length and leader epoch are not part of it.
    pub fn computed_crc(&self) -> u32 {
        crc32c(&self.bytes[at::ATTRIBUTES..])
    }

    pub fn attributes(&self) -> i16 {
        field!(self.bytes, at::ATTRIBUTES, i16)
    }

    /// The codec. A batch with a codec that does not exist counts as not compressed here;
    /// [`RecordBatch::records`] refuses it.
    pub fn compression(&self) -> Compression {
        Compression::from_id((self.attributes() & attribute::COMPRESSION) as i8).unwrap_or_default()
    }

    pub fn timestamp_type(&self) -> TimestampType {
        match self.attributes() & attribute::LOG_APPEND_TIME {
            0 => TimestampType::CreateTime,
            _ => TimestampType::LogAppendTime,
        }
    }

    pub fn is_transactional(&self) -> bool {
        self.attributes() & attribute::TRANSACTIONAL != 0
    }

    /// Whether the batch holds control records: transaction markers, or records of the Raft layer.
    pub fn is_control(&self) -> bool {
        self.attributes() & attribute::CONTROL != 0
    }

    /// When compaction may drop the batch's tombstones or marker, in ms; set by the first cleaning that sees them.
    pub fn delete_horizon_ms(&self) -> Option<i64> {
        (self.attributes() & attribute::DELETE_HORIZON != 0).then(|| self.base_timestamp())
    }

    /// The timestamp that the records' deltas count from, in ms.
    pub fn base_timestamp(&self) -> i64 {
        field!(self.bytes, at::BASE_TIMESTAMP, i64)
    }

    /// The largest timestamp of the records, or the append time, in ms.
    pub fn max_timestamp(&self) -> i64 {
        field!(self.bytes, at::MAX_TIMESTAMP, i64)
    }

    pub fn producer_id(&self) -> ProducerId {
        ProducerId(field!(self.bytes, at::PRODUCER_ID, i64))
    }

    pub fn producer_epoch(&self) -> ProducerEpoch {
        ProducerEpoch(field!(self.bytes, at::PRODUCER_EPOCH, i16))
    }

    pub fn has_producer_id(&self) -> bool {
        self.producer_id().0 > NO_PRODUCER_ID
    }

    pub fn base_sequence(&self) -> i32 {
        field!(self.bytes, at::BASE_SEQUENCE, i32)
    }

    /// The sequence number of the last record; wraps to 0 after 2147483647.
    pub fn last_sequence(&self) -> i32 {
        match self.base_sequence() {
            NO_SEQUENCE => NO_SEQUENCE,
            base => increment_sequence(base, self.last_offset_delta()),
        }
    }

    pub fn last_offset_delta(&self) -> i32 {
        field!(self.bytes, at::LAST_OFFSET_DELTA, i32)
    }

    /// How many records the header says there are.
    pub fn count(&self) -> i32 {
        field!(self.bytes, at::RECORDS_COUNT, i32)
    }

    /// Whether the stored checksum is the computed one.
    pub fn is_valid(&self) -> bool {
        self.ensure_valid().is_ok()
    }

    /// Refuses a batch whose checksum is wrong, in Kafka's words.
    pub fn ensure_valid(&self) -> Result<(), CorruptRecord> {
        ensure_valid(&self.bytes)
    }

    /// Decodes (and decompresses) all records.
    pub fn records(&self) -> Result<Vec<StoredRecord>, InvalidRecord> {
        let (records, damage) = self.records_before_damage();
        damage.map(|()| records)
    }

    /// The records that can be read one by one before the first damage, and that damage.
    pub fn records_before_damage(&self) -> (Vec<StoredRecord>, Result<(), InvalidRecord>) {
        let mut records = Vec::new();
        let damage = read::read_records(&self.bytes, &mut records);
        for (record, rid) in records.iter_mut().zip(self.rids.iter()) {
            record.rid = Some(*rid);
        }
        (records, damage)
    }

    /// The batch as a leader stores it: offsets moved to `base_offset`, stamped with its epoch, and, if
    /// `log_append_time` (ms) is given, with that time. Neither offsets nor epoch are part of the checksum; it is
    /// computed again only if the time changes something.
    pub fn with_offsets(
        &self,
        base_offset: i64,
        leader_epoch: LeaderEpoch,
        log_append_time: Option<i64>,
    ) -> RecordBatch {
        let stamp = log_append_time.map(|time| (TimestampType::LogAppendTime, time));
        self.with_stamps(base_offset, leader_epoch, stamp)
    }

    /// Like [`RecordBatch::with_offsets`] with any timestamp type and largest timestamp (ms).
    pub fn with_stamps(
        &self,
        base_offset: i64,
        leader_epoch: LeaderEpoch,
        timestamp: Option<(TimestampType, i64)>,
    ) -> RecordBatch {
        let mut bytes = self.bytes.to_vec();
        bytes[at::BASE_OFFSET..at::LENGTH].copy_from_slice(&base_offset.to_be_bytes());
        bytes[at::PARTITION_LEADER_EPOCH..at::MAGIC].copy_from_slice(&leader_epoch.0.to_be_bytes());
        if let Some((timestamp_type, max_timestamp)) = timestamp {
            set_max_timestamp(&mut bytes, timestamp_type, max_timestamp);
        }
        RecordBatch { bytes: bytes.into(), rids: self.rids.clone() }
    }

    /// The batch of another producer identity and sequence, its checksum computed again.
    pub fn with_producer_state(&self, id: ProducerId, epoch: ProducerEpoch, base_sequence: i32) -> RecordBatch {
        let mut bytes = self.bytes.to_vec();
        bytes[at::PRODUCER_ID..at::PRODUCER_EPOCH].copy_from_slice(&id.0.to_be_bytes());
        bytes[at::PRODUCER_EPOCH..at::BASE_SEQUENCE].copy_from_slice(&epoch.0.to_be_bytes());
        bytes[at::BASE_SEQUENCE..at::RECORDS_COUNT].copy_from_slice(&base_sequence.to_be_bytes());
        let crc = crc32c(&bytes[at::ATTRIBUTES..]);
        bytes[at::CRC..at::ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
        RecordBatch { bytes: bytes.into(), rids: self.rids.clone() }
    }

    /// The batch with this timestamp type and largest timestamp (ms), its checksum computed again if they are new.
    pub fn with_max_timestamp(&self, timestamp_type: TimestampType, max_timestamp: i64) -> RecordBatch {
        let mut bytes = self.bytes.to_vec();
        set_max_timestamp(&mut bytes, timestamp_type, max_timestamp);
        RecordBatch { bytes: bytes.into(), rids: self.rids.clone() }
    }
}

fn set_max_timestamp(bytes: &mut [u8], timestamp_type: TimestampType, max_timestamp: i64) {
    let old = (field!(bytes, at::ATTRIBUTES, i16), field!(bytes, at::MAX_TIMESTAMP, i64));
    let attributes = match timestamp_type {
        TimestampType::CreateTime => old.0 & !attribute::LOG_APPEND_TIME,
        TimestampType::LogAppendTime => old.0 | attribute::LOG_APPEND_TIME,
    };
    if old == (attributes, max_timestamp) {
        return;
    }
    bytes[at::ATTRIBUTES..at::LAST_OFFSET_DELTA].copy_from_slice(&attributes.to_be_bytes());
    bytes[at::MAX_TIMESTAMP..at::PRODUCER_ID].copy_from_slice(&max_timestamp.to_be_bytes());
    let crc = crc32c(&bytes[at::ATTRIBUTES..]);
    bytes[at::CRC..at::ATTRIBUTES].copy_from_slice(&crc.to_be_bytes());
}

/// `DefaultRecordBatch.ensureValid` for the bytes of one batch v2.
pub(super) fn ensure_valid(bytes: &[u8]) -> Result<(), CorruptRecord> {
    let size = super::size::len_i32(bytes.len());
    if size < RECORD_BATCH_OVERHEAD {
        let message = format!(
            "Record batch is corrupt (the size {size} is smaller than the minimum allowed overhead \
             {RECORD_BATCH_OVERHEAD})"
        );
        return Err(CorruptRecord { message });
    }
    let (stored, computed) = (field!(bytes, at::CRC, u32), crc32c(&bytes[at::ATTRIBUTES..]));
    if stored == computed {
        return Ok(());
    }
    Err(CorruptRecord { message: format!("Record is corrupt (stored crc = {stored}, computed crc = {computed})") })
}

impl PartialEq for RecordBatch {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.bytes, &other.bytes) || self.bytes == other.bytes
    }
}

impl Eq for RecordBatch {}

impl fmt::Debug for RecordBatch {
    /// Kafka's `toString` of a batch.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RecordBatch(magic={}, offsets=[{}, {}], sequence=[{}, {}], isTransactional={}, isControlBatch={}, \
             compression={}, timestampType={}, crc={})",
            self.magic(),
            self.base_offset(),
            self.last_offset(),
            self.base_sequence(),
            self.last_sequence(),
            self.is_transactional(),
            self.is_control(),
            self.compression(),
            self.timestamp_type(),
            self.crc()
        )
    }
}
