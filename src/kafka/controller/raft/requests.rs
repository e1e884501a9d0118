//! The requests between voters, both sides: what is asked, and what is answered.

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, NodeId, ProcessId};
use crate::kafka::protocol::quorum::*;
use crate::kafka::protocol::{Request, Response};
use crate::time::{SimDuration, SimTime};

use super::super::metadata_log::TOPIC;
use super::super::quorum::listener;
use super::role::{Progress, Role};
use super::{Asked, RaftClient, ReplyTo};

/// An observer that has not fetched for so long is not listed (`LeaderState.OBSERVER_SESSION_TIMEOUT_MS`).
const OBSERVER_SESSION: SimDuration = SimDuration::from_secs(300);

pub(super) fn vote_request(cluster_id: Option<Arc<str>>, voter_id: NodeId, partition: VotePartition) -> VoteRequest {
    let topics = vec![VoteTopic { topic_name: TOPIC.into(), partitions: vec![partition] }];
    VoteRequest { cluster_id, voter_id, topics }
}

fn endpoints(id: NodeId) -> Vec<QuorumListener> {
    let listener = listener(id);
    vec![QuorumListener { name: listener.name, host: listener.host, port: listener.port }]
}

impl RaftClient {
    pub(super) fn request_for(&self, to: NodeId, asked: Asked, _now: SimTime) -> Request {
        match asked {
            Asked::Vote { epoch, pre_vote } => self.vote_request(to, epoch, pre_vote).into(),
            Asked::BeginEpoch { epoch } => self.begin_request(to, epoch).into(),
            Asked::EndEpoch { epoch } => self.end_request(epoch).into(),
            Asked::Fetch { .. } => self.fetch_request().into(),
        }
    }

    fn begin_request(&self, to: NodeId, epoch: i32) -> BeginQuorumEpochRequest {
        let voter = self.voters.iter().find(|voter| voter.id == to).expect("only voters are told");
        let partition = BeginQuorumEpochPartition {
            partition_index: 0,
            voter_directory_id: voter.directory_id,
            leader_id: self.id,
            leader_epoch: LeaderEpoch(epoch),
        };
        BeginQuorumEpochRequest {
            cluster_id: self.cluster_text(),
            voter_id: to,
            topics: vec![BeginQuorumEpochTopic { topic_name: TOPIC.into(), partitions: vec![partition] }],
            leader_endpoints: endpoints(self.id),
        }
    }

    fn end_request(&self, epoch: i32) -> EndQuorumEpochRequest {
        let preferred: &[NodeId] = match &self.role {
            Role::Resigned { preferred, .. } => preferred,
            _ => &[],
        };
        let candidate = |id: &NodeId| {
            let voter = self.voters.iter().find(|voter| voter.id == *id).expect("successors are voters");
            PreferredCandidate { candidate_id: voter.id, candidate_directory_id: voter.directory_id }
        };
        let partition = EndQuorumEpochPartition {
            partition_index: 0,
            leader_id: self.id,
            leader_epoch: LeaderEpoch(epoch),
            preferred_candidates: preferred.iter().map(candidate).collect(),
        };
        EndQuorumEpochRequest {
            cluster_id: self.cluster_text(),
            topics: vec![EndQuorumEpochTopic { topic_name: TOPIC.into(), partitions: vec![partition] }],
            leader_endpoints: endpoints(self.id),
        }
    }

    /// A request on the Raft connection, from another voter, an observer, or the broker of this process.
    pub fn handle_request(&mut self, now: SimTime, reply: ReplyTo, request: &Request, fx: &mut Effects) {
        match request {
            Request::Fetch(request) => {
                let is_own_broker = reply.to == ProcessId::Node(self.id);
                self.handle_fetch(now, reply, request, is_own_broker, fx);
            }
            Request::Vote(request) => self.handle_vote(now, reply, request, fx),
            Request::BeginQuorumEpoch(request) => self.handle_begin_epoch(now, reply, request, fx),
            Request::EndQuorumEpoch(request) => self.handle_end_epoch(now, reply, request, fx),
            _ => fx.disconnect(reply.to, reply.channel),
        }
        self.pursue(now, fx);
    }

