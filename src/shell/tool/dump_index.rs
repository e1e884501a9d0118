//! How kafka-dump-log shows indexes and producer snapshots, and what it finds wrong with them.

use super::Machine;
use super::dump_log::{End, File, FileBatches};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::log::snapshot_file::{self, SnapshotEntry};
use crate::kafka::record::{RecordBatch, decrement_sequence};
use crate::shell::options::joptsimple::Given;
use crate::shell::output::Output;

/// Index entries that do not fit the log.
#[derive(Default)]
pub struct Mismatches {
    files: Vec<(String, Vec<(i64, i64)>)>,
}

impl Mismatches {
    pub fn print(&self, output: &mut Output) {
        for (file, found) in &self.files {
            output.err(format!("Mismatches in :{file}"));
            for (index, log) in found.iter().rev() {
                output.err(format!("  Index offset: {index}, log offset: {log}"));
            }
        }
    }
}

/// What `--max-message-size` is by default.
const MAX_MESSAGE_SIZE: i32 = 5 * 1024 * 1024;

/// An offset index: the first batch at each entry's position must end at its offset.
pub(super) fn dump_index(
    file: &File,
    given: &Given,
    machine: &dyn Machine,
    output: &mut Output,
    mismatches: &mut Mismatches,
) -> Result<(), End> {
    let most = given.int("max-message-size")?.unwrap_or(MAX_MESSAGE_SIZE);
    let base = file.base_offset()?;
    let log = file.sibling(machine, ".log")?;
    let bytes = file.read(machine)?;
    if bytes.len() < 8 {
        output.out(format!("{} is empty.", file.path));
        return Ok(());
    }
    if given.has("index-sanity-check") {
        output.out(format!("{} passed sanity check.", file.path));
        return Ok(());
    }
    let mut found = Vec::new();
    for (place, entry) in bytes.chunks_exact(8).enumerate() {
        let (offset, position) = (base + i64::from(int(&entry[..4])), int(&entry[4..]));
        // The room behind the entries is filled with zeros.
        if offset == base && place > 0 {
            break;
        }
        let start = usize::try_from(position).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(most).unwrap_or(0)).min(log.len());
        let slice = log.get(start..end).unwrap_or(&[]);
        let first = FileBatches::new(slice, file.path).next().transpose()?;
        let Some(last) = first.as_ref().map(RecordBatch::last_offset) else {
            return Err(End::Uncaught(KafkaException::new(
                ExceptionClass::named("java.util.NoSuchElementException"),
                None,
            )));
        };
        if last != offset {
            found.push((offset, last));
        }
        if !given.has("verify-index-only") {
            output.out(format!("offset: {offset} position: {position}"));
        }
    }
    if !found.is_empty() {
        mismatches.files.push((file.path.to_string(), found));
    }
    Ok(())
}

/// Entries of time indexes that do not fit the log.
#[derive(Default)]
pub struct TimeFaults {
    /// File; the entry's timestamp, the batch's newest.
    mismatches: Vec<(String, i64, i64)>,
    /// File; the entry's timestamp, the one before it.
    out_of_order: Vec<(String, i64, i64)>,
    /// File; the entry's offset, the end of the batch that was found there, or -1.
    not_found: Vec<(String, i64, i64)>,
}

impl TimeFaults {
    pub fn print(&self, output: &mut Output) {
        let mut rows = |faults: &[(String, i64, i64)], head: &str, row: fn(i64, i64) -> String| {
            let mut file = None;
            for (path, one, other) in faults {
                if file != Some(path) {
                    output.err(format!("{head}{path}"));
                    file = Some(path);
                }
                output.err(row(*one, *other));
            }
        };
        rows(&self.mismatches, "Found timestamp mismatch in :", |index, log| {
            format!("  Index timestamp: {index}, log timestamp: {log}")
        });
        rows(&self.out_of_order, "Found out of order timestamp in :", |index, before| {
            format!("  Index timestamp: {index}, Previously indexed timestamp: {before}")
        });
        rows(&self.not_found, "The following indexed offsets are not found in :", |index, log| {
            format!("Indexed offset: {index}, found log offset: {log}")
        });
    }
}

