//! A KRaft controller (`QuorumController`). The active one decides, appends the decision to `__cluster_metadata`, and
//! applies it by replaying what it appended; it answers when the decision is committed. If it loses the lead, what is not
//! committed is taken back. Those that stand by replay what is committed. Nothing else changes an image.

pub mod alter_partition;
pub mod configs;
pub mod elect_leaders;
pub mod election;
pub mod metadata_log;
pub mod partition_change;
pub mod placement;
pub mod quorum;
pub mod quotas;
pub mod raft;
pub mod reassignment;
pub mod refusal;
pub mod registration;
pub mod topics;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::client::connection::{ConnectionSettings, Connections};
use crate::kafka::effects::{Action, Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, ProcessId, Uuid};
use crate::kafka::image::MetadataImage;
use crate::kafka::protocol::apis::Listener;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::supported::api_versions;
use crate::kafka::protocol::versions::ApiVersionsRequest;
use crate::kafka::protocol::{Body, Channel, Message, Request, Response};
use crate::kafka::record::Voter;
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

use metadata_log::MetadataLog;
use raft::{QuorumDisk, RaftClient, RaftSettings};
use registration::BrokerSession;

/// Settings of a controller; names are Kafka's keys.
#[derive(Clone, PartialEq, Debug)]
pub struct ControllerSettings {
    pub broker_session_timeout_ms: i64,
    pub metadata_max_idle_interval_ms: i64,
    pub auto_leader_rebalance_enable: bool,
    pub leader_imbalance_check_interval_seconds: u64,
    pub unclean_leader_election_interval_ms: i64,
    pub num_partitions: i32,
    pub default_replication_factor: i16,
    pub quorum: RaftSettings,
    /// Keys of server.properties that give topics their defaults.
    pub server_config: Arc<BTreeMap<String, String>>,
}

impl Default for ControllerSettings {
    fn default() -> Self {
        ControllerSettings {
            broker_session_timeout_ms: 9_000,
            metadata_max_idle_interval_ms: 500,
            auto_leader_rebalance_enable: true,
            leader_imbalance_check_interval_seconds: 300,
            unclean_leader_election_interval_ms: 300_000,
            num_partitions: 1,
            default_replication_factor: 1,
            quorum: RaftSettings::default(),
            server_config: Arc::default(),
        }
    }
}

/// Where an answer has to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplyTo {
    pub to: ProcessId,
    pub channel: Channel,
    pub correlation_id: i32,
}

impl ReplyTo {
    pub fn answer(self, response: impl Into<Response>, fx: &mut Effects) {
        let body = Body::Response(response.into());
        fx.send(self.to, Message { channel: self.channel, correlation_id: self.correlation_id, body });
    }
}

/// An answer that waits until the decision behind it is committed.
#[derive(Clone, Debug)]
struct DeferredAnswer {
    reply: ReplyTo,
    request: Request,
    answer: Message,
    /// The end of the log when it was decided.
    offset: i64,
}

#[derive(Clone, Debug)]
pub struct Controller {
    pub id: NodeId,
    cluster_id: Uuid,
    incarnation_id: Uuid,
    pub settings: ControllerSettings,
    pub raft: RaftClient,
    /// The Raft epoch in which this controller is the active one.
    claimed: Option<i32>,
    /// The active controller's holds its decisions, the others' what is committed.
    pub image: MetadataImage,
    sessions: BTreeMap<NodeId, BrokerSession>,
    deferred: Vec<DeferredAnswer>,
    /// Requests behind one that is not answered, in their order.
    waiting: Vec<(ReplyTo, Request)>,
    registering: Connections<()>,
    /// The active controller has committed this process's registration, though it may not have come here yet.
    is_acknowledged: bool,
    last_append: SimTime,
    /// When leaders are balanced, and when unclean elections are held, the next time.
    next_balance: SimTime,
    next_unclean_election: SimTime,
    /// The decision being committed is a preferred election.
    preferred_election: bool,
    has_begun: bool,
    rng: Rng,
}

