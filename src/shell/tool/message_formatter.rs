//! How a console consumer prints a record (`org.apache.kafka.tools.consumer.DefaultMessageFormatter`).
//!
//! Simplification: a byte array is printed with the hash of its bytes, where Java's tells objects apart.

use super::coordinator_log::CoordinatorLog;
use super::{classes, exception};
use crate::kafka::client::serde::{Datum, Serde, java_uuid_text};
use crate::kafka::client::tool::{ConsumedRecord, Level};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;
use crate::shell::output::Output;
use crate::shell::properties::Properties;
use crate::time::SimTime;

const LOGGER: &str = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";
const PACKAGE: &str = "org.apache.kafka.tools.consumer.";
const DESERIALIZERS: &str = "org.apache.kafka.common.serialization.";

/// Which records a formatter shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Prints {
    All,
    /// `NoOpMessageFormatter` counts records and prints nothing.
    Nothing,
    /// Formatters of coordinators' records pass over all others.
    Coordinator(CoordinatorLog),
}

/// Prints records.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageFormatter {
    prints: Prints,
    timestamp: bool,
    partition: bool,
    offset: bool,
    delivery: bool,
    epoch: bool,
    headers: bool,
    key: bool,
    value: bool,
    key_separator: String,
    line_separator: String,
    headers_separator: String,
    null_literal: String,
    key_deserializer: Option<Serde>,
    value_deserializer: Option<Serde>,
    headers_deserializer: Option<Serde>,
}

impl MessageFormatter {
    /// Makes the formatter named `class`; `output` takes what its set-up logs.
    ///
    /// # Errors
    /// The message in front of the option table.
    pub fn configure(
        class: &str,
        properties: &Properties,
        now: SimTime,
        output: &mut Output,
    ) -> Result<MessageFormatter, String> {
        let prints = match class.strip_prefix(PACKAGE) {
            Some("DefaultMessageFormatter" | "LoggingMessageFormatter") => Prints::All,
            Some("NoOpMessageFormatter") => Prints::Nothing,
            Some("OffsetsMessageFormatter" | "GroupMetadataMessageFormatter") => {
                Prints::Coordinator(CoordinatorLog::ConsumerOffsets)
            }
            Some("TransactionLogMessageFormatter") => Prints::Coordinator(CoordinatorLog::TransactionState),
            Some("group.share.ShareGroupStateMessageFormatter") => Prints::Coordinator(CoordinatorLog::ShareGroupState),
            _ => {
                let refusal = classes::refusal(class, "org.apache.kafka.common.MessageFormatter");
                return Err(refusal.message.unwrap_or_default());
            }
        };
        let flag = |key: &str, default: bool| match properties.get(key) {
            Some(value) => value.trim().eq_ignore_ascii_case("true"),
            None => default,
        };
        let text = |key: &str, default: &str| properties.get(key).cloned().unwrap_or_else(|| default.to_string());
        let mut deserializer = |key: &str| find_deserializer(properties.get(key)?, now, output);
        Ok(MessageFormatter {
            prints,
            timestamp: flag("print.timestamp", false),
            partition: flag("print.partition", false),
            offset: flag("print.offset", false),
            delivery: flag("print.delivery", false),
            epoch: flag("print.epoch", false),
            headers: flag("print.headers", false),
            key: flag("print.key", false),
            value: flag("print.value", true),
            key_separator: text("key.separator", "\t"),
            line_separator: text("line.separator", "\n"),
            headers_separator: text("headers.separator", ","),
            null_literal: text("null.literal", "null"),
            key_deserializer: deserializer("key.deserializer"),
            value_deserializer: deserializer("value.deserializer"),
            headers_deserializer: deserializer("headers.deserializer"),
        })
    }

    /// Appends the record as it is printed. The error is the exception of a deserializer.
    pub fn print(&self, record: &ConsumedRecord, out: &mut Vec<u8>) -> Result<(), KafkaException> {
        match self.prints {
            Prints::All => {}
            Prints::Nothing => return Ok(()),
            Prints::Coordinator(log) => return check_passed_over(log, record),
        }
        // Each column writes the separator behind itself: the key separator if another column follows.
        let columns = [
            (self.timestamp, timestamp(record)),
            (self.partition, format!("Partition:{}", record.tp.partition)),
            (self.offset, format!("Offset:{}", record.offset)),
            // The console consumer hands its formatter neither a delivery count nor an epoch.
            (self.delivery, "Delivery:NOT_PRESENT".to_string()),
            (self.epoch, "Epoch:NOT_PRESENT".to_string()),
        ];
        let mut left = columns.iter().filter(|(shown, _)| *shown).count() as u32
            + u32::from(self.headers)
            + u32::from(self.key)
            + u32::from(self.value);
        let mut separate = |out: &mut Vec<u8>| {
            left -= 1;
            let separator = if left > 0 { &self.key_separator } else { &self.line_separator };
            out.extend_from_slice(separator.as_bytes());
        };
        for (_, text) in columns.iter().filter(|(shown, _)| *shown) {
            out.extend_from_slice(text.as_bytes());
            separate(out);
        }
        if self.headers {
            self.print_headers(record, out)?;
            separate(out);
        }
        if self.key {
            self.print_bytes(record.key.as_deref(), self.key_deserializer.as_ref(), out)?;
            separate(out);
        }
        if self.value {
            self.print_bytes(record.value.as_deref(), self.value_deserializer.as_ref(), out)?;
            separate(out);
        }
        Ok(())
    }

