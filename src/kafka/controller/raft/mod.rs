//! The Raft protocol behind `__cluster_metadata` (KIP-595, KIP-853, KIP-996; `KafkaRaftClient`): voters elect a leader for
//! an epoch, everyone else pulls the log from it, and what a majority of the voters has is committed.
//!
//! One client is one replica of the log. Controllers are voters; brokers are observers, which never stand for election.
//! Its owner calls it, and afterwards looks at [`RaftClient::leader`], [`RaftClient::high_watermark`] and the log.
//!
//! Simplifications: the set of voters never changes (no AddRaftVoter, RemoveRaftVoter); a decision is appended at once
//! (`controller.quorum.append.linger.ms` is 0); one connection serves a node whether it is known as a voter or as a
//! bootstrap server. The log is never cut at a snapshot, so nobody has to fetch one (FetchSnapshot). In the boot of the
//! simulation the first controller does not wait for its election time-out.

mod election;
mod follower;
mod leader;
mod requests;
mod role;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::client::connection::{Completed, ConnectionSettings, Connections, Outcome};
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{DisconnectCause, QuorumNote};
use crate::kafka::ids::{LeaderEpoch, NodeId, ProcessId, Uuid};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::{Channel, Message, Request};
use crate::kafka::record::Voter;
use crate::kafka::seeded::SeededBug;
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

use super::ReplyTo;
use super::metadata_log::{MetadataLog, TOPIC};

pub use role::{Election, Leadership, Progress, Role};

/// The keys `controller.quorum.*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RaftSettings {
    pub election_timeout_ms: i64,
    pub fetch_timeout_ms: i64,
    pub election_backoff_max_ms: i64,
    pub request_timeout_ms: i64,
    pub retry_backoff_ms: i64,
}

impl Default for RaftSettings {
    fn default() -> Self {
        RaftSettings {
            election_timeout_ms: 1_000,
            fetch_timeout_ms: 2_000,
            election_backoff_max_ms: 1_000,
            request_timeout_ms: 2_000,
            retry_backoff_ms: 20,
        }
    }
}

/// The file `quorum-state`: written before anything is said that follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ElectionState {
    pub epoch: i32,
    pub leader: Option<NodeId>,
    /// Who got this replica's vote of the epoch.
    pub voted: Option<Voter>,
}

/// What a replica of the metadata log keeps on its disk.
#[derive(Clone, Debug)]
pub struct QuorumDisk {
    /// `directory.id` of meta.properties.
    pub directory_id: Uuid,
    pub log: MetadataLog,
    pub election: ElectionState,
}

impl QuorumDisk {
    pub fn new(directory_id: Uuid, now: SimTime) -> QuorumDisk {
        QuorumDisk { directory_id, log: MetadataLog::new(now), election: ElectionState::default() }
    }
}

/// What one of its own requests was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    Vote { epoch: i32, pre_vote: bool },
    BeginEpoch { epoch: i32 },
    EndEpoch { epoch: i32 },
    Fetch { epoch: i32 },
}

/// A fetch that waits for records or for a higher watermark.
#[derive(Clone, Debug)]
struct HeldFetch {
    reply: ReplyTo,
    offset: i64,
    max_bytes: i32,
    deadline: SimTime,
    /// The high watermark that the fetching replica knows.
    known_high_watermark: i64,
    /// The broker of this controller's own process, which reads what is committed, whoever leads.
    local: bool,
}

#[derive(Clone, Debug)]
pub struct RaftClient {
    pub id: NodeId,
    cluster_id: Uuid,
    settings: RaftSettings,
    voters: Arc<[Voter]>,
    pub disk: QuorumDisk,
    role: Role,
    /// The time-out that the role began with.
    role_timeout_ms: u64,
    /// What the state printed that is being left.
    left: Option<Arc<str>>,
    has_begun: bool,
    high_watermark: Option<i64>,
    held: Vec<HeldFetch>,
    network: Connections<Asked>,
    /// After an error no request to this node before.
    backoffs: BTreeMap<NodeId, SimTime>,
    /// Counts attempts to find a leader, so that they go round.
    attempts: u32,
    /// The broker of a combined node reads its own controller's log.
    upstream: Option<NodeId>,
    /// It stands for election at once when its process starts.
    goes_first: bool,
    /// An orderly stop waits for another leader, but not longer than until this moment.
    stop_deadline: Option<SimTime>,
    rng: Rng,
}

/// How long an orderly stop waits for a new leader (`KafkaRaftClientDriver.shutdown`).
const STOP_TIMEOUT: SimDuration = SimDuration::from_secs(5);

