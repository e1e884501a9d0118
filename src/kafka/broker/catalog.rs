//! Making the broker's partitions what the metadata say: become leader or follower, go offline, create and delete logs
//! (`ReplicaManager.applyDelta`, `Partition.makeLeader`, `Partition.makeFollower`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{PartitionOpening, RoleChange};
use crate::kafka::ids::{TopicPartition, Uuid};
use crate::kafka::image::PartitionRegistration;
use crate::kafka::java_order::sort_as_hash_map;
use crate::kafka::log::{LogConfig, PartitionLog};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::topic_config;
use crate::time::SimTime;

use super::Broker;
use super::disk::StoredLog;
use super::partition::{Following, Leading, Partition, Role};

/// What newly replayed records concern.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Touched {
    pub topics: BTreeSet<Uuid>,
    /// Configs changed or topics went: everything is looked at again.
    pub everything: bool,
    /// Topics whose overrides were set.
    pub configured: BTreeSet<Arc<str>>,
}

/// What the metadata want of this broker for one partition.
struct Assignment {
    tp: TopicPartition,
    topic_id: Uuid,
    registration: PartitionRegistration,
}

impl Touched {
    /// Everything is to be looked at.
    pub fn all() -> Touched {
        Touched { everything: true, ..Touched::default() }
    }

    /// Takes note of a record that is about to be replayed.
    pub fn note(&mut self, record: &MetadataRecord) {
        match record {
            MetadataRecord::Topic(topic) => {
                self.topics.insert(topic.topic_id);
            }
            MetadataRecord::Partition(partition) => {
                self.topics.insert(partition.topic_id);
            }
            MetadataRecord::PartitionChange(change) => {
                self.topics.insert(change.topic_id);
            }
            MetadataRecord::RemoveTopic(_) | MetadataRecord::Config(_) | MetadataRecord::ClearElr(_) => {
                self.everything = true;
            }
            _ => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.topics.is_empty() && !self.everything
    }
}

impl Broker {
    /// The log settings of a topic: its overrides over the broker's own settings over Kafka's defaults.
    pub fn log_config(&self, topic: &str) -> LogConfig {
        let overrides = self.image.topic_overrides(topic);
        LogConfig::from_values(&topic_config::values(
            &overrides,
            &self.image,
            Some(self.id),
            &self.settings.server_config,
        ))
    }

    /// Brings the partitions in line with the image; `known_topics` are those that the broker knew before the image
    /// became what it is.
    pub(super) fn apply_image(
        &mut self,
        now: SimTime,
        touched: &Touched,
        known_topics: &BTreeSet<Uuid>,
        fx: &mut Effects,
    ) {
        if touched.is_empty() {
            return;
        }
        if touched.everything {
            self.drop_deleted(fx);
        }
        let mine: Vec<Assignment> = self
            .image
            .partitions()
            .filter(|(_, id, _)| touched.everything || touched.topics.contains(id))
            .map(|(tp, topic_id, partition)| Assignment { tp, topic_id, registration: partition.clone() })
            .collect();
        for leads in [true, false] {
            let (assigned, rest): (Vec<_>, Vec<_>) =
                mine.iter().partition(|assignment| assignment.registration.replicas.contains(&self.id));
            let assigned = assigned.into_iter().filter(|a| (a.registration.leader == Some(self.id)) == leads);
            let assigned: Vec<&Assignment> = assigned.collect();
            let tps: Vec<TopicPartition> =
                assigned.iter().filter(|a| self.changes_role(a)).map(|assignment| assignment.tp.clone()).collect();
            if !tps.is_empty() {
                fx.event(Event::RolesAssigned { broker: self.id, leads, tps: tps.into() });
            }
            for assignment in assigned {
                self.take_up(now, assignment, known_topics.contains(&assignment.topic_id), fx);
            }
            for Assignment { tp, .. } in rest {
                if self.partitions.contains_key(tp) {
                    self.drop_replica(tp);
                }
            }
        }
        self.check_purgatories(fx);
    }

    fn known(&self, assignment: &Assignment) -> Option<&Partition> {
        self.partitions.get(&assignment.tp).filter(|partition| partition.topic_id == assignment.topic_id)
    }

    fn changes_role(&self, assignment: &Assignment) -> bool {
        self.known(assignment).is_none_or(|known| known.leader_epoch != assignment.registration.leader_epoch)
    }

    /// Gives a partition its log, its config and its role.
    fn take_up(&mut self, now: SimTime, assignment: &Assignment, of_known_topic: bool, fx: &mut Effects) {
        let Assignment { tp, topic_id, registration } = assignment;
        let config = self.log_config(&tp.topic);
        let new_log = !self.disk.logs.contains_key(tp);
        let stored = self.disk.logs.entry(tp.clone());
        let stored = stored.or_insert_with(|| {
            let log = PartitionLog::new(tp.clone(), config.clone(), now);
            StoredLog { topic_id: *topic_id, log }
        });
        stored.log.set_config(config);
        let high_watermark = stored.log.high_watermark();
        let known = self.known(assignment);
        if known.is_some_and(|known| registration.partition_epoch <= known.partition_epoch) {
            return;
        }
        if known.is_none() {
            let overrides = self.image.topic_overrides(&tp.topic);
            let opening = PartitionOpening {
                topic_id: *topic_id,
                of_known_topic,
                new_log,
                properties: if new_log { overrides.into_iter().collect() } else { Vec::new() },
                high_watermark,
            };
            fx.event(Event::PartitionOpened { broker: self.id, tp: tp.clone(), opening: Arc::new(opening) });
        }
        let role = self.role_for(now, tp, registration);
        self.transition_to(now, assignment, role, fx);
    }

