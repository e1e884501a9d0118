//! The world: all processes, the network between them, and the clock.
//!
//! Order is total: (time, class, id). Commands come first (they act before the next event), then deliveries by message
//! id, then timeouts by process id; so a reply that lands exactly on a deadline is in time. This file is the only place
//! where that order is written.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::kafka::broker::disk::Disk;
use crate::kafka::broker::{Broker, BrokerSettings};
use crate::kafka::controller::metadata_log::MetadataLog;
use crate::kafka::controller::raft::{QuorumDisk, RaftClient, RaftSettings};
use crate::kafka::controller::{Controller, ControllerSettings};
use crate::kafka::effects::{Action, Effects, Wake, WakeReason};
use crate::kafka::event::Event;
use crate::kafka::ids::{ClientIndex, NodeId, ProcessId, Uuid};
use crate::kafka::protocol::Channel;
use crate::kafka::record::Voter;
use crate::rng::Rng;
use crate::sim::node::{Node, NodeDisk};
use crate::time::{SimDuration, SimTime};

use super::network::{ConnectionKey, Envelope, Network, Parcel};
use super::node_properties::{BROKER_PORT, node_properties};
use super::scenario::{NodeSpec, Scenario};
use super::slots::{ClientSlot, ClientState, NodeSlot, NodeState, Stimulus, stimulate};

/// Why an event happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Cause {
    Delivery(Box<Envelope>),
    Timeout { process: ProcessId, reason: WakeReason },
}

/// One event of the simulation and the facts that it brought.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    pub at: SimTime,
    /// Its number in the run; the boot is before step 1.
    pub number: u64,
    pub cause: Cause,
    pub events: Vec<(ProcessId, Event)>,
}

#[derive(Clone, Debug)]
pub struct World {
    pub scenario: Arc<Scenario>,
    pub now: SimTime,
    /// Events since time 0.
    pub step: u64,
    pub cluster_id: Uuid,
    /// The voters of the controller quorum, as they were formatted.
    pub voters: Arc<[Voter]>,
    pub nodes: BTreeMap<NodeId, NodeSlot>,
    pub clients: BTreeMap<ClientIndex, ClientSlot>,
    pub network: Network,
    /// Virtual files that lines have written.
    pub files: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// When each process wants to be woken.
    pub(super) wakes: BTreeMap<ProcessId, Wake>,
}

/// The boot begins so long before time 0; every node must be in service by then.
const BOOT_TIME: SimDuration = SimDuration::from_secs(5);

impl World {
    /// Boots a cluster: at the moment returned, time 0, all brokers are in service. Also returns what happened during
    /// the boot.
    pub fn boot(scenario: Scenario) -> (World, Vec<(SimTime, ProcessId, Event)>) {
        let mut rng = Rng::stream(scenario.seed, "cluster");
        let start = scenario.start;
        let now = start - BOOT_TIME;
        let mut world = World {
            now,
            step: 0,
            cluster_id: Uuid(rng.uuid()),
            voters: Arc::default(),
            nodes: BTreeMap::new(),
            clients: BTreeMap::new(),
            network: Network::new(scenario.latency),
            files: BTreeMap::new(),
            wakes: BTreeMap::new(),
            scenario: Arc::new(scenario),
        };
        let mut events = Vec::new();
        for spec in world.scenario.clone().nodes.clone() {
            // What kafka-storage format leaves; a combined node has one directory.
            let own = Uuid(Rng::stream(world.scenario.seed, &format!("directory {}", spec.id)).uuid());
            let directory_id = if spec.roles.is_broker() { Uuid(rng.uuid()) } else { own };
            let replica = || QuorumDisk::new(directory_id, now);
            let disk = NodeDisk {
                broker: spec.roles.is_broker().then(|| Disk::new(directory_id)),
                observer: spec.roles.is_broker().then(replica),
                controller: spec.roles.is_controller().then(replica),
            };
            if spec.roles.is_controller() {
                let voter = Voter { id: spec.id, directory_id };
                world.voters = world.voters.iter().copied().chain([voter]).collect();
            }
            let state = NodeState::Stopped(disk);
            let slot = NodeSlot { spec: spec.clone(), state, life: 0, frozen: false, inbox: VecDeque::new() };
            world.nodes.insert(spec.id, slot);
        }
        for id in world.scenario.nodes.iter().map(|spec| spec.id).collect::<Vec<_>>() {
            world.start_node(id);
            events.push((now, ProcessId::Node(id), Event::ProcessStarted { process: ProcessId::Node(id) }));
        }
        while world.next_at().is_some_and(|at| at < start) {
            let step = world.step().expect("something was pending");
            events.extend(step.events.into_iter().map(|(process, event)| (step.at, process, event)));
        }
        world.now = start;
        world.step = 0;
        (world, events)
    }

