//! kafka-reassign-partitions (`org.apache.kafka.tools.reassign.ReassignPartitionsCommand`): reading its line and its
//! file, and printing.

use super::delete_records::{bad_field, read_file};
use super::{End, Machine, Prepared, Printing, admin_client, help_or_version, process_name, usage};
use crate::kafka::client::tool::{
    ReassignAction, ReassignItem, ReassignPartitions, ReassignState, ToolRequest, ToolWork,
};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::shell::options::joptsimple::{self, Given};
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::{Output, trace};

pub static TABLE: Table = Table {
    tool: "kafka-reassign-partitions",
    about: "This tool helps to move topic partitions between replicas.",
    options: &[
        OptionSpec::flag("additional", "with --execute: beside what is under way"),
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("broker-list", "ids", "with --generate: the brokers to use").not_yet(),
        OptionSpec::flag("cancel", "cancels what the file moves"),
        OptionSpec::value("command-config", "file", "a property file with configs of the admin client"),
        OptionSpec::flag("disable-rack-aware", "with --generate: without regard to racks").not_yet(),
        OptionSpec::flag("execute", "starts what the file says"),
        OptionSpec::flag("generate", "proposes an assignment").not_yet(),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::flag("list", "lists what is under way"),
        OptionSpec::flag("preserve-throttles", "leaves throttles as they are"),
        OptionSpec::value(
            "reassignment-json-file",
            "file",
            "{\"version\": 1, \"partitions\": [{\"topic\": \"orders\", \"partition\": 0, \"replicas\": [2, 3]}]}",
        ),
        OptionSpec::value("replica-alter-log-dirs-throttle", "bytes/s", "for moves between directories").not_yet(),
        OptionSpec::value("throttle", "bytes/s", "for moves between brokers").not_yet(),
        OptionSpec::value("timeout", "ms", "how long a move between directories may take").not_yet(),
        OptionSpec::value("topics-to-move-json-file", "file", "with --generate: the topics").not_yet(),
        OptionSpec::flag("verify", "says how far what the file says has come"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

const ACTIONS: [&str; 5] = ["generate", "execute", "verify", "cancel", "list"];

/// Reads the words behind `kafka-reassign-partitions`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, machine, &mut before) {
        Ok(request) => Prepared::Runs { request: Box::new(request), before, printing: Box::new(Printing::Reassign) },
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Thrown(error)) => Prepared::Ended(before.then(thrown(&error))),
    }
}

