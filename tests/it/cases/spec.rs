//! Scenarios taken from Kafka's own tests (`tests/cases/spec`). Those with plain data run as data; each prose one is a
//! test somewhere in this repository whose name begins with the scenario's id, in lower case with underscores. A
//! scenario of the areas below that is neither, and not listed with a reason, fails.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::records::{batch_from, headers, int, text};
use super::{Outcome, compare, hex, listed, noticed, spec_clients};
use highwater::kafka::ids::{LeaderEpoch, ProducerEpoch, ProducerId, Rid};
use highwater::kafka::record::varint::{size_of_varint, size_of_varlong, write_varint, write_varlong};
use highwater::kafka::record::{
    BatchBuilder, Bytes, Compression, EndTransactionMarker, Record, RecordBatch, TimestampType, batches,
    decrement_sequence, estimate_size_upper_bound, increment_sequence, record_size,
};

/// An area and how its data is run; `None` means that the scenario is prose.
type Area = (&'static str, fn(&Value) -> Option<Outcome>);

const AREAS: &[Area] = &[
    ("record.varint", varint),
    ("record.size", size),
    ("record.batch-v2", batch_v2),
    ("record.sequence", sequence),
    ("record.validity", |_| None),
    ("topic-name", spec_clients::topic),
    ("serializer", spec_clients::serializer),
    ("deserializer", spec_clients::deserializer),
    ("partitioner.key-hash", spec_clients::key_hash),
    ("partitioner.roundrobin", spec_clients::round_robin),
    ("partitioner.sticky", spec_clients::sticky),
    ("partitioner.adaptive", spec_clients::adaptive),
    ("partitioner.choice", |_| None),
    ("partitioner.custom", |_| None),
    ("idempotence", |_| None),
    ("sender.retry", |_| None),
    ("sender.ordering", |_| None),
    ("sender.split", |_| None),
    ("sender.expiry", |_| None),
    ("sender.metadata", |_| None),
];

/// Scenarios that cannot apply, by id, with the reason.
const LISTED: &[(&str, &str)] =
    &[("idm-out-of-order-responses", "answers on one connection come in the order of their requests")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scenarios() -> Vec<Value> {
    let read = |file: &str| {
        let text = std::fs::read_to_string(root().join("tests/cases/spec").join(file)).expect("the file is committed");
        serde_json::from_str::<Vec<Value>>(&text).expect("the file is a list")
    };
    [read("clients.json"), read("broker.json")].concat()
}

/// Names of all tests under `folder`.
fn test_names(folder: PathBuf, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the checkout can be read") {
        let path = entry.expect("the checkout can be read").path();
        if path.is_dir() {
            test_names(path, names);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = std::fs::read_to_string(&path).expect("a source is UTF-8");
            names.extend(tests_of(&source).map(str::to_string));
        }
    }
}

/// Names of the functions that a test attribute stands before; other attributes, comments and blank lines may stand
/// between. (In `proptest!` blocks too every test has its attribute.)
fn tests_of(source: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    source.lines().map(str::trim).filter_map(move |line| {
        match line {
            "#[test]" | "#[wasm_bindgen_test]" => is_test = true,
            _ if line.is_empty() || line.starts_with("//") || line.starts_with("#[") => {}
            _ if std::mem::take(&mut is_test) => {
                let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
                return function?.split(['(', '<']).next();
            }
            _ => {}
        }
        None
    })
}

#[test]
fn cases_spec_counts_only_tests_as_written() {
    let source = "fn helper() {\n}\n#[test]\n// Why.\n#[should_panic]\nfn one() {\n    fn inner() {}\n}\n\
                  #[wasm_bindgen_test]\nasync fn two() {}\n#[test]\nconst X: u8 = 1;\nfn three() {}\n";
    assert_eq!(tests_of(source).collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn cases_spec_are_run_written_or_listed() {
    let mut names = Vec::new();
    test_names(root().join("src"), &mut names);
    test_names(root().join("tests"), &mut names);
    let (mut held, mut listed, mut failed, mut data) = (0, Vec::new(), Vec::new(), Vec::new());
    for case in scenarios() {
        let Some((_, check)) = AREAS.iter().find(|(area, _)| case["area"] == *area) else { continue };
        let id = text(&case["id"]);
        let name = id.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let is_written =
            |known: &String| known.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        if let Some((_, reason)) = LISTED.iter().find(|(known, _)| *known == id) {
            listed.push(*reason);
            continue;
        }
        match check(&case) {
            Some(Outcome::Held) => {
                held += 1;
                data.push(case);
            }
            Some(Outcome::Listed(reason)) => listed.push(reason),
            Some(Outcome::Failed(what)) => failed.push(format!("{id}: {what}")),
            None if names.iter().any(is_written) => held += 1,
            None => failed.push(format!("{id}: no test is named {name}_... and it is not listed: {case}")),
        }
    }
    let total = held + listed.len() + failed.len();
    println!("cases spec held={held} failed={} listed={} total={total}", failed.len(), listed.len());
    listed.iter().for_each(|reason| println!("  listed: {reason}"));
    assert!(held > 0 && failed.is_empty(), "{}", failed.join("\n"));
    listed::assert_told("spec", &listed.into_iter().collect(), true);
    assert_expectations_count(&data);
}

/// Fields beside what is expected: what Kafka up to 3.9 did, and words about another field.
const BESIDE: &[&str] = &["expect.everyRecordOpensNewBatch_legacy[]", "expect.runFormat", "expect.rule"];

/// Every field of what the data scenarios of an area expect, changed alone, makes one of them fail.
fn assert_expectations_count(cases: &[Value]) {
    let unread = AREAS.iter().flat_map(|(area, check)| {
        let of_area = cases.iter().filter(|case| case["area"] == *area).cloned().collect::<Vec<_>>();
        let fields = noticed::unread_fields(&of_area, |case| {
            check(case).unwrap_or_else(|| Outcome::Failed("it is no data any more".to_string()))
        });
        fields.into_iter().filter(|field| field.starts_with("expect")).map(move |field| (area, field))
    });
    let unread: Vec<_> = unread.filter(|(_, field)| !BESIDE.contains(&field.as_str())).collect();
    assert!(unread.is_empty(), "nothing looks at {unread:?}");
}

fn varint(case: &Value) -> Option<Outcome> {
    let value: i64 = text(&case["given"]["value"]).parse().expect("a number");
    let mut bytes = Vec::new();
    let size = if case["given"]["width"] == 32 {
        write_varint(value as i32, &mut bytes);
        size_of_varint(value as i32)
    } else {
        write_varlong(value, &mut bytes);
        size_of_varlong(value)
    };
    assert_eq!(bytes.len() as i32, size);
    Some(compare(&case["expect"], &json!({"hex": hex(&bytes), "bytes": size})))
}

fn size(case: &Value) -> Option<Outcome> {
    let given = &case["given"];
    let bytes = |len: &Value| usize::try_from(int(len)).ok().map(|len| Bytes::from(vec![b'v'; len]));
    // The headers of this file have their values as text.
    let mut record =
        Record { timestamp_ms: 0, key: bytes(&given["keyLen"]), value: bytes(&given["valueLen"]), headers: Vec::new() };
    record.headers = headers(&in_hex(&given["headers"]));
    let number = |field: &str| given[field].as_i64().unwrap_or(0);
    let mut actual =
        json!({"recordBytes": record_size(number("offsetDelta") as i32, number("timestampDelta"), &record)});
    if case["expect"].get("upperBoundSingleRecordBatch").is_some() {
        let upper = estimate_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers);
        actual["upperBoundSingleRecordBatch"] = json!(upper);
    }
    Some(compare(&case["expect"], &actual))
}

/// Headers `[key, text or null]` as `[key, hex or null]`.
fn in_hex(headers: &Value) -> Value {
    let value = |header: &Value| json!([header[0], header[1].as_str().map(|text| hex(text.as_bytes()))]);
    json!(headers.as_array().map(|all| all.iter().map(value).collect::<Vec<_>>()))
}

fn batch_v2(case: &Value) -> Option<Outcome> {
    let given = &case["given"];
    let number = |field: &str| given[field].as_i64().unwrap_or(-1);
    let epoch = LeaderEpoch(number("partitionLeaderEpoch") as i32);
    let producer = (ProducerId(number("producerId")), ProducerEpoch(number("producerEpoch") as i16));
    if case["id"] == "batch-empty" {
        return Some(empty_batch(case));
    }
    let batch = if given.get("control").is_some() {
        let coordinator_epoch = number("coordinatorEpoch") as i32;
        let marker = EndTransactionMarker { committed: given["control"] == "COMMIT", coordinator_epoch };
        marker.batch(number("baseOffset"), number("ts"), epoch, producer.0, producer.1)
    } else {
        let kind = given["timestampType"].as_str().and_then(TimestampType::from_name).unwrap_or_default();
        let mut builder = BatchBuilder::new(Compression::None, kind, number("baseOffset"), i32::MAX);
        builder.set_log_append_time(number("logAppendTime"));
        builder.set_partition_leader_epoch(epoch);
        let is_transactional = given["transactional"] == true;
        builder.set_producer_state(producer.0, producer.1, number("baseSequence") as i32, is_transactional);
        let utf8 = |value: &Value| value.as_str().map(|text| Bytes::from(text.as_bytes()));
        for record in given["records"].as_array().expect("records") {
            let headers = headers(&in_hex(&record["headers"]));
            let (key, value) = (utf8(&record["key"]), utf8(&record["value"]));
            builder.append(Record { timestamp_ms: int(&record["ts"]), key, value, headers }, Rid(0));
        }
        builder.close()
    };
    let actual = json!({
        "bytes": batch.size_in_bytes(), "hex": hex(batch.bytes()), "crc": batch.crc(), "baseOff": batch.base_offset(),
        "lastOff": batch.last_offset(), "maxTs": batch.max_timestamp(), "baseSeq": batch.base_sequence(),
        "lastSeq": batch.last_sequence(), "count": batch.count(), "isCtl": batch.is_control(),
    });
    Some(compare(&case["expect"], &actual))
}

fn empty_batch(case: &Value) -> Outcome {
    let given = |field: &str| int(&case["given"][field]);
    let mut builder = BatchBuilder::new(Compression::Gzip, TimestampType::CreateTime, given("baseOffset"), i32::MAX);
    builder.set_partition_leader_epoch(LeaderEpoch(given("leaderEpoch") as i32));
    let epoch = ProducerEpoch(given("epoch") as i16);
    builder.set_producer_state(ProducerId(given("producerId")), epoch, given("baseSequence") as i32, false);
    let record = Record { timestamp_ms: given("ts"), key: None, value: None, headers: Vec::new() };
    builder.append_with_offset(given("lastOffset"), record, Rid(1));
    let batch = builder.close().without_records();
    assert_eq!(batch.ensure_valid(), Ok(()));
    assert_eq!(batch.records().expect("no records are readable"), []);
    let actual = json!({
        "hex": hex(batch.bytes()), "bytes": batch.size_in_bytes(), "lastSequence": batch.last_sequence(),
        "count": batch.count(),
    });
    compare(&case["expect"], &actual)
}

fn sequence(case: &Value) -> Option<Outcome> {
    let apply = |op: &Value| {
        let (sequence, by) = (int(&op[1]) as i32, int(&op[2]) as i32);
        if op[0] == "inc" { increment_sequence(sequence, by) } else { decrement_sequence(sequence, by) }
    };
    let results: Vec<i32> = case["given"]["ops"].as_array().expect("operations").iter().map(apply).collect();
    Some(compare(&case["expect"], &json!({"results": results})))
}

fn one_record() -> RecordBatch {
    batch_from(&[Record {
        timestamp_ms: 1_700_000_000_000,
        key: Some(b"k".as_slice().into()),
        value: Some(b"v".as_slice().into()),
        headers: Vec::new(),
    }])
}

/// The batch with one byte of `bytes` changed, still as one of a buffer.
fn with_byte_changed(batch: &RecordBatch, at: usize) -> highwater::kafka::record::UncheckedBatch {
    let mut bytes = batch.bytes().to_vec();
    bytes[at] ^= 1;
    batches(&bytes).expect("the framing is intact").remove(0)
}

#[test]
fn neg_flip_one_payload_byte_then_ensurevalid_tells_both_checksums() {
    let batch = one_record();
    let damaged = with_byte_changed(&batch, batch.bytes().len() - 1);
    let (stored, computed) = (batch.crc(), highwater::kafka::record::crc32c(&damaged.bytes()[21..]));
    assert_ne!(stored, computed);
    let message = format!("Record is corrupt (stored crc = {stored}, computed crc = {computed})");
    assert_eq!(damaged.ensure_valid().map_err(|error| error.message), Err(message));
}

#[test]
fn neg_change_partitionleaderepoch_then_ensurevalid_is_fine() {
    let batch = one_record();
    assert_eq!(with_byte_changed(&batch, 15).ensure_valid(), Ok(()));
    assert_eq!(batch.with_offsets(0, LeaderEpoch(7), None).ensure_valid(), Ok(()));
}

#[test]
fn neg_change_baseoffset_then_ensurevalid_is_fine() {
    let batch = one_record();
    assert_eq!(with_byte_changed(&batch, 7).ensure_valid(), Ok(()));
    assert_eq!(batch.with_offsets(12, LeaderEpoch(0), None).ensure_valid(), Ok(()));
}

#[test]
fn neg_append_negative_timestamp_2_is_refused() {
    let record = Record { timestamp_ms: -2, key: None, value: None, headers: Vec::new() };
    assert_eq!(BatchBuilder::check_timestamp(&record), Err("Invalid negative timestamp -2".to_string()));
    let none = Record { timestamp_ms: -1, ..record };
    assert_eq!(BatchBuilder::check_timestamp(&none), Ok(()));
}
