//! Cutting the end off a log, and coming back after a restart.

use std::sync::Arc;

use super::append::AppendOrigin;
use super::partition_log::{PartitionLog, millis};
use super::producer_append::ProducerAppend;
use super::retention::{DeletedSegment, DeletionReason};
use super::segment::Segment;
use crate::kafka::record::RecordBatch;
use crate::time::SimTime;

impl PartitionLog {
    /// Drops everything at and behind `offset`, whole batches only; says whether there was anything to drop. A leader
    /// epoch that begins there is forgotten in any case.
    pub fn truncate_to(&mut self, offset: i64, now: SimTime) -> bool {
        assert!(offset >= 0, "a log begins at 0");
        if offset >= self.log_end_offset {
            self.leader_epochs.truncate_from_end(offset);
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
        self.recovery_point = self.recovery_point.min(offset);
        self.leader_epochs.truncate_from_end(offset);
        self.log_start_offset = self.log_start_offset.min(offset);
        self.rebuild_producer_state(offset, now);
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
        self.recovery_point = offset;
        self.leader_epochs.clear();
        self.producers.truncate_fully_and_start_at(offset);
        self.log_start_offset = log_start_offset.unwrap_or(offset);
        self.rebuild_producer_state(offset, now);
        self.set_high_watermark(offset);
        deleted
    }

    /// Brings the state of producers to `last_offset`: the newest snapshot before it, then the batches behind that.
    fn rebuild_producer_state(&mut self, last_offset: i64, now: SimTime) {
        let was_empty = self.producers.is_empty() && self.producers.map_end_offset() >= last_offset;
        let expiration = self.config.producer_id_expiration_ms;
        self.producers.truncate_and_reload(self.log_start_offset, last_offset, millis(now), expiration);
        let loaded = self.producers.map_end_offset();
        if last_offset > loaded && !was_empty {
            let last_two = self.segments.len().saturating_sub(2);
            for index in self.floor_segment(loaded)..self.segments.len() {
                let segment = self.segments[index].clone();
                let from = segment.base_offset().max(loaded).max(self.log_start_offset);
                self.producers.update_map_end_offset(from);
                if index >= last_two && from == segment.base_offset() {
                    self.producers.take_snapshot();
                }
                for placed in segment.batches().iter_from(segment.index_of(from)) {
                    if placed.last_offset < last_offset {
                        self.replay(&placed.batch);
                    }
                }
            }
        }
        self.producers.update_map_end_offset(last_offset);
        self.producers.take_snapshot();
    }

    /// Takes note of a stored batch's producer, as a follower would.
    fn replay(&mut self, batch: &RecordBatch) {
        if !batch.has_producer_id() {
            return;
        }
        let (id, version) = (batch.producer_id(), -1);
        let mut append = ProducerAppend::new(id, self.producers.entry(id), AppendOrigin::Replication);
        if let Ok(completed) = append.append(&self.partition, batch, version) {
            self.producers.update(append);
            if let Some(completed) = completed {
                self.producers.complete_transaction(&completed);
            }
        }
    }

    /// An orderly stop: everything is flushed, and the state of producers goes to a snapshot.
    pub fn close(&mut self) {
        self.producers.update_map_end_offset(self.log_end_offset);
        self.producers.take_snapshot();
        self.active_segment_mut().on_become_inactive();
        self.flush();
    }

    /// A start on the same disk: the high watermark begins at the log start (the broker then restores its checkpoint),
    /// producers come from the snapshots and the batches behind them.
    pub fn reopen(&mut self, now: SimTime) {
        let expiration = self.config.producer_id_expiration_ms;
        self.producers.reopen(self.log_start_offset, millis(now), expiration);
        self.high_watermark = self.log_start_offset;
        self.rebuild_producer_state(self.log_end_offset, now);
        self.deleted_files.clear();
        self.active_segment_mut().open_index_files();
    }
}