    pub fn start(&self) -> SimTime {
        self.scenario.start
    }

    /// Microseconds since time 0; negative during the boot.
    pub fn micros(&self) -> i64 {
        self.now.micros_from(self.scenario.start)
    }

    /// Puts a process on a node's disk.
    pub(super) fn start_node(&mut self, id: NodeId) {
        let slot = self.nodes.get_mut(&id).expect("nodes are never removed");
        let disk = match &slot.state {
            NodeState::Crashed(disk) | NodeState::Stopped(disk) => disk.clone(),
            NodeState::Up(_) | NodeState::Stopping(_) => return,
        };
        slot.life += 1;
        let (now, is_restart) = (self.now, slot.life > 1);
        let seed = self.scenario.seed;
        let life = slot.life;
        let spec = slot.spec.clone();
        let reopened = |mut replica: QuorumDisk| {
            if is_restart && replica.log.next_offset() > 0 {
                replica.log.reopen(now);
            }
            replica
        };
        let broker = disk.broker.zip(disk.observer).map(|(disk, observer)| {
            let rng = Rng::stream(seed, &format!("observer {id} life {life}"));
            let (settings, voters) = (raft_settings(&self.scenario), self.voters.clone());
            let mut raft = RaftClient::new(id, self.cluster_id, settings, voters, reopened(observer), rng);
            if spec.roles.is_controller() {
                raft.set_upstream(id);
            }
            Broker::new(broker_settings(&self.scenario, &spec), disk, raft, seed, life)
        });
        let controller = disk.controller.map(|replica| {
            let (settings, voters) = (controller_settings(&self.scenario, &spec), self.voters.clone());
            let seed = seed ^ u64::from(life) << 32;
            let mut controller = Controller::new(id, self.cluster_id, settings, voters, reopened(replica), seed);
            if !is_restart && self.voters.first().is_some_and(|first| first.id == id) {
                controller.raft.go_first();
            }
            controller
        });
        let slot = self.nodes.get_mut(&id).expect("nodes are never removed");
        slot.state = NodeState::Up(Box::new(Node::new(id, broker, controller)));
        self.wakes.insert(ProcessId::Node(id), Wake::new(self.now, WakeReason::Startup));
    }

    /// When the next event happens.
    pub fn next_at(&self) -> Option<SimTime> {
        let delivery = self.network.next_delivery().map(|(at, _)| at);
        let wake = self.next_wake().map(|(at, _, _)| at);
        delivery.into_iter().chain(wake).min()
    }

    /// The next timeout: its time (never in the past), process and reason.
    pub fn next_wake(&self) -> Option<(SimTime, ProcessId, WakeReason)> {
        let row = |(process, wake): (&ProcessId, &Wake)| (wake.at.max(self.now), *process, wake.reason);
        self.wakes.iter().filter(|(process, _)| !self.is_frozen(**process)).map(row).min()
    }

    /// Exactly one event; None when nothing is pending.
    pub fn step(&mut self) -> Option<Step> {
        let delivery = self.network.next_delivery();
        let wake = self.next_wake();
        let deliver = match (delivery, wake) {
            (None, None) => return None,
            (Some((arrives, _)), Some((wakes, _, _))) => arrives <= wakes,
            (Some(_), None) => true,
            (None, Some(_)) => false,
        };
        self.step += 1;
        let mut events = Vec::new();
        let cause = if deliver {
            let envelope = self.network.take_next().expect("a delivery is pending");
            self.now = envelope.deliver_at;
            self.deliver(envelope.clone(), &mut events);
            Cause::Delivery(Box::new(envelope))
        } else {
            let (at, process, reason) = wake.expect("a timeout is pending");
            self.now = at;
            self.stimulate(process, Stimulus::Timeout, &mut events);
            let next = self.wakes.get(&process);
            assert!(
                next.is_none_or(|wake| wake.at > self.now),
                "{process} wants to be woken at once again: {next:?} after {reason:?}"
            );
            Cause::Timeout { process, reason }
        };
        Some(Step { at: self.now, number: self.step, cause, events })
    }

    /// Moves the clock without an event; never past the next one.
    pub fn advance_to(&mut self, at: SimTime) {
        debug_assert!(self.next_at().is_none_or(|next| at <= next), "an event must not be skipped");
        self.now = self.now.max(at);
    }

