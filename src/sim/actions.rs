//! What commands do to the world. A refused command changes nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::kafka::client::consumer::application::{ConsumerApp, ConsumerBehaviour};
use crate::kafka::client::consumer::positions::{EARLIEST, LATEST};
use crate::kafka::client::consumer::settings::ConsumerSettings;
use crate::kafka::client::producer::application::ProducerApp;
use crate::kafka::client::producer::settings::ProducerSettings;
use crate::kafka::client::tool::ToolRequest;
use crate::kafka::client::tool::process::Tool;
use crate::kafka::config;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::KafkaException;
use crate::kafka::event::Event;
use crate::kafka::ids::{ClientIndex, NodeId, ProcessId, TopicPartition};
use crate::rng::Rng;

use super::command::{ClientCall, ClientSpec, Command, ConfigMap, Reads, Refusal};
use super::slots::{Client, ClientPlan, ClientSlot, ClientState, NodeState};
use super::world::World;

type Events = Vec<(ProcessId, Event)>;

fn refuse<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(text.into()))
}

impl World {
    /// Acts now, before the next event.
    ///
    /// # Errors
    /// What makes the command impossible, in a sentence; then nothing has changed, except by the first ones of several
    /// commands: who gives them works on a copy.
    pub fn apply(&mut self, command: &Command) -> Result<Events, Refusal> {
        let mut events = Vec::new();
        match command {
            Command::AddClient { name, spec } => self.add_client(name, spec, &mut events)?,
            Command::SetClient { name, changes } => self.set_client(name, changes, &mut events)?,
            Command::StartClient { name } => self.start_client(name, &mut events)?,
            Command::CloseClient { name } => self.close_client(name, &mut events)?,
            Command::CrashClient { name } | Command::Interrupt { name } => self.crash_client(name, &mut events)?,
            Command::Produce { .. } | Command::StopLoad { .. } | Command::Call { .. } => {
                self.drive_client(command, &mut events)?;
            }
            Command::RunTool { request } => self.run_tool(request, &mut events),
            Command::Kill { node } => self.kill(*node, &mut events)?,
            Command::Stop { node } => self.stop(*node, &mut events)?,
            Command::Start { node } => self.boot_node(*node, &mut events)?,
            Command::Freeze { process } => self.freeze(*process, &mut events)?,
            Command::Thaw { process } => self.thaw(*process, &mut events)?,
            Command::Cut { a, b } => {
                self.network.cut(*a, *b);
                events.push((*a, Event::LinkCut { a: *a, b: *b }));
            }
            Command::Heal { a, b } => {
                if !self.network.heal(self.now, *a, *b) {
                    return refuse(format!("nothing is cut between {} and {}", self.name_of(*a), self.name_of(*b)));
                }
                events.push((*a, Event::LinkHealed { a: *a, b: *b }));
            }
            Command::HealAll => {
                for (a, b) in self.network.cuts().collect::<Vec<_>>() {
                    self.network.heal(self.now, a, b);
                    events.push((a, Event::LinkHealed { a, b }));
                }
            }
            Command::Slow { process, extra } => self.network.set_slow(*process, *extra),
            Command::All(commands) => {
                for command in commands {
                    events.extend(self.apply(command)?);
                }
            }
            Command::WriteFile { path, bytes } => {
                self.files.insert(path.clone(), bytes.clone());
            }
        }
        Ok(events)
    }

    /// Calls into a process outside of an event, then carries out what it wants.
    fn within(&mut self, process: ProcessId, events: &mut Events, act: impl FnOnce(&mut World, &mut Effects)) {
        let mut fx = Effects::default();
        act(self, &mut fx);
        let now = self.now;
        let wake = match process {
            ProcessId::Node(id) => {
                let node = self.nodes.get(&id).and_then(|slot| slot.node());
                node.and_then(|node| crate::kafka::effects::Process::poll_timeout(node, now))
            }
            ProcessId::Client(index) => {
                let slot = self.clients.get(&index).filter(|slot| slot.is_running());
                slot.and_then(|slot| slot.client.process().poll_timeout(now))
            }
        };
        self.note_wake(process, wake);
        self.carry_out(process, fx, events);
        self.notice_exit(process, events);
    }

    fn find_client(&self, name: &str) -> Result<ClientIndex, Refusal> {
        match self.client_named(name) {
            Some((index, _)) => Ok(index),
            None => refuse(format!("there is no client {name}")),
        }
    }

    fn add_client(&mut self, name: &Arc<str>, spec: &ClientSpec, events: &mut Events) -> Result<(), Refusal> {
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
        match plan {
            ClientPlan::Producer { config, counters } => {
                let values = config::producer::construct(&completed(config, name, true)).map_err(exception_text)?;
                let client_id = client_id(config, name);
                let settings = ProducerSettings::from_values(&values, client_id);
                let app = ProducerApp::new(me, name.clone(), settings, bootstrap, *counters, rng);
                Ok(Client::Producer(Box::new(app)))
            }
            ClientPlan::Consumer { config, behaviour, counters, .. } => {
                let values = config::consumer::construct(&completed(config, name, false)).map_err(exception_text)?;
                let settings = ConsumerSettings::from_values(&values, client_id(config, name));
                let app = ConsumerApp::new(me, name.clone(), settings, *behaviour, bootstrap, *counters, rng);
                Ok(Client::Consumer(Box::new(app)))
            }
            ClientPlan::Tool => refuse(format!("{name} is a tool: run its line again")),
        }
    }

