//! Why a replica left the ISR, why a broker is silent: the chain behind a partition that is not whole.

use crate::kafka::event::Event;
use crate::kafka::event::detail::Occasion;
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::time::{SimDuration, SimTime};
use crate::view::clock::span;
use crate::view::hit::Target;
use crate::view::scene::NodeState;

use super::{Evidence, Reason};

/// What took a replica out of the ISR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Its leader proposed the smaller ISR: it was behind for `replica.lag.time.max.ms`.
    Lagged,
    Fenced,
    UncleanShutdown,
    ControlledShutdown,
    /// The journal names none: a reassignment or an unclean election.
    Other,
}

/// When a replica left the ISR the last time, and why.
pub fn left_isr(evidence: &Evidence, tp: &TopicPartition, node: NodeId) -> Option<(SimTime, Cause)> {
    let mut left = None;
    for entry in evidence.back() {
        match (&entry.event, left) {
            (Event::MetadataAppended { record }, None) => {
                let MetadataRecord::PartitionChange(change) = &record.record else { continue };
                let ours = change.partition_id == tp.partition && record.topic.as_deref() == Some(&*tp.topic);
                let was_in = record.before.as_ref().is_some_and(|before| before.isr.contains(&node));
                let is_out = change.isr.as_ref().is_some_and(|isr| !isr.contains(&node));
                if ours && was_in && is_out {
                    left = Some(entry.at);
                }
            }
            (Event::PartitionsChanging { broker, occasion, .. }, Some(at)) if *broker == node && entry.at == at => {
                let cause = match occasion {
                    Occasion::Fenced | Occasion::Unfenced => Cause::Fenced,
                    Occasion::UncleanShutdown => Cause::UncleanShutdown,
                    Occasion::ControlledShutdown => Cause::ControlledShutdown,
                };
                return Some((at, cause));
            }
            (Event::IsrShrinkProposed { tp: of, lagging, .. }, Some(at)) if of == tp && lagging.contains(&node) => {
                return Some((at, Cause::Lagged));
            }
            // A proposal is answered within seconds.
            (_, Some(at)) if at.since(entry.at) > SimDuration::from_secs(30) => return Some((at, Cause::Other)),
            _ => {}
        }
    }
    left.map(|at| (at, Cause::Other))
}

/// The chain for a replica outside the ISR, newest first.
pub fn why_out(evidence: &Evidence, tp: &TopicPartition, node: i32) -> Vec<Reason> {
    let words = evidence.words;
    let row = evidence.row_of(tp).unwrap_or(0);
    let lane = Target::Lane { row, broker: node };
    let Some((at, cause)) = left_isr(evidence, tp, NodeId(node)) else {
        let text = words.why_never_in_isr(words.place_broker(node));
        return vec![Reason::new(text, behind(evidence, tp, node)).about(lane)];
    };
    let detail = match cause {
        Cause::Lagged => words.why_left_lagged(span(max_lag(evidence, tp))),
        Cause::Fenced => words.why_left_fenced(span(session_timeout(evidence))),
        Cause::UncleanShutdown => words.why_left_unclean().to_owned(),
        Cause::ControlledShutdown => words.why_left_shutdown().to_owned(),
        Cause::Other => behind(evidence, tp, node),
    };
    let text = words.why_left_isr(words.place_broker(node), evidence.clock(at));
    let mut chain = vec![Reason::new(text, detail).at(evidence.us(at)).about(lane)];
    chain.extend(why_not_fetching(evidence, tp, node));
    chain
}

/// `3 behind`, or that it has caught up.
pub fn behind(evidence: &Evidence, tp: &TopicPartition, node: i32) -> String {
    let end = evidence.leader_log(tp).map_or(0, |(_, log)| log.log_end_offset());
    let own = evidence.log(tp, node).map_or(0, |log| log.log_end_offset());
    match end - own {
        missing @ 1.. => evidence.words.why_is_behind(missing),
        _ => evidence.words.why_has_all().to_owned(),
    }
}

