//! Parsed values.

use super::key::Type;
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::java;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A value of its key's type.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Null,
    Boolean(bool),
    String(String),
    Int(i32),
    Short(i16),
    Long(i64),
    Double(f64),
    List(Vec<String>),
    /// Full name of a class that exists.
    Class(String),
    Password(String),
}

impl Value {
    /// Reads a given text as `ConfigDef.parseType` does.
    ///
    /// # Errors
    /// ConfigException `Invalid value .. for configuration ..`, with the text as it was given.
    pub fn parse(name: &str, text: &str, kind: Type) -> Result<Value, KafkaException> {
        let trimmed = java::trim(text);
        let not_a_number = || invalid(name, text, &format!("Not a number of type {kind}"));
        match kind {
            Type::Boolean if trimmed.eq_ignore_ascii_case("true") => Ok(Value::Boolean(true)),
            Type::Boolean if trimmed.eq_ignore_ascii_case("false") => Ok(Value::Boolean(false)),
            Type::Boolean => Err(invalid(name, text, "Expected value to be either true or false")),
            Type::String => Ok(Value::String(trimmed.to_string())),
            Type::Int => java::parse_int(trimmed).map(Value::Int).ok_or_else(not_a_number),
            Type::Short => java::parse_short(trimmed).map(Value::Short).ok_or_else(not_a_number),
            Type::Long => java::parse_long(trimmed).map(Value::Long).ok_or_else(not_a_number),
            Type::Double => java::parse_double(trimmed).map(Value::Double).ok_or_else(not_a_number),
            Type::List => Ok(Value::List(split_list(trimmed))),
            Type::Class if super::classes::exists(trimmed) => Ok(Value::Class(trimmed.to_string())),
            Type::Class => Err(invalid(name, text, &format!("Class {text} could not be found."))),
            Type::Password => Ok(Value::Password(trimmed.to_string())),
        }
    }

    /// The number, if it is one; what range checks compare (`Number.doubleValue`).
    pub fn as_double(&self) -> Option<f64> {
        match *self {
            Value::Int(n) => Some(f64::from(n)),
            Value::Short(n) => Some(f64::from(n)),
            Value::Long(n) => Some(n as f64),
            Value::Double(n) => Some(n),
            _ => None,
        }
    }

    /// As `ConfigDef.convertToString` writes it; None for null.
    pub fn text(&self) -> Option<String> {
        match self {
            Value::Null => None,
            Value::List(items) => Some(items.join(",")),
            other => Some(other.to_string()),
        }
    }
}

impl fmt::Display for Value {
    /// As Java's `String.valueOf` writes the value inside messages: lists in brackets, passwords hidden.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Boolean(b) => b.fmt(f),
            Value::String(text) | Value::Class(text) => f.write_str(text),
            Value::Int(n) => n.fmt(f),
            Value::Short(n) => n.fmt(f),
            Value::Long(n) => n.fmt(f),
            Value::Double(n) => f.write_str(&java::double_text(*n)),
            Value::List(items) => write!(f, "[{}]", items.join(", ")),
            Value::Password(_) => f.write_str("[hidden]"),
        }
    }
}

/// Texts between commas, each without blanks at the commas; nothing at all is the empty list.
fn split_list(trimmed: &str) -> Vec<String> {
    if trimmed.is_empty() {
        return Vec::new();
    }
    // Java's \s: the blanks of ASCII only.
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    trimmed.split(',').map(|item| item.trim_matches(blank).to_string()).collect()
}

/// `new ConfigException(name, value, message)`.
pub fn invalid(name: &str, value: &str, message: &str) -> KafkaException {
    config_exception(format!("Invalid value {value} for configuration {name}: {message}"))
}

/// `new ConfigException(message)`.
pub fn config_exception(message: impl Into<String>) -> KafkaException {
    KafkaException::with(ExceptionClass::CONFIG, message)
}

/// The values of all keys of one table, and which of them somebody gave. Cheap to clone.
///
/// A getter panics on a key that the table does not have or that is of another type: that is a bug of the caller, never
/// of the user. Reading is a search by name: read once, keep the number.
#[derive(Clone, PartialEq, Debug)]
pub struct Values {
    pub(super) values: Arc<BTreeMap<&'static str, Value>>,
    pub(super) given: Arc<BTreeMap<String, String>>,
}

impl Values {
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key)
    }

    fn known(&self, key: &str) -> &Value {
        self.values.get(key).unwrap_or_else(|| panic!("no configuration {key} in this table"))
    }

    /// Every key with its value, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.values.iter().map(|(key, value)| (*key, value))
    }

    /// What was given, unknown keys included, as text.
    pub fn given(&self) -> &BTreeMap<String, String> {
        &self.given
    }

    /// Whether somebody set the key.
    pub fn is_given(&self, key: &str) -> bool {
        self.given.contains_key(key)
    }

    pub fn get_bool(&self, key: &str) -> bool {
        match self.known(key) {
            Value::Boolean(b) => *b,
            other => wrong_type(key, other),
        }
    }

    pub fn get_int(&self, key: &str) -> i32 {
        match self.known(key) {
            Value::Int(n) => *n,
            other => wrong_type(key, other),
        }
    }

    pub fn get_short(&self, key: &str) -> i16 {
        match self.known(key) {
            Value::Short(n) => *n,
            other => wrong_type(key, other),
        }
    }

    /// LONG, or any other whole number.
    pub fn get_long(&self, key: &str) -> i64 {
        match self.known(key) {
            Value::Long(n) => *n,
            Value::Int(n) => i64::from(*n),
            Value::Short(n) => i64::from(*n),
            other => wrong_type(key, other),
        }
    }

    pub fn get_double(&self, key: &str) -> f64 {
        match self.known(key) {
            Value::Double(n) => *n,
            other => wrong_type(key, other),
        }
    }

    /// STRING, CLASS or PASSWORD; None when it is null.
    pub fn get_str(&self, key: &str) -> Option<&str> {
        match self.known(key) {
            Value::Null => None,
            Value::String(text) | Value::Class(text) | Value::Password(text) => Some(text),
            other => wrong_type(key, other),
        }
    }

    /// LIST; a null list is empty.
    pub fn get_list(&self, key: &str) -> &[String] {
        match self.known(key) {
            Value::Null => &[],
            Value::List(items) => items,
            other => wrong_type(key, other),
        }
    }

    /// LONG or INT that may be null.
    pub fn get_optional_long(&self, key: &str) -> Option<i64> {
        (*self.known(key) != Value::Null).then(|| self.get_long(key))
    }

    /// Replaces a value with one that a rule over several keys derived.
    pub fn set(&mut self, key: &'static str, value: Value) {
        Arc::make_mut(&mut self.values).insert(key, value);
    }
}

fn wrong_type(key: &str, value: &Value) -> ! {
    panic!("configuration {key} has a value of another type: {value}")
}
