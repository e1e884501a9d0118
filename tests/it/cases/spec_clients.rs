//! Scenarios of Kafka's own client tests: topic names, serializers, partitioners.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::records::text;
use super::serde::{error_json, serde_of};
use super::{Outcome, compare, hex, unhex};
use highwater::kafka::client::construct;
use highwater::kafka::client::producer::accumulator::{Accumulator, Sticky};
use highwater::kafka::client::producer::batch::Pending;
use highwater::kafka::client::producer::partitioner::*;
use highwater::kafka::client::producer::settings::ProducerSettings;
use highwater::kafka::client::serde::{Charset, Datum, Serde, parse_java_uuid};
use highwater::kafka::errors::KafkaException;
use highwater::kafka::ids::Rid;
use highwater::kafka::record::{Bytes, Record};
use highwater::kafka::topic_name;
use highwater::shell::Shell;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;
use highwater::time::SimTime;

fn number(value: &Value) -> i32 {
    value.as_i64().and_then(|n| i32::try_from(n).ok()).expect("a 32-bit number")
}

fn numbers(value: &Value) -> Vec<i32> {
    value.as_array().expect("a list").iter().map(number).collect()
}

/// `topic 'NAME'`; the text `250 chars` stands for a name of that length, and the message has `<name>` for it.
pub fn topic(case: &Value) -> Option<Outcome> {
    let operation = text(&case["given"]["operation"]);
    let name = operation.strip_prefix("topic '")?.strip_suffix('\'')?;
    let long = "x".repeat(250);
    let actual = match topic_name::check(if name == "250 chars" { &long } else { name }) {
        Ok(()) => json!({"result": "ok"}),
        Err(error) => {
            let message = error.message.clone().map(|message| message.replace(&long, "<name>"));
            json!({"exception": error.class.simple_name(), "message": message})
        }
    };
    Some(compare(&case["expect"], &actual))
}

/// `TYPE VALUE`.
pub fn serializer(case: &Value) -> Option<Outcome> {
    let (kind, value) = text(&case["given"]["input"]).split_once(' ')?;
    let (serde, datum) = match kind {
        "int" => (Serde::Integer, Datum::Integer(value.parse().ok()?)),
        "long" => (Serde::Long, Datum::Long(value.parse().ok()?)),
        "double" => (Serde::Double, Datum::Double(value.parse().ok()?)),
        "float" => (Serde::Float, Datum::Float(value.parse().ok()?)),
        "short" => (Serde::Short, Datum::Short(value.parse().ok()?)),
        "uuid" => (Serde::Uuid, Datum::Uuid(parse_java_uuid(value).ok()?)),
        "string" => (serde_of("String UTF-8").ok()?, Datum::Text(value.to_string())),
        _ => return None,
    };
    let bytes = serde.serialize(Some(&datum)).expect("a value of its own type").unwrap_or_default();
    Some(compare(&case["expect"], &json!({"hex": hex(&bytes)})))
}

/// `CLASS N bytes`, `CLASS 0xNN` or `CLASS 'TEXT'`.
pub fn deserializer(case: &Value) -> Option<Outcome> {
    let (class, input) = text(&case["given"]["operation"]).split_once(' ')?;
    let result = match input {
        "bad encoding" => Charset::for_name("NOPE").map(|_| None),
        _ => {
            let name = class.strip_suffix("Deserializer")?;
            serde_of(name).expect("a known class").deserialize(Some(&input_bytes(input)?))
        }
    };
    let error = result.expect_err("every scenario is refused");
    let mut actual = error_json(&error);
    actual.as_object_mut()?.remove("cause");
    Some(compare(&case["expect"], &actual))
}

fn input_bytes(input: &str) -> Option<Vec<u8>> {
    if let Some(count) = input.strip_suffix(" bytes") {
        return Some(vec![0; count.parse().ok()?]);
    }
    match input.strip_prefix("0x") {
        Some(byte) => Some(unhex(byte)),
        None => Some(input.trim_matches('\'').as_bytes().to_vec()),
    }
}

