//! Observations of a recording, looked for in our cluster.

use highwater::kafka::event::Event;
use highwater::kafka::ids::NodeId;
use serde_json::{Map, Value, json};

use super::Play;
use crate::logs::pattern;

/// Observations that cannot be compared, by the end of their names.
const LEFT_OUT: &[(&str, &str)] = &[
    ("_ms", "durations of a busy machine"),
    ("nodes", "what a certain client saw of the nodes"),
    ("position", "told by the records that are read"),
    ("isr_full", "told by the partition"),
    ("isr_of_orders_0_seen", "told by the records of the metadata log"),
    ("before", "read between two marks"),
    ("read_while_frozen", "read between two marks"),
    ("read_after_thaw", "read between two marks"),
    ("end_offset_while_frozen", "read between two marks"),
    ("directories", "names of directories"),
    ("error", "told by the tool"),
    ("listed", "0 where nothing is reassigned, which the partition tells"),
    ("ok", "told by the status of the line"),
    ("count", "told by the partition"),
    ("_alive", "told by what follows"),
    ("result", "told by what stands around it"),
];

/// What the recording's admin client was told and a tool says in other words.
const TOLD_BY_TOOLS: &[(&str, &str)] =
    &[("Leader election not needed for topic partition.", "Valid replica already elected for partitions")];

impl Play {
    /// Compares what a recording says at a path.
    pub(super) fn look(&mut self, path: &str, aside: &[&str], expected: &Value) {
        let inner = path.split_once("/observe/").map_or("", |(_, inner)| inner);
        if path.contains("/directories/") || aside.iter().any(|prefix| inner.starts_with(prefix)) || self.varies(path) {
            return;
        }
        let name = path.rsplit('/').next().unwrap_or_default().to_string();
        match expected {
            Value::Object(fields) if fields.contains_key("about") || fields.contains_key("about_from") => {}
            Value::Object(fields) => self.look_at_fields(path, aside, &name, fields),
            Value::Array(rows) if matches!(name.as_str(), "consumed" | "records") => self.look_at_delivered(path, rows),
            Value::String(text) if text == "ok" => {}
            _ if self.look_at_quorum(path, &name, expected) => {}
            _ if LEFT_OUT.iter().any(|(end, _)| name.ends_with(end)) => {}
            other => self.wrong.push(format!("{path}: nobody looks at {other}")),
        }
    }

    /// The recording says itself that this was otherwise in another run.
    fn varies(&self, path: &str) -> bool {
        let paths = self.recording["unordered"]["paths"].as_array();
        paths.is_some_and(|paths| paths.iter().any(|varied| varied == path))
    }

    fn look_at_fields(&mut self, path: &str, aside: &[&str], name: &str, fields: &Map<String, Value>) {
        let has = |key: &str| fields.contains_key(key);
        if has("throws") {
            self.look_at_failure(path, &fields["throws"]);
        } else if has("class") && has("message") {
            self.look_at_printed(path, &plain_text(&fields["message"]));
        } else if has("has_offset") {
            let acked = self.acked();
            self.compare(path, &fields["offset"], &json!(acked.last()));
        } else if has("first") && has("last") {
            let acked = self.acked();
            self.compare(&format!("{path}/last"), &fields["last"]["offset"], &json!(acked.last()));
            let first = acked.iter().any(|offset| json!(offset) == fields["first"]["offset"]);
            self.compare(&format!("{path}/first"), &json!(true), &json!(first));
        } else if has("adding") {
            let partition = self.reassignment("orders", 0);
            self.compare(path, &json!(fields), &partition);
        } else if has("low_watermark") {
            self.look_at_printed(path, &format!("low_watermark: {}", fields["low_watermark"]));
        } else if has("log_end") {
            let broker = name.parse().unwrap_or(1);
            self.look_at_log(path, NodeId(broker), fields);
        } else if has("leader") && has("isr") {
            self.look_at_partition(path, fields);
        } else if has("high_watermark") {
            self.look_at_offsets(path, "orders", name.parse().unwrap_or(0), fields);
        } else {
            for (key, value) in fields {
                self.look(&format!("{path}/{key}"), aside, value);
            }
            return;
        }
        // What else stands there.
        for (key, value) in fields.iter().filter(|(key, _)| ["result", "partition"].contains(&key.as_str())) {
            if value.is_object() {
                self.look(&format!("{path}/{key}"), aside, value);
            }
        }
    }

