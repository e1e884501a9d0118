//! A record, a batch, and a record that is in no log yet.

use crate::kafka::event::Event;
use crate::kafka::ids::{Rid, TopicPartition};
use crate::kafka::record::{Bytes, RecordBatch, StoredRecord};
use crate::view::hit::Target;
use crate::view::project::records::text;
use crate::view::scene::TileKind;

use super::{Evidence, Face, Fact, Inspection, Link, Why, bytes, commit, fact, journey, producer, range};

pub fn of_record(evidence: &Evidence, row: u32, broker: i32, offset: i64) -> Option<Inspection> {
    let words = evidence.words;
    let tp = evidence.tp(row)?;
    let log = evidence.log(&tp, broker)?;
    let batch = log.batch_at(offset)?;
    let stored = batch.records().ok()?.into_iter().find(|stored| stored.offset == offset)?;
    let committed = offset < log.high_watermark();
    let state = if committed { words.tip_record_committed() } else { words.tip_record_uncommitted() };
    let course = stored.rid.map(|rid| journey::follow(evidence, rid));
    let mut page = Inspection {
        crumbs: crumbs(evidence, row, broker, &tp, batch, Some(offset)),
        title: words.inspect_record(offset),
        subtitle: words.inspect_on_broker(broker, state, &tp),
        face: face(evidence, row, broker, &stored, committed),
        facts: record_facts(batch, &stored),
        bytes: Some(bytes::dump(batch, Some(offset), words)),
        ..Inspection::default()
    };
    if let Some(course) = course.filter(|_| !batch.is_control()) {
        page.why = commit::why(evidence, row, offset, &course);
        page.journey = journey::stops(evidence, &course);
    }
    Some(page)
}

fn crumbs(
    evidence: &Evidence,
    row: u32,
    broker: i32,
    tp: &TopicPartition,
    batch: &RecordBatch,
    offset: Option<i64>,
) -> Vec<Link> {
    let base_offset = batch.base_offset();
    let mut crumbs = vec![
        Link { text: tp.to_string(), target: Some(Target::Partition(row)) },
        Link {
            text: evidence.words.inspect_batch(range(base_offset, batch.last_offset())),
            target: Some(Target::Batch { row, broker, base_offset }),
        },
    ];
    crumbs.extend(offset.map(|offset| Link { text: offset.to_string(), target: None }));
    crumbs
}

fn face(evidence: &Evidence, row: u32, broker: i32, stored: &StoredRecord, committed: bool) -> Option<Face> {
    let row = evidence.row(row)?;
    let tile = row.lane_of(Some(broker))?.tiles.iter().find(|tile| tile.offset == stored.offset);
    let leads = row.leader == Some(broker);
    let kind = tile.map_or(TileKind::Record, |tile| tile.kind);
    Some(Face { mark: tile.map(|tile| tile.mark).unwrap_or_default(), kind, leads, committed })
}

fn shown(bytes: &Option<Bytes>) -> String {
    bytes.as_deref().map_or_else(|| "null".to_owned(), text)
}

fn record_facts(batch: &RecordBatch, stored: &StoredRecord) -> Vec<Fact> {
    let record = &stored.record;
    let mut facts = vec![fact("key", shown(&record.key)), fact("value", shown(&record.value))];
    for header in &record.headers {
        facts.push(fact(format!("header {}", header.key), shown(&header.value)));
    }
    facts.push(fact("timestamp", time(record.timestamp_ms)));
    facts.push(fact("timestampType", batch.timestamp_type().name()));
    facts.push(fact("leaderEpoch", batch.partition_leader_epoch()));
    if batch.has_producer_id() {
        facts.push(fact("producerId", format!("{}:{}", batch.producer_id(), batch.producer_epoch())));
        facts.push(fact("sequence", stored.sequence));
    }
    facts
}

