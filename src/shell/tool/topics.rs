//! kafka-topics (`org.apache.kafka.tools.TopicCommand`): reading its line and printing topics.

use super::{
    Machine, Prepared, Printing, exception, help_or_version, load_properties, process_name, refuse_not_yet,
    refuse_security, resolve, show_warnings, usage,
};
use crate::kafka::client::tool::pattern::TopicPattern;
use crate::kafka::client::tool::{
    AlterTopics, CreateTopic, DescribeTopics, PartitionDescription, ToolRequest, ToolWork, TopicDescription,
    TopicsAction,
};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::NodeId;
use crate::shell::options::joptsimple::{self, Given, OptionError, check_invalid, check_required};
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::{Output, trace};
use crate::shell::properties::Properties;
use crate::time::SimTime;

pub static TABLE: Table = Table {
    tool: "kafka-topics",
    about: "This tool helps to create, delete, describe, or change a topic.",
    options: &[
        OptionSpec::flag("alter", "raises the number of partitions of a topic"),
        OptionSpec::flag("at-min-isr-partitions", "describe: only partitions whose ISR is exactly min.insync.replicas"),
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("command-config", "file", "a property file with configs of the admin client"),
        OptionSpec::value("config", "name=value", "create: a config of the new topic; may be repeated"),
        OptionSpec::flag("create", "creates a topic"),
        OptionSpec::flag("delete", "deletes topics"),
        OptionSpec::value("delete-config", "name", "has no effect since Kafka 4.0"),
        OptionSpec::flag("describe", "shows topics with leaders, replicas and ISR"),
        OptionSpec::flag("exclude-internal", "list and describe: without Kafka's own topics"),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::flag("if-exists", "alter, delete, describe: a missing topic is no error"),
        OptionSpec::flag("if-not-exists", "create: an existing topic is no error"),
        OptionSpec::flag("list", "names the topics"),
        OptionSpec::value("partition-size-limit-per-response", "count", "describe: partitions in one answer at most"),
        OptionSpec::value("partitions", "count", "how many partitions the topic is to have"),
        OptionSpec::value("replica-assignment", "1:2,2:3", "the brokers of each partition, the preferred leader first"),
        OptionSpec::value("replication-factor", "count", "how many brokers keep each partition"),
        OptionSpec::value("topic", "topic", "a topic; but for create also a regular expression, a comma meaning or"),
        OptionSpec::value("topic-id", "id", "describe: the topic with this id"),
        OptionSpec::flag("topics-with-overrides", "describe: only topics with configs of their own"),
        OptionSpec::flag("unavailable-partitions", "describe: only partitions without a leader that is alive"),
        OptionSpec::flag("under-min-isr-partitions", "describe: only partitions below min.insync.replicas"),
        OptionSpec::flag("under-replicated-partitions", "describe: only partitions with replicas out of the ISR"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

const LOGGER: &str = "org.apache.kafka.tools.TopicCommand";
const ACTIONS: [&str; 5] = ["create", "list", "alter", "describe", "delete"];
const REPORTS: [&str; 4] =
    ["under-replicated-partitions", "under-min-isr-partitions", "at-min-isr-partitions", "unavailable-partitions"];

/// Which partitions `--describe` shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DescribeFilter {
    pub under_replicated: bool,
    pub under_min_isr: bool,
    pub at_min_isr: bool,
    pub unavailable: bool,
    pub with_overrides: bool,
}

/// Reads the words behind `kafka-topics`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, machine, &mut before) {
        Ok((request, filter)) => {
            Prepared::Runs { request: Box::new(request), before, printing: Box::new(Printing::Topics(filter)) }
        }
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Early(error)) => Prepared::Ended(before.then(ended_early(&error))),
        Err(End::Late(error)) => Prepared::Ended(before.then(ended(machine.now(), &error))),
    }
}

/// How a line ends without a request.
enum End {
    Printed(Output),
    /// While options are read and the admin client is made: the message and the trace, both on standard error.
    Early(KafkaException),
    /// While the command runs: the message on standard output, the trace in the log.
    Late(KafkaException),
}

impl From<String> for End {
    fn from(message: String) -> End {
        End::Printed(usage(&TABLE, &message))
    }
}

fn early(error: OptionError) -> End {
    End::Early(exception(error.class(), &error.message()))
}

fn late(error: OptionError) -> End {
    End::Late(exception(error.class(), &error.message()))
}