    /// Who leads the controllers, compared with the beginning; says whether the observation was of that kind.
    fn look_at_quorum(&mut self, path: &str, name: &str, expected: &Value) -> bool {
        let ((leader, epoch), (led, epoch_then)) = (self.quorum(), self.led);
        let voters = || self.timeline.world().active_controller().map(|leader| leader.raft.voters().clone());
        let topics =
            || self.image().map(|image| image.topics.keys().map(|topic| topic.to_string()).collect::<Vec<_>>());
        let actual = match name {
            "leader" => json!(leader.map(|leader| leader.0)),
            "voters" => json!(voters().iter().flat_map(|voters| voters.iter()).map(|v| v.id.0).collect::<Vec<_>>()),
            "leader_epoch" => json!(epoch),
            // How many epochs an election takes is chance, whether one was needed is not.
            "raft_epoch_increment" if *expected != json!(0) => json!(epoch > epoch_then),
            "raft_epoch_increment" => json!(epoch - epoch_then),
            "raft_epoch_grew" => json!(epoch > epoch_then),
            "leader_same" => json!(leader == led),
            "still_not_leader" | "leader_not_old" => json!(leader.is_some() && leader != Some(NodeId(101))),
            "topics_left" => json!(topics()),
            "configs" => {
                let configs = self.image().map(|image| &image.configs);
                let row =
                    configs.and_then(|all| all.iter().find(|((kind, name), _)| *kind == 2 && &**name == "orders"));
                json!(row.and_then(|(_, overrides)| overrides.get("min.insync.replicas")))
            }
            _ => return false,
        };
        let expected = if actual.is_boolean() { &json!(true) } else { expected };
        self.compare(path, expected, &actual);
        true
    }

    /// Offsets that producers were told, in order.
    fn acked(&self) -> Vec<i64> {
        let told = self.timeline.journal().iter().filter_map(|entry| match &entry.event {
            Event::Acked { offset, .. } => Some(*offset),
            _ => None,
        });
        told.collect()
    }

    /// The last send failed so, or the last tool says so.
    fn look_at_failure(&mut self, path: &str, thrown: &Value) {
        let (class, message) = (plain_text(&thrown["class"]), plain_text(&thrown["message"]));
        let last = self.timeline.journal().iter().rev().find_map(|entry| match &entry.event {
            Event::SendFailed { exception, message, .. } => Some((exception.to_string(), message.to_string())),
            _ => None,
        });
        if self.timeline.journal().iter_from(self.mark).any(|entry| matches!(entry.event, Event::SendFailed { .. })) {
            let (ours, words) = last.expect("there is one since the mark");
            let alike = class.ends_with(&ours) && pattern(&message).is_match(&words);
            self.compare(path, &json!(true), &json!(alike));
            if !alike {
                self.wrong.push(format!("{path}: {class}: {message}, and here {ours}: {words}"));
            }
        } else {
            self.look_at_printed(path, &message);
        }
    }

    fn look_at_printed(&mut self, path: &str, text: &str) {
        self.compared += 1;
        let told = TOLD_BY_TOOLS.iter().find(|(message, _)| *message == text);
        let text = told.map_or(text, |(_, words)| *words);
        if !pattern(&format!("{{{{before}}}}{text}{{{{behind}}}}")).is_match(&self.printed) {
            self.wrong.push(format!("{path}: {text:?} is not in {:?}", self.printed));
        }
    }

    fn compare(&mut self, path: &str, expected: &Value, actual: &Value) {
        self.compared += 1;
        if !matches(expected, actual) {
            self.wrong.push(format!("{path}: Kafka {expected}, we {actual}"));
        }
    }

