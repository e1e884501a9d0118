//! kafka-leader-election (`org.apache.kafka.tools.LeaderElectionCommand`): reading its line and its file, and printing.

use super::delete_records::{bad_field, read_file, thrown};
use super::{End, Machine, Prepared, Printing, admin_client, exception, help_or_version, process_name};
use crate::kafka::client::tool::{ElectLeaders, ToolRequest, ToolWork};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::TopicPartition;
use crate::shell::options::joptsimple::{self, Given};
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::{Output, trace};

pub static TABLE: Table = Table {
    tool: "kafka-leader-election",
    about: "This tool attempts to elect a new leader for a set of topic partitions. The type of elections supported are \
            preferred replicas and unclean replicas.",
    options: &[
        OptionSpec::value("admin.config", "file", "a property file with configs of the admin client"),
        OptionSpec::flag("all-topic-partitions", "every partition that could do with an election"),
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("election-type", "type", "preferred or unclean"),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::value("partition", "number", "the partition of --topic"),
        OptionSpec::value("path-to-json-file", "file", "{\"partitions\": [{\"topic\": \"orders\", \"partition\": 0}]}"),
        OptionSpec::value("topic", "topic", "the topic of --partition"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

/// Reads the words behind `kafka-leader-election`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, machine, &mut before) {
        Ok((request, unclean)) => {
            Prepared::Runs { request: Box::new(request), before, printing: Box::new(Printing::LeaderElection(unclean)) }
        }
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Thrown(error)) => Prepared::Ended(before.then(thrown(&error))),
    }
}

fn failed(message: impl Into<String>) -> End {
    End::Thrown(KafkaException::with(ExceptionClass::named("tools.AdminCommandFailedException"), message))
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<(ToolRequest, bool), End> {
    let given = joptsimple::parse(&TABLE, words)?;
    if let Some(output) = help_or_version(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    if !given.has("election-type") {
        return Err(failed("Missing required option(s): election-type"));
    }
    let ways = ["topic", "all-topic-partitions", "path-to-json-file"];
    if ways.iter().filter(|way| given.has(way)).count() != 1 {
        let message = format!("One and only one of the following options is required: {}", ways.join(", "));
        return Err(failed(message));
    }
    if given.has("topic") != given.has("partition") {
        let missing = if given.has("topic") { "partition" } else { "topic" };
        return Err(failed(format!("Missing required option(s): {missing}")));
    }
    let unclean = election_type(given.one("election-type")?.unwrap_or_default())?;
    let partitions = partitions(&given, machine)?;
    let (file, server) = (given.one("admin.config")?, given.one("bootstrap-server")?);
    let (config, bootstrap) = admin_client(machine, file, server, before)?;
    let (name, client_id) = (process_name(&TABLE, &config), "adminclient-1".to_string());
    let work = ToolWork::ElectLeaders(ElectLeaders { unclean, partitions });
    Ok((ToolRequest { name, client_id, bootstrap, config, work }, unclean))
}

/// `ElectionType`: the case does not matter. True: unclean.
fn election_type(text: &str) -> Result<bool, End> {
    match text.to_ascii_uppercase().as_str() {
        "PREFERRED" => Ok(false),
        "UNCLEAN" => Ok(true),
        _ => {
            let cause = format!("Value [{text}] is not one of [[PREFERRED,UNCLEAN]]");
            let message = format!("Cannot parse argument '{text}' of option election-type");
            let error = exception("joptsimple.OptionArgumentConversionException", &message);
            Err(End::Thrown(error.caused_by(exception("joptsimple.ValueConversionException", &cause))))
        }
    }
}

fn partitions(given: &Given, machine: &dyn Machine) -> Result<Option<Vec<TopicPartition>>, End> {
    if let Some(path) = given.one("path-to-json-file")? {
        let text = read_file(machine, path)
            .map_err(|cause| KafkaException::from_cause(ExceptionClass::named("java.lang.RuntimeException"), cause))?;
        return Ok(Some(listed(&text)?));
    }
    let number = given.int("partition")?;
    Ok(given.one("topic")?.zip(number).map(|(topic, number)| vec![TopicPartition::new(topic, number)]))
}

/// The partitions that a file names.
fn listed(text: &str) -> Result<Vec<TopicPartition>, KafkaException> {
    let refused =
        |message: String| KafkaException::with(ExceptionClass::named("tools.AdminOperationException"), message);
    let Ok(whole) = serde_json::from_str::<serde_json::Value>(text) else {
        return Err(refused("Replica election data is empty".to_string()));
    };
    let Some(rows) = whole.get("partitions").and_then(serde_json::Value::as_array) else {
        return Err(refused("Replica election data is missing \"partitions\" field".to_string()));
    };
    let missing = |name: &str| bad_field(format!("No such field exists: `{name}`"));
    let (mut partitions, mut twice) = (Vec::new(), Vec::new());
    for row in rows {
        let topic = row.get("topic").and_then(serde_json::Value::as_str).ok_or_else(|| missing("topic"))?;
        let number = row.get("partition").and_then(serde_json::Value::as_i64).ok_or_else(|| missing("partition"))?;
        let tp = TopicPartition::new(topic, number as i32);
        if partitions.contains(&tp) && !twice.contains(&tp.to_string()) {
            twice.push(tp.to_string());
        }
        partitions.push(tp);
    }
    if twice.is_empty() {
        Ok(partitions)
    } else {
        Err(refused(format!("Replica election data contains duplicate partitions: [{}]", twice.join(", "))))
    }
}

/// What became of the partitions: those elected, those that needed nothing, and those that failed.
pub fn print(unclean: bool, rows: &[(TopicPartition, Result<(), KafkaException>)], output: &mut Output) {
    let kind = if unclean { "UNCLEAN" } else { "PREFERRED" };
    let not_needed = |error: &KafkaException| error.class.is_a("ElectionNotNeededException");
    let names = |takes: &dyn Fn(&Result<(), KafkaException>) -> bool| {
        let taken = rows.iter().filter(|(_, result)| takes(result));
        taken.map(|(tp, _)| tp.to_string()).collect::<Vec<_>>().join(", ")
    };
    let elected = names(&|result| result.is_ok());
    if !elected.is_empty() {
        output.out(format!("Successfully completed leader election ({kind}) for partitions {elected}"));
    }
    let noop = names(&|result| result.as_ref().is_err_and(not_needed));
    if !noop.is_empty() {
        output.out(format!("Valid replica already elected for partitions {noop}"));
    }
    let failed = rows.iter().filter_map(|(tp, result)| Some((tp, result.as_ref().err()?)));
    let failed: Vec<_> = failed.filter(|(_, error)| !not_needed(error)).collect();
    for (tp, error) in &failed {
        output.out(format!("Error completing leader election ({kind}) for partition: {tp}: {error}"));
    }
    if !failed.is_empty() {
        let message = format!("{} replica(s) could not be elected", failed.len());
        let end = KafkaException::with(ExceptionClass::named("tools.AdminCommandFailedException"), message.clone());
        let suppressed: String = failed.iter().map(|(_, error)| format!("\tSuppressed: {error}\n")).collect();
        output.err(format!("{message}\n{}{suppressed}", trace(&end)));
        output.status = 1;
    }
}
