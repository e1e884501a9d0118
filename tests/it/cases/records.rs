//! Records: variable-length integers, sizes, bytes of batches, damaged batches, sequence numbers.

use serde_json::{Value, json};

use super::{Outcome, answers, check_file, compare, hex, unhex};
use highwater::kafka::ids::{LeaderEpoch, ProducerEpoch, ProducerId, Rid};
use highwater::kafka::record::varint::{self, VarintError};
use highwater::kafka::record::{
    BatchBuilder, Bytes, Compression, ControlRecordType, CorruptRecord, EndTransactionMarker, Header, InvalidRecord,
    KraftVoters, LeaderChange, Record, RecordBatch, StoredRecord, TimestampType, batches, decrement_sequence,
    estimate_size_upper_bound, increment_sequence, record_size, record_size_upper_bound,
};

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("the field is text")
}

#[test]
fn cases_varints() {
    check_file(
        "varints.json",
        |case, _| if case.get("read").is_some() { read_varint(case) } else { write_varint(case) },
    );
}

fn write_varint(case: &Value) -> Outcome {
    let value: i64 = text(&case["value"]).parse().expect("a 64-bit number");
    let written = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        hex(&bytes)
    };
    let mut actual = json!({
        "varlong": written(&|out| varint::write_varlong(value, out)),
        "varlongSize": varint::size_of_varlong(value),
        "unsignedVarlong": written(&|out| varint::write_unsigned_varlong(value as u64, out)),
        "unsignedVarlongSize": varint::size_of_unsigned_varlong(value as u64),
    });
    if let Ok(value) = i32::try_from(value) {
        actual["varint"] = json!(written(&|out| varint::write_varint(value, out)));
        actual["varintSize"] = json!(varint::size_of_varint(value));
        actual["unsignedVarint"] = json!(written(&|out| varint::write_unsigned_varint(value as u32, out)));
        actual["unsignedVarintSize"] = json!(varint::size_of_unsigned_varint(value as u32));
    }
    compare(&answers(case, &["value"]), &actual)
}

fn read_varint(case: &Value) -> Outcome {
    let bytes = unhex(text(&case["read"]));
    fn outcome<T: ToString>(left: &[u8], result: Result<T, VarintError>) -> Value {
        match result {
            Ok(value) => json!({"value": value.to_string(), "left": left.len()}),
            Err(error) => json!({"exception": error.exception(), "message": error.message()}),
        }
    }
    let read = |read: &dyn Fn(&mut &[u8]) -> Value| read(&mut &bytes[..]);
    let actual = json!({
        "varint": read(&|input| { let r = varint::read_varint(input); outcome(input, r) }),
        // Kafka reads into a Java int, which prints as signed.
        "unsignedVarint": read(&|input| { let r = varint::read_unsigned_varint(input); outcome(input, r.map(|v| v as i32)) }),
        "varlong": read(&|input| { let r = varint::read_varlong(input); outcome(input, r) }),
    });
    compare(&answers(case, &["read"]), &actual)
}

#[test]
fn cases_sequence_wrap() {
    check_file("sequence-wrap.json", |case, _| {
        let number = |field: &str| case[field].as_i64().and_then(|n| i32::try_from(n).ok()).expect("a 32-bit number");
        let (sequence, by) = (number("sequence"), number("by"));
        let actual =
            json!({"increment": increment_sequence(sequence, by), "decrement": decrement_sequence(sequence, by)});
        compare(&answers(case, &["sequence", "by"]), &actual)
    });
}

pub(super) fn int(value: &Value) -> i64 {
    value.as_i64().expect("the field is an integer")
}

fn bytes_of_len(len: &Value) -> Option<Bytes> {
    usize::try_from(int(len)).ok().map(|len| vec![b'v'; len].into())
}

/// A header of the files: `[key, value as hex or null]`.
fn header(value: &Value) -> Header {
    Header { key: text(&value[0]).into(), value: value[1].as_str().map(|hex| unhex(hex).into()) }
}

pub(super) fn headers(value: &Value) -> Vec<Header> {
    value.as_array().map(|all| all.iter().map(header).collect()).unwrap_or_default()
}

#[test]
fn cases_record_sizes() {
    check_file("record-sizes.json", |case, _| {
        let (key, value) = (bytes_of_len(&case["keyLen"]), bytes_of_len(&case["valueLen"]));
        let record = Record { timestamp_ms: 0, key, value, headers: headers(&case["headers"]) };
        match text(&case["what"]) {
            "size" => compare(&answers(case, &["what", "keyLen", "valueLen", "headers"]), &sizes(case, &record)),
            _ => compare(&answers(case, &["what", "keyLen", "valueLen", "batchSize"]), &capacity(case, record)),
        }
    });
}

