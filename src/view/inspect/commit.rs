//! Why a record is not committed, not acknowledged, not delivered; and why it is, when it is.

use crate::kafka::broker::partition::{FollowerState, Leading};
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::kafka::protocol::{Body, Message, Request, Response};
use crate::sim::network::{Envelope, Parcel};
use crate::view::clock::span;
use crate::view::hit::Target;
use crate::view::scene::Row;

use super::journey::Course;
use super::leaving::{cut, silence, why_not_fetching, why_out};
use super::{Evidence, Reason, Why, consumer, producer};

/// The first of the three that is not there yet; else why it is committed.
pub fn why(evidence: &Evidence, row: u32, offset: i64, course: &Course) -> Option<Why> {
    let words = evidence.words;
    let tp = evidence.tp(row)?;
    let committed = evidence.leader_log(&tp).is_some_and(|(_, log)| offset < log.high_watermark());
    if !committed {
        let chain = why_not_committed(evidence, row, offset);
        return Some(Why { question: words.why_not_committed().to_owned(), chain });
    }
    if course.sent.is_some() && course.acked.is_none() && course.failed.is_none() {
        let chain = why_not_acked(evidence, &tp, offset, course);
        if !chain.is_empty() {
            return Some(Why { question: words.why_not_acked().to_owned(), chain });
        }
    }
    if let Some(chain) = consumer::why_not_delivered(evidence, row, offset) {
        return Some(Why { question: words.why_not_delivered().to_owned(), chain });
    }
    Some(Why { question: words.why_committed().to_owned(), chain: why_committed(evidence, row, offset, course) })
}

/// What the high watermark waits for.
pub fn why_not_committed(evidence: &Evidence, index: u32, offset: i64) -> Vec<Reason> {
    let words = evidence.words;
    let (Some(row), Some(tp)) = (evidence.row(index), evidence.tp(index)) else { return Vec::new() };
    let Some(leader) = row.leader else {
        let mut chain = vec![Reason::new(words.why_leaderless(row.tp()), words.why_leaderless_detail())];
        chain.extend(row.replicas.iter().flat_map(|replica| silence(evidence, *replica)));
        return chain;
    };
    if let Some(silent) = silence(evidence, leader) {
        let text = words.why_leader_silent(words.place_broker(leader));
        return vec![Reason::new(text, words.why_leader_silent_detail()), silent];
    }
    let Some((_, leading)) = evidence.leading(&tp) else {
        let text = words.why_leader_not_yet(words.place_broker(leader));
        return vec![Reason::new(text, words.why_leader_not_yet_detail()).about(Target::Broker(leader))];
    };
    let mut chain = vec![high_watermark(evidence, row, leader, leading)];
    let below = (row.isr.len() as i32) < evidence.effective_min_isr(row);
    if !below {
        chain.extend(followers(evidence, index, &tp, leader, offset));
    }
    for replica in row.replicas.iter().filter(|replica| !row.isr.contains(replica)) {
        let mut out = why_out(evidence, &tp, *replica);
        if !below && let Some(first) = out.first_mut() {
            first.text = words.why_does_not_count(words.place_broker(replica));
            first.detail = match first.at_us {
                Some(at) => words.why_left_isr_at(super::super::clock::moment(at)),
                None => super::leaving::behind(evidence, &tp, *replica),
            };
        }
        chain.extend(out);
    }
    chain
}

/// Why the high watermark stands where it stands.
pub fn high_watermark(evidence: &Evidence, row: &Row, leader: i32, leading: &Leading) -> Reason {
    let words = evidence.words;
    let at = row.lane_of(Some(leader)).map_or(0, |lane| lane.high_watermark);
    let min = evidence.effective_min_isr(row);
    let isr = super::listed(&row.isr);
    let detail = if (row.isr.len() as i32) < min {
        words.why_hw_below_min(isr, min)
    } else if leading.followers.keys().any(|node| leading.isr.is_in_maximal(*node)) {
        words.why_hw_lowest(isr)
    } else {
        words.why_hw_alone(words.place_broker(leader))
    };
    Reason::new(words.why_hw_is(at), detail)
}

