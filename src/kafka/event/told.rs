//! An event as data: its name and its fields with the names that the goal language gives them. The journal's lines, its
//! JSON, conditions and goals all read events this way.

use std::fmt;
use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{
    BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, ProcessId, ProducerEpoch, ProducerId, Rid, TopicPartition, Uuid,
};
use crate::kafka::record::Bytes;
use crate::time::SimDuration;

/// The value of an event's field.
#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    /// A process; readers show its name.
    Process(ProcessId),
    Number(i64),
    Flag(bool),
    Text(Arc<str>),
    /// A duration, shown as the console writes it: `1.4ms`, `30s`.
    Duration(SimDuration),
    List(Vec<Told>),
    /// There is none.
    Nothing,
    /// For log lines only; not shown.
    Hidden,
}

/// What can stand in a field.
pub trait Tell {
    fn tell(&self) -> Told;
}

macro_rules! tell_numbers {
    ($($type:ty),*) => { $(impl Tell for $type {
        fn tell(&self) -> Told { Told::Number(i64::from(*self)) }
    })* };
}
tell_numbers!(i16, i32, i64, u32);

macro_rules! tell_ids {
    ($($type:ty),*) => { $(impl Tell for $type {
        fn tell(&self) -> Told { Told::Number(i64::from(self.0)) }
    })* };
}
tell_ids!(NodeId, LeaderEpoch, PartitionEpoch, BrokerEpoch, ProducerId, ProducerEpoch);

impl Tell for Rid {
    fn tell(&self) -> Told {
        Told::Number(self.0 as i64)
    }
}

impl Tell for bool {
    fn tell(&self) -> Told {
        Told::Flag(*self)
    }
}

impl Tell for ProcessId {
    fn tell(&self) -> Told {
        Told::Process(*self)
    }
}

impl Tell for Arc<str> {
    fn tell(&self) -> Told {
        Told::Text(self.clone())
    }
}

impl Tell for TopicPartition {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(self.to_string()))
    }
}

impl Tell for Uuid {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(self.to_string()))
    }
}

impl Tell for ErrorCode {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(self.name()))
    }
}

impl Tell for SimDuration {
    fn tell(&self) -> Told {
        Told::Duration(*self)
    }
}

impl<T: Tell> Tell for Option<T> {
    fn tell(&self) -> Told {
        self.as_ref().map_or(Told::Nothing, Tell::tell)
    }
}

impl<T: Tell> Tell for Arc<[T]> {
    fn tell(&self) -> Told {
        Told::List(self.iter().map(Tell::tell).collect())
    }
}

impl Tell for Bytes {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(String::from_utf8_lossy(self)))
    }
}

impl Tell for (Arc<str>, ErrorCode) {
    fn tell(&self) -> Told {
        Told::Text(Arc::from(format!("{}={}", self.0, self.1.name())))
    }
}

impl fmt::Display for Told {
    /// As a goal writes it: numbers, `true`, `"text"`, `1.4ms`, `[1, 2]`, `none`. Processes show their ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Process(process) => write!(f, "{process}"),
            Told::Number(number) => write!(f, "{number}"),
            Told::Flag(flag) => write!(f, "{flag}"),
            Told::Text(text) => write!(f, "\"{}\"", text.replace('"', "\\\"")),
            Told::Duration(duration) => f.write_str(&duration_text(*duration)),
            Told::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if place > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Told::Nothing | Told::Hidden => f.write_str("none"),
        }
    }
}

/// `1.4ms`, `2s`: seconds where they are whole, else milliseconds with as many decimals as it takes.
pub fn duration_text(duration: SimDuration) -> String {
    let micros = duration.as_micros();
    if micros > 0 && micros.is_multiple_of(1_000_000) {
        return format!("{}s", micros / 1_000_000);
    }
    let decimals = format!("{:03}", micros % 1_000);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals}ms", micros / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_the_console_writes_them() {
        let texts = [0, 5, 1_400, 20_000, 2_000_000, 2_500_000].map(SimDuration::from_micros).map(duration_text);
        assert_eq!(texts, ["0ms", "0.005ms", "1.4ms", "20ms", "2s", "2500ms"]);
    }

    #[test]
    fn values_read_as_goals_write_them() {
        let isr: Arc<[NodeId]> = Arc::from([NodeId(1), NodeId(2)]);
        assert_eq!(isr.tell().to_string(), "[1, 2]");
        assert_eq!(TopicPartition::new("orders", 0).tell().to_string(), "\"orders-0\"");
        assert_eq!(None::<NodeId>.tell().to_string(), "none");
    }
}
