//! Produce: records on their way to a leader.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, NodeId, Uuid};
use crate::kafka::protocol::wire::{Records, wire_struct};

wire_struct! {
    PartitionProduceRequest {
        index: i32,
        records: Option<Records>,
    }
}

wire_struct! {
    TopicProduceRequest {
        topic_id: Uuid,
        partition_data: Vec<PartitionProduceRequest>,
    }
}

wire_struct! {
    /// Produce request (api 0), version 13.
    ProduceRequest {
        transactional_id: Option<Arc<str>>,
        acks: i16,
        timeout_ms: i32,
        topic_data: Vec<TopicProduceRequest>,
    }
}

wire_struct! {
    BatchIndexAndErrorMessage {
        batch_index: i32,
        batch_index_error_message: Option<Arc<str>>,
    }
}

wire_struct! {
    LeaderIdAndEpoch {
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
    }
}

wire_struct! {
    PartitionProduceResponse {
        index: i32,
        error_code: ErrorCode,
        base_offset: i64,
        log_append_time_ms: i64,
        log_start_offset: i64,
        record_errors: Vec<BatchIndexAndErrorMessage>,
        error_message: Option<Arc<str>>,
    } tags {
        0 => current_leader: LeaderIdAndEpoch = LeaderIdAndEpoch { leader_id: NodeId(-1), leader_epoch: LeaderEpoch(-1) },
    }
}

wire_struct! {
    TopicProduceResponse {
        topic_id: Uuid,
        partition_responses: Vec<PartitionProduceResponse>,
    }
}

wire_struct! {
    NodeEndpoint {
        node_id: NodeId,
        host: Arc<str>,
        port: i32,
        rack: Option<Arc<str>>,
    }
}

wire_struct! {
    /// Produce response (api 0), version 13.
    ProduceResponse {
        responses: Vec<TopicProduceResponse>,
        throttle_time_ms: i32,
    } tags {
        0 => node_endpoints: Vec<NodeEndpoint> = Vec::new(),
    }
}