/// What keeps a follower from fetching now: its process, or the links to the leader and the controller.
pub fn why_not_fetching(evidence: &Evidence, tp: &TopicPartition, node: i32) -> Vec<Reason> {
    let words = evidence.words;
    let mut chain: Vec<Reason> = silence(evidence, node).into_iter().collect();
    let leader = evidence.registration(tp).and_then(|registration| registration.leader);
    if let Some(leader) = leader.filter(|leader| leader.0 != node && evidence.is_cut(leader.0, node)) {
        chain.push(cut(evidence, leader.0, node, words.why_cannot_fetch()));
    }
    let slowed = evidence.card(node).and_then(|card| card.slowed_us);
    if let Some(extra) = slowed {
        let text = words.why_is_slow(words.place_broker(node));
        chain.push(Reason::new(text, words.why_slow_detail(span(extra))).about(Target::Broker(node)));
    }
    chain
}

/// A cut link with the moment of the cut.
pub fn cut(evidence: &Evidence, a: i32, b: i32, detail: &str) -> Reason {
    let text = evidence.words.why_link_cut(a.min(b), a.max(b));
    let at = newest(evidence, |event| match event {
        Event::LinkCut { a: from, b: to } => {
            let ends = [ProcessId::Node(NodeId(a)), ProcessId::Node(NodeId(b))];
            ends.contains(from) && ends.contains(to)
        }
        _ => false,
    });
    let reason = Reason::new(text, detail);
    match at {
        Some(at) => reason.at(evidence.us(at)),
        None => reason,
    }
}

/// When an event of this kind happened last.
pub fn newest(evidence: &Evidence, is_it: impl Fn(&Event) -> bool) -> Option<SimTime> {
    evidence.back().find(|entry| is_it(&entry.event)).map(|entry| entry.at)
}

/// Why a broker's process does not answer, if it does not.
pub fn silence(evidence: &Evidence, node: i32) -> Option<Reason> {
    let words = evidence.words;
    let who = words.place_broker(node);
    let process = ProcessId::Node(NodeId(node));
    let state = evidence.card(node)?.state;
    let (text, detail, at) = match state {
        NodeState::Killed => {
            let lost = newest(evidence, |event| matches!(event, Event::DiskDestroyed { broker } if broker.0 == node));
            let at = newest(evidence, |event| matches!(event, Event::BrokerKilled { broker } if broker.0 == node));
            let disk = if lost.is_some() && lost >= at { words.why_disk_lost() } else { words.why_disk_kept() };
            (words.why_killed(who), disk, at)
        }
        NodeState::Stopped => {
            let at =
                newest(evidence, |event| matches!(event, Event::ControlledShutdown { broker } if broker.0 == node));
            (words.why_stopped(who), words.why_disk_kept(), at)
        }
        NodeState::Frozen => {
            let at = newest(evidence, |event| matches!(event, Event::ProcessFrozen { process: of } if *of == process));
            (words.why_frozen(who), words.why_frozen_detail(), at)
        }
        NodeState::Up | NodeState::Recovering | NodeState::Draining => return None,
    };
    let reason = Reason::new(text, detail).about(Target::Broker(node));
    Some(match at {
        Some(at) => reason.at(evidence.us(at)),
        None => reason,
    })
}

/// `replica.lag.time.max.ms` of the partition's leader, in microseconds.
fn max_lag(evidence: &Evidence, tp: &TopicPartition) -> u64 {
    let leader = evidence.registration(tp).and_then(|registration| registration.leader);
    let broker = leader.and_then(|leader| evidence.world.broker(leader));
    broker.map_or(30_000, |broker| broker.settings.replica_lag_time_max_ms).max(0) as u64 * 1_000
}

/// `broker.session.timeout.ms` of the active controller, in microseconds.
pub fn session_timeout(evidence: &Evidence) -> u64 {
    let controller = evidence.world.active_controller();
    controller.map_or(9_000, |controller| controller.settings.broker_session_timeout_ms).max(0) as u64 * 1_000
}
