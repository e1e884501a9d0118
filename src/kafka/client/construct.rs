//! What the constructors of clients check beyond their configuration (`KafkaProducer`, `ClassicKafkaConsumer`,
//! `AsyncKafkaConsumer`, `ShareConsumerImpl`, `KafkaAdminClient`): classes must fit, addresses must resolve, times must fit each other.
//!
//! The order of the checks is Kafka's: of several mistakes the first is told. A mistake found here is the cause of a
//! KafkaException `Failed to construct ..`.

use std::collections::BTreeMap;

use super::bootstrap::parse_servers;
use crate::kafka::config::classes::{Interface, exists};
use crate::kafka::config::{self, ConfigDef, Level, LogLine, Value, Values, config_exception, invalid, log_line};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::topic_name::check_group_instance_id;

type Given = BTreeMap<String, String>;
type Log<'a> = &'a mut Vec<LogLine>;

/// What a client is made with: values, and what it logged meanwhile.
pub type Constructed = Result<Values, KafkaException>;

/// Hosts that the simulation can resolve.
pub type Resolves<'a> = &'a dyn Fn(&str) -> bool;

/// `new KafkaProducer(properties)`. `number` counts the producers without a `client.id`.
///
/// # Errors
/// The exception that the constructor throws.
pub fn producer(given: &Given, number: u32, resolves: Resolves, log: Log) -> Constructed {
    check_class_is_there(given, &["key.serializer", "value.serializer"])?;
    let mut values = config::producer::parse(given, number, log)?;
    let name = values.get_str("client.id").unwrap_or_default();
    let prefix = match values.get_str("transactional.id") {
        Some(id) => format!("[Producer clientId={name}, transactionalId={id}] "),
        None => format!("[Producer clientId={name}] "),
    };
    match finish_producer(&mut values, &prefix, resolves, log) {
        Ok(()) => {
            log_unused(&values, &config::PRODUCER, log);
            Ok(values)
        }
        Err(cause) => {
            let text = format!("{prefix}Closing the Kafka producer with timeoutMillis = 0 ms.");
            log_line(log, Level::Info, "KafkaProducer", text);
            Err(failed("Failed to construct kafka producer", cause))
        }
    }
}

fn finish_producer(values: &mut Values, prefix: &str, resolves: Resolves, log: Log) -> Result<(), KafkaException> {
    check_instances(values.get_list("metric.reporters"), Interface::MetricsReporter)?;
    check_instance(values, "partitioner.class", Interface::Partitioner)?;
    check_instance(values, "key.serializer", Interface::Serializer)?;
    check_instance(values, "value.serializer", Interface::Serializer)?;
    check_instances(values.get_list("interceptor.classes"), Interface::ProducerInterceptor)?;
    fit_delivery_timeout(values, prefix, log)?;
    if values.get_bool("enable.idempotence") {
        let kind = if values.get_str("transactional.id").is_some() { "a transactional" } else { "an idempotent" };
        log_line(log, Level::Info, "KafkaProducer", format!("{prefix}Instantiated {kind} producer."));
    }
    resolve(values, resolves, log)
}

/// `configureDeliveryTimeout`: the default grows with the others, a given value must be large enough.
fn fit_delivery_timeout(values: &mut Values, prefix: &str, log: Log) -> Result<(), KafkaException> {
    let longest = i64::from(i32::MAX);
    let linger = values.get_long("linger.ms").min(longest);
    let least = (linger + i64::from(values.get_int("request.timeout.ms"))).min(longest);
    if i64::from(values.get_int("delivery.timeout.ms")) >= least {
        return Ok(());
    }
    let rule = "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms";
    if values.is_given("delivery.timeout.ms") {
        return Err(config_exception(rule));
    }
    log_line(log, Level::Warn, "KafkaProducer", format!("{prefix}{rule}. Setting it to {least}."));
    values.set("delivery.timeout.ms", Value::Int(least as i32));
    Ok(())
}

/// `new KafkaConsumer(properties)`. `number` counts the consumers without a `client.id`.
///
/// # Errors
/// The exception that the constructor throws.
pub fn consumer(given: &Given, number: u32, resolves: Resolves, log: Log) -> Constructed {
    check_class_is_there(given, &["key.deserializer", "value.deserializer"])?;
    let values = config::consumer::parse(given, number, log)?;
    match finish_consumer(&values, resolves, log) {
        Ok(()) => {
            log_unused(&values, &config::CONSUMER, log);
            Ok(values)
        }
        Err(cause) => Err(failed("Failed to construct kafka consumer", cause)),
    }
}

