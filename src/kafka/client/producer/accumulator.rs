//! Batches by partition, waiting to be sent (`RecordAccumulator`). What makes them leave is in [`super::draining`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::kafka::ids::{NodeId, TopicPartition};
use crate::kafka::record::{Compression, Record, estimate_size_upper_bound, increment_sequence};
use crate::time::{SimDuration, SimTime};

use super::batch::{BatchId, Pending, ProducerBatch};
use super::compression_ratio::CompressionRatio;
use super::draining::NodeLatency;
use super::idempotence::Idempotence;
use super::partitioner::{StickyPartition, StickyPartitioner, TopicPartitions};
use super::pool::{BufferPool, Denied};
use super::settings::ProducerSettings;

#[derive(Clone, Debug)]
pub struct Accumulator {
    pub batches: BTreeMap<TopicPartition, VecDeque<ProducerBatch>>,
    /// Partitions with a batch in flight, when only one may be.
    pub muted: BTreeSet<TopicPartition>,
    pub pool: BufferPool,
    pub flushing: bool,
    pub closed: bool,
    /// Where the next look at a node's partitions begins (`nodesDrainIndex`).
    pub(super) drain_index: BTreeMap<NodeId, u32>,
    /// For `partitioner.availability.timeout.ms`.
    pub(super) latencies: BTreeMap<NodeId, NodeLatency>,
    /// How well each topic's records compress.
    ratios: BTreeMap<Arc<str>, CompressionRatio>,
    next_batch: BatchId,
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

/// A record that found no room.
type Back = (Record, Pending);

/// Why a record was not appended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    Memory(Denied),
    /// The thread draws partitions and leaves them, without end.
    Endless,
}

impl Accumulator {
    pub fn new(buffer_memory: i64, batch_size: i32) -> Accumulator {
        Accumulator {
            batches: BTreeMap::new(),
            muted: BTreeSet::new(),
            pool: BufferPool::new(buffer_memory, batch_size),
            flushing: false,
            closed: false,
            drain_index: BTreeMap::new(),
            latencies: BTreeMap::new(),
            ratios: BTreeMap::new(),
            next_batch: 0,
        }
    }

