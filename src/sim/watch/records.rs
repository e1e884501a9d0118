//! Records under a watch, by the identity that each has from `send()` on: sent once, ended once, stored where the
//! acknowledgement says, delivered in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::event::Event;
use crate::kafka::ids::{ProcessId, Rid, TopicPartition, Uuid};
use crate::kafka::record::RecordBatch;
use crate::sim::command::Command;
use crate::sim::invariants::{Violation, violated};
use crate::sim::slots::Client;
use crate::sim::world::World;

type Events<'a> = &'a [(ProcessId, Event)];

/// Where a record is stored; the topic's id tells a topic from a later one of the same name.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    topic: Arc<str>,
    topic_id: Uuid,
    partition: i32,
    offset: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Open,
    Acked,
    Failed,
}

#[derive(Clone, Debug, Default)]
pub(super) struct RecordWatch {
    sent: BTreeMap<Rid, End>,
    stored: BTreeMap<Rid, Vec<Place>>,
    /// The highest high watermark that any replica of a partition has had.
    committed: BTreeMap<TopicPartition, i64>,
    /// The offset that a consumer gets next.
    expected: BTreeMap<(ProcessId, TopicPartition), i64>,
}

impl RecordWatch {
    /// A command moves the positions of a consumer.
    pub(super) fn note_command(&mut self, world: &World, command: &Command) {
        let (Command::Call { name, .. } | Command::SetClient { name, .. }) = command else { return };
        if let Some((index, _)) = world.client_named(name) {
            self.forget_positions(ProcessId::Client(index));
        }
    }

    fn forget_positions(&mut self, client: ProcessId) {
        self.expected.retain(|(process, _), _| *process != client);
    }

    /// A replica's high watermark was seen.
    pub(super) fn note_high_watermark(&mut self, tp: &TopicPartition, high_watermark: i64) {
        match self.committed.get_mut(tp) {
            Some(known) => *known = high_watermark.max(*known),
            None => _ = self.committed.insert(tp.clone(), high_watermark),
        }
    }

