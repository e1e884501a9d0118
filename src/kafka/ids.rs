//! Names and numbers that identify things. Each is a type of its own: an epoch of one kind can never be compared with
//! an epoch of another.

use std::fmt;
use std::sync::Arc;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
        pub struct $name(pub $inner);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// `node.id`: a broker or a controller. -1 is "no node" on the wire, never in state.
    NodeId(i32)
);
number_id!(
    /// Grows by one each time a partition gets a new leader (KIP-101).
    LeaderEpoch(i32)
);
number_id!(
    /// Grows by one with every change of a partition's record in the controller (KIP-497).
    PartitionEpoch(i32)
);
number_id!(
    /// The offset of a broker's registration in the metadata log; fences its older incarnations (KIP-380, KIP-631).
    BrokerEpoch(i64)
);
number_id!(
    /// `producerId`: given by InitProducerId; -1 is "not idempotent" on the wire.
    ProducerId(i64)
);
number_id!(
    /// `producerEpoch`: fences older instances of the same producer id; -1 with no producer id.
    ProducerEpoch(i16)
);
number_id!(
    /// Identity of one record that an application handed to `send()`, for the whole life of the run. It rides beside
    /// the bytes, outside every size, CRC and digest.
    Rid(u64)
);
number_id!(
    /// Order in which the world made messages; ties in time are broken by it.
    MessageId(u64)
);
number_id!(
    /// Position of a client among all clients ever made in a run.
    ClientIndex(u32)
);

/// A Kafka `Uuid`: topic ids, directory ids, incarnation ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Uuid(pub u128);

impl Uuid {
    pub const ZERO: Uuid = Uuid(0);
}

impl fmt::Display for Uuid {
    /// URL-safe base64 without padding, 22 characters (`Uuid.toString`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::with_capacity(22);
        for digit in 0..22 {
            // 22 digits hold 132 bits: the last digit carries two bits of the number and four zero bits.
            let bits = if digit < 21 { self.0 >> (122 - 6 * digit) & 63 } else { (self.0 & 3) << 4 };
            text.push(ALPHABET[bits as usize] as char);
        }
        f.pad(&text)
    }
}

/// A topic and a partition number, printed as Kafka prints it: `orders-0`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct TopicPartition {
    pub topic: Arc<str>,
    pub partition: i32,
}

impl TopicPartition {
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        TopicPartition { topic: topic.into(), partition }
    }

    /// Reads `orders-0`: the number behind the last dash is the partition.
    pub fn parse(text: &str) -> Option<Self> {
        let (topic, partition) = text.rsplit_once('-')?;
        let partition = partition.parse().ok().filter(|n| *n >= 0)?;
        (!topic.is_empty()).then(|| TopicPartition::new(topic, partition))
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// Something that takes part in the simulation: a node of the cluster or a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum ProcessId {
    Node(NodeId),
    Client(ClientIndex),
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessId::Node(node) => write!(f, "node {node}"),
            ProcessId::Client(client) => write!(f, "client {client}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_prints_as_kafka_does() {
        assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(Uuid(1).to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(Uuid(u128::MAX).to_string(), "_____________________w");
    }

    #[test]
    fn topic_partition_reads_what_it_prints() {
        let tp = TopicPartition::parse("my-topic-12").expect("a dash and a number");
        assert_eq!((&*tp.topic, tp.partition), ("my-topic", 12));
        assert_eq!(tp.to_string(), "my-topic-12");
        assert_eq!(TopicPartition::parse("orders"), None);
        assert_eq!(TopicPartition::parse("-0"), None);
    }
}
