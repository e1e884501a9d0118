//! What a log knows of its producers: epochs, the last five batches of each, open transactions, snapshots (Kafka's
//! `ProducerStateManager`, `ProducerStateEntry`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::producer_append::{CompletedTransaction, ProducerAppend};
use crate::kafka::ids::{ProducerEpoch, ProducerId};
use crate::kafka::record::{NO_PRODUCER_EPOCH, NO_SEQUENCE, NO_TIMESTAMP, RecordBatch, decrement_sequence};
use crate::kafka::seeded::SeededBug;

/// A resend is recognised among this many batches; it is why at most five requests may be in flight.
const BATCHES_TO_RETAIN: usize = 5;

/// One batch that a producer wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchMetadata {
    pub last_sequence: i32,
    pub last_offset: i64,
    pub offset_delta: i32,
    /// The batch's largest timestamp (ms).
    pub timestamp: i64,
}

impl BatchMetadata {
    pub fn first_sequence(&self) -> i32 {
        decrement_sequence(self.last_sequence, self.offset_delta)
    }

    pub fn first_offset(&self) -> i64 {
        self.last_offset - i64::from(self.offset_delta)
    }
}

/// What is known of one producer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProducerEntry {
    pub producer_id: ProducerId,
    pub producer_epoch: ProducerEpoch,
    /// Of the last transaction marker; -1 before any.
    pub coordinator_epoch: i32,
    /// Timestamp (ms) of the last batch or marker: what expiry counts from.
    pub last_timestamp: i64,
    /// Where the open transaction begins.
    pub current_txn_first_offset: Option<i64>,
    batches: VecDeque<BatchMetadata>,
}

impl ProducerEntry {
    /// A producer that nothing is known of.
    pub(super) fn unknown(producer_id: ProducerId) -> ProducerEntry {
        ProducerEntry {
            producer_id,
            producer_epoch: ProducerEpoch(NO_PRODUCER_EPOCH),
            coordinator_epoch: -1,
            last_timestamp: NO_TIMESTAMP,
            current_txn_first_offset: None,
            batches: VecDeque::new(),
        }
    }

    /// The last batches, oldest first; at most five, all of the current epoch.
    pub fn batches(&self) -> impl DoubleEndedIterator<Item = &BatchMetadata> {
        self.batches.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Sequence number of the last record, or -1.
    pub fn last_sequence(&self) -> i32 {
        self.batches.back().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    /// Offset of the last record, or -1.
    pub fn last_data_offset(&self) -> i64 {
        self.batches.back().map_or(-1, |batch| batch.last_offset)
    }

    /// The same producer without its batches.
    pub(super) fn without_batches(&self) -> ProducerEntry {
        ProducerEntry { batches: VecDeque::new(), ..self.clone() }
    }

    pub(super) fn add_batch(&mut self, epoch: ProducerEpoch, batch: BatchMetadata) {
        self.update_epoch(epoch);
        self.push(batch);
        self.last_timestamp = batch.timestamp;
    }

    fn push(&mut self, batch: BatchMetadata) {
        if self.batches.len() == BATCHES_TO_RETAIN {
            self.batches.pop_front();
        }
        self.batches.push_back(batch);
    }

    fn update_epoch(&mut self, epoch: ProducerEpoch) {
        if self.producer_epoch != epoch {
            self.batches.clear();
            self.producer_epoch = epoch;
        }
    }

    /// A marker ended the open transaction.
    pub(super) fn end_transaction(&mut self, epoch: ProducerEpoch, coordinator_epoch: i32, timestamp: i64) {
        self.update_epoch(epoch);
        self.coordinator_epoch = coordinator_epoch;
        self.current_txn_first_offset = None;
        self.last_timestamp = timestamp;
    }

    fn merge(&mut self, next: ProducerEntry) {
        self.update_epoch(next.producer_epoch);
        next.batches.into_iter().for_each(|batch| self.push(batch));
        self.coordinator_epoch = next.coordinator_epoch;
        self.current_txn_first_offset = next.current_txn_first_offset;
        self.last_timestamp = next.last_timestamp;
    }

    fn find_duplicate(&self, batch: &RecordBatch) -> Option<BatchMetadata> {
        let (first, last) = (batch.base_sequence(), batch.last_sequence());
        let same = |known: &&BatchMetadata| known.first_sequence() == first && known.last_sequence == last;
        let known = self.batches.iter().find(same).copied();
        known.filter(|_| batch.producer_epoch() == self.producer_epoch)
    }

    fn is_expired(&self, now_ms: i64, expiration_ms: i64) -> bool {
        self.current_txn_first_offset.is_none() && now_ms - self.last_timestamp >= expiration_ms
    }
}

/// A transaction of which the log holds records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Transaction {
    producer_id: ProducerId,
    first_offset: i64,
    last_offset: Option<i64>,
}

/// All producers of one log.
#[derive(Clone, Debug, Default)]
pub(super) struct ProducerStates {
    producers: BTreeMap<ProducerId, ProducerEntry>,
    /// By first offset.
    ongoing: BTreeMap<i64, Transaction>,
    /// Ended, but the marker is not below the high watermark yet; by first offset.
    unreplicated: BTreeMap<i64, Transaction>,
    snapshots: BTreeMap<i64, Arc<[ProducerEntry]>>,
    last_map_offset: i64,
    last_snapshot_offset: i64,
}

impl ProducerStates {
    pub fn producers(&self) -> impl Iterator<Item = &ProducerEntry> {
        self.producers.values()
    }

