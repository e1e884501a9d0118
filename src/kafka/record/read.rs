//! Reading the records of a batch v2, with Kafka's refusals (`DefaultRecord.readFrom`, `DefaultRecordBatch.iterator`).

use std::sync::Arc;

use super::batch::{at, attribute, field};
use super::codec::{self, Decompressed};
use super::size::{increment_sequence, len_i32};
use super::varint::{
    VarintError, read_varint, read_varlong, size_of_varint, take_byte, unsigned_varint_from, unzigzag32,
};
use super::{Bytes, Compression, Header, InvalidRecord, NO_SEQUENCE, Record, StoredRecord};

const PREMATURE_END: &str = "Incorrect declared batch size, premature EOF reached";

/// What the deltas of the records count from.
struct Base {
    offset: i64,
    timestamp: i64,
    sequence: i32,
    log_append_time: Option<i64>,
}

pub(super) fn unknown_compression(id: i8) -> InvalidRecord {
    InvalidRecord::of("IllegalArgumentException", Some(format!("Unknown compression type id: {id}")))
}

/// Decodes the records of the bytes of one batch v2 into `records`. Damage behind the last record counts as damage of
/// that record, as for a reader that goes one by one.
pub(super) fn read_records(bytes: &[u8], records: &mut Vec<StoredRecord>) -> Result<(), InvalidRecord> {
    if bytes.len() < at::RECORDS {
        // Kafka reads the count behind the end of such a batch.
        return Err(InvalidRecord::of("IndexOutOfBoundsException", None));
    }
    let count = field!(bytes, at::RECORDS_COUNT, i32);
    if count == 0 {
        return Ok(());
    }
    let attributes = field!(bytes, at::ATTRIBUTES, i16);
    let codec = (attributes & attribute::COMPRESSION) as i8;
    let codec = Compression::from_id(codec).ok_or_else(|| unknown_compression(codec))?;
    let base = Base {
        offset: field!(bytes, at::BASE_OFFSET, i64),
        timestamp: field!(bytes, at::BASE_TIMESTAMP, i64),
        sequence: field!(bytes, at::BASE_SEQUENCE, i32),
        log_append_time: (attributes & attribute::LOG_APPEND_TIME != 0).then(|| field!(bytes, at::MAX_TIMESTAMP, i64)),
    };
    let body = &bytes[at::RECORDS..];
    if codec == Compression::None {
        check_count(count)?;
        return read_plain(body, count, &base, records);
    }
    let stream = codec::decompress(codec, body)?;
    check_count(count)?;
    read_compressed(stream, count, &base, records)
}

fn check_count(count: i32) -> Result<(), InvalidRecord> {
    match count {
        0.. => Ok(()),
        _ => Err(InvalidRecord::new(format!("Found invalid record count {count} in magic v2 batch"))),
    }
}

fn records_remain() -> InvalidRecord {
    InvalidRecord::new("Incorrect declared batch size, records still remaining in file")
}

fn read_plain(mut input: &[u8], count: i32, base: &Base, records: &mut Vec<StoredRecord>) -> Result<(), InvalidRecord> {
    for _ in 0..count {
        let body_size = read_varint(&mut input).map_err(|error| match error {
            VarintError::Underflow => InvalidRecord::new(PREMATURE_END),
            too_long => too_long.into(),
        })?;
        records.push(read_body(&mut input, body_size, base)?);
    }
    if input.is_empty() {
        return Ok(());
    }
    records.pop();
    Err(records_remain())
}

fn read_compressed(
    stream: Decompressed,
    count: i32,
    base: &Base,
    records: &mut Vec<StoredRecord>,
) -> Result<(), InvalidRecord> {
    let mut input = &stream.bytes[..];
    let broken = |text: &str| {
        let kafka = |cause: &InvalidRecord| {
            InvalidRecord::of("KafkaException", Some(text.to_string())).caused_by(cause.clone())
        };
        stream.failure.as_ref().map(kafka)
    };
    let premature = |error: VarintError| InvalidRecord::new(PREMATURE_END).caused_by(InvalidRecord::from(error));
    for _ in 0..count {
        // Java's stream gives -1 at its end, and Kafka takes it for a byte 0xff.
        let mut next = || match take_byte(&mut input) {
            Ok(byte) => Ok(byte),
            Err(_) => broken("Failed to decompress record stream").map_or(Ok(0xff), Err),
        };
        let body_size = unsigned_varint_from(&mut || next().map_err(Stop::Broken)).map(unzigzag32);
        let body_size = body_size.map_err(|stop| match stop {
            Stop::Broken(error) => error,
            Stop::Varint(error) => premature(error),
        })?;
        let Ok(wanted) = u32::try_from(body_size) else {
            let cause = InvalidRecord::of("IllegalArgumentException", Some(format!("capacity < 0: ({body_size} < 0)")));
            return Err(InvalidRecord::new(PREMATURE_END).caused_by(cause));
        };
        if (input.len() as u64) < u64::from(wanted) {
            let reached_end = format!(
                "Invalid record size: expected {body_size} bytes in record payload, but the record payload reached EOF."
            );
            return Err(broken("Failed to decompress record stream").unwrap_or(InvalidRecord::new(reached_end)));
        }
        let (mut body, rest) = input.split_at(wanted as usize);
        input = rest;
        records.push(read_body(&mut body, body_size, base)?);
    }
    let rest = match input.is_empty() {
        true => broken("Error checking for remaining bytes after reading batch"),
        false => Some(records_remain()),
    };
    rest.map_or(Ok(()), |damage| {
        records.pop();
        Err(damage)
    })
}

