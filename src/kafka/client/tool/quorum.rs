//! kafka-metadata-quorum describe at work: the leader of the controllers tells how far everyone is
//! (`MetadataQuorumCommand`, `KafkaAdminClient.describeMetadataQuorum`).

use super::{QuorumDescription, QuorumReplicaState, Told, ToolEnd, ToolItem, misplaced};
use crate::kafka::client::admin::{Admin, Target};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, KafkaException};
use crate::kafka::protocol::metadata::DescribeClusterRequest;
use crate::kafka::protocol::quorum::*;
use crate::kafka::protocol::{Request, Response};
use crate::time::SimTime;

const TOPIC: &str = "__cluster_metadata";

#[derive(Clone, Debug)]
pub(super) struct Quorum {
    pub admin: Admin,
    /// `--status` names the cluster too.
    wants_cluster: bool,
    cluster_id: String,
}

impl Quorum {
    pub fn new(admin: Admin, wants_cluster: bool) -> Quorum {
        Quorum { admin, wants_cluster, cluster_id: String::new() }
    }

    pub fn start(&mut self, now: SimTime, fx: &mut Effects) -> Option<ToolEnd> {
        if self.wants_cluster {
            let request = DescribeClusterRequest {
                include_cluster_authorized_operations: false,
                endpoint_type: 1,
                include_fenced_brokers: false,
            };
            self.admin.call(now, "listNodes", Target::AnyBroker, Request::DescribeCluster(request), fx);
        } else {
            self.ask(now, fx);
        }
        None
    }

    fn ask(&mut self, now: SimTime, fx: &mut Effects) {
        let partitions = vec![DescribeQuorumPartition { partition_index: 0 }];
        let request =
            DescribeQuorumRequest { topics: vec![DescribeQuorumTopic { topic_name: TOPIC.into(), partitions }] };
        self.admin.call(now, "describeMetadataQuorum", Target::AnyBroker, Request::DescribeQuorum(request), fx);
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        let (_, result) = self.admin.take_results().into_iter().next()?;
        match result {
            Ok(Response::DescribeCluster(response)) => {
                self.cluster_id = response.cluster_id.to_string();
                self.ask(now, fx);
                None
            }
            Ok(Response::DescribeQuorum(response)) => Some(match described(&self.cluster_id, response) {
                Ok(description) => {
                    told.push(ToolItem::QuorumDescribed(description));
                    ToolEnd::Succeeded
                }
                Err(error) => ToolEnd::Failed(error),
            }),
            Ok(other) => misplaced(&other),
            Err(error) => Some(ToolEnd::Failed(error)),
        }
    }
}

fn described(cluster_id: &str, response: DescribeQuorumResponse) -> Result<QuorumDescription, KafkaException> {
    let failed = |code, message: Option<&str>| Err(ApiError { code, message: message.map(str::to_string) }.exception());
    if !response.error_code.is_none() {
        return failed(response.error_code, response.error_message.as_deref());
    }
    let nodes = response.nodes;
    let Some(partition) = response.topics.into_iter().flat_map(|topic| topic.partitions).next() else {
        return failed(crate::kafka::errors::ErrorCode::UnknownServerError, None);
    };
    if !partition.error_code.is_none() {
        return failed(partition.error_code, partition.error_message.as_deref());
    }
    let row = |replica: &QuorumReplica| {
        let listeners = nodes.iter().filter(|node| node.node_id == replica.replica_id).flat_map(|node| &node.listeners);
        QuorumReplicaState {
            id: replica.replica_id,
            directory_id: replica.replica_directory_id,
            log_end_offset: replica.log_end_offset,
            last_fetch_ms: replica.last_fetch_timestamp,
            last_caught_up_ms: replica.last_caught_up_timestamp,
            endpoints: listeners.map(|at| format!("{}://{}:{}", at.name, at.host, at.port)).collect(),
        }
    };
    Ok(QuorumDescription {
        cluster_id: cluster_id.to_string(),
        leader: partition.leader_id,
        leader_epoch: partition.leader_epoch.0,
        high_watermark: partition.high_watermark,
        voters: partition.current_voters.iter().map(row).collect(),
        observers: partition.observers.iter().map(row).collect(),
    })
}
