//! A broker: leads partitions, answers clients, observes the metadata log, forwards decisions to the controller.
//!
//! One request per connection is worked on at a time and answered before the next is taken up, as Kafka's network
//! threads do by muting a channel. Simplification: handling a request takes no time of its own.

pub mod catalog;
mod cleanup_events;
pub mod config_sources;
pub mod configs_api;
mod controller_link;
pub mod delete_records;
pub mod disk;
pub mod dynamic_config;
pub mod epochs_api;
pub mod fetch;
pub mod forwarding;
pub mod isr;
pub mod lifecycle;
pub mod list_offsets;
pub mod log_cleanup;
pub mod log_dirs_api;
pub mod metadata_api;
pub mod metadata_fetch;
pub mod partition;
pub mod produce;
pub mod produce_purgatory;
pub mod producer_ids;
pub mod quotas_api;
pub mod replica_fetcher;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::kafka::client::connection::{Completed, ConnectionSettings, Connections, Outcome};
use crate::kafka::controller::quorum::broker_features;
use crate::kafka::controller::raft::RaftClient;
use crate::kafka::controller::refusal::says_not_controller;
use crate::kafka::effects::{Effects, Wake};
use crate::kafka::event::Event;
use crate::kafka::event::detail::DisconnectCause;
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, ProcessId, TopicPartition, Uuid};
use crate::kafka::image::MetadataImage;
use crate::kafka::protocol::apis::Listener;
use crate::kafka::protocol::supported::api_versions;
use crate::kafka::protocol::{Body, Channel, Message, Request, Response};
use crate::rng::Rng;
use crate::time::SimTime;

use configs_api::Loggers;
use delete_records::HeldDeletion;
use disk::Disk;
use fetch::HeldFetch;
use forwarding::Forwarded;
use isr::Proposal;
use lifecycle::Lifecycle;
use partition::Partition;
use produce_purgatory::HeldProduce;
use producer_ids::ProducerIdBlock;
use replica_fetcher::{FetchedPartition, FetcherKey};

/// Settings of a broker; names are Kafka's keys.
#[derive(Clone, PartialEq, Debug)]
pub struct BrokerSettings {
    pub rack: Option<Arc<str>>,
    pub host: Arc<str>,
    pub port: u16,
    pub broker_heartbeat_interval_ms: i64,
    pub broker_session_timeout_ms: i64,
    pub auto_create_topics_enable: bool,
    pub num_partitions: i32,
    pub default_replication_factor: i16,
    pub log_initial_task_delay_ms: i64,
    pub log_retention_check_interval_ms: i64,
    pub log_cleaner_enable: bool,
    pub log_cleaner_backoff_ms: i64,
    pub fetch_max_bytes: i32,
    pub replica_lag_time_max_ms: i64,
    pub replica_fetch_wait_max_ms: i32,
    pub replica_fetch_min_bytes: i32,
    pub replica_fetch_max_bytes: i32,
    pub replica_fetch_response_max_bytes: i32,
    pub replica_fetch_backoff_ms: i32,
    pub num_replica_fetchers: i32,
    /// Keys of server.properties that were given.
    pub server_config: Arc<BTreeMap<String, String>>,
}

/// What one of the broker's own requests was for.
#[derive(Clone, PartialEq, Debug)]
pub enum Purpose {
    Register,
    Heartbeat,
    Forward(Forwarded),
    AutoCreate(Vec<Arc<str>>),
    AllocateProducerIds,
    AlterPartition(Vec<Proposal>),
    FetchReplicas(Vec<FetchedPartition>),
    /// A follower asks its leader where the log ends (or begins: `timestamp`).
    AskRange {
        tp: TopicPartition,
        leader_epoch: LeaderEpoch,
        timestamp: i64,
    },
}

/// A client's request that is being worked on or waits for its turn.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientRequest {
    pub correlation_id: i32,
    pub client_id: Arc<str>,
    pub request: Request,
}

#[derive(Clone, Default, Debug)]
struct ClientConnection {
    /// The correlation id of the request being worked on.
    busy_with: Option<i32>,
    waiting: VecDeque<ClientRequest>,
}

/// Who asked, on which connection, and as which client.
#[derive(Clone, PartialEq, Debug)]
pub struct Caller {
    pub process: ProcessId,
    pub channel: Channel,
    pub correlation_id: i32,
    pub client_id: Arc<str>,
}

