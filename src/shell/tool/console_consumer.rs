//! kafka-console-consumer (`org.apache.kafka.tools.consumer.ConsoleConsumer`): reading its line.
//!
//! Deliberate difference: in the foreground it needs `--max-messages` or `--timeout-ms`, or a `&`; real Kafka would run
//! on until it is stopped.
//!
//! Simplification: without `--partition` it assigns itself all partitions of its topics; there is no group yet, and
//! `--group` is refused.

use std::collections::BTreeSet;

use super::message_formatter::MessageFormatter;
use super::{
    Machine, Prepared, Printing, exception, help_or_version, load_properties, refuse_not_yet, refuse_security, resolve,
    show_warnings, usage,
};
use crate::kafka::client::tool::pattern::TopicPattern;
use crate::kafka::client::tool::{ConsoleConsume, ConsumeSource, Level, StartOffset, ToolRequest, ToolWork};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::TopicPartition;
use crate::shell::options::joptsimple::{self, Given, OptionError, check_one_of};
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::{Output, trace};
use crate::shell::properties::{self, Properties};
use crate::time::SimTime;

pub static TABLE: Table = Table {
    tool: "kafka-console-consumer",
    about: "This tool helps to read data from Kafka topics and outputs it to standard output.",
    options: &[
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("command-config", "file", "a property file with configs of the consumer"),
        OptionSpec::value("command-property", "key=value", "a config of the consumer; may be repeated"),
        OptionSpec::value("consumer-property", "key=value", "deprecated: see command-property"),
        OptionSpec::value("consumer.config", "file", "deprecated: see command-config"),
        OptionSpec::flag("enable-systest-events", "says shutdown_complete at its end"),
        OptionSpec::value("formatter", "class", "the class that prints records"),
        OptionSpec::value("formatter-config", "file", "a property file for the formatter"),
        OptionSpec::value(
            "formatter-property",
            "key=value",
            "what is printed: print.timestamp, .partition, .offset, .delivery, .epoch, .headers, .key, .value; \
             key.separator, line.separator, headers.separator, null.literal; key.deserializer, value.deserializer, \
             headers.deserializer",
        ),
        OptionSpec::flag("from-beginning", "starts at the first record where nothing was read before"),
        OptionSpec::value("group", "group", "the consumer group").not_yet(),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::value("include", "regex", "reads all topics whose name matches"),
        OptionSpec::value("isolation-level", "level", "read_uncommitted or read_committed"),
        OptionSpec::value("key-deserializer", "class", "how keys are printed"),
        OptionSpec::value("max-messages", "count", "ends after so many records"),
        OptionSpec::value("offset", "offset", "with --partition: earliest, latest or a number"),
        OptionSpec::value("partition", "number", "reads one partition of the topic"),
        OptionSpec::value("property", "key=value", "deprecated: see formatter-property"),
        OptionSpec::flag("skip-message-on-error", "goes on behind a record that cannot be printed"),
        OptionSpec::value("timeout-ms", "ms", "ends when no record came for so long"),
        OptionSpec::value("topic", "topic", "the topic to read"),
        OptionSpec::value("value-deserializer", "class", "how values are printed"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

pub const LOGGER: &str = "org.apache.kafka.tools.consumer.ConsoleConsumer";
const DEFAULT_FORMATTER: &str = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";
/// What Kafka's own tool says of the classic protocol; it stands on standard error, without a log4j head.
const BANNER: &str = "The consumer rebalance protocol (KIP-848) is production-ready! Set group.protocol=consumer to try \
                      it out. See https://kafka.apache.org/documentation/#consumer_rebalance_protocol";

/// What a console consumer does about a record it cannot print, and at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shutdown {
    pub skip_on_error: bool,
    pub systest_events: bool,
}

/// How a line ends without a request.
enum End {
    Printed(Output),
    /// Not caught by the tool: `Exception in thread "main"`.
    Uncaught(KafkaException),
    /// Caught by `main`: logged as "Unknown error when running consumer".
    Unknown(KafkaException),
    /// The same, after the consumer was made and closed again.
    AfterStart(KafkaException),
}

impl From<String> for End {
    fn from(message: String) -> End {
        End::Printed(usage(&TABLE, &message))
    }
}

impl From<OptionError> for End {
    fn from(error: OptionError) -> End {
        End::Uncaught(of_option(&error))
    }
}

impl From<KafkaException> for End {
    fn from(error: KafkaException) -> End {
        End::Uncaught(error)
    }
}

fn of_option(error: &OptionError) -> KafkaException {
    exception(error.class(), &error.message())
}

/// Reads the words behind `kafka-console-consumer`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, machine, &mut before) {
        Ok((request, printing)) => Prepared::Runs { request: Box::new(request), before, printing: Box::new(printing) },
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Uncaught(error)) => {
            let stderr = format!("Exception in thread \"main\" {}", trace(&error));
            Prepared::Ended(before.then(Output { stderr, status: 1, ..Output::default() }))
        }
        Err(End::Unknown(error)) => Prepared::Ended(before.then(unknown_error(machine.now(), &error))),
        Err(End::AfterStart(error)) => {
            before.err("Processed a total of 0 messages");
            Prepared::Ended(before.then(unknown_error(machine.now(), &error)))
        }
    }
}

