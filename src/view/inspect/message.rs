//! A message on its way, held or stuck.

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::Uuid;
use crate::kafka::protocol::wire::Records;
use crate::kafka::protocol::{Body, Message, Request, Response};
use crate::kafka::record::RecordBatch;
use crate::sim::network::{Envelope, Parcel};
use crate::view::clock::span;
use crate::view::narrate::name_of;
use crate::view::scene::{Flight, FlightState};

use super::{Evidence, Fact, Inspection, Link, Reason, Why, bytes, fact, listed};

pub fn of_message(evidence: &Evidence, id: u64) -> Option<Inspection> {
    let words = evidence.words;
    let flying = evidence.world.network.in_flight().chain(evidence.world.network.stuck());
    let found = flying.into_iter().find(|envelope| envelope.id.0 == id);
    let flight = evidence.scene.flights.iter().find(|flight| flight.message == id);
    let Some(envelope) = found else { return held(evidence, flight?) };
    let Parcel::Message(message) = &envelope.parcel else { return None };
    let (from, to) = (evidence.name(envelope.from), evidence.name(envelope.to));
    let mut facts = vec![
        fact("from", &from),
        fact("to", &to),
        fact("correlationId", message.correlation_id),
        fact("apiVersion", message.api().version()),
        fact("size", format!("{} B", message.size_in_bytes())),
    ];
    if let Body::Request { client_id, .. } = &message.body {
        facts.push(fact("clientId", client_id));
    }
    facts.extend(details(evidence, message));
    let batch = batch_of(message);
    let kind = if message.is_request() { words.inspect_request() } else { words.inspect_response() };
    Some(Inspection {
        crumbs: vec![
            Link { text: from, target: evidence.target_of(envelope.from) },
            Link { text: to, target: evidence.target_of(envelope.to) },
        ],
        title: message.api().name().to_owned(),
        subtitle: kind.to_owned(),
        facts,
        why: Some(why(evidence, envelope, flight)),
        bytes: batch.map(|batch| bytes::dump(batch, None, words)),
        ..Inspection::default()
    })
}

/// The first batch that the message carries.
fn batch_of(message: &Message) -> Option<&RecordBatch> {
    match &message.body {
        Body::Request { request: Request::Produce(request), .. } => {
            let mut parts = request.topic_data.iter().flat_map(|topic| &topic.partition_data);
            parts.find_map(|part| part.records.as_ref()?.0.first())
        }
        Body::Response(Response::Fetch(response)) => {
            let mut parts = response.responses.iter().flat_map(|topic| &topic.partitions);
            parts.find_map(|part| part.records.as_ref()?.0.first())
        }
        _ => None,
    }
}

/// A topic by its id, as the metadata of this moment name it.
fn topic(evidence: &Evidence, id: Uuid) -> String {
    let name = evidence.image().and_then(|image| image.topic_names.get(&id));
    name.map_or_else(|| id.to_string(), |name| name.to_string())
}

/// How many records there are, and their bytes.
fn amount(records: Option<&Records>) -> (i32, i32) {
    let batches = records.map(|records| records.0.as_slice()).unwrap_or_default();
    (batches.iter().map(RecordBatch::count).sum(), batches.iter().map(RecordBatch::size_in_bytes).sum())
}

