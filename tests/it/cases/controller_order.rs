//! What can be compared of the controller's answers and records, and in which order.

use serde_json::{Value, json};

/// A creation by chance that failed because of who was drawn.
pub(super) fn left_to_draws(step: &Value) -> bool {
    let refused = &step["response"]["topics"][0]["errorMessage"];
    let by_chance = step["op"] == "createTopic" && step["assignments"].is_null();
    by_chance && refused.as_str().is_some_and(|text| text.ends_with("fenced or in controlled shutdown."))
}

/// What can be compared of an answer: of created topics the error; ids of topics that were not made are drawn.
pub(super) fn comparable(step: &Value) -> Value {
    match step["op"].as_str() {
        Some("createTopic") if step["error"].is_object() => json!({
            "name": step["name"], "errorCode": 44, "errorMessage": step["error"]["message"],
        }),
        Some("createTopic") => {
            let row = &step["response"]["topics"][0];
            json!({"name": row["name"], "errorCode": row["errorCode"], "errorMessage": row["errorMessage"]})
        }
        _ => sorted(step["response"].clone()),
    }
}

/// Results of an election of all partitions may stand in any order.
pub(super) fn sorted(mut answer: Value) -> Value {
    if let Some(topics) = answer.get_mut("replicaElectionResults").and_then(Value::as_array_mut) {
        topics.sort_by_key(|topic| topic["topic"].to_string());
        for topic in topics {
            let rows = topic["partitionResult"].as_array_mut().expect("a list");
            rows.sort_by_key(|row| row["partitionId"].as_i64());
        }
    }
    answer
}

/// Records of different partitions, and features, may stand in any order.
pub(super) fn in_order(records: &Value) -> Vec<String> {
    let mut rows: Vec<(String, usize, String)> = Vec::new();
    for (place, record) in records.as_array().into_iter().flatten().enumerate() {
        let mut record = record.clone();
        if let Some(features) = record[2]["features"].as_array_mut() {
            features.sort_by_key(|feature| feature["name"].to_string());
        }
        let partition = record[2]["partitionId"].is_number();
        let key =
            if partition { format!("{}-{}", record[2]["topicId"], record[2]["partitionId"]) } else { String::new() };
        rows.push((key, place, record.to_string()));
    }
    rows.sort();
    rows.into_iter().map(|(_, _, text)| text).collect()
}
