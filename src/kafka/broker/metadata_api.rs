//! Metadata, DescribeTopicPartitions, DescribeCluster, and the automatic creation of topics that clients name
//! (`KafkaApis.handleTopicMetadataRequest`, `AutoTopicCreationManager`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{NodeId, Uuid};
use crate::kafka::image::{BrokerRegistration, PartitionRegistration, TopicImage};
use crate::kafka::protocol::Channel;
use crate::kafka::protocol::metadata::*;
use crate::kafka::protocol::topics::{CreatableTopic, CreateTopicsRequest};
use crate::kafka::topic_name;
use crate::time::SimTime;

use super::{Broker, Caller, Purpose};

/// "Not asked for" in `topic_authorized_operations`.
const NO_OPERATIONS: i32 = i32::MIN;

impl Broker {
    pub(super) fn handle_metadata(
        &mut self,
        now: SimTime,
        caller: Caller,
        request: &MetadataRequest,
        fx: &mut Effects,
    ) {
        let topics = match &request.topics {
            None => self.image.topics.values().map(|topic| self.metadata_of(topic)).collect(),
            Some(asked) => asked.iter().map(|topic| self.metadata_of_asked(topic, request)).collect(),
        };
        let broker = |broker: &BrokerRegistration| MetadataResponseBroker {
            node_id: broker.id,
            host: broker.host.clone(),
            port: i32::from(broker.port),
            rack: broker.rack.clone(),
        };
        // Clients never talk to the controller: they are told a random live broker as a stand-in for it.
        let stand_in = self.image.unfenced_brokers().map(|broker| broker.id).next();
        let response = MetadataResponse {
            throttle_time_ms: 0,
            brokers: self.image.unfenced_brokers().map(broker).collect(),
            cluster_id: Some(Arc::from(self.cluster_id.to_string())),
            controller_id: stand_in.unwrap_or(NodeId(-1)),
            topics,
            error_code: ErrorCode::None,
        };
        self.answer(&caller, response, fx);
        self.pursue_forwards(now, fx);
    }

    fn metadata_of_asked(&mut self, asked: &MetadataRequestTopic, request: &MetadataRequest) -> MetadataResponseTopic {
        let found = match &asked.name {
            Some(name) => self.image.topics.get(name),
            None => self.image.topic_by_id(asked.topic_id),
        };
        if let Some(topic) = found {
            return self.metadata_of(&topic.clone());
        }
        let Some(name) = &asked.name else {
            return missing_topic(None, asked.topic_id, ErrorCode::UnknownTopicId);
        };
        let wanted = request.allow_auto_topic_creation && self.settings.auto_create_topics_enable;
        let error_code = if topic_name::validate(name).is_err() {
            ErrorCode::InvalidTopicException
        } else {
            if wanted {
                self.want_topic(name);
            }
            ErrorCode::UnknownTopicOrPartition
        };
        missing_topic(Some(name.clone()), Uuid::ZERO, error_code)
    }

    fn metadata_of(&self, topic: &TopicImage) -> MetadataResponseTopic {
        let partition = |(number, partition): (&i32, &PartitionRegistration)| {
            let leader = self.alive_leader(partition);
            MetadataResponsePartition {
                error_code: if leader.is_some() { ErrorCode::None } else { ErrorCode::LeaderNotAvailable },
                partition_index: *number,
                leader_id: leader.unwrap_or(NodeId(-1)),
                leader_epoch: partition.leader_epoch,
                replica_nodes: partition.replicas.clone(),
                isr_nodes: partition.isr.clone(),
                offline_replicas: self.offline_replicas(partition),
            }
        };
        MetadataResponseTopic {
            error_code: ErrorCode::None,
            name: Some(topic.name.clone()),
            topic_id: topic.id,
            is_internal: topic_name::is_internal(&topic.name),
            partitions: topic.partitions.iter().map(partition).collect(),
            topic_authorized_operations: NO_OPERATIONS,
        }
    }

    fn alive_leader(&self, partition: &PartitionRegistration) -> Option<NodeId> {
        partition.leader.filter(|leader| self.image.brokers.get(leader).is_some_and(|broker| !broker.fenced))
    }

    fn offline_replicas(&self, partition: &PartitionRegistration) -> Vec<NodeId> {
        let offline = |id: &&NodeId| self.image.brokers.get(*id).is_none_or(|broker| broker.fenced);
        partition.replicas.iter().filter(offline).copied().collect()
    }

    /// Remembers that a client named a topic that does not exist and may be created.
    fn want_topic(&mut self, name: &Arc<str>) {
        let being_created = |purpose: &Purpose| matches!(purpose, Purpose::AutoCreate(topics) if topics.contains(name));
        if !self.creating_topics.contains(name) && !self.network.purposes_in_flight().any(being_created) {
            self.creating_topics.push(name.clone());
        }
    }

