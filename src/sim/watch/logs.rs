//! Logs under a watch: they grow at their end, without gaps; high watermarks do not go back; a producer's sequences
//! follow each other.

use std::collections::BTreeMap;

use crate::kafka::ids::{LeaderEpoch, NodeId, ProducerEpoch, ProducerId, TopicPartition, Uuid};
use crate::kafka::log::PartitionLog;
use crate::kafka::record::{RecordBatch, increment_sequence};
use crate::sim::invariants::{Violation, violated};
use crate::sim::world::World;

use super::records::RecordWatch;

/// A log as it was when it was last looked at.
#[derive(Clone, Debug)]
struct SeenLog {
    topic_id: Uuid,
    log_start_offset: i64,
    log_end_offset: i64,
    high_watermark: i64,
    leader_epoch: Option<LeaderEpoch>,
    /// Epoch of the newest batch, which later ones may not go below.
    batch_epoch: LeaderEpoch,
    /// The last sequence of each producer.
    sequences: BTreeMap<(ProducerId, ProducerEpoch), i32>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct LogWatch {
    seen: BTreeMap<(NodeId, TopicPartition), SeenLog>,
}

impl LogWatch {
    pub(super) fn look(&mut self, world: &World, records: &mut RecordWatch) -> Result<(), Violation> {
        for id in world.nodes.keys() {
            let Some(disk) = world.disk(*id) else { continue };
            for (tp, stored) in &disk.logs {
                let place = (*id, tp.clone());
                let fresh = SeenLog::new(stored.topic_id);
                let seen = self.seen.entry(place).or_insert_with(|| fresh.clone());
                if seen.topic_id != stored.topic_id {
                    // The topic was deleted and made again.
                    *seen = fresh;
                }
                if seen.is_as_before(&stored.log) {
                    continue;
                }
                let found = seen.look(tp, &stored.log, records);
                found.map_err(|found| Violation { detail: format!("node {id}, {tp}: {}", found.detail), ..found })?;
            }
        }
        Ok(())
    }
}

impl SeenLog {
    fn new(topic_id: Uuid) -> SeenLog {
        SeenLog {
            topic_id,
            log_start_offset: 0,
            log_end_offset: 0,
            high_watermark: 0,
            leader_epoch: None,
            batch_epoch: LeaderEpoch(-1),
            sequences: BTreeMap::new(),
        }
    }

    fn is_as_before(&self, log: &PartitionLog) -> bool {
        self.log_start_offset == log.log_start_offset()
            && self.log_end_offset == log.log_end_offset()
            && self.high_watermark == log.high_watermark()
            && self.leader_epoch == log.latest_epoch()
    }

    fn look(&mut self, tp: &TopicPartition, log: &PartitionLog, records: &mut RecordWatch) -> Result<(), Violation> {
        let (start, stable) = (log.log_start_offset(), log.last_stable_offset());
        let (high_watermark, end) = (log.high_watermark(), log.log_end_offset());
        if !(start <= high_watermark && stable <= high_watermark && high_watermark <= end) {
            let detail = format!("start {start}, LSO {stable}, HW {high_watermark}, LEO {end}");
            return violated("log start <= LSO <= HW <= LEO", detail);
        }
        if start < self.log_start_offset || end < self.log_end_offset {
            let detail = format!("{start}..{end} after {}..{}", self.log_start_offset, self.log_end_offset);
            return violated("a log with one replica never shrinks at its end", detail);
        }
        let epoch = log.latest_epoch();
        // A restart forgets an epoch that wrote nothing.
        if epoch < self.leader_epoch && epoch.unwrap_or(LeaderEpoch(-1)) < self.batch_epoch {
            return violated("leader epochs grow", format!("{epoch:?} after {:?}", self.leader_epoch));
        }
        if high_watermark < self.high_watermark && epoch == self.leader_epoch {
            let detail = format!("{high_watermark} after {} in epoch {epoch:?}", self.high_watermark);
            return violated("the high watermark never goes back within an epoch", detail);
        }
        self.look_at_new_batches(tp, log, records)?;
        (self.log_start_offset, self.log_end_offset) = (start, end);
        (self.high_watermark, self.leader_epoch) = (high_watermark, epoch);
        Ok(())
    }

    fn look_at_new_batches(
        &mut self,
        tp: &TopicPartition,
        log: &PartitionLog,
        records: &mut RecordWatch,
    ) -> Result<(), Violation> {
        let from = self.log_end_offset;
        let mut next = from;
        let fresh = log.segments().rev().take_while(|segment| {
            segment.batches().last().is_some_and(|placed| placed.last_offset >= from) || segment.base_offset() >= from
        });
        for segment in fresh.collect::<Vec<_>>().into_iter().rev() {
            let first = segment.batches().partition_point(|placed| placed.last_offset < from);
            for placed in segment.batches().iter_from(first) {
                self.look_at_batch(&placed.batch, next)?;
                next = placed.batch.next_offset();
                records.note_stored(tp, self.topic_id, &placed.batch)?;
            }
        }
        match next == log.log_end_offset() {
            true => Ok(()),
            false => violated("LEO follows the last batch", format!("{next} and {}", log.log_end_offset())),
        }
    }

    /// Without compaction and transactions every offset is a record's.
    fn look_at_batch(&mut self, batch: &RecordBatch, expected: i64) -> Result<(), Violation> {
        let (base, last) = (batch.base_offset(), batch.last_offset());
        if base != expected || last - base + 1 != i64::from(batch.count()) {
            let detail = format!("batch {base}..{last} with {} records where {expected} is next", batch.count());
            return violated("offsets have no gaps", detail);
        }
        if !batch.is_valid() {
            return violated("stored batches have their checksum", format!("batch {base}..{last}"));
        }
        let epoch = batch.partition_leader_epoch();
        if epoch < self.batch_epoch {
            return violated("leader epochs grow along a log", format!("{epoch} after {}", self.batch_epoch));
        }
        self.batch_epoch = epoch;
        if !batch.has_producer_id() || batch.is_control() {
            return Ok(());
        }
        let producer = (batch.producer_id(), batch.producer_epoch());
        let before = self.sequences.insert(producer, batch.last_sequence());
        // A log that knows nothing of a producer takes any sequence: its topic may have been made anew.
        let wanted = before.map(|last| increment_sequence(last, 1));
        if wanted.is_some_and(|wanted| wanted != batch.base_sequence()) {
            let detail = format!("producer {producer:?}: {} where {wanted:?} is next", batch.base_sequence());
            return violated("sequences of an idempotent producer follow each other", detail);
        }
        Ok(())
    }
}
