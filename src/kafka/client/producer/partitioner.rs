//! Which partition a record goes to.
//!
//! A record with a key goes to the partition that the hash of its serialized key names, so that equal keys meet in one
//! partition for as long as the number of partitions stays. A record without a key goes to the *sticky* partition of the
//! moment ([`StickyPartitioner`], KIP-480 and KIP-794): filling one batch at a time makes larger batches than dealing
//! records out one by one. Sources: `Utils.murmur2`, `BuiltInPartitioner`, `RoundRobinPartitioner`,
//! `KafkaProducer.partition` of Apache Kafka 4.3.1.
//!
//! Simplification: a custom partitioner is a rule in plain values ([`PrefixRule`]), not a class of the user's own.

use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a client's metadata says of one topic's partitions.
#[derive(Clone, Copy, Debug)]
pub struct TopicPartitions<'a> {
    /// Number of partitions, at least 1.
    pub count: i32,
    /// Those with a leader, in the order of the metadata.
    pub available: &'a [i32],
}

/// The 32-bit MurmurHash2 of Kafka (`Utils.murmur2`), with its fixed seed.
pub fn murmur2(bytes: &[u8]) -> i32 {
    const MIX: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c_u32 ^ bytes.len() as u32;
    let (blocks, tail) = bytes.as_chunks::<4>();
    for block in blocks {
        let mut k = u32::from_le_bytes(*block).wrapping_mul(MIX);
        k = (k ^ (k >> 24)).wrapping_mul(MIX);
        hash = hash.wrapping_mul(MIX) ^ k;
    }
    if !tail.is_empty() {
        let rest = tail.iter().rev().fold(0_u32, |rest, byte| (rest << 8) | u32::from(*byte));
        hash = (hash ^ rest).wrapping_mul(MIX);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(MIX);
    (hash ^ (hash >> 15)) as i32
}

/// Clears the sign bit (`Utils.toPositive`); not the absolute value.
pub const fn to_positive(number: i32) -> i32 {
    number & i32::MAX
}

/// Partition of a serialized key among `partitions` (at least 1), available or not (`partitionForKey`).
pub fn partition_for_key(key: &[u8], partitions: i32) -> i32 {
    to_positive(murmur2(key)) % partitions
}

/// Partition of `__consumer_offsets`, `__transaction_state` or `__share_group_state` that is responsible for a group
/// id, transactional id or share key; `partitions` is at least 1.
pub fn coordinator_partition(id: &str, partitions: i32) -> i32 {
    java::abs(java::string_hash(id)) % partitions
}

/// A choice that the sticky partitioner made, to be handed back with the bytes that were appended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StickyPartition {
    pub partition: i32,
    /// How many choices were made before this one.
    choice: u64,
}

/// Queue sizes turned into a table to draw from: a partition is chosen the rarer the longer its queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadStats {
    /// `cumulative[i]` is the weight of all entries up to `i`; the weight of an entry is the longest queue plus one
    /// minus its own queue.
    cumulative: Vec<i32>,
    partitions: Vec<i32>,
}

impl LoadStats {
    /// The running sums of the weights.
    pub fn cumulative_frequencies(&self) -> &[i32] {
        &self.cumulative
    }

    fn draw(&self, random: i32) -> i32 {
        let end = self.cumulative.last().copied().expect("a table is made of at least one queue");
        let weighted = random % end;
        let index = self.cumulative.partition_point(|sum| *sum <= weighted);
        self.partitions[index]
    }
}

/// The default partitioner of one topic for records without a key (`BuiltInPartitioner`).
///
/// Every draw is asked of `random`, which gives numbers from 0 to `i32::MAX`. One partition stays until at least
/// `batch.size` bytes went to it.
#[derive(Clone, Debug)]
pub struct StickyPartitioner {
    sticky_batch_size: i32,
    current: Option<StickyPartition>,
    produced_bytes: i32,
    choices: u64,
    load: Option<LoadStats>,
}

