//! Produce requests with acks=all that wait for the high watermark (`DelayedProduce`).

use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::TopicPartition;
use crate::kafka::protocol::produce::{ProduceResponse, TopicProduceResponse};
use crate::kafka::seeded::SeededBug;
use crate::time::SimTime;

use super::{Broker, Caller};

/// A partition of a request whose records are not yet below the high watermark.
#[derive(Clone, PartialEq, Debug)]
pub struct AwaitedPartition {
    pub tp: TopicPartition,
    /// Places of its row in the response.
    pub topic_row: u32,
    pub partition_row: u32,
    /// Done when the high watermark reaches this.
    pub required_offset: i64,
}

/// A produce request whose answer is held back.
#[derive(Clone, PartialEq, Debug)]
pub struct HeldProduce {
    pub caller: Caller,
    pub responses: Vec<TopicProduceResponse>,
    pub awaited: Vec<AwaitedPartition>,
    pub deadline: SimTime,
}

impl Broker {
    pub(super) fn hold_produce(&mut self, held: HeldProduce, fx: &mut Effects) {
        fx.event(Event::ProduceHeld { broker: self.id, source: held.caller.process });
        self.held_produces.push(held);
    }

    /// What a held partition's row becomes now; None while it has to wait.
    fn settled(&self, awaited: &AwaitedPartition) -> Option<ErrorCode> {
        let Some(partition) = self.partitions.get(&awaited.tp) else {
            return Some(ErrorCode::UnknownTopicOrPartition);
        };
        let Some(leading) = partition.leading() else { return Some(ErrorCode::NotLeaderOrFollower) };
        let high_watermark = self.disk.logs[&awaited.tp].log.high_watermark();
        if high_watermark < awaited.required_offset && !SeededBug::AckBeforeHighWatermark.is_planted() {
            return None;
        }
        let enough = SeededBug::MinIsrIgnored.is_planted()
            || self.effective_min_isr(&awaited.tp, partition) <= leading.isr.maximal_size();
        Some(if enough { ErrorCode::None } else { ErrorCode::NotEnoughReplicasAfterAppend })
    }

    /// A high watermark, an ISR or a role changed: answers what is decided now.
    pub(super) fn check_held_produces(&mut self, fx: &mut Effects) {
        for mut held in std::mem::take(&mut self.held_produces) {
            let mut still = Vec::new();
            for awaited in std::mem::take(&mut held.awaited) {
                match self.settled(&awaited) {
                    Some(error) => settle(&mut held.responses, &awaited, error),
                    None => still.push(awaited),
                }
            }
            held.awaited = still;
            if held.awaited.is_empty() {
                self.answer_held_produce(held, fx);
            } else {
                self.held_produces.push(held);
            }
        }
    }

    /// `timeout.ms` of the request is over. The records stay in the log.
    pub(super) fn expire_produces(&mut self, now: SimTime, fx: &mut Effects) {
        for mut held in std::mem::take(&mut self.held_produces) {
            if held.deadline > now {
                self.held_produces.push(held);
                continue;
            }
            for awaited in std::mem::take(&mut held.awaited) {
                settle(&mut held.responses, &awaited, ErrorCode::RequestTimedOut);
            }
            self.answer_held_produce(held, fx);
        }
    }

    fn answer_held_produce(&mut self, mut held: HeldProduce, fx: &mut Effects) {
        for topic in &mut held.responses {
            for row in &mut topic.partition_responses {
                if row.error_code == ErrorCode::NotLeaderOrFollower {
                    row.current_leader = self.current_leader(topic.topic_id, row.index);
                }
            }
        }
        let node_endpoints = self.endpoints_of_new_leaders(&held.responses);
        let response = ProduceResponse { responses: held.responses, throttle_time_ms: 0, node_endpoints };
        self.answer(&held.caller, response, fx);
    }

    pub(super) fn produce_wake(&self) -> Option<Wake> {
        self.held_produces.iter().map(|held| Wake::new(held.deadline, WakeReason::RequestTimeout)).min()
    }

    /// The requests that wait here for the high watermark: the page draws them.
    pub fn held_produces(&self) -> impl Iterator<Item = &HeldProduce> {
        self.held_produces.iter()
    }

    /// Something that held requests wait for may have happened.
    pub(super) fn check_purgatories(&mut self, fx: &mut Effects) {
        self.check_held_produces(fx);
        self.check_held_fetches(fx);
        self.check_held_deletions(fx);
    }
}

fn settle(responses: &mut [TopicProduceResponse], awaited: &AwaitedPartition, error: ErrorCode) {
    let row = &mut responses[awaited.topic_row as usize].partition_responses[awaited.partition_row as usize];
    row.error_code = error;
}
