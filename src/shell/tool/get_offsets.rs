//! kafka-get-offsets (`org.apache.kafka.tools.GetOffsetShell`): reading its line.

use super::{
    Machine, Prepared, Printing, bootstrap_complaint, exception, help_or_version, load_properties, process_name,
    refuse_not_yet, refuse_security, resolve, show_warnings, usage,
};
use crate::kafka::client::tool::pattern::TopicPattern;
use crate::kafka::client::tool::{GetOffsets, PartitionRule, PartitionSet, ToolRequest, ToolWork};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::shell::options::joptsimple::{self, Given, OptionError};
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::{Output, trace};
use crate::shell::properties::Properties;

pub static TABLE: Table = Table {
    tool: "kafka-get-offsets",
    about: "An interactive shell for getting topic-partition offsets.",
    options: &[
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("command-config", "file", "a property file with configs of the admin client"),
        OptionSpec::flag("exclude-internal-topics", "without Kafka's own topics"),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::value("partitions", "0,1", "only these partitions of the topics"),
        OptionSpec::value(
            "time",
            "time",
            "-1 or latest, -2 or earliest, -3 or max-timestamp, -4 or earliest-local, -5 or latest-tiered, -6 or \
             earliest-pending-upload, or milliseconds: the first offset not older than that",
        ),
        OptionSpec::value("topic", "topic", "a topic, also as a regular expression, a comma meaning or"),
        OptionSpec::value("topic-partitions", "t:0,u:1-3", "topics with a partition or a range behind the colon"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

/// How a line ends without a request.
enum End {
    Printed(Output),
    /// `TerseException`: one line.
    Terse(String),
    /// Any other exception: its message, and its trace.
    Thrown(KafkaException),
}

impl From<OptionError> for End {
    fn from(error: OptionError) -> End {
        End::Thrown(exception(error.class(), &error.message()))
    }
}

impl From<KafkaException> for End {
    fn from(error: KafkaException) -> End {
        End::Thrown(error)
    }
}

/// Reads the words behind `kafka-get-offsets`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, machine, &mut before) {
        Ok(request) => Prepared::Runs { request: Box::new(request), before, printing: Box::new(Printing::GetOffsets) },
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Terse(message)) => Prepared::Ended(before.then(Output::failed(format!("Error occurred: {message}")))),
        Err(End::Thrown(error)) => Prepared::Ended(before.then(thrown(&error))),
    }
}

