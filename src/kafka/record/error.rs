//! Why bytes are no record batch, with the names and texts of Kafka's exceptions.

use std::fmt;

use super::varint::VarintError;

/// `CorruptRecordException` (CORRUPT_MESSAGE): the framing or the checksum of a batch is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CorruptRecord {
    pub message: String,
}

impl fmt::Display for CorruptRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CorruptRecord {}

/// Why bytes cannot be one batch v2, before any checksum is looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InvalidBatch {
    /// The framing is wrong in itself.
    Corrupt(CorruptRecord),
    /// Fewer bytes than the batch says it has, or than its header takes.
    Incomplete,
    /// The batch ends before the bytes do; carries how many are left over.
    TrailingBytes(u32),
    /// Message format 0 or 1.
    OldMagic(i8),
}

impl fmt::Display for InvalidBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidBatch::Corrupt(corrupt) => corrupt.fmt(f),
            InvalidBatch::Incomplete => f.write_str("the batch is incomplete"),
            InvalidBatch::TrailingBytes(left) => write!(f, "{left} bytes follow the batch"),
            InvalidBatch::OldMagic(magic) => write!(f, "message format {magic} is no longer supported"),
        }
    }
}

impl std::error::Error for InvalidBatch {}

impl From<CorruptRecord> for InvalidBatch {
    fn from(corrupt: CorruptRecord) -> Self {
        InvalidBatch::Corrupt(corrupt)
    }
}

/// Why the records of a batch cannot be read. Usually Kafka's `InvalidRecordException` (INVALID_RECORD); damaged
/// compressed data gives `KafkaException`, an unknown codec `IllegalArgumentException`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvalidRecord {
    /// Kafka's exception class without its package.
    pub exception: &'static str,
    pub message: Option<String>,
    pub cause: Option<Box<InvalidRecord>>,
}

impl InvalidRecord {
    /// An `InvalidRecordException`.
    pub(super) fn new(message: impl Into<String>) -> Self {
        InvalidRecord { exception: "InvalidRecordException", message: Some(message.into()), cause: None }
    }

    pub(super) fn of(exception: &'static str, message: Option<String>) -> Self {
        InvalidRecord { exception, message, cause: None }
    }

    pub(super) fn caused_by(mut self, cause: InvalidRecord) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }
}

impl fmt::Display for InvalidRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.as_deref().unwrap_or(self.exception))
    }
}

impl std::error::Error for InvalidRecord {}

impl From<VarintError> for InvalidRecord {
    fn from(error: VarintError) -> Self {
        InvalidRecord::of(error.exception(), error.message())
    }
}
