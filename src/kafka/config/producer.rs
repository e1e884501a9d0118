//! Rules over several producer keys: `ProducerConfig`, and what `KafkaProducer` adds when it is made.

use super::value::config_exception;
use super::{PRODUCER, Value, Values};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use std::collections::BTreeMap;

/// The most requests in flight with which an idempotent producer keeps its order.
const MOST_IN_FLIGHT: i32 = 5;

/// `new ProducerConfig`: idempotence gives way to settings that it cannot live with, unless it was asked for.
///
/// # Errors
/// The ConfigException that Kafka throws.
pub fn configure(given: &BTreeMap<String, String>) -> Result<Values, KafkaException> {
    let mut values = PRODUCER.parse(given)?;
    let asked_for = values.is_given("enable.idempotence");
    if values.get_bool("enable.idempotence") {
        let no_retries = values.get_int("retries") == 0;
        let acks_all = matches!(values.get_str("acks"), None | Some("all" | "-1"));
        let in_flight = values.get_int("max.in.flight.requests.per.connection");
        if no_retries && asked_for {
            return Err(config_exception("Must set retries to non-zero when using the idempotent producer."));
        }
        if !acks_all && asked_for {
            return Err(config_exception(
                "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
            ));
        }
        if in_flight > MOST_IN_FLIGHT {
            return Err(config_exception(format!(
                "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current \
                 value is {in_flight}."
            )));
        }
        values.set("enable.idempotence", Value::Boolean(acks_all && !no_retries));
    }
    if values.is_given("transactional.id") && !values.get_bool("enable.idempotence") {
        return Err(config_exception("Cannot set a transactional.id without also enabling idempotence."));
    }
    if values.get_bool("transaction.two.phase.commit.enable") && values.is_given("transaction.timeout.ms") {
        return Err(config_exception(
            "Cannot set transaction.timeout.ms when transaction.two.phase.commit.enable is set to true. Transactions will \
             not expire with two-phase commit enabled.",
        ));
    }
    Ok(values)
}

/// `new KafkaProducer`: also `delivery.timeout.ms` must leave room for one attempt; its default gives way.
///
/// # Errors
/// The exception that the constructor throws.
pub fn construct(given: &BTreeMap<String, String>) -> Result<Values, KafkaException> {
    let mut values = configure(given)?;
    let linger = values.get_long("linger.ms").min(i64::from(i32::MAX));
    let attempt = (linger + values.get_long("request.timeout.ms")).min(i64::from(i32::MAX));
    if values.get_long("delivery.timeout.ms") < attempt {
        if values.is_given("delivery.timeout.ms") {
            let cause = config_exception(
                "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms",
            );
            return Err(
                KafkaException::with(ExceptionClass::KAFKA, "Failed to construct kafka producer").caused_by(cause)
            );
        }
        let attempt = i32::try_from(attempt).expect("it is at most the largest int");
        values.set("delivery.timeout.ms", Value::Int(attempt));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(pairs: &[(&str, &str)]) -> Result<Values, String> {
        let class = "org.apache.kafka.common.serialization.StringSerializer";
        let base = [("bootstrap.servers", "b:1"), ("key.serializer", class), ("value.serializer", class)];
        let given = base.iter().chain(pairs).map(|(key, value)| (key.to_string(), value.to_string())).collect();
        construct(&given).map_err(|error| error.cause.as_deref().unwrap_or(&error).message.clone().unwrap_or_default())
    }

    #[test]
    fn idempotence_gives_way_unless_it_was_asked_for() {
        let on = |pairs: &[(&str, &str)]| made(pairs).map(|values| values.get_bool("enable.idempotence"));
        assert_eq!(on(&[]), Ok(true));
        assert_eq!(on(&[("acks", "1")]), Ok(false));
        assert_eq!(on(&[("retries", "0")]), Ok(false));
        assert!(on(&[("retries", "0"), ("enable.idempotence", "true")]).unwrap_err().starts_with("Must set retries"));
        assert!(on(&[("acks", "0"), ("enable.idempotence", "true")]).unwrap_err().starts_with("Must set acks to all"));
        assert!(on(&[("max.in.flight.requests.per.connection", "6"), ("acks", "1")]).is_err());
        let relaxed = [("max.in.flight.requests.per.connection", "6"), ("enable.idempotence", "false")];
        assert_eq!(on(&relaxed), Ok(false));
        assert!(
            on(&[("acks", "1"), ("transactional.id", "t")]).unwrap_err().starts_with("Cannot set a transactional.id")
        );
    }

    #[test]
    fn a_delivery_leaves_room_for_one_attempt() {
        let timeout = |pairs: &[(&str, &str)]| made(pairs).map(|values| values.get_int("delivery.timeout.ms"));
        assert!(timeout(&[("delivery.timeout.ms", "30004")]).is_err());
        assert_eq!(timeout(&[("delivery.timeout.ms", "30005")]), Ok(30_005));
        assert_eq!(timeout(&[("linger.ms", "120000")]), Ok(150_000));
    }
}
