//! The tables of configuration keys.

use serde_json::{Value, json};

use super::{Outcome, answers, check_file, compare};
use highwater::kafka::config::{ADMIN, BROKER, CLIENT_METRICS, CONSUMER, ConfigDef, Default, GROUP, PRODUCER, TOPIC};

/// One row of a table as the recording has it.
fn check_row(def: &ConfigDef, case: &Value) -> Outcome {
    let name = case["name"].as_str().expect("a name");
    let Some(key) = def.key(name) else { return Outcome::Failed(format!("no key {name}")) };
    let validator = key.validator.to_string();
    let mut actual = json!({
        "type": key.kind.to_string(),
        "hasDefault": key.default != Default::Required,
        "default": key.default_text(),
        "importance": key.importance.to_string(),
        "validator": if validator.is_empty() && case["validator"].is_null() { None } else { Some(validator) },
    });
    if key.internal {
        actual["internal"] = json!(true);
    }
    if !case["update"].is_null() {
        actual["update"] = json!(key.update.to_string());
    }
    if case.get("serverSynonym").is_some() {
        actual["serverSynonym"] = json!(key.synonyms.first().map(|(synonym, _)| synonym));
    }
    if case.get("allSynonyms").is_some() {
        let text = |(synonym, factor): &(&str, i64)| match factor {
            1 => synonym.to_string(),
            factor => format!("{synonym} (x7 -> {})", 7 * factor),
        };
        actual["allSynonyms"] = key.synonyms.iter().map(text).collect();
    }
    compare(&answers(case, &["name"]), &actual)
}

#[test]
fn cases_configs() {
    for (file, def) in [
        ("producer", &PRODUCER),
        ("consumer", &CONSUMER),
        ("admin", &ADMIN),
        ("topic", &TOPIC),
        ("broker", &BROKER),
        ("group", &GROUP),
        ("client-metrics", &CLIENT_METRICS),
    ] {
        check_file(&format!("configs/{file}.json"), |case, whole| {
            let rows = whole["rows"].as_array().map_or(0, Vec::len);
            match rows == def.keys().len() {
                true => check_row(def, case),
                false => Outcome::Failed(format!("Kafka has {rows} keys, we {}", def.keys().len())),
            }
        });
    }
}