impl StickyPartitioner {
    /// # Errors
    /// IllegalArgumentException unless `sticky_batch_size` is at least 1. (The producer passes `max(1, batch.size)`.)
    pub fn new(sticky_batch_size: i32) -> Result<Self, KafkaException> {
        if sticky_batch_size < 1 {
            let message = format!("stickyBatchSize must be >= 1 but got {sticky_batch_size}");
            return Err(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message));
        }
        Ok(StickyPartitioner { sticky_batch_size, current: None, produced_bytes: 0, choices: 0, load: None })
    }

    /// The sticky partition of the moment; the first call draws one.
    pub fn peek_current(&mut self, topic: TopicPartitions<'_>, random: impl FnMut() -> i32) -> StickyPartition {
        self.current.unwrap_or_else(|| self.choose(topic, random))
    }

    pub fn current_partition(&self) -> Option<i32> {
        self.current.map(|current| current.partition)
    }

    /// Twice `batch.size` is not positive any more, so that each choice is over before its first byte.
    pub fn is_always_overdue(&self) -> bool {
        self.sticky_batch_size.wrapping_mul(2) <= 0
    }

    /// The partitions that the next choice may draw.
    pub fn drawable(&self, topic: TopicPartitions<'_>) -> Vec<i32> {
        match &self.load {
            Some(load) => load.partitions.clone(),
            None if topic.available.is_empty() => (0..topic.count).collect(),
            None => topic.available.to_vec(),
        }
    }

    /// Whether another partition was chosen since `seen`: the caller must look again before it appends.
    pub fn is_changed(&self, seen: StickyPartition) -> bool {
        self.current != Some(seen)
    }

    /// Counts `appended_bytes` for the choice `seen` and moves on when it had its share: at `batch.size` if
    /// `enable_switch` (no batch of the partition is half full), else at twice that. A choice that is no longer the
    /// current one counts for nothing. Says whether it moved on, possibly to the same partition again.
    pub fn update(
        &mut self,
        seen: StickyPartition,
        appended_bytes: i32,
        topic: TopicPartitions<'_>,
        enable_switch: bool,
        random: impl FnMut() -> i32,
    ) -> bool {
        if self.is_changed(seen) {
            return false;
        }
        // Both sums wrap as Java's do: a batch.size of 1 GiB or more is overdue at once.
        self.produced_bytes = self.produced_bytes.wrapping_add(appended_bytes);
        let due = self.produced_bytes >= self.sticky_batch_size && enable_switch;
        let overdue = self.produced_bytes >= self.sticky_batch_size.wrapping_mul(2);
        if due || overdue {
            self.choose(topic, random);
        }
        due || overdue
    }

    /// Takes note of how long the queues are: `queues` holds (partition, batches waiting) of the partitions that may be
    /// chosen, out of `total` that the topic has queues for. Nothing to tell apart means uniform choice: fewer than two
    /// partitions, none left, or all equally long with none left out.
    pub fn update_load(&mut self, queues: &[(i32, i32)], total: u32) {
        let longest = queues.iter().map(|(_, size)| *size).max();
        let equal = queues.windows(2).all(|pair| pair[0].1 == pair[1].1);
        self.load = match longest {
            Some(longest) if total >= 2 && !(equal && queues.len() as u32 == total) => {
                let mut sum = 0;
                let weigh = |(_, size): &(i32, i32)| {
                    sum += longest + 1 - size;
                    sum
                };
                let cumulative = queues.iter().map(weigh).collect();
                Some(LoadStats { cumulative, partitions: queues.iter().map(|(partition, _)| *partition).collect() })
            }
            _ => None,
        };
    }

    /// Forgets the load: the next choices are uniform.
    pub fn clear_load(&mut self) {
        self.load = None;
    }

    pub fn load(&self) -> Option<&LoadStats> {
        self.load.as_ref()
    }

    fn choose(&mut self, topic: TopicPartitions<'_>, mut random: impl FnMut() -> i32) -> StickyPartition {
        let drawn = random();
        let partition = match &self.load {
            Some(load) => load.draw(drawn),
            None if topic.available.is_empty() => drawn % topic.count,
            None => topic.available[drawn as usize % topic.available.len()],
        };
        let chosen = StickyPartition { partition, choice: self.choices };
        self.choices += 1;
        self.produced_bytes = 0;
        self.current = Some(chosen);
        chosen
    }
}

/// Deals records out one by one over the available partitions, whatever their keys (`RoundRobinPartitioner`).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RoundRobinPartitioner {
    /// Records dealt out so far, by topic; wraps as Java's counter does.
    dealt: BTreeMap<Arc<str>, i32>,
}

