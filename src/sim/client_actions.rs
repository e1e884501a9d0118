//! What commands do to clients: they make them, end them, and call into them.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::kafka::client::construct;
use crate::kafka::client::consumer::application::{ConsumerApp, ConsumerBehaviour};
use crate::kafka::client::consumer::positions::{EARLIEST, LATEST};
use crate::kafka::client::consumer::settings::ConsumerSettings;
use crate::kafka::client::producer::application::{ProducerApp, SendJob};
use crate::kafka::client::producer::settings::ProducerSettings;
use crate::kafka::client::tool::ToolRequest;
use crate::kafka::client::tool::process::Tool;
use crate::kafka::config::Values;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::KafkaException;
use crate::kafka::event::Event;
use crate::kafka::ids::{ClientIndex, NodeId, ProcessId, TopicPartition};
use crate::rng::Rng;
use crate::time::SimDuration;

use super::actions::{Events, refuse};
use super::command::{ClientCall, ClientSpec, Command, ConfigMap, Reads, Refusal};
use super::slots::{Client, ClientPlan, ClientSlot, ClientState};
use super::world::World;

impl World {
    fn find_client(&self, name: &str) -> Result<ClientIndex, Refusal> {
        match self.client_named(name) {
            Some((index, _)) => Ok(index),
            None => refuse(format!("there is no client {name}")),
        }
    }

    pub(super) fn add_client(
        &mut self,
        name: &Arc<str>,
        spec: &ClientSpec,
        events: &mut Events,
    ) -> Result<(), Refusal> {
        if self.client_named(name).is_some_and(|(_, slot)| slot.is_running()) {
            return refuse(format!("a client {name} runs already"));
        }
        let plan = match spec {
            ClientSpec::Producer { config } => {
                ClientPlan::Producer { config: config.clone(), counters: Default::default() }
            }
            ClientSpec::Consumer { config, behaviour, reads } => ClientPlan::Consumer {
                config: config.clone(),
                behaviour: *behaviour,
                reads: reads.clone(),
                counters: Default::default(),
            },
        };
        let index = ClientIndex(self.clients.len() as u32);
        let client = self.make_client(index, name, &plan, 1)?;
        self.insert_client(index, name, plan, client, 1, events);
        Ok(())
    }

    fn insert_client(
        &mut self,
        index: ClientIndex,
        name: &Arc<str>,
        plan: ClientPlan,
        client: Client,
        life: u32,
        events: &mut Events,
    ) {
        let process = ProcessId::Client(index);
        let reads = match &plan {
            ClientPlan::Consumer { reads, .. } => reads.clone(),
            _ => Reads::Nothing,
        };
        let slot = ClientSlot {
            name: name.clone(),
            plan,
            state: ClientState::Running,
            client,
            life,
            frozen: false,
            inbox: VecDeque::new(),
        };
        let creation = slot.client.creation(process);
        self.clients.insert(index, slot);
        events.push((process, Event::ProcessStarted { process }));
        events.extend(creation.map(|event| (process, event)));
        self.note_wake(process, Some(Wake::new(self.now, WakeReason::Startup)));
        let now = self.now;
        self.within(process, events, |world, fx| {
            let Some(Client::Consumer(app)) = world.client_mut(index) else { return };
            match reads {
                Reads::Nothing => {}
                Reads::Topics(topics) => app.assign_all_of(now, topics, fx),
                Reads::Partitions(partitions) => app.assign(now, &partitions, fx),
            }
        });
        self.note_wake(process, Some(Wake::new(self.now, WakeReason::Startup)));
    }

    fn client_mut(&mut self, index: ClientIndex) -> Option<&mut Client> {
        self.clients.get_mut(&index).map(|slot| &mut slot.client)
    }

    fn bootstrap(&self) -> Vec<NodeId> {
        self.scenario.brokers().collect()
    }

    fn client_rng(&self, index: ClientIndex, life: u32) -> Rng {
        Rng::stream(self.scenario.seed, &format!("client {index} life {life}"))
    }

