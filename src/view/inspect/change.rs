//! What a fault changed, with the names that JMX has for it, and what may be done next.
//!
//! Before and now are both read: now from the metadata of this moment, before by taking back what the journal says was
//! changed since the newest fault.

use std::collections::{BTreeMap, BTreeSet};

use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::kafka::image::PartitionRegistration;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::sim::journal::Entry;
use crate::view::hit::Target;
use crate::view::scene::{ClientState, NodeState, Tone};

use super::{Change, Changed, Evidence, Inspection, Try};

/// Adds both to a page, where they belong to it.
pub fn fill(evidence: &Evidence, target: &Target, page: &mut Inspection) {
    page.tries = tries(evidence, target);
    let concerned =
        matches!(target, Target::Partition(_) | Target::Lane { .. } | Target::Broker(_) | Target::Controller(_));
    if concerned {
        page.changed = changed(evidence);
    }
}

/// The cluster in the numbers that operators watch.
#[derive(Clone, Debug, Default)]
struct Numbers {
    under_replicated: i64,
    under_min_isr: i64,
    at_min_isr: i64,
    offline: i64,
    active: i64,
    fenced: i64,
}

fn changed(evidence: &Evidence) -> Option<Changed> {
    let fault = evidence.back().find(|entry| is_fault(&entry.event))?;
    let (since, step) = (fault.at, fault.step);
    let image = evidence.image()?;
    let mut partitions: BTreeMap<TopicPartition, PartitionRegistration> =
        image.partitions().map(|(tp, _, registration)| (tp, registration.clone())).collect();
    let mut active: BTreeSet<NodeId> = image.unfenced_brokers().map(|broker| broker.id).collect();
    let known: BTreeSet<NodeId> = image.brokers.keys().copied().collect();
    let now = numbers(evidence, &partitions, &active, &known);
    let mut refused = 0;
    let mut failed = 0;
    // The newest first, so that what is left in the end is the state before the oldest change.
    for entry in evidence.back().take_while(|entry| entry.step >= step && entry.at >= since) {
        take_back(entry, &mut partitions, &mut active);
        match &entry.event {
            Event::AppendFailed { .. } => refused += 1,
            Event::SendFailed { .. } => failed += 1,
            _ => {}
        }
    }
    let was = numbers(evidence, &partitions, &active, &known);
    let row = |name, was, now, tone| Change { name, was, now, tone: if was == now { Tone::Plain } else { tone } };
    let worse = |was: i64, now: i64, tone: Tone| if now > was { tone } else { Tone::Plain };
    let mut rows = vec![
        row(
            "UnderReplicatedPartitions",
            was.under_replicated,
            now.under_replicated,
            worse(was.under_replicated, now.under_replicated, Tone::Lagging),
        ),
        row(
            "UnderMinIsrPartitionCount",
            was.under_min_isr,
            now.under_min_isr,
            worse(was.under_min_isr, now.under_min_isr, Tone::Failing),
        ),
        row(
            "AtMinIsrPartitionCount",
            was.at_min_isr,
            now.at_min_isr,
            worse(was.at_min_isr, now.at_min_isr, Tone::Lagging),
        ),
        row("OfflinePartitionsCount", was.offline, now.offline, worse(was.offline, now.offline, Tone::Failing)),
        row("ActiveBrokerCount", was.active, now.active, worse(now.active, was.active, Tone::Failing)),
        row("FencedBrokerCount", was.fenced, now.fenced, worse(was.fenced, now.fenced, Tone::Failing)),
    ];
    rows.push(row(evidence.words.inspect_refused(), 0, refused, worse(0, refused, Tone::Failing)));
    rows.push(row(evidence.words.inspect_failed(), 0, failed, worse(0, failed, Tone::Failing)));
    Some(Changed { since_us: evidence.us(since), rows })
}

fn is_fault(event: &Event) -> bool {
    let is_node = |process: &ProcessId| matches!(process, ProcessId::Node(_));
    match event {
        Event::BrokerKilled { .. } | Event::ControlledShutdown { .. } | Event::DiskDestroyed { .. } => true,
        Event::ProcessCrashed { process } | Event::ProcessFrozen { process } => is_node(process),
        Event::LinkCut { a, b } => is_node(a) && is_node(b),
        _ => false,
    }
}

/// Undoes one event in the tables.
fn take_back(
    entry: &Entry,
    partitions: &mut BTreeMap<TopicPartition, PartitionRegistration>,
    active: &mut BTreeSet<NodeId>,
) {
    match &entry.event {
        Event::MetadataAppended { record } => match (&record.record, &record.topic, &record.before) {
            (MetadataRecord::PartitionChange(change), Some(topic), Some(before)) => {
                partitions.insert(TopicPartition::new(topic.clone(), change.partition_id), before.clone());
            }
            (MetadataRecord::Partition(partition), Some(topic), _) => {
                partitions.remove(&TopicPartition::new(topic.clone(), partition.partition_id));
            }
            _ => {}
        },
        Event::BrokerFenced { broker, .. } => {
            active.insert(*broker);
        }
        Event::BrokerUp { broker, .. } => {
            active.remove(broker);
        }
        _ => {}
    }
}