/// A time index: its entries' offsets must end batches, whose newest timestamps they hold.
pub(super) fn dump_time_index(
    file: &File,
    given: &Given,
    machine: &dyn Machine,
    output: &mut Output,
    faults: &mut TimeFaults,
) -> Result<(), End> {
    let base = file.base_offset()?;
    let log = file.sibling(machine, ".log")?;
    let log: Vec<RecordBatch> = FileBatches::new(&log, file.path).collect::<Result<_, _>>()?;
    let bytes = file.read(machine)?;
    let timestamp = |entry: &[u8]| i64::from_be_bytes(entry[..8].try_into().expect("an entry has twelve bytes"));
    if given.has("index-sanity-check") {
        let ends = bytes.chunks_exact(12).next().map(timestamp).zip(bytes.chunks_exact(12).last().map(timestamp));
        if let Some((first, last)) = ends.filter(|(first, last)| last < first) {
            let path = file.path;
            let message = format!(
                "Corrupt time index found, time index file ({path}) has non-zero size but the last timestamp is {last} \
                 which is less than the first timestamp {first}"
            );
            let class = ExceptionClass::named("storage.internals.log.CorruptIndexException");
            return Err(End::Uncaught(KafkaException::with(class, message)));
        }
        output.out(format!("{} passed sanity check.", file.path));
        return Ok(());
    }
    let mut before = -1;
    for (place, entry) in bytes.chunks_exact(12).enumerate() {
        let (timestamp, offset) = (timestamp(entry), base + i64::from(int(&entry[8..])));
        // The room behind the entries is filled with zeros.
        if offset == base && place > 0 {
            return Ok(());
        }
        let path = || file.path.to_string();
        match log.iter().find(|batch| batch.last_offset() >= offset) {
            Some(batch) if batch.last_offset() == offset => {
                let newest = batch.max_timestamp();
                if newest != timestamp {
                    faults.mismatches.push((path(), timestamp, newest));
                }
                if before >= timestamp {
                    faults.out_of_order.push((path(), timestamp, before));
                }
            }
            batch => faults.not_found.push((path(), offset, batch.map_or(-1, RecordBatch::last_offset))),
        }
        if !given.has("verify-index-only") {
            output.out(format!("timestamp: {timestamp} offset: {offset}"));
        }
        before = timestamp;
    }
    Ok(())
}

/// A transaction index; one that is not there is empty.
pub(super) fn dump_txn_index(bytes: &[u8], output: &mut Output) {
    for entry in bytes.chunks_exact(34) {
        let version = i16::from_be_bytes([entry[0], entry[1]]);
        let long = |at: usize| i64::from_be_bytes(entry[at..at + 8].try_into().expect("the slice has eight bytes"));
        output.out(format!(
            "version: {version} producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}",
            long(2),
            long(10),
            long(18),
            long(26)
        ));
    }
}

fn int(bytes: &[u8]) -> i32 {
    i32::from_be_bytes(bytes.try_into().expect("the caller hands over four bytes"))
}

/// A producer snapshot; a damaged one is told on standard error.
pub(super) fn dump_snapshot(bytes: &[u8], output: &mut Output) {
    match snapshot_file::decode(bytes) {
        Ok(entries) => entries.iter().for_each(|entry| output.out(producer(entry))),
        Err(message) => output.err(message),
    }
}

fn producer(entry: &SnapshotEntry) -> String {
    let open = match entry.current_txn_first_offset {
        offset if offset >= 0 => format!("OptionalLong[{offset}]"),
        _ => "OptionalLong.empty".to_string(),
    };
    let mut line = format!(
        "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {open} lastTimestamp: {} ",
        entry.producer_id, entry.producer_epoch, entry.coordinator_epoch, entry.timestamp
    );
    if entry.last_offset >= 0 {
        let (last, delta) = (entry.last_sequence, entry.offset_delta);
        line.push_str(&format!(
            "firstSequence: {} lastSequence: {last} lastOffset: {} offsetDelta: {delta} timestamp: {}",
            decrement_sequence(last, delta),
            entry.last_offset,
            entry.timestamp
        ));
    }
    line
}
