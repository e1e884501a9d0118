//! When batches leave the accumulator, and which go together (`RecordAccumulator.ready` and `drain`).

use std::collections::{BTreeSet, VecDeque};

use crate::kafka::client::metadata::ClusterMetadata;
use crate::kafka::effects::{Wake, WakeReason};
use crate::kafka::event::BatchReason;
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::time::{SimDuration, SimTime};

use super::accumulator::Accumulator;
use super::batch::ProducerBatch;
use super::idempotence::Idempotence;
use super::settings::ProducerSettings;

/// Nodes with something to send, and what is missing.
#[derive(Clone, PartialEq, Debug)]
pub struct Ready {
    pub nodes: BTreeSet<NodeId>,
    pub unknown_leaders: BTreeSet<TopicPartition>,
    /// When another look may find more, as far as batches that rest or linger tell.
    pub next_check: SimDuration,
}

impl Default for Ready {
    fn default() -> Self {
        Ready { nodes: BTreeSet::new(), unknown_leaders: BTreeSet::new(), next_check: SimDuration::MAX }
    }
}

/// When there was last something for a node, and when it last took it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeLatency {
    ready_at: SimTime,
    drained_at: SimTime,
}

/// Until when a batch that was tried before is left alone; a new leader is tried at once.
fn backoff_end(batch: &ProducerBatch) -> Option<SimTime> {
    let waits = batch.attempts > 0 && !batch.has_new_leader();
    waits.then(|| batch.last_attempt_at + batch.backoff)
}

fn is_backing_off(batch: &ProducerBatch, now: SimTime) -> bool {
    backoff_end(batch).is_some_and(|end| now < end)
}

