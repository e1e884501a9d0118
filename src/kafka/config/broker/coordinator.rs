//! Rules over the keys of group and share coordinators (`GroupCoordinatorConfig`, `ShareGroupConfig`,
//! `ShareCoordinatorConfig`).

use crate::kafka::config::classes;
use crate::kafka::config::value::{Values, config_exception};
use crate::kafka::config::{Level, LogLine, log_line};
use crate::kafka::errors::{ExceptionClass, KafkaException};

/// How two keys of one kind of group must stand to each other.
enum Relation {
    AtLeast,
    AtMost,
    Below,
}

use Relation::{AtLeast, AtMost, Below};

/// `group.{kind}.` stands before each key; in the order in which Kafka checks them.
const TIMINGS: &[(&str, Relation, &str)] = &[
    ("max.heartbeat.interval.ms", AtLeast, "min.heartbeat.interval.ms"),
    ("heartbeat.interval.ms", AtLeast, "min.heartbeat.interval.ms"),
    ("heartbeat.interval.ms", AtMost, "max.heartbeat.interval.ms"),
    ("max.session.timeout.ms", AtLeast, "min.session.timeout.ms"),
    ("session.timeout.ms", AtLeast, "min.session.timeout.ms"),
    ("session.timeout.ms", AtMost, "max.session.timeout.ms"),
    ("heartbeat.interval.ms", Below, "session.timeout.ms"),
];

const ASSIGNMENT_INTERVALS: &[(&str, Relation, &str)] = &[
    ("max.assignment.interval.ms", AtLeast, "min.assignment.interval.ms"),
    ("assignment.interval.ms", AtLeast, "min.assignment.interval.ms"),
    ("assignment.interval.ms", AtMost, "max.assignment.interval.ms"),
];

const STANDBY_REPLICAS: &[(&str, Relation, &str)] = &[("num.standby.replicas", AtMost, "max.standby.replicas")];

const SHARE_LIMITS: &[(&str, Relation, &str)] = &[
    ("max.delivery.count.limit", AtLeast, "delivery.count.limit"),
    ("delivery.count.limit", AtLeast, "min.delivery.count.limit"),
    ("max.partition.max.record.locks", AtLeast, "partition.max.record.locks"),
    ("partition.max.record.locks", AtLeast, "min.partition.max.record.locks"),
    ("record.lock.duration.ms", AtLeast, "min.record.lock.duration.ms"),
    ("max.record.lock.duration.ms", AtLeast, "record.lock.duration.ms"),
    ("max.share.sessions", AtLeast, "max.size"),
];

fn illegal_argument(text: String) -> KafkaException {
    KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, text)
}

/// # Errors
/// What the constructors of the three classes throw.
pub(super) fn check(values: &Values) -> Result<(), KafkaException> {
    check_assignors(values, "group.consumer.assignors", &["uniform", "range"], "ConsumerGroupPartitionAssignor")?;
    check_codec(values, "offsets.topic.compression.codec")?;
    check_assignors(values, "group.share.assignors", &["simple"], "ShareGroupPartitionAssignor")?;
    check_relations(values, "consumer", TIMINGS)?;
    check_relations(values, "consumer", ASSIGNMENT_INTERVALS)?;
    check_relations(values, "share", TIMINGS)?;
    let share_assignors = values.get_list("group.share.assignors").len();
    if share_assignors != 1 {
        let text = format!("group.share.assignors must contain exactly one assignor, but found {share_assignors}");
        return Err(illegal_argument(text));
    }
    check_relations(values, "share", ASSIGNMENT_INTERVALS)?;
    check_relations(values, "streams", TIMINGS)?;
    check_relations(values, "streams", ASSIGNMENT_INTERVALS)?;
    check_relations(values, "streams", STANDBY_REPLICAS)?;
    check_relations(values, "share", SHARE_LIMITS)?;
    check_codec(values, "share.coordinator.state.topic.compression.codec")
}

