//! Making the broker's partitions what the metadata say: become leader, go offline, create and delete logs
//! (`ReplicaManager.applyDelta`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{PartitionOpening, RoleChange};
use crate::kafka::ids::{LeaderEpoch, TopicPartition, Uuid};
use crate::kafka::image::PartitionRegistration;
use crate::kafka::java_order::sort_as_hash_map;
use crate::kafka::log::{LogConfig, PartitionLog};
use crate::kafka::topic_config;
use crate::time::SimTime;

use super::Broker;
use super::disk::StoredLog;
use super::partition::{Partition, Role};

/// What the metadata want of this broker for one partition.
struct Assignment {
    tp: TopicPartition,
    topic_id: Uuid,
    /// True if the broker knew the topic before it knew this partition.
    of_known_topic: bool,
    registration: PartitionRegistration,
    role: Role,
    /// True if the replica has another role now, or none.
    changes: bool,
}

impl Assignment {
    fn leads(&self) -> bool {
        matches!(self.role, Role::Leader { .. })
    }
}

impl Broker {
    /// The log settings of a topic: its overrides over the broker's own settings over Kafka's defaults.
    pub fn log_config(&self, topic: &str) -> LogConfig {
        let overrides = self.image.topic_overrides(topic);
        LogConfig::from_values(&topic_config::values(&overrides, &self.image, &self.settings.server_config))
    }

    /// `known_topics` are those that the broker knew before the image became what it is.
    pub(super) fn apply_image(&mut self, now: SimTime, known_topics: &BTreeSet<Uuid>, fx: &mut Effects) {
        self.drop_deleted(fx);
        let mine = |(tp, topic_id, registration): (TopicPartition, Uuid, &PartitionRegistration)| {
            let is_mine = registration.replicas.contains(&self.id);
            let leads = registration.leader == Some(self.id);
            let role = match leads {
                true => Role::Leader { leader_epoch: registration.leader_epoch },
                false => Role::Offline { leader_epoch: registration.leader_epoch },
            };
            let before = self.partitions.get(&tp).map(|partition| partition.role);
            let changes = before != Some(role);
            let registration = registration.clone();
            let of_known_topic = known_topics.contains(&topic_id);
            is_mine.then_some(Assignment { tp, topic_id, of_known_topic, registration, role, changes })
        };
        let mine: Vec<Assignment> = self.image.partitions().filter_map(mine).collect();
        for leads in [true, false] {
            let assigned = mine.iter().filter(|assignment| assignment.changes && assignment.leads() == leads);
            let tps: Vec<TopicPartition> = assigned.map(|assignment| assignment.tp.clone()).collect();
            if !tps.is_empty() {
                fx.event(Event::RolesAssigned { broker: self.id, leads, tps: tps.into() });
            }
            for assignment in mine.iter().filter(|assignment| assignment.leads() == leads) {
                self.take_up(now, assignment, fx);
            }
        }
        self.check_held_fetches(fx);
    }

    /// Gives a partition its log, its config and its role.
    fn take_up(&mut self, now: SimTime, assignment: &Assignment, fx: &mut Effects) {
        let Assignment { tp, topic_id, of_known_topic, registration, role, changes } = assignment;
        let config = self.log_config(&tp.topic);
        let new_log = !self.disk.logs.contains_key(tp);
        let stored = self.disk.logs.entry(tp.clone());
        let stored = stored.or_insert_with(|| {
            let log = PartitionLog::new(tp.clone(), config.clone(), now);
            StoredLog { topic_id: *topic_id, log }
        });
        stored.log.set_config(config);
        let high_watermark = stored.log.high_watermark();
        let before = self.partitions.get(tp).cloned();
        if before.is_none() {
            let overrides = self.image.topic_overrides(&tp.topic);
            let opening = PartitionOpening {
                topic_id: *topic_id,
                of_known_topic: *of_known_topic,
                new_log,
                properties: if new_log { overrides.into_iter().collect() } else { Vec::new() },
                high_watermark,
            };
            fx.event(Event::PartitionOpened { broker: self.id, tp: tp.clone(), opening: Arc::new(opening) });
        }
        let leader = registration.leader;
        self.partitions.insert(tp.clone(), Partition { topic_id: *topic_id, role: *role, leader });
        if *changes {
            self.transition_to(tp, *role, before, registration, fx);
        }
    }

