//! A producer, and what its records wait for before they are written.

use crate::kafka::client::producer::Producer;
use crate::kafka::client::producer::batch::ProducerBatch;
use crate::kafka::client::producer::partitioner::{PartitionerKind, murmur2, partition_for_key};
use crate::kafka::config::PRODUCER;
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, ProcessId, Rid, TopicPartition};
use crate::kafka::record::RecordBatch;
use crate::sim::slots::{ClientPlan, ClientSlot};
use crate::time::SimTime;
use crate::view::clock::span;
use crate::view::hit::Target;
use crate::view::project::records::text;
use crate::view::project::{producer_of, state_of};
use crate::view::scene::ClientState;

use super::journey::Course;
use super::{Evidence, Fact, Inspection, Link, Reason, Why, fact};

/// The configs that decide when and how a batch is sent.
const CONFIGS: [&str; 8] = [
    "acks",
    "linger.ms",
    "batch.size",
    "enable.idempotence",
    "max.in.flight.requests.per.connection",
    "request.timeout.ms",
    "delivery.timeout.ms",
    "compression.type",
];

pub fn of_producer(evidence: &Evidence, name: &str) -> Option<Inspection> {
    let words = evidence.words;
    let (_, slot) = evidence.client(name)?;
    let producer = producer_of(slot)?;
    let card = evidence.scene.producers.iter().find(|card| card.name == name);
    let mut facts = vec![fact("client.id", &producer.settings.client_id)];
    if let Some((id, epoch)) = producer.idempotence.identity {
        facts.push(fact("producerId", format!("{id}:{epoch}")));
    }
    if let Some(card) = card {
        facts.push(fact("acked", card.acked));
        facts.push(fact("failed", card.failed));
    }
    facts.push(fact("buffered", producer.buffered_records()));
    facts.push(fact("requestsInFlight", producer.requests_in_flight()));
    facts.extend(configs(slot, evidence));
    let chain = match state_words(evidence, slot) {
        Some(reason) => vec![reason],
        None => why_waiting(evidence, slot, None),
    };
    let question = match state_of(slot) {
        ClientState::Running => words.why_waits(),
        _ => words.why_not_running(),
    };
    let rows = card.map(|card| card.queues.iter().map(|queue| queue.row).collect::<Vec<u32>>()).unwrap_or_default();
    Some(Inspection {
        crumbs: vec![
            Link { text: words.inspect_clients().to_owned(), target: None },
            Link { text: name.to_owned(), target: None },
        ],
        title: name.to_owned(),
        subtitle: words.stage_producer().to_owned(),
        facts,
        why: Some(Why { question: question.to_owned(), chain }),
        links: rows
            .into_iter()
            .filter_map(|row| Some(Link { text: evidence.tp(row)?.to_string(), target: Some(Target::Partition(row)) }))
            .collect(),
        ..Inspection::default()
    })
}

/// Why a client does nothing: it crashed, closed or stands still.
pub fn state_words(evidence: &Evidence, slot: &ClientSlot) -> Option<Reason> {
    let words = evidence.words;
    let text = match state_of(slot) {
        ClientState::Running => return None,
        ClientState::Frozen => words.why_client_frozen(&slot.name),
        ClientState::Crashed => words.why_client_crashed(&slot.name),
        ClientState::Closed => words.why_client_closed(&slot.name),
    };
    Some(Reason::new(text, ""))
}

fn configs(slot: &ClientSlot, evidence: &Evidence) -> Vec<Fact> {
    let ClientPlan::Producer { config, .. } = &slot.plan else { return Vec::new() };
    CONFIGS.iter().filter_map(|key| client_config(evidence, config.get(*key), PRODUCER.key(key)?)).collect()
}

/// A client's config: what it was given, else Kafka's default.
pub fn client_config(
    evidence: &Evidence,
    given: Option<&String>,
    key: &crate::kafka::config::ConfigKey,
) -> Option<Fact> {
    let words = evidence.words;
    let (value, note) = match given {
        Some(value) => (value.clone(), words.inspect_from_client()),
        None => (key.default_text()?.to_string(), words.inspect_from_default()),
    };
    Some(Fact { name: key.name.to_owned(), value, note: Some(note.to_owned()) })
}

