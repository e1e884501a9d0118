//! The controller's decisions: registrations, heartbeats, fencing, topics, AlterPartition, elections, reassignment,
//! configs, with its answers and the records that it writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::controller_order::{comparable, in_order, left_to_draws, sorted};
use super::{Outcome, check_file};
use highwater::kafka::controller::metadata_log::decode_batch;
use highwater::kafka::controller::quorum::broker_features;
use highwater::kafka::controller::raft::QuorumDisk;
use highwater::kafka::controller::{Controller, ControllerSettings, ReplyTo};
use highwater::kafka::effects::{Action, Effects};
use highwater::kafka::ids::{BrokerEpoch, ClientIndex, LeaderEpoch, NodeId, PartitionEpoch, ProcessId, Uuid};
use highwater::kafka::image::PartitionRegistration;
use highwater::kafka::protocol::brokers::*;
use highwater::kafka::protocol::configs::*;
use highwater::kafka::protocol::replication::*;
use highwater::kafka::protocol::topics::*;
use highwater::kafka::protocol::{Body, Channel, Request, Response};
use highwater::kafka::record::Voter;
use highwater::time::{SimDuration, SimTime};

const CLUSTER: Uuid = Uuid(7);
const TOPIC_RESOURCE: i8 = 2;

struct Bench {
    controller: Controller,
    now: SimTime,
    /// How often each broker has registered, and its newest epoch.
    lives: BTreeMap<i32, (u128, BrokerEpoch)>,
    /// Brokers that were let go.
    left: BTreeSet<i32>,
    /// Brokers whose sessions have run out: they are silent until they register again.
    expired: BTreeSet<NodeId>,
    /// Topic ids as the recording writes them.
    names: BTreeMap<String, String>,
    before: BTreeMap<String, PartitionRegistration>,
}

fn number(value: &Value) -> i32 {
    value.as_i64().expect("a number") as i32
}

fn nodes(list: &Value) -> Vec<NodeId> {
    list.as_array().expect("a list").iter().map(|id| NodeId(number(id))).collect()
}

fn text_of(value: &Value) -> Arc<str> {
    Arc::from(value.as_str().expect("a string"))
}

fn pairs(value: &Value) -> Vec<(Arc<str>, Option<Arc<str>>)> {
    let rows = value.as_object().into_iter().flatten();
    rows.map(|(key, value)| (Arc::from(key.as_str()), value.as_str().map(Arc::from))).collect()
}

impl Bench {
    fn new(case: &Value) -> Bench {
        let now = SimTime::DEFAULT_START;
        // It leads from the two records on that end at 100: the change of leader and its own registration.
        let voter = Voter { id: NodeId(0), directory_id: Uuid(8) };
        let mut disk = QuorumDisk::new(voter.directory_id, now);
        disk.log.log.truncate_fully_and_start_at(98, None, now);
        let configs = pairs(&case["staticConfig"]).into_iter();
        let server: BTreeMap<String, String> =
            configs.filter_map(|(key, value)| Some((key.to_string(), value?.to_string()))).collect();
        let settings = ControllerSettings {
            num_partitions: number(&case["defaultPartitions"]),
            default_replication_factor: number(&case["defaultReplicationFactor"]) as i16,
            server_config: Arc::new(server),
            ..ControllerSettings::default()
        };
        let mut controller = Controller::new(NodeId(0), CLUSTER, settings, Arc::new([voter]), disk, 1);
        let level = i16::from(case["elr"] == true);
        controller.image.features.insert(Arc::from("eligible.leader.replicas.version"), level);
        controller.image.next_offset = 98;
        controller.handle_timeout(now, &mut Effects::default());
        assert_eq!((controller.is_in_charge(), controller.image.next_offset), (true, 100));
        Bench {
            controller,
            now,
            lives: BTreeMap::new(),
            left: BTreeSet::new(),
            expired: BTreeSet::new(),
            names: BTreeMap::new(),
            before: BTreeMap::new(),
        }
    }

