//! The listeners of a node and their security protocols (`AbstractKafkaConfig`, `SocketServerConfigs`).

use core::net::{Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use super::quorum::parse_voters;
use crate::kafka::config::value::{Value, Values, config_exception};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;
use crate::kafka::java_order::sort_as_hash_map;

const SECURITY_PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
const MAP: &str = "listener.security.protocol.map";

/// The address that stands for all of a machine.
pub(super) const META_ADDRESS: &str = "0.0.0.0";

/// One listener of a node (`org.apache.kafka.common.Endpoint`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// Name in upper case.
    pub listener: String,
    pub security_protocol: &'static str,
    /// None: every address of the machine.
    pub host: Option<String>,
    pub port: i32,
}

type Protocols = BTreeMap<String, &'static str>;

fn illegal_argument(text: String) -> KafkaException {
    KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, text)
}

/// `ListenerName.normalised`.
pub(super) fn normalised(name: &str) -> Result<String, KafkaException> {
    match java::trim(name).is_empty() {
        true => Err(config_exception("The provided listener name is null or empty string")),
        false => Ok(name.to_uppercase()),
    }
}

/// Pairs `key:value` between commas (`Csv.parseCsvMap`), in the order of a Java `HashMap`.
pub(super) fn parse_map(key: &str, text: &str) -> Result<Vec<(String, String)>, KafkaException> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    // Java's `split` forgets what is empty at the end; the blanks beside a comma belong to it.
    let parts: Vec<&str> = if text.is_empty() { Vec::new() } else { text.split(',').collect() };
    let used = parts.iter().rposition(|part| !java::trim(part).is_empty()).map_or(0, |last| last + 1);
    for part in &parts[..used] {
        let part = java::trim(part);
        let Some((name, value)) = part.rsplit_once(':') else {
            let length = part.encode_utf16().count();
            return Err(illegal_argument(format!(
                "Error parsing configuration property '{key}': begin 0, end -1, length {length}"
            )));
        };
        let name = java::trim(name);
        match pairs.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = java::trim(value).to_string(),
            None => pairs.push((name.to_string(), java::trim(value).to_string())),
        }
    }
    sort_as_hash_map(&mut pairs, 16, |(name, _)| name);
    Ok(pairs)
}

fn security_protocol(name: &str, key: &str) -> Result<&'static str, KafkaException> {
    let known = SECURITY_PROTOCOLS.into_iter().find(|known| *known == name.to_uppercase());
    known.ok_or_else(|| config_exception(format!("Invalid security protocol `{name}` defined in {key}")))
}

fn insert(protocols: &mut Protocols, name: String, protocol: &'static str) -> Result<(), KafkaException> {
    if let Some(known) = protocols.get(&name) {
        let text = format!("Duplicate key ListenerName({name}) (attempted merging values {known} and {protocol})");
        return Err(KafkaException::with(ExceptionClass::ILLEGAL_STATE, text));
    }
    protocols.insert(name, protocol);
    Ok(())
}

/// The protocol of each listener. When nobody maps them and none is named like a secured protocol, controller listeners
/// are in plain text, under their names as they are written (`effectiveListenerSecurityProtocolMap`).
pub(super) fn security_protocols(values: &Values) -> Result<Protocols, KafkaException> {
    let mut protocols = BTreeMap::new();
    for (name, protocol) in parse_map(MAP, values.get_str(MAP).unwrap_or_default())? {
        insert(&mut protocols, normalised(&name)?, security_protocol(&protocol, MAP)?)?;
    }
    let names = values.get_list("controller.listener.names");
    let is_secured = |name: &str| SECURITY_PROTOCOLS[1..].contains(&name);
    if values.is_given(MAP) || names.iter().any(|name| is_secured(name)) {
        return Ok(protocols);
    }
    for listener in values.get_list("listeners") {
        let Some((name, _)) = listener.split_once(':') else {
            let text = format!("Unable to parse a listener name from {listener}");
            return Err(KafkaException::with(ExceptionClass::KAFKA, text));
        };
        if is_secured(&name.to_uppercase()) {
            return Ok(protocols);
        }
    }
    let mut plain = BTreeMap::new();
    for name in names.iter().filter(|name| *name != "PLAINTEXT") {
        insert(&mut plain, name.clone(), "PLAINTEXT")?;
    }
    protocols.extend(plain);
    Ok(protocols)
}

