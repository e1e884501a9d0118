//! What the controller answers to the configs of a resource before it writes them
//! (`ControllerConfigurationValidator`).

use std::collections::BTreeMap;

use super::value::Values;
use super::{LogLine, client_metrics, group, in_java_order, topic};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::{java, topic_name};

/// Checks the configs of the resource `name` of the type `resource_type` (`TOPIC`, `BROKER`, ...); without a value a key
/// is null. `broker` is the controller's own server.properties.
///
/// # Errors
/// The exception whose error code and message the answer has.
pub fn validate(
    resource_type: &str,
    name: &str,
    given: &BTreeMap<String, Option<String>>,
    broker: &Values,
    log: &mut Vec<LogLine>,
) -> Result<(), KafkaException> {
    match resource_type {
        "TOPIC" if name.is_empty() => refuse("Default topic resources are not allowed."),
        "TOPIC" => {
            topic_name::check(name)?;
            topic::validate_over(broker, &without_nulls(given, "topic")?, log)
        }
        "BROKER" => check_broker_name(name),
        "CLIENT_METRICS" => client_metrics::validate(name, &without_nulls(given, "client metrics")?).map(|_| ()),
        "GROUP" if name.is_empty() => refuse("Default group resources are not allowed."),
        "GROUP" => group::validate(&without_nulls(given, "group")?, broker).map(|_| ()),
        other => refuse(&format!("Unknown resource type {other}")),
    }
}

fn refuse<T>(text: &str) -> Result<T, KafkaException> {
    Err(KafkaException::with(ExceptionClass::INVALID_REQUEST, text))
}

/// The configs of a broker are checked by the broker itself; the empty name is that of all brokers.
fn check_broker_name(name: &str) -> Result<(), KafkaException> {
    match java::parse_int(name) {
        _ if name.is_empty() => Ok(()),
        None => refuse("Unable to parse broker name as a base 10 number."),
        Some(id) if id < 0 => refuse("Invalid negative broker ID."),
        Some(_) => Ok(()),
    }
}

fn without_nulls(
    given: &BTreeMap<String, Option<String>>,
    what: &str,
) -> Result<BTreeMap<String, String>, KafkaException> {
    let nulls = in_java_order(given, |_, value| value.is_none());
    if !nulls.is_empty() {
        let text = format!("Null value not supported for {what} configs: {}", nulls.join(","));
        return Err(KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, text));
    }
    Ok(given.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect())
}
