//! What became of one record, from `send()` to the application that got it, as the journal tells it.

use crate::kafka::event::{BatchReason, Event};
use crate::kafka::ids::{NodeId, ProcessId, Rid, TopicPartition};
use crate::sim::journal::Entry;
use crate::time::SimTime;
use crate::view::scene::Tone;

use super::{Evidence, Stop};

/// What the journal knows of a record. Times are those of the first time.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub sent: Option<(SimTime, ProcessId)>,
    pub buffered: Option<(SimTime, TopicPartition)>,
    /// The batch's first way out of the accumulator, and why.
    pub taken: Option<(SimTime, BatchReason)>,
    /// Attempts that ended with an error.
    pub errors: Vec<(SimTime, &'static str, bool)>,
    pub written: Option<(SimTime, NodeId, i64)>,
    pub held: Vec<(NodeId, SimTime)>,
    pub cut_off: Vec<(NodeId, SimTime)>,
    pub committed: Option<SimTime>,
    pub acked: Option<SimTime>,
    pub failed: Option<(SimTime, String)>,
    pub delivered: Vec<(ProcessId, SimTime)>,
}

/// Follows a record back through the journal to its `send()`.
pub fn follow(evidence: &Evidence, rid: Rid) -> Course {
    let mut own: Vec<&Entry> = Vec::new();
    for entry in evidence.back() {
        own.push(entry);
        if matches!(&entry.event, Event::RecordSent { rid: sent, .. } if *sent == rid) {
            break;
        }
    }
    let mut course = Course::default();
    for entry in own.into_iter().rev() {
        note_own(&mut course, entry, rid);
        note_log(&mut course, entry);
    }
    note_batch(&mut course, evidence);
    course
}

/// Events that name the record.
fn note_own(course: &mut Course, entry: &Entry, rid: Rid) {
    let at = entry.at;
    match &entry.event {
        Event::RecordSent { rid: sent, client, .. } if *sent == rid => course.sent = Some((at, *client)),
        Event::RecordBuffered { rid: sent, tp, .. } if *sent == rid => course.buffered = Some((at, tp.clone())),
        Event::Appended { rid: Some(sent), broker, offset, .. } if *sent == rid && course.written.is_none() => {
            course.written = Some((at, *broker, *offset));
        }
        Event::Acked { rid: sent, .. } if *sent == rid => course.acked = Some(at),
        Event::SendFailed { rid: sent, exception, .. } if *sent == rid => {
            let class = exception.rsplit('.').next().unwrap_or_default();
            course.failed = Some((at, class.to_owned()));
        }
        Event::Delivered { rid: Some(sent), client, .. } if *sent == rid => course.delivered.push((*client, at)),
        _ => {}
    }
}

/// What happens to the log at the record's place once it is written, and to its batch before.
fn note_log(course: &mut Course, entry: &Entry) {
    let Some((_, tp)) = course.buffered.clone() else { return };
    let at = entry.at;
    match (&entry.event, course.written) {
        (Event::ProduceError { client, tp: of, err, will_retry, .. }, _)
            if *of == tp
                && Some(*client) == course.sent.as_ref().map(|(_, client)| *client)
                && course.acked.is_none() =>
        {
            course.errors.push((at, err.name(), *will_retry));
        }
        (Event::Replicated { broker, tp: of, base_offset, last_offset }, Some((_, leader, offset)))
            if *of == tp && *base_offset <= offset && offset <= *last_offset && *broker != leader =>
        {
            course.held.retain(|(node, _)| node != broker);
            course.held.push((*broker, at));
        }
        (Event::LogTruncated { broker, tp: of, to }, Some((_, _, offset))) if *of == tp && *to <= offset => {
            course.held.retain(|(node, _)| node != broker);
            course.cut_off.push((*broker, at));
        }
        (Event::HighWatermarkAdvanced { tp: of, high_watermark, .. }, Some((_, _, offset)))
            if *of == tp && *high_watermark > offset && course.committed.is_none() =>
        {
            course.committed = Some(at);
        }
        _ => {}
    }
}

/// The batch left the accumulator before it was written: the last time that its partition's did, in time for that.
fn note_batch(course: &mut Course, evidence: &Evidence) {
    let (Some((buffered, tp)), Some((_, client))) = (course.buffered.clone(), course.sent) else { return };
    let opened = first_of_batch(evidence, course, &tp).unwrap_or(buffered);
    let own = evidence.back().take_while(|entry| entry.at >= buffered);
    for entry in own {
        let Event::BatchSent { client: of, tp: to, reason, age, .. } = &entry.event else { continue };
        // A batch is as old as its first record in it.
        if *of == client && *to == tp && entry.at - *age == opened {
            course.taken = Some((entry.at, *reason));
        }
    }
}

