//! Where a consumer stands in each partition, and how it finds out when it does not know (`SubscriptionState`,
//! `OffsetFetcher`).

use std::collections::BTreeMap;

use crate::kafka::effects::Effects;
use crate::kafka::errors::{ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::event::{Event, MetadataCause};
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition};
use crate::kafka::protocol::list_offsets::*;
use crate::time::SimTime;

use super::settings::OffsetReset;
use super::validation::{LeaderAndEpoch, Validation};
use super::{Consumer, Errand};

/// Special timestamps of ListOffsets.
pub const LATEST: i64 = -1;
pub const EARLIEST: i64 = -2;

/// One partition's place.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Position {
    /// The next offset to get; None until it is known.
    pub offset: Option<i64>,
    /// The leader epoch of the last record before the offset, when records led there.
    pub offset_epoch: Option<LeaderEpoch>,
    pub paused: bool,
    /// High watermark and log end as the newest fetch told them, for lag.
    pub high_watermark: Option<i64>,
    /// The leader that the position is for; a newer one has to be asked whether it still has it.
    pub leader: Option<LeaderAndEpoch>,
    pub validation: Validation,
    /// The timestamp whose offset the position shall become.
    reset: Option<i64>,
    looking_up: bool,
}

impl Position {
    pub fn seek(&mut self, offset: i64) {
        self.offset = Some(offset);
        self.offset_epoch = None;
        self.validation = Validation::Valid;
        self.reset = None;
        self.looking_up = false;
    }

    pub fn request_reset(&mut self, timestamp: i64) {
        self.offset = None;
        self.validation = Validation::Valid;
        self.reset = Some(timestamp);
        self.looking_up = false;
    }

    /// Takes note of who leads now. A position that no record led to has no epoch to ask about.
    pub fn note_leader(&mut self, known: Option<LeaderAndEpoch>) {
        if known.is_none() || self.leader == known {
            return;
        }
        let first = self.leader.is_none();
        self.leader = known;
        let asks = !first && self.offset_epoch.is_some();
        self.validation = if asks { Validation::Awaited } else { Validation::Valid };
    }

    /// The next fetch may ask for it.
    pub fn is_fetchable(&self) -> bool {
        !self.paused && self.validation == Validation::Valid
    }

    pub fn wants_reset(&self) -> bool {
        self.offset.is_none() && !self.looking_up
    }
}

impl Consumer {
    /// Finds positions for the partitions that have none.
    pub(super) fn pursue_positions(&mut self, now: SimTime, fx: &mut Effects) {
        self.apply_reset_policy(now);
        if self.reset_retry_at > now {
            return;
        }
        let mut by_leader: BTreeMap<NodeId, Vec<(TopicPartition, i64)>> = BTreeMap::new();
        let mut leaderless = false;
        for (tp, position) in &self.positions {
            let Some(timestamp) = position.reset.filter(|_| position.wants_reset()) else { continue };
            match self.network.metadata.leader(tp) {
                Some(leader) => by_leader.entry(leader).or_default().push((tp.clone(), timestamp)),
                None => leaderless = true,
            }
        }
        if leaderless {
            self.network.metadata.request_update(MetadataCause::Error);
            self.network.pursue(now, fx);
        }
        for (leader, asked) in by_leader {
            if self.network.ready(now, leader, fx) {
                self.look_up(now, leader, asked, fx);
            }
        }
    }

    /// A partition without position and without a pending seek follows `auto.offset.reset`; `none` throws.
    fn apply_reset_policy(&mut self, now: SimTime) {
        let timestamp = match self.settings.auto_offset_reset {
            OffsetReset::Earliest => Some(EARLIEST),
            OffsetReset::Latest => Some(LATEST),
            OffsetReset::ByDuration(millis) => Some(now.as_epoch_ms() - millis),
            OffsetReset::None => None,
        };
        let undefined = |position: &&mut Position| position.offset.is_none() && position.reset.is_none();
        let mut without: Vec<String> = Vec::new();
        for (tp, position) in &mut self.positions {
            let Some(position) = Some(position).filter(undefined) else { continue };
            match timestamp {
                Some(timestamp) => position.reset = Some(timestamp),
                None => without.push(tp.to_string()),
            }
        }
        if !without.is_empty() && self.thrown.is_empty() {
            let text = format!("Undefined offset with no reset policy for partitions: [{}]", without.join(", "));
            let class =
                ExceptionClass::from_full_name("org.apache.kafka.clients.consumer.NoOffsetForPartitionException");
            self.thrown.push_back(KafkaException::with(class.expect("the class table has it"), text));
        }
    }