/// What `ConsoleConsumer.main` logs of an exception that it catches; status 1.
pub fn unknown_error(now: SimTime, error: &KafkaException) -> Output {
    let mut output = Output { status: 1, ..Output::default() };
    output.log(now, Level::Error, "Unknown error when running consumer: ", LOGGER, Some(error));
    output
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<(ToolRequest, Printing), End> {
    let given = joptsimple::parse(&TABLE, words).map_err(|error| error.message())?;
    if let Some(output) = help_or_version(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    check_required(&given)?;
    check_renamed(&given)?;
    let mut config = consumer_properties(&given, machine, before)?;
    let start = start_offset(&given)?;
    let timeout_ms = given.long("timeout-ms")?.filter(|timeout| *timeout >= 0);
    let formatter = formatter(&given, machine, before)?;
    // From here on the tool has read its options and makes its consumer.
    let has_group = config.contains_key("group.id");
    if !has_group {
        draw_group(&mut config, machine);
    }
    let mut log = Vec::new();
    let checked = super::run::check_consumer_configs(&config, &mut log);
    show_warnings(machine, &log, before);
    checked.map_err(End::Unknown)?;
    if let Some(output) = refuse_security(&config) {
        return Err(End::Printed(output));
    }
    if has_group {
        return Err(End::Printed(Output::not_yet("consumer groups")));
    }
    let server = given.one("bootstrap-server")?;
    let bootstrap = resolve(machine, server, before).map_err(|cause| End::Unknown(no_bootstrap(cause)))?;
    let classic = !config.get("group.protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("consumer"));
    if classic && !given.has("partition") {
        before.err(BANNER);
    }
    let source = source(&given, start)?;
    let max_messages =
        given.int("max-messages").map_err(|error| End::AfterStart(of_option(&error)))?.filter(|count| *count != -1);
    if let Some(output) = refuse_not_yet(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    let client_id = config.get("client.id").cloned().unwrap_or_default();
    let work = ToolWork::ConsoleConsume(ConsoleConsume { source, max_messages, timeout_ms });
    let shutdown = Shutdown {
        skip_on_error: given.has("skip-message-on-error"),
        systest_events: given.has("enable-systest-events"),
    };
    let printing = Printing::ConsoleConsumer(Box::new(formatter), shutdown);
    Ok((ToolRequest { name: client_id.clone(), client_id, bootstrap, config, work }, printing))
}

fn no_bootstrap(cause: KafkaException) -> KafkaException {
    KafkaException::with(ExceptionClass::KAFKA, "Failed to construct kafka consumer").caused_by(cause)
}

/// `checkRequiredArgs`; `--bootstrap-server` counts as given.
fn check_required(given: &Given) -> Result<(), End> {
    check_one_of(given, &["topic", "include"])?;
    if given.int("partition")?.is_some() {
        if !given.has("topic") {
            return Err("The topic is required when partition is specified.".to_string().into());
        }
        if given.has("from-beginning") && given.has("offset") {
            return Err("Options from-beginning and offset cannot be specified together.".to_string().into());
        }
    } else if given.has("offset") {
        return Err("The partition is required when offset is specified.".to_string().into());
    }
    Ok(())
}

fn check_renamed(given: &Given) -> Result<(), End> {
    for (old, new) in [("consumer-property", "command-property"), ("consumer.config", "command-config")] {
        if given.has(old) && given.has(new) {
            return Err(format!("Options --{old} and --{new} cannot be specified together.").into());
        }
    }
    Ok(())
}

/// The deprecated option if it is given (which it says), else the new one.
fn renamed(given: &Given, old: &'static str, new: &'static str, before: &mut Output) -> &'static str {
    if !given.has(old) {
        return new;
    }
    before.out(format!("Option --{old} is deprecated and will be removed in a future version. Use --{new} instead."));
    old
}

fn consumer_properties(given: &Given, machine: &dyn Machine, before: &mut Output) -> Result<Properties, End> {
    let property = renamed(given, "consumer-property", "command-property", before);
    let file = renamed(given, "consumer.config", "command-config", before);
    let from_file = match given.one(file)? {
        Some(path) => load_properties(machine, path)?,
        None => Properties::new(),
    };
    let extra = properties::from_arguments(&given.all(property));
    let mut groups: BTreeSet<String> = BTreeSet::new();
    groups.extend(given.one("group")?.map(str::to_string));
    groups.extend([&from_file, &extra].iter().filter_map(|properties| properties.get("group.id").cloned()));
    if groups.len() > 1 {
        let list: Vec<String> = groups.iter().map(|group| format!("'{group}'")).collect();
        return Err(format!(
            "The group ids provided in different places (directly using '--group', via '--consumer-property', or via \
             '--consumer.config') do not match. Detected group ids: {}",
            list.join(", ")
        )
        .into());
    }
    if !groups.is_empty() && given.has("partition") {
        return Err("Options group and partition cannot be specified together.".to_string().into());
    }
    let mut config = from_file;
    config.extend(extra);
    set_auto_offset_reset(given, &mut config)?;
    config.entry("client.id".to_string()).or_insert_with(|| "console-consumer".to_string());
    if given.has("isolation-level") || !config.contains_key("isolation.level") {
        let level = given.one("isolation-level")?.unwrap_or("read_uncommitted");
        config.insert("isolation.level".to_string(), level.to_string());
    }
    if let Some(group) = groups.into_iter().next() {
        config.insert("group.id".to_string(), group);
    }
    Ok(config)
}

fn set_auto_offset_reset(given: &Given, config: &mut Properties) -> Result<(), End> {
    let from_beginning = given.has("from-beginning");
    match config.get("auto.offset.reset") {
        Some(reset) if from_beginning && reset != "earliest" => Err(End::Printed(Output::failed(format!(
            "Can't simultaneously specify --from-beginning and 'auto.offset.reset={reset}', please remove one option"
        )))),
        Some(_) => Ok(()),
        None => {
            let reset = if from_beginning { "earliest" } else { "latest" };
            config.insert("auto.offset.reset".to_string(), reset.to_string());
            Ok(())
        }
    }
}

/// Without a given group one is drawn, which names the consumer in its log lines and nothing more.
fn draw_group(config: &mut Properties, machine: &dyn Machine) {
    config.insert("group.id".to_string(), format!("console-consumer-{}", machine.draw_group_number()));
    config.entry("enable.auto.commit".to_string()).or_insert_with(|| "false".to_string());
}

fn start_offset(given: &Given) -> Result<StartOffset, End> {
    let Some(text) = given.one("offset")? else {
        return Ok(if given.has("from-beginning") { StartOffset::Earliest } else { StartOffset::Latest });
    };
    match text.to_lowercase().as_str() {
        "earliest" => Ok(StartOffset::Earliest),
        "latest" => Ok(StartOffset::Latest),
        number => match number.parse::<i64>() {
            Ok(offset) if offset >= 0 => Ok(StartOffset::At(offset)),
            _ => Err(format!(
                "The provided offset value '{text}' is incorrect. Valid values are 'earliest', 'latest', or a \
                 non-negative long."
            )
            .into()),
        },
    }
}

fn source(given: &Given, start: StartOffset) -> Result<ConsumeSource, End> {
    let unknown = |error: OptionError| End::Unknown(of_option(&error));
    let empty = |what: &str| End::Unknown(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, what));
    if let Some(include) = given.one("include").map_err(unknown)? {
        if include.is_empty() {
            return Err(empty("Topic pattern to subscribe to cannot be empty"));
        }
        let pattern = TopicPattern::plain(include).ok_or_else(|| super::line_reader::invalid_pattern(include));
        return Ok(ConsumeSource::Include(pattern.map_err(End::Unknown)?));
    }
    let topic = given.one("topic").map_err(unknown)?.unwrap_or("");
    Ok(match given.int("partition")? {
        Some(partition) => ConsumeSource::Partition(TopicPartition::new(topic, partition), start),
        None if topic.trim().is_empty() => {
            return Err(empty("Topic collection to subscribe to cannot contain null or empty topic"));
        }
        None => ConsumeSource::Topic(topic.to_string()),
    })
}

fn formatter(given: &Given, machine: &dyn Machine, before: &mut Output) -> Result<MessageFormatter, End> {
    if given.has("property") && given.has("formatter-property") {
        return Err("Options --property and --formatter-property cannot be specified together.".to_string().into());
    }
    let option = renamed(given, "property", "formatter-property", before);
    // Whatever goes wrong while the formatter is made is a usage error with the exception's message.
    let as_usage = |error: KafkaException| error.message.unwrap_or_default();
    let mut properties = match given.one("formatter-config")? {
        Some(path) => load_properties(machine, path).map_err(as_usage)?,
        None => Properties::new(),
    };
    properties.extend(properties::from_arguments(&given.all(option)));
    for (option, key) in [("key-deserializer", "key.deserializer"), ("value-deserializer", "value.deserializer")] {
        if let Some(class) = given.one(option)? {
            properties.insert(key.to_string(), class.to_string());
        }
    }
    let class = given.one("formatter")?.unwrap_or(DEFAULT_FORMATTER);
    MessageFormatter::configure(class, &properties, machine.now(), before).map_err(End::from)
}

/// The hint for a line that would never end.
pub const ENDLESS: &str = "this consumer would run on: add --max-messages, --timeout-ms or a trailing &";
