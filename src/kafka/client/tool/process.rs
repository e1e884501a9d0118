//! A tool that runs: its request, what it has told so far, and how it ended.

use super::{
    ToolEnd, ToolItem, ToolRequest, ToolWork, configs, consumer, delete_records, election, log_dirs, offsets, producer,
    quorum, reassign, topics,
};
use crate::kafka::client::admin::{Admin, AdminSettings};
use crate::kafka::client::construct;
use crate::kafka::client::consumer::Consumer;
use crate::kafka::client::producer::Producer;
use crate::kafka::client::producer::settings::connection_settings;
use crate::kafka::config::Values;
use crate::kafka::effects::{Effects, Process, Wake, WakeReason};
use crate::kafka::errors::KafkaException;
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, ProcessId};
use crate::kafka::protocol::{Channel, Message};
use crate::rng::Rng;
use crate::time::SimTime;

/// A tool that runs, or that has run.
#[derive(Clone, Debug)]
pub struct Tool {
    pub request: ToolRequest,
    /// What it has told so far.
    pub items: Vec<ToolItem>,
    pub end: Option<ToolEnd>,
    started: bool,
    work: Work,
}

/// The program.
#[derive(Clone, Debug)]
enum Work {
    /// Its configs were refused.
    Refused,
    Topics(Box<topics::Topics>),
    Offsets(Box<offsets::Offsets>),
    DeleteRecords(Box<delete_records::DeleteRecords>),
    Election(Box<election::Election>),
    Reassign(Box<reassign::Reassign>),
    Configs(Box<configs::Configs>),
    LogDirs(Box<log_dirs::LogDirs>),
    Quorum(Box<quorum::Quorum>),
    Producer(Box<producer::ConsoleProducer>),
    Consumer(Box<consumer::ConsoleConsumer>),
}

impl Work {
    fn new(me: ProcessId, request: &ToolRequest, bootstrap: Vec<NodeId>, rng: Rng) -> Result<Work, KafkaException> {
        Ok(match &request.work {
            ToolWork::Topics(action) => {
                let admin = admin(me, request, bootstrap, rng)?;
                Work::Topics(Box::new(topics::Topics::new(admin, action.clone())))
            }
            ToolWork::GetOffsets(asked) => {
                let admin = admin(me, request, bootstrap, rng)?;
                Work::Offsets(Box::new(offsets::Offsets::new(admin, asked.clone())))
            }
            ToolWork::DeleteRecords(asked) => {
                let admin = admin(me, request, bootstrap, rng)?;
                Work::DeleteRecords(Box::new(delete_records::DeleteRecords::new(admin, asked.clone())))
            }
            ToolWork::ElectLeaders(asked) => {
                let admin = admin(me, request, bootstrap, rng)?;
                Work::Election(Box::new(election::Election::new(admin, asked.clone())))
            }
            ToolWork::Reassign(asked) => {
                let admin = admin(me, request, bootstrap, rng)?;
                Work::Reassign(Box::new(reassign::Reassign::new(admin, asked.clone())))
            }
            ToolWork::Configs(asked) => {
                let admin = admin(me, request, bootstrap, rng)?;
                Work::Configs(Box::new(configs::Configs::new(admin, asked.clone())))
            }
            ToolWork::LogDirs(asked) => {
                let admin = admin(me, request, bootstrap, rng)?;
                Work::LogDirs(Box::new(log_dirs::LogDirs::new(admin, asked.clone())))
            }
            ToolWork::DescribeQuorum { with_cluster } => {
                let admin = admin(me, request, bootstrap, rng)?;
                Work::Quorum(Box::new(quorum::Quorum::new(admin, *with_cluster)))
            }
            ToolWork::ConsoleProduce(asked) => {
                Work::Producer(Box::new(producer::ConsoleProducer::new(me, request, asked, bootstrap, rng)?))
            }
            ToolWork::ConsoleConsume(asked) => {
                Work::Consumer(Box::new(consumer::ConsoleConsumer::new(me, request, asked, bootstrap, rng)?))
            }
        })
    }
}

