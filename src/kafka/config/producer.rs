//! The producer's configuration: the table, then the rules over several keys (`ProducerConfig`).

use std::collections::BTreeMap;

use super::value::{Value, Values, config_exception};
use super::{Level, LogLine, PRODUCER, client, log_line};
use crate::kafka::errors::KafkaException;

/// Requests on one connection without an answer that an idempotent producer may have.
const MAX_IN_FLIGHT_OF_IDEMPOTENCE: i32 = 5;
const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";

/// Reads a producer's configuration. `number` counts the producers without a `client.id`, for their names.
///
/// # Errors
/// The first ConfigException that Kafka would throw; lines of the log are added to `log` also then.
pub fn parse(given: &BTreeMap<String, String>, number: u32, log: &mut Vec<LogLine>) -> Result<Values, KafkaException> {
    let mut values = PRODUCER.parse_logged(given, log)?;
    client::post_process(&mut values, log)?;
    decide_idempotence(&mut values, log)?;
    if !values.is_given("client.id") {
        let name = match values.get_str("transactional.id") {
            Some(id) => format!("producer-{id}"),
            None => format!("producer-{number}"),
        };
        values.set("client.id", Value::String(name));
    }
    Ok(values)
}

/// Idempotence gives way to settings that it cannot live with, unless it was asked for
/// (`postProcessAndValidateIdempotenceConfigs`).
fn decide_idempotence(values: &mut Values, log: &mut Vec<LogLine>) -> Result<(), KafkaException> {
    let acks = match values.get_str("acks") {
        Some("all") | None => "-1".to_string(),
        Some(acks) => acks.to_string(),
    };
    values.set("acks", Value::String(acks.clone()));
    let asked_for = values.is_given("enable.idempotence");
    if values.get_bool("enable.idempotence") {
        let mut gives_way = false;
        if values.get_int("retries") == 0 {
            if asked_for {
                return Err(config_exception("Must set retries to non-zero when using the idempotent producer."));
            }
            log_line(log, Level::Info, "ProducerConfig", "Idempotence will be disabled because retries is set to 0.");
            gives_way = true;
        }
        if acks != "-1" {
            if asked_for {
                return Err(config_exception(
                    "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee \
                     idempotence.",
                ));
            }
            let text = format!("Idempotence will be disabled because acks is set to {acks}, not set to 'all'.");
            log_line(log, Level::Info, "ProducerConfig", text);
            gives_way = true;
        }
        let in_flight = values.get_int(IN_FLIGHT);
        if in_flight > MAX_IN_FLIGHT_OF_IDEMPOTENCE {
            return Err(config_exception(format!(
                "To use the idempotent producer, {IN_FLIGHT} must be set to at most {MAX_IN_FLIGHT_OF_IDEMPOTENCE}. \
                 Current value is {in_flight}."
            )));
        }
        if gives_way {
            values.set("enable.idempotence", Value::Boolean(false));
        }
    }
    if values.is_given("transactional.id") && !values.get_bool("enable.idempotence") {
        return Err(config_exception("Cannot set a transactional.id without also enabling idempotence."));
    }
    if values.get_bool("transaction.two.phase.commit.enable") && values.is_given("transaction.timeout.ms") {
        return Err(config_exception(
            "Cannot set transaction.timeout.ms when transaction.two.phase.commit.enable is set to true. Transactions \
             will not expire with two-phase commit enabled.",
        ));
    }
    Ok(())
}
