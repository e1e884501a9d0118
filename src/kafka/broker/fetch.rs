//! Fetch with long polling: read, and if there is less than `min_bytes`, wait in purgatory for appends
//! (`ReplicaManager.fetchMessages`, `DelayedFetch`).
//!
//! Simplification: fetch sessions (KIP-227) are not made; every fetch names all its partitions, as a client with
//! session id 0 and epoch -1 does.

use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition, Uuid};
use crate::kafka::log::{OffsetOutOfRange, PartitionLog, ReadBound};
use crate::kafka::protocol::fetch::*;
use crate::kafka::protocol::produce::LeaderIdAndEpoch;
use crate::kafka::protocol::wire::Records;
use crate::kafka::seeded::SeededBug;
use crate::time::{SimDuration, SimTime};

use super::partition::Role;
use super::{Broker, Caller};

/// A fetch that waits for more bytes.
#[derive(Clone, Debug)]
pub struct HeldFetch {
    pub caller: Caller,
    pub request: FetchRequest,
    pub deadline: SimTime,
}

/// What one reading of all partitions gave.
struct Reading {
    responses: Vec<FetchableTopicResponse>,
    bytes: i32,
    /// An error, a divergence, or an offset that no append can satisfy: there is nothing to wait for.
    is_decided: bool,
}

impl Broker {
    pub(super) fn handle_fetch(&mut self, now: SimTime, caller: Caller, mut request: FetchRequest, fx: &mut Effects) {
        // Nobody waits for more than an answer may hold.
        request.max_bytes = request.max_bytes.min(self.settings.fetch_max_bytes);
        request.min_bytes = request.min_bytes.min(request.max_bytes);
        let reading = self.read_partitions(&request);
        // What a follower's fetch says counts after the reading: its answer still carries the old high watermark.
        self.note_fetching_follower(now, &request, &reading, fx);
        let satisfied = reading.bytes >= request.min_bytes || reading.is_decided || request.max_wait_ms <= 0;
        if satisfied || request.topics.is_empty() {
            return self.answer_fetch(&caller, reading, fx);
        }
        let deadline = now + SimDuration::from_config_ms(i64::from(request.max_wait_ms));
        fx.event(Event::FetchHeld { broker: self.id, source: caller.process });
        self.held_fetches.push(HeldFetch { caller, request, deadline });
    }

    fn read_partitions(&self, request: &FetchRequest) -> Reading {
        let mut reading = Reading { responses: Vec::new(), bytes: 0, is_decided: false };
        for topic in &request.topics {
            let mut partitions = Vec::new();
            for asked in &topic.partitions {
                let room = (request.max_bytes - reading.bytes).max(0);
                // The first batch of the whole response comes however large it is, so that a client makes progress.
                let min_one = reading.bytes == 0;
                let replica = &request.replica_state;
                let response = self.read_partition(topic.topic_id, asked, replica, room, min_one);
                reading.bytes += response.records.as_ref().map_or(0, Records::size_in_bytes);
                let above = replica.replica_id.0 < 0
                    && response.error_code == ErrorCode::None
                    && asked.fetch_offset > response.high_watermark;
                reading.is_decided |=
                    response.error_code != ErrorCode::None || response.diverging_epoch.epoch.0 >= 0 || above;
                partitions.push(response);
            }
            reading.responses.push(FetchableTopicResponse { topic_id: topic.topic_id, partitions });
        }
        reading
    }

    fn read_partition(
        &self,
        topic_id: Uuid,
        asked: &FetchPartition,
        replica: &ReplicaState,
        room: i32,
        min_one: bool,
    ) -> FetchPartitionResponse {
        let mut response = empty_response(asked.partition);
        let tp = match self.fetchable(topic_id, asked, replica) {
            Ok(tp) => tp,
            Err(error) => {
                response.error_code = error;
                if matches!(error, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch) {
                    response.current_leader = self.current_leader(topic_id, asked.partition);
                }
                return response;
            }
        };
        let log = &self.disk.logs[&tp].log;
        let max_bytes = room.min(asked.partition_max_bytes);
        let to_the_end = replica.replica_id.0 >= 0 || SeededBug::ConsumersReadToTheEnd.is_planted();
        let bound = if to_the_end { ReadBound::LogEnd } else { ReadBound::HighWatermark };
        let read = match diverging(log, asked) {
            Ok(Some(end)) => {
                response.diverging_epoch = end;
                Ok(Vec::new())
            }
            Ok(None) => log.read(asked.fetch_offset, max_bytes, bound, min_one).map(|read| read.batches),
            Err(error) => Err(error),
        };
        match read {
            Ok(batches) => {
                response.records = Some(Records(batches));
                response.high_watermark = log.high_watermark();
                response.last_stable_offset = log.last_stable_offset();
                response.log_start_offset = log.log_start_offset();
            }
            Err(_) => response.error_code = ErrorCode::OffsetOutOfRange,
        }
        response
    }

