//! Events as lines: the timeline's ticks and the event list.
//!
//! A line is Kafka's or our name of the event and its fields, verbatim in both languages.

use crate::kafka::event::Event;
use crate::kafka::event::told::Told;
use crate::kafka::ids::ProcessId;
use crate::sim::journal::Entry;
use crate::time::SimTime;
use crate::view::clock::span;
use crate::view::hit::Target;
use crate::view::scene::{EventLine, Row, Scene, Tone, Track};

/// The entry at place `number` of the journal as a line; `names` says what a process is called.
pub fn line(number: u64, entry: &Entry, start: SimTime, names: &dyn Fn(ProcessId) -> String) -> EventLine {
    EventLine {
        number,
        step: entry.step,
        at_us: entry.at.micros_from(start),
        track: track(&entry.event),
        tone: tone(&entry.event),
        name: entry.event.name().to_owned(),
        text: fields(&entry.event, names).join(" "),
    }
}

fn track(event: &Event) -> Track {
    match event {
        Event::BatchAppended { .. }
        | Event::Appended { .. }
        | Event::DuplicateBatch { .. }
        | Event::OutOfOrderSequence { .. }
        | Event::RecordSent { .. }
        | Event::PartitionerInvoked { .. }
        | Event::StickyRun { .. }
        | Event::RecordBuffered { .. }
        | Event::BatchSent { .. }
        | Event::ProduceRequest { .. }
        | Event::Acked { .. }
        | Event::Retry { .. }
        | Event::ProduceError { .. }
        | Event::SendFailed { .. }
        | Event::AppBlocked { .. }
        | Event::ProducerCreated { .. }
        | Event::AppendFailed { .. }
        | Event::BatchSplit { .. }
        | Event::SequenceGapFound { .. }
        | Event::SequenceReset { .. }
        | Event::SequenceRefused { .. }
        | Event::ProducerIdAssigned { .. } => Track::Produce,
        Event::PartitionOpened { .. }
        | Event::PartitionLed { .. }
        | Event::PartitionFollowed { .. }
        | Event::AlterPartition { .. }
        | Event::IsrShrinkProposed { .. }
        | Event::IsrUpdated { .. }
        | Event::Replicated { .. }
        | Event::LogTruncated { .. }
        | Event::LogRestarted { .. }
        | Event::ProduceHeld { .. }
        | Event::SegmentRolled { .. }
        | Event::HighWatermarkAdvanced { .. } => Track::Replicate,
        Event::FetchHeld { .. }
        | Event::AssignCalled { .. }
        | Event::SeekCalled { .. }
        | Event::OffsetOutOfRange { .. }
        | Event::TruncationDetected { .. }
        | Event::FetchFailed { .. }
        | Event::FetchLost { .. }
        | Event::ConsumerCreated { .. }
        | Event::OffsetReset { .. }
        | Event::RecordsFetched { .. }
        | Event::Delivered { .. }
        | Event::Processed { .. }
        | Event::ExceptionThrown { .. } => Track::Consume,
        _ => Track::Control,
    }
}

fn tone(event: &Event) -> Tone {
    match event {
        Event::ProcessCrashed { .. }
        | Event::BrokerKilled { .. }
        | Event::ConsumerCrashed { .. }
        | Event::AppendFailed { .. }
        | Event::LinkCut { .. }
        | Event::Leaderless { .. }
        | Event::LogTruncated { .. }
        | Event::OutOfOrderSequence { .. }
        | Event::ProduceError { .. }
        | Event::SequenceRefused { .. }
        | Event::SendFailed { .. }
        | Event::ExceptionThrown { .. }
        | Event::ConfigRejected { .. } => Tone::Failing,
        Event::LeaderElected { clean: false, .. } => Tone::Failing,
        Event::ProcessFrozen { .. }
        | Event::BrokerFenced { .. }
        | Event::IsrUpdated { .. }
        | Event::AddedToElr { .. } => Tone::Lagging,
        _ => Tone::Plain,
    }
}

type Names<'a> = &'a dyn Fn(ProcessId) -> String;

/// The fields of an event that are worth a place on its line, with the words of the goal language.
fn fields(event: &Event, names: Names) -> Vec<String> {
    let told = event.fields().into_iter().filter(|(field, _)| *field != "rid");
    told.map(|(field, value)| format!("{field}={}", shown(&value, names))).collect()
}