    /// The one place where a replica changes its role.
    fn transition_to(
        &mut self,
        tp: &TopicPartition,
        role: Role,
        before: Option<Partition>,
        registration: &PartitionRegistration,
        fx: &mut Effects,
    ) {
        let stored = self.disk.logs.get_mut(tp).expect("a replica has a log");
        let change = RoleChange {
            topic_id: stored.topic_id,
            log_end_offset: stored.log.log_end_offset(),
            partition_epoch: registration.partition_epoch,
            high_watermark: stored.log.high_watermark(),
            isr: registration.isr.clone(),
            before: before.map(|partition| (partition.leader, partition.role.epoch())),
            recovering: registration.leader_recovery_state != 0,
        };
        let (broker, tp, change) = (self.id, tp.clone(), Arc::new(change));
        match role {
            Role::Leader { leader_epoch } => {
                fx.event(Event::PartitionLed { broker, tp: tp.clone(), leader_epoch, role: change });
                self.become_leader(&tp, leader_epoch, fx);
            }
            Role::Offline { leader_epoch } => {
                let leader = registration.leader;
                fx.event(Event::PartitionFollowed { broker, tp, leader, leader_epoch, role: change });
            }
        }
    }

    fn become_leader(&mut self, tp: &TopicPartition, leader_epoch: LeaderEpoch, fx: &mut Effects) {
        let stored = self.disk.logs.get_mut(tp).expect("a leader has a log");
        let log_end_offset = stored.log.log_end_offset();
        stored.log.assign_epoch_start_offset(leader_epoch, log_end_offset);
        self.maybe_advance_high_watermark(tp, fx);
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

    /// Moves the high watermark of a partition that this broker leads; true if it moved.
    pub(super) fn maybe_advance_high_watermark(&mut self, tp: &TopicPartition, fx: &mut Effects) -> bool {
        let log = &mut self.disk.logs.get_mut(tp).expect("a leader has a log").log;
        let high_watermark = log.log_end_offset();
        if high_watermark <= log.high_watermark() {
            return false;
        }
        log.set_high_watermark(high_watermark);
        fx.event(Event::HighWatermarkAdvanced { broker: self.id, tp: tp.clone(), high_watermark });
        true
    }

    /// Logs of topics that are gone, or that came back under another id, are removed.
    ///
    /// Simplification: at once; Kafka renames the directory and removes it after `file.delete.delay.ms`.
    fn drop_deleted(&mut self, fx: &mut Effects) {
        let gone = |tp: &TopicPartition, id: Uuid| self.image.topics.get(&tp.topic).is_none_or(|topic| topic.id != id);
        let deleted: Vec<_> =
            self.disk.logs.iter().filter(|(tp, stored)| gone(tp, stored.topic_id)).map(|(tp, _)| tp.clone()).collect();
        let mut told = Vec::new();
        for tp in deleted {
            self.partitions.remove(&tp);
            let Some(stored) = self.disk.logs.remove(&tp) else { continue };
            // The directory's new name has an id of its own; made from what identifies the log, it needs no randomness.
            let id = stored.topic_id.0.rotate_left(8 + tp.partition as u32 % 64) ^ self.incarnation_id.0;
            told.push((tp, Uuid(id)));
        }
        if !told.is_empty() {
            fx.event(Event::LogsDeleted { broker: self.id, logs: told.into() });
        }
        self.check_held_fetches(fx);
    }
}
