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
///
/// # Errors
/// The first invariant that does not hold.
pub fn check(world: &World) -> Result<(), Violation> {
    check_logs(world)?;
    check_cluster(world)
}

/// The same without a look into every log, for those who look at what is new in logs by a [`super::watch::Watch`].
///
/// # Errors
/// The first invariant that does not hold.
pub fn check_cluster(world: &World) -> Result<(), Violation> {
    check_one_leader_per_epoch(world)?;
    check_observers_are_behind(world)?;
    check_registrations(world)?;
    check_in_sync_replicas(world)
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

/// Nobody has applied more than the log holds, and only an active controller more than is committed.
fn check_observers_are_behind(world: &World) -> Result<(), Violation> {
    for (id, slot) in &world.nodes {
        let Some(node) = slot.node() else { continue };
        let broker = node.broker.as_ref().map(|broker| (&broker.raft, &broker.image, false));
        let controller = node.controller.as_ref().map(|it| (&it.raft, &it.image, it.is_in_charge()));
        for (raft, image, is_in_charge) in broker.into_iter().chain(controller) {
            let end = raft.log().next_offset();
            let committed = raft.high_watermark().unwrap_or(0);
            let bound = if is_in_charge { end } else { committed };
            if committed > end || image.next_offset > bound {
                let detail = format!("node {id}: image {}, committed {committed}, log {end}", image.next_offset);
                return violated("image <= what is committed <= own metadata log", detail);
            }
        }
    }
    Ok(())
}

/// What the controller has decided fits together (KIP-966: with eligible leader replicas).
fn check_registrations(world: &World) -> Result<(), Violation> {
    let Some(controller) = world.active_controller() else { return Ok(()) };
    for (tp, _, partition) in controller.image.partitions() {
        let leads_in_isr = partition.leader.is_none_or(|leader| partition.isr.contains(&leader));
        // A reassignment to fewer replicas than min.insync.replicas leaves the others in the ELR, as Kafka's does.
        let assigned = partition.isr.iter().all(|node| partition.replicas.contains(node));
        let apart = partition.isr.iter().all(|node| !partition.elr.contains(node));
        let fenced = |node: &NodeId| controller.image.brokers.get(node).is_none_or(|broker| broker.fenced);
        if !(leads_in_isr && assigned && apart && !partition.isr.iter().any(fenced)) {
            return violated("leader in ISR, ISR unfenced, ISR and ELR apart", format!("{tp}: {partition:?}"));
        }
    }
    Ok(())
}

/// Everyone in the ISR has all that the leader of the newest epoch calls committed, and the same (log matching: the same
/// epoch at an offset means the same records up to there).
fn check_in_sync_replicas(world: &World) -> Result<(), Violation> {
    let Some(controller) = world.active_controller() else { return Ok(()) };
    for (tp, topic_id, partition) in controller.image.partitions() {
        let Some(broker) = partition.leader.and_then(|leader| world.broker(leader)) else { continue };
        let leads = broker.partitions.get(&tp).and_then(|replica| replica.leader_epoch());
        if leads != Some(partition.leader_epoch) {
            continue;
        }
        let committed = &broker.disk.logs[&tp].log;
        let on_known_disk = |node: &&NodeId| {
            // Until a node whose disk, or the end of it, was lost registers again, the controller does not know.
            let known = controller.image.brokers.get(*node).map(|broker| &broker.directories);
            let disk = world.disk(**node).filter(|disk| !disk.is_bereft).map(|disk| disk.directory_id);
            known.zip(disk).is_some_and(|(known, disk)| known.contains(&disk))
        };
        for node in partition.isr.iter().filter(on_known_disk) {
            let stored = world.disk(*node).and_then(|disk| disk.logs.get(&tp)).filter(|s| s.topic_id == topic_id);
            check_same_up_to_high_watermark(&tp, committed, *node, stored.map(|stored| &stored.log))?;
        }
    }
    Ok(())
}

fn check_same_up_to_high_watermark(
    tp: &TopicPartition,
    leader: &PartitionLog,
    node: NodeId,
    replica: Option<&PartitionLog>,
) -> Result<(), Violation> {
    let high_watermark = leader.high_watermark();
    let end = replica.map_or(0, PartitionLog::log_end_offset);
    if end < high_watermark {
        let detail = format!("{tp}: HW {high_watermark}, but broker {node} ends at {end}");
        return violated("every ISR member has what is below the high watermark", detail);
    }
    // Each broker compacts its replicas when it comes to it.
    let Some(replica) = replica.filter(|replica| !replica.may_have_gaps()) else { return Ok(()) };
    let identity = |log: &PartitionLog| {
        let batch = log.batch_at(high_watermark - 1)?;
        Some((batch.base_offset(), batch.partition_leader_epoch(), batch.crc()))
    };
    match (identity(leader), identity(replica)) {
        (Some(ours), Some(theirs)) if ours != theirs => {
            let detail = format!("{tp} below {high_watermark}: {ours:?}, on broker {node} {theirs:?}");
            violated("replicas are equal below the high watermark", detail)
        }
        _ => Ok(()),
    }
}

/// The high watermark of a leader never falls within an epoch. Fed after every step, it remembers what it saw.
#[derive(Clone, Debug, Default)]
pub struct HighWatermarks {
    seen: BTreeMap<(TopicPartition, LeaderEpoch, NodeId), i64>,
}

impl HighWatermarks {
    /// # Errors
    /// The leader whose high watermark fell.
    pub fn check(&mut self, world: &World) -> Result<(), Violation> {
        let mut now = BTreeMap::new();
        for node in world.nodes.keys() {
            let Some(broker) = world.broker(*node) else { continue };
            for (tp, partition) in &broker.partitions {
                let Some(epoch) = partition.leader_epoch() else { continue };
                let key = (tp.clone(), epoch, *node);
                let high_watermark = broker.disk.logs[tp].log.high_watermark();
                if let Some(before) = self.seen.get(&key).filter(|before| **before > high_watermark) {
                    let detail = format!("{tp} on broker {node} in epoch {epoch}: {before}, then {high_watermark}");
                    return violated("a leader's high watermark never falls", detail);
                }
                now.insert(key, high_watermark);
            }
        }
        self.seen = now;
        Ok(())
    }
}

/// Every record that was acknowledged is stored where the acknowledgement said. If it was sent with acks=all and no
/// leader was elected uncleanly, everyone who can be elected has it, unless its segment was deleted.
pub fn check_acknowledged(world: &World, ledger: &Ledger) -> Result<(), Violation> {
    let image = world.active_controller().map(|controller| &controller.image);
    for (rid, account) in ledger.accounts() {
        let Some((tp, offset)) = account.acked.as_ref().filter(|_| !account.topic_is_gone) else { continue };
        let stored = account.stored.contains(&(tp.clone(), *offset));
        if !stored {
            let detail =
                format!("record {rid} was acknowledged at {tp} offset {offset} and stored {:?}", account.stored);
            return violated("acknowledged records are stored", detail);
        }
        let partition = image.and_then(|image| image.partition(&tp.topic, tp.partition));
        let topic = image.and_then(|image| image.topics.get(&tp.topic));
        let (Some(partition), Some(topic)) = (partition, topic) else { continue };
        if !account.acked_to.is_some_and(|client| world.waits_for_all(client)) || ledger.was_unclean(tp) {
            continue;
        }
        // Who is no replica any more is never elected, though Kafka may leave it in the ELR.
        // One that lost what was on no disk is not elected with it: its registration takes it out of both.
        let counts =
            |node: &&NodeId| partition.replicas.contains(node) && world.disk(**node).is_none_or(|disk| !disk.is_bereft);
        let electable = partition.isr.iter().chain(&partition.elr).filter(counts);
        for node in electable {
            let log = world.disk(*node).and_then(|disk| disk.logs.get(tp));
            // A topic of the same name that was made later has other records.
            let log = log.filter(|log| log.topic_id == topic.id).map(|stored| &stored.log);
            let born_later = log.is_none_or(|log| *offset < log.log_start_offset() || log.may_have_gaps());
            let batch = log.and_then(|log| log.batch_at(*offset));
            let has = batch.is_some_and(|batch| batch.rids().is_empty() || batch.rids().contains(&rid));
            if !born_later && !has {
                let detail = format!("record {rid} at {tp} offset {offset} is gone from broker {node}");
                return violated("records acknowledged by all survive", detail);
            }
        }
    }
    Ok(())
}
