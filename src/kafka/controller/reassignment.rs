//! AlterPartitionReassignments and ListPartitionReassignments: moving replicas (KIP-455;
//! `ReplicationControlManager.alterPartitionReassignments`, `PartitionReassignmentReplicas`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::ids::NodeId;
use crate::kafka::image::PartitionRegistration;
use crate::kafka::protocol::metadata_records::PartitionChangeRecord;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::replication::*;
use crate::kafka::protocol::topics::*;
use crate::time::SimTime;

use super::partition_change::{Election, PartitionChange};
use super::{Controller, ReplyTo};

impl Controller {
    pub(super) fn handle_alter_reassignments(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &AlterPartitionReassignmentsRequest,
        fx: &mut Effects,
    ) {
        let mut records: Vec<MetadataRecord> = Vec::new();
        let mut responses = Vec::new();
        for topic in &request.topics {
            let mut partitions = Vec::new();
            for asked in &topic.partitions {
                let allowed = request.allow_replication_factor_change;
                let error = match self.decide_reassignment(&topic.name, asked, allowed) {
                    Ok(record) => {
                        records.extend(record.map(MetadataRecord::from));
                        ApiError::new(ErrorCode::None)
                    }
                    Err(error) => error,
                };
                partitions.push(ReassignablePartitionResponse {
                    partition_index: asked.partition_index,
                    error_code: error.code,
                    error_message: error.message.map(Arc::from),
                });
            }
            responses.push(ReassignableTopicResponse { name: topic.name.clone(), partitions });
        }
        self.commit(&records, now, fx);
        let response = AlterPartitionReassignmentsResponse {
            throttle_time_ms: 0,
            allow_replication_factor_change: request.allow_replication_factor_change,
            error_code: ErrorCode::None,
            error_message: None,
            responses,
        };
        reply.answer(response, fx);
    }

    fn decide_reassignment(
        &self,
        topic: &Arc<str>,
        asked: &ReassignablePartition,
        factor_may_change: bool,
    ) -> Result<Option<PartitionChangeRecord>, ApiError> {
        let unknown = |text: String| ApiError::with(ErrorCode::UnknownTopicOrPartition, text);
        let number = asked.partition_index;
        let Some(found) = self.image.topics.get(topic) else {
            return Err(unknown(format!("Unable to find a topic named {topic}.")));
        };
        let Some(partition) = found.partitions.get(&number) else {
            return Err(unknown(format!("Unable to find partition {topic}:{number}.")));
        };
        let acceptable = |node: NodeId| self.is_active(node);
        let directory = |node: NodeId| self.directory_of(node);
        let min_isr = self.min_isr(topic);
        let mut change = PartitionChange::new(partition, (found.id, number), &acceptable, min_isr, &directory);
        change.elr_enabled = self.elr_enabled();
        match &asked.replicas {
            None => self.cancel(partition, (topic, number), &mut change)?,
            Some(target) => {
                self.check_assignment(target, None)?;
                if !factor_may_change && target.len() != stable_replicas(partition).len() {
                    let text = format!(
                        "The replication factor is changed from {} to {}",
                        stable_replicas(partition).len(),
                        target.len()
                    );
                    return Err(ApiError::with(ErrorCode::InvalidReplicationFactor, text));
                }
                self.redirect(partition, target, &mut change);
            }
        }
        if self.elects_uncleanly(topic) && asked.replicas.is_some() {
            change.election = Election::Unclean;
        }
        Ok(change.build())
    }

    /// Goes back: what was being added leaves. The order of the replicas is what the reassignment had made of it.
    fn cancel(
        &self,
        partition: &PartitionRegistration,
        (topic, number): (&str, i32),
        change: &mut PartitionChange<'_>,
    ) -> Result<(), ApiError> {
        if partition.removing_replicas.is_empty() && partition.adding_replicas.is_empty() {
            return Err(ApiError::new(ErrorCode::NoReassignmentInProgress));
        }
        let stays = |node: &&NodeId| !partition.adding_replicas.contains(node);
        let replicas: Vec<NodeId> = partition.replicas.iter().filter(stays).copied().collect();
        let mut isr: Vec<NodeId> = partition.isr.iter().filter(stays).copied().collect();
        if isr.is_empty() {
            if !self.elects_uncleanly(topic) {
                let text = format!(
                    "Unable to revert partition assignment for {topic}:{number} because it would require an unclean \
                     leader election."
                );
                return Err(ApiError::with(ErrorCode::InvalidReplicaAssignment, text));
            }
            isr.extend(replicas.first());
            change.election = Election::Unclean;
        }
        change.target_replicas = replicas;
        change.target_isr = isr;
        change.target_removing.clear();
        change.target_adding.clear();
        Ok(())
    }

    /// The new replicas first, then those that go when the new ones have caught up.
    fn redirect(&self, partition: &PartitionRegistration, target: &[NodeId], change: &mut PartitionChange<'_>) {
        let stable = stable_replicas(partition);
        let mut adding: Vec<NodeId> = target.iter().filter(|node| !stable.contains(node)).copied().collect();
        let mut removing: Vec<NodeId> = stable.iter().filter(|node| !target.contains(node)).copied().collect();
        adding.sort_unstable();
        removing.sort_unstable();
        change.target_replicas = [target, &removing].concat();
        change.target_adding = adding;
        change.target_removing = removing;
        change.target_isr = partition.isr.iter().filter(|n| change.target_replicas.contains(n)).copied().collect();
    }

    pub(super) fn handle_list_reassignments(
        &self,
        reply: ReplyTo,
        request: &ListPartitionReassignmentsRequest,
        fx: &mut Effects,
    ) {
        let mut topics: Vec<OngoingTopicReassignment> = Vec::new();
        for (tp, _, partition) in self.image.partitions() {
            let moving = !partition.removing_replicas.is_empty() || !partition.adding_replicas.is_empty();
            let named = |topic: &ListReassignmentsTopic| {
                topic.name == tp.topic && topic.partition_indexes.contains(&tp.partition)
            };
            if !moving || !request.topics.as_ref().is_none_or(|topics| topics.iter().any(named)) {
                continue;
            }
            let row = OngoingPartitionReassignment {
                partition_index: tp.partition,
                replicas: partition.replicas.clone(),
                adding_replicas: partition.adding_replicas.clone(),
                removing_replicas: partition.removing_replicas.clone(),
            };
            match topics.last_mut().filter(|topic| topic.name == tp.topic) {
                Some(topic) => topic.partitions.push(row),
                None => topics.push(OngoingTopicReassignment { name: tp.topic, partitions: vec![row] }),
            }
        }
        let response = ListPartitionReassignmentsResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            error_message: None,
            topics,
        };
        reply.answer(response, fx);
    }
}

/// The replicas as they were before the reassignment that is under way.
fn stable_replicas(partition: &PartitionRegistration) -> Vec<NodeId> {
    partition.replicas.iter().filter(|node| !partition.adding_replicas.contains(node)).copied().collect()
}
