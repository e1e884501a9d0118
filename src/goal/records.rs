//! Stored records: single ones, and questions to all of a topic. A log that has only grown is read from where the last
//! look stopped; one that has not changed is not read at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::evaluate::Run;
use super::syntax::{Expr, ExprKind};
use super::value::{Object, StoredAt, Value};
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::kafka::log::PartitionLog;
use crate::kafka::record::{Bytes, RecordBatch, StoredRecord};
use crate::sim::state::metadata;

/// What was found in one partition's log.
#[derive(Clone, Debug, Default)]
struct Scanned {
    leader: Option<NodeId>,
    start: i64,
    end: i64,
    bytes: i64,
    records: u32,
    matches: u32,
    /// The first record that does not match.
    counter_example: Option<Arc<StoredAt>>,
}

/// What a question to a topic remembers.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    topic: Arc<str>,
    wanted: Value,
    partitions: BTreeMap<i32, Scanned>,
}

/// The answer to a question to all records of a topic.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Answer {
    pub records: u32,
    pub matches: u32,
    /// Partitions that hold a match.
    pub partitions: Vec<i32>,
    pub counter_example: Option<Arc<StoredAt>>,
}

/// What a record is asked.
enum Question<'e> {
    Lambda(&'e Expr),
    Key(Value),
    Value(Value),
}

fn text_of(bytes: &Bytes) -> Arc<str> {
    Arc::from(String::from_utf8_lossy(bytes))
}

fn stored_at(partition: i32, batch: &RecordBatch, stored: &StoredRecord) -> StoredAt {
    let record = &stored.record;
    let header = |header: &crate::kafka::record::Header| (header.key.clone(), header.value.as_ref().map(text_of));
    StoredAt {
        partition,
        offset: stored.offset,
        rid: stored.rid.map(|rid| rid.0),
        key: record.key.as_ref().map(text_of),
        value: record.value.as_ref().map(text_of),
        value_len: record.value.as_ref().map(|value| value.len() as u32),
        headers: record.headers.iter().map(header).collect(),
        timestamp_ms: record.timestamp_ms,
        timestamp_type: batch.timestamp_type(),
        leader_epoch: batch.partition_leader_epoch().0,
    }
}

/// The data batches of a log from an offset on.
fn batches_from(log: &PartitionLog, offset: i64) -> impl Iterator<Item = &RecordBatch> {
    let mut segments: Vec<_> = Vec::new();
    for segment in log.segments().rev() {
        segments.push(segment);
        if segment.base_offset() <= offset {
            break;
        }
    }
    segments.into_iter().rev().flat_map(move |segment| {
        let first = segment.batches().partition_point(|placed| placed.last_offset < offset);
        segment.batches().iter_from(first).map(|placed| &placed.batch)
    })
}

/// The data records of a log from an offset on that readers can see.
fn records_from(log: &PartitionLog, partition: i32, offset: i64) -> impl Iterator<Item = StoredAt> {
    let from = offset.max(log.log_start_offset());
    batches_from(log, from).filter(|batch| !batch.is_control()).flat_map(move |batch| {
        let (records, _) = batch.records_before_damage();
        let seen = records.into_iter().filter(move |record| record.offset >= from);
        seen.map(|record| stored_at(partition, batch, &record)).collect::<Vec<_>>()
    })
}

impl<'a> Run<'a> {
    /// The leader of a partition and its log; the leader as the metadata say.
    pub fn leader_log(&self, tp: &TopicPartition) -> Option<(NodeId, &'a PartitionLog)> {
        let world = self.present.world;
        let leader = metadata(world)?.partition(&tp.topic, tp.partition)?.leader?;
        Some((leader, self.log_on(tp, leader)?))
    }

