//! kafka-console-producer at work: one `send()` after the other, then `close()` (`ConsoleProducer.loopReader`).

use std::collections::VecDeque;
use std::sync::Arc;

use super::{ConsoleProduce, ProduceRecord, Told, ToolEnd, ToolItem, ToolRequest};
use crate::kafka::client::construct;
use crate::kafka::client::producer::settings::ProducerSettings;
use crate::kafka::client::producer::{Completion, Producer, ProducerRecord};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::{NodeId, ProcessId, Rid};
use crate::kafka::record::Header;
use crate::rng::Rng;
use crate::time::SimTime;

#[derive(Clone, Debug)]
pub(super) struct ConsoleProducer {
    pub producer: Producer,
    left: VecDeque<ProduceRecord>,
    sync: bool,
    /// `--sync`: the record whose answer is awaited.
    waiting_for: Option<Rid>,
    /// How the tool ends once all is sent.
    end: ToolEnd,
    closing: bool,
}

impl ConsoleProducer {
    pub fn new(
        me: ProcessId,
        request: &ToolRequest,
        asked: &ConsoleProduce,
        bootstrap: Vec<NodeId>,
        rng: Rng,
    ) -> Result<ConsoleProducer, KafkaException> {
        let mut given = request.config.clone();
        given.insert("bootstrap.servers".to_string(), "localhost:9092".to_string());
        let values = construct::producer(&given, 1, &|_| true, &mut Vec::new())?;
        let settings = ProducerSettings::from_values(&values, Arc::from(&*request.client_id));
        Ok(ConsoleProducer {
            producer: Producer::new(me, settings, bootstrap, rng),
            left: asked.records.iter().cloned().collect(),
            sync: asked.sync,
            waiting_for: None,
            end: asked.failure.clone().map_or(ToolEnd::Succeeded, ToolEnd::Failed),
            closing: false,
        })
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        self.collect(now, told);
        while !self.closing && self.waiting_for.is_none() && !self.producer.is_blocked() {
            let Some(record) = self.left.pop_front() else { break };
            let rid = self.producer.send(now, record_of(record), fx);
            if self.sync {
                self.waiting_for = Some(rid);
            }
            self.collect(now, told);
        }
        let through = self.left.is_empty() && self.waiting_for.is_none() && !self.producer.is_blocked();
        if through && !self.closing {
            self.closing = true;
            self.producer.begin_close(now, fx);
            self.collect(now, told);
        }
        (self.closing && self.producer.is_idle()).then(|| self.end.clone())
    }

    /// SIGTERM: the shutdown hook closes the producer.
    pub fn begin_close(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        self.left.clear();
        self.waiting_for = None;
        self.end = ToolEnd::Closed;
        self.closing = true;
        self.producer.begin_close(now, fx);
        self.pursue(now, told, fx)
    }

    fn collect(&mut self, now: SimTime, told: Told) {
        for completion in self.producer.take_completions() {
            let awaited = self.waiting_for == Some(completion.rid);
            if awaited {
                self.waiting_for = None;
            }
            if let Err(error) = &completion.result {
                if completion.thrown || awaited {
                    self.fail(error.clone(), completion.thrown);
                } else {
                    told.push(send_failed(now, &completion, error));
                }
            }
        }
    }

    /// An exception out of send() or of its future's get() ends the tool; what is buffered still goes out.
    fn fail(&mut self, error: KafkaException, thrown: bool) {
        let execution = ExceptionClass::named("java.util.concurrent.ExecutionException");
        let error = if thrown { error } else { KafkaException::from_cause(execution, error) };
        self.left.clear();
        self.end = ToolEnd::Failed(error);
    }
}

fn send_failed(now: SimTime, completion: &Completion, error: &KafkaException) -> ToolItem {
    let size = |bytes: i32| (bytes >= 0).then_some(bytes);
    ToolItem::SendFailed {
        at: now,
        topic: completion.topic.to_string(),
        key_size: size(completion.key_size),
        value_size: size(completion.value_size),
        error: error.clone(),
    }
}

fn record_of(record: ProduceRecord) -> ProducerRecord {
    ProducerRecord {
        object: None,
        topic: Arc::from(record.topic),
        partition: None,
        timestamp_ms: None,
        key: record.key.map(Arc::from),
        value: record.value.map(Arc::from),
        headers: record
            .headers
            .into_iter()
            .map(|(key, value)| Header { key: Arc::from(key), value: value.map(Arc::from) })
            .collect(),
    }
}
