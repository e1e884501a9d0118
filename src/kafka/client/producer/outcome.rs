//! What becomes of a batch: acknowledged, tried again, split, refused, expired (`Sender.completeBatch`).

use std::sync::Arc;

use crate::kafka::client::connection::{Completed, Outcome};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::event::detail::{BatchRefusal, FailedAttempt};
use crate::kafka::event::{Event, MetadataCause};
use crate::kafka::ids::TopicPartition;
use crate::kafka::protocol::Response;
use crate::kafka::protocol::produce::{PartitionProduceResponse, ProduceResponse};
use crate::time::SimTime;

use super::batch::{BatchId, Pending, ProducerBatch};
use super::refusals::Refusals;
use super::{Completion, Errand, Producer};

/// What a leader, or the loss of its connection, says of one batch.
struct Verdict {
    correlation_id: i32,
    error: ApiError,
    /// Where the leader's log starts, -1 if it did not say.
    log_start_offset: i64,
    /// The records at fault, if some were named.
    refusals: Option<Refusals>,
}

impl Verdict {
    fn new(correlation_id: i32, error: ApiError) -> Verdict {
        Verdict { correlation_id, error, log_start_offset: -1, refusals: None }
    }

    fn of_leader(correlation_id: i32, row: &PartitionProduceResponse) -> Verdict {
        let message = row.error_message.as_ref().map(ToString::to_string);
        Verdict {
            correlation_id,
            refusals: Refusals::new(row.error_code, message.as_deref(), &row.record_errors),
            error: ApiError { code: row.error_code, message },
            log_start_offset: row.log_start_offset,
        }
    }

    fn attempt(&self, attempts_left: i32) -> Arc<FailedAttempt> {
        let message = self.error.message.as_deref().map(Arc::from);
        Arc::new(FailedAttempt { correlation_id: self.correlation_id, attempts_left, message })
    }
}

impl Producer {
    pub(super) fn handle_completed(&mut self, now: SimTime, completed: Completed<Errand>, fx: &mut Effects) {
        let correlation_id = completed.correlation_id;
        match (completed.purpose, completed.outcome) {
            (Errand::InitProducerId, Outcome::Answered(Response::InitProducerId(response))) => {
                self.handle_identity(now, &response, fx);
            }
            (Errand::InitProducerId, _) => self.idempotence.retry_at = now + self.settings.retry_backoff(),
            (Errand::Produce { batches, .. }, Outcome::Answered(Response::Produce(response))) => {
                self.handle_produce_response(now, correlation_id, batches, &response, fx);
            }
            (Errand::Produce { node, batches }, outcome) => {
                let timed_out = matches!(outcome, Outcome::Disconnected { timed_out: true });
                let (code, text) = match timed_out {
                    true => (ErrorCode::RequestTimedOut, format!("Disconnected from node {node} due to timeout")),
                    false => (ErrorCode::NetworkException, format!("Disconnected from node {node}")),
                };
                for batch in self.take_in_flight(&batches) {
                    let verdict = Verdict::new(correlation_id, ApiError::with(code, &*text));
                    self.judge(now, batch, verdict, fx);
                }
            }
        }
    }

    /// acks=0: the sends have succeeded as far as anybody will ever know.
    pub(super) fn handle_no_response(&mut self, now: SimTime, batches: Vec<BatchId>, fx: &mut Effects) {
        for batch in self.take_in_flight(&batches) {
            self.complete(now, batch, -1, -1, fx);
        }
    }

    fn take_in_flight(&mut self, batches: &[BatchId]) -> Vec<ProducerBatch> {
        batches.iter().filter_map(|id| self.in_flight.remove(id)).collect()
    }

    fn handle_produce_response(
        &mut self,
        now: SimTime,
        correlation_id: i32,
        batches: Vec<BatchId>,
        response: &ProduceResponse,
        fx: &mut Effects,
    ) {
        let row = |topic_id, index| {
            let topic = response.responses.iter().find(|topic| topic.topic_id == topic_id)?;
            topic.partition_responses.iter().find(|partition| partition.index == index)
        };
        for batch in self.take_in_flight(&batches) {
            let topic_id = self.network.metadata.topics.get(&batch.tp.topic).map(|topic| topic.id).unwrap_or_default();
            let Some(partition) = row(topic_id, batch.tp.partition) else {
                // The topic was made anew meanwhile, so its id is another: new metadata, then another attempt.
                let verdict = Verdict::new(correlation_id, ApiError::new(ErrorCode::UnknownTopicId));
                self.judge(now, batch, verdict, fx);
                continue;
            };
            if self.network.metadata.update_leader(&batch.tp, &partition.current_leader) {
                self.network.metadata.request_update(MetadataCause::Error);
            }
            match partition.error_code {
                ErrorCode::None => self.complete(now, batch, partition.base_offset, partition.log_append_time_ms, fx),
                // It was appended earlier, and the leader does not remember where.
                ErrorCode::DuplicateSequenceNumber => self.complete(now, batch, -1, -1, fx),
                _ => self.judge(now, batch, Verdict::of_leader(correlation_id, partition), fx),
            }
        }
    }

