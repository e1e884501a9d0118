//! Configurations of topics and other resources as the controller takes them, and of brokers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::config_errors::{error, told, values};
use super::{Outcome, answers, check_file, compare};
use highwater::kafka::config::{BROKER, broker, resource, topic};

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

fn broker_case(case: &Value) -> Outcome {
    let set = properties(case).into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let mut log = Vec::new();
    let actual = match broker::parse(&set, &mut log) {
        Ok(_) => json!({"result": "ok", "log": told(&log)}),
        Err(exception) => json!({"error": error(&exception), "log": told(&log)}),
    };
    compare(&answers(case, &["scope", "given"]), &actual)
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
