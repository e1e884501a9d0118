//! One segment: batches with their file positions, the two indexes, aborted transactions (Kafka's `LogSegment`).

use super::chunks::Chunks;
use super::config::LogConfig;
use super::index::{OffsetIndex, TimeEntry, TimeIndex, fits_index};
use crate::kafka::ids::{LeaderEpoch, ProducerId};
use crate::kafka::record::{NO_TIMESTAMP, RecordBatch};

/// A batch and where it begins in the segment's file.
#[derive(Clone, Debug)]
pub struct PlacedBatch {
    pub batch: RecordBatch,
    pub position: i32,
    /// The batch's last offset, kept beside it for searching.
    pub last_offset: i64,
}

/// An entry of the transaction index: readers that see only committed records skip these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbortedTransaction {
    pub producer_id: ProducerId,
    pub first_offset: i64,
    /// The offset of the abort marker.
    pub last_offset: i64,
    /// The last stable offset when the marker was written.
    pub last_stable_offset: i64,
}

/// What decides whether the next append goes to a new segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct RollParams {
    pub max_segment_ms: i64,
    pub max_segment_bytes: i32,
    /// The newest timestamp of the append (ms).
    pub max_timestamp: i64,
    pub last_offset: i64,
    pub append_bytes: i32,
    pub now_ms: i64,
}

#[derive(Clone, Debug)]
pub struct Segment {
    base_offset: i64,
    created_ms: i64,
    /// When the file was last written.
    last_modified_ms: i64,
    batches: Chunks<PlacedBatch>,
    size_in_bytes: i32,
    offset_index: OffsetIndex,
    time_index: TimeIndex,
    index_interval_bytes: i32,
    bytes_since_last_index_entry: i32,
    /// The newest timestamp and the last offset of the batch that brought it; -1 at the base offset without any.
    max_timestamp_so_far: TimeEntry,
    /// Largest timestamp of the first batch: what `segment.ms` counts from.
    rolling_based_timestamp: Option<i64>,
    /// Index files appear when an index is first used.
    has_index_files: bool,
    aborted_transactions: Vec<AbortedTransaction>,
}

impl Segment {
    pub(super) fn new(base_offset: i64, config: &LogConfig, now_ms: i64) -> Segment {
        Segment {
            base_offset,
            created_ms: now_ms,
            last_modified_ms: now_ms,
            batches: Chunks::new(),
            size_in_bytes: 0,
            offset_index: OffsetIndex::new(base_offset, config.segment_index_bytes),
            time_index: TimeIndex::new(base_offset, config.segment_index_bytes),
            index_interval_bytes: config.index_interval_bytes,
            bytes_since_last_index_entry: 0,
            max_timestamp_so_far: TimeEntry { timestamp: NO_TIMESTAMP, offset: base_offset },
            rolling_based_timestamp: None,
            has_index_files: false,
            aborted_transactions: Vec::new(),
        }
    }

    /// The segment's name: the first offset that may stand in it.
    pub fn base_offset(&self) -> i64 {
        self.base_offset
    }

    /// When the segment was made, in ms.
    pub fn created_ms(&self) -> i64 {
        self.created_ms
    }

    /// When the segment's file was last written, in ms.
    pub fn last_modified_ms(&self) -> i64 {
        self.last_modified_ms
    }

    pub fn batches(&self) -> &Chunks<PlacedBatch> {
        &self.batches
    }

    pub fn size_in_bytes(&self) -> i32 {
        self.size_in_bytes
    }

    pub fn offset_index(&self) -> &OffsetIndex {
        &self.offset_index
    }

    pub fn time_index(&self) -> &TimeIndex {
        &self.time_index
    }

    pub fn has_index_files(&self) -> bool {
        self.has_index_files
    }

    pub fn aborted_transactions(&self) -> &[AbortedTransaction] {
        &self.aborted_transactions
    }

    /// The newest timestamp (ms) and the last offset of its batch; -1 if there is none.
    pub fn max_timestamp_so_far(&self) -> TimeEntry {
        self.max_timestamp_so_far
    }

    /// What retention by time looks at: the newest record timestamp, else when the file was last written (ms).
    pub fn largest_timestamp(&self) -> i64 {
        match self.max_timestamp_so_far.timestamp {
            timestamp @ 0.. => timestamp,
            _ => self.last_modified_ms,
        }
    }

    pub(super) fn open_index_files(&mut self) {
        self.has_index_files = true;
    }

    pub(super) fn add_aborted_transaction(&mut self, aborted: AbortedTransaction) {
        self.aborted_transactions.push(aborted);
    }

    /// Whether an append must go to a new segment: by size, by age, because an index is full or an offset does not
    /// fit. The age is counted in record timestamps if the first batch has one, else by the clock.
    pub(super) fn should_roll(&self, params: &RollParams) -> bool {
        let waited = match self.rolling_based_timestamp {
            Some(first @ 0..) => params.max_timestamp.wrapping_sub(first),
            _ => params.now_ms - self.created_ms,
        };
        self.size_in_bytes > params.max_segment_bytes - params.append_bytes
            || (self.size_in_bytes > 0 && waited > params.max_segment_ms)
            || self.offset_index.is_full()
            || self.time_index.is_full()
            || !fits_index(self.base_offset, params.last_offset)
    }

