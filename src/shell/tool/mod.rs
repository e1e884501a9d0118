//! The real tools: a line becomes a typed request, items become the text that the tool prints.
//!
//! Simplification: the address of a controller is none that `--bootstrap-server` resolves, and a port where nobody listens
//! refuses at once, whatever the host.

pub mod classes;
pub mod client_log;
pub mod configs;
pub mod configs_print;
pub mod console_consumer;
pub mod console_producer;
pub mod coordinator_log;
pub mod delete_records;
pub mod dump_index;
pub mod dump_log;
pub mod dump_records;
pub mod get_offsets;
pub mod leader_election;
pub mod line_reader;
pub mod log_dirs;
pub mod message_formatter;
pub mod metadata_quorum;
pub mod reassign;
pub mod run;
pub mod topics;

use super::options::Table;
use super::options::joptsimple::{Given, OptionError};
use super::output::Output;
use super::properties::{self, Properties};
use crate::kafka::client::bootstrap::{HostPort, parse_servers, port_of};
use crate::kafka::client::tool::{Level, ToolRequest};
use crate::kafka::config;
use crate::kafka::dead_address::DeadAddress;
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::NodeId;
use crate::time::SimTime;

/// What a tool can see of the machine that it runs on.
pub trait Machine {
    /// The moment at which the line was entered.
    fn now(&self) -> SimTime;
    /// A file: one that the console made, or one of a node's log directory.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
    /// Whether a name is that of a broker's host.
    fn knows_host(&self, host: &str) -> bool;
    /// The broker that listens there.
    fn listener(&self, host: &str, port: i32) -> Option<NodeId>;
    /// The broker that tools are pointed at when the line does not say.
    fn default_broker(&self) -> Option<NodeId>;
    /// The address of a broker's listener.
    fn address(&self, broker: NodeId) -> String;
    /// The number in the generated group of a console consumer without `--group`: 0 to 99999.
    fn draw_group_number(&self) -> u32;
}

/// What became of a tool's line before anything was sent.
#[derive(Debug)]
pub enum Prepared {
    /// It ended on its own.
    Ended(Output),
    /// It goes on as a client; `before` is what it has printed by then.
    Runs { request: Box<ToolRequest>, before: Output, printing: Box<Printing> },
}

/// How a line ends without a request.
enum End {
    Printed(Output),
    Thrown(KafkaException),
}

impl From<KafkaException> for End {
    fn from(error: KafkaException) -> End {
        End::Thrown(error)
    }
}

impl From<OptionError> for End {
    fn from(error: OptionError) -> End {
        let mut thrown = exception(error.class(), &error.message());
        let mut causes = error.causes().into_iter().rev().fold(None, |cause: Option<KafkaException>, text| {
            let (class, message) = text.split_once(": ").unwrap_or((text.as_str(), ""));
            let named = match class {
                "java.lang.NumberFormatException" => ExceptionClass::NUMBER_FORMAT,
                _ => ExceptionClass::named("joptsimple.internal.ReflectionException"),
            };
            let error = KafkaException::with(named, message);
            Some(match cause {
                Some(cause) => error.caused_by(cause),
                None => error,
            })
        });
        thrown.cause = causes.take().map(Box::new);
        End::Thrown(thrown)
    }
}

/// How a running tool's items and its end are printed.
#[derive(Clone, Debug)]
pub enum Printing {
    Topics(topics::DescribeFilter),
    ConsoleProducer,
    ConsoleConsumer(Box<message_formatter::MessageFormatter>, console_consumer::Shutdown),
    GetOffsets,
    DeleteRecords,
    /// True: unclean.
    LeaderElection(bool),
    Reassign,
    /// The arguments, as the tool repeats them when it fails.
    Configs(String),
    LogDirs,
    MetadataQuorum(metadata_quorum::View),
}

