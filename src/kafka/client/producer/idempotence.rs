//! Producer id, epoch and sequences on the client's side (`TransactionManager` without transactions,
//! `TxnPartitionMap`).
//!
//! A partition's batches are numbered without a gap. When one is lost for good the numbers behind it would never fit
//! again; so the producer raises its epoch by itself, numbers what is left of that partition from 0, and goes on.

use std::collections::{BTreeMap, BTreeSet};

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{ProducerEpoch, ProducerId, TopicPartition};
use crate::kafka::record::increment_sequence;
use crate::time::SimTime;

use super::batch::{BatchId, ProducerBatch};

/// What stands for the sequence of the last acknowledged batch as long as there is none.
const NONE_ACKED: i32 = -1;

/// Producer id and epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Identity {
    pub producer_id: ProducerId,
    pub epoch: ProducerEpoch,
}

impl Identity {
    /// Before the first answer, and after the last epoch of an id (`ProducerIdAndEpoch.NONE`).
    pub const NONE: Identity = Identity { producer_id: ProducerId(-1), epoch: ProducerEpoch(-1) };

    pub fn is_valid(self) -> bool {
        self.producer_id.0 > Identity::NONE.producer_id.0
    }
}

/// A batch that has a sequence and has not ended: in flight, or waiting for another attempt. Ordered as they are sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Tracked {
    identity: Identity,
    base_sequence: i32,
    batch: BatchId,
    records: i32,
}

/// One partition (`TxnPartitionEntry`).
#[derive(Clone, PartialEq, Debug)]
struct PartitionEntry {
    /// Of the batches that get their sequence next.
    identity: Identity,
    next_sequence: i32,
    last_acked_sequence: i32,
    in_flight: BTreeSet<Tracked>,
}

impl Default for PartitionEntry {
    fn default() -> Self {
        PartitionEntry {
            identity: Identity::NONE,
            next_sequence: 0,
            last_acked_sequence: NONE_ACKED,
            in_flight: BTreeSet::new(),
        }
    }
}

/// A batch that gets another identity and sequence because its epoch is over.
#[derive(Clone, PartialEq, Debug)]
pub struct Renumbered {
    pub tp: TopicPartition,
    pub batch: BatchId,
    pub identity: Identity,
    pub base_sequence: i32,
}

/// A partition whose sequences cannot become whole again.
#[derive(Clone, PartialEq, Debug)]
pub struct SequenceGap {
    pub tp: TopicPartition,
    pub last_acked_sequence: i32,
    pub next_sequence: i32,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Idempotence {
    pub enabled: bool,
    pub identity: Option<(ProducerId, ProducerEpoch)>,
    /// No InitProducerId before this moment (back-off after a retriable error).
    pub retry_at: SimTime,
    partitions: BTreeMap<TopicPartition, PartitionEntry>,
    /// Partitions with a batch that was given up after it had been sent, and the sequence behind it
    /// (`partitionsWithUnresolvedSequences`).
    unresolved: BTreeMap<TopicPartition, i32>,
    /// Partitions that asked for a new epoch (`partitionsToRewriteSequences`).
    to_renumber: BTreeSet<TopicPartition>,
}

impl Idempotence {
    pub fn new(enabled: bool) -> Idempotence {
        Idempotence {
            enabled,
            identity: None,
            retry_at: SimTime::default(),
            partitions: BTreeMap::new(),
            unresolved: BTreeMap::new(),
            to_renumber: BTreeSet::new(),
        }
    }

    /// True while batches must wait for a producer id.
    pub fn lacks_identity(&self) -> bool {
        self.enabled && self.identity.is_none()
    }

    /// The identity of the moment; none of its own without one.
    pub fn current(&self) -> Identity {
        self.identity.map_or(Identity::NONE, |(producer_id, epoch)| Identity { producer_id, epoch })
    }

    fn entry(&mut self, tp: &TopicPartition) -> &mut PartitionEntry {
        self.partitions.entry(tp.clone()).or_default()
    }

    fn has_in_flight(&self, tp: &TopicPartition) -> bool {
        self.partitions.get(tp).is_some_and(|entry| !entry.in_flight.is_empty())
    }

    fn has_stale_identity(&self, tp: &TopicPartition) -> bool {
        self.partitions.get(tp).map_or(Identity::NONE, |entry| entry.identity) != self.current()
    }