    pub fn entry(&self, producer_id: ProducerId) -> Option<&ProducerEntry> {
        self.producers.get(&producer_id)
    }

    /// The cached batch that `batch` is a resend of.
    pub fn find_duplicate(&self, batch: &RecordBatch) -> Option<BatchMetadata> {
        let entry = self.entry(batch.producer_id()).filter(|_| !SeededBug::DuplicateAppended.is_planted());
        entry.and_then(|entry| entry.find_duplicate(batch))
    }

    /// The first offset of the oldest transaction that is open, or ended above the high watermark.
    pub fn first_unstable_offset(&self) -> Option<i64> {
        let first = |transactions: &BTreeMap<i64, Transaction>| transactions.keys().next().copied();
        match (first(&self.ongoing), first(&self.unreplicated)) {
            (Some(open), Some(ended)) => Some(open.min(ended)),
            (open, ended) => open.or(ended),
        }
    }

    /// Takes over what a checked append changed.
    pub fn update(&mut self, append: ProducerAppend) {
        let (entry, started) = append.into_parts();
        let producer_id = entry.producer_id;
        match self.producers.get_mut(&producer_id) {
            Some(known) => known.merge(entry),
            None => drop(self.producers.insert(producer_id, entry)),
        }
        for first_offset in started {
            self.ongoing.insert(first_offset, Transaction { producer_id, first_offset, last_offset: None });
        }
    }

    /// The last stable offset once `completed` has ended.
    pub fn last_stable_offset(&self, completed: &CompletedTransaction) -> i64 {
        let others = self.ongoing.values().find(|open| open.producer_id != completed.producer_id);
        others.map_or(completed.last_offset + 1, |open| open.first_offset)
    }

    pub fn complete_transaction(&mut self, completed: &CompletedTransaction) {
        if let Some(mut transaction) = self.ongoing.remove(&completed.first_offset) {
            transaction.last_offset = Some(completed.last_offset);
            self.unreplicated.insert(completed.first_offset, transaction);
        }
    }

    pub fn on_high_watermark_updated(&mut self, high_watermark: i64) {
        self.unreplicated.retain(|_, ended| ended.last_offset.is_none_or(|last| last >= high_watermark));
    }

    pub fn on_log_start_offset_incremented(&mut self, log_start_offset: i64) {
        self.on_high_watermark_updated(log_start_offset);
        self.last_map_offset = self.last_map_offset.max(log_start_offset);
        self.last_snapshot_offset = self.latest_snapshot_offset().unwrap_or(log_start_offset);
    }

    pub fn remove_expired(&mut self, now_ms: i64, expiration_ms: i64) {
        self.producers.retain(|_, entry| !entry.is_expired(now_ms, expiration_ms));
    }