    fn handle_vote(&mut self, now: SimTime, reply: ReplyTo, request: &VoteRequest, fx: &mut Effects) {
        let cluster = self.check_cluster(request.cluster_id.as_deref());
        let asked = request.topics.first().and_then(|topic| topic.partitions.first());
        let Some(asked) = asked.filter(|_| cluster == ErrorCode::None) else {
            let (error_code, topics) = (cluster, Vec::new());
            return reply.answer(VoteResponse { error_code, topics, node_endpoints: Vec::new() }, fx);
        };
        let is_meant = request.voter_id == self.id && asked.voter_directory_id == self.disk.directory_id;
        let (error_code, vote_granted) =
            if is_meant { self.decide_vote(now, asked, fx) } else { (ErrorCode::InvalidVoterKey, false) };
        let partition = VotePartitionResponse {
            partition_index: 0,
            error_code,
            leader_id: self.leader().unwrap_or(NodeId(-1)),
            leader_epoch: LeaderEpoch(self.epoch()),
            vote_granted,
        };
        let topics = vec![VoteTopicResponse { topic_name: TOPIC.into(), partitions: vec![partition] }];
        reply.answer(VoteResponse { error_code: ErrorCode::None, topics, node_endpoints: Vec::new() }, fx);
    }

    fn handle_begin_epoch(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &BeginQuorumEpochRequest,
        fx: &mut Effects,
    ) {
        let error_code = self.check_cluster(request.cluster_id.as_deref());
        let asked = request.topics.first().and_then(|topic| topic.partitions.first());
        let topics = asked.filter(|_| error_code == ErrorCode::None).map(|asked| {
            let epoch = asked.leader_epoch.0;
            let error = match () {
                () if epoch < self.epoch() => ErrorCode::FencedLeaderEpoch,
                () if request.voter_id != self.id || asked.voter_directory_id != self.disk.directory_id => {
                    ErrorCode::InvalidVoterKey
                }
                () => {
                    self.learn(now, epoch, Some(asked.leader_id), fx);
                    ErrorCode::None
                }
            };
            self.epoch_answer(error)
        });
        let response =
            BeginQuorumEpochResponse { error_code, topics: topics.into_iter().collect(), node_endpoints: Vec::new() };
        reply.answer(response, fx);
    }

    fn handle_end_epoch(&mut self, now: SimTime, reply: ReplyTo, request: &EndQuorumEpochRequest, fx: &mut Effects) {
        let error_code = self.check_cluster(request.cluster_id.as_deref());
        let asked = request.topics.first().and_then(|topic| topic.partitions.first());
        let topics = asked.filter(|_| error_code == ErrorCode::None).map(|asked| {
            let epoch = asked.leader_epoch.0;
            if epoch < self.epoch() {
                return self.epoch_answer(ErrorCode::FencedLeaderEpoch);
            }
            self.learn(now, epoch, Some(asked.leader_id), fx);
            let successors: Vec<NodeId> = asked.preferred_candidates.iter().map(|next| next.candidate_id).collect();
            self.note_epoch_end(now, asked.leader_id, &successors);
            self.epoch_answer(ErrorCode::None)
        });
        let response =
            EndQuorumEpochResponse { error_code, topics: topics.into_iter().collect(), node_endpoints: Vec::new() };
        reply.answer(response, fx);
    }

    fn epoch_answer(&self, error_code: ErrorCode) -> EpochTopicResponse {
        let partition = EpochPartitionResponse {
            partition_index: 0,
            error_code,
            leader_id: self.leader().unwrap_or(NodeId(-1)),
            leader_epoch: LeaderEpoch(self.epoch()),
        };
        EpochTopicResponse { topic_name: TOPIC.into(), partitions: vec![partition] }
    }