fn sizes(case: &Value, record: &Record) -> Value {
    let (key, value) = (record.key.as_deref(), record.value.as_deref());
    let upper = estimate_size_upper_bound(key, value, &record.headers);
    let size = |row: &Value| {
        let (offset, timestamp) = (int(&row[0]) as i32, int(&row[1]));
        json!([offset, timestamp, record_size(offset, timestamp, record)])
    };
    json!({
        "upperBoundNone": upper,
        "upperBoundGzip": upper,
        "recordUpperBound": record_size_upper_bound(key, value, &record.headers),
        "sizes": case["sizes"].as_array().expect("rows").iter().map(size).collect::<Vec<_>>(),
    })
}

fn capacity(case: &Value, record: Record) -> Value {
    let upper = estimate_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers);
    let buffer_size = upper.max(int(&case["batchSize"]) as i32);
    let mut builder = BatchBuilder::new(Compression::None, TimestampType::CreateTime, 0, buffer_size);
    for timestamp in 1_700_000_000_000.. {
        let record = Record { timestamp_ms: timestamp, ..record.clone() };
        if !builder.has_room_for(&record) {
            break;
        }
        builder.append(record, Rid(0));
    }
    let full = builder.is_full();
    let count = builder.count();
    json!({
        "bufferSize": buffer_size, "records": count, "isFullBeforeClose": full, "bytes": builder.close().size_in_bytes(),
    })
}

#[test]
fn cases_record_invalid() {
    check_file("record-invalid.json", |case, _| {
        let bytes = unhex(text(&case["bytes"]));
        let mut actual = json!({});
        match batches(&bytes) {
            Err(error) => actual["batches"] = corrupt(&error),
            Ok(found) => {
                let valid: usize = found.iter().map(|batch| batch.bytes().len()).sum();
                actual["batches"] = json!({"count": found.len(), "validBytes": valid});
                if let Some(batch) = found.first() {
                    actual["ensureValid"] = batch.ensure_valid().map_or_else(|e| corrupt(&e), |()| json!("ok"));
                    let offsets = |all: Vec<StoredRecord>| json!(all.iter().map(|r| r.offset).collect::<Vec<_>>());
                    actual["iterate"] = batch.records().map_or_else(|e| invalid(&e), offsets);
                }
            }
        }
        compare(&answers(case, &["id", "bytes"]), &actual)
    });
}

fn corrupt(error: &CorruptRecord) -> Value {
    json!({"exception": "CorruptRecordException", "message": error.message})
}

fn invalid(error: &InvalidRecord) -> Value {
    let mut value = json!({"exception": error.exception, "message": error.message});
    if let Some(cause) = &error.cause {
        value["cause"] = invalid(cause);
    }
    value
}

