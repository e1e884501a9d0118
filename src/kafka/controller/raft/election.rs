//! From one leader to the next: transitions, votes, and what time-outs do.

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::event::detail::QuorumNote;
use crate::kafka::ids::{LeaderEpoch, NodeId};
use crate::kafka::protocol::quorum::{VotePartition, VoteRequest};
use crate::kafka::record::Voter;
use crate::kafka::seeded::SeededBug;
use crate::time::{SimDuration, SimTime};

use super::role::{Election, Role};
use super::{ElectionState, RaftClient};

impl RaftClient {
    /// The one place where the role changes. What is on the disk has been written before.
    pub(super) fn become_role(&mut self, now: SimTime, role: Role, fx: &mut Effects) {
        let was_leader = self.is_leader();
        let left = self.left.take();
        let begun = std::mem::replace(&mut self.has_begun, true);
        let from = begun.then(|| left.unwrap_or_else(|| self.state_text().into()));
        // What is only in memory: the epoch, its leader and the vote are as before.
        let durable = from.is_none() || !matches!(role, Role::Prospective { .. } | Role::Resigned { .. });
        self.role = role;
        // An observer never stands for election.
        let timeout = self.role.election_deadline().map(|at| at.since(now).as_millis());
        self.role_timeout_ms = timeout.unwrap_or(i64::MAX as u64);
        self.note(QuorumNote::Transition { from, to: self.state_text().into(), durable }, fx);
        let (node, epoch, leader) = (self.id, self.epoch(), self.leader());
        if self.is_voter() {
            fx.event(Event::QuorumRoleChanged { node, role: self.role.name().into(), epoch, leader });
        }
        if was_leader {
            self.refuse_held_fetches(fx);
        }
    }

    /// `quorum-state` is written first; the state that is left is remembered as it was.
    pub(super) fn write_election(&mut self, election: ElectionState) {
        if self.left.is_none() {
            self.left = Some(self.state_text().into());
        }
        self.disk.election = election;
    }

    pub(super) fn become_unattached(&mut self, now: SimTime, epoch: i32, fx: &mut Effects) {
        // A deadline that runs goes on running, so that votes for others do not put off an election for ever.
        let running = self.role.election_deadline().filter(|_| match &self.role {
            Role::Prospective { election, .. } => !election.is_lost(self.majority(), self.voters.len() as u32),
            _ => true,
        });
        let election_deadline = running.or_else(|| self.random_election_deadline(now));
        self.write_election(ElectionState { epoch, leader: None, voted: None });
        self.become_role(now, Role::Unattached { election_deadline }, fx);
    }

    pub(super) fn become_follower(&mut self, now: SimTime, epoch: i32, leader: NodeId, fx: &mut Effects) {
        let voted = self.disk.election.voted.filter(|_| self.disk.election.epoch == epoch);
        self.write_election(ElectionState { epoch, leader: Some(leader), voted });
        let fetch_deadline = now + SimDuration::from_config_ms(self.settings.fetch_timeout_ms);
        self.backoffs.clear();
        self.become_role(now, Role::Follower { fetch_deadline, has_fetched: false }, fx);
    }

    /// Epoch, leader and vote stay: nothing has happened yet that others must respect.
    fn become_prospective(&mut self, now: SimTime, fx: &mut Effects) {
        let election_deadline = self.random_election_deadline(now);
        self.backoffs.clear();
        self.become_role(now, Role::Prospective { election_deadline, election: Election::of(self.id) }, fx);
    }

    pub(super) fn become_candidate(&mut self, now: SimTime, fx: &mut Effects) {
        let epoch = self.epoch() + 1;
        self.write_election(ElectionState { epoch, leader: None, voted: Some(self.key()) });
        let (election_deadline, election) = (self.random_election_deadline(now), Election::of(self.id));
        let granting: Vec<NodeId> = election.granted.iter().copied().collect();
        let is_won = election.is_won(self.majority());
        self.become_role(now, Role::Candidate { election_deadline, election }, fx);
        if is_won {
            self.become_leader(now, &granting, fx);
        }
    }