    /// Appends a batch; the offsets are the caller's concern.
    pub(super) fn append(&mut self, batch: RecordBatch, now_ms: i64) {
        let (position, last_offset, size) = (self.size_in_bytes, batch.last_offset(), batch.size_in_bytes());
        if position == 0 {
            self.rolling_based_timestamp = Some(batch.max_timestamp());
        }
        if batch.max_timestamp() > self.max_timestamp_so_far.timestamp {
            self.max_timestamp_so_far = TimeEntry { timestamp: batch.max_timestamp(), offset: last_offset };
        }
        self.has_index_files = true;
        if self.bytes_since_last_index_entry > self.index_interval_bytes {
            self.offset_index.append(last_offset, position);
            self.time_index.maybe_append(self.max_timestamp_so_far.timestamp, self.max_timestamp_so_far.offset);
            self.bytes_since_last_index_entry = 0;
        }
        self.bytes_since_last_index_entry = self.bytes_since_last_index_entry.saturating_add(size);
        self.batches.push(PlacedBatch { batch, position, last_offset });
        self.size_in_bytes += size;
        self.last_modified_ms = now_ms;
    }

    /// The segment takes no more appends, for now or for ever: the time index gets its final entry.
    pub(super) fn close(&mut self) {
        self.has_index_files = true;
        self.time_index.maybe_append(self.max_timestamp_so_far.timestamp, self.max_timestamp_so_far.offset);
    }

    /// A start on the same disk: what is not in the files is forgotten or read from them.
    pub(super) fn reopen(&mut self, now_ms: i64) {
        self.created_ms = now_ms;
        self.bytes_since_last_index_entry = 0;
        self.max_timestamp_so_far = self.time_index.last_entry();
        self.rolling_based_timestamp = self.batches.get(0).map(|placed| placed.batch.max_timestamp());
    }

    /// Appends a batch that is read again after a crash. Index entries are counted from the last one's position, so
    /// they may fall elsewhere than at the first time.
    pub(super) fn recover(&mut self, batch: RecordBatch) {
        let (position, last_offset) = (self.size_in_bytes, batch.last_offset());
        let indexed = self.offset_index.entries().last().map_or(0, |entry| entry.position);
        // The entry is due before this batch is counted: `append` looks at the bytes since the last one.
        self.bytes_since_last_index_entry = position - indexed;
        self.append(batch, self.last_modified_ms);
        debug_assert!(self.batches.last().is_some_and(|placed| placed.last_offset == last_offset));
        self.bytes_since_last_index_entry = 0;
    }

    /// Place in the list of the first batch that ends at or behind `offset`.
    pub(super) fn index_of(&self, offset: i64) -> usize {
        self.batches.partition_point(|placed| placed.last_offset < offset)
    }

    /// The first batch that ends at or behind `offset`.
    pub(super) fn find(&self, offset: i64) -> Option<&PlacedBatch> {
        self.batches.get(self.index_of(offset))
    }

    /// Cuts off everything from the batch that holds `offset` on.
    pub(super) fn truncate_to(&mut self, offset: i64, now_ms: i64) {
        let keep = self.index_of(offset);
        if let Some(first_gone) = self.batches.get(keep) {
            self.size_in_bytes = first_gone.position;
            self.last_modified_ms = now_ms;
        }
        self.batches.truncate(keep);
        self.offset_index.truncate_to(offset);
        self.time_index.truncate_to(offset);
        self.aborted_transactions.retain(|aborted| aborted.last_offset < offset);
        self.has_index_files = true;
        self.bytes_since_last_index_entry = 0;
        if self.size_in_bytes == 0 {
            self.created_ms = now_ms;
            self.rolling_based_timestamp = None;
        }
        if self.max_timestamp_so_far.timestamp >= 0 {
            self.max_timestamp_so_far = self.read_largest_timestamp();
        }
    }

    fn read_largest_timestamp(&self) -> TimeEntry {
        let mut largest = self.time_index.last_entry();
        let position = self.offset_index.lookup(largest.offset).position;
        let first = self.batches.partition_point(|placed| placed.position < position);
        for placed in self.batches.iter_from(first) {
            if placed.batch.max_timestamp() > largest.timestamp {
                largest = TimeEntry { timestamp: placed.batch.max_timestamp(), offset: placed.last_offset };
            }
        }
        largest
    }

    /// The first record at or behind `starting_offset` that is not older than `timestamp` (ms): its timestamp, offset
    /// and leader epoch. A batch that cannot be read holds none.
    pub(super) fn find_by_timestamp(&self, timestamp: i64, starting_offset: i64) -> Option<(i64, i64, LeaderEpoch)> {
        let indexed = self.time_index.lookup(timestamp).offset.max(starting_offset);
        let position = self.offset_index.lookup(indexed).position;
        let first = self.batches.partition_point(|placed| placed.position < position);
        self.batches.iter_from(first).filter(|placed| placed.batch.max_timestamp() >= timestamp).find_map(|placed| {
            let records = placed.batch.records().unwrap_or_default();
            let mut records = records.iter().map(|stored| (stored.record.timestamp_ms, stored.offset));
            let (found, offset) = records.find(|(ms, offset)| *ms >= timestamp && *offset >= starting_offset)?;
            Some((found, offset, placed.batch.partition_leader_epoch()))
        })
    }

    /// The first record with the newest timestamp.
    pub(super) fn find_max_timestamp(&self) -> Option<(i64, i64, LeaderEpoch)> {
        let newest = self.max_timestamp_so_far;
        let position = self.offset_index.lookup(newest.offset).position;
        let first = self.batches.partition_point(|placed| placed.position < position);
        let mut batches = self.batches.iter_from(first).map(|placed| &placed.batch);
        let batch = batches.find(|batch| batch.max_timestamp() == newest.timestamp)?;
        if newest.timestamp == NO_TIMESTAMP {
            return None;
        }
        let records = batch.records().unwrap_or_default();
        let record = records.iter().find(|stored| stored.record.timestamp_ms == newest.timestamp)?;
        Some((newest.timestamp, record.offset, batch.partition_leader_epoch()))
    }
}
