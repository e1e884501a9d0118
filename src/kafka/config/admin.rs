//! The admin client's configuration: the table, then the rules over several keys (`AdminClientConfig`).

use std::collections::BTreeMap;

use super::value::Values;
use super::{ADMIN, LogLine, client};
use crate::kafka::errors::KafkaException;

/// Reads an admin client's configuration.
///
/// # Errors
/// The first ConfigException that Kafka would throw; lines of the log are added to `log` also then.
pub fn parse(given: &BTreeMap<String, String>, log: &mut Vec<LogLine>) -> Result<Values, KafkaException> {
    let mut values = ADMIN.parse_logged(given, log)?;
    client::post_process(&mut values, log)?;
    Ok(values)
}
