//! Rules over several topic keys (`LogConfig`): as tools check them, and as the controller does, on top of what its
//! broker configs say.

use std::collections::BTreeMap;

use super::value::{Value, Values, config_exception, invalid};
use super::{BROKER, LogLine, TOPIC, in_java_order, resource};
use crate::kafka::errors::{ExceptionClass, KafkaException};

/// Reads a topic's configs as tools do.
///
/// # Errors
/// InvalidConfigurationException for keys that topics do not have and for lags that contradict each other, else the
/// first ConfigException.
pub fn validate(given: &BTreeMap<String, String>, log: &mut Vec<LogLine>) -> Result<Values, KafkaException> {
    check_names(given)?;
    let values = TOPIC.parse_logged(given, log)?;
    check_lags(&values)?;
    Ok(values)
}

/// What the controller answers to configs of a topic when its server.properties has only defaults; without a value a
/// key is null.
///
/// # Errors
/// The exception whose error code and message the answer has.
pub fn validate_resource(
    name: &str,
    given: &BTreeMap<String, Option<String>>,
    log: &mut Vec<LogLine>,
) -> Result<(), KafkaException> {
    resource::validate("TOPIC", name, given, &BROKER.defaults(), log)
}

/// Checks `given` on top of what `broker` says through the keys' synonyms. No topic has stored anything remotely yet.
///
/// # Errors
/// Those of [`validate`], and what contradicts tiered storage.
pub(super) fn validate_over(
    broker: &Values,
    given: &BTreeMap<String, String>,
    log: &mut Vec<LogLine>,
) -> Result<(), KafkaException> {
    check_names(given)?;
    let mut all = defaults(broker);
    all.extend(given.clone());
    let values = TOPIC.parse_logged(&all, log)?;
    check_lags(&values)?;
    match values.get_bool("remote.storage.enable") {
        true => check_tiered(&values, broker.get_bool("remote.log.storage.system.enable")),
        false => Ok(()),
    }
}

/// What a topic is without configs of its own (`KafkaConfig.extractLogConfigMap`).
fn defaults(broker: &Values) -> BTreeMap<String, String> {
    let text = |(synonym, factor): &(&str, i64)| match broker.get(synonym)? {
        Value::Null => None,
        value if *factor == 1 => value.text(),
        _ => Some((broker.get_long(synonym) * factor).to_string()),
    };
    let inherited = |key: &super::ConfigKey| Some((key.name.to_string(), key.synonyms.iter().find_map(text)?));
    let mut all: BTreeMap<String, String> = TOPIC.keys().iter().filter_map(inherited).collect();
    if let Some(retention) = all.get_mut("retention.ms").filter(|text| text.starts_with('-')) {
        *retention = "-1".to_string();
    }
    all
}

fn check_names(given: &BTreeMap<String, String>) -> Result<(), KafkaException> {
    match in_java_order(given, |name, _| TOPIC.key(name).is_none()).first() {
        Some(unknown) => Err(invalid_configuration(format!("Unknown topic config name: {unknown}"))),
        None => Ok(()),
    }
}

fn check_lags(values: &Values) -> Result<(), KafkaException> {
    let (least, most) = (values.get_long("min.compaction.lag.ms"), values.get_long("max.compaction.lag.ms"));
    match least > most {
        true => Err(invalid_configuration(format!(
            "conflict topic config setting min.compaction.lag.ms ({least}) > max.compaction.lag.ms ({most})"
        ))),
        false => Ok(()),
    }
}

/// What a topic with `remote.storage.enable` must keep to.
fn check_tiered(values: &Values, is_enabled: bool) -> Result<(), KafkaException> {
    if !is_enabled {
        return Err(config_exception(
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
        ));
    }
    let policy = values.get_list("cleanup.policy");
    if !policy.is_empty() && policy != ["delete"] {
        return Err(config_exception(
            "Remote log storage only supports topics with cleanup.policy=delete or cleanup.policy being an empty list.",
        ));
    }
    check_local_retention(values, "retention.bytes", values.get_long("retention.bytes") > -1)?;
    check_local_retention(values, "retention.ms", values.get_long("retention.ms") != -1)?;
    if !values.get_bool("remote.log.copy.disable") {
        return Ok(());
    }
    let disagrees = |key: &&str| {
        let local = values.get_long(&format!("local.{key}"));
        local != -2 && local != values.get_long(key)
    };
    match ["retention.bytes", "retention.ms"].iter().find(|key| disagrees(key)) {
        Some(key) => Err(invalid_configuration(format!(
            "When `remote.log.copy.disable` is set to true, the `local.{key}` and `{key}` must be set to the identical \
             value because there will be no more logs copied to the remote storage."
        ))),
        None => Ok(()),
    }
}

/// What is kept locally is part of what is kept; -2 stands for all of it.
fn check_local_retention(values: &Values, key: &str, is_limited: bool) -> Result<(), KafkaException> {
    let local_key = format!("local.{key}");
    let (all, local) = (values.get_long(key), values.get_long(&local_key));
    let refuse = |why: String| Err(invalid(&local_key, &local.to_string(), &why));
    match local {
        _ if !is_limited || local == -2 => Ok(()),
        -1 => refuse(format!("Value must not be -1 as {key} value is set as {all}.")),
        _ if local > all => refuse(format!("Value must not be more than {key} property value: {all}")),
        _ => Ok(()),
    }
}

fn invalid_configuration(text: String) -> KafkaException {
    KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiered(given: &[(&str, &str)]) -> Option<String> {
        let mut broker = BROKER.defaults();
        broker.set("remote.log.storage.system.enable", Value::Boolean(true));
        let mut given: BTreeMap<_, _> = given.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        given.insert("remote.storage.enable".to_string(), "true".to_string());
        validate_over(&broker, &given, &mut Vec::new()).err().and_then(|error| error.message)
    }

    #[test]
    fn local_retention_is_part_of_retention() {
        assert_eq!(tiered(&[]), None);
        let more = tiered(&[("retention.ms", "10"), ("local.retention.ms", "11")]).expect("it is refused");
        assert!(more.ends_with("Value must not be more than retention.ms property value: 10"), "{more}");
        let all = tiered(&[("retention.bytes", "10"), ("local.retention.bytes", "-1")]).expect("it is refused");
        assert!(all.ends_with("Value must not be -1 as retention.bytes value is set as 10."), "{all}");
    }

    #[test]
    fn compacted_topics_are_not_tiered() {
        assert!(tiered(&[("cleanup.policy", "compact")]).is_some());
        assert!(tiered(&[("cleanup.policy", "compact,delete")]).is_some());
        assert_eq!(tiered(&[("cleanup.policy", "")]), None);
    }

    #[test]
    fn lags_are_compared_with_those_of_the_broker() {
        let mut broker = BROKER.defaults();
        broker.set("log.cleaner.max.compaction.lag.ms", Value::Long(5));
        let given = BTreeMap::from([("min.compaction.lag.ms".to_string(), "6".to_string())]);
        let error = validate_over(&broker, &given, &mut Vec::new()).expect_err("it is refused");
        let text = "conflict topic config setting min.compaction.lag.ms (6) > max.compaction.lag.ms (5)";
        assert_eq!(error.message.as_deref(), Some(text));
    }
}