/// Reads `NAME://host:port` entries.
fn endpoints(items: &[String], protocols: &Protocols, distinct_ports: bool) -> Result<Vec<Endpoint>, KafkaException> {
    let read = || {
        let endpoints = items.iter().map(|item| endpoint(item, protocols)).collect::<Result<Vec<_>, _>>()?;
        check_distinct(&endpoints, &list_text(items), distinct_ports)?;
        Ok(endpoints)
    };
    read().map_err(|cause: KafkaException| {
        let why = cause.message.as_deref().unwrap_or("null");
        illegal_argument(format!("Error creating broker listeners from '{}': {why}", list_text(items)))
            .caused_by(cause.clone())
    })
}

fn list_text(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}

fn endpoint(item: &str, protocols: &Protocols) -> Result<Endpoint, KafkaException> {
    let parsed = item.rsplit_once("://").and_then(|(name, address)| {
        let (host, port) = address.rsplit_once(':')?;
        let digits = port.strip_prefix('-').unwrap_or(port);
        let host = host.strip_prefix('[').unwrap_or(host);
        let host = host.strip_suffix(']').unwrap_or(host);
        let of_host = |c: char| c.is_ascii_alphanumeric() || "-%._:".contains(c);
        let is_port = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        (is_port && host.chars().all(of_host)).then_some((name, host, port))
    });
    let Some((name, host, port)) = parsed else {
        let text = format!("Unable to parse {item} to a broker endpoint");
        return Err(KafkaException::with(ExceptionClass::KAFKA, text));
    };
    let listener = normalised(name)?;
    let Some(number) = java::parse_int(port) else {
        let text = format!("For input string: \"{port}\"");
        return Err(KafkaException::with(ExceptionClass::NUMBER_FORMAT, text));
    };
    let Some(security_protocol) = protocols.get(&listener).copied() else {
        return Err(illegal_argument(format!("No security protocol defined for listener {listener}")));
    };
    let host = (!host.is_empty()).then(|| host.to_string());
    Ok(Endpoint { listener, security_protocol, host, port: number })
}

/// Names differ, and so do ports; two listeners share one only where one has an IPv4 and the other an IPv6 address.
fn check_distinct(endpoints: &[Endpoint], listeners: &str, distinct_ports: bool) -> Result<(), KafkaException> {
    let repeats = |(at, endpoint): (usize, &Endpoint)| endpoints[..at].iter().any(|e| e.listener == endpoint.listener);
    if endpoints.iter().enumerate().any(repeats) {
        return Err(illegal_argument(format!("Each listener must have a different name, listeners: {listeners}")));
    }
    let mut ports: BTreeMap<i32, Vec<&Endpoint>> = BTreeMap::new();
    for endpoint in endpoints.iter().filter(|endpoint| endpoint.port != 0 && distinct_ports) {
        ports.entry(endpoint.port).or_default().push(endpoint);
    }
    ports.iter().filter(|(_, shared)| shared.len() > 1).try_for_each(|(port, shared)| {
        let family = |endpoint: &&Endpoint| endpoint.host.as_deref().and_then(ip_version);
        let versions: Vec<u8> = shared.iter().filter_map(family).collect();
        let refuse = |text: String| Err(illegal_argument(format!("{text}, listeners: {listeners}, port: {port}")));
        match versions[..] {
            _ if shared.len() - versions.len() > 1 => {
                Err(illegal_argument(format!("Each listener must have a different port, listeners: {listeners}")))
            }
            [] => Ok(()),
            [4, 6] | [6, 4] if shared.len() == 2 => Ok(()),
            [_, _] => refuse(
                "If you have two listeners on the same port then one needs to be IPv4 and the other IPv6".to_string(),
            ),
            _ => refuse(
                "Each listener must have a different port unless exactly one listener has an IPv4 address and the other \
                 IPv6 address"
                    .to_string(),
            ),
        }
    })
}

/// 4 or 6 of an address in numbers; a zone may follow one of version 6.
fn ip_version(host: &str) -> Option<u8> {
    if host.parse::<Ipv4Addr>().is_ok() {
        return Some(4);
    }
    let address = host.split('%').next().unwrap_or(host);
    address.parse::<Ipv6Addr>().is_ok().then_some(6)
}

