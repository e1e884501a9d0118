//! What the Raft layer writes into logs about itself (`QuorumState`, `EpochState.toString`, `KafkaRaftClient`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::event::detail::QuorumNote;
use crate::kafka::ids::{NodeId, Uuid};
use crate::kafka::protocol::quorum::VotePartition;
use crate::kafka::record::Voter;

use super::super::quorum::listener;
use super::role::{Election, Leadership, Progress, Role};
use super::{RaftClient, TOPIC};

/// `ReplicaKey.toString`.
fn key(id: NodeId, directory_id: Uuid) -> String {
    format!("ReplicaKey(id={id}, directoryId={directory_id})")
}

fn optional(text: Option<String>) -> String {
    text.map_or_else(|| "Optional.empty".to_string(), |text| format!("Optional[{text}]"))
}

fn listed<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(", "))
}

/// `Endpoints.toString` of a controller.
fn endpoints(id: NodeId) -> String {
    let listener = listener(id);
    let (host, port) = (listener.host, listener.port);
    format!("Endpoints(endpoints={{ListenerName(CONTROLLER)={host}/<unresolved>:{port}}})")
}

/// `VoterNode.toString`.
fn voter_node(voter: &Voter) -> String {
    format!(
        "VoterNode(voterKey={}, listeners={}, supportedKRaftVersion=SupportedVersionRange[min_version:0, max_version:1])",
        key(voter.id, voter.directory_id),
        endpoints(voter.id)
    )
}

impl RaftClient {
    pub(super) fn note(&self, note: QuorumNote, fx: &mut Effects) {
        fx.event(Event::QuorumNoted { node: self.id, note: Arc::new(note) });
    }

    /// `VoterSet.toString`.
    pub(super) fn voter_set(&self) -> String {
        let rows: Vec<String> = self.voters.iter().map(|voter| format!("{}={}", voter.id, voter_node(voter))).collect();
        format!("VoterSet(voters={{{}}})", rows.join(", "))
    }

    fn voter_ids(&self) -> String {
        listed(self.voters.iter().map(|voter| voter.id))
    }

    /// `LogOffsetMetadata.toString`; only a leader knows where in the file an offset stands.
    fn offset_text(&self, offset: i64, is_placed: bool) -> String {
        let segment = self.disk.log.log.segments().rev().find(|segment| segment.base_offset() <= offset);
        let place = segment.filter(|_| is_placed).map(|segment| {
            let found = segment.batches().iter().find(|placed| placed.batch.base_offset() >= offset);
            let position = found.map_or(segment.size_in_bytes(), |placed| placed.position);
            format!("(segmentBaseOffset={},relativePositionInSegment={position})", segment.base_offset())
        });
        format!("LogOffsetMetadata(offset={offset}, metadata={})", optional(place))
    }

    fn high_watermark_text(&self, is_placed: bool) -> String {
        optional(self.high_watermark.map(|offset| self.offset_text(offset, is_placed)))
    }

    fn voted_key(&self) -> String {
        optional(self.disk.election.voted.map(|voted| key(voted.id, voted.directory_id)))
    }

    fn leader_text(&self) -> String {
        self.leader().map_or_else(|| "OptionalInt.empty".to_string(), |leader| format!("OptionalInt[{leader}]"))
    }

    /// `EpochElection.toString`.
    pub(super) fn election_text(&self, election: &Election) -> String {
        let row = |voter: &Voter| {
            let state = match () {
                () if election.granted.contains(&voter.id) => "GRANTED",
                () if election.rejected.contains(&voter.id) => "REJECTED",
                () => "UNRECORDED",
            };
            let key = key(voter.id, voter.directory_id);
            format!("{}=VoterState(replicaKey={key}, state={state})", voter.id)
        };
        let rows: Vec<String> = self.voters.iter().map(row).collect();
        format!("EpochElection[voterStates={{{}}}]", rows.join(", "))
    }

    fn replica_state(&self, id: NodeId, progress: &Progress) -> String {
        let time = |at: Option<crate::time::SimTime>| at.map_or(-1, |at| at.as_epoch_ms());
        format!(
            "ReplicaState(replicaKey={}, endOffset={}, lastFetchTimestamp={}, lastCaughtUpTimestamp={}, \
             hasAcknowledgedLeader={})",
            key(id, progress.directory_id),
            optional(progress.end_offset.map(|end| self.offset_text(end, true))),
            time(progress.last_fetch),
            time(progress.last_caught_up),
            id == self.id || progress.last_fetch.is_some()
        )
    }

