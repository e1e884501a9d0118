//! What happens to partitions when a broker leaves or comes back, and the elections that the controller holds by itself
//! (`ReplicationControlManager.generateLeaderAndIsrUpdates`, `maybeBalancePartitionLeaders`,
//! `maybeElectUncleanLeaders`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::event::detail::LeaderChoice;
use crate::kafka::ids::{NodeId, TopicPartition, Uuid};
use crate::kafka::image::{NO_LEADER, NO_LEADER_CHANGE, PartitionRegistration, unchanged};
use crate::kafka::protocol::metadata_records::PartitionChangeRecord;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::seeded::SeededBug;
use crate::kafka::topic_config;
use crate::time::{SimDuration, SimTime};

use super::Controller;
use super::partition_change::{Election, PartitionChange, RECOVERING};

/// Changes that one round of balancing makes at most (`MAX_ELECTIONS_PER_IMBALANCE`).
const MAX_ELECTIONS_PER_IMBALANCE: u32 = 1_000;

/// Why partitions are looked at: who leaves, who is back, who came back without a clean shutdown.
#[derive(Clone, Copy, Default)]
struct Shift {
    removed: Option<NodeId>,
    added: Option<NodeId>,
    unclean: Option<NodeId>,
}

impl Controller {
    /// Registered, unfenced, and not on its way out.
    pub(super) fn is_active(&self, node: NodeId) -> bool {
        let fenced_too = SeededBug::FencedBrokerElected.is_planted();
        let active = |fenced: bool, leaving: bool| (!fenced || fenced_too) && !leaving;
        self.image.brokers.get(&node).is_some_and(|broker| active(broker.fenced, broker.in_controlled_shutdown))
    }

    pub(super) fn elr_enabled(&self) -> bool {
        self.image.features.get("eligible.leader.replicas.version").is_some_and(|level| *level >= 1)
    }

    fn topic_value(&self, topic: &str, key: &str) -> Option<std::sync::Arc<str>> {
        topic_config::value(
            key,
            &self.image.topic_overrides(topic),
            &self.image,
            Some(self.id),
            &self.settings.server_config,
        )
    }

    pub(super) fn min_isr(&self, topic: &str) -> i32 {
        self.topic_value(topic, "min.insync.replicas").and_then(|text| text.trim().parse().ok()).unwrap_or(1)
    }

    pub(super) fn elects_uncleanly(&self, topic: &str) -> bool {
        let value = self.topic_value(topic, "unclean.leader.election.enable");
        value.is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
    }

    pub(super) fn directory_of(&self, node: NodeId) -> Uuid {
        let broker = self.image.brokers.get(&node);
        broker.and_then(|broker| broker.directories.first().copied()).unwrap_or(Uuid::ZERO)
    }

    fn shifted(&self, shift: Shift, concerns: impl Fn(&PartitionRegistration) -> bool) -> Vec<MetadataRecord> {
        let gone = |node: NodeId| Some(node) == shift.removed || Some(node) == shift.unclean;
        let acceptable = |node: NodeId| !gone(node) && (Some(node) == shift.added || self.is_active(node));
        let directory = |node: NodeId| self.directory_of(node);
        let mut records = Vec::new();
        for (tp, topic_id, partition) in self.image.partitions().filter(|(_, _, partition)| concerns(partition)) {
            let id = (topic_id, tp.partition);
            let mut change = PartitionChange::new(partition, id, &acceptable, self.min_isr(&tp.topic), &directory);
            change.elr_enabled = self.elr_enabled();
            if self.elects_uncleanly(&tp.topic) {
                change.election = Election::Unclean;
            }
            change.target_isr.retain(|node| !gone(*node));
            change.unclean_shutdown.extend(shift.unclean);
            records.extend(change.build().map(MetadataRecord::from));
        }
        records
    }

    /// The broker leaves (its session ended, or a controlled shutdown): it leaves every ISR, and others lead.
    pub(super) fn leaving_changes(&self, broker: NodeId) -> Vec<MetadataRecord> {
        let shift = Shift { removed: Some(broker), ..Shift::default() };
        self.shifted(shift, |partition| partition.isr.contains(&broker))
    }

    /// The broker came back without a clean shutdown: what it has may be incomplete, so it is neither in sync nor
    /// eligible.
    pub(super) fn unclean_shutdown_changes(&self, broker: NodeId) -> Vec<MetadataRecord> {
        if SeededBug::LostDiskStaysInIsr.is_planted() {
            return Vec::new();
        }
        let shift = Shift { unclean: Some(broker), ..Shift::default() };
        self.shifted(shift, |partition| partition.isr.contains(&broker) || partition.elr.contains(&broker))
    }

