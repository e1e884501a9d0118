//! Stopping and coming back: what a log rebuilds from its segments and snapshots (Kafka's `LogLoader`,
//! `UnifiedLog.rebuildProducerState`).

use std::sync::Arc;

use super::append::AppendOrigin;
use super::partition_log::{PartitionLog, millis};
use super::producer_append::ProducerAppend;
use super::producer_state::ProducerStates;
use super::retention::DeletionReason;
use super::segment::{AbortedTransaction, Segment};
use crate::kafka::record::RecordBatch;
use crate::kafka::seeded::SeededBug;
use crate::time::SimTime;

/// How a log was left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shutdown {
    /// In good order: nothing is checked.
    Clean,
    /// By a crash: segments from the checkpointed recovery point on are read again.
    Unclean { recovery_point: i64 },
}

impl PartitionLog {
    /// An orderly stop: everything is flushed, and the state of producers goes to a snapshot.
    pub fn close(&mut self) {
        self.producers.take_snapshot();
        self.segments.iter_mut().for_each(|segment| Arc::make_mut(segment).close());
        self.flush();
    }

    /// A start on the same disk. The high watermark begins at the log start (the broker then restores its checkpoint);
    /// producers come from the snapshots and the batches behind them. After a crash batches with a wrong checksum and
    /// all that follows them are cut off, and indexes, leader epochs and snapshots are built anew.
    pub fn reopen(&mut self, now: SimTime, shutdown: Shutdown) {
        for segment in &mut self.segments {
            Arc::make_mut(segment).reopen(millis(now));
        }
        self.producers = self.producers.reopened();
        if let Shutdown::Unclean { recovery_point } = shutdown {
            self.recover_segments(recovery_point, now);
        }
        self.deleted_files.clear();
        self.leader_epochs.truncate_from_end(self.log_end_offset);
        self.leader_epochs.truncate_from_start(self.log_start_offset);
        let base_offsets: Vec<i64> = self.segments().map(Segment::base_offset).collect();
        self.producers.remove_stray_snapshots(&base_offsets);
        let has_snapshot = self.producers.snapshot_offsets().next().is_some();
        if shutdown == Shutdown::Clean && !has_snapshot {
            let last_two = base_offsets.len().saturating_sub(2);
            for offset in base_offsets[last_two..].iter().copied().chain([self.log_end_offset]) {
                self.producers.update_map_end_offset(offset);
                self.producers.take_snapshot();
            }
        } else {
            let mut producers = std::mem::take(&mut self.producers);
            self.rebuild_producers(&mut producers, self.log_end_offset, now);
            self.producers = producers;
        }
        self.recovery_point = self.log_end_offset;
        self.high_watermark = self.log_start_offset;
        self.high_watermark_is_located = self.log_start_offset == self.log_end_offset;
    }

    fn recover_segments(&mut self, recovery_point: i64, now: SimTime) {
        let mut index = self.floor_segment(recovery_point);
        while index < self.segments.len() {
            let base_offset = self.segments[index].base_offset();
            let mut producers = self.producers.reopened();
            self.rebuild_producers(&mut producers, base_offset, now);
            let was_damaged = self.recover_segment(index, &mut producers, now);
            producers.take_snapshot();
            self.producers = producers.reopened();
            index += 1;
            if was_damaged {
                for segment in self.segments.split_off(index) {
                    self.delete_segment(&segment, DeletionReason::Truncation, now);
                }
            }
        }
        if SeededBug::RecoveryLosesTheEnd.is_planted() {
            let last = self.active_segment().batches().last().map(|placed| placed.batch.base_offset());
            let now_ms = millis(now);
            last.into_iter().for_each(|offset| self.active_segment_mut().truncate_to(offset, now_ms));
        }
        let active = self.active_segment();
        self.log_end_offset = active.batches().last().map_or(active.base_offset(), |placed| placed.last_offset + 1);
    }

    /// Reads a segment again; says whether a batch was damaged.
    fn recover_segment(&mut self, index: usize, producers: &mut ProducerStates, now: SimTime) -> bool {
        let mut segment = Segment::new(self.segments[index].base_offset(), &self.config, millis(now));
        let old = self.segments[index].clone();
        let mut was_damaged = false;
        for placed in old.batches().iter() {
            was_damaged = !placed.batch.is_valid();
            if was_damaged {
                break;
            }
            segment.recover(placed.batch.clone());
            let (epoch, base) = (placed.batch.partition_leader_epoch(), placed.batch.base_offset());
            if self.leader_epochs.latest().is_none_or(|(latest, _)| epoch > latest) {
                self.leader_epochs.assign(epoch, base);
            }
            if let Some(aborted) = self.replay(producers, &placed.batch) {
                segment.add_aborted_transaction(aborted);
            }
            producers.update_map_end_offset(placed.batch.next_offset());
        }
        segment.close();
        self.segments[index] = Arc::new(segment);
        was_damaged
    }

    /// Brings the state of producers to `last_offset`: the newest snapshot before it, then the batches behind that.
    pub(super) fn rebuild_producers(&self, producers: &mut ProducerStates, last_offset: i64, now: SimTime) {
        let was_empty = producers.is_empty() && producers.map_end_offset() >= last_offset;
        let expiration = self.config.producer_id_expiration_ms;
        producers.truncate_and_reload(self.log_start_offset, last_offset, millis(now), expiration);
        let loaded = producers.map_end_offset();
        if last_offset > loaded && !was_empty {
            let last_two = self.segments.len().saturating_sub(2);
            for (index, segment) in self.segments.iter().enumerate().skip(self.floor_segment(loaded)) {
                if segment.base_offset() >= last_offset {
                    break;
                }
                let from = segment.base_offset().max(producers.map_end_offset()).max(self.log_start_offset);
                producers.update_map_end_offset(from);
                if index >= last_two {
                    producers.take_snapshot();
                }
                let batches = segment.batches().iter_from(segment.index_of(from));
                for placed in batches.take_while(|placed| placed.last_offset < last_offset) {
                    self.replay(producers, &placed.batch);
                }
            }
        }
        producers.update_map_end_offset(last_offset);
        producers.take_snapshot();
    }

    /// Takes note of a stored batch's producer, as a follower would.
    fn replay(&self, producers: &mut ProducerStates, batch: &RecordBatch) -> Option<AbortedTransaction> {
        if !batch.has_producer_id() {
            return None;
        }
        let (id, version) = (batch.producer_id(), -1);
        let mut append = ProducerAppend::new(id, producers.entry(id), AppendOrigin::Replication);
        let completed = append.append(&self.partition, batch, version).ok()?;
        producers.update(append);
        let completed = completed?;
        let last_stable_offset = producers.last_stable_offset(&completed);
        producers.complete_transaction(&completed);
        completed.aborted(last_stable_offset)
    }
}
