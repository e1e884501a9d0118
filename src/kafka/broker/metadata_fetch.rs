//! Observing `__cluster_metadata`: the broker fetches it from the active controller, appends the batches to its own
//! copy and replays them; what they say about its partitions takes effect at once (`BrokerMetadataPublisher`).

use crate::kafka::client::connection::Outcome;
use crate::kafka::controller::metadata_log::decode_batch;
use crate::kafka::controller::quorum::METADATA_TOPIC_ID;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, Uuid};
use crate::kafka::protocol::fetch::{FetchPartition, FetchRequest, FetchTopic, ReplicaState};
use crate::kafka::protocol::{Channel, Response};
use crate::time::SimTime;

use super::{Broker, Purpose};

/// `KafkaRaftClient`: how long a fetch may wait at the leader, and how much it asks for.
const MAX_WAIT_MS: i32 = 500;
const MAX_BYTES: i32 = 8 * 1024 * 1024;

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
        self.network.send(now, to, request.into(), Purpose::ObserveMetadata, fx);
    }

    pub(super) fn handle_metadata_records(&mut self, now: SimTime, outcome: Outcome, fx: &mut Effects) {
        let Outcome::Answered(Response::Fetch(response)) = outcome else { return };
        let partitions = response.responses.into_iter().flat_map(|topic| topic.partitions);
        for batch in partitions.filter_map(|partition| partition.records).flat_map(|records| records.0) {
            self.disk.metadata_log.append_batch(&batch, now);
        }
        self.replay_metadata(now, fx);
    }

    /// Replays what its copy of the log has beyond the image. Also the first step after a restart.
    pub fn replay_metadata(&mut self, now: SimTime, fx: &mut Effects) {
        let batches = self.disk.metadata_log.read(self.image.next_offset, i32::MAX);
        if batches.is_empty() {
            return;
        }
        for batch in batches {
            for record in decode_batch(&batch) {
                self.image.replay(&record);
            }
            self.image.next_offset = batch.next_offset();
        }
        self.apply_image(now, fx);
        self.notice_progress(now);
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
