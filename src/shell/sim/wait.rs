//! `sim step --until` and `--wait`: what is waited for.

use super::condition::Condition;
use super::events::is_event;
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::nearest::did_you_mean;
use crate::sim::state::{PartitionState, state};
use crate::sim::timeline::Timeline;
use crate::sim::world::World;

/// Whether the condition holds now; `first` is the length of the journal when the waiting began.
pub fn holds(timeline: &Timeline, condition: &Condition, first: u64) -> Result<bool, String> {
    let world = timeline.world();
    Ok(match condition {
        Condition::Goal => return Err("a goal belongs to a lesson".to_string()),
        Condition::Group { .. } => return Err("not yet: --until group:".to_string()),
        Condition::Idle => is_idle(world),
        Condition::HighWatermark { tp, broker, at_least } => {
            replica(world, tp, *broker).is_some_and(|(_, high_watermark)| high_watermark >= *at_least)
        }
        Condition::LogEndOffset { tp, broker, at_least } => {
            replica(world, tp, *broker).is_some_and(|(end, _)| end >= *at_least)
        }
        Condition::Leader { tp, leader } => {
            partition(world, tp).is_some_and(|partition| partition.leader == leader.map(|id| id.0))
        }
        Condition::Isr { tp, isr } => partition(world, tp).is_some_and(|partition| {
            let mut ids = partition.isr;
            ids.sort();
            ids.into_iter().eq(isr.iter().map(|id| id.0))
        }),
        Condition::Event { name, .. } if !Event::NAMES.contains(&name.as_str()) => {
            return Err(format!("there is no event '{name}'{}", did_you_mean(name, Event::NAMES.iter().copied())));
        }
        Condition::Event { name, fields } => {
            timeline.journal().iter_from(first).any(|entry| is_event(world, &entry.event, name, fields))
        }
    })
}

/// Refuses a condition on a broker or a partition that does not exist. A topic that does not exist may still be created
/// by a client that runs, or by what follows in a run that was gone back in.
///
/// # Errors
/// What does not exist.
pub fn check_possible(timeline: &Timeline, condition: &Condition) -> Result<(), String> {
    let (tp, brokers) = match condition {
        Condition::HighWatermark { tp, broker, .. } | Condition::LogEndOffset { tp, broker, .. } => {
            (tp, broker.iter().copied().collect())
        }
        Condition::Leader { tp, leader } => (tp, leader.iter().copied().collect()),
        Condition::Isr { tp, isr } => (tp, isr.clone()),
        Condition::Goal | Condition::Idle | Condition::Group { .. } | Condition::Event { .. } => return Ok(()),
    };
    let known: Vec<NodeId> = timeline.scenario().brokers().collect();
    if let Some(id) = brokers.iter().find(|id| !known.contains(id)) {
        let ids: Vec<String> = known.iter().map(NodeId::to_string).collect();
        return Err(format!("there is no broker {id}: {}", ids.join(", ")));
    }
    let world = timeline.world();
    if timeline.is_in_past() || partition(world, tp).is_some() {
        return Ok(());
    }
    let topic_exists = state(world).topics.iter().any(|topic| topic.name == tp.topic);
    if topic_exists || !world.clients.values().any(|slot| slot.is_running()) {
        return Err(format!("there is no partition {tp}"));
    }
    Ok(())
}

/// Nothing of a client travels or waits to be sent.
fn is_idle(world: &World) -> bool {
    let busy = |slot: &crate::sim::slots::ClientSlot| slot.producer().is_some_and(|app| !app.is_idle());
    !world.clients.values().any(|slot| slot.is_running() && busy(slot))
}

fn partition(world: &World, tp: &TopicPartition) -> Option<PartitionState> {
    let topic = state(world).topics.into_iter().find(|topic| topic.name == tp.topic)?;
    topic.partitions.into_iter().find(|partition| partition.id == tp.partition)
}

/// Log end offset and high watermark of a replica, or of the leader.
fn replica(world: &World, tp: &TopicPartition, broker: Option<NodeId>) -> Option<(i64, i64)> {
    let partition = partition(world, tp)?;
    let broker = broker.map(|id| id.0).or(partition.leader)?;
    let log = partition.logs.into_iter().find(|log| log.broker == broker)?;
    Some((log.log_end_offset, log.high_watermark))
}

/// Records of a client that leaders have appended since the journal had `first` entries.
pub fn appended(timeline: &Timeline, client: &str, first: u64) -> u64 {
    let is_ours = |event: &Event| matches!(event, Event::Appended { client: name, .. } if &**name == client);
    timeline.journal().iter_from(first).filter(|entry| is_ours(&entry.event)).count() as u64
}
