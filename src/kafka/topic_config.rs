//! Topic configs: what may be set, and the effective value of every key with the place it comes from: the topic's
//! override, what was set for the node that asks or for all of them while they ran, server.properties (through the broker key that the topic key has as a
//! synonym), or Kafka's default (`ConfigHelper`, `ConfigurationControlManager`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::config::{BROKER, CLIENT_METRICS, ConfigKey, TOPIC, Type, config_exception, topic};
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::ids::NodeId;
use crate::kafka::image::{ConfigOverrides, MetadataImage, RESOURCE_BROKER, RESOURCE_CLIENT_METRICS, RESOURCE_TOPIC};

/// `DescribeConfigsResponse.ConfigSource`.
pub const SOURCE_TOPIC: i8 = 1;
pub const SOURCE_BROKER: i8 = 2;
pub const SOURCE_CLUSTER_DEFAULT: i8 = 3;
pub const SOURCE_STATIC: i8 = 4;
pub const SOURCE_DEFAULT: i8 = 5;

/// One key of a topic with its effective value.
#[derive(Clone, PartialEq, Debug)]
pub struct Effective {
    pub name: &'static str,
    pub value: Option<Arc<str>>,
    pub source: i8,
    /// `DescribeConfigsResponse.ConfigType`.
    pub config_type: i8,
}

/// Refuses keys that topics do not have and values that the keys do not take.
pub fn check(overrides: &ConfigOverrides) -> Result<(), ApiError> {
    let given = overrides.iter().map(|(key, value)| (key.to_string(), Some(value.to_string()))).collect();
    // The name was checked when the topic was made, or is checked by who makes it.
    let checked = topic::validate_resource("t", &given, &mut Vec::new());
    checked.map_err(|exception| ApiError::with(ErrorCode::InvalidConfig, exception.message.unwrap_or_default()))
}

/// Every key of a topic, in the order of the table; Kafka's internal keys only where the topic sets them.
pub fn effective(
    overrides: &ConfigOverrides,
    image: &MetadataImage,
    node: Option<NodeId>,
    server: &BTreeMap<String, String>,
) -> Vec<Effective> {
    let row = |key: &ConfigKey| {
        let (value, source) = effective_value(key, overrides, image, node, server);
        Effective { name: key.name, value, source, config_type: config_type(key.kind) }
    };
    TOPIC.keys().iter().filter(|key| !key.internal || overrides.contains_key(key.name)).map(row).collect()
}

/// The effective values by key, for the log.
pub fn values(
    overrides: &ConfigOverrides,
    image: &MetadataImage,
    node: Option<NodeId>,
    server: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let row = |effective: Effective| Some((effective.name.to_string(), effective.value?.to_string()));
    effective(overrides, image, node, server).into_iter().filter_map(row).collect()
}

/// The effective value of one key.
pub fn value(
    name: &str,
    overrides: &ConfigOverrides,
    image: &MetadataImage,
    node: Option<NodeId>,
    server: &BTreeMap<String, String>,
) -> Option<Arc<str>> {
    effective_value(TOPIC.key(name)?, overrides, image, node, server).0
}

fn effective_value(
    key: &ConfigKey,
    overrides: &ConfigOverrides,
    image: &MetadataImage,
    node: Option<NodeId>,
    server: &BTreeMap<String, String>,
) -> (Option<Arc<str>>, i8) {
    if let Some(value) = overrides.get(key.name) {
        return (Some(as_read(key, value)), SOURCE_TOPIC);
    }
    let dynamic = [(node, SOURCE_BROKER), (None, SOURCE_CLUSTER_DEFAULT)];
    for (place, source) in dynamic.into_iter().filter(|(place, source)| place.is_some() || *source != SOURCE_BROKER) {
        let set = image.broker_overrides(place);
        let found = key.synonyms.iter().find_map(|(synonym, factor)| Some((set?.get(*synonym)?, factor)));
        if let Some((value, factor)) = found {
            return (Some(as_read(key, &in_unit(value, *factor))), source);
        }
    }
    for (synonym, factor) in key.synonyms {
        if let Some(value) = server.get(*synonym) {
            return (Some(as_read(key, &in_unit(value, *factor))), SOURCE_STATIC);
        }
    }
    (key.default_text().map(Arc::from), SOURCE_DEFAULT)
}

/// A value as it is written once it was read: lists without blanks and doubles, booleans in small letters.
fn as_read(key: &ConfigKey, text: &str) -> Arc<str> {
    let read = TOPIC.check_value(key.name, text).ok().and_then(|value| value.text());
    read.map_or_else(|| Arc::from(text), Arc::from)
}

/// Hours and minutes of a broker key become the milliseconds of the topic key.
fn in_unit(value: &str, factor: i64) -> Arc<str> {
    match value.trim().parse::<i64>() {
        Ok(number) if factor != 1 => Arc::from((number.saturating_mul(factor)).to_string()),
        _ => Arc::from(value),
    }
}

pub fn config_type(kind: Type) -> i8 {
    match kind {
        Type::Boolean => 1,
        Type::String => 2,
        Type::Int => 3,
        Type::Short => 4,
        Type::Long => 5,
        Type::Double => 6,
        Type::List => 7,
        Type::Class => 8,
        Type::Password => 9,
    }
}

/// Whether the key of a resource is a list, to which can be added.
pub fn is_list(resource_type: i8, name: &str) -> bool {
    let table = match resource_type {
        RESOURCE_TOPIC => &TOPIC,
        RESOURCE_BROKER => &BROKER,
        RESOURCE_CLIENT_METRICS => &CLIENT_METRICS,
        _ => return false,
    };
    table.key(name).is_some_and(|key| key.kind == Type::List)
}

/// Checks one key=value of server.properties before a cluster boots with it.
pub fn check_server(key: &str, value: &str) -> Result<(), crate::kafka::errors::KafkaException> {
    match BROKER.key(key) {
        Some(_) => BROKER.check_value(key, value).map(|_| ()),
        None => Err(config_exception(format!("Unknown configuration \"{key}\""))),
    }
}
