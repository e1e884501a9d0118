//! DeleteRecords: the log start moves up at the leader at once; the answer waits until every live follower has moved its
//! own (`ReplicaManager.deleteRecords`, `DelayedDeleteRecords`, KIP-107).

use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::event::detail::StartReason;
use crate::kafka::ids::TopicPartition;
use crate::kafka::protocol::delete_records::*;
use crate::time::{SimDuration, SimTime};

use super::{Broker, Caller};

/// The offset that stands for the high watermark (`DeleteRecordsRequest.HIGH_WATERMARK`).
const HIGH_WATERMARK: i64 = -1;
/// The low watermark of a partition that was not deleted from (`DeleteRecordsResponse.INVALID_LOW_WATERMARK`).
const NO_LOW_WATERMARK: i64 = -1;

/// A partition whose followers have not yet followed.
#[derive(Clone, PartialEq, Debug)]
struct AwaitedStart {
    tp: TopicPartition,
    topic_row: u32,
    partition_row: u32,
    /// Done when the low watermark reaches this.
    offset: i64,
}

/// A DeleteRecords request whose answer is held back.
#[derive(Clone, PartialEq, Debug)]
pub struct HeldDeletion {
    pub(super) caller: Caller,
    topics: Vec<DeleteRecordsTopicResult>,
    awaited: Vec<AwaitedStart>,
    deadline: SimTime,
}

impl Broker {
    pub(super) fn handle_delete_records(
        &mut self,
        now: SimTime,
        caller: Caller,
        request: &DeleteRecordsRequest,
        fx: &mut Effects,
    ) {
        let (mut topics, mut awaited) = (Vec::new(), Vec::new());
        for (topic_row, topic) in (0..).zip(&request.topics) {
            let mut partitions = Vec::new();
            for (partition_row, asked) in (0..).zip(&topic.partitions) {
                let tp = TopicPartition::new(topic.name.clone(), asked.partition_index);
                let deleted = self.delete_below(&tp, asked.offset, fx);
                let error_code = deleted.err().unwrap_or(ErrorCode::None);
                if let Ok(offset) = deleted {
                    awaited.push(AwaitedStart { tp, topic_row, partition_row, offset });
                }
                let partition_index = asked.partition_index;
                let row = DeleteRecordsPartitionResult { partition_index, low_watermark: NO_LOW_WATERMARK, error_code };
                partitions.push(row);
            }
            topics.push(DeleteRecordsTopicResult { name: topic.name.clone(), partitions });
        }
        let deadline = now + SimDuration::from_config_ms(i64::from(request.timeout_ms));
        self.held_deletions.push(HeldDeletion { caller, topics, awaited, deadline });
        self.check_purgatories(fx);
    }

    /// Moves the log start up to `offset`; returns the offset that was meant.
    fn delete_below(&mut self, tp: &TopicPartition, offset: i64, fx: &mut Effects) -> Result<i64, ErrorCode> {
        if self.image.partition(&tp.topic, tp.partition).is_none() {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        self.led(tp).ok_or(ErrorCode::NotLeaderOrFollower)?;
        let log = &mut self.disk.logs.get_mut(tp).expect("a leader has a log").log;
        if !log.config().delete {
            return Err(ErrorCode::PolicyViolation);
        }
        let offset = if offset == HIGH_WATERMARK { log.high_watermark() } else { offset };
        if offset < 0 {
            return Err(ErrorCode::OffsetOutOfRange);
        }
        let moved = log.maybe_increment_log_start_offset(offset).map_err(|_| ErrorCode::OffsetOutOfRange)?;
        if moved {
            let (broker, tp, reason) = (self.id, tp.clone(), StartReason::ClientDeletion);
            fx.event(Event::LogStartAdvanced { broker, tp, log_start_offset: offset, reason });
        }
        Ok(offset)
    }

    /// The lowest log start among the leader and its live followers, as far as it knows them.
    fn low_watermark(&self, tp: &TopicPartition) -> Option<i64> {
        let leading = self.partitions.get(tp)?.leading()?;
        let is_live = |node| self.image.brokers.get(node).is_some_and(|broker| !broker.fenced);
        let followers = leading.followers.iter().filter(|(node, _)| is_live(*node));
        let starts = followers.map(|(_, follower)| follower.log_start_offset);
        starts.chain([self.disk.logs[tp].log.log_start_offset()]).min()
    }

    /// A follower's log start, a role or the metadata changed: answers what is decided now.
    pub(super) fn check_held_deletions(&mut self, fx: &mut Effects) {
        for mut held in std::mem::take(&mut self.held_deletions) {
            for awaited in std::mem::take(&mut held.awaited) {
                let row = &mut held.topics[awaited.topic_row as usize].partitions[awaited.partition_row as usize];
                match self.low_watermark(&awaited.tp) {
                    None => row.error_code = ErrorCode::NotLeaderOrFollower,
                    Some(low_watermark) if low_watermark >= awaited.offset => row.low_watermark = low_watermark,
                    Some(_) => held.awaited.push(awaited),
                }
            }
            self.settle_deletion(held, fx);
        }
    }

    fn settle_deletion(&mut self, held: HeldDeletion, fx: &mut Effects) {
        if !held.awaited.is_empty() {
            return self.held_deletions.push(held);
        }
        self.answer(&held.caller, DeleteRecordsResponse { throttle_time_ms: 0, topics: held.topics }, fx);
    }

    pub(super) fn expire_deletions(&mut self, now: SimTime, fx: &mut Effects) {
        for mut held in std::mem::take(&mut self.held_deletions) {
            if held.deadline <= now {
                for awaited in std::mem::take(&mut held.awaited) {
                    let row = &mut held.topics[awaited.topic_row as usize].partitions[awaited.partition_row as usize];
                    row.error_code = ErrorCode::RequestTimedOut;
                }
            }
            self.settle_deletion(held, fx);
        }
    }

    pub(super) fn deletion_wake(&self) -> Option<Wake> {
        self.held_deletions.iter().map(|held| Wake::new(held.deadline, WakeReason::RequestTimeout)).min()
    }
}
