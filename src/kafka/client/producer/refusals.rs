//! What each record of a failed batch is told (`Sender.failBatch`, KIP-467).

use std::collections::BTreeMap;

use crate::kafka::errors::{ApiError, ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::protocol::produce::BatchIndexAndErrorMessage;

/// The exceptions of a failed batch.
#[derive(Clone, PartialEq, Debug)]
pub struct Refusals {
    /// Records at fault, by their place in the batch.
    records: BTreeMap<i32, KafkaException>,
    /// All other records.
    others: KafkaException,
}

impl Refusals {
    /// Every record fails for the same reason.
    pub fn whole_batch(exception: KafkaException) -> Refusals {
        Refusals { records: BTreeMap::new(), others: exception }
    }

    /// From a response that names records; none if it names none.
    pub fn new(code: ErrorCode, message: Option<&str>, rows: &[BatchIndexAndErrorMessage]) -> Option<Refusals> {
        let invalid = ExceptionClass::from_full_name("org.apache.kafka.common.InvalidRecordException");
        let invalid = invalid.unwrap_or(ExceptionClass::KAFKA);
        let exception = |row: &BatchIndexAndErrorMessage| {
            let own = row.batch_index_error_message.as_deref().or(message).map(str::to_string);
            let error = ApiError { code, message: own }.exception();
            // The code is that of one record; with several at fault nobody knows whose.
            match rows {
                [_] => error,
                _ => KafkaException { class: invalid, ..error },
            }
        };
        let records = rows.iter().map(|row| (row.batch_index, exception(row))).collect();
        let text = "Failed to append record because it was part of a batch which had one more more invalid records";
        (!rows.is_empty()).then(|| Refusals { records, others: KafkaException::with(invalid, text) })
    }

    /// What the record at `place` is told.
    pub fn of_record(&self, place: i32) -> &KafkaException {
        self.records.get(&place).unwrap_or(&self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn row(batch_index: i32, text: &str) -> BatchIndexAndErrorMessage {
        BatchIndexAndErrorMessage { batch_index, batch_index_error_message: Some(Arc::from(text)) }
    }

    #[test]
    fn a_record_at_fault_is_told_why_and_the_others_that_they_were_with_it() {
        let code = ErrorCode::InvalidTimestamp;
        let one = Refusals::new(code, Some("all"), &[row(1, "too old")]).expect("a record is named");
        assert_eq!(one.of_record(1).to_string(), "org.apache.kafka.common.errors.InvalidTimestampException: too old");
        assert!(one.of_record(0).to_string().starts_with("org.apache.kafka.common.InvalidRecordException: Failed to"));
        let two = Refusals::new(code, None, &[row(0, "a"), row(1, "b")]).expect("records are named");
        assert_eq!(two.of_record(1).to_string(), "org.apache.kafka.common.InvalidRecordException: b");
        assert_eq!(Refusals::new(code, None, &[]), None);
    }
}