    pub(super) fn request_topic_creation(&mut self, now: SimTime, to: (NodeId, Channel), fx: &mut Effects) {
        let names = std::mem::take(&mut self.creating_topics);
        if names.is_empty() {
            return;
        }
        fx.event(Event::AutoCreateSent { broker: self.id, topics: names.as_slice().into() });
        let topic = |name: &Arc<str>| CreatableTopic {
            name: name.clone(),
            // The controller's own defaults.
            num_partitions: -1,
            replication_factor: -1,
            assignments: Vec::new(),
            configs: Vec::new(),
        };
        let timeout_ms = 30_000;
        let request =
            CreateTopicsRequest { topics: names.iter().map(topic).collect(), timeout_ms, validate_only: false };
        self.network.send(now, to, request.into(), Purpose::AutoCreate(names), fx);
    }

    pub(super) fn handle_describe_topic_partitions(
        &mut self,
        caller: Caller,
        request: &DescribeTopicPartitionsRequest,
        fx: &mut Effects,
    ) {
        // The broker works through the names in order, so that a cursor can stand for "from here on".
        let mut names: Vec<Arc<str>> = match request.topics.is_empty() {
            true => self.image.topics.keys().cloned().collect(),
            false => request.topics.iter().map(|topic| topic.name.clone()).collect(),
        };
        names.sort_unstable();
        names.dedup();
        let (from, mut start) =
            request.cursor.as_ref().map_or((None, 0), |c| (Some(c.topic_name.clone()), c.partition_index));
        names.retain(|name| from.as_ref().is_none_or(|from| name >= from));
        let mut room = i64::from(request.response_partition_limit.clamp(1, MAX_REQUEST_PARTITION_SIZE_LIMIT));
        let mut topics = Vec::new();
        let mut next_cursor = None;
        for name in names {
            if room <= 0 {
                next_cursor = Some(TopicPartitionCursor { topic_name: name, partition_index: 0 });
                break;
            }
            let first = if from.as_ref() == Some(&name) { std::mem::take(&mut start) } else { 0 };
            let topic = self.described_topic(&name, first, room);
            room -= topic.partitions.len() as i64;
            let total = self.image.topics.get(&name).map_or(0, |topic| topic.partitions.len() as i32);
            let reached = first + topic.partitions.len() as i32;
            topics.push(topic);
            if reached < total {
                next_cursor = Some(TopicPartitionCursor { topic_name: name, partition_index: reached });
                break;
            }
        }
        self.answer(&caller, DescribeTopicPartitionsResponse { throttle_time_ms: 0, topics, next_cursor }, fx);
    }

    fn described_topic(&self, name: &Arc<str>, first: i32, room: i64) -> DescribedTopic {
        let mut described = DescribedTopic {
            error_code: ErrorCode::None,
            name: Some(name.clone()),
            topic_id: Uuid::ZERO,
            is_internal: topic_name::is_internal(name),
            partitions: Vec::new(),
            topic_authorized_operations: NO_OPERATIONS,
        };
        let Some(topic) = self.image.topics.get(name) else {
            let valid = topic_name::validate(name).is_ok();
            described.error_code =
                if valid { ErrorCode::UnknownTopicOrPartition } else { ErrorCode::InvalidTopicException };
            return described;
        };
        described.topic_id = topic.id;
        let rows = topic.partitions.range(first..).take(usize::try_from(room).unwrap_or(0));
        described.partitions = rows.map(|(number, partition)| self.described_partition(*number, partition)).collect();
        described
    }

    fn described_partition(&self, number: i32, partition: &PartitionRegistration) -> DescribedPartition {
        let leader = self.alive_leader(partition);
        DescribedPartition {
            error_code: if leader.is_some() { ErrorCode::None } else { ErrorCode::LeaderNotAvailable },
            partition_index: number,
            leader_id: leader.unwrap_or(NodeId(-1)),
            leader_epoch: partition.leader_epoch,
            replica_nodes: partition.replicas.clone(),
            isr_nodes: partition.isr.clone(),
            eligible_leader_replicas: Some(partition.elr.clone()),
            last_known_elr: Some(partition.last_known_elr.clone()),
            offline_replicas: self.offline_replicas(partition),
        }
    }

    pub(super) fn handle_describe_cluster(
        &mut self,
        caller: Caller,
        request: &DescribeClusterRequest,
        fx: &mut Effects,
    ) {
        let shown = |broker: &&BrokerRegistration| request.include_fenced_brokers || !broker.fenced;
        let row = |broker: &BrokerRegistration| DescribedBroker {
            broker_id: broker.id,
            host: broker.host.clone(),
            port: i32::from(broker.port),
            rack: broker.rack.clone(),
            is_fenced: broker.fenced,
        };
        let response = DescribeClusterResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            error_message: None,
            endpoint_type: request.endpoint_type,
            cluster_id: Arc::from(self.cluster_id.to_string()),
            controller_id: self.image.unfenced_brokers().map(|b| b.id).next().unwrap_or(NodeId(-1)),
            brokers: self.image.brokers.values().filter(shown).map(row).collect(),
            cluster_authorized_operations: NO_OPERATIONS,
        };
        self.answer(&caller, response, fx);
    }
}

/// `max.request.partition.size.limit`.
const MAX_REQUEST_PARTITION_SIZE_LIMIT: i32 = 2_000;

fn missing_topic(name: Option<Arc<str>>, topic_id: Uuid, error_code: ErrorCode) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code,
        name,
        topic_id,
        is_internal: false,
        partitions: Vec::new(),
        topic_authorized_operations: NO_OPERATIONS,
    }
}
