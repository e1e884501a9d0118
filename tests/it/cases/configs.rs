//! The tables of configuration keys.

use serde_json::{Value, json};

use super::{Outcome, answers, check_file, compare, is_committed};
use highwater::kafka::config::{
    ADMIN, BROKER, BROKER_QUOTAS, CLIENT_METRICS, CLIENT_QUOTAS, CONSUMER, ConfigDef, Default, GROUP, IP_QUOTAS,
    PRODUCER, TOPIC, USER_CONFIGS, consumer,
};

/// The row of a table as the recording has it. The committed table is whole, so the number of its rows counts too.
fn check_table(def: &ConfigDef, rows: usize, check: impl FnOnce() -> Outcome) -> Outcome {
    match is_committed() && rows != def.keys().len() {
        true => Outcome::Failed(format!("Kafka has {rows} keys, we {}", def.keys().len())),
        false => check(),
    }
}

/// One row of a table.
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
    compare(&answers(case, &["name", "scope"]), &actual)
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
            check_table(def, rows, || check_row(def, case))
        });
    }
}

#[test]
fn cases_configs_of_quotas() {
    check_file("configs/quota.json", |case, whole| {
        let def = match case["scope"].as_str() {
            Some("broker") => &BROKER_QUOTAS,
            Some("userAndClient") => &CLIENT_QUOTAS,
            Some("scramUserAndClient") => &USER_CONFIGS,
            Some("ip") => &IP_QUOTAS,
            other => return Outcome::Failed(format!("no such scope: {other:?}")),
        };
        let rows = whole["rows"].as_array().expect("rows");
        let rows = rows.iter().filter(|row| row["scope"] == case["scope"]).count();
        check_table(def, rows, || check_row(def, case))
    });
}

#[test]
fn cases_configs_that_a_share_consumer_has() {
    let given = ["bootstrap.servers=localhost:9092"].into_iter().map(str::to_string);
    let class = "org.apache.kafka.common.serialization.StringDeserializer";
    let given = given.chain(["key", "value"].map(|side| format!("{side}.deserializer={class}")));
    let given = given.map(|line| line.split_once('=').map(|(k, v)| (k.to_string(), v.to_string())).expect("one ="));
    let values = consumer::parse_share(&given.collect(), 1, &mut Vec::new()).expect("Kafka accepts it");
    check_file("configs/share-consumer-effective.json", |case, whole| {
        let rows = whole["rows"].as_array().map_or(0, Vec::len);
        check_table(&CONSUMER, rows, || match values.get(case["name"].as_str().expect("a name")) {
            Some(value) => compare(&case["value"], &json!(value.text())),
            None => Outcome::Failed(format!("no key {}", case["name"])),
        })
    });
}
