//! Rules over several keys of the admin client (`KafkaAdminClient`).

use super::value::config_exception;
use super::{ADMIN, Value, Values};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use std::collections::BTreeMap;

/// `KafkaAdminClient.createInternal`: a call lasts at least as long as one request may; its default gives way.
///
/// # Errors
/// The exception that Kafka throws.
pub fn construct(given: &BTreeMap<String, String>) -> Result<Values, KafkaException> {
    let mut values = ADMIN.parse(given)?;
    let request = values.get_int("request.timeout.ms");
    if values.get_int("default.api.timeout.ms") < request {
        if values.is_given("default.api.timeout.ms") {
            let cause = config_exception(
                "The specified value of default.api.timeout.ms must be no smaller than the value of request.timeout.ms.",
            );
            return Err(
                KafkaException::with(ExceptionClass::KAFKA, "Failed to create new KafkaAdminClient").caused_by(cause)
            );
        }
        values.set("default.api.timeout.ms", Value::Int(request));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_lasts_at_least_as_long_as_a_request() {
        let made = |pairs: &[(&str, &str)]| {
            let base = [("bootstrap.servers", "b:1")];
            construct(&base.iter().chain(pairs).map(|(key, value)| (key.to_string(), value.to_string())).collect())
        };
        let long = made(&[("request.timeout.ms", "90000")]).expect("the default gives way");
        assert_eq!(long.get_int("default.api.timeout.ms"), 90_000);
        assert!(made(&[("request.timeout.ms", "200"), ("default.api.timeout.ms", "100")]).is_err());
    }
}