    /// The broker is unfenced: partitions without a leader may have one now.
    pub(super) fn returning_changes(&self, broker: NodeId) -> Vec<MetadataRecord> {
        let shift = Shift { added: Some(broker), ..Shift::default() };
        self.shifted(shift, |partition| partition.leader.is_none())
    }

    /// Tells of leaders that were chosen outside of the ISR, before the changes are appended.
    pub(super) fn tell_choices(&self, changes: &[MetadataRecord], fx: &mut Effects) {
        for record in changes {
            let MetadataRecord::PartitionChange(record) = record else { continue };
            if record.leader.0 < 0 {
                continue;
            }
            let Some(topic) = self.image.topic_by_id(record.topic_id) else { continue };
            let before = topic.partitions[&record.partition_id].clone();
            let clean = record.leader_recovery_state != RECOVERING;
            let choice = LeaderChoice { topic_id: topic.id, before, change: unchanged(topic.id, record.partition_id) };
            let tp = TopicPartition::new(topic.name.clone(), record.partition_id);
            fx.event(Event::LeaderChosen { tp, leader: record.leader, clean, choice: Arc::new(choice) });
        }
    }

    /// The change that an election of a kind would bring to a partition.
    pub(super) fn elected(
        &self,
        (tp, topic_id, partition): (&TopicPartition, Uuid, &PartitionRegistration),
        election: Election,
    ) -> Option<PartitionChangeRecord> {
        let acceptable = |node: NodeId| self.is_active(node);
        let directory = |node: NodeId| self.directory_of(node);
        let id = (topic_id, tp.partition);
        let mut change = PartitionChange::new(partition, id, &acceptable, self.min_isr(&tp.topic), &directory);
        change.elr_enabled = self.elr_enabled();
        change.election = election;
        change.build()
    }

    /// Every partition whose preferred leader could lead, and does not, gets it.
    pub fn balance_leaders(&mut self, now: SimTime, fx: &mut Effects) {
        let mut records = Vec::new();
        for (tp, topic_id, partition) in self.image.partitions() {
            if records.len() as u32 >= MAX_ELECTIONS_PER_IMBALANCE {
                break;
            }
            let preferred = partition.replicas.first().copied();
            if partition.leader == preferred || partition.leader.is_none() {
                continue;
            }
            let change = self.elected((&tp, topic_id, partition), Election::Preferred);
            records.extend(change.filter(|change| Some(change.leader) == preferred));
        }
        self.commit_elections(records, true, now, fx);
    }

    /// Partitions without a leader whose topic allows it get one that may lack records.
    pub fn elect_unclean_leaders(&mut self, now: SimTime, fx: &mut Effects) {
        let mut records = Vec::new();
        for (tp, topic_id, partition) in self.image.partitions() {
            if partition.leader.is_none() && self.elects_uncleanly(&tp.topic) {
                records.extend(self.elected((&tp, topic_id, partition), Election::Unclean));
            }
        }
        self.commit_elections(records, false, now, fx);
    }

    pub(super) fn commit_elections(
        &mut self,
        records: Vec<PartitionChangeRecord>,
        preferred: bool,
        now: SimTime,
        fx: &mut Effects,
    ) {
        self.preferred_election = preferred;
        let records: Vec<MetadataRecord> = records.into_iter().map(MetadataRecord::from).collect();
        self.commit(&records, now, fx);
        self.preferred_election = false;
    }

    /// The periodic elections that are due.
    pub(super) fn run_periodic_elections(&mut self, now: SimTime, fx: &mut Effects) {
        if self.next_balance <= now {
            self.next_balance = now + SimDuration::from_secs(self.settings.leader_imbalance_check_interval_seconds);
            if self.settings.auto_leader_rebalance_enable {
                self.balance_leaders(now, fx);
            }
        }
        if self.next_unclean_election <= now {
            let interval = self.settings.unclean_leader_election_interval_ms;
            self.next_unclean_election = now + SimDuration::from_config_ms(interval);
            self.elect_unclean_leaders(now, fx);
        }
    }

    /// Tells the journal what a change record means for people.
    pub(super) fn tell_change(&self, record: &PartitionChangeRecord, fx: &mut Effects) {
        let Some(topic) = self.image.topic_by_id(record.topic_id) else { return };
        let tp = TopicPartition::new(topic.name.clone(), record.partition_id);
        for broker in record.eligible_leader_replicas.iter().flatten() {
            fx.event(Event::AddedToElr { tp: tp.clone(), broker: *broker });
        }
        match record.leader {
            NO_LEADER_CHANGE => {}
            NO_LEADER => fx.event(Event::Leaderless { tp }),
            leader => {
                let clean = record.leader_recovery_state != RECOVERING;
                fx.event(Event::LeaderElected { tp, leader, clean, preferred: self.preferred_election });
            }
        }
    }
}
