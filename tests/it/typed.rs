//! `www/highwater.d.ts` against what the program gives: a field that one of them has and the other has not is a failure.

use std::collections::BTreeSet;

use highwater::shell::Shell;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;
use highwater::view::scene::{EventLine, Tone, Track};
use serde_json::Value;

fn declarations() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/www/highwater.d.ts");
    let text = std::fs::read_to_string(path).expect("the file is committed");
    let code = |line: &str| {
        let line = line.trim();
        !line.starts_with("//") && !line.starts_with("/*") && !line.starts_with('*')
    };
    text.lines().filter(|line| code(line)).collect::<Vec<_>>().join(" ")
}

/// The text between the braces that follow `opening`.
fn block<'a>(text: &'a str, opening: &str) -> &'a str {
    let after = text.split_once(opening).unwrap_or_else(|| panic!("no {opening}")).1;
    let start = after.find('{').expect("a block opens") + 1;
    let mut depth = 1;
    let end = after[start..].find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    &after[start..start + end.expect("a block closes")]
}

/// `name: type` pairs of an object type, without going into nested ones.
fn members(block: &str) -> Vec<(String, String)> {
    let (mut depth, mut parts, mut part) = (0, Vec::new(), String::new());
    for c in block.chars() {
        depth += i32::from("{(<[".contains(c)) - i32::from("})>]".contains(c));
        match c {
            ';' if depth == 0 => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    let pair =
        |part: &String| part.split_once(':').map(|(name, kind)| (name.trim().to_string(), kind.trim().to_string()));
    parts.iter().filter_map(pair).collect()
}

fn compare(all: &str, object: &str, value: &Value, path: &str, seen: &mut BTreeSet<String>) {
    let declared = members(object);
    let names: BTreeSet<&str> = declared.iter().map(|(name, _)| name.as_str()).collect();
    let given: BTreeSet<&str> = value.as_object().expect(path).keys().map(String::as_str).collect();
    assert_eq!(names, given, "fields of {path}");
    seen.insert(path.to_string());
    for (name, kind) in &declared {
        compare_type(all, kind, &value[name], &format!("{path}.{name}"), seen);
    }
}

fn compare_type(all: &str, kind: &str, value: &Value, path: &str, seen: &mut BTreeSet<String>) {
    if let Some(item) = kind.strip_suffix("[]") {
        let items = value.as_array().unwrap_or_else(|| panic!("{path} is no list: {value}"));
        items.iter().for_each(|value| compare_type(all, item, value, path, seen));
        return;
    }
    if kind.starts_with('{') {
        return compare(all, block(kind, ""), value, path, seen);
    }
    if all.contains(&format!("interface {kind} ")) {
        return compare(all, block(all, &format!("interface {kind} ")), value, path, seen);
    }
    let fits = kind.split('|').any(|kind| match (kind.trim(), value) {
        ("number", value) => value.is_number(),
        ("string", value) => value.is_string(),
        ("boolean", value) => value.is_boolean(),
        ("null", value) => value.is_null(),
        ("unknown", _) => true,
        ("Record<string, string>", Value::Object(map)) => map.values().all(Value::is_string),
        ("Record<string, number>", Value::Object(map)) => map.values().all(Value::is_number),
        (literal, Value::String(text)) => literal.trim_matches('"') == text,
        _ => false,
    });
    assert!(fits, "{path} is declared as {kind} and is {value}");
}

#[test]
fn the_declared_snapshot_is_the_one_that_scripts_get() {
    let mut timeline = Timeline::new(Scenario::preset("trio").expect("a preset"));
    let mut shell = Shell::new(&[]);
    for line in [
        "kafka-topics --create --topic orders --config retention.ms=90000",
        "sim produce shop --topic orders --count 3 --wait acked",
        "sim client add c1 --consumer --assign orders-0 auto.offset.reset=earliest",
        "sim advance 2s",
    ] {
        assert_eq!(shell.run_line(&mut timeline, line).output.status, 0, "{line}");
    }
    let state = shell.run_line(&mut timeline, "sim state").output.stdout_text();
    let state: Value = serde_json::from_str(&state).expect("the state is JSON");
    let (all, mut seen) = (declarations(), BTreeSet::new());
    compare(&all, block(&all, "interface Snapshot "), &state, "Snapshot", &mut seen);
    for path in ["Snapshot.topics.partitions.logs", "Snapshot.producers", "Snapshot.consumers", "Snapshot.brokers"] {
        assert!(seen.contains(path), "{path} was compared");
    }
}

#[test]
fn the_declared_event_is_the_one_that_scripts_get() {
    let line = EventLine {
        number: 1,
        step: 2,
        at_us: -3,
        track: Track::Control,
        tone: Tone::Failing,
        name: "Acked".into(),
        text: String::new(),
    };
    let all = declarations();
    let value = serde_json::to_value(&line).expect("an event is JSON");
    compare(&all, block(&all, "interface EventLine "), &value, "EventLine", &mut BTreeSet::new());
}

#[test]
#[should_panic(expected = "fields of X")]
fn a_field_that_is_missing_is_found() {
    compare("", "a: number; b: string", &serde_json::json!({"a": 1}), "X", &mut BTreeSet::new());
}