#[test]
fn cases_records() {
    check_file("records.json", |case, _| {
        let bytes = unhex(text(&case["bytes"]));
        let batch = match RecordBatch::parse(bytes.into(), [].into()) {
            Ok(batch) => batch,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        if let Err(error) = batch.ensure_valid() {
            return Outcome::Failed(error.to_string());
        }
        let records = match batch.records() {
            Ok(records) => records,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let mut actual = json!({
            "header": read_header(&batch),
            "records": records.iter().map(read_record).collect::<Vec<_>>(),
        });
        if text(&case["kind"]) == "control" {
            return control(case, &batch, &records, actual);
        }
        let builder = rebuild(&batch, &mut actual);
        let (max_timestamp, offset) = builder.max_timestamp_and_offset();
        actual["maxTimestamp"] = json!(max_timestamp);
        actual["shallowOffsetOfMaxTimestamp"] = json!(offset);
        actual["uncompressedBytesWritten"] = json!(builder.uncompressed_bytes_written());
        let built = builder.close();
        match text(&case["kind"]) {
            "batch" => actual["bytes"] = json!(hex(built.bytes())),
            // Encoders differ in the bytes they choose: what was compressed must read back the same.
            _ => {
                actual["bytes"] = case["bytes"].clone();
                assert_eq!(built.records(), batch.records());
                assert_eq!(built.compression(), batch.compression());
            }
        }
        compare(&answers(case, &["kind", "id"]), &actual)
    });
}

pub(super) fn read_header(batch: &RecordBatch) -> Value {
    json!({
        "baseOffset": batch.base_offset(), "size": batch.size_in_bytes(),
        "partitionLeaderEpoch": batch.partition_leader_epoch().0, "magic": batch.magic(), "crc": batch.crc(),
        "codec": batch.compression().name(), "timestampType": batch.timestamp_type().to_string(),
        "transactional": batch.is_transactional(), "control": batch.is_control(),
        "deleteHorizonMs": batch.delete_horizon_ms(), "lastOffset": batch.last_offset(),
        "baseTimestamp": batch.base_timestamp(), "maxTimestamp": batch.max_timestamp(),
        "producerId": batch.producer_id().0, "producerEpoch": batch.producer_epoch().0,
        "baseSequence": batch.base_sequence(), "lastSequence": batch.last_sequence(), "count": batch.count(),
    })
}

fn read_record(stored: &StoredRecord) -> Value {
    let optional = |bytes: &Option<Bytes>| bytes.as_ref().map(|bytes| hex(bytes));
    let header = |header: &Header| json!([&*header.key, optional(&header.value)]);
    json!({
        "offset": stored.offset, "timestamp": stored.record.timestamp_ms, "key": optional(&stored.record.key),
        "value": optional(&stored.record.value), "headers": stored.record.headers.iter().map(header).collect::<Vec<_>>(),
        "sequence": stored.sequence, "size": stored.size_in_bytes,
    })
}

/// Appends the records of `batch` to a new batch with the same fields, noting the estimate after each.
fn rebuild(batch: &RecordBatch, actual: &mut Value) -> BatchBuilder {
    let mut builder = BatchBuilder::new(batch.compression(), batch.timestamp_type(), batch.base_offset(), i32::MAX);
    builder.set_partition_leader_epoch(batch.partition_leader_epoch());
    builder.set_log_append_time(batch.max_timestamp());
    let (producer_id, epoch) = (batch.producer_id(), batch.producer_epoch());
    builder.set_producer_state(producer_id, epoch, batch.base_sequence(), batch.is_transactional());
    // The append time hides what the producer wrote; as CreateTime the batch shows it.
    let as_written = batch.with_max_timestamp(TimestampType::CreateTime, 0).records().expect("it was read before");
    let mut estimates = Vec::new();
    for stored in as_written {
        builder.append_anonymous(stored.offset, &stored.record);
        estimates.push(builder.estimated_size_in_bytes());
    }
    actual["estimatedSizeAfterEachAppend"] = json!(estimates);
    builder
}

fn control(case: &Value, batch: &RecordBatch, records: &[StoredRecord], mut actual: Value) -> Outcome {
    let given = &case["given"];
    let base_offset = given["baseOffset"].as_i64().unwrap_or(0);
    let timestamp = int(&given["timestamp"]);
    let epoch = LeaderEpoch(given.get("leaderEpoch").or(given.get("partitionLeaderEpoch")).map_or(-1, int) as i32);
    let Record { key: Some(key), value: Some(value), .. } = &records[0].record else {
        return Outcome::Failed("a control record has a key and a value".to_string());
    };
    let kind = ControlRecordType::of_key(key).expect("a control record's key");
    let built = match kind {
        ControlRecordType::Commit | ControlRecordType::Abort => {
            let marker = EndTransactionMarker {
                committed: given["marker"] == "COMMIT",
                coordinator_epoch: int(&given["coordinatorEpoch"]) as i32,
            };
            assert_eq!(EndTransactionMarker::of_record(key, value), Some(marker));
            let producer = (ProducerId(int(&given["producerId"])), ProducerEpoch(int(&given["producerEpoch"]) as i16));
            marker.batch(base_offset, timestamp, epoch, producer.0, producer.1)
        }
        ControlRecordType::LeaderChange => {
            let change = LeaderChange::parse(value).expect("a leader change");
            assert_eq!(i64::from(change.leader.0), int(&given["leaderId"]));
            assert_eq!(i64::from(change.version), int(&given["version"]));
            assert_eq!(change.voters.len() as i64, int(&given["voters"]));
            assert_eq!(change.granting_voters.len() as i64, int(&given["grantingVoters"]));
            change.batch(base_offset, timestamp, epoch)
        }
        ControlRecordType::SnapshotHeader => {
            RecordBatch::snapshot_header(timestamp, epoch, int(&given["lastContainedLogTimestamp"]))
        }
        ControlRecordType::SnapshotFooter => RecordBatch::snapshot_footer(batch.base_offset(), timestamp, epoch),
        ControlRecordType::KraftVersion => {
            let version = int(&given["kRaftVersion"]) as i16;
            RecordBatch::kraft_version(batch.base_offset(), timestamp, epoch, version)
        }
        ControlRecordType::KraftVoters => {
            KraftVoters::parse(value).expect("voters").batch(batch.base_offset(), timestamp, epoch)
        }
        ControlRecordType::Unknown => return Outcome::Failed("a control record of no known type".to_string()),
    };
    actual["bytes"] = json!(hex(built.bytes()));
    actual["controlType"] = json!(kind.name());
    compare(&answers(case, &["kind", "id", "given"]), &actual)
}

/// An uncompressed batch of these records from offset 0, by a producer without idempotence.
pub(super) fn batch_from(records: &[Record]) -> RecordBatch {
    let mut builder = BatchBuilder::new(Compression::None, TimestampType::CreateTime, 0, i32::MAX);
    for (rid, record) in (0..).zip(records) {
        builder.append(record.clone(), Rid(rid));
    }
    builder.close()
}
