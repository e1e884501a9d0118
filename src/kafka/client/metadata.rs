//! A client's cache of the cluster: brokers, leaders, topic ids, and when it has to be asked for again (`Metadata`,
//! `MetadataSnapshot`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::event::MetadataCause;
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition, Uuid};
use crate::kafka::java_order::{sort_by_hash, topic_partition_hash};
use crate::kafka::protocol::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition,
    MetadataResponseTopic,
};
use crate::kafka::protocol::produce::LeaderIdAndEpoch;
use crate::time::{SimDuration, SimTime};

#[derive(Clone, PartialEq, Debug)]
pub struct PartitionMetadata {
    pub leader: Option<NodeId>,
    pub leader_epoch: LeaderEpoch,
    pub replicas: Vec<NodeId>,
    pub isr: Vec<NodeId>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct TopicMetadata {
    pub id: Uuid,
    pub internal: bool,
    pub partitions: BTreeMap<i32, PartitionMetadata>,
}

/// Which topics a client wants to know about.
#[derive(Clone, PartialEq, Debug)]
pub enum Wanted {
    /// Consumers with patterns and admin clients ask for everything or nothing in particular.
    All,
    Topics(BTreeSet<Arc<str>>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct ClusterMetadata {
    pub wanted: Wanted,
    pub brokers: BTreeMap<NodeId, BrokerAddress>,
    pub topics: BTreeMap<Arc<str>, TopicMetadata>,
    /// All partitions, in the order in which a Java client finds them in its hash table.
    order: Vec<TopicPartition>,
    /// Topics that the newest response refused, with the reason.
    pub errors: BTreeMap<Arc<str>, ErrorCode>,
    /// Counts successful updates, so that a waiter can tell a new answer from the one that it has.
    pub version: u32,
    pub allow_auto_topic_creation: bool,
    max_age: SimDuration,
    retry_backoff_ms: i64,
    retry_backoff_max_ms: i64,
    update_wanted: Option<MetadataCause>,
    last_attempt: Option<SimTime>,
    last_success: Option<SimTime>,
    /// Attempts since the last answer that left nothing to wish for.
    attempts: u32,
}

/// Where a broker listens.
#[derive(Clone, PartialEq, Debug)]
pub struct BrokerAddress {
    pub host: Arc<str>,
    pub port: i32,
    pub rack: Option<Arc<str>>,
}

impl ClusterMetadata {
    /// `Node.toString` of a broker that the client knows.
    pub fn broker_text(&self, id: NodeId) -> Option<String> {
        let BrokerAddress { host, port, rack } = self.brokers.get(&id)?;
        Some(format!("{host}:{port} (id: {id} rack: {} isFenced: false)", rack.as_deref().unwrap_or("null")))
    }

    pub fn new(wanted: Wanted, max_age_ms: i64, retry_backoff_ms: i64, retry_backoff_max_ms: i64) -> Self {
        ClusterMetadata {
            wanted,
            brokers: BTreeMap::new(),
            topics: BTreeMap::new(),
            order: Vec::new(),
            errors: BTreeMap::new(),
            version: 0,
            allow_auto_topic_creation: true,
            max_age: SimDuration::from_config_ms(max_age_ms),
            retry_backoff_ms,
            retry_backoff_max_ms,
            update_wanted: None,
            last_attempt: None,
            last_success: None,
            attempts: 0,
        }
    }

    /// Asks for an update as soon as the back-off allows.
    pub fn request_update(&mut self, cause: MetadataCause) {
        if self.update_wanted.is_none() {
            self.update_wanted = Some(cause);
        }
    }

    pub fn update_wanted(&self) -> bool {
        self.update_wanted.is_some()
    }

    /// Adds a topic to what the client wants; true if it is new. A new topic is asked for without back-off.
    pub fn add_topic(&mut self, topic: &Arc<str>) -> bool {
        let Wanted::Topics(topics) = &mut self.wanted else { return false };
        let new = topics.insert(topic.clone());
        if new {
            self.update_wanted = Some(MetadataCause::Topic);
            self.attempts = 0;
            self.last_attempt = None;
        }
        new
    }

    /// When the next request is due, and why.
    pub fn next_update(&self) -> Option<(SimTime, MetadataCause)> {
        let after_backoff = match self.last_attempt {
            Some(at) if self.attempts > 0 => at + self.backoff(),
            Some(at) => at + SimDuration::from_config_ms(self.retry_backoff_ms),
            None => SimTime::default(),
        };
        match (self.update_wanted, self.last_success) {
            (Some(cause), _) => Some((after_backoff, cause)),
            (None, Some(success)) => Some((success + self.max_age, MetadataCause::Expired)),
            (None, None) => None,
        }
    }

    fn backoff(&self) -> SimDuration {
        let factor = 1_i64 << self.attempts.saturating_sub(1).min(20);
        SimDuration::from_config_ms(self.retry_backoff_ms.saturating_mul(factor).min(self.retry_backoff_max_ms))
    }

    pub fn request(&mut self, now: SimTime) -> MetadataRequest {
        self.last_attempt = Some(now);
        self.attempts += 1;
        let topic = |name: &Arc<str>| MetadataRequestTopic { topic_id: Uuid::ZERO, name: Some(name.clone()) };
        MetadataRequest {
            topics: match &self.wanted {
                Wanted::All => None,
                Wanted::Topics(topics) => Some(topics.iter().map(topic).collect()),
            },
            allow_auto_topic_creation: self.allow_auto_topic_creation,
            include_topic_authorized_operations: false,
        }
    }

    /// Takes an answer. A partition keeps what is known of it when the answer is from an older epoch; an error that
    /// new metadata may cure asks for another update.
    pub fn update(&mut self, now: SimTime, response: &MetadataResponse) {
        self.version += 1;
        self.last_success = Some(now);
        self.update_wanted = None;
        self.errors.clear();
        let address =
            |b: &MetadataResponseBroker| BrokerAddress { host: b.host.clone(), port: b.port, rack: b.rack.clone() };
        self.brokers = response.brokers.iter().map(|b| (b.node_id, address(b))).collect();
        let before = std::mem::take(&mut self.topics);
        for topic in &response.topics {
            let Some(name) = &topic.name else { continue };
            if topic.error_code != ErrorCode::None {
                self.errors.insert(name.clone(), topic.error_code);
                if topic.error_code.is_invalid_metadata() {
                    self.update_wanted = Some(MetadataCause::Error);
                }
                continue;
            }
            let known = before.get(name).filter(|known| known.id == topic.topic_id);
            self.topics.insert(name.clone(), merged(topic, known));
            if topic.partitions.iter().any(|partition| partition.error_code.is_invalid_metadata()) {
                self.update_wanted = Some(MetadataCause::Error);
            }
        }
        if self.update_wanted.is_none() {
            self.attempts = 0;
        }
        self.order = in_order(&self.topics);
    }

    /// The partitions that a node leads (`Cluster.partitionsForNode`).
    pub fn led_by(&self, node: NodeId) -> Vec<TopicPartition> {
        self.order.iter().filter(|tp| self.leader(tp) == Some(node)).cloned().collect()
    }

    /// The numbers of a topic's partitions that have a leader (`Cluster.availablePartitionsForTopic`).
    pub fn available_partitions(&self, topic: &str) -> Vec<i32> {
        let of_topic = self.order.iter().filter(|tp| &*tp.topic == topic && self.leader(tp).is_some());
        of_topic.map(|tp| tp.partition).collect()
    }

    /// A response named a newer leader (KIP-951): takes it over; true if it was news.
    pub fn update_leader(&mut self, tp: &TopicPartition, leader: &LeaderIdAndEpoch) -> bool {
        let partition = self.topics.get_mut(&tp.topic).and_then(|topic| topic.partitions.get_mut(&tp.partition));
        let Some(partition) = partition else { return false };
        if leader.leader_id.0 < 0 || leader.leader_epoch <= partition.leader_epoch {
            return false;
        }
        partition.leader = Some(leader.leader_id);
        partition.leader_epoch = leader.leader_epoch;
        true
    }

    pub fn partition(&self, tp: &TopicPartition) -> Option<&PartitionMetadata> {
        self.topics.get(&tp.topic)?.partitions.get(&tp.partition)
    }

    pub fn leader(&self, tp: &TopicPartition) -> Option<NodeId> {
        self.partition(tp)?.leader
    }

    pub fn topic_of(&self, id: Uuid) -> Option<&Arc<str>> {
        self.topics.iter().find(|(_, topic)| topic.id == id).map(|(name, _)| name)
    }
}

/// Every partition of these topics, as iteration over a `HashMap` of them finds them.
fn in_order(topics: &BTreeMap<Arc<str>, TopicMetadata>) -> Vec<TopicPartition> {
    let of_topic = |(name, topic): (&Arc<str>, &TopicMetadata)| {
        topic.partitions.keys().map(|number| TopicPartition::new(name.clone(), *number)).collect::<Vec<_>>()
    };
    let mut tps: Vec<TopicPartition> = topics.iter().flat_map(of_topic).collect();
    let count = tps.len() as u32;
    sort_by_hash(&mut tps, count, topic_partition_hash);
    tps
}

fn merged(topic: &MetadataResponseTopic, known: Option<&TopicMetadata>) -> TopicMetadata {
    let partition = |partition: &MetadataResponsePartition| {
        let fresh = PartitionMetadata {
            leader: Some(partition.leader_id).filter(|leader| leader.0 >= 0),
            leader_epoch: partition.leader_epoch,
            replicas: partition.replica_nodes.clone(),
            isr: partition.isr_nodes.clone(),
        };
        let older = known.and_then(|known| known.partitions.get(&partition.partition_index));
        let newest = older.filter(|older| older.leader_epoch > fresh.leader_epoch).cloned().unwrap_or(fresh);
        (partition.partition_index, newest)
    };
    TopicMetadata {
        id: topic.topic_id,
        internal: topic.is_internal,
        partitions: topic.partitions.iter().map(partition).collect(),
    }
}
