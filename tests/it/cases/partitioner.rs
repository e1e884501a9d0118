//! Partitioners: key hash, coordinators, round robin, sticky and adaptive choice.

use serde_json::{Value, json};

use super::{Outcome, answers, check_file, compare, unhex};
use highwater::kafka::client::producer::partitioner::*;
use highwater::kafka::java;

fn number(value: &Value) -> i32 {
    value.as_i64().and_then(|n| i32::try_from(n).ok()).expect("a 32-bit number")
}

fn numbers(value: &Value) -> Vec<i32> {
    value.as_array().expect("a list").iter().map(number).collect()
}

/// `{"3": f(3), ..}` for the counts that the case has.
fn by_count(counts: &Value, f: impl Fn(i32) -> i32) -> Value {
    let counts = counts.as_object().expect("partition counts");
    counts
        .keys()
        .map(|count| (count.clone(), json!(f(count.parse().expect("a count")))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn cases_partitioner_keys() {
    check_file("partitioner-keys.json", |case, _| {
        let key = unhex(case["keyHex"].as_str().expect("hex"));
        assert!(case["key"].as_str().is_none_or(|text| text.as_bytes() == key), "the key as text");
        let actual = json!({
            "murmur2": murmur2(&key),
            "positive": to_positive(murmur2(&key)),
            "partition": by_count(&case["partition"], |count| partition_for_key(&key, count)),
        });
        compare(&answers(case, &["keyHex", "key"]), &actual)
    });
}

#[test]
fn cases_partitioner_coordinators() {
    check_file("partitioner-coordinators.json", |case, whole| {
        for share in whole["shareKeys"].as_array().into_iter().flatten() {
            let key = share["key"].as_str().expect("text");
            let actual = json!({"hashCode": java::string_hash(key), "partition50": coordinator_partition(key, 50)});
            if let failed @ Outcome::Failed(_) = compare(&answers(share, &["key"]), &actual) {
                return failed;
            }
        }
        let id = text(case, "id");
        let hash = java::hash_units(id);
        let actual = json!({
            "hashCode": hash,
            "abs": java::abs(hash),
            "group": by_count(&case["group"], |count| java::abs(hash) % count),
            "txn": by_count(&case["txn"], |count| java::abs(hash) % count),
        });
        compare(&answers(case, &["id", "idUtf16"]), &actual)
    });
}

/// UTF-16 code units of a text field, which stands as hex where it is no valid Unicode.
fn text(case: &Value, field: &str) -> Vec<u16> {
    match case[field].as_str() {
        Some(text) => text.encode_utf16().collect(),
        None => {
            let hex = unhex(case[&format!("{field}Utf16")].as_str().expect("text or code units"));
            hex.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
        }
    }
}

#[test]
fn cases_partitioner_roundrobin() {
    fn run(partitioner: &mut RoundRobinPartitioner, step: &Value) -> Outcome {
        let available = numbers(&step["availableOrderInCluster"]);
        let partitions = TopicPartitions { count: number(&step["partitions"]), available: &available };
        let calls = step["sequence"].as_array().expect("a list").len();
        let topic = step["topic"].as_str().unwrap_or("t");
        let sequence: Vec<i32> = (0..calls).map(|_| partitioner.partition(topic, partitions)).collect();
        compare(&step["sequence"], &json!(sequence))
    }
    check_file("partitioner-roundrobin.json", |case, _| {
        let mut partitioner = RoundRobinPartitioner::default();
        let Some(steps) = case["steps"].as_array() else { return run(&mut partitioner, case) };
        let outcomes = steps.iter().map(|step| run(&mut partitioner, step));
        outcomes.into_iter().find(|outcome| matches!(outcome, Outcome::Failed(_))).unwrap_or(Outcome::Held)
    });
}

#[test]
fn cases_partitioner_adaptive() {
    check_file("partitioner-adaptive.json", |case, _| {
        let sizes = numbers(&case["queueSizes"]);
        let ids = numbers(&case["partitionIds"]);
        let length = number(&case["length"]) as usize;
        let queues: Vec<(i32, i32)> = ids.into_iter().zip(sizes.iter().copied()).take(length).collect();
        let available = numbers(&case["available"]);
        let topic = TopicPartitions { count: number(&case["partitions"]), available: &available };
        let mut partitioner = StickyPartitioner::new(100).expect("a size above 0");
        partitioner.update_load(&queues, sizes.len() as u32);
        let table = partitioner.load().map(|load| load.cumulative_frequencies().to_vec());
        let randoms = numbers(&case["randoms"]);
        let mut draws = randoms.iter().copied();
        let mut draw = || draws.next().expect("one draw a choice");
        let mut chosen = vec![partitioner.peek_current(topic, &mut draw)];
        for _ in 1..randoms.len() {
            let current = partitioner.peek_current(topic, || unreachable!("there is a current one"));
            partitioner.update(current, 100, topic, true, &mut draw);
            chosen.push(partitioner.peek_current(topic, || unreachable!("there is a current one")));
        }
        let chosen: Vec<i32> = chosen.iter().map(|choice| choice.partition).collect();
        let end = table.as_ref().and_then(|table| table.last().copied());
        let actual = json!({"cft": table, "rangeEnd": end, "chosen": chosen});
        compare(
            &answers(case, &["queueSizes", "partitionIds", "length", "partitions", "available", "randoms"]),
            &actual,
        )
    });
}

#[test]
fn cases_partitioner_sticky() {
    check_file("partitioner-sticky.json", |case, _| {
        let available = numbers(&case["available"]);
        let topic = TopicPartitions { count: number(&case["partitions"]), available: &available };
        let mut partitioner = StickyPartitioner::new(number(&case["stickyBatchSize"])).expect("a size above 0");
        let randoms = numbers(&case["randoms"]);
        let mut draws = randoms.iter().copied();
        let mut draw = || draws.next().expect("a draw for every choice");
        let first = partitioner.peek_current(topic, &mut draw).partition;
        let mut steps = Vec::new();
        for step in case["steps"].as_array().expect("a list") {
            let current = partitioner.peek_current(topic, || unreachable!("there is a current one"));
            let switch = step[1].as_bool().expect("a flag");
            partitioner.update(current, number(&step[0]), topic, switch, &mut draw);
            let changed = partitioner.is_changed(current);
            let now = partitioner.peek_current(topic, || unreachable!("there is a current one")).partition;
            steps.push(json!([step[0], switch, changed, now]));
        }
        compare(&json!({"first": case["first"], "steps": case["steps"]}), &json!({"first": first, "steps": steps}))
    });
}
