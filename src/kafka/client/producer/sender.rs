//! The sender thread: producer id, ready nodes, drained batches, requests, answers, retries, expiry (`Sender`).

use std::sync::Arc;

use crate::kafka::client::connection::{Completed, Outcome};
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::{ApiError, ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::event::detail::FailedAttempt;
use crate::kafka::event::{Event, MetadataCause};
use crate::kafka::ids::{NodeId, ProducerEpoch, ProducerId, TopicPartition};
use crate::kafka::protocol::Response;
use crate::kafka::protocol::produce::*;
use crate::kafka::protocol::producer_ids::{InitProducerIdRequest, InitProducerIdResponse};
use crate::kafka::protocol::wire::Records;
use crate::time::{SimDuration, SimTime};

use super::batch::{Pending, ProducerBatch};
use super::refusals::Refusals;
use super::{Completion, Errand, Producer};

impl Producer {
    /// One round of the sender thread (`Sender.runOnce`).
    pub(super) fn run_sender(&mut self, now: SimTime, fx: &mut Effects) {
        self.network.pursue(now, fx);
        self.expire_batches(now, fx);
        if self.idempotence.lacks_identity() {
            self.pursue_identity(now, fx);
        }
        if self.idempotence.lacks_identity() {
            return;
        }
        self.note_loads();
        let ready = self.accumulator.ready(&self.network.metadata, &self.settings, now);
        if !ready.unknown_leaders.is_empty() {
            self.network.metadata.request_update(MetadataCause::Error);
            self.network.pursue(now, fx);
        }
        for node in ready.nodes.into_keys() {
            let in_flight = i32::try_from(self.network.in_flight_count(node)).unwrap_or(i32::MAX);
            if self.network.ready(now, node, fx) && in_flight < self.settings.max_in_flight {
                self.send_to(now, node, fx);
            }
        }
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

    fn handle_identity(&mut self, now: SimTime, response: &InitProducerIdResponse, fx: &mut Effects) {
        if response.error_code == ErrorCode::None {
            let (producer_id, epoch) = (response.producer_id, response.producer_epoch);
            self.idempotence.identity = Some((producer_id, epoch));
            fx.event(Event::ProducerIdAssigned { client: self.network.process(), producer_id, epoch });
        } else {
            self.idempotence.retry_at = now + self.settings.retry_backoff(1);
        }
    }

    fn send_to(&mut self, now: SimTime, node: NodeId, fx: &mut Effects) {
        let mut batches = self.accumulator.drain(node, &self.network.metadata, &self.settings, now);
        if batches.is_empty() {
            return;
        }
        let client = self.network.process();
        let mut topic_data: Vec<TopicProduceRequest> = Vec::new();
        for batch in &mut batches {
            self.assign_sequence(batch);
            let records = batch.close();
            if self.settings.one_in_flight() {
                self.accumulator.muted.insert(batch.tp.clone());
            }
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
            // Nobody will answer: the sends have succeeded as far as anybody will ever know.
            for batch in batches {
                self.complete(now, batch, -1, -1, fx);
            }
        }
    }

    /// A batch gets its sequence when it is drained for the first time and keeps it over retries.
    fn assign_sequence(&mut self, batch: &mut ProducerBatch) {
        let Some((producer_id, epoch)) = self.idempotence.identity.filter(|_| !batch.is_closed()) else { return };
        let base = self.idempotence.take_sequence(&batch.tp, batch.record_count());
        batch.set_producer_state(producer_id, epoch, base);
    }

    pub(super) fn handle_completed(&mut self, now: SimTime, completed: Completed<Errand>, fx: &mut Effects) {
        match (completed.purpose, completed.outcome) {
            (Errand::InitProducerId, Outcome::Answered(Response::InitProducerId(response))) => {
                self.handle_identity(now, &response, fx);
            }
            (Errand::InitProducerId, _) => {}
            (Errand::Produce { batches, .. }, Outcome::Answered(Response::Produce(response))) => {
                self.handle_produce_response(now, completed.correlation_id, batches, &response, fx);
            }
            (Errand::Produce { node, batches }, outcome) => {
                let timed_out = matches!(outcome, Outcome::Disconnected { timed_out: true });
                let (code, text) = match timed_out {
                    true => (ErrorCode::RequestTimedOut, format!("Disconnected from node {node} due to timeout")),
                    false => (ErrorCode::NetworkException, format!("Disconnected from node {node}")),
                };
                for batch in batches {
                    self.retry_or_fail(now, completed.correlation_id, batch, &ApiError::with(code, &*text), fx);
                }
            }
        }
    }

    fn handle_produce_response(
        &mut self,
        now: SimTime,
        correlation_id: i32,
        batches: Vec<ProducerBatch>,
        response: &ProduceResponse,
        fx: &mut Effects,
    ) {
        let row = |topic_id, index| {
            let topic = response.responses.iter().find(|topic| topic.topic_id == topic_id)?;
            topic.partition_responses.iter().find(|partition| partition.index == index)
        };
        for batch in batches {
            let topic_id = self.network.metadata.topics.get(&batch.tp.topic).map(|topic| topic.id).unwrap_or_default();
            let Some(partition) = row(topic_id, batch.tp.partition) else {
                // The topic was made anew meanwhile, so its id is another: new metadata, then another attempt.
                self.retry_or_fail(now, correlation_id, batch, &ApiError::new(ErrorCode::UnknownTopicId), fx);
                continue;
            };
            if self.network.metadata.update_leader(&batch.tp, &partition.current_leader) {
                self.network.metadata.request_update(MetadataCause::Error);
            }
            match partition.error_code {
                ErrorCode::None | ErrorCode::DuplicateSequenceNumber => {
                    self.complete(now, batch, partition.base_offset, partition.log_append_time_ms, fx);
                }
                code => {
                    let message = partition.error_message.as_ref().map(ToString::to_string);
                    let refusals = Refusals::new(code, message.as_deref(), &partition.record_errors);
                    self.retry_or_fail_with(now, correlation_id, batch, &ApiError { code, message }, refusals, fx);
                }
            }
        }
    }

    fn retry_or_fail(
        &mut self,
        now: SimTime,
        correlation_id: i32,
        batch: ProducerBatch,
        error: &ApiError,
        fx: &mut Effects,
    ) {
        self.retry_or_fail_with(now, correlation_id, batch, error, None, fx);
    }

    fn retry_or_fail_with(
        &mut self,
        now: SimTime,
        correlation_id: i32,
        batch: ProducerBatch,
        error: &ApiError,
        refusals: Option<Refusals>,
        fx: &mut Effects,
    ) {
        let client = self.network.process();
        self.accumulator.muted.remove(&batch.tp);
        if error.code.is_invalid_metadata() {
            self.network.metadata.request_update(MetadataCause::Error);
        }
        let in_time = now < batch.created_at + self.settings.delivery_timeout();
        let attempts_left = i64::from(batch.attempts) < i64::from(self.settings.retries);
        let will_retry = error.code.is_retriable() && in_time && attempts_left;
        let message: Option<Arc<str>> = error.message.as_deref().map(Arc::from);
        let (tp, err) = (batch.tp.clone(), error.code);
        fx.event(Event::ProduceError { client, tp: tp.clone(), err, message: message.clone(), will_retry });
        if will_retry {
            let attempts_left = self.settings.retries - batch.attempts as i32 - 1;
            let attempt = Arc::new(FailedAttempt { correlation_id, attempts_left, message });
            fx.event(Event::Retry { client, tp, err, attempt });
            self.accumulator.reenqueue(batch, now);
        } else {
            let refusals = refusals.unwrap_or_else(|| Refusals::whole_batch(error.exception()));
            self.fail(now, batch, &refusals, fx);
        }
    }

    fn complete(&mut self, now: SimTime, batch: ProducerBatch, base_offset: i64, append_time: i64, fx: &mut Effects) {
        self.accumulator.muted.remove(&batch.tp);
        self.accumulator.deallocate(&batch);
        for (place, pending) in (0..).zip(&batch.pending) {
            let offset = if base_offset < 0 { -1 } else { base_offset + place };
            if offset >= 0 {
                fx.event(Event::Acked {
                    client: self.network.process(),
                    tp: batch.tp.clone(),
                    offset,
                    rid: pending.rid,
                    latency: now.since(pending.sent_at),
                });
            }
            let timestamp_ms = if append_time >= 0 { append_time } else { pending.timestamp_ms };
            self.end(&batch.tp, pending, Ok(offset), timestamp_ms);
        }
    }

    fn fail(&mut self, now: SimTime, batch: ProducerBatch, refusals: &Refusals, fx: &mut Effects) {
        self.accumulator.deallocate(&batch);
        for (place, pending) in (0..).zip(&batch.pending) {
            let exception = refusals.of_record(place);
            fx.event(Event::SendFailed {
                client: self.network.process(),
                topic: batch.tp.topic.clone(),
                partition: Some(batch.tp.partition),
                rid: pending.rid,
                exception: Arc::from(exception.class.simple_name()),
                message: Arc::from(exception.message.clone().unwrap_or_default()),
                age: now.since(pending.sent_at),
            });
            self.end(&batch.tp, pending, Err(exception.clone()), -1);
        }
    }

    fn end(&mut self, tp: &TopicPartition, pending: &Pending, result: Result<i64, KafkaException>, timestamp_ms: i64) {
        self.completions.push(Completion {
            rid: pending.rid,
            topic: tp.topic.clone(),
            partition: Some(tp.partition),
            result,
            timestamp_ms,
            thrown: false,
            key_size: pending.key_size,
            value_size: pending.value_size,
        });
    }

    /// Batches that waited longer than `delivery.timeout.ms` in the accumulator fail.
    fn expire_batches(&mut self, now: SimTime, fx: &mut Effects) {
        for batch in self.accumulator.take_expired(&self.settings, now) {
            let text = format!(
                "Expiring {} record(s) for {}:{} ms has passed since batch creation. The request has not been sent, \
                 or no server response has been received yet.",
                batch.record_count(),
                batch.tp,
                now.since(batch.created_at).as_millis()
            );
            let refusals = Refusals::whole_batch(KafkaException::with(ExceptionClass::TIMEOUT, text));
            self.fail(now, batch, &refusals, fx);
        }
    }

    pub(super) fn sender_wake(&self, now: SimTime) -> Option<Wake> {
        if self.accumulator.is_empty() && !self.idempotence.lacks_identity() {
            return None;
        }
        if self.idempotence.lacks_identity() {
            return self.identity_wake(now);
        }
        let wake = self.accumulator.poll_timeout(&self.network.metadata, &self.settings)?;
        if wake.at > now {
            return Some(wake);
        }
        // Something is sendable, but its node is not: the next event on that connection goes on with it.
        let retries = self.network.metadata.brokers.keys().filter_map(|node| self.network.retry_at(now, *node));
        let retry = retries.min().map(|at| Wake::new(at, WakeReason::ReconnectBackoff));
        let expiry = self.next_expiry().map(|at| Wake::new(at, WakeReason::DeliveryTimeout));
        Wake::earliest([retry, expiry])
    }

    fn identity_wake(&self, now: SimTime) -> Option<Wake> {
        let backoff = (self.idempotence.retry_at > now).then_some(self.idempotence.retry_at);
        let expiry = self.next_expiry().map(|at| Wake::new(at, WakeReason::DeliveryTimeout));
        let retries = self.network.metadata.brokers.keys().filter_map(|node| self.network.retry_at(now, *node));
        let retry = retries.min().map(|at| Wake::new(at, WakeReason::ReconnectBackoff));
        Wake::earliest([backoff.map(|at| Wake::new(at, WakeReason::RetryBackoff)), expiry, retry])
    }

    fn next_expiry(&self) -> Option<SimTime> {
        let timeout: SimDuration = self.settings.delivery_timeout();
        self.accumulator
            .batches
            .values()
            .filter_map(|queue| queue.front())
            .map(|batch| batch.created_at + timeout)
            .min()
    }
}
