//! Proof that a check can fail: every field of the committed cases, changed alone, makes some case fail. A field that
//! no check looks at stands in [`UNREAD`] with the reason.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Once;

use serde_json::{Value, json};

use super::{Outcome, outcome};

/// Fields that do not count, by file: `records[].key`. A null is told apart from a value: `rangeEnd=null`.
const UNREAD: &[(&str, &[&str])] = &[
    // Names of cases, of what was done to a batch, and of what its bytes say too.
    ("record-invalid.json", &["id"]),
    ("records.json", &["id", "kind"]),
    ("log-validator.json", &["change", "sourceCodec"]),
    // Only of metadata records there are any that are written.
    ("record-schemas.json", &["group"]),
    // The order that counts is in another field; the number of partitions bounds nothing here.
    ("partitioner-roundrobin.json", &["available[]", "kind", "steps[].available[]"]),
    ("partitioner-sticky.json", &["partitions"]),
    // Kafka does not look at it either.
    ("placement.json", &["startPartition"]),
    // Inputs that a small change leaves without effect here.
    ("producer-state.json", &["config{}", "producerIdExpirationMs", "steps[].cleanShutdown", "steps[].type"]),
    ("accumulator.json", &["deliveryTimeoutMs", "retryBackoffMs", "steps[].maxSize"]),
    // The codec is another name of the first estimate.
    ("misc.json", &["codec"]),
];

/// How many changes of one field are tried before it counts as not looked at.
const TRIES: u32 = 60;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics of changed cases are wanted and need no words.
fn without_panic_messages<T>(run: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                tell(panic);
            }
        }));
    });
    QUIET.set(true);
    let result = run();
    QUIET.set(false);
    result
}

/// # Panics
/// When a field can change in every case that holds without one of them failing, and is not in the list; or when it is
/// in the list and counts.
pub fn assert_every_field_counts(file: &str, cases: &[Value], check: impl Fn(&Value) -> Outcome) {
    let unread = unread_fields(cases, check);
    let known = UNREAD.iter().find(|(known, _)| *known == file).map_or(&[][..], |(_, fields)| fields);
    assert_eq!(unread, known, "{file}: fields that no check looks at, and those that the list names");
}

/// Names of the fields of cases that hold which can change without any case failing, sorted.
pub fn unread_fields(cases: &[Value], check: impl Fn(&Value) -> Outcome) -> Vec<String> {
    let mut tried: BTreeMap<String, Option<u32>> = BTreeMap::new();
    for case in cases.iter().filter(|case| matches!(outcome(|| check(case)), Outcome::Held)) {
        let mut leaves = Vec::new();
        collect_leaves(case, &mut Vec::new(), &mut leaves);
        for path in leaves {
            let times = tried.entry(name_of(case, &path)).or_insert(Some(0));
            let Some(count) = times.filter(|count| *count < TRIES) else { continue };
            let changed = with_leaf_changed(case, &path);
            let result = without_panic_messages(|| outcome(|| check(&changed)));
            *times = if matches!(result, Outcome::Failed(_)) { None } else { Some(count + 1) };
        }
    }
    tried.into_iter().filter_map(|(name, times)| times.map(|_| name)).collect()
}

/// A step into a value.
#[derive(Clone)]
enum Step {
    Key(String),
    Index(usize),
}

/// Leaves are what is neither a list nor an object.
fn collect_leaves(value: &Value, path: &mut Vec<Step>, leaves: &mut Vec<Vec<Step>>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                path.push(Step::Key(key.clone()));
                collect_leaves(value, path, leaves);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                collect_leaves(item, path, leaves);
                path.pop();
            }
        }
        _ => leaves.push(path.clone()),
    }
}

/// `steps[].records[].key`; objects whose keys are data (properties, maps by partition) are `given{}`.
fn name_of(case: &Value, path: &[Step]) -> String {
    let mut name = String::new();
    let mut at = case;
    for step in path {
        match step {
            Step::Key(key) => {
                let is_data = name.ends_with("given") || key.contains('.') || key.parse::<i64>().is_ok();
                let dot = if name.is_empty() { "" } else { "." };
                name = if is_data { format!("{name}{{}}") } else { format!("{name}{dot}{key}") };
                at = &at[key.as_str()];
            }
            Step::Index(index) => {
                name.push_str("[]");
                at = &at[*index];
            }
        }
    }
    if at.is_null() { format!("{name}=null") } else { name }
}

fn with_leaf_changed(case: &Value, path: &[Step]) -> Value {
    let mut changed = case.clone();
    let leaf = path.iter().fold(&mut changed, |at, step| match step {
        Step::Key(key) => &mut at[key.as_str()],
        Step::Index(index) => &mut at[*index],
    });
    *leaf = match &*leaf {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => json!(whole.wrapping_add(1)),
            (None, float) => json!(float.unwrap_or(0.0) + 1.0),
        },
        Value::String(text) => json!(format!("{text}~")),
        _ => json!("~"),
    };
    changed
}

#[test]
fn cases_fields_that_no_check_looks_at_are_found() {
    let check = |case: &Value| match case["a"] == 1 && case["b"][0]["c"] != "x~" {
        true => Outcome::Held,
        false => Outcome::Failed(String::new()),
    };
    let cases = [json!({"a": 1, "b": [{"c": "x", "d": true}], "e": null, "given": {"p.q": "1"}})];
    assert_eq!(unread_fields(&cases, check), ["b[].d", "e=null", "given{}"]);
}
