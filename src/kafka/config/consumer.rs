//! Rules over several consumer keys: `ConsumerConfig`, and what `KafkaConsumer` adds when it is made.

use super::value::config_exception;
use super::{CONSUMER, Value, Values};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::topic_name;
use std::collections::BTreeMap;

/// Keys that belong to the other group protocol.
const CLASSIC_REFUSES: [&str; 2] = ["group.remote.assignor", "share.acknowledgement.mode"];
const CONSUMER_REFUSES: [&str; 4] =
    ["partition.assignment.strategy", "heartbeat.interval.ms", "session.timeout.ms", "share.acknowledgement.mode"];

/// `new ConsumerConfig`.
///
/// # Errors
/// The exception that Kafka throws.
pub fn configure(given: &BTreeMap<String, String>) -> Result<Values, KafkaException> {
    let mut values = CONSUMER.parse(given)?;
    if values.get_str("group.id").is_none() {
        if !values.is_given("enable.auto.commit") {
            values.set("enable.auto.commit", Value::Boolean(false));
        } else if values.get_bool("enable.auto.commit") {
            let text = "enable.auto.commit cannot be set to true when default group id (null) is used.";
            return Err(KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, text));
        }
    }
    let (refused, protocol): (&[&str], _) =
        if is_classic(&values) { (&CLASSIC_REFUSES, "CLASSIC") } else { (&CONSUMER_REFUSES, "CONSUMER") };
    let found: Vec<&str> = refused.iter().copied().filter(|key| values.is_given(key)).collect();
    if !found.is_empty() {
        return Err(config_exception(format!("{} cannot be set when group.protocol={protocol}", found.join(", "))));
    }
    Ok(values)
}

fn is_classic(values: &Values) -> bool {
    !values.get_str("group.protocol").is_some_and(|name| name.eq_ignore_ascii_case("consumer"))
}

/// `new KafkaConsumer`: also the group's id, the member's own id and the heartbeat must make sense.
///
/// # Errors
/// The exception that the constructor throws.
pub fn construct(given: &BTreeMap<String, String>) -> Result<Values, KafkaException> {
    let values = configure(given)?;
    let failed =
        |cause| KafkaException::with(ExceptionClass::KAFKA, "Failed to construct kafka consumer").caused_by(cause);
    if let Some(id) = values.get_str("group.instance.id") {
        topic_name::check_group_instance_id(id).map_err(failed)?;
    }
    if values.get_str("group.id").is_some_and(|group| group.trim().is_empty()) {
        return Err(failed(KafkaException::with(
            ExceptionClass::named("common.errors.InvalidGroupIdException"),
            "The configured group.id should not be an empty string or whitespace.",
        )));
    }
    let grouped = values.get_str("group.id").is_some() && is_classic(&values);
    if grouped && values.get_int("heartbeat.interval.ms") >= values.get_int("session.timeout.ms") {
        let text = "Heartbeat must be set lower than the session timeout";
        return Err(failed(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, text)));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(pairs: &[(&str, &str)]) -> Result<Values, String> {
        let class = "org.apache.kafka.common.serialization.StringDeserializer";
        let base = [("bootstrap.servers", "b:1"), ("key.deserializer", class), ("value.deserializer", class)];
        let given = base.iter().chain(pairs).map(|(key, value)| (key.to_string(), value.to_string())).collect();
        construct(&given).map_err(|error| error.cause.as_deref().unwrap_or(&error).message.clone().unwrap_or_default())
    }

    #[test]
    fn each_group_protocol_refuses_the_keys_of_the_other() {
        let both = [("group.protocol", "consumer"), ("session.timeout.ms", "45000"), ("heartbeat.interval.ms", "3000")];
        assert_eq!(
            made(&both).unwrap_err(),
            "heartbeat.interval.ms, session.timeout.ms cannot be set when group.protocol=CONSUMER"
        );
        assert!(made(&[("group.remote.assignor", "uniform")]).unwrap_err().ends_with("group.protocol=CLASSIC"));
    }

    #[test]
    fn a_group_needs_a_name_and_a_heartbeat_within_its_session() {
        assert!(made(&[("group.id", " ")]).unwrap_err().starts_with("The configured group.id should not be"));
        let session = [("group.id", "g"), ("session.timeout.ms", "3000")];
        assert_eq!(made(&session).unwrap_err(), "Heartbeat must be set lower than the session timeout");
        assert!(made(&session[1..]).is_ok(), "without a group there is no heartbeat");
        assert_eq!(
            made(&[("group.instance.id", ".")]).unwrap_err(),
            "Group instance id is invalid: '.' is not allowed"
        );
        assert!(made(&[("enable.auto.commit", "true")]).unwrap_err().contains("default group id (null)"));
    }
}