impl RoundRobinPartitioner {
    pub fn partition(&mut self, topic: &str, partitions: TopicPartitions<'_>) -> i32 {
        let dealt = match self.dealt.get_mut(topic) {
            Some(dealt) => dealt,
            None => self.dealt.entry(topic.into()).or_default(),
        };
        let turn = to_positive(*dealt);
        *dealt = dealt.wrapping_add(1);
        if partitions.available.is_empty() {
            return turn % partitions.count;
        }
        partitions.available[turn as usize % partitions.available.len()]
    }
}

/// A custom partitioner: keys that begin with `prefix` share the first lanes of a topic, all other records the rest;
/// within its range a record is placed by the hash of its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrefixRule {
    pub prefix: Arc<str>,
    /// Tenths of the partitions that are kept for the prefix, 0 to 10; each side gets at least one partition if there
    /// are two.
    pub tenths: i32,
}

impl PrefixRule {
    /// `VipPartitioner` of the lessons: eight of ten lanes for keys that begin with `vip-`.
    pub fn vip() -> Self {
        PrefixRule { prefix: "vip-".into(), tenths: 8 }
    }

    pub fn partition(&self, key: Option<&[u8]>, partitions: i32) -> i32 {
        if partitions < 2 {
            return 0;
        }
        let kept = (partitions * self.tenths / 10).clamp(1, partitions - 1);
        let key = key.unwrap_or_default();
        if key.starts_with(self.prefix.as_bytes()) {
            partition_for_key(key, kept)
        } else {
            kept + partition_for_key(key, partitions - kept)
        }
    }
}

/// `partitioner.class`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum PartitionerKind {
    /// None: by key, else sticky.
    #[default]
    Default,
    RoundRobin(RoundRobinPartitioner),
    Custom(PrefixRule),
}

impl PartitionerKind {
    /// The partitioner that a class name stands for, with or without its package; None for classes that are none.
    pub fn from_class(name: &str) -> Option<Self> {
        match name.rsplit('.').next()? {
            "RoundRobinPartitioner" => Some(PartitionerKind::RoundRobin(RoundRobinPartitioner::default())),
            "VipPartitioner" => Some(PartitionerKind::Custom(PrefixRule::vip())),
            _ => None,
        }
    }

    /// The partition of a record that names none itself (`KafkaProducer.partition`). None: the sticky partition, which
    /// the accumulator asks for as it appends.
    pub fn partition(
        &mut self,
        topic: &str,
        key: Option<&[u8]>,
        partitions: TopicPartitions<'_>,
        ignore_keys: bool,
    ) -> Option<i32> {
        match self {
            PartitionerKind::RoundRobin(round_robin) => Some(round_robin.partition(topic, partitions)),
            PartitionerKind::Custom(rule) => Some(rule.partition(key, partitions.count)),
            PartitionerKind::Default if ignore_keys => None,
            PartitionerKind::Default => key.map(|key| partition_for_key(key, partitions.count)),
        }
    }
}

/// What the producer throws when a custom partitioner names a negative partition.
pub fn invalid_partition(partition: i32) -> KafkaException {
    let message = format!(
        "The partitioner generated an invalid partition number: {partition}. Partition number should always be \
         non-negative."
    );
    KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vip_keys_keep_their_lanes_to_themselves() {
        let rule = PrefixRule::vip();
        for i in 0..100 {
            assert!(rule.partition(Some(format!("vip-{i}").as_bytes()), 10) < 8);
            assert!(rule.partition(Some(format!("user-{i}").as_bytes()), 10) >= 8);
            assert_eq!(rule.partition(Some(format!("user-{i}").as_bytes()), 1), 0);
        }
        assert!(rule.partition(None, 10) >= 8);
    }

    #[test]
    fn a_stale_choice_counts_for_nothing() {
        let mut sticky = StickyPartitioner::new(10).expect("a size above 0");
        let topic = TopicPartitions { count: 2, available: &[0, 1] };
        let first = sticky.peek_current(topic, || 0);
        assert!(sticky.update(first, 10, topic, true, || 1));
        assert!(sticky.is_changed(first));
        assert!(!sticky.update(first, 1_000, topic, true, || 0));
        assert_eq!(sticky.peek_current(topic, || 0).partition, 1);
    }
}
