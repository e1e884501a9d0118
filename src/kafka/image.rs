//! The cluster's metadata as of some offset of `__cluster_metadata`: what replaying its records gives. The active
//! controller and every broker hold one of their own, and they may differ in age (`MetadataImage` in Kafka).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::client_quotas::ClientQuotas;
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, TopicPartition, Uuid};
use crate::kafka::protocol::metadata_records::{
    BrokerRegistrationChangeRecord, ConfigRecord, PartitionChangeRecord, PartitionRecord, RegisterBrokerRecord,
};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::seeded::SeededBug;

/// `leader` of a partition record: -1 is no leader, -2 in a change is "as before".
pub const NO_LEADER: NodeId = NodeId(-1);
pub const NO_LEADER_CHANGE: NodeId = NodeId(-2);

/// "No change" of the recovery state in a change record.
pub const RECOVERY_UNCHANGED: i8 = -1;

/// Resource types of configs (`ConfigResource.Type`).
pub const RESOURCE_TOPIC: i8 = 2;
pub const RESOURCE_BROKER: i8 = 4;
pub const RESOURCE_BROKER_LOGGER: i8 = 8;
pub const RESOURCE_CLIENT_METRICS: i8 = 16;
pub const RESOURCE_GROUP: i8 = 32;

/// A broker that has registered.
#[derive(Clone, PartialEq, Debug)]
pub struct BrokerRegistration {
    pub id: NodeId,
    pub epoch: BrokerEpoch,
    pub incarnation_id: Uuid,
    pub host: Arc<str>,
    pub port: u16,
    pub rack: Option<Arc<str>>,
    pub fenced: bool,
    pub in_controlled_shutdown: bool,
    pub directories: Vec<Uuid>,
    /// Log directories that take no new partitions (KIP-1066); none until the broker's first heartbeat has told them.
    pub cordoned: Option<Vec<Uuid>>,
}

/// A partition as the controller has decided it.
#[derive(Clone, PartialEq, Debug)]
pub struct PartitionRegistration {
    pub replicas: Vec<NodeId>,
    pub isr: Vec<NodeId>,
    pub removing_replicas: Vec<NodeId>,
    pub adding_replicas: Vec<NodeId>,
    pub elr: Vec<NodeId>,
    pub last_known_elr: Vec<NodeId>,
    pub leader: Option<NodeId>,
    pub leader_epoch: LeaderEpoch,
    pub partition_epoch: PartitionEpoch,
    pub directories: Vec<Uuid>,
    pub leader_recovery_state: i8,
}

impl PartitionRegistration {
    pub fn from_record(record: &PartitionRecord) -> PartitionRegistration {
        PartitionRegistration {
            replicas: record.replicas.clone(),
            isr: record.isr.clone(),
            removing_replicas: record.removing_replicas.clone(),
            adding_replicas: record.adding_replicas.clone(),
            elr: record.eligible_leader_replicas.clone().unwrap_or_default(),
            last_known_elr: record.last_known_elr.clone().unwrap_or_default(),
            leader: Some(record.leader).filter(|leader| leader.0 >= 0),
            leader_epoch: record.leader_epoch,
            partition_epoch: record.partition_epoch,
            directories: record.directories.clone(),
            leader_recovery_state: record.leader_recovery_state,
        }
    }

    /// Replays a change: every change moves the partition epoch, a change of leader (or to the same leader, when it
    /// is named) also the leader epoch (`PartitionRegistration.merge`).
    pub fn merge(&mut self, change: &PartitionChangeRecord) {
        let set = |field: &mut Vec<NodeId>, value: &Option<Vec<NodeId>>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        set(&mut self.isr, &change.isr);
        set(&mut self.replicas, &change.replicas);
        set(&mut self.removing_replicas, &change.removing_replicas);
        set(&mut self.adding_replicas, &change.adding_replicas);
        set(&mut self.elr, &change.eligible_leader_replicas);
        set(&mut self.last_known_elr, &change.last_known_elr);
        if let Some(directories) = &change.directories {
            self.directories.clone_from(directories);
        }
        if change.leader != NO_LEADER_CHANGE {
            self.leader = Some(change.leader).filter(|leader| leader.0 >= 0);
            self.leader_epoch.0 += i32::from(!SeededBug::LeaderEpochStays.is_planted());
        }
        if change.leader_recovery_state >= 0 {
            self.leader_recovery_state = change.leader_recovery_state;
        }
        self.partition_epoch.0 += 1;
    }
}