    /// A message names a leader and an epoch; says whether that changed anything (`maybeTransition`).
    pub(super) fn learn(&mut self, now: SimTime, epoch: i32, leader: Option<NodeId>, fx: &mut Effects) -> bool {
        let leads_itself = |leader: NodeId| leader == self.id && self.upstream.is_none();
        let leader = leader.filter(|leader| leader.0 >= 0 && !leads_itself(*leader));
        match leader {
            Some(leader) if epoch > self.epoch() || epoch == self.epoch() && self.leader().is_none() => {
                self.become_follower(now, epoch, leader, fx);
                true
            }
            None if epoch > self.epoch() => {
                self.become_unattached(now, epoch, fx);
                true
            }
            _ => false,
        }
    }

    pub(super) fn vote_request(&self, to: NodeId, epoch: i32, pre_vote: bool) -> VoteRequest {
        let voter = self.voters.iter().find(|voter| voter.id == to).expect("only voters are asked");
        let log = &self.disk.log;
        let partition = VotePartition {
            partition_index: 0,
            replica_epoch: LeaderEpoch(epoch),
            replica_id: self.id,
            replica_directory_id: self.disk.directory_id,
            voter_directory_id: voter.directory_id,
            last_offset_epoch: log.log.latest_epoch().unwrap_or(LeaderEpoch(0)),
            last_offset: log.next_offset(),
            pre_vote,
        };
        super::requests::vote_request(self.cluster_text(), to, partition)
    }

    /// Whether the candidate gets this replica's vote, or would get it.
    pub(super) fn decide_vote(&mut self, now: SimTime, asked: &VotePartition, fx: &mut Effects) -> (ErrorCode, bool) {
        let epoch = asked.replica_epoch.0;
        if epoch < self.epoch() {
            return (ErrorCode::FencedLeaderEpoch, false);
        }
        if epoch > self.epoch() {
            self.become_unattached(now, epoch, fx);
        }
        let candidate = Voter { id: asked.replica_id, directory_id: asked.replica_directory_id };
        let own = (self.disk.log.log.latest_epoch().unwrap_or(LeaderEpoch(0)), self.disk.log.next_offset());
        let is_up_to_date =
            SeededBug::VoteForShorterLog.is_planted() || (asked.last_offset_epoch, asked.last_offset) >= own;
        let granted = is_up_to_date
            && match &self.role {
                Role::Leader(_) => false,
                Role::Follower { has_fetched, .. } => asked.pre_vote && !has_fetched,
                Role::Candidate { .. } | Role::Resigned { .. } => asked.pre_vote,
                Role::Unattached { .. } | Role::Prospective { .. } => asked.pre_vote || self.may_vote_for(candidate),
            };
        if granted && !asked.pre_vote {
            self.write_election(ElectionState { voted: Some(candidate), ..self.disk.election });
            self.note_vote_given(fx);
        }
        self.note_vote_answer(asked, granted, fx);
        if self.is_voter() {
            fx.event(Event::VoteDecided {
                node: self.id,
                candidate: candidate.id,
                epoch,
                pre_vote: asked.pre_vote,
                granted,
            });
        }
        (ErrorCode::None, granted)
    }

    /// One vote in an epoch, and none when its leader is known.
    fn may_vote_for(&self, candidate: Voter) -> bool {
        match self.disk.election.voted {
            _ if SeededBug::TwoVotesInAnEpoch.is_planted() => true,
            Some(voted) => voted == candidate,
            None => self.leader().is_none(),
        }
    }

    /// A voter has answered in the election of `epoch`.
    pub(super) fn note_vote(
        &mut self,
        now: SimTime,
        voter: NodeId,
        (epoch, pre_vote): (i32, bool),
        granted: bool,
        fx: &mut Effects,
    ) {
        if epoch != self.epoch() {
            return;
        }
        let (majority, voters) = (self.majority(), self.voters.len() as u32);
        match &mut self.role {
            Role::Prospective { election, .. } if pre_vote => {
                election.note(voter, granted);
                if election.is_won(majority) {
                    self.become_candidate(now, fx);
                } else if election.is_lost(majority, voters) {
                    self.give_up_candidacy(now, fx);
                }
            }
            Role::Candidate { election, .. } if !pre_vote => {
                election.note(voter, granted);
                if election.is_won(majority) {
                    let granting: Vec<NodeId> = election.granted.iter().copied().collect();
                    self.become_leader(now, &granting, fx);
                }
                // One that has lost waits for the rest of its time-out.
            }
            _ => {}
        }
    }

