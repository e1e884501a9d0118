//! The voters and the bootstrap servers of the controller quorum (`QuorumConfig`).

use crate::kafka::address::{host_of, is_host, port_text_of};
use crate::kafka::config::value::config_exception;
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;

/// `host:port`, not yet looked up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    pub host: String,
    pub port: i32,
}

/// `id@host:port` entries: voter ids with their addresses, in the order of a Java `HashMap`. An id that stands twice has
/// its last address.
///
/// # Errors
/// ConfigException for an entry that is none, and for `0.0.0.0` where addresses must be routable.
pub fn parse_voters(items: &[String], routable: bool) -> Result<Vec<(i32, Address)>, KafkaException> {
    let form = "Each entry should be in the form `{id}@{host}:{port}`.";
    let mut voters: Vec<(i32, Address)> = Vec::new();
    for item in items {
        // Java's `split` forgets what is empty at the end.
        let parts: Vec<&str> = item.trim_end_matches('@').split('@').collect();
        let [id, address] = parts[..] else {
            return refuse(format!("Invalid configuration value for controller.quorum.voters. {form}"));
        };
        let Some(id) = java::parse_int(id) else {
            return refuse(format!("Failed to parse voter ID as an integer from {id}"));
        };
        let failed = |what: &str| {
            format!(
                "Failed to parse host {what} from entry {item} for the configuration controller.quorum.voters. {form}"
            )
        };
        let address = parse_address(address, failed)?;
        if routable && address.host == "0.0.0.0" {
            return refuse(format!("Host string ({}) is not routeable", address.host));
        }
        voters.retain(|(known, _)| *known != id);
        voters.push((id, address));
    }
    let buckets = buckets(voters.len() as u32, items.len() as u32);
    voters.sort_by_key(|(id, _)| (*id as u32 ^ (*id as u32 >> 16)) & (buckets - 1));
    Ok(voters)
}

/// Buckets of a `HashMap` made for `capacity` entries that holds `size`.
fn buckets(size: u32, capacity: u32) -> u32 {
    let mut buckets = capacity.max(1).next_power_of_two();
    while size > buckets * 3 / 4 {
        buckets *= 2;
    }
    buckets
}

/// `host:port` entries.
///
/// # Errors
/// ConfigException for an entry that is none.
pub fn check_bootstrap_servers(items: &[String]) -> Result<(), KafkaException> {
    items.iter().try_for_each(|item| {
        let failed = |what: &str| {
            format!(
                "Failed to parse host {what} from {item} for the configuration controller.quorum.bootstrap.servers. \
                 Each entry should be in the form \"{{host}}:{{port}}\""
            )
        };
        parse_address(item, failed).map(|_| ())
    })
}

fn parse_address(text: &str, failed: impl Fn(&str) -> String) -> Result<Address, KafkaException> {
    let Some(host) = host_of(text).filter(|host| is_host(host)) else { return refuse(failed("name")) };
    let Some(digits) = port_text_of(text) else { return refuse(failed("port")) };
    let java_error = |class, text| Err(KafkaException::with(class, text));
    match java::parse_int(digits) {
        None => java_error(ExceptionClass::NUMBER_FORMAT, format!("For input string: \"{digits}\"")),
        Some(port) if port > 65_535 => {
            java_error(ExceptionClass::ILLEGAL_ARGUMENT, format!("port out of range:{port}"))
        }
        Some(port) => Ok(Address { host: host.to_string(), port }),
    }
}

fn refuse<T>(text: String) -> Result<T, KafkaException> {
    Err(config_exception(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voters(text: &str) -> Result<Vec<i32>, String> {
        let items: Vec<String> = text.split(',').map(str::to_string).collect();
        let parsed = parse_voters(&items, true).map_err(|error| error.message.unwrap_or_default())?;
        Ok(parsed.into_iter().map(|(id, _)| id).collect())
    }

    #[test]
    fn voters_are_ids_with_addresses() {
        assert_eq!(voters("3@c:1,1@a:1,2@b:1"), Ok(vec![1, 2, 3]));
        assert_eq!(voters("4@c:1,1@a:1"), Ok(vec![4, 1]));
        assert_eq!(voters("1@a:1,1@b:2"), Ok(vec![1]));
        for (wrong, message) in [
            ("1", "Invalid configuration value for controller.quorum.voters."),
            ("1@", "Invalid configuration value for controller.quorum.voters."),
            ("1@a@b", "Invalid configuration value for controller.quorum.voters."),
            ("x@a:1", "Failed to parse voter ID as an integer from x"),
            ("1@a", "Failed to parse host name from entry 1@a for"),
            ("1@a_/:1", "Failed to parse host name from entry 1@a_/:1 for"),
            ("1@0.0.0.0:1", "Host string (0.0.0.0) is not routeable"),
            ("1@a:70000", "port out of range:70000"),
            ("1@a:99999999999", "For input string: \"99999999999\""),
        ] {
            let told = voters(wrong).expect_err(wrong);
            assert!(told.starts_with(message), "{wrong}: {told}");
        }
    }
}
