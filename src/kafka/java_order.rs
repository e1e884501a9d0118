//! The order in which Java's `HashMap` hands back its keys. Kafka's tools print some rows straight out of one, so the
//! order on the screen is that of the buckets.

use crate::kafka::ids::TopicPartition;
use crate::kafka::java;

/// Sorts `keys`, which were put into a `HashMap` in this order, as iteration over the map finds them. `capacity` is the
/// initial capacity that the map was made with; 16 is Java's default.
pub fn sort_as_hash_map<T>(keys: &mut [T], capacity: u32, name: impl Fn(&T) -> &str) {
    sort_by_hash(keys, capacity, |key| java::string_hash(name(key)));
}

/// The same for keys of another kind, by their `hashCode()`.
pub fn sort_by_hash<T>(keys: &mut [T], capacity: u32, hash: impl Fn(&T) -> i32) {
    let buckets = table_size(keys.len() as u32, capacity);
    // A stable sort: inside a bucket the order of insertion stays, as it does through Java's resizing.
    keys.sort_by_key(|key| spread(hash(key) as u32) & (buckets - 1));
}

/// `TopicPartition.hashCode`.
pub fn topic_partition_hash(tp: &TopicPartition) -> i32 {
    31_i32.wrapping_mul(31_i32.wrapping_add(tp.partition)).wrapping_add(java::string_hash(&tp.topic))
}

/// `HashMap.hash`: the high half is folded into the low one.
fn spread(hash: u32) -> u32 {
    hash ^ (hash >> 16)
}

/// Buckets once `count` entries are in: doubled whenever more than three quarters are taken.
fn table_size(count: u32, capacity: u32) -> u32 {
    let mut size = capacity.max(1).next_power_of_two();
    while count > size * 3 / 4 {
        size *= 2;
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut names: Vec<&str>, capacity: u32) -> Vec<&str> {
        sort_as_hash_map(&mut names, capacity, |name| name);
        names
    }

    #[test]
    fn topics_stand_as_kafka_topics_prints_them() {
        assert_eq!(sorted(vec!["one", "tight"], 2), ["tight", "one"]);
        assert_eq!(sorted(vec!["both", "orders", "safe"], 3), ["safe", "orders", "both"]);
        assert_eq!(sorted(vec!["clicks", "orders"], 2), ["clicks", "orders"]);
    }

    #[test]
    fn partitions_of_one_topic_may_stand_backwards() {
        let mut tps: Vec<TopicPartition> = (0..4).map(|partition| TopicPartition::new("t", partition)).collect();
        sort_by_hash(&mut tps, 4, topic_partition_hash);
        assert_eq!(tps.iter().map(|tp| tp.partition).collect::<Vec<_>>(), [3, 2, 1, 0]);
    }
}
