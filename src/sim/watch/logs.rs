//! Logs under a watch: they have no gaps; a leader's log grows at its end and its high watermark does not go back; what
//! is stored at an offset in an epoch is the same everywhere; a producer's sequences follow each other.

use std::collections::BTreeMap;

use crate::kafka::ids::{LeaderEpoch, NodeId, ProducerEpoch, ProducerId, Rid, TopicPartition, Uuid};
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
    latest_epoch: Option<LeaderEpoch>,
    /// The epoch in which its broker led.
    leads: Option<LeaderEpoch>,
    /// Epoch of the newest batch, which later ones may not go below.
    batch_epoch: LeaderEpoch,
    /// The last sequence of each producer.
    sequences: BTreeMap<(ProducerId, ProducerEpoch), i32>,
    /// Where it has the records of idempotent producers, and the newest of each producer's client.
    records: BTreeMap<(Rid, ProducerEpoch), i64>,
    newest: BTreeMap<(u64, ProducerEpoch), Rid>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct LogWatch {
    seen: BTreeMap<(NodeId, TopicPartition), SeenLog>,
    /// The checksum of what was stored at an offset in a leader epoch, on whichever broker.
    written: BTreeMap<(Uuid, i32, i64, LeaderEpoch), u32>,
}

impl LogWatch {
    pub(super) fn look(&mut self, world: &World, records: &mut RecordWatch) -> Result<(), Violation> {
        for id in world.nodes.keys() {
            let Some(disk) = world.disk(*id) else { continue };
            for (tp, stored) in &disk.logs {
                let place = (*id, tp.clone());
                let leads = world.broker(*id).and_then(|broker| broker.partitions.get(tp)?.leader_epoch());
                let fresh = || SeenLog::new(stored.topic_id, stored.log.log_start_offset());
                let seen = self.seen.entry(place).or_insert_with(fresh);
                if seen.topic_id != stored.topic_id {
                    // The topic was deleted and made again.
                    *seen = fresh();
                }
                if seen.is_as_before(&stored.log, leads) {
                    continue;
                }
                let mut around = Around { written: &mut self.written, records };
                let found = seen.look(tp, &stored.log, leads, &mut around);
                found.map_err(|found| Violation { detail: format!("node {id}, {tp}: {}", found.detail), ..found })?;
            }
        }
        Ok(())
    }
}

/// What is known beyond one log.
struct Around<'a> {
    written: &'a mut BTreeMap<(Uuid, i32, i64, LeaderEpoch), u32>,
    records: &'a mut RecordWatch,
}

impl SeenLog {
    /// An empty log that begins at an offset.
    fn new(topic_id: Uuid, log_start_offset: i64) -> SeenLog {
        SeenLog {
            topic_id,
            log_start_offset,
            log_end_offset: log_start_offset,
            high_watermark: log_start_offset,
            latest_epoch: None,
            leads: None,
            batch_epoch: LeaderEpoch(-1),
            sequences: BTreeMap::new(),
            records: BTreeMap::new(),
            newest: BTreeMap::new(),
        }
    }

    fn is_as_before(&self, log: &PartitionLog, leads: Option<LeaderEpoch>) -> bool {
        self.log_start_offset == log.log_start_offset()
            && self.log_end_offset == log.log_end_offset()
            && self.high_watermark == log.high_watermark()
            && self.latest_epoch == log.latest_epoch()
            && self.leads == leads
    }

