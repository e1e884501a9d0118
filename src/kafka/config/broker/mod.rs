//! The rules of a node's server.properties over several keys (`KafkaConfig`): roles, listeners, the quorum, groups,
//! timings.

mod coordinator;
mod listeners;
mod quorum;
mod roles;
mod rules;

pub use coordinator::warn_of_protocols;
pub use listeners::Endpoint;
pub use quorum::{Address, check_bootstrap_servers, parse_voters};

use std::collections::BTreeMap;

use super::value::Values;
use super::{BROKER, LogLine};
use crate::kafka::errors::{ExceptionClass, KafkaException};

/// Reads server.properties. `node.id` and `broker.id` stand for each other: a missing one is what the other is
/// (`AbstractKafkaConfig.populateSynonyms`).
///
/// # Errors
/// The first exception that Kafka throws: of a single key, then of the coordinators, the listeners, the roles and the
/// other rules. Lines of the log are added to `log` also then.
pub fn parse(given: &BTreeMap<String, String>, log: &mut Vec<LogLine>) -> Result<Values, KafkaException> {
    let mut all = given.clone();
    for (key, other) in [("node.id", "broker.id"), ("broker.id", "node.id")] {
        if let Some(value) = given.get(other) {
            all.entry(key.to_string()).or_insert_with(|| value.clone());
        }
    }
    let values = BROKER.parse_logged(&all, log)?;
    coordinator::check(&values)?;
    listeners::check_early_start(&values)?;
    coordinator::check_protocols(&values)?;
    rules::check(&values, log)?;
    Ok(values)
}

/// Scala's `require`.
fn require(holds: bool, why: impl Into<String>) -> Result<(), KafkaException> {
    match holds {
        true => Ok(()),
        false => {
            let text = format!("requirement failed: {}", why.into());
            Err(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, text))
        }
    }
}
