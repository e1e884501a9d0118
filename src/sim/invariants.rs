//! What must hold after every event. Tests and torture decide what to do about a violation; the page stops time and
//! shows it.

use std::collections::BTreeMap;

use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition, Uuid};
use crate::kafka::log::PartitionLog;

use super::ledger::Ledger;
use super::world::World;

/// A broken invariant: which, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    pub invariant: &'static str,
    pub detail: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.invariant, self.detail)
    }
}

pub(super) fn violated(invariant: &'static str, detail: String) -> Result<(), Violation> {
    Err(Violation { invariant, detail })
}

/// Checks everything that can be seen in the world alone.
pub fn check(world: &World) -> Result<(), Violation> {
    check_logs(world)?;
    check_one_leader_per_epoch(world)?;
    check_observers_are_behind(world)
}

fn check_logs(world: &World) -> Result<(), Violation> {
    for id in world.nodes.keys() {
        let Some(disk) = world.disk(*id) else { continue };
        for (tp, stored) in &disk.logs {
            check_log(*id, tp, &stored.log)?;
        }
    }
    Ok(())
}

fn check_log(node: NodeId, tp: &TopicPartition, log: &PartitionLog) -> Result<(), Violation> {
    let (start, stable) = (log.log_start_offset(), log.last_stable_offset());
    let (high_watermark, end) = (log.high_watermark(), log.log_end_offset());
    if !(start <= high_watermark && stable <= high_watermark && high_watermark <= end) {
        let detail = format!("{tp} on node {node}: start {start}, LSO {stable}, HW {high_watermark}, LEO {end}");
        return violated("log start <= LSO <= HW <= LEO", detail);
    }
    let mut next = None;
    for segment in log.segments() {
        for placed in segment.batches().iter() {
            let (base, last) = (placed.batch.base_offset(), placed.batch.last_offset());
            if next.is_some_and(|next| base < next) || last < base {
                let detail = format!("{tp} on node {node}: batch {base}..{last} after {next:?}");
                return violated("offsets grow", detail);
            }
            next = Some(last + 1);
        }
    }
    match next {
        Some(next) if next != end => violated("LEO follows the last batch", format!("{tp}: {next} and {end}")),
        _ => Ok(()),
    }
}

/// Two brokers may both believe to lead a partition, but never in the same epoch.
pub(super) fn check_one_leader_per_epoch(world: &World) -> Result<(), Violation> {
    let mut leaders: BTreeMap<(Uuid, &TopicPartition, LeaderEpoch), NodeId> = BTreeMap::new();
    for id in world.nodes.keys() {
        let Some(broker) = world.broker(*id) else { continue };
        for (tp, partition) in &broker.partitions {
            let Some(epoch) = partition.leader_epoch() else { continue };
            if let Some(other) = leaders.insert((partition.topic_id, tp, epoch), *id) {
                let detail = format!("{tp} in epoch {epoch}: brokers {other} and {id}");
                return violated("one leader per epoch", detail);
            }
        }
    }
    Ok(())
}

/// A broker's copy of the metadata log is never longer than the controller's.
fn check_observers_are_behind(world: &World) -> Result<(), Violation> {
    let Some(controller) = world.active_controller() else { return Ok(()) };
    let end = controller.log.next_offset();
    for id in world.nodes.keys() {
        let Some(broker) = world.broker(*id) else { continue };
        let reached = broker.disk.metadata_log.next_offset();
        if reached > end || broker.image.next_offset > reached {
            let detail = format!("broker {id}: image {}, log {reached}, controller {end}", broker.image.next_offset);
            return violated("image <= own metadata log <= controller's log", detail);
        }
    }
    Ok(())
}

/// Every acknowledged record of a topic that still exists is stored where the acknowledgement said, as long as no
/// retention is in play: nothing removes records yet.
pub fn check_acknowledged(world: &World, ledger: &Ledger) -> Result<(), Violation> {
    for (rid, account) in ledger.accounts() {
        let Some((tp, offset)) = &account.acked else { continue };
        let stored = account.stored.contains(&(tp.clone(), *offset));
        if !stored {
            let detail =
                format!("record {rid} was acknowledged at {tp} offset {offset} and stored {:?}", account.stored);
            return violated("acknowledged records are stored", detail);
        }
        let mut holders = world.nodes.keys().filter_map(|id| world.disk(*id)?.logs.get(tp)).peekable();
        if holders.peek().is_some() && !holders.any(|stored| stored.log.log_end_offset() > *offset) {
            return violated("acknowledged records stay", format!("record {rid} at {tp} offset {offset} is gone"));
        }
    }
    Ok(())
}
