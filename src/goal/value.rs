//! What expressions are worth. `None` is a value like any other: the thing is not there.
//!
//! Numbers are doubles, as JSON has them: whole ones are exact up to 2^53, and only + - * / and comparisons are used.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::vocabulary::EventKind;
use super::window::Window;
use crate::kafka::ids::{ClientIndex, NodeId};
use crate::kafka::record::TimestampType;
use crate::time::SimTime;

#[derive(Clone, Debug, Default)]
pub enum Value {
    #[default]
    None,
    Bool(bool),
    Num(f64),
    /// Microseconds, negative when the second of two moments is the later one.
    Dur(i64),
    /// Microseconds since the epoch.
    Time(i64),
    Text(Arc<str>),
    List(Vec<Value>),
    /// Sorted, each once.
    Set(Vec<Value>),
    Map(Arc<BTreeMap<Arc<str>, Value>>),
    Object(Object),
    /// An event that happened: its kind and its place among the told ones of the kind.
    Event(EventKind, u32),
    History(Arc<Window>),
    Ledger(Arc<Window>),
}

/// Something of the world, read when a field of it is asked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Object {
    Topic { name: Arc<str>, exists: bool },
    TopicConfig(Arc<str>),
    Record(Arc<StoredAt>),
    Broker(NodeId),
    Controller,
    Producer(ClientIndex),
    ProducerConfig(ClientIndex),
    Consumer(ClientIndex),
}

/// A record with its place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StoredAt {
    pub partition: i32,
    pub offset: i64,
    pub rid: Option<u64>,
    pub key: Option<Arc<str>>,
    pub value: Option<Arc<str>>,
    pub value_len: Option<u32>,
    pub headers: Vec<(Arc<str>, Option<Arc<str>>)>,
    pub timestamp_ms: i64,
    pub timestamp_type: TimestampType,
    pub leader_epoch: i32,
}

impl Value {
    pub fn num(number: impl Into<i64>) -> Value {
        Value::Num(number.into() as f64)
    }

    pub fn text(text: &str) -> Value {
        Value::Text(Arc::from(text))
    }

    pub fn time(at: SimTime) -> Value {
        Value::Time(at.as_micros() as i64)
    }

    pub fn set(mut items: Vec<Value>) -> Value {
        items.sort();
        items.dedup();
        Value::Set(items)
    }

    pub fn list_of_numbers(numbers: impl IntoIterator<Item = i64>) -> Value {
        Value::List(numbers.into_iter().map(Value::num).collect())
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// A missing bool counts as false.
    pub fn is_true(&self) -> bool {
        matches!(self, Value::Bool(true))
    }

    /// What a list or a set holds.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) | Value::Set(items) => Some(items),
            _ => None,
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Value::None => 0,
            Value::Bool(_) => 1,
            Value::Num(_) => 2,
            Value::Dur(_) => 3,
            Value::Time(_) => 4,
            Value::Text(_) => 5,
            Value::List(_) => 6,
            Value::Set(_) => 7,
            Value::Map(_) => 8,
            Value::Object(_) => 9,
            Value::Event(..) => 10,
            Value::History(_) => 11,
            Value::Ledger(_) => 12,
        }
    }
}

impl Ord for Value {
    /// Total, so that values can be sorted and counted; only values of one type are ever compared by a goal.
    fn cmp(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            // -0 and 0 are one number.
            (Value::Num(a), Value::Num(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Value::Dur(a), Value::Dur(b)) | (Value::Time(a), Value::Time(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::List(a), Value::List(b)) | (Value::Set(a), Value::Set(b)) => a.cmp(b),
            (Value::Map(a), Value::Map(b)) => a.cmp(b),
            (Value::Object(a), Value::Object(b)) => a.cmp(b),
            (Value::Event(kind, at), Value::Event(other_kind, other_at)) => (kind, at).cmp(&(other_kind, other_at)),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

/// `8.2 s`, `12 m`, `250 ms`: the largest unit that stays above one, with one decimal where it says more.
pub fn duration_text(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let units = [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000)];
    // A length such as 90 s stays in seconds: 1.5 m would be harder to compare.
    let fits = |size: u64| micros >= size && (micros.is_multiple_of(size) || size <= 1_000_000);
    match units.into_iter().find(|(_, size)| fits(*size)) {
        Some((unit, size)) => {
            let tenths = (micros % size) * 10 / size;
            let fraction = if tenths == 0 { String::new() } else { format!(".{tenths}") };
            format!("{sign}{}{fraction} {unit}", micros / size)
        }
        None if micros == 0 => "0 s".to_string(),
        None => format!("{sign}{micros} us"),
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, open: &str, items: &[Value], close: &str| {
            f.write_str(open)?;
            for (at, item) in items.iter().enumerate() {
                write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
            }
            f.write_str(close)
        };
        match self {
            Value::None => f.write_str("none"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Num(number) => write!(f, "{}", (number * 1e6).round() / 1e6 + 0.0),
            Value::Dur(micros) => f.write_str(&duration_text(*micros)),
            Value::Time(micros) => write!(f, "{}", SimTime::from_micros((*micros).max(0) as u64)),
            Value::Text(text) => write!(f, "\"{text}\""),
            Value::List(items) => list(f, "[", items, "]"),
            Value::Set(items) => list(f, "{", items, "}"),
            Value::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                write!(f, "{{{}}}", entries.join(", "))
            }
            Value::Object(object) => write!(f, "{object}"),
            Value::Event(kind, _) => f.write_str(kind.row().name),
            Value::History(_) | Value::Ledger(_) => f.write_str("a window"),
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Topic { name, .. } => write!(f, "topic {name}"),
            Object::TopicConfig(name) => write!(f, "configs of topic {name}"),
            Object::Record(record) => {
                let text =
                    |text: &Option<Arc<str>>| text.as_ref().map_or("null".to_string(), |text| format!("{text:?}"));
                write!(f, "partition {}, offset {}", record.partition, record.offset)?;
                write!(f, ", key {}, value {}", text(&record.key), text(&record.value))
            }
            Object::Broker(id) => write!(f, "broker {id}"),
            Object::Controller => f.write_str("the controller"),
            Object::Producer(_) => f.write_str("a producer"),
            Object::ProducerConfig(_) => f.write_str("configs of a producer"),
            Object::Consumer(_) => f.write_str("a consumer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_the_unit_that_reads_best() {
        let shown = |micros| duration_text(micros);
        assert_eq!(shown(8_240_000), "8.2 s");
        assert_eq!(shown(720_000_000), "12 m");
        assert_eq!(shown(711_800_000), "711.8 s");
        assert_eq!(shown(250_000), "250 ms");
        assert_eq!((shown(0), shown(-1_500_000), shown(40)), ("0 s".into(), "-1.5 s".into(), "40 us".into()));
    }

    #[test]
    fn sets_hold_each_value_once_and_zero_has_no_sign() {
        assert_eq!(Value::set(vec![Value::Num(2.0), Value::Num(0.0), Value::Num(-0.0)]).to_string(), "{0, 2}");
        assert_eq!(Value::Num(0.0), Value::Num(-0.0));
    }
}
