//! `sim state`, `events`, `logs`, `check`, `digest`: looks that change nothing.

use regex_lite::Regex;

use super::arguments::duration;
use super::parse::{Look, SimLine};
use crate::kafka::ids::ProcessId;
use crate::shell::output::Output;
use crate::shell::places;
use crate::sim::digest::digest;
use crate::sim::journal::Entry;
use crate::sim::state::state;
use crate::sim::timeline::Timeline;

pub(super) fn look(timeline: &Timeline, line: &SimLine) -> Result<Output, String> {
    match line {
        SimLine::State => {
            let text = serde_json::to_string(&state(timeline.world())).map_err(|error| error.to_string())?;
            Ok(Output::printed(text + "\n"))
        }
        SimLine::Digest => Ok(Output::printed(digest(timeline.world()) + "\n")),
        SimLine::Check => match timeline.check() {
            Ok(()) => Ok(Output::printed("ok\n")),
            Err(violation) => Ok(Output::printed(format!("{violation}\n")).with_status(1)),
        },
        SimLine::Events(look) => events(timeline, look),
        SimLine::Logs { process, grep } => logs(timeline, process, grep.as_deref()),
        _ => Err("not yet".to_string()),
    }
}

fn pattern(text: Option<&str>) -> Result<Option<Regex>, String> {
    text.map(|text| Regex::new(text).map_err(|_| format!("'{text}' is not a regular expression"))).transpose()
}

/// Microseconds since time 0 of `--since`: a time or a checkpoint.
fn since(timeline: &Timeline, text: &str) -> Result<i64, String> {
    let start = timeline.scenario().start;
    match timeline.marked(text) {
        Some(moment) => Ok(moment.at.micros_from(start)),
        None => duration(text)
            .map(|time| time.as_micros() as i64)
            .map_err(|error| format!("--since: {error}, or a checkpoint")),
    }
}

fn events(timeline: &Timeline, look: &Look) -> Result<Output, String> {
    let grep = pattern(look.grep.as_deref())?;
    let from = look.since.as_deref().map(|text| since(timeline, text)).transpose()?;
    let mut output = Output::default();
    for entry in timeline.journal().iter() {
        if from.is_some_and(|from| micros(timeline, entry) < from) {
            continue;
        }
        let line = if look.json { json(timeline, entry) } else { text(timeline, entry) };
        if grep.as_ref().is_none_or(|grep| grep.is_match(&line)) {
            output.out(line);
        }
    }
    Ok(output)
}

fn micros(timeline: &Timeline, entry: &Entry) -> i64 {
    entry.at.micros_from(timeline.scenario().start)
}

/// `12.384 broker 1 HighWatermarkAdvanced { .. }`.
fn text(timeline: &Timeline, entry: &Entry) -> String {
    let micros = micros(timeline, entry);
    let sign = if micros < 0 { "-" } else { "" };
    let (seconds, millis) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() / 1_000 % 1_000);
    let name = timeline.world().name_of(entry.process);
    format!("{sign}{seconds}.{millis:03} {name}: {}", told(entry))
}

fn json(timeline: &Timeline, entry: &Entry) -> String {
    let told = told(entry);
    let name = told.split([' ', '{', '(']).next().unwrap_or("");
    serde_json::json!({
        "time_ms": micros(timeline, entry).div_euclid(1_000),
        "step": entry.step,
        "process": &*timeline.world().name_of(entry.process),
        "event": name,
        "text": told,
    })
    .to_string()
}

/// The fact with its fields; numbers without the names of their types.
fn told(entry: &Entry) -> String {
    let text = format!("{:?}", entry.event);
    let unwrap = Regex::new(r"\b[A-Z][A-Za-z]*\((-?[0-9]+)\)").expect("the pattern is well formed");
    unwrap.replace_all(&text, "$1").into_owned()
}

/// What a process told, one entry of its log after the other.
fn logs(timeline: &Timeline, word: &str, grep: Option<&str>) -> Result<Output, String> {
    let process: ProcessId = places::process(timeline.world(), word)?;
    let grep = pattern(grep)?;
    let mut output = Output::default();
    for entry in timeline.journal().iter().filter(|entry| entry.process == process) {
        let line = format!("[{}] INFO {}", entry.at, told(entry));
        if grep.as_ref().is_none_or(|grep| grep.is_match(&line)) {
            output.out(line);
        }
    }
    Ok(output)
}
