//! What a broker lets itself be told while it runs (`DynamicBrokerConfig.validate`).
//!
//! Simplification: of listeners only the text changes; the broker listens where it did.

use std::collections::BTreeMap;

use crate::kafka::config::{BROKER, BROKER_QUOTAS, UpdateMode, Values, broker, classes, config_exception, invalid};
use crate::kafka::errors::KafkaException;
use crate::kafka::image::ConfigOverrides;
use crate::kafka::java_order::sort_as_hash_map;

use super::config_sources::{ConfigSources, behind_listener, overlay};

/// Keys of security that change for one listener only.
const ONLY_BY_LISTENER: [&str; 10] = [
    "ssl.keystore.type",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.key.password",
    "ssl.keystore.key",
    "ssl.keystore.certificate.chain",
    "ssl.truststore.type",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.truststore.certificates",
];

/// Keys that may be set for one listener of all brokers.
const CLUSTER_WIDE_BY_LISTENER: [&str; 3] = ["max.connections", "max.connection.creation.rate", "num.network.threads"];

/// Thread pools that at most double or halve in one step, in the order in which they are asked; the log cleaner comes
/// between the two.
const POOLS: [&str; 4] =
    ["num.io.threads", "num.replica.fetchers", "num.recovery.threads.per.data.dir", "background.threads"];
const REMOTE_POOLS: [&str; 4] = [
    "remote.log.reader.threads",
    "remote.log.manager.copier.thread.pool.size",
    "remote.log.manager.expiration.thread.pool.size",
    "remote.log.manager.follower.thread.pool.size",
];
const NETWORK_THREADS: &str = "num.network.threads";

/// Checks `given`, all that would be set for this broker (`per_broker`) or for all brokers.
///
/// # Errors
/// The exception whose message the broker answers with.
pub fn validate(sources: &ConfigSources<'_>, given: &ConfigOverrides, per_broker: bool) -> Result<(), KafkaException> {
    refuse_if_any(given, "Cannot update these configs dynamically", |key| {
        BROKER.key(key).is_some_and(|key| key.update == UpdateMode::ReadOnly)
    })?;
    let why = "These security configs can be dynamically updated only per-listener using the listener prefix";
    refuse_if_any(given, why, |key| ONLY_BY_LISTENER.contains(&key))?;
    check_types(given)?;
    if !per_broker {
        let why = "Cannot update these configs at default cluster level, broker id must be specified";
        refuse_if_any(given, why, |key| match behind_listener(key) {
            Some(base) => !CLUSTER_WIDE_BY_LISTENER.contains(&base),
            None => BROKER.key(key).is_some_and(|key| key.update == UpdateMode::PerBroker),
        })?;
    }
    let mut changed = sources.fixed.clone();
    overlay(&mut changed, if per_broker { &sources.cluster } else { given });
    overlay(&mut changed, if per_broker { given } else { &sources.own });
    let current = sources.current();
    let after = broker::parse(&changed, &mut Vec::new())?;
    let before = broker::parse(&current, &mut Vec::new()).unwrap_or_else(|_| BROKER.defaults());
    check_reconfiguration(&before, &after, &current, &changed).map_err(|error| {
        config_exception(format!("Invalid value {error} for configuration Invalid dynamic configuration"))
    })
}

