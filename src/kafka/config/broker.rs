//! Rules over several broker and controller keys (`KafkaConfig`, `QuorumConfig`).

use super::value::{Values, config_exception};
use super::{BROKER, LogLine};
use crate::kafka::errors::KafkaException;
use std::collections::BTreeMap;

/// Reads server.properties. `node.id` and `broker.id` stand for each other: a missing one is what the other is
/// (`KafkaConfig.populateSynonyms`).
///
/// # Errors
/// The first ConfigException of a single key.
pub fn parse(given: &BTreeMap<String, String>, log: &mut Vec<LogLine>) -> Result<Values, KafkaException> {
    let mut all = given.clone();
    for (key, other) in [("node.id", "broker.id"), ("broker.id", "node.id")] {
        if let Some(value) = given.get(other) {
            all.entry(key.to_string()).or_insert_with(|| value.clone());
        }
    }
    BROKER.parse_logged(&all, log)
}

/// `id@host:port` entries: voter id to `host:port`.
pub fn parse_voters(items: &[String]) -> Result<BTreeMap<i32, String>, KafkaException> {
    let mut voters = BTreeMap::new();
    for item in items {
        let Some((id, address)) = item.split_once('@') else {
            return Err(config_exception(format!("Invalid configuration value: {item}")));
        };
        let parsed = crate::kafka::java::parse_int(id);
        let id = parsed.ok_or_else(|| config_exception(format!("Failed to parse voter ID as an integer from {id}")))?;
        voters.insert(id, address.to_string());
    }
    Ok(voters)
}

/// `host:port` entries.
pub fn check_bootstrap_servers(_items: &[String]) -> Result<(), KafkaException> {
    Ok(())
}
