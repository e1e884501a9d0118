//! The leader's side of replication: what followers' fetches say, the high watermark, and the ISR that the leader
//! proposes to the controller (`Partition`, `AlterPartitionManager`, KIP-497).

use std::collections::BTreeMap;

use crate::kafka::client::connection::Outcome;
use crate::kafka::controller::partition_change::RECOVERED;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, TopicPartition, Uuid};
use crate::kafka::protocol::fetch::{FetchPartition, ReplicaState};
use crate::kafka::protocol::replication::*;
use crate::kafka::protocol::{Channel, Response};
use crate::kafka::seeded::SeededBug;
use crate::kafka::topic_config;
use crate::time::{SimDuration, SimTime};

use super::partition::{FollowerState, Isr, Leading, Partition};
use super::{Broker, Purpose};

/// Pause after an AlterPartition request that failed as a whole (`AlterPartitionManager`).
const ALTER_PARTITION_RETRY: SimDuration = SimDuration::from_millis(50);

/// The proposal that a partition of an AlterPartition request made.
#[derive(Clone, PartialEq, Debug)]
pub struct Proposal {
    pub tp: TopicPartition,
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
}

impl Broker {
    fn max_lag(&self) -> SimDuration {
        SimDuration::from_config_ms(self.settings.replica_lag_time_max_ms)
    }

    /// `min.insync.replicas`, but never more than there are replicas.
    pub fn effective_min_isr(&self, tp: &TopicPartition, partition: &Partition) -> i32 {
        let overrides = self.image.topic_overrides(&tp.topic);
        let value = topic_config::value(
            "min.insync.replicas",
            &overrides,
            &self.image,
            Some(self.id),
            &self.settings.server_config,
        );
        let min_isr: i32 = value.and_then(|text| text.trim().parse().ok()).unwrap_or(1);
        min_isr.min(partition.replicas.len() as i32)
    }

    /// May this replica join the ISR: unfenced, not leaving, and of the incarnation that the controller knows.
    fn is_isr_eligible(&self, node: NodeId, follower: &FollowerState) -> bool {
        let Some(broker) = self.image.brokers.get(&node) else { return false };
        let known = follower.broker_epoch.is_some_and(|epoch| epoch == BrokerEpoch(-1) || epoch == broker.epoch);
        !broker.fenced && !broker.in_controlled_shutdown && (known || SeededBug::BouncedReplicaJoins.is_planted())
    }

    /// Moves the high watermark of a partition that this broker leads; true if it moved. It is the lowest end among the
    /// maximal ISR and those who are caught up and about to join, and stands still while the ISR is below the minimum.
    pub(super) fn maybe_advance_high_watermark(&mut self, now: SimTime, tp: &TopicPartition, fx: &mut Effects) -> bool {
        let Some(partition) = self.partitions.get(tp) else { return false };
        let Some(leading) = partition.leading() else { return false };
        if (leading.isr.committed().len() as i32) < self.effective_min_isr(tp, partition) {
            return false;
        }
        let log_end_offset = self.disk.logs[tp].log.log_end_offset();
        let mut high_watermark = log_end_offset;
        for (node, follower) in &leading.followers {
            let end = follower.log_end_offset.unwrap_or(-1);
            let joins =
                || follower.is_caught_up(log_end_offset, now, self.max_lag()) && self.is_isr_eligible(*node, follower);
            if SeededBug::HighWatermarkFromLeader.is_planted()
                || (SeededBug::HighWatermarkWithoutLeavers.is_planted() && leading.isr.is_leaving(*node))
            {
                continue;
            }
            if end < high_watermark && (leading.isr.is_in_maximal(*node) || joins()) {
                high_watermark = end;
            }
        }
        let log = &mut self.disk.logs.get_mut(tp).expect("a leader has a log").log;
        if high_watermark < 0 || !log.maybe_increment_high_watermark(high_watermark) {
            return false;
        }
        fx.event(Event::HighWatermarkAdvanced { broker: self.id, tp: tp.clone(), high_watermark });
        true
    }