    fn look_at_partition(&mut self, path: &str, fields: &Map<String, Value>) {
        let mut names = path.rsplit('/');
        let last = names.next().unwrap_or_default();
        let (topic, number) = match (last.parse::<i32>(), path.strip_prefix("final/topics/")) {
            (Ok(number), Some(rest)) => (rest.split('/').next().unwrap_or_default().to_string(), number),
            (Ok(number), None) => ("orders".to_string(), number),
            (Err(_), _) if self.has_topic(last) => (last.to_string(), 0),
            (Err(_), _) => (self.newest_topic(), 0),
        };
        let Some(actual) = self.partition_facts(&topic, number) else {
            return self.wrong.push(format!("{path}: there is no {topic}-{number}"));
        };
        for key in ["leader", "leader_epoch", "replicas", "isr", "elr", "last_known_elr", "offline"] {
            if let Some(expected) = fields.get(key).filter(|_| !self.varies(&format!("{path}/{key}"))) {
                let varied = (0..9).any(|place| self.varies(&format!("{path}/{key}/{place}")));
                if !varied {
                    self.compare(&format!("{path}/{key}"), expected, &actual[key]);
                }
            }
        }
        if fields.contains_key("high_watermark") {
            self.look_at_offsets(path, &topic, number, fields);
        }
        for (broker, log) in fields.get("replica_logs").and_then(Value::as_object).into_iter().flatten() {
            let place = format!("{path}/replica_logs/{broker}");
            let log = log.as_object().expect("a log");
            self.look_at_log_of(&place, NodeId(broker.parse().expect("a broker")), (&topic, number), log);
        }
    }

    fn has_topic(&self, name: &str) -> bool {
        self.image().is_some_and(|image| image.topics.contains_key(name))
    }

    /// The topic of the recording that was made last: what is observed without a name is about it.
    fn newest_topic(&self) -> String {
        let recorded = self.recorded_names();
        let made = self.timeline.journal().iter().rev().find_map(|entry| match &entry.event {
            Event::TopicCreated { topic, .. } => Some(topic.to_string()).filter(|name| recorded.contains(name)),
            _ => None,
        });
        made.unwrap_or_default()
    }

    fn partition_facts(&self, topic: &str, number: i32) -> Option<Value> {
        let image = self.image()?;
        let partition = image.partition(topic, number)?;
        let ids = |nodes: &[NodeId]| json!(nodes.iter().map(|node| node.0).collect::<Vec<_>>());
        let fenced = |node: &&NodeId| image.brokers.get(*node).is_none_or(|broker| broker.fenced);
        let offline: Vec<i32> = partition.replicas.iter().filter(fenced).map(|node| node.0).collect();
        Some(json!({
            "leader": partition.leader.map_or(-1, |leader| leader.0), "leader_epoch": partition.leader_epoch.0,
            "replicas": ids(&partition.replicas), "isr": ids(&partition.isr), "elr": ids(&partition.elr),
            "last_known_elr": ids(&partition.last_known_elr), "offline": offline,
        }))
    }

    /// A reassignment under way, as `kafka-reassign-partitions --list` would have it.
    fn reassignment(&self, topic: &str, number: i32) -> Value {
        let Some(partition) = self.image().and_then(|image| image.partition(topic, number)) else { return Value::Null };
        let ids = |nodes: &[NodeId]| json!(nodes.iter().map(|node| node.0).collect::<Vec<_>>());
        let (adding, removing) = (ids(&partition.adding_replicas), ids(&partition.removing_replicas));
        json!({"replicas": ids(&partition.replicas), "adding": adding, "removing": removing})
    }

    fn look_at_offsets(&mut self, path: &str, topic: &str, number: i32, fields: &Map<String, Value>) {
        let log = self.leader_log(&Play::tp(topic, number));
        let actual =
            log.map(|log| json!({"log_start": log.log_start_offset(), "high_watermark": log.high_watermark()}));
        for key in ["log_start", "high_watermark"] {
            let place = format!("{path}/{key}");
            if let Some(expected) = fields.get(key).filter(|_| !self.varies(&place)) {
                let found = actual.as_ref().map_or(Value::Null, |actual| actual[key].clone());
                self.compare(&place, expected, &found);
            }
        }
    }

