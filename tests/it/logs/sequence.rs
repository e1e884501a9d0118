//! The logs of a broker and a controller, step by step.

use std::collections::BTreeMap;

use highwater::kafka::ids::{NodeId, ProcessId};
use highwater::shell::session::Shell;
use highwater::sim::log::log_of;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;
use regex_lite::Regex;

use super::{Line, alike, left_out, pattern};

/// A line typed, and what each process printed meanwhile.
struct Step<'a> {
    typed: &'a str,
    printed: Vec<(&'a str, Vec<&'a str>)>,
    /// Processes whose lines another recording compares.
    aside: Vec<&'a str>,
}

fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step> = Vec::new();
    for line in text.lines() {
        if let Some(typed) = line.strip_prefix("$ ") {
            steps.push(Step { typed, printed: Vec::new(), aside: Vec::new() });
        } else if let Some(process) = line.strip_prefix("@ ") {
            steps.last_mut().expect("a step began").printed.push((process, Vec::new()));
        } else if let Some(process) = line.strip_prefix("~ ") {
            steps.last_mut().expect("a step began").aside.push(process);
        } else if let Some(log) = line.strip_prefix("| ") {
            let printed = &mut steps.last_mut().expect("a step began").printed;
            printed.last_mut().expect("a process was named").1.push(log);
        }
    }
    steps
}

/// A node by its number, or a client by its name.
fn process(timeline: &Timeline, word: &str) -> ProcessId {
    match word.parse() {
        Ok(node) => ProcessId::Node(NodeId(node)),
        Err(_) => {
            let client = timeline.world().client_named(word);
            ProcessId::Client(client.unwrap_or_else(|| panic!("no client {word}")).0)
        }
    }
}

/// What a process printed, in the form of the recording.
fn printed(timeline: &Timeline, process: ProcessId) -> Vec<String> {
    let row = |line: highwater::kafka::log_lines::LogLine| {
        let exception = line.exception.map_or_else(String::new, |exception| format!(" | {exception}"));
        format!("{} {} - {}{exception}", line.level, line.logger, line.message)
    };
    log_of(timeline, process).into_iter().map(|(_, line)| row(line)).collect()
}

/// Lines that stand elsewhere than in Kafka's log, where two threads work side by side; it may only get better.
const MOVED: u32 = 39;

#[derive(Default)]
struct Figures {
    held: u32,
    /// Held, but not in the order of Kafka's log.
    moved: u32,
    listed: BTreeMap<&'static str, u32>,
    failed: Vec<String>,
}

/// The length of the longest part of a row that rises: what lies outside has moved.
fn longest_rise(row: &[usize]) -> usize {
    let mut ends: Vec<usize> = Vec::new();
    for value in row {
        let at = ends.partition_point(|end| end < value);
        match ends.get_mut(at) {
            Some(end) => *end = *value,
            None => ends.push(*value),
        }
    }
    ends.len()
}

fn compare(place: &str, kafka: &[&str], ours: &[String], figures: &mut Figures) {
    let mut left: Vec<(usize, &String)> = ours.iter().enumerate().collect();
    let mut places = Vec::new();
    for expected in kafka {
        let wanted: Regex = pattern(&alike(expected));
        let found = left.iter().position(|(_, line)| wanted.is_match(&alike(line)));
        match (found, Line::read(expected).and_then(|line| left_out::reason(&line))) {
            (Some(at), _) => places.push(left.remove(at).0),
            (None, Some(reason)) => *figures.listed.entry(reason).or_default() += 1,
            (None, None) => figures.failed.push(format!("{place}: only Kafka: {expected}")),
        }
    }
    figures.held += places.len() as u32;
    figures.moved += (places.len() - longest_rise(&places)) as u32;
    // Of the Raft client these recordings have nothing: its lines are compared under `tests/it/live`.
    left.retain(|(_, line)| !line.contains(" org.apache.kafka.raft."));
    figures.failed.extend(left.iter().map(|(_, line)| format!("{place}: only ours: {line}")));
}

