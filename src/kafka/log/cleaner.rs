//! Compaction of a log (`LogCleanerManager.cleanableOffsets`, `LogToClean`, `Cleaner`): of each key the last record
//! stays. What lies between the last cleaning and the active segment is read for the last offset of every key; then all
//! segments up to there are written anew, several small ones into one.
//!
//! A tombstone, a record without a value, outlives the first cleaning that sees it by `delete.retention.ms`, so that a
//! reader who is not further behind than that learns of it: two cleanings are needed before it goes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::cleaner_transactions::CleanedTransactions;
use super::files::DeletedFile;
use super::partition_log::{PartitionLog, millis};
use super::segment::Segment;
use crate::kafka::ids::{ProducerEpoch, ProducerId};
use crate::kafka::record::{BatchRetention, Bytes, Cleaning, RecordBatch, StoredRecord};
use crate::time::SimTime;

/// Keys that fit into the map of one cleaning: 0.9 (`log.cleaner.io.buffer.load.factor`) of the entries of 24 bytes that
/// `log.cleaner.dedupe.buffer.size` has room for.
const MAX_KEYS: u32 = 5_033_164;

/// How much of a log could be compacted now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cleanable {
    /// Up to where the last cleaning came.
    pub last_clean_offset: Option<i64>,
    pub first_dirty_offset: i64,
    pub first_uncleanable_offset: i64,
    /// Bytes that were cleaned before.
    pub clean_bytes: i64,
    /// Bytes behind them that can be cleaned.
    pub cleanable_bytes: i64,
    /// `max.compaction.lag.ms` is over for the oldest dirty segment.
    pub must_be_cleaned: bool,
    /// Base of the segment that holds the first offset that cannot be cleaned.
    end: i64,
}

impl Cleanable {
    /// Whether the share of dirty bytes is greater than `min.cleanable.dirty.ratio`, in millionths, or time is over.
    pub fn is_due(&self, min_ratio_millionths: i64) -> bool {
        let total = i128::from(self.clean_bytes + self.cleanable_bytes);
        let is_dirty = i128::from(self.cleanable_bytes) * 1_000_000 > total * i128::from(min_ratio_millionths);
        is_dirty || (self.must_be_cleaned && self.cleanable_bytes > 0)
    }

    /// Whether the share of dirty bytes is greater than another log's.
    pub fn is_dirtier_than(&self, other: &Cleanable) -> bool {
        let share = |dirty: &Cleanable, of: &Cleanable| {
            i128::from(dirty.cleanable_bytes) * i128::from(of.clean_bytes + of.cleanable_bytes)
        };
        share(self, other) > share(other, self)
    }
}

/// What a cleaning did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CleaningDone {
    /// Where the next cleaning begins.
    pub next_dirty_offset: i64,
    pub records_read: u32,
    pub records_kept: u32,
    pub bytes_read: i64,
    pub bytes_kept: i64,
}

/// The last offset of each key, up to where the dirty part was read.
#[derive(Default)]
struct LastOffsets {
    by_key: BTreeMap<Bytes, i64>,
    latest: Option<i64>,
}

/// The last record of a producer, and its epoch: its batch is kept to remember the sequence.
type LastRecords = BTreeMap<ProducerId, (Option<i64>, ProducerEpoch)>;

/// One cleaning under way.
struct Cleaner<'a> {
    keys: &'a LastOffsets,
    transactions: CleanedTransactions,
    producers: LastRecords,
    cleaning: Cleaning,
    /// The cleaning ends here: a batch that ends there keeps at least its header.
    end: i64,
    done: CleaningDone,
}

impl PartitionLog {
    /// Up to where the log was compacted (`cleaner-offset-checkpoint`).
    pub fn last_clean_offset(&self) -> Option<i64> {
        self.last_clean_offset
    }

    /// What a cleaning would find.
    pub fn cleanable(&self, now: SimTime) -> Cleanable {
        let (start, end) = (self.log_start_offset, self.log_end_offset);
        let first_dirty_offset = self.last_clean_offset.filter(|last| (start..=end).contains(last)).unwrap_or(start);
        let active = self.active_segment().base_offset();
        let lag = self.config.min_compaction_lag_ms.max(0);
        let young = |segment: &&Arc<Segment>| segment.largest_timestamp() > millis(now).saturating_sub(lag);
        let dirty = &self.segments[self.inactive_from(first_dirty_offset)];
        let too_young = dirty.iter().find(young).filter(|_| lag > 0).map(|segment| segment.base_offset());
        let first_uncleanable = [Some(self.last_stable_offset()), Some(active), too_young].into_iter().flatten().min();
        let first_uncleanable_offset = first_uncleanable.unwrap_or(active).max(first_dirty_offset);
        let end = self.segments[self.inactive_from(first_uncleanable_offset)].first();
        let end = end.map_or(active, |segment| segment.base_offset());
        let size = |range: Range<usize>| self.segments[range].iter().map(|s| i64::from(s.size_in_bytes())).sum();
        Cleanable {
            last_clean_offset: self.last_clean_offset,
            first_dirty_offset,
            first_uncleanable_offset,
            clean_bytes: size(self.segments_between(-1, first_dirty_offset)),
            cleanable_bytes: size(self.segments_between(first_dirty_offset.min(end), end)),
            must_be_cleaned: self.compaction_is_late(dirty, now),
            end,
        }
    }

