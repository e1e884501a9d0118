//! Partition logs: indexes, leader epochs, validation of produced batches, and whole histories of one log.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::records::read_header;
use super::{Outcome, answers, check_file, compare, hex, unhex};
use highwater::kafka::ids::{LeaderEpoch, ProducerEpoch, ProducerId, TopicPartition};
use highwater::kafka::log::{
    AppendError, AppendOrigin, Fault, LeaderEpochs, LogConfig, OffsetIndex, PartitionLog, ReadBound, Segment, Shutdown,
    TimeIndex, TimestampAndOffset, Validator,
};
use highwater::kafka::record::{
    BatchBuilder, Bytes, Compression, EndTransactionMarker, Record, RecordBatch, TimestampType,
};
use highwater::time::SimTime;

/// All times of the histories count from here, in ms.
const ORIGIN_MS: i64 = 1_700_000_000_000;

pub(super) fn int(value: &Value) -> i64 {
    value.as_i64().expect("the field is an integer")
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("the field is text")
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().expect("the field is a list")
}

fn sim_time(ms: i64) -> SimTime {
    SimTime::from_micros(u64::try_from(ms).expect("after 1970") * 1_000)
}

#[test]
fn cases_index() {
    check_file("index.json", |case, _| {
        let base = int(&case["baseOffset"]);
        let mut offsets = OffsetIndex::new(base, 10_485_760);
        for entry in list(&case["offsetEntries"]) {
            offsets.append(int(&entry[0]), int(&entry[1]) as i32);
        }
        let mut times = TimeIndex::new(base, 10_485_760);
        for entry in list(&case["timeAppends"]) {
            times.maybe_append(int(&entry[0]), int(&entry[1]));
        }
        let offset = |row: &Value| {
            let found = offsets.lookup(int(&row[0]));
            json!([row[0], found.offset, found.position])
        };
        let time = |row: &Value| {
            let found = times.lookup(int(&row[0]));
            json!([row[0], found.timestamp, found.offset])
        };
        let actual = json!({
            "offsetLookups": list(&case["offsetLookups"]).iter().map(offset).collect::<Vec<_>>(),
            "timeLookups": list(&case["timeLookups"]).iter().map(time).collect::<Vec<_>>(),
            "timeEntries": times.entries().len(),
        });
        compare(&answers(case, &["baseOffset", "offsetEntries", "timeAppends"]), &actual)
    });
}

fn epoch_entries(epochs: &LeaderEpochs) -> Value {
    json!(epochs.entries().map(|(epoch, start)| json!([epoch.0, start])).collect::<Vec<_>>())
}

#[test]
fn cases_leader_epoch() {
    check_file("leader-epoch.json", |case, _| {
        let mut epochs = LeaderEpochs::default();
        let mut actual = Vec::new();
        for step in list(&case["steps"]) {
            let mut answer = step.clone();
            let epoch = || LeaderEpoch(int(&step["epoch"]) as i32);
            match text(&step["op"]) {
                "assign" => drop(epochs.assign(epoch(), int(&step["offset"]))),
                "endOffsetFor" => {
                    let end = epochs.end_offset_for(epoch(), int(&step["logEndOffset"]));
                    answer["result"] = json!(end.map_or([-1, -1], |(epoch, offset)| [i64::from(epoch.0), offset]));
                }
                "truncateFromEnd" => epochs.truncate_from_end(int(&step["offset"])),
                "truncateFromStart" => epochs.truncate_from_start(int(&step["offset"])),
                "epochForOffset" => {
                    answer["result"] = json!(epochs.epoch_for_offset(int(&step["offset"])).map(|epoch| epoch.0));
                }
                "neighbours" => {
                    answer["previous"] = json!(epochs.previous_epoch(epoch()).map(|epoch| epoch.0));
                    answer["next"] = json!(epochs.next_epoch(epoch()).map(|epoch| epoch.0));
                }
                other => return Outcome::Failed(format!("no such operation: {other}")),
            }
            answer["entries"] = epoch_entries(&epochs);
            actual.push(answer);
        }
        compare(&case["steps"], &json!(actual))
    });
}