/// Takes the steps of a recording, and fails where a log is not Kafka's.
fn replay(file: &str, text: &str) -> Figures {
    let mut timeline = Timeline::new(Scenario::preset("trio").expect("a preset"));
    let mut shell = Shell::new(&[]);
    let mut figures = Figures::default();
    let mut seen: BTreeMap<ProcessId, usize> = BTreeMap::new();
    for step in steps(text) {
        for line in step.typed.split(" ; ") {
            let outcome = shell.run_line(&mut timeline, line);
            assert_eq!(outcome.output.status, 0, "{line}: {:?}", outcome.output);
        }
        for word in step.aside {
            let process = process(&timeline, word);
            seen.insert(process, printed(&timeline, process).len());
        }
        for (word, kafka) in step.printed {
            let process = process(&timeline, word);
            let log = printed(&timeline, process);
            let from = seen.insert(process, log.len()).unwrap_or_default().min(log.len());
            compare(&format!("{} @ {word}", step.typed), &kafka, &log[from..], &mut figures);
        }
    }
    let listed: u32 = figures.listed.values().sum();
    let failed = figures.failed.len() as u32;
    let total = figures.held + failed + listed;
    println!("cases live/{file} held={} failed={failed} listed={listed} total={total}", figures.held);
    assert!(figures.failed.is_empty(), "{}", figures.failed.join("\n"));
    figures
}

#[test]
fn log_lines_of_a_broker_and_a_controller_come_as_kafkas_do() {
    let figures = replay("one-broker.txt", include_str!("../../cases/live/one-broker.txt"));
    println!("{} of the held stand elsewhere in the log", figures.moved);
    assert!(figures.moved <= MOVED, "{} lines have moved, more than {MOVED}", figures.moved);
}

#[test]
fn log_lines_of_segments_that_go_come_as_kafkas_do() {
    replay("retention.txt", include_str!("../../cases/live/retention.txt"));
}

#[test]
fn log_lines_of_clients_come_as_kafkas_do() {
    let figures = replay("clients.txt", include_str!("../../cases/live/clients.txt"));
    assert_eq!(figures.moved, 0);
}

#[test]
fn log_lines_are_taken_back_with_what_they_tell_of() {
    let mut timeline = Timeline::new(Scenario::preset("trio").expect("a preset"));
    let mut shell = Shell::new(&[]);
    let mut run = |timeline: &mut Timeline, line: &str| {
        let output = shell.run_line(timeline, line).output;
        assert_eq!(output.status, 0, "{line}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run(&mut timeline, "kafka-topics --create --topic orders --partitions 3 --replication-factor 1");
    run(&mut timeline, "sim checkpoint before");
    let before = run(&mut timeline, "sim logs 101");
    run(&mut timeline, "sim kill 1");
    run(&mut timeline, "sim advance 12s");
    let after = run(&mut timeline, "sim logs 101");
    assert!(after.starts_with(&before) && after.contains("Fencing broker 1 at epoch"), "{after}");
    run(&mut timeline, "sim restore before");
    assert_eq!(run(&mut timeline, "sim logs 101"), before);
    run(&mut timeline, "sim advance 12s");
    assert_eq!(run(&mut timeline, "sim logs 101"), after, "the same run has the same log");
}

#[test]
fn a_controller_that_starts_again_logs_what_it_replays() {
    let mut scenario = Scenario::preset("trio").expect("a preset");
    scenario.set_size(3, 1);
    let mut timeline = Timeline::new(scenario);
    let mut shell = Shell::new(&[]);
    for line in ["kafka-topics --create --topic orders", "sim kill 101", "sim start 101", "sim advance 100ms"] {
        assert_eq!(shell.run_line(&mut timeline, line).output.status, 0, "{line}");
    }
    let log = printed(&timeline, ProcessId::Node(NodeId(101)));
    let last_start = log.iter().rposition(|line| line.contains("Starting controller")).expect("it was started");
    let place = |text: &str| log[last_start..].iter().position(|line| line.contains(text));
    let replayed = place("Replayed TopicRecord for topic orders").expect("it was replayed");
    let active = place("Becoming the active controller at epoch 2").expect("it became active");
    assert!(replayed < active, "as in Kafka, the log is read before the controller is active");
}
