//! What becomes of one partition when the brokers around it change: leader, ISR, ELR, and whether a reassignment is
//! complete (`PartitionChangeBuilder`, `PartitionReassignmentReplicas`; ELR: KIP-966).
//!
//! Pure: from a registration and a wish to a change record. The controller's handlers differ only in what they wish.

use crate::kafka::ids::{NodeId, Uuid};
use crate::kafka::image::{NO_LEADER, NO_LEADER_CHANGE, PartitionRegistration, RECOVERY_UNCHANGED, unchanged};
use crate::kafka::java;
use crate::kafka::protocol::metadata_records::PartitionChangeRecord;
use crate::kafka::seeded::SeededBug;

/// `LeaderRecoveryState`: the leader was elected cleanly, or has told that it is through.
pub const RECOVERED: i8 = 0;
/// The leader was elected uncleanly, or as the last known one, and has not yet told that it is through.
pub const RECOVERING: i8 = 1;

/// How far an election may go (`PartitionChangeBuilder.Election`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Election {
    /// The preferred leader, whoever leads now; else as `Online`.
    Preferred,
    /// A new leader only if there is no valid one, and only a clean one.
    Online,
    /// As `Online`, but with nobody else a live replica that may lack records.
    Unclean,
}

/// One wish: the partition as it is, the circumstances, and what is to become of it.
pub struct PartitionChange<'a> {
    pub partition: &'a PartitionRegistration,
    pub topic_id: Uuid,
    pub partition_id: i32,
    /// Whether a broker can lead: registered, unfenced, not shutting down.
    pub is_acceptable: &'a dyn Fn(NodeId) -> bool,
    /// `min.insync.replicas` of the topic, at most its replication factor.
    pub min_isr: i32,
    pub elr_enabled: bool,
    pub election: Election,
    /// Whether the last known leader may be elected when ISR and ELR are empty.
    pub last_known_leader_recovers: bool,
    pub target_isr: Vec<NodeId>,
    pub target_replicas: Vec<NodeId>,
    pub target_removing: Vec<NodeId>,
    pub target_adding: Vec<NodeId>,
    pub unclean_shutdown: Vec<NodeId>,
    pub target_recovery: i8,
    /// The directory of a broker that takes a new replica.
    pub directory_of: &'a dyn Fn(NodeId) -> Uuid,
}

/// What the builder has worked out so far.
struct Plan {
    isr: Vec<NodeId>,
    replicas: Vec<NodeId>,
    removing: Vec<NodeId>,
    adding: Vec<NodeId>,
    elr: Vec<NodeId>,
    last_known_elr: Vec<NodeId>,
    /// The election that was decided may lose records.
    unclean: bool,
    record: PartitionChangeRecord,
}

/// Who is to lead, and whether records may be lost by it.
struct Elected {
    leader: NodeId,
    unclean: bool,
}