/// The members of the ISR that do not have an offset, as far as the leader knows.
pub fn followers(evidence: &Evidence, index: u32, tp: &TopicPartition, leader: i32, offset: i64) -> Vec<Reason> {
    let Some((_, leading)) = evidence.leading(tp) else { return Vec::new() };
    let lacks = leading.followers.iter().filter(|(node, follower)| {
        leading.isr.is_in_maximal(**node) && follower.log_end_offset.unwrap_or(-1) <= offset
    });
    lacks.flat_map(|(node, follower)| waits_for(evidence, index, tp, (leader, node.0), follower)).collect()
}

/// What a follower in the ISR has told, and what is on its way to it or from it.
fn waits_for(
    evidence: &Evidence,
    row: u32,
    tp: &TopicPartition,
    (leader, node): (i32, i32),
    follower: &FollowerState,
) -> Vec<Reason> {
    let words = evidence.words;
    let who = words.place_broker(node);
    let lane = Target::Lane { row, broker: node };
    let mut chain = vec![match follower.log_end_offset {
        Some(end) => {
            let known =
                if end > 0 { words.why_leader_knows(end - 1) } else { words.why_leader_knows_none().to_owned() };
            let fetched = words.why_last_fetch(end, who);
            Reason::new(fetched, known).at(evidence.us(follower.last_fetch)).about(lane)
        }
        None => Reason::new(words.why_no_fetch_yet(who), words.why_no_fetch_detail()).about(lane),
    }];
    let silent = why_not_fetching(evidence, tp, node);
    if !silent.is_empty() {
        chain.extend(silent);
        return chain;
    }
    chain.extend(on_its_way(evidence, tp, leader, node));
    chain
}

/// The follower's fetch or the leader's answer, if one is in the network now.
fn on_its_way(evidence: &Evidence, tp: &TopicPartition, leader: i32, node: i32) -> Option<Reason> {
    let words = evidence.words;
    let ends = (ProcessId::Node(NodeId(leader)), ProcessId::Node(NodeId(node)));
    let all = evidence.world.network.in_flight().chain(evidence.world.network.stuck());
    for envelope in all {
        let Parcel::Message(message) = &envelope.parcel else { continue };
        let times = words.why_in_flight_times(evidence.clock(envelope.sent_at), evidence.clock(envelope.deliver_at));
        let text = if (envelope.from, envelope.to) == ends {
            match records_for(evidence, message, tp) {
                Some((first, last)) => words.why_response_flies(super::range(first, last)),
                None => continue,
            }
        } else if (envelope.to, envelope.from) == ends {
            match asked_for(evidence, message, tp) {
                Some(asked) => words.why_fetch_flies(asked),
                None => continue,
            }
        } else {
            continue;
        };
        return Some(in_flight(evidence, envelope, text, times));
    }
    None
}

fn in_flight(evidence: &Evidence, envelope: &Envelope, text: String, times: String) -> Reason {
    Reason::new(text, times).at(evidence.us(envelope.sent_at)).about(Target::Message(envelope.id.0))
}

/// The offsets of a partition that a fetch response carries.
fn records_for(evidence: &Evidence, message: &Message, tp: &TopicPartition) -> Option<(i64, i64)> {
    let Body::Response(Response::Fetch(response)) = &message.body else { return None };
    let image = evidence.image()?;
    let ours = response.responses.iter().filter(|topic| image.topic_names.get(&topic.topic_id) == Some(&tp.topic));
    let mut parts = ours.flat_map(|topic| &topic.partitions).filter(|part| part.partition_index == tp.partition);
    let batches = &parts.next()?.records.as_ref()?.0;
    Some((batches.first()?.base_offset(), batches.last()?.last_offset()))
}