    fn print_headers(&self, record: &ConsumedRecord, out: &mut Vec<u8>) -> Result<(), KafkaException> {
        if record.headers.is_empty() {
            out.extend_from_slice(b"NO_HEADERS");
        }
        for (index, (key, value)) in record.headers.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(self.headers_separator.as_bytes());
            }
            out.extend_from_slice(format!("{key}:").as_bytes());
            self.print_bytes(value.as_deref(), self.headers_deserializer.as_ref(), out)?;
        }
        Ok(())
    }

    /// A null goes through the deserializer as the null literal's bytes, as it does in Kafka.
    fn print_bytes(
        &self,
        bytes: Option<&[u8]>,
        deserializer: Option<&Serde>,
        out: &mut Vec<u8>,
    ) -> Result<(), KafkaException> {
        let bytes = bytes.unwrap_or(self.null_literal.as_bytes());
        let Some(deserializer) = deserializer else {
            out.extend_from_slice(bytes);
            return Ok(());
        };
        let datum = deserializer.deserialize(Some(bytes))?;
        out.extend_from_slice(datum.map_or_else(String::new, |datum| to_string(&datum)).as_bytes());
        Ok(())
    }
}

/// A record that is none of a coordinator's is not shown, whatever stands in it.
fn check_passed_over(log: CoordinatorLog, record: &ConsumedRecord) -> Result<(), KafkaException> {
    let Some(key) = &record.key else { return Ok(()) };
    match log.knows(log.record_type(key)?) {
        true => Err(exception("java.lang.RuntimeException", log.not_yet())),
        false => Ok(()),
    }
}

/// `toString` of a value.
fn to_string(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) => text.clone(),
        Datum::Integer(n) => n.to_string(),
        Datum::Long(n) => n.to_string(),
        Datum::Short(n) => n.to_string(),
        Datum::Double(n) => java::double_text(*n),
        Datum::Float(n) => java::float_text(*n),
        Datum::Boolean(b) => b.to_string(),
        Datum::Uuid(id) => java_uuid_text(*id),
        Datum::ByteArray(bytes) => java::array_text(bytes),
        Datum::Bytes(bytes) => bytes.iter().map(|byte| byte_text(*byte)).collect(),
        Datum::ByteBuffer(bytes) => format!("java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", bytes.len()),
        Datum::List(items) => {
            let item = |item: &Option<Datum>| item.as_ref().map_or("null".to_string(), to_string);
            format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A byte as `Bytes.toString` writes it: itself if it can be seen, else by its number.
fn byte_text(byte: u8) -> String {
    match byte {
        b'\\' => format!("\\x{byte:02X}"),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02X}"),
    }
}

fn timestamp(record: &ConsumedRecord) -> String {
    let kind = if record.log_append_time { "LogAppendTime" } else { "CreateTime" };
    format!("{kind}:{}", record.timestamp)
}

