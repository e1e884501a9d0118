//! kafka-metadata-quorum (`org.apache.kafka.tools.MetadataQuorumCommand`): reading its line, and printing.

use super::{End, Machine, Prepared, Printing, admin_client, process_name};
use crate::kafka::client::tool::{QuorumDescription, QuorumReplicaState, ToolRequest, ToolWork};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::{Output, trace};
use crate::time::SimTime;

pub static TABLE: Table = Table {
    tool: "kafka-metadata-quorum",
    about: "This tool describes kraft metadata quorum status.",
    options: &[
        OptionSpec::value("bootstrap-controller", "host:port", "the controller to ask").not_yet(),
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("command-config", "file", "a property file with configs of the admin client"),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::flag("human-readable", "with describe --replication: how long ago, instead of timestamps"),
        OptionSpec::flag("replication", "with describe: how far every voter and observer is"),
        OptionSpec::flag("status", "with describe: who leads, and how far the others lag"),
    ],
};

const COMMANDS: [&str; 3] = ["describe", "add-controller", "remove-controller"];

/// The usages, as argparse4j wraps them.
const USAGE: &str = "usage: kafka-metadata-quorum [-h] [--command-config COMMAND_CONFIG]
                             (--bootstrap-server BOOTSTRAP_SERVER |
                             --bootstrap-controller BOOTSTRAP_CONTROLLER)
                             {describe,add-controller,remove-controller}
                             ...
";
const DESCRIBE_USAGE: &str = "usage: kafka-metadata-quorum (--bootstrap-server BOOTSTRAP_SERVER |
                             --bootstrap-controller BOOTSTRAP_CONTROLLER)
                             describe [-h] [--status] [--replication]
                             [--human-readable]
";

/// What is described, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    Status,
    Replication { human_readable: bool },
}

#[derive(Default)]
struct Given {
    server: Option<String>,
    config: Option<String>,
    describes: bool,
    status: bool,
    replication: bool,
    human_readable: bool,
}

/// Reads the words behind `kafka-metadata-quorum`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, machine, &mut before) {
        Ok((request, view)) => {
            Prepared::Runs { request: Box::new(request), before, printing: Box::new(Printing::MetadataQuorum(view)) }
        }
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Thrown(error)) => Prepared::Ended(before.then(thrown(&error))),
    }
}

/// An exception that the tool did not expect: its message, and its trace.
pub fn thrown(error: &KafkaException) -> Output {
    let whole =
        KafkaException::from_cause(ExceptionClass::named("java.util.concurrent.ExecutionException"), error.clone());
    let message = whole.message.clone().unwrap_or_default();
    Output { stderr: format!("{message}\n{}\n", trace(&whole)), status: 1, ..Output::default() }
}

fn refused(usage: &str, sentence: &str) -> End {
    let stderr = format!("{usage}kafka-metadata-quorum: error: {sentence}\n");
    End::Printed(Output { stderr, status: 1, ..Output::default() })
}

/// A `TerseException`: only its sentence.
fn terse(sentence: &str) -> End {
    End::Printed(Output { stderr: format!("{sentence}\n"), status: 1, ..Output::default() })
}

/// The option that a word names or begins to name.
fn option(word: &str, names: &[&'static str]) -> Option<&'static str> {
    let name = word.strip_prefix("--")?;
    let mut fitting = names.iter().copied().filter(|known| known.starts_with(name) && !name.is_empty());
    let first = fitting.next()?;
    (first == name || fitting.next().is_none()).then_some(first)
}

fn parse(words: &[String]) -> Result<Given, End> {
    let mut given = Given::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "-h" || word == "--help" {
            return Err(End::Printed(Output::printed(TABLE.help())));
        }
        let (word, joined) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_string())),
            _ => (word.as_str(), None),
        };
        if given.describes {
            match option(word, &["status", "replication", "human-readable"]) {
                Some("status") => given.status = true,
                Some("replication") => given.replication = true,
                Some(_) => given.human_readable = true,
                None => return Err(refused(DESCRIBE_USAGE, &format!("unrecognized arguments: '{word}'"))),
            }
            continue;
        }
        match option(word, &["bootstrap-server", "bootstrap-controller", "command-config"]) {
            Some("bootstrap-controller") => return Err(End::Printed(Output::not_yet("--bootstrap-controller"))),
            Some(name) => {
                let Some(value) = joined.or_else(|| rest.next().cloned()) else {
                    return Err(refused(USAGE, &format!("argument --{name}: expected one argument")));
                };
                *(if name == "command-config" { &mut given.config } else { &mut given.server }) = Some(value);
            }
            None if word.starts_with('-') => {
                return Err(refused(USAGE, &format!("unrecognized arguments: '{word}'")));
            }
            None if word == "describe" => given.describes = true,
            None if COMMANDS.contains(&word) => {
                return Err(End::Printed(Output::not_yet(format!("kafka-metadata-quorum {word}"))));
            }
            None => {
                let choices = COMMANDS.map(|command| format!("'{command}'")).join(", ");
                return Err(refused(USAGE, &format!("invalid choice: '{word}' (choose from {choices})")));
            }
        }
    }
    if given.describes { Ok(given) } else { Err(refused(USAGE, "too few arguments")) }
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<(ToolRequest, View), End> {
    let given = parse(words)?;
    if given.status && given.replication {
        return Err(terse("Only one of --status or --replication should be specified with describe sub-command"));
    }
    if !given.status && !given.replication {
        return Err(terse("One of --status or --replication must be specified with describe sub-command"));
    }
    let view = match given.status {
        true => View::Status,
        false => View::Replication { human_readable: given.human_readable },
    };
    let (config, bootstrap) = admin_client(machine, given.config.as_deref(), given.server.as_deref(), before)?;
    let (name, client_id) = (process_name(&TABLE, &config), "adminclient-1".to_string());
    let work = ToolWork::DescribeQuorum { with_cluster: given.status };
    Ok((ToolRequest { name, client_id, bootstrap, config, work }, view))
}

