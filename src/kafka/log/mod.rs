//! One partition's log: segments of batches with sparse indexes, leader epochs, the state of producers, validation
//! of what clients send, retention and truncation (Kafka's `UnifiedLog`, `LocalLog`, `LogSegment` and what they use).
//!
//! History is shared: batches stand in chunks of 64 behind `Arc`, and so do whole segments; cloning a log copies
//! pointers.
//!
//! Simplifications: bytes live in memory, and only what the log knows of files is kept (names, sizes, index entries,
//! creation times). A file's modification time is the time of the last append. Segments cannot be tiered yet, segment
//! jitter is 0, and transactions are not verified with their coordinator.

mod append;
mod chunks;
mod cleaner;
mod cleaner_transactions;
mod config;
mod error;
mod files;
mod index;
mod leader_epochs;
mod offsets;
mod partition_log;
mod producer_append;
mod producer_state;
mod read;
mod recovery;
mod retention;
mod segment;
pub mod snapshot_file;
#[cfg(test)]
mod tests;
mod truncate;
mod validator;
mod write_back;

pub use append::{AppendInfo, AppendOrigin};
pub use chunks::Chunks;
pub use cleaner::{Cleanable, CleaningDone};
pub use config::LogConfig;
pub use error::{AppendError, OffsetOutOfRange, RecordError};
pub use files::file_name;
pub use index::{OffsetEntry, OffsetIndex, TimeEntry, TimeIndex};
pub use leader_epochs::LeaderEpochs;
pub use offsets::TimestampAndOffset;
pub use partition_log::PartitionLog;
pub use producer_state::{BatchMetadata, ProducerEntry};
pub use read::{LogRead, ReadBound};
pub use recovery::Shutdown;
pub use retention::{DeletedSegment, DeletionReason};
pub use segment::{AbortedTransaction, PlacedBatch, Segment};
pub use validator::{Fault, Validated, Validator};
