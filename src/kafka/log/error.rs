//! Why an append or a read is refused, with Kafka's exception names and texts.

use std::fmt;

use crate::kafka::errors::ErrorCode;
use crate::kafka::record::{CorruptRecord, InvalidRecord};

/// One record that made its batch be refused: its place in the batch and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordError {
    pub batch_index: i32,
    pub message: String,
}

/// Why a batch was not appended. What was there before is untouched, except that the leader epoch may be noted and the
/// active segment may have rolled, as in Kafka.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppendError {
    pub code: ErrorCode,
    /// Simple name of Kafka's exception class, which several codes share with others.
    pub exception: &'static str,
    pub message: Option<String>,
    /// Which records are at fault, if single ones are.
    pub record_errors: Vec<RecordError>,
    /// The exception below, of damaged compressed data.
    pub cause: Option<Box<InvalidRecord>>,
}

impl AppendError {
    /// An error whose exception is the one that its code stands for.
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        AppendError {
            code,
            exception: code.exception(),
            message: Some(message.into()),
            record_errors: Vec::new(),
            cause: None,
        }
    }

    /// An exception that no code stands for: UNKNOWN_SERVER_ERROR to the client.
    pub(super) fn internal(exception: &'static str, message: impl Into<String>) -> Self {
        AppendError { exception, ..AppendError::new(ErrorCode::UnknownServerError, message) }
    }

    /// The text, or the exception's name if it has none.
    pub fn text(&self) -> &str {
        self.message.as_deref().unwrap_or(self.exception)
    }
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.exception, self.text())
    }
}

impl std::error::Error for AppendError {}

impl From<CorruptRecord> for AppendError {
    fn from(error: CorruptRecord) -> Self {
        AppendError::new(ErrorCode::CorruptMessage, error.message)
    }
}

impl From<InvalidRecord> for AppendError {
    fn from(error: InvalidRecord) -> Self {
        let code = match error.exception {
            "InvalidRecordException" => ErrorCode::InvalidRecord,
            _ => ErrorCode::UnknownServerError,
        };
        AppendError {
            code,
            exception: error.exception,
            message: error.message,
            record_errors: Vec::new(),
            cause: error.cause,
        }
    }
}

/// OFFSET_OUT_OF_RANGE: the offset lies before the log's start or behind its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OffsetOutOfRange {
    pub message: String,
}

impl fmt::Display for OffsetOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OffsetOutOfRange {}