    fn ask(&mut self, request: impl Into<Request>) -> Response {
        let to = ProcessId::Client(ClientIndex(0));
        let reply = ReplyTo { to, channel: Channel::Forwarding, correlation_id: 1 };
        let mut fx = Effects::default();
        self.controller.handle_request(self.now, reply, &request.into(), &mut fx);
        let answer = fx.actions.into_iter().find_map(|action| match action {
            Action::Send { message, .. } => Some(message.body),
            _ => None,
        });
        match answer {
            Some(Body::Response(response)) => response,
            other => panic!("the controller answers, and not {other:?}"),
        }
    }

    fn heartbeat(&mut self, step: &Value) -> Value {
        let id = number(&step["broker"]);
        let request = BrokerHeartbeatRequest {
            broker_id: NodeId(id),
            broker_epoch: self.lives[&id].1,
            current_metadata_offset: self.controller.log().next_offset() - 1,
            want_fence: step["wantFence"] == true,
            want_shut_down: step["wantShutDown"] == true,
            offline_log_dirs: Vec::new(),
            cordoned_log_dirs: None,
        };
        let request_leaves = request.want_shut_down;
        // The recorded brokers know at once of a shutdown that begins.
        for other in self.controller.image.brokers.keys().copied().collect::<Vec<_>>() {
            if other.0 != id && !self.expired.contains(&other) {
                self.controller.note_contact(other, self.now, i64::MAX, None);
            }
        }
        self.expired.remove(&NodeId(id));
        let Response::BrokerHeartbeat(answer) = self.ask(request) else { panic!("a heartbeat is answered") };
        if answer.should_shut_down {
            self.left.insert(id);
        }
        let leaving = self.controller.image.brokers[&NodeId(id)].in_controlled_shutdown;
        json!({
            "inControlledShutdown": leaving && request_leaves && !answer.is_fenced,
            "isCaughtUp": answer.is_caught_up,
            "isFenced": answer.is_fenced,
            "shouldShutDown": answer.should_shut_down,
        })
    }

    fn register(&mut self, step: &Value) -> Value {
        let id = number(&step["broker"]);
        let (life, last) = self.lives.get(&id).copied().unwrap_or((0, BrokerEpoch(-1)));
        let clean = step["cleanShutdown"] == true;
        let request = BrokerRegistrationRequest {
            broker_id: NodeId(id),
            cluster_id: Arc::from(CLUSTER.to_string()),
            incarnation_id: Uuid((id as u128) << 64 | (life + 1)),
            listeners: vec![BrokerListener {
                name: Arc::from("PLAINTEXT"),
                host: Arc::from(format!("b{id}")),
                port: 9092,
                security_protocol: 0,
            }],
            features: broker_features(),
            rack: step["rack"].as_str().map(Arc::from),
            is_migrating_zk_broker: false,
            log_dirs: vec![Uuid((0xd100_0000 + id as u128) << 64 | 0xd1)],
            previous_broker_epoch: if clean { last } else { BrokerEpoch(-1) },
        };
        self.expired.remove(&NodeId(id));
        let Response::BrokerRegistration(answer) = self.ask(request) else { panic!("a registration is answered") };
        self.lives.insert(id, (life + 1, answer.broker_epoch));
        json!({"brokerEpoch": answer.broker_epoch.0})
    }

    /// While a session runs out, the recorded brokers that were let go send heartbeats again, which is not recorded.
    fn returns(&mut self, step: &Value) {
        let dead = number(&step["broker"]);
        self.left.remove(&dead);
        for id in std::mem::take(&mut self.left) {
            self.heartbeat(&json!({"broker": id}));
        }
        self.changed();
    }

    fn session_expires(&mut self, step: &Value) -> Value {
        let dead = NodeId(number(&step["broker"]));
        self.now += SimDuration::from_secs(10);
        self.expired.insert(dead);
        for id in self.controller.image.brokers.keys().copied().collect::<Vec<_>>() {
            if !self.expired.contains(&id) {
                self.controller.renew_session(id, self.now);
            }
        }
        let mut fx = Effects::default();
        self.controller.fence_stale_brokers(self.now, &mut fx);
        step["response"].clone()
    }

