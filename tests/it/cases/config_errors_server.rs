//! Configurations of topics and other resources as the controller takes them, and of brokers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::config_errors::{error, told, values};
use super::{Outcome, answers, check_file, compare};
use highwater::kafka::config::{broker, topic};

const OTHER_RESOURCES: &str = "configs of other resources than topics cannot be altered yet";
const SEVERAL_KEYS: &str = "a rule over several keys of server.properties: roles, listeners and timings of a node come \
                            from the scenario";

fn properties(case: &Value) -> BTreeMap<String, Option<String>> {
    let given = case["given"].as_object().expect("properties");
    given.iter().map(|(key, value)| (key.clone(), value.as_str().map(str::to_string))).collect()
}

fn topic_case(case: &Value, name: &str) -> Outcome {
    let given = properties(case);
    let mut log = Vec::new();
    let controller = match topic::validate_resource(name, &given, &mut Vec::new()) {
        Ok(()) => json!("ok"),
        Err(exception) => error(&exception),
    };
    let mut actual = json!({"controller": controller});
    if case["values"].is_object() || case["error"].is_object() {
        let set = given.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect();
        match topic::validate(&set, &mut log) {
            Ok(parsed) => actual["values"] = values(&parsed, &case["values"]),
            Err(exception) => actual["error"] = error(&exception),
        }
        actual["log"] = told(&log);
    }
    compare(&answers(case, &["scope", "given", "type", "name"]), &actual)
}

/// Single keys are compared; a broker that refuses or warns for what no key alone is wrong about is listed.
fn broker_case(case: &Value) -> Outcome {
    let set = properties(case).into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let mut log = Vec::new();
    let expected = answers(case, &["scope", "given"]);
    let actual = match broker::parse(&set, &mut log) {
        Ok(_) if case["error"].is_object() => return Outcome::Listed(SEVERAL_KEYS),
        Ok(_) => json!({"result": "ok", "log": told(&log)}),
        Err(exception) => json!({"error": error(&exception), "log": told(&log)}),
    };
    let by_rule = |line: &Value| line.as_str().is_some_and(|line| !line.contains(" ConfigDef "));
    if actual["result"] == "ok" && expected["log"].as_array().is_some_and(|lines| lines.iter().any(by_rule)) {
        return Outcome::Listed(SEVERAL_KEYS);
    }
    compare(&expected, &actual)
}

fn check(case: &Value, _: &Value) -> Outcome {
    match (case["scope"].as_str(), case["type"].as_str()) {
        (Some("topic"), _) => topic_case(case, "t"),
        (Some("resource"), Some("TOPIC")) => topic_case(case, case["name"].as_str().expect("a name")),
        (Some("broker"), _) => broker_case(case),
        _ => Outcome::Listed(OTHER_RESOURCES),
    }
}

#[test]
fn cases_config_errors_server() {
    check_file("config-errors-server.json", check);
}
