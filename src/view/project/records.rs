//! Records of logs and batches as tiles and marks.

use crate::kafka::log::PartitionLog;
use crate::kafka::record::{RecordBatch, StoredRecord};
use crate::view::keys::KeyMarks;
use crate::view::scene::{KeyMark, TILES, Tile, TileKind};

/// The longest key or value that a tile carries, in characters.
const TEXT: usize = 40;

/// Bytes as text, where they are text; else as hex.
pub fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => {
            let mut short: String = text.chars().take(TEXT).collect();
            if text.chars().nth(TEXT).is_some() {
                short.push('…');
            }
            short
        }
        _ => bytes.iter().take(TEXT / 3).map(|byte| format!("{byte:02x} ")).collect::<String>().trim_end().to_owned(),
    }
}

/// The newest records of a log, ascending.
pub fn tiles(log: &PartitionLog, marks: &mut KeyMarks) -> Vec<Tile> {
    let first = log.log_end_offset() - i64::from(TILES);
    let mut batches: Vec<&RecordBatch> = Vec::new();
    'search: for segment in log.segments().rev() {
        for placed in segment.batches().iter().rev() {
            if placed.last_offset < first {
                break 'search;
            }
            batches.push(&placed.batch);
        }
    }
    let mut found = Vec::new();
    for batch in batches.into_iter().rev() {
        // What a log holds was validated when it was appended; a damaged batch shows nothing.
        for stored in batch.records().unwrap_or_default() {
            if stored.offset >= first.max(log.log_start_offset()) {
                found.push(tile(batch, &stored, marks));
            }
        }
    }
    found
}

fn tile(batch: &RecordBatch, stored: &StoredRecord, marks: &mut KeyMarks) -> Tile {
    let record = &stored.record;
    let kind = if batch.is_control() {
        // A control record's key is a version and a type: 0 is an abort marker, 1 a commit marker.
        let commit = record.key.as_ref().and_then(|key| key.get(3)) == Some(&1);
        if commit { TileKind::CommitMarker } else { TileKind::AbortMarker }
    } else if record.value.is_none() {
        TileKind::Tombstone
    } else {
        TileKind::Record
    };
    Tile {
        offset: stored.offset,
        mark: if batch.is_control() { KeyMark::default() } else { marks.mark(record.key.as_deref()) },
        kind,
        batch: batch.base_offset(),
        key: record.key.as_deref().map(text),
        value: record.value.as_deref().map(text),
    }
}

/// The marks of a batch's records.
pub fn marks_of(batch: &RecordBatch, marks: &mut KeyMarks) -> Vec<KeyMark> {
    let records = batch.records().unwrap_or_default();
    records.iter().map(|stored| marks.mark(stored.record.key.as_deref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_shown_as_hex_and_long_texts_are_cut() {
        assert_eq!(text(b"user123"), "user123");
        assert_eq!(text(&[0, 255, 16]), "00 ff 10");
        assert_eq!(text("가".repeat(50).as_bytes()).chars().count(), TEXT + 1);
    }
}
