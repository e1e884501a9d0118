//! Offsets by time: what ListOffsets asks a log (Kafka's `UnifiedLog.fetchOffsetByTimestamp`).

use super::partition_log::PartitionLog;
use crate::kafka::ids::LeaderEpoch;
use crate::kafka::record::NO_TIMESTAMP;

/// An offset that was looked for by time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimestampAndOffset {
    /// Of the record that was found, in ms; -1 for the log's start and end.
    pub timestamp: i64,
    pub offset: i64,
    pub leader_epoch: Option<LeaderEpoch>,
}

fn known(epoch: LeaderEpoch) -> Option<LeaderEpoch> {
    (epoch.0 >= 0).then_some(epoch)
}

impl PartitionLog {
    /// The log's start (timestamp -2).
    pub fn earliest_offset(&self) -> TimestampAndOffset {
        let earliest = self.leader_epochs.earliest().filter(|(_, start)| *start <= self.log_start_offset);
        TimestampAndOffset {
            timestamp: NO_TIMESTAMP,
            offset: self.log_start_offset,
            leader_epoch: earliest.map(|(epoch, _)| epoch),
        }
    }

    /// The log's end (timestamp -1); a leader answers clients with its high watermark or last stable offset instead.
    pub fn latest_offset(&self) -> TimestampAndOffset {
        TimestampAndOffset { timestamp: NO_TIMESTAMP, offset: self.log_end_offset, leader_epoch: self.latest_epoch() }
    }

    /// The first record with the newest timestamp (timestamp -3, KIP-734).
    pub fn max_timestamp_offset(&self) -> Option<TimestampAndOffset> {
        let mut newest = self.active_segment();
        for segment in self.segments().rev() {
            if segment.max_timestamp_so_far().timestamp >= newest.max_timestamp_so_far().timestamp {
                newest = segment;
            }
        }
        let (timestamp, offset, epoch) = newest.find_max_timestamp()?;
        Some(TimestampAndOffset { timestamp, offset, leader_epoch: known(epoch) })
    }

    /// The first record that is not older than `timestamp` (ms). Only the first segment that is new enough is searched.
    pub fn offset_for_timestamp(&self, timestamp: i64) -> Option<TimestampAndOffset> {
        let segment = self.segments().find(|segment| segment.largest_timestamp() >= timestamp)?;
        let (timestamp, offset, epoch) = segment.find_by_timestamp(timestamp, self.log_start_offset)?;
        Some(TimestampAndOffset { timestamp, offset, leader_epoch: known(epoch) })
    }
}
