//! An application that consumes: a thread that polls, logs what it got, works on it, and polls again.
//!
//! Simplification: it logs all records of a poll when poll() returns, as text whatever its deserializers are.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::kafka::effects::{Effects, Process, Wake, WakeReason};
use crate::kafka::errors::KafkaException;
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::kafka::protocol::{Channel, Message};
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

use super::settings::ConsumerSettings;
use super::{Consumer, ConsumerRecord};

/// How long `poll()` of a looping application waits (`poll(100 ms)`).
const POLL_TIMEOUT: SimDuration = SimDuration::from_millis(100);
/// How long an application pauses after an exception from poll().
const AFTER_EXCEPTION: SimDuration = SimDuration::from_secs(1);
/// How long `close()` waits at most (`ConsumerUtils.DEFAULT_CLOSE_TIMEOUT_MS`).
const CLOSE_TIMEOUT_MS: i64 = 30_000;
/// Newest records kept for the page.
const SHOWN_RECORDS: usize = 64;

/// What the application does, by the simulator's own keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct ConsumerBehaviour {
    /// `process.ms`: time for one record.
    pub process_ms: i64,
    /// `poll=manual`: only when told to.
    pub manual: bool,
}

impl ConsumerBehaviour {
    pub const KEYS: [&'static str; 2] = ["process.ms", "poll"];

    /// Sets one of [`Self::KEYS`]; without a value it becomes the default again.
    ///
    /// # Errors
    /// What the key takes.
    pub fn set(&mut self, key: &str, value: Option<&str>) -> Result<(), String> {
        let default = ConsumerBehaviour::default();
        match (key, value) {
            ("poll", None) => self.manual = default.manual,
            ("poll", Some("loop")) => self.manual = false,
            ("poll", Some("manual")) => self.manual = true,
            ("poll", Some(other)) => return Err(format!("poll is loop or manual, not '{other}'")),
            (_, None) => self.process_ms = default.process_ms,
            (_, Some(text)) => {
                let good = text.parse().ok().filter(|ms| *ms >= 0);
                self.process_ms = good.ok_or_else(|| format!("process.ms needs milliseconds, not '{text}'"))?;
            }
        }
        Ok(())
    }
}

/// Counts over the whole life of the application's name, restarts included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ConsumerCounters {
    pub delivered: u64,
    pub processed: u64,
}

#[derive(Clone, PartialEq, Debug)]
enum Thread {
    Idle,
    /// Inside poll() until something comes, at the latest at this moment.
    Polling {
        until: SimTime,
    },
    /// Working on the front record until then.
    Processing {
        until: SimTime,
    },
    /// After an exception.
    Pausing {
        until: SimTime,
    },
}

#[derive(Clone, Debug)]
pub struct ConsumerApp {
    pub name: Arc<str>,
    pub consumer: Consumer,
    pub behaviour: ConsumerBehaviour,
    pub counters: ConsumerCounters,
    /// Topics whose partitions it assigns itself as it learns of them; empty when partitions were named.
    pub all_of: Vec<Arc<str>>,
    thread: Thread,
    at_hand: VecDeque<ConsumerRecord>,
    /// The newest records that it processed.
    pub seen: VecDeque<ConsumerRecord>,
    pub last_exception: Option<KafkaException>,
    closed: bool,
}

impl ConsumerApp {
    pub fn new(
        me: ProcessId,
        name: Arc<str>,
        settings: ConsumerSettings,
        behaviour: ConsumerBehaviour,
        bootstrap: Vec<NodeId>,
        counters: ConsumerCounters,
        rng: Rng,
    ) -> ConsumerApp {
        let mut consumer = Consumer::new(me, settings, bootstrap, rng);
        consumer.logs_records = true;
        ConsumerApp {
            name,
            consumer,
            behaviour,
            counters,
            all_of: Vec::new(),
            thread: Thread::Idle,
            at_hand: VecDeque::new(),
            seen: VecDeque::new(),
            last_exception: None,
            closed: false,
        }
    }

    pub fn assign(&mut self, now: SimTime, partitions: &[TopicPartition], fx: &mut Effects) {
        self.all_of.clear();
        self.consumer.assign(partitions, fx);
        self.work(now, fx);
    }

    /// Takes all partitions of some topics, now and when they grow.
    pub fn assign_all_of(&mut self, now: SimTime, topics: Vec<Arc<str>>, fx: &mut Effects) {
        for topic in &topics {
            self.consumer.network.metadata.add_topic(topic);
        }
        self.all_of = topics;
        self.work(now, fx);
    }

    /// One `poll(timeout)` by hand.
    pub fn poll_once(&mut self, now: SimTime, timeout: SimDuration, fx: &mut Effects) {
        self.thread = Thread::Polling { until: now + timeout };
        self.consumer.begin_poll(now, fx);
        self.work(now, fx);
    }