    /// The checks of a follower's fetch beyond those of every fetch: it must hold a replica, in its current life.
    pub(super) fn check_follower(
        &self,
        tp: &TopicPartition,
        replica: &ReplicaState,
        asked: &FetchPartition,
    ) -> Result<(), ErrorCode> {
        let partition = self.partitions.get(tp).ok_or(ErrorCode::NotLeaderOrFollower)?;
        if !partition.replicas.contains(&replica.replica_id) {
            let with_epoch = asked.current_leader_epoch.0 >= 0;
            return Err(if with_epoch { ErrorCode::UnknownLeaderEpoch } else { ErrorCode::NotLeaderOrFollower });
        }
        let known = self.image.brokers.get(&replica.replica_id).map(|broker| broker.epoch);
        let stale = replica.replica_epoch.0 >= 0 && known.is_some_and(|known| replica.replica_epoch < known);
        if stale { Err(ErrorCode::NotLeaderOrFollower) } else { Ok(()) }
    }

    /// A follower fetched at an offset: it has everything below.
    pub(super) fn note_follower_fetch(
        &mut self,
        now: SimTime,
        tp: &TopicPartition,
        replica: &ReplicaState,
        asked: &FetchPartition,
        fx: &mut Effects,
    ) {
        let leader_end = self.disk.logs[tp].log.log_end_offset();
        let leading = self.partitions.get_mut(tp).and_then(Partition::leading_mut);
        let Some(follower) = leading.and_then(|leading| leading.followers.get_mut(&replica.replica_id)) else { return };
        let before = follower.log_end_offset;
        let start_moved = follower.log_start_offset != asked.log_start_offset;
        follower.note_fetch(asked.fetch_offset, leader_end, now);
        follower.log_start_offset = asked.log_start_offset;
        follower.broker_epoch = Some(replica.replica_epoch);
        if start_moved {
            self.check_held_deletions(fx);
        }
        self.maybe_expand_isr(now, tp, replica.replica_id, fx);
        if before != Some(asked.fetch_offset) && self.maybe_advance_high_watermark(now, tp, fx) {
            self.check_purgatories(fx);
        }
    }

    fn maybe_expand_isr(&mut self, now: SimTime, tp: &TopicPartition, node: NodeId, fx: &mut Effects) {
        let Some(leading) = self.partitions.get(tp).and_then(Partition::leading) else { return };
        let Some(follower) = leading.followers.get(&node) else { return };
        let reached = self.disk.logs[tp].log.high_watermark().max(leading.epoch_start_offset);
        let joins = !leading.isr.is_pending()
            && !leading.isr.committed().contains(&node)
            && follower.log_end_offset.is_some_and(|end| end >= reached || SeededBug::IsrExpandsTooEarly.is_planted())
            && self.is_isr_eligible(node, follower);
        if joins {
            let committed = leading.isr.committed().to_vec();
            self.propose(tp, Isr::PendingExpand { committed, joining: node, sent: false }, fx);
            self.pursue_alter_partition(now, fx);
        }
    }

    fn propose(&mut self, tp: &TopicPartition, isr: Isr, fx: &mut Effects) {
        let (broker, proposed) = (self.id, isr.proposed().into());
        fx.event(Event::AlterPartition { broker, tp: tp.clone(), isr: proposed });
        let leading = self.partitions.get_mut(tp).and_then(Partition::leading_mut);
        leading.expect("only a leader proposes").isr = isr;
    }