/// An exception that ends the tool, on standard output; a terse one without its trace.
pub fn thrown(error: &KafkaException) -> Output {
    let message = error.message.as_deref().unwrap_or("null");
    let terse = error.class == ExceptionClass::named("tools.TerseException");
    let text = if terse { format!("{message}\n") } else { format!("Error: {message}\n{}\n", trace(error)) };
    Output::printed(text).with_status(1)
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<ToolRequest, End> {
    let wrong = |message: &str| End::Printed(usage(&TABLE, message));
    let given = joptsimple::parse(&TABLE, words).map_err(|error| wrong(&error.message()))?;
    if let Some(output) = help_or_version(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    let chosen: Vec<&str> = ACTIONS.into_iter().filter(|action| given.has(action)).collect();
    let [chosen] = chosen[..] else {
        let names: Vec<String> = ACTIONS.iter().map(|action| format!("--{action}")).collect();
        return Err(wrong(&format!("Command must include exactly one action: {}", names.join(", "))));
    };
    let required: &[&str] = match chosen {
        "generate" => &["broker-list", "topics-to-move-json-file"],
        "list" => &[],
        _ => &["reassignment-json-file"],
    };
    joptsimple::check_required(&given, required).map_err(|message| wrong(&message))?;
    if let Some(output) = super::refuse_not_yet(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    let action = match chosen {
        "execute" => ReassignAction::Execute { additional: given.has("additional") },
        "verify" => ReassignAction::Verify,
        "cancel" => ReassignAction::Cancel,
        _ => ReassignAction::List,
    };
    let targets = targets(&given, machine, chosen == "execute")?;
    let (file, server) = (given.one("command-config")?, given.one("bootstrap-server")?);
    let (config, bootstrap) = admin_client(machine, file, server, before)?;
    let (name, client_id) = (process_name(&TABLE, &config), "reassign-partitions-tool".to_string());
    let work = ToolWork::Reassign(ReassignPartitions { action, targets });
    Ok(ToolRequest { name, client_id, bootstrap, config, work })
}

type Targets = Vec<(TopicPartition, Vec<NodeId>)>;

fn targets(given: &Given, machine: &dyn Machine, checked: bool) -> Result<Targets, End> {
    let Some(path) = given.one("reassignment-json-file")? else { return Ok(Vec::new()) };
    let targets = read(&read_file(machine, path)?)?;
    if checked {
        check(&targets)?;
    }
    Ok(targets)
}

fn failed(message: String) -> KafkaException {
    KafkaException::with(ExceptionClass::named("tools.AdminCommandFailedException"), message)
}

/// `parsePartitionReassignmentData`.
fn read(text: &str) -> Result<Targets, KafkaException> {
    let refused =
        |message: String| KafkaException::with(ExceptionClass::named("tools.AdminOperationException"), message);
    let whole: serde_json::Value = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    match whole.get("version") {
        None => return Err(refused("The input string is missing the version field".to_string())),
        Some(version) if version.as_i64() != Some(1) => {
            return Err(refused(format!("Not supported version field value {version}")));
        }
        Some(_) => {}
    }
    let missing = |name: &str| bad_field(format!("No such field exists: `{name}`"));
    let mut targets = Targets::new();
    for row in whole.get("partitions").and_then(serde_json::Value::as_array).into_iter().flatten() {
        let topic = row.get("topic").and_then(serde_json::Value::as_str).ok_or_else(|| missing("topic"))?;
        let number = row.get("partition").and_then(serde_json::Value::as_i64).ok_or_else(|| missing("partition"))?;
        let replicas = row.get("replicas").and_then(serde_json::Value::as_array).ok_or_else(|| missing("replicas"))?;
        let replicas = replicas.iter().filter_map(serde_json::Value::as_i64).map(|id| NodeId(id as i32)).collect();
        targets.push((TopicPartition::new(topic, number as i32), replicas));
    }
    Ok(targets)
}

/// `parseExecuteAssignmentArgs`.
fn check(targets: &Targets) -> Result<(), KafkaException> {
    if targets.is_empty() {
        return Err(failed("Partition reassignment list cannot be empty".to_string()));
    }
    if targets.iter().any(|(_, replicas)| replicas.is_empty()) {
        return Err(failed("Partition replica list cannot be empty".to_string()));
    }
    let mut twice: Vec<String> = Vec::new();
    for (at, (tp, _)) in targets.iter().enumerate() {
        if targets[..at].iter().any(|(known, _)| known == tp) && !twice.contains(&tp.to_string()) {
            twice.push(tp.to_string());
        }
    }
    if !twice.is_empty() {
        return Err(failed(format!("Partition reassignment contains duplicate topic partitions: {}", twice.join(","))));
    }
    let mut entries = Vec::new();
    for (tp, replicas) in targets {
        let mut ids: Vec<String> = Vec::new();
        for (at, id) in replicas.iter().enumerate() {
            if replicas[..at].contains(id) && !ids.contains(&id.to_string()) {
                ids.push(id.to_string());
            }
        }
        if !ids.is_empty() {
            entries.push(format!("{tp} contains multiple entries for {}", ids.join(", ")));
        }
    }
    match entries.is_empty() {
        true => Ok(()),
        false => {
            Err(failed(format!("Partition replica lists may not contain duplicate entries: {}", entries.join(". "))))
        }
    }
}

fn ids(nodes: &[NodeId]) -> String {
    nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(",")
}

fn names(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(TopicPartition::to_string).collect::<Vec<_>>().join(",")
}

fn plural(partitions: &[TopicPartition]) -> &'static str {
    if partitions.len() == 1 { "" } else { "s" }
}

/// An assignment as the file that would bring it back.
fn json(current: &Targets) -> String {
    let row = |(tp, replicas): &(TopicPartition, Vec<NodeId>)| {
        let directories: Vec<String> = replicas.iter().map(|id| format!("\"/brokers/{id}\"")).collect();
        format!(
            "{{\"topic\":\"{}\",\"partition\":{},\"replicas\":[{}],\"log_dirs\":[{}]}}",
            tp.topic,
            tp.partition,
            ids(replicas),
            directories.join(",")
        )
    };
    let rows: Vec<String> = current.iter().map(row).collect();
    format!("{{\"version\":1,\"partitions\":[{}]}}", rows.join(","))
}

/// One item of what the tool tells.
pub fn print(item: &ReassignItem, output: &mut Output) {
    match item {
        ReassignItem::Current(current) => {
            output.out("Current partition replica assignment\n");
            output.out(format!("{}\n", json(current)));
            output.out("Save this to use as the --reassignment-json-file option during rollback");
        }
        ReassignItem::Started(partitions) => {
            let what = format!("partition reassignment{}", plural(partitions));
            output.out(format!("Successfully started {what} for {}", names(partitions)));
        }
        ReassignItem::Status(states) => {
            output.out("Status of partition reassignment:");
            for (tp, state) in states {
                output.out(match state {
                    ReassignState::Completed => format!("Reassignment of partition {tp} is completed."),
                    ReassignState::GoesOn => format!("Reassignment of partition {tp} is still in progress."),
                    ReassignState::Inactive { current, target } => format!(
                        "There is no active reassignment of partition {tp}, but replica set is {} rather than {}.",
                        ids(current),
                        ids(target)
                    ),
                });
            }
            output.out("");
        }
        ReassignItem::Cancelled(partitions) => {
            output.out(match partitions.is_empty() {
                true => "None of the specified partition reassignments are active.".to_string(),
                false => {
                    let what = format!("partition reassignment{}", plural(partitions));
                    format!("Successfully cancelled {what} for: {}", names(partitions))
                }
            });
            output.stdout.extend(b"None of the specified partition moves are active.");
        }
        ReassignItem::ClearingBrokers(brokers) => {
            output.out(format!("Clearing broker-level throttles on brokers {}", ids(brokers)));
        }
        ReassignItem::ClearingTopics(topics) => {
            let what = if topics.len() == 1 { "topic" } else { "topics" };
            output.out(format!("Clearing topic-level throttles on {what} {}", topics.join(",")));
        }
        ReassignItem::Ongoing(rows) if rows.is_empty() => output.out("No partition reassignments found."),
        ReassignItem::Ongoing(rows) => {
            output.out("Current partition reassignments:");
            for (tp, [replicas, adding, removing]) in rows {
                let mut line = format!("{tp}: replicas: {}.", ids(replicas));
                if !adding.is_empty() {
                    line += &format!(" adding: {}.", ids(adding));
                }
                if !removing.is_empty() {
                    line += &format!(" removing: {}.", ids(removing));
                }
                output.out(line);
            }
        }
    }
}
