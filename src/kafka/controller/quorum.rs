//! Becoming active, and giving the metadata log to the brokers that observe it.

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{LeaderEpoch, NodeId, Uuid};
use crate::kafka::image::RESOURCE_BROKER;
use crate::kafka::java;
use crate::kafka::protocol::brokers::{BrokerFeature, BrokerListener};
use crate::kafka::protocol::fetch::{
    EpochEndOffset, FetchPartitionResponse, FetchRequest, FetchResponse, FetchableTopicResponse, SnapshotId,
};
use crate::kafka::protocol::metadata_records::{
    BeginTransactionRecord, ConfigRecord, EndTransactionRecord, FeatureLevelRecord, NoOpRecord,
    RegisterControllerRecord,
};
use crate::kafka::protocol::produce::LeaderIdAndEpoch;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::wire::Records;
use crate::kafka::record::{KraftVoters, LeaderChange, QuorumVoter, Voter, VoterEndpoint};
use crate::time::{SimDuration, SimTime};

use super::{Controller, ReplyTo};

/// The fixed topic id of `__cluster_metadata` (`Uuid.METADATA_TOPIC_ID`).
pub const METADATA_TOPIC_ID: Uuid = Uuid(1);

/// How long a quorum fetch waits for new records (`KafkaRaftClient.MAX_FETCH_WAIT_MS`).
const MAX_FETCH_WAIT: SimDuration = SimDuration::from_millis(500);

/// `controller` listener port of a node.
pub const CONTROLLER_PORT: u16 = 9093;

/// Features with the levels that a fresh 4.3 cluster is formatted with (facts/features.json).
pub const FEATURES: [(&str, i16, i16); 6] = [
    ("metadata.version", 7, 30),
    ("eligible.leader.replicas.version", 0, 1),
    ("group.version", 0, 1),
    ("share.version", 0, 1),
    ("streams.version", 0, 1),
    ("transaction.version", 0, 2),
];

/// A fetch of the metadata log that waits for records.
#[derive(Clone, Debug)]
pub struct HeldFetch {
    pub reply: ReplyTo,
    pub offset: i64,
    pub max_bytes: i32,
    pub deadline: SimTime,
}

pub fn no_op() -> MetadataRecord {
    NoOpRecord {}.into()
}

/// The features that a node supports.
fn supported_features() -> Vec<BrokerFeature> {
    let kraft = ("kraft.version", 0, 1);
    let row = |(name, min_supported_version, max_supported_version)| BrokerFeature {
        name: Arc::from(name),
        min_supported_version,
        max_supported_version,
    };
    FEATURES.into_iter().chain([kraft]).map(row).collect()
}

/// The features as a controller's registration lists them: in the order of a Java `HashMap`.
pub(super) fn controller_features() -> Vec<BrokerFeature> {
    let mut features = supported_features();
    let buckets = 16;
    features.sort_by_key(|feature| java::hash_map_bucket(java::string_hash(&feature.name), buckets));
    features
}

/// The features as a broker's registration lists them: in the order of one of Java's immutable maps. Where in its
/// table such a map begins is drawn anew in every process; this begins where a recorded broker did.
pub fn broker_features() -> Vec<BrokerFeature> {
    let mut features = supported_features();
    let (slots, first) = (2 * features.len() as i32, 1);
    features.sort_by_key(|feature| (java::string_hash(&feature.name).rem_euclid(slots) - first).rem_euclid(slots));
    features
}

impl Controller {
    /// The only voter elects itself, replays the log, and on a new cluster writes the bootstrap records.
    pub(super) fn become_active(&mut self, now: SimTime, fx: &mut Effects) {
        self.epoch += 1;
        let fresh = self.log.next_offset() == 0;
        fx.event(Event::ControllerBooted { node: self.id });
        self.replay_log(fx);
        for broker in self.image.unfenced_brokers().map(|broker| broker.id).collect::<Vec<_>>() {
            self.renew_session(broker, now);
        }
        self.next_balance = now + SimDuration::from_secs(self.settings.leader_imbalance_check_interval_seconds);
        self.next_unclean_election =
            now + SimDuration::from_config_ms(self.settings.unclean_leader_election_interval_ms);
        let batch = self.leader_change(now, fresh);
        self.log.append_batch(&batch, now);
        let (node, epoch, next_offset) = (self.id, self.epoch, self.log.next_offset());
        fx.event(Event::ControllerElected { node, epoch, next_offset, empty: fresh });
        if fresh {
            self.commit(&bootstrap_records(), now, fx);
        }
        self.commit(&[self.registration_record()], now, fx);
    }

    /// What an earlier life of the controller has decided.
    fn replay_log(&mut self, fx: &mut Effects) {
        for batch in self.log.read(0, i32::MAX) {
            for (offset, record) in (batch.base_offset()..).zip(super::metadata_log::decode_batch(&batch)) {
                let told = self.about(&record, offset);
                self.image.replay(&record);
                if !matches!(record, MetadataRecord::NoOp(_)) {
                    fx.event(Event::MetadataReplayed { record: Arc::new(told) });
                }
            }
        }
    }