/// A tool that the console has.
#[derive(Clone, Copy)]
pub struct Tool {
    pub table: &'static Table,
    pub prepare: fn(&[String], &[u8], &dyn Machine) -> Prepared,
}

/// The tools that are built.
pub static TOOLS: [Tool; 11] = [
    Tool { table: &topics::TABLE, prepare: |words, _, machine| topics::prepare(words, machine) },
    Tool { table: &console_producer::TABLE, prepare: console_producer::prepare },
    Tool { table: &console_consumer::TABLE, prepare: |words, _, machine| console_consumer::prepare(words, machine) },
    Tool { table: &get_offsets::TABLE, prepare: |words, _, machine| get_offsets::prepare(words, machine) },
    Tool { table: &delete_records::TABLE, prepare: |words, _, machine| delete_records::prepare(words, machine) },
    Tool { table: &leader_election::TABLE, prepare: |words, _, machine| leader_election::prepare(words, machine) },
    Tool { table: &reassign::TABLE, prepare: |words, _, machine| reassign::prepare(words, machine) },
    Tool { table: &configs::TABLE, prepare: |words, _, machine| configs::prepare(words, machine) },
    Tool { table: &log_dirs::TABLE, prepare: |words, _, machine| log_dirs::prepare(words, machine) },
    Tool { table: &metadata_quorum::TABLE, prepare: |words, _, machine| metadata_quorum::prepare(words, machine) },
    Tool { table: &dump_log::TABLE, prepare: |words, _, machine| dump_log::prepare(words, machine) },
];

/// The tools of Kafka that arrive later.
pub const LATER: [&str; 12] = [
    "kafka-console-share-consumer",
    "kafka-consumer-groups",
    "kafka-share-groups",
    "kafka-transactions",
    "kafka-producer-perf-test",
    "kafka-acls",
    "kafka-features",
    "kafka-cluster",
    "kafka-groups",
    "kafka-broker-api-versions",
    "kafka-client-metrics",
    "kafka-consumer-perf-test",
];

/// Finds a tool by its name, with or without `.sh`.
pub fn find(word: &str) -> Option<&'static Tool> {
    let name = word.strip_suffix(".sh").unwrap_or(word);
    TOOLS.iter().find(|tool| tool.table.tool == name)
}

/// Whether the word names a tool of Kafka that arrives later.
pub fn is_later(word: &str) -> bool {
    LATER.contains(&word.strip_suffix(".sh").unwrap_or(word))
}

/// `CommandLineUtils.printUsageAndThrow`: the message and the options on standard error, status 1.
fn usage(table: &Table, message: &str) -> Output {
    Output { stderr: format!("{message}\n{}", table.help()), status: 1, ..Output::default() }
}

/// `CommandLineUtils.maybePrintHelpOrVersion`.
fn help_or_version(table: &Table, given: &Given) -> Option<Output> {
    if given.has("help") {
        Some(usage(table, table.about))
    } else if given.has("version") {
        Some(Output::printed(format!("{}\n", crate::kafka::VERSION)))
    } else {
        None
    }
}

/// `not yet: --x` for the first given option that is not built.
fn refuse_not_yet(table: &Table, given: &Given) -> Option<Output> {
    given.first_not_yet(table).map(|option| Output::not_yet(format!("--{}", option.name)))
}

/// Reads a property file of the virtual machine; the error is what Java says of one that does not exist.
fn load_properties(machine: &dyn Machine, path: &str) -> Result<Properties, KafkaException> {
    let bytes = machine.read(path).ok_or_else(|| no_such_file(path))?;
    Ok(properties::load(&String::from_utf8_lossy(&bytes)))
}

fn no_such_file(path: &str) -> KafkaException {
    exception("java.nio.file.NoSuchFileException", path)
}

/// An exception of a class that the shell names itself.
fn exception(class: &'static str, message: &str) -> KafkaException {
    KafkaException::with(crate::kafka::errors::ExceptionClass::named(class), message)
}

