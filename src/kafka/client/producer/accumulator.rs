//! Batches by partition, waiting to be sent (`RecordAccumulator`).
//!
//! Simplification: buffer memory is counted in batches of `batch.size` (or the record's own size when it is larger),
//! as Kafka's `BufferPool` gives it out; a send that finds none left blocks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::kafka::client::metadata::ClusterMetadata;
use crate::kafka::effects::{Wake, WakeReason};
use crate::kafka::event::BatchReason;
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::kafka::record::{Record, estimate_size_upper_bound};
use crate::time::{SimDuration, SimTime};

use super::batch::{Pending, ProducerBatch};
use super::partitioner::{StickyPartition, StickyPartitioner, TopicPartitions};
use super::settings::ProducerSettings;

#[derive(Clone, Debug)]
pub struct Accumulator {
    pub batches: BTreeMap<TopicPartition, VecDeque<ProducerBatch>>,
    /// Partitions with a batch in flight, when only one may be.
    pub muted: BTreeSet<TopicPartition>,
    pub free_memory: i64,
    pub flushing: bool,
    pub closed: bool,
}

/// How the sticky partitioner of a topic is asked.
pub struct Sticky<'a> {
    pub topic: &'a Arc<str>,
    pub partitioner: &'a mut StickyPartitioner,
    pub partitions: TopicPartitions<'a>,
    /// Numbers from 0 to `i32::MAX`.
    pub random: &'a mut dyn FnMut() -> i32,
}

/// Where a record without a key went, and which partitions the producer left meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StickyAppend {
    pub partition: i32,
    pub appended_bytes: i32,
    /// Left before the append, because its batches were full and it had had its share.
    pub left_before: Option<i32>,
    /// The partition itself was left, because it has had its share now.
    pub left_after: bool,
}

/// A record that found no memory.
type Back = (Record, Pending);

/// Nodes with something to send, and what is missing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ready {
    pub nodes: BTreeMap<NodeId, BatchReason>,
    pub unknown_leaders: BTreeSet<TopicPartition>,
}

impl Accumulator {
    pub fn new(buffer_memory: i64) -> Accumulator {
        Accumulator {
            batches: BTreeMap::new(),
            muted: BTreeSet::new(),
            free_memory: buffer_memory,
            flushing: false,
            closed: false,
        }
    }