#[derive(Clone, Debug)]
pub struct Broker {
    pub id: NodeId,
    pub settings: BrokerSettings,
    cluster_id: Uuid,
    incarnation_id: Uuid,
    pub epoch: BrokerEpoch,
    pub lifecycle: Lifecycle,
    next_heartbeat: SimTime,
    /// How often in a row the controller has refused to register this broker.
    refusals: u32,
    /// When old segments are looked for next.
    next_cleanup: Option<SimTime>,
    /// When logs to compact are looked for next.
    next_compaction: Option<SimTime>,
    /// When the checkpoints of the logs are written next.
    next_checkpoint: Option<SimTime>,
    pub image: MetadataImage,
    pub disk: Disk,
    pub partitions: BTreeMap<TopicPartition, Partition>,
    after_clean_shutdown: bool,
    /// What the image says of partitions has been carried out at least once in this life.
    published: bool,
    /// The partitions that this broker follows, by their fetcher.
    fetchers: BTreeMap<FetcherKey, BTreeSet<TopicPartition>>,
    next_isr_check: SimTime,
    /// No AlterPartition request before.
    alter_retry_at: SimTime,
    clients: BTreeMap<(ProcessId, Channel), ClientConnection>,
    held_fetches: Vec<HeldFetch>,
    held_produces: Vec<HeldProduce>,
    held_deletions: Vec<HeldDeletion>,
    pending_forwards: VecDeque<Forwarded>,
    creating_topics: Vec<Arc<str>>,
    producer_ids: ProducerIdBlock,
    loggers: Loggers,
    /// Its copy of the metadata log.
    pub raft: RaftClient,
    /// The controller that each channel uses, and until when it waits after one that was not the active one.
    controllers: BTreeMap<Channel, NodeId>,
    controller_pauses: BTreeMap<Channel, SimTime>,
    network: Connections<Purpose>,
    rng: Rng,
}

impl Broker {
    /// A broker that boots on `disk`; `raft` observes the metadata log.
    pub fn new(settings: BrokerSettings, disk: Disk, raft: RaftClient, seed: u64, life: u32) -> Broker {
        let (id, cluster_id) = (raft.id, raft.cluster_id());
        // Each life of a broker draws its own incarnation id, as a new process does.
        let mut rng = Rng::stream(seed, &format!("broker {id} life {life}"));
        let incarnation_id = Uuid(rng.uuid());
        let network = Connections::new(Arc::from(format!("broker-{id}")), ConnectionSettings::default(), rng);
        let after_clean_shutdown = disk.clean_shutdown_epoch.is_some();
        Broker {
            id,
            settings,
            cluster_id,
            incarnation_id,
            epoch: BrokerEpoch(-1),
            lifecycle: Lifecycle::Starting,
            next_heartbeat: SimTime::default(),
            refusals: 0,
            next_cleanup: None,
            next_compaction: None,
            next_checkpoint: None,
            image: MetadataImage::default(),
            disk,
            partitions: BTreeMap::new(),
            after_clean_shutdown,
            published: false,
            fetchers: BTreeMap::new(),
            next_isr_check: SimTime::default(),
            alter_retry_at: SimTime::default(),
            clients: BTreeMap::new(),
            held_fetches: Vec::new(),
            held_produces: Vec::new(),
            held_deletions: Vec::new(),
            pending_forwards: VecDeque::new(),
            creating_topics: Vec::new(),
            producer_ids: ProducerIdBlock::default(),
            loggers: Loggers::default(),
            raft,
            controllers: BTreeMap::new(),
            controller_pauses: BTreeMap::new(),
            network,
            rng: Rng::stream(seed, &format!("broker {id} life {life} back-off")),
        }
    }

