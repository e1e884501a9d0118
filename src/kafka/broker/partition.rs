//! One replica on this broker and its role.
//!
//! Room left for replication: followers, their fetch state, the ISR as a sum type, and a high watermark that waits for
//! them. With one replica the leader's log end is the high watermark.

use crate::kafka::ids::{LeaderEpoch, NodeId, Uuid};

/// What this broker does for a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Leader {
        leader_epoch: LeaderEpoch,
    },
    /// It holds a replica, and nobody leads.
    Offline {
        leader_epoch: LeaderEpoch,
    },
}

impl Role {
    /// The leader epoch that gave the role.
    pub const fn epoch(self) -> LeaderEpoch {
        match self {
            Role::Leader { leader_epoch } | Role::Offline { leader_epoch } => leader_epoch,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct Partition {
    pub topic_id: Uuid,
    pub role: Role,
    /// Who leads, as the metadata say.
    pub leader: Option<NodeId>,
}

impl Partition {
    pub fn leader_epoch(&self) -> Option<LeaderEpoch> {
        match self.role {
            Role::Leader { leader_epoch } => Some(leader_epoch),
            Role::Offline { .. } => None,
        }
    }
}
