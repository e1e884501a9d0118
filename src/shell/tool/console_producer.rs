//! kafka-console-producer (`org.apache.kafka.tools.ConsoleProducer`): reading its line and its standard input.

use super::line_reader::LineReader;
use super::{
    Machine, Prepared, Printing, bootstrap_complaint, classes, exception, help_or_version, load_properties,
    refuse_not_yet, refuse_security, resolve, show_warnings, usage,
};
use crate::kafka::client::tool::{ConsoleProduce, ToolRequest, ToolWork};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::shell::options::joptsimple::{self, Given, OptionError, check_required};
use crate::shell::options::{Argument, Built, OptionSpec, Table};
use crate::shell::output::{Output, trace};
use crate::shell::properties::{self, Properties};

pub static TABLE: Table = Table {
    tool: "kafka-console-producer",
    about: "This tool helps to read data from standard input and publish it to Kafka.",
    options: &[
        OptionSpec::value("batch-size", "bytes", "batch.size: how large a batch may grow (16384)"),
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("command-config", "file", "a property file with configs of the producer"),
        OptionSpec::value("command-property", "key=value", "a config of the producer; may be repeated"),
        OptionSpec {
            name: "compression-codec",
            argument: Argument::Optional("codec"),
            built: Built::Yes,
            help: "compression.type: none, gzip, snappy, lz4 or zstd; without a value gzip",
        },
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::value("line-reader", "class", "the class that makes records of lines; only Kafka's own"),
        OptionSpec::value("max-block-ms", "ms", "max.block.ms: how long send() may wait (60000)"),
        OptionSpec::value("max-memory-bytes", "bytes", "buffer.memory (33554432)"),
        OptionSpec::value("max-partition-memory-bytes", "bytes", "deprecated: see batch-size"),
        OptionSpec::value("message-send-max-retries", "count", "retries (3)"),
        OptionSpec::value("metadata-expiry-ms", "ms", "metadata.max.age.ms (300000)"),
        OptionSpec::value("producer-property", "key=value", "deprecated: see command-property"),
        OptionSpec::value("producer.config", "file", "deprecated: see command-config"),
        OptionSpec::value("property", "key=value", "deprecated: see reader-property"),
        OptionSpec::value("reader-config", "file", "a property file for the line reader"),
        OptionSpec::value(
            "reader-property",
            "key=value",
            "how lines are read: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, \
             headers.key.separator, null.marker, ignore.error",
        ),
        OptionSpec::value("request-required-acks", "acks", "acks (-1)"),
        OptionSpec::value("request-timeout-ms", "ms", "request.timeout.ms (1500)"),
        OptionSpec::value("retry-backoff-ms", "ms", "retry.backoff.ms (100)"),
        OptionSpec::value("socket-buffer-size", "bytes", "send.buffer.bytes (102400)"),
        OptionSpec::flag("sync", "waits for the answer to each record before the next"),
        OptionSpec::value("timeout", "ms", "linger.ms (1000)"),
        OptionSpec::value("topic", "topic", "the topic to write to; required"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

const LINE_READER: &str = "org.apache.kafka.tools.LineMessageReader";

/// Each deprecated option beside the one that replaces it.
const RENAMED: [(&str, &str); 3] =
    [("reader-property", "property"), ("command-property", "producer-property"), ("command-config", "producer.config")];

/// How a line ends without a request.
enum End {
    Printed(Output),
    Option(OptionError),
    Thrown(KafkaException),
}

impl From<String> for End {
    fn from(message: String) -> End {
        End::Printed(usage(&TABLE, &message))
    }
}

impl From<OptionError> for End {
    fn from(error: OptionError) -> End {
        End::Option(error)
    }
}

impl From<KafkaException> for End {
    fn from(error: KafkaException) -> End {
        End::Thrown(error)
    }
}

/// Reads the words behind `kafka-console-producer` and its standard input.
pub fn prepare(words: &[String], stdin: &[u8], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, stdin, machine, &mut before) {
        Ok(request) => {
            Prepared::Runs { request: Box::new(request), before, printing: Box::new(Printing::ConsoleProducer) }
        }
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Option(error)) => Prepared::Ended(before.then(Output::failed(error.message()))),
        Err(End::Thrown(error)) => Prepared::Ended(before.then(thrown(&error))),
    }
}

/// An exception that ends the tool: its trace on standard error (`ConsoleProducer.start`).
pub fn thrown(error: &KafkaException) -> Output {
    Output { stderr: trace(error), status: 1, ..Output::default() }
}

fn request(words: &[String], stdin: &[u8], machine: &dyn Machine, before: &mut Output) -> Result<ToolRequest, End> {
    let given = joptsimple::parse(&TABLE, words).map_err(|error| error.message())?;
    check_arguments(&given, before)?;
    let reader = line_reader(&given, machine)?;
    let mut config = producer_properties(&given, machine)?;
    if let Some(output) = refuse_not_yet(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    let mut log = Vec::new();
    let checked = super::run::check_producer_configs(&config, &mut log);
    show_warnings(machine, &log, before);
    checked?;
    if let Some(output) = refuse_security(&config) {
        return Err(End::Printed(output));
    }
    if config.contains_key("transactional.id") {
        return Err(End::Printed(Output::not_yet("transactions (transactional.id)")));
    }
    let server = given.one("bootstrap-server")?;
    let bootstrap = resolve(machine, server, before).map_err(|cause| End::Thrown(no_bootstrap(cause)))?;
    let client_id = config.get("client.id").cloned().unwrap_or_else(|| "console-producer".to_string());
    config.insert("client.id".to_string(), client_id.clone());
    let (records, failure) = reader.read(stdin);
    let work = ToolWork::ConsoleProduce(ConsoleProduce { records, failure, sync: given.has("sync") });
    Ok(ToolRequest { name: client_id.clone(), client_id, bootstrap, config, work })
}

fn no_bootstrap(cause: KafkaException) -> KafkaException {
    KafkaException::with(ExceptionClass::KAFKA, "Failed to construct kafka producer").caused_by(cause)
}

fn check_arguments(given: &Given, before: &mut Output) -> Result<(), End> {
    if let Some(output) = help_or_version(&TABLE, given) {
        return Err(End::Printed(output));
    }
    check_required(given, &["topic"])?;
    if let Some(complaint) = given.one("bootstrap-server")?.and_then(bootstrap_complaint) {
        return Err(complaint.to_string().into());
    }
    for (new, old) in RENAMED {
        if given.has(new) && given.has(old) {
            return Err(format!("Options --{new} and --{old} cannot be specified together.").into());
        }
    }
    for (new, old) in RENAMED {
        if given.has(old) {
            before.out(format!(
                "Warning: --{old} is deprecated and will be removed in a future version. Use --{new} instead."
            ));
        }
    }
    if given.has("max-partition-memory-bytes") {
        before.out(
            "Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use \
             --batch-size instead.",
        );
    }
    Ok(())
}

fn line_reader(given: &Given, machine: &dyn Machine) -> Result<LineReader, End> {
    let class = given.one("line-reader")?.unwrap_or(LINE_READER);
    if class != LINE_READER {
        return Err(End::Thrown(no_reader(class)));
    }
    let mut all = match given.one("reader-config")? {
        Some(path) => load_properties(machine, path)?,
        None => Properties::new(),
    };
    all.insert("topic".to_string(), given.one("topic")?.unwrap_or("").to_string());
    all.extend(properties::from_arguments(&either(given, "reader-property", "property")));
    Ok(LineReader::configure(&all)?)
}

/// Why a class cannot read lines (`ConsoleProducer.createRecordReader`).
fn no_reader(class: &str) -> KafkaException {
    match classes::find(class) {
        None => exception("java.lang.ClassNotFoundException", class),
        Some(classes::Kind::Makeable) => {
            let message = "The reader must implement org.apache.kafka.tools.api.RecordReader interface";
            KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message)
        }
        Some(_) => classes::no_constructor(class),
    }
}

fn either<'a>(given: &'a Given, new: &str, old: &str) -> Vec<&'a str> {
    if given.has(old) { given.all(old) } else { given.all(new) }
}