/// Prints what the leader has told, at `now`.
pub fn print(view: View, quorum: &QuorumDescription, now: SimTime, output: &mut Output) {
    match view {
        View::Status => print_status(quorum, output),
        View::Replication { human_readable } => {
            print_replication(quorum, human_readable.then(|| now.as_epoch_ms()), output);
        }
    }
}

fn print_status(quorum: &QuorumDescription, output: &mut Output) {
    let leader = quorum.voters.iter().find(|voter| voter.id == quorum.leader);
    let slowest = quorum.voters.iter().min_by_key(|voter| voter.log_end_offset);
    let (lag, time) = leader.zip(slowest).map_or((0, 0), |(leader, slowest)| {
        let known = leader.last_caught_up_ms >= 0 && slowest.last_caught_up_ms >= 0;
        let time = match () {
            () if leader.id == slowest.id => 0,
            () if known => leader.last_caught_up_ms - slowest.last_caught_up_ms,
            () => -1,
        };
        (leader.log_end_offset - slowest.log_end_offset, time)
    });
    let list = |replicas: &[QuorumReplicaState]| replicas.iter().map(node).collect::<Vec<_>>().join(", ");
    let rows = [
        ("ClusterId:", quorum.cluster_id.clone()),
        ("LeaderId:", quorum.leader.to_string()),
        ("LeaderEpoch:", quorum.leader_epoch.to_string()),
        ("HighWatermark:", quorum.high_watermark.to_string()),
        ("MaxFollowerLag:", lag.to_string()),
        ("MaxFollowerLagTimeMs:", time.to_string()),
        ("CurrentVoters:", format!("[{}]", list(&quorum.voters))),
        ("CurrentObservers:", format!("[{}]", list(&quorum.observers))),
    ];
    for (name, value) in rows {
        output.out(format!("{name:<23} {value}"));
    }
}

fn node(replica: &QuorumReplicaState) -> String {
    let mut text = format!("{{\"id\": {}, \"directoryId\": \"{}\"", replica.id, replica.directory_id);
    if !replica.endpoints.is_empty() {
        let quoted: Vec<String> = replica.endpoints.iter().map(|endpoint| format!("\"{endpoint}\"")).collect();
        text.push_str(&format!(", \"endpoints\": [{}]", quoted.join(", ")));
    }
    text + "}"
}

/// `ago`: the moment from which times are counted back.
fn print_replication(quorum: &QuorumDescription, ago: Option<i64>, output: &mut Output) {
    let leader_end = quorum.voters.iter().find(|voter| voter.id == quorum.leader).map_or(0, |it| it.log_end_offset);
    let time = |ms: i64| match ago {
        Some(now) if ms >= 0 => format!("{} ms ago", now - ms),
        _ => ms.to_string(),
    };
    let row = |replica: &QuorumReplicaState, status: &str| {
        [
            replica.id.to_string(),
            replica.directory_id.to_string(),
            replica.log_end_offset.to_string(),
            (leader_end - replica.log_end_offset).to_string(),
            time(replica.last_fetch_ms),
            time(replica.last_caught_up_ms),
            status.to_string(),
        ]
    };
    let names =
        ["NodeId", "DirectoryId", "LogEndOffset", "Lag", "LastFetchTimestamp", "LastCaughtUpTimestamp", "Status"];
    let (leaders, followers): (Vec<_>, Vec<_>) = quorum.voters.iter().partition(|voter| voter.id == quorum.leader);
    let mut rows = vec![names.map(str::to_string)];
    rows.extend(leaders.into_iter().map(|voter| row(voter, "Leader")));
    rows.extend(followers.into_iter().map(|voter| row(voter, "Follower")));
    rows.extend(quorum.observers.iter().map(|observer| row(observer, "Observer")));
    let widths: Vec<usize> =
        (0..names.len()).map(|at| rows.iter().map(|row| row[at].len()).max().unwrap_or(0)).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}\t"));
        output.out(cells.collect::<String>());
    }
}
