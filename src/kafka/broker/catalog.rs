//! Making the broker's partitions what the metadata say: become leader, go offline, create and delete logs
//! (`ReplicaManager.applyDelta`).

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::ids::{LeaderEpoch, TopicPartition, Uuid};
use crate::kafka::image::PartitionRegistration;
use crate::kafka::log::{LogConfig, PartitionLog};
use crate::kafka::topic_config;
use crate::time::SimTime;

use super::Broker;
use super::disk::StoredLog;
use super::partition::{Partition, Role};

impl Broker {
    /// The log settings of a topic: its overrides over the broker's own settings over Kafka's defaults.
    pub fn log_config(&self, topic: &str) -> LogConfig {
        let overrides = self.image.topic_overrides(topic);
        LogConfig::from_values(&topic_config::values(&overrides, &self.image, &self.settings.server_config))
    }

    pub(super) fn apply_image(&mut self, now: SimTime, fx: &mut Effects) {
        self.drop_deleted(fx);
        let mine: Vec<(TopicPartition, Uuid, PartitionRegistration)> = self
            .image
            .partitions()
            .filter(|(_, _, partition)| partition.replicas.contains(&self.id))
            .map(|(tp, topic_id, partition)| (tp, topic_id, partition.clone()))
            .collect();
        for (tp, topic_id, registration) in mine {
            let config = self.log_config(&tp.topic);
            let stored = self.disk.logs.entry(tp.clone());
            let stored = stored
                .or_insert_with(|| StoredLog { topic_id, log: PartitionLog::new(tp.clone(), config.clone(), now) });
            stored.log.set_config(config);
            let leads = registration.leader == Some(self.id);
            let role = if leads { Role::Leader { leader_epoch: registration.leader_epoch } } else { Role::Offline };
            let before = self.partitions.insert(tp.clone(), Partition { topic_id, role });
            if before.as_ref().map(|partition| partition.role) != Some(role) {
                self.transition_to(&tp, role, fx);
            }
        }
        self.check_held_fetches(fx);
    }

    /// The one place where a replica changes its role.
    fn transition_to(&mut self, tp: &TopicPartition, role: Role, fx: &mut Effects) {
        if let Role::Leader { leader_epoch } = role {
            self.become_leader(tp, leader_epoch, fx);
        }
    }

    fn become_leader(&mut self, tp: &TopicPartition, leader_epoch: LeaderEpoch, fx: &mut Effects) {
        let stored = self.disk.logs.get_mut(tp).expect("a leader has a log");
        let log_end_offset = stored.log.log_end_offset();
        stored.log.assign_epoch_start_offset(leader_epoch, log_end_offset);
        fx.event(Event::PartitionLed { broker: self.id, tp: tp.clone(), leader_epoch });
        self.maybe_advance_high_watermark(tp, fx);
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
        for tp in deleted {
            self.disk.logs.remove(&tp);
            self.partitions.remove(&tp);
        }
        self.check_held_fetches(fx);
    }
}