    /// Appends to the newest batch of the partition, or opens one; hands the record back when memory is short.
    pub fn append(
        &mut self,
        tp: &TopicPartition,
        record: Record,
        pending: Pending,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Result<(), Back> {
        match self.append_to_newest(tp, record, pending) {
            Ok(()) => Ok(()),
            Err((record, pending)) => self.append_to_fresh(tp, record, pending, settings, now),
        }
    }

    /// The same for a record that may go to any partition. A partition whose batches are not all full keeps the producer
    /// until it has had twice its share; so the look at what is full comes again before each append, and once more when
    /// the newest batch turns out to be full (`RecordAccumulator.append`, `partitionChanged`).
    pub fn append_sticky(
        &mut self,
        mut sticky: Sticky<'_>,
        record: Record,
        pending: Pending,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Result<StickyAppend, Back> {
        let mut back = (record, pending);
        let mut left_before = None;
        loop {
            let current = sticky.partitioner.peek_current(sticky.partitions, &mut sticky.random);
            let tp = TopicPartition::new(sticky.topic.clone(), current.partition);
            if self.moves_on(&mut sticky, current, &tp) {
                left_before = Some(current.partition);
                continue;
            }
            let bytes_before = self.queue_bytes(&tp);
            if let Err(refused) = self.append_to_newest(&tp, back.0, back.1) {
                back = refused;
                if self.moves_on(&mut sticky, current, &tp) {
                    left_before = Some(current.partition);
                    continue;
                }
                self.append_to_fresh(&tp, back.0, back.1, settings, now)?;
            }
            let appended_bytes = self.queue_bytes(&tp) - bytes_before;
            let (partitions, all_full) = (sticky.partitions, self.is_all_full(&tp));
            let left_after =
                sticky.partitioner.update(current, appended_bytes, partitions, all_full, &mut sticky.random);
            return Ok(StickyAppend { partition: current.partition, appended_bytes, left_before, left_after });
        }
    }

    /// Leaves a partition that has had its share, if all its batches are full.
    fn moves_on(&self, sticky: &mut Sticky<'_>, current: StickyPartition, tp: &TopicPartition) -> bool {
        self.is_all_full(tp) && sticky.partitioner.update(current, 0, sticky.partitions, true, &mut sticky.random)
    }

    /// `allBatchesFull`: true also if there is none.
    fn is_all_full(&self, tp: &TopicPartition) -> bool {
        self.batches.get(tp).and_then(VecDeque::back).is_none_or(ProducerBatch::is_full)
    }

    fn queue_bytes(&self, tp: &TopicPartition) -> i32 {
        self.batches.get(tp).map_or(0, |queue| queue.iter().map(ProducerBatch::size_in_bytes).sum())
    }

    /// A newest batch without room takes no more records at all.
    fn append_to_newest(&mut self, tp: &TopicPartition, record: Record, pending: Pending) -> Result<(), Back> {
        let Some(newest) = self.batches.entry(tp.clone()).or_default().back_mut() else {
            return Err((record, pending));
        };
        newest.try_append(record, pending).inspect_err(|_| newest.seal())
    }

    fn append_to_fresh(
        &mut self,
        tp: &TopicPartition,
        record: Record,
        pending: Pending,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Result<(), Back> {
        let upper_bound = estimate_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers);
        let size = settings.batch_size.max(upper_bound);
        if i64::from(size) > self.free_memory {
            return Err((record, pending));
        }
        self.free_memory -= i64::from(size);
        let mut batch = ProducerBatch::new(tp.clone(), settings.compression, size, now);
        batch.try_append(record, pending).expect("the first record always fits");
        self.batches.entry(tp.clone()).or_default().push_back(batch);
        Ok(())
    }

    /// Gives the memory of an ended batch back.
    pub fn deallocate(&mut self, batch: &ProducerBatch) {
        self.free_memory += i64::from(batch.capacity);
    }

    /// Why the first batch of a queue may leave now; None if it may not.
    fn sendable(
        &self,
        queue: &VecDeque<ProducerBatch>,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Option<BatchReason> {
        let first = queue.front()?;
        if first.attempts > 0 {
            return (first.last_attempt_at + settings.retry_backoff(first.attempts) <= now)
                .then_some(BatchReason::Retry);
        }
        if queue.len() > 1 || first.is_full() {
            return Some(BatchReason::Full);
        }
        if self.closed {
            return Some(BatchReason::Close);
        }
        if self.flushing {
            return Some(BatchReason::Flush);
        }
        (first.created_at + settings.linger() <= now).then_some(BatchReason::Linger)
    }

    /// Which nodes have something to send (`RecordAccumulator.ready`).
    pub fn ready(&self, metadata: &ClusterMetadata, settings: &ProducerSettings, now: SimTime) -> Ready {
        let mut ready = Ready::default();
        for (tp, queue) in &self.batches {
            if queue.is_empty() {
                continue;
            }
            match metadata.leader(tp) {
                None => {
                    ready.unknown_leaders.insert(tp.clone());
                }
                Some(_) if self.muted.contains(tp) => {}
                Some(leader) => {
                    if let Some(reason) = self.sendable(queue, settings, now) {
                        ready.nodes.insert(leader, reason);
                    }
                }
            }
        }
        ready
    }

    /// Takes at most one batch per partition for a node, up to `max.request.size` bytes (the first always).
    pub fn drain(
        &mut self,
        node: NodeId,
        metadata: &ClusterMetadata,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Vec<ProducerBatch> {
        let mut taken: Vec<ProducerBatch> = Vec::new();
        let mut size = 0_i64;
        let led: Vec<TopicPartition> =
            self.batches.keys().filter(|tp| metadata.leader(tp) == Some(node)).cloned().collect();
        for tp in led {
            if self.muted.contains(&tp) {
                continue;
            }
            let reason = match self.sendable(&self.batches[&tp], settings, now) {
                Some(reason) => reason,
                // The request goes out anyway: whatever waits for this node goes with it, but for the back-off.
                None if self.batches[&tp].front().is_some_and(|batch| batch.attempts == 0) => BatchReason::Linger,
                None => continue,
            };
            let queue = self.batches.get_mut(&tp).expect("the partition was listed above");
            let next = i64::from(queue.front().map_or(0, ProducerBatch::size_in_bytes));
            if size + next > i64::from(settings.max_request_size) && !taken.is_empty() {
                break;
            }
            let Some(mut batch) = queue.pop_front() else { continue };
            if batch.attempts == 0 {
                batch.reason = reason;
            }
            size += next;
            taken.push(batch);
        }
        taken
    }

    /// Puts a batch back in the order of sequences, so that retried batches never overtake each other.
    pub fn reenqueue(&mut self, mut batch: ProducerBatch, now: SimTime) {
        batch.attempts += 1;
        batch.last_attempt_at = now;
        let queue = self.batches.entry(batch.tp.clone()).or_default();
        let place = match batch.base_sequence {
            None => 0,
            Some(sequence) => {
                queue.iter().take_while(|other| other.base_sequence.is_some_and(|base| base < sequence)).count()
            }
        };
        queue.insert(place, batch);
    }

    /// Takes out the batches that have waited longer than `delivery.timeout.ms`.
    pub fn take_expired(&mut self, settings: &ProducerSettings, now: SimTime) -> Vec<ProducerBatch> {
        let mut expired = Vec::new();
        for queue in self.batches.values_mut() {
            while queue.front().is_some_and(|batch| batch.created_at + settings.delivery_timeout() <= now) {
                expired.extend(queue.pop_front());
            }
        }
        expired
    }

    pub fn is_empty(&self) -> bool {
        self.batches.values().all(VecDeque::is_empty)
    }

    /// When the next batch becomes sendable or expires.
    pub fn poll_timeout(&self, metadata: &ClusterMetadata, settings: &ProducerSettings) -> Option<Wake> {
        let row = |(tp, queue): (&TopicPartition, &VecDeque<ProducerBatch>)| {
            let first = queue.front()?;
            let expiry = Wake::new(first.created_at + settings.delivery_timeout(), WakeReason::DeliveryTimeout);
            if self.muted.contains(tp) || metadata.leader(tp).is_none() {
                return Some(expiry);
            }
            let sendable = if first.attempts > 0 {
                Wake::new(first.last_attempt_at + settings.retry_backoff(first.attempts), WakeReason::RetryBackoff)
            } else if queue.len() > 1 || first.is_full() || self.closed || self.flushing {
                Wake::new(SimTime::default(), WakeReason::BatchReady)
            } else {
                Wake::new(first.created_at + settings.linger(), WakeReason::Linger)
            };
            Some(sendable.min(expiry))
        };
        self.batches.iter().filter_map(row).min()
    }

    /// How full the linger time of the newest batch is, as elapsed and whole.
    pub fn linger_progress(
        &self,
        tp: &TopicPartition,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Option<(SimDuration, SimDuration)> {
        let first = self.batches.get(tp)?.front()?;
        Some((now.since(first.created_at).min(settings.linger()), settings.linger()))
    }
}