fn origin(name: &str) -> AppendOrigin {
    match name {
        "CLIENT" => AppendOrigin::Client,
        "COORDINATOR" => AppendOrigin::Coordinator,
        "REPLICATION" => AppendOrigin::Replication,
        _ => AppendOrigin::RaftLeader,
    }
}

/// Where a batch says its message format.
const MAGIC_OFFSET: usize = 16;

const OLD_FORMAT: &str = "a batch of message format 0 or 1 cannot reach a log: Produce refuses it at the door";
const BROKEN_ZSTD: &str =
    "a frame of Zstandard that breaks in its middle gives nothing here, its first blocks in Kafka";

#[test]
fn cases_log_validator() {
    check_file("log-validator.json", |case, _| {
        let bytes = unhex(text(&case["bytes"]));
        if bytes.get(MAGIC_OFFSET).is_some_and(|magic| *magic < 2) {
            return Outcome::Listed(OLD_FORMAT);
        }
        let batch = match RecordBatch::parse(bytes.into(), [].into()) {
            Ok(batch) => batch,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let config = LogConfig {
            compact: case["compacted"] == true,
            compression_type: Compression::from_name(text(&case["targetCodec"])),
            message_timestamp_type: TimestampType::from_name(text(&case["timestampType"])).expect("a type"),
            message_timestamp_before_max_ms: int(&case["timestampBeforeMaxMs"]),
            message_timestamp_after_max_ms: int(&case["timestampAfterMaxMs"]),
            ..LogConfig::default()
        };
        let partition = TopicPartition::new("orders", 0);
        let validator = Validator {
            partition: &partition,
            config: &config,
            leader_epoch: LeaderEpoch(int(&case["leaderEpoch"]) as i32),
            origin: origin(text(&case["origin"])),
            now_ms: int(&case["now"]),
        };
        let mut faults = Vec::new();
        let mut actual = json!({});
        match validator.validate(&batch, int(&case["nextOffset"]), &mut faults) {
            Ok(valid) => {
                let mut header = read_header(&valid.batch);
                let is_plain = valid.batch.compression() == Compression::None;
                if valid.size_may_have_changed && !is_plain {
                    // Encoders differ in the bytes they choose.
                    header["size"] = case["result"]["header"]["size"].clone();
                    header["crc"] = case["result"]["header"]["crc"].clone();
                }
                actual["result"] = json!({
                    "nextOffset": valid.next_offset, "maxTimestampMs": valid.max_timestamp_ms,
                    "logAppendTimeMs": case["now"], "sizeMaybeChanged": valid.size_may_have_changed, "header": header,
                });
                if is_plain {
                    actual["result"]["bytes"] = json!(hex(valid.batch.bytes()));
                }
            }
            Err(error) => actual["error"] = refusal(&error),
        }
        if !faults.is_empty() {
            actual["metrics"] = json!(faults.iter().map(|fault| fault_name(*fault)).collect::<Vec<_>>());
        }
        let kafka_fails_in = |class: &str| case["error"]["cause"]["exception"] == class;
        if kafka_fails_in("ZstdIOException") && actual["error"]["exception"] == "KafkaException" {
            return Outcome::Listed(BROKEN_ZSTD);
        }
        let expected = answers(case, &INPUTS_OF_VALIDATION);
        compare(&expected, &actual)
    });
}

const INPUTS_OF_VALIDATION: [&str; 12] = [
    "bytes",
    "change",
    "now",
    "sourceCodec",
    "targetCodec",
    "compacted",
    "timestampType",
    "timestampBeforeMaxMs",
    "timestampAfterMaxMs",
    "leaderEpoch",
    "origin",
    "nextOffset",
];

fn fault_name(fault: Fault) -> &'static str {
    match fault {
        Fault::InvalidOffset => "invalidOffset",
        Fault::InvalidSequence => "invalidSequence",
        Fault::NoKeyCompactedTopic => "noKeyCompactedTopic",
    }
}

/// Kafka wraps what single records did wrong into one more exception.
fn refusal(error: &AppendError) -> Value {
    let inner = json!({"exception": error.exception, "message": error.message});
    if error.record_errors.is_empty() {
        let mut refusal = inner;
        if let Some(cause) = &error.cause {
            refusal["cause"] = json!({"exception": cause.exception, "message": cause.message});
        }
        return refusal;
    }
    let class = error.code.exception_class();
    let records = error.record_errors.iter().map(|error| json!([error.batch_index, error.message]));
    json!({
        "exception": "RecordValidationException",
        "message": format!("{class}: {}", error.text()),
        "invalidException": inner,
        "recordErrors": records.collect::<Vec<_>>(),
    })
}

