//! Metrics of the ledger over a window.
//!
//! Simplification: `acked_lost` takes a record that is missing inside the leader's log for removed by compaction, and one
//! below the log's start for removed by retention. `dup_in_log` counts copies when they are appended; one that is cut off
//! later still counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evaluate::{Holder, Run};
use super::facts::{Fact, StoredCopy};
use super::queries::Hits;
use super::syntax::Expr;
use super::tally::Sum;
use super::value::Value;
use super::vocabulary::{self, EventKind, METRICS};
use super::window::Window;
use crate::kafka::ids::{LeaderEpoch, NodeId, Rid, TopicPartition};

/// The kinds of events that a metric counts; empty for anything that is no metric.
pub fn kinds(metric: &str) -> Vec<EventKind> {
    let names: &[&str] = match metric {
        "max_share" | "share_of_leader" | "dup_in_log" => &["Appended"],
        "acked_lost" => &["Acked"],
        _ => &[],
    };
    names.iter().filter_map(|name| EventKind::named(name)).collect()
}

/// What is known about acknowledged records that are gone.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    version: u64,
    /// Matches that were judged.
    judged: u32,
    lost: BTreeSet<u32>,
    /// The log that a partition's matches were judged by: leader, its epoch, and how long the log was.
    logs: BTreeMap<TopicPartition, (NodeId, LeaderEpoch, i64)>,
}

/// Position of a field among the values of an event.
fn field(kind: EventKind, name: &str) -> usize {
    kind.field(name).map_or(0, |at| at as usize)
}

/// The first hit of a window without parts.
fn first_in(window: &Window, facts: &[Fact], hits: &Hits) -> u32 {
    let is_before = |at: &u32| {
        let place = facts[*at as usize].stretch.begin;
        place.seq < window.from.seq || place.at < window.not_before
    };
    hits.list.partition_point(is_before) as u32
}

