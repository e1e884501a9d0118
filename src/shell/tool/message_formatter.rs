//! How a console consumer prints a record (`org.apache.kafka.tools.consumer.DefaultMessageFormatter`).

use super::exception;
use crate::kafka::client::tool::{ConsumedRecord, Level};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;
use crate::shell::output::Output;
use crate::shell::properties::Properties;
use crate::time::SimTime;

const LOGGER: &str = "org.apache.kafka.tools.consumer.DefaultMessageFormatter";
const PACKAGE: &str = "org.apache.kafka.tools.consumer.";
const DESERIALIZERS: &str = "org.apache.kafka.common.serialization.";

/// Prints records.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageFormatter {
    /// `NoOpMessageFormatter` counts records and prints nothing.
    silent: bool,
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
    key_deserializer: Option<Deserializer>,
    value_deserializer: Option<Deserializer>,
    headers_deserializer: Option<Deserializer>,
}

/// The classes that `key.deserializer` and its kin can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deserializer {
    String,
    Integer,
    Long,
    Short,
    Double,
    Float,
    Boolean,
    Uuid,
    Void,
}

/// Why a formatter cannot be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FormatterError {
    /// The message in front of the option table.
    Usage(String),
    NotYet(String),
}

impl MessageFormatter {
    /// Makes the formatter named `class`; `output` takes what its set-up logs.
    pub fn configure(
        class: &str,
        properties: &Properties,
        now: SimTime,
        output: &mut Output,
    ) -> Result<MessageFormatter, FormatterError> {
        let silent = match class.strip_prefix(PACKAGE) {
            Some("DefaultMessageFormatter" | "LoggingMessageFormatter") => false,
            Some("NoOpMessageFormatter") => true,
            Some(
                later @ ("OffsetsMessageFormatter"
                | "GroupMetadataMessageFormatter"
                | "TransactionLogMessageFormatter"
                | "group.share.ShareGroupStateMessageFormatter"),
            ) => return Err(FormatterError::NotYet(format!("--formatter {PACKAGE}{later}"))),
            _ => return Err(FormatterError::Usage(class.to_string())),
        };
        let flag = |key: &str, default: bool| match properties.get(key) {
            Some(value) => value.trim().eq_ignore_ascii_case("true"),
            None => default,
        };
        let text = |key: &str, default: &str| properties.get(key).cloned().unwrap_or_else(|| default.to_string());
        let mut deserializer = |key: &str| find_deserializer(properties.get(key)?, now, output);
        Ok(MessageFormatter {
            silent,
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
        if self.silent {
            return Ok(());
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
            self.print_bytes(record.key.as_deref(), self.key_deserializer, out)?;
            separate(out);
        }
        if self.value {
            self.print_bytes(record.value.as_deref(), self.value_deserializer, out)?;
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
            self.print_bytes(value.as_deref(), self.headers_deserializer, out)?;
        }
        Ok(())
    }

    /// A null goes through the deserializer as the null literal's bytes, as it does in Kafka.
    fn print_bytes(
        &self,
        bytes: Option<&[u8]>,
        deserializer: Option<Deserializer>,
        out: &mut Vec<u8>,
    ) -> Result<(), KafkaException> {
        let bytes = bytes.unwrap_or(self.null_literal.as_bytes());
        match deserializer {
            None => out.extend_from_slice(bytes),
            Some(deserializer) => out.extend_from_slice(deserializer.text(bytes)?.as_bytes()),
        }
        Ok(())
    }
}

fn timestamp(record: &ConsumedRecord) -> String {
    let kind = if record.log_append_time { "LogAppendTime" } else { "CreateTime" };
    format!("{kind}:{}", record.timestamp)
}

/// A class that cannot be loaded is logged, and the bytes are printed as they are.
fn find_deserializer(class: &str, now: SimTime, output: &mut Output) -> Option<Deserializer> {
    let found = match class.strip_prefix(DESERIALIZERS) {
        Some("StringDeserializer") => Deserializer::String,
        Some("IntegerDeserializer") => Deserializer::Integer,
        Some("LongDeserializer") => Deserializer::Long,
        Some("ShortDeserializer") => Deserializer::Short,
        Some("DoubleDeserializer") => Deserializer::Double,
        Some("FloatDeserializer") => Deserializer::Float,
        Some("BooleanDeserializer") => Deserializer::Boolean,
        Some("UUIDDeserializer") => Deserializer::Uuid,
        Some("VoidDeserializer") => Deserializer::Void,
        _ => {
            let message = format!("Unable to instantiate a deserializer from {class}");
            let error = exception("java.lang.ClassNotFoundException", class);
            output.log(now, Level::Error, &message, LOGGER, Some(&error));
            return None;
        }
    };
    Some(found)
}

impl Deserializer {
    /// The text of the value as Java's `toString` gives it.
    fn text(self, bytes: &[u8]) -> Result<String, KafkaException> {
        let failed = |message: String| KafkaException::with(ExceptionClass::SERIALIZATION, message);
        let sized = |size: usize, name: &str| {
            if bytes.len() == size {
                return Ok(bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte)));
            }
            Err(failed(format!("Size of data received by {name} is not {size}")))
        };
        match self {
            Deserializer::String => Ok(String::from_utf8_lossy(bytes).into_owned()),
            Deserializer::Integer => sized(4, "IntegerDeserializer").map(|n| (n as i32).to_string()),
            Deserializer::Long => sized(8, "LongDeserializer").map(|n| (n as i64).to_string()),
            Deserializer::Short => sized(2, "ShortDeserializer").map(|n| (n as i16).to_string()),
            Deserializer::Double => sized(8, "DoubleDeserializer").map(|n| java::double_text(f64::from_bits(n))),
            Deserializer::Float => sized(4, "FloatDeserializer").map(|n| java::float_text(f32::from_bits(n as u32))),
            Deserializer::Boolean => match sized(1, "BooleanDeserializer")? {
                0 => Ok("false".to_string()),
                1 => Ok("true".to_string()),
                other => Err(failed(format!("Unexpected byte received: {other}"))),
            },
            Deserializer::Uuid => {
                let text = String::from_utf8_lossy(bytes).to_lowercase();
                let good = text.split('-').count() == 5 && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
                if good { Ok(text) } else { Err(failed("Error parsing data into UUID".to_string())) }
            }
            Deserializer::Void => Err(KafkaException::with(
                ExceptionClass::ILLEGAL_ARGUMENT,
                "Data should be null for a VoidDeserializer.",
            )),
        }
    }
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
        assert_eq!(Deserializer::Integer.text(&[0, 0, 1, 0]), Ok("256".to_string()));
        assert_eq!(Deserializer::Long.text(&[255; 8]), Ok("-1".to_string()));
        assert!(Deserializer::Long.text(b"null").is_err());
        assert_eq!(Deserializer::Double.text(&1e10f64.to_be_bytes()), Ok("1.0E10".to_string()));
        assert_eq!(Deserializer::Double.text(&1e-7f64.to_be_bytes()), Ok("1.0E-7".to_string()));
    }

    #[test]
    fn a_formatter_that_is_not_there_is_a_usage_error() {
        let make = |class: &str| {
            let mut output = Output::default();
            MessageFormatter::configure(class, &Properties::new(), SimTime::DEFAULT_START, &mut output).err()
        };
        assert_eq!(make("nope"), Some(FormatterError::Usage("nope".to_string())));
        assert!(matches!(
            make("org.apache.kafka.tools.consumer.OffsetsMessageFormatter"),
            Some(FormatterError::NotYet(_))
        ));
        assert_eq!(make("org.apache.kafka.tools.consumer.NoOpMessageFormatter"), None);
    }
}