impl Controller {
    /// A controller that starts on `disk`, which survived its last life or is new, as one of `voters`.
    pub fn new(
        id: NodeId,
        cluster_id: Uuid,
        settings: ControllerSettings,
        voters: Arc<[Voter]>,
        disk: QuorumDisk,
        seed: u64,
    ) -> Controller {
        let mut rng = Rng::stream(seed, &format!("controller {id}"));
        let incarnation_id = Uuid(rng.uuid());
        let raft_rng = Rng::new(rng.uuid() as u64);
        let registering_rng = Rng::stream(seed, &format!("controller registration {id}"));
        let client_id = Arc::from(format!("controller-{id}"));
        Controller {
            id,
            cluster_id,
            incarnation_id,
            raft: RaftClient::new(id, cluster_id, settings.quorum, voters, disk, raft_rng),
            settings,
            claimed: None,
            image: MetadataImage::default(),
            sessions: BTreeMap::new(),
            deferred: Vec::new(),
            waiting: Vec::new(),
            registering: Connections::new(client_id, ConnectionSettings::default(), registering_rng),
            is_acknowledged: false,
            last_append: SimTime::default(),
            next_balance: SimTime::default(),
            next_unclean_election: SimTime::default(),
            preferred_election: false,
            has_begun: false,
            rng,
        }
    }

    /// It decides: it leads the quorum and has all that earlier leaders have decided.
    pub fn is_in_charge(&self) -> bool {
        self.claimed.is_some()
    }

    /// Raft leader epoch.
    pub fn epoch(&self) -> i32 {
        self.raft.epoch()
    }

    pub fn log(&self) -> &MetadataLog {
        self.raft.log()
    }

    /// Appends decided records and applies them; whoever asked for them hears of it when they are committed.
    fn commit(&mut self, records: &[MetadataRecord], now: SimTime, fx: &mut Effects) {
        if records.is_empty() {
            return;
        }
        let first = self.raft.append(records, now, fx);
        self.last_append = now;
        for (offset, record) in (first..).zip(records) {
            let told = self.about(record, offset);
            self.image.replay(record);
            self.tell(record, told, fx);
        }
        self.image.next_offset = self.log().next_offset();
    }

    /// A request on one of the controller listener's connections: one at a time is dealt with on each, so that answers
    /// come in the order of the requests (`SocketServer` mutes a channel meanwhile).
    pub fn handle_request(&mut self, now: SimTime, reply: ReplyTo, request: &Request, fx: &mut Effects) {
        if reply.channel != Channel::Raft && self.is_busy_with(&reply) {
            return self.waiting.push((reply, request.clone()));
        }
        self.serve(now, reply, request, fx);
        self.admit_waiting(now, fx);
    }

    fn is_busy_with(&self, reply: &ReplyTo) -> bool {
        let same = |other: &ReplyTo| (other.to, other.channel) == (reply.to, reply.channel);
        self.deferred.iter().any(|deferred| same(&deferred.reply)) || self.waiting.iter().any(|(other, _)| same(other))
    }

    /// Requests whose connections have become free.
    fn admit_waiting(&mut self, now: SimTime, fx: &mut Effects) {
        let is_free = |(reply, _): &(ReplyTo, Request), deferred: &[DeferredAnswer]| {
            !deferred.iter().any(|it| (it.reply.to, it.reply.channel) == (reply.to, reply.channel))
        };
        while let Some(place) = self.waiting.iter().position(|waiting| is_free(waiting, &self.deferred)) {
            let (reply, request) = self.waiting.remove(place);
            self.serve(now, reply, &request, fx);
        }
    }

    fn serve(&mut self, now: SimTime, reply: ReplyTo, request: &Request, fx: &mut Effects) {
        if matches!(reply.channel, Channel::Raft) && !matches!(request, Request::ApiVersions(_)) {
            self.raft.handle_request(now, reply, request, fx);
            return self.follow_quorum(now, fx);
        }
        if !self.is_in_charge()
            && let Some(answer) = refusal::refusal(request)
        {
            return reply.answer(answer, fx);
        }
        let before = fx.actions.len();
        self.dispatch(now, reply, request, fx);
        self.defer_answer(before, reply, request, fx);
        self.follow_quorum(now, fx);
    }

    /// Holds the answer back while anything is not committed that it may tell of (`DeferredEventQueue`). What is only
    /// read is read from what is committed.
    fn defer_answer(&mut self, before: usize, reply: ReplyTo, request: &Request, fx: &mut Effects) {
        let only_reads = matches!(
            request,
            Request::ApiVersions(_) | Request::ListPartitionReassignments(_) | Request::DescribeQuorum(_)
        );
        if only_reads || self.raft.is_all_committed() {
            return;
        }
        let is_answer = |action: &Action| match action {
            Action::Send { to, message } => {
                (*to, message.channel, message.correlation_id) == (reply.to, reply.channel, reply.correlation_id)
            }
            _ => false,
        };
        let offset = self.log().next_offset();
        if let Some(place) = fx.actions.iter().skip(before).position(is_answer)
            && let Action::Send { message, .. } = fx.actions.remove(before + place)
        {
            self.deferred.push(DeferredAnswer { reply, request: request.clone(), answer: message, offset });
        }
    }

