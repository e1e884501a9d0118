//! A consumer, and what a record waits for before poll() returns it.

use crate::kafka::client::consumer::{Consumer, Errand};
use crate::kafka::config::CONSUMER;
use crate::kafka::ids::{ProcessId, TopicPartition};
use crate::sim::slots::{ClientPlan, ClientSlot};
use crate::view::clock::span;
use crate::view::hit::Target;
use crate::view::project::{consumer_of, state_of};
use crate::view::scene::{ClientState, FlightKind, FlightState, Place, Position};

use super::producer::{client_config, is_cut_off, state_words};
use super::{Evidence, Fact, Inspection, Link, Reason, Why, fact};

const CONFIGS: [&str; 6] =
    ["auto.offset.reset", "fetch.min.bytes", "fetch.max.wait.ms", "max.poll.records", "isolation.level", "group.id"];

pub fn of_consumer(evidence: &Evidence, name: &str) -> Option<Inspection> {
    let words = evidence.words;
    let (_, slot) = evidence.client(name)?;
    let consumer = consumer_of(slot)?;
    let card = evidence.scene.consumers.iter().find(|card| card.name == name);
    let mut facts = vec![fact("client.id", consumer.client_id())];
    facts.extend(card.map(|card| fact("delivered", card.delivered)));
    for (tp, position) in &consumer.positions {
        let at = position.offset.map_or_else(|| "?".to_owned(), |offset| offset.to_string());
        let lag = position.offset.map(|offset| end_of(evidence, tp) - offset);
        facts.push(Fact { name: tp.to_string(), value: at, note: lag.map(|lag| words.stage_lag(lag.max(0))) });
    }
    facts.push(fact("buffered", format!("{} B", consumer.buffered_bytes())));
    if let ClientPlan::Consumer { config, .. } = &slot.plan {
        let key = |key: &&str| client_config(evidence, config.get(*key), CONSUMER.key(key)?);
        facts.extend(CONFIGS.iter().filter_map(key));
    }
    let (question, chain) = why(evidence, slot, consumer);
    let rows = consumer.positions.keys().filter_map(|tp| Some((tp.to_string(), evidence.row_of(tp)?)));
    Some(Inspection {
        crumbs: vec![
            Link { text: words.inspect_clients().to_owned(), target: None },
            Link { text: name.to_owned(), target: None },
        ],
        title: name.to_owned(),
        subtitle: words.stage_consumer().to_owned(),
        facts,
        why: Some(Why { question: question.to_owned(), chain }),
        links: rows.map(|(text, row)| Link { text, target: Some(Target::Partition(row)) }).collect(),
        ..Inspection::default()
    })
}

/// How far a consumer can read: the high watermark of the leader.
fn end_of(evidence: &Evidence, tp: &TopicPartition) -> i64 {
    evidence.leader_log(tp).map_or(0, |(_, log)| log.high_watermark())
}

fn why(evidence: &Evidence, slot: &ClientSlot, consumer: &Consumer) -> (&'static str, Vec<Reason>) {
    let words = evidence.words;
    if let Some(reason) = state_words(evidence, slot) {
        return (words.why_not_running(), vec![reason]);
    }
    let lag = |tp: &TopicPartition| {
        let position = consumer.positions.get(tp).and_then(|position| position.offset);
        position.map(|position| end_of(evidence, tp) - position)
    };
    let worst = consumer.positions.keys().max_by_key(|tp| lag(tp).unwrap_or(i64::MAX));
    let Some(tp) = worst else {
        return (words.why_waits(), vec![Reason::new(words.why_no_assignment(), words.why_no_assignment_detail())]);
    };
    let question = if lag(tp).unwrap_or(1) > 0 { words.why_lags() } else { words.why_waits() };
    (question, of_partition(evidence, slot, consumer, tp))
}

/// What a consumer does about one partition.
fn of_partition(evidence: &Evidence, slot: &ClientSlot, consumer: &Consumer, tp: &TopicPartition) -> Vec<Reason> {
    let words = evidence.words;
    let Some(position) = consumer.positions.get(tp) else { return Vec::new() };
    let row = evidence.row_of(tp).unwrap_or(0);
    let end = end_of(evidence, tp);
    let target = Target::Partition(row);
    let mut chain = vec![match position.offset {
        Some(offset) if offset < end => {
            Reason::new(words.why_position_behind(offset, tp), words.why_to_read(end - offset, end)).about(target)
        }
        Some(offset) => Reason::new(words.why_position_at_end(offset, tp), words.why_at_end_detail()).about(target),
        None => Reason::new(words.why_no_position(tp), words.why_no_position_detail()).about(target),
    }];
    if position.paused {
        chain.push(Reason::new(words.why_paused(tp), words.why_paused_detail()));
    }
    if consumer.has_something() {
        chain.push(Reason::new(words.why_fetched_waits(consumer.buffered_bytes()), words.why_fetched_detail()));
    }
    chain.extend(fetching(evidence, slot, consumer, tp, row));
    chain
}