fn ended_early(error: &KafkaException) -> Output {
    let message = error.message.clone().unwrap_or_default();
    Output { stderr: format!("{message}\n{}\n", trace(error)), status: 1, ..Output::default() }
}

/// An exception of the command itself (`TopicCommand.printException`).
pub fn ended(now: SimTime, error: &KafkaException) -> Output {
    let mut output = Output { status: 1, ..Output::default() };
    output.out(format!("Error while executing topic command : {}", error.message.as_deref().unwrap_or("null")));
    output.err(format!("[{now}] ERROR {} ({LOGGER})", trace(error)));
    output
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<(ToolRequest, DescribeFilter), End> {
    let given = joptsimple::parse(&TABLE, words).map_err(early)?;
    check_arguments(&given, before)?;
    let config = match given.one("command-config").map_err(early)? {
        Some(path) => load_properties(machine, path).map_err(End::Early)?,
        None => Properties::new(),
    };
    let mut log = Vec::new();
    let checked = super::run::check_admin_configs(&config, &mut log);
    show_warnings(machine, &log, before);
    checked.map_err(End::Early)?;
    if let Some(output) = refuse_security(&config) {
        return Err(End::Printed(output));
    }
    let server = given.one("bootstrap-server").map_err(early)?;
    let bootstrap = resolve(machine, server, before).map_err(|cause| End::Early(no_bootstrap(cause)))?;
    if let Some(output) = refuse_not_yet(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    let action = if given.has("create") {
        create(&given, machine, before)?
    } else if given.has("alter") {
        alter(&given)?
    } else if given.has("list") {
        TopicsAction::List { topics: topics(&given)?, exclude_internal: given.has("exclude-internal") }
    } else if given.has("describe") {
        describe(&given)?
    } else {
        let topics = topics(&given)?.expect("--delete was checked to have --topic");
        TopicsAction::Delete { topics, if_exists: given.has("if-exists") }
    };
    let client_id = config.get("client.id").cloned().unwrap_or_else(|| "adminclient-1".to_string());
    let filter = DescribeFilter {
        under_replicated: given.has("under-replicated-partitions"),
        under_min_isr: given.has("under-min-isr-partitions"),
        at_min_isr: given.has("at-min-isr-partitions"),
        unavailable: given.has("unavailable-partitions"),
        with_overrides: given.has("topics-with-overrides"),
    };
    let name = process_name(&TABLE, &config);
    Ok((ToolRequest { name, client_id, bootstrap, config, work: ToolWork::Topics(action) }, filter))
}

fn no_bootstrap(cause: KafkaException) -> KafkaException {
    KafkaException::with(ExceptionClass::KAFKA, "Failed to create new KafkaAdminClient").caused_by(cause)
}

/// `TopicCommandOptions.checkArgs`. `--bootstrap-server` counts as given.
fn check_arguments(given: &Given, before: &mut Output) -> Result<(), End> {
    if let Some(output) = help_or_version(&TABLE, given) {
        return Err(End::Printed(output));
    }
    if ACTIONS.iter().filter(|action| given.has(action)).count() != 1 {
        let actions = "--list, --describe, --create, --alter or --delete";
        return Err(format!("Command must include exactly one action: {actions}").into());
    }
    if given.has("delete-config") {
        before.err(
            "delete-config option is no longer supported and deprecated since version 4.0. The config will be fully \
             removed in future releases.",
        );
    }
    if given.has("describe") && given.has("if-exists") {
        if !given.has("topic") && !given.has("topic-id") {
            return Err("--topic or --topic-id is required to describe a topic".to_string().into());
        }
        if given.has("topic") && given.has("topic-id") {
            before.out(
                "Only topic id will be used when both --topic and --topic-id are specified and topicId is not \
                 Uuid.ZERO_UUID",
            );
        }
    }
    if !given.has("list") && !given.has("describe") {
        check_required(given, &["topic"])?;
    }
    if given.has("alter") {
        if given.has("config") {
            return Err("Option combination \"[[config], [bootstrap-server]]\" can't be used with option \"[alter]\" \
                        (To alter topic configurations, the kafka-configs tool can be used.)"
                .to_string()
                .into());
        }
        check_required(given, &["partitions"])?;
    }
    check_combinations(given)
}

fn check_combinations(given: &Given) -> Result<(), End> {
    let only_with = |option: &str, allowed: &[&str]| {
        let refused: Vec<&str> = ACTIONS.iter().copied().filter(|action| !allowed.contains(action)).collect();
        check_invalid(given, option, &refused)
    };
    only_with("config", &["alter", "create"])?;
    only_with("partitions", &["alter", "create"])?;
    only_with("replication-factor", &["create"])?;
    only_with("replica-assignment", &["alter", "create"])?;
    if given.has("create") {
        check_invalid(given, "replica-assignment", &["partitions", "replication-factor"])?;
    }
    for report in REPORTS {
        check_invalid(given, report, &["topics-with-overrides"])?;
        only_with(report, &["describe"])?;
    }
    only_with("topics-with-overrides", &["describe"])?;
    only_with("if-exists", &["alter", "delete", "describe"])?;
    only_with("if-not-exists", &["create"])?;
    only_with("exclude-internal", &["list", "describe"])?;
    Ok(())
}

fn topics(given: &Given) -> Result<Option<TopicPattern>, End> {
    let Some(text) = given.one("topic").map_err(late)? else { return Ok(None) };
    let invalid =
        |regex: String| End::Late(exception("java.lang.RuntimeException", &format!("{regex} is an invalid regex.")));
    TopicPattern::include_list(text).map(Some).map_err(invalid)
}

fn create(given: &Given, machine: &dyn Machine, before: &mut Output) -> Result<TopicsAction, End> {
    let name = given.one("topic").map_err(late)?.expect("--create was checked to have --topic").to_string();
    let partitions = given.int("partitions").map_err(late)?;
    let replication_factor = given.int("replication-factor").map_err(late)?;
    let assignment = assignment(given)?;
    let configs = configs(given, machine, before)?;
    if name.contains(['.', '_']) {
        before.out(
            "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could \
             collide. To avoid issues it is best to use either, but not both.",
        );
    }
    let illegal = |message: &str| End::Late(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message));
    let replication_factor = match replication_factor.map(i16::try_from) {
        Some(Ok(factor)) if factor >= 1 => Some(factor),
        Some(_) => return Err(illegal("The replication factor must be between 1 and 32767 inclusive")),
        None => None,
    };
    if partitions.is_some_and(|partitions| partitions < 1) {
        return Err(illegal("The partitions must be greater than 0"));
    }
    let if_not_exists = given.has("if-not-exists");
    Ok(TopicsAction::Create(CreateTopic { name, partitions, replication_factor, assignment, configs, if_not_exists }))
}

fn alter(given: &Given) -> Result<TopicsAction, End> {
    let partitions = given.int("partitions").map_err(late)?.expect("--alter was checked to have --partitions");
    let assignment = assignment(given)?;
    let topics = topics(given)?.expect("--alter was checked to have --topic");
    Ok(TopicsAction::Alter(AlterTopics { topics, partitions, assignment, if_exists: given.has("if-exists") }))
}

fn describe(given: &Given) -> Result<TopicsAction, End> {
    let topic_id = match given.one("topic-id").map_err(late)? {
        Some(text) => super::run::uuid(text)
            .map_err(|message| End::Late(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message)))?,
        None => None,
    };
    let topics = if topic_id.is_some() { None } else { topics(given)? };
    let limit = given.int("partition-size-limit-per-response").map_err(late)?;
    Ok(TopicsAction::Describe(DescribeTopics {
        topics,
        topic_id,
        exclude_internal: given.has("exclude-internal"),
        if_exists: given.has("if-exists"),
        partition_limit: limit.unwrap_or(2000),
    }))
}

