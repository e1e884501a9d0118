//! The follower's side of replication: one fetcher for each leader broker asks for what comes behind its own logs' ends,
//! appends it, and cuts its log where the leader's epochs diverge (`ReplicaFetcherThread`, `AbstractFetcherThread`,
//! KIP-101, KIP-279, KIP-595).
//!
//! Simplification: every fetch names all partitions of the leader, in the order of their names; there are no fetch
//! sessions and no throttling of replication.

use std::collections::BTreeMap;

use crate::kafka::client::connection::Outcome;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::event::detail::StartReason;
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition, Uuid};
use crate::kafka::java;
use crate::kafka::log::PartitionLog;
use crate::kafka::protocol::fetch::*;
use crate::kafka::protocol::list_offsets::*;
use crate::kafka::protocol::{Channel, Response};
use crate::kafka::record::RecordBatch;
use crate::kafka::seeded::SeededBug;
use crate::time::{SimDuration, SimTime};

use super::list_offsets::{EARLIEST_LOCAL, LATEST};
use super::partition::{Following, Partition};
use super::{Broker, Purpose};

/// What a fetch asked for a partition: nothing may have changed when its answer is taken.
#[derive(Clone, PartialEq, Debug)]
pub struct FetchedPartition {
    pub tp: TopicPartition,
    pub leader_epoch: LeaderEpoch,
    pub fetch_offset: i64,
}

/// A leader and the number of the fetcher that follows it.
pub type FetcherKey = (NodeId, u8);

impl Broker {
    /// `replicaFetcherManager.getFetcherId`: the same for a partition on every broker.
    fn fetcher_of(&self, tp: &TopicPartition, leader: NodeId) -> FetcherKey {
        let hash = java::string_hash(&tp.topic).wrapping_mul(31).wrapping_add(tp.partition);
        // Java's abs of the smallest number is itself; Kafka's `Utils.abs` makes it 0.
        let positive = hash.checked_abs().unwrap_or(0);
        (leader, (positive % self.settings.num_replica_fetchers.clamp(1, 127)) as u8)
    }

    /// Two brokers follow each other on two connections; the channel's number tells them apart.
    fn fetcher_channel(&self, (leader, number): FetcherKey) -> Channel {
        Channel::Fetcher(2 * number + u8::from(self.id < leader))
    }

    pub(super) fn begin_fetching(&mut self, tp: &TopicPartition, leader: NodeId) {
        let key = self.fetcher_of(tp, leader);
        self.fetchers.entry(key).or_default().insert(tp.clone());
    }

    pub(super) fn forget_fetching(&mut self, tp: &TopicPartition) {
        for partitions in self.fetchers.values_mut() {
            partitions.remove(tp);
        }
        self.fetchers.retain(|_, partitions| !partitions.is_empty());
    }

    fn following(&self, tp: &TopicPartition) -> Option<&Following> {
        match &self.partitions.get(tp)?.role {
            super::partition::Role::Follower(following) => Some(following),
            _ => None,
        }
    }

    /// Sends the next fetch of every fetcher that is idle and has something to ask.
    pub(super) fn pursue_replication(&mut self, now: SimTime, fx: &mut Effects) {
        for key in self.fetchers.keys().copied().collect::<Vec<_>>() {
            let (leader, channel) = (key.0, self.fetcher_channel(key));
            let asked = match self.network.in_flight_count(leader, channel) {
                0 => self.fetchable_now(now, key),
                _ => continue,
            };
            if asked.is_empty() || !self.network.ready(now, leader, channel, fx) {
                continue;
            }
            let request = self.replica_fetch(&asked);
            self.network.send(now, (leader, channel), request.into(), Purpose::FetchReplicas(asked), fx);
        }
    }

