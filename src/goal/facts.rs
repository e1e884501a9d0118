//! The engine's events as goals see them: this is the one place that knows both. Most have the same names and fields.
//! What the engine tells in several events (an outage has a begin and an end, a record's key was told when it was sent)
//! is put together here.
//!
//! Simplifications: `AppBlocked` is told when it ends, with its begin; an isolated node counts as cut off; a fault that
//! only slows something down is not told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::value::Value;
use super::vocabulary::EventKind;
use super::window::{Mark, Stretch};
use crate::kafka::event::Event;
use crate::kafka::event::told::Told;
use crate::kafka::ids::{ClientIndex, NodeId, ProcessId, Rid, TopicPartition};
use crate::kafka::log_lines::{Cluster, Level, Scribe};
use crate::kafka::record::Bytes;
use crate::sim::journal::Entry;
use crate::sim::log::cluster;
use crate::sim::slots::Client;
use crate::sim::world::World;
use crate::time::SimTime;

/// One event as goals see it.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// A moment for most; for an event that lasts, open until it ends.
    pub stretch: Stretch,
    /// In the order of the event's fields; `duration` of an event that lasts is not among them, it is read off.
    pub values: Vec<Value>,
    /// Of `Appended` and `Acked`: the record and where it was stored.
    pub copy: Option<StoredCopy>,
}

/// A record at a place in a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredCopy {
    pub rid: Rid,
    pub tp: TopicPartition,
    pub offset: i64,
    /// The partition had a copy of the same record before.
    pub again: bool,
}

/// What is remembered of a record from its send() on.
#[derive(Clone, Debug)]
struct Sent {
    client: Arc<str>,
    key: Option<Bytes>,
    value: Option<Bytes>,
    at: SimTime,
}

/// Events that last and are open.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Open {
    Leaderless(TopicPartition),
    BrokersDown,
}

/// Facts by their kind.
pub type Facts = BTreeMap<EventKind, Vec<Fact>>;

/// Reads the journal once, entry by entry.
#[derive(Clone, Debug, Default)]
pub struct Teller {
    /// Only these are kept.
    watched: BTreeSet<EventKind>,
    pub facts: Facts,
    sent: BTreeMap<Rid, Sent>,
    open: BTreeMap<Open, (EventKind, u32)>,
    brokers_down: BTreeSet<NodeId>,
    /// Partitions with the records that were appended to them.
    appended: BTreeSet<(TopicPartition, Rid)>,
    /// The number of the entry that told of a topic's latest deletion.
    pub deleted: BTreeMap<Arc<str>, u64>,
    /// How often a consumer got a record since its latest start.
    delivered: BTreeMap<ClientIndex, BTreeMap<(TopicPartition, i64), u32>>,
    /// The offset of the first record that a consumer got since its latest start.
    pub delivered_first: BTreeMap<ClientIndex, i64>,
    place: Mark,
    /// Whose machine has just crashed: that its processes died is the same fault.
    crashed_machine: Option<NodeId>,
    /// Who writes the log lines of each process; only while someone asks for log lines.
    scribes: BTreeMap<ProcessId, Scribe>,
    cluster: Option<Arc<Cluster>>,
}

fn text_of(bytes: &Option<Bytes>) -> Value {
    bytes.as_ref().map_or(Value::None, |bytes| Value::text(&String::from_utf8_lossy(bytes)))
}

