//! The threads with which a broker follows leaders, as their lines tell of them: one for each leader.

use std::collections::{BTreeMap, BTreeSet};

use crate::kafka::event::Event;
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition, Uuid};

/// A partition that the broker follows from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Followed {
    pub tp: TopicPartition,
    pub topic_id: Uuid,
    pub leader: NodeId,
    pub leader_epoch: LeaderEpoch,
    pub log_end_offset: i64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Fetchers {
    /// Whom the broker follows.
    leaders: BTreeMap<TopicPartition, NodeId>,
    /// Leaders with a thread before the newest metadata.
    threads: BTreeSet<NodeId>,
    /// Leaders followed before partitions became the broker's own: their threads end behind the next change of roles.
    left: BTreeSet<NodeId>,
    /// What the newest metadata have it follow.
    newest: Vec<Followed>,
}

impl Fetchers {
    pub fn notice(&mut self, event: &Event) {
        match event {
            Event::BrokerBooted { .. } => *self = Fetchers::default(),
            Event::RolesAssigned { leads: true, .. } => self.left.extend(self.leaders.values()),
            Event::RolesAssigned { .. } => {
                self.threads = std::mem::take(&mut self.left);
                self.threads.extend(self.leaders.values());
                self.newest.clear();
            }
            Event::PartitionFollowed { tp, leader: Some(leader), leader_epoch, role, .. } => {
                self.leaders.insert(tp.clone(), *leader);
                let (tp, topic_id, log_end_offset) = (tp.clone(), role.topic_id, role.log_end_offset);
                let (leader, leader_epoch) = (*leader, *leader_epoch);
                self.newest.push(Followed { tp, topic_id, leader, leader_epoch, log_end_offset });
            }
            Event::PartitionFollowed { tp, leader: None, .. } | Event::PartitionLed { tp, .. } => {
                self.leaders.remove(tp);
            }
            Event::LogsDeleted { logs, .. } => logs.iter().for_each(|(tp, _)| {
                self.leaders.remove(tp);
            }),
            _ => {}
        }
    }

    /// What is newly followed, leader by leader, and whether its thread is new.
    pub fn added(&self) -> Vec<(NodeId, bool, Vec<&Followed>)> {
        let mut rows: BTreeMap<NodeId, Vec<&Followed>> = BTreeMap::new();
        for followed in &self.newest {
            rows.entry(followed.leader).or_default().push(followed);
        }
        rows.into_iter().map(|(leader, rows)| (leader, !self.threads.contains(&leader), rows)).collect()
    }

    /// Leaders whose thread has nothing to do any more.
    pub fn idle(&self) -> Vec<NodeId> {
        let used: BTreeSet<NodeId> = self.leaders.values().copied().collect();
        self.threads.difference(&used).copied().collect()
    }

    /// What is newly followed with an empty log.
    pub fn empty(&self) -> impl Iterator<Item = &Followed> {
        self.newest.iter().filter(|followed| followed.log_end_offset == 0)
    }
}