#[test]
fn cases_log() {
    check_file("log.json", |case, _| run_history(case, false));
}

#[test]
fn cases_log_compaction() {
    check_file("log-compaction.json", |case, _| run_history(case, false));
}

#[test]
fn cases_producer_state() {
    check_file("producer-state.json", |case, _| run_history(case, true));
}

struct History {
    log: PartitionLog,
    now_ms: i64,
    with_producers: bool,
    /// The case tells the entries of both indexes and the producer snapshots too.
    with_index: bool,
}

fn run_history(case: &Value, with_producers: bool) -> Outcome {
    let values = case["config"].as_object().expect("configs");
    let mut values: BTreeMap<String, String> = values.iter().map(|(k, v)| (k.clone(), text(v).to_string())).collect();
    if let Some(expiration) = case.get("producerIdExpirationMs") {
        values.insert("producer.id.expiration.ms".to_string(), expiration.to_string());
    }
    let log = PartitionLog::new(TopicPartition::new("t", 0), LogConfig::from_values(&values), sim_time(ORIGIN_MS));
    let mut history = History { log, now_ms: ORIGIN_MS, with_producers, with_index: false };
    let mut state = Value::Null;
    for (index, step) in list(&case["steps"]).iter().enumerate() {
        history.with_index = step.get("state").map_or(history.with_index, |state| state.get("index").is_some());
        let mut expected = json!({});
        let told_of_cleaning = ["lastCleanOffset", "firstDirtyOffset", "firstUncleanableOffset", "totalBytes"];
        for field in ["result", "error", "cleanableBytes", "cleanableRatio", "log"].iter().chain(&told_of_cleaning) {
            let field: &str = field;
            if let Some(value) = step.get(field) {
                expected[field] = value.clone();
            }
        }
        state = step.get("state").cloned().unwrap_or(state);
        expected["state"] = state.clone();
        let mut actual = history.apply(step);
        actual["state"] = history.state();
        if let Outcome::Failed(what) = compare(&expected, &actual) {
            return Outcome::Failed(format!("step {index} {}: {what}", step["op"]));
        }
    }
    match case.get("finalLog") {
        Some(expected) => compare(expected, &history.dump()),
        None => Outcome::Held,
    }
}

impl History {
    fn now(&self) -> SimTime {
        sim_time(self.now_ms)
    }

    fn apply(&mut self, step: &Value) -> Value {
        let now = self.now();
        let offset = || int(&step["offset"]);
        match text(&step["op"]) {
            "append" => self.append(step),
            "marker" => self.marker(step),
            "advance" => {
                self.now_ms += int(&step["ms"]);
                json!({})
            }
            "updateHighWatermark" => json!({"result": self.log.set_high_watermark(int(&step["to"]))}),
            "roll" => {
                self.log.roll(None, now);
                json!({})
            }
            "truncateTo" => json!({"result": self.log.truncate_to(offset(), now)}),
            "deleteOldSegments" => json!({"result": self.log.delete_old_segments(now).len()}),
            "clean" => self.clean(),
            "deleteRecords" => match self.log.maybe_increment_log_start_offset(offset()) {
                Ok(moved) => json!({"result": moved}),
                Err(error) => out_of_range(&error.message),
            },
            "removeExpiredProducers" => {
                self.log.remove_expired_producers(now);
                json!({})
            }
            "reopen" => {
                self.log.close();
                let crash = Shutdown::Unclean { recovery_point: 0 };
                self.log.reopen(now, if step["cleanShutdown"] == true { Shutdown::Clean } else { crash });
                json!({})
            }
            "endOffsetForEpoch" => {
                let end = self.log.end_offset_for_epoch(LeaderEpoch(int(&step["epoch"]) as i32));
                json!({"result": end.map(|(epoch, offset)| json!([epoch.0, offset]))})
            }
            "fetchOffsetByTimestamp" => self.offset_by_timestamp(step),
            "read" => self.read(step),
            other => panic!("no such operation: {other}"),
        }
    }