/// When the first record of the written batch was given to the accumulator.
fn first_of_batch(evidence: &Evidence, course: &Course, tp: &TopicPartition) -> Option<SimTime> {
    let (_, broker, offset) = course.written?;
    let batch = evidence.log(tp, broker.0)?.batch_at(offset)?;
    let first = *batch.rids().first()?;
    let mut buffered = evidence.back().filter_map(|entry| match &entry.event {
        Event::RecordBuffered { rid, .. } if *rid == first => Some(entry.at),
        _ => None,
    });
    buffered.next()
}

/// The stops, past ones with their time and those that are still missing.
pub fn stops(evidence: &Evidence, course: &Course) -> Vec<Stop> {
    let words = evidence.words;
    let mut stops: Vec<Stop> = Vec::new();
    let mut stop = |text: String, at: Option<SimTime>, tone: Tone| {
        stops.push(Stop { text, at_us: at.map(|at| evidence.us(at)), tone });
    };
    let plain = Tone::Plain;
    if let Some((at, _)) = course.sent {
        stop("send()".to_owned(), Some(at), plain);
    }
    let tp = course.buffered.as_ref().map(|(_, tp)| tp);
    match &course.buffered {
        Some((at, tp)) => stop(words.journey_partitioner(tp), Some(*at), plain),
        None => stop(words.journey_no_partition().to_owned(), None, plain),
    }
    match course.taken {
        Some((at, reason)) => stop(words.journey_taken(reason.name()), Some(at), plain),
        None if course.written.is_none() => stop(words.journey_not_taken().to_owned(), None, plain),
        None => {}
    }
    for (at, error, retried) in &course.errors {
        let text = if *retried { words.journey_retry(error) } else { (*error).to_owned() };
        stop(text, Some(*at), Tone::Failing);
    }
    match course.written {
        Some((at, broker, _)) => stop(words.journey_written(broker), Some(at), plain),
        None => stop(words.journey_not_written().to_owned(), None, plain),
    }
    let registration = tp.and_then(|tp| evidence.registration(tp));
    let replicas = registration.map(|registration| registration.replicas.as_slice()).unwrap_or_default();
    for replica in replicas.iter().filter(|replica| course.written.is_none_or(|(_, leader, _)| **replica != leader)) {
        let held = course.held.iter().find(|(node, _)| node == replica);
        stop(words.journey_held(replica), held.map(|(_, at)| *at), plain);
    }
    for (broker, at) in &course.cut_off {
        stop(words.journey_cut_off(broker), Some(*at), Tone::Failing);
    }
    stop(words.journey_committed().to_owned(), course.committed, plain);
    match (&course.failed, acks(evidence, course)) {
        (Some((at, exception)), _) => stop(words.journey_failed(exception), Some(*at), Tone::Failing),
        (None, Some(0)) => stop(words.journey_no_ack().to_owned(), course.acked, plain),
        (None, _) => stop(words.journey_acked().to_owned(), course.acked, plain),
    }
    let readers = readers(evidence, course, tp);
    for (name, at) in readers {
        stop(words.journey_delivered(name), at, plain);
    }
    stops
}

/// `acks` of the producer that sent it; None once it is gone.
fn acks(evidence: &Evidence, course: &Course) -> Option<i16> {
    let (_, ProcessId::Client(client)) = course.sent? else { return None };
    let slot = evidence.world.clients.get(&client)?;
    Some(crate::view::project::producer_of(slot)?.settings.acks)
}

/// Consumers that got it, and those that read the partition and have not got it yet.
fn readers(evidence: &Evidence, course: &Course, tp: Option<&TopicPartition>) -> Vec<(String, Option<SimTime>)> {
    let mut found: Vec<(String, Option<SimTime>)> = Vec::new();
    for (client, at) in &course.delivered {
        found.push((evidence.name(*client), Some(*at)));
    }
    let row = tp.and_then(|tp| evidence.row_of(tp));
    let Some((row, offset)) = row.zip(course.written.map(|(_, _, offset)| offset)) else { return found };
    for card in &evidence.scene.consumers {
        let waits = |position: &crate::view::scene::Position| {
            position.row == row && position.position.is_none_or(|position| position <= offset)
        };
        if card.positions.iter().any(waits) && found.iter().all(|(name, _)| *name != card.name) {
            found.push((card.name.clone(), None));
        }
    }
    found
}
