//! The producer. The application thread calls `send()`: it waits for metadata if it must, serializes, partitions and
//! appends to the accumulator. The sender thread ([`sender`]) drains batches into requests and ends each send.
//!
//! Simplification: the application thread is single, so sends that wait do so in order.

pub mod accumulator;
pub mod application;
pub mod batch;
pub mod compression_ratio;
pub mod draining;
pub mod idempotence;
mod outcome;
pub mod partitioner;
mod partitioning;
pub mod pool;
mod record;
pub mod refusals;
pub mod sender;
pub mod settings;
pub mod workload;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::kafka::client::metadata::{ClusterMetadata, Wanted};
use crate::kafka::client::network::ClientNetwork;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::{ApiError, ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, ProcessId, Rid, TopicPartition};
use crate::kafka::protocol::{Channel, Message};
use crate::kafka::record::{Bytes, Header, Record, estimate_size_upper_bound};
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

use accumulator::{Accumulator, Refused};
use batch::{BatchId, Pending, ProducerBatch};
use idempotence::Idempotence;
use partitioner::StickyPartitioner;
use pool::Denied;
use settings::ProducerSettings;

/// What an application hands to `send()`, already serialized.
#[derive(Clone, PartialEq, Debug)]
pub struct ProducerRecord {
    pub topic: Arc<str>,
    pub partition: Option<i32>,
    pub timestamp_ms: Option<i64>,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
    /// The class of a value that is an object and no text: its serializer cannot take it.
    pub object: Option<&'static str>,
}

/// How one send() ended (`RecordMetadata`, or the exception that it threw, or that its future holds).
#[derive(Clone, PartialEq, Debug)]
pub struct Completion {
    pub rid: Rid,
    pub topic: Arc<str>,
    pub partition: Option<i32>,
    /// The offset, -1 if the broker did not tell (acks=0).
    pub result: Result<i64, KafkaException>,
    pub timestamp_ms: i64,
    /// True if send() itself threw, so that neither future nor callback exist.
    pub thrown: bool,
    pub key_size: i32,
    pub value_size: i32,
}

/// A send() that the application thread is in or has not come to yet.
#[derive(Clone, Debug)]
struct Call {
    rid: Rid,
    record: ProducerRecord,
    called_at: SimTime,
    /// When the thread began to work on it, which starts `max.block.ms`.
    begun_at: Option<SimTime>,
    /// What the partitioner said, once it was asked; the inner None is the sticky partition.
    chosen: Option<Option<i32>>,
    /// The thread draws partitions without end and looks at no clock.
    endless: bool,
}

/// What a request was for.
#[derive(Clone, Debug)]
pub enum Errand {
    /// The batches are in [`Producer::batches_in_flight`].
    Produce {
        node: NodeId,
        batches: Vec<BatchId>,
    },
    InitProducerId,
}

#[derive(Clone, Debug)]
pub struct Producer {
    pub settings: ProducerSettings,
    pub network: ClientNetwork<Errand>,
    pub accumulator: Accumulator,
    pub idempotence: Idempotence,
    /// Batches in requests, also those that have expired there.
    in_flight: BTreeMap<BatchId, ProducerBatch>,
    sticky: BTreeMap<Arc<str>, StickyPartitioner>,
    /// Bytes given to the sticky partition of a topic since it was chosen.
    sticky_bytes: BTreeMap<Arc<str>, i32>,
    calls: VecDeque<Call>,
    completions: Vec<Completion>,
    next_record: u32,
    rng: Rng,
}

impl Producer {
    pub fn new(me: ProcessId, settings: ProducerSettings, bootstrap: Vec<NodeId>, mut rng: Rng) -> Producer {
        let metadata = ClusterMetadata::new(
            Wanted::Topics(Default::default()),
            settings.metadata_max_age_ms,
            settings.retry_backoff_ms,
            settings.retry_backoff_max_ms,
        );
        let network_rng = Rng::new(rng.next_u64());
        let network =
            ClientNetwork::new(me, settings.client_id.clone(), bootstrap, settings.connection, metadata, network_rng);
        Producer {
            accumulator: Accumulator::new(settings.buffer_memory, settings.batch_size),
            idempotence: Idempotence::new(settings.enable_idempotence),
            settings,
            network,
            in_flight: BTreeMap::new(),
            sticky: BTreeMap::new(),
            sticky_bytes: BTreeMap::new(),
            calls: VecDeque::new(),
            completions: Vec::new(),
            next_record: 0,
            rng,
        }
    }

    /// What the journal tells when the client is made.
    pub fn creation(&self) -> Event {
        let (client, client_id) = (self.me(), self.network.client_id().clone());
        Event::ProducerCreated { client, client_id, idempotent: self.idempotence.enabled }
    }

    /// Counts the records from another number on: identities are unique in a run, restarts included.
    pub fn with_first_record(mut self, number: u64) -> Producer {
        self.next_record = number as u32;
        self
    }

    fn me(&self) -> ProcessId {
        self.network.process()
    }