/// `TopicCommand.parseReplicaAssignment`: `1:2,2:3`.
fn assignment(given: &Given) -> Result<Vec<Vec<i32>>, End> {
    // Java's split drops empty parts at the end.
    let text = given.one("replica-assignment").map_err(late)?.unwrap_or("").trim_end_matches(',');
    let mut partitions: Vec<Vec<i32>> = Vec::new();
    if text.is_empty() {
        return Ok(partitions);
    }
    for (index, list) in text.split(',').enumerate() {
        let mut brokers = Vec::new();
        let mut duplicates = Vec::new();
        for word in list.trim_end_matches(':').split(':').map(str::trim) {
            let not_a_number = || {
                let message = format!("For input string: \"{word}\"");
                End::Late(KafkaException::with(ExceptionClass::NUMBER_FORMAT, message))
            };
            let broker: i32 = word.parse().map_err(|_| not_a_number())?;
            if brokers.contains(&broker) && !duplicates.contains(&broker) {
                duplicates.push(broker);
            }
            brokers.push(broker);
        }
        if !duplicates.is_empty() {
            let message = format!("Partition replica lists may not contain duplicate entries: {}", comma(&duplicates));
            return Err(End::Late(exception("tools.AdminCommandFailedException", &message)));
        }
        if partitions.first().is_some_and(|first| first.len() != brokers.len()) {
            let message = format!("Partition {index} has different replication factor: {brokers:?}");
            return Err(End::Late(exception("tools.AdminOperationException", &message)));
        }
        partitions.push(brokers);
    }
    Ok(partitions)
}

