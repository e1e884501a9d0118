//! A buffer of batches one behind another, as a log file or a request holds them (Kafka's `MemoryRecords`,
//! `ByteBufferLogInputStream`).

use super::batch::{self, at, field};
use super::checksum::crc32;
use super::{Bytes, Compression, CorruptRecord, InvalidRecord, StoredRecord, read};

/// Base offset and length field, which precede every batch of any format.
const LOG_OVERHEAD: i32 = 12;
/// The smallest length that any message format can have.
const MIN_RECORD_OVERHEAD: i32 = 14;
/// Where the attributes of message formats 0 and 1 stand.
const LEGACY_CRC: usize = 12;

/// The size of the batch at the front of `bytes`; none if not even its magic is there.
pub(super) fn next_batch_size(bytes: &[u8]) -> Result<Option<i32>, CorruptRecord> {
    if bytes.len() < LOG_OVERHEAD as usize {
        return Ok(None);
    }
    let length = field!(bytes, at::LENGTH, i32);
    if length < MIN_RECORD_OVERHEAD {
        let message = format!("Record size {length} is less than the minimum record overhead ({MIN_RECORD_OVERHEAD})");
        return Err(CorruptRecord { message });
    }
    if bytes.len() <= at::MAGIC {
        return Ok(None);
    }
    let magic = bytes[at::MAGIC] as i8;
    if !(0..=2).contains(&magic) {
        return Err(CorruptRecord { message: format!("Invalid magic found in record: {magic}") });
    }
    Ok(Some(length.saturating_add(LOG_OVERHEAD)))
}

/// Splits a buffer into its batches of whatever format, checking nothing but their framing. An incomplete batch at the
/// end is left out.
pub fn batches(mut bytes: &[u8]) -> Result<Vec<UncheckedBatch>, CorruptRecord> {
    let mut found = Vec::new();
    while let Some(size) = next_batch_size(bytes)? {
        if bytes.len() < size as usize {
            break;
        }
        let (batch, rest) = bytes.split_at(size as usize);
        found.push(UncheckedBatch { bytes: batch.into() });
        bytes = rest;
    }
    Ok(found)
}

/// A batch of a buffer. Its format may be 0, 1 or 2, and anything inside may be wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UncheckedBatch {
    bytes: Bytes,
}

impl UncheckedBatch {
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub fn magic(&self) -> i8 {
        self.bytes[at::MAGIC] as i8
    }

    /// Refuses a batch that is too small or whose checksum is wrong, in Kafka's words.
    pub fn ensure_valid(&self) -> Result<(), CorruptRecord> {
        if self.magic() == 2 {
            return batch::ensure_valid(&self.bytes);
        }
        let (stored, computed) = (field!(self.bytes, LEGACY_CRC, u32), crc32(&self.bytes[at::MAGIC..]));
        if stored == computed {
            return Ok(());
        }
        Err(CorruptRecord { message: format!("Record is corrupt (stored crc = {stored}, computed crc = {computed})") })
    }

    /// Decodes all records of a batch v2; older formats are refused.
    pub fn records(&self) -> Result<Vec<StoredRecord>, InvalidRecord> {
        if self.magic() == 2 {
            let mut records = Vec::new();
            return read::read_records(&self.bytes, &mut records).map(|()| records);
        }
        let codec = (self.bytes[at::CRC] & 7) as i8;
        Compression::from_id(codec).ok_or_else(|| read::unknown_compression(codec))?;
        let message = format!("Message format {} is no longer supported", self.magic());
        Err(InvalidRecord::of("UnsupportedVersionException", Some(message)))
    }
}