impl Tool {
    /// Makes the tool; it begins when time passes. `bootstrap` are the brokers that it knows if its request does not name
    /// one. With client configs that Kafka refuses it has failed already.
    pub fn new(me: ProcessId, request: ToolRequest, bootstrap: Vec<NodeId>, rng: Rng) -> Tool {
        let bootstrap = if request.bootstrap.is_empty() { bootstrap } else { request.bootstrap.clone() };
        let work = Work::new(me, &request, bootstrap, rng);
        let (work, end) = match work {
            Ok(work) => (work, None),
            Err(error) => (Work::Refused, Some(ToolEnd::Failed(error))),
        };
        Tool { request, items: Vec::new(), end, started: false, work }
    }

    /// The client that the tool runs on; None when its configs were refused.
    pub fn creation(&self, client: ProcessId) -> Option<Event> {
        match &self.work {
            Work::Refused => None,
            Work::Producer(work) => Some(work.producer.creation()),
            Work::Consumer(work) => Some(work.consumer.creation()),
            _ => Some(Event::AdminCreated { client, client_id: self.request.client_id.as_str().into() }),
        }
    }

    fn start(&mut self, now: SimTime, fx: &mut Effects) {
        self.started = true;
        let end = match &mut self.work {
            Work::Refused => None,
            Work::Topics(work) => work.start(now, fx),
            Work::Offsets(work) => work.start(now, fx),
            Work::DeleteRecords(work) => work.start(now, &mut self.items, fx),
            Work::Election(work) => work.start(now, fx),
            Work::Reassign(work) => work.start(now, fx),
            Work::Configs(work) => work.start(now, &mut self.items, fx),
            Work::LogDirs(work) => work.start(now, fx),
            Work::Quorum(work) => work.start(now, fx),
            Work::Producer(work) => work.pursue(now, &mut self.items, fx),
            Work::Consumer(work) => work.start(now, &mut self.items, fx),
        };
        self.note_end(end);
    }

    /// SIGTERM: a producer still sends what it has buffered, the others end at once.
    pub fn begin_close(&mut self, now: SimTime, fx: &mut Effects) {
        let end = match &mut self.work {
            Work::Producer(work) => work.begin_close(now, &mut self.items, fx),
            _ => Some(ToolEnd::Closed),
        };
        self.note_end(end);
    }

    /// SIGKILL, or Esc.
    pub fn crash(&mut self) {
        self.note_end(Some(ToolEnd::Crashed));
    }

    /// The producer that the tool is, if it is one.
    pub fn producer(&self) -> Option<&Producer> {
        match &self.work {
            Work::Producer(work) => Some(&work.producer),
            _ => None,
        }
    }

    /// The consumer that the tool is, if it is one.
    pub fn consumer(&self) -> Option<&Consumer> {
        match &self.work {
            Work::Consumer(work) => Some(&work.consumer),
            _ => None,
        }
    }

    pub fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    fn note_end(&mut self, end: Option<ToolEnd>) {
        self.end = self.end.take().or(end);
    }

    /// Goes on after something came or time passed.
    fn pursue(&mut self, now: SimTime, fx: &mut Effects) {
        if self.end.is_some() {
            return;
        }
        let end = match &mut self.work {
            Work::Refused => None,
            Work::Topics(work) => work.pursue(now, &mut self.items, fx),
            Work::Offsets(work) => work.pursue(now, &mut self.items, fx),
            Work::DeleteRecords(work) => work.pursue(now, &mut self.items, fx),
            Work::Election(work) => work.pursue(&mut self.items),
            Work::Reassign(work) => work.pursue(now, &mut self.items, fx),
            Work::Configs(work) => work.pursue(now, &mut self.items, fx),
            Work::LogDirs(work) => work.pursue(now, &mut self.items, fx),
            Work::Quorum(work) => work.pursue(now, &mut self.items, fx),
            Work::Producer(work) => work.pursue(now, &mut self.items, fx),
            Work::Consumer(work) => work.pursue(now, &mut self.items, fx),
        };
        self.note_end(end);
    }
}

