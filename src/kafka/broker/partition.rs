//! One replica on this broker and its role: a leader with what it knows of its followers and its ISR, a follower with
//! its leader, or neither (`Partition`, `Replica`).

use std::collections::BTreeMap;

use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, Uuid};
use crate::kafka::java;
use crate::time::{SimDuration, SimTime};

/// What a leader knows of a follower, from its fetches alone (`ReplicaState`).
#[derive(Clone, PartialEq, Debug)]
pub struct FollowerState {
    /// The follower has everything below; None until it fetches from this leader.
    pub log_end_offset: Option<i64>,
    pub log_start_offset: i64,
    /// The leader's end at the follower's last fetch, and when that was.
    pub last_fetch_leader_log_end_offset: i64,
    pub last_fetch: SimTime,
    /// When it had last reached the leader's end; the epoch of the clock for never.
    pub last_caught_up: SimTime,
    /// The broker epoch that its fetches carry.
    pub broker_epoch: Option<BrokerEpoch>,
}

impl FollowerState {
    fn unknown() -> FollowerState {
        FollowerState {
            log_end_offset: None,
            log_start_offset: -1,
            last_fetch_leader_log_end_offset: -1,
            last_fetch: SimTime::default(),
            last_caught_up: SimTime::default(),
            broker_epoch: None,
        }
    }

    /// A fetch at `fetch_offset` says: I have everything below. A follower that reached the end that the leader had at
    /// its previous fetch was caught up then, even if more has come since.
    pub fn note_fetch(&mut self, fetch_offset: i64, leader_end: i64, now: SimTime) {
        if fetch_offset >= leader_end {
            self.last_caught_up = self.last_caught_up.max(now);
        } else if fetch_offset >= self.last_fetch_leader_log_end_offset {
            self.last_caught_up = self.last_caught_up.max(self.last_fetch);
        }
        self.log_end_offset = Some(fetch_offset);
        self.last_fetch_leader_log_end_offset = self.last_fetch_leader_log_end_offset.max(leader_end);
        self.last_fetch = now;
    }

    /// At the leader's end, or there within `replica.lag.time.max.ms`.
    pub fn is_caught_up(&self, leader_end: i64, now: SimTime, max_lag: SimDuration) -> bool {
        self.log_end_offset == Some(leader_end) || self.last_caught_up + max_lag >= now
    }
}

/// The in-sync replicas as the controller stored them, and what the leader has proposed since.
#[derive(Clone, PartialEq, Debug)]
pub enum Isr {
    Committed(Vec<NodeId>),
    /// The new member counts for the high watermark at once, for admission only when it is committed.
    PendingExpand {
        committed: Vec<NodeId>,
        joining: NodeId,
        sent: bool,
    },
    /// Those who leave count for the high watermark until that is committed.
    PendingShrink {
        committed: Vec<NodeId>,
        leaving: Vec<NodeId>,
        sent: bool,
    },
}

impl Isr {
    pub fn committed(&self) -> &[NodeId] {
        match self {
            Isr::Committed(committed) | Isr::PendingExpand { committed, .. } | Isr::PendingShrink { committed, .. } => {
                committed
            }
        }
    }

    /// Everyone who may be in the ISR as the controller has it, now or in a moment (KIP-497).
    pub fn is_in_maximal(&self, node: NodeId) -> bool {
        let joins = matches!(self, Isr::PendingExpand { joining, .. } if *joining == node);
        joins || self.committed().contains(&node)
    }

    /// The leader has asked to take it out.
    pub fn is_leaving(&self, node: NodeId) -> bool {
        matches!(self, Isr::PendingShrink { leaving, .. } if leaving.contains(&node))
    }

    pub fn maximal_size(&self) -> i32 {
        self.committed().len() as i32 + i32::from(matches!(self, Isr::PendingExpand { .. }))
    }

    pub fn is_pending(&self) -> bool {
        !matches!(self, Isr::Committed(_))
    }