/// A key as bytes, or as `int 42 BE serializer bytes`.
pub fn key_hash(case: &Value) -> Option<Outcome> {
    let given = &case["given"];
    let key = match given["keyBytesHex"].as_str() {
        Some(bytes) => unhex(bytes),
        None => {
            let words: Vec<&str> = text(&given["key"]).split(' ').collect();
            let value: i64 = words[1].parse().ok()?;
            if words[0] == "int" { (value as i32).to_be_bytes().to_vec() } else { value.to_be_bytes().to_vec() }
        }
    };
    let hash = murmur2(&key);
    let mut actual = json!({"murmur2": hash});
    for field in case["expect"].as_object()?.keys() {
        match field.as_str() {
            "positive" => actual[field] = json!(to_positive(hash)),
            "partitionFor3" => actual[field] = json!(partition_for_key(&key, 3)),
            "partitionByCount" => {
                for count in case["expect"][field].as_object()?.keys() {
                    actual[field][count] = json!(partition_for_key(&key, count.parse().ok()?));
                }
            }
            _ => {}
        }
    }
    Some(compare(&case["expect"], &actual))
}

/// Twelve sends with one call each, as since 4.0; before, every new batch asked a second time.
pub fn round_robin(case: &Value) -> Option<Outcome> {
    let expected = &case["expect"]["singleCallPerRecord_4.0GA"];
    if case["expect"]["partitions"].is_array() {
        return Some(Outcome::Listed("Kafka up to 3.9, which asked the partitioner again for a new batch"));
    }
    let calls = expected.as_array()?.len();
    let available: Vec<i32> = (0..number(&case["given"]["partitions"])).collect();
    let topic = TopicPartitions { count: available.len() as i32, available: &available };
    let mut partitioner = RoundRobinPartitioner::default();
    let sequence: Vec<i32> = (0..calls).map(|_| partitioner.partition("t", topic)).collect();
    Some(compare(expected, &json!(sequence)))
}

pub fn settings(pairs: &[(&str, &str)]) -> ProducerSettings {
    let mut given = BTreeMap::from([("bootstrap.servers".to_string(), "localhost:9092".to_string())]);
    for side in ["key", "value"] {
        let class = "org.apache.kafka.common.serialization.StringSerializer";
        given.insert(format!("{side}.serializer"), class.to_string());
    }
    given.extend(pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())));
    let values = construct::producer(&given, 1, &|_| false, &mut Vec::new()).expect("a good configuration");
    ProducerSettings::from_values(&values, "p".into())
}

/// Records without a key through an accumulator whose batches are never taken out, or after every record.
pub fn sticky(case: &Value) -> Option<Outcome> {
    let given = &case["given"];
    let runs = case["expect"]["runs"].as_array()?;
    let records: i64 = runs.iter().filter_map(|run| run[1].as_i64()).sum();
    let settings = settings(&[("batch.size", &given["batch.size"].to_string())]);
    let available: Vec<i32> = (0..number(&given["partitions"])).collect();
    let topic = TopicPartitions { count: available.len() as i32, available: &available };
    let mut draws = (0..3).cycle();
    let mut draw = || draws.next().expect("a cycle");
    let mut partitioner = StickyPartitioner::new(settings.batch_size).expect("a size above 0");
    let mut accumulator = Accumulator::new(settings.buffer_memory, settings.batch_size);
    let mut actual: Vec<(i32, u32)> = Vec::new();
    let name = "t".into();
    for place in 0..records {
        let value = Bytes::from(vec![b'v'; number(&given["valueBytes"]) as usize]);
        let record = Record { timestamp_ms: 0, key: None, value: Some(value), headers: Vec::new() };
        let sent_at = SimTime::default();
        let pending = Pending { rid: Rid(place as u64), sent_at, timestamp_ms: 0, key_size: -1, value_size: 0 };
        let sticky = Sticky { topic: &name, partitioner: &mut partitioner, partitions: topic, random: &mut draw };
        let appended = accumulator.append_sticky(sticky, record, pending, &settings, SimTime::default());
        let partition = appended.expect("there is memory").partition;
        match actual.last_mut() {
            Some((last, count)) if *last == partition => *count += 1,
            _ => actual.push((partition, 1)),
        }
        if given["drain"] != "never" {
            accumulator.batches.clear();
        }
    }
    Some(compare(&json!(runs), &json!(actual)))
}

