//! CreateTopics, DeleteTopics, CreatePartitions, ListPartitionReassignments.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{NodeId, Uuid};
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    CreatableReplicaAssignment {
        partition_index: i32,
        broker_ids: Vec<NodeId>,
    }
}

wire_struct! {
    CreatableTopicConfig {
        name: Arc<str>,
        value: Option<Arc<str>>,
    }
}

wire_struct! {
    CreatableTopic {
        name: Arc<str>,
        num_partitions: i32,
        replication_factor: i16,
        assignments: Vec<CreatableReplicaAssignment>,
        configs: Vec<CreatableTopicConfig>,
    }
}

wire_struct! {
    /// CreateTopics request (api 19), version 7.
    CreateTopicsRequest {
        topics: Vec<CreatableTopic>,
        timeout_ms: i32,
        validate_only: bool,
    }
}

wire_struct! {
    CreatableTopicConfigs {
        name: Arc<str>,
        value: Option<Arc<str>>,
        read_only: bool,
        config_source: i8,
        is_sensitive: bool,
    }
}

wire_struct! {
    CreatableTopicResult {
        name: Arc<str>,
        topic_id: Uuid,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        num_partitions: i32,
        replication_factor: i16,
        configs: Option<Vec<CreatableTopicConfigs>>,
    } tags {
        0 => topic_config_error_code: ErrorCode = ErrorCode::None,
    }
}

wire_struct! {
    /// CreateTopics response (api 19), version 7.
    CreateTopicsResponse {
        throttle_time_ms: i32,
        topics: Vec<CreatableTopicResult>,
    }
}

wire_struct! {
    DeleteTopicState {
        name: Option<Arc<str>>,
        topic_id: Uuid,
    }
}

wire_struct! {
    /// DeleteTopics request (api 20), version 6.
    DeleteTopicsRequest {
        topics: Vec<DeleteTopicState>,
        timeout_ms: i32,
    }
}

wire_struct! {
    DeletableTopicResult {
        name: Option<Arc<str>>,
        topic_id: Uuid,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
    }
}

wire_struct! {
    /// DeleteTopics response (api 20), version 6.
    DeleteTopicsResponse {
        throttle_time_ms: i32,
        responses: Vec<DeletableTopicResult>,
    }
}

wire_struct! {
    CreatePartitionsAssignment {
        broker_ids: Vec<NodeId>,
    }
}

wire_struct! {
    CreatePartitionsTopic {
        name: Arc<str>,
        count: i32,
        assignments: Option<Vec<CreatePartitionsAssignment>>,
    }
}

wire_struct! {
    /// CreatePartitions request (api 37), version 3.
    CreatePartitionsRequest {
        topics: Vec<CreatePartitionsTopic>,
        timeout_ms: i32,
        validate_only: bool,
    }
}

wire_struct! {
    CreatePartitionsTopicResult {
        name: Arc<str>,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
    }
}

wire_struct! {
    /// CreatePartitions response (api 37), version 3.
    CreatePartitionsResponse {
        throttle_time_ms: i32,
        results: Vec<CreatePartitionsTopicResult>,
    }
}

wire_struct! {
    ListReassignmentsTopic {
        name: Arc<str>,
        partition_indexes: Vec<i32>,
    }
}

wire_struct! {
    /// ListPartitionReassignments request (api 46), version 0.
    ListPartitionReassignmentsRequest {
        timeout_ms: i32,
        topics: Option<Vec<ListReassignmentsTopic>>,
    }
}

wire_struct! {
    OngoingPartitionReassignment {
        partition_index: i32,
        replicas: Vec<NodeId>,
        adding_replicas: Vec<NodeId>,
        removing_replicas: Vec<NodeId>,
    }
}

wire_struct! {
    OngoingTopicReassignment {
        name: Arc<str>,
        partitions: Vec<OngoingPartitionReassignment>,
    }
}

wire_struct! {
    /// ListPartitionReassignments response (api 46), version 0.
    ListPartitionReassignmentsResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        topics: Vec<OngoingTopicReassignment>,
    }
}