    /// What the leader asks for, in the order of Java's hash sets.
    pub fn proposed(&self) -> Vec<NodeId> {
        let mut members = self.committed().to_vec();
        match self {
            Isr::Committed(_) => {}
            Isr::PendingExpand { joining, .. } => members.push(*joining),
            Isr::PendingShrink { leaving, .. } => members.retain(|node| !leaving.contains(node)),
        }
        members.sort_unstable();
        let size = members.len() as u32;
        members.sort_by_key(|node| java::hash_set_bucket(node.0, size));
        members
    }

    /// The proposal still has to be sent.
    pub fn is_unsent(&self) -> bool {
        matches!(self, Isr::PendingExpand { sent: false, .. } | Isr::PendingShrink { sent: false, .. })
    }

    pub fn mark_sent(&mut self, now_sent: bool) {
        match self {
            Isr::Committed(_) => {}
            Isr::PendingExpand { sent, .. } | Isr::PendingShrink { sent, .. } => *sent = now_sent,
        }
    }

    /// Back to what is stored.
    pub fn reset(&mut self) {
        *self = Isr::Committed(self.committed().to_vec());
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Leading {
    pub leader_epoch: LeaderEpoch,
    /// The log's end when the epoch began.
    pub epoch_start_offset: i64,
    pub isr: Isr,
    pub followers: BTreeMap<NodeId, FollowerState>,
}

impl Leading {
    /// Begins an epoch, or goes on in it with new metadata; `before` is what this broker knew as the leader so far.
    pub fn begin(
        me: NodeId,
        (leader_epoch, log_end_offset): (LeaderEpoch, i64),
        replicas: &[NodeId],
        isr: &[NodeId],
        before: Option<&Leading>,
        now: SimTime,
    ) -> Leading {
        let same = before.filter(|leading| leading.leader_epoch == leader_epoch);
        let mut followers = BTreeMap::new();
        for node in replicas.iter().filter(|node| **node != me) {
            let known = before.and_then(|leading| leading.followers.get(node));
            let mut state = known.cloned().unwrap_or_else(FollowerState::unknown);
            if same.is_none() {
                // A new epoch gives members of the ISR a fresh start; what others had before says nothing.
                state.last_caught_up = if isr.contains(node) { now } else { SimTime::default() };
                state.last_fetch_leader_log_end_offset = if known.is_some() { log_end_offset } else { -1 };
            }
            followers.insert(*node, state);
        }
        Leading {
            leader_epoch,
            epoch_start_offset: same.map_or(log_end_offset, |leading| leading.epoch_start_offset),
            isr: Isr::Committed(isr.to_vec()),
            followers,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Following {
    pub leader: NodeId,
    pub leader_epoch: LeaderEpoch,
    /// After an error: no fetch before.
    pub retry_at: SimTime,
    /// The leader is of a newer epoch: nothing until the metadata say who leads.
    pub failed: bool,
    /// The leader was asked where its log begins and ends, because the fetch offset was out of its range.
    pub asking: bool,
}

/// What this broker does for a partition.
#[derive(Clone, PartialEq, Debug)]
pub enum Role {
    Leader(Box<Leading>),
    Follower(Following),
    /// It holds a replica, and nobody leads.
    Offline,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Partition {
    pub topic_id: Uuid,
    pub replicas: Vec<NodeId>,
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
    pub role: Role,
    /// Who leads, as the metadata say.
    pub leader: Option<NodeId>,
}

impl Partition {
    /// The epoch in which this broker leads; None if it does not.
    pub fn leader_epoch(&self) -> Option<LeaderEpoch> {
        self.leading().map(|leading| leading.leader_epoch)
    }

    pub fn leading(&self) -> Option<&Leading> {
        match &self.role {
            Role::Leader(leading) => Some(leading),
            _ => None,
        }
    }

    pub fn leading_mut(&mut self) -> Option<&mut Leading> {
        match &mut self.role {
            Role::Leader(leading) => Some(leading),
            _ => None,
        }
    }

    pub fn following_mut(&mut self) -> Option<&mut Following> {
        match &mut self.role {
            Role::Follower(following) => Some(following),
            _ => None,
        }
    }
}