    pub fn map_end_offset(&self) -> i64 {
        self.last_map_offset
    }

    pub fn update_map_end_offset(&mut self, offset: i64) {
        self.last_map_offset = offset;
    }

    pub fn is_empty(&self) -> bool {
        self.producers.is_empty() && self.unreplicated.is_empty()
    }

    /// Offsets that have a `.snapshot` file.
    pub fn snapshot_offsets(&self) -> impl DoubleEndedIterator<Item = i64> {
        self.snapshots.keys().copied()
    }

    /// What the snapshot at an offset holds.
    pub fn snapshot(&self, offset: i64) -> Option<&[ProducerEntry]> {
        self.snapshots.get(&offset).map(|entries| &**entries)
    }

    fn latest_snapshot_offset(&self) -> Option<i64> {
        self.snapshot_offsets().next_back()
    }

    /// Writes a snapshot at the end of what was seen, if anything was seen since the last one. Only the last batch of
    /// each producer goes into it.
    pub fn take_snapshot(&mut self) {
        if self.last_map_offset > self.last_snapshot_offset {
            let last_batch = |entry: &ProducerEntry| {
                let mut kept = entry.without_batches();
                kept.batches.extend(entry.batches.back().filter(|batch| batch.last_offset >= 0));
                kept
            };
            self.snapshots.insert(self.last_map_offset, self.producers.values().map(last_batch).collect());
            self.last_snapshot_offset = self.last_map_offset;
        }
    }

    /// Drops the snapshot of a deleted segment; says whether there was one.
    pub fn remove_snapshot(&mut self, offset: i64) -> bool {
        self.snapshots.remove(&offset).is_some()
    }

    /// Goes back to the newest snapshot within the log, unless all that was seen is still there.
    pub fn truncate_and_reload(&mut self, log_start_offset: i64, log_end_offset: i64, now_ms: i64, expiration_ms: i64) {
        self.snapshots.retain(|offset, _| *offset <= log_end_offset && *offset > log_start_offset);
        if log_end_offset == self.last_map_offset || SeededBug::ProducersSurviveTruncation.is_planted() {
            return self.on_log_start_offset_incremented(log_start_offset);
        }
        self.producers.clear();
        self.ongoing.clear();
        self.unreplicated.clear();
        self.load_latest_snapshot(log_start_offset, now_ms, expiration_ms);
    }

    fn load_latest_snapshot(&mut self, log_start_offset: i64, now_ms: i64, expiration_ms: i64) {
        let latest = self.snapshots.last_key_value().map(|(offset, entries)| (*offset, entries.clone()));
        let (offset, entries) = latest.unwrap_or((log_start_offset, Arc::new([])));
        for entry in entries.iter().filter(|entry| !entry.is_expired(now_ms, expiration_ms)) {
            let producer_id = entry.producer_id;
            if let Some(first_offset) = entry.current_txn_first_offset {
                self.ongoing.insert(first_offset, Transaction { producer_id, first_offset, last_offset: None });
            }
            self.producers.insert(producer_id, entry.clone());
        }
        self.last_snapshot_offset = offset;
        self.last_map_offset = offset;
    }

    /// Forgets everything; the log goes on at `offset`.
    pub fn truncate_fully_and_start_at(&mut self, offset: i64) {
        *self = ProducerStates { last_map_offset: offset, ..ProducerStates::default() };
    }

    /// What a restart keeps: the snapshots.
    pub fn reopened(&self) -> ProducerStates {
        ProducerStates { snapshots: self.snapshots.clone(), ..ProducerStates::default() }
    }

    /// Drops the snapshots that belong to no segment, but for the newest one if it lies behind all segments' bases.
    pub fn remove_stray_snapshots(&mut self, base_offsets: &[i64]) {
        let is_stray = |offset: &i64| !base_offsets.contains(offset);
        let newest_stray = self.snapshots.keys().copied().rfind(is_stray);
        let last_base = base_offsets.last().copied().unwrap_or(i64::MIN);
        let kept = newest_stray.filter(|offset| *offset >= last_base);
        self.snapshots.retain(|offset, _| !is_stray(offset) || Some(*offset) == kept);
    }
}
