//! Client configurations, accepted and refused: what the config and the constructor of a client say and log.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Outcome, answers, check_file, compare};
use highwater::kafka::client::construct;
use highwater::kafka::config::{self, LogLine, Values};
use highwater::kafka::errors::KafkaException;

type Parsed = Result<Values, KafkaException>;

pub fn error(exception: &KafkaException) -> Value {
    let cause = exception.cause.as_deref().map(error);
    json!({"exception": exception.class.simple_name(), "message": exception.message, "cause": cause})
}

/// The properties of a case on top of those that every client has.
fn properties(case: &Value) -> BTreeMap<String, String> {
    let serde = "org.apache.kafka.common.serialization.String";
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    let mut add = |key: &str, value: &str| all.insert(key.to_string(), json!(value));
    add("bootstrap.servers", "127.0.0.1:9");
    add("client.id", "x");
    match case["client"].as_str() {
        Some("producer") => ["key", "value"].iter().for_each(|side| {
            add(&format!("{side}.serializer"), &format!("{serde}Serializer"));
        }),
        Some("consumer" | "share") => {
            add("group.id", "g");
            ["key", "value"].iter().for_each(|side| {
                add(&format!("{side}.deserializer"), &format!("{serde}Deserializer"));
            });
        }
        _ => {}
    }
    all.extend(case["given"].as_object().expect("given").clone());
    all.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_string()))).collect()
}

pub fn told(log: &[LogLine]) -> Value {
    match log.is_empty() {
        true => Value::Null,
        false => json!(log.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

/// The values that the case asks for.
pub fn values(parsed: &Values, asked: &Value) -> Value {
    let keys = asked.as_object().map(|asked| asked.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let value = |key: &String| {
        let text = match parsed.get(key) {
            Some(value) => value.text(),
            None => parsed.given().get(key).cloned(),
        };
        (key.clone(), json!(text))
    };
    Value::Object(keys.iter().map(value).collect())
}

fn check(case: &Value, _: &Value) -> Outcome {
    let given = properties(case);
    let nowhere = |_: &str| false;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    // Each of the two counts one client more that has no name of its own.
    let (config, constructed): (Parsed, Parsed) = match case["client"].as_str() {
        Some("producer") => {
            let config = config::producer::parse(&given, 1, &mut first);
            (config, construct::producer(&given, 2, &nowhere, &mut second))
        }
        Some("consumer") => {
            let config = config::consumer::parse(&given, 1, &mut first);
            (config, construct::consumer(&given, 2, &nowhere, &mut second))
        }
        Some("admin") => {
            let config = config::admin::parse(&given, &mut first);
            (config, construct::admin(&given, &nowhere, &mut second))
        }
        Some("share") => {
            let config = config::consumer::parse_share(&given, 1, &mut first);
            (config, construct::share_consumer(&given, 2, &nowhere, &mut second))
        }
        other => return Outcome::Failed(format!("no such client: {other:?}")),
    };
    let mut actual = json!({"config": {"log": told(&first)}, "constructor": {"log": told(&second)}});
    match &config {
        Ok(parsed) => actual["config"]["values"] = values(parsed, &case["config"]["values"]),
        Err(exception) => actual["config"]["error"] = error(exception),
    }
    match &constructed {
        Ok(_) => actual["constructor"]["created"] = json!(true),
        Err(exception) => actual["constructor"]["error"] = error(exception),
    }
    compare(&answers(case, &["client", "given"]), &actual)
}

#[test]
fn cases_config_errors() {
    check_file("config-errors.json", check);
}
