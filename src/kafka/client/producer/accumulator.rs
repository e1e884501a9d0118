//! Batches by partition, waiting to be sent (`RecordAccumulator`).
//!
//! Simplification: buffer memory is counted in batches of `batch.size` (or the record's own size when it is larger),
//! as Kafka's `BufferPool` gives it out; a send that finds none left blocks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::kafka::client::metadata::ClusterMetadata;
use crate::kafka::effects::{Wake, WakeReason};
use crate::kafka::event::BatchReason;
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::kafka::record::{Record, estimate_size_upper_bound};
use crate::time::{SimDuration, SimTime};

use super::batch::{Pending, ProducerBatch};
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

/// What an append did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    pub new_batch: bool,
    pub batch_is_full: bool,
}

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
    ) -> Result<Appended, (Record, Pending)> {
        let queue = self.batches.entry(tp.clone()).or_default();
        let (record, pending) = match queue.back_mut() {
            Some(batch) => match batch.try_append(record, pending) {
                Ok(()) => {
                    let batch_is_full = queue.len() > 1 || queue.back().is_some_and(ProducerBatch::is_full);
                    return Ok(Appended { new_batch: false, batch_is_full });
                }
                Err(back) => {
                    // No more records go into it: it is closed so that its size is final.
                    if let Some(batch) = queue.back_mut().filter(|_| !settings.enable_idempotence) {
                        batch.close();
                    }
                    back
                }
            },
            None => (record, pending),
        };
        let upper_bound = estimate_size_upper_bound(record.key.as_deref(), record.value.as_deref(), &record.headers);
        let size = settings.batch_size.max(upper_bound);
        if i64::from(size) > self.free_memory {
            return Err((record, pending));
        }
        self.free_memory -= i64::from(size);
        let mut batch = ProducerBatch::new(tp.clone(), settings.compression, size, now);
        batch.try_append(record, pending).expect("the first record always fits");
        queue.push_back(batch);
        let batch_is_full = queue.len() > 1 || queue.back().is_some_and(ProducerBatch::is_full);
        Ok(Appended { new_batch: true, batch_is_full })
    }

    /// Gives the memory of an ended batch back.
    pub fn deallocate(&mut self, batch: &ProducerBatch, settings: &ProducerSettings) {
        self.free_memory += i64::from(settings.batch_size.max(batch.size_in_bytes()));
        self.free_memory = self.free_memory.min(settings.buffer_memory);
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
