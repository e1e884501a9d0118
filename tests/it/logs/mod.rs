//! Log lines of Apache Kafka 4.3.1 processes, compared with ours.
//!
//! `tests/cases/live/lines.json` holds one line of each kind that real clusters printed under faults: each is worded in our
//! tables, or listed with what it waits for. `HIGHWATER_LIVE=DIR cargo test --test it log_lines -- --nocapture` reads every
//! JSON file of another folder that has `log_lines` instead.
//!
//! `tests/cases/live/one-broker.txt` is the log of a real broker and a real controller, step by step: the same steps are
//! taken here, and the logs are the same line by line, but for the lines that are left out on purpose. `retention.txt` is
//! a broker's log while old segments go, `clients.txt` are the logs of the clients inside real tools.

pub mod left_out;
mod sequence;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use highwater::kafka::log_lines::{Wording, table};
use regex_lite::Regex;
use serde_json::Value;

/// A line of a recording: `INFO logger - message`.
pub struct Line<'a> {
    pub level: &'a str,
    pub logger: &'a str,
    pub message: &'a str,
}

impl<'a> Line<'a> {
    pub fn read(text: &'a str) -> Option<Line<'a>> {
        let (head, message) = text.split_once(" - ")?;
        let (level, logger) = head.split_once(' ')?;
        ["INFO", "WARN", "ERROR"].contains(&level).then_some(Line { level, logger, message })
    }
}

/// What the recordings made alike, numbers of milliseconds and correlation ids, and sets and
/// configurations, whose order hangs on hashes and on what came first.
pub fn alike(message: &str) -> String {
    let correlation = Regex::new(r"correlation id (\d+|\{\}|\{\{n\}\})").expect("the pattern is well formed");
    let millis = Regex::new(r"(\d+|\{\}|\{\{n\}\}) ?ms\b").expect("the pattern is well formed");
    let set = Regex::new(r"Set\(([^()]*)\)").expect("the pattern is well formed");
    let message = correlation.replace_all(message, "correlationId={{n}}");
    let message = millis.replace_all(&message, "{{n}} ms");
    let sorted = |found: &regex_lite::Captures| {
        let mut names: Vec<&str> = found[1].split(", ").collect();
        names.sort_unstable();
        format!("Set({})", names.join(", "))
    };
    let message = set.replace_all(&message, sorted).into_owned();
    let Some((head, pairs)) = message.split_once("new configuration : ") else { return message };
    let mut pairs: Vec<&str> = pairs.split(',').collect();
    pairs.sort_unstable();
    format!("{head}new configuration : {}", pairs.join(","))
}

/// A pattern that matches what a text with places (`{}` or `{{name}}`) can become.
pub fn pattern(text: &str) -> Regex {
    let place = Regex::new(r"\{\{[^{}]*\}\}|\{\}").expect("the pattern is well formed");
    let mut escaped = String::from("(?s)^");
    let mut from = 0;
    for found in place.find_iter(text) {
        escaped += &regex_lite::escape(&text[from..found.start()]);
        escaped += ".*?";
        from = found.end();
    }
    escaped += &regex_lite::escape(&text[from..]);
    Regex::new(&(escaped + "$")).expect("escaped text is well formed")
}

struct Words {
    rows: Vec<(&'static Wording, Regex)>,
}

impl Words {
    fn new() -> Words {
        Words { rows: table().map(|wording| (wording, pattern(&alike(wording.text)))).collect() }
    }

    fn has(&self, line: &Line) -> bool {
        // An exception stands behind a bar in the recordings.
        let message = alike(line.message.split(" | ").next().unwrap_or_default());
        let fits = |(wording, pattern): &(&Wording, Regex)| {
            wording.level.to_string() == line.level && wording.logger == line.logger && pattern.is_match(&message)
        };
        self.rows.iter().any(fits)
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("the folder can be read").path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every line of a recording, without the notes on repetition.
fn lines_of(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a recording is UTF-8");
    let whole: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{} is no JSON: {e}", path.display()));
    let note = Regex::new(r" \((x\d+|repeated; count varied)\)$").expect("the pattern is well formed");
    let processes = whole["log_lines"].as_object().into_iter().flat_map(|lines| lines.values());
    let lines = processes.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    lines.filter(|line| Line::read(line).is_some()).map(|line| note.replace(line, "").into_owned()).collect()
}

#[test]
fn log_lines_are_worded_as_kafkas_or_listed_with_what_they_wait_for() {
    let committed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/live");
    let other = std::env::var_os("HIGHWATER_LIVE").map(PathBuf::from);
    let words = Words::new();
    let mut held = 0_u32;
    let mut listed: BTreeMap<&str, u32> = BTreeMap::new();
    let mut failed = Vec::new();
    for path in files(other.as_ref().unwrap_or(&committed)) {
        for text in lines_of(&path) {
            let line = Line::read(&text).expect("other lines were left aside");
            match left_out::reason(&line) {
                _ if words.has(&line) => held += 1,
                Some(reason) => *listed.entry(reason).or_default() += 1,
                None => failed.push(text),
            }
        }
    }
    let listed_count: u32 = listed.values().sum();
    let total = held + listed_count + failed.len() as u32;
    println!("cases live/lines.json held={held} failed={} listed={listed_count} total={total}", failed.len());
    assert!(other.is_some() || held > 150, "most kinds of lines that can occur are worded: {held}");
    assert!(failed.is_empty(), "{} lines are neither worded nor listed:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn no_two_wordings_are_the_same() {
    let mut rows: Vec<(&str, &str)> = table().map(|wording| (wording.logger, wording.text)).collect();
    let all = rows.len();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), all);
}