    pub(super) fn is_frozen(&self, process: ProcessId) -> bool {
        match process {
            ProcessId::Node(id) => self.nodes.get(&id).is_some_and(|slot| slot.frozen),
            ProcessId::Client(index) => self.clients.get(&index).is_some_and(|slot| slot.frozen),
        }
    }

    pub(super) fn is_alive(&self, process: ProcessId) -> bool {
        match process {
            ProcessId::Node(id) => self.nodes.get(&id).is_some_and(|slot| slot.node().is_some()),
            ProcessId::Client(index) => self.clients.get(&index).is_some_and(ClientSlot::is_running),
        }
    }

    /// A parcel arrives. The handshake is the operating system's work, so it also succeeds towards a frozen process.
    pub(super) fn deliver(&mut self, envelope: Envelope, events: &mut Vec<(ProcessId, Event)>) {
        let (key, number) = (envelope.connection, envelope.connection_number);
        let to = envelope.to;
        if !self.is_alive(to) {
            if envelope.parcel == Parcel::Connect {
                self.network.refuse(self.now, key, number);
            }
            return;
        }
        if envelope.parcel == Parcel::Connect {
            if let Some(left) = self.network.accept(self.now, key, number) {
                let reset = self.network.reset_of(self.now, key, left);
                self.take_in(reset, events);
            }
            return;
        }
        self.take_in(envelope, events);
    }

    /// Hands a parcel over, or keeps it for a frozen process.
    fn take_in(&mut self, envelope: Envelope, events: &mut Vec<(ProcessId, Event)>) {
        let to = envelope.to;
        if self.is_frozen(to) {
            return self.inbox(to).push_back(envelope);
        }
        self.hand_over(envelope, events);
    }

    /// Gives a parcel to a process that runs.
    pub(super) fn hand_over(&mut self, envelope: Envelope, events: &mut Vec<(ProcessId, Event)>) {
        let (key, number) = (envelope.connection, envelope.connection_number);
        let (peer, channel) = (envelope.from, key.channel);
        if matches!(envelope.parcel, Parcel::Message(_)) && !self.network.is_open(&envelope) {
            return;
        }
        if envelope.parcel == Parcel::Reset && !self.network.close(&envelope) {
            return;
        }
        let stimulus = match envelope.parcel {
            Parcel::Connect => return,
            Parcel::Accept => {
                if !self.network.establish(key, number) {
                    return;
                }
                events.push((key.client, Event::ConnectionOpened { client: key.client, server: key.server, channel }));
                Stimulus::Connected { peer, channel }
            }
            Parcel::Message(message) => Stimulus::Message { source: peer, message },
            Parcel::Reset if envelope.to_server && key.client == key.server => {
                // A node that hung up on itself: only the end that answers still has to hear of it.
                let node = key.server;
                return self.forget_own_requests(node, channel);
            }
            Parcel::Reset => {
                events.push((envelope.to, Event::ConnectionLost { client: key.client, server: key.server, channel }));
                Stimulus::Disconnected { peer, channel }
            }
        };
        self.stimulate(envelope.to, stimulus, events);
    }

    fn forget_own_requests(&mut self, process: ProcessId, channel: Channel) {
        let ProcessId::Node(id) = process else { return };
        if let Some(node) = self.nodes.get_mut(&id).and_then(NodeSlot::node_mut) {
            node.forget_own_requests(channel);
        }
    }

    pub(super) fn inbox(&mut self, process: ProcessId) -> &mut VecDeque<Envelope> {
        match process {
            ProcessId::Node(id) => &mut self.nodes.get_mut(&id).expect("nodes are never removed").inbox,
            ProcessId::Client(index) => &mut self.clients.get_mut(&index).expect("clients are never removed").inbox,
        }
    }

    /// Calls one handler and carries out what it asked for.
    fn stimulate(&mut self, process: ProcessId, stimulus: Stimulus, events: &mut Vec<(ProcessId, Event)>) {
        let now = self.now;
        let mut fx = Effects::default();
        let wake = match process {
            ProcessId::Node(id) => {
                let node = self.nodes.get_mut(&id).and_then(NodeSlot::node_mut);
                node.and_then(|node| stimulate(node, now, stimulus, &mut fx))
            }
            ProcessId::Client(index) => {
                let slot = self.clients.get_mut(&index).filter(|slot| slot.is_running());
                slot.and_then(|slot| stimulate(slot.client.process_mut(), now, stimulus, &mut fx))
            }
        };
        self.note_wake(process, wake);
        self.carry_out(process, fx, events);
        self.notice_exit(process, events);
    }

    pub(super) fn note_wake(&mut self, process: ProcessId, wake: Option<Wake>) {
        match wake {
            Some(wake) => self.wakes.insert(process, wake),
            None => self.wakes.remove(&process),
        };
    }

