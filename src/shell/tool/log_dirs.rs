//! kafka-log-dirs (`org.apache.kafka.tools.LogDirsCommand`): reading its line, and printing.

use std::collections::BTreeSet;

use super::delete_records::thrown;
use super::{Machine, Prepared, Printing, admin_client, exception, help_or_version, process_name, usage};
use crate::kafka::client::tool::{DescribeLogDirs, LogDirRow, LogDirsItem, ToolRequest, ToolWork};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::NodeId;
use crate::kafka::java;
use crate::shell::options::joptsimple::{self, OptionError};
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::Output;

pub static TABLE: Table = Table {
    tool: "kafka-log-dirs",
    about: "This tool helps to query log directory usage on the specified brokers.",
    options: &[
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("broker-list", "ids", "the brokers to ask, between commas; all if left out"),
        OptionSpec::value("command-config", "file", "a property file with configs of the admin client"),
        OptionSpec::flag("describe", "shows what lies in the log directories"),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::value("topic-list", "topics", "the topics to show, between commas; all if left out"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

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
        End::Thrown(exception(error.class(), &error.message()))
    }
}

/// Reads the words behind `kafka-log-dirs`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, machine, &mut before) {
        Ok(request) => Prepared::Runs { request: Box::new(request), before, printing: Box::new(Printing::LogDirs) },
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Thrown(error)) => Prepared::Ended(before.then(thrown(&error))),
    }
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<ToolRequest, End> {
    let given = joptsimple::parse(&TABLE, words)?;
    if let Some(output) = help_or_version(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    joptsimple::check_required(&given, &["describe"]).map_err(|message| End::Printed(usage(&TABLE, &message)))?;
    let (file, server) = (given.one("command-config")?, given.one("bootstrap-server")?);
    let (config, bootstrap) = admin_client(machine, file, server, before)?;
    let parts = |text: Option<&str>| -> Vec<String> {
        let parts = text.unwrap_or("").split(',').filter(|part| !part.is_empty());
        parts.map(str::to_string).collect()
    };
    let topics = parts(given.one("topic-list")?);
    let mut brokers = BTreeSet::new();
    for text in parts(given.one("broker-list")?) {
        let id = java::parse_int(&text).ok_or_else(|| not_a_number(&text))?;
        brokers.insert(id);
    }
    let (name, client_id) = (process_name(&TABLE, &config), "adminclient-1".to_string());
    let work = ToolWork::LogDirs(DescribeLogDirs { topics, brokers });
    Ok(ToolRequest { name, client_id, bootstrap, config, work })
}

fn not_a_number(text: &str) -> KafkaException {
    KafkaException::with(ExceptionClass::NUMBER_FORMAT, format!("For input string: \"{text}\""))
}

fn listed<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

/// Prints one thing that the tool told.
pub fn print(item: &LogDirsItem, output: &mut Output) {
    match item {
        LogDirsItem::Unknown(unknown, known) => {
            output.err(format!(
                "ERROR: The given brokers do not exist from --broker-list: {}. Current existent brokers: {}",
                listed(unknown),
                listed(known)
            ));
            output.status = 1;
        }
        LogDirsItem::Querying => output.out("Querying brokers for log directories information"),
        LogDirsItem::Described(brokers) => {
            let ids = listed(brokers.iter().map(|(id, _)| id));
            output.out(format!("Received log directory information from brokers {ids}"));
            output.out(format!("{{\"brokers\":[{}],\"version\":1}}", listed(brokers.iter().map(broker))));
        }
    }
}

fn broker((id, dirs): &(NodeId, Vec<LogDirRow>)) -> String {
    format!("{{\"broker\":{id},\"logDirs\":[{}]}}", listed(dirs.iter().map(dir)))
}

fn dir(row: &LogDirRow) -> String {
    let replicas = row.replicas.iter().map(|(tp, size, lag, is_future)| {
        format!("{{\"partition\":\"{tp}\",\"size\":{size},\"offsetLag\":{lag},\"isFuture\":{is_future}}}")
    });
    let error =
        row.error.as_ref().map_or_else(|| "null".to_string(), |error| format!("\"{}\"", error.class.full_name()));
    format!("{{\"partitions\":[{}],\"error\":{error},\"logDir\":\"{}\"}}", listed(replicas), row.dir)
}
