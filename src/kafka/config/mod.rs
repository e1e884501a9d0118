//! Configuration: one table for each kind of process and resource, and the checks that Kafka makes of it.
//!
//! A [`ConfigDef`] is a table of [`ConfigKey`]s in the order in which Kafka checks them: when several values are wrong,
//! the first in that order is the one that the user hears of. [`producer`], [`consumer`], [`admin`], [`topic`] and [`broker`]
//! add the rules over several keys. Names, types, defaults and bounds are those of
//! Apache Kafka 4.3.1. A class exists when it is in the list of [`classes`]: there is no class path here.

pub mod admin;
pub mod broker;
pub mod classes;
mod client;
pub mod client_metrics;
pub mod consumer;
pub mod duration;
pub mod group;
mod help;
mod key;
pub mod producer;
pub mod resource;
mod tables;
pub mod topic;
mod validator;
mod value;

pub use key::{ConfigKey, Default, Importance, Type, UpdateMode};
pub use validator::Validator;
pub use value::{Value, Values, config_exception, invalid};

use crate::kafka::errors::KafkaException;
use crate::kafka::java_order::sort_as_hash_map;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Levels of Kafka's log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Level::Debug => "DEBUG",
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        })
    }
}

/// A line of a process's log: level, simple name of the class that wrote it, text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    pub level: Level,
    pub class: &'static str,
    pub message: String,
}

impl std::fmt::Display for LogLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.level, self.class, self.message)
    }
}

pub(crate) fn log_line(log: &mut Vec<LogLine>, level: Level, class: &'static str, message: impl Into<String>) {
    log.push(LogLine { level, class, message: message.into() });
}

/// Some keys of a map, which is a `HashMap` in Java, as Java goes through them.
fn in_java_order<T>(map: &BTreeMap<String, T>, wanted: impl Fn(&str, &T) -> bool) -> Vec<&str> {
    let mut keys: Vec<(&str, bool)> = map.iter().map(|(key, value)| (key.as_str(), wanted(key, value))).collect();
    sort_as_hash_map(&mut keys, 16, |(key, _)| key);
    keys.into_iter().filter(|(_, is_wanted)| *is_wanted).map(|(key, _)| key).collect()
}

/// A table of keys (`ConfigDef`).
#[derive(Clone, Copy, Debug)]
pub struct ConfigDef {
    keys: &'static [ConfigKey],
}

/// `ProducerConfig`.
pub static PRODUCER: ConfigDef = ConfigDef { keys: tables::producer::PRODUCER };
/// `ConsumerConfig`.
pub static CONSUMER: ConfigDef = ConfigDef { keys: tables::consumer::CONSUMER };
/// `AdminClientConfig`.
pub static ADMIN: ConfigDef = ConfigDef { keys: tables::admin::ADMIN };
/// `LogConfig`.
pub static TOPIC: ConfigDef = ConfigDef { keys: tables::topic::TOPIC };
/// `KafkaConfig`: brokers and controllers.
pub static BROKER: ConfigDef = ConfigDef { keys: tables::broker::BROKER };
/// `GroupConfig`.
pub static GROUP: ConfigDef = ConfigDef { keys: tables::group::GROUP };
/// `ClientMetricsConfigs`.
pub static CLIENT_METRICS: ConfigDef = ConfigDef { keys: tables::client_metrics::CLIENT_METRICS };
/// `QuotaConfig.brokerQuotaConfigs`.
pub static BROKER_QUOTAS: ConfigDef = ConfigDef { keys: tables::quota::BROKER_QUOTAS };
/// `QuotaConfig.userAndClientQuotaConfigs`.
pub static CLIENT_QUOTAS: ConfigDef = ConfigDef { keys: tables::quota::CLIENT_QUOTAS };
/// `QuotaConfig.scramMechanismsPlusUserAndClientQuotaConfigs`.
pub static USER_CONFIGS: ConfigDef = ConfigDef { keys: tables::quota::USER_CONFIGS };
/// `QuotaConfig.ipConfigs`.
pub static IP_QUOTAS: ConfigDef = ConfigDef { keys: tables::quota::IP_QUOTAS };

impl ConfigDef {
    /// The keys in the order in which they are checked.
    pub fn keys(&self) -> &'static [ConfigKey] {
        self.keys
    }

    pub fn key(&self, name: &str) -> Option<&'static ConfigKey> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Reads what was given, and the defaults of the rest. Keys that the table does not have are ignored, as Kafka's
    /// clients ignore them.
    ///
    /// # Errors
    /// The first ConfigException that Kafka would throw.
    pub fn parse(&self, given: &BTreeMap<String, String>) -> Result<Values, KafkaException> {
        self.parse_logged(given, &mut Vec::new())
    }

    /// [`Self::parse`], with what Kafka logs meanwhile; the lines count also when it fails.
    pub fn parse_logged(
        &self,
        given: &BTreeMap<String, String>,
        log: &mut Vec<LogLine>,
    ) -> Result<Values, KafkaException> {
        let mut values = BTreeMap::new();
        for key in self.keys {
            values.insert(key.name, read_value(key, given.get(key.name).map(String::as_str), log)?);
        }
        Ok(Values { values: Arc::new(values), given: Arc::new(given.clone()) })
    }

    /// The values when nothing is given; a key that must be given is null.
    pub fn defaults(&self) -> Values {
        let default = |key: &ConfigKey| default_value(key).unwrap_or(Value::Null);
        let values = self.keys.iter().map(|key| (key.name, default(key))).collect();
        Values { values: Arc::new(values), given: Arc::default() }
    }

    /// Checks one value for one key without looking at others.
    pub fn check_value(&self, name: &str, text: &str) -> Result<Value, KafkaException> {
        match self.key(name) {
            Some(key) => read_value(key, Some(text), &mut Vec::new()),
            None => Err(config_exception(format!("Unknown configuration \"{name}\""))),
        }
    }
}

fn default_value(key: &ConfigKey) -> Result<Value, KafkaException> {
    match key.default {
        Default::Text(text) if key.kind == Type::Class => Ok(Value::Class(text.to_string())),
        Default::Text(text) => Value::parse(key.name, text, key.kind),
        Default::Null => Ok(Value::Null),
        Default::Required => {
            let message = format!("Missing required configuration \"{}\" which has no default value.", key.name);
            Err(config_exception(message))
        }
    }
}

fn read_value(key: &ConfigKey, given: Option<&str>, log: &mut Vec<LogLine>) -> Result<Value, KafkaException> {
    let mut value = match given {
        Some(text) => Value::parse(key.name, text, key.kind)?,
        None => default_value(key)?,
    };
    if let Value::List(items) = &value
        && key.validator.makes_distinct()
    {
        let mut distinct: Vec<String> = Vec::new();
        for item in items {
            if !distinct.contains(item) {
                distinct.push(item.clone());
            }
        }
        if distinct.len() < items.len() {
            let message = format!(
                "Configuration key \"{}\" contains duplicate values. Duplicates will be removed. The original value is: \
                 [{}], the updated value is: [{}]",
                key.name,
                items.join(", "),
                distinct.join(", ")
            );
            log_line(log, Level::Warn, "ConfigDef", message);
            value = Value::List(distinct);
        }
    }
    // Kafka's own default of share.acquire.mode is written in a case that its check refuses.
    if given.is_some() {
        key.validator.check(key.name, &value)?;
    }
    Ok(value)
}