    pub fn has_unresolved_sequence(&self, tp: &TopicPartition) -> bool {
        self.unresolved.contains_key(tp)
    }

    /// The sequence of the next new batch.
    pub fn next_sequence(&self, tp: &TopicPartition) -> i32 {
        self.partitions.get(tp).map_or(0, |entry| entry.next_sequence)
    }

    fn last_acked_sequence(&self, tp: &TopicPartition) -> i32 {
        self.partitions.get(tp).map_or(NONE_ACKED, |entry| entry.last_acked_sequence)
    }

    fn is_next_sequence(&self, tp: &TopicPartition, sequence: i32) -> bool {
        sequence.wrapping_sub(self.last_acked_sequence(tp)) == 1
    }

    /// Whether the first batch of a partition's queue has to wait for others, and with it the partitions that come
    /// behind in this request (`RecordAccumulator.shouldStopDrainBatchesForPartition`).
    pub fn holds_back(&self, batch: &ProducerBatch) -> bool {
        if !self.enabled {
            return false;
        }
        if !self.current().is_valid() {
            return true;
        }
        let tp = &batch.tp;
        let Some(base_sequence) = batch.base_sequence else {
            // Sequence 0 of a new epoch may not overtake what is left of the old one; and after a gap nobody knows yet
            // which sequence comes next.
            let old_epoch_in_flight = self.has_in_flight(tp) && self.has_stale_identity(tp);
            return old_epoch_in_flight || self.has_unresolved_sequence(tp);
        };
        // A batch with a sequence is a retry: only the oldest may go, which makes it one request at a time.
        let oldest = self.partitions.get(tp).and_then(|entry| entry.in_flight.first());
        oldest.is_some_and(|oldest| oldest.base_sequence != base_sequence)
    }

    /// Gives a batch that is drained for the first time its identity and sequence; it keeps them over retries.
    pub fn number(&mut self, batch: &mut ProducerBatch) {
        if !self.enabled || batch.base_sequence.is_some() {
            return;
        }
        let identity = self.current();
        if self.has_stale_identity(&batch.tp) && !self.has_in_flight(&batch.tp) {
            self.start_at_beginning(&batch.tp, identity);
        }
        let entry = self.entry(&batch.tp);
        let base_sequence = entry.next_sequence;
        entry.next_sequence = increment_sequence(base_sequence, batch.record_count());
        batch.set_producer_state(identity, base_sequence);
        self.track(batch);
    }

    /// Counts a batch with a sequence as in flight.
    pub fn track(&mut self, batch: &ProducerBatch) {
        if let Some(tracked) = tracked(batch) {
            self.entry(&batch.tp).in_flight.insert(tracked);
        }
    }

    /// A batch has ended, or others take its place.
    pub fn forget(&mut self, batch: &ProducerBatch) {
        if let Some(entry) = self.partitions.get_mut(&batch.tp) {
            entry.in_flight.retain(|tracked| tracked.batch != batch.id);
        }
    }

    /// A batch was acknowledged (`handleCompletedBatch`), though perhaps too late for its sends.
    pub fn complete(&mut self, batch: &ProducerBatch) {
        let Some(last_sequence) = batch.last_sequence() else { return };
        self.forget(batch);
        let entry = self.entry(&batch.tp);
        entry.last_acked_sequence = entry.last_acked_sequence.max(last_sequence);
    }

    /// A batch has failed (`handleFailedBatch`). `sequence_is_free` is false if nobody knows whether it was appended.
    pub fn fail(&mut self, batch: &ProducerBatch, code: Option<ErrorCode>, sequence_is_free: bool) {
        if !self.enabled {
            return;
        }
        self.forget(batch);
        match code {
            Some(ErrorCode::UnknownProducerId) => {
                self.partitions.remove(&batch.tp);
                self.unresolved.remove(&batch.tp);
            }
            Some(ErrorCode::OutOfOrderSequenceNumber) => self.request_epoch_bump(&batch.tp),
            _ if sequence_is_free => self.request_epoch_bump(&batch.tp),
            _ => {}
        }
    }

