//! A broker, and a controller.

use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, ProcessId};
use crate::time::SimDuration;
use crate::view::clock::span;
use crate::view::hit::Target;
use crate::view::narrate;
use crate::view::scene::NodeState;

use super::leaving::{cut, newest, session_timeout, silence};
use super::{Evidence, Inspection, Link, Reason, Why, fact, listed};

pub fn of_broker(evidence: &Evidence, id: i32) -> Option<Inspection> {
    let words = evidence.words;
    let card = evidence.card(id)?;
    let registration = evidence.image().and_then(|image| image.brokers.get(&NodeId(id)));
    let state = narrate::condition(card, words).unwrap_or(words.inspect_in_service());
    let leads = evidence.scene.rows.iter().filter(|row| row.leader == Some(id)).count();
    let holds = evidence.scene.rows.iter().filter(|row| row.replicas.contains(&id)).count();
    let mut facts = vec![fact("state", state), fact("fenced", card.fenced)];
    if let Some(registration) = registration {
        facts.push(fact("brokerEpoch", registration.epoch));
        facts.push(fact("listener", format!("{}:{}", registration.host, registration.port)));
    }
    facts.extend(card.rack.as_ref().map(|rack| fact("broker.rack", rack)));
    facts.push(fact("LeaderCount", leads));
    facts.push(fact("PartitionCount", holds));
    if let Some(broker) = evidence.world.broker(NodeId(id)) {
        let bytes: i64 = broker.disk.logs.values().map(|stored| stored.log.size_in_bytes()).sum();
        facts.push(fact("logs", format!("{bytes} B")));
        facts.push(fact("metadataOffset", broker.image.next_offset - 1));
    }
    if let Some(extra) = card.slowed_us {
        facts.push(fact("delay", span(extra)));
    }
    let rows = (0..).zip(&evidence.scene.rows).filter(|(_, row)| row.replicas.contains(&id));
    let (question, chain) = why(evidence, id);
    Some(Inspection {
        crumbs: vec![
            Link { text: words.inspect_cluster().to_owned(), target: None },
            Link { text: words.place_broker(id), target: None },
        ],
        title: words.place_broker(id),
        subtitle: state.to_owned(),
        facts,
        why: (!chain.is_empty()).then_some(Why { question: question.to_owned(), chain }),
        links: rows
            .map(|(row, shown)| Link { text: shown.tp(), target: Some(Target::Lane { row, broker: id }) })
            .collect(),
        ..Inspection::default()
    })
}

fn why(evidence: &Evidence, id: i32) -> (&'static str, Vec<Reason>) {
    let words = evidence.words;
    let Some(card) = evidence.card(id) else { return (words.why_in_service(), Vec::new()) };
    let silent = silence(evidence, id);
    if card.fenced {
        let mut chain: Vec<Reason> = fenced(evidence, id).into_iter().collect();
        chain.extend(silent);
        chain.extend(cut_from_controller(evidence, id));
        if chain.is_empty() {
            chain.push(Reason::new(words.why_not_unfenced_yet(), words.why_not_unfenced_detail()));
        }
        let question = if card.state.is_down() { words.why_down() } else { words.why_fenced() };
        return (question, chain);
    }
    if let Some(silent) = silent {
        let mut chain = vec![Reason::new(words.why_still_registered(), words.why_not_noticed())];
        chain.extend(session(evidence, id));
        chain.push(silent);
        let question = if card.state == NodeState::Frozen { words.why_not_answering() } else { words.why_down() };
        return (question, chain);
    }
    if card.state == NodeState::Draining {
        return (words.why_draining(), vec![Reason::new(words.why_draining_text(), words.why_draining_detail())]);
    }
    if let Some(extra) = card.slowed_us {
        let text = words.why_is_slow(words.place_broker(id));
        return (words.why_slow(), vec![Reason::new(text, words.why_slow_detail(span(extra)))]);
    }
    let mut chain: Vec<Reason> = cut_from_controller(evidence, id).into_iter().collect();
    chain.extend(session(evidence, id));
    let up = newest(evidence, |event| matches!(event, Event::BrokerUp { broker, .. } if broker.0 == id));
    if let Some(at) = up {
        let text = words.why_unfenced(evidence.clock(at));
        chain.push(Reason::new(text, words.why_unfenced_detail()).at(evidence.us(at)));
    }
    (words.why_in_service(), chain)
}

