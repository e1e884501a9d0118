//! The records of the metadata log: those of a recording and ours, partition by partition and broker by broker.
//!
//! Left aside are changes that only tell of cordoned directories (they come with a heartbeat, by chance before or after
//! something else), and what the recording itself saw in one run only or elsewhere. A recording knows topics by the ids
//! that they had in the end.

use std::collections::BTreeMap;

use highwater::kafka::controller::metadata_log::decode_batch;
use serde_json::Value;

use super::Play;

/// Whom a record is about: a partition of a topic, a topic, or a broker.
fn about(record: &Value) -> String {
    let data = record;
    match record["record"].as_str().unwrap_or_default() {
        "PartitionRecord" | "PartitionChangeRecord" => {
            let topic = record["topicId"].as_str().unwrap_or_default();
            let topic = topic.trim_start_matches("{{topicId:").trim_end_matches("}}");
            format!("partition {topic}-{}", data["partitionId"])
        }
        "RegisterBrokerRecord" | "BrokerRegistrationChangeRecord" => format!("broker {}", data["brokerId"]),
        "RegisterControllerRecord" => format!("controller {}", data["controllerId"]),
        _ => "topic".to_string(),
    }
}

/// What two runs have in common of a record.
fn comparable(record: &Value) -> String {
    let mut record = record.clone();
    let fields = record.as_object_mut().expect("a record");
    for key in ["topicId", "directories", "brokerEpoch", "incarnationId", "logDirs", "endPoints", "features", "rack"] {
        fields.remove(key);
    }
    for key in ["isr", "eligibleLeaderReplicas", "{{id}}"] {
        // One placeholder of the recordings hides the name of the eligible leaders.
        if let Some(mut ids) = fields.remove(key) {
            if let Some(ids) = ids.as_array_mut() {
                ids.sort_by_key(Value::as_i64);
            }
            fields.insert(key.replace("{{id}}", "eligibleLeaderReplicas"), ids);
        }
    }
    record.to_string()
}

fn only_cordons(record: &Value) -> bool {
    record["record"] == "BrokerRegistrationChangeRecord"
        && record.get("fenced").is_none()
        && record.get("inControlledShutdown").is_none()
}

type Grouped = BTreeMap<String, Vec<String>>;

/// Rows of each partition, topic and broker in order; those in `aside` are left out.
fn grouped(rows: impl Iterator<Item = Value>, aside: &[String]) -> Grouped {
    let mut grouped = Grouped::new();
    for row in rows.filter(|row| row.get("control").is_none() && !only_cordons(row)) {
        let text = comparable(&row);
        if !aside.contains(&text) {
            grouped.entry(about(&row)).or_default().push(text);
        }
    }
    grouped
}

impl Play {
    fn our_records(&self) -> Vec<Value> {
        let Some(controller) = self.timeline.world().active_controller() else { return Vec::new() };
        let named = self.recorded_names();
        // Records of a topic that the recording knows by no name are not in it.
        let known = |name: &str| {
            let rows = self.recorded_records();
            rows.iter().any(|row| row["name"] == name && row["topicId"].as_str().is_none_or(|id| id != "{{id}}"))
        };
        let topics = controller.image.topics.values().filter(|topic| known(&topic.name));
        let ids: Vec<Value> = topics.map(|topic| Value::from(topic.id.to_string())).collect();
        let mut rows = Vec::new();
        for record in controller.log().read_uncommitted(self.begin, i32::MAX).iter().flat_map(decode_batch) {
            let printed: Value = serde_json::from_str(&record.to_json()).expect("records print as JSON");
            let mut row = printed["data"].clone();
            row["record"] = Value::from(record.schema_name());
            let name = row["name"].as_str();
            let of_known_topic =
                name.map_or(ids.contains(&row["topicId"]), |name| named.iter().any(|known| known == name));
            if row.get("topicId").is_none() || of_known_topic {
                let topic = controller.image.topics.values().find(|topic| row["topicId"] == topic.id.to_string());
                if let Some(topic) = topic {
                    row["topicId"] = Value::from(topic.name.to_string());
                }
                rows.push(row);
            }
        }
        rows
    }

    fn recorded_records(&self) -> Vec<Value> {
        self.recording["metadata_records"].as_array().cloned().unwrap_or_default()
    }

    /// The names in those records: of topics and configs.
    pub(super) fn recorded_names(&self) -> Vec<String> {
        let records = self.recorded_records();
        records.iter().filter_map(|row| row["name"].as_str()).map(str::to_string).collect()
    }

    pub(super) fn compare_metadata_records(&mut self) {
        let known = ["TopicRecord", "ConfigRecord", "ClearElrRecord", "PartitionRecord", "PartitionChangeRecord"];
        let brokers =
            ["RegisterBrokerRecord", "BrokerRegistrationChangeRecord", "RemoveTopicRecord", "RegisterControllerRecord"];
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let unordered = &self.recording["unordered"];
        let aside: Vec<String> = ["metadata_records_run_1", "metadata_records_run_2"]
            .iter()
            .flat_map(|run| list(&unordered[*run]))
            .filter(|row| row.get("control").is_none())
            .map(|row| comparable(&row))
            .collect();
        // Set-up and clusters with one controller restart controllers for reasons of their own.
        let of_quorum = self.recording["area"] == "kraft";
        let is_told = |row: &Value| of_quorum || row["record"] != "RegisterControllerRecord";
        let wanted = grouped(self.recorded_records().into_iter().filter(is_told), &aside);
        let is_kind = |row: &Value| known.iter().chain(&brokers).any(|kind| row["record"] == *kind);
        let ours = grouped(self.our_records().into_iter().filter(is_kind), &aside);
        for (whom, rows) in wanted.iter().filter(|(whom, _)| !self.aside.iter().any(|aside| whom.contains(aside))) {
            self.compared += rows.len() as u32;
            let found = ours.get(whom).cloned().unwrap_or_default();
            if *rows != found {
                self.wrong.push(format!(
                    "records of {whom}: Kafka\n    {}\n  we\n    {}",
                    rows.join("\n    "),
                    found.join("\n    ")
                ));
            }
        }
    }
}
