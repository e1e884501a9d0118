//! Whether a position still lies on the leader's log (`SubscriptionState.maybeValidatePosition`, `OffsetFetcher`,
//! KIP-320): when another leader or epoch is known, the consumer asks where the epoch of its last record ends there
//! before it fetches on. A log that ends earlier was cut, which only an unclean election does.
//!
//! Simplification: with `auto.offset.reset=none` the position is asked for again in the next poll().

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::{ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::event::detail::Truncation;
use crate::kafka::event::{Event, MetadataCause};
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition};
use crate::kafka::protocol::replication::*;
use crate::time::SimTime;

use super::offset_and_metadata::OffsetAndMetadata;
use super::positions::Position;
use super::settings::OffsetReset;
use super::{Consumer, Errand};

/// A leader and its epoch, as the client's metadata have them.
pub type LeaderAndEpoch = (NodeId, LeaderEpoch);

/// What is known of a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Validation {
    /// It may be fetched from.
    #[default]
    Valid,
    /// The leader has to be asked.
    Awaited,
    /// The leader was asked.
    Asked,
}

/// What was asked about a position: it may have moved when the answer comes.
#[derive(Clone, PartialEq, Debug)]
pub struct AskedPosition {
    pub tp: TopicPartition,
    offset: i64,
    offset_epoch: LeaderEpoch,
    leader: LeaderAndEpoch,
}

impl Consumer {
    /// Compares every position with the leaders that are known now, and asks about those that have to be checked.
    pub(super) fn validate_positions(&mut self, now: SimTime, fx: &mut Effects) {
        let metadata = &self.network.metadata;
        for (tp, position) in self.positions.iter_mut().filter(|(_, position)| position.offset.is_some()) {
            let known = metadata.partition(tp).and_then(|known| Some((known.leader?, known.leader_epoch)));
            position.note_leader(known);
        }
        if self.validation_retry_at > now {
            return;
        }
        let mut by_leader: BTreeMap<NodeId, Vec<AskedPosition>> = BTreeMap::new();
        for (tp, position) in self.positions.iter().filter(|(_, p)| p.validation == Validation::Awaited) {
            let asked = position.leader.zip(position.offset).zip(position.offset_epoch);
            let ((leader, offset), offset_epoch) = asked.expect("only a whole position awaits validation");
            by_leader.entry(leader.0).or_default().push(AskedPosition { tp: tp.clone(), offset, offset_epoch, leader });
        }
        for (leader, asked) in by_leader {
            if self.network.ready(now, leader, fx) {
                self.ask_where_epochs_end(now, leader, asked, fx);
            }
        }
    }

    fn ask_where_epochs_end(&mut self, now: SimTime, leader: NodeId, asked: Vec<AskedPosition>, fx: &mut Effects) {
        let mut topics: Vec<EpochsOfTopic> = Vec::new();
        for AskedPosition { tp, offset_epoch, leader, .. } in &asked {
            self.positions.get_mut(tp).expect("it was just there").validation = Validation::Asked;
            let (partition, current_leader_epoch) = (tp.partition, leader.1);
            let row = EpochOfPartition { partition, current_leader_epoch, leader_epoch: *offset_epoch };
            match topics.iter_mut().find(|topic| topic.topic == tp.topic) {
                Some(topic) => topic.partitions.push(row),
                None => topics.push(EpochsOfTopic { topic: tp.topic.clone(), partitions: vec![row] }),
            }
        }
        let request = OffsetForLeaderEpochRequest { replica_id: NodeId(-1), topics };
        self.network.send(now, leader, request.into(), Errand::Validate { asked }, fx);
    }

    /// The position that was asked about, if it is where it was.
    fn still_asked(&mut self, asked: &AskedPosition) -> Option<&mut Position> {
        let position = self.positions.get_mut(&asked.tp).filter(|p| p.validation == Validation::Asked)?;
        let same = position.offset == Some(asked.offset) && position.leader == Some(asked.leader);
        same.then_some(position)
    }

    pub(super) fn handle_epoch_ends(
        &mut self,
        now: SimTime,
        asked: Vec<AskedPosition>,
        response: &OffsetForLeaderEpochResponse,
        fx: &mut Effects,
    ) {
        let row = |asked: &AskedPosition| {
            let topic = response.topics.iter().find(|topic| topic.topic == asked.tp.topic)?;
            topic.partitions.iter().find(|row| row.partition == asked.tp.partition)
        };
        let mut truncated = Vec::new();
        for asked in asked {
            match row(&asked).filter(|row| row.error_code == ErrorCode::None) {
                Some(row) => truncated.extend(self.take_epoch_end(&asked, row, fx)),
                None => self.ask_again(now, &[asked]),
            }
        }
        if !truncated.is_empty() {
            let text = format!("Truncated partitions detected with divergent offsets {{{}}}", truncated.join(", "));
            self.thrown.push_back(KafkaException::with(ExceptionClass::LOG_TRUNCATION, text));
        }
    }

    /// Goes on at the first offset that is known to diverge; with `none` the application is told of it.
    fn take_epoch_end(&mut self, asked: &AskedPosition, row: &EpochEndOfPartition, fx: &mut Effects) -> Option<String> {
        let resets = self.settings.auto_offset_reset != OffsetReset::None;
        let client = self.network.process();
        let position = self.still_asked(asked)?;
        let is_known = row.end_offset >= 0 && row.leader_epoch.0 >= 0;
        if is_known && row.end_offset >= asked.offset {
            position.validation = Validation::Valid;
            return None;
        }
        let diverges_at = is_known.then_some((row.end_offset, row.leader_epoch));
        match diverges_at.filter(|_| resets) {
            Some((offset, epoch)) => {
                position.seek(offset);
                (position.offset_epoch, position.leader) = (Some(epoch), Some(asked.leader));
            }
            None if resets => (position.offset, position.validation) = (None, Validation::Valid),
            None => position.validation = Validation::Awaited,
        }
        let AskedPosition { tp, offset, offset_epoch, leader: (leader, leader_epoch) } = asked.clone();
        let to = diverges_at.map(|(offset, _)| offset);
        let how = Arc::new(Truncation { offset_epoch, leader, leader_epoch, resets, diverges_at });
        fx.event(Event::TruncationDetected { client, tp, position: offset, to, how });
        if resets {
            self.buffered.retain(|fetched| fetched.tp != asked.tp);
            return None;
        }
        let end = diverges_at.and_then(|(offset, epoch)| OffsetAndMetadata::new(offset, Some(epoch), "").ok());
        Some(end.map_or_else(|| asked.tp.to_string(), |end| format!("{}={end}", asked.tp)))
    }

    pub(super) fn ask_again(&mut self, now: SimTime, asked: &[AskedPosition]) {
        self.validation_retry_at = now + self.retry_backoff();
        for asked in asked {
            if let Some(position) = self.still_asked(asked) {
                position.validation = Validation::Awaited;
            }
        }
        self.network.metadata.request_update(MetadataCause::Error);
    }
}