fn finish_consumer(values: &Values, resolves: Resolves, log: Log) -> Result<(), KafkaException> {
    if let Some(id) = values.get_str("group.instance.id") {
        check_group_instance_id(id)?;
    }
    let group = values.get_str("group.id");
    if group.is_some_and(str::is_empty) {
        return Err(invalid_group("The configured group.id should not be an empty string or whitespace."));
    }
    check_instances(values.get_list("metric.reporters"), Interface::MetricsReporter)?;
    check_instances(values.get_list("interceptor.classes"), Interface::ConsumerInterceptor)?;
    check_instance(values, "key.deserializer", Interface::Deserializer)?;
    check_instance(values, "value.deserializer", Interface::Deserializer)?;
    resolve(values, resolves, log)?;
    if values.get_str("group.protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("consumer")) {
        return Ok(());
    }
    check_assignors(values.get_list("partition.assignment.strategy"))?;
    let Some(group) = group else { return Ok(()) };
    log_line(log, Level::Info, "ClassicKafkaConsumer", banner(values, group));
    if values.get_int("heartbeat.interval.ms") >= values.get_int("session.timeout.ms") {
        let text = "Heartbeat must be set lower than the session timeout";
        return Err(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, text));
    }
    Ok(())
}

/// `new KafkaShareConsumer(properties)`. `number` counts the consumers without a `client.id`.
///
/// # Errors
/// The exception that the constructor throws.
pub fn share_consumer(given: &Given, number: u32, resolves: Resolves, log: Log) -> Constructed {
    check_class_is_there(given, &["key.deserializer", "value.deserializer"])?;
    let values = config::consumer::parse_share(given, number, log)?;
    match finish_share_consumer(&values, resolves, log) {
        Ok(()) => {
            log_unused(&values, &config::CONSUMER, log);
            Ok(values)
        }
        Err(cause) => Err(failed("Failed to construct Kafka share consumer", cause)),
    }
}

fn finish_share_consumer(values: &Values, resolves: Resolves, log: Log) -> Result<(), KafkaException> {
    if values.get_str("group.id").is_none_or(str::is_empty) {
        return Err(invalid_group("You must provide a valid group.id in the consumer configuration."));
    }
    check_instances(values.get_list("metric.reporters"), Interface::MetricsReporter)?;
    check_instance(values, "key.deserializer", Interface::Deserializer)?;
    check_instance(values, "value.deserializer", Interface::Deserializer)?;
    resolve(values, resolves, log)
}

fn invalid_group(text: &str) -> KafkaException {
    let class = ExceptionClass::from_full_name("org.apache.kafka.common.errors.InvalidGroupIdException");
    KafkaException::with(class.expect("the class table has it"), text)
}

/// A member of a classic group is told of the newer protocol.
fn banner(values: &Values, group: &str) -> String {
    let name = values.get_str("client.id").unwrap_or_default();
    let instance = values.get_str("group.instance.id").map_or_else(String::new, |id| format!("instanceId={id}, "));
    let stars = "*".repeat(64);
    format!(
        "[Consumer {instance}clientId={name}, groupId={group}] \n{stars}\n* The consumer rebalance protocol (KIP-848) is \
         production-ready!\n* Set the consumer configuration group.protocol=consumer to try it out.\n* See \
         https://kafka.apache.org/documentation/#consumer_rebalance_protocol\n{stars}"
    )
}

/// `Admin.create(properties)`.
///
/// # Errors
/// The exception that it throws.
pub fn admin(given: &Given, resolves: Resolves, log: Log) -> Constructed {
    let mut values = config::admin::parse(given, log)?;
    match finish_admin(&mut values, resolves, log) {
        Ok(()) => {
            log_unused(&values, &config::ADMIN, log);
            Ok(values)
        }
        Err(cause) => Err(failed("Failed to create new KafkaAdminClient", cause)),
    }
}

