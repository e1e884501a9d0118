//! Observing `__cluster_metadata`: the broker fetches it from the active controller, appends the batches to its own
//! copy and replays them; what they say about its partitions takes effect at once (`BrokerMetadataPublisher`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kafka::client::connection::Outcome;
use crate::kafka::controller::metadata_log::decode_batch;
use crate::kafka::controller::quorum::METADATA_TOPIC_ID;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, Uuid};
use crate::kafka::image::RESOURCE_TOPIC;
use crate::kafka::protocol::fetch::{FetchPartition, FetchRequest, FetchTopic, ReplicaState};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::{Channel, Response};
use crate::time::SimTime;

use super::catalog::Touched;
use super::{Broker, Purpose};

/// `KafkaRaftClient`: how long a fetch may wait at the leader, and how much it asks for.
const MAX_WAIT_MS: i32 = 500;
const MAX_BYTES: i32 = 8 * 1024 * 1024;
/// `controller.quorum.request.timeout.ms`.
const REQUEST_TIMEOUT_MS: i64 = 2_000;

impl Broker {
    pub(super) fn pursue_metadata(&mut self, now: SimTime, fx: &mut Effects) {
        let to = (self.controller, Channel::Raft);
        let busy = self.network.in_flight_count(to.0, to.1) > 0;
        if busy || !self.network.ready(now, to.0, to.1, fx) {
            return;
        }
        let partition = FetchPartition {
            partition: 0,
            current_leader_epoch: LeaderEpoch(-1),
            fetch_offset: self.disk.metadata_log.next_offset(),
            last_fetched_epoch: LeaderEpoch(-1),
            log_start_offset: 0,
            partition_max_bytes: MAX_BYTES,
            replica_directory_id: self.disk.directory_id,
            high_watermark: self.disk.metadata_log.next_offset(),
        };
        let request = FetchRequest {
            max_wait_ms: MAX_WAIT_MS,
            min_bytes: 0,
            max_bytes: MAX_BYTES,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: vec![FetchTopic { topic_id: METADATA_TOPIC_ID, partitions: vec![partition] }],
            forgotten_topics_data: Vec::new(),
            rack_id: "".into(),
            cluster_id: Some(self.cluster_id.to_string().into()),
            replica_state: ReplicaState { replica_id: self.id, replica_epoch: BrokerEpoch(-1) },
        };
        self.network.send_within(now, to, request.into(), Purpose::ObserveMetadata, REQUEST_TIMEOUT_MS, fx);
    }

    pub(super) fn handle_metadata_records(&mut self, now: SimTime, outcome: Outcome, fx: &mut Effects) {
        let Outcome::Answered(Response::Fetch(response)) = outcome else { return };
        let partitions = response.responses.into_iter().flat_map(|topic| topic.partitions);
        for batch in partitions.filter_map(|partition| partition.records).flat_map(|records| records.0) {
            self.disk.metadata_log.append_batch(&batch, now);
        }
        let before = self.image.next_offset;
        if self.disk.metadata_log.next_offset() == before {
            return;
        }
        let known_topics = self.image.topic_names.keys().copied().collect();
        let touched = self.replay_metadata();
        self.notice_progress(now, before, fx);
        self.publish(now, touched, &known_topics, fx);
    }

    /// Acts upon what the metadata say, once the broker has caught up with its own registration: what an older image
    /// says that it leads, it may lead no more (`BrokerMetadataPublisher.onMetadataUpdate`).
    pub(super) fn publish(&mut self, now: SimTime, touched: Touched, known_topics: &BTreeSet<Uuid>, fx: &mut Effects) {
        if self.published {
            self.apply_image(now, &touched, known_topics, fx);
            return self.tell_configs(touched.configured, fx);
        }
        if !self.has_caught_up() {
            return;
        }
        // The first time all that the broker has is new to it.
        self.published = true;
        self.load_logs(now, fx);
        self.apply_image(now, &Touched::all(), &BTreeSet::new(), fx);
        let topics = self.image.configs.keys().filter(|(kind, _)| *kind == RESOURCE_TOPIC);
        let topics: Vec<Arc<str>> = topics.map(|(_, topic)| topic.clone()).collect();
        self.tell_configs(topics, fx);
    }

    /// Replays what its copy of the log has beyond the image; says what that concerns.
    pub(super) fn replay_metadata(&mut self) -> Touched {
        let mut touched = Touched::default();
        for batch in self.disk.metadata_log.read(self.image.next_offset, i32::MAX) {
            for record in decode_batch(&batch) {
                touched.configured.extend(self.topic_configured_by(&record));
                touched.note(&record);
                self.image.replay(&record);
            }
            self.image.next_offset = batch.next_offset();
        }
        touched
    }

    /// The topic whose overrides a record sets, or takes away with the topic.
    fn topic_configured_by(&self, record: &MetadataRecord) -> Option<Arc<str>> {
        match record {
            MetadataRecord::Config(config) if config.resource_type == RESOURCE_TOPIC => {
                Some(config.resource_name.clone())
            }
            MetadataRecord::RemoveTopic(removed) => {
                let name = self.image.topic_names.get(&removed.topic_id)?;
                self.image.configs.contains_key(&(RESOURCE_TOPIC, name.clone())).then(|| name.clone())
            }
            _ => None,
        }
    }

    pub(super) fn metadata_wake(&self, now: SimTime) -> Option<Wake> {
        let (node, channel) = (self.controller, Channel::Raft);
        if self.network.in_flight_count(node, channel) > 0 || self.network.is_connecting(node, channel) {
            return None;
        }
        let retry = self.network.retry_at(now, node, channel);
        Some(Wake::new(retry.unwrap_or_default(), WakeReason::ReconnectBackoff))
    }

    /// The directory of a replica, as the controller knows it.
    pub fn directory_of(&self, node: NodeId) -> Option<Uuid> {
        self.image.brokers.get(&node)?.directories.first().copied()
    }
}
