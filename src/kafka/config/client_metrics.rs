//! Rules of a client-metrics subscription (`ClientMetricsConfigs`, KIP-714).

use std::collections::BTreeMap;

use super::value::Values;
use super::{CLIENT_METRICS, in_java_order};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;

/// What a subscription can choose clients by.
const MATCH_PARAMS: [&str; 6] = [
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
];

/// Milliseconds between two pushes: least and most.
const INTERVAL_MS: (i32, i32) = (100, 3_600_000);

/// Reads the configs of the subscription `name`.
///
/// Simplification: patterns in `match` that use Java's look-around or possessive quantifiers are refused.
///
/// # Errors
/// InvalidRequestException without a name, for unknown keys and for an interval out of its bounds;
/// InvalidConfigurationException for a `match` that is no list of `parameter=pattern`; else the first ConfigException.
pub fn validate(name: &str, given: &BTreeMap<String, String>) -> Result<Values, KafkaException> {
    let refuse = |text: String| Err(KafkaException::with(ExceptionClass::INVALID_REQUEST, text));
    if name.is_empty() {
        return refuse("Subscription name can't be empty".to_string());
    }
    if let Some(unknown) = in_java_order(given, |key, _| CLIENT_METRICS.key(key).is_none()).first() {
        return refuse(format!("Unknown client metrics configuration: {unknown}"));
    }
    let values = CLIENT_METRICS.parse(given)?;
    let interval = values.get_int("interval.ms");
    if interval < INTERVAL_MS.0 || interval > INTERVAL_MS.1 {
        return refuse(format!(
            "Invalid value {interval} for interval.ms, interval must be between 100 and 3600000 (1 hour)"
        ));
    }
    match values.get_list("match").iter().find(|pattern| !is_match(pattern)) {
        Some(illegal) => {
            let text = format!("Illegal client matching pattern: {illegal}");
            Err(KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, text))
        }
        None => Ok(values),
    }
}

/// `parameter=pattern`, with one `=`. Java's `split` forgets what is empty behind the last `=`.
fn is_match(text: &str) -> bool {
    match text.trim_end_matches('=').split('=').collect::<Vec<_>>()[..] {
        [parameter, pattern] => {
            MATCH_PARAMS.contains(&java::trim(parameter)) && regex_lite::Regex::new(java::trim(pattern)).is_ok()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_a_known_parameter_and_a_pattern() {
        for good in ["client_id=a.*", " client_id = b ", "client_source_port=9092="] {
            assert!(is_match(good), "{good}");
        }
        for bad in ["client_id", "client_id=", "=a", "client=a", "client_id=a=b", "client_id=[", ""] {
            assert!(!is_match(bad), "{bad}");
        }
    }

    #[test]
    fn unknown_keys_are_told_before_wrong_values() {
        let given = [("interval.ms", "x"), ("nope", "1")].map(|(key, value)| (key.to_string(), value.to_string()));
        let error = validate("m", &BTreeMap::from(given)).expect_err("it is refused");
        assert_eq!(error.message.as_deref(), Some("Unknown client metrics configuration: nope"));
    }
}
