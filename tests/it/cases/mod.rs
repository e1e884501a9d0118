//! Cases recorded from Apache Kafka 4.3.1 classes, run as data.
//!
//! Each file under `tests/cases/facts` is one JSON object with `cases` or `rows`. One test runs one file: every case is
//! held (the code answers exactly as Kafka did, in every field), failed, or listed (it cannot apply; the reason stands
//! in the code that says so). `HIGHWATER_CASES=DIR cargo test --test it cases -- --nocapture` runs the same checks
//! over the files of the same names in another folder; a file that is missing there is no error.
//!
//! Which cases are listed is decided by what they are about, never by how we fail; `docs/fidelity.md` has every reason
//! ([`listed`]). And every check proves that it can fail: a case changed in any one field no longer holds ([`noticed`]).

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use serde_json::Value;

mod accumulator;
mod config_errors;
mod config_errors_server;
mod configs;
mod controller;
mod controller_order;
pub mod listed;
mod log;
mod misc;
mod noticed;
mod partition_change;
mod partitioner;
mod placement;
mod producer_rig;
mod producer_sequences;
mod protocol;
mod record_filter;
mod records;
mod serde;
mod spec;
mod spec_clients;

/// What came of one case.
pub enum Outcome {
    Held,
    /// The case cannot apply to this implementation; the text says why.
    Listed(&'static str),
    /// What differs.
    Failed(String),
}

/// What came of one file.
pub struct Report {
    pub file: String,
    pub held: u32,
    pub failed: Vec<String>,
    /// Reason of each case that cannot apply.
    pub listed: Vec<&'static str>,
}

impl Report {
    /// How many cases are listed for each reason.
    fn reasons(&self) -> BTreeMap<&'static str, u32> {
        let mut reasons = BTreeMap::new();
        self.listed.iter().for_each(|reason| *reasons.entry(*reason).or_default() += 1);
        reasons
    }

    fn line(&self) -> String {
        let (failed, listed) = (self.failed.len() as u32, self.listed.len() as u32);
        let total = self.held + failed + listed;
        format!("cases {} held={} failed={failed} listed={listed} total={total}", self.file, self.held)
    }
}

/// Whether the cases are those of this repository: only of those it is known how many there are.
pub fn is_committed() -> bool {
    other_folder().is_none()
}

/// The folder of another set of cases, if one was asked for.
fn other_folder() -> Option<PathBuf> {
    std::env::var_os("HIGHWATER_CASES").map(PathBuf::from)
}

/// Reads `file` of the committed folder or of the one that `HIGHWATER_CASES` names.
fn load(file: &str) -> Option<Value> {
    let committed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/facts");
    let path = other_folder().unwrap_or(committed).join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{} is no JSON: {e}", path.display()))),
        Err(_) if other_folder().is_some() => None,
        Err(e) => panic!("{}: {e}", path.display()),
    }
}

/// Runs `check(case, whole file)` over every case of `file`, prints the line of figures and fails if any case failed.
/// A check that panics is a case that failed.
pub fn check_file(file: &str, check: impl Fn(&Value, &Value) -> Outcome) {
    let Some(whole) = load(file) else { return };
    let cases = ["cases", "rows"].iter().find_map(|key| whole[*key].as_array());
    let cases = cases.unwrap_or_else(|| panic!("{file} has neither cases nor rows"));
    let mut report = Report { file: file.to_string(), held: 0, failed: vec![], listed: vec![] };
    for (index, case) in cases.iter().enumerate() {
        match outcome(|| check(case, &whole)) {
            Outcome::Held => report.held += 1,
            Outcome::Listed(reason) => report.listed.push(reason),
            Outcome::Failed(what) => report.failed.push(format!("{file} case {index}: {what}\n  {}", shortened(case))),
        }
    }
    println!("{}", report.line());
    for (reason, count) in report.reasons() {
        println!("  listed {count}: {reason}");
    }
    assert!(report.failed.is_empty(), "{}\n{}", report.line(), report.failed.join("\n"));
    listed::assert_told(file, &report.reasons().into_keys().collect(), is_committed());
    if is_committed() {
        assert!(!cases.is_empty(), "{file} holds no case");
        if !NOT_YET_TRIED.contains(&file) {
            noticed::assert_every_field_counts(file, cases, |case| check(case, &whole));
        }
    }
}

/// Files of which it is not yet known which fields count.
const NOT_YET_TRIED: [&str; 3] = ["controller.json", "partition-change.json", "partition-change-history.json"];

/// What a check says; a panic is a failure.
fn outcome(check: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(check))
        .unwrap_or_else(|panic| Outcome::Failed(format!("panicked: {}", panic_text(&*panic))))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| s.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

fn shortened(case: &Value) -> String {
    let text = case.to_string();
    match text.char_indices().nth(1_500) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Compares what Kafka gave with what we give, exactly; a difference is told with its path.
pub fn compare(expected: &Value, actual: &Value) -> Outcome {
    match difference("", expected, actual) {
        None => Outcome::Held,
        Some(what) => Outcome::Failed(what),
    }
}

fn difference(path: &str, expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(e), Value::Object(a)) => {
            let extra = a.iter().filter(|(key, value)| !e.contains_key(*key) && !value.is_null());
            let absent = |(key, value): (&String, &Value)| format!("{path}.{key}: Kafka gives none, we give {value}");
            let in_both = |(key, value): (&String, &Value)| {
                difference(&format!("{path}.{key}"), value, a.get(key).unwrap_or(&Value::Null))
            };
            e.iter().find_map(in_both).or_else(|| extra.map(absent).next())
        }
        (Value::Array(e), Value::Array(a)) if e.len() == a.len() => {
            (0..e.len()).find_map(|i| difference(&format!("{path}[{i}]"), &e[i], &a[i]))
        }
        _ if expected == actual => None,
        _ => Some(format!("{path}: Kafka {expected}, we {actual}")),
    }
}

/// Bytes of lower-case hex.
pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "hex has two digits a byte");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex digits")).collect()
}

/// Lower-case hex of bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The case without the fields that are its input, so that `compare` sees only what Kafka answered.
pub fn answers(case: &Value, inputs: &[&str]) -> Value {
    let mut answers = case.clone();
    if let Some(fields) = answers.as_object_mut() {
        fields.retain(|key, _| !inputs.contains(&key.as_str()));
    }
    answers
}

#[test]
fn cases_comparison_sees_every_difference() {
    use serde_json::json;
    let kafka = json!({"a": 1, "b": [1, 2], "c": null});
    assert!(matches!(compare(&kafka, &json!({"a": 1, "b": [1, 2]})), Outcome::Held));
    for other in [
        json!({"a": 2, "b": [1, 2]}),
        json!({"a": 1, "b": [1, 3]}),
        json!({"a": 1, "b": [1]}),
        json!({"a": 1, "b": [1, 2], "d": 0}),
        json!({"b": [1, 2]}),
        json!({"a": 1, "b": [1, 2], "c": ""}),
    ] {
        assert!(matches!(compare(&kafka, &other), Outcome::Failed(_)), "{other}");
    }
}