/// The offset of a partition that a fetch request asks for.
fn asked_for(evidence: &Evidence, message: &Message, tp: &TopicPartition) -> Option<i64> {
    let Body::Request { request: Request::Fetch(request), .. } = &message.body else { return None };
    let image = evidence.image()?;
    let ours = request.topics.iter().filter(|topic| image.topic_names.get(&topic.topic_id) == Some(&tp.topic));
    let mut parts = ours.flat_map(|topic| &topic.partitions).filter(|part| part.partition == tp.partition);
    parts.next().map(|part| part.fetch_offset)
}

/// The record is safe; its producer has not heard of it.
fn why_not_acked(evidence: &Evidence, tp: &TopicPartition, offset: i64, course: &Course) -> Vec<Reason> {
    let words = evidence.words;
    let Some((_, client)) = course.sent else { return Vec::new() };
    let Some((leader, _)) = evidence.leader_log(tp) else { return Vec::new() };
    let node = ProcessId::Node(NodeId(leader));
    let mut chain = Vec::new();
    let all = evidence.world.network.in_flight().chain(evidence.world.network.stuck());
    for envelope in all.filter(|envelope| (envelope.from, envelope.to) == (node, client)) {
        let Parcel::Message(message) = &envelope.parcel else { continue };
        let Body::Response(Response::Produce(response)) = &message.body else { continue };
        let parts = response.responses.iter().flat_map(|topic| &topic.partition_responses);
        if parts.clone().any(|part| part.index == tp.partition && part.base_offset <= offset) {
            let flight = evidence.us(envelope.deliver_at) - evidence.us(envelope.sent_at);
            let detail = words.why_ack_arrives(evidence.clock(envelope.deliver_at), span(flight.max(0) as u64));
            chain.push(in_flight(evidence, envelope, words.why_ack_flies(evidence.name(client)), detail));
        }
    }
    if evidence.world.network.is_cut(node, client) {
        let text = words.why_client_cut(evidence.name(client), words.place_broker(leader));
        chain.push(Reason::new(text, words.why_client_cut_detail()));
    }
    if let ProcessId::Client(index) = client
        && let Some(slot) = evidence.world.clients.get(&index).filter(|slot| slot.is_running())
    {
        chain.extend(producer::why_waiting(evidence, slot, Some(tp)));
    }
    chain
}

/// What made it committed, and why it lies in this partition.
fn why_committed(evidence: &Evidence, index: u32, offset: i64, course: &Course) -> Vec<Reason> {
    let words = evidence.words;
    let (Some(row), Some(tp)) = (evidence.row(index), evidence.tp(index)) else { return Vec::new() };
    let mut chain = Vec::new();
    if let Some((leader, leading)) = evidence.leading(&tp) {
        chain.push(high_watermark(evidence, row, leader, leading));
    } else if let Some(leader) = row.leader {
        chain.extend(silence(evidence, leader));
    }
    for (node, at) in &course.held {
        let text = words.why_held(words.place_broker(node), offset);
        chain.push(Reason::new(text, "").at(evidence.us(*at)).about(Target::Lane { row: index, broker: node.0 }));
    }
    if let Some((at, broker, _)) = course.written {
        let text = words.why_written(words.place_broker(broker), offset);
        let who = course.sent.map(|(_, client)| evidence.name(client)).unwrap_or_default();
        let reason = Reason::new(text, words.why_written_detail(who)).at(evidence.us(at));
        chain.push(reason.about(Target::Lane { row: index, broker: broker.0 }));
    }
    chain.extend(producer::why_this_partition(evidence, &tp, offset, course));
    chain
}

/// A cut between a leader and a follower, as part of another chain.
pub fn cut_links(evidence: &Evidence, row: &Row) -> Vec<Reason> {
    let Some(leader) = row.leader else { return Vec::new() };
    let cut_off = row.replicas.iter().filter(|replica| **replica != leader && evidence.is_cut(leader, **replica));
    cut_off.map(|replica| cut(evidence, leader, *replica, evidence.words.why_cannot_fetch())).collect()
}
