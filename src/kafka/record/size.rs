//! Sizes of records and batches before they are built, and the arithmetic of sequence numbers
//! (Kafka's `DefaultRecord`, `DefaultRecordBatch`, `AbstractRecords`).

use super::batch::RECORD_BATCH_OVERHEAD;
use super::varint::{size_of_varint, size_of_varlong};
use super::{Compression, Header, Record};

/// The most that one record takes beside its key, value and headers: five bytes of length, ten of timestamp delta,
/// five of offset delta, one of attributes.
pub const MAX_RECORD_OVERHEAD: i32 = 21;

/// Bytes of a length or count, which Kafka keeps in a Java int. No record of this simulation comes near its end.
pub(super) fn len_i32(len: usize) -> i32 {
    i32::try_from(len).expect("a record is smaller than two gigabytes")
}

fn size_of_bytes(bytes: Option<&[u8]>) -> i32 {
    match bytes {
        None => size_of_varint(-1),
        Some(bytes) => size_of_varint(len_i32(bytes.len())) + len_i32(bytes.len()),
    }
}

fn size_of_fields(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> i32 {
    let of_header =
        |header: &Header| size_of_bytes(Some(header.key.as_bytes())) + size_of_bytes(header.value.as_deref());
    size_of_bytes(key)
        + size_of_bytes(value)
        + size_of_varint(len_i32(headers.len()))
        + headers.iter().map(of_header).sum::<i32>()
}

/// Bytes of a record behind its length field.
pub(super) fn record_body_size(offset_delta: i32, timestamp_delta: i64, record: &Record) -> i32 {
    let fields = size_of_fields(record.key.as_deref(), record.value.as_deref(), &record.headers);
    1 + size_of_varint(offset_delta) + size_of_varlong(timestamp_delta) + fields
}

/// Bytes that a record takes in a batch before compression, length field included (`DefaultRecord.sizeInBytes`).
pub fn record_size(offset_delta: i32, timestamp_delta: i64, record: &Record) -> i32 {
    let body = record_body_size(offset_delta, timestamp_delta, record);
    body + size_of_varint(body)
}

/// The most bytes that a record can take (`DefaultRecord.recordSizeUpperBound`).
pub fn record_size_upper_bound(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> i32 {
    MAX_RECORD_OVERHEAD + size_of_fields(key, value, headers)
}

/// The most bytes that a batch with this one record can take: what `send()` compares with `max.request.size` and
/// `buffer.memory` (`AbstractRecords.estimateSizeInBytesUpperBound` for batches v2).
pub fn estimate_size_upper_bound(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> i32 {
    RECORD_BATCH_OVERHEAD + record_size_upper_bound(key, value, headers)
}

/// Bytes of a batch of these records, offsets counted from 0; compressed ones are guessed as Kafka guesses them: half,
/// between 1 and 64 KiB (`AbstractRecords.estimateSizeInBytes`). No record gives no batch: 0.
pub fn estimate_batch_size(compression: Compression, records: &[Record]) -> i32 {
    let Some(first) = records.first() else { return 0 };
    let sizes = (0..).zip(records).map(|(delta, r)| record_size(delta, r.timestamp_ms - first.timestamp_ms, r));
    let size = RECORD_BATCH_OVERHEAD + sizes.sum::<i32>();
    match compression {
        Compression::None => size,
        _ => (size / 2).clamp(1_024, 1 << 16),
    }
}

/// The sequence number `increment` after `sequence`; after 2147483647 comes 0.
pub fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    if sequence > i32::MAX.wrapping_sub(increment) {
        increment.wrapping_sub(i32::MAX - sequence).wrapping_sub(1)
    } else {
        sequence.wrapping_add(increment)
    }
}

/// The sequence number `decrement` before `sequence`; before 0 comes 2147483647.
pub fn decrement_sequence(sequence: i32, decrement: i32) -> i32 {
    if sequence < decrement {
        i32::MAX.wrapping_sub(decrement - sequence).wrapping_add(1)
    } else {
        sequence.wrapping_sub(decrement)
    }
}
