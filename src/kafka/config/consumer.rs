//! The consumer's configuration: the table, then the rules over several keys (`ConsumerConfig`).

use std::collections::BTreeMap;

use super::value::{Value, Values};
use super::{CONSUMER, LogLine, client};
use crate::kafka::errors::{ExceptionClass, KafkaException};

/// Keys that only the other group protocol knows.
const NOT_CLASSIC: &[&str] = &["group.remote.assignor", "share.acknowledgement.mode"];
const NOT_CONSUMER: &[&str] =
    &["partition.assignment.strategy", "heartbeat.interval.ms", "session.timeout.ms", "share.acknowledgement.mode"];
/// What a share consumer leaves to its group (`ShareConsumerConfig`, KIP-932).
const NOT_SHARE: &[&str] = &[
    "auto.offset.reset",
    "enable.auto.commit",
    "group.instance.id",
    "isolation.level",
    "partition.assignment.strategy",
    "interceptor.classes",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "group.protocol",
    "group.remote.assignor",
];

/// Reads a consumer's configuration. `number` counts the consumers without a `client.id`, for their names.
///
/// # Errors
/// The first exception that Kafka would throw; lines of the log are added to `log` also then.
pub fn parse(given: &BTreeMap<String, String>, number: u32, log: &mut Vec<LogLine>) -> Result<Values, KafkaException> {
    let values = parse_common(given, number, log)?;
    let protocol = values.get_str("group.protocol").unwrap_or_default().to_ascii_uppercase();
    let unsupported = if protocol == "CONSUMER" { NOT_CONSUMER } else { NOT_CLASSIC };
    client::refuse_given(&values, unsupported, &format!("when group.protocol={protocol}"))?;
    Ok(values)
}

/// Reads a share consumer's configuration (`ShareConsumerConfig`), as [`parse`] does a consumer's.
///
/// # Errors
/// As for [`parse`]; keys that share groups do not have are refused before any value is read.
pub fn parse_share(
    given: &BTreeMap<String, String>,
    number: u32,
    log: &mut Vec<LogLine>,
) -> Result<Values, KafkaException> {
    client::refuse_keys(|key| given.contains_key(key), NOT_SHARE, "when using a share group.")?;
    parse_common(given, number, log)
}

/// What both kinds of consumers do.
fn parse_common(
    given: &BTreeMap<String, String>,
    number: u32,
    log: &mut Vec<LogLine>,
) -> Result<Values, KafkaException> {
    let mut values = CONSUMER.parse_logged(given, log)?;
    client::post_process(&mut values, log)?;
    if values.get_str("client.id").is_none_or(str::is_empty) {
        let group = values.get_str("group.id").unwrap_or("null");
        let member = values.get_str("group.instance.id").map_or_else(|| number.to_string(), str::to_string);
        let name = format!("consumer-{group}-{member}");
        values.set("client.id", Value::String(name));
    }
    if values.get_str("group.id").is_none() {
        refuse_commits(&mut values)?;
    }
    Ok(values)
}

/// Without a group there is nowhere to commit to (`maybeOverrideEnableAutoCommit`).
fn refuse_commits(values: &mut Values) -> Result<(), KafkaException> {
    if values.is_given("enable.auto.commit") && values.get_bool("enable.auto.commit") {
        let text = "enable.auto.commit cannot be set to true when default group id (null) is used.";
        return Err(KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, text));
    }
    values.set("enable.auto.commit", Value::Boolean(false));
    Ok(())
}
