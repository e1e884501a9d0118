//! What a tool that ran as a client has printed, from its items and its end; and the checks that a tool makes of its
//! configs before it sends anything.

use super::{
    Printing, configs, configs_print, console_consumer, console_producer, delete_records, get_offsets, leader_election,
    log_dirs, metadata_quorum, reassign, topics,
};
use crate::kafka::client::construct;
use crate::kafka::client::tool::{Level, ToolEnd, ToolItem};
use crate::kafka::config;
use crate::kafka::errors::KafkaException;
use crate::kafka::ids::Uuid;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::record::varint::read_unsigned_varint;
use crate::shell::output::Output;
use crate::shell::properties::Properties;
use crate::time::SimTime;

/// `128 + SIGTERM`: the status of a tool that was closed.
pub const CLOSED: i32 = 143;
/// `128 + SIGKILL`: the status of a tool that was crashed.
pub const CRASHED: i32 = 137;

/// Prints what a tool told, and how it ended at `now`.
pub fn finish(printing: &Printing, items: &[ToolItem], end: &ToolEnd, now: SimTime) -> Output {
    let mut output = Output::default();
    let mut consumed = 0;
    for item in items {
        if let ToolItem::Consumed(_) = item {
            consumed += 1;
        }
        if let Err(error) = print_item(printing, item, now, &mut output) {
            if is_not_yet(&error) {
                return output.then(Output::failed(error.message.as_deref().unwrap_or("")));
            }
            // A record that cannot be printed ends the consumer at once.
            output.err(format!("Processed a total of {consumed} messages"));
            return output.then(console_consumer::unknown_error(now, &error));
        }
    }
    if let Printing::ConsoleConsumer(_, shutdown) = printing
        && !matches!(end, ToolEnd::Crashed | ToolEnd::NotYet(_))
    {
        output.err(format!("Processed a total of {consumed} messages"));
        if shutdown.systest_events {
            output.out("shutdown_complete");
        }
    }
    match end {
        ToolEnd::Succeeded => output,
        ToolEnd::Closed => output.with_status(CLOSED),
        ToolEnd::Crashed => output.with_status(CRASHED),
        ToolEnd::NotYet(what) => output.then(Output::not_yet(what)),
        ToolEnd::Failed(error) if is_not_yet(error) => {
            output.then(Output::failed(error.message.as_deref().unwrap_or("")))
        }
        ToolEnd::Failed(error) => output.then(match printing {
            Printing::Topics(_) => topics::ended(now, error),
            Printing::ConsoleProducer => console_producer::thrown(error),
            Printing::ConsoleConsumer(..) => console_consumer::unknown_error(now, error),
            Printing::GetOffsets => get_offsets::thrown(error),
            Printing::Reassign => reassign::thrown(error),
            Printing::Configs(arguments) => configs::thrown(arguments, error),
            Printing::DeleteRecords | Printing::LeaderElection(_) | Printing::LogDirs => delete_records::thrown(error),
            Printing::MetadataQuorum(_) => metadata_quorum::thrown(error),
        }),
    }
}

/// A broker or the controller says that it cannot do this yet; no tool of Kafka has words around that.
fn is_not_yet(error: &KafkaException) -> bool {
    error.message.as_deref().is_some_and(|message| message.starts_with("not yet: "))
}

fn print_item(printing: &Printing, item: &ToolItem, now: SimTime, output: &mut Output) -> Result<(), KafkaException> {
    match item {
        ToolItem::TopicCreated(topic) => output.out(format!("Created topic {topic}.")),
        ToolItem::TopicNames(names) => output.out(names.join("\n")),
        ToolItem::TopicDescribed(topic) => {
            if let Printing::Topics(filter) = printing {
                topics::print(topic, *filter, output);
            }
        }
        ToolItem::OffsetFound(tp, offset) => output.out(format!("{}:{}:{offset}", tp.topic, tp.partition)),
        ToolItem::OffsetSkipped(tp, error) => {
            output.err(format!("Skip getting offsets for topic-partition {tp} due to error: {error}"));
        }
        ToolItem::SendFailed { at, topic, key_size, value_size, error } => {
            let size = |size: &Option<i32>| size.map_or("null".to_string(), |bytes| format!("{bytes} bytes"));
            let (key, value) = (size(key_size), size(value_size));
            let message =
                format!("Error when sending message to topic {topic} with key: {key}, value: {value} with error:");
            let logger = "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback";
            output.log(*at, Level::Error, &message, logger, Some(error));
        }
        ToolItem::RecordsDeleted(rows) => delete_records::print(rows, output),
        ToolItem::LeadersElected(rows) => {
            if let Printing::LeaderElection(unclean) = printing {
                leader_election::print(*unclean, rows, output);
            }
        }
        ToolItem::Configs(item) => configs_print::print(item, output),
        ToolItem::LogDirs(item) => log_dirs::print(item, output),
        ToolItem::Reassign(item) => reassign::print(item, output),
        ToolItem::QuorumDescribed(quorum) => {
            if let Printing::MetadataQuorum(view) = printing {
                metadata_quorum::print(*view, quorum, now, output);
            }
        }
        ToolItem::Logged(line) => output.log_line(line),
        ToolItem::Consumed(record) => {
            if let Printing::ConsoleConsumer(formatter, shutdown) = printing
                && let Err(error) = formatter.print(record, &mut output.stdout)
            {
                if !shutdown.skip_on_error {
                    return Err(error);
                }
                let message = "Error processing message, skipping this message: ";
                output.log(now, Level::Error, message, console_consumer::LOGGER, Some(&error));
            }
        }
    }
    Ok(())
}

