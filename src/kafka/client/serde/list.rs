//! Lists: a flag for how entries are laid out, where the absent entries are, how many entries there are, the entries
//! (`ListSerializer`, `ListDeserializer`).

use super::{Datum, Serde, serialization};
use crate::kafka::errors::{ExceptionClass, KafkaException};

/// Entries of one size without sizes; the positions of absent ones stand in front.
const CONSTANT_SIZE: u8 = 0;
/// Each entry behind its size, -1 for an absent one.
const VARIABLE_SIZE: u8 = 1;
const NULL_ENTRY: i32 = -1;

fn constant_size(inner: &Serde) -> Option<i32> {
    match inner {
        Serde::Short => Some(2),
        Serde::Integer | Serde::Float => Some(4),
        Serde::Long | Serde::Double => Some(8),
        Serde::Uuid => Some(36),
        _ => None,
    }
}

pub(super) fn serialize(inner: &Serde, items: &[Option<Datum>]) -> Result<Vec<u8>, KafkaException> {
    let constant = constant_size(inner).is_some();
    let mut bytes = vec![if constant { CONSTANT_SIZE } else { VARIABLE_SIZE }];
    let put = |bytes: &mut Vec<u8>, number: i32| bytes.extend(number.to_be_bytes());
    if constant {
        let absent: Vec<i32> = (0..).zip(items).filter(|(_, item)| item.is_none()).map(|(index, _)| index).collect();
        put(&mut bytes, absent.len() as i32);
        absent.iter().for_each(|index| put(&mut bytes, *index));
    }
    put(&mut bytes, items.len() as i32);
    for item in items {
        match inner.serialize(item.as_ref())? {
            None if constant => {}
            None => put(&mut bytes, NULL_ENTRY),
            Some(entry) => {
                if !constant {
                    put(&mut bytes, entry.len() as i32);
                }
                bytes.extend(entry);
            }
        }
    }
    Ok(bytes)
}

pub(super) fn deserialize(inner: &Serde, bytes: &[u8]) -> Result<Vec<Option<Datum>>, KafkaException> {
    let total = bytes.len() as i64;
    let mut input = bytes;
    let (flag, rest) = input.split_first().ok_or_else(end_of_file)?;
    input = rest;
    let size_of_each = match *flag {
        CONSTANT_SIZE => Some(constant_size(inner).ok_or_else(|| {
            serialization(
                "Data is encoded as constant size entries, but configured inner deserializer is not a known \
                 fixed-size deserializer.",
            )
        })?),
        VARIABLE_SIZE => None,
        _ => return Err(serialization("Invalid serialization strategy flag value")),
    };
    let absent = if size_of_each.is_some() { absent_entries(&mut input, total)? } else { Vec::new() };
    let entries = read_int(&mut input)?;
    if entries < 0 {
        return Err(corrupted("The number of list entries cannot be negative."));
    }
    if i64::from(entries) > total {
        return Err(corrupted("The number of list entries cannot be larger than overall number of bytes."));
    }
    let mut items = Vec::new();
    for index in 0..entries {
        let size = match size_of_each {
            Some(size) => size,
            None => read_size(&mut input, total)?,
        };
        if size == NULL_ENTRY || absent.contains(&index) {
            items.push(None);
        } else {
            items.push(inner.deserialize(Some(&read_entry(&mut input, size)?))?);
        }
    }
    Ok(items)
}

/// Positions of absent entries. Positions outside the list are ignored, as Kafka ignores them.
fn absent_entries(input: &mut &[u8], total: i64) -> Result<Vec<i32>, KafkaException> {
    let count = read_int(input)?;
    if count < 0 {
        return Err(corrupted("The number of null list entries cannot be negative."));
    }
    if 4 * i64::from(count) > total {
        return Err(corrupted("The number of null list entries cannot be larger than overall number of elements."));
    }
    (0..count).map(|_| read_int(input)).collect()
}

/// Size in front of an entry.
fn read_size(input: &mut &[u8], total: i64) -> Result<i32, KafkaException> {
    let size = read_int(input)?;
    if size < NULL_ENTRY {
        return Err(corrupted("A list entry cannot have negative size."));
    }
    if i64::from(size) > total {
        return Err(corrupted("A list entry cannot be larger than the overall number of bytes."));
    }
    Ok(size)
}

/// An entry. Java reads what is there and leaves zeros for the rest; only a stream that is at its end is refused, even
/// for an entry of no bytes.
fn read_entry(input: &mut &[u8], size: i32) -> Result<Vec<u8>, KafkaException> {
    if input.is_empty() {
        return Err(serialization("End of the stream was reached prematurely"));
    }
    let there = input.len().min(size as usize);
    let mut entry = input[..there].to_vec();
    entry.resize(size as usize, 0);
    *input = &input[there..];
    Ok(entry)
}

fn read_int(input: &mut &[u8]) -> Result<i32, KafkaException> {
    let (number, rest) = input.split_first_chunk::<4>().ok_or_else(end_of_file)?;
    *input = rest;
    Ok(i32::from_be_bytes(*number))
}

fn end_of_file() -> KafkaException {
    let cause = KafkaException::new(ExceptionClass::EOF, None);
    KafkaException::with(ExceptionClass::KAFKA, "Unable to deserialize into a List").caused_by(cause)
}

fn corrupted(what: &str) -> KafkaException {
    serialization(format!("Corrupted byte[]. {what}"))
}