    /// Whether the oldest dirty record waits for longer than `max.compaction.lag.ms`.
    fn compaction_is_late(&self, dirty: &[Arc<Segment>], now: SimTime) -> bool {
        let first = |segment: &Arc<Segment>| segment.batches().get(0).map(|placed| placed.batch.max_timestamp());
        let oldest = dirty.iter().filter_map(first).filter(|timestamp| *timestamp > 0).min();
        let until = millis(now).saturating_sub(self.config.max_compaction_lag_ms.max(0));
        oldest.is_some_and(|oldest| until > oldest)
    }

    /// Places of the segments that hold offsets from `from` up to, and without, `to`.
    fn segments_between(&self, from: i64, to: i64) -> Range<usize> {
        if from >= to {
            return 0..0;
        }
        let first = self.floor_segment(from);
        first..self.segments.partition_point(|segment| segment.base_offset() < to).max(first)
    }

    /// Places of the segments from `from` on that take no more appends.
    fn inactive_from(&self, from: i64) -> Range<usize> {
        self.segments_between(from, self.active_segment().base_offset())
    }

    /// Compacts the log as far as it can be; None if nothing is dirty.
    pub fn clean(&mut self, now: SimTime) -> Option<CleaningDone> {
        let cleanable = self.cleanable(now);
        if cleanable.first_dirty_offset >= cleanable.first_uncleanable_offset {
            return None;
        }
        let keys = self.last_offsets(cleanable.first_dirty_offset, cleanable.end);
        let next_dirty_offset = keys.latest.map_or(0, |latest| latest + 1);
        let last_record = |entry: &super::ProducerEntry| {
            let offset = Some(entry.last_data_offset()).filter(|offset| *offset >= 0);
            (entry.producer_id, (offset, entry.producer_epoch))
        };
        let cleaning = Cleaning { now_ms: millis(now), delete_retention_ms: self.config.delete_retention_ms };
        let mut cleaner = Cleaner {
            keys: &keys,
            transactions: CleanedTransactions::new(self.aborted_transactions(0, next_dirty_offset)),
            producers: self.producers().map(last_record).collect(),
            cleaning,
            end: cleanable.end,
            done: CleaningDone { next_dirty_offset, ..CleaningDone::default() },
        };
        for group in self.groups(next_dirty_offset) {
            let cleaned = cleaner.clean(&self.segments[group.clone()], self);
            self.replace_segments(group, cleaned, now);
        }
        self.last_clean_offset = Some(next_dirty_offset);
        Some(cleaner.done)
    }

    /// Reads the last offset of each key, until the map is full.
    fn last_offsets(&self, from: i64, to: i64) -> LastOffsets {
        let mut keys = LastOffsets::default();
        let mut transactions = CleanedTransactions::new(self.aborted_transactions(from, to));
        let range = self.segments_between(from, to);
        for place in range.clone() {
            let segment = &self.segments[place];
            let position = segment.offset_index().lookup(from).position;
            let first = segment.batches().partition_point(|placed| placed.position < position);
            for placed in segment.batches().iter_from(first) {
                if !keys.read(&placed.batch, from, &mut transactions) {
                    return keys;
                }
            }
            let next = if place + 1 < range.end { self.segments[place + 1].base_offset() } else { to };
            keys.latest = keys.latest.max(Some(next - 1));
        }
        keys
    }

    /// The places of segments that become one, oldest first, numbered as they are after the groups before them.
    fn groups(&self, end: i64) -> Vec<Range<usize>> {
        let (mut groups, mut removed) = (Vec::new(), 0);
        let mut rest = self.segments_between(0, end);
        while let Some(first) = rest.next() {
            let mut sizes = Sizes::of(&self.segments[first]);
            let mut count = 1;
            while let Some(next) = self.segments.get(first + count).filter(|_| first + count < rest.end) {
                let together = sizes.with(&Sizes::of(next));
                let spans = next.base_offset() - self.segments[first].base_offset();
                if !together.fit(&self.config) || (next.size_in_bytes() > 0 && spans > i64::from(i32::MAX)) {
                    break;
                }
                (sizes, count) = (together, count + 1);
            }
            rest.start = first + count;
            groups.push(first - removed..first - removed + count);
            removed += count - 1;
        }
        groups
    }

    /// Puts one segment in the place of several; the files of the old ones go after `file.delete.delay.ms`.
    fn replace_segments(&mut self, group: Range<usize>, cleaned: Segment, now: SimTime) {
        let base = cleaned.base_offset();
        let old: Vec<_> = self.segments.splice(group, [Arc::new(cleaned)]).collect();
        let delete_at_ms = millis(now).saturating_add(self.config.file_delete_delay_ms);
        for segment in old {
            let loses_snapshot = segment.base_offset() != base && self.producers.remove_snapshot(segment.base_offset());
            let names = segment.files(loses_snapshot).into_iter();
            self.deleted_files.extend(names.map(|name| DeletedFile { name, delete_at_ms }));
        }
    }
}