macro_rules! engine {
    ($work:expr, $engine:ident => $call:expr) => {
        match $work {
            Work::Refused => {}
            Work::Topics(work) => {
                let $engine = &mut work.admin;
                $call
            }
            Work::Offsets(work) => {
                let $engine = &mut work.calls.admin;
                $call
            }
            Work::DeleteRecords(work) => {
                let $engine = &mut work.calls.admin;
                $call
            }
            Work::Election(work) => {
                let $engine = &mut work.admin;
                $call
            }
            Work::Quorum(work) => {
                let $engine = &mut work.admin;
                $call
            }
            Work::Reassign(work) => {
                let $engine = &mut work.admin;
                $call
            }
            Work::Configs(work) => {
                let $engine = &mut work.admin;
                $call
            }
            Work::LogDirs(work) => {
                let $engine = &mut work.admin;
                $call
            }
            Work::Producer(work) => {
                let $engine = &mut work.producer;
                $call
            }
            Work::Consumer(work) => {
                let $engine = &mut work.consumer;
                $call
            }
        }
    };
}

impl Process for Tool {
    fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        engine!(&mut self.work, engine => engine.handle_connected(now, peer, channel, fx));
        self.pursue(now, fx);
    }

    fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        engine!(&mut self.work, engine => engine.handle_message(now, source, message, fx));
        self.pursue(now, fx);
    }

    fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        engine!(&mut self.work, engine => engine.handle_disconnect(now, peer, channel, fx));
        self.pursue(now, fx);
    }

    fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        if !self.started {
            return self.start(now, fx);
        }
        engine!(&mut self.work, engine => engine.handle_timeout(now, fx));
        self.pursue(now, fx);
    }

    fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        if self.end.is_some() {
            return None;
        }
        if !self.started {
            return Some(Wake::new(now, WakeReason::Startup));
        }
        match &self.work {
            Work::Refused => None,
            Work::Topics(work) => work.admin.poll_timeout(now),
            Work::Offsets(work) => Wake::earliest([work.calls.admin.poll_timeout(now), work.calls.wake(now)]),
            Work::DeleteRecords(work) => Wake::earliest([work.calls.admin.poll_timeout(now), work.calls.wake(now)]),
            Work::Election(work) => work.admin.poll_timeout(now),
            Work::Reassign(work) => work.admin.poll_timeout(now),
            Work::Configs(work) => Wake::earliest([work.admin.poll_timeout(now), work.wake(now)]),
            Work::LogDirs(work) => work.admin.poll_timeout(now),
            Work::Quorum(work) => work.admin.poll_timeout(now),
            Work::Producer(work) => work.producer.poll_timeout(now),
            Work::Consumer(work) => Wake::earliest([work.consumer.poll_timeout(now), work.wake(now)]),
        }
    }
}

/// The admin client of a tool.
fn admin(me: ProcessId, request: &ToolRequest, bootstrap: Vec<NodeId>, rng: Rng) -> Result<Admin, KafkaException> {
    let mut given = request.config.clone();
    given.insert("bootstrap.servers".to_string(), "localhost:9092".to_string());
    let values = construct::admin(&given, &|_| true, &mut Vec::new())?;
    Ok(Admin::new(me, &request.client_id, bootstrap, admin_settings(&values), rng))
}

fn admin_settings(values: &Values) -> AdminSettings {
    AdminSettings {
        request_timeout_ms: i64::from(values.get_int("request.timeout.ms")),
        default_api_timeout_ms: i64::from(values.get_int("default.api.timeout.ms")),
        retry_backoff_ms: values.get_long("retry.backoff.ms"),
        retry_backoff_max_ms: values.get_long("retry.backoff.max.ms"),
        retries: values.get_int("retries"),
        connection: connection_settings(values),
    }
}