    /// A request of this batch has failed: it is split, tried again, or given up.
    fn judge(&mut self, now: SimTime, batch: ProducerBatch, verdict: Verdict, fx: &mut Effects) {
        let client = self.network.process();
        let (code, tp) = (verdict.error.code, batch.tp.clone());
        self.accumulator.muted.remove(&tp);
        if code.is_invalid_metadata() {
            self.network.metadata.request_update(MetadataCause::Error);
        }
        let splits = code == ErrorCode::MessageTooLarge && batch.record_count() > 1 && !batch.is_done;
        let retries = !splits && self.can_retry(now, &batch, &verdict);
        let message: Option<Arc<str>> = verdict.error.message.as_deref().map(Arc::from);
        let will_retry = splits || retries;
        fx.event(Event::ProduceError { client, tp: tp.clone(), err: code, message, will_retry });
        let attempts_left = self.settings.retries.saturating_sub(batch.attempts as i32);
        if splits {
            let attempt = verdict.attempt(attempts_left);
            self.idempotence.forget(&batch);
            self.accumulator.deallocate(&batch);
            let into = self.accumulator.split(batch, &self.settings, &mut self.idempotence);
            fx.event(Event::BatchSplit { client, tp, err: code, into, attempt });
        } else if retries {
            fx.event(Event::Retry { client, tp, err: code, attempt: verdict.attempt(attempts_left - 1) });
            let backoff = self.settings.draw_retry_backoff(batch.attempts + 1, &mut self.rng);
            self.accumulator.reenqueue(batch, backoff, now);
        } else {
            let sequence_is_free = attempts_left > 0;
            let refusals = verdict.refusals.unwrap_or_else(|| Refusals::whole_batch(verdict.error.exception()));
            self.give_up(&batch, Some(code), sequence_is_free, fx);
            self.fail(now, batch, &refusals, fx);
        }
    }

    fn can_retry(&mut self, now: SimTime, batch: &ProducerBatch, verdict: &Verdict) -> bool {
        let in_time = now < batch.created_at + self.settings.delivery_timeout();
        let attempts_left = i64::from(batch.attempts) < i64::from(self.settings.retries);
        in_time
            && attempts_left
            && !batch.is_done
            && self.idempotence.can_retry(batch, verdict.error.code, verdict.log_start_offset)
    }

    /// Tells the sequences of a batch that has failed for good.
    fn give_up(&mut self, batch: &ProducerBatch, code: Option<ErrorCode>, sequence_is_free: bool, fx: &mut Effects) {
        if batch.is_done {
            return;
        }
        if self.idempotence.enabled && code == Some(ErrorCode::OutOfOrderSequenceNumber) {
            let identity = batch.identity;
            let refusal = BatchRefusal {
                identity: (identity.producer_id, identity.epoch),
                err: ErrorCode::OutOfOrderSequenceNumber,
            };
            let base_sequence = batch.base_sequence.unwrap_or(-1);
            fx.event(Event::SequenceRefused {
                client: self.network.process(),
                tp: batch.tp.clone(),
                base_sequence,
                refusal: Arc::new(refusal),
            });
        }
        self.idempotence.fail(batch, code, sequence_is_free);
    }

    fn complete(&mut self, now: SimTime, batch: ProducerBatch, base_offset: i64, append_time: i64, fx: &mut Effects) {
        self.accumulator.muted.remove(&batch.tp);
        self.accumulator.deallocate(&batch);
        self.idempotence.complete(&batch);
        if batch.is_done {
            return;
        }
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

    /// The end of a batch without success; one whose sends have ended gives back its memory only.
    fn fail(&mut self, now: SimTime, batch: ProducerBatch, refusals: &Refusals, fx: &mut Effects) {
        self.accumulator.deallocate(&batch);
        if !batch.is_done {
            self.fail_sends(now, &batch, refusals, fx);
        }
    }

    fn fail_sends(&mut self, now: SimTime, batch: &ProducerBatch, refusals: &Refusals, fx: &mut Effects) {
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
                requests: batch.requests,
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

    /// Batches older than `delivery.timeout.ms` fail: those that wait, then those in flight. The memory of the latter
    /// stays taken until their request ends (KAFKA-19012). True if there were some.
    pub(super) fn expire_batches(&mut self, now: SimTime, fx: &mut Effects) -> bool {
        let waiting = self.accumulator.take_expired(&self.settings, now);
        let timeout = self.settings.delivery_timeout();
        let late = |batch: &&ProducerBatch| !batch.is_done && batch.created_at + timeout <= now;
        let in_flight: Vec<BatchId> = self.in_flight.values().filter(late).map(|batch| batch.id).collect();
        let found = !waiting.is_empty() || !in_flight.is_empty();
        for batch in waiting {
            self.expire(now, &batch, fx);
            self.accumulator.deallocate(&batch);
        }
        for id in in_flight {
            let Some(mut batch) = self.in_flight.remove(&id) else { continue };
            self.expire(now, &batch, fx);
            batch.is_done = true;
            self.in_flight.insert(id, batch);
        }
        found
    }

    fn expire(&mut self, now: SimTime, batch: &ProducerBatch, fx: &mut Effects) {
        let text = format!(
            "Expiring {} record(s) for {}:{} ms has passed since batch creation. The request has not been sent, or no \
             server response has been received yet.",
            batch.record_count(),
            batch.tp,
            now.since(batch.created_at).as_millis()
        );
        let refusals = Refusals::whole_batch(KafkaException::with(ExceptionClass::TIMEOUT, text));
        self.give_up(batch, None, false, fx);
        self.fail_sends(now, batch, &refusals, fx);
        if batch.is_in_retry() {
            self.idempotence.mark_unresolved(batch);
        }
    }
}
