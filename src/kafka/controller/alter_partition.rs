//! AlterPartition: a leader proposes a new ISR, the controller checks and stores it (KIP-497, KIP-841, KIP-966;
//! `ReplicationControlManager.alterPartition`).

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, NodeId, PartitionEpoch, Uuid};
use crate::kafka::image::{NO_LEADER, PartitionRegistration};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::replication::*;
use crate::kafka::seeded::SeededBug;
use crate::time::SimTime;

use super::partition_change::{Election, PartitionChange, RECOVERED, RECOVERING};
use super::{Controller, ReplyTo};

impl Controller {
    pub(super) fn handle_alter_partition(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &AlterPartitionRequest,
        fx: &mut Effects,
    ) {
        let mut response =
            AlterPartitionResponse { throttle_time_ms: 0, error_code: ErrorCode::None, topics: Vec::new() };
        let registered = self.image.brokers.get(&request.broker_id);
        if registered.is_none_or(|broker| broker.epoch != request.broker_epoch) {
            let known = registered.is_some();
            response.error_code = if known { ErrorCode::StaleBrokerEpoch } else { ErrorCode::BrokerIdNotRegistered };
            return reply.answer(response, fx);
        }
        let mut records = Vec::new();
        for topic in &request.topics {
            let row = |asked| self.alter_partition(request.broker_id, topic.topic_id, asked, &mut records);
            let partitions = topic.partitions.iter().map(row).collect();
            response.topics.push(AlteredTopic { topic_id: topic.topic_id, partitions });
        }
        self.commit(&records, now, fx);
        reply.answer(response, fx);
    }

    fn alter_partition(
        &self,
        sender: NodeId,
        topic_id: Uuid,
        asked: &AlterPartitionPartition,
        records: &mut Vec<MetadataRecord>,
    ) -> AlteredPartition {
        let failed = |error_code| AlteredPartition {
            partition_index: asked.partition_index,
            error_code,
            leader_id: NodeId(0),
            leader_epoch: LeaderEpoch(0),
            isr: Vec::new(),
            leader_recovery_state: RECOVERED,
            partition_epoch: PartitionEpoch(0),
        };
        let Some(topic) = self.image.topic_by_id(topic_id) else { return failed(ErrorCode::UnknownTopicId) };
        let Some(partition) = topic.partitions.get(&asked.partition_index) else {
            return failed(ErrorCode::UnknownTopicOrPartition);
        };
        if let Err(error) = self.check_alteration(sender, partition, asked) {
            return failed(error);
        }
        let acceptable = |node: NodeId| self.is_active(node);
        let directory = |node: NodeId| self.directory_of(node);
        let id = (topic_id, asked.partition_index);
        let min_isr = self.min_isr(&topic.name);
        let mut change = PartitionChange::new(partition, id, &acceptable, min_isr, &directory);
        change.elr_enabled = self.elr_enabled();
        change.target_isr = asked.new_isr_with_epochs.iter().map(|member| member.broker_id).collect();
        change.target_recovery = asked.leader_recovery_state;
        if self.elects_uncleanly(&topic.name) {
            change.election = Election::Unclean;
        }
        let mut after = partition.clone();
        let mut completes = false;
        if let Some(record) = change.build() {
            after.merge(&record);
            completes = record.removing_replicas.is_some() || record.adding_replicas.is_some();
            records.push(record.into());
        }
        if completes && after.leader != Some(sender) {
            // The reassignment is through and its sender leads no more: nothing in the answer is for it.
            return failed(ErrorCode::NewLeaderElected);
        }
        AlteredPartition {
            partition_index: asked.partition_index,
            error_code: ErrorCode::None,
            leader_id: after.leader.unwrap_or(NO_LEADER),
            leader_epoch: after.leader_epoch,
            isr: after.isr,
            leader_recovery_state: after.leader_recovery_state,
            partition_epoch: after.partition_epoch,
        }
    }

    /// The checks in Kafka's order (`validateAlterPartitionData`).
    fn check_alteration(
        &self,
        sender: NodeId,
        partition: &PartitionRegistration,
        asked: &AlterPartitionPartition,
    ) -> Result<(), ErrorCode> {
        if asked.leader_epoch > partition.leader_epoch || asked.partition_epoch > partition.partition_epoch {
            return Err(ErrorCode::NotController);
        }
        if asked.leader_epoch < partition.leader_epoch && !SeededBug::DeposedLeaderAltersIsr.is_planted() {
            return Err(ErrorCode::FencedLeaderEpoch);
        }
        if partition.leader != Some(sender) && !SeededBug::DeposedLeaderAltersIsr.is_planted() {
            return Err(ErrorCode::InvalidRequest);
        }
        let takes_stale =
            SeededBug::StaleIsrProposalTaken.is_planted() || SeededBug::DeposedLeaderAltersIsr.is_planted();
        if asked.partition_epoch < partition.partition_epoch && !takes_stale {
            return Err(ErrorCode::InvalidUpdateVersion);
        }
        let isr = &asked.new_isr_with_epochs;
        let is_valid = isr.iter().all(|member| partition.replicas.contains(&member.broker_id))
            && isr.iter().any(|member| member.broker_id == sender)
            && (1..isr.len()).all(|at| isr[..at].iter().all(|member| member.broker_id != isr[at].broker_id));
        let recovering = asked.leader_recovery_state == RECOVERING;
        let goes_back = recovering && partition.leader_recovery_state == RECOVERED;
        if !is_valid || (recovering && isr.len() > 1) || goes_back {
            return Err(ErrorCode::InvalidRequest);
        }
        let eligible = |member: &IsrMember| {
            let broker = self.image.brokers.get(&member.broker_id);
            let same = |epoch| member.broker_epoch.0 == -1 || member.broker_epoch == epoch;
            self.is_active(member.broker_id) && broker.is_some_and(|broker| same(broker.epoch))
        };
        if isr.iter().all(eligible) || SeededBug::BouncedReplicaJoins.is_planted() {
            Ok(())
        } else {
            Err(ErrorCode::IneligibleReplica)
        }
    }
}
