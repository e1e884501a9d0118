//! `kafka-topics --describe` at work: partitions, configs, live brokers, reassignments.

use std::sync::Arc;

use super::topics::{Outcome, TIMEOUT_MS, Topics, api_error, ensure_exists, illegal_argument};
use super::{DescribeTopics, PartitionDescription, TopicDescription, TopicsAction, topic_names};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ExceptionClass, KafkaException};
use crate::kafka::ids::Uuid;
use crate::kafka::java_order::sort_as_hash_map;
use crate::kafka::protocol::Request;
use crate::kafka::protocol::configs::{DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResult};
use crate::kafka::protocol::metadata::{
    DescribeClusterRequest, DescribeTopicPartitionsRequest, DescribeTopicRequest, DescribedPartition, MetadataRequest,
    MetadataRequestTopic, MetadataResponse, TopicPartitionCursor,
};
use crate::kafka::protocol::topics::{
    ListPartitionReassignmentsRequest, ListReassignmentsTopic, OngoingTopicReassignment,
};
use crate::time::SimTime;

/// `ConfigResource.Type.TOPIC`.
const TOPIC_RESOURCE: i8 = 2;
/// `ConfigEntry.ConfigSource.DEFAULT_CONFIG`, as it travels.
const DEFAULT_CONFIG: i8 = 5;

impl Topics {
    pub(super) fn describe(
        &mut self,
        now: SimTime,
        describe: &DescribeTopics,
        response: &MetadataResponse,
        fx: &mut Effects,
    ) -> Outcome {
        if let Some(id) = describe.topic_id {
            let shown = |internal: bool| !(describe.exclude_internal && internal);
            let is_there = response.topics.iter().any(|topic| topic.topic_id == id && shown(topic.is_internal));
            if !is_there && !describe.if_exists {
                return Err(illegal_argument(format!("TopicId '{id}' does not exist as expected")));
            }
            if is_there {
                // A placeholder tells the second answer from the first.
                self.found = vec![TopicDescription::default()];
                let topics = Some(vec![MetadataRequestTopic { topic_id: id, name: None }]);
                let request = MetadataRequest {
                    topics,
                    allow_auto_topic_creation: false,
                    include_topic_authorized_operations: false,
                };
                self.call(now, "describeTopicsWithIds", Request::Metadata(request), fx);
                return Ok(None);
            }
            self.ask_cluster(now, fx);
            return Ok(None);
        }
        let takes = |name: &str| describe.topics.as_ref().is_none_or(|pattern| pattern.takes(name));
        let names = topic_names(response, describe.exclude_internal, takes);
        let text = describe.topics.as_ref().map_or("", |pattern| pattern.text());
        ensure_exists(&names, text, describe.if_exists)?;
        if names.is_empty() {
            self.ask_cluster(now, fx);
        } else {
            self.found = names.into_iter().map(|name| TopicDescription { name, ..Default::default() }).collect();
            self.ask_partitions(now, None, fx);
        }
        Ok(None)
    }

    pub(super) fn ask_partitions(&mut self, now: SimTime, cursor: Option<TopicPartitionCursor>, fx: &mut Effects) {
        let TopicsAction::Describe(describe) = &self.action else { return };
        let topics = self.found.iter().map(|topic| DescribeTopicRequest { name: Arc::from(&*topic.name) }).collect();
        let request =
            DescribeTopicPartitionsRequest { topics, response_partition_limit: describe.partition_limit, cursor };
        self.call(now, "describeTopicPartitions", Request::DescribeTopicPartitions(request), fx);
    }

    pub(super) fn add_partitions(&mut self, name: &str, id: Uuid, partitions: &[DescribedPartition]) {
        let Some(topic) = self.found.iter_mut().find(|topic| topic.name == name) else { return };
        topic.topic_id = id;
        topic.partitions.extend(partitions.iter().map(|partition| PartitionDescription {
            partition: partition.partition_index,
            leader: Some(partition.leader_id).filter(|leader| leader.0 >= 0),
            replicas: partition.replica_nodes.clone(),
            isr: partition.isr_nodes.clone(),
            elr: partition.eligible_leader_replicas.clone(),
            last_known_elr: partition.last_known_elr.clone(),
            reassignment: None,
        }));
    }

    /// A limited answer ends with a cursor: the rest is asked for, topics from the cursor's on.
    pub(super) fn after_partitions(&mut self, now: SimTime, cursor: Option<TopicPartitionCursor>, fx: &mut Effects) {
        match cursor {
            Some(cursor) => self.ask_partitions(now, Some(cursor), fx),
            None => {
                self.found.iter_mut().for_each(|topic| topic.partitions.sort_by_key(|partition| partition.partition));
                // Two maps in a row: one of default size, one made for the number of topics.
                sort_as_hash_map(&mut self.found, 16, |topic| &topic.name);
                let count = self.found.len() as u32;
                sort_as_hash_map(&mut self.found, count, |topic| &topic.name);
                self.ask_configs(now, fx);
            }
        }
    }

