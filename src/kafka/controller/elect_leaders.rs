//! ElectLeaders: elections that a person asks for, preferred or unclean (KIP-183, KIP-460;
//! `ReplicationControlManager.electLeaders`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::ids::TopicPartition;
use crate::kafka::protocol::metadata_records::PartitionChangeRecord;
use crate::kafka::protocol::replication::*;
use crate::time::SimTime;

use super::partition_change::Election;
use super::{Controller, ReplyTo};

/// `ElectionType`.
const PREFERRED: i8 = 0;

impl Controller {
    pub(super) fn handle_elect_leaders(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &ElectLeadersRequest,
        fx: &mut Effects,
    ) {
        let preferred = request.election_type == PREFERRED;
        let election = if preferred { Election::Preferred } else { Election::Unclean };
        let mut records = Vec::new();
        let mut results: Vec<ReplicaElectionResult> = Vec::new();
        let asked = request.topic_partitions.as_ref();
        let everything = asked.is_none();
        for (topic, partitions) in self.election_targets(asked) {
            let mut rows = Vec::new();
            for partition_id in partitions {
                let decided = self.decide_election(&TopicPartition::new(topic.clone(), partition_id), election);
                let error = match decided {
                    Ok(record) => {
                        records.push(record);
                        ApiError::new(ErrorCode::None)
                    }
                    // Asked for all partitions, Kafka leaves out those that need nothing.
                    Err(error) if everything && error.code == ErrorCode::ElectionNotNeeded => continue,
                    Err(error) => error,
                };
                let error_message = error.message.map(Arc::from);
                rows.push(ElectionPartitionResult { partition_id, error_code: error.code, error_message });
            }
            results.push(ReplicaElectionResult { topic, partition_result: rows });
        }
        self.commit_elections(records, preferred, now, fx);
        let response = ElectLeadersResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            replica_election_results: results,
        };
        reply.answer(response, fx);
    }

    fn election_targets(&self, asked: Option<&Vec<ElectLeadersTopic>>) -> Vec<(Arc<str>, Vec<i32>)> {
        match asked {
            Some(topics) => topics.iter().map(|topic| (topic.topic.clone(), topic.partitions.clone())).collect(),
            None => {
                let all = self.image.topics.values();
                all.map(|topic| (topic.name.clone(), topic.partitions.keys().copied().collect())).collect()
            }
        }
    }

    fn decide_election(&self, tp: &TopicPartition, election: Election) -> Result<PartitionChangeRecord, ApiError> {
        let unknown = |text: String| ApiError::with(ErrorCode::UnknownTopicOrPartition, text);
        let Some(topic) = self.image.topics.get(&tp.topic) else {
            return Err(unknown(format!("No such topic as {}", tp.topic)));
        };
        let Some(partition) = topic.partitions.get(&tp.partition) else {
            return Err(unknown(format!("No such partition as {tp}")));
        };
        let preferred = partition.replicas.first().copied();
        let not_needed = match election {
            Election::Preferred => partition.leader == preferred,
            _ => partition.leader.is_some(),
        };
        if not_needed {
            let code = ErrorCode::ElectionNotNeeded;
            return Err(ApiError::with(code, code.message()));
        }
        let unavailable = match election {
            Election::Preferred => ErrorCode::PreferredLeaderNotAvailable,
            _ => ErrorCode::EligibleLeadersNotAvailable,
        };
        // Another than the preferred leader would be no answer to what was asked.
        let has_leader = |record: &PartitionChangeRecord| match election {
            Election::Preferred => Some(record.leader) == preferred,
            _ => record.leader.0 >= 0,
        };
        let change = self.elected((tp, topic.id, partition), election).filter(has_leader);
        change.ok_or_else(|| ApiError::with(unavailable, unavailable.message()))
    }
}
