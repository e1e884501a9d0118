//! Addresses in `bootstrap.servers` (`ClientUtils.parseAndValidateAddresses`, `Utils.getHost`, `Utils.getPort`).
//!
//! Simplification: there is no DNS. `localhost`, addresses written in numbers and the host names that the caller knows
//! resolve; all others do not.

pub use crate::kafka::address::{host_of, port_of};

use crate::kafka::address::split_address;
use crate::kafka::config::{Level, LogLine, config_exception};
use crate::kafka::errors::KafkaException;
use core::net::{Ipv4Addr, Ipv6Addr};

/// A host and a port.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HostPort {
    pub host: String,
    /// As written: 0 and up, possibly beyond 65535.
    pub port: i32,
}

/// The servers that an application named, without those that do not resolve. `resolves` knows the host names of the
/// simulation.
///
/// # Errors
/// ConfigException for text that is no address, for a port beyond 65535, and when nothing is left. Lines of the log are
/// added to `log` also then.
pub fn parse_servers<'a>(
    servers: impl IntoIterator<Item = &'a str>,
    resolves: impl Fn(&str) -> bool,
    log: &mut Vec<LogLine>,
) -> Result<Vec<HostPort>, KafkaException> {
    let mut addresses = Vec::new();
    for server in servers.into_iter().filter(|server| !server.is_empty()) {
        let invalid = |what: &str| config_exception(format!("Invalid {what} in bootstrap.servers: {server}"));
        let (host, port) = split_address(server).ok_or_else(|| invalid("url"))?;
        let port = port.parse::<u16>().map_err(|_| invalid("port"))?;
        match resolve(host, &resolves) {
            Some(host) => addresses.push(HostPort { host, port: i32::from(port) }),
            None => log.push(LogLine {
                level: Level::Warn,
                class: "ClientUtils",
                message: format!(
                    "Couldn't resolve server {server} from bootstrap.servers as DNS resolution failed for {host}"
                ),
            }),
        }
    }
    if addresses.is_empty() {
        return Err(config_exception("No resolvable bootstrap urls given in bootstrap.servers"));
    }
    Ok(addresses)
}

/// The host as Java prints it once it is resolved.
fn resolve(host: &str, resolves: &impl Fn(&str) -> bool) -> Option<String> {
    if host.is_empty() {
        return Some("localhost".to_string());
    }
    if host.contains(':') {
        return resolve_v6(host);
    }
    if let Some(address) = resolve_v4(host) {
        return Some(address.to_string());
    }
    (host == "localhost" || resolves(host)).then(|| host.to_string())
}

/// One to four numbers between dots, the last of which fills what is left: `127.1` is 127.0.0.1.
fn resolve_v4(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = host.split('.').collect();
    let plain = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !plain || parts.len() > 4 {
        return None;
    }
    let (last, first) = parts.split_last()?;
    let mut address = 0_u64;
    for part in first {
        address = (address << 8) | u64::from(part.parse::<u8>().ok()?);
    }
    let bits = 8 * (4 - first.len() as u32);
    let last: u64 = last.parse().ok().filter(|last| *last < 1 << bits)?;
    u32::try_from((address << bits) | last).ok().map(Ipv4Addr::from)
}

/// Eight groups without abbreviation; a mapped IPv4 address as itself; a zone stays.
fn resolve_v6(host: &str) -> Option<String> {
    let at = host.find('%').unwrap_or(host.len());
    let (host, zone) = host.split_at(at);
    let address: Ipv6Addr = host.parse().ok()?;
    if let Some(mapped) = address.to_ipv4_mapped() {
        return Some(mapped.to_string());
    }
    let groups: Vec<String> = address.segments().iter().map(|group| format!("{group:x}")).collect();
    Some(groups.join(":") + zone)
}