    /// Appends to the newest batch of the partition, or opens one; unless memory is short.
    pub fn append(
        &mut self,
        tp: &TopicPartition,
        record: Record,
        pending: Pending,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Result<(), Refused> {
        match self.append_to_newest(tp, record, pending) {
            Ok(()) => Ok(()),
            Err(back) => {
                let size = size_of_fresh(&back.0, settings);
                self.pool.allocate(i64::from(size)).map_err(Refused::Memory)?;
                self.append_to_fresh(tp, back, size, settings, now);
                Ok(())
            }
        }
    }

    /// The same for a record that may go to any partition. A partition whose batches are not all full keeps the producer
    /// until it has had twice its share; so the look at what is full comes again before each append, and once more when
    /// the newest batch turns out to be full (`RecordAccumulator.append`, `partitionChanged`).
    ///
    /// Twice a `batch.size` of 1 GiB or more is a negative number in Java: a partition without an open batch has had its
    /// share before the first byte, and the thread draws partitions for ever. It is stuck as long as no partition that
    /// can be drawn has an open batch.
    pub fn append_sticky(
        &mut self,
        mut sticky: Sticky<'_>,
        record: Record,
        pending: Pending,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Result<StickyAppend, Refused> {
        let size = size_of_fresh(&record, settings);
        let mut back = (record, pending);
        let mut left_before = None;
        // Memory is taken before the last look at the partition, and given back if it is not needed after all.
        let mut has_memory = false;
        loop {
            if self.spins(&sticky) {
                self.pool.deallocate(if has_memory { i64::from(size) } else { 0 });
                return Err(Refused::Endless);
            }
            let current = sticky.partitioner.peek_current(sticky.partitions, &mut sticky.random);
            let tp = TopicPartition::new(sticky.topic.clone(), current.partition);
            self.batches.entry(tp.clone()).or_default();
            if self.moves_on(&mut sticky, current, &tp) {
                left_before = Some(current.partition);
                continue;
            }
            let bytes_before = self.queue_bytes(&tp);
            match self.append_to_newest(&tp, back.0, back.1) {
                Ok(()) => self.pool.deallocate(if has_memory { i64::from(size) } else { 0 }),
                Err(refused) => {
                    back = refused;
                    if !has_memory {
                        self.pool.allocate(i64::from(size)).map_err(Refused::Memory)?;
                        has_memory = true;
                    }
                    if self.moves_on(&mut sticky, current, &tp) {
                        left_before = Some(current.partition);
                        continue;
                    }
                    self.append_to_fresh(&tp, back, size, settings, now);
                }
            }
            let appended_bytes = self.queue_bytes(&tp) - bytes_before;
            let (partitions, all_full) = (sticky.partitions, self.is_all_full(&tp));
            let left_after =
                sticky.partitioner.update(current, appended_bytes, partitions, all_full, &mut sticky.random);
            return Ok(StickyAppend { partition: current.partition, appended_bytes, left_before, left_after });
        }
    }

    /// Whether every partition that can be drawn would be left again at once.
    fn spins(&self, sticky: &Sticky<'_>) -> bool {
        let is_full = |partition: i32| self.is_all_full(&TopicPartition::new(sticky.topic.clone(), partition));
        sticky.partitioner.is_always_overdue() && {
            let drawable = sticky.partitioner.drawable(sticky.partitions);
            drawable.into_iter().chain(sticky.partitioner.current_partition()).all(is_full)
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

    /// Opens a batch for a record, with memory that was taken for it.
    fn append_to_fresh(
        &mut self,
        tp: &TopicPartition,
        (record, pending): Back,
        size: i32,
        settings: &ProducerSettings,
        now: SimTime,
    ) {
        let mut batch = self.open_batch(tp, settings.compression, size, now);
        batch.try_append(record, pending).expect("the first record always fits");
        self.batches.entry(tp.clone()).or_default().push_back(batch);
    }

    fn open_batch(&mut self, tp: &TopicPartition, compression: Compression, size: i32, now: SimTime) -> ProducerBatch {
        let id = self.next_batch;
        self.next_batch += 1;
        let ratio = self.ratios.get(&tp.topic).copied().unwrap_or_default();
        ProducerBatch::new(id, tp.clone(), compression, ratio, size, now)
    }

    /// Gives the memory of an ended batch back. That of a part of a split batch never came from the pool.
    pub fn deallocate(&mut self, batch: &ProducerBatch) {
        if !batch.is_split {
            self.pool.deallocate(i64::from(batch.capacity));
        }
    }

    /// Takes note of how well a batch that is leaving was compressed.
    pub(super) fn note_ratio(&mut self, batch: &ProducerBatch) {
        self.ratios.entry(batch.tp.topic.clone()).or_default().update(batch.compression_ratio.0);
    }

    /// Puts a batch that the leader found too large back in parts, in front and in order; gives their number. A first
    /// split goes by `batch.size`, the next ones halve (`RecordAccumulator.splitAndReenqueue`).
    pub fn split(
        &mut self,
        mut batch: ProducerBatch,
        settings: &ProducerSettings,
        idempotence: &mut Idempotence,
    ) -> u32 {
        self.ratios.entry(batch.tp.topic.clone()).or_default().reset(batch.compression_ratio);
        let target = match batch.is_split {
            false => settings.batch_size,
            true => batch.max_record_size.max(batch.size_in_bytes() / 2),
        };
        let mut parts = self.parts_of(&mut batch, target, settings.compression);
        let mut sequence = batch.base_sequence;
        for part in &mut parts {
            if let Some(base) = sequence {
                part.set_producer_state(batch.identity, base);
                idempotence.track(part);
                sequence = Some(increment_sequence(base, part.record_count()));
            }
        }
        let count = parts.len() as u32;
        for part in parts.into_iter().rev() {
            self.insert_in_order(part);
        }
        count
    }

    /// The records of a batch in batches of at most `target` bytes, as far as they can be told apart.
    fn parts_of(&mut self, batch: &mut ProducerBatch, target: i32, compression: Compression) -> Vec<ProducerBatch> {
        let records = batch.close().records().expect("a producer can read what it wrote");
        let mut parts: Vec<ProducerBatch> = Vec::new();
        for (stored, pending) in records.into_iter().zip(std::mem::take(&mut batch.pending)) {
            let record = stored.record;
            let upper_bound =
                estimate_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers);
            let refused = match parts.last_mut() {
                Some(part) => part.try_append(record, pending).err(),
                None => Some((record, pending)),
            };
            let Some((record, pending)) = refused else { continue };
            let mut part = self.open_batch(&batch.tp, compression, target.max(upper_bound), batch.created_at);
            part.is_split = true;
            part.reason = batch.reason;
            part.try_append(record, pending).expect("the first record always fits");
            parts.push(part);
        }
        parts.iter_mut().for_each(ProducerBatch::seal);
        parts
    }

    /// Puts a batch back in the order of sequences, so that retried batches never overtake each other.
    pub fn reenqueue(&mut self, mut batch: ProducerBatch, backoff: SimDuration, now: SimTime) {
        batch.attempts += 1;
        batch.last_attempt_at = now;
        batch.backoff = backoff;
        self.insert_in_order(batch);
    }

    fn insert_in_order(&mut self, batch: ProducerBatch) {
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

/// Bytes that a batch is given which a record opens: `batch.size`, or more if the record needs it.
fn size_of_fresh(record: &Record, settings: &ProducerSettings) -> i32 {
    let upper_bound = estimate_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers);
    settings.batch_size.max(upper_bound)
}