/// Why a length could not be read from a decompressed stream.
enum Stop {
    Broken(InvalidRecord),
    Varint(VarintError),
}

impl From<VarintError> for Stop {
    fn from(error: VarintError) -> Self {
        Stop::Varint(error)
    }
}

/// Reads one record behind its length field.
fn read_body(input: &mut &[u8], body_size: i32, base: &Base) -> Result<StoredRecord, InvalidRecord> {
    let start = len_i32(input.len());
    if start < body_size {
        return Err(InvalidRecord::new(format!(
            "Invalid record size: expected {body_size} bytes in record payload, but instead the buffer has only \
             {start} remaining bytes."
        )));
    }
    let record = read_fields(input, body_size, base).map_err(|error| match error.exception {
        "InvalidRecordException" => error,
        _ => InvalidRecord::new("Found invalid record structure").caused_by(error),
    })?;
    let read = start - len_i32(input.len());
    if read != body_size {
        return Err(InvalidRecord::new(format!(
            "Invalid record size: expected to read {body_size} bytes in record payload, but instead read {read}"
        )));
    }
    Ok(record)
}

fn read_fields(input: &mut &[u8], body_size: i32, base: &Base) -> Result<StoredRecord, InvalidRecord> {
    take_byte(input)?; // attributes: no bit has a meaning
    let timestamp_delta = read_varlong(input)?;
    let offset_delta = read_varint(input)?;
    let key = read_bytes(input)?;
    let value = read_bytes(input)?;
    let header_count = read_varint(input)?;
    if header_count < 0 {
        return Err(InvalidRecord::new(format!("Found invalid number of record headers {header_count}")));
    }
    if header_count > len_i32(input.len()) {
        return Err(InvalidRecord::new(format!(
            "Found invalid number of record headers. {header_count} is larger than the remaining size of the buffer"
        )));
    }
    let headers = (0..header_count).map(|_| read_header(input)).collect::<Result<Vec<_>, _>>()?;
    let sequence = match base.sequence {
        0.. => increment_sequence(base.sequence, offset_delta),
        _ => NO_SEQUENCE,
    };
    let timestamp_ms = base.log_append_time.unwrap_or(base.timestamp.wrapping_add(timestamp_delta));
    Ok(StoredRecord {
        offset: base.offset.wrapping_add(i64::from(offset_delta)),
        sequence,
        size_in_bytes: size_of_varint(body_size).saturating_add(body_size),
        rid: None,
        record: Record { timestamp_ms, key, value, headers },
    })
}

fn read_header(input: &mut &[u8]) -> Result<Header, InvalidRecord> {
    let key_size = read_varint(input)?;
    if key_size < 0 {
        return Err(InvalidRecord::new(format!("Invalid negative header key size {key_size}")));
    }
    let key: Arc<str> = String::from_utf8_lossy(take_bytes(input, key_size)?).into();
    Ok(Header { key, value: read_bytes(input)? })
}

/// Bytes behind their length; a negative length is null.
fn read_bytes(input: &mut &[u8]) -> Result<Option<Bytes>, InvalidRecord> {
    let size = read_varint(input)?;
    if size < 0 {
        return Ok(None);
    }
    Ok(Some(take_bytes(input, size)?.into()))
}

fn take_bytes<'a>(input: &mut &'a [u8], size: i32) -> Result<&'a [u8], InvalidRecord> {
    if size > len_i32(input.len()) {
        // The text is Java's, of a buffer whose limit is set too far.
        let message = format!("newLimit > capacity: ({size} > {})", input.len());
        return Err(InvalidRecord::of("IllegalArgumentException", Some(message)));
    }
    let (taken, rest) = input.split_at(size as usize);
    *input = rest;
    Ok(taken)
}
