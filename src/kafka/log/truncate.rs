//! Cutting the end off a log.

use std::sync::Arc;

use super::partition_log::{PartitionLog, millis};
use super::retention::{DeletedSegment, DeletionReason};
use super::segment::Segment;
use crate::time::SimTime;

impl PartitionLog {
    /// Drops everything at and behind `offset`, whole batches only; says whether there was anything to drop. A leader
    /// epoch that begins at the log's end, without a record, is forgotten in any case.
    pub fn truncate_to(&mut self, offset: i64, now: SimTime) -> bool {
        assert!(offset >= 0, "a log begins at 0");
        if offset >= self.log_end_offset {
            self.leader_epochs.truncate_from_end(self.log_end_offset);
            return false;
        }
        if self.segments[0].base_offset() > offset {
            self.truncate_fully_and_start_at(offset, None, now);
            return true;
        }
        let keep = self.segments.partition_point(|segment| segment.base_offset() <= offset);
        let gone: Vec<_> = self.segments.drain(keep..).collect();
        for segment in gone {
            self.delete_segment(&segment, DeletionReason::Truncation, now);
        }
        self.active_segment_mut().truncate_to(offset, millis(now));
        self.log_end_offset = offset;
        self.last_clean_offset = self.last_clean_offset.map(|last| last.min(offset));
        self.recovery_point = self.recovery_point.min(offset);
        self.write_back.note_truncation(offset);
        self.leader_epochs.truncate_from_end(offset);
        self.log_start_offset = self.log_start_offset.min(offset);
        self.reload_producers(offset, now);
        if self.high_watermark >= self.log_end_offset {
            self.set_high_watermark(self.log_end_offset);
        }
        true
    }

    /// Drops everything; the log goes on at `offset`. `log_start_offset` may be lower where older records are tiered.
    pub fn truncate_fully_and_start_at(
        &mut self,
        offset: i64,
        log_start_offset: Option<i64>,
        now: SimTime,
    ) -> Vec<DeletedSegment> {
        let gone = std::mem::take(&mut self.segments);
        let reason = DeletionReason::Truncation;
        let deleted = gone.iter().map(|segment| self.delete_segment(segment, reason, now)).collect();
        self.segments.push(Arc::new(Segment::new(offset, &self.config, millis(now))));
        self.log_end_offset = offset;
        self.last_clean_offset = self.last_clean_offset.map(|last| last.min(offset));
        self.recovery_point = offset;
        self.write_back.note_truncation(offset);
        self.leader_epochs.clear();
        self.producers.truncate_fully_and_start_at(offset);
        self.log_start_offset = log_start_offset.unwrap_or(offset);
        self.reload_producers(offset, now);
        self.set_high_watermark(offset);
        deleted
    }

    fn reload_producers(&mut self, last_offset: i64, now: SimTime) {
        let mut producers = std::mem::take(&mut self.producers);
        self.rebuild_producers(&mut producers, last_offset, now);
        self.producers = producers;
    }
}