/// The producer's configs: those of the line and the file win over the tool's own defaults, its options over both.
fn producer_properties(given: &Given, machine: &dyn Machine) -> Result<Properties, End> {
    let mut config = Properties::new();
    let file = if given.has("producer.config") { "producer.config" } else { "command-config" };
    if let Some(path) = given.one(file)? {
        config.extend(load_properties(machine, path)?);
    }
    config.extend(properties::from_arguments(&either(given, "command-property", "producer-property")));
    config.insert("compression.type".to_string(), compression(given)?);
    let byte_arrays = "org.apache.kafka.common.serialization.ByteArraySerializer";
    config.insert("key.serializer".to_string(), byte_arrays.to_string());
    config.insert("value.serializer".to_string(), byte_arrays.to_string());
    let int = |name: &str| given.int(name).map(|value| value.map(|value| value.to_string()));
    let long = |name: &str| given.long(name).map(|value| value.map(|value| value.to_string()));
    let acks = given.one("request-required-acks")?.map(str::to_string);
    merge(&mut config, "linger.ms", long("timeout")?, "1000");
    merge(&mut config, "acks", acks, "-1");
    merge(&mut config, "request.timeout.ms", int("request-timeout-ms")?, "1500");
    merge(&mut config, "retries", int("message-send-max-retries")?, "3");
    merge(&mut config, "retry.backoff.ms", long("retry-backoff-ms")?, "100");
    merge(&mut config, "send.buffer.bytes", int("socket-buffer-size")?, "102400");
    merge(&mut config, "buffer.memory", long("max-memory-bytes")?, "33554432");
    merge(&mut config, "batch.size", int("batch-size")?, "16384");
    merge(&mut config, "batch.size", int("max-partition-memory-bytes")?, "16384");
    merge(&mut config, "metadata.max.age.ms", long("metadata-expiry-ms")?, "300000");
    merge(&mut config, "max.block.ms", long("max-block-ms")?, "60000");
    Ok(config)
}

fn compression(given: &Given) -> Result<String, OptionError> {
    if !given.has("compression-codec") {
        return Ok("none".to_string());
    }
    Ok(given.one("compression-codec")?.unwrap_or("gzip").to_string())
}

/// `CommandLineUtils.maybeMergeOptions`.
fn merge(config: &mut Properties, key: &str, option: Option<String>, default: &str) {
    match option {
        Some(value) => {
            config.insert(key.to_string(), value);
        }
        None => {
            config.entry(key.to_string()).or_insert_with(|| default.to_string());
        }
    }
}