    pub(super) fn carry_out(&mut self, process: ProcessId, fx: Effects, events: &mut Vec<(ProcessId, Event)>) {
        for action in fx.actions {
            match action {
                Action::Connect { to, channel } => {
                    self.network.connect(self.now, ConnectionKey { client: process, server: to, channel });
                }
                Action::Send { to, message } => self.network.send(self.now, process, to, message),
                Action::Disconnect { to, channel } => self.network.disconnect(self.now, process, to, channel),
            }
        }
        events.extend(fx.events.into_iter().map(|event| (process, event)));
    }

    /// Orderly endings: a node that was let go, a client whose close is through, a tool that is done.
    pub(super) fn notice_exit(&mut self, process: ProcessId, events: &mut Vec<(ProcessId, Event)>) {
        match process {
            ProcessId::Node(id) => {
                let slot = self.nodes.get_mut(&id).expect("nodes are never removed");
                let NodeState::Stopping(node) = &slot.state else { return };
                if node.may_exit(self.now) {
                    events.extend(node.exit_notes().map(|note| (process, note)));
                    slot.state = NodeState::Stopped(node.as_ref().clone().into_closed_disk());
                    let ending = slot.ending(true);
                    self.end_process(process, events, ending);
                }
            }
            ProcessId::Client(index) => {
                let slot = self.clients.get_mut(&index).expect("clients are never removed");
                if slot.is_running() && slot.has_ended() {
                    slot.state = ClientState::Closed;
                    self.end_process(process, events, Event::ProcessStopped { process });
                }
            }
        }
    }

    /// The process is gone: its connections are reset, its wish to be woken is void.
    pub(super) fn end_process(&mut self, process: ProcessId, events: &mut Vec<(ProcessId, Event)>, event: Event) {
        self.wakes.remove(&process);
        self.inbox(process).clear();
        self.network.reset_all(self.now, process);
        events.push((process, event));
    }

    pub fn client_named(&self, name: &str) -> Option<(ClientIndex, &ClientSlot)> {
        // The newest client of a name stands for it: a tool's name is used again and again.
        self.clients.iter().rev().find(|(_, slot)| &*slot.name == name).map(|(index, slot)| (*index, slot))
    }

    /// The name that people know a process by.
    pub fn name_of(&self, process: ProcessId) -> Arc<str> {
        match process {
            ProcessId::Node(id) => {
                let broker = self.nodes.get(&id).is_some_and(|slot| slot.spec.roles.is_broker());
                Arc::from(format!("{} {id}", if broker { "broker" } else { "controller" }))
            }
            ProcessId::Client(index) => {
                self.clients.get(&index).map_or_else(|| Arc::from("?"), |slot| slot.name.clone())
            }
        }
    }

    /// The active controller: of several that believe it of themselves, the one of the newest epoch.
    pub fn active_controller(&self) -> Option<&Controller> {
        let running = self.nodes.values().filter(|slot| !slot.frozen);
        let controllers = running.filter_map(|slot| slot.node()?.controller.as_ref());
        controllers.filter(|controller| controller.is_in_charge()).max_by_key(|controller| controller.epoch())
    }

    /// Whether a client is a producer with acks=all.
    pub fn waits_for_all(&self, process: ProcessId) -> bool {
        let ProcessId::Client(index) = process else { return false };
        let plan = self.clients.get(&index).map(|slot| &slot.plan);
        let Some(super::slots::ClientPlan::Producer { config, .. }) = plan else { return false };
        config.get("acks").is_none_or(|acks| matches!(acks.as_str(), "all" | "-1"))
    }

    /// The broker process of a node, if it runs.
    pub fn broker(&self, id: NodeId) -> Option<&Broker> {
        self.nodes.get(&id)?.node()?.broker.as_ref()
    }

    /// A node's copies of the metadata log, whether it runs or not: its controller's, and its broker's.
    pub fn metadata_logs(&self, id: NodeId) -> (Option<&MetadataLog>, Option<&MetadataLog>) {
        match self.nodes.get(&id).map(|slot| &slot.state) {
            Some(NodeState::Up(node) | NodeState::Stopping(node)) => {
                let broker = node.broker.as_ref().map(|broker| broker.raft.log());
                (node.controller.as_ref().map(Controller::log), broker)
            }
            Some(NodeState::Crashed(disk) | NodeState::Stopped(disk)) => {
                let [controller, broker] = [&disk.controller, &disk.observer];
                (controller.as_ref().map(|replica| &replica.log), broker.as_ref().map(|replica| &replica.log))
            }
            None => (None, None),
        }
    }

