//! An application that produces: what `sim produce` and `sim load` start. It calls `send()` on its own thread and
//! waits for the future, if its mode says so.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::kafka::effects::{Effects, Process, Wake, WakeReason};
use crate::kafka::errors::KafkaException;
use crate::kafka::ids::{NodeId, ProcessId, Rid};
use crate::kafka::protocol::{Channel, Message};
use crate::kafka::record::Header;
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

use super::settings::ProducerSettings;
use super::workload::{KeyProfile, ProfileState};
use super::{Completion, Producer, ProducerRecord};

/// What the application does about the future of a send.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum SendMode {
    Forget,
    /// `send().get()`: the next record only after this one's end.
    Sync,
    Callback,
}

/// A series of sends.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct SendJob {
    pub topic: Arc<str>,
    /// Cycled through; None is the null key.
    pub keys: Vec<Option<Arc<str>>>,
    /// Cycled through; an empty list means the default value `NAME-n`.
    pub values: Vec<Arc<str>>,
    pub null_value: bool,
    /// The value is an `Order`, given as JSON: no serializer that there is can take it.
    #[serde(default)]
    pub object: Option<Arc<str>>,
    pub headers: Vec<Header>,
    pub partition: Option<i32>,
    pub timestamp_ms: Option<i64>,
    /// Bytes that a value is padded to.
    pub size: Option<u32>,
    /// None: until it is stopped.
    pub count: Option<u64>,
    pub every: SimDuration,
    pub until: Option<SimTime>,
    pub mode: SendMode,
    /// Draws keys (and values) instead of `keys`.
    pub profile: Option<KeyProfile>,
    /// True for `sim load`, which `sim load stop` ends.
    pub is_load: bool,
}

#[derive(Clone, Debug)]
struct RunningJob {
    job: SendJob,
    done: u64,
    next_at: SimTime,
    profile: ProfileState,
}

/// Counts over the whole life of the application's name, restarts included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ProducerCounters {
    pub sent: u64,
    /// Acknowledged by a broker.
    pub acked: u64,
    /// Reported as successful, acks=0 included.
    pub succeeded: u64,
    pub failed: u64,
}

#[derive(Clone, Debug)]
pub struct ProducerApp {
    pub name: Arc<str>,
    pub producer: Producer,
    pub counters: ProducerCounters,
    jobs: VecDeque<RunningJob>,
    waiting_for: Option<Rid>,
    /// The topic of the latest send.
    pub topic: Option<Arc<str>>,
    /// Exceptions of sends that have ended, the newest last, for `--wait`.
    pub failures: Vec<(Rid, KafkaException)>,
    closing: bool,
    rng: Rng,
}

impl ProducerApp {
    pub fn new(
        me: ProcessId,
        name: Arc<str>,
        settings: ProducerSettings,
        bootstrap: Vec<NodeId>,
        counters: ProducerCounters,
        mut rng: Rng,
    ) -> ProducerApp {
        let producer_rng = Rng::new(rng.next_u64());
        ProducerApp {
            name,
            // Identities go on where the application's earlier life ended.
            producer: Producer::new(me, settings, bootstrap, producer_rng).with_first_record(counters.sent),
            counters,
            jobs: VecDeque::new(),
            waiting_for: None,
            topic: None,
            failures: Vec::new(),
            closing: false,
            rng,
        }
    }

    /// Begins a series of sends; its first record goes at once.
    pub fn start_job(&mut self, now: SimTime, job: SendJob, fx: &mut Effects) {
        self.topic = Some(job.topic.clone());
        self.jobs.push_back(RunningJob { job, done: 0, next_at: now, profile: ProfileState::default() });
        self.work(now, fx);
    }

    /// Ends the loads; other series go on.
    pub fn stop_load(&mut self) -> bool {
        let before = self.jobs.len();
        self.jobs.retain(|running| !running.job.is_load);
        self.jobs.len() < before
    }

    pub fn is_loading(&self) -> bool {
        self.jobs.iter().any(|running| running.job.is_load)
    }

    pub fn flush(&mut self, now: SimTime, fx: &mut Effects) {
        self.producer.flush(now, fx);
        self.work(now, fx);
    }