/// An exception that ends the tool.
pub fn thrown(error: &KafkaException) -> Output {
    let message = error.message.as_deref().unwrap_or("null");
    if error.class == ExceptionClass::named("tools.TerseException") {
        return Output::failed(format!("Error occurred: {message}"));
    }
    Output { stderr: format!("Error occurred: {message}\n{}\n", trace(error)), status: 1, ..Output::default() }
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<ToolRequest, End> {
    let given = joptsimple::parse(&TABLE, words).map_err(|error| End::Terse(error.message()))?;
    if let Some(output) = help_or_version(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    let server = given.one("bootstrap-server")?;
    if let Some(message) = server.and_then(bootstrap_complaint) {
        return Err(End::Printed(usage(&TABLE, message)));
    }
    if given.has("topic-partitions") && (given.has("topic") || given.has("partitions")) {
        return Err(End::Terse("--topic-partitions cannot be used with --topic or --partitions".to_string()));
    }
    let timestamp = timestamp(given.one("time")?.unwrap_or("latest"))?;
    let rules = rules(&given)?;
    let config = match given.one("command-config")? {
        Some(path) => load_properties(machine, path)?,
        None => Properties::new(),
    };
    if let Some(output) = refuse_not_yet(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    let mut log = Vec::new();
    let checked = super::run::check_admin_configs(&config, &mut log);
    show_warnings(machine, &log, before);
    checked?;
    if let Some(output) = refuse_security(&config) {
        return Err(End::Printed(output));
    }
    let bootstrap = resolve(machine, server, before).map_err(|cause| End::Thrown(no_bootstrap(cause)))?;
    let exclude_internal = given.has("exclude-internal-topics");
    let work = ToolWork::GetOffsets(GetOffsets { rules, exclude_internal, timestamp });
    let name = process_name(&TABLE, &config);
    Ok(ToolRequest { name, client_id: "GetOffsetShell".to_string(), bootstrap, config, work })
}

fn no_bootstrap(cause: KafkaException) -> KafkaException {
    KafkaException::with(ExceptionClass::KAFKA, "Failed to create new KafkaAdminClient").caused_by(cause)
}

/// `parseOffsetSpec`: the names stand for the special timestamps of ListOffsets.
fn timestamp(text: &str) -> Result<i64, End> {
    let named = match text {
        "latest" => Some(-1),
        "earliest" => Some(-2),
        "max-timestamp" => Some(-3),
        "earliest-local" => Some(-4),
        "latest-tiered" => Some(-5),
        "earliest-pending-upload" => Some(-6),
        _ => text.parse().ok(),
    };
    named.ok_or_else(|| {
        End::Terse(format!(
            "Malformed time argument {text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or \
             earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp"
        ))
    })
}

fn rules(given: &Given) -> Result<Vec<PartitionRule>, End> {
    if let Some(list) = given.one("topic-partitions")? {
        return list.trim_end_matches(',').split(',').map(rule).collect();
    }
    let topics = pattern(given.one("topic")?.unwrap_or(".*"))?;
    let mut listed = Vec::new();
    if let Some(text) = given.one("partitions")?.filter(|text| !text.is_empty()) {
        for part in text.trim_end_matches(',').split(',') {
            listed.push(part.parse().map_err(|_| {
                End::Terse(format!(
                    "--partitions expects a comma separated list of numeric partition ids, but received: {text}"
                ))
            })?);
        }
    }
    Ok(vec![PartitionRule { topics, partitions: PartitionSet::Listed(listed) }])
}

fn pattern(text: &str) -> Result<TopicPattern, End> {
    let invalid =
        |regex: String| End::Thrown(exception("java.lang.RuntimeException", &format!("{regex} is an invalid regex.")));
    TopicPattern::include_list(text).map_err(invalid)
}

/// One `TOPIC[:PARTITIONS]`; partitions are `N`, `N-M` (M exclusive), `N-`, `-M`, or nothing.
fn rule(text: &str) -> Result<PartitionRule, End> {
    let invalid = || {
        let terse = KafkaException::with(
            ExceptionClass::named("tools.TerseException"),
            format!("Invalid rule specification: {text}"),
        );
        End::Thrown(KafkaException::from_cause(ExceptionClass::named("java.lang.RuntimeException"), terse))
    };
    let (topic, partitions) = text.split_once(':').unwrap_or((text, ""));
    if partitions.contains(':') {
        return Err(invalid());
    }
    let number = |digits: &str, missing: i32| -> Result<i32, End> {
        if digits.is_empty() {
            return Ok(missing);
        }
        if !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(invalid());
        }
        let not_int = || {
            End::Thrown(KafkaException::with(ExceptionClass::NUMBER_FORMAT, format!("For input string: \"{digits}\"")))
        };
        digits.parse().map_err(|_| not_int())
    };
    let partitions = match partitions.split_once('-') {
        Some((low, high)) => PartitionSet::Range(number(low, 0)?, number(high, i32::MAX)?),
        None if partitions.is_empty() => PartitionSet::Range(0, i32::MAX),
        None => PartitionSet::Listed(vec![number(partitions, 0)?]),
    };
    Ok(PartitionRule { topics: pattern(if topic.is_empty() { ".*" } else { topic })?, partitions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::ids::TopicPartition;

    fn takes(rule_text: &str, tp: &str) -> bool {
        let Ok(rule) = rule(rule_text) else { panic!("{rule_text} is a good rule") };
        rule.takes(&TopicPartition::parse(tp).expect("a topic partition"))
    }

    #[test]
    fn a_rule_names_topics_and_partitions() {
        assert!(takes("orders", "orders-7") && takes(":1", "any-1") && takes("o.*:0-2", "orders-1"));
        assert!(!takes("o.*:0-2", "orders-2"), "the upper bound is exclusive");
        assert!(takes("orders:3-", "orders-3") && takes("orders:-3", "orders-2") && !takes("orders:-3", "orders-3"));
    }

    #[test]
    fn a_broken_rule_is_named() {
        let Err(End::Thrown(error)) = rule("a:b") else { panic!("a:b is refused") };
        assert_eq!(
            error.message.as_deref(),
            Some("org.apache.kafka.tools.TerseException: Invalid rule specification: a:b")
        );
    }

    #[test]
    fn times_have_names() {
        assert_eq!(timestamp("max-timestamp").ok(), Some(-3));
        assert_eq!(timestamp("-7").ok(), Some(-7));
        assert!(timestamp("newest").is_err() && timestamp("").is_err());
    }
}
