//! kafka-configs (`kafka.admin.ConfigCommand`): reading its line.
//!
//! Simplification: SCRAM credentials cannot be set, and controllers cannot be asked directly.

use super::{Machine, Prepared, Printing, admin_client, help_or_version, load_properties, process_name, usage};
use crate::kafka::client::tool::{ConfigsAction, ConfigsRequest, EntityKind, ToolRequest, ToolWork};
use crate::kafka::config::{CLIENT_QUOTAS, IP_QUOTAS};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;
use crate::kafka::java_order::sort_as_hash_map;
use crate::kafka::topic_name;
use crate::shell::options::joptsimple::{self, Given, OptionError};
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::{Output, trace};

pub static TABLE: Table = Table {
    tool: "kafka-configs",
    about: "This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip, \
            client-metrics or group",
    options: &[
        OptionSpec::value("add-config", "k1=v1,k2=[v1,v2]", "the configs to set; brackets hold values with commas"),
        OptionSpec::value("add-config-file", "file", "a property file with the configs to set"),
        OptionSpec::flag("all", "with --describe: all configs, not only those that were set while the cluster ran"),
        OptionSpec::flag("alter", "changes configs"),
        OptionSpec::value("bootstrap-controller", "host:port", "a controller to ask").not_yet(),
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("broker", "id", "a broker"),
        OptionSpec::flag("broker-defaults", "all brokers"),
        OptionSpec::value("broker-logger", "id", "the loggers of a broker"),
        OptionSpec::value("client", "id", "the quotas of a client id"),
        OptionSpec::flag("client-defaults", "the quotas of client ids that have none of their own"),
        OptionSpec::value("client-metrics", "name", "a client-metrics subscription"),
        OptionSpec::value("command-config", "file", "a property file with configs of the admin client"),
        OptionSpec::value("delete-config", "k1,k2", "the configs to take away"),
        OptionSpec::flag("describe", "lists configs"),
        OptionSpec::flag("entity-default", "the default of --entity-type"),
        OptionSpec::value("entity-name", "name", "which of --entity-type"),
        OptionSpec::value(
            "entity-type",
            "type",
            "topics, clients, users, brokers, ips, client-metrics, groups, \
                           broker-loggers",
        ),
        OptionSpec::value("group", "group", "a group"),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::value("ip", "address", "the quotas of an address"),
        OptionSpec::flag("ip-defaults", "the quotas of addresses that have none of their own"),
        OptionSpec::value("topic", "topic", "a topic"),
        OptionSpec::value("user", "name", "the quotas of a user"),
        OptionSpec::flag("user-defaults", "the quotas of users that have none of their own"),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

/// Options that name a thing, and those that name the default of its kind, in the tool's order.
const FLAGS: [(&str, EntityKind); 8] = [
    ("topic", EntityKind::Topics),
    ("client", EntityKind::Clients),
    ("user", EntityKind::Users),
    ("broker", EntityKind::Brokers),
    ("broker-logger", EntityKind::BrokerLoggers),
    ("ip", EntityKind::Ips),
    ("client-metrics", EntityKind::ClientMetrics),
    ("group", EntityKind::Groups),
];
const DEFAULT_FLAGS: [(&str, EntityKind); 4] = [
    ("client-defaults", EntityKind::Clients),
    ("user-defaults", EntityKind::Users),
    ("broker-defaults", EntityKind::Brokers),
    ("ip-defaults", EntityKind::Ips),
];
const WITH_DEFAULTS: [EntityKind; 4] = [EntityKind::Users, EntityKind::Clients, EntityKind::Brokers, EntityKind::Ips];
const FORMAT: &str = "requirement failed: Invalid entity config: all configs to be added must be in the format \
                      \"key=val\" or  \"key=[val1,val2]\" to group values which contain commas.";

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
    /// Only the message is shown.
    fn from(error: OptionError) -> End {
        illegal(error.message())
    }
}

fn illegal(message: impl Into<String>) -> End {
    End::Thrown(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message))
}

/// Reads the words behind `kafka-configs`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    let arguments = arguments(words, machine);
    match request(words, machine, &mut before) {
        Ok(request) => {
            Prepared::Runs { request: Box::new(request), before, printing: Box::new(Printing::Configs(arguments)) }
        }
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Thrown(error)) => Prepared::Ended(before.then(thrown(&arguments, &error))),
    }
}

/// The arguments as the tool repeats them; the address that a line may leave out stands in front.
fn arguments(words: &[String], machine: &dyn Machine) -> String {
    let given = words.iter().any(|word| word.starts_with("--bootstrap-"));
    let address = machine.default_broker().filter(|_| !given).map(|broker| machine.address(broker));
    let front = address.into_iter().flat_map(|address| ["--bootstrap-server".to_string(), address]);
    front.chain(words.iter().cloned()).collect::<Vec<_>>().join(" ")
}