    fn look_at_log(&mut self, path: &str, broker: NodeId, fields: &Map<String, Value>) {
        let topic = self.newest_topic();
        self.look_at_log_of(path, broker, (&topic, 0), fields);
    }

    fn look_at_log_of(&mut self, path: &str, broker: NodeId, at: (&str, i32), fields: &Map<String, Value>) {
        let Some(log) = self.log(broker, &Play::tp(at.0, at.1)) else {
            return self.wrong.push(format!("{path}: broker {broker} has no log"));
        };
        let epochs: Vec<Value> =
            log.leader_epochs().entries().map(|(epoch, start)| json!({"epoch": epoch.0, "start": start})).collect();
        let mut records = Vec::new();
        for batch in log.segments().flat_map(|segment| segment.batches().iter()).map(|placed| &placed.batch) {
            for stored in batch.records().expect("what is stored can be read") {
                let value = stored.record.value.as_deref().map(String::from_utf8_lossy);
                let mut row =
                    json!({"offset": stored.offset, "epoch": batch.partition_leader_epoch().0, "value": value});
                if batch.has_producer_id() {
                    row["producer_epoch"] = json!(batch.producer_epoch().0);
                    row["sequence"] = json!(stored.sequence);
                }
                records.push(row);
            }
        }
        let actual = json!({"log_end": log.log_end_offset(), "epochs": epochs, "records": records});
        for (key, expected) in fields {
            let place = format!("{path}/{key}");
            if !self.varies(&place) {
                self.compare(&place, expected, &actual[key]);
            }
        }
    }

    /// `partition@offset=value` of what consumers got since the last mark.
    fn look_at_delivered(&mut self, path: &str, expected: &[Value]) {
        let mut got = Vec::new();
        for entry in self.timeline.journal().iter_from(self.mark) {
            let Event::Delivered { tp, offset, .. } = &entry.event else { continue };
            let batch = self.leader_log(tp).and_then(|log| log.batch_at(*offset));
            let records = batch.map(|batch| batch.records().expect("it can be read")).unwrap_or_default();
            let value =
                records.into_iter().find(|stored| stored.offset == *offset).and_then(|stored| stored.record.value);
            let value = value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
            got.push(json!(format!("{}@{offset}={value}", tp.partition)));
        }
        self.compare(path, &json!(expected), &json!(got));
    }

    /// Callbacks tell the offsets that producers were told.
    pub(super) fn compare_client_events(&mut self) {
        for event in self.recording["client_events"].as_array().cloned().unwrap_or_default() {
            if event["event"] == "callback" && event["offset"].is_number() {
                let known = self.acked().iter().any(|offset| json!(offset) == event["offset"]);
                self.compare("client_events", &json!(true), &json!(known));
            }
        }
    }
}

fn plain_text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

/// Whether a value is as in one of the runs.
fn matches(expected: &Value, actual: &Value) -> bool {
    match expected {
        Value::Object(fields) if fields.contains_key("varied") => {
            fields["varied"].as_array().is_some_and(|runs| runs.iter().any(|run| matches(run, actual)))
        }
        Value::Object(fields) => {
            let other = actual.as_object();
            other.is_some_and(|other| {
                let here = |(key, value): (&String, &Value)| other.get(key).is_some_and(|found| matches(value, found));
                fields.len() == other.len() && fields.iter().all(here)
            })
        }
        Value::Array(rows) => {
            let other = actual.as_array();
            other.is_some_and(|other| {
                rows.len() == other.len() && rows.iter().zip(other).all(|(row, other)| matches(row, other))
            })
        }
        Value::String(text) if text.contains("{{") => {
            text == "{{absent}}" || actual.as_str().is_some_and(|actual| pattern(text).is_match(actual))
        }
        value => value == actual,
    }
}