/// What is wrong with a `--bootstrap-server` list, with an empty line behind it: `ToolsUtils.validateBootstrapServer`.
fn bootstrap_complaint(list: &str) -> Option<&'static str> {
    if list.trim().is_empty() {
        return Some("Error while validating the bootstrap address\n");
    }
    // Java's split drops empty parts at the end.
    let list = list.trim_end_matches(',');
    let good = !list.is_empty() && list.split(',').all(|server| port_of(server).is_some());
    (!good).then_some("Please provide valid host:port like host1:9091,host2:9092\n")
}

/// The nodes of a `--bootstrap-server` list in its order; an address of the simulation where nobody listens is one that
/// is not there. `output` takes what is logged of names that do not resolve. Without a list the machine's own broker.
///
/// # Errors
/// ConfigException: text that is no address, or no name resolves.
fn resolve(machine: &dyn Machine, list: Option<&str>, output: &mut Output) -> Result<Vec<NodeId>, KafkaException> {
    let Some(list) = list else { return Ok(machine.default_broker().into_iter().collect()) };
    let mut log = Vec::new();
    let parsed = parse_servers(list.split(',').map(str::trim), |host| machine.knows_host(host), &mut log);
    show_warnings(machine, &log, output);
    let node = |address: &HostPort| {
        let dead = || DeadAddress::new(&address.host, address.port as u16).map(DeadAddress::node);
        machine.listener(&address.host, address.port).or_else(dead)
    };
    Ok(parsed?.iter().filter_map(node).collect())
}

/// What a client's constructor warns of, on the tool's standard error.
fn show_warnings(machine: &dyn Machine, log: &[config::LogLine], output: &mut Output) {
    for line in log.iter().filter(|line| line.level >= config::Level::Warn) {
        let package = match line.class {
            "ClientUtils" => "org.apache.kafka.clients.",
            "KafkaAdminClient" => "org.apache.kafka.clients.admin.",
            "KafkaProducer" | "ProducerConfig" => "org.apache.kafka.clients.producer.",
            "ConsumerConfig" => "org.apache.kafka.clients.consumer.",
            _ => "org.apache.kafka.common.config.",
        };
        let level = if line.level == config::Level::Warn { Level::Warn } else { Level::Error };
        output.log(machine.now(), level, &line.message, &format!("{package}{}", line.class), None);
    }
}

/// Protocols other than plain text, once Kafka has accepted the configs.
fn refuse_security(config: &Properties) -> Option<Output> {
    let protocol = config.get("security.protocol").map(|text| text.trim().to_uppercase())?;
    (protocol != "PLAINTEXT").then(|| Output::not_yet(format!("security.protocol={protocol}")))
}

/// The admin client of a tool: the configs in a file, checked, and the brokers that it is pointed at.
///
/// # Errors
/// A file that cannot be read, configs and addresses that are refused.
fn admin_client(
    machine: &dyn Machine,
    file: Option<&str>,
    server: Option<&str>,
    before: &mut Output,
) -> Result<(Properties, Vec<NodeId>), KafkaException> {
    let config = match file {
        Some(path) => load_properties(machine, path)?,
        None => Properties::new(),
    };
    let mut log = Vec::new();
    let checked = run::check_admin_configs(&config, &mut log);
    show_warnings(machine, &log, before);
    checked?;
    let failed = "Failed to create new KafkaAdminClient";
    let bootstrap = resolve(machine, server, before)
        .map_err(|error| KafkaException::with(ExceptionClass::KAFKA, failed).caused_by(error))?;
    Ok((config, bootstrap))
}

/// The name of the process that a line starts: its `client.id` if it gives one, else the tool's name.
fn process_name(table: &Table, config: &Properties) -> String {
    let name = table.tool.strip_prefix("kafka-").unwrap_or(table.tool);
    config.get("client.id").cloned().unwrap_or_else(|| name.to_string())
}