/// A class that cannot be made a deserializer is logged, and the bytes are printed as they are.
fn find_deserializer(class: &str, now: SimTime, output: &mut Output) -> Option<Serde> {
    let found = class.ends_with("Deserializer").then(|| Serde::from_class(class)).flatten();
    if found.is_none() {
        let message = format!("Unable to instantiate a deserializer from {class}");
        let error = match class.strip_prefix(DESERIALIZERS) {
            Some("ListDeserializer") => KafkaException::with(
                ExceptionClass::CONFIG,
                "Not able to determine the list class because it was neither passed via the constructor nor set in the \
                 config.",
            ),
            _ => classes::refusal(class, &format!("{DESERIALIZERS}Deserializer")),
        };
        output.log(now, Level::Error, &message, LOGGER, Some(&error));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::ids::TopicPartition;
    use crate::shell::properties::from_arguments;

    fn shown(arguments: &[&str]) -> String {
        let mut output = Output::default();
        let class = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";
        let formatter =
            MessageFormatter::configure(class, &from_arguments(arguments), SimTime::DEFAULT_START, &mut output)
                .expect("a class that is built");
        let headers = vec![("h1".to_string(), Some(b"x".to_vec())), ("h2".to_string(), None)];
        let full = ConsumedRecord {
            tp: TopicPartition::new("orders", 3),
            offset: 7,
            timestamp: 1_767_225_600_000,
            log_append_time: false,
            key: Some(b"k1".to_vec()),
            value: Some(b"v1".to_vec()),
            headers,
        };
        let bare = ConsumedRecord { key: None, headers: vec![], log_append_time: true, ..full.clone() };
        let mut bytes = Vec::new();
        formatter.print(&full, &mut bytes).expect("no deserializer");
        formatter.print(&bare, &mut bytes).expect("no deserializer");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn columns_stand_in_kafkas_order() {
        assert_eq!(
            shown(&[
                "print.timestamp=true",
                "print.partition=true",
                "print.offset=true",
                "print.headers=true",
                "print.key=true",
                "print.delivery=true",
                "print.epoch=true"
            ]),
            "CreateTime:1767225600000\tPartition:3\tOffset:7\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\th1:x,h2:null\tk1\tv1\n\
             LogAppendTime:1767225600000\tPartition:3\tOffset:7\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\tNO_HEADERS\tnull\tv1\n"
        );
    }

    #[test]
    fn the_last_column_writes_the_line_separator() {
        assert_eq!(shown(&["print.value=false", "print.offset=true"]), "Offset:7\nOffset:7\n");
        assert_eq!(shown(&["print.value=false"]), "");
        assert_eq!(
            shown(&["print.key=true", "key.separator= -> ", "line.separator=#", "null.literal=NIL"]),
            "k1 -> v1#NIL -> v1#"
        );
    }

    #[test]
    fn numbers_are_read_by_their_deserializers() {
        let text =
            |serde: Serde, bytes: &[u8]| serde.deserialize(Some(bytes)).map(|read| to_string(&read.expect("bytes")));
        assert_eq!(text(Serde::Integer, &[0, 0, 1, 0]), Ok("256".to_string()));
        assert_eq!(text(Serde::Long, &[255; 8]), Ok("-1".to_string()));
        assert!(text(Serde::Long, b"null").is_err());
        assert_eq!(text(Serde::Double, &1e10f64.to_be_bytes()), Ok("1.0E10".to_string()));
        assert_eq!(text(Serde::Bytes, b"a\\b\x01"), Ok("a\\x5Cb\\x01".to_string()));
        assert_eq!(text(Serde::ByteBuffer, b"abc"), Ok("java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]".to_string()));
        assert!(text(Serde::ByteArray, b"abc").is_ok_and(|text| text.starts_with("[B@")));
    }

    #[test]
    fn formatters_of_coordinators_pass_over_other_records() {
        let class = "org.apache.kafka.tools.consumer.TransactionLogMessageFormatter";
        let formatter =
            MessageFormatter::configure(class, &Properties::new(), SimTime::DEFAULT_START, &mut Output::default())
                .expect("a class that is there");
        let print = |key: Option<&[u8]>| {
            let record = ConsumedRecord {
                tp: TopicPartition::new("orders", 0),
                offset: 0,
                timestamp: 0,
                log_append_time: false,
                key: key.map(<[u8]>::to_vec),
                value: Some(b"v".to_vec()),
                headers: Vec::new(),
            };
            let mut out = Vec::new();
            formatter.print(&record, &mut out).map(|()| out)
        };
        assert_eq!(print(None), Ok(Vec::new()));
        assert_eq!(print(Some(b"key")), Ok(Vec::new()));
        assert_eq!(print(Some(b"k")).unwrap_err().message.as_deref(), Some("Could not read key's version."));
        assert_eq!(print(Some(&[0, 0, 1])).unwrap_err().message.as_deref(), Some("not yet: transactions"));
    }

    #[test]
    fn a_formatter_that_is_not_there_is_a_usage_error() {
        let make = |class: &str| {
            let mut output = Output::default();
            MessageFormatter::configure(class, &Properties::new(), SimTime::DEFAULT_START, &mut output).err()
        };
        assert_eq!(make("nope").as_deref(), Some("nope"));
        assert!(make("java.lang.String").is_some_and(|said| said.starts_with("class java.lang.String cannot be cast")));
        assert_eq!(make("java.util.List").as_deref(), Some("java.util.List.<init>()"));
        assert_eq!(make("org.apache.kafka.tools.consumer.NoOpMessageFormatter"), None);
    }
}