fn shown(value: &Told, names: Names) -> String {
    match value {
        Told::Process(process) => names(*process),
        Told::Text(text) => text.to_string(),
        Told::Duration(duration) => span(duration.as_micros()),
        Told::List(items) => items.iter().map(|item| shown(item, names)).collect::<Vec<_>>().join(","),
        Told::Nothing | Told::Hidden => "-".to_owned(),
        Told::Number(_) | Told::Flag(_) => value.to_string(),
    }
}

/// The event tells of this thing: its partition, its node or its client stands among the fields.
pub fn is_about(event: &EventLine, scene: &Scene, target: &Target) -> bool {
    let values = || event.text.split(' ').filter_map(|field| field.split_once('='));
    let names = |wanted: &str| values().any(|(_, value)| value.split(',').any(|one| one == wanted));
    let node = |id: i32| {
        // A process is called `broker 1`, a field of its own is `broker=1`.
        let (text, number) = (format!("{} ", event.text), id.to_string());
        let called = |kind: &str| text.contains(&format!("={kind} {id} ")) || text.contains(&format!("={kind} {id},"));
        called("broker")
            || called("controller")
            || values().any(|(key, value)| ["broker", "leader", "node", "replica"].contains(&key) && value == number)
    };
    match target {
        Target::Broker(id) | Target::Controller(id) => node(*id),
        Target::Producer(name) | Target::Consumer(name) => names(name),
        Target::Message(_) => false,
        Target::Record { row, offset, .. } => {
            let tp = scene.rows.get(*row as usize).map(Row::tp);
            let number =
                |wanted: &str| values().find(|(key, _)| *key == wanted).and_then(|(_, value)| value.parse().ok());
            let (first, last): (Option<i64>, Option<i64>) = (number("base_offset"), number("last_offset"));
            let at = number("offset").or(number("high_watermark").map(|end: i64| end - 1));
            let inside = match (first, last, at) {
                (Some(first), Some(last), _) => (first..=last).contains(offset),
                (_, _, Some(at)) => at == *offset,
                _ => false,
            };
            tp.is_some_and(|tp| names(&tp)) && inside
        }
        other => match other.row().and_then(|row| scene.rows.get(row as usize)) {
            Some(row) => names(&row.tp()),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::kafka::ids::{NodeId, PartitionEpoch, TopicPartition};

    fn entry(event: Event) -> Entry {
        Entry { at: SimTime::DEFAULT_START, step: 3, by_command: false, process: ProcessId::Node(NodeId(1)), event }
    }

    #[test]
    fn an_event_is_its_name_and_its_fields() {
        let tp = TopicPartition::new("orders", 0);
        let event = Event::HighWatermarkAdvanced { broker: NodeId(1), tp, high_watermark: 7 };
        let shown = line(0, &entry(event), SimTime::DEFAULT_START, &|_| "broker 1".to_owned());
        assert_eq!(
            (shown.name.as_str(), shown.text.as_str()),
            ("HighWatermarkAdvanced", "broker=1 tp=orders-0 high_watermark=7")
        );
        assert_eq!((shown.track, shown.tone, shown.at_us), (Track::Replicate, Tone::Plain, 0));
    }

    #[test]
    fn changes_of_the_isr_are_amber_and_an_unclean_election_is_red() {
        let (broker, tp) = (NodeId(1), TopicPartition::new("orders", 0));
        let isr =
            Event::IsrUpdated { broker, tp: tp.clone(), isr: Arc::new([broker]), partition_epoch: PartitionEpoch(3) };
        let elected = |clean| Event::LeaderElected { tp: tp.clone(), leader: broker, clean, preferred: false };
        let tones = [isr, elected(true), elected(false)].map(|event| tone(&event));
        assert_eq!(tones, [Tone::Lagging, Tone::Plain, Tone::Failing]);
    }

    #[test]
    fn faults_are_red_on_the_timeline() {
        let process = ProcessId::Node(NodeId(1));
        let shown =
            line(0, &entry(Event::ProcessCrashed { process }), SimTime::DEFAULT_START, &|_| "broker 1".to_owned());
        assert_eq!((shown.track, shown.tone, shown.text.as_str()), (Track::Control, Tone::Failing, "process=broker 1"));
    }
}