    /// Every half `replica.lag.time.max.ms`: members that have not been caught up for longer leave the ISR.
    pub(super) fn check_isrs(&mut self, now: SimTime, fx: &mut Effects) {
        if self.next_isr_check > now {
            return;
        }
        self.next_isr_check = now + SimDuration::from_config_ms(self.settings.replica_lag_time_max_ms / 2);
        let led: Vec<TopicPartition> =
            self.partitions.iter().filter(|(_, p)| p.leading().is_some()).map(|(tp, _)| tp.clone()).collect();
        for tp in led {
            let log = &self.disk.logs[&tp].log;
            let leading = self.partitions[&tp].leading().expect("just filtered");
            let (log_end_offset, high_watermark) = (log.log_end_offset(), log.high_watermark());
            let lagging = self.lagging(leading, log_end_offset, now);
            if leading.isr.is_pending() || lagging.is_empty() {
                continue;
            }
            let committed = leading.isr.committed().to_vec();
            let leaving: Vec<NodeId> = lagging.iter().map(|(node, _)| *node).collect();
            fx.event(Event::IsrShrinkProposed {
                broker: self.id,
                tp: tp.clone(),
                isr: committed.clone().into(),
                lagging: lagging.iter().map(|(node, _)| *node).collect(),
                high_watermark,
                log_end_offset,
            });
            self.propose(&tp, Isr::PendingShrink { committed, leaving, sent: false }, fx);
        }
        self.pursue_alter_partition(now, fx);
    }

    fn lagging(&self, leading: &Leading, log_end_offset: i64, now: SimTime) -> Vec<(NodeId, i64)> {
        let members = leading.isr.committed().iter().filter(|node| **node != self.id);
        let row = |node: &NodeId| {
            let follower = leading.followers.get(node)?;
            let caught_up = follower.is_caught_up(log_end_offset, now, self.max_lag());
            (!caught_up).then(|| (*node, follower.log_end_offset.unwrap_or(-1)))
        };
        members.filter_map(row).collect()
    }

    /// Sends what is proposed; one request of the broker at a time.
    pub(super) fn pursue_alter_partition(&mut self, now: SimTime, fx: &mut Effects) {
        if self.alter_retry_at > now
            || self.network.purposes_in_flight().any(|p| matches!(p, Purpose::AlterPartition(_)))
        {
            return;
        }
        let unsent = |partition: &Partition| partition.leading().is_some_and(|leading| leading.isr.is_unsent());
        if !self.partitions.values().any(unsent) {
            return;
        }
        let Some(to) = self.reach_controller(now, Channel::Forwarding, fx) else { return };
        let mut proposals = Vec::new();
        let mut topics: BTreeMap<Uuid, Vec<AlterPartitionPartition>> = BTreeMap::new();
        let (me, my_epoch) = (self.id, self.epoch);
        for (tp, partition) in self.partitions.iter_mut().filter(|(_, partition)| unsent(partition)) {
            let (topic_id, partition_epoch) = (partition.topic_id, partition.partition_epoch);
            let leading = partition.leading_mut().expect("just filtered");
            let (leader_epoch, proposed) = (leading.leader_epoch, leading.isr.proposed());
            leading.isr.mark_sent(true);
            let member = |node: &NodeId| {
                let follower = leading.followers.get(node).and_then(|follower| follower.broker_epoch);
                let epoch = if *node == me { my_epoch } else { follower.unwrap_or(BrokerEpoch(-1)) };
                IsrMember { broker_id: *node, broker_epoch: epoch }
            };
            topics.entry(topic_id).or_default().push(AlterPartitionPartition {
                partition_index: tp.partition,
                leader_epoch,
                new_isr_with_epochs: proposed.iter().map(member).collect(),
                leader_recovery_state: RECOVERED,
                partition_epoch,
            });
            proposals.push(Proposal { tp: tp.clone(), leader_epoch, partition_epoch });
        }
        let row = |(topic_id, partitions)| AlterPartitionTopic { topic_id, partitions };
        let topics = topics.into_iter().map(row).collect();
        let request = AlterPartitionRequest { broker_id: self.id, broker_epoch: self.epoch, topics };
        self.network.send(now, to, request.into(), Purpose::AlterPartition(proposals), fx);
    }

