//! What is committed for a partition (`OffsetAndMetadata`).

use std::fmt;

use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::LeaderEpoch;

/// An offset to go on from, with the epoch of the record before it and a text of the application's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OffsetAndMetadata {
    offset: i64,
    leader_epoch: Option<LeaderEpoch>,
    metadata: String,
}

impl OffsetAndMetadata {
    /// # Errors
    /// IllegalArgumentException for a negative offset.
    pub fn new(
        offset: i64,
        leader_epoch: Option<LeaderEpoch>,
        metadata: impl Into<String>,
    ) -> Result<Self, KafkaException> {
        match offset < 0 {
            true => Err(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, "Invalid negative offset")),
            false => Ok(OffsetAndMetadata { offset, leader_epoch, metadata: metadata.into() }),
        }
    }

    pub fn offset(&self) -> i64 {
        self.offset
    }

    pub fn leader_epoch(&self) -> Option<LeaderEpoch> {
        self.leader_epoch
    }

    pub fn metadata(&self) -> &str {
        &self.metadata
    }
}

impl fmt::Display for OffsetAndMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epoch = self.leader_epoch.map_or("null".to_string(), |epoch| epoch.0.to_string());
        write!(f, "OffsetAndMetadata{{offset={}, leaderEpoch={epoch}, metadata='{}'}}", self.offset, self.metadata)
    }
}
