//! All rules over several keys but those of roles, listeners and coordinators (`KafkaConfig.validateValues`).

use super::listeners::{META_ADDRESS, broker_advertised, controller_advertised, inter_broker, listeners, parse_map};
use super::{require, roles};
use crate::kafka::address::is_host;
use crate::kafka::config::value::{Value, Values, config_exception};
use crate::kafka::config::{BROKER, Level, LogLine, log_line};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;

/// # Errors
/// The first rule that is broken.
pub(super) fn check(values: &Values, log: &mut Vec<LogLine>) -> Result<(), KafkaException> {
    if values.get_int("node.id") != values.get_int("broker.id") {
        return Err(config_exception("You must set `node.id` to the same value as `broker.id`."));
    }
    check_logs(values)?;
    check_replication(values)?;
    check_heartbeats(values, log);
    let advertised: Vec<String> = distinct(broker_advertised(values)?.into_iter().map(|endpoint| endpoint.listener));
    roles::check(values, log)?;
    let bound = distinct(listeners(values)?.into_iter().map(|endpoint| endpoint.listener));
    if plays(values, "broker") {
        check_advertised(values, &advertised, &bound)?;
        check_cordoned_dirs(values)?;
    }
    for endpoints in [broker_advertised(values)?, controller_advertised(values)?] {
        let is_meta = endpoints.iter().any(|endpoint| endpoint.host.as_deref() == Some(META_ADDRESS));
        let why = format!(
            "advertised.listeners cannot use the nonroutable meta-address {META_ADDRESS}. Use a routable IP address."
        );
        require(!is_meta, why)?;
    }
    check_sasl(values)?;
    check_connections(values)?;
    check_principal_builder(values)
}

