//! The leader of an epoch: what the others have, what is committed, and who is told.

use std::collections::BTreeMap;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{LeaderEpoch, NodeId, Uuid};
use crate::kafka::protocol::fetch::{
    EpochEndOffset, FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, FetchableTopicResponse,
    SnapshotId,
};
use crate::kafka::protocol::produce::LeaderIdAndEpoch;
use crate::kafka::protocol::wire::Records;
use crate::kafka::record::{KraftVoters, LeaderChange, QuorumVoter, RecordBatch, VoterEndpoint};
use crate::kafka::seeded::SeededBug;
use crate::time::{SimDuration, SimTime};

use super::super::quorum::{METADATA_TOPIC_ID, listener};
use super::role::{Leadership, Progress, Role};
use super::{Asked, ElectionState, HeldFetch, RaftClient, ReplyTo};

/// How long a fetch waits for new records at most (`KafkaRaftClient.MAX_FETCH_WAIT_MS`).
const MAX_FETCH_WAIT: SimDuration = SimDuration::from_millis(500);

/// `LeaderState.CHECK_QUORUM_TIMEOUT_FACTOR` is 1.5.
const fn check_quorum_timeout_ms(fetch_timeout_ms: i64) -> i64 {
    fetch_timeout_ms * 3 / 2
}

const NO_EPOCH_END: EpochEndOffset = EpochEndOffset { epoch: LeaderEpoch(-1), end_offset: -1 };

impl RaftClient {
    /// The first record of the epoch says who leads it; everything before is committed with it, never by count alone.
    pub(super) fn become_leader(&mut self, now: SimTime, granting: &[NodeId], fx: &mut Effects) {
        self.write_election(ElectionState { leader: Some(self.id), ..self.disk.election });
        let epoch_start = self.disk.log.next_offset();
        let row = |voter: &crate::kafka::record::Voter| (voter.id, Progress::new(voter.directory_id, now));
        let leadership = Leadership {
            epoch_start,
            voters: self.voters.iter().map(row).collect(),
            observers: BTreeMap::new(),
            fetched: Default::default(),
            quorum_deadline: now + self.check_quorum_timeout(),
        };
        self.backoffs.clear();
        self.become_role(now, Role::Leader(Box::new(leadership)), fx);
        let batch = self.leader_change(now, granting);
        self.disk.log.append_batch(&batch, now);
        self.note_own_end(now, fx);
    }

    pub(super) fn check_quorum_timeout(&self) -> SimDuration {
        SimDuration::from_config_ms(check_quorum_timeout_ms(self.settings.fetch_timeout_ms))
    }

    /// The control batch with which a leader begins its epoch.
    /// On a fresh cluster it also repeats what the nodes were formatted with: kraft.version and the voters.
    fn leader_change(&self, now: SimTime, granting: &[NodeId]) -> RecordBatch {
        let voters = self.voters.to_vec();
        let granting_voters = voters.iter().copied().filter(|voter| granting.contains(&voter.id)).collect();
        let change = LeaderChange { version: 0, leader: self.id, voters: voters.clone(), granting_voters };
        let (base_offset, now) = (self.disk.log.next_offset(), now.as_epoch_ms());
        let epoch = LeaderEpoch(self.epoch());
        if base_offset > 0 {
            return change.batch(base_offset, now, epoch);
        }
        let voter = |voter: crate::kafka::record::Voter| {
            let listener = listener(voter.id);
            let endpoint = VoterEndpoint { name: listener.name, host: listener.host, port: listener.port };
            QuorumVoter { voter, endpoints: vec![endpoint] }
        };
        let voters = KraftVoters { voters: voters.into_iter().map(voter).collect() };
        change.batch_of_new_quorum(base_offset, now, epoch, 1, &voters)
    }

    /// The leader's own log has grown.
    pub(super) fn note_own_end(&mut self, now: SimTime, fx: &mut Effects) {
        let (id, end) = (self.id, self.disk.log.next_offset());
        let Role::Leader(leadership) = &mut self.role else { return };
        let own = leadership.voters.get_mut(&id).expect("a leader is a voter");
        own.end_offset = Some(end);
        self.advance_high_watermark(fx);
        self.answer_ready_fetches(now, fx);
    }

