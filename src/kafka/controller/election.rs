//! What happens to partitions when a broker leaves or comes back.
//!
//! Simplification until replication exists: partitions have one replica, so the only candidate for leadership is that
//! replica. The records written are those of a single-replica partition under ELR (oracle: `kill-of-sole-replica`,
//! `controlled-shutdown-of-sole-replica`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::event::detail::LeaderChoice;
use crate::kafka::ids::{NodeId, TopicPartition, Uuid};
use crate::kafka::image::{NO_LEADER, NO_LEADER_CHANGE, PartitionRegistration};
use crate::kafka::protocol::metadata_records::PartitionChangeRecord;
use crate::kafka::protocol::record_type::MetadataRecord;

use super::Controller;

/// `LeaderRecoveryState`: an uncleanly elected leader recovers.
const RECOVERING: i8 = 1;
/// "No change" of the recovery state in a change record.
const RECOVERY_UNCHANGED: i8 = -1;

/// A change record that changes nothing yet.
fn change(topic_id: Uuid, partition_id: i32) -> PartitionChangeRecord {
    PartitionChangeRecord {
        partition_id,
        topic_id,
        isr: None,
        leader: NO_LEADER_CHANGE,
        replicas: None,
        removing_replicas: None,
        adding_replicas: None,
        leader_recovery_state: RECOVERY_UNCHANGED,
        eligible_leader_replicas: None,
        last_known_elr: None,
        directories: None,
    }
}

impl Controller {
    fn changes(
        &self,
        decide: impl Fn(&PartitionRegistration, &mut PartitionChangeRecord) -> bool,
    ) -> Vec<MetadataRecord> {
        let row = |(tp, topic_id, partition): (TopicPartition, Uuid, &PartitionRegistration)| {
            let mut record = change(topic_id, tp.partition);
            decide(partition, &mut record).then(|| MetadataRecord::from(record))
        };
        self.image.partitions().filter_map(row).collect()
    }

    /// The broker leaves (its session ended, or a controlled shutdown): its partitions lose their leader and keep it
    /// as eligible.
    pub(super) fn leaving_changes(&self, broker: NodeId) -> Vec<MetadataRecord> {
        self.changes(|partition, record| {
            if partition.leader != Some(broker) {
                return false;
            }
            record.isr = Some(Vec::new());
            record.leader = NO_LEADER;
            record.eligible_leader_replicas = Some(vec![broker]);
            record.last_known_elr = Some(vec![broker]);
            true
        })
    }

    /// The broker came back without a clean shutdown: what it has may be incomplete, so it is not eligible.
    pub(super) fn unclean_shutdown_changes(&self, broker: NodeId) -> Vec<MetadataRecord> {
        self.changes(|partition, record| {
            if partition.leader == Some(broker) {
                record.isr = Some(Vec::new());
                record.leader = NO_LEADER;
                record.last_known_elr = Some(vec![broker]);
                return true;
            }
            if partition.elr.contains(&broker) {
                record.eligible_leader_replicas = Some(Vec::new());
                return true;
            }
            false
        })
    }

    /// The broker is unfenced: it leads again, cleanly from the ELR, else as the last known leader in recovery.
    pub(super) fn returning_changes(&self, broker: NodeId) -> Vec<MetadataRecord> {
        self.changes(|partition, record| {
            let eligible = partition.elr.contains(&broker);
            let last_known = partition.last_known_elr == [broker];
            if partition.leader.is_some() || !(eligible || last_known) {
                return false;
            }
            record.isr = Some(vec![broker]);
            record.leader = broker;
            record.last_known_elr = Some(Vec::new());
            if eligible {
                record.eligible_leader_replicas = Some(Vec::new());
            } else {
                record.leader_recovery_state = RECOVERING;
            }
            true
        })
    }

    /// Tells of leaders that were chosen outside of the ISR, before the changes are appended.
    pub(super) fn tell_choices(&self, changes: &[MetadataRecord], fx: &mut Effects) {
        for record in changes {
            let MetadataRecord::PartitionChange(record) = record else { continue };
            let Some(topic) = self.image.topic_by_id(record.topic_id) else { continue };
            let before = topic.partitions[&record.partition_id].clone();
            let clean = record.leader_recovery_state != RECOVERING;
            let choice = LeaderChoice { topic_id: topic.id, before, change: change(topic.id, record.partition_id) };
            let tp = TopicPartition::new(topic.name.clone(), record.partition_id);
            fx.event(Event::LeaderChosen { tp, leader: record.leader, clean, choice: Arc::new(choice) });
        }
    }

    pub(super) fn tell_leader(&self, record: &PartitionChangeRecord, fx: &mut Effects) {
        let Some(topic) = self.image.topic_by_id(record.topic_id) else { return };
        let tp = TopicPartition::new(topic.name.clone(), record.partition_id);
        match record.leader {
            NO_LEADER_CHANGE => {}
            NO_LEADER => fx.event(Event::Leaderless { tp }),
            leader => {
                let clean = record.leader_recovery_state != RECOVERING;
                fx.event(Event::LeaderElected { tp, leader, clean, preferred: false });
            }
        }
    }
}