    fn append(&mut self, step: &Value) -> Value {
        let mut builder = BatchBuilder::new(Compression::None, TimestampType::CreateTime, 0, i32::MAX);
        let bytes = |value: &Value| value.as_str().map(|text| Bytes::from(text.as_bytes()));
        for (offset, record) in (0..).zip(list(&step["records"])) {
            let record = Record {
                timestamp_ms: ORIGIN_MS + int(&record[0]),
                key: bytes(&record[1]),
                value: bytes(&record[2]),
                headers: Vec::new(),
            };
            builder.append_anonymous(offset, &record);
        }
        if let Some(producer) = step.get("producerId") {
            let epoch = ProducerEpoch(int(&step["producerEpoch"]) as i16);
            let (sequence, transactional) = (int(&step["sequence"]) as i32, step["transactional"] == true);
            builder.set_producer_state(ProducerId(int(producer)), epoch, sequence, transactional);
        }
        let batch = builder.close();
        assert_eq!(i64::from(batch.size_in_bytes()), int(&step["bytes"]));
        let epoch = LeaderEpoch(int(&step["leaderEpoch"]) as i32);
        match self.log.append_as_leader(&batch, epoch, self.now(), AppendOrigin::Client) {
            Ok(info) => json!({"result": {"first": info.base_offset, "last": info.last_offset, "hwChange": "NONE"}}),
            Err(error) => json!({"error": refusal(&error)}),
        }
    }

    fn clean(&mut self) -> Value {
        let cleanable = self.log.cleanable(self.now());
        let total = cleanable.clean_bytes + cleanable.cleanable_bytes;
        let mut answer = json!({
            "lastCleanOffset": cleanable.last_clean_offset, "firstDirtyOffset": cleanable.first_dirty_offset,
            "firstUncleanableOffset": cleanable.first_uncleanable_offset, "totalBytes": total,
            "cleanableBytes": cleanable.cleanable_bytes,
            "cleanableRatio": if total == 0 { json!("NaN") } else { json!(cleanable.cleanable_bytes as f64 / total as f64) },
            "result": null,
        });
        if let Some(done) = self.log.clean(self.now()) {
            answer["result"] = json!({
                "nextDirtyOffset": done.next_dirty_offset, "messagesRead": done.records_read,
                "messagesWritten": done.records_kept, "bytesRead": done.bytes_read, "bytesWritten": done.bytes_kept,
            });
            answer["log"] = self.dump();
        }
        answer
    }

    fn marker(&mut self, step: &Value) -> Value {
        let marker = EndTransactionMarker {
            committed: step["type"] == "COMMIT",
            coordinator_epoch: int(&step["coordinatorEpoch"]) as i32,
        };
        let epoch = LeaderEpoch(int(&step["leaderEpoch"]) as i32);
        let producer = (ProducerId(int(&step["producerId"])), ProducerEpoch(int(&step["producerEpoch"]) as i16));
        let batch = marker.batch(0, self.now_ms, LeaderEpoch(-1), producer.0, producer.1);
        let version = int(&step["transactionVersion"]) as i16;
        match self.log.append_end_transaction_marker(&batch, epoch, self.now(), version) {
            Ok(info) => json!({"result": {"first": info.base_offset}}),
            Err(error) => json!({"error": refusal(&error)}),
        }
    }

    fn offset_by_timestamp(&self, step: &Value) -> Value {
        let timestamp = int(&step["timestamp"]);
        let found = match (step["special"] == true, timestamp) {
            (true, -1) => Some(self.log.latest_offset()),
            (true, -2 | -4) => Some(self.log.earliest_offset()),
            (true, -3) => self.log.max_timestamp_offset(),
            (true, other) => panic!("no such special timestamp: {other}"),
            (false, _) => self.log.offset_for_timestamp(ORIGIN_MS + timestamp),
        };
        let show = |found: TimestampAndOffset| {
            let timestamp = if found.timestamp < 0 { found.timestamp } else { found.timestamp - ORIGIN_MS };
            json!({
                "offset": found.offset, "timestamp": timestamp,
                "leaderEpoch": found.leader_epoch.map(|epoch| epoch.0),
            })
        };
        json!({"result": found.map(show)})
    }