    pub fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        if let ProcessId::Node(node) = peer {
            if channel == Channel::Raft {
                return self.raft.handle_connected(now, node, fx);
            }
            self.network.handle_connected(now, node, channel, fx);
        }
    }

    /// A client said something, or the controller answered.
    pub fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        match message.body {
            Body::Request { client_id, request } => {
                let key = (source, message.channel);
                let asked = ClientRequest { correlation_id: message.correlation_id, client_id, request };
                self.clients.entry(key).or_default().waiting.push_back(asked);
                self.work_on(now, key, fx);
            }
            Body::Response(_) if message.channel == Channel::Raft => {
                self.raft.handle_answer(now, source, message, fx);
                self.take_metadata(now, fx);
                self.pursue(now, fx);
            }
            Body::Response(response) => {
                let ProcessId::Node(node) = source else { return };
                let done = self.network.handle_response(node, message.channel, message.correlation_id, response);
                if let Some(completed) = done {
                    self.handle_completed(now, completed, fx);
                }
                self.pursue(now, fx);
            }
        }
    }

    /// Takes up requests of a connection until one has to wait for something.
    fn work_on(&mut self, now: SimTime, key: (ProcessId, Channel), fx: &mut Effects) {
        while let Some(connection) = self.clients.get_mut(&key) {
            if connection.busy_with.is_some() {
                return;
            }
            let Some(asked) = connection.waiting.pop_front() else { return };
            connection.busy_with = Some(asked.correlation_id);
            let caller = Caller {
                process: key.0,
                channel: key.1,
                correlation_id: asked.correlation_id,
                client_id: asked.client_id,
            };
            self.dispatch(now, caller, asked.request, fx);
        }
    }

    fn dispatch(&mut self, now: SimTime, caller: Caller, request: Request, fx: &mut Effects) {
        match request {
            Request::Produce(request) => self.handle_produce(now, caller, request, fx),
            Request::Fetch(request) => self.handle_fetch(now, caller, request, fx),
            Request::ListOffsets(request) => self.handle_list_offsets(caller, &request, fx),
            Request::DeleteRecords(request) => self.handle_delete_records(now, caller, &request, fx),
            Request::OffsetForLeaderEpoch(request) => self.handle_offset_for_leader_epoch(caller, &request, fx),
            Request::Metadata(request) => self.handle_metadata(now, caller, &request, fx),
            Request::ApiVersions(_) => {
                let response = api_versions(Listener::Broker, broker_features(), &self.image);
                self.answer(&caller, response, fx);
            }
            Request::InitProducerId(request) => self.handle_init_producer_id(now, caller, &request, fx),
            Request::DescribeConfigs(request) => self.handle_describe_configs(caller, &request, fx),
            Request::ListConfigResources(request) => self.handle_list_config_resources(caller, &request, fx),
            Request::IncrementalAlterConfigs(request) => self.handle_alter_configs(now, caller, request, fx),
            Request::DescribeLogDirs(request) => self.handle_describe_log_dirs(caller, &request, fx),
            Request::DescribeClientQuotas(request) => self.handle_describe_quotas(caller, &request, fx),
            Request::DescribeUserScramCredentials(request) => self.handle_describe_scram(caller, &request, fx),
            Request::ListGroups(_) => self.handle_list_groups(caller, fx),
            Request::DescribeTopicPartitions(request) => self.handle_describe_topic_partitions(caller, &request, fx),
            Request::DescribeCluster(request) => self.handle_describe_cluster(caller, &request, fx),
            request @ (Request::CreateTopics(_)
            | Request::DeleteTopics(_)
            | Request::CreatePartitions(_)
            | Request::AlterClientQuotas(_)
            | Request::ElectLeaders(_)
            | Request::AlterPartitionReassignments(_)
            | Request::ListPartitionReassignments(_)
            | Request::DescribeQuorum(_)) => self.forward(now, caller, request, fx),
            // Only the controller listener has these; Kafka closes the connection.
            Request::BrokerRegistration(_)
            | Request::BrokerHeartbeat(_)
            | Request::AllocateProducerIds(_)
            | Request::AlterPartition(_)
            | Request::ControllerRegistration(_)
            | Request::Vote(_)
            | Request::BeginQuorumEpoch(_)
            | Request::EndQuorumEpoch(_) => {
                self.hang_up(&caller, fx);
            }
        }
    }

    /// Answers a request and lets its connection go on.
    fn answer(&mut self, caller: &Caller, response: impl Into<Response>, fx: &mut Effects) {
        let body = Body::Response(response.into());
        let message = Message { channel: caller.channel, correlation_id: caller.correlation_id, body };
        fx.send(caller.process, message);
        self.finish(caller);
    }

    /// Marks a request as done; the connection's next one is taken up when the current handler has returned.
    fn finish(&mut self, caller: &Caller) {
        if let Some(connection) = self.clients.get_mut(&(caller.process, caller.channel)) {
            assert_eq!(connection.busy_with, Some(caller.correlation_id), "a broker answers in order");
            connection.busy_with = None;
        }
    }

    /// Closes a client's connection.
    fn hang_up(&mut self, caller: &Caller, fx: &mut Effects) {
        fx.disconnect(caller.process, caller.channel);
        self.forget_client(caller.process, caller.channel);
    }

    fn forget_client(&mut self, process: ProcessId, channel: Channel) {
        self.clients.remove(&(process, channel));
        self.held_produces.retain(|held| held.caller.process != process || held.caller.channel != channel);
        self.held_deletions.retain(|held| held.caller.process != process || held.caller.channel != channel);
        self.held_fetches.retain(|held| held.caller.process != process || held.caller.channel != channel);
        self.pending_forwards.retain(|f| f.caller.process != process || f.caller.channel != channel);
    }

    /// True if the request of this caller is still being worked on (its connection may be gone meanwhile).
    fn still_waits(&self, caller: &Caller) -> bool {
        let connection = self.clients.get(&(caller.process, caller.channel));
        connection.is_some_and(|connection| connection.busy_with == Some(caller.correlation_id))
    }

    pub fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        if self.clients.contains_key(&(peer, channel)) {
            self.forget_client(peer, channel);
        }
        if channel == Channel::Raft {
            self.raft.handle_disconnect(now, peer, fx);
        } else if let ProcessId::Node(node) = peer {
            self.tell_disconnect(now, node, channel, DisconnectCause::Peer, fx);
            if self.controllers.get(&channel) == Some(&node) {
                self.lose_controller(channel);
            }
            for completed in self.network.handle_disconnect(now, node, channel) {
                self.handle_completed(now, completed, fx);
            }
        }
        self.pursue(now, fx);
    }

    /// Before one of the broker's own connections is given up; a client's is none of them.
    fn tell_disconnect(&self, now: SimTime, node: NodeId, channel: Channel, cause: DisconnectCause, fx: &mut Effects) {
        if self.network.is_known(node, channel) {
            let how = self.network.disconnection(now, node, channel, cause);
            fx.event(Event::NodeDisconnected { client: ProcessId::Node(self.id), node, how: Arc::new(how) });
        }
    }

    fn handle_completed(&mut self, now: SimTime, mut completed: Completed<Purpose>, fx: &mut Effects) {
        if matches!(&completed.outcome, Outcome::Answered(response) if says_not_controller(response)) {
            // As if nobody had answered: the request goes to the active controller, once that is known.
            self.leave_controller(now, completed.channel);
            completed.outcome = Outcome::Disconnected { timed_out: false };
        }
        match completed.purpose {
            Purpose::Register => self.handle_registered(now, completed.outcome, fx),
            Purpose::Heartbeat => self.handle_heartbeat_answer(now, completed.outcome, fx),
            Purpose::Forward(forwarded) => self.handle_forwarded(forwarded, completed.outcome, fx),
            Purpose::AutoCreate(topics) => self.creating_topics.retain(|topic| !topics.contains(topic)),
            Purpose::AllocateProducerIds => self.handle_producer_ids(completed.outcome),
            Purpose::AlterPartition(proposals) => self.handle_altered(now, &proposals, completed.outcome, fx),
            Purpose::FetchReplicas(asked) => self.handle_fetched(now, completed.node, asked, completed.outcome, fx),
            Purpose::AskRange { tp, leader_epoch, timestamp } => {
                let asked = (tp, leader_epoch, timestamp);
                self.handle_range(now, completed.node, asked, completed.outcome, fx);
            }
        }
    }

    /// Does whatever can be done now: connects, registers, observes, forwards, takes up waiting requests.
    fn pursue(&mut self, now: SimTime, fx: &mut Effects) {
        self.pursue_lifecycle(now, fx);
        self.pursue_forwards(now, fx);
        self.pursue_alter_partition(now, fx);
        self.pursue_replication(now, fx);
        let waiting: Vec<_> = self.clients.iter().filter(|(_, c)| !c.waiting.is_empty()).map(|(key, _)| *key).collect();
        for key in waiting {
            self.work_on(now, key, fx);
        }
    }

    pub fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        for (node, channel, cause) in self.network.overdue(now) {
            self.tell_disconnect(now, node, channel, cause, fx);
            if self.controllers.get(&channel) == Some(&node) {
                self.lose_controller(channel);
            }
        }
        self.raft.handle_timeout(now, fx);
        self.take_metadata(now, fx);
        for completed in self.network.handle_timeout(now, fx) {
            self.handle_completed(now, completed, fx);
        }
        self.expire_produces(now, fx);
        self.expire_fetches(now, fx);
        self.expire_deletions(now, fx);
        if self.published {
            self.check_isrs(now, fx);
        }
        self.expire_forwards(now, fx);
        self.clean_logs(now, fx);
        self.pursue(now, fx);
    }

    pub fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        Wake::earliest([
            self.network.poll_timeout(),
            self.lifecycle_wake(now),
            self.raft.poll_timeout(now),
            self.fetch_wake(),
            self.cleanup_wake(),
            self.produce_wake(),
            self.deletion_wake(),
            self.isr_wake(now),
            self.replication_wake(now),
            self.forward_wake(now),
        ])
    }
}
