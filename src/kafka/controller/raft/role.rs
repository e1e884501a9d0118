//! What a replica of the metadata log is in an epoch (`QuorumState`, `EpochState`).

use std::collections::{BTreeMap, BTreeSet};

use crate::kafka::ids::{NodeId, Uuid};
use crate::time::SimTime;

/// The votes of an election or of the question before it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Election {
    pub granted: BTreeSet<NodeId>,
    pub rejected: BTreeSet<NodeId>,
}

impl Election {
    /// It begins with the vote for oneself.
    pub fn of(id: NodeId) -> Election {
        Election { granted: BTreeSet::from([id]), rejected: BTreeSet::new() }
    }

    pub fn has_answered(&self, voter: NodeId) -> bool {
        self.granted.contains(&voter) || self.rejected.contains(&voter)
    }

    pub fn note(&mut self, voter: NodeId, granted: bool) {
        if granted {
            self.granted.insert(voter);
        } else if !self.granted.contains(&voter) {
            self.rejected.insert(voter);
        }
    }

    pub fn is_won(&self, majority: u32) -> bool {
        self.granted.len() as u32 >= majority
    }

    /// So many of all voters have refused that there can be no majority any more.
    pub fn is_lost(&self, majority: u32, voters: u32) -> bool {
        voters - (self.rejected.len() as u32) < majority
    }
}

/// How far a replica has come, as the leader sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    pub directory_id: Uuid,
    /// None until it has fetched in this epoch.
    pub end_offset: Option<i64>,
    pub last_fetch: Option<SimTime>,
    pub last_caught_up: Option<SimTime>,
    /// Where the leader's log ended at the last fetch.
    leader_end_then: i64,
    /// When it is told of the epoch, again; a fetch counts as having heard.
    pub begin_due: SimTime,
}

impl Progress {
    pub fn new(directory_id: Uuid, now: SimTime) -> Progress {
        Progress {
            directory_id,
            end_offset: None,
            last_fetch: None,
            last_caught_up: None,
            leader_end_then: 0,
            begin_due: now,
        }
    }

    /// A fetch from `offset` says that it has everything below.
    pub fn note_fetch(&mut self, now: SimTime, offset: i64, leader_end: i64) {
        if offset >= leader_end {
            self.last_caught_up = Some(now);
        } else if self.leader_end_then > 0 && offset >= self.leader_end_then {
            self.last_caught_up = self.last_caught_up.max(self.last_fetch);
        }
        self.leader_end_then = leader_end;
        self.last_fetch = Some(now);
        self.end_offset = Some(offset);
    }
}

/// The leader's knowledge of the others (`LeaderState`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leadership {
    /// Where the epoch begins: only what lies behind makes a first high watermark.
    pub epoch_start: i64,
    pub voters: BTreeMap<NodeId, Progress>,
    pub observers: BTreeMap<(NodeId, Uuid), Progress>,
    /// Voters that have fetched since the last time that a majority had.
    pub fetched: BTreeSet<NodeId>,
    /// Without fetches of a majority until then it resigns.
    pub quorum_deadline: SimTime,
}

impl Leadership {
    /// When it has to look at its voters next.
    pub fn next_due(&self, own: NodeId, now: SimTime) -> SimTime {
        let others = self.voters.iter().filter(|(id, _)| **id != own);
        let begin = others.map(|(_, progress)| progress.begin_due).filter(|due| *due > now).min();
        begin.map_or(self.quorum_deadline, |begin| begin.min(self.quorum_deadline))
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Role {
    /// It knows of no leader; it may have voted. Observers have no deadline.
    Unattached {
        election_deadline: Option<SimTime>,
    },
    /// It asks whether it could win before it raises the epoch (KIP-996).
    Prospective {
        election_deadline: Option<SimTime>,
        election: Election,
    },
    Candidate {
        election_deadline: Option<SimTime>,
        election: Election,
    },
    Leader(Box<Leadership>),
    Follower {
        fetch_deadline: SimTime,
        /// The leader of this epoch has answered once: its rivals get no pre-vote.
        has_fetched: bool,
    },
    /// It led the epoch and does so no more.
    Resigned {
        election_deadline: Option<SimTime>,
        unacked: BTreeSet<NodeId>,
        preferred: Vec<NodeId>,
    },
}

impl Role {
    pub fn election_deadline(&self) -> Option<SimTime> {
        match self {
            Role::Unattached { election_deadline }
            | Role::Prospective { election_deadline, .. }
            | Role::Candidate { election_deadline, .. }
            | Role::Resigned { election_deadline, .. } => *election_deadline,
            Role::Leader(_) | Role::Follower { .. } => None,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Role::Unattached { .. } => "Unattached",
            Role::Prospective { .. } => "Prospective",
            Role::Candidate { .. } => "Candidate",
            Role::Leader(_) => "Leader",
            Role::Follower { .. } => "Follower",
            Role::Resigned { .. } => "Resigned",
        }
    }
}