impl Accumulator {
    /// Why the first batch of a queue may leave now; None if it may not.
    fn sendable(
        &self,
        queue: &VecDeque<ProducerBatch>,
        settings: &ProducerSettings,
        now: SimTime,
    ) -> Option<BatchReason> {
        let first = queue.front().filter(|first| !is_backing_off(first, now))?;
        if first.attempts > 0 {
            return Some(BatchReason::Retry);
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
        if first.created_at + settings.linger() <= now {
            return Some(BatchReason::Linger);
        }
        self.pool.has_waiter().then_some(BatchReason::Memory)
    }

    /// Which nodes have something to send (`RecordAccumulator.ready`).
    pub fn ready(&mut self, metadata: &ClusterMetadata, settings: &ProducerSettings, now: SimTime) -> Ready {
        let mut ready = Ready::default();
        for (tp, queue) in &mut self.batches {
            if let Some(first) = queue.front_mut() {
                first.note_leader_epoch(metadata.partition(tp).map(|partition| partition.leader_epoch));
            }
        }
        for (tp, queue) in &self.batches {
            let Some(first) = queue.front() else { continue };
            match metadata.leader(tp) {
                None => {
                    ready.unknown_leaders.insert(tp.clone());
                }
                Some(leader) if self.muted.contains(tp) || ready.nodes.contains(&leader) => {}
                Some(leader) if self.sendable(queue, settings, now).is_some() => {
                    ready.nodes.insert(leader);
                }
                Some(_) => {
                    let end = backoff_end(first).filter(|end| now < *end);
                    let end = end.unwrap_or(first.last_attempt_at + settings.linger());
                    ready.next_check = ready.next_check.min(end.since(now));
                }
            }
        }
        ready
    }

    /// How long each queue of a topic is, for the next sticky choices, and the number of queues: of partitions with a
    /// leader whose node takes what it is given (`partitionReady`, KIP-794). None until every partition of the topic
    /// has had a batch.
    pub fn loads(
        &self,
        topic: &str,
        metadata: &ClusterMetadata,
        settings: &ProducerSettings,
    ) -> Option<(Vec<(i32, i32)>, u32)> {
        let count = metadata.topics.get(topic)?.partitions.len();
        let queues: Vec<_> = self.batches.iter().filter(|(tp, _)| &*tp.topic == topic).collect();
        if queues.len() < count {
            return None;
        }
        let length = |(tp, queue): &(&TopicPartition, &VecDeque<ProducerBatch>)| {
            let leader = metadata.leader(tp)?;
            // A queue that is empty gives no reason to look at its node.
            let is_slow = !queue.is_empty() && self.is_slow(leader, settings);
            (!is_slow).then(|| (tp.partition, i32::try_from(queue.len()).unwrap_or(i32::MAX)))
        };
        Some((queues.iter().filter_map(length).collect(), queues.len() as u32))
    }

    /// Whether a node has not taken anything for `partitioner.availability.timeout.ms` while there was something.
    fn is_slow(&self, node: NodeId, settings: &ProducerSettings) -> bool {
        let waited = self.latencies.get(&node).map(|latency| latency.ready_at.since(latency.drained_at));
        settings.availability_timeout().zip(waited).is_some_and(|(timeout, waited)| waited > timeout)
    }

    /// Something is ready for a node, which can take it or not (`updateNodeLatencyStats`).
    pub fn note_latency(&mut self, node: NodeId, can_drain: bool, now: SimTime) {
        let latency = self.latencies.entry(node).or_insert(NodeLatency { ready_at: now, drained_at: now });
        latency.ready_at = now;
        if can_drain {
            latency.drained_at = now;
        }
    }

    /// Takes at most one batch of each partition for a node, closed and numbered, up to `max.request.size` bytes (the
    /// first always). Each time another partition comes first, so that none starves.
    pub fn drain(
        &mut self,
        node: NodeId,
        metadata: &ClusterMetadata,
        settings: &ProducerSettings,
        idempotence: &mut Idempotence,
        now: SimTime,
    ) -> Vec<ProducerBatch> {
        let led = metadata.led_by(node);
        let mut taken: Vec<ProducerBatch> = Vec::new();
        let mut size = 0_i64;
        let Some(start) = self.drain_index.get(&node).copied().unwrap_or(0).checked_rem(led.len() as u32) else {
            return taken;
        };
        for step in 0..led.len() as u32 {
            let index = (start + step) % led.len() as u32;
            self.drain_index.insert(node, index);
            let tp = &led[index as usize];
            let Some(first) = self.batches.get_mut(tp).and_then(VecDeque::front_mut) else { continue };
            first.note_leader_epoch(metadata.partition(tp).map(|partition| partition.leader_epoch));
            let (next, backs_off) = (i64::from(first.size_in_bytes()), is_backing_off(first, now));
            if self.muted.contains(tp) || backs_off {
                continue;
            }
            let is_too_much = size + next > i64::from(settings.max_request_size) && !taken.is_empty();
            if is_too_much || idempotence.holds_back(&self.batches[tp][0]) {
                break;
            }
            let Some(batch) = self.take_first(tp, settings, idempotence, now) else { continue };
            size += i64::from(batch.size_in_bytes());
            taken.push(batch);
        }
        taken
    }

    fn take_first(
        &mut self,
        tp: &TopicPartition,
        settings: &ProducerSettings,
        idempotence: &mut Idempotence,
        now: SimTime,
    ) -> Option<ProducerBatch> {
        let queue = self.batches.get(tp)?;
        // The request goes out anyway: whatever waits for this node goes with it.
        let reason = self.sendable(queue, settings, now).unwrap_or(BatchReason::Linger);
        let mut batch = self.batches.get_mut(tp)?.pop_front()?;
        if batch.attempts == 0 && !batch.is_split {
            batch.reason = reason;
        }
        idempotence.number(&mut batch);
        batch.close();
        self.note_ratio(&batch);
        Some(batch)
    }

    /// When the next batch becomes sendable or expires; what is sendable already waits for something else.
    pub fn poll_timeout(&self, now: SimTime, metadata: &ClusterMetadata, settings: &ProducerSettings) -> Option<Wake> {
        let row = |(tp, queue): (&TopicPartition, &VecDeque<ProducerBatch>)| {
            let first = queue.front()?;
            let expiry = Wake::new(first.created_at + settings.delivery_timeout(), WakeReason::DeliveryTimeout);
            if self.muted.contains(tp) || metadata.leader(tp).is_none() {
                return Some(expiry);
            }
            let sendable = match backoff_end(first) {
                Some(end) => Wake::new(end, WakeReason::RetryBackoff),
                None => Wake::new(first.created_at + settings.linger(), WakeReason::Linger),
            };
            Some(if sendable.at > now { sendable.min(expiry) } else { expiry })
        };
        self.batches.iter().filter_map(row).min()
    }
}