    fn run_tool(&mut self, request: &ToolRequest, events: &mut Events) {
        let index = ClientIndex(self.clients.len() as u32);
        let bootstrap = request.bootstrap.map_or_else(|| self.bootstrap(), |node| vec![node]);
        let rng = self.client_rng(index, 1);
        let tool = Tool::new(ProcessId::Client(index), request.clone(), bootstrap, rng);
        let name: Arc<str> = Arc::from(request.name.as_str());
        self.insert_client(index, &name, ClientPlan::Tool, Client::Tool(Box::new(tool)), 1, events);
    }

    fn set_client(
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
        if running {
            let process = ProcessId::Client(index);
            self.end_process(process, events, Event::ProcessStopped { process });
            self.insert_client(index, name, plan, client, life, events);
        } else {
            self.clients.get_mut(&index).expect("it was found above").plan = plan;
        }
        Ok(())
    }

    fn start_client(&mut self, name: &Arc<str>, events: &mut Events) -> Result<(), Refusal> {
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

    fn close_client(&mut self, name: &Arc<str>, events: &mut Events) -> Result<(), Refusal> {
        let index = self.running_client(name)?;
        let now = self.now;
        self.clients.get_mut(&index).expect("it was found above").state = ClientState::Closing;
        self.within(ProcessId::Client(index), events, |world, fx| match world.client_mut(index) {
            Some(Client::Producer(app)) => app.begin_close(now, fx),
            Some(Client::Consumer(app)) => app.begin_close(fx),
            Some(Client::Tool(tool)) => tool.begin_close(now, fx),
            None => {}
        });
        Ok(())
    }

    fn crash_client(&mut self, name: &Arc<str>, events: &mut Events) -> Result<(), Refusal> {
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

    fn drive_client(&mut self, command: &Command, events: &mut Events) -> Result<(), Refusal> {
        let (Command::Produce { name, .. } | Command::StopLoad { name } | Command::Call { name, .. }) = command else {
            return Ok(());
        };
        let index = self.running_client(name)?;
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

    fn running_node(&self, node: NodeId) -> Result<(), Refusal> {
        match self.nodes.get(&node) {
            None => refuse(format!("there is no node {node}")),
            Some(slot) if slot.node().is_none() => refuse(format!("node {node} does not run")),
            Some(_) => Ok(()),
        }
    }

    fn kill(&mut self, node: NodeId, events: &mut Events) -> Result<(), Refusal> {
        self.running_node(node)?;
        let slot = self.nodes.get_mut(&node).expect("it was found above");
        slot.frozen = false;
        let disk = slot.node().expect("it runs").clone().into_disk();
        slot.state = NodeState::Crashed(disk);
        let crash = slot.ending(false);
        self.end_process(ProcessId::Node(node), events, crash);
        Ok(())
    }

    fn stop(&mut self, node: NodeId, events: &mut Events) -> Result<(), Refusal> {
        self.running_node(node)?;
        let slot = self.nodes.get_mut(&node).expect("it was found above");
        if slot.frozen {
            return refuse(format!("node {node} is frozen: it cannot take a signal"));
        }
        if let NodeState::Up(running) = &slot.state {
            slot.state = NodeState::Stopping(running.clone());
        }
        let now = self.now;
        self.within(ProcessId::Node(node), events, |world, fx| {
            let running = world.nodes.get_mut(&node).and_then(|slot| slot.node_mut());
            running.expect("it runs").begin_shutdown(now, fx);
        });
        Ok(())
    }

    fn boot_node(&mut self, node: NodeId, events: &mut Events) -> Result<(), Refusal> {
        match self.nodes.get(&node) {
            None => return refuse(format!("there is no node {node}")),
            Some(slot) if slot.node().is_some() => return refuse(format!("node {node} runs already")),
            Some(_) => {}
        }
        self.start_node(node);
        let process = ProcessId::Node(node);
        events.push((process, Event::ProcessStarted { process }));
        Ok(())
    }

    fn freeze(&mut self, process: ProcessId, events: &mut Events) -> Result<(), Refusal> {
        if !self.is_alive(process) {
            return refuse(format!("{} does not run", self.name_of(process)));
        }
        match self.set_frozen(process, true) {
            true => refuse(format!("{} is frozen already", self.name_of(process))),
            false => {
                events.push((process, Event::ProcessFrozen { process }));
                Ok(())
            }
        }
    }

    /// The process goes on where it was: first it reads what has arrived meanwhile, in order.
    fn thaw(&mut self, process: ProcessId, events: &mut Events) -> Result<(), Refusal> {
        if !self.set_frozen(process, false) {
            return refuse(format!("{} is not frozen", self.name_of(process)));
        }
        events.push((process, Event::ProcessThawed { process }));
        let waiting = std::mem::take(self.inbox(process));
        for envelope in waiting {
            self.hand_over(envelope, true, events);
        }
        Ok(())
    }

    /// Sets the flag and says what it was.
    fn set_frozen(&mut self, process: ProcessId, frozen: bool) -> bool {
        let flag = match process {
            ProcessId::Node(id) => &mut self.nodes.get_mut(&id).expect("it was found before").frozen,
            ProcessId::Client(index) => &mut self.clients.get_mut(&index).expect("it was found before").frozen,
        };
        std::mem::replace(flag, frozen)
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
        ClientCall::Assign(partitions) => app.assign(now, partitions, fx),
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
    add("bootstrap.servers", "broker-1:9092");
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

fn exception_text(exception: KafkaException) -> Refusal {
    Refusal(exception.to_string())
}