/// `KafkaNetworkChannel`'s network client.
const fn connections(settings: &RaftSettings) -> ConnectionSettings {
    ConnectionSettings {
        reconnect_backoff_ms: 50,
        reconnect_backoff_max_ms: 500,
        request_timeout_ms: settings.request_timeout_ms,
        // An attempt to connect counts as a request that is not answered.
        socket_connection_setup_timeout_ms: settings.request_timeout_ms,
        socket_connection_setup_timeout_max_ms: settings.request_timeout_ms,
    }
}

impl RaftClient {
    pub fn new(
        id: NodeId,
        cluster_id: Uuid,
        settings: RaftSettings,
        voters: Arc<[Voter]>,
        disk: QuorumDisk,
        rng: Rng,
    ) -> RaftClient {
        let client_id = Arc::from(format!("raft-client-{id}"));
        RaftClient {
            id,
            cluster_id,
            settings,
            voters,
            disk,
            role: Role::Unattached { election_deadline: None },
            role_timeout_ms: 0,
            left: None,
            has_begun: false,
            high_watermark: None,
            held: Vec::new(),
            network: Connections::new(client_id, connections(&settings), rng.clone()),
            backoffs: BTreeMap::new(),
            attempts: 0,
            upstream: None,
            goes_first: false,
            stop_deadline: None,
            rng,
        }
    }

    /// The broker of a combined node: it fetches from its own controller.
    pub fn set_upstream(&mut self, node: NodeId) {
        self.upstream = Some(node);
    }

    /// Simplification of the boot: this voter does not wait for its first election time-out.
    pub fn go_first(&mut self) {
        self.goes_first = true;
    }

    pub fn cluster_id(&self) -> Uuid {
        self.cluster_id
    }

    pub fn epoch(&self) -> i32 {
        self.disk.election.epoch
    }

    /// The leader of the present epoch, as far as this replica knows.
    pub fn leader(&self) -> Option<NodeId> {
        self.disk.election.leader
    }

    pub fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    pub fn role(&self) -> &Role {
        &self.role
    }

    pub fn log(&self) -> &MetadataLog {
        &self.disk.log
    }

    pub fn voters(&self) -> &Arc<[Voter]> {
        &self.voters
    }

    /// Up to here the log is known to be committed; none until the leader of the epoch has said it.
    pub fn high_watermark(&self) -> Option<i64> {
        self.high_watermark
    }

    /// All that the leader has appended is committed.
    pub fn is_all_committed(&self) -> bool {
        self.high_watermark == Some(self.disk.log.next_offset())
    }

    /// This replica's key, as voters are known by.
    fn key(&self) -> Voter {
        Voter { id: self.id, directory_id: self.disk.directory_id }
    }

    pub fn is_voter(&self) -> bool {
        self.upstream.is_none() && self.voters.contains(&self.key())
    }

    fn is_only_voter(&self) -> bool {
        self.is_voter() && self.voters.len() == 1
    }

    fn other_voters(&self) -> impl Iterator<Item = Voter> {
        self.voters.iter().copied().filter(|voter| voter.id != self.id)
    }

    fn majority(&self) -> u32 {
        let missing = u32::from(SeededBug::MinorityElects.is_planted() && self.voters.len() > 1);
        self.voters.len() as u32 / 2 + 1 - missing
    }

    fn random_election_deadline(&mut self, now: SimTime) -> Option<SimTime> {
        if !self.is_voter() {
            return None;
        }
        let base = self.settings.election_timeout_ms.max(1);
        let jitter = self.rng.below(u32::try_from(base).unwrap_or(u32::MAX));
        Some(now + SimDuration::from_config_ms(base + i64::from(jitter)))
    }

    /// Decides where the process goes on from what is on its disk (`QuorumState.initialize`).
    pub fn begin(&mut self, now: SimTime, fx: &mut Effects) {
        let written = self.disk.log.log.latest_epoch().map_or(0, |epoch| epoch.0);
        if written > self.disk.election.epoch {
            self.disk.election = ElectionState { epoch: written, leader: None, voted: None };
        }
        if SeededBug::VoteForgotten.is_planted() {
            self.disk.election.voted = None;
        }
        let election_deadline = self.random_election_deadline(now);
        let ElectionState { leader, voted, .. } = self.disk.election;
        let fetch_deadline = now + SimDuration::from_config_ms(self.settings.fetch_timeout_ms);
        let role = match (leader, voted) {
            _ if !self.is_voter() && leader.is_none() => Role::Unattached { election_deadline: None },
            (Some(leader), _) if leader == self.id && self.is_voter() => Role::Resigned {
                election_deadline,
                unacked: self.other_voters().map(|voter| voter.id).collect(),
                preferred: Vec::new(),
            },
            (Some(_), _) => Role::Follower { fetch_deadline, has_fetched: false },
            (None, Some(voted)) if voted == self.key() => {
                Role::Candidate { election_deadline, election: Election::of(self.id) }
            }
            _ if self.goes_first => Role::Unattached { election_deadline: Some(now) },
            _ => Role::Unattached { election_deadline },
        };
        let bootstrap: Arc<[NodeId]> = self.voters.iter().map(|voter| voter.id).collect();
        self.note(QuorumNote::Started { voters: self.voter_set().into(), bootstrap }, fx);
        self.become_role(now, role, fx);
        if self.is_only_voter() {
            self.become_candidate(now, fx);
        }
        self.pursue(now, fx);
    }