    /// Builds a program from its plan; a bad config is refused with Kafka's exception.
    fn make_client(
        &self,
        index: ClientIndex,
        name: &Arc<str>,
        plan: &ClientPlan,
        life: u32,
    ) -> Result<Client, Refusal> {
        let me = ProcessId::Client(index);
        let rng = self.client_rng(index, life);
        let bootstrap = self.bootstrap();
        let resolves = |host: &str| bootstrap.iter().any(|id| host == format!("broker-{id}"));
        match plan {
            ClientPlan::Producer { config, counters } => {
                let given = completed(config, name, true);
                let values = construct::producer(&given, 1, &resolves, &mut Vec::new()).map_err(exception_text)?;
                check_security(&values)?;
                let client_id = client_id(config, name);
                let settings = ProducerSettings::from_values(&values, client_id);
                let app = ProducerApp::new(me, name.clone(), settings, bootstrap.clone(), *counters, rng);
                Ok(Client::Producer(Box::new(app)))
            }
            ClientPlan::Consumer { config, behaviour, counters, .. } => {
                let given = completed(config, name, false);
                let values = construct::consumer(&given, 1, &resolves, &mut Vec::new()).map_err(exception_text)?;
                check_security(&values)?;
                let settings = ConsumerSettings::from_values(&values, client_id(config, name));
                let app = ConsumerApp::new(me, name.clone(), settings, *behaviour, bootstrap.clone(), *counters, rng);
                Ok(Client::Consumer(Box::new(app)))
            }
            ClientPlan::Tool => refuse(format!("{name} is a tool: run its line again")),
        }
    }

    pub(super) fn run_tool(&mut self, request: &ToolRequest, events: &mut Events) {
        let index = ClientIndex(self.clients.len() as u32);
        let bootstrap = self.bootstrap();
        let rng = self.client_rng(index, 1);
        let tool = Tool::new(ProcessId::Client(index), request.clone(), bootstrap, rng);
        let name: Arc<str> = Arc::from(request.name.as_str());
        self.insert_client(index, &name, ClientPlan::Tool, Client::Tool(Box::new(tool)), 1, events);
    }

    pub(super) fn set_client(
        &mut self,
        name: &Arc<str>,
        changes: &std::collections::BTreeMap<String, Option<String>>,
        events: &mut Events,
    ) -> Result<(), Refusal> {
        let index = self.find_client(name)?;
        let slot = &self.clients[&index];
        let mut plan = slot.current_plan();
        for (key, value) in changes {
            change_plan(&mut plan, name, key, value.as_deref())?;
        }
        // Made before the old one ends, so that a bad config leaves what runs as it was.
        let (running, life) = (slot.is_running(), slot.life + 1);
        let client = self.make_client(index, name, &plan, life)?;
        let process = ProcessId::Client(index);
        if slot.producer().is_some() {
            events.push((process, Event::ProducerReconfigured { client: process }));
        }
        if running {
            self.end_process(process, events, Event::ProcessStopped { process });
            self.insert_client(index, name, plan, client, life, events);
        } else {
            self.clients.get_mut(&index).expect("it was found above").plan = plan;
        }
        Ok(())
    }

    pub(super) fn start_client(&mut self, name: &Arc<str>, events: &mut Events) -> Result<(), Refusal> {
        let index = self.find_client(name)?;
        let slot = &self.clients[&index];
        if slot.is_running() {
            return refuse(format!("{name} runs already"));
        }
        let (plan, life) = (slot.current_plan(), slot.life + 1);
        let client = self.make_client(index, name, &plan, life)?;
        self.insert_client(index, name, plan, client, life, events);
        Ok(())
    }

    pub(super) fn close_client(&mut self, name: &Arc<str>, events: &mut Events) -> Result<(), Refusal> {
        let index = self.running_client(name)?;
        let now = self.now;
        if self.is_frozen(ProcessId::Client(index)) {
            return refuse(format!("{name} is frozen: it cannot take a signal"));
        }
        self.clients.get_mut(&index).expect("it was found above").state = ClientState::Closing;
        self.within(ProcessId::Client(index), events, |world, fx| match world.client_mut(index) {
            Some(Client::Producer(app)) => app.begin_close(now, fx),
            Some(Client::Consumer(app)) => app.begin_close(fx),
            Some(Client::Tool(tool)) => tool.begin_close(now, fx),
            None => {}
        });
        Ok(())
    }

    pub(super) fn crash_client(&mut self, name: &Arc<str>, events: &mut Events) -> Result<(), Refusal> {
        let index = self.running_client(name)?;
        let slot = self.clients.get_mut(&index).expect("it was found above");
        slot.state = ClientState::Crashed;
        slot.frozen = false;
        let crash = slot.client.crash(ProcessId::Client(index));
        if let Client::Tool(tool) = &mut slot.client {
            tool.crash();
        }
        self.end_process(ProcessId::Client(index), events, crash);
        Ok(())
    }