/// An exception that ends the tool: those of the tool itself have only their message shown.
pub fn thrown(arguments: &str, error: &KafkaException) -> Output {
    let own = [ExceptionClass::ILLEGAL_ARGUMENT, ExceptionClass::INVALID_CONFIGURATION, ExceptionClass::INVALID_TOPIC];
    if own.contains(&error.class) {
        return Output::failed(error.message.as_deref().unwrap_or("null"));
    }
    let head = format!("Error while executing config command with args '{arguments}'");
    Output { stderr: format!("{head}\n{}", trace(error)), status: 1, ..Output::default() }
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<ToolRequest, End> {
    let given = joptsimple::parse(&TABLE, words)?;
    if let Some(output) = help_or_version(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    if given.has("alter") == given.has("describe") {
        let message = "Command must include exactly one action: --describe, --alter";
        return Err(End::Printed(usage(&TABLE, message)));
    }
    joptsimple::check_invalid(&given, "describe", &["add-config", "delete-config"])
        .map_err(|message| End::Printed(usage(&TABLE, &message)))?;
    let kinds = check_kinds(&given)?;
    let names = names(&given)?;
    check(&given, &kinds, &names, machine)?;
    if let Some(output) = super::refuse_not_yet(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    let (file, server) = (given.one("command-config")?, given.one("bootstrap-server")?);
    let (config, bootstrap) = admin_client(machine, file, server, before)?;
    let action = if given.has("describe") {
        check_described(&kinds, &names, given.has("all"))?;
        ConfigsAction::Describe { all: given.has("all") }
    } else {
        if kinds.len() != names.len() {
            return Err(illegal("An entity name must be specified for every entity type"));
        }
        let (add, delete) = (added(&given, machine)?, deleted(&given));
        check_altered(&kinds, &names, &add, &delete)?;
        ConfigsAction::Alter { add, delete }
    };
    let (name, client_id) = (process_name(&TABLE, &config), "adminclient-1".to_string());
    let work = ToolWork::Configs(ConfigsRequest { kinds, names, action });
    Ok(ToolRequest { name, client_id, bootstrap, config, work })
}

/// The kinds of things that the line is about.
fn check_kinds(given: &Given) -> Result<Vec<EntityKind>, End> {
    let flags = FLAGS.iter().chain(&DEFAULT_FLAGS).filter(|(flag, _)| given.has(flag)).map(|(_, kind)| kind.name());
    let words: Vec<&str> = given.all("entity-type").into_iter().chain(flags).collect();
    let twice = words.iter().enumerate().filter(|(index, word)| words[..*index].contains(word));
    let twice: Vec<&str> = twice.map(|(_, word)| *word).collect();
    if !twice.is_empty() {
        return Err(illegal(format!("Duplicate entity type(s) specified: {}", twice.join(","))));
    }
    let kind = |word: &&str| {
        EntityKind::ALL.into_iter().find(|kind| kind.name() == *word).ok_or_else(|| {
            let all: Vec<&str> = EntityKind::ALL.iter().map(|kind| kind.name()).collect();
            illegal(format!(
                "Invalid entity type {word}, the entity type must be one of {} with a --bootstrap-server or \
                 --bootstrap-controller argument",
                all.join(", ")
            ))
        })
    };
    let kinds = words.iter().map(kind).collect::<Result<Vec<EntityKind>, End>>()?;
    if kinds.is_empty() {
        return Err(illegal("At least one entity type must be specified"));
    }
    let both = kinds.len() == 2 && kinds.contains(&EntityKind::Users) && kinds.contains(&EntityKind::Clients);
    if kinds.len() > 1 && !both {
        return Err(illegal("Only 'users' and 'clients' entity types may be specified together"));
    }
    let own = FLAGS.iter().chain(&DEFAULT_FLAGS).any(|(flag, _)| given.has(flag));
    if own && ["entity-name", "entity-type", "entity-default"].iter().any(|option| given.has(option)) {
        let text = "--entity-{type,name,default} should not be used in conjunction with specific entity flags";
        return Err(illegal(text));
    }
    Ok(kinds)
}

/// The names in the order of their kinds; the empty name is the default.
fn names(given: &Given) -> Result<Vec<String>, End> {
    let mut names: Vec<String> = Vec::new();
    for (option, value) in given.in_order() {
        match option {
            "entity-name" => names.push(value.unwrap_or_default().to_string()),
            "entity-default" => names.push(String::new()),
            _ => {}
        }
    }
    for (flag, _) in FLAGS {
        names.extend(given.one(flag)?.map(str::to_string));
    }
    names.extend(DEFAULT_FLAGS.iter().filter(|(flag, _)| given.has(flag)).map(|_| String::new()));
    Ok(names)
}

/// `ConfigCommandOptions.checkArgs`, from the names on.
fn check(given: &Given, kinds: &[EntityKind], names: &[String], machine: &dyn Machine) -> Result<(), End> {
    let listed = kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(",");
    if given.has("bootstrap-server") && given.has("bootstrap-controller") {
        return Err(illegal("Only one of --bootstrap-server or --bootstrap-controller can be specified"));
    }
    let (has_name, has_default) = (names.iter().any(|name| !name.is_empty()), names.iter().any(String::is_empty));
    let of = |kind: EntityKind| kinds.contains(&kind);
    let named = |options: [&str; 3]| -> Result<Vec<String>, End> {
        let mut found = Vec::new();
        for option in options {
            found.extend(given.one(option)?.map(str::to_string));
        }
        Ok(found)
    };
    if has_name && (of(EntityKind::Brokers) || of(EntityKind::BrokerLoggers)) {
        let ids = named(["entity-name", "broker", "broker-logger"])?;
        if let Some(id) = ids.iter().find(|id| java::parse_int(id).is_none()) {
            return Err(illegal(format!(
                "The entity name for {listed} must be a valid integer broker id, but it is: {id}"
            )));
        }
    }
    if has_name && of(EntityKind::Ips) {
        let addresses = named(["entity-name", "ip", "ip"])?;
        if let Some(address) = addresses.iter().find(|address| !is_address(address, machine)) {
            return Err(illegal(format!(
                "The entity name for {listed} must be a valid IP or resolvable host, but it is: {address}"
            )));
        }
    }
    let with_defaults = kinds.iter().any(|kind| WITH_DEFAULTS.contains(kind));
    if given.has("describe") {
        if !with_defaults && given.has("entity-default") {
            return Err(illegal(format!("--entity-default must not be specified with --describe of {listed}")));
        }
        if of(EntityKind::BrokerLoggers) && !has_name {
            return Err(illegal(format!("An entity name must be specified with --describe of {listed}")));
        }
        return Ok(());
    }
    match with_defaults {
        true if !has_name && !has_default => {
            let text =
                "An entity-name or default entity must be specified with --alter of users, clients, brokers or ips";
            return Err(illegal(text));
        }
        false if !has_name => {
            return Err(illegal(format!("An entity name must be specified with --alter of {listed}")));
        }
        _ => {}
    }
    match (given.has("add-config"), given.has("add-config-file"), given.has("delete-config")) {
        (true, true, _) => Err(illegal("Only one of --add-config or --add-config-file must be specified")),
        (false, false, false) => Err(illegal(
            "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter",
        )),
        _ => Ok(()),
    }
}

/// `InetAddress.getByName` finds it: numbers, or a host that is known.
fn is_address(text: &str, machine: &dyn Machine) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.iter().all(number) {
        return parts.len() <= 4 && parts.iter().all(|part| part.parse::<u16>().is_ok_and(|number| number <= 255));
    }
    let is_v6 = text.contains(':')
        && text.split(':').all(|part| part.len() <= 4 && u16::from_str_radix(part, 16).is_ok() || part.is_empty());
    text.is_empty() || is_v6 || text == "localhost" || machine.knows_host(text)
}

/// What the tool says before it asks for a description.
fn check_described(kinds: &[EntityKind], names: &[String], all: bool) -> Result<(), End> {
    let with_quotas = matches!(kinds[0], EntityKind::Users | EntityKind::Clients | EntityKind::Ips);
    if with_quotas && names.len() > kinds.len() {
        return Err(illegal("More entity names specified than entity types"));
    }
    match names.first() {
        Some(name) if kinds[0] == EntityKind::Topics && !all => topic_name::validate(name)
            .map_err(|text| End::Thrown(KafkaException::with(ExceptionClass::INVALID_TOPIC, text))),
        _ => Ok(()),
    }
}

/// `parseConfigsToBeAdded`: each key once, as Java's map hands them out.
fn added(given: &Given, machine: &dyn Machine) -> Result<Vec<(String, String)>, End> {
    let mut added: Vec<(String, String)> = Vec::new();
    if let Some(path) = given.one("add-config-file")? {
        added.extend(load_properties(machine, path)?);
    }
    if let Some(text) = given.one("add-config")? {
        let mut rows = split_outside_brackets(text, ',');
        // Java's split drops empty parts at the end.
        while rows.len() > 1 && rows.last().is_some_and(|row| row.is_empty()) {
            rows.pop();
        }
        let pairs: Vec<Vec<&str>> = rows.iter().map(|row| split_outside_brackets(row, '=')).collect();
        if pairs.iter().any(|pair| pair.len() != 2) {
            return Err(illegal(FORMAT));
        }
        for pair in pairs {
            let value = pair[1].replace(['[', ']'], "");
            let (key, value) = (java::trim(pair[0]).to_string(), java::trim(&value).to_string());
            added.retain(|(known, _)| *known != key);
            added.push((key, value));
        }
    }
    sort_as_hash_map(&mut added, 16, |(key, _)| key);
    let good = |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    match added.iter().find(|(key, _)| !good(key)) {
        Some((key, _)) => Err(illegal(format!("Invalid character found for config key: {key}"))),
        None => Ok(added),
    }
}

/// Splits where no bracket is closed behind that was not opened there too.
fn split_outside_brackets(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    for (at, _) in text.char_indices().filter(|(_, c)| *c == separator) {
        let rest = &text[at + 1..];
        let outside = rest.split_once(']').is_none_or(|(inside, _)| inside.contains('['));
        if outside {
            parts.push(&text[begin..at]);
            begin = at + 1;
        }
    }
    parts.push(&text[begin..]);
    parts
}

/// Keys between commas; an option may be given again.
fn deleted(given: &Given) -> Vec<String> {
    let mut deleted = Vec::new();
    for text in given.all("delete-config") {
        let keys: Vec<&str> = text.split(',').filter(|key| !key.is_empty()).collect();
        let keys = if keys.is_empty() { vec![text] } else { keys };
        deleted.extend(keys.into_iter().map(|key| java::trim(key).to_string()));
    }
    deleted
}

fn is_scram(key: &str) -> bool {
    matches!(key, "SCRAM-SHA-256" | "SCRAM-SHA-512")
}

/// What users, client ids and addresses can be given.
fn check_altered(
    kinds: &[EntityKind],
    names: &[String],
    add: &[(String, String)],
    delete: &[String],
) -> Result<(), End> {
    let added: Vec<&str> = add.iter().map(|(key, _)| key.as_str()).collect();
    let deleted: Vec<&str> = delete.iter().map(String::as_str).collect();
    let is_quota = |key: &&str| CLIENT_QUOTAS.key(key).is_some();
    let other = |keys: &[&str], scram: bool| {
        let unknown = keys.iter().copied().filter(|key| !is_quota(key) && !is_scram(key));
        let scram = keys.iter().copied().filter(|key| scram && is_scram(key));
        unknown.chain(scram).collect::<Vec<&str>>().join(", ")
    };
    match kinds[0] {
        EntityKind::Ips => {
            let unknown = added.iter().chain(&deleted).copied().filter(|key| IP_QUOTAS.key(key).is_none());
            let unknown: Vec<&str> = unknown.collect();
            if unknown.is_empty() {
                return Ok(());
            }
            let text = "Only connection quota configs can be added for 'ips' using --bootstrap-server. Unexpected config \
                        names: ";
            Err(illegal(format!("{text}{}", unknown.join(","))))
        }
        EntityKind::Users | EntityKind::Clients => {
            let with_clients = kinds.contains(&EntityKind::Clients);
            let (what, who) = if with_clients {
                ("quota configs", "clients")
            } else {
                ("quota and SCRAM credential configs", "users")
            };
            for (keys, verb, collection) in [(&added, "added", "Set"), (&deleted, "deleted", "ArrayBuffer")] {
                let unexpected = other(keys, with_clients);
                if !unexpected.is_empty() {
                    return Err(illegal(format!(
                        "Only {what} can be {verb} for '{who}' using --bootstrap-server. Unexpected config names: \
                         {collection}({unexpected})"
                    )));
                }
            }
            check_scram(names, &added, &deleted)
        }
        _ => Ok(()),
    }
}

fn check_scram(names: &[String], added: &[&str], deleted: &[&str]) -> Result<(), End> {
    if !added.iter().chain(deleted).any(|key| is_scram(key)) {
        return Ok(());
    }
    if names.iter().any(String::is_empty) {
        let text = "The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using \
                    --bootstrap-server.";
        return Err(illegal(text));
    }
    if added.iter().chain(deleted).any(|key| !is_scram(key)) {
        let text = "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using \
                    --bootstrap-server.";
        return Err(illegal(text));
    }
    Err(End::Printed(Output::not_yet("SCRAM credentials")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_hold_commas_and_equals_signs_together() {
        assert_eq!(split_outside_brackets("a=1,b=[x,y],c=2", ','), ["a=1", "b=[x,y]", "c=2"]);
        assert_eq!(split_outside_brackets("match=[client_id=a,b=c]", '='), ["match", "[client_id=a,b=c]"]);
        assert_eq!(split_outside_brackets("a=[1,b=2", ','), ["a=[1", "b=2"], "a bracket that is never closed");
        assert_eq!(split_outside_brackets("a=1=2", '='), ["a", "1", "2"]);
    }
}
