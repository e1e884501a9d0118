//! DescribeLogDirs: the log directories of one broker and what lies in them (KIP-113).

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    DescribableLogDirTopic {
        topic: Arc<str>,
        partitions: Vec<i32>,
    }
}

wire_struct! {
    /// DescribeLogDirs request (api 35), version 5. Null asks for all topics.
    DescribeLogDirsRequest {
        topics: Option<Vec<DescribableLogDirTopic>>,
    }
}

wire_struct! {
    DescribeLogDirsPartition {
        partition_index: i32,
        partition_size: i64,
        offset_lag: i64,
        is_future_key: bool,
    }
}

wire_struct! {
    DescribeLogDirsTopic {
        name: Arc<str>,
        partitions: Vec<DescribeLogDirsPartition>,
    }
}

wire_struct! {
    DescribeLogDirsResult {
        error_code: ErrorCode,
        log_dir: Arc<str>,
        topics: Vec<DescribeLogDirsTopic>,
        total_bytes: i64,
        usable_bytes: i64,
        is_cordoned: bool,
    }
}

wire_struct! {
    /// DescribeLogDirs response (api 35), version 5.
    DescribeLogDirsResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        results: Vec<DescribeLogDirsResult>,
    }
}
