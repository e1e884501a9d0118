//! `sim events` and `sim logs`: the journal as people, goals and scripts read it.
//!
//! A line of `sim events` is the time since the start in seconds, who told it, and the event as a goal names it, so that
//! it can be used again: `sim step --until 'event:Acked{p:"shop", tp:"orders-0"}'`. With `--json` a line is one object with
//! `time_ms`, `step`, `process`, `event` and `fields`.

use regex_lite::Regex;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::arguments::duration;
use super::parse::Look;
use crate::kafka::event::Event;
use crate::kafka::event::told::{Told, duration_text};
use crate::kafka::ids::ProcessId;
use crate::nearest::did_you_mean;
use crate::shell::output::Output;
use crate::shell::places;
use crate::sim::journal::Entry;
use crate::sim::log::log_of;
use crate::sim::timeline::Timeline;
use crate::sim::world::World;

pub(super) fn events(timeline: &Timeline, look: &Look) -> Result<Output, String> {
    let grep = pattern(look.grep.as_deref())?;
    let from = look.since.as_deref().map(|text| since(timeline, text)).transpose()?;
    let mut output = Output::default();
    for entry in timeline.journal().iter() {
        if from.is_some_and(|from| micros(timeline, entry) < from) {
            continue;
        }
        let line = if look.json { as_json(timeline, entry) } else { as_text(timeline, entry) };
        if grep.as_ref().is_none_or(|grep| grep.is_match(&line)) {
            output.out(line);
        }
    }
    Ok(output)
}

fn pattern(text: Option<&str>) -> Result<Option<Regex>, String> {
    text.map(|text| Regex::new(text).map_err(|error| format!("--grep: '{text}' is not a regular expression: {error}")))
        .transpose()
}

/// Microseconds since time 0 of `--since`: a time or a checkpoint.
fn since(timeline: &Timeline, text: &str) -> Result<i64, String> {
    let start = timeline.scenario().start;
    match timeline.marked(text) {
        Some(moment) => Ok(moment.at.micros_from(start)),
        None => duration(text).map(|time| time.as_micros() as i64).map_err(|_| {
            let names: Vec<String> = timeline.marks().map(|(name, _)| name.to_string()).collect();
            let near = did_you_mean(text, names.iter().map(String::as_str));
            format!("--since: '{text}' is neither a time (12.384s) nor a checkpoint{near}")
        }),
    }
}

fn micros(timeline: &Timeline, entry: &Entry) -> i64 {
    entry.at.micros_from(timeline.scenario().start)
}

/// `12.384 broker 1: HighWatermarkAdvanced{broker:1, tp:"orders-0", high_watermark:3}`.
fn as_text(timeline: &Timeline, entry: &Entry) -> String {
    let micros = micros(timeline, entry);
    let sign = if micros < 0 { "-" } else { "" };
    let (seconds, millis) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() / 1_000 % 1_000);
    let name = timeline.world().name_of(entry.process);
    format!("{sign}{seconds}.{millis:03} {name}: {}", as_pattern(timeline.world(), &entry.event))
}

/// The event as a goal's pattern; fields that are not there are left out.
fn as_pattern(world: &World, event: &Event) -> String {
    let shown = event.fields().into_iter().filter(|(_, value)| *value != Told::Nothing);
    let fields: Vec<String> = shown.map(|(field, value)| format!("{field}:{}", as_goal(world, &value))).collect();
    match fields.is_empty() {
        true => event.name().to_string(),
        false => format!("{}{{{}}}", event.name(), fields.join(", ")),
    }
}

fn as_goal(world: &World, value: &Told) -> String {
    match value {
        Told::Process(process) => Told::Text(world.name_of(*process)).to_string(),
        value => value.to_string(),
    }
}

/// A line of `sim events --json`.
#[derive(Serialize)]
struct Row<'a> {
    time_ms: i64,
    step: u64,
    process: &'a str,
    event: &'a str,
    fields: Map<String, Value>,
}

fn as_json(timeline: &Timeline, entry: &Entry) -> String {
    let world = timeline.world();
    let fields: Map<String, Value> =
        entry.event.fields().into_iter().map(|(field, value)| (field.to_string(), as_value(world, &value))).collect();
    let row = Row {
        time_ms: micros(timeline, entry).div_euclid(1_000),
        step: entry.step,
        process: &world.name_of(entry.process),
        event: entry.event.name(),
        fields,
    };
    serde_json::to_string(&row).expect("text and numbers are JSON")
}

fn as_value(world: &World, value: &Told) -> Value {
    match value {
        Told::Process(process) => json!(&*world.name_of(*process)),
        Told::Number(number) => json!(number),
        Told::Flag(flag) => json!(flag),
        Told::Text(text) => json!(&**text),
        Told::Duration(duration) => json!(duration_text(*duration)),
        Told::List(items) => items.iter().map(|item| as_value(world, item)).collect(),
        Told::Nothing | Told::Hidden => Value::Null,
    }
}

/// Whether an event has this name and these fields, whose values are written as a goal writes them, text with or without
/// its quotes.
pub(super) fn is_event(world: &World, event: &Event, name: &str, fields: &[(String, String)]) -> bool {
    let has = |(field, wanted): &(String, String)| {
        let value = event.field(field).map(|value| as_goal(world, &value));
        value.is_some_and(|value| value == *wanted || value.trim_matches('"') == wanted)
    };
    event.name() == name && fields.iter().all(has)
}

/// The log of a process, as the real one would print it.
pub(super) fn logs(timeline: &Timeline, word: &str, grep: Option<&str>) -> Result<Output, String> {
    let process: ProcessId = places::process(timeline.world(), word)?;
    let grep = pattern(grep)?;
    let mut output = Output::default();
    for (at, line) in log_of(timeline, process) {
        let text = format!("[{at}] {line}");
        if grep.as_ref().is_none_or(|grep| grep.is_match(&text)) {
            output.out(text);
        }
    }
    Ok(output)
}