/// Bytes of a segment's files, which bound what is put together.
#[derive(Clone, Copy)]
struct Sizes {
    log: i64,
    offset_index: i64,
    time_index: i64,
}

impl Sizes {
    fn of(segment: &Segment) -> Sizes {
        Sizes {
            log: i64::from(segment.size_in_bytes()),
            offset_index: 8 * segment.offset_index().entries().len() as i64,
            time_index: 12 * segment.time_index().entries().len() as i64,
        }
    }

    fn with(&self, other: &Sizes) -> Sizes {
        Sizes {
            log: self.log + other.log,
            offset_index: self.offset_index + other.offset_index,
            time_index: self.time_index + other.time_index,
        }
    }

    fn fit(&self, config: &super::LogConfig) -> bool {
        let index = i64::from(config.segment_index_bytes);
        self.log <= i64::from(config.segment_bytes) && self.offset_index <= index && self.time_index <= index
    }
}

impl LastOffsets {
    /// Takes note of a batch's keys; false if there is no more room.
    fn read(&mut self, batch: &RecordBatch, from: i64, transactions: &mut CleanedTransactions) -> bool {
        if batch.is_control() {
            transactions.read_control(batch);
        } else if !transactions.read_data(batch) {
            for StoredRecord { offset, record, .. } in batch.records().unwrap_or_default() {
                let Some(key) = record.key.filter(|_| offset >= from) else { continue };
                if self.by_key.len() as u32 >= MAX_KEYS {
                    return false;
                }
                self.by_key.insert(key, offset);
            }
        }
        if batch.last_offset() >= from {
            self.latest = self.latest.max(Some(batch.last_offset()));
        }
        true
    }
}

impl Cleaner<'_> {
    /// Writes segments anew into one.
    fn clean(&mut self, segments: &[Arc<Segment>], log: &PartitionLog) -> Segment {
        let base = segments[0].base_offset();
        let modified_ms = segments.last().expect("a group has a segment").last_modified_ms();
        let mut cleaned = Segment::new(base, log.config(), modified_ms);
        for placed in segments.iter().flat_map(|segment| segment.batches().iter()) {
            let batch = &placed.batch;
            self.done.bytes_read += i64::from(batch.size_in_bytes());
            let (retention, keeps_records, marks_empty) = self.decide(batch, &mut cleaned);
            let keys = self.keys;
            let (horizon, now_ms) = (batch.delete_horizon_ms(), self.cleaning.now_ms);
            let keeps_tombstones = horizon.is_none_or(|horizon| now_ms < horizon);
            let filtered = batch.filtered(retention, marks_empty, self.cleaning, |stored| {
                keeps_records && (batch.is_control() || keys.keeps(stored, keeps_tombstones))
            });
            self.done.records_read += filtered.records_read;
            self.done.records_kept += filtered.records_kept;
            if let Some(batch) = filtered.batch {
                self.done.bytes_kept += i64::from(batch.size_in_bytes());
                cleaned.append(batch, modified_ms);
            }
        }
        cleaned.close();
        cleaned
    }

    /// What becomes of a batch, whether its records may stay, and whether it ends a transaction that has none left
    /// (`Cleaner.checkBatchRetention`).
    fn decide(&mut self, batch: &RecordBatch, cleaned: &mut Segment) -> (BatchRetention, bool, bool) {
        let (goes, marks_empty) = if batch.is_control() {
            let marker = self.transactions.read_control(batch);
            if let Some(transaction) = marker.aborted {
                cleaned.add_aborted_transaction(transaction);
            }
            let is_over = batch.delete_horizon_ms().is_some_and(|horizon| horizon <= self.cleaning.now_ms);
            (!marker.is_kept && is_over, !marker.is_kept)
        } else {
            (self.transactions.read_data(batch), false)
        };
        let is_last_of_producer = match self.producers.get(&batch.producer_id()) {
            Some((Some(offset), _)) => batch.last_offset() == *offset,
            Some((None, epoch)) => batch.is_control() && batch.producer_epoch() == *epoch,
            None => false,
        };
        let retention = if (batch.has_producer_id() && is_last_of_producer) || batch.next_offset() == self.end {
            BatchRetention::RetainEmpty
        } else if goes {
            BatchRetention::Delete
        } else {
            BatchRetention::DeleteEmpty
        };
        (retention, !goes, marks_empty)
    }
}

impl LastOffsets {
    /// The last record of its key stays, if it has a value or its tombstone is still needed; all that was not read yet
    /// stays, what has no key goes.
    fn keeps(&self, stored: &StoredRecord, keeps_tombstones: bool) -> bool {
        if self.latest.is_none_or(|latest| stored.offset > latest) {
            return true;
        }
        let Some(key) = &stored.record.key else { return false };
        let is_last = self.by_key.get(key).is_none_or(|last| stored.offset >= *last);
        is_last && (stored.record.value.is_some() || keeps_tombstones)
    }
}
