//! Metadata under a watch: one leader in an epoch of the quorum, one vote, one committed log of which everyone replays a
//! prefix; and what the controller decides goes forward.

use std::collections::BTreeMap;

use crate::kafka::controller::Controller;
use crate::kafka::controller::raft::RaftClient;
use crate::kafka::ids::{LeaderEpoch, NodeId, PartitionEpoch, Uuid};
use crate::kafka::image::MetadataImage;
use crate::sim::invariants::{Violation, violated};
use crate::sim::world::World;

#[derive(Clone, Debug, Default)]
pub(super) struct MetadataWatch {
    /// How far the committed image was looked at.
    decided: i64,
    epochs: BTreeMap<(Uuid, i32), (LeaderEpoch, PartitionEpoch)>,
    /// Every committed batch by the offset behind it: epoch and checksum.
    committed: BTreeMap<i64, (LeaderEpoch, u32)>,
    /// How far each replica of the log was looked at: the controller's, and the broker's.
    looked: BTreeMap<(NodeId, bool), i64>,
    images: BTreeMap<NodeId, i64>,
    /// Who led an epoch of the quorum, and who got a voter's vote in it.
    leaders: BTreeMap<i32, NodeId>,
    votes: BTreeMap<(NodeId, i32), NodeId>,
    roles: BTreeMap<NodeId, (i32, Option<NodeId>, Option<NodeId>, bool)>,
}

impl MetadataWatch {
    pub(super) fn look(&mut self, world: &World) -> Result<(), Violation> {
        for (id, slot) in &world.nodes {
            let Some(node) = slot.node() else { continue };
            if let Some(controller) = &node.controller {
                self.look_at_election(*id, controller)?;
                self.look_at_replica(*id, true, &controller.raft)?;
            }
            if let Some(broker) = &node.broker {
                self.look_at_replica(*id, false, &broker.raft)?;
                self.look_at_image(world, *id, &broker.image)?;
            }
        }
        if let Some(controller) = world.active_controller()
            && controller.raft.is_all_committed()
            && controller.image.next_offset != self.decided
        {
            self.decided = controller.image.next_offset;
            self.look_at_decisions(&controller.image)?;
        }
        Ok(())
    }

    /// One leader in an epoch, and one vote of a voter.
    fn look_at_election(&mut self, id: NodeId, controller: &Controller) -> Result<(), Violation> {
        let (raft, election) = (&controller.raft, controller.raft.disk.election);
        let now = (election.epoch, election.leader, election.voted.map(|voted| voted.id), raft.is_leader());
        let before = self.roles.insert(id, now);
        if before == Some(now) {
            return Ok(());
        }
        if before.is_some_and(|before| before.0 > now.0) {
            return violated("a voter's epoch never falls", format!("controller {id}: {before:?}, then {now:?}"));
        }
        if raft.is_leader() && *self.leaders.entry(now.0).or_insert(id) != id {
            let detail = format!("epoch {}: controllers {} and {id}", now.0, self.leaders[&now.0]);
            return violated("one leader in an epoch of the quorum", detail);
        }
        if let Some(voted) = now.2
            && *self.votes.entry((id, now.0)).or_insert(voted) != voted
        {
            let detail = format!("controller {id} in epoch {}: {} and {voted}", now.0, self.votes[&(id, now.0)]);
            return violated("one vote in an epoch", detail);
        }
        Ok(())
    }

    /// What one replica knows to be committed is the same on all, and stays.
    fn look_at_replica(&mut self, id: NodeId, is_controller: bool, raft: &RaftClient) -> Result<(), Violation> {
        let committed = raft.high_watermark().unwrap_or(0);
        let before = self.looked.insert((id, is_controller), committed).unwrap_or(0);
        // A new process does not know yet what is committed, and then again from the start.
        let from = if committed < before { 0 } else { before };
        if committed == before {
            return Ok(());
        }
        for batch in raft.log().committed_from(from) {
            let known = (batch.partition_leader_epoch(), batch.crc());
            if *self.committed.entry(batch.next_offset()).or_insert(known) != known {
                let detail = format!("node {id}: the batch at {} is another one", batch.base_offset());
                return violated("committed metadata are never lost or rewritten", detail);
            }
        }
        Ok(())
    }

    /// An image of the same age as the active controller's is the same.
    fn look_at_image(&mut self, world: &World, id: NodeId, image: &MetadataImage) -> Result<(), Violation> {
        if self.images.insert(id, image.next_offset) == Some(image.next_offset) {
            return Ok(());
        }
        let decided = world.active_controller().map(|controller| &controller.image);
        let same_age = decided.filter(|decided| decided.next_offset == image.next_offset && image.next_offset > 0);
        if same_age.is_some_and(|decided| decided != image) {
            return violated("images of one offset are equal", format!("broker {id} at offset {}", image.next_offset));
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