fn check_relations(values: &Values, kind: &str, rules: &[(&str, Relation, &str)]) -> Result<(), KafkaException> {
    rules.iter().try_for_each(|(left, relation, right)| {
        let [left, right] = [left, right].map(|key| format!("group.{kind}.{key}"));
        let (a, b) = (values.get_int(&left), values.get_int(&right));
        let (holds, words) = match relation {
            AtLeast => (a >= b, "must be greater than or equal to"),
            AtMost => (a <= b, "must be less than or equal to"),
            Below => (a < b, "must be less than"),
        };
        if holds { Ok(()) } else { Err(illegal_argument(format!("{left} {words} {right}"))) }
    })
}

/// Names of built-in assignors, or of classes that are assignors.
fn check_assignors(values: &Values, key: &str, built_in: &[&str], interface: &str) -> Result<(), KafkaException> {
    let kafka = |text: String| KafkaException::with(ExceptionClass::KAFKA, text);
    let package = "org.apache.kafka.coordinator.group";
    let classes: &[&str] = match built_in {
        ["simple"] => &["SimpleAssignor"],
        _ => &["UniformAssignor", "RangeAssignor"],
    };
    values.get_list(key).iter().filter(|name| !built_in.contains(&name.as_str())).try_for_each(|name| {
        if !classes::exists(name) {
            let cause = KafkaException::with(ExceptionClass::CLASS_NOT_FOUND, name.clone());
            return Err(kafka(format!("Class {name} cannot be found")).caused_by(cause));
        }
        let is_assignor = |class: &&str| *name == format!("{package}.assignor.{class}");
        match classes.iter().any(is_assignor) {
            true => Ok(()),
            false => Err(kafka(format!("{name} is not an instance of {package}.api.assignor.{interface}"))),
        }
    })
}

/// Ids of compression types are 0 to 4.
fn check_codec(values: &Values, key: &str) -> Result<(), KafkaException> {
    match values.get_int(key) {
        0..=4 => Ok(()),
        id => Err(illegal_argument(format!("Unknown compression type id: {id}"))),
    }
}

const PROTOCOLS: &str = "group.coordinator.rebalance.protocols";

/// # Errors
/// ConfigException without the classic protocol.
pub(super) fn check_protocols(values: &Values) -> Result<(), KafkaException> {
    match values.get_list(PROTOCOLS).iter().any(|protocol| protocol == "classic") {
        true => Ok(()),
        false => Err(config_exception("Disabling the 'classic' protocol is not supported.")),
    }
}

/// What a node says at its start of a key that will go.
pub fn warn_of_protocols(values: &Values, log: &mut Vec<LogLine>) {
    let enabled = values.get_list(PROTOCOLS);
    let mut warn = |text: String| log_line(log, Level::Warn, "KafkaConfig", text);
    if enabled.iter().any(|protocol| protocol == "share") {
        warn(format!(
            "'share' in `{PROTOCOLS}` is deprecated. Share groups are controlled by the 'share.version' feature. This \
             config will be removed in Kafka 5.0."
        ));
    }
    if !values.is_given(PROTOCOLS) {
        return;
    }
    let is_disabled = |protocol: &&str| !enabled.iter().any(|enabled| enabled == protocol);
    let disabled: Vec<&str> = ["classic", "consumer", "streams"].into_iter().filter(is_disabled).collect();
    let removed = format!("The config `{PROTOCOLS}` is deprecated and will be removed in Kafka 5.0.");
    match disabled.is_empty() {
        true => warn(format!("{removed} Please remove the configuration to prepare for the upgrade.")),
        false => warn(format!(
            "{removed} The following protocol(s) are currently disabled: {}. In Kafka 5.0, all protocols will always be \
             enabled and controlled solely by feature versions (group.version, streams.version, share.version) via \
             kafka-features.sh. Please remove the configuration, which will restore all protocols to the default enabled \
             state, to prepare for the upgrade.",
            disabled.join(", ")
        )),
    }
}
