//! Logs that coordinators write: which records a formatter or decoder takes for its own.
//!
//! Their records are not read yet; what is none of them is told as Kafka does.

use super::exception;
use crate::kafka::errors::KafkaException;

/// A log that coordinators write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoordinatorLog {
    /// `__consumer_offsets`.
    ConsumerOffsets,
    /// `__transaction_state`.
    TransactionState,
    /// `__share_group_state`.
    ShareGroupState,
}

impl CoordinatorLog {
    /// The type of record that a key begins with.
    ///
    /// # Errors
    /// The exception for a key of less than two bytes (`CoordinatorRecordSerde.deserialize`).
    pub fn record_type(self, key: &[u8]) -> Result<i16, KafkaException> {
        let short = || exception("java.lang.RuntimeException", "Could not read key's version.");
        key.first_chunk().map(|kind| i16::from_be_bytes(*kind)).ok_or_else(short)
    }

    /// Whether the coordinator writes records of a type.
    pub fn knows(self, kind: i16) -> bool {
        let count = match self {
            CoordinatorLog::ConsumerOffsets => 24,
            CoordinatorLog::TransactionState => 1,
            CoordinatorLog::ShareGroupState => 2,
        };
        (0..count).contains(&kind)
    }

    /// What is said of the coordinator's own records.
    pub fn not_yet(self) -> &'static str {
        match self {
            CoordinatorLog::ConsumerOffsets => "not yet: consumer groups",
            CoordinatorLog::TransactionState => "not yet: transactions",
            CoordinatorLog::ShareGroupState => "not yet: share groups",
        }
    }
}
