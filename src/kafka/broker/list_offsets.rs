//! ListOffsets: earliest, latest, by timestamp (`ReplicaManager.fetchOffset`).

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, TopicPartition};
use crate::kafka::log::TimestampAndOffset;
use crate::kafka::protocol::list_offsets::*;

use super::partition::Partition;
use super::{Broker, Caller};

/// Special timestamps (`ListOffsetsRequest`).
pub const LATEST: i64 = -1;
pub const EARLIEST: i64 = -2;
pub const MAX_TIMESTAMP: i64 = -3;
pub const EARLIEST_LOCAL: i64 = -4;
pub const LATEST_TIERED: i64 = -5;
pub const EARLIEST_PENDING_UPLOAD: i64 = -6;

impl Broker {
    pub(super) fn handle_list_offsets(&mut self, caller: Caller, request: &ListOffsetsRequest, fx: &mut Effects) {
        let topic = |topic: &ListOffsetsTopic| ListOffsetsTopicResponse {
            name: topic.name.clone(),
            partitions: topic
                .partitions
                .iter()
                .map(|asked| {
                    let tp = TopicPartition::new(topic.name.clone(), asked.partition_index);
                    self.list_partition(&tp, asked, request.replica_id.0 >= 0)
                })
                .collect(),
        };
        let topics = request.topics.iter().map(topic).collect();
        self.answer(&caller, ListOffsetsResponse { throttle_time_ms: 0, topics }, fx);
    }

    fn list_partition(
        &self,
        tp: &TopicPartition,
        asked: &ListOffsetsPartition,
        is_replica: bool,
    ) -> ListOffsetsPartitionResponse {
        let mut response = ListOffsetsPartitionResponse {
            partition_index: asked.partition_index,
            error_code: ErrorCode::None,
            timestamp: -1,
            offset: -1,
            leader_epoch: LeaderEpoch(-1),
        };
        match self.find_offset(tp, asked, is_replica) {
            Ok(Some((timestamp, offset, leader_epoch))) => {
                response.timestamp = timestamp;
                response.offset = offset;
                response.leader_epoch = leader_epoch;
            }
            Ok(None) => {}
            Err(error) => response.error_code = error,
        }
        response
    }

    /// Timestamp, offset and epoch; None when no record qualifies.
    fn find_offset(
        &self,
        tp: &TopicPartition,
        asked: &ListOffsetsPartition,
        is_replica: bool,
    ) -> Result<Option<(i64, i64, LeaderEpoch)>, ErrorCode> {
        if self.image.partition(&tp.topic, tp.partition).is_none() {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        self.check_leader_epoch(tp, asked.current_leader_epoch)?;
        let log = &self.disk.logs[tp].log;
        let row =
            |found: TimestampAndOffset| (found.timestamp, found.offset, found.leader_epoch.unwrap_or(LeaderEpoch(-1)));
        match asked.timestamp {
            LATEST => {
                let offset = if is_replica { log.log_end_offset() } else { log.high_watermark() };
                if !is_replica && self.is_behind_its_epoch(tp) {
                    return Err(ErrorCode::OffsetNotAvailable);
                }
                Ok(Some((-1, offset, self.led(tp).unwrap_or(LeaderEpoch(-1)))))
            }
            EARLIEST | EARLIEST_LOCAL => Ok(Some(row(log.earliest_offset()))),
            // Without tiered storage nothing has been uploaded and nothing waits for it.
            LATEST_TIERED | EARLIEST_PENDING_UPLOAD => Ok(None),
            MAX_TIMESTAMP => Ok(log.max_timestamp_offset().map(row)),
            timestamp if timestamp < 0 => Err(ErrorCode::UnsupportedVersion),
            timestamp => {
                let found = log.offset_for_timestamp(timestamp);
                let readable = found.filter(|found| is_replica || found.offset < log.high_watermark());
                if found.is_some() && readable.is_none() && self.is_behind_its_epoch(tp) {
                    return Err(ErrorCode::OffsetNotAvailable);
                }
                Ok(readable.map(row))
            }
        }
    }

    /// A new leader's high watermark may be older than what clients have seen, until its followers have caught up with
    /// the end that its log had when its epoch began.
    fn is_behind_its_epoch(&self, tp: &TopicPartition) -> bool {
        let leading = self.partitions.get(tp).and_then(Partition::leading);
        leading.is_some_and(|leading| leading.epoch_start_offset > self.disk.logs[tp].log.high_watermark())
    }
}
