//! Rules over several topic keys (`LogConfig.validate`), and what the controller adds
//! (`ControllerConfigurationValidator`).

use std::collections::BTreeMap;

use super::value::{Values, config_exception};
use super::{LogLine, TOPIC};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::topic_name;

/// Reads a topic's configs as tools and the controller do.
///
/// # Errors
/// InvalidConfigurationException for keys that topics do not have and for lags that contradict each other, else the
/// first ConfigException.
pub fn validate(given: &BTreeMap<String, String>, log: &mut Vec<LogLine>) -> Result<Values, KafkaException> {
    if let Some(unknown) = given.keys().find(|name| TOPIC.key(name).is_none()) {
        return Err(invalid_configuration(format!("Unknown topic config name: {unknown}")));
    }
    let values = TOPIC.parse_logged(given, log)?;
    let (least, most) = (values.get_long("min.compaction.lag.ms"), values.get_long("max.compaction.lag.ms"));
    if least > most {
        return Err(invalid_configuration(format!(
            "conflict topic config setting min.compaction.lag.ms ({least}) > max.compaction.lag.ms ({most})"
        )));
    }
    Ok(values)
}

/// What the controller answers to configs of a topic; without a value a key is null. Tiered storage is off.
///
/// # Errors
/// The exception whose error code and message the answer has.
pub fn validate_resource(
    name: &str,
    given: &BTreeMap<String, Option<String>>,
    log: &mut Vec<LogLine>,
) -> Result<(), KafkaException> {
    if name.is_empty() {
        let class = ExceptionClass::INVALID_REQUEST;
        return Err(KafkaException::with(class, "Default topic resources are not allowed."));
    }
    topic_name::check(name)?;
    let nulls: Vec<&str> = given.iter().filter(|(_, value)| value.is_none()).map(|(key, _)| key.as_str()).collect();
    if !nulls.is_empty() {
        let text = format!("Null value not supported for topic configs: {}", nulls.join(","));
        return Err(invalid_configuration(text));
    }
    let given = given.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect();
    let values = validate(&given, log)?;
    match values.get_bool("remote.storage.enable") {
        true => Err(config_exception(
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        )),
        false => Ok(()),
    }
}

fn invalid_configuration(text: String) -> KafkaException {
    KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, text)
}
