//! Schemas: every field of the requests, responses and metadata records that are spoken, with its name, type, tag,
//! nullability and place, at the version that is spoken.

use serde_json::{Value, json};

use super::{Outcome, check_file, compare};
use highwater::kafka::protocol::ApiKey;
use highwater::kafka::protocol::record_type::MetadataRecord;
use highwater::kafka::protocol::wire::Field;

/// Fields as the tables have them.
fn described(fields: &[Field]) -> Value {
    let field = |field: &Field| {
        let mut row = json!({"n": field.name, "t": field.type_name});
        if let Some(tag) = field.tag {
            row["tag"] = json!(tag);
        }
        if !field.fields.is_empty() {
            row["f"] = described(&field.fields);
        }
        row
    };
    json!(fields.iter().map(field).collect::<Vec<_>>())
}

fn api(case: &Value, _: &Value) -> Outcome {
    let Some(api) = ApiKey::ALL.iter().find(|api| case["id"] == api.id()) else {
        return Outcome::Listed("an API that the simulation does not speak");
    };
    let kafka = json!({
        "name": case["name"], "version": case["version"], "request": case["request"], "response": case["response"],
    });
    let (request, response) = api.schema();
    let ours = json!({
        "name": api.name(), "version": api.version(), "request": described(&request),
        "response": described(&response),
    });
    compare(&kafka, &ours)
}

#[test]
fn cases_apis() {
    check_file("apis.json", api);
}

fn record(case: &Value, _: &Value) -> Outcome {
    let is_it = |id: &u32| case["group"] == "common.metadata" && case["apiKey"] == *id;
    let Some((id, name, fields)) = MetadataRecord::schemas().into_iter().find(|(id, _, _)| is_it(id)) else {
        return Outcome::Listed("a record that the simulation does not write");
    };
    let kafka = json!({"record": case["record"], "apiKey": case["apiKey"], "fields": case["fields"]});
    compare(&kafka, &json!({"record": name, "apiKey": id, "fields": described(&fields)}))
}

#[test]
fn cases_record_schemas() {
    check_file("record-schemas.json", record);
}