fn numbers(
    evidence: &Evidence,
    partitions: &BTreeMap<TopicPartition, PartitionRegistration>,
    active: &BTreeSet<NodeId>,
    known: &BTreeSet<NodeId>,
) -> Numbers {
    let mut numbers = Numbers { active: active.len() as i64, ..Numbers::default() };
    numbers.fenced = known.len() as i64 - numbers.active;
    for (tp, partition) in partitions {
        let Some(row) = evidence.row_of(tp).and_then(|row| evidence.row(row)) else { continue };
        let (isr, replicas) = (partition.isr.len() as i64, partition.replicas.len() as i64);
        let min = i64::from(row.min_isr).min(replicas);
        // A leader counts these for the partitions that it leads.
        if partition.leader.is_none() {
            numbers.offline += 1;
            continue;
        }
        numbers.under_replicated += i64::from(isr < replicas);
        numbers.under_min_isr += i64::from(isr < min);
        numbers.at_min_isr += i64::from(isr == min);
    }
    numbers
}

/// What mends what is broken around the thing, each as its console line.
fn tries(evidence: &Evidence, target: &Target) -> Vec<Try> {
    let words = evidence.words;
    let brokers: Vec<i32> = match target {
        Target::Broker(id) => vec![*id],
        Target::Partition(row) | Target::Lane { row, .. } | Target::Record { row, .. } | Target::Batch { row, .. } => {
            evidence.row(*row).map(|row| row.replicas.clone()).unwrap_or_default()
        }
        Target::Controller(id) => controller_tries(evidence, *id),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    let mut push = |text: String, line: String| found.push(Try { text, line });
    for id in &brokers {
        let Some(card) = evidence.card(*id) else { continue };
        match card.state {
            NodeState::Killed | NodeState::Stopped => push(words.try_start(id), format!("sim start {id}")),
            NodeState::Frozen => push(words.try_thaw(id), format!("sim thaw {id}")),
            _ => {}
        }
        if card.slowed_us.is_some() {
            push(words.try_full_speed(id), format!("sim slow broker {id} off"));
        }
    }
    for (a, b) in evidence.scene.cuts.iter().filter(|(a, b)| brokers.contains(a) || brokers.contains(b)) {
        push(words.try_heal(a, b), format!("sim heal {a} {b}"));
    }
    if let Target::Controller(id) = target
        && evidence.scene.control.voters.iter().any(|voter| voter.id == *id && !voter.up)
    {
        push(words.try_start_controller(id), format!("sim start {id}"));
    }
    found.extend(client_tries(evidence, target));
    found.extend(election(evidence, target));
    found
}

/// The brokers that a cut keeps from the controller.
fn controller_tries(evidence: &Evidence, id: i32) -> Vec<i32> {
    if evidence.scene.cuts.iter().any(|(a, b)| *a == id || *b == id) { vec![id] } else { Vec::new() }
}

fn client_tries(evidence: &Evidence, target: &Target) -> Option<Try> {
    let words = evidence.words;
    let (name, state) = match target {
        Target::Producer(name) => {
            (name, evidence.scene.producers.iter().find(|card| card.name == *name).map(|card| card.state)?)
        }
        Target::Consumer(name) => {
            (name, evidence.scene.consumers.iter().find(|card| card.name == *name).map(|card| card.state)?)
        }
        _ => return None,
    };
    match state {
        ClientState::Crashed | ClientState::Closed => {
            Some(Try { text: words.try_start_client(name), line: format!("sim start {name}") })
        }
        ClientState::Frozen => Some(Try { text: words.try_thaw_client(name), line: format!("sim thaw {name}") }),
        ClientState::Running => None,
    }
}

/// The preferred leader is in the ISR and does not lead: an election gives it the partition back.
fn election(evidence: &Evidence, target: &Target) -> Option<Try> {
    let (Target::Partition(row) | Target::Lane { row, .. }) = target else { return None };
    let row = evidence.row(*row)?;
    let preferred = *row.replicas.first()?;
    let serves = evidence.card(preferred).is_some_and(|card| card.state.serves() && !card.fenced);
    let may = row.leader.is_some_and(|leader| leader != preferred) && row.isr.contains(&preferred) && serves;
    may.then(|| Try {
        text: evidence.words.try_preferred(preferred),
        line: format!(
            "kafka-leader-election --election-type PREFERRED --topic {} --partition {}",
            row.topic, row.partition
        ),
    })
}
