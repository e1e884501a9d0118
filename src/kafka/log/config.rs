//! The topic configs that a log reads (Kafka's `LogConfig`).

use std::collections::BTreeMap;

use crate::kafka::record::{Compression, TimestampType};

/// Effective configs of one topic. Fields are the Kafka keys; defaults are Kafka's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogConfig {
    /// `segment.bytes`, or `internal.segment.bytes` if that is set.
    pub segment_bytes: i32,
    pub segment_ms: i64,
    pub segment_index_bytes: i32,
    pub index_interval_bytes: i32,
    /// -1: no limit by time.
    pub retention_ms: i64,
    /// Of the partition, not the topic; -1: no limit by size.
    pub retention_bytes: i64,
    /// The limit of one batch after compression.
    pub max_message_bytes: i32,
    pub message_timestamp_type: TimestampType,
    pub message_timestamp_before_max_ms: i64,
    pub message_timestamp_after_max_ms: i64,
    /// `cleanup.policy` has `delete`.
    pub delete: bool,
    /// `cleanup.policy` has `compact`.
    pub compact: bool,
    /// `compression.type`; none is `producer`: keep what the client chose.
    pub compression_type: Option<Compression>,
    pub min_compaction_lag_ms: i64,
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`, in millionths.
    pub min_cleanable_dirty_millionths: i64,
    pub delete_retention_ms: i64,
    pub file_delete_delay_ms: i64,
    pub flush_messages: i64,
    pub flush_ms: i64,
    /// `producer.id.expiration.ms` of the broker.
    pub producer_id_expiration_ms: i64,
}

impl Default for LogConfig {
    fn default() -> Self {
        LogConfig {
            segment_bytes: 1_073_741_824,
            segment_ms: 604_800_000,
            segment_index_bytes: 10_485_760,
            index_interval_bytes: 4_096,
            retention_ms: 604_800_000,
            retention_bytes: -1,
            max_message_bytes: 1_048_588,
            message_timestamp_type: TimestampType::CreateTime,
            message_timestamp_before_max_ms: i64::MAX,
            message_timestamp_after_max_ms: 3_600_000,
            delete: true,
            compact: false,
            compression_type: None,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_dirty_millionths: 500_000,
            delete_retention_ms: 86_400_000,
            file_delete_delay_ms: 60_000,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            producer_id_expiration_ms: 86_400_000,
        }
    }
}

impl LogConfig {
    /// Takes the effective values of a topic by their Kafka keys; a key that is missing keeps its default, keys of
    /// others are ignored. The values were checked when they were set: one that cannot be read keeps its default.
    pub fn from_values(values: &BTreeMap<String, String>) -> LogConfig {
        let default = LogConfig::default();
        let policies = values.get("cleanup.policy").map(|list| list.split(',').map(str::trim).collect::<Vec<_>>());
        let has = |policy: &str, otherwise: bool| policies.as_ref().map_or(otherwise, |all| all.contains(&policy));
        let timestamp_type = values.get("message.timestamp.type").and_then(|name| TimestampType::from_name(name));
        let segment_bytes = int32(values, "segment.bytes", default.segment_bytes);
        let compression = values.get("compression.type").map(|name| match name.as_str() {
            "uncompressed" => Some(Compression::None),
            name => Compression::from_name(name),
        });
        LogConfig {
            segment_bytes: int32(values, "internal.segment.bytes", segment_bytes),
            segment_ms: int64(values, "segment.ms", default.segment_ms),
            segment_index_bytes: int32(values, "segment.index.bytes", default.segment_index_bytes),
            index_interval_bytes: int32(values, "index.interval.bytes", default.index_interval_bytes),
            retention_ms: int64(values, "retention.ms", default.retention_ms),
            retention_bytes: int64(values, "retention.bytes", default.retention_bytes),
            max_message_bytes: int32(values, "max.message.bytes", default.max_message_bytes),
            message_timestamp_type: timestamp_type.unwrap_or(default.message_timestamp_type),
            message_timestamp_before_max_ms: int64(values, "message.timestamp.before.max.ms", i64::MAX),
            message_timestamp_after_max_ms: int64(
                values,
                "message.timestamp.after.max.ms",
                default.message_timestamp_after_max_ms,
            ),
            delete: has("delete", default.delete),
            compact: has("compact", default.compact),
            compression_type: compression.unwrap_or(default.compression_type),
            min_compaction_lag_ms: int64(values, "min.compaction.lag.ms", default.min_compaction_lag_ms),
            max_compaction_lag_ms: int64(values, "max.compaction.lag.ms", default.max_compaction_lag_ms),
            min_cleanable_dirty_millionths: values
                .get("min.cleanable.dirty.ratio")
                .and_then(|text| millionths(text.trim()))
                .unwrap_or(default.min_cleanable_dirty_millionths),
            delete_retention_ms: int64(values, "delete.retention.ms", default.delete_retention_ms),
            file_delete_delay_ms: int64(values, "file.delete.delay.ms", default.file_delete_delay_ms),
            flush_messages: int64(values, "flush.messages", default.flush_messages),
            flush_ms: int64(values, "flush.ms", default.flush_ms),
            producer_id_expiration_ms: int64(values, "producer.id.expiration.ms", default.producer_id_expiration_ms),
        }
    }

    /// The longest time in ms that a segment takes appends: compaction may ask for less than `segment.ms`.
    pub fn max_segment_ms(&self) -> i64 {
        match self.compact {
            true => self.max_compaction_lag_ms.min(self.segment_ms),
            false => self.segment_ms,
        }
    }
}

/// A decimal number from 0 to 1, cut to six digits behind the point: `0.5` is 500000.
fn millionths(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = decimals.chars().chain("000000".chars()).take(6).collect();
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    Some(whole.checked_mul(1_000_000)? + digits.parse::<i64>().ok()?)
}

fn int64(values: &BTreeMap<String, String>, key: &str, default: i64) -> i64 {
    values.get(key).and_then(|text| text.trim().parse().ok()).unwrap_or(default)
}

fn int32(values: &BTreeMap<String, String>, key: &str, default: i32) -> i32 {
    values.get(key).and_then(|text| text.trim().parse().ok()).unwrap_or(default)
}