    fn fetchable_now(&self, now: SimTime, key: FetcherKey) -> Vec<FetchedPartition> {
        let row = |tp: &TopicPartition| {
            let following = self.following(tp).filter(|f| !f.failed && !f.asking && f.retry_at <= now)?;
            let fetch_offset = self.disk.logs[tp].log.log_end_offset();
            Some(FetchedPartition { tp: tp.clone(), leader_epoch: following.leader_epoch, fetch_offset })
        };
        self.fetchers[&key].iter().filter_map(row).collect()
    }

    fn replica_fetch(&self, asked: &[FetchedPartition]) -> FetchRequest {
        let mut topics: BTreeMap<Uuid, Vec<FetchPartition>> = BTreeMap::new();
        for part in asked {
            let log = &self.disk.logs[&part.tp].log;
            topics.entry(self.partitions[&part.tp].topic_id).or_default().push(FetchPartition {
                partition: part.tp.partition,
                current_leader_epoch: part.leader_epoch,
                fetch_offset: part.fetch_offset,
                last_fetched_epoch: log.latest_epoch().unwrap_or(LeaderEpoch(-1)),
                log_start_offset: log.log_start_offset(),
                partition_max_bytes: self.settings.replica_fetch_max_bytes,
                replica_directory_id: Uuid::ZERO,
                high_watermark: i64::MAX,
            });
        }
        FetchRequest {
            max_wait_ms: self.settings.replica_fetch_wait_max_ms,
            min_bytes: self.settings.replica_fetch_min_bytes,
            max_bytes: self.settings.replica_fetch_response_max_bytes,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: topics.into_iter().map(|(topic_id, partitions)| FetchTopic { topic_id, partitions }).collect(),
            forgotten_topics_data: Vec::new(),
            rack_id: "".into(),
            cluster_id: None,
            replica_state: ReplicaState { replica_id: self.id, replica_epoch: self.epoch },
        }
    }

    fn backoff_from(&self, now: SimTime) -> SimTime {
        now + SimDuration::from_config_ms(i64::from(self.settings.replica_fetch_backoff_ms))
    }

    pub(super) fn handle_fetched(
        &mut self,
        now: SimTime,
        leader: NodeId,
        asked: Vec<FetchedPartition>,
        outcome: Outcome,
        fx: &mut Effects,
    ) {
        let Outcome::Answered(Response::Fetch(response)) = outcome else {
            let retry_at = self.backoff_from(now);
            for part in asked {
                self.delay(&part.tp, leader, retry_at);
            }
            return;
        };
        let mut answers = BTreeMap::new();
        for topic in response.responses {
            for partition in topic.partitions {
                answers.insert((topic.topic_id, partition.partition_index), partition);
            }
        }
        for part in asked {
            let Some(topic_id) = self.partitions.get(&part.tp).map(|partition| partition.topic_id) else { continue };
            let unchanged = |following: &Following| {
                SeededBug::LateAnswerAppended.is_planted()
                    || following.leader == leader && following.leader_epoch == part.leader_epoch && !following.asking
            };
            let same_end = self.disk.logs.get(&part.tp).is_some_and(|s| s.log.log_end_offset() == part.fetch_offset);
            if !same_end || !self.following(&part.tp).is_some_and(unchanged) {
                continue;
            }
            match answers.remove(&(topic_id, part.tp.partition)) {
                Some(answer) => self.take_fetched(now, leader, &part, answer, fx),
                None => self.delay(&part.tp, leader, self.backoff_from(now)),
            }
        }
        self.check_held_fetches(fx);
    }

    fn delay(&mut self, tp: &TopicPartition, leader: NodeId, until: SimTime) {
        let following = self.partitions.get_mut(tp).and_then(Partition::following_mut);
        if let Some(following) = following.filter(|following| following.leader == leader) {
            following.retry_at = until;
        }
    }