    pub fn log_on(&self, tp: &TopicPartition, broker: NodeId) -> Option<&'a PartitionLog> {
        let stored = self.present.world.disk(broker)?.logs.get(tp)?;
        // A log of a topic that was deleted and made again is another one.
        let id = metadata(self.present.world)?.topics.get(&tp.topic)?.id;
        (stored.topic_id == id).then_some(&stored.log)
    }

    /// `rec(tp, offset)`.
    pub fn record(&self, tp: &TopicPartition, offset: i64) -> Value {
        let Some((_, log)) = self.leader_log(tp) else { return Value::None };
        let found = records_from(log, tp.partition, offset).next().filter(|record| record.offset == offset);
        found.map_or(Value::None, |record| Value::Object(Object::Record(Arc::new(record))))
    }

    /// `last_rec(tp)`.
    pub fn last_record(&self, tp: &TopicPartition) -> Value {
        let Some((_, log)) = self.leader_log(tp) else { return Value::None };
        let batches = log.segments().rev().flat_map(|segment| segment.batches().iter().rev());
        for placed in batches.filter(|placed| !placed.batch.is_control()) {
            let (records, _) = placed.batch.records_before_damage();
            if let Some(record) = records.last().filter(|record| record.offset >= log.log_start_offset()) {
                return Value::Object(Object::Record(Arc::new(stored_at(tp.partition, &placed.batch, record))));
            }
        }
        Value::None
    }

    /// `any_rec`, `all_recs`, `partitions_of`, `count_key`, `count_value`; none when the topic does not exist.
    pub fn topic_question(&mut self, id: u32, name: &str, topic: &Arc<str>, argument: &Expr) -> Option<Answer> {
        let question = match name {
            "any_rec" | "all_recs" => Question::Lambda(argument),
            "count_value" => Question::Value(self.value(argument)),
            _ => Question::Key(self.value(argument)),
        };
        let wanted = match &question {
            Question::Lambda(_) => Value::None,
            Question::Key(value) | Question::Value(value) if value.is_none() => return None,
            Question::Key(value) | Question::Value(value) => value.clone(),
        };
        let partitions: Vec<i32> =
            metadata(self.present.world)?.topics.get(topic)?.partitions.keys().copied().collect();
        let mut scan = self.memory[id as usize].scan.take().unwrap_or_default();
        if scan.topic != *topic || scan.wanted != wanted || !self.is_steady(&question) {
            scan = Scan { topic: topic.clone(), wanted, partitions: BTreeMap::new() };
        }
        let mut answer = Answer::default();
        for partition in partitions {
            let tp = TopicPartition::new(topic.clone(), partition);
            let scanned = scan.partitions.remove(&partition).unwrap_or_default();
            let scanned = self.scan_partition(&tp, scanned, &question);
            answer.records += scanned.records;
            answer.matches += scanned.matches;
            answer.counter_example = answer.counter_example.or(scanned.counter_example.clone());
            if scanned.matches > 0 {
                answer.partitions.push(partition);
            }
            scan.partitions.insert(partition, scanned);
        }
        self.memory[id as usize].scan = Some(scan);
        Some(answer)
    }

    /// Whether the question's answer for a record never changes: a lambda that looks at nothing but its parameter.
    fn is_steady(&self, question: &Question<'_>) -> bool {
        let Question::Lambda(lambda) = question else { return true };
        let ExprKind::Lambda(param, body) = &lambda.kind else { return false };
        let mut steady = true;
        body.visit(&mut |expr| match &expr.kind {
            ExprKind::Name(name) => steady &= name == param,
            ExprKind::Call(..) => steady = false,
            _ => {}
        });
        steady
    }

    fn scan_partition(&mut self, tp: &TopicPartition, before: Scanned, question: &Question<'_>) -> Scanned {
        let Some((leader, log)) = self.leader_log(tp) else { return Scanned::default() };
        let (start, end, bytes) = (log.log_start_offset(), log.log_end_offset(), log.size_in_bytes());
        let is_same_log = before.leader == Some(leader) && before.start == start && end >= before.end;
        let added = || batches_from(log, before.end).filter(|batch| batch.base_offset() >= before.end);
        let grown = || added().map(|batch| i64::from(batch.size_in_bytes())).sum::<i64>();
        let has_only_grown = is_same_log && before.bytes + grown() == bytes;
        let (mut scanned, from) =
            if has_only_grown { (before.clone(), before.end) } else { (Scanned::default(), start) };
        for record in records_from(log, tp.partition, from) {
            let record = Arc::new(record);
            scanned.records += 1;
            if self.fits(&record, question) {
                scanned.matches += 1;
            } else if scanned.counter_example.is_none() {
                scanned.counter_example = Some(record);
            }
        }
        Scanned { leader: Some(leader), start, end, bytes, ..scanned }
    }

    fn fits(&mut self, record: &Arc<StoredAt>, question: &Question<'_>) -> bool {
        let is = |text: &Option<Arc<str>>, wanted: &Value| matches!((text, wanted), (Some(text), Value::Text(wanted)) if text == wanted);
        match question {
            Question::Lambda(lambda) => self.apply(lambda, Value::Object(Object::Record(record.clone()))),
            Question::Key(wanted) => is(&record.key, wanted),
            Question::Value(wanted) => is(&record.value, wanted),
        }
    }
}
