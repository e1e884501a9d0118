//! `sim step --until COND`: what to wait for.

use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::nearest::did_you_mean;

/// A condition on the world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Condition {
    /// The goal of the open lesson step.
    Goal,
    /// Nothing travels, and no client has anything to send.
    Idle,
    /// The high watermark has reached this offset; on a certain broker, or as the leader has it.
    HighWatermark { tp: TopicPartition, broker: Option<NodeId>, at_least: i64 },
    /// The log end offset of a broker's replica has reached this offset.
    LogEndOffset { tp: TopicPartition, broker: Option<NodeId>, at_least: i64 },
    /// The leader is this broker; none: there is no leader.
    Leader { tp: TopicPartition, leader: Option<NodeId> },
    /// The ISR is exactly this set.
    Isr { tp: TopicPartition, isr: Vec<NodeId> },
    /// The group has this state.
    Group { group: String, state: String },
    /// An event of this name happens, with these fields.
    Event { name: String, fields: Vec<(String, String)> },
}

const KINDS: [&str; 8] = ["goal", "idle", "hw:", "leo:", "leader:", "isr:", "group:", "event:"];

/// Reads a condition.
pub fn parse(text: &str) -> Result<Condition, String> {
    match text {
        "goal" => return Ok(Condition::Goal),
        "idle" => return Ok(Condition::Idle),
        _ => {}
    }
    let unknown = || {
        let kind = text.split(':').next().unwrap_or(text);
        format!(
            "'{text}' is not a condition{}",
            did_you_mean(kind, KINDS.iter().map(|kind| kind.trim_end_matches(':')))
        )
    };
    let (kind, rest) = text.split_once(':').ok_or_else(unknown)?;
    if kind == "event" {
        return event(rest);
    }
    let halves = rest.split_once('=');
    let (left, right) = halves.ok_or_else(|| format!("'{text}' has no '=': {}", shape(kind)))?;
    let number = || right.parse().map_err(|_| format!("'{right}' is not an offset"));
    match kind {
        "hw" => replica(left).and_then(|(tp, broker)| Ok(Condition::HighWatermark { tp, broker, at_least: number()? })),
        "leo" => replica(left).and_then(|(tp, broker)| Ok(Condition::LogEndOffset { tp, broker, at_least: number()? })),
        "leader" => {
            let leader = if right == "none" { None } else { Some(node(right)?) };
            Ok(Condition::Leader { tp: partition(left)?, leader })
        }
        "isr" => {
            let mut isr = right.split(',').map(node).collect::<Result<Vec<NodeId>, String>>()?;
            isr.sort();
            Ok(Condition::Isr { tp: partition(left)?, isr })
        }
        "group" => Ok(Condition::Group { group: left.to_string(), state: right.to_string() }),
        _ => Err(unknown()),
    }
}

fn shape(kind: &str) -> &'static str {
    match kind {
        "leader" => "leader:orders-0=2, leader:orders-0=none",
        "isr" => "isr:orders-0=1,2",
        "group" => "group:billing=Stable",
        _ => "hw:orders-0=5, leo:orders-0@2=5",
    }
}

fn partition(text: &str) -> Result<TopicPartition, String> {
    TopicPartition::parse(text).ok_or_else(|| format!("'{text}' is not a partition: orders-0"))
}

fn node(text: &str) -> Result<NodeId, String> {
    text.parse().map(NodeId).map_err(|_| format!("'{text}' is not a node"))
}

fn replica(text: &str) -> Result<(TopicPartition, Option<NodeId>), String> {
    match text.split_once('@') {
        Some((tp, broker)) => Ok((partition(tp)?, Some(node(broker)?))),
        None => Ok((partition(text)?, None)),
    }
}

/// `Name{field:value,field:"value"}`, the braces may be missing.
fn event(text: &str) -> Result<Condition, String> {
    let (name, braces) = text.find('{').map_or((text, ""), |at| text.split_at(at));
    if !Event::NAMES.contains(&name) {
        let near = did_you_mean(name, Event::NAMES.iter().copied());
        return Err(format!("'{name}' is not an event{near}"));
    }
    let Some(rest) = braces.strip_prefix('{') else {
        return Ok(Condition::Event { name: text.to_string(), fields: Vec::new() });
    };
    let inside = rest.strip_suffix('}').ok_or_else(|| format!("'{text}' has no closing brace"))?;
    let field = |part: &str| {
        let (field, value) =
            part.split_once(':').ok_or_else(|| format!("'{part}' is not a field: Name{{field:value}}"))?;
        Ok((field.trim().to_string(), value.trim().trim_matches('"').to_string()))
    };
    let parts = inside.split(',').filter(|part| !part.trim().is_empty());
    Ok(Condition::Event { name: name.to_string(), fields: parts.map(field).collect::<Result<_, String>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tp(text: &str) -> TopicPartition {
        TopicPartition::parse(text).expect("a partition")
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(parse("goal"), Ok(Condition::Goal));
        assert_eq!(
            parse("hw:topic-a-0@3=3"),
            Ok(Condition::HighWatermark { tp: tp("topic-a-0"), broker: Some(NodeId(3)), at_least: 3 })
        );
        assert_eq!(parse("leader:solo-0=none"), Ok(Condition::Leader { tp: tp("solo-0"), leader: None }));
        assert_eq!(
            parse("isr:orders-0=2,1"),
            Ok(Condition::Isr { tp: tp("orders-0"), isr: vec![NodeId(1), NodeId(2)] })
        );
        assert_eq!(
            parse("event:OffsetOutOfRange{g:\"audit\"}"),
            Ok(Condition::Event {
                name: "OffsetOutOfRange".to_string(),
                fields: vec![("g".to_string(), "audit".to_string())]
            })
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(parse("laeder:a-0=1"), Err("'laeder:a-0=1' is not a condition; did you mean leader?".to_string()));
        assert_eq!(parse("hw:a-0"), Err("'hw:a-0' has no '=': hw:orders-0=5, leo:orders-0@2=5".to_string()));
        assert_eq!(parse("hw:a=3"), Err("'a' is not a partition: orders-0".to_string()));
        assert_eq!(parse("event:Ackd"), Err("'Ackd' is not an event; did you mean Acked?".to_string()));
        assert_eq!(parse("event:Acked{a}"), Err("'a' is not a field: Name{field:value}".to_string()));
    }
}