    fn running_client(&self, name: &str) -> Result<ClientIndex, Refusal> {
        let index = self.find_client(name)?;
        match self.clients[&index].is_running() {
            true => Ok(index),
            false => refuse(format!("{name} does not run")),
        }
    }

    pub(super) fn drive_client(&mut self, command: &Command, events: &mut Events) -> Result<(), Refusal> {
        let (Command::Produce { name, .. } | Command::StopLoad { name } | Command::Call { name, .. }) = command else {
            return Ok(());
        };
        let index = self.running_client(name)?;
        if let Command::Produce { job, .. } = command {
            check_job(job)?;
        }
        let now = self.now;
        let mut result = Ok(());
        self.within(ProcessId::Client(index), events, |world, fx| {
            result = match (command, world.client_mut(index)) {
                (Command::Produce { job, .. }, Some(Client::Producer(app))) => {
                    app.start_job(now, job.clone(), fx);
                    Ok(())
                }
                (Command::StopLoad { .. }, Some(Client::Producer(app))) => match app.stop_load() {
                    true => Ok(()),
                    false => refuse(format!("{name} has no load")),
                },
                (Command::Call { call, .. }, Some(client)) => call_client(client, name, call, now, fx),
                _ => refuse(format!("{name} is not a producer")),
            };
        });
        result
    }
}

/// Records that an application may send in one moment of virtual time.
const MAX_AT_ONCE: u64 = 100_000;

/// Bytes that a value may be padded to.
const MAX_PADDING: u32 = 16 << 20;

/// Bytes of values that an application may send in one moment, and in one second, of virtual time: logs are memory.
const MAX_BYTES: u64 = 64 << 20;

/// What `new ProducerRecord(..)` would throw, and what no machine could bear.
fn check_job(job: &SendJob) -> Result<(), Refusal> {
    let illegal = |text: String| refuse(format!("java.lang.IllegalArgumentException: {text}"));
    if let Some(timestamp) = job.timestamp_ms.filter(|timestamp| *timestamp < 0) {
        let text = format!("Invalid timestamp: {timestamp}. Timestamp should always be non-negative or null.");
        return illegal(text);
    }
    if let Some(partition) = job.partition.filter(|partition| *partition < 0) {
        let text = format!("Invalid partition: {partition}. Partition number should always be non-negative or null.");
        return illegal(text);
    }
    if job.size.is_some_and(|size| size > MAX_PADDING) {
        return refuse(format!("a value has at most {MAX_PADDING} bytes here"));
    }
    if job.count == Some(0) {
        return refuse("a series has at least one record");
    }
    let at_once = job.every == SimDuration::ZERO;
    if at_once && job.count.is_none_or(|count| count > MAX_AT_ONCE) {
        return refuse(format!("at most {MAX_AT_ONCE} records go at once: let time pass between them"));
    }
    let longest = job.values.iter().map(|value| value.len() as u64).max().unwrap_or(0);
    let longest = longest.max(u64::from(job.size.unwrap_or(0)));
    let records = match at_once {
        true => job.count.unwrap_or(1),
        false => (1_000_000 / job.every.as_micros().max(1)).min(job.count.unwrap_or(u64::MAX)),
    };
    match longest.saturating_mul(records.max(1)) > MAX_BYTES {
        true => {
            refuse(format!("at most {MAX_BYTES} bytes of values go at once or in a second: all logs are in memory"))
        }
        false => Ok(()),
    }
}

fn call_client(
    client: &mut Client,
    name: &str,
    call: &ClientCall,
    now: crate::time::SimTime,
    fx: &mut Effects,
) -> Result<(), Refusal> {
    match (client, call) {
        (Client::Producer(app), ClientCall::Flush) => app.flush(now, fx),
        (Client::Producer(_), _) => return refuse(format!("{name} is a producer")),
        (Client::Tool(_), _) => return refuse(format!("{name} is a tool")),
        (Client::Consumer(_), ClientCall::Flush) => return refuse(format!("{name} is not a producer")),
        (Client::Consumer(app), call) => call_consumer(app, name, call, now, fx)?,
    }
    Ok(())
}

