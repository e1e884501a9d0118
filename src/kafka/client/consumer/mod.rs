//! The consumer with manually assigned partitions: positions, offset reset, the poll loop and fetching.
//!
//! Room left for groups: subscriptions, membership and commits are refused with `not yet`.

pub mod application;
pub mod fetcher;
pub mod offset_and_metadata;
pub mod positions;
pub mod settings;
pub mod validation;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::kafka::client::connection::{Completed, Outcome};
use crate::kafka::client::metadata::{ClusterMetadata, Wanted};
use crate::kafka::client::network::ClientNetwork;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::KafkaException;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{LoggedRecord, SeekTo};
use crate::kafka::ids::{LeaderEpoch, NodeId, ProcessId, Rid, TopicPartition};
use crate::kafka::protocol::{Channel, Message, Response};
use crate::kafka::record::{Record, TimestampType};
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

use fetcher::FetchedPartition;
use positions::Position;
use settings::ConsumerSettings;
use validation::{AskedPosition, Validation};

/// A record as poll() returns it (`ConsumerRecord`).
#[derive(Clone, PartialEq, Debug)]
pub struct ConsumerRecord {
    pub tp: TopicPartition,
    pub offset: i64,
    pub timestamp_type: TimestampType,
    pub leader_epoch: LeaderEpoch,
    pub record: Record,
    pub rid: Option<Rid>,
}

impl ConsumerRecord {
    fn as_logged(&self) -> LoggedRecord {
        let (leader_epoch, timestamp_type) = (self.leader_epoch, self.timestamp_type);
        LoggedRecord { leader_epoch, timestamp_type, record: self.record.clone() }
    }
}

/// What a request was for.
#[derive(Clone, PartialEq, Debug)]
pub enum Errand {
    Fetch { node: NodeId, asked: Vec<(TopicPartition, i64)> },
    ListOffsets { asked: Vec<(TopicPartition, i64)> },
    Validate { asked: Vec<AskedPosition> },
}

#[derive(Clone, Debug)]
pub struct Consumer {
    pub settings: ConsumerSettings,
    pub network: ClientNetwork<Errand>,
    pub positions: BTreeMap<TopicPartition, Position>,
    buffered: VecDeque<FetchedPartition>,
    /// Exceptions that the next poll() throws, the oldest first.
    thrown: VecDeque<KafkaException>,
    /// True while the application thread is inside poll(): only then requests go out.
    in_poll: bool,
    /// The application logs every record that poll() returns.
    pub logs_records: bool,
    reset_retry_at: SimTime,
    /// No question about a position before.
    validation_retry_at: SimTime,
}

impl Consumer {
    pub fn new(me: ProcessId, settings: ConsumerSettings, bootstrap: Vec<NodeId>, rng: Rng) -> Consumer {
        let mut metadata = ClusterMetadata::new(
            Wanted::Topics(BTreeSet::new()),
            settings.metadata_max_age_ms,
            settings.retry_backoff_ms,
            settings.retry_backoff_max_ms,
        );
        metadata.allow_auto_topic_creation = settings.allow_auto_create_topics;
        let network = ClientNetwork::new(me, settings.client_id.clone(), bootstrap, settings.connection, metadata, rng);
        Consumer {
            settings,
            network,
            positions: BTreeMap::new(),
            buffered: VecDeque::new(),
            thrown: VecDeque::new(),
            in_poll: false,
            logs_records: false,
            reset_retry_at: SimTime::default(),
            validation_retry_at: SimTime::default(),
        }
    }

    /// What the journal tells when the client is made.
    pub fn creation(&self) -> Event {
        let (client_id, group_id) = (self.client_id().clone(), self.settings.group_id.clone());
        Event::ConsumerCreated { client: self.network.process(), client_id, group_id }
    }

    /// `assign()`: exactly these partitions; what is known of the ones that stay is kept.
    pub fn assign(&mut self, partitions: &[TopicPartition], fx: &mut Effects) {
        let before = std::mem::take(&mut self.positions);
        for tp in partitions {
            self.network.metadata.add_topic(&tp.topic);
            self.positions.insert(tp.clone(), before.get(tp).cloned().unwrap_or_default());
        }
        self.buffered.retain(|fetched| self.positions.contains_key(&fetched.tp));
        fx.event(Event::AssignCalled { client: self.network.process(), tps: partitions.into() });
    }

    /// `seek()`: what was fetched for the partition is thrown away.
    pub fn seek(&mut self, tp: &TopicPartition, offset: i64, fx: &mut Effects) {
        if let Some(position) = self.positions.get_mut(tp) {
            position.seek(offset);
            let (client, to) = (self.network.process(), SeekTo::Offset(offset));
            fx.event(Event::SeekCalled { client, tp: tp.clone(), to });
            self.buffered.retain(|fetched| fetched.tp != *tp);
        }
    }

