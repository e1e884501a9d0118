//! Scenarios recorded from real clusters (`tests/live`), each beside a scenario of ours, a console script of the same
//! name. The callbacks of the records that the recording names come in the same order with the same ends.

mod replication;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::logs::{alike, pattern};
use highwater::kafka::event::Event;
use highwater::kafka::ids::{ProcessId, Rid};
use highwater::shell::Shell;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;

/// A recording and what came of our scenario.
struct Run {
    recording: Value,
    timeline: Timeline,
    shell: Shell<'static>,
}

fn run(name: &str) -> Run {
    let path = |ending| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/live/{name}.{ending}"));
    let read = |ending| std::fs::read_to_string(path(ending)).expect("the file is committed");
    let recording = serde_json::from_str(&read("json")).expect("a recording is JSON");
    let timeline = Timeline::new(Scenario::preset("trio").expect("the preset exists"));
    let mut run = Run { recording, timeline, shell: Shell::new(&[]) };
    for line in read("console").lines() {
        run.line(line);
    }
    run
}

/// An offset, or the class and the message of an exception.
type End = Result<i64, (String, String)>;

/// A callback as text: who, which record, and the offset or the exception.
fn told(client: &str, record: &str, partition: i64, end: End) -> String {
    match end {
        Ok(offset) => format!("{client} {record} {partition}@{offset}"),
        Err((class, message)) => format!("{client} {record} {partition} {class}: {message}"),
    }
}

/// Whose send of which record ended, where, and how.
fn callback(event: &Event) -> Option<(ProcessId, Rid, i64, End)> {
    match event {
        Event::Acked { client, rid, tp, offset, .. } => Some((*client, *rid, i64::from(tp.partition), Ok(*offset))),
        Event::SendFailed { client, rid, partition, exception, message, .. } => {
            let end = Err((exception.to_string(), message.to_string()));
            Some((*client, *rid, partition.map_or(-1, i64::from), end))
        }
        _ => None,
    }
}

impl Run {
    fn line(&mut self, line: &str) -> String {
        let output = self.shell.run_line(&mut self.timeline, line).output;
        assert_eq!(output.status, 0, "{line}: {}", output.stderr);
        output.stdout_text()
    }

    fn recorded(&self) -> Vec<String> {
        let events = self.recording["client_events"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let row = |event: &Value| {
            let (client, record) = (text(&event["client"]), text(&event["record"]));
            let exception = &event["exception"];
            let class = text(&exception["class"]).rsplit('.').next().unwrap_or_default().to_string();
            match event["offset"].as_i64() {
                Some(offset) => told(&client, &record, event["partition"].as_i64().unwrap_or(-1), Ok(offset)),
                None => {
                    let partition = event["metadata"]["partition"].as_i64().unwrap_or(-1);
                    told(&client, &record, partition, Err((class, text(&exception["message"]))))
                }
            }
        };
        events.filter(|event| event["event"] == "callback").map(row).collect()
    }

    /// Ours, of the records that the recording names.
    fn ours(&self) -> Vec<String> {
        let events = self.recording["client_events"].as_array().into_iter().flatten();
        let names: Vec<&str> = events.filter_map(|event| event["record"].as_str()).collect();
        let mut sent: BTreeMap<Rid, String> = BTreeMap::new();
        let mut callbacks = Vec::new();
        for entry in self.timeline.journal().iter() {
            if let Event::RecordSent { rid, value, .. } = &entry.event {
                // A value that was padded to a size has its name in front.
                let value = String::from_utf8_lossy(value.as_deref().unwrap_or_default()).into_owned();
                sent.insert(*rid, value.trim_end_matches('.').to_string());
            }
            let Some((client, rid, partition, end)) = callback(&entry.event) else { continue };
            let name = self.timeline.world().name_of(client);
            if let Some(record) = sent.get(&rid).filter(|record| names.contains(&record.as_str())) {
                callbacks.push(told(&name, record, partition, end));
            }
        }
        callbacks
    }

    fn compare_callbacks(&self) {
        let (recorded, ours) = (self.recorded(), self.ours());
        assert!(!recorded.is_empty(), "the recording has callbacks");
        assert_eq!(recorded.len(), ours.len(), "recorded {recorded:#?}\nours {ours:#?}");
        for (recorded, ours) in recorded.iter().zip(&ours) {
            assert!(pattern(recorded).is_match(ours), "recorded {recorded}\nours     {ours}");
        }
    }

    /// The lines of the client's log, but for those that tell of its beginning and its end.
    fn compare_log(&mut self, client: &str) {
        let log = self.line(&format!("sim logs {client}"));
        let message = |line: &str| {
            let (_, rest) = line.split_once("] ")?;
            let (level, rest) = rest.split_once(' ')?;
            let (message, logger) = rest.rsplit_once(" (")?;
            Some(format!("{level} {} - {message}", logger.trim_end_matches(')')))
        };
        let beginning = ["AppInfoParser", "Cluster ID", "Instantiated", "Closing the Kafka producer"];
        let plain = |line: &String| !beginning.iter().any(|word| line.contains(word));
        let ours: Vec<String> = log.lines().filter_map(message).map(|line| alike(&line)).filter(plain).collect();
        let lines = self.recording["log_lines"]["client"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let recorded: Vec<String> = lines.flat_map(unfolded).map(|line| alike(&line)).filter(plain).collect();
        assert_eq!(recorded.len(), ours.len(), "recorded {recorded:#?}\nours {ours:#?}");
        for (recorded, ours) in recorded.iter().zip(&ours) {
            assert!(pattern(recorded).is_match(ours), "recorded {recorded}\nours     {ours}");
        }
    }
}

/// `LINE (x3)` is the line three times.
fn unfolded(line: &str) -> Vec<String> {
    let folded = line.strip_suffix(')').and_then(|line| line.rsplit_once(" (x"));
    match folded.and_then(|(line, times)| Some((line, times.parse::<usize>().ok()?))) {
        Some((line, times)) => vec![line.to_string(); times],
        None => vec![line.to_string()],
    }
}

#[test]
fn delivery_timeout_broker_frozen() {
    let mut run = run("producer/delivery-timeout-broker-frozen");
    run.compare_callbacks();
    run.compare_log("p1");
}

#[test]
fn unknown_topic_max_block() {
    run("producer/unknown-topic-max-block").compare_callbacks();
}

#[test]
fn buffer_exhaustion() {
    run("producer/buffer-exhaustion").compare_callbacks();
}