/// Queue sizes, and one choice for every number drawn.
pub fn adaptive(case: &Value) -> Option<Outcome> {
    case["expect"]["sequence"].as_array()?;
    let sizes = numbers(&case["given"]["queueSizes"]);
    let queues: Vec<(i32, i32)> = (0..).zip(sizes.iter().copied()).collect();
    let available: Vec<i32> = (0..sizes.len() as i32).collect();
    let topic = TopicPartitions { count: sizes.len() as i32, available: &available };
    let mut frequency = vec![0; sizes.len()];
    let mut sequence = Vec::new();
    for drawn in 0..=20 {
        let mut partitioner = StickyPartitioner::new(1).expect("a size above 0");
        partitioner.update_load(&queues, sizes.len() as u32);
        let chosen = partitioner.peek_current(topic, || drawn).partition;
        frequency[chosen as usize] += 1;
        sequence.push(chosen);
    }
    let rule = &case["expect"]["rule"];
    Some(compare(&case["expect"], &json!({"sequence": sequence, "frequency": frequency, "rule": rule})))
}

/// What the default partitioner draws from.
fn drawn(count: i32, available: &[i32], draws: i32) -> Vec<i32> {
    let topic = TopicPartitions { count, available };
    let draw = |random| {
        let mut partitioner = StickyPartitioner::new(10).expect("a size above 0");
        partitioner.peek_current(topic, || random).partition
    };
    (0..draws).map(draw).collect()
}

#[test]
fn sticky_single_partition_is_always_chosen() {
    assert!(drawn(1, &[0], 50).iter().all(|partition| *partition == 0));
}

#[test]
fn sticky_leaderless_skip_never_chooses_a_partition_without_leader() {
    let chosen = drawn(3, &[0, 2], 50);
    assert!(!chosen.contains(&1) && chosen.contains(&0) && chosen.contains(&2));
}

#[test]
fn sticky_all_leaderless_chooses_from_all() {
    let chosen = drawn(3, &[], 50);
    assert!((0..3).all(|partition| chosen.contains(&partition)));
}

#[test]
fn sticky_size_3_switches_after_three_bytes() {
    let topic = TopicPartitions { count: 4, available: &[0, 1, 2, 3] };
    let mut partitioner = StickyPartitioner::new(3).expect("a size above 0");
    let mut draws = [2, 1, 3].into_iter();
    let mut draw = || draws.next().expect("two choices");
    let first = partitioner.peek_current(topic, &mut draw);
    for _ in 0..2 {
        assert!(!partitioner.update(first, 1, topic, true, &mut draw));
    }
    assert!(partitioner.update(first, 1, topic, true, &mut draw));
    assert_eq!(partitioner.peek_current(topic, || unreachable!("there is a current one")).partition, 1);
}

#[test]
fn sticky_size_0_is_an_illegal_argument() {
    let error: KafkaException = StickyPartitioner::new(0).expect_err("it needs a size");
    assert_eq!(error.class.simple_name(), "IllegalArgumentException");
}

#[test]
fn adaptive_equal_queues_are_chosen_uniformly() {
    let mut partitioner = StickyPartitioner::new(1).expect("a size above 0");
    partitioner.update_load(&[(0, 4), (1, 4), (2, 4)], 3);
    assert_eq!(partitioner.load(), None);
}

#[test]
fn rr_leaderless_deals_to_the_available_ones() {
    let topic = TopicPartitions { count: 3, available: &[0, 2] };
    let mut partitioner = RoundRobinPartitioner::default();
    let dealt: Vec<i32> = (0..6).map(|_| partitioner.partition("t", topic)).collect();
    assert_eq!(dealt, [0, 2, 0, 2, 0, 2]);
}

#[test]
fn rr_keys_ignored_deals_evenly_whatever_the_key() {
    let topic = TopicPartitions { count: 3, available: &[0, 1, 2] };
    let mut partitioner = PartitionerKind::from_class("org.apache.kafka.clients.producer.RoundRobinPartitioner");
    let partitioner = partitioner.as_mut().expect("Kafka has it");
    let mut counts = [0; 3];
    for _ in 0..30 {
        let dealt = partitioner.partition("t", Some(b"same"), topic, false).expect("it always names one");
        counts[dealt as usize] += 1;
    }
    assert_eq!(counts, [10, 10, 10]);
}

