//! The sender thread: producer id, ready nodes, drained batches, requests (`Sender`). What becomes of the requests is in
//! [`super::outcome`].

use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::{Event, MetadataCause};
use crate::kafka::ids::{NodeId, ProducerEpoch, ProducerId};
use crate::kafka::protocol::produce::*;
use crate::kafka::protocol::producer_ids::{InitProducerIdRequest, InitProducerIdResponse};
use crate::kafka::protocol::wire::Records;
use crate::time::SimTime;

use super::batch::{BatchId, ProducerBatch};
use super::idempotence::{Identity, Renumbered};
use super::{Errand, Producer};

impl Producer {
    /// Rounds of the sender thread until one changes nothing.
    pub(super) fn run_sender(&mut self, now: SimTime, fx: &mut Effects) {
        self.network.pursue(now, fx);
        while self.run_once(now, fx) {}
    }

    /// One round (`Sender.runOnce`); true if another one may find more to do. As in Kafka nothing is sent and nothing
    /// expires while a producer id is missing.
    fn run_once(&mut self, now: SimTime, fx: &mut Effects) -> bool {
        if self.idempotence.enabled {
            self.settle_sequences(fx);
            if self.idempotence.lacks_identity() {
                self.pursue_identity(now, fx);
                return false;
            }
        }
        self.send_producer_data(now, fx)
    }

    /// Finds gaps in the sequences, and raises the epoch if there is one.
    fn settle_sequences(&mut self, fx: &mut Effects) {
        let client = self.network.process();
        for gap in self.idempotence.resolve_sequences() {
            let (last_acked, next) = (gap.last_acked_sequence, gap.next_sequence);
            fx.event(Event::SequenceGapFound { client, tp: gap.tp, last_acked, next });
        }
        let Some(renumbered) = self.idempotence.bump_epoch() else { return };
        let Identity { producer_id, epoch } = self.idempotence.current();
        fx.event(Event::ProducerIdAssigned { client, producer_id, epoch });
        for row in renumbered {
            self.renumber(row, fx);
        }
    }

    fn renumber(&mut self, row: Renumbered, fx: &mut Effects) {
        let Renumbered { tp, batch, identity, base_sequence } = row;
        let queue = self.accumulator.batches.get_mut(&tp).into_iter().flatten();
        let found = self.in_flight.get_mut(&batch).into_iter().chain(queue).find(|known| known.id == batch);
        let Some(found) = found else { return };
        let from = found.base_sequence.unwrap_or(-1);
        found.renumber(identity, base_sequence);
        fx.event(Event::SequenceReset { client: self.network.process(), tp, from, to: base_sequence });
    }

    fn pursue_identity(&mut self, now: SimTime, fx: &mut Effects) {
        let asked = self.network.purposes_in_flight().any(|errand| matches!(errand, Errand::InitProducerId));
        if asked || self.idempotence.retry_at > now {
            return;
        }
        let Some(node) = self.network.any_node(now, fx) else { return };
        let request = InitProducerIdRequest {
            transactional_id: None,
            transaction_timeout_ms: i32::MAX,
            producer_id: ProducerId(-1),
            producer_epoch: ProducerEpoch(-1),
        };
        self.network.send(now, node, request.into(), Errand::InitProducerId, fx);
    }

    pub(super) fn handle_identity(&mut self, now: SimTime, response: &InitProducerIdResponse, fx: &mut Effects) {
        if response.error_code == ErrorCode::None {
            let (producer_id, epoch) = (response.producer_id, response.producer_epoch);
            self.idempotence.identity = Some((producer_id, epoch));
            fx.event(Event::ProducerIdAssigned { client: self.network.process(), producer_id, epoch });
        } else {
            self.idempotence.retry_at = now + self.settings.retry_backoff();
        }
    }

