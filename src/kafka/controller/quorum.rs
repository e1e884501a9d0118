//! Becoming active, standing by, and what a controller says of itself.

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, Uuid};
use crate::kafka::image::{MetadataImage, RESOURCE_BROKER};
use crate::kafka::java;
use crate::kafka::protocol::brokers::{BrokerFeature, BrokerListener};
use crate::kafka::protocol::metadata_records::{
    BeginTransactionRecord, ConfigRecord, EndTransactionRecord, FeatureLevelRecord, NoOpRecord,
    RegisterControllerRecord,
};
use crate::kafka::protocol::quorum::{ControllerRegistrationRequest, ControllerRegistrationResponse};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::time::{SimDuration, SimTime};

use super::refusal::not_controller;
use super::{Controller, DeferredAnswer, ReplyTo};

/// The fixed topic id of `__cluster_metadata` (`Uuid.METADATA_TOPIC_ID`).
pub const METADATA_TOPIC_ID: Uuid = Uuid(1);

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

/// Where a controller listens.
pub fn listener(id: NodeId) -> BrokerListener {
    BrokerListener {
        name: Arc::from("CONTROLLER"),
        host: Arc::from(format!("controller-{id}")),
        port: CONTROLLER_PORT,
        security_protocol: 0,
    }
}

impl Controller {
    /// Follows what the Raft layer has come to: replays what is committed, takes up the lead when the records of all
    /// earlier epochs are, and gives it up (`QuorumMetaLogListener`).
    pub(super) fn follow_quorum(&mut self, now: SimTime, fx: &mut Effects) {
        if self.claimed.is_some_and(|epoch| !self.raft.is_leader() || epoch != self.raft.epoch()) {
            self.renounce(fx);
        }
        if self.claimed.is_none() {
            self.replay_committed(fx);
            // The leader's first record is the last of what is committed now.
            if self.raft.is_leader() && self.raft.is_all_committed() {
                self.claim(now, fx);
            }
        }
        self.release_answers(fx);
    }

    /// Becomes the active controller; on a new cluster it writes the bootstrap records.
    fn claim(&mut self, now: SimTime, fx: &mut Effects) {
        self.claimed = Some(self.raft.epoch());
        for broker in self.image.brokers.values().map(|broker| broker.id).collect::<Vec<_>>() {
            self.renew_session(broker, now);
        }
        self.last_append = now;
        self.next_balance = now + SimDuration::from_secs(self.settings.leader_imbalance_check_interval_seconds);
        self.next_unclean_election =
            now + SimDuration::from_config_ms(self.settings.unclean_leader_election_interval_ms);
        let (node, epoch, next_offset) = (self.id, self.epoch(), self.log().next_offset());
        let empty = self.image.features.is_empty();
        fx.event(Event::ControllerElected { node, epoch, next_offset, empty });
        if empty {
            self.commit(&bootstrap_records(), now, fx);
        }
        if !self.is_registered() {
            self.commit(&[self.registration_record()], now, fx);
        }
    }

    /// Is active no more: what was decided and is not committed has not happened; who waits for it asks again, somebody
    /// else (`QuorumController.renounce`).
    fn renounce(&mut self, fx: &mut Effects) {
        self.claimed = None;
        self.sessions.clear();
        for waiting in std::mem::take(&mut self.deferred) {
            waiting.reply.answer(not_controller(&waiting.request), fx);
        }
        fx.event(Event::ControllerRenounced { node: self.id });
        let committed = self.raft.high_watermark().unwrap_or(0);
        if self.image.next_offset > committed {
            self.image = MetadataImage::default();
            for batch in self.log().committed_from(0).collect::<Vec<_>>() {
                super::metadata_log::decode_batch(&batch).iter().for_each(|record| self.image.replay(record));
                self.image.next_offset = batch.next_offset();
            }
        }
    }

    /// What another controller, or an earlier life of this one, has decided.
    fn replay_committed(&mut self, fx: &mut Effects) {
        if self.raft.high_watermark().is_none_or(|committed| committed <= self.image.next_offset) {
            return;
        }
        for batch in self.log().committed_from(self.image.next_offset).collect::<Vec<_>>() {
            for (offset, record) in (batch.base_offset()..).zip(super::metadata_log::decode_batch(&batch)) {
                let told = self.about(&record, offset);
                self.image.replay(&record);
                if !matches!(record, MetadataRecord::NoOp(_)) {
                    fx.event(Event::MetadataReplayed { record: Arc::new(told) });
                }
            }
            self.image.next_offset = batch.next_offset();
        }
    }

    /// Answers those whose decisions are committed.
    fn release_answers(&mut self, fx: &mut Effects) {
        let Some(committed) = self.raft.high_watermark() else { return };
        let (ready, waiting) = std::mem::take(&mut self.deferred).into_iter().partition(|d| d.offset <= committed);
        self.deferred = waiting;
        let ready: Vec<DeferredAnswer> = ready;
        for deferred in ready {
            fx.send(deferred.reply.to, deferred.answer);
        }
    }

    /// This process of this controller stands in the log.
    pub(super) fn is_registered(&self) -> bool {
        self.image.controllers.get(&self.id) == Some(&self.incarnation_id)
    }

    fn registration_record(&self) -> MetadataRecord {
        RegisterControllerRecord {
            controller_id: self.id,
            incarnation_id: self.incarnation_id,
            zk_migration_ready: false,
            end_points: vec![listener(self.id)],
            features: controller_features(),
        }
        .into()
    }

    pub(super) fn registration_request(&self) -> ControllerRegistrationRequest {
        ControllerRegistrationRequest {
            controller_id: self.id,
            incarnation_id: self.incarnation_id,
            zk_migration_ready: false,
            listeners: vec![listener(self.id)],
            features: controller_features(),
        }
    }

    /// Another controller's process has started.
    pub(super) fn handle_controller_registration(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &ControllerRegistrationRequest,
        fx: &mut Effects,
    ) {
        let record = RegisterControllerRecord {
            controller_id: request.controller_id,
            incarnation_id: request.incarnation_id,
            zk_migration_ready: request.zk_migration_ready,
            end_points: request.listeners.clone(),
            features: request.features.clone(),
        };
        self.commit(&[record.into()], now, fx);
        let (throttle_time_ms, error_code) = (0, ErrorCode::None);
        reply.answer(ControllerRegistrationResponse { throttle_time_ms, error_code, error_message: None }, fx);
    }

    /// What the leader knows of the others (`kafka-metadata-quorum describe`).
    pub(super) fn handle_describe_quorum(&self, now: SimTime, reply: ReplyTo, fx: &mut Effects) {
        reply.answer(self.raft.describe(now), fx);
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