    fn widen_assignment(&mut self, fx: &mut Effects) {
        let metadata = &self.consumer.network.metadata;
        let of_topic = |topic: &Arc<str>| {
            let known = metadata.topics.get(topic)?;
            Some(known.partitions.keys().map(|number| TopicPartition::new(topic.clone(), *number)).collect::<Vec<_>>())
        };
        let all: Vec<TopicPartition> = self.all_of.iter().filter_map(of_topic).flatten().collect();
        if !all.is_empty() && !all.iter().eq(self.consumer.positions.keys()) {
            self.consumer.assign(&all, fx);
        }
    }

    /// Goes on with the thread as far as it can now.
    fn work(&mut self, now: SimTime, fx: &mut Effects) {
        if !self.all_of.is_empty() {
            self.widen_assignment(fx);
        }
        while self.advance(now, fx) {}
    }

    /// One step of the thread; true if another may follow.
    fn advance(&mut self, now: SimTime, fx: &mut Effects) -> bool {
        match self.thread {
            Thread::Idle if self.behaviour.manual || self.consumer.positions.is_empty() => false,
            Thread::Idle => {
                self.thread = Thread::Polling { until: now + POLL_TIMEOUT };
                self.consumer.begin_poll(now, fx);
                true
            }
            Thread::Polling { until } if self.consumer.has_something() || until <= now => self.leave_poll(now, fx),
            Thread::Processing { until } if until <= now => self.finish_record(now, fx),
            Thread::Pausing { until } if until <= now => {
                self.thread = Thread::Idle;
                true
            }
            Thread::Polling { .. } | Thread::Processing { .. } | Thread::Pausing { .. } => false,
        }
    }

    fn leave_poll(&mut self, now: SimTime, fx: &mut Effects) -> bool {
        match self.consumer.end_poll(now, fx) {
            Ok(records) => {
                self.counters.delivered += records.len() as u64;
                self.at_hand.extend(records);
                self.begin_record(now);
                // An empty poll that ended just now would begin again at the same instant for ever otherwise.
                self.thread != Thread::Idle || !self.behaviour.manual
            }
            Err(exception) => {
                fx.event(Event::ExceptionThrown {
                    client: self.consumer.network.process(),
                    exception: Arc::from(exception.class.simple_name()),
                    message: Arc::from(exception.message.clone().unwrap_or_default()),
                });
                self.last_exception = Some(exception);
                self.thread = Thread::Pausing { until: now + AFTER_EXCEPTION };
                false
            }
        }
    }

    fn begin_record(&mut self, now: SimTime) {
        self.thread = match self.at_hand.is_empty() {
            true => Thread::Idle,
            false => Thread::Processing { until: now + SimDuration::from_config_ms(self.behaviour.process_ms) },
        };
    }

    fn finish_record(&mut self, now: SimTime, fx: &mut Effects) -> bool {
        let record = self.at_hand.pop_front().expect("the thread works on a record");
        let client = self.consumer.network.process();
        fx.event(Event::Processed { client, tp: record.tp.clone(), offset: record.offset, rid: record.rid });
        self.counters.processed += 1;
        self.seen.push_back(record);
        if self.seen.len() > SHOWN_RECORDS {
            self.seen.pop_front();
        }
        self.begin_record(now);
        true
    }

    /// `close()`: a consumer without a group has nobody to tell.
    pub fn begin_close(&mut self, fx: &mut Effects) {
        fx.event(Event::CloseCalled { client: self.consumer.network.process(), timeout_ms: CLOSE_TIMEOUT_MS });
        self.closed = true;
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Records that poll() returned and the application has not finished.
    pub fn at_hand(&self) -> impl Iterator<Item = &ConsumerRecord> {
        self.at_hand.iter()
    }
}

impl Process for ConsumerApp {
    fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        self.consumer.handle_connected(now, peer, channel, fx);
        self.work(now, fx);
    }

    fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        self.consumer.handle_message(now, source, message, fx);
        self.work(now, fx);
    }

    fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        self.consumer.handle_disconnect(now, peer, channel, fx);
        self.work(now, fx);
    }

    fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        self.consumer.handle_timeout(now, fx);
        self.work(now, fx);
    }

    fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        let thread = match self.thread {
            Thread::Idle => None,
            Thread::Polling { until } => Some(Wake::new(until, WakeReason::Poll)),
            Thread::Processing { until } => Some(Wake::new(until, WakeReason::Processing)),
            Thread::Pausing { until } => Some(Wake::new(until, WakeReason::Poll)),
        };
        Wake::earliest([self.consumer.poll_timeout(now), thread])
    }
}