    /// Whether an error lets a batch be tried again, as far as sequences have a say (`TransactionManager.canRetry`).
    pub fn can_retry(&mut self, batch: &ProducerBatch, code: ErrorCode, log_start_offset: i64) -> bool {
        if !self.enabled {
            return code.is_retriable();
        }
        match code {
            // A leader that has just lost the partition does not know where its log starts: it is asked again.
            ErrorCode::UnknownProducerId if log_start_offset == -1 || batch.is_renumbered() => true,
            ErrorCode::UnknownProducerId => {
                self.request_epoch_bump(&batch.tp);
                true
            }
            ErrorCode::OutOfOrderSequenceNumber => {
                self.judge_gap(batch);
                true
            }
            _ => code.is_retriable(),
        }
    }

    /// A leader misses a batch before this one. Either that one is under way, or it is lost and a new epoch begins.
    fn judge_gap(&mut self, batch: &ProducerBatch) {
        let sequence = batch.base_sequence.unwrap_or(-1);
        let is_lost = match self.unresolved.get(&batch.tp) {
            None => !batch.is_renumbered() && self.is_next_sequence(&batch.tp, sequence),
            Some(behind_the_gap) => *behind_the_gap == sequence,
        };
        if is_lost {
            self.request_epoch_bump(&batch.tp);
        }
    }

    /// The epoch is raised before the next request leaves (`requestIdempotentEpochBumpForPartition`).
    fn request_epoch_bump(&mut self, tp: &TopicPartition) {
        self.to_renumber.insert(tp.clone());
    }

    /// A batch was given up after it had been sent: whether it was appended shows only when what follows it has ended.
    pub fn mark_unresolved(&mut self, batch: &ProducerBatch) {
        let Some(last) = batch.last_sequence().filter(|_| self.enabled) else { return };
        let behind = last.wrapping_add(1);
        let known = self.unresolved.entry(batch.tp.clone()).or_insert(behind);
        *known = behind.max(*known);
    }

    /// Looks at partitions with unresolved sequences that have nothing in flight any more. Those that turned out whole
    /// go on; the others need a new epoch and are returned (`maybeResolveSequences`).
    pub fn resolve_sequences(&mut self) -> Vec<SequenceGap> {
        let drained: Vec<TopicPartition> =
            self.unresolved.keys().filter(|tp| !self.has_in_flight(tp)).cloned().collect();
        let mut gaps = Vec::new();
        for tp in drained {
            self.unresolved.remove(&tp);
            let next_sequence = self.next_sequence(&tp);
            if !self.is_next_sequence(&tp, next_sequence) {
                self.request_epoch_bump(&tp);
                let last_acked_sequence = self.last_acked_sequence(&tp);
                gaps.push(SequenceGap { tp, last_acked_sequence, next_sequence });
            }
        }
        gaps
    }

    /// Raises the epoch if a partition asked for it, or gives the id up after its last epoch; the partitions that asked
    /// start at sequence 0, with what they have in flight. None if none asked (`bumpIdempotentProducerEpoch`).
    pub fn bump_epoch(&mut self) -> Option<Vec<Renumbered>> {
        if self.to_renumber.is_empty() {
            return None;
        }
        self.identity = match self.identity {
            Some((producer_id, ProducerEpoch(epoch))) if epoch < i16::MAX => {
                Some((producer_id, ProducerEpoch(epoch + 1)))
            }
            _ => None,
        };
        let identity = self.current();
        let mut renumbered = Vec::new();
        for tp in std::mem::take(&mut self.to_renumber) {
            renumbered.extend(self.start_at_beginning(&tp, identity));
            self.unresolved.remove(&tp);
        }
        Some(renumbered)
    }

    /// Numbers the batches in flight of a partition from 0 (`TxnPartitionMap.startSequencesAtBeginning`).
    fn start_at_beginning(&mut self, tp: &TopicPartition, identity: Identity) -> Vec<Renumbered> {
        let entry = self.entry(tp);
        let mut next = 0;
        let mut renumbered = Vec::new();
        for old in std::mem::take(&mut entry.in_flight) {
            entry.in_flight.insert(Tracked { identity, base_sequence: next, ..old });
            renumbered.push(Renumbered { tp: tp.clone(), batch: old.batch, identity, base_sequence: next });
            next = increment_sequence(next, old.records);
        }
        (entry.identity, entry.next_sequence, entry.last_acked_sequence) = (identity, next, NONE_ACKED);
        renumbered
    }
}

fn tracked(batch: &ProducerBatch) -> Option<Tracked> {
    let base_sequence = batch.base_sequence?;
    Some(Tracked { identity: batch.identity, base_sequence, batch: batch.id, records: batch.record_count() })
}
