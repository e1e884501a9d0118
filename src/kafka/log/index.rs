//! The sparse indexes of a segment: offset to file position, timestamp to offset (Kafka's `OffsetIndex`, `TimeIndex`).

use super::chunks::Chunks;
use crate::kafka::record::NO_TIMESTAMP;

/// Bytes of an entry in an `.index` file.
const OFFSET_ENTRY_BYTES: i32 = 8;
/// Bytes of an entry in a `.timeindex` file.
const TIME_ENTRY_BYTES: i32 = 12;

/// Where in the segment's file the batch that ends with `offset` begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OffsetEntry {
    pub offset: i64,
    pub position: i32,
}

/// Up to `offset` no record of the segment is newer than `timestamp` (ms).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeEntry {
    pub timestamp: i64,
    pub offset: i64,
}

/// Whether an offset can stand in an index: 32 bits relative to the segment's base.
pub(super) fn fits_index(base_offset: i64, offset: i64) -> bool {
    (0..=i64::from(i32::MAX)).contains(&offset.wrapping_sub(base_offset))
}

#[derive(Clone, Debug)]
pub struct OffsetIndex {
    base_offset: i64,
    max_entries: i32,
    entries: Chunks<OffsetEntry>,
}

impl OffsetIndex {
    /// `max_bytes` is `segment.index.bytes`.
    pub fn new(base_offset: i64, max_bytes: i32) -> Self {
        OffsetIndex { base_offset, max_entries: max_bytes / OFFSET_ENTRY_BYTES, entries: Chunks::new() }
    }

    pub fn entries(&self) -> &Chunks<OffsetEntry> {
        &self.entries
    }

    pub fn is_full(&self) -> bool {
        self.entries.len() >= self.max_entries as usize
    }

    /// Appends an entry; offsets grow.
    pub fn append(&mut self, offset: i64, position: i32) {
        debug_assert!(self.entries.last().is_none_or(|last| offset > last.offset), "offsets of an index grow");
        self.entries.push(OffsetEntry { offset, position });
    }

    /// The last entry at or before `target`; the start of the segment if there is none.
    pub fn lookup(&self, target: i64) -> OffsetEntry {
        let behind = self.entries.partition_point(|entry| entry.offset <= target);
        let found = behind.checked_sub(1).and_then(|index| self.entries.get(index).copied());
        found.unwrap_or(OffsetEntry { offset: self.base_offset, position: 0 })
    }

    /// Drops the entries at and beyond `offset`.
    pub fn truncate_to(&mut self, offset: i64) {
        self.entries.truncate(self.entries.partition_point(|entry| entry.offset < offset));
    }
}

#[derive(Clone, Debug)]
pub struct TimeIndex {
    base_offset: i64,
    max_entries: i32,
    entries: Chunks<TimeEntry>,
}

impl TimeIndex {
    /// `max_bytes` is `segment.index.bytes`.
    pub fn new(base_offset: i64, max_bytes: i32) -> Self {
        TimeIndex { base_offset, max_entries: max_bytes / TIME_ENTRY_BYTES, entries: Chunks::new() }
    }

    pub fn entries(&self) -> &Chunks<TimeEntry> {
        &self.entries
    }

    /// Full one entry early: the last slot is kept for the entry that a segment gets when it rolls.
    pub fn is_full(&self) -> bool {
        self.entries.len() as i64 >= i64::from(self.max_entries) - 1
    }

    /// The last entry; no timestamp at the base offset if there is none.
    pub fn last_entry(&self) -> TimeEntry {
        let none = TimeEntry { timestamp: NO_TIMESTAMP, offset: self.base_offset };
        self.entries.last().copied().unwrap_or(none)
    }

    /// Appends an entry if its timestamp is newer than the last one's; says whether it did.
    pub fn maybe_append(&mut self, timestamp: i64, offset: i64) -> bool {
        let appends = timestamp > self.last_entry().timestamp;
        if appends {
            self.entries.push(TimeEntry { timestamp, offset });
        }
        appends
    }

    /// The last entry at or before `target`; no timestamp at the base offset if there is none.
    pub fn lookup(&self, target: i64) -> TimeEntry {
        let behind = self.entries.partition_point(|entry| entry.timestamp <= target);
        let found = behind.checked_sub(1).and_then(|index| self.entries.get(index).copied());
        found.unwrap_or(TimeEntry { timestamp: NO_TIMESTAMP, offset: self.base_offset })
    }

    /// Drops the entries at and beyond `offset`.
    pub fn truncate_to(&mut self, offset: i64) {
        self.entries.truncate(self.entries.partition_point(|entry| entry.offset < offset));
    }
}