    /// Drains, expires, sends, in this order: what expires at the moment of its draining still leaves
    /// (`Sender.sendProducerData`). True if something left or expired.
    fn send_producer_data(&mut self, now: SimTime, fx: &mut Effects) -> bool {
        let ready = self.accumulator.ready(&self.network.metadata, &self.settings, now);
        self.note_loads();
        if !ready.unknown_leaders.is_empty() {
            self.network.metadata.request_update(MetadataCause::Error);
            self.network.pursue(now, fx);
        }
        let mut drained = Vec::new();
        for node in ready.nodes {
            let in_flight = i32::try_from(self.network.in_flight_count(node)).unwrap_or(i32::MAX);
            let can_drain = self.network.ready(now, node, fx) && in_flight < self.settings.max_in_flight;
            self.accumulator.note_latency(node, can_drain, now);
            if can_drain {
                drained.push((node, self.drain(node, now)));
            }
        }
        let expired = self.expire_batches(now, fx);
        let sent = drained.iter().any(|(_, batches)| !batches.is_empty());
        for (node, batches) in drained {
            self.send_to(now, node, batches, fx);
        }
        sent || expired
    }

    /// Tells the sticky partitioners how long the queues are.
    fn note_loads(&mut self) {
        if !self.settings.partitioner_adaptive {
            return;
        }
        for (topic, partitioner) in &mut self.sticky {
            match self.accumulator.loads(topic, &self.network.metadata, &self.settings) {
                Some((queues, total)) => partitioner.update_load(&queues, total),
                None => partitioner.clear_load(),
            }
        }
    }

    fn drain(&mut self, node: NodeId, now: SimTime) -> Vec<BatchId> {
        let (metadata, settings) = (&self.network.metadata, &self.settings);
        let batches = self.accumulator.drain(node, metadata, settings, &mut self.idempotence, now);
        let ids = batches.iter().map(|batch| batch.id).collect();
        for mut batch in batches {
            batch.requests += 1;
            if self.settings.one_in_flight() {
                self.accumulator.muted.insert(batch.tp.clone());
            }
            self.in_flight.insert(batch.id, batch);
        }
        ids
    }

    fn send_to(&mut self, now: SimTime, node: NodeId, batches: Vec<BatchId>, fx: &mut Effects) {
        if batches.is_empty() {
            return;
        }
        let client = self.network.process();
        let mut topic_data: Vec<TopicProduceRequest> = Vec::new();
        for id in &batches {
            let Some(batch) = self.in_flight.get_mut(id) else { continue };
            let records = batch.close();
            fx.event(Event::BatchSent {
                client,
                tp: batch.tp.clone(),
                reason: batch.reason,
                age: now.since(batch.created_at),
                records: batch.record_count(),
                bytes: records.size_in_bytes(),
            });
            let topic_id = self.network.metadata.topics.get(&batch.tp.topic).map(|topic| topic.id).unwrap_or_default();
            let data = PartitionProduceRequest { index: batch.tp.partition, records: Some(Records(vec![records])) };
            match topic_data.iter_mut().find(|topic| topic.topic_id == topic_id) {
                Some(topic) => topic.partition_data.push(data),
                None => topic_data.push(TopicProduceRequest { topic_id, partition_data: vec![data] }),
            }
        }
        let acks = self.settings.acks;
        let request =
            ProduceRequest { transactional_id: None, acks, timeout_ms: self.settings.request_timeout_ms, topic_data };
        fx.event(Event::ProduceRequest { client, to: node, acks });
        let errand = Errand::Produce { node, batches: batches.clone() };
        self.network.send(now, node, request.into(), errand, fx);
        if acks == 0 {
            self.handle_no_response(now, batches, fx);
        }
    }

    /// Batches in requests without an answer, but for those whose sends have ended already.
    pub fn batches_in_flight(&self) -> impl Iterator<Item = &ProducerBatch> {
        self.in_flight.values().filter(|batch| !batch.is_done)
    }

    pub(super) fn sender_wake(&self, now: SimTime) -> Option<Wake> {
        let retries = self.network.metadata.brokers.keys().filter_map(|node| self.network.retry_at(now, *node));
        let retry = retries.min().map(|at| Wake::new(at, WakeReason::ReconnectBackoff));
        if self.idempotence.lacks_identity() {
            let backoff = (self.idempotence.retry_at > now).then_some(self.idempotence.retry_at);
            return Wake::earliest([backoff.map(|at| Wake::new(at, WakeReason::RetryBackoff)), retry]);
        }
        let expiry = self.batches_in_flight().map(|batch| batch.created_at + self.settings.delivery_timeout()).min();
        Wake::earliest([
            self.accumulator.poll_timeout(now, &self.network.metadata, &self.settings),
            expiry.map(|at| Wake::new(at, WakeReason::DeliveryTimeout)),
            retry.filter(|_| !self.accumulator.is_empty()),
        ])
    }
}