    fn dispatch(&mut self, now: SimTime, reply: ReplyTo, request: &Request, fx: &mut Effects) {
        match request {
            Request::ApiVersions(request) => self.handle_api_versions(reply, request, fx),
            Request::BrokerRegistration(request) => self.handle_registration(now, reply, request, fx),
            Request::ControllerRegistration(request) => self.handle_controller_registration(now, reply, request, fx),
            Request::BrokerHeartbeat(request) => self.handle_heartbeat(now, reply, request, fx),
            Request::CreateTopics(request) => self.handle_create_topics(now, reply, request, fx),
            Request::DeleteTopics(request) => self.handle_delete_topics(now, reply, request, fx),
            Request::CreatePartitions(request) => self.handle_create_partitions(now, reply, request, fx),
            Request::IncrementalAlterConfigs(request) => self.handle_alter_configs(now, reply, request, fx),
            Request::AlterClientQuotas(request) => self.handle_alter_quotas(now, reply, request, fx),
            Request::AlterPartition(request) => self.handle_alter_partition(now, reply, request, fx),
            Request::ElectLeaders(request) => self.handle_elect_leaders(now, reply, request, fx),
            Request::AlterPartitionReassignments(request) => {
                self.handle_alter_reassignments(now, reply, request, fx);
            }
            Request::ListPartitionReassignments(request) => self.handle_list_reassignments(reply, request, fx),
            Request::AllocateProducerIds(request) => self.handle_allocate_producer_ids(now, reply, request, fx),
            Request::DescribeQuorum(_) => self.handle_describe_quorum(now, reply, fx),
            // The controller listener has none of the other APIs; Kafka closes such a connection.
            _ => fx.disconnect(reply.to, reply.channel),
        }
    }

    fn handle_api_versions(&self, reply: ReplyTo, _request: &ApiVersionsRequest, fx: &mut Effects) {
        let features = quorum::controller_features();
        reply.answer(api_versions(Listener::Controller, features, &self.image), fx);
    }

    /// The first thing that the process does.
    fn begin(&mut self, now: SimTime, fx: &mut Effects) {
        self.has_begun = true;
        fx.event(Event::ControllerBooted { node: self.id });
        self.raft.begin(now, fx);
    }