    /// A batch came to the end of a log, the leader's or a follower's.
    pub(super) fn note_stored(
        &mut self,
        tp: &TopicPartition,
        topic_id: Uuid,
        batch: &RecordBatch,
    ) -> Result<(), Violation> {
        // A batch that was compacted has gaps between its offsets.
        let records = batch.records().unwrap_or_default();
        for (offset, rid) in records.iter().map(|stored| stored.offset).zip(batch.rids().iter()) {
            if !self.sent.contains_key(rid) {
                return violated("what is stored was sent", format!("record {rid} at {tp} offset {offset}"));
            }
            let places = self.stored.entry(*rid).or_default();
            let place = Place { topic: tp.topic.clone(), topic_id, partition: tp.partition, offset };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        Ok(())
    }

    pub(super) fn look(&mut self, world: &World, events: Events) -> Result<(), Violation> {
        for (_, event) in events {
            self.look_at(event)?;
            check_in_sync_for_append(world, event)?;
        }
        check_producers(world)
    }

    fn look_at(&mut self, event: &Event) -> Result<(), Violation> {
        match event {
            Event::RecordSent { rid, .. } => match self.sent.insert(*rid, End::Open) {
                None => Ok(()),
                Some(_) => violated("identities are unique", format!("record {rid}")),
            },
            Event::Acked { rid, tp, offset, .. } => {
                self.end(*rid, End::Acked)?;
                self.check_place(*rid, tp, *offset, "what is acknowledged is stored there")
            }
            Event::SendFailed { rid, .. } => self.end(*rid, End::Failed),
            Event::ProcessStarted { process } => {
                self.forget_positions(*process);
                Ok(())
            }
            Event::AssignCalled { client, tps } => {
                self.expected.retain(|(process, tp), _| process != client || tps.contains(tp));
                Ok(())
            }
            Event::OffsetReset { client, tp, offset, .. } => {
                self.expected.insert((*client, tp.clone()), *offset);
                Ok(())
            }
            Event::TruncationDetected { client, tp, to: Some(offset), how, .. } if how.resets => {
                self.expected.insert((*client, tp.clone()), *offset);
                Ok(())
            }
            Event::Delivered { client, tp, offset, rid, .. } => self.deliver(*client, tp, *offset, *rid),
            _ => Ok(()),
        }
    }

    fn end(&mut self, rid: Rid, end: End) -> Result<(), Violation> {
        match self.sent.insert(rid, end) {
            Some(End::Open) => Ok(()),
            before => violated("every send ends once", format!("record {rid}: {end:?} after {before:?}")),
        }
    }

    fn check_place(&self, rid: Rid, tp: &TopicPartition, offset: i64, rule: &'static str) -> Result<(), Violation> {
        let places = self.stored.get(&rid).map_or(&[][..], Vec::as_slice);
        let is_there =
            |place: &Place| place.topic == tp.topic && (place.partition, place.offset) == (tp.partition, offset);
        match places.iter().any(is_there) {
            true => Ok(()),
            false => violated(rule, format!("record {rid} at {tp} offset {offset}; it is stored at {places:?}")),
        }
    }

    fn deliver(
        &mut self,
        client: ProcessId,
        tp: &TopicPartition,
        offset: i64,
        rid: Option<Rid>,
    ) -> Result<(), Violation> {
        let before = self.expected.insert((client, tp.clone()), offset + 1);
        if before.is_some_and(|before| before != offset) {
            let detail = format!("{client} got offset {offset} of {tp} instead of {before:?}");
            return violated("a consumer gets every offset once and in order", detail);
        }
        if self.committed.get(tp).is_none_or(|committed| offset >= *committed) {
            let detail = format!("{client} got offset {offset} of {tp}; committed was {:?}", self.committed.get(tp));
            return violated("consumers get what is committed", detail);
        }
        rid.map_or(Ok(()), |rid| self.check_place(rid, tp, offset, "what is delivered is stored there"))
    }
}

/// A leader takes records for all in-sync replicas only while there are as many as `min.insync.replicas` wants.
fn check_in_sync_for_append(world: &World, event: &Event) -> Result<(), Violation> {
    let Event::BatchAppended { broker: id, tp, client, base_offset, .. } = event else { return Ok(()) };
    let of_all = world.client_named(client).is_some_and(|(index, _)| world.waits_for_all(ProcessId::Client(index)));
    let Some(broker) = world.broker(*id).filter(|_| of_all) else { return Ok(()) };
    let Some(partition) = broker.partitions.get(tp) else { return Ok(()) };
    let Some(leading) = partition.leading() else { return Ok(()) };
    let (size, least) = (leading.isr.committed().len(), broker.effective_min_isr(tp, partition));
    match i32::try_from(size).is_ok_and(|size| size >= least) {
        true => Ok(()),
        false => {
            let detail = format!("{tp} at {base_offset} on broker {id}: {size} in sync, {least} wanted");
            violated("acks=all is taken while enough replicas are in sync", detail)
        }
    }
}

/// Memory and requests of producers stay within their bounds.
fn check_producers(world: &World) -> Result<(), Violation> {
    for (index, slot) in world.clients.iter().filter(|(_, slot)| slot.is_running()) {
        let Client::Producer(app) = &slot.client else { continue };
        let producer = &app.producer;
        let (free, total) = (producer.accumulator.pool.available(), producer.settings.buffer_memory);
        if !(0..=total).contains(&free) || producer.is_idle() && free != total {
            let detail = format!("client {index}: {free} of {total} bytes are free, idle {}", producer.is_idle());
            return violated("a producer gives all memory back", detail);
        }
        let allowed = producer.settings.max_in_flight.saturating_mul(world.nodes.len() as i32);
        if i64::from(producer.requests_in_flight()) > i64::from(allowed) {
            let detail = format!("client {index}: {} requests", producer.requests_in_flight());
            return violated("max.in.flight.requests.per.connection", detail);
        }
    }
    Ok(())
}
