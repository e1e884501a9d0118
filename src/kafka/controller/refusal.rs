//! What a controller answers that is not the active one: NOT_CONTROLLER, in the place where the answer has its errors.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{BrokerEpoch, Uuid};
use crate::kafka::protocol::brokers::{BrokerHeartbeatResponse, BrokerRegistrationResponse};
use crate::kafka::protocol::configs::{AlterConfigsResourceResponse, IncrementalAlterConfigsResponse};
use crate::kafka::protocol::producer_ids::AllocateProducerIdsResponse;
use crate::kafka::protocol::quorum::{ControllerRegistrationResponse, DescribeQuorumResponse};
use crate::kafka::protocol::replication::{
    AlterPartitionReassignmentsResponse, AlterPartitionResponse, ElectLeadersResponse,
};
use crate::kafka::protocol::topics::*;
use crate::kafka::protocol::{Request, Response};

const ERR: ErrorCode = ErrorCode::NotController;

/// The answer to a request that only the active controller decides. None for any other request.
pub fn refusal(request: &Request) -> Option<Response> {
    let throttle_time_ms = 0;
    Some(match request {
        Request::BrokerRegistration(_) => {
            BrokerRegistrationResponse { throttle_time_ms, error_code: ERR, broker_epoch: BrokerEpoch(-1) }.into()
        }
        Request::BrokerHeartbeat(_) => BrokerHeartbeatResponse {
            throttle_time_ms,
            error_code: ERR,
            is_caught_up: false,
            is_fenced: true,
            should_shut_down: false,
        }
        .into(),
        Request::ControllerRegistration(_) => {
            ControllerRegistrationResponse { throttle_time_ms, error_code: ERR, error_message: None }.into()
        }
        Request::AlterPartition(_) => {
            AlterPartitionResponse { throttle_time_ms, error_code: ERR, topics: Vec::new() }.into()
        }
        Request::AllocateProducerIds(_) => {
            AllocateProducerIdsResponse { throttle_time_ms, error_code: ERR, producer_id_start: -1, producer_id_len: 0 }
                .into()
        }
        Request::ElectLeaders(_) => {
            ElectLeadersResponse { throttle_time_ms, error_code: ERR, replica_election_results: Vec::new() }.into()
        }
        Request::AlterPartitionReassignments(asked) => AlterPartitionReassignmentsResponse {
            throttle_time_ms,
            allow_replication_factor_change: asked.allow_replication_factor_change,
            error_code: ERR,
            error_message: None,
            responses: Vec::new(),
        }
        .into(),
        Request::ListPartitionReassignments(_) => {
            let (error_code, error_message, topics) = (ERR, None, Vec::new());
            ListPartitionReassignmentsResponse { throttle_time_ms, error_code, error_message, topics }.into()
        }
        Request::DescribeQuorum(_) => {
            let (error_code, error_message) = (ERR, None);
            DescribeQuorumResponse { error_code, error_message, topics: Vec::new(), nodes: Vec::new() }.into()
        }
        request => return topics_refusal(request),
    })
}

/// Requests whose answers have an error for each thing asked for.
fn topics_refusal(request: &Request) -> Option<Response> {
    let throttle_time_ms = 0;
    Some(match request {
        Request::CreateTopics(asked) => {
            let row = |topic: &CreatableTopic| CreatableTopicResult {
                name: topic.name.clone(),
                topic_id: Uuid::ZERO,
                error_code: ERR,
                error_message: None,
                num_partitions: -1,
                replication_factor: -1,
                configs: None,
                topic_config_error_code: ErrorCode::None,
            };
            CreateTopicsResponse { throttle_time_ms, topics: asked.topics.iter().map(row).collect() }.into()
        }
        Request::DeleteTopics(asked) => {
            let row = |topic: &DeleteTopicState| DeletableTopicResult {
                name: topic.name.clone(),
                topic_id: topic.topic_id,
                error_code: ERR,
                error_message: None,
            };
            DeleteTopicsResponse { throttle_time_ms, responses: asked.topics.iter().map(row).collect() }.into()
        }
        Request::CreatePartitions(asked) => {
            let row = |topic: &CreatePartitionsTopic| CreatePartitionsTopicResult {
                name: topic.name.clone(),
                error_code: ERR,
                error_message: None,
            };
            CreatePartitionsResponse { throttle_time_ms, results: asked.topics.iter().map(row).collect() }.into()
        }
        Request::IncrementalAlterConfigs(asked) => {
            let row = |resource: &crate::kafka::protocol::configs::AlterConfigsResource| AlterConfigsResourceResponse {
                error_code: ERR,
                error_message: None::<Arc<str>>,
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
            };
            let responses = asked.resources.iter().map(row).collect();
            IncrementalAlterConfigsResponse { throttle_time_ms, responses }.into()
        }
        _ => return None,
    })
}

/// The same for a request that is known to be one of those.
pub(super) fn not_controller(request: &Request) -> Response {
    refusal(request).expect("only the active controller's requests wait for it")
}

/// The answer says that its sender is not the active controller: the request has to go to another one.
pub fn says_not_controller(response: &Response) -> bool {
    match response {
        Response::BrokerRegistration(answer) => answer.error_code == ERR,
        Response::BrokerHeartbeat(answer) => answer.error_code == ERR,
        Response::ControllerRegistration(answer) => answer.error_code == ERR,
        Response::AlterPartition(answer) => answer.error_code == ERR,
        Response::AllocateProducerIds(answer) => answer.error_code == ERR,
        Response::ElectLeaders(answer) => answer.error_code == ERR,
        Response::AlterPartitionReassignments(answer) => answer.error_code == ERR,
        Response::ListPartitionReassignments(answer) => answer.error_code == ERR,
        Response::DescribeQuorum(answer) => answer.error_code == ERR,
        Response::CreateTopics(answer) => answer.topics.iter().any(|topic| topic.error_code == ERR),
        Response::DeleteTopics(answer) => answer.responses.iter().any(|topic| topic.error_code == ERR),
        Response::CreatePartitions(answer) => answer.results.iter().any(|topic| topic.error_code == ERR),
        Response::IncrementalAlterConfigs(answer) => answer.responses.iter().any(|one| one.error_code == ERR),
        _ => false,
    }
}