    /// Appends decided records in the leader's epoch and says at which offset the first stands.
    pub fn append(&mut self, records: &[MetadataRecord], now: SimTime, fx: &mut Effects) -> i64 {
        assert!(self.is_leader(), "only the leader appends");
        let first = self.disk.log.append(records, LeaderEpoch(self.epoch()), now);
        self.note_own_end(now, fx);
        first
    }

    pub fn handle_connected(&mut self, now: SimTime, node: NodeId, fx: &mut Effects) {
        self.network.handle_connected(now, node, Channel::Raft, fx);
    }

    /// Takes the answer to one of its own requests.
    pub fn handle_answer(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        let (ProcessId::Node(node), crate::kafka::protocol::Body::Response(response)) = (source, message.body) else {
            return;
        };
        if let Some(done) = self.network.handle_response(node, Channel::Raft, message.correlation_id, response) {
            self.handle_completed(now, done, fx);
        }
        self.pursue(now, fx);
    }

    pub fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, fx: &mut Effects) {
        self.held.retain(|held| held.reply.to != peer);
        if let ProcessId::Node(node) = peer {
            self.tell_disconnect(now, node, DisconnectCause::Peer, fx);
            for completed in self.network.handle_disconnect(now, node, Channel::Raft) {
                self.handle_completed(now, completed, fx);
            }
            self.back_off(now, node);
        }
        self.pursue(now, fx);
    }

    /// Before one of its own connections is given up.
    fn tell_disconnect(&self, now: SimTime, node: NodeId, cause: DisconnectCause, fx: &mut Effects) {
        if self.network.is_known(node, Channel::Raft) {
            let how = self.network.disconnection(now, node, Channel::Raft, cause);
            fx.event(Event::NodeDisconnected { client: ProcessId::Node(self.id), node, how: Arc::new(how) });
        }
    }

    /// Forgets the fetches of a connection that its client has closed.
    pub fn forget_fetches(&mut self, peer: ProcessId) {
        self.held.retain(|held| held.reply.to != peer);
    }

    pub fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        let late = self.network.overdue(now);
        for (node, _, cause) in &late {
            self.tell_disconnect(now, *node, *cause, fx);
        }
        for completed in self.network.handle_timeout(now, fx) {
            self.handle_completed(now, completed, fx);
        }
        for (node, ..) in late {
            self.back_off(now, node);
        }
        self.backoffs.retain(|_, until| *until > now);
        self.expire_held_fetches(now, fx);
        self.pursue(now, fx);
    }

    fn back_off(&mut self, now: SimTime, node: NodeId) {
        self.backoffs.insert(node, now + SimDuration::from_config_ms(self.settings.retry_backoff_ms));
    }

    fn handle_completed(&mut self, now: SimTime, completed: Completed<Asked>, fx: &mut Effects) {
        let node = completed.node;
        let Outcome::Answered(response) = completed.outcome else {
            return self.back_off(now, node);
        };
        self.backoffs.remove(&node);
        if !self.handle_response(now, node, completed.purpose, response, fx) {
            self.back_off(now, node);
        }
    }

    /// Acts upon what is due: time-outs of the role first, then requests.
    fn pursue(&mut self, now: SimTime, fx: &mut Effects) {
        self.act_on_timeouts(now, fx);
        for (node, asked) in self.desires(now) {
            let key = (node, Channel::Raft);
            let busy = self.network.in_flight_count(node, Channel::Raft) > 0;
            if busy || !self.network.ready(now, node, Channel::Raft, fx) {
                continue;
            }
            if let Asked::Fetch { .. } = asked {
                self.attempts = self.attempts.wrapping_add(1);
            }
            let request: Request = self.request_for(node, asked, now);
            let timeout = self.settings.request_timeout_ms;
            self.network.send_within(now, key, request, asked, timeout, fx);
            self.note_sent(now, node, asked);
        }
    }

    /// What should be asked of whom at this moment, if only the connection is free.
    fn desires(&self, now: SimTime) -> Vec<(NodeId, Asked)> {
        let epoch = self.epoch();
        let ready = |node: &NodeId| self.backoffs.get(node).is_none_or(|until| *until <= now);
        let all: Vec<(NodeId, Asked)> = match &self.role {
            Role::Prospective { election, .. } | Role::Candidate { election, .. }
                if !election.is_lost(self.majority(), self.voters.len() as u32) =>
            {
                let pre_vote = matches!(self.role, Role::Prospective { .. });
                let open = self.other_voters().filter(|voter| !election.has_answered(voter.id));
                open.map(|voter| (voter.id, Asked::Vote { epoch, pre_vote })).collect()
            }
            Role::Prospective { .. } | Role::Candidate { .. } => Vec::new(),
            Role::Leader(leadership) => {
                let due =
                    leadership.voters.iter().filter(|(id, progress)| **id != self.id && progress.begin_due <= now);
                due.map(|(id, _)| (*id, Asked::BeginEpoch { epoch })).collect()
            }
            Role::Resigned { unacked, .. } => unacked.iter().map(|id| (*id, Asked::EndEpoch { epoch })).collect(),
            Role::Unattached { .. } | Role::Follower { .. } => {
                self.fetch_target(now).map(|node| (node, Asked::Fetch { epoch })).into_iter().collect()
            }
        };
        all.into_iter().filter(|(node, _)| ready(node)).collect()
    }

    /// When one of the nodes that it would ask can be asked again.
    fn next_contact(&self, now: SimTime) -> Option<Wake> {
        let nodes: Vec<NodeId> = match &self.role {
            Role::Prospective { .. } | Role::Candidate { .. } => self.other_voters().map(|voter| voter.id).collect(),
            Role::Leader(leadership) => leadership.voters.keys().copied().filter(|id| *id != self.id).collect(),
            Role::Resigned { unacked, .. } => unacked.iter().copied().collect(),
            Role::Unattached { .. } | Role::Follower { .. } if self.is_fetching() => Vec::new(),
            Role::Unattached { .. } | Role::Follower { .. } => {
                self.upstream.map_or_else(|| self.other_voters().map(|voter| voter.id).collect(), |node| vec![node])
            }
        };
        let free = nodes.into_iter().filter(|node| {
            self.network.in_flight_count(*node, Channel::Raft) == 0 && !self.network.is_connecting(*node, Channel::Raft)
        });
        let at = free.map(|node| {
            let retry = self.network.retry_at(now, node, Channel::Raft).unwrap_or_default();
            retry.max(self.backoffs.get(&node).copied().unwrap_or_default())
        });
        at.filter(|at| *at > now).min().map(|at| Wake::new(at, WakeReason::ReconnectBackoff))
    }

    pub fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        let election = self.role.election_deadline().map(|at| Wake::new(at, WakeReason::QuorumElection));
        let own = match &self.role {
            Role::Follower { fetch_deadline, .. } if self.is_voter() => Some(*fetch_deadline),
            Role::Leader(leadership) if !self.is_only_voter() => Some(leadership.next_due(self.id, now)),
            _ => None,
        };
        Wake::earliest([
            self.network.poll_timeout(),
            self.next_contact(now),
            election.filter(|_| self.stop_deadline.is_none() || !matches!(self.role, Role::Unattached { .. })),
            own.map(|at| Wake::new(at, WakeReason::QuorumTimeout)),
            self.stop_deadline.map(|at| Wake::new(at, WakeReason::QuorumTimeout)),
            self.held.iter().map(|held| Wake::new(held.deadline, WakeReason::FetchMaxWait)).min(),
        ])
    }

    /// SIGTERM: a leader resigns, names its successors, and goes on voting until one of them leads.
    pub fn begin_stop(&mut self, now: SimTime, fx: &mut Effects) {
        self.stop_deadline = Some(now + STOP_TIMEOUT);
        self.note(QuorumNote::StopBegun, fx);
        if self.is_leader() && !self.is_only_voter() {
            self.resign(now, fx);
        }
        self.pursue(now, fx);
    }

    /// An orderly stop has come to its end.
    pub fn may_exit(&self, now: SimTime) -> bool {
        let led_elsewhere = self.leader().is_some_and(|leader| leader != self.id);
        let Some(deadline) = self.stop_deadline else { return false };
        !self.is_voter() || self.is_only_voter() || led_elsewhere || deadline <= now
    }

    pub fn cluster_text(&self) -> Option<Arc<str>> {
        Some(self.cluster_id.to_string().into())
    }

    fn check_cluster(&self, cluster_id: Option<&str>) -> ErrorCode {
        match cluster_id {
            Some(id) if id != self.cluster_id.to_string() => ErrorCode::InconsistentClusterId,
            _ => ErrorCode::None,
        }
    }
}
