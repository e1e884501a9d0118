//! Observing `__cluster_metadata`: the Raft layer keeps the broker's copy of it, the broker replays what is committed;
//! what that says about its partitions takes effect at once (`BrokerMetadataPublisher`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kafka::controller::metadata_log::decode_batch;
use crate::kafka::effects::Effects;
use crate::kafka::ids::{NodeId, Uuid};
use crate::kafka::image::RESOURCE_TOPIC;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::time::SimTime;

use super::Broker;
use super::catalog::Touched;

impl Broker {
    /// Replays what the Raft layer has learnt to be committed.
    pub(super) fn take_metadata(&mut self, now: SimTime, fx: &mut Effects) {
        let before = self.image.next_offset;
        if self.raft.high_watermark().is_none_or(|committed| committed <= before) {
            return;
        }
        let known_topics = self.image.topic_names.keys().copied().collect();
        let touched = self.replay_metadata();
        self.notice_progress(now, before, fx);
        self.publish(now, touched, &known_topics, fx);
    }

    /// Acts upon what the metadata say, once the broker has caught up with its own registration: what an older image
    /// says that it leads, it may lead no more (`BrokerMetadataPublisher.onMetadataUpdate`).
    pub(super) fn publish(&mut self, now: SimTime, touched: Touched, known_topics: &BTreeSet<Uuid>, fx: &mut Effects) {
        if self.published {
            self.apply_image(now, &touched, known_topics, fx);
            return self.tell_configs(touched.configured, fx);
        }
        if !self.has_caught_up() {
            return;
        }
        // The first time all that the broker has is new to it.
        self.published = true;
        self.load_logs(now, fx);
        self.apply_image(now, &Touched::all(), &BTreeSet::new(), fx);
        let topics = self.image.configs.keys().filter(|(kind, _)| *kind == RESOURCE_TOPIC);
        let topics: Vec<Arc<str>> = topics.map(|(_, topic)| topic.clone()).collect();
        self.tell_configs(topics, fx);
    }

    /// Replays what its copy of the log has beyond the image; says what that concerns.
    pub(super) fn replay_metadata(&mut self) -> Touched {
        let mut touched = Touched::default();
        for batch in self.raft.log().committed_from(self.image.next_offset).collect::<Vec<_>>() {
            for record in decode_batch(&batch) {
                touched.configured.extend(self.topic_configured_by(&record));
                touched.note(&record);
                self.image.replay(&record);
            }
            self.image.next_offset = batch.next_offset();
        }
        touched
    }

    /// The topic whose overrides a record sets, or takes away with the topic.
    fn topic_configured_by(&self, record: &MetadataRecord) -> Option<Arc<str>> {
        match record {
            MetadataRecord::Config(config) if config.resource_type == RESOURCE_TOPIC => {
                Some(config.resource_name.clone())
            }
            MetadataRecord::RemoveTopic(removed) => {
                let name = self.image.topic_names.get(&removed.topic_id)?;
                self.image.configs.contains_key(&(RESOURCE_TOPIC, name.clone())).then(|| name.clone())
            }
            _ => None,
        }
    }

    /// The directory of a replica, as the controller knows it.
    pub fn directory_of(&self, node: NodeId) -> Option<Uuid> {
        self.image.brokers.get(&node)?.directories.first().copied()
    }
}