    pub(super) fn handle_altered(&mut self, now: SimTime, proposals: &[Proposal], outcome: Outcome, fx: &mut Effects) {
        let answered = match outcome {
            Outcome::Answered(Response::AlterPartition(response)) if response.error_code == ErrorCode::None => response,
            _ => {
                self.alter_retry_at = now + ALTER_PARTITION_RETRY;
                for proposal in proposals {
                    self.pending_of(proposal, |leading| leading.isr.mark_sent(false));
                }
                return;
            }
        };
        for topic in answered.topics {
            for altered in topic.partitions {
                let matches = |proposal: &&Proposal| {
                    let same_topic = self.partitions.get(&proposal.tp).is_some_and(|p| p.topic_id == topic.topic_id);
                    proposal.tp.partition == altered.partition_index && same_topic
                };
                if let Some(proposal) = proposals.iter().find(matches) {
                    self.handle_altered_partition(now, proposal, &altered, fx);
                }
            }
        }
        self.check_purgatories(fx);
        self.pursue_alter_partition(now, fx);
    }

    /// Acts on the partition if the proposal is still the one that is pending.
    fn pending_of(&mut self, proposal: &Proposal, act: impl FnOnce(&mut Leading)) {
        let Some(partition) = self.partitions.get_mut(&proposal.tp) else { return };
        if partition.partition_epoch != proposal.partition_epoch {
            return;
        }
        let leading = partition.leading_mut().filter(|leading| leading.leader_epoch == proposal.leader_epoch);
        if let Some(leading) = leading.filter(|leading| leading.isr.is_pending()) {
            act(leading);
        }
    }

    fn handle_altered_partition(
        &mut self,
        now: SimTime,
        proposal: &Proposal,
        altered: &AlteredPartition,
        fx: &mut Effects,
    ) {
        match altered.error_code {
            ErrorCode::None => {
                let stale = |partition: &Partition| partition.partition_epoch >= altered.partition_epoch;
                if altered.leader_epoch != proposal.leader_epoch || self.partitions.get(&proposal.tp).is_none_or(stale)
                {
                    return;
                }
                let isr = altered.isr.clone();
                self.pending_of(proposal, |leading| leading.isr = Isr::Committed(isr));
                let partition = self.partitions.get_mut(&proposal.tp).expect("just found");
                partition.partition_epoch = altered.partition_epoch;
                let (broker, tp, partition_epoch) = (self.id, proposal.tp.clone(), altered.partition_epoch);
                fx.event(Event::IsrUpdated { broker, tp, isr: altered.isr.clone().into(), partition_epoch });
                self.maybe_advance_high_watermark(now, &proposal.tp, fx);
            }
            ErrorCode::OperationNotAttempted | ErrorCode::IneligibleReplica => {
                self.pending_of(proposal, |leading| leading.isr.reset());
            }
            // The metadata will say what holds now.
            ErrorCode::UnknownTopicOrPartition
            | ErrorCode::UnknownTopicId
            | ErrorCode::FencedLeaderEpoch
            | ErrorCode::InvalidUpdateVersion
            | ErrorCode::InvalidRequest
            | ErrorCode::NewLeaderElected => {}
            _ => {
                self.alter_retry_at = now + ALTER_PARTITION_RETRY;
                self.pending_of(proposal, |leading| leading.isr.mark_sent(false));
            }
        }
    }

    pub(super) fn isr_wake(&self, now: SimTime) -> Option<Wake> {
        let check = self.published.then(|| Wake::new(self.next_isr_check, WakeReason::IsrCheck));
        let unsent = |partition: &Partition| partition.leading().is_some_and(|leading| leading.isr.is_unsent());
        let in_flight = self.network.purposes_in_flight().any(|p| matches!(p, Purpose::AlterPartition(_)));
        let waits = !in_flight && self.partitions.values().any(unsent);
        let free = self.controller_free_at(now, Channel::Forwarding).filter(|_| waits);
        let retry = free.map(|free| Wake::new(free.max(self.alter_retry_at), WakeReason::RetryBackoff));
        Wake::earliest([check, retry])
    }
}
