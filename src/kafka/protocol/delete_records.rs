//! DeleteRecords: what lies below an offset is no longer wanted (KIP-107).

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    DeleteRecordsPartition {
        partition_index: i32,
        offset: i64,
    }
}

wire_struct! {
    DeleteRecordsTopic {
        name: Arc<str>,
        partitions: Vec<DeleteRecordsPartition>,
    }
}

wire_struct! {
    /// DeleteRecords request (api 21), version 2.
    DeleteRecordsRequest {
        topics: Vec<DeleteRecordsTopic>,
        timeout_ms: i32,
    }
}

wire_struct! {
    DeleteRecordsPartitionResult {
        partition_index: i32,
        low_watermark: i64,
        error_code: ErrorCode,
    }
}

wire_struct! {
    DeleteRecordsTopicResult {
        name: Arc<str>,
        partitions: Vec<DeleteRecordsPartitionResult>,
    }
}

wire_struct! {
    /// DeleteRecords response (api 21), version 2.
    DeleteRecordsResponse {
        throttle_time_ms: i32,
        topics: Vec<DeleteRecordsTopicResult>,
    }
}