    /// `seekToBeginning()` and `seekToEnd()`: the offset is asked for in the next poll().
    pub fn seek_to(&mut self, tp: &TopicPartition, timestamp: i64, fx: &mut Effects) {
        if let Some(position) = self.positions.get_mut(tp) {
            position.request_reset(timestamp);
            let to = if timestamp == positions::EARLIEST { SeekTo::Beginning } else { SeekTo::End };
            fx.event(Event::SeekCalled { client: self.network.process(), tp: tp.clone(), to });
            self.buffered.retain(|fetched| fetched.tp != *tp);
        }
    }

    pub fn set_paused(&mut self, tp: &TopicPartition, paused: bool) {
        if let Some(position) = self.positions.get_mut(tp) {
            position.paused = paused;
        }
    }

    /// The application thread enters poll().
    pub fn begin_poll(&mut self, now: SimTime, fx: &mut Effects) {
        self.in_poll = true;
        self.pursue(now, fx);
    }

    /// The application thread leaves poll() with what has come: at most `max.poll.records` records, or an exception.
    /// Before it does, the next fetches go out, so that data travel while the application works.
    pub fn end_poll(&mut self, now: SimTime, fx: &mut Effects) -> Result<Vec<ConsumerRecord>, KafkaException> {
        if let Some(exception) = self.thrown.pop_front() {
            self.in_poll = false;
            return Err(exception);
        }
        let records = self.take_records(fx);
        self.pursue(now, fx);
        self.in_poll = false;
        Ok(records)
    }

    /// True if poll() has something to return.
    pub fn has_something(&self) -> bool {
        !self.thrown.is_empty() || self.buffered.iter().any(|fetched| self.is_fetchable(&fetched.tp))
    }

    fn is_fetchable(&self, tp: &TopicPartition) -> bool {
        self.positions.get(tp).is_some_and(Position::is_fetchable)
    }

    /// Bytes fetched but not yet returned by poll().
    pub fn buffered_bytes(&self) -> i64 {
        self.buffered.iter().map(FetchedPartition::bytes).sum()
    }

    fn pursue(&mut self, now: SimTime, fx: &mut Effects) {
        self.network.pursue(now, fx);
        if self.in_poll {
            self.validate_positions(now, fx);
            self.pursue_positions(now, fx);
            self.send_fetches(now, fx);
        }
    }

    fn handle_completed(&mut self, now: SimTime, completed: Completed<Errand>, fx: &mut Effects) {
        match (completed.purpose, completed.outcome) {
            (Errand::Fetch { asked, .. }, Outcome::Answered(Response::Fetch(response))) => {
                self.handle_fetched(&asked, response, fx);
            }
            (Errand::ListOffsets { asked }, Outcome::Answered(Response::ListOffsets(response))) => {
                self.handle_listed(now, &asked, &response, fx);
            }
            (Errand::Validate { asked }, Outcome::Answered(Response::OffsetForLeaderEpoch(response))) => {
                self.handle_epoch_ends(now, asked, &response, fx);
            }
            (Errand::Validate { asked }, _) => self.ask_again(now, &asked),
            (Errand::ListOffsets { asked }, _) => self.forget_lookups(now, &asked),
            (Errand::Fetch { node, .. }, _) => {
                fx.event(Event::FetchLost { client: self.network.process(), node });
            }
        }
    }

    pub fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        self.network.handle_connected(now, peer, channel, fx);
        self.pursue(now, fx);
    }

    pub fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        if let Some(completed) = self.network.handle_message(now, source, message, fx) {
            self.handle_completed(now, completed, fx);
        }
        self.pursue(now, fx);
    }

    pub fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        for completed in self.network.handle_disconnect(now, peer, channel, fx) {
            self.handle_completed(now, completed, fx);
        }
        self.pursue(now, fx);
    }

    pub fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        for completed in self.network.handle_timeout(now, fx) {
            self.handle_completed(now, completed, fx);
        }
        self.pursue(now, fx);
    }

    pub fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        let waits_for_reset = self.in_poll && self.positions.values().any(|position| position.wants_reset());
        let reset = (waits_for_reset && self.reset_retry_at > now)
            .then_some(Wake::new(self.reset_retry_at, WakeReason::RetryBackoff));
        let unsure = |position: &Position| position.validation == Validation::Awaited;
        let waits_for_check = self.in_poll && self.positions.values().any(unsure);
        let check = (waits_for_check && self.validation_retry_at > now)
            .then_some(Wake::new(self.validation_retry_at, WakeReason::RetryBackoff));
        let wants_node = self.in_poll && !self.positions.is_empty();
        let retries = self.network.metadata.brokers.keys().filter_map(|node| self.network.retry_at(now, *node));
        let retry = retries.min().filter(|_| wants_node).map(|at| Wake::new(at, WakeReason::ReconnectBackoff));
        Wake::earliest([self.network.poll_timeout(now), reset, check, retry])
    }

    fn retry_backoff(&self) -> SimDuration {
        SimDuration::from_config_ms(self.settings.retry_backoff_ms)
    }

    pub fn client_id(&self) -> &Arc<str> {
        self.network.client_id()
    }
}