    fn read(&mut self, step: &Value) -> Value {
        let bound = match text(&step["isolation"]) {
            "LOG_END" => ReadBound::LogEnd,
            "HIGH_WATERMARK" => ReadBound::HighWatermark,
            _ => ReadBound::LastStable,
        };
        let max_bytes = int(&step["maxBytes"]) as i32;
        let offset = int(&step["offset"]);
        if bound != ReadBound::LogEnd && offset >= self.log.log_start_offset() {
            self.log.locate_high_watermark();
        }
        match self.log.read(int(&step["offset"]), max_bytes, bound, step["minOneMessage"] == true) {
            Ok(read) => {
                let batches = read.batches.iter().map(|batch| json!([batch.base_offset(), batch.last_offset()]));
                let aborted = read.aborted_transactions.iter().map(|txn| json!([txn.producer_id.0, txn.first_offset]));
                let aborted: Vec<Value> = aborted.collect();
                json!({"result": {
                    "bytes": read.bytes, "batches": batches.collect::<Vec<_>>(),
                    "firstEntryIncomplete": read.first_entry_incomplete,
                    "aborted": if aborted.is_empty() { Value::Null } else { json!(aborted) },
                }})
            }
            Err(error) => out_of_range(&error.message),
        }
    }

    fn state(&self) -> Value {
        let log = &self.log;
        let segments = log.segments().map(|segment| json!([segment.base_offset(), segment.size_in_bytes()]));
        let mut state = json!({
            "segments": segments.collect::<Vec<_>>(), "start": log.log_start_offset(), "leo": log.log_end_offset(),
            "hw": log.high_watermark(), "lso": log.last_stable_offset(), "epochs": epoch_entries(log.leader_epochs()),
        });
        if self.with_index {
            state["index"] = json!(log.segments().map(indexes_of).collect::<Vec<_>>());
            state["snapshots"] = json!(log.snapshot_offsets().collect::<Vec<_>>());
        }
        if self.with_producers {
            state["producers"] = json!({});
            for entry in log.producers() {
                let batch = |b: &highwater::kafka::log::BatchMetadata| {
                    json!([b.first_sequence(), b.last_sequence, b.first_offset(), b.last_offset])
                };
                state["producers"][entry.producer_id.to_string()] = json!({
                    "epoch": entry.producer_epoch.0, "coordinatorEpoch": entry.coordinator_epoch,
                    "txnFirstOffset": entry.current_txn_first_offset,
                    "batches": entry.batches().map(batch).collect::<Vec<_>>(),
                    "lastTimestamp": entry.last_timestamp - ORIGIN_MS,
                });
            }
        }
        state
    }

    fn dump(&self) -> Value {
        let utf8 = |bytes: &Option<Bytes>| bytes.as_ref().map(|b| String::from_utf8_lossy(b).into_owned());
        let batch = |batch: &RecordBatch| {
            let records = batch.records().expect("the log holds readable batches");
            let records = records.iter().map(|r| json!([r.offset, utf8(&r.record.key), utf8(&r.record.value)]));
            let mut row = json!({
                "base": batch.base_offset(), "last": batch.last_offset(), "records": records.collect::<Vec<_>>(),
            });
            if let Some(horizon) = batch.delete_horizon_ms() {
                row["deleteHorizon"] = json!(horizon - ORIGIN_MS);
            }
            row
        };
        let placed = self.log.segments().flat_map(|segment| segment.batches().iter());
        json!(placed.map(|placed| batch(&placed.batch)).collect::<Vec<_>>())
    }
}

/// Entries of the offset index, entries of the time index, newest timestamp and its offset.
fn indexes_of(segment: &Segment) -> Value {
    let relative = |timestamp: i64| if timestamp < 0 { -1 } else { timestamp - ORIGIN_MS };
    let offsets = segment.offset_index().entries().iter().map(|entry| json!([entry.offset, entry.position]));
    let times = segment.time_index().entries().iter().map(|entry| json!([relative(entry.timestamp), entry.offset]));
    let newest = segment.max_timestamp_so_far();
    json!([offsets.collect::<Vec<_>>(), times.collect::<Vec<_>>(), relative(newest.timestamp), newest.offset])
}

fn out_of_range(message: &str) -> Value {
    json!({"error": {"exception": "OffsetOutOfRangeException", "message": message}})
}