/// The controller's decision to fence it, if that is why it is fenced.
fn fenced(evidence: &Evidence, id: i32) -> Option<Reason> {
    let words = evidence.words;
    let at = newest(evidence, |event| matches!(event, Event::BrokerFenced { broker, .. } if broker.0 == id))?;
    let up = newest(evidence, |event| matches!(event, Event::BrokerUp { broker, .. } if broker.0 == id));
    if up.is_some_and(|up| up > at) {
        return None;
    }
    let text = words.why_fenced_at(words.place_broker(id), evidence.clock(at));
    Some(Reason::new(text, words.why_left_fenced(span(session_timeout(evidence)))).at(evidence.us(at)))
}

/// When the active controller heard of the broker last, and when the session ends.
pub fn session(evidence: &Evidence, id: i32) -> Option<Reason> {
    let words = evidence.words;
    let controller = evidence.world.active_controller()?;
    let session = controller.session(NodeId(id)).filter(|session| session.is_tracked)?;
    let end = session.last_contact + SimDuration::from_micros(session_timeout(evidence));
    let text = words.why_last_heartbeat(evidence.clock(session.last_contact));
    let left = evidence.us(end) - evidence.scene.now_us;
    let detail = words.why_session_ends(evidence.clock(end), span(left.max(0) as u64));
    let reason = Reason::new(text, detail).at(evidence.us(session.last_contact));
    Some(reason.about(Target::Controller(controller.id.0)))
}

fn cut_from_controller(evidence: &Evidence, id: i32) -> Option<Reason> {
    let controller = evidence.world.active_controller()?.id.0;
    evidence.is_cut(controller, id).then(|| cut(evidence, controller, id, evidence.words.why_no_heartbeats()))
}

pub fn of_controller(evidence: &Evidence, id: i32) -> Option<Inspection> {
    let words = evidence.words;
    let control = &evidence.scene.control;
    let voter = control.voters.iter().find(|voter| voter.id == id)?;
    let active = control.active == Some(id);
    let voters: Vec<i32> = control.voters.iter().map(|voter| voter.id).collect();
    let state = match (active, voter.up) {
        (true, _) => words.inspect_active_controller(),
        (false, true) => words.inspect_standby_controller(),
        (false, false) => words.stage_killed(),
    };
    let mut facts = vec![fact("voters", listed(&voters)), fact("leaderEpoch", control.epoch)];
    let mut chain = Vec::new();
    if let Some(controller) = evidence.world.active_controller().filter(|controller| controller.id.0 == id) {
        facts.push(fact("logEndOffset", control.end_offset));
        facts.push(fact("ActiveBrokerCount", controller.image.unfenced_brokers().count()));
        let fenced = controller.image.brokers.values().filter(|broker| broker.fenced).count();
        facts.push(fact("FencedBrokerCount", fenced));
        facts.push(fact("broker.session.timeout.ms", controller.settings.broker_session_timeout_ms));
        for broker in controller.image.brokers.keys() {
            chain.extend(session(evidence, broker.0).map(|reason| Reason {
                text: format!("{}: {}", words.place_broker(broker), reason.text),
                target: Some(Target::Broker(broker.0)),
                ..reason
            }));
        }
    }
    let elected = newest(evidence, |event| matches!(event, Event::ControllerElected { node, .. } if node.0 == id));
    if let Some(at) = elected.filter(|_| active) {
        let text = words.why_controller_elected(control.epoch, evidence.clock(at));
        chain.push(Reason::new(text, words.why_controller_detail()).at(evidence.us(at)));
    }
    let process = ProcessId::Node(NodeId(id));
    let killed = newest(
        evidence,
        |event| matches!(event, Event::ProcessCrashed { process: of } | Event::ProcessFrozen { process: of } if *of == process),
    );
    if let Some(at) = killed.filter(|_| !voter.up) {
        let text = words.why_killed(words.place_controller(id));
        chain.insert(0, Reason::new(text, words.why_controller_gone()).at(evidence.us(at)));
    }
    Some(Inspection {
        crumbs: vec![
            Link { text: words.stage_quorum().to_owned(), target: None },
            Link { text: words.place_controller(id), target: None },
        ],
        title: words.place_controller(id),
        subtitle: state.to_owned(),
        facts,
        why: (!chain.is_empty()).then_some(Why { question: words.why_controller().to_owned(), chain }),
        ..Inspection::default()
    })
}