type Field = (&'static str, Value);

/// An event's field as a value; a process is called by its name.
fn value_of(world: &World, told: &Told) -> Value {
    match told {
        Told::Process(process) => Value::Text(world.name_of(*process)),
        Told::Number(number) => Value::num(*number),
        Told::Flag(flag) => Value::Bool(*flag),
        Told::Text(text) => Value::Text(text.clone()),
        Told::Duration(duration) => Value::Dur(duration.as_micros() as i64),
        Told::List(items) => Value::List(items.iter().map(|item| value_of(world, item)).collect()),
        Told::Nothing | Told::Hidden => Value::None,
    }
}

impl Teller {
    pub fn new(watched: BTreeSet<EventKind>) -> Teller {
        Teller { watched, ..Teller::default() }
    }

    /// Reads the entry with this number.
    pub fn read(&mut self, world: &World, seq: u64, entry: &Entry) {
        self.place = Mark { seq, at: entry.at };
        if entry.by_command {
            self.read_fault(world, &entry.event);
        }
        self.read_state(world, &entry.event);
        self.read_event(world, &entry.event);
        if ["LogLine", "ErrorLogged"].iter().any(|name| self.watches(name)) {
            self.read_log_lines(world, entry);
        }
    }

    fn watches(&self, name: &str) -> bool {
        EventKind::named(name).is_some_and(|kind| self.watched.contains(&kind))
    }

    /// Tells a fact, unless nobody asks for its kind.
    fn tell(&mut self, name: &str, fields: &[Field]) -> Option<(EventKind, u32)> {
        let kind = EventKind::named(name).filter(|kind| self.watched.contains(kind))?;
        let value = |field: &str| fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value.clone());
        let values = kind.row().fields.iter().map(|(field, _)| value(field).unwrap_or_default()).collect();
        let end = (!kind.row().interval).then_some(self.place);
        let facts = self.facts.entry(kind).or_default();
        facts.push(Fact { stretch: Stretch { begin: self.place, end }, values, copy: None });
        Some((kind, facts.len() as u32 - 1))
    }

    /// Tells the engine's event under its own name, with more fields than it has, or other values.
    fn tell_event(&mut self, world: &World, event: &Event, more: &[Field]) -> Option<(EventKind, u32)> {
        if !self.watches(event.name()) {
            return None;
        }
        let mut fields = more.to_vec();
        for (name, told) in event.fields() {
            if name == "tp"
                && let Some(tp) = told_partition(&told)
            {
                fields.push(("topic", Value::Text(tp.topic.clone())));
                fields.push(("partition", Value::num(tp.partition)));
            }
            fields.push((name, value_of(world, &told)));
        }
        self.tell(event.name(), &fields)
    }

    fn fact_mut(&mut self, place: Option<(EventKind, u32)>) -> Option<&mut Fact> {
        let (kind, at) = place?;
        self.facts.get_mut(&kind)?.get_mut(at as usize)
    }

    fn begin(&mut self, what: Open, place: Option<(EventKind, u32)>) {
        self.open.extend(place.map(|place| (what, place)));
    }

    fn end(&mut self, what: &Open) {
        let (place, now) = (self.open.remove(what), self.place);
        if let Some(fact) = self.fact_mut(place) {
            fact.stretch.end = Some(now);
        }
    }

    fn read_fault(&mut self, world: &World, event: &Event) {
        let verb = match event {
            Event::MachineCrashed { .. } => "power-off",
            // That of its machine has been told.
            Event::BrokerKilled { broker: node } | Event::ProcessCrashed { process: ProcessId::Node(node) }
                if self.crashed_machine == Some(*node) =>
            {
                return;
            }
            Event::BrokerKilled { .. } | Event::ProcessCrashed { process: ProcessId::Node(_) } => "kill",
            Event::ConsumerCrashed { .. } => "crash",
            Event::ProcessCrashed { process: ProcessId::Client(index) } => match world.clients.get(index) {
                // Esc ends a tool; that is no fault.
                Some(slot) if matches!(slot.client, Client::Tool(_)) => return,
                _ => "crash",
            },
            Event::ProcessFrozen { .. } => "freeze",
            Event::LinkCut { .. } => "cut",
            _ => return,
        };
        self.crashed_machine = match event {
            Event::MachineCrashed { node } => Some(*node),
            _ => None,
        };
        self.tell("FaultInjected", &[("verb", Value::text(verb))]);
    }

    /// What later facts need, and the events that last.
    fn read_state(&mut self, world: &World, event: &Event) {
        match event {
            Event::RecordSent { client, rid, key, value, .. } => {
                let (client, at) = (world.name_of(*client), self.place.at);
                self.sent.insert(*rid, Sent { client, key: key.clone(), value: value.clone(), at });
            }
            Event::ProcessStarted { process: ProcessId::Client(index) } => {
                self.delivered.remove(index);
                self.delivered_first.remove(index);
            }
            Event::ProcessStarted { process: ProcessId::Node(id) } => self.read_broker_life(*id, true),
            Event::BrokerKilled { broker } | Event::ControlledShutdown { broker } => {
                self.read_broker_life(*broker, false);
            }
            Event::LeaderElected { tp, .. } => self.end(&Open::Leaderless(tp.clone())),
            Event::TopicDeleted { topic } => {
                self.deleted.insert(topic.clone(), self.place.seq);
                let is_gone = |open: &&Open| matches!(open, Open::Leaderless(tp) if tp.topic == *topic);
                let gone: Vec<Open> = self.open.keys().filter(is_gone).cloned().collect();
                gone.iter().for_each(|open| self.end(open));
            }
            _ => {}
        }
    }

    /// Brokers that run leave the number of those that are down, others join it.
    fn read_broker_life(&mut self, id: NodeId, runs: bool) {
        let changed = if runs { self.brokers_down.remove(&id) } else { self.brokers_down.insert(id) };
        if !changed {
            return;
        }
        self.end(&Open::BrokersDown);
        let count = self.brokers_down.len() as u32;
        if count > 0 {
            let place = self.tell("BrokersDown", &[("count", Value::num(count))]);
            self.begin(Open::BrokersDown, place);
        }
    }

    fn read_event(&mut self, world: &World, event: &Event) {
        match event {
            Event::Leaderless { tp } => {
                let place = self.tell_event(world, event, &[]);
                self.begin(Open::Leaderless(tp.clone()), place);
            }
            Event::Appended { tp, rid, offset, producer_id, .. } => {
                let (key, value) = self.content(*rid);
                let producer_id = if producer_id.0 < 0 { Value::None } else { Value::num(producer_id.0) };
                let more = [("key", key), ("value", value), ("producer_id", producer_id)];
                let copy = rid.map(|rid| {
                    let again = !self.appended.insert((tp.clone(), rid));
                    StoredCopy { rid, tp: tp.clone(), offset: *offset, again }
                });
                let place = self.tell_event(world, event, &more);
                self.note_copy(place, copy);
            }
            Event::Acked { tp, rid, offset, .. } => {
                let copy = StoredCopy { rid: *rid, tp: tp.clone(), offset: *offset, again: false };
                let place = self.tell_event(world, event, &[("value", self.content(Some(*rid)).1)]);
                self.note_copy(place, Some(copy));
            }
            Event::SendFailed { topic, partition: Some(partition), .. } => {
                let tp = TopicPartition::new(topic.clone(), *partition);
                self.tell_event(world, event, &[("tp", Value::text(&tp.to_string()))]);
            }
            Event::AppBlocked { duration, .. } => {
                let (place, now) = (self.tell_event(world, event, &[]), self.place);
                if let Some(fact) = self.fact_mut(place) {
                    let begin = Mark { at: now.at - *duration, ..now };
                    fact.stretch = Stretch { begin, end: Some(now) };
                }
            }
            Event::Delivered { client: ProcessId::Client(index), tp, offset, rid, .. } => {
                let more = self.delivery(*index, tp, *offset, *rid);
                self.tell_event(world, event, &more);
            }
            _ => {
                self.tell_event(world, event, &[]);
            }
        }
    }

    fn note_copy(&mut self, place: Option<(EventKind, u32)>, copy: Option<StoredCopy>) {
        if let Some(fact) = self.fact_mut(place) {
            fact.copy = copy;
        }
    }

    /// Key and value of a record that an application of this run sent.
    fn content(&self, rid: Option<Rid>) -> (Value, Value) {
        let sent = rid.and_then(|rid| self.sent.get(&rid));
        sent.map_or((Value::None, Value::None), |sent| (text_of(&sent.key), text_of(&sent.value)))
    }

    fn delivery(&mut self, index: ClientIndex, tp: &TopicPartition, offset: i64, rid: Option<Rid>) -> [Field; 3] {
        self.delivered_first.entry(index).or_insert(offset);
        let times = self.delivered.entry(index).or_default().entry((tp.clone(), offset)).or_default();
        *times += 1;
        let times = Value::num(*times);
        let sent = rid.and_then(|rid| self.sent.get(&rid));
        let producer = sent.map_or(Value::None, |sent| Value::Text(sent.client.clone()));
        let delay = |sent: &Sent| Value::Dur(self.place.at.since(sent.at).as_micros() as i64);
        [("p", producer), ("delay", sent.map_or(Value::None, delay)), ("times", times)]
    }

    fn read_log_lines(&mut self, world: &World, entry: &Entry) {
        let cluster = self.cluster.get_or_insert_with(|| Arc::new(cluster(world))).clone();
        let scribe = self.scribes.entry(entry.process).or_insert_with(|| Scribe::new(cluster));
        let lines = scribe.write(entry.at, entry.process, &entry.event);
        let node = match entry.process {
            ProcessId::Node(id) => Value::text(&id.to_string()),
            client => Value::Text(world.name_of(client)),
        };
        for line in lines {
            self.tell("LogLine", &[("node", node.clone()), ("text", Value::text(&line.message))]);
            if matches!(line.level, Level::Error) {
                self.tell("ErrorLogged", &[("node", node.clone())]);
            }
        }
    }
}

fn told_partition(told: &Told) -> Option<TopicPartition> {
    match told {
        Told::Text(text) => TopicPartition::parse(text),
        _ => None,
    }
}