    fn role_for(&self, now: SimTime, tp: &TopicPartition, registration: &PartitionRegistration) -> Role {
        let before = self.partitions.get(tp);
        match registration.leader {
            Some(leader) if leader == self.id => {
                let log_end_offset = self.disk.logs[tp].log.log_end_offset();
                let epoch = (registration.leader_epoch, log_end_offset);
                let led = before.and_then(Partition::leading);
                let (replicas, isr) = (&registration.replicas, &registration.isr);
                Role::Leader(Box::new(Leading::begin(self.id, epoch, replicas, isr, led, now)))
            }
            Some(leader) => {
                let leader_epoch = registration.leader_epoch;
                let same =
                    |following: &&Following| following.leader == leader && following.leader_epoch == leader_epoch;
                let known = match before.map(|partition| &partition.role) {
                    Some(Role::Follower(following)) => Some(following).filter(same).cloned(),
                    _ => None,
                };
                let fresh = Following { leader, leader_epoch, retry_at: now, failed: false, asking: false };
                Role::Follower(known.unwrap_or(fresh))
            }
            None => Role::Offline,
        }
    }

    /// The one place where a replica changes its role.
    fn transition_to(&mut self, now: SimTime, assignment: &Assignment, role: Role, fx: &mut Effects) {
        let Assignment { tp, topic_id, registration } = assignment;
        let (leader, leader_epoch) = (registration.leader, registration.leader_epoch);
        let changes = self.changes_role(assignment);
        let log = &self.disk.logs[tp].log;
        let before = self.known(assignment);
        assert!(before.is_none_or(|before| before.leader_epoch <= leader_epoch), "leader epochs grow");
        let change = Arc::new(RoleChange {
            topic_id: *topic_id,
            log_end_offset: log.log_end_offset(),
            partition_epoch: registration.partition_epoch,
            high_watermark: log.high_watermark(),
            isr: registration.isr.clone(),
            before: before.map(|before| (before.leader, before.leader_epoch)),
            recovering: registration.leader_recovery_state != 0,
        });
        let after = Partition {
            topic_id: *topic_id,
            replicas: registration.replicas.clone(),
            leader_epoch,
            partition_epoch: registration.partition_epoch,
            role,
            leader,
        };
        self.partitions.insert(tp.clone(), after);
        self.forget_fetching(tp);
        let (broker, tp) = (self.id, tp.clone());
        match &self.partitions[&tp].role {
            Role::Leader(leading) => {
                let start = leading.epoch_start_offset;
                if changes {
                    fx.event(Event::PartitionLed { broker, tp: tp.clone(), leader_epoch, role: change });
                    let log = &mut self.disk.logs.get_mut(&tp).expect("a leader has a log").log;
                    log.assign_epoch_start_offset(leader_epoch, start);
                }
                self.maybe_advance_high_watermark(now, &tp, fx);
            }
            Role::Follower(_) | Role::Offline => {
                if let Some(leader) = leader {
                    self.begin_fetching(&tp, leader);
                }
                if changes {
                    fx.event(Event::PartitionFollowed { broker, tp, leader, leader_epoch, role: change });
                }
            }
        }
    }

    /// Tells of topics whose overrides are new to this broker.
    pub(super) fn tell_configs(&self, topics: impl IntoIterator<Item = Arc<str>>, fx: &mut Effects) {
        for topic in topics {
            let mut config: Vec<(Arc<str>, Arc<str>)> = self.image.topic_overrides(&topic).into_iter().collect();
            // Kafka's broker reads them out of a `Properties`.
            sort_as_hash_map(&mut config, 16, |(key, _)| key);
            fx.event(Event::TopicConfigApplied { broker: self.id, topic, config: config.into() });
        }
    }

    /// The replica is no longer assigned to this broker.
    fn drop_replica(&mut self, tp: &TopicPartition) {
        self.disk.logs.remove(tp);
        self.partitions.remove(tp);
        self.forget_fetching(tp);
    }

    /// Logs of topics that are gone, or that came back under another id, are removed, and so are replicas that were
    /// assigned elsewhere while this broker was down.
    ///
    /// Simplification: at once; Kafka renames the directory and removes it after `file.delete.delay.ms`.
    fn drop_deleted(&mut self, fx: &mut Effects) {
        let gone = |tp: &TopicPartition, id: Uuid| {
            let topic = self.image.topics.get(&tp.topic).filter(|topic| topic.id == id);
            let partition = topic.and_then(|topic| topic.partitions.get(&tp.partition));
            partition.is_none_or(|partition| !partition.replicas.contains(&self.id))
        };
        let deleted: Vec<_> =
            self.disk.logs.iter().filter(|(tp, stored)| gone(tp, stored.topic_id)).map(|(tp, _)| tp.clone()).collect();
        let mut told = Vec::new();
        for tp in deleted {
            let topic_id = self.disk.logs[&tp].topic_id;
            self.drop_replica(&tp);
            // The directory's new name has an id of its own; made from what identifies the log, it needs no randomness.
            let id = topic_id.0.rotate_left(8 + tp.partition as u32 % 64) ^ self.incarnation_id.0;
            told.push((tp, Uuid(id)));
        }
        if !told.is_empty() {
            fx.event(Event::LogsDeleted { broker: self.id, logs: told.into() });
        }
        self.check_purgatories(fx);
    }
}
