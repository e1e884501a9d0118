//! Which partition a record of this producer goes to, and when the sticky partition moves on.

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::ids::TopicPartition;

use super::batch::ProducerBatch;
use super::partitioner::{StickyPartition, StickyPartitioner, TopicPartitions};
use super::{Producer, ProducerRecord};

/// The sticky choice that a record followed, to be charged with its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub partition: i32,
    pub sticky: Option<StickyPartition>,
}

impl Producer {
    /// A record's own partition, else the partitioner's, else the sticky one. `first` is false when the same record
    /// asks again because memory was short.
    pub(super) fn choose_partition(&mut self, record: &ProducerRecord, first: bool, fx: &mut Effects) -> Choice {
        if let Some(partition) = record.partition {
            return Choice { partition, sticky: None };
        }
        let client = self.network.process();
        if first {
            fx.event(Event::PartitionerInvoked { client, topic: record.topic.clone() });
        }
        let (count, available) = self.partitions_of(&record.topic);
        let partitions = TopicPartitions { count, available: &available };
        let ignore_keys = self.settings.partitioner_ignore_keys;
        let key = record.key.as_deref();
        if let Some(partition) = self.settings.partitioner.partition(&record.topic, key, partitions, ignore_keys) {
            return Choice { partition, sticky: None };
        }
        let rng = &mut self.rng;
        let batch_size = self.settings.batch_size;
        let sticky = self
            .sticky
            .entry(record.topic.clone())
            .or_insert_with(|| StickyPartitioner::new(batch_size).expect("the settings make batch.size at least 1"));
        let choice = sticky.peek_current(partitions, || rng.positive_i32());
        Choice { partition: choice.partition, sticky: Some(choice) }
    }

    /// Charges the sticky partition with what was appended; tells when the producer leaves it.
    pub(super) fn note_sticky_append(
        &mut self,
        tp: &TopicPartition,
        choice: StickyPartition,
        appended: i32,
        fx: &mut Effects,
    ) {
        // Kafka switches only when no half-full batch would be left behind.
        let newest = self.accumulator.batches.get(tp).and_then(|queue| queue.back());
        let enable_switch = newest.is_none_or(ProducerBatch::is_full);
        let (count, available) = self.partitions_of(&tp.topic);
        let partitions = TopicPartitions { count, available: &available };
        let rng = &mut self.rng;
        let Some(sticky) = self.sticky.get_mut(&tp.topic) else { return };
        let run = self.sticky_bytes.entry(tp.topic.clone()).or_default();
        *run += appended;
        if sticky.update(choice, appended, partitions, enable_switch, || rng.positive_i32()) {
            let bytes = std::mem::take(run);
            fx.event(Event::StickyRun { client: self.network.process(), tp: tp.clone(), bytes });
        }
    }

    fn partitions_of(&self, topic: &Arc<str>) -> (i32, Vec<i32>) {
        let Some(topic) = self.network.metadata.topics.get(topic) else { return (1, Vec::new()) };
        let available = topic.partitions.iter().filter(|(_, p)| p.leader.is_some()).map(|(number, _)| *number);
        (topic.partitions.len() as i32, available.collect())
    }
}