/// What the producer's batches wait for: in flight, backing off, lingering. Of one partition, or of all.
pub fn why_waiting(evidence: &Evidence, slot: &ClientSlot, only: Option<&TopicPartition>) -> Vec<Reason> {
    let words = evidence.words;
    let Some(producer) = producer_of(slot) else { return Vec::new() };
    let ours = |batch: &&ProducerBatch| only.is_none_or(|tp| batch.tp == *tp);
    let mut chain = Vec::new();
    if producer.is_blocked() {
        let detail = words.why_blocked_detail(producer.settings.max_block_ms);
        chain.push(Reason::new(words.why_blocked(), detail));
    }
    for batch in producer.batches_in_flight().filter(ours).take(6) {
        chain.push(sent(evidence, slot, producer, batch));
        chain.extend(held(evidence, slot, batch));
    }
    for batch in producer.accumulator.batches.values().flatten().filter(ours).take(6) {
        chain.push(match batch.attempts {
            0 => lingering(evidence, producer, batch),
            _ => backing_off(evidence, slot, producer, batch),
        });
    }
    if chain.is_empty() && only.is_none() {
        chain.push(Reason::new(words.why_idle(), words.why_idle_detail()));
    }
    chain
}

fn partition_target(evidence: &Evidence, tp: &TopicPartition) -> Target {
    Target::Partition(evidence.row_of(tp).unwrap_or(0))
}

/// What is left of `delivery.timeout.ms`.
fn delivery_left(evidence: &Evidence, producer: &Producer, batch: &ProducerBatch) -> String {
    let end = batch.created_at + producer.settings.delivery_timeout();
    let left = evidence.us(end) - evidence.scene.now_us;
    evidence.words.why_delivery_left(span(left.max(0) as u64))
}

fn sent(evidence: &Evidence, _slot: &ClientSlot, producer: &Producer, batch: &ProducerBatch) -> Reason {
    let words = evidence.words;
    let leader = producer.network.metadata.leader(&batch.tp);
    let to = leader.map_or_else(|| batch.tp.to_string(), |leader| words.place_broker(leader));
    let text = words.why_in_flight(batch.record_count(), &batch.tp, to);
    let detail = words.why_in_flight_detail(delivery_left(evidence, producer, batch));
    Reason::new(text, detail).about(partition_target(evidence, &batch.tp))
}

/// The leader holds the answer until the high watermark is past the batch.
fn held(evidence: &Evidence, slot: &ClientSlot, batch: &ProducerBatch) -> Option<Reason> {
    let words = evidence.words;
    let (index, _) = evidence.world.client_named(&slot.name)?;
    let leader = evidence.registration(&batch.tp)?.leader?;
    let broker = evidence.world.broker(leader)?;
    let mut waits = broker.held_produces().filter(|held| held.caller.process == ProcessId::Client(index));
    let (required, deadline) = waits.find_map(|held| {
        let awaited = held.awaited.iter().find(|awaited| awaited.tp == batch.tp)?;
        Some((awaited.required_offset, held.deadline))
    })?;
    let row = evidence.row_of(&batch.tp)?;
    let text = words.why_ack_held(words.place_broker(leader), required);
    let left = evidence.us(deadline) - evidence.scene.now_us;
    let hw = evidence.log(&batch.tp, leader.0).map_or(0, |log| log.high_watermark());
    let detail = words.why_ack_held_detail(hw, span(left.max(0) as u64));
    Some(Reason::new(text, detail).about(Target::Lane { row, broker: leader.0 }))
}

fn lingering(evidence: &Evidence, producer: &Producer, batch: &ProducerBatch) -> Reason {
    let words = evidence.words;
    let waited = evidence.world.now.since(batch.created_at);
    let linger = producer.settings.linger();
    let text = words.why_batch_waits(batch.record_count(), &batch.tp);
    let bytes = words.why_batch_bytes(producer.settings.batch_size, batch.size_in_bytes());
    let detail = if producer.idempotence.lacks_identity() {
        words.why_no_producer_id().to_owned()
    } else if producer.network.metadata.leader(&batch.tp).is_none() {
        words.why_no_known_leader().to_owned()
    } else if waited < linger && !batch.is_full() {
        format!("{} {bytes}", words.why_linger(linger.as_millis(), span(waited.as_micros())))
    } else {
        words.why_ready_not_sent(producer.settings.max_in_flight)
    };
    Reason::new(text, detail).at(evidence.us(batch.created_at)).about(partition_target(evidence, &batch.tp))
}

fn backing_off(evidence: &Evidence, slot: &ClientSlot, producer: &Producer, batch: &ProducerBatch) -> Reason {
    let words = evidence.words;
    let error = newest_error(evidence, slot, &batch.tp);
    let name = error.map_or("?", |(_, name)| name);
    let text = words.why_backs_off(batch.attempts, name, &batch.tp);
    let again = batch.last_attempt_at + batch.backoff;
    let left = evidence.us(again) - evidence.scene.now_us;
    let detail = words.why_backs_off_detail(delivery_left(evidence, producer, batch), span(left.max(0) as u64));
    let reason = Reason::new(text, detail).about(partition_target(evidence, &batch.tp));
    match error {
        Some((at, _)) => reason.at(evidence.us(at)),
        None => reason,
    }
}

