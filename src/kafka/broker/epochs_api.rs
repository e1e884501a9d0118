//! OffsetForLeaderEpoch: where a leader epoch ends, for consumers that check their position (KIP-320).

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, TopicPartition};
use crate::kafka::protocol::replication::*;

use super::{Broker, Caller};

impl Broker {
    pub(super) fn handle_offset_for_leader_epoch(
        &mut self,
        caller: Caller,
        request: &OffsetForLeaderEpochRequest,
        fx: &mut Effects,
    ) {
        let topic = |topic: &EpochsOfTopic| EpochEndsOfTopic {
            topic: topic.topic.clone(),
            partitions: topic
                .partitions
                .iter()
                .map(|asked| self.epoch_end(&TopicPartition::new(topic.topic.clone(), asked.partition), asked))
                .collect(),
        };
        let topics = request.topics.iter().map(topic).collect();
        self.answer(&caller, OffsetForLeaderEpochResponse { throttle_time_ms: 0, topics }, fx);
    }

    fn epoch_end(&self, tp: &TopicPartition, asked: &EpochOfPartition) -> EpochEndOfPartition {
        let mut row = EpochEndOfPartition {
            error_code: ErrorCode::None,
            partition: asked.partition,
            leader_epoch: LeaderEpoch(-1),
            end_offset: -1,
        };
        let known = self.image.partition(&tp.topic, tp.partition).is_some();
        let checked = if known {
            self.check_leader_epoch(tp, asked.current_leader_epoch)
        } else {
            Err(ErrorCode::UnknownTopicOrPartition)
        };
        match checked {
            Ok(()) => {
                if let Some((epoch, end)) = self.disk.logs[tp].log.end_offset_for_epoch(asked.leader_epoch) {
                    row.leader_epoch = epoch;
                    row.end_offset = end;
                }
            }
            Err(error) => row.error_code = error,
        }
        row
    }
}