    /// The checks that precede reading: known, led here, and asked for in the right epoch.
    fn fetchable(
        &self,
        topic_id: Uuid,
        asked: &FetchPartition,
        replica: &ReplicaState,
    ) -> Result<TopicPartition, ErrorCode> {
        let tp = self.resolve(topic_id, asked.partition)?;
        if replica.replica_id.0 >= 0 {
            if !SeededBug::FetchEpochUnchecked.is_planted() {
                self.check_leader_epoch(&tp, asked.current_leader_epoch)?;
            }
            self.check_follower(&tp, replica, asked)?;
        } else {
            // Consumers may read from any replica (KIP-392).
            let partition = self.partitions.get(&tp).filter(|partition| partition.role != Role::Offline);
            let partition = partition.ok_or(ErrorCode::NotLeaderOrFollower)?;
            check_epoch(partition.leader_epoch, asked.current_leader_epoch)?;
        }
        Ok(tp)
    }

    /// Tells the leader's replication what a follower's fetch says of it; a fetch that diverges says nothing.
    fn note_fetching_follower(&mut self, now: SimTime, request: &FetchRequest, reading: &Reading, fx: &mut Effects) {
        let replica = &request.replica_state;
        if replica.replica_id.0 < 0 {
            return;
        }
        for (topic, answered) in request.topics.iter().zip(&reading.responses) {
            for (asked, answer) in topic.partitions.iter().zip(&answered.partitions) {
                let counts = answer.error_code == ErrorCode::None && answer.diverging_epoch.epoch.0 < 0;
                if let (true, Ok(tp)) = (counts, self.resolve(topic.topic_id, asked.partition)) {
                    self.note_follower_fetch(now, &tp, replica, asked, fx);
                }
            }
        }
    }

    /// Compares the epoch that a client believes in with the leader's; -1 means that the client does not care.
    pub(super) fn check_leader_epoch(&self, tp: &TopicPartition, current: LeaderEpoch) -> Result<(), ErrorCode> {
        let leader_epoch = self.led(tp).ok_or(ErrorCode::NotLeaderOrFollower)?;
        check_epoch(leader_epoch, current)
    }

    fn answer_fetch(&mut self, caller: &Caller, reading: Reading, fx: &mut Effects) {
        let leaders = reading.responses.iter().flat_map(|topic| &topic.partitions).map(|p| p.current_leader.leader_id);
        let node_endpoints = self.endpoints(leaders);
        let response = FetchResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            session_id: 0,
            responses: reading.responses,
            node_endpoints,
        };
        self.answer(caller, response, fx);
    }

    /// Something was appended, created or deleted: answers the held fetches that are satisfied now.
    pub(super) fn check_held_fetches(&mut self, fx: &mut Effects) {
        for held in std::mem::take(&mut self.held_fetches) {
            let reading = self.read_partitions(&held.request);
            if reading.bytes >= held.request.min_bytes || reading.is_decided {
                self.answer_fetch(&held.caller, reading, fx);
            } else {
                self.held_fetches.push(held);
            }
        }
    }

    pub(super) fn expire_fetches(&mut self, now: SimTime, fx: &mut Effects) {
        for held in std::mem::take(&mut self.held_fetches) {
            if held.deadline <= now {
                let reading = self.read_partitions(&held.request);
                self.answer_fetch(&held.caller, reading, fx);
            } else {
                self.held_fetches.push(held);
            }
        }
    }

    pub(super) fn fetch_wake(&self) -> Option<Wake> {
        self.held_fetches.iter().map(|held| Wake::new(held.deadline, WakeReason::FetchMaxWait)).min()
    }

    /// Who waits here for more bytes, and until when: the page draws it.
    pub fn held_fetches(&self) -> impl Iterator<Item = &HeldFetch> {
        self.held_fetches.iter()
    }
}

fn check_epoch(known: LeaderEpoch, current: LeaderEpoch) -> Result<(), ErrorCode> {
    match current {
        LeaderEpoch(-1) => Ok(()),
        epoch if epoch < known => Err(ErrorCode::FencedLeaderEpoch),
        epoch if epoch > known => Err(ErrorCode::UnknownLeaderEpoch),
        _ => Ok(()),
    }
}

/// Where the fetcher's last epoch ends here, if its log goes further than that: it has to be cut first.
fn diverging(log: &PartitionLog, asked: &FetchPartition) -> Result<Option<EpochEndOffset>, OffsetOutOfRange> {
    if asked.last_fetched_epoch.0 < 0 {
        return Ok(None);
    }
    let out_of_range = || OffsetOutOfRange { message: format!("Offset {} is out of range", asked.fetch_offset) };
    let (epoch, end_offset) = log.end_offset_for_epoch(asked.last_fetched_epoch).ok_or_else(out_of_range)?;
    if asked.fetch_offset < log.log_start_offset() {
        return Err(out_of_range());
    }
    let diverges = epoch < asked.last_fetched_epoch || end_offset < asked.fetch_offset;
    Ok(diverges.then_some(EpochEndOffset { epoch, end_offset }))
}

fn empty_response(partition_index: i32) -> FetchPartitionResponse {
    FetchPartitionResponse {
        partition_index,
        error_code: ErrorCode::None,
        high_watermark: -1,
        last_stable_offset: -1,
        log_start_offset: -1,
        aborted_transactions: None,
        preferred_read_replica: NodeId(-1),
        records: Some(Records::default()),
        diverging_epoch: EpochEndOffset { epoch: LeaderEpoch(-1), end_offset: -1 },
        current_leader: LeaderIdAndEpoch { leader_id: NodeId(-1), leader_epoch: LeaderEpoch(-1) },
        snapshot_id: SnapshotId { end_offset: -1, epoch: LeaderEpoch(-1) },
    }
}