/// Why a bad config ends a tool, in Kafka's words.
pub type ConfigCheck = Result<(), KafkaException>;

/// What is logged meanwhile.
type Log<'a> = &'a mut Vec<config::LogLine>;

/// The topic configs of `--config`, as kafka-topics checks them before it asks the controller (`LogConfig.validate`).
pub fn check_topic_configs(configs: &Properties, log: Log) -> ConfigCheck {
    config::topic::validate(configs, log).map(|_| ())
}

/// The configs of a console producer (`new KafkaProducer`).
pub fn check_producer_configs(configs: &Properties, log: Log) -> ConfigCheck {
    construct::producer(&with_servers(configs), 1, &|_| true, log).map(|_| ())
}

/// The configs of a tool's admin client.
pub fn check_admin_configs(configs: &Properties, log: Log) -> ConfigCheck {
    construct::admin(&with_servers(configs), &|_| true, log).map(|_| ())
}

/// The configs of a console consumer (`new KafkaConsumer`).
pub fn check_consumer_configs(configs: &Properties, log: Log) -> ConfigCheck {
    let mut all = with_servers(configs);
    for side in ["key.deserializer", "value.deserializer"] {
        all.insert(side.to_string(), "org.apache.kafka.common.serialization.ByteArrayDeserializer".to_string());
    }
    construct::consumer(&all, 1, &|_| true, log).map(|_| ())
}

/// The tools put their `--bootstrap-server` over what a file says.
fn with_servers(configs: &Properties) -> Properties {
    let mut all = configs.clone();
    all.insert("bootstrap.servers".to_string(), "localhost:9092".to_string());
    all
}

/// What `--cluster-metadata-decoder` prints of a record.
pub fn metadata_record(offset: i64, value: Option<&[u8]>) -> String {
    match MetadataRecord::decode(value.unwrap_or(&[])) {
        Ok(record) => record.to_json(),
        Err(_) => format!("Error at {offset}, skipping. {}", unreadable(value.unwrap_or(&[]))),
    }
}

/// Why a value is no metadata record (`AbstractApiMessageSerde.read`).
pub(super) fn unreadable(value: &[u8]) -> String {
    let mut rest = value;
    match read_unsigned_varint(&mut rest) {
        Ok(0) => {
            "Could not deserialize metadata record with frame version 0. Note that upgrades from the preview release \
                  of KRaft in 2.8 to newer versions are not supported."
                .to_string()
        }
        Ok(version) if version > i16::MAX as u32 => "Value for frame version was too large.".to_string(),
        Ok(1) => "The record is malformed.".to_string(),
        Ok(version) => format!(
            "Could not deserialize metadata record due to unknown frame version {version}(only frame version 1 is supported)"
        ),
        Err(_) => "Error while reading frame version".to_string(),
    }
}

/// `Uuid.fromString`, none for the zero id; the error is the exception's message.
pub fn uuid(text: &str) -> Result<Option<Uuid>, String> {
    let count = text.chars().count();
    if count > 24 {
        let prefix: String = text.chars().take(24).collect();
        return Err(format!("Input string with prefix `{prefix}` is too long to be decoded as a base64 UUID"));
    }
    let bytes = base64_url(text)?;
    let Ok(sixteen) = <[u8; 16]>::try_from(bytes.as_slice()) else {
        return Err(format!(
            "Input string `{text}` decoded as {} bytes, which is not equal to the expected 16 bytes of a base64-encoded \
             UUID",
            bytes.len()
        ));
    };
    let id = Uuid(u128::from_be_bytes(sixteen));
    Ok((id != Uuid::ZERO).then_some(id))
}

/// `Base64.getUrlDecoder().decode`, with its complaints.
fn base64_url(text: &str) -> Result<Vec<u8>, String> {
    let digits = text.trim_end_matches('=');
    if digits.len() == 1 {
        return Err("Input byte[] should at least have 2 bytes for base64 bytes".to_string());
    }
    let mut bytes = Vec::new();
    let (mut bits, mut width) = (0u32, 0u32);
    for byte in digits.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            other => return Err(format!("Illegal base64 character {other:x}")),
        };
        bits = bits << 6 | u32::from(value);
        width += 6;
        if width >= 8 {
            width -= 8;
            bytes.push((bits >> width & 0xff) as u8);
        }
    }
    if digits.len() % 4 == 1 {
        return Err("Last unit does not have enough valid bits".to_string());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_ids_are_read_as_kafka_reads_them() {
        assert_eq!(uuid("AAAAAAAAAAAAAAAAAAAAAA"), Ok(None));
        assert_eq!(uuid("AAAAAAAAAAAAAAAAAAAAAQ"), Ok(Some(Uuid(1))));
        assert_eq!(
            uuid("nonsense").unwrap_err(),
            "Input string `nonsense` decoded as 6 bytes, which is not equal to the expected 16 bytes of a \
             base64-encoded UUID"
        );
        assert!(uuid("nonsense-nonsense-nonse").unwrap_err().contains("decoded as 17 bytes"));
        assert_eq!(uuid("x").unwrap_err(), "Input byte[] should at least have 2 bytes for base64 bytes");
    }
}
