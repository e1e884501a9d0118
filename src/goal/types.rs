//! Types of goals. The tables write them as text; [`Ty::read`] understands it.

use std::fmt;

use super::vocabulary::{self, EventKind};
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::TopicPartition;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ty {
    /// The literal `none`: fits where anything fits.
    None,
    /// What an empty collection holds: fits where anything fits.
    Any,
    Bool,
    Num,
    Dur,
    Time,
    /// Text, with the name of what it must be: `str`, `topic`, `tp`, `enum(a|b)` and so on.
    Text(&'static str),
    List(Box<Ty>),
    Set(Box<Ty>),
    /// From text to this type.
    Map(Box<Ty>),
    /// Configs, with whose: `topic`, `producer`, `consumer`.
    Config(&'static str),
    Object(&'static str),
    /// An event that happened.
    Event(EventKind),
    History,
    /// Narrowed by `within`: then only windowed metrics are left.
    Ledger {
        narrowed: bool,
    },
}

/// Texts whose literals are checked.
const TEXTS: [&str; 9] = ["str", "topic", "tp", "client", "group", "store", "prediction", "wire_error", "exception"];

impl Ty {
    /// Reads a type as the tables write it. A node id is a number.
    pub fn read(written: &'static str) -> Option<Ty> {
        let inner = |prefix: &str| written.strip_prefix(prefix)?.strip_suffix('>').and_then(Ty::read).map(Box::new);
        Some(match written {
            "bool" => Ty::Bool,
            "num" | "node" => Ty::Num,
            "dur" => Ty::Dur,
            "time" => Ty::Time,
            "History" => Ty::History,
            "Ledger" => Ty::Ledger { narrowed: false },
            _ if TEXTS.contains(&written) || written.starts_with("enum(") => Ty::Text(written),
            _ if written.starts_with("list<") => Ty::List(inner("list<")?),
            _ if written.starts_with("set<") => Ty::Set(inner("set<")?),
            _ if written.starts_with("map<") => Ty::Map(inner("map<")?),
            _ if written.starts_with("config<") => Ty::Config(written.strip_prefix("config<")?.strip_suffix('>')?),
            _ => Ty::Object(vocabulary::OBJECTS.iter().find(|(name, _)| *name == written)?.0),
        })
    }

    /// A type of a table, which the tests have read before.
    pub fn of_table(written: &'static str) -> Ty {
        Ty::read(written).expect("every type of the tables is read by a test")
    }

    /// Whether values of the two types can be compared; texts of different kinds can.
    pub fn fits(&self, other: &Ty) -> bool {
        match (self, other) {
            (Ty::None | Ty::Any, _) | (_, Ty::None | Ty::Any) => true,
            (Ty::Text(_), Ty::Text(_)) => true,
            (Ty::List(a), Ty::List(b)) | (Ty::Set(a), Ty::Set(b)) | (Ty::Map(a), Ty::Map(b)) => a.fits(b),
            _ => self == other,
        }
    }

    /// What a list or a set holds.
    pub fn item(&self) -> Option<&Ty> {
        match self {
            Ty::List(item) | Ty::Set(item) => Some(item),
            _ => None,
        }
    }

    pub fn is_text(&self) -> bool {
        matches!(self, Ty::Text(_))
    }

    /// Has an order: `<` and ranges.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Ty::Num | Ty::Dur | Ty::Time)
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::None => f.write_str("none"),
            Ty::Any => f.write_str("anything"),
            Ty::Bool => f.write_str("bool"),
            Ty::Num => f.write_str("num"),
            Ty::Dur => f.write_str("dur"),
            Ty::Time => f.write_str("time"),
            Ty::Text(name) | Ty::Object(name) => f.write_str(name),
            Ty::List(item) => write!(f, "list<{item}>"),
            Ty::Set(item) => write!(f, "set<{item}>"),
            Ty::Map(item) => write!(f, "map<{item}>"),
            Ty::Config(whose) => write!(f, "config<{whose}>"),
            Ty::Event(kind) => write!(f, "event {}", kind.row().name),
            Ty::History => f.write_str("a window of events"),
            Ty::Ledger { .. } => f.write_str("a window of the ledger"),
        }
    }
}

/// Why a literal text cannot be a value of this kind of text; None if it can.
pub fn impossible(kind: &str, text: &str) -> Option<String> {
    let refused = |what: &str| Some(format!("\"{text}\" is not {what}"));
    if let Some(options) = kind.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
        let near = crate::nearest::did_you_mean(text, options.split('|'));
        let listed = options.replace('|', ", ");
        return (!options.split('|').any(|option| option == text))
            .then(|| format!("\"{text}\" is none of {listed}{near}"));
    }
    match kind {
        "topic" if !is_topic(text) => refused("a topic name"),
        "tp" if !TopicPartition::parse(text).is_some_and(|tp| is_topic(&tp.topic)) => {
            refused("a topic-partition such as orders-0")
        }
        "wire_error" if ErrorCode::from_name(text).is_none() => {
            let near = crate::nearest::did_you_mean(text, ErrorCode::ALL.iter().map(|code| code.name()));
            Some(format!("\"{text}\" is no name of Kafka's Errors{near}"))
        }
        "exception" if !is_exception(text) => refused("the simple name of an exception class"),
        _ => None,
    }
}

