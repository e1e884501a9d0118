//! Record batches v2 and their exact bytes: what a producer builds, a broker stamps and a log keeps.
//!
//! The encoded bytes of a closed batch are the truth; every header field is read from them. The ids of the records
//! ([`Rid`]) ride beside the bytes, outside every size and checksum.
//!
//! Simplifications: message formats 0 and 1 are recognised and checked but not read or written (Kafka 4 no longer
//! accepts them from clients). Compressed bytes are valid for every reader, but encoders differ in the bytes they
//! choose, and compression levels are not told apart. Texts of errors inside damaged compressed data come from the
//! codecs at hand, except the ones of gzip framing.

use std::fmt;
use std::sync::Arc;

use crate::kafka::ids::Rid;

mod batch;
mod buffer;
mod builder;
mod checksum;
mod codec;
mod control;
mod error;
mod filter;
mod read;
mod size;
pub mod varint;

pub use batch::{RECORD_BATCH_OVERHEAD, RecordBatch};
pub use buffer::{UncheckedBatch, batches};
pub use builder::{BatchBuilder, ProducerState};
pub use checksum::{crc32, crc32c};
pub use control::{
    ControlRecordType, EndTransactionMarker, KraftVoters, LeaderChange, QuorumVoter, Voter, VoterEndpoint,
};
pub use error::{CorruptRecord, InvalidBatch, InvalidRecord};
pub use filter::{BatchRetention, Cleaning, Filtered};
pub use size::{
    MAX_RECORD_OVERHEAD, decrement_sequence, estimate_batch_size, estimate_size_upper_bound, increment_sequence,
    record_size, record_size_upper_bound,
};

/// Shared immutable bytes.
pub type Bytes = Arc<[u8]>;

/// `NO_TIMESTAMP`: the record or batch has no timestamp.
pub const NO_TIMESTAMP: i64 = -1;
/// `NO_SEQUENCE`: the batch comes from a producer without idempotence, or is a control batch.
pub const NO_SEQUENCE: i32 = -1;
/// `NO_PRODUCER_ID`.
pub const NO_PRODUCER_ID: i64 = -1;
/// `NO_PRODUCER_EPOCH`.
pub const NO_PRODUCER_EPOCH: i16 = -1;
/// `NO_PARTITION_LEADER_EPOCH`: no broker has stamped the batch yet.
pub const NO_PARTITION_LEADER_EPOCH: i32 = -1;

/// A record header: a name, which may repeat and may be empty, and a value, which may be null.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Header {
    pub key: Arc<str>,
    pub value: Option<Bytes>,
}

/// What an application writes and reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Milliseconds since the epoch, or [`NO_TIMESTAMP`].
    pub timestamp_ms: i64,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<Header>,
}

/// A record read back from a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRecord {
    pub offset: i64,
    /// The producer's sequence number, or [`NO_SEQUENCE`].
    pub sequence: i32,
    /// Bytes of the record before compression, its length field included.
    pub size_in_bytes: i32,
    /// Which `send()` it came from, if an application of this run sent it.
    pub rid: Option<Rid>,
    pub record: Record,
}

/// `CompressionType`: the codec of a batch, bits 0 to 2 of its attributes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Compression {
    #[default]
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

impl Compression {
    pub const ALL: [Compression; 5] =
        [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

    /// The number in a batch's attributes: 0 to 4.
    pub fn id(self) -> i8 {
        self as i8
    }

    pub fn from_id(id: i8) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.id() == id)
    }

    /// The word in configs and tools.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Snappy => "snappy",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who set the timestamps of a batch, bit 3 of its attributes: the producer, or the broker at append.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum TimestampType {
    #[default]
    CreateTime,
    LogAppendTime,
}

impl TimestampType {
    /// The word in `message.timestamp.type` and in the tools.
    pub fn name(self) -> &'static str {
        match self {
            TimestampType::CreateTime => "CreateTime",
            TimestampType::LogAppendTime => "LogAppendTime",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [TimestampType::CreateTime, TimestampType::LogAppendTime].into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for TimestampType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