    fn create_topic(&mut self, step: &Value) -> Value {
        let mut assignments: Vec<Vec<NodeId>> =
            step["assignments"].as_array().into_iter().flatten().map(nodes).collect();
        let (mut partitions, mut factor) = (number(&step["partitions"]), number(&step["replicationFactor"]) as i16);
        let placed = placed(step);
        if assignments.is_empty() && !placed.is_empty() {
            // Where Kafka's draws lead is held by placement.json.
            (assignments, partitions, factor) = (placed, -1, -1);
        }
        let topic = CreatableTopic {
            name: text_of(&step["name"]),
            num_partitions: partitions,
            replication_factor: factor,
            assignments: (0..)
                .zip(assignments)
                .map(|(partition_index, broker_ids)| CreatableReplicaAssignment { partition_index, broker_ids })
                .collect(),
            configs: pairs(&step["configs"])
                .into_iter()
                .map(|(name, value)| CreatableTopicConfig { name, value })
                .collect(),
        };
        let validate_only = step["validateOnly"] == true;
        let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 1_000, validate_only };
        let Response::CreateTopics(answer) = self.ask(request) else { panic!("a creation is answered") };
        let row = &answer.topics[0];
        json!({"name": row.name, "errorCode": row.error_code.code(), "errorMessage": row.error_message})
    }

    fn create_partitions(&mut self, step: &Value) -> Value {
        let placed = placed(step);
        let rows = placed.into_iter().map(|broker_ids| CreatePartitionsAssignment { broker_ids }).collect::<Vec<_>>();
        let topic = CreatePartitionsTopic {
            name: text_of(&step["topic"]),
            count: number(&step["count"]),
            assignments: Some(rows).filter(|rows| !rows.is_empty()),
        };
        let request = CreatePartitionsRequest { topics: vec![topic], timeout_ms: 1_000, validate_only: false };
        let Response::CreatePartitions(answer) = self.ask(request) else { panic!("a growth is answered") };
        let row = &answer.results[0];
        json!([[row.name, row.error_code.name(), row.error_message]])
    }

    fn delete_topic(&mut self, step: &Value) -> Value {
        let topics = vec![DeleteTopicState { name: Some(text_of(&step["topic"])), topic_id: Uuid::ZERO }];
        let Response::DeleteTopics(answer) = self.ask(DeleteTopicsRequest { topics, timeout_ms: 1_000 }) else {
            panic!("a deletion is answered")
        };
        json!({answer.responses[0].topic_id.to_string(): answer.responses[0].error_code.name()})
    }

    fn alter_config(&mut self, step: &Value) -> Value {
        let row = |(name, value): (Arc<str>, Option<Arc<str>>)| AlterableConfig {
            name,
            config_operation: if value.is_some() { 0 } else { 1 },
            value,
        };
        let resource = AlterConfigsResource {
            resource_type: TOPIC_RESOURCE,
            resource_name: text_of(&step["topic"]),
            configs: pairs(&step["config"]).into_iter().map(row).collect(),
        };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
        let Response::IncrementalAlterConfigs(answer) = self.ask(request) else { panic!("an alteration is answered") };
        let row = &answer.responses[0];
        if row.error_code.is_none() {
            return json!("NONE");
        }
        json!([row.error_code.name(), row.error_message])
    }

    fn topic_id(&self, name: &str) -> Uuid {
        self.controller.image.topics.get(name).map_or(Uuid(1 << 100), |topic| topic.id)
    }

    fn alter_partition(&mut self, step: &Value) -> Value {
        let member = |row: &Value| IsrMember {
            broker_id: NodeId(number(&row[0])),
            broker_epoch: BrokerEpoch(row[1].as_i64().expect("an epoch")),
        };
        let partition = AlterPartitionPartition {
            partition_index: number(&step["partition"]),
            leader_epoch: LeaderEpoch(number(&step["leaderEpoch"])),
            new_isr_with_epochs: step["newIsr"].as_array().expect("a list").iter().map(member).collect(),
            leader_recovery_state: number(&step["leaderRecoveryState"]) as i8,
            partition_epoch: PartitionEpoch(number(&step["partitionEpoch"])),
        };
        let topic_id = self.topic_id(step["topic"].as_str().expect("a name"));
        let request = AlterPartitionRequest {
            broker_id: NodeId(number(&step["from"])),
            broker_epoch: BrokerEpoch(step["brokerEpoch"].as_i64().expect("an epoch")),
            topics: vec![AlterPartitionTopic { topic_id, partitions: vec![partition] }],
        };
        let Response::AlterPartition(answer) = self.ask(request) else { panic!("an alteration is answered") };
        let row = |row: &AlteredPartition| {
            json!({
                "partitionIndex": row.partition_index, "errorCode": row.error_code.code(),
                "leaderId": row.leader_id.0, "leaderEpoch": row.leader_epoch.0,
                "isr": row.isr.iter().map(|node| node.0).collect::<Vec<_>>(),
                "leaderRecoveryState": row.leader_recovery_state, "partitionEpoch": row.partition_epoch.0,
            })
        };
        let topic = |topic: &AlteredTopic| {
            let rows: Vec<Value> = topic.partitions.iter().map(row).collect();
            json!({"topicId": topic.topic_id.to_string(), "partitions": rows})
        };
        let topics: Vec<Value> = answer.topics.iter().map(topic).collect();
        json!({"throttleTimeMs": 0, "errorCode": answer.error_code.code(), "topics": topics})
    }

    fn elect(&mut self, step: &Value) -> Value {
        let asked = &step["partitions"];
        let topic = || ElectLeadersTopic {
            topic: text_of(&asked["topic"]),
            partitions: asked["partitions"].as_array().expect("a list").iter().map(number).collect(),
        };
        let request = ElectLeadersRequest {
            election_type: i8::from(step["type"] == "UNCLEAN"),
            topic_partitions: (!asked.is_null()).then(|| vec![topic()]),
            timeout_ms: 1_000,
        };
        let Response::ElectLeaders(answer) = self.ask(request) else { panic!("an election is answered") };
        let row = |row: &ElectionPartitionResult| {
            let (code, message) = (row.error_code.code(), &row.error_message);
            json!({"partitionId": row.partition_id, "errorCode": code, "errorMessage": message})
        };
        let topic = |topic: &ReplicaElectionResult| {
            let rows: Vec<Value> = topic.partition_result.iter().map(row).collect();
            json!({"topic": topic.topic, "partitionResult": rows})
        };
        let results: Vec<Value> = answer.replica_election_results.iter().map(topic).collect();
        json!({"throttleTimeMs": 0, "errorCode": answer.error_code.code(), "replicaElectionResults": results})
    }

    fn reassign(&mut self, step: &Value) -> Value {
        let partition = ReassignablePartition {
            partition_index: number(&step["partition"]),
            replicas: (!step["replicas"].is_null()).then(|| nodes(&step["replicas"])),
        };
        let request = AlterPartitionReassignmentsRequest {
            timeout_ms: 1_000,
            allow_replication_factor_change: step["response"]["allowReplicationFactorChange"] == true,
            topics: vec![ReassignableTopic { name: text_of(&step["topic"]), partitions: vec![partition] }],
        };
        let Response::AlterPartitionReassignments(answer) = self.ask(request) else {
            panic!("a reassignment is answered")
        };
        let row = |row: &ReassignablePartitionResponse| {
            let (code, message) = (row.error_code.code(), &row.error_message);
            json!({"partitionIndex": row.partition_index, "errorCode": code, "errorMessage": message})
        };
        let topic = |topic: &ReassignableTopicResponse| {
            let rows: Vec<Value> = topic.partitions.iter().map(row).collect();
            json!({"name": topic.name, "partitions": rows})
        };
        let responses: Vec<Value> = answer.responses.iter().map(topic).collect();
        json!({
            "throttleTimeMs": 0, "allowReplicationFactorChange": answer.allow_replication_factor_change,
            "errorCode": answer.error_code.code(), "errorMessage": answer.error_message, "responses": responses,
        })
    }

    fn periodic(&mut self, step: &Value) -> Value {
        let mut fx = Effects::default();
        if step["op"] == "maybeBalancePartitionLeaders" {
            self.controller.balance_leaders(self.now, &mut fx);
        } else {
            self.controller.elect_unclean_leaders(self.now, &mut fx);
        }
        step["response"].clone()
    }

    fn carry_out(&mut self, step: &Value) -> Value {
        match step["op"].as_str().expect("a name") {
            "registerBroker" => self.register(step),
            "heartbeat" => self.heartbeat(step),
            "sessionExpires" => self.session_expires(step),
            "createTopic" => self.create_topic(step),
            "createPartitions" => self.create_partitions(step),
            "deleteTopic" => self.delete_topic(step),
            "alterTopicConfig" => self.alter_config(step),
            "alterPartition" => self.alter_partition(step),
            "electLeaders" => self.elect(step),
            "alterPartitionReassignments" => self.reassign(step),
            _ => self.periodic(step),
        }
    }

    /// Topic ids under the recording's names.
    fn named(&mut self, value: &Value) -> Value {
        for (id, name) in &self.controller.image.topic_names {
            self.names.insert(id.to_string(), format!("id:{name}"));
        }
        let text = self.names.iter().fold(value.to_string(), |text, (id, name)| text.replace(id, name));
        serde_json::from_str(&text).expect("it was JSON before")
    }

    fn records_from(&self, offset: i64) -> Value {
        let batches = self.controller.log().read(offset, i32::MAX);
        let row = |record: &highwater::kafka::protocol::record_type::MetadataRecord| {
            let printed: Value = serde_json::from_str(&record.to_json()).expect("records print as JSON");
            json!([record.schema_name(), printed["version"], printed["data"]])
        };
        json!(batches.iter().flat_map(decode_batch).map(|record| row(&record)).collect::<Vec<_>>())
    }

    /// The partitions that changed, as the recording shows them.
    fn changed(&mut self) -> Value {
        let ids = |list: &[NodeId]| json!(list.iter().map(|node| node.0).collect::<Vec<_>>());
        let mut after = serde_json::Map::new();
        let mut now = BTreeMap::new();
        for (tp, _, partition) in self.controller.image.partitions() {
            if self.before.get(&tp.to_string()) != Some(partition) {
                let mut row = json!({
                    "leader": partition.leader.map_or(-1, |leader| leader.0),
                    "leaderEpoch": partition.leader_epoch.0, "partitionEpoch": partition.partition_epoch.0,
                    "replicas": ids(&partition.replicas), "isr": ids(&partition.isr),
                });
                let lists = [
                    ("removing", &partition.removing_replicas),
                    ("adding", &partition.adding_replicas),
                    ("elr", &partition.elr),
                    ("lastKnownElr", &partition.last_known_elr),
                ];
                for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                    row[key] = ids(list);
                }
                if partition.leader_recovery_state == 1 {
                    row["recovery"] = json!("RECOVERING");
                }
                after.insert(tp.to_string(), row);
            }
            now.insert(tp.to_string(), partition.clone());
        }
        self.before = now;
        Value::Object(after)
    }
}