    fn look(
        &mut self,
        tp: &TopicPartition,
        log: &PartitionLog,
        leads: Option<LeaderEpoch>,
        around: &mut Around<'_>,
    ) -> Result<(), Violation> {
        let (start, stable) = (log.log_start_offset(), log.last_stable_offset());
        let (high_watermark, end) = (log.high_watermark(), log.log_end_offset());
        if !(start <= high_watermark && stable <= high_watermark && high_watermark <= end) {
            let detail = format!("start {start}, LSO {stable}, HW {high_watermark}, LEO {end}");
            return violated("log start <= LSO <= HW <= LEO", detail);
        }
        let epoch = log.latest_epoch();
        // A restart forgets an epoch that wrote nothing.
        let forgot = epoch < self.latest_epoch && epoch.unwrap_or(LeaderEpoch(-1)) < self.batch_epoch;
        let was_cut = start < self.log_start_offset || end < self.log_end_offset || forgot;
        let leads_on = leads.is_some() && leads == self.leads;
        if leads_on && was_cut {
            let detail = format!("{start}..{end} after {}..{}", self.log_start_offset, self.log_end_offset);
            return violated("a leader never cuts its log", detail);
        }
        if leads_on && high_watermark < self.high_watermark {
            let detail = format!("{high_watermark} after {} in epoch {leads:?}", self.high_watermark);
            return violated("a leader's high watermark never falls", detail);
        }
        around.records.note_high_watermark(tp, high_watermark);
        if was_cut && let Some(producer) = log.producers().find(|producer| producer.last_data_offset() >= end) {
            let detail = format!("producer {}: {} of {end}", producer.producer_id, producer.last_data_offset());
            return violated("what is known of producers was cut off with their records", detail);
        }
        if was_cut || start > self.log_end_offset {
            *self = SeenLog::new(self.topic_id, start);
        }
        self.look_at_new_batches(tp, log, around)?;
        (self.log_start_offset, self.log_end_offset) = (start, end);
        (self.high_watermark, self.latest_epoch, self.leads) = (high_watermark, epoch, leads);
        Ok(())
    }

    fn look_at_new_batches(
        &mut self,
        tp: &TopicPartition,
        log: &PartitionLog,
        around: &mut Around<'_>,
    ) -> Result<(), Violation> {
        let from = self.log_end_offset;
        let whole = from == log.log_start_offset();
        let mut next = from;
        let fresh = log.segments().rev().take_while(|segment| {
            segment.batches().last().is_some_and(|placed| placed.last_offset >= from) || segment.base_offset() >= from
        });
        for segment in fresh.collect::<Vec<_>>().into_iter().rev() {
            let first = segment.batches().partition_point(|placed| placed.last_offset < from);
            for placed in segment.batches().iter_from(first) {
                // A log may begin in the middle of a batch.
                let begins = whole && next == from && placed.batch.base_offset() < from;
                if log.may_have_gaps() {
                    next = placed.batch.next_offset();
                    around.records.note_stored(tp, self.topic_id, &placed.batch)?;
                    continue;
                }
                self.look_at_batch(&placed.batch, if begins { placed.batch.base_offset() } else { next })?;
                next = placed.batch.next_offset();
                self.look_at_copies(tp, &placed.batch, around.written)?;
                self.look_at_records(&placed.batch)?;
                around.records.note_stored(tp, self.topic_id, &placed.batch)?;
            }
        }
        match next == log.log_end_offset() || log.may_have_gaps() {
            true => Ok(()),
            false => violated("LEO follows the last batch", format!("{next} and {}", log.log_end_offset())),
        }
    }

    /// What was stored at an offset in an epoch is the same on every broker.
    fn look_at_copies(
        &self,
        tp: &TopicPartition,
        batch: &RecordBatch,
        written: &mut BTreeMap<(Uuid, i32, i64, LeaderEpoch), u32>,
    ) -> Result<(), Violation> {
        let (base_offset, epoch) = (batch.base_offset(), batch.partition_leader_epoch());
        let known = *written.entry((self.topic_id, tp.partition, base_offset, epoch)).or_insert(batch.crc());
        match known == batch.crc() {
            true => Ok(()),
            false => violated("replicas agree", format!("the batch at {base_offset} of epoch {epoch}")),
        }
    }

    /// A log has a record of an idempotent producer once in each of the producer's epochs, and in the order of sending.
    /// A leader that came back from a crash knows the last batch only: it refuses one before it, which the producer sends
    /// again in a new epoch.
    fn look_at_records(&mut self, batch: &RecordBatch) -> Result<(), Violation> {
        if !batch.has_producer_id() {
            return Ok(());
        }
        let epoch = batch.producer_epoch();
        for (offset, rid) in (batch.base_offset()..).zip(batch.rids().iter()) {
            if let Some(before) = self.records.insert((*rid, epoch), offset) {
                let detail = format!("record {rid}: at {before} and {offset}");
                return violated("an idempotent producer's record is stored once", detail);
            }
            let before = self.newest.insert((rid.0 >> 32, epoch), *rid);
            if before.is_some_and(|before| before >= *rid) {
                let detail = format!("record {rid} after {before:?}");
                return violated("an idempotent producer's records keep their order", detail);
            }
        }
        Ok(())
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