    /// What a majority of the voters has is committed, once it reaches into the leader's own epoch
    /// (`LeaderState.maybeUpdateHighWatermark`).
    fn advance_high_watermark(&mut self, fx: &mut Effects) {
        let Role::Leader(leadership) = &self.role else { return };
        let mut ends: Vec<i64> = leadership.voters.values().map(|progress| progress.end_offset.unwrap_or(-1)).collect();
        ends.sort_unstable_by_key(|end| -end);
        let reached = ends[ends.len() / 2];
        let is_news = self.high_watermark.is_none_or(|known| reached > known);
        let is_own = reached > leadership.epoch_start || SeededBug::CommitByCount.is_planted();
        if is_own && is_news {
            let is_first = self.high_watermark.is_none_or(|known| known <= leadership.epoch_start);
            self.high_watermark = Some(reached);
            self.disk.log.log.set_high_watermark(reached);
            if is_first {
                self.note_first_high_watermark(reached, fx);
                fx.event(Event::QuorumHighWatermarkKnown {
                    node: self.id,
                    epoch: self.epoch(),
                    high_watermark: reached,
                });
            }
        }
    }

    /// A voter, an observer, or the broker of this process asks for records.
    pub(super) fn handle_fetch(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &FetchRequest,
        is_own_broker: bool,
        fx: &mut Effects,
    ) {
        let Some(asked) = request.topics.first().and_then(|topic| topic.partitions.first()) else {
            return fx.disconnect(reply.to, reply.channel);
        };
        let error = match self.check_cluster(request.cluster_id.as_deref()) {
            ErrorCode::None if is_own_broker => ErrorCode::None,
            ErrorCode::None => self.check_fetch_epoch(asked.current_leader_epoch.0),
            error => return reply.answer(failed_fetch(error), fx),
        };
        if error != ErrorCode::None {
            let of = (request.replica_state.replica_id, asked.replica_directory_id);
            self.note_refused_fetch(of, asked.fetch_offset, error, fx);
            return reply.answer(self.fetch_response(error, NO_EPOCH_END, Vec::new()), fx);
        }
        if let Some(diverging) = self.divergence(asked) {
            return reply.answer(self.fetch_response(ErrorCode::None, diverging, Vec::new()), fx);
        }
        if !is_own_broker {
            let replica = request.replica_state.replica_id;
            self.note_fetch(now, (replica, asked.replica_directory_id), asked.fetch_offset, fx);
        }
        let wait = SimDuration::from_config_ms(i64::from(request.max_wait_ms)).min(MAX_FETCH_WAIT);
        self.held.push(HeldFetch {
            reply,
            offset: asked.fetch_offset,
            max_bytes: request.max_bytes,
            deadline: now + wait,
            known_high_watermark: asked.high_watermark,
            local: is_own_broker,
        });
        self.answer_ready_fetches(now, fx);
    }

    fn check_fetch_epoch(&self, epoch: i32) -> ErrorCode {
        match epoch.cmp(&self.epoch()) {
            std::cmp::Ordering::Less => ErrorCode::FencedLeaderEpoch,
            std::cmp::Ordering::Greater => ErrorCode::UnknownLeaderEpoch,
            std::cmp::Ordering::Equal if self.is_leader() => ErrorCode::None,
            std::cmp::Ordering::Equal => ErrorCode::NotLeaderOrFollower,
        }
    }

    /// Where the fetching replica's log and this one part, if they do.
    fn divergence(&self, asked: &FetchPartition) -> Option<EpochEndOffset> {
        let log = &self.disk.log.log;
        let (epoch, offset) = (asked.last_fetched_epoch, asked.fetch_offset);
        if offset == 0 && epoch.0 <= 0 {
            return None;
        }
        let (known, end_offset) = match log.end_offset_for_epoch(epoch) {
            Some(end) => end,
            None => (log.latest_epoch().unwrap_or(LeaderEpoch(0)), log.log_end_offset()),
        };
        let agrees = known == epoch && offset <= end_offset;
        (!agrees).then_some(EpochEndOffset { epoch: known, end_offset })
    }

