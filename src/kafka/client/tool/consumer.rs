//! kafka-console-consumer at work: poll() until enough came, nothing came for long enough, or it is stopped
//! (`ConsoleConsumer.process`, `ConsumerWrapper.receive`).
//!
//! Simplification: without `--partition` it assigns itself all partitions of its topics instead of joining a group.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{
    ConsoleConsume, ConsumeSource, ConsumedRecord, Level, LogLine, StartOffset, Told, ToolEnd, ToolItem, ToolRequest,
};
use crate::kafka::client::construct;
use crate::kafka::client::consumer::settings::ConsumerSettings;
use crate::kafka::client::consumer::{Consumer, ConsumerRecord};
use crate::kafka::client::metadata::Wanted;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::{ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::kafka::record::TimestampType;
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

const LOGGER: &str = "org.apache.kafka.tools.consumer.ConsoleConsumer";
/// ListOffsets' timestamps for the ends of a log.
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

#[derive(Clone, Debug)]
pub(super) struct ConsoleConsumer {
    pub consumer: Consumer,
    source: ConsumeSource,
    /// None: no limit.
    left: Option<i64>,
    timeout: Option<SimDuration>,
    at_hand: VecDeque<ConsumerRecord>,
    /// When the record that is awaited began to be awaited.
    waiting_since: SimTime,
}

impl ConsoleConsumer {
    pub fn new(
        me: ProcessId,
        request: &ToolRequest,
        asked: &ConsoleConsume,
        bootstrap: Vec<NodeId>,
        rng: Rng,
    ) -> Result<ConsoleConsumer, KafkaException> {
        let mut given = request.config.clone();
        given.insert("bootstrap.servers".to_string(), "localhost:9092".to_string());
        for side in ["key.deserializer", "value.deserializer"] {
            let class = "org.apache.kafka.common.serialization.ByteArrayDeserializer";
            given.insert(side.to_string(), class.to_string());
        }
        let values = construct::consumer(&given, 1, &|_| true, &mut Vec::new())?;
        let settings = ConsumerSettings::from_values(&values, Arc::from(&*request.client_id));
        Ok(ConsoleConsumer {
            consumer: Consumer::new(me, settings, bootstrap, rng),
            source: asked.source.clone(),
            left: asked.max_messages.map(i64::from),
            timeout: asked.timeout_ms.map(SimDuration::from_config_ms),
            at_hand: VecDeque::new(),
            waiting_since: SimTime::default(),
        })
    }

    pub fn start(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        if self.has_enough() {
            return Some(ToolEnd::Succeeded);
        }
        match &self.source {
            ConsumeSource::Partition(tp, start) => {
                let (tp, start) = (tp.clone(), *start);
                self.consumer.assign(std::slice::from_ref(&tp), fx);
                match start {
                    StartOffset::Earliest => self.consumer.seek_to(&tp, EARLIEST, fx),
                    StartOffset::Latest => self.consumer.seek_to(&tp, LATEST, fx),
                    StartOffset::At(offset) => self.consumer.seek(&tp, offset, fx),
                }
            }
            ConsumeSource::Topic(topic) => {
                let topic = Arc::from(&**topic);
                self.consumer.network.metadata.add_topic(&topic);
            }
            ConsumeSource::Include(_) => self.consumer.network.metadata.wanted = Wanted::All,
        }
        self.waiting_since = now;
        self.consumer.begin_poll(now, fx);
        self.pursue(now, told, fx)
    }

    pub fn wake(&self, now: SimTime) -> Option<Wake> {
        let timeout = self.timeout?;
        let at = self.waiting_since + timeout;
        (at > now).then(|| Wake::new(at, WakeReason::ToolTimeout))
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        self.widen_assignment(now, fx);
        if let Some(error) = self.invalid_topics() {
            return Some(stopped_by(now, error, told));
        }
        loop {
            if self.has_enough() {
                return Some(ToolEnd::Succeeded);
            }
            if let Some(record) = self.at_hand.pop_front() {
                told.push(ToolItem::Consumed(consumed(record)));
                self.left = self.left.map(|left| left - 1);
                self.waiting_since = now;
            } else if self.consumer.has_something() {
                match self.consumer.end_poll(now, fx) {
                    Ok(records) => self.at_hand.extend(records),
                    Err(error) => return Some(stopped_by(now, error, told)),
                }
                self.consumer.begin_poll(now, fx);
            } else if self.timeout.is_some_and(|timeout| self.waiting_since + timeout <= now) {
                let error = KafkaException::new(ExceptionClass::TIMEOUT, None);
                return Some(stopped_by(now, error, told));
            } else {
                return None;
            }
        }
    }

    fn has_enough(&self) -> bool {
        self.left.is_some_and(|left| left <= 0)
    }

    /// A topic whose name no cluster can have: poll() throws.
    fn invalid_topics(&self) -> Option<KafkaException> {
        let errors = &self.consumer.network.metadata.errors;
        let invalid = errors.iter().filter(|(_, code)| **code == ErrorCode::InvalidTopicException);
        let names: Vec<&str> = invalid.map(|(topic, _)| &**topic).collect();
        if names.is_empty() {
            return None;
        }
        let message = format!("Invalid topics: [{}]", names.join(", "));
        Some(KafkaException::with(ExceptionClass::INVALID_TOPIC, message))
    }

    fn widen_assignment(&mut self, now: SimTime, fx: &mut Effects) {
        let takes = |topic: &str| match &self.source {
            ConsumeSource::Topic(wanted) => wanted == topic,
            ConsumeSource::Include(pattern) => pattern.takes(topic),
            ConsumeSource::Partition(..) => false,
        };
        let topics = &self.consumer.network.metadata.topics;
        // A pattern does not take Kafka's own topics (`exclude.internal.topics`).
        let is_include = matches!(self.source, ConsumeSource::Include(_));
        let taken = topics.iter().filter(|(name, topic)| takes(name) && !(is_include && topic.internal));
        let partitions = |(name, topic): (&Arc<str>, &crate::kafka::client::metadata::TopicMetadata)| {
            topic.partitions.keys().map(|number| TopicPartition::new(name.clone(), *number)).collect::<Vec<_>>()
        };
        let all: Vec<TopicPartition> = taken.flat_map(partitions).collect();
        if !all.is_empty() && !all.iter().eq(self.consumer.positions.keys()) {
            self.consumer.assign(&all, fx);
            // Inside poll() the new partitions are asked for at once.
            self.consumer.begin_poll(now, fx);
        }
    }
}

/// The tool logs what ended it, and ends well.
fn stopped_by(now: SimTime, error: KafkaException, told: Told) -> ToolEnd {
    let message = "Error processing message, terminating consumer process: ".to_string();
    told.push(ToolItem::Logged(LogLine { at: now, level: Level::Error, message, logger: LOGGER, error: Some(error) }));
    ToolEnd::Succeeded
}

fn consumed(record: ConsumerRecord) -> ConsumedRecord {
    let bytes = |bytes: Option<Arc<[u8]>>| bytes.map(|bytes| bytes.to_vec());
    ConsumedRecord {
        tp: record.tp,
        offset: record.offset,
        timestamp: record.record.timestamp_ms,
        log_append_time: record.timestamp_type == TimestampType::LogAppendTime,
        key: bytes(record.record.key),
        value: bytes(record.record.value),
        headers: record
            .record
            .headers
            .into_iter()
            .map(|header| (header.key.to_string(), bytes(header.value)))
            .collect(),
    }
}
