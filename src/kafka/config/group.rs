//! Rules over several keys of a group (`GroupConfig`): its timings lie between the bounds that its broker sets.

use std::collections::BTreeMap;

use super::value::Values;
use super::{GROUP, in_java_order};
use crate::kafka::errors::{ExceptionClass, KafkaException};

/// A key of groups with the broker keys that bound it.
struct Bounds {
    key: &'static str,
    least: Option<&'static str>,
    most: &'static str,
    /// The key is only looked at where the group sets it: its default is the broker's, which may change later.
    if_given: bool,
}

const fn bounds(key: &'static str, least: &'static str, most: &'static str) -> Bounds {
    Bounds { key, least: Some(least), most, if_given: false }
}

const fn bounds_if_given(key: &'static str, least: &'static str, most: &'static str) -> Bounds {
    Bounds { key, least: Some(least), most, if_given: true }
}

/// In the order in which Kafka checks them.
#[rustfmt::skip] // one key a line
const BOUNDS: &[Bounds] = &[
    bounds("consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms"),
    bounds("consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms", "group.consumer.max.session.timeout.ms"),
    bounds_if_given("consumer.assignment.interval.ms", "group.consumer.min.assignment.interval.ms", "group.consumer.max.assignment.interval.ms"),
    bounds("share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms"),
    bounds("share.session.timeout.ms", "group.share.min.session.timeout.ms", "group.share.max.session.timeout.ms"),
    bounds("share.record.lock.duration.ms", "group.share.min.record.lock.duration.ms", "group.share.max.record.lock.duration.ms"),
    bounds("share.delivery.count.limit", "group.share.min.delivery.count.limit", "group.share.max.delivery.count.limit"),
    bounds("share.partition.max.record.locks", "group.share.min.partition.max.record.locks", "group.share.max.partition.max.record.locks"),
    bounds_if_given("share.assignment.interval.ms", "group.share.min.assignment.interval.ms", "group.share.max.assignment.interval.ms"),
    bounds("streams.heartbeat.interval.ms", "group.streams.min.heartbeat.interval.ms", "group.streams.max.heartbeat.interval.ms"),
    bounds("streams.session.timeout.ms", "group.streams.min.session.timeout.ms", "group.streams.max.session.timeout.ms"),
    Bounds { key: "streams.num.standby.replicas", least: None, most: "group.streams.max.standby.replicas", if_given: false },
    bounds_if_given("streams.assignment.interval.ms", "group.streams.min.assignment.interval.ms", "group.streams.max.assignment.interval.ms"),
];

/// Reads the configs of a group. What is not given is what `broker` says through the keys' synonyms.
///
/// # Errors
/// InvalidConfigurationException for keys that groups do not have and for values out of the broker's bounds, else the
/// first ConfigException.
pub fn validate(given: &BTreeMap<String, String>, broker: &Values) -> Result<Values, KafkaException> {
    if let Some(unknown) = in_java_order(given, |name, _| GROUP.key(name).is_none()).first() {
        return refuse(format!("Unknown group config name: {unknown}"));
    }
    // The broker's assignment intervals come into play later, when the group is configured.
    let inherits = |key: &str| !BOUNDS.iter().any(|bounds| bounds.if_given && bounds.key == key);
    let values = GROUP.parse(&with_inherited(given, broker, inherits))?;
    BOUNDS.iter().filter(|bounds| !bounds.if_given || values.is_given(bounds.key)).try_for_each(|bounds| {
        let value = values.get_int(bounds.key);
        match bounds.least {
            Some(least) if value < broker.get_int(least) => {
                refuse(format!("{} must be greater than or equal to {least}", bounds.key))
            }
            _ if value > broker.get_int(bounds.most) => {
                refuse(format!("{} must be less than or equal to {}", bounds.key, bounds.most))
            }
            _ => Ok(()),
        }
    })?;
    for kind in ["consumer", "share", "streams"] {
        let (session, heartbeat) = (format!("{kind}.session.timeout.ms"), format!("{kind}.heartbeat.interval.ms"));
        if values.get_int(&session) <= values.get_int(&heartbeat) {
            return refuse(format!("{session} must be greater than {heartbeat}"));
        }
    }
    Ok(values)
}

/// What is given, and of the rest what the broker says.
fn with_inherited(
    given: &BTreeMap<String, String>,
    broker: &Values,
    inherits: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    let mut all = given.clone();
    for key in GROUP.keys().iter().filter(|key| inherits(key.name)) {
        if let Some(text) = key.synonyms.first().and_then(|(synonym, _)| broker.get(synonym)?.text()) {
            all.entry(key.name.to_string()).or_insert(text);
        }
    }
    all
}

/// The configs of a group as they are in force on `broker`; what cannot be read is as if it had not been given.
pub fn read(given: &BTreeMap<String, String>, broker: &Values) -> Values {
    GROUP.parse(&with_inherited(given, broker, |_| true)).unwrap_or_else(|_| GROUP.defaults())
}

fn refuse<T>(text: String) -> Result<T, KafkaException> {
    Err(KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::config::{BROKER, Value};

    fn message(given: &[(&str, &str)], broker: &[(&'static str, i32)]) -> Option<String> {
        let given = given.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let mut values = BROKER.defaults();
        broker.iter().for_each(|(key, value)| values.set(key, Value::Int(*value)));
        validate(&given, &values).err().and_then(|error| error.message)
    }

    #[test]
    fn the_bounds_are_those_of_the_broker() {
        let given = [("consumer.session.timeout.ms", "50000")];
        assert_eq!(message(&given, &[]), None);
        let most = "consumer.session.timeout.ms must be less than or equal to group.consumer.max.session.timeout.ms";
        assert_eq!(message(&given, &[("group.consumer.max.session.timeout.ms", 49_999)]), Some(most.to_string()));
    }

    #[test]
    fn what_is_not_given_is_the_brokers() {
        let broker = [("group.share.session.timeout.ms", 45_000), ("group.share.heartbeat.interval.ms", 15_000)];
        assert_eq!(message(&[], &broker), None);
        let broker = [("group.streams.session.timeout.ms", 44_999)];
        let least = "streams.session.timeout.ms must be greater than or equal to group.streams.min.session.timeout.ms";
        assert_eq!(message(&[], &broker), Some(least.to_string()));
    }

    #[test]
    fn an_assignment_interval_counts_only_where_it_is_given() {
        let broker = [("group.share.min.assignment.interval.ms", 5_000)];
        assert_eq!(message(&[], &broker), None);
        let least =
            "share.assignment.interval.ms must be greater than or equal to group.share.min.assignment.interval.ms";
        assert_eq!(message(&[("share.assignment.interval.ms", "1000")], &broker), Some(least.to_string()));
    }
}
