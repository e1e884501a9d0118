//! Exception classes and exceptions.

use super::ErrorCode;
use super::classes::{ABSTRACT, CLASSES};
use serde::{Deserialize, Serialize};
use std::fmt;

const KAFKA: &str = "org.apache.kafka.";

/// A Java class that Kafka throws, by name. Ancestry comes from the table of Kafka's own classes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ExceptionClass {
    /// Without `org.apache.kafka.`, or with `java.` in front.
    name: &'static str,
}

macro_rules! class_constants {
    ($($constant:ident = $name:literal,)*) => {
        $(#[doc = concat!("`", $name, "`")] pub const $constant: ExceptionClass = ExceptionClass { name: $name };)*
    };
}

impl ExceptionClass {
    class_constants! {
        KAFKA = "common.KafkaException",
        CONFIG = "common.config.ConfigException",
        TIMEOUT = "common.errors.TimeoutException",
        SERIALIZATION = "common.errors.SerializationException",
        INVALID_TOPIC = "common.errors.InvalidTopicException",
        INVALID_CONFIGURATION = "common.errors.InvalidConfigurationException",
        INVALID_REQUEST = "common.errors.InvalidRequestException",
        RECORD_TOO_LARGE = "common.errors.RecordTooLargeException",
        NETWORK = "common.errors.NetworkException",
        DISCONNECT = "common.errors.DisconnectException",
        INTERRUPT = "common.errors.InterruptException",
        BUFFER_EXHAUSTED = "clients.producer.BufferExhaustedException",
        NO_OFFSET_FOR_PARTITION = "clients.consumer.NoOffsetForPartitionException",
        CONSUMER_OFFSET_OUT_OF_RANGE = "clients.consumer.OffsetOutOfRangeException",
        LOG_TRUNCATION = "clients.consumer.LogTruncationException",
        ILLEGAL_ARGUMENT = "java.lang.IllegalArgumentException",
        ILLEGAL_STATE = "java.lang.IllegalStateException",
        NUMBER_FORMAT = "java.lang.NumberFormatException",
        NULL_POINTER = "java.lang.NullPointerException",
        CLASS_CAST = "java.lang.ClassCastException",
        EOF = "java.io.EOFException",
        UNSUPPORTED_CHARSET = "java.nio.charset.UnsupportedCharsetException",
        ILLEGAL_CHARSET_NAME = "java.nio.charset.IllegalCharsetNameException",
        CLASS_NOT_FOUND = "java.lang.ClassNotFoundException",
        UNSUPPORTED_OPERATION = "java.lang.UnsupportedOperationException",
    }

    /// A class outside the table, such as `tools.TerseException` or `java.nio.file.NoSuchFileException`: its ancestry is
    /// not known here.
    pub const fn named(name: &'static str) -> ExceptionClass {
        ExceptionClass { name }
    }

    /// Looks up a class by the name that the table has for it.
    pub(super) fn with_suffix(name: &str) -> Option<ExceptionClass> {
        let index = CLASSES.binary_search_by(|(class, _)| class.cmp(&name)).ok()?;
        Some(ExceptionClass { name: CLASSES[index].0 })
    }

    /// Every class of the table, sorted by name.
    pub fn all() -> impl Iterator<Item = ExceptionClass> {
        CLASSES.iter().map(|(name, _)| ExceptionClass { name })
    }

    /// A class by its full name, as `org.apache.kafka.common.errors.TimeoutException`.
    pub fn from_full_name(name: &str) -> Option<ExceptionClass> {
        Self::with_suffix(name.strip_prefix(KAFKA).unwrap_or(name))
    }

    /// `org.apache.kafka.common.errors.TimeoutException`.
    pub fn full_name(self) -> String {
        let is_full = self.name.starts_with("java.") || self.name.starts_with("joptsimple.");
        if is_full { self.name.to_string() } else { format!("{KAFKA}{}", self.name) }
    }

    /// `TimeoutException`; nested classes keep their `Outer$`.
    pub fn simple_name(self) -> &'static str {
        self.name.rsplit_once('.').map_or(self.name, |(_, simple)| simple)
    }

    /// `org.apache.kafka.common.errors`.
    pub fn package(self) -> String {
        let full = self.full_name();
        full.rsplit_once('.').map_or_else(String::new, |(package, _)| package.to_string())
    }

    /// The class above this one; none for `java.lang.Throwable` and for classes outside the table.
    pub fn superclass(self) -> Option<ExceptionClass> {
        let index = CLASSES.binary_search_by(|(class, _)| class.cmp(&self.name)).ok()?;
        Some(ExceptionClass { name: CLASSES[index].1 })
    }

    /// Whether only its subclasses are thrown.
    pub fn is_abstract(self) -> bool {
        ABSTRACT.contains(&self.name)
    }

    /// Whether the class or one above it has this simple name.
    pub fn is_a(self, simple_name: &str) -> bool {
        let mut class = Some(self);
        while let Some(current) = class {
            if current.simple_name() == simple_name {
                return true;
            }
            class = current.superclass();
        }
        false
    }
}

impl Serialize for ExceptionClass {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.full_name())
    }
}

impl<'de> Deserialize<'de> for ExceptionClass {
    /// Classes outside the table are not read back.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<ExceptionClass, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format!("'{name}' is not an exception of Kafka"));
        ExceptionClass::from_full_name(&name).ok_or_else(unknown)
    }
}

/// An exception as an application sees it: class, message, cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KafkaException {
    pub class: ExceptionClass,
    /// None where Java's `getMessage()` is null.
    pub message: Option<String>,
    pub cause: Option<Box<KafkaException>>,
}

impl KafkaException {
    pub fn new(class: ExceptionClass, message: Option<String>) -> Self {
        KafkaException { class, message, cause: None }
    }

    /// An exception with a message.
    pub fn with(class: ExceptionClass, message: impl Into<String>) -> Self {
        Self::new(class, Some(message.into()))
    }

    pub fn caused_by(mut self, cause: KafkaException) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// An exception of a class with only a cause: Java makes the cause's text the message.
    pub fn from_cause(class: ExceptionClass, cause: KafkaException) -> Self {
        Self::with(class, cause.to_string()).caused_by(cause)
    }

    pub fn is_retriable(&self) -> bool {
        self.class.is_a("RetriableException")
    }
}

impl fmt::Display for KafkaException {
    /// Java's `Throwable.toString`: the class, and the message if there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.class.full_name())?;
        self.message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl std::error::Error for KafkaException {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

/// An error code with the broker's own words for it (`org.apache.kafka.common.requests.ApiError`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiError {
    pub code: ErrorCode,
    /// None: the default message of the code.
    pub message: Option<String>,
}

impl ApiError {
    pub fn new(code: ErrorCode) -> Self {
        ApiError { code, message: None }
    }

    pub fn with(code: ErrorCode, message: impl Into<String>) -> Self {
        ApiError { code, message: Some(message.into()) }
    }

    /// The message that a reader sees.
    pub fn message(&self) -> &str {
        self.message.as_deref().unwrap_or(self.code.message())
    }

    /// What a client makes of it. NONE has no exception: asking is a bug, answered with UNKNOWN_SERVER_ERROR's class.
    pub fn exception(&self) -> KafkaException {
        let class = self.code.class().or(ErrorCode::UnknownServerError.class()).unwrap_or(ExceptionClass::KAFKA);
        KafkaException::with(class, self.message())
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        ApiError::new(code)
    }
}