/// The last error that a partition's produce requests came back with.
fn newest_error(evidence: &Evidence, slot: &ClientSlot, tp: &TopicPartition) -> Option<(SimTime, &'static str)> {
    let (index, _) = evidence.world.client_named(&slot.name)?;
    let me = ProcessId::Client(index);
    evidence.back().find_map(|entry| match &entry.event {
        Event::ProduceError { client, tp: of, err, .. } | Event::Retry { client, tp: of, err, .. }
            if *client == me && of == tp =>
        {
            Some((entry.at, err.name()))
        }
        _ => None,
    })
}

/// The bytes of the batch that holds a record which is in no log yet, as they would be sent now.
pub fn batch_of(slot: &ClientSlot, rid: Rid) -> Option<RecordBatch> {
    find(producer_of(slot)?, rid).map(|batch| batch.clone().close())
}

fn find(producer: &Producer, rid: Rid) -> Option<&ProducerBatch> {
    let waiting = producer.accumulator.batches.values().flatten();
    let mut all = waiting.chain(producer.batches_in_flight());
    all.find(|batch| batch.pending.iter().any(|pending| pending.rid == rid))
}

/// Why a record is in no log.
pub fn why_not_written(evidence: &Evidence, rid: Rid, course: &Course) -> Vec<Reason> {
    let words = evidence.words;
    if let Some((at, exception)) = &course.failed {
        let text = words.why_failed(exception, evidence.clock(*at));
        return vec![Reason::new(text, words.why_failed_detail()).at(evidence.us(*at))];
    }
    if let Some((at, broker, offset)) = course.written {
        let row = course.buffered.as_ref().and_then(|(_, tp)| evidence.row_of(tp));
        let reason = Reason::new(words.why_written(words.place_broker(broker), offset), "").at(evidence.us(at));
        let target = row.map(|row| Target::Record { row, broker: broker.0, offset });
        return vec![Reason { target, ..reason }];
    }
    let Some((_, client)) = course.sent else { return Vec::new() };
    let Some((_, slot)) = evidence.client(&evidence.name(client)) else { return Vec::new() };
    if let Some(reason) = state_words(evidence, slot) {
        return vec![reason];
    }
    let batch = producer_of(slot).and_then(|producer| find(producer, rid));
    why_waiting(evidence, slot, batch.map(|batch| &batch.tp))
}

/// By which rule the record went to its partition.
pub fn why_this_partition(evidence: &Evidence, tp: &TopicPartition, offset: i64, course: &Course) -> Option<Reason> {
    let words = evidence.words;
    let (at, _) = course.buffered.as_ref()?;
    let (_, ProcessId::Client(client)) = course.sent? else { return None };
    let producer = producer_of(evidence.world.clients.get(&client)?)?;
    let (_, log) = evidence.leader_log(tp)?;
    let stored = log.batch_at(offset)?.records().ok()?.into_iter().find(|stored| stored.offset == offset)?;
    let partitions = evidence.image()?.topics.get(&tp.topic)?.partitions.len() as i32;
    let head = words.why_in_partition(tp);
    let detail = match (&producer.settings.partitioner, &stored.record.key) {
        (PartitionerKind::Default, Some(key)) if !producer.settings.partitioner_ignore_keys => {
            // A partition that the application named, or a topic that grew since, follows another rule.
            if partition_for_key(key, partitions) != tp.partition {
                return Some(Reason::new(head, words.why_partition_given()).at(evidence.us(*at)));
            }
            words.why_partition_hash(format!("{:08x}", murmur2(key)), text(key), partitions, tp.partition)
        }
        (PartitionerKind::Default, _) => words.why_partition_sticky().to_owned(),
        (PartitionerKind::RoundRobin(_), _) => words.why_partition_round_robin().to_owned(),
        (PartitionerKind::Custom(_), _) => words.why_partition_custom().to_owned(),
    };
    Some(Reason::new(head, detail).at(evidence.us(*at)))
}

/// A node that a client cannot reach because the link is cut.
pub fn is_cut_off(evidence: &Evidence, name: &str, node: i32) -> bool {
    let Some((index, _)) = evidence.client(name) else { return false };
    evidence.world.network.is_cut(ProcessId::Client(index), ProcessId::Node(NodeId(node)))
}
