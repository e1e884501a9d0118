//! Which partition a record of this producer goes to, and when the sticky partition moves on.

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::ids::TopicPartition;
use crate::kafka::record::Record;
use crate::time::SimTime;

use super::accumulator::{Refused, Sticky};
use super::batch::Pending;
use super::partitioner::{LoadStats, StickyPartitioner, TopicPartitions};
use super::{Producer, ProducerRecord};

fn fresh(batch_size: i32) -> StickyPartitioner {
    StickyPartitioner::new(batch_size).expect("the settings make batch.size at least 1")
}

impl Producer {
    /// A record's own partition, else the partitioner's; None: the sticky one. Asked once for each send().
    pub(super) fn choose_partition(&mut self, record: &ProducerRecord, fx: &mut Effects) -> Option<i32> {
        if record.partition.is_some() {
            return record.partition;
        }
        let client = self.network.process();
        fx.event(Event::PartitionerInvoked { client, topic: record.topic.clone() });
        let (count, available) = self.partitions_of(&record.topic);
        let partitions = TopicPartitions { count, available: &available };
        let ignore_keys = self.settings.partitioner_ignore_keys;
        self.settings.partitioner.partition(&record.topic, record.key.as_deref(), partitions, ignore_keys)
    }

    /// Appends to the sticky partition of the moment and tells when the producer leaves one; or why it could not.
    pub(super) fn append_sticky(
        &mut self,
        now: SimTime,
        topic: &Arc<str>,
        record: Record,
        pending: Pending,
        fx: &mut Effects,
    ) -> Result<i32, Refused> {
        let (count, available) = self.partitions_of(topic);
        let batch_size = self.settings.batch_size;
        let partitioner = self.sticky.entry(topic.clone()).or_insert_with(|| fresh(batch_size));
        let rng = &mut self.rng;
        let sticky = Sticky {
            topic,
            partitioner,
            partitions: TopicPartitions { count, available: &available },
            random: &mut || rng.positive_i32(),
        };
        let appended = self.accumulator.append_sticky(sticky, record, pending, &self.settings, now)?;
        let client = self.network.process();
        let run = self.sticky_bytes.entry(topic.clone()).or_default();
        let mut leave = |partition, run: &mut i32| {
            let tp = TopicPartition::new(topic.clone(), partition);
            fx.event(Event::StickyRun { client, tp, bytes: std::mem::take(run) });
        };
        if let Some(left) = appended.left_before {
            leave(left, run);
        }
        *run += appended.appended_bytes;
        if appended.left_after {
            leave(appended.partition, run);
        }
        Ok(appended.partition)
    }

    /// A topic has its sticky partitioner from the first record on, whether that needs it or not.
    pub(super) fn know_topic(&mut self, topic: &Arc<str>) {
        let batch_size = self.settings.batch_size;
        self.sticky.entry(topic.clone()).or_insert_with(|| fresh(batch_size));
    }

    /// How the next sticky choice of a topic is weighted; None: uniformly.
    pub fn load(&self, topic: &str) -> Option<&LoadStats> {
        self.sticky.get(topic)?.load()
    }

    fn partitions_of(&self, topic: &Arc<str>) -> (i32, Vec<i32>) {
        let Some(known) = self.network.metadata.topics.get(topic) else { return (1, Vec::new()) };
        (known.partitions.len() as i32, self.network.metadata.available_partitions(topic))
    }
}
