//! What a record must be, and how it is written in logs (`ProducerRecord`).

use std::fmt;

use super::ProducerRecord;
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::record::{Bytes, Header};

impl ProducerRecord {
    /// What the constructor checks of its arguments.
    ///
    /// # Errors
    /// IllegalArgumentException without a topic, and for a negative timestamp or partition.
    pub fn check(topic: Option<&str>, partition: Option<i32>, timestamp_ms: Option<i64>) -> Result<(), KafkaException> {
        let refuse = |text: String| Err(KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, text));
        match (topic, timestamp_ms, partition) {
            (None, _, _) => refuse("Topic cannot be null.".to_string()),
            (_, Some(timestamp), _) if timestamp < 0 => {
                refuse(format!("Invalid timestamp: {timestamp}. Timestamp should always be non-negative or null."))
            }
            (_, _, Some(partition)) if partition < 0 => refuse(format!(
                "Invalid partition: {partition}. Partition number should always be non-negative or null."
            )),
            _ => Ok(()),
        }
    }
}

/// Keys and values are written as the text that they are.
impl fmt::Display for ProducerRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn or_null(value: Option<impl ToString>) -> String {
            value.map_or("null".to_string(), |value| value.to_string())
        }
        let text = |bytes: &Option<Bytes>| or_null(bytes.as_deref().map(String::from_utf8_lossy));
        let headers = self.headers.iter().map(header_text).collect::<Vec<_>>().join(", ");
        write!(
            f,
            "ProducerRecord(topic={}, partition={}, headers=RecordHeaders(headers = [{headers}], isReadOnly = false), \
             key={}, value={}, timestamp={})",
            self.topic,
            or_null(self.partition),
            text(&self.key),
            text(&self.value),
            or_null(self.timestamp_ms),
        )
    }
}

/// `RecordHeader.toString`: the value's bytes as Java's signed numbers.
fn header_text(header: &Header) -> String {
    let signed = |bytes: &[u8]| bytes.iter().map(|byte| (*byte as i8).to_string()).collect::<Vec<_>>().join(", ");
    let value = header.value.as_deref().map_or("null".to_string(), |bytes| format!("[{}]", signed(bytes)));
    format!("RecordHeader(key = {}, value = {value})", header.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_record_is_written_with_its_headers() {
        let bytes = |text: &str| Some(Bytes::from(text.as_bytes()));
        let record = ProducerRecord {
            topic: Arc::from("t"),
            object: None,
            partition: None,
            timestamp_ms: None,
            key: None,
            value: bytes("v"),
            headers: vec![
                Header { key: Arc::from("a"), value: bytes("é") },
                Header { key: Arc::from("b"), value: None },
            ],
        };
        let text = "ProducerRecord(topic=t, partition=null, headers=RecordHeaders(headers = [RecordHeader(key = a, \
                    value = [-61, -87]), RecordHeader(key = b, value = null)], isReadOnly = false), key=null, value=v, \
                    timestamp=null)";
        assert_eq!(record.to_string(), text);
    }

    #[test]
    fn the_timestamp_is_looked_at_before_the_partition() {
        let error = ProducerRecord::check(Some("t"), Some(-1), Some(-1)).expect_err("both are wrong");
        assert!(error.message.is_some_and(|message| message.starts_with("Invalid timestamp: -1.")));
    }
}