impl Run<'_> {
    pub fn metric(&mut self, id: u32, window: &Arc<Window>, name: &str, arguments: &[Expr]) -> Value {
        if name == "within" {
            let narrowed = arguments.first().and_then(|argument| self.within(window, argument));
            return narrowed.map_or(Value::None, |window| Value::Ledger(Arc::new(window)));
        }
        if !vocabulary::function(METRICS, name).is_some_and(|row| row.built) {
            return Value::None;
        }
        let values = self.values(arguments);
        if values.iter().any(Value::is_none) {
            return Value::None;
        }
        let found = match name {
            "max_share" => self.share(id, window, &values[0], None),
            "share_of_leader" => self.share(id, window, &values[0], values.get(1)),
            "dup_in_log" => self.duplicates(id, window, &values[0]),
            "acked_lost" => self.acked_lost(id, window, &values[0], values.get(1)),
            _ => None,
        };
        found.unwrap_or_default()
    }

    /// The facts of a kind about a topic, with the hits among them.
    fn about_topic(
        &mut self,
        id: u32,
        kind: EventKind,
        topic: &Value,
        client: Option<&Value>,
        is_it: impl Fn(&Fact) -> bool,
    ) -> Hits {
        let (topics, clients) = (field(kind, "topic"), field(kind, "p"));
        let facts = self.course.facts(kind);
        let mut hits = self.memory[id as usize].hits.take().unwrap_or_default();
        let wanted = [Some(topic), client].into_iter().flatten().cloned().map(Holder::Collection).collect();
        hits.refresh(self.course.generation(), wanted, facts.len() as u32, |at, _| {
            let fact = &facts[at as usize];
            fact.values[topics] == *topic && client.is_none_or(|client| fact.values[clients] == *client) && is_it(fact)
        });
        hits
    }

    /// The share of the commonest partition, or of one broker, among the records appended to a topic.
    fn share(&mut self, id: u32, window: &Window, topic: &Value, broker: Option<&Value>) -> Option<Value> {
        let kind = EventKind::named("Appended")?;
        let (partitions, brokers) = (field(kind, "partition"), field(kind, "broker"));
        let facts = self.course.facts(kind);
        let hits = self.about_topic(id, kind, topic, None, |_| true);
        let (lo, hi) = (first_in(window, facts, &hits), hits.list.len() as u32);
        let fact = |place: u32| &facts[hits.list[place as usize] as usize];
        let (most, total) = match broker {
            None => {
                self.tally(id, Sum::Commonest, hits.version, lo, hi, |place| fact(place).values[partitions].clone())
            }
            Some(broker) => {
                let by_it = |place: u32| Value::num(i64::from(fact(place).values[brokers] == *broker));
                self.tally(id, Sum::Average, hits.version, lo, hi, by_it)
            }
        };
        self.memory[id as usize].hits = Some(hits);
        match most {
            Value::Num(most) if broker.is_none() && total > 0 => Some(Value::Num(most / f64::from(total))),
            Value::Num(share) if broker.is_some() => Some(Value::Num(share)),
            _ => None,
        }
    }

    /// Copies that a partition got of a record that it had.
    fn duplicates(&mut self, id: u32, window: &Window, topic: &Value) -> Option<Value> {
        let kind = EventKind::named("Appended")?;
        let is_again = |fact: &Fact| fact.copy.as_ref().is_some_and(|copy| copy.again);
        let hits = self.about_topic(id, kind, topic, None, is_again);
        let count = hits.list.len() as u32 - first_in(window, self.course.facts(kind), &hits);
        let is_known = !hits.list.is_empty() || self.has_topic(topic);
        self.memory[id as usize].hits = Some(hits);
        is_known.then(|| Value::num(count))
    }

    fn has_topic(&self, topic: &Value) -> bool {
        matches!(topic, Value::Text(name) if self.image().is_some_and(|image| image.topics.contains_key(name)))
    }

    /// Acknowledged records that no leader stores. A record is judged once, and again when its partition has another
    /// leader, or a shorter log; while there is no leader the last judgement stands.
    fn acked_lost(&mut self, id: u32, window: &Window, topic: &Value, client: Option<&Value>) -> Option<Value> {
        let kind = EventKind::named("Acked")?;
        let Value::Text(name) = topic else { return None };
        let facts = self.course.facts(kind);
        let hits = self.about_topic(id, kind, topic, client, |fact| fact.copy.is_some());
        let mut losses = self.memory[id as usize].losses.take().unwrap_or_default();
        if losses.version != hits.version {
            losses = Losses { version: hits.version, ..Losses::default() };
        }
        let copy = |place: u32| facts[hits.list[place as usize] as usize].copy.as_ref();
        let changed = self.changed_logs(name, &mut losses);
        let all = hits.list.len() as u32;
        let first = if changed.is_empty() { losses.judged } else { 0 };
        for place in first..all {
            let Some(copy) = copy(place).filter(|copy| place >= losses.judged || changed.contains(&copy.tp)) else {
                continue;
            };
            match self.is_stored(copy) {
                Some(true) => losses.lost.remove(&place),
                Some(false) => losses.lost.insert(place),
                None => false,
            };
        }
        losses.judged = all;
        let begin = first_in(window, facts, &hits);
        let deleted = self.course.deleted(name);
        let counts = |place: &&u32| {
            deleted.is_none_or(|deleted| facts[hits.list[**place as usize] as usize].stretch.begin.seq > deleted)
        };
        let count = losses.lost.range(begin..).filter(counts).count() as u32;
        let is_known = all > 0 || self.has_topic(topic);
        self.memory[id as usize].hits = Some(hits);
        self.memory[id as usize].losses = Some(losses);
        is_known.then(|| Value::num(count))
    }

    /// The partitions whose log may have lost something since the last look.
    fn changed_logs(&self, topic: &Arc<str>, losses: &mut Losses) -> BTreeSet<TopicPartition> {
        let mut changed = BTreeSet::new();
        let Some(image) = self.image().and_then(|image| image.topics.get(topic)) else { return changed };
        for (number, partition) in &image.partitions {
            let tp = TopicPartition::new(topic.clone(), *number);
            let Some((leader, log)) = self.leader_log(&tp) else { continue };
            let now = (leader, partition.leader_epoch, log.log_end_offset());
            let before = losses.logs.insert(tp.clone(), now);
            let is_same =
                |before: (NodeId, LeaderEpoch, i64)| (before.0, before.1) == (now.0, now.1) && before.2 <= now.2;
            if !before.is_some_and(is_same) {
                changed.insert(tp);
            }
        }
        changed
    }

    /// Whether a leader stores the record, at its place or another; None when its partition has no leader.
    fn is_stored(&self, copy: &StoredCopy) -> Option<bool> {
        let (_, log) = self.leader_log(&copy.tp)?;
        if copy.offset < log.log_start_offset() {
            return Some(true);
        }
        if copy.offset < log.log_end_offset() && self.rid_at(&copy.tp, copy.offset).is_none_or(|rid| rid == copy.rid) {
            return Some(true);
        }
        let others = self.present.ledger.account_of(copy.rid).map_or(&[][..], |account| &account.stored);
        let elsewhere = |(tp, offset): &(TopicPartition, i64)| self.rid_at(tp, *offset) == Some(copy.rid);
        Some(others.iter().any(elsewhere))
    }

    /// The record that the leader stores at an offset.
    fn rid_at(&self, tp: &TopicPartition, offset: i64) -> Option<Rid> {
        match self.record(tp, offset) {
            Value::Object(super::value::Object::Record(record)) => record.rid.map(Rid),
            _ => None,
        }
    }
}
