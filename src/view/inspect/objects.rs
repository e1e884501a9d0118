//! Which thing an event speaks of, so that a line of a list and a thing on the stage select each other.

use crate::kafka::event::Event;
use crate::kafka::event::told::Told;
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::sim::journal::Entry;
use crate::view::hit::Target;

use super::Evidence;

/// What an event names: its record, batch, partition, broker or client, the innermost first.
pub struct Named {
    tp: Option<TopicPartition>,
    /// First and last offset.
    offsets: Option<(i64, i64)>,
    broker: Option<i32>,
    client: Option<ProcessId>,
    rid: Option<u64>,
    process: ProcessId,
}

fn number(event: &Event, name: &str) -> Option<i64> {
    match event.field(name)? {
        Told::Number(number) => Some(number),
        _ => None,
    }
}

impl Named {
    pub fn by(entry: &Entry) -> Named {
        let event = &entry.event;
        let tp = match event.field("tp") {
            Some(Told::Text(text)) => TopicPartition::parse(&text),
            _ => None,
        };
        let offset = number(event, "offset").map(|offset| (offset, offset));
        let batch = number(event, "base_offset").zip(number(event, "last_offset"));
        let node = |process: Option<Told>| match process {
            Some(Told::Process(ProcessId::Node(node))) => Some(node.0),
            _ => None,
        };
        let client = ["p", "c"].iter().find_map(|field| match event.field(field) {
            Some(Told::Process(process @ ProcessId::Client(_))) => Some(process),
            _ => None,
        });
        let broker = number(event, "broker").or(number(event, "node")).map(|broker| broker as i32);
        Named {
            tp,
            offsets: offset.or(batch).filter(|(first, _)| *first >= 0),
            broker: broker.or_else(|| node(event.field("process"))),
            client,
            rid: number(event, "rid").map(|rid| rid as u64),
            process: entry.process,
        }
    }

    /// The innermost of them that is on the stage now.
    pub fn target(&self, evidence: &Evidence) -> Option<Target> {
        let placed = self.tp.as_ref().and_then(|tp| Some((tp, evidence.row_of(tp)?)));
        if let Some((tp, row)) = placed {
            let leader = evidence.leader_log(tp).map(|(leader, _)| leader);
            let broker = self.broker.or(leader);
            if let (Some(broker), Some((first, last))) = (broker, self.offsets) {
                let log = evidence.log(tp, broker);
                if log.is_some_and(|log| log.batch_at(first).is_some()) {
                    return Some(match first == last {
                        true => Target::Record { row, broker, offset: first },
                        false => Target::Batch { row, broker, base_offset: first },
                    });
                }
            }
        }
        if let Some(rid) = self.rid {
            return Some(sent(evidence, rid));
        }
        if let Some((_, row)) = placed {
            return Some(match self.broker.filter(|broker| evidence.card(*broker).is_some()) {
                Some(broker) => Target::Lane { row, broker },
                None => Target::Partition(row),
            });
        }
        let named = self.client.or(self.broker.map(|broker| ProcessId::Node(NodeId(broker))));
        named.or(Some(self.process)).and_then(|process| evidence.target_of(process))
    }

    /// Whether the line belongs to a selected thing.
    pub fn is_about(&self, evidence: &Evidence, target: &Target) -> bool {
        let tp = |row: u32| evidence.tp(row).is_some_and(|tp| self.tp.as_ref() == Some(&tp));
        match target {
            Target::Record { row, offset, .. } => {
                let holds = self.offsets.is_some_and(|(first, last)| first <= *offset && *offset <= last);
                tp(*row) && holds || self.rid.is_some_and(|rid| lies_at(evidence, rid, *row, *offset))
            }
            Target::Batch { row, broker, base_offset } => {
                let batch = evidence.tp(*row).and_then(|tp| evidence.log(&tp, *broker)?.batch_at(*base_offset));
                let last = batch.map_or(*base_offset, |batch| batch.last_offset());
                tp(*row) && self.offsets.is_some_and(|(from, to)| from <= last && *base_offset <= to)
            }
            Target::Partition(row) => tp(*row),
            Target::Lane { row, broker } => tp(*row) && self.broker.is_none_or(|named| named == *broker),
            Target::Broker(id) | Target::Controller(id) => {
                self.broker == Some(*id) || self.process == ProcessId::Node(NodeId(*id))
            }
            Target::Producer(name) | Target::Consumer(name) => {
                let client = evidence.client(name).map(|(index, _)| ProcessId::Client(index));
                client.is_some() && (self.client == client || Some(self.process) == client)
            }
            Target::Sent(rid) => self.rid == Some(*rid),
            Target::Message(_) => false,
        }
    }
}

/// Whether a log has the record at this place.
fn lies_at(evidence: &Evidence, rid: u64, row: u32, offset: i64) -> bool {
    matches!(sent(evidence, rid), Target::Record { row: of, offset: at, .. } if of == row && at == offset)
}

/// A record by its identity: where it lies if a log has it.
fn sent(evidence: &Evidence, rid: u64) -> Target {
    let account = evidence.ledger.account_of(crate::kafka::ids::Rid(rid));
    let stored = account.and_then(|account| account.stored.last());
    let place = stored.and_then(|(tp, offset)| {
        let (broker, log) = evidence.leader_log(tp)?;
        log.batch_at(*offset)?;
        Some(Target::Record { row: evidence.row_of(tp)?, broker, offset: *offset })
    });
    place.unwrap_or(Target::Sent(rid))
}
