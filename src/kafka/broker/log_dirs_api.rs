//! DescribeLogDirs (`ReplicaManager.describeLogDirs`). A broker has one log directory.
//!
//! Simplification: the size of the volume is not known, as when Kafka cannot find it out.

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::TopicPartition;
use crate::kafka::protocol::log_dirs::{
    DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
    DescribeLogDirsTopic,
};

use super::disk::StoredLog;
use super::{Broker, Caller};

/// `DescribeLogDirsResponse.UNKNOWN_VOLUME_BYTES`.
const UNKNOWN: i64 = -1;

impl Broker {
    pub(super) fn handle_describe_log_dirs(
        &mut self,
        caller: Caller,
        request: &DescribeLogDirsRequest,
        fx: &mut Effects,
    ) {
        let asked = |tp: &TopicPartition| {
            request.topics.as_ref().is_none_or(|topics| {
                topics.iter().any(|topic| topic.topic == tp.topic && topic.partitions.contains(&tp.partition))
            })
        };
        let mut topics: Vec<DescribeLogDirsTopic> = Vec::new();
        for (tp, stored) in self.disk.logs.iter().filter(|(tp, _)| asked(tp)) {
            let partition = described(tp, stored);
            match topics.iter_mut().find(|topic| topic.name == tp.topic) {
                Some(topic) => topic.partitions.push(partition),
                None => topics.push(DescribeLogDirsTopic { name: tp.topic.clone(), partitions: vec![partition] }),
            }
        }
        let dir = self.settings.server_config.get("log.dirs").map_or("/tmp/kafka-logs", String::as_str);
        let result = DescribeLogDirsResult {
            error_code: ErrorCode::None,
            log_dir: Arc::from(dir),
            topics,
            total_bytes: UNKNOWN,
            usable_bytes: UNKNOWN,
            is_cordoned: false,
        };
        let response =
            DescribeLogDirsResponse { throttle_time_ms: 0, error_code: ErrorCode::None, results: vec![result] };
        self.answer(&caller, response, fx);
    }
}

fn described(tp: &TopicPartition, stored: &StoredLog) -> DescribeLogDirsPartition {
    DescribeLogDirsPartition {
        partition_index: tp.partition,
        partition_size: stored.log.size_in_bytes(),
        offset_lag: (stored.log.high_watermark() - stored.log.log_end_offset()).max(0),
        is_future_key: false,
    }
}
