//! The producer's accumulator: appends, readiness, draining, retries, splits, expiry, memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use super::spec_clients::settings;
use super::{Outcome, check_file};
use highwater::kafka::client::metadata::{ClusterMetadata, Wanted};
use highwater::kafka::client::producer::accumulator::{Accumulator, Refused, Sticky};
use highwater::kafka::client::producer::batch::{BatchId, Pending, ProducerBatch};
use highwater::kafka::client::producer::idempotence::Idempotence;
use highwater::kafka::client::producer::partitioner::{StickyPartitioner, TopicPartitions};
use highwater::kafka::client::producer::settings::ProducerSettings;
use highwater::kafka::errors::ErrorCode;
use highwater::kafka::ids::{LeaderEpoch, NodeId, Rid, TopicPartition, Uuid};
use highwater::kafka::protocol::metadata::*;
use highwater::kafka::record::{Bytes, Record, estimate_size_upper_bound};
use highwater::rng::Rng;
use highwater::time::{SimDuration, SimTime};

#[test]
fn cases_accumulator() {
    check_file("accumulator.json", |case, _| {
        let mut bench = Bench::new(case);
        for (place, step) in case["steps"].as_array().into_iter().flatten().enumerate() {
            let actual = bench.step(step);
            if actual != *step {
                return Outcome::Failed(format!("step {place}: expected {step}, got {actual}"));
            }
        }
        Outcome::Held
    });
}

fn number(value: &Value) -> i64 {
    value.as_i64().expect("a number")
}

/// An accumulator with what it needs around it.
struct Bench {
    accumulator: Accumulator,
    settings: ProducerSettings,
    metadata: ClusterMetadata,
    partitioner: StickyPartitioner,
    idempotence: Idempotence,
    ready: Vec<NodeId>,
    /// The number of each batch that was ever drained, and the batches that are not in the accumulator again.
    numbers: BTreeMap<BatchId, usize>,
    drained: BTreeMap<usize, ProducerBatch>,
    now: SimTime,
    rng: Rng,
}

const START: SimTime = SimTime::DEFAULT_START;

impl Bench {
    fn new(case: &Value) -> Bench {
        let mut settings = settings(&[]);
        settings.batch_size = number(&case["batchSize"]) as i32;
        settings.linger_ms = number(&case["lingerMs"]);
        settings.delivery_timeout_ms = number(&case["deliveryTimeoutMs"]);
        settings.retry_backoff_ms = number(&case["retryBackoffMs"]);
        settings.retry_backoff_max_ms = number(&case["retryBackoffMaxMs"]);
        settings.partitioner_adaptive = case["adaptive"] == true;
        settings.buffer_memory = number(&case["bufferMemory"]);
        settings.max_block_ms = 0;
        Bench {
            accumulator: Accumulator::new(settings.buffer_memory, settings.batch_size),
            metadata: metadata(&case["leaders"]),
            partitioner: StickyPartitioner::new(settings.batch_size).expect("a size above 0"),
            idempotence: Idempotence::new(false),
            settings,
            ready: Vec::new(),
            numbers: BTreeMap::new(),
            drained: BTreeMap::new(),
            now: START,
            rng: Rng::new(1),
        }
    }

    /// The step as it was given, with what it gives here.
    fn step(&mut self, step: &Value) -> Value {
        let mut told = step.clone();
        let tp = |step: &Value| TopicPartition::new("t", number(&step["partition"]) as i32);
        match step["op"].as_str().expect("a word") {
            "append" => self.append(step, &mut told),
            "advance" => self.now += SimDuration::from_config_ms(number(&step["ms"])),
            "ready" => self.look(&mut told),
            "drain" => told["result"] = self.drain(number(&step["maxSize"]) as i32),
            "mute" => drop(self.accumulator.muted.insert(tp(step))),
            "unmute" => drop(self.accumulator.muted.remove(&tp(step))),
            "beginFlush" => self.accumulator.flushing = true,
            "complete" => {
                let batch = self.take(step);
                self.accumulator.deallocate(&batch);
            }
            "reenqueue" => {
                let batch = self.take(step);
                told["attempts"] = json!(batch.attempts + 1);
                let backoff = self.settings.draw_retry_backoff(batch.attempts + 1, &mut self.rng);
                self.accumulator.reenqueue(batch, backoff, self.now);
            }
            "splitAndReenqueue" => {
                let batch = self.take(step);
                self.accumulator.deallocate(&batch);
                told["result"] = json!(self.accumulator.split(batch, &self.settings, &mut self.idempotence));
            }
            "expiredBatches" => told["result"] = self.expire(),
            other => panic!("a step of another kind: {other}"),
        }
        // A look right before a drain was recorded without them.
        if step.get("queues").is_some() {
            told["queues"] = self.queues();
            told["memory"] = json!(self.accumulator.pool.available());
        }
        told
    }