/// What the node binds.
pub(super) fn listeners(values: &Values) -> Result<Vec<Endpoint>, KafkaException> {
    endpoints(values.get_list("listeners"), &security_protocols(values)?, true)
}

fn is_controllers(values: &Values, endpoint: &Endpoint) -> bool {
    values.get_list("controller.listener.names").contains(&endpoint.listener)
}

pub(super) fn controller_listeners(values: &Values) -> Result<Vec<Endpoint>, KafkaException> {
    let mut all = listeners(values)?;
    all.retain(|endpoint| is_controllers(values, endpoint));
    Ok(all)
}

fn advertised(values: &Values) -> Result<Option<Vec<Endpoint>>, KafkaException> {
    match values.get("advertised.listeners") {
        Some(Value::List(items)) => endpoints(items, &security_protocols(values)?, false).map(Some),
        _ => Ok(None),
    }
}

/// What a broker tells clients (`effectiveAdvertisedBrokerListeners`).
pub(super) fn broker_advertised(values: &Values) -> Result<Vec<Endpoint>, KafkaException> {
    let mut all = match advertised(values)? {
        Some(advertised) => advertised,
        None => listeners(values)?,
    };
    all.retain(|endpoint| !is_controllers(values, endpoint));
    Ok(all)
}

/// What a controller registers (`effectiveAdvertisedControllerListeners`): of each name the advertised listener or the
/// one that is bound; the first without a host has that of the voter.
pub(super) fn controller_advertised(values: &Values) -> Result<Vec<Endpoint>, KafkaException> {
    let mut advertised = advertised(values)?.unwrap_or_default();
    advertised.retain(|endpoint| is_controllers(values, endpoint));
    let bound = controller_listeners(values)?;
    let mut found = Vec::new();
    for (at, name) in values.get_list("controller.listener.names").iter().enumerate() {
        let name = normalised(name)?;
        let named = |endpoint: &&Endpoint| endpoint.listener == name;
        if let Some(endpoint) = advertised.iter().find(named) {
            found.push(endpoint.clone());
        } else if let Some(endpoint) = bound.iter().find(named) {
            found.push(reachable(values, endpoint.clone(), at == 0)?);
        }
    }
    Ok(found)
}

/// A bound controller listener as others can reach it.
fn reachable(values: &Values, mut endpoint: Endpoint, is_first: bool) -> Result<Endpoint, KafkaException> {
    let is_meta = endpoint.host.as_deref() == Some(META_ADDRESS);
    if is_first && (is_meta || endpoint.host.is_none()) {
        let voters = parse_voters(values.get_list("controller.quorum.voters"), true)?;
        if let Some((_, address)) = voters.into_iter().find(|(id, _)| *id == values.get_int("node.id")) {
            return Ok(Endpoint { host: Some(address.host), port: address.port, ..endpoint });
        }
    }
    if is_meta {
        endpoint.host = None;
    }
    Ok(endpoint)
}

/// Name and protocol of the listener by which brokers talk to each other.
pub(super) fn inter_broker(values: &Values) -> Result<(String, &'static str), KafkaException> {
    let (name_key, protocol_key) = ("inter.broker.listener.name", "security.inter.broker.protocol");
    let Some(name) = values.get_str(name_key) else {
        let protocol = security_protocol(values.get_str(protocol_key).unwrap_or_default(), protocol_key)?;
        return Ok((protocol.to_string(), protocol));
    };
    if values.is_given(protocol_key) {
        return Err(config_exception(format!("Only one of {name_key} and {protocol_key} should be set.")));
    }
    let name = normalised(name)?;
    let protocols = security_protocols(values)?;
    let protocol = protocols.get(&name).copied().ok_or_else(|| {
        config_exception(format!("Listener with name {name} defined in {name_key} not found in {MAP}."))
    })?;
    Ok((name, protocol))
}

/// Listeners that start early are listeners. Their names count as they are written.
pub(super) fn check_early_start(values: &Values) -> Result<(), KafkaException> {
    let key = "early.start.listeners";
    let known = listeners(values)?;
    let is_known = |name: &str| known.iter().any(|endpoint| endpoint.listener == name);
    match values.get_list(key).iter().map(|name| java::trim(name)).find(|name| !name.is_empty() && !is_known(name)) {
        Some(name) => Err(config_exception(format!(
            "{key} contains listener {name}, but this is not contained in listeners or controller.listener.names"
        ))),
        None => Ok(()),
    }
}
