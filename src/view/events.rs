//! Events as lines: the timeline's ticks and the event list.
//!
//! A line is Kafka's or our name of the event and its fields, verbatim in both languages.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::event::{BatchReason, Event, MetadataCause};
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, ProcessId, ProducerEpoch, ProducerId, TopicPartition};
use crate::sim::journal::Entry;
use crate::time::{SimDuration, SimTime};
use crate::view::clock::span;
use crate::view::scene::{EventLine, Tone, Track};

/// The entry at place `number` of the journal as a line; `names` says what a process is called.
pub fn line(number: u64, entry: &Entry, start: SimTime, names: &dyn Fn(ProcessId) -> String) -> EventLine {
    let (name, fields) = describe(&entry.event, names);
    let fields: Vec<String> = fields.into_iter().map(|(field, value)| format!("{field}={value}")).collect();
    EventLine {
        number,
        step: entry.step,
        at_us: entry.at.micros_from(start),
        track: track(&entry.event),
        tone: tone(&entry.event),
        name: name.to_owned(),
        text: fields.join(" "),
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
        | Event::ProducerIdAssigned { .. } => Track::Produce,
        Event::PartitionLed { .. } | Event::SegmentRolled { .. } | Event::HighWatermarkAdvanced { .. } => {
            Track::Replicate
        }
        Event::FetchHeld { .. }
        | Event::Assigned { .. }
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
        | Event::LinkCut { .. }
        | Event::PartitionLeaderless { .. }
        | Event::OutOfOrderSequence { .. }
        | Event::ProduceError { .. }
        | Event::SendFailed { .. }
        | Event::ExceptionThrown { .. }
        | Event::ConfigRejected { .. } => Tone::Failing,
        Event::ProcessFrozen { .. } | Event::BrokerFenced { .. } | Event::Retry { .. } => Tone::Lagging,
        _ => Tone::Plain,
    }
}

type Names<'a> = &'a dyn Fn(ProcessId) -> String;
type Fields = Vec<(&'static str, String)>;

/// How the value of an event's field is written.
trait Shown {
    fn shown(&self, names: Names) -> String;
}

macro_rules! shown {
    ($($kind:ty = |$value:ident, $names:ident| $text:expr;)*) => {
        $(impl Shown for $kind {
            fn shown(&self, $names: Names) -> String {
                let $value = self;
                $text
            }
        })*
    };
}

shown! {
    bool = |value, _names| value.to_string();
    i16 = |value, _names| value.to_string();
    i32 = |value, _names| value.to_string();
    i64 = |value, _names| value.to_string();
    u32 = |value, _names| value.to_string();
    Arc<str> = |value, _names| value.to_string();
    NodeId = |value, _names| value.to_string();
    BrokerEpoch = |value, _names| value.to_string();
    LeaderEpoch = |value, _names| value.to_string();
    ProducerId = |value, _names| value.to_string();
    ProducerEpoch = |value, _names| value.to_string();
    TopicPartition = |value, _names| value.to_string();
    SimDuration = |value, _names| span(value.as_micros());
    ErrorCode = |value, _names| value.name().to_owned();
    BatchReason = |value, _names| value.name().to_owned();
    MetadataCause = |value, _names| value.name().to_owned();
    ProcessId = |value, names| names(*value);
    Option<i32> = |value, _names| value.map_or_else(|| "-".to_owned(), |number| number.to_string());
    Option<Arc<str>> = |value, _names| value.as_deref().unwrap_or("-").to_owned();
    Arc<[TopicPartition]> = |value, _names| value.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Arc<[(Arc<str>, ErrorCode)]> = |value, _names| {
        value.iter().map(|(topic, error)| format!("{topic}:{}", error.name())).collect::<Vec<_>>().join(",")
    };
}

/// Each event with those of its fields that are worth a place on its line.
macro_rules! told {
    ($event:ident, $names:ident; $($name:ident { $($field:ident),* })*) => {
        match $event {
            $(Event::$name { $($field,)* .. } => {
                (stringify!($name), vec![$((stringify!($field), $field.shown($names))),*])
            })*
        }
    };
}

fn describe(event: &Event, names: Names) -> (&'static str, Fields) {
    told! { event, names;
        ProcessStarted { process }
        ProcessCrashed { process }
        ProcessStopped { process }
        ProcessFrozen { process }
        ProcessThawed { process }
        LinkCut { a, b }
        LinkHealed { a, b }
        ConnectionOpened { client, server }
        ConnectionLost { client, server }
        ControllerElected { node, epoch }
        BrokerRegistered { broker, epoch }
        BrokerUnfenced { broker }
        BrokerFenced { broker }
        TopicCreated { topic, partitions }
        TopicDeleted { topic }
        PartitionsAdded { topic, partitions }
        ConfigChanged { topic, key, value }
        LeaderElected { tp, leader, clean, preferred }
        PartitionLeaderless { tp }
        ProducerIdsAllocated { broker, first, count }
        PartitionLed { broker, tp, leader_epoch }
        SegmentRolled { broker, tp, base_offset }
        BatchAppended { broker, tp, base_offset, last_offset, bytes, client }
        Appended { broker, tp, offset, producer_id, client }
        HighWatermarkAdvanced { broker, tp, high_watermark }
        DuplicateBatch { broker, tp, client }
        OutOfOrderSequence { broker, tp, client }
        FetchHeld { broker, source }
        RecordSent { client, topic }
        PartitionerInvoked { client, topic }
        StickyRun { client, tp, bytes }
        RecordBuffered { client, tp }
        BatchSent { client, tp, reason, age, records, bytes }
        ProduceRequest { client, to, acks }
        Acked { client, tp, offset, latency }
        Retry { client, tp, err }
        ProduceError { client, tp, err }
        SendFailed { client, topic, partition, exception, message, age }
        AppBlocked { client, duration }
        ProducerIdAssigned { client, producer_id, epoch }
        MetadataRequest { client, to, cause }
        MetadataErrors { client, correlation_id, errors }
        Assigned { client, partitions }
        OffsetReset { client, tp, offset }
        RecordsFetched { client, tp, fetch_offset, records, bytes }
        Delivered { client, tp, offset }
        Processed { client, tp, offset }
        ExceptionThrown { client, exception, message }
        ConfigRejected { client, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn faults_are_red_on_the_timeline() {
        let process = ProcessId::Node(NodeId(1));
        let shown =
            line(0, &entry(Event::ProcessCrashed { process }), SimTime::DEFAULT_START, &|_| "broker 1".to_owned());
        assert_eq!((shown.track, shown.tone, shown.text.as_str()), (Track::Control, Tone::Failing, "process=broker 1"));
    }
}