fn finish_admin(values: &mut Values, resolves: Resolves, log: Log) -> Result<(), KafkaException> {
    let (servers, controllers) = ("bootstrap.servers", "bootstrap.controllers");
    let is_set = |key: &str| !values.get_list(key).is_empty();
    match (is_set(servers), is_set(controllers)) {
        (false, false) => {
            return Err(config_exception("You must set either bootstrap.servers or bootstrap.controllers"));
        }
        (true, true) => {
            return Err(config_exception("You cannot set both bootstrap.servers and bootstrap.controllers"));
        }
        (true, false) => resolve(values, resolves, log)?,
        (false, true) => {
            parse_servers(values.get_list(controllers).iter().map(String::as_str), resolves, log)?;
        }
    }
    check_instances(values.get_list("metric.reporters"), Interface::MetricsReporter)?;
    let request = values.get_int("request.timeout.ms");
    let default = values.get_int("default.api.timeout.ms");
    if default >= request {
        return Ok(());
    }
    if values.is_given("default.api.timeout.ms") {
        return Err(config_exception(
            "The specified value of default.api.timeout.ms must be no smaller than the value of request.timeout.ms.",
        ));
    }
    let text = format!(
        "[AdminClient clientId={}] Overriding the default value for default.api.timeout.ms ({default}) with the \
         explicitly configured request timeout {request}",
        values.get_str("client.id").unwrap_or_default()
    );
    log_line(log, Level::Warn, "KafkaAdminClient", text);
    values.set("default.api.timeout.ms", Value::Int(request));
    Ok(())
}

fn failed(what: &str, cause: KafkaException) -> KafkaException {
    KafkaException::with(ExceptionClass::KAFKA, what).caused_by(cause)
}

/// `appendSerializerToConfig`: before anything is read, somebody must have named the classes.
fn check_class_is_there(given: &Given, keys: &[&str]) -> Result<(), KafkaException> {
    match keys.iter().find(|key| !given.contains_key(**key)) {
        None => Ok(()),
        Some(key) => Err(invalid(key, "null", "must be non-null.")),
    }
}

fn resolve(values: &Values, resolves: Resolves, log: Log) -> Result<(), KafkaException> {
    parse_servers(values.get_list("bootstrap.servers").iter().map(String::as_str), resolves, log).map(|_| ())
}

/// `getConfiguredInstance` of a key of type CLASS, whose class exists.
fn check_instance(values: &Values, key: &str, interface: Interface) -> Result<(), KafkaException> {
    match values.get_str(key) {
        Some(class) if !interface.is_implemented_by(class) => Err(not_an_instance(class, interface)),
        _ => Ok(()),
    }
}

fn not_an_instance(class: &str, interface: Interface) -> KafkaException {
    let text = format!("class {class} is not an instance of {}", interface.class());
    KafkaException::with(ExceptionClass::KAFKA, text)
}

fn not_found(class: &str) -> KafkaException {
    KafkaException::with(ExceptionClass::CLASS_NOT_FOUND, class)
}

/// `getConfiguredInstances` of a list of classes.
fn check_instances(classes: &[String], interface: Interface) -> Result<(), KafkaException> {
    for class in classes {
        if !exists(class) {
            let text = format!("Class {class} cannot be found");
            return Err(KafkaException::with(ExceptionClass::KAFKA, text).caused_by(not_found(class)));
        }
        if !interface.is_implemented_by(class) {
            return Err(KafkaException::with(ExceptionClass::CLASS_CAST, format!("class {class}")));
        }
    }
    Ok(())
}

/// `ConsumerPartitionAssignor.getAssignorInstances`.
fn check_assignors(classes: &[String]) -> Result<(), KafkaException> {
    for class in classes {
        // The default is made of classes, which Java writes with that word.
        let class = class.strip_prefix("class ").unwrap_or(class);
        if !exists(class) {
            let text = format!("{class} ClassNotFoundException exception occurred");
            return Err(KafkaException::with(ExceptionClass::KAFKA, text).caused_by(not_found(class)));
        }
        if !Interface::ConsumerPartitionAssignor.is_implemented_by(class) {
            return Err(not_an_instance(class, Interface::ConsumerPartitionAssignor));
        }
    }
    Ok(())
}

/// `AbstractConfig.logUnused`: what was given and nobody has read.
fn log_unused(values: &Values, table: &ConfigDef, log: Log) {
    let compression = values.get("compression.type").map(ToString::to_string);
    let is_used = |key: &str| match key.strip_prefix("compression.").and_then(|rest| rest.strip_suffix(".level")) {
        // A level is read for the codec in use only.
        Some(codec) => compression.as_deref() == Some(codec),
        // The client's telemetry reads the rack, whether the client has one or not.
        None => key == "client.rack" || table.key(key).is_some(),
    };
    let unused: Vec<&str> = values.given().keys().map(String::as_str).filter(|key| !is_used(key)).collect();
    if !unused.is_empty() {
        let text = format!("These configurations '[{}]' were supplied but are not used yet.", unused.join(", "));
        log_line(log, Level::Info, "AbstractConfig", text);
    }
}