fn plays(values: &Values, role: &str) -> bool {
    values.get_list("process.roles").iter().any(|played| played == role)
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

fn check_logs(values: &Values) -> Result<(), KafkaException> {
    const HOUR_MS: i64 = 3_600_000;
    let in_ms = |key: &str, unit: i64| values.get_optional_long(key).map(|amount| amount.wrapping_mul(unit));
    let roll = in_ms("log.roll.ms", 1).or_else(|| in_ms("log.roll.hours", HOUR_MS)).unwrap_or(0);
    require(roll >= 1, "log.roll.ms must be greater than or equal to 1")?;
    let jitter = in_ms("log.roll.jitter.ms", 1).or_else(|| in_ms("log.roll.jitter.hours", HOUR_MS)).unwrap_or(0);
    require(jitter >= 0, "log.roll.jitter.ms must be greater than or equal to 0")?;
    let retention = in_ms("log.retention.ms", 1).or_else(|| in_ms("log.retention.minutes", 60_000));
    let retention = retention.or_else(|| in_ms("log.retention.hours", HOUR_MS)).unwrap_or(0);
    // Every negative time stands for none.
    let why = "log.retention.ms must be unlimited (-1) or, greater than or equal to 1";
    require(retention != 0, why)?;
    let why = "At least one log directory must be defined via log.dirs or log.dir.";
    require(!log_dirs(values).is_empty(), why)?;
    match i64::from(values.get_int("log.cleaner.threads")) {
        0 => Err(KafkaException::with(ExceptionClass::named("java.lang.ArithmeticException"), "/ by zero")),
        threads => require(
            values.get_long("log.cleaner.dedupe.buffer.size") / threads > 1024 * 1024,
            "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.",
        ),
    }
}

fn log_dirs(values: &Values) -> &[String] {
    match values.get("log.dirs") {
        Some(Value::List(dirs)) => dirs,
        _ => values.get_list("log.dir"),
    }
}

fn check_replication(values: &Values) -> Result<(), KafkaException> {
    let wait = values.get_long("replica.fetch.wait.max.ms");
    require(
        wait <= values.get_long("replica.socket.timeout.ms"),
        "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket \
         timeouts",
    )?;
    require(
        wait <= values.get_long("replica.lag.time.max.ms"),
        "replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent \
         changes in ISR",
    )
}

fn check_heartbeats(values: &Values, log: &mut Vec<LogLine>) {
    let (heartbeat, session) = ("broker.heartbeat.interval.ms", "broker.session.timeout.ms");
    let (interval, timeout) = (values.get_int(heartbeat), values.get_int(session));
    if interval.wrapping_mul(2) > timeout {
        let text = format!(
            "{heartbeat} ({interval} ms) must be less than or equal to half of the {session} ({timeout} ms). The \
             {session} is configured on controller. The {heartbeat} is configured on broker. If a broker doesn't send \
             heartbeat request within {session}, it loses broker lease. Please increase {session} or decrease \
             {heartbeat}."
        );
        log_line(log, Level::Error, "KafkaConfig", text);
    }
}

/// What brokers and clients are told to connect to.
fn check_advertised(values: &Values, advertised: &[String], bound: &[String]) -> Result<(), KafkaException> {
    let why = "There must be at least one broker advertised listener. Perhaps all listeners appear in \
               controller.listener.names?";
    require(!advertised.is_empty(), why)?;
    let (inter_broker, _) = inter_broker(values)?;
    require(
        advertised.contains(&inter_broker),
        format!(
            "inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options \
             based on currently configured listeners are {}",
            advertised.join(",")
        ),
    )?;
    require(
        advertised.iter().all(|name| bound.contains(name)),
        format!(
            "advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found \
             {}. The valid options based on the current configuration are {}",
            advertised.join(","),
            bound.join(",")
        ),
    )
}

fn check_cordoned_dirs(values: &Values) -> Result<(), KafkaException> {
    let cordoned = values.get_list("cordoned.log.dirs");
    if cordoned.iter().any(|dir| dir == "*") {
        let why = "When cordoned.log.dirs is set to *, it must not contain other values";
        return require(cordoned.len() == 1, why);
    }
    let missing: Vec<&str> =
        cordoned.iter().filter(|dir| !log_dirs(values).contains(dir)).map(String::as_str).collect();
    require(
        missing.is_empty(),
        format!(
            "All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : {}",
            missing.join(", ")
        ),
    )
}

/// With SASL between brokers its mechanism must be enabled on their listener.
fn check_sasl(values: &Values) -> Result<(), KafkaException> {
    let (listener, protocol) = inter_broker(values)?;
    if !protocol.starts_with("SASL_") {
        return Ok(());
    }
    let key = "sasl.enabled.mechanisms";
    let own = values.given().get(&format!("listener.name.{}.{key}", listener.to_lowercase()));
    let own = own.map(|text| BROKER.check_value(key, text)).transpose()?;
    let enabled = match &own {
        Some(Value::List(mechanisms)) => mechanisms,
        _ => values.get_list(key),
    };
    let mechanism = values.get_str("sasl.mechanism.inter.broker.protocol").unwrap_or_default();
    require(
        enabled.iter().any(|enabled| enabled == mechanism),
        format!(
            "sasl.mechanism.inter.broker.protocol must be included in {key} when SASL is used for inter-broker \
             communication"
        ),
    )
}

fn check_connections(values: &Values) -> Result<(), KafkaException> {
    let queued = values.get_long("queued.max.request.bytes");
    require(
        queued <= 0 || queued >= values.get_long("socket.request.max.bytes"),
        "queued.max.request.bytes must be larger or equal to socket.request.max.bytes",
    )?;
    let overrides = connection_overrides(values)?;
    require(
        values.get_int("max.connections.per.ip") != 0 || !overrides.is_empty(),
        "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.",
    )?;
    let wrong: Vec<&str> = overrides.iter().map(String::as_str).filter(|address| !is_host(address)).collect();
    if !wrong.is_empty() {
        let text = format!("max.connections.per.ip.overrides contains invalid addresses : {}", wrong.join(","));
        return Err(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, text));
    }
    let idle = values.get_long("connections.max.idle.ms");
    let delay = values.get_long("connection.failed.authentication.delay.ms");
    require(
        idle < 0 || delay < idle,
        format!(
            "connection.failed.authentication.delay.ms={delay} should always be less than \
             connections.max.idle.ms={idle} to prevent failed authentication responses from timing out"
        ),
    )
}

/// The addresses that have limits of their own.
fn connection_overrides(values: &Values) -> Result<Vec<String>, KafkaException> {
    let key = "max.connections.per.ip.overrides";
    let pairs = parse_map(key, values.get_str(key).unwrap_or_default())?;
    let address = |(address, limit): (String, String)| match java::parse_int(&limit) {
        Some(_) => Ok(address),
        None => {
            let text = format!("For input string: \"{limit}\"");
            Err(KafkaException::with(ExceptionClass::NUMBER_FORMAT, text))
        }
    };
    pairs.into_iter().map(address).collect()
}

/// Of the classes that exist here only the default one can be read and written.
fn check_principal_builder(values: &Values) -> Result<(), KafkaException> {
    let key = "principal.builder.class";
    let Some(class) = values.get_str(key) else { return require(false, format!("{key} must be non-null")) };
    let default = "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder";
    require(class == default, format!("{key} must implement KafkaPrincipalSerde"))
}
