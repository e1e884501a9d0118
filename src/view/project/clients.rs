//! Producers and consumers: what waits in them, and where they stand. A console tool is shown as the client that it is.

use std::collections::BTreeMap;

use crate::kafka::client::consumer::Consumer;
use crate::kafka::client::producer::Producer;
use crate::kafka::client::producer::batch::ProducerBatch;
use crate::kafka::ids::{ClientIndex, TopicPartition};
use crate::kafka::protocol::Body;
use crate::kafka::protocol::Response;
use crate::kafka::record::RecordBatch;
use crate::sim::network::Parcel;
use crate::sim::slots::{Client, ClientSlot, ClientState as SlotState};
use crate::view::scene::{ClientState, ConsumerCard, KeptBatch, KeptState, Position, ProducerCard, Queue};

use super::{Projection, records};

/// Clients that have ended in order are gone from the picture; crashed ones stay to be seen.
pub fn is_shown(slot: &ClientSlot) -> bool {
    match (&slot.client, slot.state) {
        (Client::Tool(_), state) => matches!(state, SlotState::Running | SlotState::Closing),
        (_, state) => state != SlotState::Closed,
    }
}

/// The producer in a client's program, console tools included.
pub fn producer_of(slot: &ClientSlot) -> Option<&Producer> {
    match &slot.client {
        Client::Producer(app) => Some(&app.producer),
        Client::Tool(tool) => tool.producer(),
        Client::Consumer(_) => None,
    }
}

/// The consumer in a client's program, console tools included.
pub fn consumer_of(slot: &ClientSlot) -> Option<&Consumer> {
    match &slot.client {
        Client::Consumer(app) => Some(&app.consumer),
        Client::Tool(tool) => tool.consumer(),
        Client::Producer(_) => None,
    }
}

pub fn state_of(slot: &ClientSlot) -> ClientState {
    match slot.state {
        _ if slot.frozen => ClientState::Frozen,
        SlotState::Running | SlotState::Closing => ClientState::Running,
        SlotState::Closed => ClientState::Closed,
        SlotState::Crashed => ClientState::Crashed,
    }
}

/// The last record that a producer took: its partition and the bytes of its key.
type Newest = Option<(u64, i32, Vec<u8>)>;

