//! Metadata under a watch: brokers replay a prefix of the controller's log, and what the controller decides goes
//! forward.

use std::collections::BTreeMap;

use crate::kafka::controller::metadata_log::MetadataLog;
use crate::kafka::ids::{LeaderEpoch, NodeId, PartitionEpoch, Uuid};
use crate::kafka::image::MetadataImage;
use crate::sim::invariants::{Violation, violated};
use crate::sim::slots::NodeState;
use crate::sim::world::World;

#[derive(Clone, Debug, Default)]
pub(super) struct MetadataWatch {
    /// How far the controllers' image was looked at.
    decided: i64,
    epochs: BTreeMap<(Uuid, i32), (LeaderEpoch, PartitionEpoch)>,
    /// How far each broker's log and image were looked at, on which disk.
    copied: BTreeMap<NodeId, (Uuid, (i64, i64))>,
}

impl MetadataWatch {
    pub(super) fn look(&mut self, world: &World) -> Result<(), Violation> {
        if let Some(controller) = world.active_controller()
            && controller.image.next_offset != self.decided
        {
            self.decided = controller.image.next_offset;
            self.look_at_decisions(&controller.image)?;
        }
        let Some(truth) = world.nodes.keys().find_map(|id| controllers_log(world, *id)) else { return Ok(()) };
        for id in world.nodes.keys() {
            let Some(broker) = world.broker(*id) else { continue };
            let (log, image) = (&broker.disk.metadata_log, &broker.image);
            let now = (log.next_offset(), image.next_offset);
            let disk = broker.disk.directory_id;
            let before = self.copied.insert(*id, (disk, now)).filter(|(known, _)| *known == disk);
            let before = before.map(|(_, before)| before).unwrap_or_default();
            if now == before {
                continue;
            }
            if now.0 < before.0 || now.0 > truth.next_offset() || now.1 > now.0 {
                let detail = format!("broker {id}: log {}, image {}, controller {}", now.0, now.1, truth.next_offset());
                return violated("image <= own metadata log <= controller's log", detail);
            }
            check_copy(*id, log, truth, before.0)?;
            let same_age = |controller: &&MetadataImage| controller.next_offset == image.next_offset;
            let decided = world.active_controller().map(|controller| &controller.image).filter(same_age);
            if decided.is_some_and(|decided| decided != image) {
                let detail = format!("broker {id} at offset {}", image.next_offset);
                return violated("images of one offset are equal", detail);
            }
        }
        Ok(())
    }

    fn look_at_decisions(&mut self, image: &MetadataImage) -> Result<(), Violation> {
        for (tp, topic_id, partition) in image.partitions() {
            let epochs = (partition.leader_epoch, partition.partition_epoch);
            let before = self.epochs.insert((topic_id, tp.partition), epochs);
            if before.is_some_and(|before| epochs.0 < before.0 || epochs.1 < before.1) {
                return violated("epochs of a partition grow", format!("{tp}: {epochs:?} after {before:?}"));
            }
            let Some(leader) = partition.leader else { continue };
            let in_service = image.brokers.get(&leader).is_some_and(|broker| !broker.fenced);
            if !in_service || !partition.isr.contains(&leader) {
                let detail = format!("{tp}: leader {leader}, ISR {:?}", partition.isr);
                return violated("a leader is in service and in the ISR", detail);
            }
            if !partition.isr.iter().all(|id| partition.replicas.contains(id)) {
                return violated("the ISR is made of replicas", format!("{tp}: {partition:?}"));
            }
        }
        Ok(())
    }
}

/// The controller's log, also while its process is down.
fn controllers_log(world: &World, id: NodeId) -> Option<&MetadataLog> {
    match &world.nodes.get(&id)?.state {
        NodeState::Up(node) | NodeState::Stopping(node) => node.controller.as_ref().map(|controller| &controller.log),
        NodeState::Crashed(disk) | NodeState::Stopped(disk) => disk.controller.as_ref(),
    }
}

/// From `from` on the copy has the same bytes.
fn check_copy(id: NodeId, copy: &MetadataLog, truth: &MetadataLog, from: i64) -> Result<(), Violation> {
    let copied = copy.read(from, i32::MAX);
    let decided = truth.read(from, i32::MAX);
    match copied.iter().zip(&decided).find(|(copied, decided)| copied.bytes() != decided.bytes()) {
        None => Ok(()),
        Some((copied, _)) => {
            let detail = format!("broker {id}: the batch at {}", copied.base_offset());
            violated("a broker's metadata log is a prefix of the controller's", detail)
        }
    }
}