    fn take(&mut self, step: &Value) -> ProducerBatch {
        self.drained.remove(&(number(&step["batch"]) as usize)).expect("a batch that was drained")
    }

    fn append(&mut self, step: &Value, told: &mut Value) {
        let bytes =
            |length: &Value| u32::try_from(number(length)).ok().map(|length| Bytes::from(vec![0; length as usize]));
        let (key, value) = (bytes(&step["keyLen"]), bytes(&step["valueLen"]));
        let timestamp_ms = self.now.as_epoch_ms();
        let size = estimate_size_upper_bound(key.as_deref(), value.as_deref(), &[]).max(self.settings.batch_size);
        let record = Record { timestamp_ms, key, value, headers: Vec::new() };
        let pending = Pending { rid: Rid(0), sent_at: self.now, timestamp_ms, key_size: 0, value_size: 0 };
        let before = self.batches();
        let mut draws: VecDeque<i64> = step["draws"].as_array().into_iter().flatten().map(number).collect();
        let appended = match number(&step["partition"]) {
            -1 => self.append_sticky(record, pending, &mut draws),
            partition => {
                let tp = TopicPartition::new("t", partition as i32);
                let bytes = self.bytes(&tp);
                let appended = self.accumulator.append(&tp, record, pending, &self.settings, self.now);
                appended.map(|()| (tp.partition, self.bytes(&tp) - bytes))
            }
        };
        if !draws.is_empty() {
            told["draws"] = json!({"left": draws});
        }
        match appended {
            Ok((partition, appended_bytes)) => {
                let queue = &self.accumulator.batches[&TopicPartition::new("t", partition)];
                let is_full = queue.len() > 1 || queue.back().is_some_and(ProducerBatch::is_full);
                told["result"] = json!({
                    "partition": partition,
                    "newBatch": self.batches() > before,
                    "batchIsFull": is_full,
                    "appendedBytes": appended_bytes,
                });
            }
            Err(Refused::Memory(denied)) => {
                let error = self.accumulator.pool.exception(denied, i64::from(size), 0);
                self.accumulator.pool.give_up();
                told["error"] = json!({"exception": error.class.simple_name(), "message": error.message});
            }
            Err(Refused::Endless) => told["error"] = json!("endless"),
        }
    }

    fn append_sticky(
        &mut self,
        record: Record,
        pending: Pending,
        draws: &mut VecDeque<i64>,
    ) -> Result<(i32, i32), Refused> {
        let available = self.metadata.available_partitions("t");
        let count = self.metadata.topics["t"].partitions.len() as i32;
        let mut random = || draws.pop_front().expect("a number was drawn here too") as i32;
        let topic: Arc<str> = Arc::from("t");
        let sticky = Sticky {
            topic: &topic,
            partitioner: &mut self.partitioner,
            partitions: TopicPartitions { count, available: &available },
            random: &mut random,
        };
        let appended = self.accumulator.append_sticky(sticky, record, pending, &self.settings, self.now)?;
        Ok((appended.partition, appended.appended_bytes))
    }

