//! The consumer's settings; fields are Kafka's keys with dots as underscores.

use std::sync::Arc;

use crate::kafka::client::connection::ConnectionSettings;
use crate::kafka::client::producer::settings::connection_settings;
use crate::kafka::config::Values;

/// Where a consumer without a position begins (`auto.offset.reset`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffsetReset {
    Earliest,
    Latest,
    /// So many milliseconds before now (KIP-1106).
    ByDuration(i64),
    None,
}

#[derive(Clone, PartialEq, Debug)]
pub struct ConsumerSettings {
    pub client_id: Arc<str>,
    /// It names the consumer in its log lines.
    pub group_id: Option<Arc<str>>,
    pub auto_offset_reset: OffsetReset,
    pub fetch_min_bytes: i32,
    pub fetch_max_bytes: i32,
    pub fetch_max_wait_ms: i32,
    pub max_partition_fetch_bytes: i32,
    pub max_poll_records: i32,
    pub allow_auto_create_topics: bool,
    pub check_crcs: bool,
    pub metadata_max_age_ms: i64,
    pub request_timeout_ms: i32,
    pub default_api_timeout_ms: i32,
    pub retry_backoff_ms: i64,
    pub retry_backoff_max_ms: i64,
    pub connection: ConnectionSettings,
}

impl ConsumerSettings {
    /// Reads what [`crate::kafka::config`] has checked.
    pub fn from_values(values: &Values, client_id: Arc<str>) -> ConsumerSettings {
        let auto_offset_reset = match values.get_str("auto.offset.reset") {
            Some("earliest") => OffsetReset::Earliest,
            Some("none") => OffsetReset::None,
            Some(text) => match text.strip_prefix("by_duration:").and_then(duration_millis) {
                Some(millis) => OffsetReset::ByDuration(millis),
                None => OffsetReset::Latest,
            },
            None => OffsetReset::Latest,
        };
        ConsumerSettings {
            group_id: values.get_str("group.id").map(Arc::from),
            client_id,
            auto_offset_reset,
            fetch_min_bytes: values.get_int("fetch.min.bytes"),
            fetch_max_bytes: values.get_int("fetch.max.bytes"),
            fetch_max_wait_ms: values.get_int("fetch.max.wait.ms"),
            max_partition_fetch_bytes: values.get_int("max.partition.fetch.bytes"),
            max_poll_records: values.get_int("max.poll.records"),
            allow_auto_create_topics: values.get_bool("allow.auto.create.topics"),
            check_crcs: values.get_bool("check.crcs"),
            metadata_max_age_ms: values.get_long("metadata.max.age.ms"),
            request_timeout_ms: values.get_int("request.timeout.ms"),
            default_api_timeout_ms: values.get_int("default.api.timeout.ms"),
            retry_backoff_ms: values.get_long("retry.backoff.ms"),
            retry_backoff_max_ms: values.get_long("retry.backoff.max.ms"),
            connection: connection_settings(values),
        }
    }
}

/// ISO-8601 duration in milliseconds.
fn duration_millis(text: &str) -> Option<i64> {
    let nanos = crate::kafka::config::duration::parse(text)?;
    i64::try_from(nanos / 1_000_000).ok()
}