    /// The control batch with which a Raft leader begins its epoch.
    /// On a fresh cluster it also repeats what the node was formatted with: kraft.version and the voters.
    fn leader_change(&self, now: SimTime, fresh: bool) -> crate::kafka::record::RecordBatch {
        let voters = vec![Voter { id: self.id, directory_id: self.directory_id }];
        let change =
            LeaderChange { version: 0, leader: self.id, voters: voters.clone(), granting_voters: voters.clone() };
        let (base_offset, now, epoch) = (self.log.next_offset(), now.as_epoch_ms(), LeaderEpoch(self.epoch));
        if !fresh {
            return change.batch(base_offset, now, epoch);
        }
        let listener = self.listener();
        let endpoints = vec![VoterEndpoint { name: listener.name, host: listener.host, port: listener.port }];
        let voters = voters.into_iter().map(|voter| QuorumVoter { voter, endpoints: endpoints.clone() }).collect();
        change.batch_of_new_quorum(base_offset, now, epoch, 1, &KraftVoters { voters })
    }

    fn listener(&self) -> BrokerListener {
        BrokerListener {
            name: Arc::from("CONTROLLER"),
            host: Arc::from(format!("controller-{}", self.id)),
            port: CONTROLLER_PORT,
            security_protocol: 0,
        }
    }

    fn registration_record(&self) -> MetadataRecord {
        let listener = self.listener();
        RegisterControllerRecord {
            controller_id: self.id,
            incarnation_id: self.incarnation_id,
            zk_migration_ready: false,
            end_points: vec![listener],
            features: controller_features(),
        }
        .into()
    }

    /// Answers at once when there is something new, else holds the request.
    pub(super) fn handle_metadata_fetch(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &FetchRequest,
        fx: &mut Effects,
    ) {
        let Some(partition) = request.topics.first().and_then(|topic| topic.partitions.first()) else {
            return fx.disconnect(reply.to, reply.channel);
        };
        let wait = SimDuration::from_config_ms(i64::from(request.max_wait_ms)).min(MAX_FETCH_WAIT);
        let held =
            HeldFetch { reply, offset: partition.fetch_offset, max_bytes: request.max_bytes, deadline: now + wait };
        if held.offset < self.log.next_offset() {
            self.answer_fetch(&held, fx);
        } else {
            self.held_fetches.push(held);
        }
    }

    pub(super) fn answer_held_fetches(&mut self, fx: &mut Effects) {
        for held in std::mem::take(&mut self.held_fetches) {
            self.answer_fetch(&held, fx);
        }
    }

    pub(super) fn expire_held_fetches(&mut self, now: SimTime, fx: &mut Effects) {
        let (expired, held) = std::mem::take(&mut self.held_fetches).into_iter().partition(|held| held.deadline <= now);
        self.held_fetches = held;
        let expired: Vec<HeldFetch> = expired;
        for held in expired {
            self.answer_fetch(&held, fx);
        }
    }

    /// Forgets the requests of a connection that is gone.
    pub fn forget_peer(&mut self, peer: crate::kafka::ids::ProcessId, channel: crate::kafka::protocol::Channel) {
        self.held_fetches.retain(|held| held.reply.to != peer || held.reply.channel != channel);
    }

    fn answer_fetch(&self, held: &HeldFetch, fx: &mut Effects) {
        let batches = self.log.read(held.offset, held.max_bytes);
        let partition = FetchPartitionResponse {
            partition_index: 0,
            error_code: ErrorCode::None,
            high_watermark: self.log.next_offset(),
            last_stable_offset: self.log.next_offset(),
            log_start_offset: 0,
            aborted_transactions: None,
            preferred_read_replica: NodeId(-1),
            records: Some(Records(batches)),
            diverging_epoch: EpochEndOffset { epoch: LeaderEpoch(-1), end_offset: -1 },
            current_leader: LeaderIdAndEpoch { leader_id: self.id, leader_epoch: LeaderEpoch(self.epoch) },
            snapshot_id: SnapshotId { end_offset: -1, epoch: LeaderEpoch(-1) },
        };
        let topic = FetchableTopicResponse { topic_id: METADATA_TOPIC_ID, partitions: vec![partition] };
        let response = FetchResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            session_id: 0,
            responses: vec![topic],
            node_endpoints: Vec::new(),
        };
        held.reply.answer(response, fx);
    }
}

/// What `kafka-storage format` leaves for the first controller to write.
fn bootstrap_records() -> Vec<MetadataRecord> {
    let mut records = vec![BeginTransactionRecord { name: Some(Arc::from("Bootstrap records")) }.into()];
    let level = |(name, _, level): (&str, i16, i16)| FeatureLevelRecord { name: Arc::from(name), feature_level: level };
    records.extend(FEATURES.into_iter().map(|row| level(row).into()));
    // Formatting under ELR gives the cluster a dynamic min.insync.replicas, so that a change of it is always a record.
    let min_isr = ConfigRecord {
        resource_type: RESOURCE_BROKER,
        resource_name: Arc::from(""),
        name: Arc::from("min.insync.replicas"),
        value: Some(Arc::from("1")),
    };
    records.push(min_isr.into());
    records.push(EndTransactionRecord {}.into());
    records
}
