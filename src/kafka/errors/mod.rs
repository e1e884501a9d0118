//! Error codes, exception classes, and exceptions as clients see them.
//!
//! Brokers answer with an [`ErrorCode`]; clients turn it into the exception class that belongs to it and decide by the
//! class what to do: retry, ask for new metadata, abort the transaction. The tables are those of Apache Kafka 4.3.1.

mod classes;
mod codes;
mod exception;

pub use codes::ErrorCode;
pub use exception::{ApiError, ExceptionClass, KafkaException};

impl ErrorCode {
    /// The code with this number; a number that Kafka does not know is UNKNOWN_SERVER_ERROR, as in `Errors.forCode`.
    pub fn from_code(code: i16) -> ErrorCode {
        let index = usize::try_from(i32::from(code) + 1).unwrap_or(0);
        Self::ALL.get(index).copied().unwrap_or(ErrorCode::UnknownServerError)
    }

    /// The code with this name, as `UNKNOWN_TOPIC_OR_PARTITION`.
    pub fn from_name(name: &str) -> Option<ErrorCode> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// The number that travels: -1 and up.
    pub const fn code(self) -> i16 {
        self as i16
    }

    fn row(self) -> &'static codes::CodeRow {
        &codes::ROWS[(i32::from(self.code()) + 1) as usize]
    }

    /// The name of the constant: `UNKNOWN_TOPIC_OR_PARTITION`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What `Errors.message()` says when the broker sent no message of its own.
    pub fn message(self) -> &'static str {
        self.row().message
    }

    /// The class that clients throw for this code; none for NONE.
    pub fn class(self) -> Option<ExceptionClass> {
        ExceptionClass::with_suffix(self.row().exception)
    }

    /// Simple name of the class: `UnknownTopicOrPartitionException`; `""` for NONE.
    pub fn exception(self) -> &'static str {
        self.class().map_or("", ExceptionClass::simple_name)
    }

    /// Full name of the class: `org.apache.kafka.common.errors.UnknownTopicOrPartitionException`; `""` for NONE.
    pub fn exception_class(self) -> String {
        self.class().map_or_else(String::new, ExceptionClass::full_name)
    }

    pub fn is_none(self) -> bool {
        self == ErrorCode::None
    }

    /// The same request may succeed later (`RetriableException`).
    pub fn is_retriable(self) -> bool {
        self.is_a("RetriableException")
    }

    /// The client's metadata is out of date (`InvalidMetadataException`): ask for it anew, then retry.
    pub fn is_invalid_metadata(self) -> bool {
        self.is_a("InvalidMetadataException")
    }

    /// Retriable after new metadata, leader or coordinator has been found (`RefreshRetriableException`).
    pub fn is_refresh_retriable(self) -> bool {
        self.is_a("RefreshRetriableException")
    }

    /// The transaction must be aborted, the producer stays usable (`TransactionAbortableException`, KIP-1050).
    pub fn is_abortable(self) -> bool {
        self.is_a("TransactionAbortableException")
    }

    /// A new client instance can go on (`ApplicationRecoverableException`, KIP-1050).
    pub fn is_application_recoverable(self) -> bool {
        self.is_a("ApplicationRecoverableException")
    }

    pub fn is_invalid_configuration(self) -> bool {
        self.is_a("InvalidConfigurationException")
    }

    pub fn is_authorization(self) -> bool {
        self.is_a("AuthorizationException")
    }

    pub fn is_authentication(self) -> bool {
        self.is_a("AuthenticationException")
    }

    fn is_a(self, ancestor: &str) -> bool {
        self.class().is_some_and(|class| class.is_a(ancestor))
    }
}

impl std::fmt::Display for ErrorCode {
    /// The name, as Kafka prints an `Errors` constant.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_finds_its_code_and_an_unknown_one_the_unknown_server_error() {
        assert_eq!(ErrorCode::from_code(3), ErrorCode::UnknownTopicOrPartition);
        assert_eq!(ErrorCode::from_code(-1), ErrorCode::UnknownServerError);
        assert_eq!(ErrorCode::from_code(9999), ErrorCode::UnknownServerError);
        assert_eq!(ErrorCode::from_code(i16::MIN), ErrorCode::UnknownServerError);
        assert!(ErrorCode::ALL.iter().all(|code| ErrorCode::from_code(code.code()) == *code));
    }

    #[test]
    fn an_exception_prints_as_java_prints_it() {
        let error = ApiError::new(ErrorCode::RequestTimedOut);
        assert_eq!(
            error.exception().to_string(),
            "org.apache.kafka.common.errors.TimeoutException: The request timed out."
        );
        let own = KafkaException::new(ExceptionClass::CONFIG, None);
        assert_eq!(own.to_string(), "org.apache.kafka.common.config.ConfigException");
    }
}