    /// `close()`: no more sends; what is buffered still goes out.
    pub fn begin_close(&mut self, now: SimTime, fx: &mut Effects) {
        self.jobs.clear();
        self.closing = true;
        self.producer.begin_close(now, fx);
        self.collect();
    }

    pub fn is_closed(&self) -> bool {
        self.closing && self.producer.is_idle()
    }

    /// True when nothing is left to send or to wait for.
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.producer.is_idle()
    }

    /// The thread is inside get() or send(): the next record has to wait.
    fn is_thread_busy(&self) -> bool {
        self.waiting_for.is_some() || self.producer.is_blocked()
    }

    /// Sends what is due, as long as the thread is free.
    fn work(&mut self, now: SimTime, fx: &mut Effects) {
        self.collect();
        while let Some(place) = self.next_due(now) {
            if self.is_thread_busy() {
                return;
            }
            let record = self.next_record(place);
            let running = &mut self.jobs[place];
            running.done += 1;
            running.next_at += running.job.every;
            let mode = running.job.mode;
            if running.job.count == Some(running.done) {
                self.jobs.remove(place);
            }
            self.counters.sent += 1;
            let rid = self.producer.send(now, record, fx);
            if mode == SendMode::Sync {
                self.waiting_for = Some(rid);
            }
            self.collect();
        }
    }

    /// The first job whose next record is due; jobs whose time is over end here.
    fn next_due(&mut self, now: SimTime) -> Option<usize> {
        self.jobs.retain(|running| running.job.until.is_none_or(|until| running.next_at <= until));
        self.jobs.iter().position(|running| running.next_at <= now)
    }

    fn next_record(&mut self, place: usize) -> ProducerRecord {
        let count = self.counters.sent;
        let running = &mut self.jobs[place];
        let job = &running.job;
        let turn = running.done as usize;
        let (key, drawn_value) = match job.profile {
            Some(profile) => running.profile.next(profile, &mut self.rng),
            None if job.keys.is_empty() => (None, None),
            None => (job.keys[turn % job.keys.len()].clone(), None),
        };
        let value = match drawn_value {
            Some(value) => value.to_string(),
            None if job.values.is_empty() => format!("{}-{count}", self.name),
            None => job.values[turn % job.values.len()].to_string(),
        };
        let value = (!job.null_value && job.object.is_none()).then(|| padded(value, job.size));
        ProducerRecord {
            topic: job.topic.clone(),
            partition: job.partition,
            timestamp_ms: job.timestamp_ms,
            key: key.map(|key| Arc::from(key.as_bytes())),
            value: value.map(|value| Arc::from(value.into_bytes())),
            headers: job.headers.clone(),
            object: job.object.as_ref().map(|_| "Order"),
        }
    }

    /// Takes note of the sends that have ended.
    fn collect(&mut self) {
        for completion in self.producer.take_completions() {
            if self.waiting_for == Some(completion.rid) {
                self.waiting_for = None;
            }
            self.count(&completion);
        }
    }

    fn count(&mut self, completion: &Completion) {
        match &completion.result {
            Ok(offset) => {
                self.counters.succeeded += 1;
                self.counters.acked += u64::from(*offset >= 0);
            }
            Err(exception) => {
                self.counters.failed += 1;
                self.failures.push((completion.rid, exception.clone()));
            }
        }
    }
}

/// Fills a value up to the wanted size.
fn padded(mut value: String, size: Option<u32>) -> String {
    let missing = (size.unwrap_or(0) as usize).saturating_sub(value.len());
    value.extend(std::iter::repeat_n('.', missing));
    value
}

impl Process for ProducerApp {
    fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        self.producer.handle_connected(now, peer, channel, fx);
        self.work(now, fx);
    }

    fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        self.producer.handle_message(now, source, message, fx);
        self.work(now, fx);
    }

    fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        self.producer.handle_disconnect(now, peer, channel, fx);
        self.work(now, fx);
    }

    fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        self.producer.handle_timeout(now, fx);
        self.work(now, fx);
    }

    fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        let next = self.jobs.iter().map(|running| running.next_at).min();
        let next = next.filter(|_| !self.is_thread_busy()).map(|at| Wake::new(at, WakeReason::Load));
        Wake::earliest([self.producer.poll_timeout(now), next])
    }
}