    fn take_fetched(
        &mut self,
        now: SimTime,
        leader: NodeId,
        part: &FetchedPartition,
        answer: FetchPartitionResponse,
        fx: &mut Effects,
    ) {
        match answer.error_code {
            ErrorCode::None if answer.diverging_epoch.epoch.0 >= 0 => {
                self.truncate_diverging(now, &part.tp, answer.diverging_epoch, fx);
            }
            ErrorCode::None => self.append_fetched(now, leader, &part.tp, answer, fx),
            ErrorCode::OffsetOutOfRange => self.ask_for_range(now, leader, &part.tp, LATEST, fx),
            // The leader is ahead in time: the metadata will say of which epoch.
            ErrorCode::FencedLeaderEpoch => {
                let following = self.partitions.get_mut(&part.tp).and_then(Partition::following_mut);
                following.expect("just checked").failed = true;
            }
            _ => self.delay(&part.tp, leader, self.backoff_from(now)),
        }
    }

    fn append_fetched(
        &mut self,
        now: SimTime,
        leader: NodeId,
        tp: &TopicPartition,
        answer: FetchPartitionResponse,
        fx: &mut Effects,
    ) {
        let batches = answer.records.map(|records| records.0).unwrap_or_default();
        let log = &mut self.disk.logs.get_mut(tp).expect("a follower has a log").log;
        let (base_offset, log_start_offset) = (log.log_end_offset(), log.log_start_offset());
        let mut appended = log.append_as_follower(&batches, now);
        if let Some(first_offset) = begins_before(log, &batches) {
            log.truncate_fully_and_start_at(first_offset, None, now);
            let (broker, tp) = (self.id, tp.clone());
            fx.event(Event::LogRestarted { broker, tp, first_offset, log_start_offset });
            appended = log.append_as_follower(&batches, now);
        }
        if appended.is_err() {
            return self.delay(tp, leader, self.backoff_from(now));
        }
        let base_offset = base_offset.min(batches.first().map_or(base_offset, RecordBatch::base_offset));
        let before = log.high_watermark();
        let committed = if SeededBug::FollowerCommitsItsEnd.is_planted() { i64::MAX } else { answer.high_watermark };
        let high_watermark = log.set_high_watermark(committed);
        // What the leader deleted goes here too; beyond the own high watermark it waits for the next answer.
        let start_moved = log.maybe_increment_log_start_offset(answer.log_start_offset).is_ok_and(|moved| moved);
        let last_offset = log.log_end_offset() - 1;
        let broker = self.id;
        if start_moved {
            let (tp, log_start_offset, reason) = (tp.clone(), answer.log_start_offset, StartReason::LeaderIncrement);
            fx.event(Event::LogStartAdvanced { broker, tp, log_start_offset, reason });
        }
        if last_offset >= base_offset {
            fx.event(Event::Replicated { broker, tp: tp.clone(), base_offset, last_offset });
        }
        if high_watermark > before {
            fx.event(Event::HighWatermarkAdvanced { broker, tp: tp.clone(), high_watermark });
        }
    }

    fn truncate_diverging(&mut self, now: SimTime, tp: &TopicPartition, leader: EpochEndOffset, fx: &mut Effects) {
        let log = &mut self.disk.logs.get_mut(tp).expect("a follower has a log").log;
        let to = match () {
            () if SeededBug::NoTruncation.is_planted() => log.log_end_offset(),
            () if SeededBug::TruncationByHighWatermark.is_planted() => log.high_watermark(),
            () => truncation_offset(log, leader),
        };
        if log.truncate_to(to, now) {
            fx.event(Event::LogTruncated { broker: self.id, tp: tp.clone(), to });
        }
    }

    /// The fetch offset was out of the leader's range: asks where its log ends, and then where it begins.
    fn ask_for_range(&mut self, now: SimTime, leader: NodeId, tp: &TopicPartition, timestamp: i64, fx: &mut Effects) {
        let key = self.fetcher_of(tp, leader);
        let Some(following) = self.partitions.get_mut(tp).and_then(Partition::following_mut) else { return };
        following.asking = true;
        let leader_epoch = following.leader_epoch;
        let partition =
            ListOffsetsPartition { partition_index: tp.partition, current_leader_epoch: leader_epoch, timestamp };
        let request = ListOffsetsRequest {
            replica_id: self.id,
            isolation_level: 0,
            topics: vec![ListOffsetsTopic { name: tp.topic.clone(), partitions: vec![partition] }],
            timeout_ms: 0,
        };
        let purpose = Purpose::AskRange { tp: tp.clone(), leader_epoch, timestamp };
        self.network.send(now, (leader, self.fetcher_channel(key)), request.into(), purpose, fx);
    }