    pub fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        if !self.has_begun {
            self.begin(now, fx);
        }
        self.raft.handle_timeout(now, fx);
        self.registering.handle_timeout(now, fx);
        self.follow_quorum(now, fx);
        if self.is_in_charge() {
            self.fence_stale_brokers(now, fx);
            self.run_periodic_elections(now, fx);
            if self.next_idle_record() <= now {
                self.commit(&[quorum::no_op()], now, fx);
            }
            self.follow_quorum(now, fx);
        }
        self.admit_waiting(now, fx);
        self.pursue_registration(now, fx);
    }

    /// The other end of one of its own connections has accepted.
    pub fn handle_connected(&mut self, now: SimTime, node: NodeId, channel: Channel, fx: &mut Effects) {
        match channel {
            Channel::Raft => self.raft.handle_connected(now, node, fx),
            Channel::Registration => self.registering.handle_connected(now, node, channel, fx),
            _ => {}
        }
    }

    /// The answer to one of its own requests.
    pub fn handle_answer(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        match (message.channel, source) {
            (Channel::Raft, _) => self.raft.handle_answer(now, source, message, fx),
            (Channel::Registration, ProcessId::Node(node)) => {
                let Body::Response(response) = message.body else { return };
                let accepted = matches!(&response, Response::ControllerRegistration(it) if it.error_code.is_none());
                self.registering.handle_response(node, message.channel, message.correlation_id, response);
                self.is_acknowledged |= accepted;
            }
            _ => {}
        }
        self.follow_quorum(now, fx);
        self.admit_waiting(now, fx);
        self.pursue_registration(now, fx);
    }

    pub fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        self.forget_peer(peer, channel);
        match (channel, peer) {
            (Channel::Raft, _) => self.raft.handle_disconnect(now, peer, fx),
            (Channel::Registration, ProcessId::Node(node)) => {
                self.registering.handle_disconnect(now, node, channel);
            }
            _ => {}
        }
        self.follow_quorum(now, fx);
        self.admit_waiting(now, fx);
        self.pursue_registration(now, fx);
    }

    /// Forgets the requests of a connection that is gone.
    pub fn forget_peer(&mut self, peer: ProcessId, channel: Channel) {
        let is_others = |reply: &ReplyTo| reply.to != peer || reply.channel != channel;
        self.deferred.retain(|deferred| is_others(&deferred.reply));
        self.waiting.retain(|(reply, _)| is_others(reply));
        if channel == Channel::Raft {
            self.raft.forget_fetches(peer);
        }
    }

    /// SIGTERM.
    pub fn begin_stop(&mut self, now: SimTime, fx: &mut Effects) {
        self.raft.begin_stop(now, fx);
        self.follow_quorum(now, fx);
    }

    /// A controller that stands by makes itself known to the active one (`ControllerRegistrationManager`).
    fn pursue_registration(&mut self, now: SimTime, fx: &mut Effects) {
        let Some(leader) = self.registers_with() else { return };
        let key = (leader, Channel::Registration);
        if self.registering.in_flight_count(key.0, key.1) == 0 && self.registering.ready(now, key.0, key.1, fx) {
            let request = self.registration_request();
            self.registering.send(now, key, request.into(), (), fx);
        }
    }

    fn registers_with(&self) -> Option<NodeId> {
        let leader = self.raft.leader().filter(|leader| *leader != self.id)?;
        let wants = !self.is_registered() && !self.is_acknowledged;
        (wants && self.raft.high_watermark().is_some()).then_some(leader)
    }

    fn registration_wake(&self, now: SimTime) -> Option<Wake> {
        let retry =
            self.registers_with().and_then(|leader| self.registering.retry_at(now, leader, Channel::Registration));
        let retry = retry.map(|at| Wake::new(at, WakeReason::ReconnectBackoff));
        Wake::earliest([retry, self.registering.poll_timeout()])
    }

    pub fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        if !self.has_begun {
            return Some(Wake::new(SimTime::default(), WakeReason::Startup));
        }
        let quorum = Wake::earliest([self.raft.poll_timeout(now), self.registration_wake(now)]);
        if !self.is_in_charge() {
            return quorum;
        }
        let sessions = self.sessions.values().filter(|session| session.is_tracked);
        Wake::earliest([
            quorum,
            Some(Wake::new(self.next_idle_record(), WakeReason::MetadataIdle)),
            Some(Wake::new(self.next_balance.min(self.next_unclean_election), WakeReason::Election)),
            sessions.map(|session| Wake::new(self.session_end(session), WakeReason::SessionTimeout)).min(),
        ])
    }

    fn next_idle_record(&self) -> SimTime {
        self.last_append + SimDuration::from_config_ms(self.settings.metadata_max_idle_interval_ms)
    }

    fn handle_allocate_producer_ids(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &crate::kafka::protocol::producer_ids::AllocateProducerIdsRequest,
        fx: &mut Effects,
    ) {
        use crate::kafka::protocol::metadata_records::ProducerIdsRecord;
        use crate::kafka::protocol::producer_ids::AllocateProducerIdsResponse;
        let known = self.image.brokers.get(&request.broker_id).is_some_and(|b| b.epoch == request.broker_epoch);
        let first = self.image.next_producer_id;
        let (error_code, length) =
            if known { (ErrorCode::None, PRODUCER_ID_BLOCK_SIZE) } else { (ErrorCode::StaleBrokerEpoch, 0) };
        if known {
            let record = ProducerIdsRecord {
                broker_id: request.broker_id,
                broker_epoch: request.broker_epoch,
                next_producer_id: first + i64::from(length),
            };
            self.commit(&[record.into()], now, fx);
            fx.event(Event::ProducerIdsAllocated { broker: request.broker_id, first, count: length });
        }
        let response = AllocateProducerIdsResponse {
            throttle_time_ms: 0,
            error_code,
            producer_id_start: first,
            producer_id_len: length,
        };
        reply.answer(response, fx);
    }
}

/// Producer ids handed to a broker at a time (`ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`).
const PRODUCER_ID_BLOCK_SIZE: i32 = 1_000;
