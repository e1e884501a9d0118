//! What a value must be besides of its type, and what Kafka says when it is not.

use super::duration;
use super::value::{Value, config_exception, invalid};
use crate::kafka::errors::KafkaException;
use crate::kafka::java;
use std::fmt;

/// `ConfigDef.Validator` and its kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Validator {
    Any,
    /// Bounds as Kafka prints them, both inclusive; empty: none.
    Range {
        min: &'static str,
        max: &'static str,
    },
    OneOf(&'static [&'static str]),
    OneOfIgnoringCase(&'static [&'static str]),
    /// Values are made distinct first. No names: any value but the empty one.
    List {
        names: &'static [&'static str],
        empty: bool,
        null: bool,
    },
    NonEmpty,
    NonNull,
    GzipLevel,
    AutoOffsetReset,
    ShareAutoOffsetReset,
    ShareAcknowledgementMode,
    ShareAcquireMode,
    ThrottledReplicas,
    QuorumVoters,
    QuorumBootstrapServers,
}

pub(super) const ANY: Validator = Validator::Any;
pub(super) const NON_EMPTY: Validator = Validator::NonEmpty;
pub(super) const NON_NULL: Validator = Validator::NonNull;
pub(super) const GZIP_LEVEL: Validator = Validator::GzipLevel;
pub(super) const AUTO_OFFSET_RESET: Validator = Validator::AutoOffsetReset;
pub(super) const SHARE_AUTO_OFFSET_RESET: Validator = Validator::ShareAutoOffsetReset;
pub(super) const SHARE_ACKNOWLEDGEMENT_MODE: Validator = Validator::ShareAcknowledgementMode;
pub(super) const SHARE_ACQUIRE_MODE: Validator = Validator::ShareAcquireMode;
pub(super) const THROTTLED_REPLICAS: Validator = Validator::ThrottledReplicas;
pub(super) const QUORUM_VOTERS: Validator = Validator::QuorumVoters;
pub(super) const QUORUM_BOOTSTRAP_SERVERS: Validator = Validator::QuorumBootstrapServers;

pub(super) const fn range(min: &'static str, max: &'static str) -> Validator {
    Validator::Range { min, max }
}

pub(super) const fn one_of(names: &'static [&'static str]) -> Validator {
    Validator::OneOf(names)
}

pub(super) const fn one_of_ignoring_case(names: &'static [&'static str]) -> Validator {
    Validator::OneOfIgnoringCase(names)
}

pub(super) const fn list(names: &'static [&'static str], empty: bool, null: bool) -> Validator {
    Validator::List { names, empty, null }
}

const RESET: &[&str] = &["latest", "earliest", "none"];
const RESET_WORDS: &str =
    "The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.";
const SHARE_RESET_WORDS: &str =
    "The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.";

impl Validator {
    /// # Errors
    /// The ConfigException that Kafka throws for this value.
    pub fn check(&self, name: &str, value: &Value) -> Result<(), KafkaException> {
        let text = match value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        let refuse = |message: &str| Err(invalid(name, &value.to_string(), message));
        let own_words = |words: &str| refuse(&format!("Invalid value `{value}` for configuration {name}. {words}"));
        match *self {
            Validator::Any => Ok(()),
            Validator::Range { min, max } => check_range(name, value, min, max),
            Validator::OneOf(names) if text.is_some_and(|text| names.contains(&text)) => Ok(()),
            Validator::OneOf(names) => refuse(&format!("String must be one of: {}", names.join(", "))),
            Validator::OneOfIgnoringCase(names) => match text {
                Some(text) if names.iter().any(|name| name.eq_ignore_ascii_case(text)) => Ok(()),
                _ => refuse(&format!("String must be one of (case insensitive): {}", names.join(", "))),
            },
            Validator::List { names, empty, null } => check_list(name, value, names, empty, null),
            Validator::NonEmpty if text == Some("") => refuse("String must be non-empty"),
            Validator::NonNull if *value == Value::Null => refuse("entry must be non null"),
            Validator::NonEmpty | Validator::NonNull => Ok(()),
            Validator::GzipLevel => match *value {
                Value::Int(-1 | 1..=9) => Ok(()),
                _ => refuse("Value must be between 1 and 9 or equal to -1"),
            },
            Validator::AutoOffsetReset if text.is_some_and(|text| is_reset(text, RESET)) => Ok(()),
            Validator::AutoOffsetReset => own_words(RESET_WORDS),
            Validator::ShareAutoOffsetReset if text.is_some_and(|text| is_reset(text, &RESET[..2])) => Ok(()),
            Validator::ShareAutoOffsetReset => own_words(SHARE_RESET_WORDS),
            Validator::ShareAcknowledgementMode if matches!(text, Some("implicit" | "explicit")) => Ok(()),
            Validator::ShareAcknowledgementMode => own_words("The value must either be 'implicit' or 'explicit'."),
            Validator::ShareAcquireMode if matches!(text, Some("batch_optimized" | "record_limit")) => Ok(()),
            Validator::ShareAcquireMode => own_words("The value must either be 'batch_optimized' or 'record_limit'."),
            Validator::ThrottledReplicas => check_throttled_replicas(name, value),
            Validator::QuorumVoters => check_voters(value),
            Validator::QuorumBootstrapServers => check_bootstrap_servers(name, value),
        }
    }