/// `00:00:12,353`: the time of day, as a log line has it.
fn time(ms: i64) -> String {
    let micros = u64::try_from(ms).ok().and_then(|ms| ms.checked_mul(1_000));
    let text = micros.map(|micros| crate::time::SimTime::from_micros(micros).to_string());
    text.filter(|text| text.len() == 23).map_or_else(|| ms.to_string(), |text| text[11..].to_owned())
}

pub fn of_batch(evidence: &Evidence, row: u32, broker: i32, base_offset: i64) -> Option<Inspection> {
    let words = evidence.words;
    let tp = evidence.tp(row)?;
    let log = evidence.log(&tp, broker)?;
    let batch = log.batch_at(base_offset)?;
    let mut facts = vec![
        fact("baseOffset", batch.base_offset()),
        fact("lastOffset", batch.last_offset()),
        fact("count", batch.count()),
        fact("size", format!("{} B", batch.size_in_bytes())),
        fact("compression", batch.compression().name()),
        fact("leaderEpoch", batch.partition_leader_epoch()),
        fact("baseTimestamp", time(batch.base_timestamp())),
        fact("maxTimestamp", time(batch.max_timestamp())),
        fact("timestampType", batch.timestamp_type().name()),
    ];
    if batch.has_producer_id() {
        facts.push(fact("producerId", format!("{}:{}", batch.producer_id(), batch.producer_epoch())));
        facts.push(fact("sequence", range(i64::from(batch.base_sequence()), i64::from(batch.last_sequence()))));
    }
    let last = batch.last_offset();
    let state = if last < log.high_watermark() { words.tip_record_committed() } else { words.tip_record_uncommitted() };
    let course = batch.rids().last().map(|rid| journey::follow(evidence, *rid));
    let course = course.filter(|_| !batch.is_control());
    let records = (batch.base_offset()..=last).take(24);
    Some(Inspection {
        crumbs: crumbs(evidence, row, broker, &tp, batch, None),
        title: words.inspect_batch(range(batch.base_offset(), last)),
        subtitle: words.inspect_on_broker(broker, state, &tp),
        facts,
        why: course.as_ref().and_then(|course| commit::why(evidence, row, last, course)),
        journey: course.map(|course| journey::stops(evidence, &course)).unwrap_or_default(),
        links: records
            .map(|offset| Link { text: offset.to_string(), target: Some(Target::Record { row, broker, offset }) })
            .collect(),
        bytes: Some(bytes::dump(batch, None, words)),
        ..Inspection::default()
    })
}

/// A record by its identity: in the accumulator, in flight, or lost; else where it lies.
pub fn of_sent(evidence: &Evidence, rid: u64) -> Option<Inspection> {
    let words = evidence.words;
    let rid = Rid(rid);
    let course = journey::follow(evidence, rid);
    let (_, client) = course.sent?;
    let sent = evidence.back().find_map(|entry| match &entry.event {
        Event::RecordSent { rid: of, topic, key, value, .. } if *of == rid => {
            Some((topic.to_string(), key.clone(), value.clone()))
        }
        _ => None,
    });
    let (topic, key, value) = sent?;
    let mut facts = vec![fact("topic", topic), fact("key", shown(&key)), fact("value", shown(&value))];
    if let Some((_, tp)) = &course.buffered {
        facts.push(fact("partition", tp.partition));
    }
    let name = evidence.name(client);
    let question = words.why_not_written().to_owned();
    let chain = producer::why_not_written(evidence, rid, &course);
    let slot = evidence.client(&name);
    let batch = slot.and_then(|(_, slot)| producer::batch_of(slot, rid));
    Some(Inspection {
        crumbs: vec![
            Link { text: name.clone(), target: evidence.client_target(&name) },
            Link { text: words.inspect_sent_crumb().to_owned(), target: None },
        ],
        title: words.inspect_sent().to_owned(),
        subtitle: words.inspect_sent_by(name),
        facts,
        why: (!chain.is_empty()).then_some(Why { question, chain }),
        journey: journey::stops(evidence, &course),
        bytes: batch.map(|batch| bytes::dump(&batch, None, words)),
        ..Inspection::default()
    })
}