    fn look_up(&mut self, now: SimTime, leader: NodeId, asked: Vec<(TopicPartition, i64)>, fx: &mut Effects) {
        let mut topics: Vec<ListOffsetsTopic> = Vec::new();
        for (tp, timestamp) in &asked {
            self.positions.get_mut(tp).expect("only assigned partitions are looked up").looking_up = true;
            let partition = ListOffsetsPartition {
                partition_index: tp.partition,
                current_leader_epoch: self
                    .network
                    .metadata
                    .partition(tp)
                    .map_or(LeaderEpoch(-1), |partition| partition.leader_epoch),
                timestamp: *timestamp,
            };
            match topics.iter_mut().find(|topic| topic.name == tp.topic) {
                Some(topic) => topic.partitions.push(partition),
                None => topics.push(ListOffsetsTopic { name: tp.topic.clone(), partitions: vec![partition] }),
            }
        }
        let request = ListOffsetsRequest {
            replica_id: NodeId(-1),
            isolation_level: 0,
            topics,
            timeout_ms: self.settings.request_timeout_ms,
        };
        self.network.send(now, leader, request.into(), Errand::ListOffsets { asked }, fx);
    }

    pub(super) fn handle_listed(
        &mut self,
        now: SimTime,
        asked: &[(TopicPartition, i64)],
        response: &ListOffsetsResponse,
        fx: &mut Effects,
    ) {
        self.forget_lookups(SimTime::default(), asked);
        for topic in &response.topics {
            for partition in &topic.partitions {
                let tp = TopicPartition::new(topic.name.clone(), partition.partition_index);
                if partition.error_code == ErrorCode::None {
                    self.take_reset(now, &tp, asked, partition.offset, fx);
                } else {
                    self.reset_retry_at = now + self.retry_backoff();
                    self.network.metadata.request_update(MetadataCause::Error);
                }
            }
        }
    }

    /// The position becomes what was found, unless a seek came between.
    fn take_reset(
        &mut self,
        now: SimTime,
        tp: &TopicPartition,
        asked: &[(TopicPartition, i64)],
        offset: i64,
        fx: &mut Effects,
    ) {
        let wanted = asked.iter().find(|(other, _)| other == tp).map(|(_, timestamp)| *timestamp);
        let client = self.network.process();
        let Some(position) = self.positions.get_mut(tp) else { return };
        if position.offset.is_some() || position.reset != wanted {
            return;
        }
        if offset < 0 {
            // No record is that young: the end is the place (by_duration only).
            position.request_reset(LATEST);
            self.reset_retry_at = now;
            return;
        }
        position.seek(offset);
        let (leader, leader_epoch) = self.leader_of(tp);
        fx.event(Event::OffsetReset { client, tp: tp.clone(), offset, leader, leader_epoch });
    }

    pub(super) fn forget_lookups(&mut self, now: SimTime, asked: &[(TopicPartition, i64)]) {
        for (tp, _) in asked {
            if let Some(position) = self.positions.get_mut(tp) {
                position.looking_up = false;
            }
        }
        if now > SimTime::default() {
            self.reset_retry_at = now + self.retry_backoff();
        }
    }

    /// The leader and its epoch, as the client's metadata say.
    fn leader_of(&self, tp: &TopicPartition) -> (Option<NodeId>, i32) {
        let partition = self.network.metadata.partition(tp);
        partition.map_or((None, -1), |partition| (partition.leader, partition.leader_epoch.0))
    }

    /// The leader does not have the offset that was asked for.
    pub(super) fn handle_out_of_range(&mut self, tp: &TopicPartition, fetch_offset: i64, fx: &mut Effects) {
        let (leader, leader_epoch) = self.leader_of(tp);
        let Some(position) = self.positions.get_mut(tp).filter(|p| p.offset == Some(fetch_offset)) else { return };
        if self.settings.auto_offset_reset != OffsetReset::None {
            position.offset = None;
            position.reset = None;
            let offset_epoch = position.offset_epoch.take();
            let (client, tp, position) = (self.network.process(), tp.clone(), fetch_offset);
            return fx.event(Event::OffsetOutOfRange { client, tp, position, offset_epoch, leader, leader_epoch });
        }
        let epoch = position.offset_epoch.map_or("Optional.empty".to_string(), |epoch| format!("Optional[{epoch}]"));
        let leader = leader.and_then(|id| self.network.metadata.broker_text(id));
        let leader = leader.map_or("Optional.empty".to_string(), |broker| format!("Optional[{broker}]"));
        let text = format!(
            "Fetch position FetchPosition{{offset={fetch_offset}, offsetEpoch={epoch}, currentLeader=LeaderAndEpoch{{\
             leader={leader}, epoch={leader_epoch}}}}} is out of range for partition {tp}"
        );
        let class = ExceptionClass::from_full_name("org.apache.kafka.clients.consumer.OffsetOutOfRangeException");
        self.thrown.push_back(KafkaException::with(class.expect("the class table has it"), text));
    }
}
