//! The inspector's page: what is known of one thing, why it is as it is, and what became of it.
//!
//! Everything is read from the world, the journal and the ledger of the moment; nothing is kept. The chain of *Why?* goes
//! from the newest cause back to the first, and each of its links may lead to another thing or another moment.

mod broker;
pub mod bytes;
mod change;
mod commit;
mod consumer;
mod evidence;
mod journey;
mod leaving;
mod message;
pub mod objects;
mod partition;
mod producer;
mod record;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::hit::Target;
use super::scene::{KeyMark, TileKind, Tone};
pub use evidence::Evidence;

/// One page of the inspector.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Inspection {
    /// Where it lies, from the outside in; the last one is the thing itself.
    pub crumbs: Vec<Link>,
    pub title: String,
    pub subtitle: String,
    pub face: Option<Face>,
    pub facts: Vec<Fact>,
    pub why: Option<Why>,
    pub journey: Vec<Stop>,
    pub changed: Option<Changed>,
    pub tries: Vec<Try>,
    /// What belongs to it.
    pub links: Vec<Link>,
    pub bytes: Option<bytes::Dump>,
}

/// A name that leads to a thing.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Link {
    pub text: String,
    pub target: Option<Target>,
}

/// How the record's tile looks on the stage.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Face {
    pub mark: KeyMark,
    pub kind: TileKind,
    pub leads: bool,
    pub committed: bool,
}

/// A name and a value, both in Kafka's words.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Fact {
    pub name: String,
    pub value: String,
    /// Where a config's value comes from.
    pub note: Option<String>,
}

/// A question and the chain that answers it, newest cause first.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Why {
    pub question: String,
    pub chain: Vec<Reason>,
}

/// A link of the chain.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Reason {
    pub text: String,
    pub detail: String,
    /// When it came about, in microseconds since the start; None for what holds now.
    pub at_us: Option<i64>,
    pub target: Option<Target>,
}

impl Reason {
    fn new(text: impl Into<String>, detail: impl Into<String>) -> Reason {
        Reason { text: text.into(), detail: detail.into(), at_us: None, target: None }
    }

    fn at(mut self, at_us: i64) -> Reason {
        self.at_us = Some(at_us);
        self
    }

    fn about(mut self, target: Target) -> Reason {
        self.target = Some(target);
        self
    }
}

/// A stop of a record's journey.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Stop {
    pub text: String,
    /// None while it is still missing.
    pub at_us: Option<i64>,
    pub tone: Tone,
}

/// Metrics before a fault and now.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Changed {
    pub since_us: i64,
    pub rows: Vec<Change>,
}

/// One metric by its JMX name.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Change {
    pub name: &'static str,
    pub was: i64,
    pub now: i64,
    pub tone: Tone,
}

/// A useful next action: the words of its button and the console line that it stands for.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Try {
    pub text: String,
    pub line: String,
}

/// The page about a thing; None if it is not there (any more).
pub fn inspect(evidence: &Evidence, target: &Target) -> Option<Inspection> {
    let mut page = match target {
        Target::Record { row, broker, offset } => record::of_record(evidence, *row, *broker, *offset),
        Target::Batch { row, broker, base_offset } => record::of_batch(evidence, *row, *broker, *base_offset),
        Target::Sent(rid) => record::of_sent(evidence, *rid),
        Target::Partition(row) => partition::of_partition(evidence, *row),
        Target::Lane { row, broker } => partition::of_replica(evidence, *row, *broker),
        Target::Broker(id) => broker::of_broker(evidence, *id),
        Target::Controller(id) => broker::of_controller(evidence, *id),
        Target::Producer(name) => producer::of_producer(evidence, name),
        Target::Consumer(name) => consumer::of_consumer(evidence, name),
        Target::Message(id) => message::of_message(evidence, *id),
    }?;
    change::fill(evidence, target, &mut page);
    Some(page)
}

fn fact(name: impl Into<String>, value: impl ToString) -> Fact {
    Fact { name: name.into(), value: value.to_string(), note: None }
}

/// `1, 2, 3`, or a dash for none.
fn listed<T: ToString>(items: &[T]) -> String {
    if items.is_empty() {
        return "–".to_owned();
    }
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// `46` or `46–47`.
fn range(first: i64, last: i64) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}