    /// Others would not vote for it: back to where it was.
    fn give_up_candidacy(&mut self, now: SimTime, fx: &mut Effects) {
        match self.leader().filter(|leader| *leader != self.id) {
            Some(leader) => self.become_follower(now, self.epoch(), leader, fx),
            None => self.become_role_unattached_again(now, fx),
        }
    }

    /// The epoch and a vote given in it stay.
    fn become_role_unattached_again(&mut self, now: SimTime, fx: &mut Effects) {
        let election_deadline = self.random_election_deadline(now);
        self.write_election(ElectionState { leader: None, ..self.disk.election });
        self.become_role(now, Role::Unattached { election_deadline }, fx);
    }

    /// What happens when a time-out of the role has come (`KafkaRaftClient.poll`).
    pub(super) fn act_on_timeouts(&mut self, now: SimTime, fx: &mut Effects) {
        let stops = self.stop_deadline.is_some();
        let is_voter = self.is_voter();
        match &self.role {
            Role::Follower { fetch_deadline, .. } if is_voter && *fetch_deadline <= now => {
                self.note(QuorumNote::FetchTimedOut, fx);
                self.become_prospective(now, fx);
            }
            Role::Unattached { election_deadline: Some(deadline) } if *deadline <= now && !stops => {
                self.become_prospective(now, fx);
            }
            Role::Prospective { election_deadline: Some(deadline), election } if *deadline <= now => {
                self.note(QuorumNote::PreVoteTimedOut { election: self.election_text(election) }, fx);
                self.give_up_candidacy(now, fx);
            }
            Role::Candidate { election_deadline: Some(deadline), .. } if *deadline <= now => {
                self.note(QuorumNote::ElectionLost, fx);
                self.become_prospective(now, fx);
            }
            Role::Resigned { election_deadline: Some(deadline), .. } if *deadline <= now => {
                let epoch = self.epoch() + 1;
                self.write_election(ElectionState { epoch, leader: None, voted: None });
                let election_deadline = self.random_election_deadline(now);
                self.become_role(now, Role::Unattached { election_deadline }, fx);
            }
            Role::Leader(leadership) if self.voters.len() > 1 && leadership.quorum_deadline <= now => {
                self.note_no_majority(self.check_quorum_timeout().as_millis(), fx);
                self.resign(now, fx);
            }
            _ => {}
        }
    }

    /// A leader whose epoch ends by itself: no majority fetches from it, or its process stops.
    pub(super) fn resign(&mut self, now: SimTime, fx: &mut Effects) {
        let Role::Leader(leadership) = &self.role else { return };
        let mut preferred: Vec<(i64, NodeId)> = leadership
            .voters
            .iter()
            .filter(|(id, _)| **id != self.id)
            .map(|(id, p)| (p.end_offset.unwrap_or(-1), *id))
            .collect();
        preferred.sort_by_key(|(end, id)| (-end, *id));
        let preferred: Vec<NodeId> = preferred.into_iter().map(|(_, id)| id).collect();
        let election_deadline = self.random_election_deadline(now);
        let unacked = preferred.iter().copied().collect();
        self.become_role(now, Role::Resigned { election_deadline, unacked, preferred }, fx);
    }

    /// The leader of the epoch has ended it; the first of the successors acts at once, the others a while later each.
    pub(super) fn note_epoch_end(&mut self, now: SimTime, leader: NodeId, successors: &[NodeId]) {
        let backoff = self.successor_backoff(successors);
        let follows = self.leader() == Some(leader);
        if let Role::Follower { fetch_deadline, .. } = &mut self.role
            && follows
        {
            *fetch_deadline = now + backoff;
        }
    }

    /// `strictExponentialElectionBackoffMs`.
    fn successor_backoff(&self, successors: &[NodeId]) -> SimDuration {
        let max = self.settings.election_backoff_max_ms;
        let Some(position) = successors.iter().position(|id| *id == self.id) else {
            return SimDuration::from_config_ms(max);
        };
        if position == 0 {
            return SimDuration::ZERO;
        }
        let base = max >> (successors.len() - 1).min(62);
        SimDuration::from_config_ms((base << (position - 1).min(30)).min(max))
    }
}