    /// `send()`: the call is queued and goes on at once as far as it can. Returns the record's identity.
    pub fn send(&mut self, now: SimTime, record: ProducerRecord, fx: &mut Effects) -> Rid {
        let rid = self.next_rid();
        let (topic, key, value) = (record.topic.clone(), record.key.clone(), record.value.clone());
        fx.event(Event::RecordSent { client: self.me(), rid, topic, key, value });
        self.calls.push_back(Call { rid, record, called_at: now, begun_at: None, chosen: None, endless: false });
        self.pursue(now, fx);
        rid
    }

    /// Identities are unique in a run: the client's own number, then a count.
    fn next_rid(&mut self) -> Rid {
        let ProcessId::Client(client) = self.me() else { unreachable!("producers are clients") };
        let rid = Rid(u64::from(client.0) << 32 | u64::from(self.next_record));
        self.next_record += 1;
        rid
    }

    /// Sends whose end is known since the last call, in the order of their ends.
    pub fn take_completions(&mut self) -> Vec<Completion> {
        std::mem::take(&mut self.completions)
    }

    /// True while the application thread is inside send().
    pub fn is_blocked(&self) -> bool {
        !self.calls.is_empty()
    }

    /// True when every send has ended.
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty() && self.accumulator.is_empty() && !self.has_produce_in_flight()
    }

    fn has_nothing_incomplete(&self) -> bool {
        self.calls.is_empty() && self.accumulator.is_empty() && self.batches_in_flight().next().is_none()
    }

    /// Produce requests without an answer.
    pub fn requests_in_flight(&self) -> u32 {
        self.network.purposes_in_flight().filter(|errand| matches!(errand, Errand::Produce { .. })).count() as u32
    }

    /// Records in the accumulator and in calls that wait; not those in flight.
    pub fn buffered_records(&self) -> u32 {
        let batches = self.accumulator.batches.values().flatten();
        self.calls.len() as u32 + batches.map(|batch| batch.pending.len() as u32).sum::<u32>()
    }

    fn has_produce_in_flight(&self) -> bool {
        self.network.purposes_in_flight().any(|errand| matches!(errand, Errand::Produce { .. }))
    }

    /// `flush()`: what is buffered becomes sendable at once, until nothing is left.
    pub fn flush(&mut self, now: SimTime, fx: &mut Effects) {
        self.accumulator.flushing = true;
        self.pursue(now, fx);
    }

    /// `close()`: like flush, for good.
    pub fn begin_close(&mut self, now: SimTime, fx: &mut Effects) {
        fx.event(Event::CloseCalled { client: self.me(), timeout_ms: i64::MAX });
        self.accumulator.closed = true;
        self.pursue(now, fx);
    }

    /// Works on both threads as far as it goes now.
    fn pursue(&mut self, now: SimTime, fx: &mut Effects) {
        while self.advance_call(now, fx) {}
        self.run_sender(now, fx);
        // The sender may have freed memory or metadata may have come meanwhile.
        while self.advance_call(now, fx) {}
        if self.has_nothing_incomplete() {
            self.accumulator.flushing = false;
        }
    }

    /// Brings the front call one step on; true if it ended and the next one may follow.
    fn advance_call(&mut self, now: SimTime, fx: &mut Effects) -> bool {
        let Some(call) = self.calls.front_mut() else { return false };
        let begun_at = *call.begun_at.get_or_insert(now);
        let waited = now.since(begun_at);
        let call = call.clone();
        let outcome = match self.wait_on_metadata(&call.record, waited) {
            Wait::Ready => self.append(now, &call, waited, fx),
            other => other,
        };
        match outcome {
            Wait::Pending => return false,
            Wait::Endless => {
                self.calls.front_mut().expect("the call was looked at above").endless = true;
                return false;
            }
            Wait::Ready => {}
            Wait::Failed(exception) => self.fail_call(now, &call, exception, fx),
        }
        if waited > SimDuration::ZERO {
            fx.event(Event::AppBlocked { client: self.me(), duration: waited });
        }
        self.calls.pop_front();
        true
    }

    fn max_block(&self) -> SimDuration {
        SimDuration::from_config_ms(self.settings.max_block_ms)
    }

    /// `waitOnMetadata`: the topic, and the partition if one is named, must be known.
    fn wait_on_metadata(&mut self, record: &ProducerRecord, waited: SimDuration) -> Wait {
        let max_block = self.max_block();
        let added = self.network.metadata.add_topic(&record.topic);
        let metadata = &mut self.network.metadata;
        if metadata.errors.get(&record.topic) == Some(&ErrorCode::InvalidTopicException) && !added {
            let text = format!("Invalid topics: [{}]", record.topic);
            return Wait::Failed(ApiError::with(ErrorCode::InvalidTopicException, text).exception());
        }
        let count = metadata.topics.get(&record.topic).map(|topic| topic.partitions.len() as i32);
        let known = count.is_some_and(|count| record.partition.is_none_or(|partition| partition < count));
        if known {
            return Wait::Ready;
        }
        if waited < max_block {
            if !metadata.update_wanted() {
                metadata.request_update(crate::kafka::event::MetadataCause::Topic);
            }
            return Wait::Pending;
        }
        let max_block = self.settings.max_block_ms;
        let text = match (record.partition, count) {
            (Some(partition), Some(count)) => format!(
                "Partition {partition} of topic {} with partition count {count} is not present in metadata after \
                 {max_block} ms.",
                record.topic
            ),
            _ => format!("Topic {} not present in metadata after {max_block} ms.", record.topic),
        };
        Wait::Failed(KafkaException::with(ExceptionClass::TIMEOUT, text))
    }

    /// Partitions the record and appends it; waits while memory is short.
    fn append(&mut self, now: SimTime, call: &Call, waited: SimDuration, fx: &mut Effects) -> Wait {
        let record = &call.record;
        if let Some(class) = record.object {
            return Wait::Failed(self.unserializable(class));
        }
        let size = estimate_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers);
        if let Err(exception) = self.check_size(size) {
            return Wait::Failed(exception);
        }
        let chosen = match call.chosen {
            Some(chosen) => chosen,
            None => self.choose_partition(record, fx),
        };
        if let Some(front) = self.calls.front_mut() {
            front.chosen = Some(chosen);
        }
        self.know_topic(&record.topic);
        let stored = Record {
            timestamp_ms: record.timestamp_ms.unwrap_or(now.as_epoch_ms()),
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.clone(),
        };
        let pending = Pending {
            rid: call.rid,
            sent_at: call.called_at,
            timestamp_ms: stored.timestamp_ms,
            key_size: size_of_field(&record.key),
            value_size: size_of_field(&record.value),
        };
        let appended = match chosen {
            Some(partition) => {
                let tp = TopicPartition::new(record.topic.clone(), partition);
                self.accumulator.append(&tp, stored, pending, &self.settings, now).map(|()| partition)
            }
            None => self.append_sticky(now, &record.topic, stored, pending, fx),
        };
        let partition = match appended {
            Ok(partition) => {
                // A batch that had room after all: what it had waited for goes back.
                self.accumulator.pool.give_up();
                partition
            }
            Err(Refused::Endless) => return Wait::Endless,
            Err(Refused::Memory(Denied::Short)) if waited < self.max_block() => return Wait::Pending,
            Err(Refused::Memory(denied)) => {
                let size = i64::from(size.max(self.settings.batch_size));
                let exception = self.accumulator.pool.exception(denied, size, self.settings.max_block_ms);
                self.accumulator.pool.give_up();
                return Wait::Failed(exception);
            }
        };
        let tp = TopicPartition::new(record.topic.clone(), partition);
        fx.event(Event::RecordBuffered { client: self.me(), rid: call.rid, tp });
        Wait::Ready
    }

    /// What send() throws when a value is not of its serializer's class; the serializer's own exception is the cause.
    fn unserializable(&self, class: &str) -> KafkaException {
        let serializer = &self.settings.value_serializer;
        let text = format!("Can't convert value of class {class} to class {serializer} specified in value.serializer");
        KafkaException::with(ExceptionClass::SERIALIZATION, text)
    }

    fn check_size(&self, size: i32) -> Result<(), KafkaException> {
        let too_large = |text: String| Err(ApiError::with(ErrorCode::MessageTooLarge, text).exception());
        if size > self.settings.max_request_size {
            return too_large(format!(
                "The message is {size} bytes when serialized which is larger than {}, which is the value of the \
                 max.request.size configuration.",
                self.settings.max_request_size
            ));
        }
        if i64::from(size) > self.settings.buffer_memory {
            return too_large(format!(
                "The message is {size} bytes when serialized which is larger than the total memory buffer you have \
                 configured with the buffer.memory configuration."
            ));
        }
        Ok(())
    }

    /// The call ends with an exception: API exceptions go into the future, others are thrown.
    fn fail_call(&mut self, now: SimTime, call: &Call, exception: KafkaException, fx: &mut Effects) {
        let thrown = !exception.class.is_a("ApiException");
        fx.event(Event::SendFailed {
            client: self.me(),
            topic: call.record.topic.clone(),
            partition: call.record.partition,
            rid: call.rid,
            exception: Arc::from(exception.class.simple_name()),
            message: Arc::from(exception.message.clone().unwrap_or_default()),
            age: now.since(call.called_at),
            requests: 0,
        });
        self.completions.push(Completion {
            rid: call.rid,
            topic: call.record.topic.clone(),
            partition: call.record.partition,
            result: Err(exception),
            timestamp_ms: -1,
            thrown,
            key_size: size_of_field(&call.record.key),
            value_size: size_of_field(&call.record.value),
        });
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
        let blocked = self.calls.front().filter(|call| !call.endless).and_then(|call| call.begun_at);
        Wake::earliest([
            self.network.poll_timeout(now),
            self.sender_wake(now),
            blocked.map(|begun_at| Wake::new(begun_at + self.max_block(), WakeReason::MaxBlock)),
        ])
    }
}

/// How far a call has come.
enum Wait {
    Ready,
    Pending,
    /// For ever, whatever `max.block.ms` says.
    Endless,
    Failed(KafkaException),
}

fn size_of_field(field: &Option<Bytes>) -> i32 {
    field.as_ref().map_or(-1, |bytes| bytes.len() as i32)
}