/// `--config name=value`, checked as the tool checks it before it asks the controller.
fn configs(given: &Given, machine: &dyn Machine, before: &mut Output) -> Result<Properties, End> {
    let mut configs = Properties::new();
    for text in given.all("config") {
        // Java's split drops empty parts at the end, so `name=` has one part and `a=b=c` three.
        let parts: Vec<&str> = text.split('=').collect();
        let kept = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
        if kept != 2 {
            return Err(End::Late(KafkaException::with(
                ExceptionClass::ILLEGAL_ARGUMENT,
                "requirement failed: Invalid topic config: all configs to be added must be in the format \"key=val\".",
            )));
        }
        configs.insert(parts[0].trim().to_string(), parts[1].trim().to_string());
    }
    let mut log = Vec::new();
    let checked = super::run::check_topic_configs(&configs, &mut log);
    show_warnings(machine, &log, before);
    checked.map_err(End::Late)?;
    Ok(configs)
}

fn comma<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

/// Prints one topic of `--describe`, as far as the filter lets it.
pub fn print(topic: &TopicDescription, filter: DescribeFilter, output: &mut Output) {
    let reports = filter.under_replicated || filter.under_min_isr || filter.at_min_isr || filter.unavailable;
    if !reports && (!filter.with_overrides || !topic.configs.is_empty()) {
        let configs: Vec<String> = topic.configs.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let id = if topic.topic_id.0 == 0 { String::new() } else { format!("\tTopicId: {}", topic.topic_id) };
        output.out(format!(
            "Topic: {}{id}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}",
            topic.name,
            topic.partitions.len(),
            topic.partitions.first().map_or(0, replication_factor),
            configs.join(",")
        ));
    }
    if filter.with_overrides {
        return;
    }
    for partition in &topic.partitions {
        if !reports || is_reported(topic, partition, filter) {
            print_partition(&topic.name, partition, output);
        }
    }
}

/// Replicas that the partition is to have: while it is being reassigned those being added do not count.
fn replication_factor(partition: &PartitionDescription) -> usize {
    let adding = partition.reassignment.as_ref().map_or(0, |(adding, _)| adding.len());
    partition.replicas.len() - adding.min(partition.replicas.len())
}

fn is_reported(topic: &TopicDescription, partition: &PartitionDescription, filter: DescribeFilter) -> bool {
    let isr = partition.isr.len();
    let minimum = topic.min_insync_replicas as usize;
    let is_led = partition.leader.is_some_and(|leader| topic.live_brokers.contains(&leader));
    filter.under_replicated && replication_factor(partition) > isr
        || filter.unavailable && !is_led
        || filter.under_min_isr && (partition.leader.is_none() || isr < minimum)
        || filter.at_min_isr && isr == minimum
}

fn print_partition(topic: &str, partition: &PartitionDescription, output: &mut Output) {
    let ids = |nodes: &[NodeId]| comma(nodes);
    let known = |nodes: &Option<Vec<NodeId>>| nodes.as_ref().map_or("N/A".to_string(), |nodes| comma(nodes));
    let reassignment = match &partition.reassignment {
        Some((adding, removing)) => {
            format!("\tAdding Replicas: {}\tRemoving Replicas: {}", ids(adding), ids(removing))
        }
        None => String::new(),
    };
    output.out(format!(
        "\tTopic: {topic}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}{reassignment}\tElr: {}\tLastKnownElr: {}",
        partition.partition,
        partition.leader.map_or("none".to_string(), |leader| leader.to_string()),
        ids(&partition.replicas),
        ids(&partition.isr),
        known(&partition.elr),
        known(&partition.last_known_elr),
    ));
}
