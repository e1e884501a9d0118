//! ListOffsets: earliest, latest and by timestamp.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, NodeId};
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    ListOffsetsPartition {
        partition_index: i32,
        current_leader_epoch: LeaderEpoch,
        timestamp: i64,
    }
}

wire_struct! {
    ListOffsetsTopic {
        name: Arc<str>,
        partitions: Vec<ListOffsetsPartition>,
    }
}

wire_struct! {
    /// ListOffsets request (api 2), version 11.
    ListOffsetsRequest {
        replica_id: NodeId,
        isolation_level: i8,
        topics: Vec<ListOffsetsTopic>,
        timeout_ms: i32,
    }
}

wire_struct! {
    ListOffsetsPartitionResponse {
        partition_index: i32,
        error_code: ErrorCode,
        timestamp: i64,
        offset: i64,
        leader_epoch: LeaderEpoch,
    }
}

wire_struct! {
    ListOffsetsTopicResponse {
        name: Arc<str>,
        partitions: Vec<ListOffsetsPartitionResponse>,
    }
}

wire_struct! {
    /// ListOffsets response (api 2), version 11.
    ListOffsetsResponse {
        throttle_time_ms: i32,
        topics: Vec<ListOffsetsTopicResponse>,
    }
}
