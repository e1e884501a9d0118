//! Configurations of topics and other resources as the controller takes them, and of brokers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::config_errors::{error, told, values};
use super::{Outcome, answers, check_file, compare};
use highwater::kafka::config::{BROKER, broker, resource, topic};

const SEVERAL_KEYS: &str = "a rule over several keys of server.properties: roles, listeners and timings of a node come \
                            from the scenario";

fn properties(case: &Value) -> BTreeMap<String, Option<String>> {
    let given = case["given"].as_object().expect("properties");
    given.iter().map(|(key, value)| (key.clone(), value.as_str().map(str::to_string))).collect()
}

/// What the controller says; of a topic also what the topic's own config says.
fn resource_case(case: &Value, resource_type: &str, name: &str) -> Outcome {
    let given = properties(case);
    let mut log = Vec::new();
    let checked = resource::validate(resource_type, name, &given, &BROKER.defaults(), &mut Vec::new());
    let controller = match checked {
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
        (Some("topic"), _) => resource_case(case, "TOPIC", "t"),
        (Some("group"), _) => resource_case(case, "GROUP", "g"),
        (Some("resource"), Some(resource_type)) => {
            resource_case(case, resource_type, case["name"].as_str().expect("a name"))
        }
        (Some("broker"), _) => broker_case(case),
        (scope, _) => Outcome::Failed(format!("no such scope: {scope:?}")),
    }
}

#[test]
fn cases_config_errors_server() {
    check_file("config-errors-server.json", check);
}