impl Projection<'_> {
    pub(super) fn producers(&mut self) -> Vec<ProducerCard> {
        let world = self.world;
        let shown: Vec<ClientIndex> = self.producers.keys().copied().collect();
        let slots = shown.into_iter().filter_map(|index| world.clients.get(&index).map(|slot| (index, slot)));
        let mut cards = Vec::new();
        for (index, slot) in slots {
            if let Some(producer) = producer_of(slot) {
                cards.push(self.producer(index, slot, producer));
            }
        }
        cards
    }

    fn producer(&mut self, index: ClientIndex, slot: &ClientSlot, producer: &Producer) -> ProducerCard {
        let settings = &producer.settings;
        let acks = if settings.acks < 0 { "all".to_owned() } else { settings.acks.to_string() };
        let (acked, failed, loaded) = match &slot.client {
            Client::Producer(app) => (app.counters.acked, app.counters.failed, app.is_loading()),
            _ => (0, 0, false),
        };
        let mut newest = self.newest_in_logs(index);
        let mut queues: BTreeMap<u32, Queue> = BTreeMap::new();
        for (tp, batches) in &producer.accumulator.batches {
            let Some(row) = self.row(tp) else { continue };
            let queue = queues.entry(row).or_insert_with(|| Queue { row, ..Queue::default() });
            for batch in batches {
                self.waiting_batch(queue, batch, &mut newest);
            }
            if let Some((waited, linger)) = producer.accumulator.linger_progress(tp, settings, self.world.now) {
                (queue.waited_us, queue.linger_us) = (waited.as_micros(), linger.as_micros());
            }
        }
        for batch in producer.batches_in_flight() {
            let Some(row) = self.row(&batch.tp) else { continue };
            let kept = self.kept(index, batch, &mut newest);
            queues.entry(row).or_insert_with(|| Queue { row, ..Queue::default() }).kept.push(kept);
        }
        let (partitioned, serialized) = newest.map(|(_, partition, key)| (partition, key)).unzip();
        ProducerCard {
            name: slot.name.to_string(),
            state: state_of(slot),
            acks_all: settings.acks < 0,
            config: format!("acks={acks} linger.ms={}", settings.linger_ms),
            serialized: serialized.unwrap_or_default(),
            partitioned,
            loaded,
            acked,
            failed,
            queues: queues.into_values().collect(),
        }
    }

    /// A batch that has not been sent, or waits for another attempt.
    fn waiting_batch(&mut self, queue: &mut Queue, batch: &ProducerBatch, newest: &mut Newest) {
        let bytes = batch.clone().close();
        note_newest(newest, batch, &bytes);
        let marks = records::marks_of(&bytes, self.marks);
        if batch.attempts > 0 {
            let state = KeptState::Retrying(batch.attempts);
            let records = batch.record_count() as u32;
            queue.kept.push(KeptBatch { marks, records, base_sequence: batch.base_sequence, state });
        } else {
            queue.open.extend(marks);
            queue.bytes += batch.size_in_bytes().max(0) as u32;
        }
    }

    fn kept(&mut self, index: ClientIndex, batch: &ProducerBatch, newest: &mut Newest) -> KeptBatch {
        let bytes = batch.clone().close();
        note_newest(newest, batch, &bytes);
        let answered = self.answer_on_its_way(index, &batch.tp);
        KeptBatch {
            marks: records::marks_of(&bytes, self.marks),
            records: batch.record_count() as u32,
            base_sequence: batch.base_sequence,
            state: if answered { KeptState::AckOnItsWay } else { KeptState::AwaitingAck },
        }
    }

    /// A produce response for the partition is flying to the client.
    fn answer_on_its_way(&self, index: ClientIndex, tp: &TopicPartition) -> bool {
        let to = crate::kafka::ids::ProcessId::Client(index);
        self.world.network.in_flight().filter(|envelope| envelope.to == to).any(|envelope| match &envelope.parcel {
            Parcel::Message(message) => match &message.body {
                Body::Response(Response::Produce(response)) => response.responses.iter().any(|topic| {
                    let name = self.image.and_then(|image| image.topic_names.get(&topic.topic_id));
                    name == Some(&tp.topic) && topic.partition_responses.iter().any(|part| part.index == tp.partition)
                }),
                _ => false,
            },
            _ => false,
        })
    }

    /// The newest record of a producer that reached a log, from the tiles of the leaders.
    fn newest_in_logs(&self, index: ClientIndex) -> Newest {
        let mut newest: Newest = None;
        for tp in self.rows.keys() {
            let leader =
                self.image.and_then(|image| image.topics.get(&tp.topic)?.partitions.get(&tp.partition)?.leader);
            let stored = leader.and_then(|leader| self.world.disk(leader)).and_then(|disk| disk.logs.get(tp));
            let batch = stored.and_then(|stored| stored.log.active_segment().batches().iter().next_back());
            for found in batch.map(|placed| placed.batch.records().unwrap_or_default()).unwrap_or_default() {
                let rid = found.rid.map_or(0, |rid| rid.0);
                if rid >> 32 == u64::from(index.0) && newest.as_ref().is_none_or(|(best, _, _)| rid >= *best) {
                    newest = Some((rid, tp.partition, found.record.key.as_deref().unwrap_or_default().to_vec()));
                }
            }
        }
        newest
    }

    pub(super) fn consumers(&mut self) -> Vec<ConsumerCard> {
        let world = self.world;
        let shown = self.consumers.keys().filter_map(|index| world.clients.get(index));
        shown.filter_map(|slot| consumer_of(slot).map(|consumer| self.consumer(slot, consumer))).collect()
    }

    fn consumer(&self, slot: &ClientSlot, consumer: &Consumer) -> ConsumerCard {
        let position = |(tp, position): (&TopicPartition, &crate::kafka::client::consumer::positions::Position)| {
            Some(Position {
                row: self.row(tp)?,
                position: position.offset,
                committed: None,
                paused: position.paused,
                delivered: Vec::new(),
            })
        };
        let delivered = match &slot.client {
            Client::Consumer(app) => app.counters.delivered,
            Client::Tool(tool) => tool.items.len() as u64,
            Client::Producer(_) => 0,
        };
        ConsumerCard {
            name: slot.name.to_string(),
            state: state_of(slot),
            group: None,
            delivered,
            positions: consumer.positions.iter().filter_map(position).collect(),
        }
    }
}

fn note_newest(newest: &mut Newest, batch: &ProducerBatch, bytes: &RecordBatch) {
    let Some(last) = batch.pending.last() else { return };
    if newest.as_ref().is_none_or(|(best, _, _)| last.rid.0 >= *best) {
        let key = bytes.records().unwrap_or_default().pop().and_then(|stored| stored.record.key);
        *newest = Some((last.rid.0, batch.tp.partition, key.as_deref().unwrap_or_default().to_vec()));
    }
}