    pub(super) fn handle_range(
        &mut self,
        now: SimTime,
        leader: NodeId,
        (tp, leader_epoch, timestamp): (TopicPartition, LeaderEpoch, i64),
        outcome: Outcome,
        fx: &mut Effects,
    ) {
        let retry_at = self.backoff_from(now);
        let following = self.partitions.get_mut(&tp).and_then(Partition::following_mut);
        let following =
            following.filter(|following| following.leader == leader && following.leader_epoch == leader_epoch);
        let Some(following) = following else { return };
        following.asking = false;
        let answered = match outcome {
            Outcome::Answered(Response::ListOffsets(response)) => response.topics.into_iter().next(),
            _ => None,
        };
        let row = answered.and_then(|topic| topic.partitions.into_iter().next());
        let Some(row) = row.filter(|row| row.error_code == ErrorCode::None) else {
            following.retry_at = retry_at;
            return;
        };
        let log = &mut self.disk.logs.get_mut(&tp).expect("a follower has a log").log;
        let log_end_offset = log.log_end_offset();
        if timestamp == LATEST && row.offset >= log_end_offset {
            return self.ask_for_range(now, leader, &tp, EARLIEST_LOCAL, fx);
        }
        let to = row.offset;
        if timestamp == LATEST {
            // The leader's log is shorter: it was elected uncleanly.
            if SeededBug::LongerLogKept.is_planted() {
                return;
            }
            log.truncate_to(to, now);
        } else if to > log_end_offset {
            log.truncate_fully_and_start_at(to, None, now);
        } else {
            return;
        }
        fx.event(Event::LogTruncated { broker: self.id, tp, to });
    }

    pub(super) fn replication_wake(&self, now: SimTime) -> Option<Wake> {
        let row = |(leader, number): &FetcherKey| {
            let channel = self.fetcher_channel((*leader, *number));
            let busy =
                self.network.in_flight_count(*leader, channel) > 0 || self.network.is_connecting(*leader, channel);
            if busy {
                return None;
            }
            let waiting = self.fetchers[&(*leader, *number)].iter().filter_map(|tp| self.following(tp));
            let due = waiting.filter(|f| !f.failed && !f.asking).map(|following| following.retry_at).min()?;
            let connection = self.network.retry_at(now, *leader, channel).unwrap_or_default();
            Some(Wake::new(due.max(connection), WakeReason::FetchRetry))
        };
        self.fetchers.keys().filter_map(row).min()
    }
}

/// Where the batch begins in which an empty log is to start: the leader's log start may lie in the middle of one, because
/// of DeleteRecords (`Partition.appendRecordsToFollowerOrFutureReplica`).
fn begins_before(log: &PartitionLog, batches: &[RecordBatch]) -> Option<i64> {
    let (first, last) = (batches.first()?.base_offset(), batches.last()?.last_offset());
    let end = log.log_end_offset();
    (log.log_start_offset() == end && first < end && last >= end).then_some(first)
}

/// Where a follower cuts its log, when the leader says where an epoch of it ends. If the follower does not know that
/// epoch, it goes back to the end of an earlier one and asks again.
fn truncation_offset(log: &PartitionLog, leader: EpochEndOffset) -> i64 {
    let log_end_offset = log.log_end_offset();
    match log.end_offset_for_epoch(leader.epoch) {
        Some((epoch, end)) if epoch == leader.epoch => end.min(leader.end_offset).min(log_end_offset),
        Some((_, end)) => end.min(log_end_offset),
        None => leader.end_offset.min(log_end_offset),
    }
}