    pub(super) fn ask_configs(&mut self, now: SimTime, fx: &mut Effects) {
        let resource = |topic: &TopicDescription| DescribeConfigsResource {
            resource_type: TOPIC_RESOURCE,
            resource_name: Arc::from(&*topic.name),
            configuration_keys: None,
        };
        let request = DescribeConfigsRequest {
            resources: self.found.iter().map(resource).collect(),
            include_synonyms: false,
            include_documentation: false,
        };
        self.call(now, "describeConfigs", Request::DescribeConfigs(request), fx);
    }

    pub(super) fn add_configs(&mut self, results: &[DescribeConfigsResult]) -> Result<(), KafkaException> {
        for result in results {
            if !result.error_code.is_none() {
                return Err(api_error(result.error_code, result.error_message.as_ref()));
            }
            let Some(topic) = self.found.iter_mut().find(|topic| *topic.name == *result.resource_name) else {
                continue;
            };
            let mut configs: Vec<_> = result.configs.iter().collect();
            sort_as_hash_map(&mut configs, 16, |config| &config.name);
            let text = |value: &Option<Arc<str>>| value.as_deref().unwrap_or("null").to_string();
            let minimum = configs.iter().find(|config| &*config.name == "min.insync.replicas");
            topic.min_insync_replicas = minimum.and_then(|config| config.value.as_deref()?.parse().ok()).unwrap_or(1);
            let changed = configs.iter().filter(|config| config.config_source != DEFAULT_CONFIG);
            topic.configs = changed.map(|config| (config.name.to_string(), text(&config.value))).collect();
        }
        Ok(())
    }

    pub(super) fn ask_cluster(&mut self, now: SimTime, fx: &mut Effects) {
        let request = DescribeClusterRequest {
            include_cluster_authorized_operations: false,
            endpoint_type: 1,
            include_fenced_brokers: false,
        };
        self.call(now, "listNodes", Request::DescribeCluster(request), fx);
    }

    pub(super) fn ask_reassignments(&mut self, now: SimTime, fx: &mut Effects) {
        let topic = |topic: &TopicDescription| ListReassignmentsTopic {
            name: Arc::from(&*topic.name),
            partition_indexes: topic.partitions.iter().map(|partition| partition.partition).collect(),
        };
        let topics = self.found.iter().map(topic).collect();
        let request = ListPartitionReassignmentsRequest { timeout_ms: TIMEOUT_MS, topics: Some(topics) };
        let call = self.call(now, "listPartitionReassignments", Request::ListPartitionReassignments(request), fx);
        self.reassignments_call = Some(call);
    }

    pub(super) fn add_reassignments(&mut self, topics: &[OngoingTopicReassignment]) {
        for ongoing in topics {
            let Some(topic) = self.found.iter_mut().find(|topic| *topic.name == *ongoing.name) else { continue };
            for change in &ongoing.partitions {
                let found = topic.partitions.iter_mut().find(|partition| partition.partition == change.partition_index);
                if let Some(partition) = found {
                    partition.reassignment = Some((change.adding_replicas.clone(), change.removing_replicas.clone()));
                }
            }
        }
    }
}

/// By its id a topic is described from Metadata, which does not tell the eligible leader replicas.
pub(super) fn described_by_id(response: &MetadataResponse) -> Result<Vec<TopicDescription>, KafkaException> {
    let mut found = Vec::new();
    for topic in &response.topics {
        if !topic.error_code.is_none() {
            return Err(ApiError::new(topic.error_code).exception());
        }
        let mut partitions: Vec<PartitionDescription> = topic
            .partitions
            .iter()
            .map(|partition| PartitionDescription {
                partition: partition.partition_index,
                leader: Some(partition.leader_id).filter(|leader| leader.0 >= 0),
                replicas: partition.replica_nodes.clone(),
                isr: partition.isr_nodes.clone(),
                elr: None,
                last_known_elr: None,
                reassignment: None,
            })
            .collect();
        partitions.sort_by_key(|partition| partition.partition);
        let name = topic.name.as_deref().unwrap_or("").to_string();
        found.push(TopicDescription { name, topic_id: topic.topic_id, partitions, ..Default::default() });
    }
    Ok(found)
}

/// kafka-topics wraps what goes wrong with reassignments once more than the rest.
pub(super) fn wrapped_twice(error: KafkaException) -> KafkaException {
    let execution = ExceptionClass::named("java.util.concurrent.ExecutionException");
    let runtime = ExceptionClass::named("java.lang.RuntimeException");
    KafkaException::from_cause(runtime, KafkaException::from_cause(execution, error))
}
