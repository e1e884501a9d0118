//! Deleting old segments by log start, size and time (`cleanup.policy=delete`).

use super::files::DeletedFile;
use super::partition_log::{PartitionLog, millis};
use super::segment::Segment;
use crate::time::SimTime;

/// Why a segment went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DeletionReason {
    /// All its records lie below the log start offset.
    LogStartOffset,
    /// `retention.bytes`.
    RetentionBytes,
    /// `retention.ms`.
    RetentionMs,
    /// The replica was truncated.
    Truncation,
}

/// A segment that was deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeletedSegment {
    pub base_offset: i64,
    pub size_in_bytes: i32,
    /// Newest timestamp in ms, or when its file was last written.
    pub largest_timestamp: i64,
    pub reason: DeletionReason,
}

impl PartitionLog {
    /// One run of retention. Only the oldest segments go, only below the high watermark; if all go, a new active
    /// segment is begun first. A topic without the policy `delete` loses only what lies below its log start.
    pub fn delete_old_segments(&mut self, now: SimTime) -> Vec<DeletedSegment> {
        let mut deleted = self.delete_below_log_start(now);
        if self.config.delete {
            deleted.extend(self.delete_beyond_size(now));
            deleted.extend(self.delete_beyond_time(now));
        }
        deleted
    }

    fn delete_below_log_start(&mut self, now: SimTime) -> Vec<DeletedSegment> {
        let start = self.log_start_offset;
        let below = |_: &Segment, next: Option<&Segment>| next.is_some_and(|next| next.base_offset() <= start);
        let count = self.deletable(below);
        self.delete_oldest(count, DeletionReason::LogStartOffset, now)
    }

    fn delete_beyond_size(&mut self, now: SimTime) -> Vec<DeletedSegment> {
        let (size, limit) = (self.size_in_bytes(), self.config.retention_bytes);
        if limit < 0 || size < limit {
            return Vec::new();
        }
        let mut beyond = size - limit;
        let count = self.deletable(|segment, _| {
            let goes = beyond >= i64::from(segment.size_in_bytes());
            if goes {
                beyond -= i64::from(segment.size_in_bytes());
            }
            goes
        });
        self.delete_oldest(count, DeletionReason::RetentionBytes, now)
    }

    fn delete_beyond_time(&mut self, now: SimTime) -> Vec<DeletedSegment> {
        let (now_ms, limit) = (millis(now), self.config.retention_ms);
        if limit < 0 {
            return Vec::new();
        }
        let count = self.deletable(|segment, _| now_ms - segment.largest_timestamp() > limit);
        self.delete_oldest(count, DeletionReason::RetentionMs, now)
    }

    /// How many of the oldest segments in a row may go.
    fn deletable(&self, mut breaches: impl FnMut(&Segment, Option<&Segment>) -> bool) -> usize {
        let mut count = 0;
        for (index, segment) in self.segments().enumerate() {
            let next = self.segments.get(index + 1).map(|next| &**next);
            let upper = next.map_or(self.log_end_offset, Segment::base_offset);
            let is_empty_active = next.is_none() && segment.size_in_bytes() == 0;
            if self.high_watermark < upper || !breaches(segment, next) || is_empty_active {
                break;
            }
            count = index + 1;
        }
        count
    }

    fn delete_oldest(&mut self, count: usize, reason: DeletionReason, now: SimTime) -> Vec<DeletedSegment> {
        if count == 0 {
            return Vec::new();
        }
        if self.segments.len() == count {
            self.roll(None, now);
        }
        let start = self.segments[count].base_offset();
        self.maybe_increment_log_start_offset(start).expect("retention stays below the high watermark");
        let gone: Vec<_> = self.segments.drain(..count).collect();
        gone.iter().map(|segment| self.delete_segment(segment, reason, now)).collect()
    }

    /// Marks the files of a segment that has left the list; they go after `file.delete.delay.ms`.
    pub(super) fn delete_segment(&mut self, segment: &Segment, reason: DeletionReason, now: SimTime) -> DeletedSegment {
        let base_offset = segment.base_offset();
        let had_snapshot = self.producers.remove_snapshot(base_offset);
        let delete_at_ms = millis(now).saturating_add(self.config.file_delete_delay_ms);
        for name in segment.files(had_snapshot) {
            self.deleted_files.push(DeletedFile { name, delete_at_ms });
        }
        DeletedSegment {
            base_offset,
            size_in_bytes: segment.size_in_bytes(),
            largest_timestamp: segment.largest_timestamp(),
            reason,
        }
    }
}