    /// Whether Kafka drops repeated values of a list before it checks it, with a WARN.
    pub(super) fn makes_distinct(&self) -> bool {
        matches!(self, Validator::List { .. })
    }
}

impl fmt::Display for Validator {
    /// As the validator describes itself in Kafka's documentation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Validator::Any => Ok(()),
            Validator::Range { min, max: "" } => write!(f, "[{min},...]"),
            Validator::Range { min: "", max } => write!(f, "[...,{max}]"),
            Validator::Range { min, max } => write!(f, "[{min},...,{max}]"),
            Validator::OneOf(names) => write!(f, "[{}]", names.join(", ")),
            Validator::OneOfIgnoringCase(names) => write!(f, "(case insensitive) [{}]", names.join(", ")),
            Validator::List { names: [], .. } => Ok(()),
            Validator::List { names, .. } => write!(f, "[{}]", names.join(", ")),
            Validator::NonEmpty => f.write_str("non-empty string"),
            Validator::NonNull => f.write_str("non-null string"),
            Validator::GzipLevel => f.write_str("[1,...,9] or -1"),
            Validator::AutoOffsetReset => f.write_str("[latest, earliest, none, by_duration:PnDTnHnMn.nS]"),
            Validator::ShareAutoOffsetReset => f.write_str("[latest, earliest, by_duration:PnDTnHnMn.nS]"),
            Validator::ShareAcknowledgementMode => f.write_str("[implicit, explicit]"),
            Validator::ShareAcquireMode => f.write_str("[batch_optimized, record_limit]"),
            Validator::ThrottledReplicas => f.write_str("[partitionId]:[brokerId],[partitionId]:[brokerId],..."),
            Validator::QuorumVoters | Validator::QuorumBootstrapServers => f.write_str("non-empty list"),
        }
    }
}

fn check_range(name: &str, value: &Value, min: &str, max: &str) -> Result<(), KafkaException> {
    let Some(number) = value.as_double() else {
        return Err(invalid(name, "null", "Value must be non-null"));
    };
    let bound = |text: &str| java::parse_double(text);
    if bound(min).is_some_and(|min| number < min) {
        return Err(invalid(name, &value.to_string(), &format!("Value must be at least {min}")));
    }
    if bound(max).is_some_and(|max| number > max) {
        return Err(invalid(name, &value.to_string(), &format!("Value must be no more than {max}")));
    }
    Ok(())
}

fn check_list(name: &str, value: &Value, names: &[&str], empty: bool, null: bool) -> Result<(), KafkaException> {
    let items = match value {
        Value::List(items) => items,
        _ if null => return Ok(()),
        _ => return Err(config_exception(format!("Configuration '{name}' values must not be null."))),
    };
    if items.is_empty() && !empty {
        let valid =
            if names.is_empty() { "any non-empty value".to_string() } else { format!("[{}]", names.join(", ")) };
        let message = format!("Configuration '{name}' must not be empty. Valid values include: {valid}");
        return Err(config_exception(message));
    }
    for item in items {
        if item.is_empty() {
            return Err(config_exception(format!("Configuration '{name}' values must not be empty.")));
        }
        if !names.is_empty() && !names.contains(&item.as_str()) {
            return Err(invalid(name, item, &format!("String must be one of: {}", names.join(", "))));
        }
    }
    Ok(())
}

/// `earliest` and the like, or `by_duration:` with a duration that is not negative.
fn is_reset(text: &str, words: &[&str]) -> bool {
    let long_enough = |text: &str| duration::parse(text).is_some_and(|millis| millis >= 0);
    words.contains(&text) || text.strip_prefix("by_duration:").is_some_and(long_enough)
}

fn check_throttled_replicas(name: &str, value: &Value) -> Result<(), KafkaException> {
    let pair = |item: &str| {
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let is_pair = |(partition, broker)| number(partition) && number(broker);
        item.is_empty() || item.split_once(':').is_some_and(is_pair)
    };
    match value {
        Value::List(items) if items.iter().all(|item| pair(item)) || items.concat() == "*" => Ok(()),
        _ => Err(invalid(
            name,
            &value.to_string(),
            &format!(
                "{name} must be the literal '*' or a list of replicas in the following format: \
                 [partitionId]:[brokerId],[partitionId]:[brokerId],..."
            ),
        )),
    }
}

/// `id@host:port` entries (`QuorumConfig.parseVoterConnections`).
fn check_voters(value: &Value) -> Result<(), KafkaException> {
    let Value::List(items) = value else {
        return Err(config_exception("Invalid value null for configuration controller.quorum.voters"));
    };
    super::broker::parse_voters(items, false).map(|_| ())
}

/// `host:port` entries (`QuorumConfig.parseBootstrapServers`).
fn check_bootstrap_servers(name: &str, value: &Value) -> Result<(), KafkaException> {
    let Value::List(items) = value else {
        return Err(config_exception(format!("Invalid value null for configuration {name}")));
    };
    super::broker::check_bootstrap_servers(items)
}