/// The consumer's fetch of the partition: flying, held at the broker, or stuck.
fn fetching(evidence: &Evidence, slot: &ClientSlot, consumer: &Consumer, tp: &TopicPartition, row: u32) -> Vec<Reason> {
    let words = evidence.words;
    let leader = evidence.registration(tp).and_then(|registration| registration.leader);
    let mut chain = Vec::new();
    let me = evidence.scene.consumers.iter().position(|card| *card.name == *slot.name).map(|index| index as u32);
    for flight in evidence.scene.flights.iter().filter(|flight| flight.row == Some(row)) {
        let mine = |place: &Place| matches!(place, Place::Consumer(index) if Some(*index) == me);
        let arrives = words.why_arrives(super::super::clock::moment(flight.arrives_us));
        let reason = match (flight.kind, flight.state) {
            (FlightKind::Fetch, FlightState::Held) if mine(&flight.from) => {
                held(evidence, consumer, &slot.name, leader)
            }
            (FlightKind::Fetch, FlightState::Flying) if mine(&flight.from) => {
                Some(Reason::new(words.why_consumer_fetch(flight.label.trim_end_matches('?')), arrives))
            }
            (FlightKind::Records, FlightState::Flying) if mine(&flight.to) => {
                Some(Reason::new(words.why_records_fly(flight.records), arrives))
            }
            (_, FlightState::Stuck) if mine(&flight.from) || mine(&flight.to) => {
                Some(Reason::new(words.why_message_stuck(), words.why_client_cut_detail()))
            }
            _ => None,
        };
        chain.extend(reason.map(|reason| reason.about(Target::Message(flight.message))));
    }
    let Some(leader) = leader else {
        chain.push(Reason::new(words.why_leaderless(tp), words.why_no_reads()).about(Target::Partition(row)));
        return chain;
    };
    if is_cut_off(evidence, &slot.name, leader.0) {
        let text = words.why_client_cut(&slot.name, words.place_broker(leader));
        chain.push(Reason::new(text, words.why_client_cut_detail()));
    }
    chain.extend(super::leaving::silence(evidence, leader.0));
    let asks = consumer.network.purposes_in_flight().any(|errand| matches!(errand, Errand::Fetch { .. }));
    if chain.is_empty() && !asks && state_of(slot) == ClientState::Running {
        chain.push(Reason::new(words.why_does_not_poll(), words.why_does_not_poll_detail()));
    }
    chain
}

/// A fetch that waits at the leader for more bytes.
fn held(
    evidence: &Evidence,
    consumer: &Consumer,
    name: &str,
    leader: Option<crate::kafka::ids::NodeId>,
) -> Option<Reason> {
    let words = evidence.words;
    let (index, _) = evidence.client(name)?;
    let broker = evidence.world.broker(leader?)?;
    let mut waits = broker.held_fetches().filter(|held| held.caller.process == ProcessId::Client(index));
    let deadline = waits.next()?.deadline;
    let left = evidence.us(deadline) - evidence.scene.now_us;
    let settings = &consumer.settings;
    let detail = words.why_fetch_held_detail(span(left.max(0) as u64), settings.fetch_min_bytes);
    Some(Reason::new(words.why_fetch_held(words.place_broker(leader?)), detail))
}

/// Why the first consumer that reads this partition has not got the record; None if all have it, or nobody reads.
pub fn why_not_delivered(evidence: &Evidence, row: u32, offset: i64) -> Option<Vec<Reason>> {
    let tp = evidence.tp(row)?;
    let waits = |position: &Position| position.row == row && position.position.is_none_or(|at| at <= offset);
    let card = evidence.scene.consumers.iter().find(|card| card.positions.iter().any(waits))?;
    let (_, slot) = evidence.client(&card.name)?;
    let mut chain: Vec<Reason> = state_words(evidence, slot).into_iter().collect();
    chain.extend(of_partition(evidence, slot, consumer_of(slot)?, &tp));
    if let Some(first) = chain.first_mut() {
        first.text = format!("{}: {}", card.name, first.text);
        first.target = Some(Target::Consumer(card.name.clone()));
    }
    Some(chain)
}