    /// The offset that a replica fetches from says what it has.
    fn note_fetch(&mut self, now: SimTime, (id, directory_id): (NodeId, Uuid), offset: i64, fx: &mut Effects) {
        let end = self.disk.log.next_offset();
        let begin_again = now + SimDuration::from_config_ms(self.settings.fetch_timeout_ms / 2);
        // Half of the voters, rounded up, the leader among them.
        let needed = self.voters.len().div_ceil(2) as u32 - 1;
        let timeout = self.check_quorum_timeout();
        let Role::Leader(leadership) = &mut self.role else { return };
        let voter = leadership.voters.get_mut(&id).filter(|voter| voter.directory_id == directory_id);
        let Some(voter) = voter else {
            let observer = leadership.observers.entry((id, directory_id));
            return observer.or_insert_with(|| Progress::new(directory_id, now)).note_fetch(now, offset, end);
        };
        voter.note_fetch(now, offset, end);
        voter.begin_due = begin_again;
        leadership.fetched.insert(id);
        if leadership.fetched.len() as u32 >= needed {
            leadership.fetched.clear();
            leadership.quorum_deadline = now + timeout;
        }
        self.advance_high_watermark(fx);
    }

    /// A request has gone out.
    pub(super) fn note_sent(&mut self, now: SimTime, node: NodeId, asked: Asked) {
        let again = now + SimDuration::from_config_ms(self.settings.fetch_timeout_ms / 2);
        if let (Asked::BeginEpoch { .. }, Role::Leader(leadership)) = (asked, &mut self.role)
            && let Some(voter) = leadership.voters.get_mut(&node)
        {
            voter.begin_due = again;
        }
    }

    /// Answers those who can have something new: records, or a higher watermark.
    pub(super) fn answer_ready_fetches(&mut self, now: SimTime, fx: &mut Effects) {
        let (end, high_watermark) = (self.disk.log.next_offset(), self.high_watermark.unwrap_or(-1));
        let is_ready = |held: &HeldFetch| {
            let end = if held.local { high_watermark } else { end };
            held.offset < end || held.known_high_watermark < high_watermark || held.deadline <= now
        };
        let (ready, held) = std::mem::take(&mut self.held).into_iter().partition(is_ready);
        self.held = held;
        let ready: Vec<HeldFetch> = ready;
        for held in ready {
            let batches = match held.local {
                true => self.disk.log.read(held.offset, held.max_bytes),
                false => self.disk.log.read_uncommitted(held.offset, held.max_bytes),
            };
            held.reply.answer(self.fetch_response(ErrorCode::None, NO_EPOCH_END, batches), fx);
        }
    }

    pub(super) fn expire_held_fetches(&mut self, now: SimTime, fx: &mut Effects) {
        self.answer_ready_fetches(now, fx);
    }

    /// It leads no more: those who wait look for another leader. The own broker goes on waiting.
    pub(super) fn refuse_held_fetches(&mut self, fx: &mut Effects) {
        let (stay, go) = std::mem::take(&mut self.held).into_iter().partition(|held| held.local);
        self.held = stay;
        let go: Vec<HeldFetch> = go;
        for held in go {
            let response = self.fetch_response(ErrorCode::NotLeaderOrFollower, NO_EPOCH_END, Vec::new());
            held.reply.answer(response, fx);
        }
    }

    fn fetch_response(
        &self,
        error_code: ErrorCode,
        diverging: EpochEndOffset,
        batches: Vec<RecordBatch>,
    ) -> FetchResponse {
        let high_watermark = self.high_watermark.unwrap_or(-1);
        let partition = FetchPartitionResponse {
            partition_index: 0,
            error_code,
            high_watermark,
            last_stable_offset: -1,
            log_start_offset: self.disk.log.log.log_start_offset(),
            aborted_transactions: None,
            preferred_read_replica: NodeId(-1),
            records: Some(Records(batches)),
            diverging_epoch: diverging,
            current_leader: LeaderIdAndEpoch {
                leader_id: self.leader().unwrap_or(NodeId(-1)),
                leader_epoch: LeaderEpoch(self.epoch()),
            },
            snapshot_id: SnapshotId { end_offset: -1, epoch: LeaderEpoch(-1) },
        };
        let topic = FetchableTopicResponse { topic_id: METADATA_TOPIC_ID, partitions: vec![partition] };
        FetchResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            session_id: 0,
            responses: vec![topic],
            node_endpoints: Vec::new(),
        }
    }
}

fn failed_fetch(error_code: ErrorCode) -> FetchResponse {
    FetchResponse { throttle_time_ms: 0, error_code, session_id: 0, responses: Vec::new(), node_endpoints: Vec::new() }
}