    fn look(&mut self, told: &mut Value) {
        let ready = self.accumulator.ready(&self.metadata, &self.settings, self.now);
        if self.settings.partitioner_adaptive {
            match self.accumulator.loads("t", &self.metadata, &self.settings) {
                Some((queues, total)) => self.partitioner.update_load(&queues, total),
                None => self.partitioner.clear_load(),
            }
        }
        self.ready = ready.nodes.iter().copied().collect();
        let next_check = match ready.next_check {
            SimDuration::MAX => i64::MAX,
            some => some.as_millis() as i64,
        };
        let mut unknown: Vec<&str> = ready.unknown_leaders.iter().map(|tp| &*tp.topic).collect();
        unknown.dedup();
        told["nodes"] = json!(self.ready.iter().map(|node| node.0).collect::<Vec<_>>());
        told["nextCheckMs"] = json!(next_check);
        told["unknownLeaderTopics"] = json!(unknown);
    }

    fn drain(&mut self, max_size: i32) -> Value {
        self.settings.max_request_size = max_size;
        let mut result = json!({});
        for node in std::mem::take(&mut self.ready) {
            let settings = &self.settings;
            let taken = self.accumulator.drain(node, &self.metadata, settings, &mut self.idempotence, self.now);
            let mut rows = Vec::new();
            for batch in taken {
                // One that comes again keeps its number.
                let known = self.numbers.len();
                let number = *self.numbers.entry(batch.id).or_insert(known);
                rows.push(json!({
                    "batch": number,
                    "tp": batch.tp.to_string(),
                    "records": batch.record_count(),
                    "bytes": batch.size_in_bytes(),
                    "created": batch.created_at.since(START).as_millis() as i64,
                    "attempts": batch.attempts,
                }));
                self.drained.insert(number, batch);
            }
            result[node.to_string()] = json!(rows);
        }
        result
    }

    fn expire(&mut self) -> Value {
        let expired = self.accumulator.take_expired(&self.settings, self.now);
        let row = |batch: &ProducerBatch| {
            let created = batch.created_at.since(START).as_millis() as i64;
            json!({"tp": batch.tp.to_string(), "records": batch.record_count(), "created": created})
        };
        let rows = expired.iter().map(row).collect();
        expired.iter().for_each(|batch| self.accumulator.deallocate(batch));
        rows
    }

    fn batches(&self) -> usize {
        self.accumulator.batches.values().map(VecDeque::len).sum()
    }

    fn bytes(&self, tp: &TopicPartition) -> i32 {
        let queue = self.accumulator.batches.get(tp).into_iter().flatten();
        queue.map(ProducerBatch::size_in_bytes).sum()
    }

    fn queues(&self) -> Value {
        let waiting = self.accumulator.batches.iter().filter(|(_, queue)| !queue.is_empty());
        let row = |batch: &ProducerBatch| json!([batch.record_count(), batch.size_in_bytes()]);
        let rows: BTreeMap<String, Vec<Value>> =
            waiting.map(|(tp, queue)| (tp.partition.to_string(), queue.iter().map(row).collect())).collect();
        json!(rows)
    }
}

fn metadata(leaders: &Value) -> ClusterMetadata {
    let partition = |(index, leader): (i32, &Value)| MetadataResponsePartition {
        error_code: ErrorCode::None,
        partition_index: index,
        leader_id: NodeId(number(leader) as i32),
        leader_epoch: LeaderEpoch(0),
        replica_nodes: Vec::new(),
        isr_nodes: Vec::new(),
        offline_replicas: Vec::new(),
    };
    let topic = MetadataResponseTopic {
        error_code: ErrorCode::None,
        name: Some(Arc::from("t")),
        topic_id: Uuid(1),
        is_internal: false,
        partitions: (0..).zip(leaders.as_array().into_iter().flatten()).map(partition).collect(),
        topic_authorized_operations: 0,
    };
    let response = MetadataResponse {
        throttle_time_ms: 0,
        brokers: Vec::new(),
        cluster_id: None,
        controller_id: NodeId(0),
        topics: vec![topic],
        error_code: ErrorCode::None,
    };
    let mut metadata = ClusterMetadata::new(Wanted::All, 1_000, 100, 1_000);
    metadata.update(START, &response);
    metadata
}
