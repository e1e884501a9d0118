//! kafka-delete-records (`org.apache.kafka.tools.DeleteRecordsCommand`): reading its line and its file, and printing.

use super::{End, Machine, Prepared, Printing, admin_client, exception, no_such_file, process_name, usage};
use crate::kafka::client::tool::{ToolRequest, ToolWork};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::TopicPartition;
use crate::shell::options::joptsimple;
use crate::shell::options::{OptionSpec, Table};
use crate::shell::output::{Output, trace};

pub static TABLE: Table = Table {
    tool: "kafka-delete-records",
    about: "This tool helps to delete records of the given partitions down to the specified offset.",
    options: &[
        OptionSpec::value("bootstrap-server", "host:port", "the broker to ask first; may be left out here"),
        OptionSpec::value("command-config", "file", "a property file with configs of the admin client"),
        OptionSpec::flag("help", "shows these lines"),
        OptionSpec::value(
            "offset-json-file",
            "file",
            "{\"partitions\": [{\"topic\": \"orders\", \"partition\": 0, \"offset\": 4}], \"version\": 1}; -1 is the high \
             watermark",
        ),
        OptionSpec::flag("version", "shows the version of Kafka"),
    ],
};

/// Reads the words behind `kafka-delete-records`.
pub fn prepare(words: &[String], machine: &dyn Machine) -> Prepared {
    let mut before = Output::default();
    match request(words, machine, &mut before) {
        Ok(request) => Prepared::Runs {
            request: Box::new(request),
            before: before.then(Output::printed("Executing records delete operation\n")),
            printing: Box::new(Printing::DeleteRecords),
        },
        Err(End::Printed(output)) => Prepared::Ended(before.then(output)),
        Err(End::Thrown(error)) => Prepared::Ended(before.then(thrown(&error))),
    }
}

/// An exception that ends the tool: its message, then its trace.
pub fn thrown(error: &KafkaException) -> Output {
    let message = error.message.as_deref().unwrap_or("null");
    Output { stderr: format!("{message}\n{}\n", trace(error)), status: 1, ..Output::default() }
}

fn request(words: &[String], machine: &dyn Machine, before: &mut Output) -> Result<ToolRequest, End> {
    let given = joptsimple::parse(&TABLE, words).map_err(|error| End::Printed(usage(&TABLE, &error.message())))?;
    if let Some(output) = super::help_or_version(&TABLE, &given) {
        return Err(End::Printed(output));
    }
    joptsimple::check_required(&given, &["offset-json-file"])
        .map_err(|message| End::Printed(usage(&TABLE, &message)))?;
    let one = |name| given.one(name);
    let (config, bootstrap) = admin_client(machine, one("command-config")?, one("bootstrap-server")?, before)?;
    let path = one("offset-json-file")?.unwrap_or_default();
    let asked = offsets(&read_file(machine, path)?)?;
    let (name, client_id) = (process_name(&TABLE, &config), "adminclient-1".to_string());
    Ok(ToolRequest { name, client_id, bootstrap, config, work: ToolWork::DeleteRecords(asked) })
}

/// `Utils.readFileAsString`, wrapped as the tool does.
pub(super) fn read_file(machine: &dyn Machine, path: &str) -> Result<String, KafkaException> {
    let text = machine.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    text.ok_or_else(|| {
        let message = format!("Unable to read file {path}");
        exception("java.io.IOException", &message).caused_by(no_such_file(path))
    })
}

fn refused(message: String) -> KafkaException {
    KafkaException::with(ExceptionClass::named("tools.AdminOperationException"), message)
}

/// A field that is missing, or of another kind (`JsonObject`, `JsonValue`).
pub(super) fn bad_field(message: String) -> KafkaException {
    exception("com.fasterxml.jackson.databind.JsonMappingException", &message)
}

/// The file's offsets, each partition once, in the order of the file.
fn offsets(text: &str) -> Result<Vec<(TopicPartition, i64)>, KafkaException> {
    let Ok(whole) = serde_json::from_str::<serde_json::Value>(text) else {
        return Err(refused("The input string is not a valid JSON".to_string()));
    };
    if let Some(version) = whole.get("version")
        && version.as_i64() != Some(1)
    {
        return Err(refused(format!("Not supported version field value {version}")));
    }
    let missing = |name: &str| bad_field(format!("No such field exists: `{name}`"));
    let rows = whole.get("partitions").and_then(serde_json::Value::as_array).ok_or_else(|| missing("partitions"))?;
    let mut asked: Vec<(TopicPartition, i64)> = Vec::new();
    let mut twice: Vec<String> = Vec::new();
    for row in rows {
        let topic = row.get("topic").and_then(serde_json::Value::as_str).ok_or_else(|| missing("topic"))?;
        let number = |name| row.get(name).and_then(serde_json::Value::as_i64).ok_or_else(|| missing(name));
        let partition = number("partition")?;
        let partition = i32::try_from(partition)
            .map_err(|_| bad_field(format!("Expected `Integer` value, received {partition}")))?;
        let tp = TopicPartition::new(topic, partition);
        if asked.iter().any(|(known, _)| *known == tp) && !twice.contains(&tp.to_string()) {
            twice.push(tp.to_string());
        }
        asked.push((tp, number("offset")?));
    }
    if !twice.is_empty() {
        let message = format!("Offset json file contains duplicate topic partitions: {}", twice.join(","));
        return Err(KafkaException::with(ExceptionClass::named("tools.AdminCommandFailedException"), message));
    }
    Ok(asked)
}

/// What became of each partition.
pub fn print(rows: &[(TopicPartition, Result<i64, KafkaException>)], output: &mut Output) {
    output.out("Records delete operation completed:");
    for (tp, result) in rows {
        output.out(match result {
            Ok(low_watermark) => format!("partition: {tp}\tlow_watermark: {low_watermark}"),
            Err(error) => format!("partition: {tp}\terror: {error}"),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        offsets(text).expect_err("it is refused").message.unwrap_or_default()
    }

    #[test]
    fn a_file_names_partitions_and_offsets() {
        let good = r#"{"partitions": [{"topic": "a", "partition": 1, "offset": -1}], "version": 1}"#;
        assert_eq!(offsets(good), Ok(vec![(TopicPartition::new("a", 1), -1)]));
        assert_eq!(message("{"), "The input string is not a valid JSON");
        assert_eq!(message(r#"{"version": 2}"#), "Not supported version field value 2");
        assert_eq!(message(r#"{"partitions": [{"topic": "a"}]}"#), "No such field exists: `partition`");
    }
}