fn call_consumer(
    app: &mut ConsumerApp,
    name: &str,
    call: &ClientCall,
    now: crate::time::SimTime,
    fx: &mut Effects,
) -> Result<(), Refusal> {
    let assigned: Vec<TopicPartition> = app.consumer.positions.keys().cloned().collect();
    let check = |tp: &TopicPartition| match assigned.contains(tp) {
        true => Ok(()),
        // `SubscriptionState.assignedState`
        false => refuse(format!("java.lang.IllegalStateException: No current assignment for partition {tp}")),
    };
    let places = |tp: &Option<TopicPartition>| tp.clone().map_or_else(|| assigned.clone(), |tp| vec![tp]);
    match call {
        ClientCall::Poll { timeout } => app.poll_once(now, *timeout, fx),
        ClientCall::Assign(partitions) => {
            if partitions.iter().any(|tp| tp.topic.trim().is_empty()) {
                let text = "Topic partitions to assign to cannot have null or empty topic";
                return refuse(format!("java.lang.IllegalArgumentException: {text}"));
            }
            app.assign(now, partitions, fx);
        }
        ClientCall::Seek { offset, .. } if *offset < 0 => {
            return refuse("java.lang.IllegalArgumentException: seek offset must not be a negative number");
        }
        ClientCall::Seek { tp, offset } => {
            check(tp)?;
            app.consumer.seek(tp, *offset, fx);
        }
        ClientCall::SeekToBeginning { tp } => places(tp).iter().try_for_each(|tp| {
            check(tp)?;
            app.consumer.seek_to(tp, EARLIEST, fx);
            Ok(())
        })?,
        ClientCall::SeekToEnd { tp } => places(tp).iter().try_for_each(|tp| {
            check(tp)?;
            app.consumer.seek_to(tp, LATEST, fx);
            Ok(())
        })?,
        ClientCall::Pause(tp) | ClientCall::Resume(tp) => {
            check(tp)?;
            app.consumer.set_paused(tp, matches!(call, ClientCall::Pause(_)));
        }
        ClientCall::Flush => return refuse(format!("{name} is not a producer")),
    }
    Ok(())
}

/// Only plain text is spoken.
fn check_security(values: &Values) -> Result<(), Refusal> {
    match values.get_str("security.protocol") {
        Some(protocol) if !protocol.eq_ignore_ascii_case("PLAINTEXT") => {
            refuse(format!("not yet: security.protocol={protocol}"))
        }
        _ => Ok(()),
    }
}

/// `client.id`, or the client's name.
fn client_id(config: &ConfigMap, name: &Arc<str>) -> Arc<str> {
    config.get("client.id").map_or_else(|| name.clone(), |id| Arc::from(id.as_str()))
}

/// The config with the keys that every program gives: where the cluster is, and its serializers.
fn completed(config: &ConfigMap, name: &Arc<str>, producer: bool) -> ConfigMap {
    let mut all = config.clone();
    let mut add = |key: &str, value: &str| {
        all.entry(key.to_string()).or_insert_with(|| value.to_string());
    };
    add("bootstrap.servers", "localhost:9092");
    add("client.id", name);
    let (key, value, class) = match producer {
        true => ("key.serializer", "value.serializer", "StringSerializer"),
        false => ("key.deserializer", "value.deserializer", "StringDeserializer"),
    };
    let class = format!("org.apache.kafka.common.serialization.{class}");
    add(key, &class);
    add(value, &class);
    all
}

/// Changes one key of a client that is made anew; the simulator's own keys are no configs.
fn change_plan(plan: &mut ClientPlan, name: &str, key: &str, value: Option<&str>) -> Result<(), Refusal> {
    match plan {
        ClientPlan::Tool => refuse(format!("{name} is a tool: its configuration is its line")),
        ClientPlan::Consumer { behaviour, .. } if ConsumerBehaviour::KEYS.contains(&key) => {
            behaviour.set(key, value).map_err(Refusal)
        }
        ClientPlan::Producer { config, .. } | ClientPlan::Consumer { config, .. } => {
            match value {
                Some(value) => config.insert(key.to_string(), value.to_string()),
                None => config.remove(key),
            };
            Ok(())
        }
    }
}

/// As Java prints it: the exception, then what caused it.
fn exception_text(exception: KafkaException) -> Refusal {
    let mut text = exception.to_string();
    let mut cause = &exception.cause;
    while let Some(found) = cause {
        text.push_str(&format!("\nCaused by: {found}"));
        cause = &found.cause;
    }
    Refusal(text)
}