/// The fields that matter of the messages that carry records.
fn details(evidence: &Evidence, message: &Message) -> Vec<Fact> {
    let of = |id: Uuid, partition: i32, value: String| fact(format!("{}-{partition}", topic(evidence, id)), value);
    let mut facts = Vec::new();
    match &message.body {
        Body::Request { request: Request::Produce(request), .. } => {
            facts.extend([fact("acks", request.acks), fact("timeoutMs", request.timeout_ms)]);
            for part in &request.topic_data {
                facts.extend(part.partition_data.iter().map(|data| {
                    let (records, bytes) = amount(data.records.as_ref());
                    of(part.topic_id, data.index, evidence.words.inspect_records_bytes(bytes, records))
                }));
            }
        }
        Body::Response(Response::Produce(response)) => {
            for part in &response.responses {
                facts.extend(part.partition_responses.iter().map(|answer| {
                    let value = match answer.error_code {
                        ErrorCode::None => format!("baseOffset={}", answer.base_offset),
                        error => error.name().to_owned(),
                    };
                    of(part.topic_id, answer.index, value)
                }));
            }
        }
        Body::Request { request: Request::Fetch(request), .. } => {
            facts.extend([fact("maxWaitMs", request.max_wait_ms), fact("minBytes", request.min_bytes)]);
            let replica = request.replica_state.replica_id;
            facts.extend((replica.0 >= 0).then(|| fact("replicaId", replica)));
            for part in &request.topics {
                let asked = part.partitions.iter();
                facts.extend(
                    asked.map(|one| of(part.topic_id, one.partition, format!("fetchOffset={}", one.fetch_offset))),
                );
            }
        }
        Body::Response(Response::Fetch(response)) => {
            for part in &response.responses {
                facts.extend(part.partitions.iter().map(|answer| {
                    let (records, bytes) = amount(answer.records.as_ref());
                    let amount = evidence.words.inspect_records_bytes(bytes, records);
                    of(part.topic_id, answer.partition_index, format!("HW {}, {amount}", answer.high_watermark))
                }));
            }
        }
        Body::Request { request: Request::AlterPartition(request), .. } => {
            for part in &request.topics {
                facts.extend(part.partitions.iter().map(|one| {
                    let isr: Vec<i32> = one.new_isr_with_epochs.iter().map(|member| member.broker_id.0).collect();
                    of(part.topic_id, one.partition_index, format!("isr={}", listed(&isr)))
                }));
            }
        }
        _ => {}
    }
    facts
}

fn why(evidence: &Evidence, envelope: &Envelope, flight: Option<&Flight>) -> Why {
    let words = evidence.words;
    let sent = words.why_sent_at(evidence.clock(envelope.sent_at), evidence.name(envelope.from));
    let sent = Reason::new(sent, "").at(evidence.us(envelope.sent_at));
    let stuck = flight.is_some_and(|flight| flight.state == FlightState::Stuck)
        || evidence.world.network.is_cut(envelope.from, envelope.to);
    if stuck {
        let (from, to) = (evidence.name(envelope.from), evidence.name(envelope.to));
        let first = Reason::new(words.why_client_cut(from, to), words.why_client_cut_detail());
        return Why { question: words.why_message_does_not_arrive().to_owned(), chain: vec![first, sent] };
    }
    let left = evidence.us(envelope.deliver_at) - evidence.scene.now_us;
    let takes = evidence.us(envelope.deliver_at) - evidence.us(envelope.sent_at);
    let latency = evidence.world.network.latency_between(envelope.from, envelope.to).as_micros();
    let detail = words.why_link_takes(span(latency), span(takes.max(0) as u64));
    let arrives = words.why_arrives_in(evidence.clock(envelope.deliver_at), span(left.max(0) as u64));
    Why { question: words.why_on_its_way().to_owned(), chain: vec![Reason::new(arrives, detail), sent] }
}

/// A fetch in purgatory is no message any more: only what it waits for can be told.
fn held(evidence: &Evidence, flight: &Flight) -> Option<Inspection> {
    let words = evidence.words;
    let (from, to) = (name_of(evidence.scene, &flight.from, words), name_of(evidence.scene, &flight.to, words));
    let reason = Reason::new(words.why_fetch_held(&to), words.why_held_detail());
    Some(Inspection {
        crumbs: vec![Link { text: from.clone(), target: None }, Link { text: to.clone(), target: None }],
        title: format!("Fetch {}", flight.label.trim_end_matches('?')),
        subtitle: words.inspect_held().to_owned(),
        facts: vec![fact("from", from), fact("to", to)],
        why: Some(Why { question: words.why_waits().to_owned(), chain: vec![reason] }),
        ..Inspection::default()
    })
}
