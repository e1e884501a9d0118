//! Rules over several keys that producers, consumers and admin clients share (`CommonClientConfigs`).

use super::value::{Value, Values, config_exception, invalid};
use super::{Level, LogLine, log_line};
use crate::kafka::errors::KafkaException;

const LOG: &str = "CommonClientConfigs";

/// What every client's config does after its values are read: SASL needs a mechanism, back-offs fit their bounds.
pub(super) fn post_process(values: &mut Values, log: &mut Vec<LogLine>) -> Result<(), KafkaException> {
    let protocol = values.get_str("security.protocol").unwrap_or_default().to_ascii_uppercase();
    if protocol.starts_with("SASL_") && values.get_str("sasl.mechanism").is_none_or(str::is_empty) {
        let text = "When the security.protocol configuration enables SASL, mechanism must be non-null and non-empty \
                    string.";
        return Err(invalid("sasl.mechanism", "null", text));
    }
    warn_static(values, "retry.backoff.ms", "retry.backoff.max.ms", "backoff", log);
    let setup = ("socket.connection.setup.timeout.ms", "socket.connection.setup.timeout.max.ms");
    warn_static(values, setup.0, setup.1, "connection setup timeout", log);
    if values.is_given("reconnect.backoff.ms") && !values.is_given("reconnect.backoff.max.ms") {
        let text = "Disabling exponential reconnect backoff because reconnect.backoff.ms is set, but \
                    reconnect.backoff.max.ms is not.";
        log_line(log, Level::Warn, LOG, text);
        values.set("reconnect.backoff.max.ms", Value::Long(values.get_long("reconnect.backoff.ms")));
    }
    Ok(())
}

/// A first wait beyond its bound does not grow.
fn warn_static(values: &Values, initial: &str, max: &str, what: &str, log: &mut Vec<LogLine>) {
    let (first, bound) = (values.get_long(initial), values.get_long(max));
    if first > bound {
        let text = format!(
            "Configuration '{initial}' with value '{first}' is greater than configuration '{max}' with value '{bound}'. \
             A static {what} with value '{bound}' will be applied."
        );
        log_line(log, Level::Warn, LOG, text);
    }
}

/// Keys that were given and cannot stand beside something else.
pub(super) fn refuse_given(values: &Values, keys: &[&str], why: &str) -> Result<(), KafkaException> {
    refuse_keys(|key| values.is_given(key), keys, why)
}

/// [`refuse_given`] before there are values.
pub(super) fn refuse_keys(is_given: impl Fn(&str) -> bool, keys: &[&str], why: &str) -> Result<(), KafkaException> {
    let given: Vec<&str> = keys.iter().copied().filter(|key| is_given(key)).collect();
    match given.is_empty() {
        true => Ok(()),
        false => Err(config_exception(format!("{} cannot be set {why}", given.join(", ")))),
    }
}
