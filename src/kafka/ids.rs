//! Names and numbers that identify things. Each is a type of its own: an epoch of one kind can never be compared with
//! an epoch of another.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Uuid(pub u128);

impl From<Uuid> for String {
    fn from(id: Uuid) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for Uuid {
    type Error = String;
    fn try_from(text: String) -> Result<Uuid, String> {
        Uuid::parse(&text)
    }
}

impl Uuid {
    pub const ZERO: Uuid = Uuid(0);

    /// `Uuid.fromString`: URL-safe base64 of 16 bytes, with or without its padding.
    ///
    /// # Errors
    /// The message of Kafka's IllegalArgumentException.
    pub fn parse(text: &str) -> Result<Uuid, String> {
        let units: Vec<u16> = text.encode_utf16().collect();
        if units.len() > 24 {
            let prefix = String::from_utf16_lossy(&units[..24]);
            return Err(format!("Input string with prefix `{prefix}` is too long to be decoded as a base64 UUID"));
        }
        // Java reads the text as ISO-8859-1, where characters beyond become question marks.
        let bytes: Vec<u8> = units.iter().map(|unit| u8::try_from(*unit).unwrap_or(b'?')).collect();
        let decoded = decode_base64_url(&bytes)?;
        let sixteen: Result<[u8; 16], _> = decoded.as_slice().try_into();
        sixteen.map(|bytes| Uuid(u128::from_be_bytes(bytes))).map_err(|_| {
            format!(
                "Input string `{text}` decoded as {} bytes, which is not equal to the expected 16 bytes of a \
                 base64-encoded UUID",
                decoded.len()
            )
        })
    }
}

/// `java.util.Base64.getUrlDecoder().decode`, with its messages.
fn decode_base64_url(bytes: &[u8]) -> Result<Vec<u8>, String> {
    if bytes.len() == 1 {
        return Err("Input byte[] should at least have 2 bytes for base64 bytes".to_string());
    }
    let mut decoded = Vec::new();
    let (mut bits, mut digits, mut at) = (0_u32, 0_u32, 0);
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            b'=' => {
                // A unit of two digits has two padding bytes, one of three digits has one.
                let second = digits != 2 || bytes.get(at) == Some(&b'=');
                if digits == 0 || !second {
                    return Err("Input byte array has wrong 4-byte ending unit".to_string());
                }
                at += usize::from(digits == 2);
                break;
            }
            _ => return Err(format!("Illegal base64 character {}", java_hex(byte as i8))),
        };
        bits = (bits << 6) | u32::from(digit);
        digits += 1;
        if digits == 4 {
            decoded.extend(&bits.to_be_bytes()[1..]);
            (bits, digits) = (0, 0);
        }
    }
    match digits {
        1 => return Err("Last unit does not have enough valid bits".to_string()),
        2 => decoded.push((bits >> 4) as u8),
        3 => decoded.extend(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
    if at < bytes.len() {
        return Err(format!("Input byte array has incorrect ending byte at {}", at));
    }
    Ok(decoded)
}

/// `Integer.toString(byte, 16)`: Java's bytes have a sign.
fn java_hex(byte: i8) -> String {
    if byte < 0 { format!("-{:x}", -i32::from(byte)) } else { format!("{byte:x}") }
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
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
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

/// A partition with its topic's id, printed as `id:orders-0`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct TopicIdPartition {
    pub topic_id: Uuid,
    pub topic_partition: TopicPartition,
}

impl fmt::Display for TopicIdPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.topic_id, self.topic_partition)
    }
}

/// Something that takes part in the simulation: a node of the cluster or a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
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