    /// The state in which this replica is, as it prints itself.
    pub(super) fn state_text(&self) -> String {
        let (id, epoch, voters, timeout) = (self.id, self.epoch(), self.voter_ids(), self.role_timeout_ms);
        let (voted, leader, committed) = (self.voted_key(), self.leader_text(), self.high_watermark_text(false));
        match &self.role {
            Role::Unattached { .. } => format!(
                "UnattachedState(epoch={epoch}, leaderId={leader}, votedKey={voted}, voters={voters}, \
                 electionTimeoutMs={timeout}, highWatermark={committed})"
            ),
            Role::Prospective { election, .. } => format!(
                "ProspectiveState(epoch={epoch}, leaderId={leader}, votedKey={voted}, epochElection={}, \
                 electionTimeoutMs={timeout}, highWatermark={committed})",
                self.election_text(election)
            ),
            Role::Candidate { election, .. } => format!(
                "CandidateState(localId={id}, localDirectoryId={}, epoch={epoch}, epochElection={}, \
                 highWatermark={committed}, electionTimeoutMs={timeout})",
                self.disk.directory_id,
                self.election_text(election)
            ),
            Role::Leader(leadership) => self.leader_state(leadership),
            Role::Follower { .. } => {
                let leader = self.leader().unwrap_or(NodeId(-1));
                format!(
                    "FollowerState(fetchTimeoutMs={}, epoch={epoch}, leader={leader}, leaderEndpoints={}, \
                     votedKey={voted}, voters={voters}, highWatermark={committed}, fetchingSnapshot=Optional.empty)",
                    self.settings.fetch_timeout_ms,
                    endpoints(leader)
                )
            }
            Role::Resigned { unacked, preferred, .. } => {
                let directory = |id: &NodeId| self.voters.iter().find(|voter| voter.id == *id);
                let preferred = preferred.iter().filter_map(directory).map(|voter| key(voter.id, voter.directory_id));
                format!(
                    "ResignedState(localId={id}, epoch={epoch}, voters={voters}, electionTimeoutMs={timeout}, \
                     unackedVoters={}, preferredSuccessors={})",
                    listed(unacked.iter()),
                    listed(preferred)
                )
            }
        }
    }

    fn leader_state(&self, leadership: &Leadership) -> String {
        let own = Voter { id: self.id, directory_id: self.disk.directory_id };
        let row = |(id, progress): (&NodeId, &Progress)| format!("{id}={}", self.replica_state(*id, progress));
        let rows: Vec<String> = leadership.voters.iter().map(row).collect();
        // What was known to be committed before says nothing of the new epoch.
        let committed = self.high_watermark.filter(|committed| *committed > leadership.epoch_start);
        format!(
            "Leader(localVoterNode={}, epoch={}, epochStartOffset={}, highWatermark={}, voterStates={{{}}})",
            voter_node(&own),
            self.epoch(),
            leadership.epoch_start,
            optional(committed.map(|offset| self.offset_text(offset, true))),
            rows.join(", ")
        )
    }

    /// The first high watermark of an epoch, as its leader logs it.
    pub(super) fn note_first_high_watermark(&self, high_watermark: i64, fx: &mut Effects) {
        let Role::Leader(leadership) = &self.role else { return };
        let mut states: Vec<(&NodeId, &Progress)> = leadership.voters.iter().collect();
        states.sort_by_key(|(_, progress)| -progress.end_offset.unwrap_or(-1));
        let index = states.len() / 2;
        let states = states.into_iter().map(|(id, progress)| self.replica_state(*id, progress));
        let (offset, epoch) = (self.offset_text(high_watermark, true), self.epoch());
        self.note(QuorumNote::LeaderCommits { offset, epoch, index: index as u32, voters: listed(states) }, fx);
    }

    /// The first high watermark that a follower is told in its life.
    pub(super) fn note_followed_high_watermark(&self, high_watermark: i64, fx: &mut Effects) {
        let (offset, epoch) = (self.offset_text(high_watermark, false), self.epoch());
        self.note(QuorumNote::FollowerCommits { offset, epoch }, fx);
    }

    /// No majority has fetched for too long.
    pub(super) fn note_no_majority(&self, timeout_ms: u64, fx: &mut Effects) {
        let Role::Leader(leadership) = &self.role else { return };
        let voters = listed(self.voters.iter().map(|voter| key(voter.id, voter.directory_id)));
        let note = QuorumNote::NoMajority { timeout_ms, fetched: listed(leadership.fetched.iter()), voters };
        self.note(note, fx);
    }

    /// An unattached voter has voted: a state of its own.
    pub(super) fn note_vote_given(&mut self, fx: &mut Effects) {
        let from = self.left.take();
        self.note(QuorumNote::Transition { from, to: self.state_text().into(), durable: true }, fx);
    }

    pub(super) fn note_vote_answer(&self, asked: &VotePartition, granted: bool, fx: &mut Effects) {
        let request = format!(
            "VoteRequestData(clusterId='{}', voterId={}, topics=[TopicData(topicName='{TOPIC}', \
             partitions=[PartitionData(partitionIndex=0, replicaEpoch={}, replicaId={}, replicaDirectoryId={}, \
             voterDirectoryId={}, lastOffsetEpoch={}, lastOffset={}, preVote={})])])",
            self.cluster_id,
            self.id,
            asked.replica_epoch,
            asked.replica_id,
            asked.replica_directory_id,
            asked.voter_directory_id,
            asked.last_offset_epoch,
            asked.last_offset,
            asked.pre_vote
        );
        self.note(QuorumNote::VoteAnswered { request, epoch: asked.replica_epoch.0, granted }, fx);
    }

    pub(super) fn note_refused_fetch(&self, of: (NodeId, Uuid), offset: i64, err: ErrorCode, fx: &mut Effects) {
        self.note(QuorumNote::FetchRefused { replica: key(of.0, of.1), offset, err }, fx);
    }
}
