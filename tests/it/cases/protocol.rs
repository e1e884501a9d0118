//! Schemas: the table of all APIs; every field of the requests, responses and metadata records that are spoken, with
//! its name, type, tag, nullability and place, at the version that is spoken.

use serde_json::{Value, json};

use super::{Outcome, answers, check_file, compare};
use highwater::kafka::protocol::ApiKey;
use highwater::kafka::protocol::apis::{APIS, Api};
use highwater::kafka::protocol::record_type::MetadataRecord;
use highwater::kafka::protocol::wire::Field;

const FIELDS_OF_APIS: &str = "only the fields of an API that the simulation does not speak: its row of the table is \
                              compared";
const OTHER_RECORDS: &str = "a record of a log that the simulation does not write";
const UNWRITTEN: &str = "a metadata record that the simulation does not write";

/// Metadata records that only features write which are not built: access control, delegation tokens, SCRAM, the
/// migration from ZooKeeper, leaders elected out of the eligible replicas; and old forms of fencing.
const UNWRITTEN_RECORDS: [&str; 11] = [
    "AbortTransactionRecord",
    "AccessControlEntryRecord",
    "ClearElrRecord",
    "DelegationTokenRecord",
    "FenceBrokerRecord",
    "RemoveAccessControlEntryRecord",
    "RemoveDelegationTokenRecord",
    "RemoveUserScramCredentialRecord",
    "UnfenceBrokerRecord",
    "UserScramCredentialRecord",
    "ZkMigrationStateRecord",
];

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

/// All columns of an API but its fields.
fn row(api: &Api) -> Value {
    let mut row = json!({
        "id": api.id, "name": api.name, "key": api.key(), "min": api.min_version, "max": api.max_version,
        "maxUnstable": api.max_unstable_version, "enabledByDefault": api.is_enabled(),
        "listeners": api.listeners.iter().map(|listener| listener.name()).collect::<Vec<_>>(),
        "clusterAction": api.cluster_action, "forwardable": api.forwardable,
    });
    if api.is_enabled() {
        let version = api.max_version;
        row["version"] = json!(version);
        row["requestHeader"] = json!(api.request_header_version(version));
        row["responseHeader"] = json!(api.response_header_version(version));
        row["flexible"] = json!(api.is_flexible(version));
        row["firstFlexible"] = json!(api.first_flexible_version.unwrap_or(-1));
    }
    row
}

fn api(case: &Value, _: &Value) -> Outcome {
    let Some(api) = APIS.iter().find(|api| case["id"] == api.id) else {
        return Outcome::Failed(format!("no API {}", case["id"]));
    };
    let columns = compare(&answers(case, &["request", "response"]), &row(api));
    if let Outcome::Failed(_) = columns {
        return columns;
    }
    match ApiKey::ALL.iter().find(|spoken| spoken.id() == api.id) {
        Some(spoken) => {
            let (request, response) = spoken.schema();
            let ours = json!({
                "version": spoken.version(), "request": described(&request), "response": described(&response),
            });
            let kafka = json!({"version": case["version"], "request": case["request"], "response": case["response"]});
            compare(&kafka, &ours)
        }
        None if case.get("request").is_none() => Outcome::Held,
        None => Outcome::Listed(FIELDS_OF_APIS),
    }
}

#[test]
fn cases_apis() {
    check_file("apis.json", api);
}

fn record(case: &Value, _: &Value) -> Outcome {
    let name = case["record"].as_str().expect("a name");
    if case["group"] != "common.metadata" {
        return Outcome::Listed(OTHER_RECORDS);
    }
    if UNWRITTEN_RECORDS.contains(&name) {
        return Outcome::Listed(UNWRITTEN);
    }
    let Some((id, name, latest, fields)) = MetadataRecord::schemas().into_iter().find(|(_, ours, _, _)| *ours == name)
    else {
        return Outcome::Failed(format!("no record {name}"));
    };
    let ours = json!({"record": name, "apiKey": id, "min": 0, "max": latest, "fields": described(&fields)});
    compare(&answers(case, &["group"]), &ours)
}

#[test]
fn cases_record_schemas() {
    check_file("record-schemas.json", record);
}