/// The replicas that a recorded step gave to new partitions, by number.
fn placed(step: &Value) -> Vec<Vec<NodeId>> {
    let records = step["records"].as_array().into_iter().flatten();
    let partitions = records.filter(|record| record[0] == "PartitionRecord" && step["assignments"].is_null());
    partitions.map(|record| nodes(&record[2]["replicas"])).collect()
}

fn run(case: &Value) -> Outcome {
    let mut bench = Bench::new(case);
    for (number, step) in (0..).zip(case["steps"].as_array().expect("a list")) {
        if step["op"] == "sessionExpires" {
            bench.returns(step);
        }
        let offset = bench.controller.log().next_offset();
        bench.named(&Value::Null);
        let answer = bench.carry_out(step);
        let answer = sorted(bench.named(&answer));
        let records = bench.records_from(offset);
        let records = bench.named(&records);
        let after = bench.changed();
        let place = format!("step {number} ({})", step["op"]);
        if left_to_draws(step) {
            return Outcome::Listed("which brokers Kafka drew decides");
        }
        let wanted = comparable(step);
        if answer != wanted && !(wanted.is_null() && answer.is_null()) {
            return Outcome::Failed(format!("{place}: Kafka answers {wanted}, we {answer}"));
        }
        if in_order(&records) != in_order(&step["records"]) {
            return Outcome::Failed(format!("{place}: Kafka writes {}, we {records}", step["records"]));
        }
        let wanted = if step["after"].is_null() { json!({}) } else { step["after"].clone() };
        if after != wanted {
            return Outcome::Failed(format!("{place}: Kafka has {wanted}, we {after}"));
        }
    }
    Outcome::Held
}

#[test]
fn cases_controller() {
    check_file("controller.json", |case, _| run(case));
}