    /// The answer to one of its own requests; says whether it was of use.
    pub(super) fn handle_response(
        &mut self,
        now: SimTime,
        node: NodeId,
        asked: Asked,
        response: Response,
        fx: &mut Effects,
    ) -> bool {
        match (asked, response) {
            (Asked::Fetch { epoch }, Response::Fetch(response)) => self.handle_fetched(now, node, epoch, response, fx),
            (Asked::Vote { epoch, pre_vote }, Response::Vote(response)) => {
                let partition = response.topics.into_iter().flat_map(|topic| topic.partitions).next();
                let Some(partition) = partition else { return false };
                if self.learn(now, partition.leader_epoch.0, Some(partition.leader_id), fx) {
                    return true;
                }
                if partition.error_code != ErrorCode::None {
                    return false;
                }
                self.note_vote(now, node, (epoch, pre_vote), partition.vote_granted, fx);
                true
            }
            (Asked::BeginEpoch { .. }, Response::BeginQuorumEpoch(response)) => {
                self.note_epoch_answer(now, response.topics, fx)
            }
            (Asked::EndEpoch { epoch }, Response::EndQuorumEpoch(response)) => {
                let current = epoch == self.epoch();
                if let Role::Resigned { unacked, .. } = &mut self.role
                    && current
                {
                    unacked.remove(&node);
                }
                self.note_epoch_answer(now, response.topics, fx)
            }
            _ => false,
        }
    }

    fn note_epoch_answer(&mut self, now: SimTime, topics: Vec<EpochTopicResponse>, fx: &mut Effects) -> bool {
        let Some(partition) = topics.into_iter().flat_map(|topic| topic.partitions).next() else { return false };
        let learned = self.learn(now, partition.leader_epoch.0, Some(partition.leader_id), fx);
        learned || partition.error_code == ErrorCode::None
    }
}

impl RaftClient {
    /// How far everyone is, as the leader knows it; NOT_LEADER_OR_FOLLOWER from anyone else.
    pub fn describe(&self, now: SimTime) -> DescribeQuorumResponse {
        let millis = |at: Option<SimTime>| at.map_or(-1, |at| at.as_epoch_ms());
        let row = |id: NodeId, progress: &Progress| QuorumReplica {
            replica_id: id,
            replica_directory_id: progress.directory_id,
            log_end_offset: progress.end_offset.unwrap_or(-1),
            last_fetch_timestamp: if id == self.id { now.as_epoch_ms() } else { millis(progress.last_fetch) },
            last_caught_up_timestamp: if id == self.id { now.as_epoch_ms() } else { millis(progress.last_caught_up) },
        };
        let mut partition = QuorumPartition {
            partition_index: 0,
            error_code: ErrorCode::NotLeaderOrFollower,
            error_message: None,
            leader_id: self.leader().unwrap_or(NodeId(-1)),
            leader_epoch: LeaderEpoch(self.epoch()),
            high_watermark: self.high_watermark().unwrap_or(-1),
            current_voters: Vec::new(),
            observers: Vec::new(),
        };
        if let Role::Leader(leadership) = &self.role {
            partition.error_code = ErrorCode::None;
            partition.current_voters = leadership.voters.iter().map(|(id, progress)| row(*id, progress)).collect();
            let seen = |progress: &&Progress| progress.last_fetch.is_some_and(|at| at + OBSERVER_SESSION > now);
            let observers = leadership.observers.iter().filter(|(_, progress)| seen(progress));
            partition.observers = observers.map(|((id, _), progress)| row(*id, progress)).collect();
        }
        let node =
            |voter: &crate::kafka::record::Voter| QuorumNode { node_id: voter.id, listeners: endpoints(voter.id) };
        DescribeQuorumResponse {
            error_code: ErrorCode::None,
            error_message: None,
            topics: vec![QuorumTopic { topic_name: TOPIC.into(), partitions: vec![partition] }],
            nodes: self.voters().iter().map(node).collect(),
        }
    }
}
