//! Pulling the log: fetching, truncating where it parts from the leader's, learning what is committed.

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId};
use crate::kafka::protocol::Channel;
use crate::kafka::protocol::fetch::{
    EpochEndOffset, FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, FetchTopic, ReplicaState,
};
use crate::time::{SimDuration, SimTime};

use super::super::quorum::METADATA_TOPIC_ID;
use super::role::Role;
use super::{Asked, RaftClient};

/// How long a fetch may wait at the leader, and how much it asks for (`KafkaRaftClient`).
const MAX_WAIT_MS: i32 = 500;
const MAX_BYTES: i32 = 8 * 1024 * 1024;

impl RaftClient {
    /// True while a fetch is on its way, to whomever.
    pub(super) fn is_fetching(&self) -> bool {
        self.network.purposes_in_flight().any(|asked| matches!(asked, Asked::Fetch { .. }))
    }

    /// Whom to fetch from: the leader; while it cannot be reached, or when none is known, any voter may know more.
    pub(super) fn fetch_target(&self, now: SimTime) -> Option<NodeId> {
        if self.is_fetching() {
            return None;
        }
        if self.upstream.is_some() {
            return self.upstream;
        }
        let reachable = |node: NodeId| {
            let backs_off = self.backoffs.get(&node).is_some_and(|until| *until > now);
            !backs_off && self.network.retry_at(now, node, Channel::Raft).is_none()
        };
        let follows = match &self.role {
            Role::Follower { fetch_deadline, .. } => {
                self.leader().filter(|leader| reachable(*leader) && (self.is_voter() || *fetch_deadline > now))
            }
            _ => None,
        };
        if follows.is_some() {
            return follows;
        }
        let others: Vec<NodeId> = self.other_voters().map(|voter| voter.id).filter(|id| reachable(*id)).collect();
        let next = self.attempts as usize % others.len().max(1);
        let connected = others.iter().find(|id| self.network.is_connecting(**id, Channel::Raft));
        connected.or(others.get(next)).copied()
    }

    pub(super) fn fetch_request(&self) -> FetchRequest {
        let log = &self.disk.log;
        let partition = FetchPartition {
            partition: 0,
            current_leader_epoch: LeaderEpoch(self.epoch()),
            fetch_offset: log.next_offset(),
            last_fetched_epoch: log.log.latest_epoch().unwrap_or(LeaderEpoch(0)),
            log_start_offset: 0,
            partition_max_bytes: MAX_BYTES,
            replica_directory_id: self.disk.directory_id,
            high_watermark: self.high_watermark.unwrap_or(-1),
        };
        FetchRequest {
            max_wait_ms: MAX_WAIT_MS,
            min_bytes: 0,
            max_bytes: MAX_BYTES,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: vec![FetchTopic { topic_id: METADATA_TOPIC_ID, partitions: vec![partition] }],
            forgotten_topics_data: Vec::new(),
            rack_id: "".into(),
            cluster_id: self.cluster_text(),
            replica_state: ReplicaState { replica_id: self.id, replica_epoch: BrokerEpoch(-1) },
        }
    }

    /// Says whether the answer was of use.
    pub(super) fn handle_fetched(
        &mut self,
        now: SimTime,
        node: NodeId,
        epoch: i32,
        response: FetchResponse,
        fx: &mut Effects,
    ) -> bool {
        let partition = response.responses.into_iter().flat_map(|topic| topic.partitions).next();
        let Some(partition) = partition.filter(|_| response.error_code == ErrorCode::None) else { return false };
        let told = partition.current_leader.clone();
        if self.learn(now, told.leader_epoch.0, Some(told.leader_id), fx) && self.upstream.is_none() {
            return true;
        }
        let from_leader = self.upstream == Some(node) || self.leader() == Some(node) && epoch == self.epoch();
        if partition.error_code != ErrorCode::None || !from_leader {
            return false;
        }
        if !matches!(self.role, Role::Follower { .. }) && self.upstream.is_none() {
            return true;
        }
        if partition.diverging_epoch.epoch.0 >= 0 {
            self.truncate(now, partition.diverging_epoch, fx);
        } else {
            self.take_records(now, partition, fx);
        }
        let deadline = now + SimDuration::from_config_ms(self.settings.fetch_timeout_ms);
        if let Role::Follower { fetch_deadline, has_fetched } = &mut self.role {
            (*fetch_deadline, *has_fetched) = (deadline, true);
        }
        true
    }

    fn take_records(&mut self, now: SimTime, partition: FetchPartitionResponse, fx: &mut Effects) {
        for batch in partition.records.into_iter().flat_map(|records| records.0) {
            self.disk.log.append_batch(&batch, now);
        }
        let committed = partition.high_watermark.min(self.disk.log.next_offset());
        if committed >= 0 && self.high_watermark.is_none_or(|known| committed > known) {
            if self.high_watermark.is_none() {
                self.note_followed_high_watermark(committed, fx);
            }
            self.high_watermark = Some(committed);
            self.disk.log.log.set_high_watermark(committed);
        }
    }

    /// What lies behind the point where the logs part goes; it was never committed.
    fn truncate(&mut self, now: SimTime, diverging: EpochEndOffset, fx: &mut Effects) {
        let log = &self.disk.log.log;
        let to = match log.end_offset_for_epoch(diverging.epoch) {
            Some((epoch, end)) if epoch == diverging.epoch => end.min(diverging.end_offset),
            Some((_, end)) => end,
            None => diverging.end_offset.min(log.log_end_offset()),
        };
        assert!(self.high_watermark.is_none_or(|committed| to >= committed), "what is committed is never cut off");
        self.disk.log.log.truncate_to(to, now);
        fx.event(Event::QuorumLogTruncated { node: self.id, to });
    }
}
