//! kafka-leader-election at work: the controller elects, asked through any broker (`LeaderElectionCommand`).

use super::{ElectLeaders, Told, ToolEnd, ToolItem, misplaced};
use crate::kafka::client::admin::{Admin, Target};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, KafkaException};
use crate::kafka::ids::TopicPartition;
use crate::kafka::protocol::Response;
use crate::kafka::protocol::replication::{ElectLeadersRequest, ElectLeadersResponse, ElectLeadersTopic};
use crate::time::SimTime;

/// `request.timeout.ms` of the tool (`LeaderElectionCommand`: 30 s).
const TIMEOUT_MS: i32 = 30_000;

#[derive(Clone, Debug)]
pub(super) struct Election {
    pub admin: Admin,
    asked: ElectLeaders,
}

impl Election {
    pub fn new(admin: Admin, asked: ElectLeaders) -> Election {
        Election { admin, asked }
    }

    pub fn start(&mut self, now: SimTime, fx: &mut Effects) -> Option<ToolEnd> {
        let topic_partitions = self.asked.partitions.as_ref().map(|partitions| {
            let mut topics: Vec<ElectLeadersTopic> = Vec::new();
            for tp in partitions {
                match topics.iter_mut().find(|topic| topic.topic == tp.topic) {
                    Some(topic) => topic.partitions.push(tp.partition),
                    None => topics.push(ElectLeadersTopic { topic: tp.topic.clone(), partitions: vec![tp.partition] }),
                }
            }
            topics
        });
        let election_type = i8::from(self.asked.unclean);
        let request = ElectLeadersRequest { election_type, topic_partitions, timeout_ms: TIMEOUT_MS };
        self.admin.call(now, "electLeaders", Target::AnyBroker, request, fx);
        None
    }

    pub fn pursue(&mut self, told: Told) -> Option<ToolEnd> {
        let (_, result) = self.admin.take_results().into_iter().next()?;
        Some(match result {
            Ok(Response::ElectLeaders(response)) => match rows(&response) {
                Ok(rows) => {
                    told.push(ToolItem::LeadersElected(rows));
                    ToolEnd::Succeeded
                }
                Err(error) => ToolEnd::Failed(error),
            },
            Ok(other) => misplaced(&other),
            Err(error) => ToolEnd::Failed(error),
        })
    }
}

/// What became of each partition that was asked for.
type ElectionRow = (TopicPartition, Result<(), KafkaException>);

fn rows(response: &ElectLeadersResponse) -> Result<Vec<ElectionRow>, KafkaException> {
    if !response.error_code.is_none() {
        return Err(ApiError::new(response.error_code).exception());
    }
    let mut rows = Vec::new();
    for topic in &response.replica_election_results {
        for row in &topic.partition_result {
            let tp = TopicPartition::new(topic.topic.clone(), row.partition_id);
            let message = row.error_message.as_deref().map(str::to_string);
            let error = ApiError { code: row.error_code, message };
            rows.push((tp, if row.error_code.is_none() { Ok(()) } else { Err(error.exception()) }));
        }
    }
    Ok(rows)
}
