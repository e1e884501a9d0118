//! The active KRaft controller: it decides, appends the decision to `__cluster_metadata`, and applies it by replaying
//! what it appended. Nothing else changes its image.
//!
//! Simplification until there is a quorum: one voter, so a record is committed the moment it is appended, and the
//! voter elects itself at start.

pub mod alter_partition;
pub mod configs;
pub mod elect_leaders;
pub mod election;
pub mod metadata_log;
pub mod partition_change;
pub mod placement;
pub mod quorum;
pub mod reassignment;
pub mod registration;
pub mod topics;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, NodeId, ProcessId, Uuid};
use crate::kafka::image::MetadataImage;
use crate::kafka::protocol::apis::Listener;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::supported::api_versions;
use crate::kafka::protocol::versions::ApiVersionsRequest;
use crate::kafka::protocol::{Body, Channel, Message, Request, Response};
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

use metadata_log::MetadataLog;
use quorum::HeldFetch;
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

#[derive(Clone, Debug)]
pub struct Controller {
    pub id: NodeId,
    cluster_id: Uuid,
    incarnation_id: Uuid,
    directory_id: Uuid,
    pub settings: ControllerSettings,
    /// Raft leader epoch.
    pub epoch: i32,
    pub log: MetadataLog,
    pub image: MetadataImage,
    sessions: BTreeMap<NodeId, BrokerSession>,
    held_fetches: Vec<HeldFetch>,
    last_append: SimTime,
    /// When leaders are balanced, and when unclean elections are held, the next time.
    next_balance: SimTime,
    next_unclean_election: SimTime,
    /// The decision being committed is a preferred election.
    preferred_election: bool,
    rng: Rng,
}

impl Controller {
    /// A controller that starts on `log`, which survived its last life or is new.
    pub fn new(id: NodeId, cluster_id: Uuid, settings: ControllerSettings, log: MetadataLog, seed: u64) -> Controller {
        let mut rng = Rng::stream(seed, &format!("controller {id}"));
        let epoch = log.log.latest_epoch().map_or(0, |epoch| epoch.0);
        let incarnation_id = Uuid(rng.uuid());
        let directory_id = Uuid(rng.uuid());
        Controller {
            id,
            cluster_id,
            incarnation_id,
            directory_id,
            settings,
            epoch,
            log,
            image: MetadataImage::default(),
            sessions: BTreeMap::new(),
            held_fetches: Vec::new(),
            last_append: SimTime::default(),
            next_balance: SimTime::default(),
            next_unclean_election: SimTime::default(),
            preferred_election: false,
            rng,
        }
    }

    /// Appends decided records, applies them, and lets waiting observers have them.
    fn commit(&mut self, records: &[MetadataRecord], now: SimTime, fx: &mut Effects) {
        if records.is_empty() {
            return;
        }
        let first = self.log.append(records, LeaderEpoch(self.epoch), now);
        self.last_append = now;
        for (offset, record) in (first..).zip(records) {
            let told = self.about(record, offset);
            self.image.replay(record);
            self.tell(record, told, fx);
        }
        self.image.next_offset = self.log.next_offset();
        self.answer_held_fetches(fx);
    }

    pub fn handle_request(&mut self, now: SimTime, reply: ReplyTo, request: &Request, fx: &mut Effects) {
        match request {
            Request::ApiVersions(request) => self.handle_api_versions(reply, request, fx),
            Request::Fetch(request) => self.handle_metadata_fetch(now, reply, request, fx),
            Request::BrokerRegistration(request) => self.handle_registration(now, reply, request, fx),
            Request::BrokerHeartbeat(request) => self.handle_heartbeat(now, reply, request, fx),
            Request::CreateTopics(request) => self.handle_create_topics(now, reply, request, fx),
            Request::DeleteTopics(request) => self.handle_delete_topics(now, reply, request, fx),
            Request::CreatePartitions(request) => self.handle_create_partitions(now, reply, request, fx),
            Request::IncrementalAlterConfigs(request) => self.handle_alter_configs(now, reply, request, fx),
            Request::AlterPartition(request) => self.handle_alter_partition(now, reply, request, fx),
            Request::ElectLeaders(request) => self.handle_elect_leaders(now, reply, request, fx),
            Request::AlterPartitionReassignments(request) => {
                self.handle_alter_reassignments(now, reply, request, fx);
            }
            Request::ListPartitionReassignments(request) => self.handle_list_reassignments(reply, request, fx),
            Request::AllocateProducerIds(request) => self.handle_allocate_producer_ids(now, reply, request, fx),
            // The controller listener has none of the other APIs; Kafka closes such a connection.
            _ => fx.disconnect(reply.to, reply.channel),
        }
    }

    fn handle_api_versions(&self, reply: ReplyTo, _request: &ApiVersionsRequest, fx: &mut Effects) {
        let features = quorum::controller_features();
        reply.answer(api_versions(Listener::Controller, features, &self.image), fx);
    }

    pub fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        if self.epoch_not_begun() {
            self.become_active(now, fx);
        }
        self.fence_stale_brokers(now, fx);
        self.run_periodic_elections(now, fx);
        self.expire_held_fetches(now, fx);
        if self.next_idle_record() <= now {
            self.commit(&[quorum::no_op()], now, fx);
        }
    }

    pub fn poll_timeout(&self) -> Option<Wake> {
        if self.epoch_not_begun() {
            return Some(Wake::new(SimTime::default(), WakeReason::Startup));
        }
        let sessions = self.sessions.values().filter(|session| session.is_tracked);
        Wake::earliest([
            Some(Wake::new(self.next_idle_record(), WakeReason::MetadataIdle)),
            Some(Wake::new(self.next_balance.min(self.next_unclean_election), WakeReason::Election)),
            sessions.map(|session| Wake::new(self.session_end(session), WakeReason::SessionTimeout)).min(),
            self.held_fetches.iter().map(|held| Wake::new(held.deadline, WakeReason::FetchMaxWait)).min(),
        ])
    }

    fn next_idle_record(&self) -> SimTime {
        self.last_append + SimDuration::from_config_ms(self.settings.metadata_max_idle_interval_ms)
    }

    fn epoch_not_begun(&self) -> bool {
        self.last_append == SimTime::default()
    }

    fn handle_allocate_producer_ids(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &crate::kafka::protocol::producer_ids::AllocateProducerIdsRequest,
        fx: &mut Effects,
    ) {
        use crate::kafka::event::Event;
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