impl<'a> PartitionChange<'a> {
    /// A wish that wishes nothing yet.
    pub fn new(
        partition: &'a PartitionRegistration,
        (topic_id, partition_id): (Uuid, i32),
        is_acceptable: &'a dyn Fn(NodeId) -> bool,
        min_isr: i32,
        directory_of: &'a dyn Fn(NodeId) -> Uuid,
    ) -> PartitionChange<'a> {
        PartitionChange {
            partition,
            topic_id,
            partition_id,
            is_acceptable,
            min_isr,
            elr_enabled: true,
            election: Election::Online,
            last_known_leader_recovers: true,
            target_isr: partition.isr.clone(),
            target_replicas: partition.replicas.clone(),
            target_removing: partition.removing_replicas.clone(),
            target_adding: partition.adding_replicas.clone(),
            unclean_shutdown: Vec::new(),
            target_recovery: partition.leader_recovery_state,
            directory_of,
        }
    }

    /// The record that brings the change about; None if nothing changes.
    pub fn build(&self) -> Option<PartitionChangeRecord> {
        let mut plan = self.begin();
        self.complete_reassignment(&mut plan);
        self.plan_elr(&mut plan);
        self.elect(&mut plan);
        let may_be_empty = self.elr_enabled || !plan.isr.is_empty();
        if plan.record.isr.is_none() && may_be_empty && plan.isr != self.partition.isr {
            plan.record.isr = Some(plan.isr.clone());
        }
        // A replica that leaves the assignment must not go on fetching: a new leader epoch fences it.
        let lost = self.partition.replicas.iter().any(|replica| !plan.replicas.contains(replica));
        if plan.record.leader == NO_LEADER_CHANGE && lost {
            plan.record.leader = self.leader();
        }
        self.write_elr(&mut plan);
        self.write_last_known_leader(&mut plan);
        self.write_assignment(&mut plan);
        if plan.record.leader_recovery_state == RECOVERY_UNCHANGED
            && self.target_recovery != self.partition.leader_recovery_state
        {
            plan.record.leader_recovery_state = self.target_recovery;
        }
        (plan.record != unchanged(self.topic_id, self.partition_id)).then_some(plan.record)
    }

    fn begin(&self) -> Plan {
        Plan {
            isr: self.target_isr.clone(),
            replicas: self.target_replicas.clone(),
            removing: self.target_removing.clone(),
            adding: self.target_adding.clone(),
            elr: self.partition.elr.clone(),
            last_known_elr: self.partition.last_known_elr.clone(),
            unclean: false,
            record: unchanged(self.topic_id, self.partition_id),
        }
    }

    fn leader(&self) -> NodeId {
        self.partition.leader.unwrap_or(NO_LEADER)
    }

    /// A reassignment ends when the replicas that stay are in the ISR.
    fn complete_reassignment(&self, plan: &mut Plan) {
        if plan.removing.is_empty() && plan.adding.is_empty() {
            return;
        }
        let stays = |replica: &&NodeId| !plan.removing.contains(replica);
        let isr: Vec<NodeId> = plan.isr.iter().filter(stays).copied().collect();
        let replicas: Vec<NodeId> = plan.replicas.iter().filter(stays).copied().collect();
        if isr.is_empty() || !replicas.iter().all(|replica| isr.contains(replica)) {
            return;
        }
        (plan.isr, plan.replicas) = (isr, replicas);
        plan.removing.clear();
        plan.adding.clear();
    }

    /// Members that leave an ISR that falls below the minimum stay eligible, unless they shut down uncleanly; an ISR
    /// that is large enough needs no others.
    fn plan_elr(&self, plan: &mut Plan) {
        if !self.elr_enabled {
            return;
        }
        let needed = i64::from(self.min_isr).min(self.partition.replicas.len() as i64);
        if plan.isr.len() as i64 >= needed {
            plan.elr.clear();
            plan.last_known_elr.clear();
            return;
        }
        let mut candidates = plan.elr.clone();
        candidates.extend(&self.partition.isr);
        let mut known = [&candidates[..], &plan.last_known_elr].concat();
        in_hash_order(&mut candidates);
        in_hash_order(&mut known);
        if SeededBug::EverybodyEligible.is_planted() {
            candidates.extend(&plan.replicas);
        }
        candidates.retain(|node| !plan.isr.contains(node) && !self.unclean_shutdown.contains(node));
        known.retain(|node| !plan.isr.contains(node) && !candidates.contains(node));
        plan.elr = candidates;
        plan.last_known_elr = known;
    }

    fn is_valid_leader(&self, plan: &Plan, node: NodeId) -> bool {
        // An eligible replica outside the ISR counts only when the ISR is empty.
        let eligible = self.elr_enabled && plan.isr.is_empty() && plan.elr.contains(&node);
        let has_all = plan.isr.contains(&node) || eligible || SeededBug::ElectionOutsideIsr.is_planted();
        has_all && (self.is_acceptable)(node)
    }

    fn choose(&self, plan: &Plan) -> Elected {
        let clean = |leader| Elected { leader, unclean: false };
        let valid = |node: &NodeId| self.is_valid_leader(plan, *node);
        let current = Some(self.leader()).filter(valid);
        let preferred = plan.replicas.first().copied().filter(valid);
        let any = plan.replicas.iter().copied().find(|node| valid(node));
        let found = match self.election {
            Election::Preferred => preferred.or(current).or(any),
            Election::Online | Election::Unclean => current.or(any),
        };
        if let Some(leader) = found {
            return clean(leader);
        }
        if let Some(leader) = self.last_known_leader(plan) {
            return Elected { leader, unclean: true };
        }
        let alive = plan.replicas.iter().copied().find(|node| (self.is_acceptable)(*node));
        match alive {
            Some(leader) if self.election == Election::Unclean => Elected { leader, unclean: true },
            _ => clean(NO_LEADER),
        }
    }

    fn last_known_leader(&self, plan: &Plan) -> Option<NodeId> {
        let applies = self.elr_enabled && self.last_known_leader_recovers;
        let nobody_else = plan.elr.is_empty() && plan.isr.is_empty();
        match self.partition.last_known_elr[..] {
            [node] if applies && nobody_else && (self.is_acceptable)(node) => Some(node),
            _ => None,
        }
    }

    fn elect(&self, plan: &mut Plan) {
        let elected = self.choose(plan);
        if elected.leader == self.leader() {
            return;
        }
        plan.record.leader = elected.leader;
        plan.unclean = elected.unclean;
        if elected.unclean {
            // Whoever else has records has others than this leader now.
            plan.record.isr = Some(vec![elected.leader]);
            if self.partition.leader_recovery_state != RECOVERING {
                plan.record.leader_recovery_state = RECOVERING;
            }
        } else if plan.elr.contains(&elected.leader) {
            plan.isr = vec![elected.leader];
            plan.elr.retain(|node| *node != elected.leader);
        }
    }

    fn write_elr(&self, plan: &mut Plan) {
        if !self.elr_enabled || plan.unclean {
            plan.elr.clear();
            plan.last_known_elr.clear();
        }
        if plan.elr != self.partition.elr {
            plan.record.eligible_leader_replicas = Some(plan.elr.clone());
        }
        // Otherwise the last known leader alone is kept: `write_last_known_leader`.
        let listed = !self.elr_enabled || plan.unclean || !self.last_known_leader_recovers;
        if listed && plan.last_known_elr != self.partition.last_known_elr {
            plan.record.last_known_elr = Some(plan.last_known_elr.clone());
        }
    }

    /// Notes who led last when the partition loses its leader, and forgets it when there is a leader again.
    fn write_last_known_leader(&self, plan: &mut Plan) {
        if !self.elr_enabled || !self.last_known_leader_recovers {
            return;
        }
        let record = &mut plan.record;
        let leader = self.leader();
        let leads_on = leader != NO_LEADER && record.leader == NO_LEADER_CHANGE;
        if record.leader == NO_LEADER && self.partition.last_known_elr.is_empty() {
            record.last_known_elr = Some(vec![leader]);
        } else if (record.leader.0 >= 0 || leads_on) && !self.partition.last_known_elr.is_empty() {
            record.last_known_elr = Some(Vec::new());
        }
    }

    fn write_assignment(&self, plan: &mut Plan) {
        let (partition, record) = (self.partition, &mut plan.record);
        if plan.replicas != partition.replicas {
            let known = |node: &NodeId| {
                let place = partition.replicas.iter().position(|replica| replica == node);
                place.and_then(|place| partition.directories.get(place).copied())
            };
            let directory = |node: &NodeId| known(node).unwrap_or_else(|| (self.directory_of)(*node));
            let directories: Vec<Uuid> = plan.replicas.iter().map(directory).collect();
            if directories != partition.directories {
                record.directories = Some(directories);
            }
            record.replicas = Some(plan.replicas.clone());
        }
        if plan.removing != partition.removing_replicas {
            record.removing_replicas = Some(plan.removing.clone());
        }
        if plan.adding != partition.adding_replicas {
            record.adding_replicas = Some(plan.adding.clone());
        }
    }
}

/// Each node once, as Kafka's hash sets go through them.
fn in_hash_order(nodes: &mut Vec<NodeId>) {
    nodes.sort_unstable();
    nodes.dedup();
    let size = nodes.len() as u32;
    nodes.sort_by_key(|node| java::hash_set_bucket(node.0, size));
}