fn is_topic(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=249).contains(&text.len()) && text.chars().all(legal)
}

fn is_exception(text: &str) -> bool {
    let stem = text.strip_suffix("Exception").or_else(|| text.strip_suffix("Error"));
    text.chars().all(|c| c.is_ascii_alphabetic())
        && stem.is_some_and(|stem| stem.len() > 1 && stem.starts_with(|c: char| c.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goal::vocabulary::{CONFIGS, EVENTS, FUNCTIONS, METRICS, NAMES, OBJECTS, QUERIES};

    #[test]
    fn every_type_of_the_tables_can_be_read() {
        let fields = EVENTS.iter().flat_map(|event| event.fields);
        let objects = OBJECTS.iter().flat_map(|(_, fields)| fields.iter());
        let configs = CONFIGS.iter().flat_map(|(_, keys)| keys.iter());
        for (name, written) in fields.chain(objects).chain(configs).chain(NAMES) {
            assert!(Ty::read(written).is_some(), "{name}: {written}");
        }
        let special = |written: &str| {
            written.starts_with("pattern") || written.starts_with("lambda<") || matches!(written, "event|time")
        };
        for function in FUNCTIONS.iter().chain(METRICS).chain(QUERIES) {
            for (name, written) in function.params {
                let written = written.trim_end_matches('?');
                assert!(special(written) || Ty::read(written).is_some(), "{}({name}: {written})", function.name);
            }
            let returns = function.returns;
            assert!(
                matches!(returns, "event" | "field") || Ty::read(returns).is_some(),
                "{}: {returns}",
                function.name
            );
        }
    }

    #[test]
    fn literals_that_cannot_be_a_value_are_told_why() {
        assert_eq!(impossible("tp", "orders-0"), None);
        assert_eq!(
            impossible("tp", "orders"),
            Some("\"orders\" is not a topic-partition such as orders-0".to_string())
        );
        assert_eq!(
            impossible("enum(up|crashed)", "op"),
            Some("\"op\" is none of up, crashed; did you mean up?".to_string())
        );
        assert_eq!(
            impossible("wire_error", "NOT_LEADER_OR_FOLOWER"),
            Some(
                "\"NOT_LEADER_OR_FOLOWER\" is no name of Kafka's Errors; did you mean NOT_LEADER_OR_FOLLOWER?"
                    .to_string()
            )
        );
        assert_eq!(impossible("exception", "TimeoutException"), None);
        assert!(impossible("exception", "NOT_LEADER").is_some());
        assert!(impossible("topic", "").is_some() && impossible("topic", "a b").is_some());
    }
}