    /// What is on a node's disk, whether it runs or not.
    pub fn disk(&self, id: NodeId) -> Option<&Disk> {
        match &self.nodes.get(&id)?.state {
            NodeState::Up(node) | NodeState::Stopping(node) => node.broker.as_ref().map(|broker| &broker.disk),
            NodeState::Crashed(disk) | NodeState::Stopped(disk) => disk.broker.as_ref(),
        }
    }
}

fn int_setting<T: std::str::FromStr>(scenario: &Scenario, key: &str, default: T) -> T {
    scenario.server_config.get(key).and_then(|text| text.trim().parse().ok()).unwrap_or(default)
}

/// The host name of a broker: `broker-1`, or `localhost` where every node is both broker and controller.
pub fn broker_host(scenario: &Scenario, id: NodeId) -> Arc<str> {
    let combined = scenario.nodes.iter().all(|node| node.roles == super::scenario::Roles::Combined);
    Arc::from(if combined { "localhost".to_string() } else { format!("broker-{id}") })
}

fn broker_settings(scenario: &Scenario, spec: &NodeSpec) -> BrokerSettings {
    BrokerSettings {
        rack: spec.rack.clone(),
        host: broker_host(scenario, spec.id),
        port: BROKER_PORT,
        broker_heartbeat_interval_ms: int_setting(scenario, "broker.heartbeat.interval.ms", 2_000),
        broker_session_timeout_ms: int_setting(scenario, "broker.session.timeout.ms", 9_000),
        auto_create_topics_enable: int_setting(scenario, "auto.create.topics.enable", true),
        num_partitions: int_setting(scenario, "num.partitions", 1),
        default_replication_factor: int_setting(scenario, "default.replication.factor", 1),
        log_initial_task_delay_ms: int_setting(scenario, "log.initial.task.delay.ms", 30_000),
        log_retention_check_interval_ms: int_setting(scenario, "log.retention.check.interval.ms", 300_000),
        log_cleaner_enable: int_setting(scenario, "log.cleaner.enable", true),
        log_cleaner_backoff_ms: int_setting(scenario, "log.cleaner.backoff.ms", 15_000),
        fetch_max_bytes: int_setting(scenario, "fetch.max.bytes", 57_671_680),
        replica_lag_time_max_ms: int_setting(scenario, "replica.lag.time.max.ms", 30_000),
        replica_fetch_wait_max_ms: int_setting(scenario, "replica.fetch.wait.max.ms", 500),
        replica_fetch_min_bytes: int_setting(scenario, "replica.fetch.min.bytes", 1),
        replica_fetch_max_bytes: int_setting(scenario, "replica.fetch.max.bytes", 1_048_576),
        replica_fetch_response_max_bytes: int_setting(scenario, "replica.fetch.response.max.bytes", 10_485_760),
        replica_fetch_backoff_ms: int_setting(scenario, "replica.fetch.backoff.ms", 1_000),
        num_replica_fetchers: int_setting(scenario, "num.replica.fetchers", 1),
        server_config: node_properties(scenario, spec),
    }
}

fn raft_settings(scenario: &Scenario) -> RaftSettings {
    RaftSettings {
        election_timeout_ms: int_setting(scenario, "controller.quorum.election.timeout.ms", 1_000),
        fetch_timeout_ms: int_setting(scenario, "controller.quorum.fetch.timeout.ms", 2_000),
        election_backoff_max_ms: int_setting(scenario, "controller.quorum.election.backoff.max.ms", 1_000),
        request_timeout_ms: int_setting(scenario, "controller.quorum.request.timeout.ms", 2_000),
        retry_backoff_ms: int_setting(scenario, "controller.quorum.retry.backoff.ms", 20),
    }
}

fn controller_settings(scenario: &Scenario, spec: &NodeSpec) -> ControllerSettings {
    ControllerSettings {
        broker_session_timeout_ms: int_setting(scenario, "broker.session.timeout.ms", 9_000),
        metadata_max_idle_interval_ms: int_setting(scenario, "metadata.max.idle.interval.ms", 500),
        auto_leader_rebalance_enable: int_setting(scenario, "auto.leader.rebalance.enable", true),
        leader_imbalance_check_interval_seconds: int_setting(scenario, "leader.imbalance.check.interval.seconds", 300),
        unclean_leader_election_interval_ms: int_setting(scenario, "unclean.leader.election.interval.ms", 300_000),
        num_partitions: int_setting(scenario, "num.partitions", 1),
        default_replication_factor: int_setting(scenario, "default.replication.factor", 1),
        quorum: raft_settings(scenario),
        server_config: node_properties(scenario, spec),
    }
}