fn refuse_if_any(given: &ConfigOverrides, why: &str, is_wrong: impl Fn(&str) -> bool) -> Result<(), KafkaException> {
    let mut wrong: Vec<&str> = given.keys().map(|key| &**key).filter(|key| is_wrong(key)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    sort_as_hash_map(&mut wrong, 16, |key| key);
    Err(config_exception(format!("{why}: [{}]", wrong.join(", "))))
}

/// Every value alone, in the order of the table; behind a listener's name stands a key of the table too.
fn check_types(given: &ConfigOverrides) -> Result<(), KafkaException> {
    let base = |key: &str| behind_listener(key).unwrap_or(key).to_string();
    let values: BTreeMap<String, &str> = given.iter().map(|(key, value)| (base(key), &**value)).collect();
    let dynamic = BROKER.keys().iter().filter(|key| key.update != UpdateMode::ReadOnly);
    for key in dynamic.clone() {
        if let Some(value) = values.get(key.name) {
            BROKER.check_value(key.name, value)?;
        }
    }
    for key in BROKER_QUOTAS.keys() {
        if let Some(value) = values.get(key.name) {
            BROKER_QUOTAS.check_value(key.name, value)?;
        }
    }
    Ok(())
}

/// What the parts of the broker say to the change.
fn check_reconfiguration(
    before: &Values,
    after: &Values,
    current: &BTreeMap<String, String>,
    changed: &BTreeMap<String, String>,
) -> Result<(), KafkaException> {
    if before.get("metric.reporters") != after.get("metric.reporters")
        && after.get_list("metric.reporters").iter().any(|class| !classes::exists(class))
    {
        let keys: Vec<&str> = changed.iter().filter(|(k, v)| current.get(*k) != Some(v)).map(|(k, _)| &**k).collect();
        return Err(config_exception(format!(
            "Validation of dynamic config update of Set({}) failed with class class kafka.server.DynamicMetricsReporters",
            keys.join(", ")
        )));
    }
    check_pool(NETWORK_THREADS, network_threads(before), network_threads(after))?;
    let check = |key: &&str| check_pool(key, before.get_int(key), after.get_int(key));
    POOLS.iter().try_for_each(check)?;
    check_cleaner_threads(before, after)?;
    check_local_retention(after)?;
    REMOTE_POOLS.iter().try_for_each(check)
}

/// The listener's own number goes before the broker's.
fn network_threads(values: &Values) -> i32 {
    let own = values.given().get("listener.name.plaintext.num.network.threads");
    own.and_then(|text| text.trim().parse().ok()).unwrap_or_else(|| values.get_int(NETWORK_THREADS))
}

fn check_pool(key: &str, before: i32, after: i32) -> Result<(), KafkaException> {
    let failed = format!("Dynamic thread count update validation failed for {key}={after}");
    match after {
        _ if after < before / 2 => {
            Err(config_exception(format!("{failed}, value should be at least half the current value {before}")))
        }
        _ if after > before * 2 => Err(config_exception(format!(
            "{failed}, value should not be greater than double the current value {before}"
        ))),
        _ => Ok(()),
    }
}

fn check_cleaner_threads(before: &Values, after: &Values) -> Result<(), KafkaException> {
    let (old, new) = (before.get_int("log.cleaner.threads"), after.get_int("log.cleaner.threads"));
    match new {
        _ if new < old / 2 => Err(config_exception(format!(
            "Log cleaner threads cannot be reduced to less than half the current value {old}"
        ))),
        _ if new > old * 2 => Err(config_exception(format!(
            "Log cleaner threads cannot be increased to more than double the current value {old}"
        ))),
        _ => Ok(()),
    }
}

/// What is kept locally is part of what is kept.
fn check_local_retention(values: &Values) -> Result<(), KafkaException> {
    let hours = values.get("log.retention.hours").map_or(0, |_| i64::from(values.get_int("log.retention.hours")));
    let minutes = values.get_optional_long("log.retention.minutes").map(|minutes| minutes * 60_000);
    let ms = values.get_optional_long("log.retention.ms").or(minutes).unwrap_or(hours * 3_600_000);
    check_local("ms", if ms < 0 { -1 } else { ms }, values.get_long("log.local.retention.ms"))?;
    check_local("bytes", values.get_long("log.retention.bytes"), values.get_long("log.local.retention.bytes"))
}

fn check_local(unit: &str, all: i64, local: i64) -> Result<(), KafkaException> {
    let key = format!("log.local.retention.{unit}");
    match local {
        _ if all == -1 || local == -2 => Ok(()),
        -1 => {
            let why = format!("Value must not be -1 as log.retention.{unit} value is set as {all}.");
            Err(invalid(&key, &local.to_string(), &why))
        }
        _ if local > all => {
            let why = format!("Value must not be more than log.retention.{unit} property value: {all}");
            Err(invalid(&key, &local.to_string(), &why))
        }
        _ => Ok(()),
    }
}