/// A change record that changes nothing.
pub fn unchanged(topic_id: Uuid, partition_id: i32) -> PartitionChangeRecord {
    PartitionChangeRecord {
        partition_id,
        topic_id,
        isr: None,
        leader: NO_LEADER_CHANGE,
        replicas: None,
        removing_replicas: None,
        adding_replicas: None,
        leader_recovery_state: RECOVERY_UNCHANGED,
        eligible_leader_replicas: None,
        last_known_elr: None,
        directories: None,
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct TopicImage {
    pub name: Arc<str>,
    pub id: Uuid,
    pub partitions: BTreeMap<i32, PartitionRegistration>,
}

/// Overrides of one resource's configs.
pub type ConfigOverrides = BTreeMap<Arc<str>, Arc<str>>;

#[derive(Clone, PartialEq, Debug, Default)]
pub struct MetadataImage {
    /// The offset behind the last record replayed.
    pub next_offset: i64,
    pub brokers: BTreeMap<NodeId, BrokerRegistration>,
    /// The process of each controller that has registered, by its incarnation id.
    pub controllers: BTreeMap<NodeId, Uuid>,
    pub topics: BTreeMap<Arc<str>, Arc<TopicImage>>,
    pub topic_names: BTreeMap<Uuid, Arc<str>>,
    pub configs: BTreeMap<(i8, Arc<str>), Arc<ConfigOverrides>>,
    pub client_quotas: ClientQuotas,
    pub features: BTreeMap<Arc<str>, i16>,
    pub next_producer_id: i64,
}

impl MetadataImage {
    /// Replays one record. Records come in log order; each refers only to what earlier ones made.
    pub fn replay(&mut self, record: &MetadataRecord) {
        match record {
            MetadataRecord::RegisterBroker(record) => self.replay_registration(record),
            MetadataRecord::UnregisterBroker(record) => {
                self.brokers.remove(&record.broker_id);
            }
            MetadataRecord::BrokerRegistrationChange(record) => self.replay_registration_change(record),
            MetadataRecord::Topic(record) => {
                let topic = TopicImage { name: record.name.clone(), id: record.topic_id, partitions: BTreeMap::new() };
                self.topics.insert(record.name.clone(), Arc::new(topic));
                self.topic_names.insert(record.topic_id, record.name.clone());
            }
            MetadataRecord::Partition(record) => {
                let registration = PartitionRegistration::from_record(record);
                self.topic_mut(record.topic_id).partitions.insert(record.partition_id, registration);
            }
            MetadataRecord::PartitionChange(record) => {
                let topic = self.topic_mut(record.topic_id);
                let partition = topic.partitions.get_mut(&record.partition_id);
                partition.expect("a partition is made before it is changed").merge(record);
            }
            MetadataRecord::RemoveTopic(record) => {
                let name = self.topic_names.remove(&record.topic_id).expect("a topic is made before it is removed");
                self.topics.remove(&name);
                self.configs.remove(&(RESOURCE_TOPIC, name));
            }
            MetadataRecord::Config(record) => self.replay_config(record),
            MetadataRecord::ClientQuota(record) => self.client_quotas.replay(record),
            MetadataRecord::FeatureLevel(record) => {
                self.features.insert(record.name.clone(), record.feature_level);
            }
            MetadataRecord::ClearElr(record) => self.replay_clear_elr(&record.topic_name),
            MetadataRecord::ProducerIds(record) => self.next_producer_id = record.next_producer_id,
            MetadataRecord::NoOp(_) | MetadataRecord::BeginTransaction(_) | MetadataRecord::EndTransaction(_) => {}
            MetadataRecord::RegisterController(record) => {
                self.controllers.insert(record.controller_id, record.incarnation_id);
            }
        }
    }

    /// How many partitions of the topic have eligible leaders beyond their ISR, or known ones; an empty name stands for
    /// all topics.
    pub fn with_elr(&self, name: &str) -> u32 {
        let named = self.partitions().filter(|(tp, ..)| name.is_empty() || &*tp.topic == name);
        named.filter(|(.., partition)| has_elr(partition)).count() as u32
    }

    /// No replica of the topic is eligible any more beyond its ISR; an empty name stands for all topics.
    fn replay_clear_elr(&mut self, name: &str) {
        for topic in self.topics.values_mut().filter(|topic| name.is_empty() || &*topic.name == name) {
            if topic.partitions.values().any(has_elr) {
                for (number, partition) in &mut Arc::make_mut(topic).partitions {
                    if has_elr(partition) {
                        let cleared = Some(Vec::new());
                        let change = PartitionChangeRecord {
                            eligible_leader_replicas: cleared.clone(),
                            last_known_elr: cleared,
                            ..unchanged(Uuid::ZERO, *number)
                        };
                        partition.merge(&change);
                    }
                }
            }
        }
    }

    fn topic_mut(&mut self, id: Uuid) -> &mut TopicImage {
        let name = self.topic_names.get(&id).expect("a topic is made before its partitions");
        Arc::make_mut(self.topics.get_mut(name).expect("both maps hold the same topics"))
    }

    fn replay_registration(&mut self, record: &RegisterBrokerRecord) {
        let listener = record.end_points.first();
        let registration = BrokerRegistration {
            id: record.broker_id,
            epoch: record.broker_epoch,
            incarnation_id: record.incarnation_id,
            host: listener.map_or_else(|| Arc::from(""), |listener| listener.host.clone()),
            port: listener.map_or(0, |listener| listener.port),
            rack: record.rack.clone(),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            directories: record.log_dirs.clone(),
            cordoned: record.cordoned_log_dirs.clone(),
        };
        self.brokers.insert(record.broker_id, registration);
    }

    fn replay_registration_change(&mut self, record: &BrokerRegistrationChangeRecord) {
        let Some(broker) = self.brokers.get_mut(&record.broker_id) else { return };
        match record.fenced {
            1 => broker.fenced = true,
            -1 => broker.fenced = false,
            _ => {}
        }
        if record.cordoned_log_dirs.is_some() {
            broker.cordoned.clone_from(&record.cordoned_log_dirs);
        }
        if record.in_controlled_shutdown == 1 {
            broker.in_controlled_shutdown = true;
        }
    }

    fn replay_config(&mut self, record: &ConfigRecord) {
        let resource = (record.resource_type, record.resource_name.clone());
        let overrides = Arc::make_mut(self.configs.entry(resource.clone()).or_default());
        match &record.value {
            Some(value) => {
                overrides.insert(record.name.clone(), value.clone());
            }
            None => {
                overrides.remove(&record.name);
            }
        }
        if self.configs[&resource].is_empty() {
            self.configs.remove(&resource);
        }
    }

    pub fn topic_by_id(&self, id: Uuid) -> Option<&Arc<TopicImage>> {
        self.topics.get(self.topic_names.get(&id)?)
    }

    pub fn partition(&self, topic: &str, partition: i32) -> Option<&PartitionRegistration> {
        self.topics.get(topic)?.partitions.get(&partition)
    }

    /// All partitions with their names, in the order of topic name and number.
    pub fn partitions(&self) -> impl Iterator<Item = (TopicPartition, Uuid, &PartitionRegistration)> {
        self.topics.values().flat_map(|topic| {
            let name = |number: i32| TopicPartition::new(topic.name.clone(), number);
            topic.partitions.iter().map(move |(number, registration)| (name(*number), topic.id, registration))
        })
    }

    /// Overrides of a topic, empty when it has none.
    pub fn topic_overrides(&self, topic: &str) -> ConfigOverrides {
        let key = (RESOURCE_TOPIC, Arc::from(topic));
        self.configs.get(&key).map(|overrides| (**overrides).clone()).unwrap_or_default()
    }

    /// The cluster-wide dynamic broker default of a key.
    pub fn cluster_default(&self, key: &str) -> Option<&Arc<str>> {
        self.broker_overrides(None)?.get(key)
    }

    /// What was set for one broker while it ran, or for all of them.
    pub fn broker_overrides(&self, node: Option<NodeId>) -> Option<&ConfigOverrides> {
        let name = node.map_or_else(String::new, |node| node.to_string());
        self.configs.get(&(RESOURCE_BROKER, Arc::from(name))).map(|overrides| &**overrides)
    }

    /// Brokers that can take work: registered and not fenced.
    pub fn unfenced_brokers(&self) -> impl Iterator<Item = &BrokerRegistration> {
        self.brokers.values().filter(|broker| !broker.fenced)
    }
}

fn has_elr(partition: &PartitionRegistration) -> bool {
    !partition.elr.is_empty() || !partition.last_known_elr.is_empty()
}
