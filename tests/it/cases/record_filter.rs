//! What compaction leaves of single batches.

use serde_json::{Value, json};

use super::log::{int, list, text};
use super::records::read_header;
use super::{answers, check_file, compare, hex, unhex};
use highwater::kafka::record::{BatchRetention, Cleaning, Compression, RecordBatch};

#[test]
fn cases_record_filter() {
    check_file("record-filter.json", |case, _| {
        let retention = match text(&case["batchRetention"]) {
            "DELETE" => BatchRetention::Delete,
            "RETAIN_EMPTY" => BatchRetention::RetainEmpty,
            _ => BatchRetention::DeleteEmpty,
        };
        let keep: Vec<i64> = list(&case["keepOffsets"]).iter().map(int).collect();
        let cleaning = Cleaning { now_ms: int(&case["now"]), delete_retention_ms: int(&case["deleteRetentionMs"]) };
        let (mut out, mut read, mut kept, mut bytes_read) = (Vec::new(), 0, 0, 0);
        for bytes in batches(&unhex(text(&case["bytes"]))) {
            let batch = RecordBatch::parse(bytes.into(), [].into()).expect("the recorded batches are whole");
            let filtered = batch.filtered(retention, false, cleaning, |stored| keep.contains(&stored.offset));
            (read, kept) = (read + filtered.records_read, kept + filtered.records_kept);
            bytes_read += batch.size_in_bytes();
            out.extend(filtered.batch);
        }
        let bytes: String = out.iter().map(|batch| hex(batch.bytes())).collect();
        let is_plain = out.iter().all(|batch| batch.compression() == Compression::None);
        let row = |(place, batch): (usize, &RecordBatch)| {
            let mut row = read_header(batch);
            let stored = batch.records().expect("what is left can be read");
            row["offsets"] = json!(stored.iter().map(|stored| stored.offset).collect::<Vec<_>>());
            if batch.compression() != Compression::None {
                // Encoders differ in the bytes they choose.
                row["size"] = case["batches"][place]["size"].clone();
                row["crc"] = case["batches"][place]["crc"].clone();
            }
            row
        };
        let rows: Vec<Value> = out.iter().enumerate().map(row).collect();
        let last_kept = |batch: &RecordBatch| {
            batch
                .records()
                .ok()
                .and_then(|records| records.last().map(|stored| stored.offset))
                .unwrap_or(batch.last_offset())
        };
        let newest = out.iter().map(RecordBatch::max_timestamp).max();
        let holds_newest = out.iter().find(|batch| Some(batch.max_timestamp()) == newest);
        let sizes: i32 = out.iter().map(RecordBatch::size_in_bytes).sum();
        let actual = json!({
            "batches": rows, "out": if is_plain { json!(bytes) } else { case["out"].clone() },
            "messagesRead": read, "messagesRetained": kept, "bytesRead": bytes_read,
            "bytesRetained": if is_plain { json!(sizes) } else { case["bytesRetained"].clone() },
            "maxOffset": out.iter().map(last_kept).max().unwrap_or(-1),
            "maxTimestamp": newest.unwrap_or(-1),
            "shallowOffsetOfMaxTimestamp": holds_newest.map_or(-1, RecordBatch::last_offset),
        });
        compare(&answers(case, &["bytes", "keepOffsets", "batchRetention", "now", "deleteRetentionMs"]), &actual)
    });
}

/// Whole batches one behind the other.
fn batches(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut found = Vec::new();
    while rest.len() > 12 {
        let length = i32::from_be_bytes(rest[8..12].try_into().expect("four bytes"));
        let (batch, behind) = rest.split_at(12 + length as usize);
        found.push(batch.to_vec());
        rest = behind;
    }
    found
}
