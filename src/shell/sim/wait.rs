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
        Condition::Goal => return Err("not yet: --until goal".to_string()),
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
