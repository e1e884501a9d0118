//! Metadata, DescribeTopicPartitions, DescribeCluster: who leads what.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, NodeId, Uuid};
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    MetadataRequestTopic {
        topic_id: Uuid,
        name: Option<Arc<str>>,
    }
}

wire_struct! {
    /// Metadata request (api 3), version 13.
    MetadataRequest {
        topics: Option<Vec<MetadataRequestTopic>>,
        allow_auto_topic_creation: bool,
        include_topic_authorized_operations: bool,
    }
}

wire_struct! {
    MetadataResponseBroker {
        node_id: NodeId,
        host: Arc<str>,
        port: i32,
        rack: Option<Arc<str>>,
    }
}

wire_struct! {
    MetadataResponsePartition {
        error_code: ErrorCode,
        partition_index: i32,
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
        replica_nodes: Vec<NodeId>,
        isr_nodes: Vec<NodeId>,
        offline_replicas: Vec<NodeId>,
    }
}

wire_struct! {
    MetadataResponseTopic {
        error_code: ErrorCode,
        name: Option<Arc<str>>,
        topic_id: Uuid,
        is_internal: bool,
        partitions: Vec<MetadataResponsePartition>,
        topic_authorized_operations: i32,
    }
}

wire_struct! {
    /// Metadata response (api 3), version 13.
    MetadataResponse {
        throttle_time_ms: i32,
        brokers: Vec<MetadataResponseBroker>,
        cluster_id: Option<Arc<str>>,
        controller_id: NodeId,
        topics: Vec<MetadataResponseTopic>,
        error_code: ErrorCode,
    }
}

wire_struct! {
    DescribeTopicRequest {
        name: Arc<str>,
    }
}

wire_struct! {
    TopicPartitionCursor {
        topic_name: Arc<str>,
        partition_index: i32,
    }
}

wire_struct! {
    /// DescribeTopicPartitions request (api 75), version 0.
    DescribeTopicPartitionsRequest {
        topics: Vec<DescribeTopicRequest>,
        response_partition_limit: i32,
        cursor: Option<TopicPartitionCursor>,
    }
}

wire_struct! {
    DescribedPartition {
        error_code: ErrorCode,
        partition_index: i32,
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
        replica_nodes: Vec<NodeId>,
        isr_nodes: Vec<NodeId>,
        eligible_leader_replicas: Option<Vec<NodeId>>,
        last_known_elr: Option<Vec<NodeId>>,
        offline_replicas: Vec<NodeId>,
    }
}

wire_struct! {
    DescribedTopic {
        error_code: ErrorCode,
        name: Option<Arc<str>>,
        topic_id: Uuid,
        is_internal: bool,
        partitions: Vec<DescribedPartition>,
        topic_authorized_operations: i32,
    }
}

wire_struct! {
    /// DescribeTopicPartitions response (api 75), version 0.
    DescribeTopicPartitionsResponse {
        throttle_time_ms: i32,
        topics: Vec<DescribedTopic>,
        next_cursor: Option<TopicPartitionCursor>,
    }
}

wire_struct! {
    /// DescribeCluster request (api 60), version 2.
    DescribeClusterRequest {
        include_cluster_authorized_operations: bool,
        endpoint_type: i8,
        include_fenced_brokers: bool,
    }
}

wire_struct! {
    DescribedBroker {
        broker_id: NodeId,
        host: Arc<str>,
        port: i32,
        rack: Option<Arc<str>>,
        is_fenced: bool,
    }
}

wire_struct! {
    /// DescribeCluster response (api 60), version 2.
    DescribeClusterResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        endpoint_type: i8,
        cluster_id: Arc<str>,
        controller_id: NodeId,
        brokers: Vec<DescribedBroker>,
        cluster_authorized_operations: i32,
    }
}