#[test]
fn custom_negative_partition_is_an_illegal_argument() {
    let error = invalid_partition(-1);
    assert_eq!(error.class.simple_name(), "IllegalArgumentException");
    assert!(error.message.is_some_and(|message| message.contains("an invalid partition number: -1.")));
}

/// A cluster and a console; every line must succeed.
struct Desk {
    timeline: Timeline,
    shell: Shell<'static>,
}

impl Desk {
    fn new(lines: &[&str]) -> Desk {
        let timeline = Timeline::new(Scenario::preset("trio").expect("the preset exists"));
        let mut desk = Desk { timeline, shell: Shell::new(&[]) };
        lines.iter().for_each(|line| drop(desk.line(line)));
        desk
    }

    fn line(&mut self, line: &str) -> String {
        let output = self.shell.run_line(&mut self.timeline, line).output;
        assert_eq!(output.status, 0, "{line}: {}", output.stderr);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn ends(&mut self) -> Vec<i64> {
        let offsets = self.line("kafka-get-offsets --topic t");
        offsets
            .lines()
            .map(|line| line.rsplit(':').next().and_then(|end| end.parse().ok()).expect("an offset"))
            .collect()
    }
}

#[test]
fn part_explicit_partition_wins_over_the_key() {
    let mut desk = Desk::new(&["kafka-topics --create --topic t --partitions 3"]);
    desk.line("sim produce p --topic t --key alice --partition 2 --wait acked");
    assert_eq!(desk.ends(), [0, 0, 1]);
}

#[test]
fn part_ignore_keys_sticks_to_one_partition_for_a_run() {
    let mut desk = Desk::new(&[
        "kafka-topics --create --topic t --partitions 3",
        "sim client add p --producer partitioner.ignore.keys=true",
        "sim produce p --topic t --keys alice,bob,carol,dave --count 12 --wait acked",
    ]);
    let mut ends = desk.ends();
    ends.sort();
    assert_eq!(ends, [0, 0, 12]);
}

/// The key `21` belongs to partition 0 of 2, which has lost its leader.
#[test]
fn part_unavailable_keyed_waits_for_a_leader_and_expires() {
    let mut desk = Desk::new(&[
        "kafka-topics --create --topic t --replica-assignment 1,2",
        "sim client add p --producer delivery.timeout.ms=20000 request.timeout.ms=5000",
        "sim produce p --topic t --key 21 --wait acked",
        "sim kill 1",
        "sim step --until leader:t-0=none --for 30s",
        "sim advance 6s",
    ]);
    assert_eq!(partition_for_key(b"21", 2), 0);
    desk.line("sim produce p --topic t --key 21");
    desk.line("sim advance 15s");
    let world = desk.timeline.world();
    let app = world.client_named("p").and_then(|(_, slot)| slot.producer()).expect("it runs");
    assert_eq!((app.producer.buffered_records(), app.counters.failed), (1, 0), "it waits for a leader");
    let asked = desk.line("sim events --since 20s --grep MetadataRequest");
    assert!(asked.contains(" p: "), "metadata are asked for: {asked}");
    desk.line("sim advance 6s");
    let failed = desk.line("sim events --grep SendFailed");
    assert!(failed.contains("Expiring 1 record(s) for t-0"), "{failed}");
}

/// Load is told apart only once every partition has had a batch.
#[test]
fn adaptive_needs_all_partitions_to_have_had_a_batch() {
    let mut desk = Desk::new(&[
        "kafka-topics --create --topic t --partitions 3",
        "sim client add p --producer batch.size=100 linger.ms=60000",
        "sim produce p --topic t --partition 0 --size 90 --wait acked",
        "sim cut p 1",
        "sim cut p 2",
        "sim cut p 3",
        "sim produce p --topic t --partition 0 --size 90 --count 9",
        "sim produce p --topic t --partition 1 --size 90 --count 2",
        "sim advance 20ms",
    ]);
    let load = |desk: &Desk| {
        let slot = desk.timeline.world().client_named("p").map(|(_, slot)| slot);
        slot.and_then(|slot| slot.producer()).and_then(|app| app.producer.load("t").cloned())
    };
    assert_eq!(load(&desk), None);
    desk.line("sim produce p --topic t --partition 2 --size 90");
    desk.line("sim advance 20ms");
    let load = load(&desk).expect("every partition has had a batch");
    assert_eq!(load.cumulative_frequencies().len(), 3);
}
