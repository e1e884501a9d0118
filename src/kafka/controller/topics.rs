//! CreateTopics, DeleteTopics, CreatePartitions (`ReplicationControlManager`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::event::Event;
use crate::kafka::event::detail::{CreateTopicsDecision, TopicDeletion};
use crate::kafka::ids::{LeaderEpoch, NodeId, PartitionEpoch, Uuid};
use crate::kafka::image::RESOURCE_TOPIC;
use crate::kafka::protocol::metadata_records::{ConfigRecord, PartitionRecord, RemoveTopicRecord, TopicRecord};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::protocol::topics::*;
use crate::kafka::{topic_config, topic_name};
use crate::time::SimTime;

use super::metadata_log::TOPIC;
use super::placement::{PlacementBroker, place};
use super::{Controller, ReplyTo};

/// Partitions that one request may ask for (`MAX_PARTITIONS_PER_BATCH`).
const MAX_PARTITIONS_PER_BATCH: i64 = 10_000;
/// Records that one request of a user may lead to (`QuorumController.MAX_RECORDS_PER_USER_OP`).
const MAX_RECORDS_PER_USER_OP: usize = 10_000;

impl Controller {
    pub(super) fn handle_create_topics(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        asked_for: &CreateTopicsRequest,
        fx: &mut Effects,
    ) {
        let request = &CreateTopicsRequest {
            topics: asked_for.topics.iter().filter(|topic| &*topic.name != TOPIC).cloned().collect(),
            ..asked_for.clone()
        };
        // All topics are decided before one is made, so that none of them sees another.
        let mut names = BTreeSet::new();
        let asked: i64 = request.topics.iter().map(|topic| i64::from(topic.num_partitions.max(1))).sum();
        let mut decide = |topic: &CreatableTopic| {
            if asked > MAX_PARTITIONS_PER_BATCH {
                let text = "Excessively large number of partitions per request.";
                return Err(ApiError::with(ErrorCode::PolicyViolation, text));
            }
            if !names.insert(topic.name.clone()) {
                return Err(ApiError::with(ErrorCode::InvalidRequest, "Duplicate topic name."));
            }
            self.decide_create_topic(topic)
        };
        let decided: Vec<_> = request.topics.iter().map(|topic| (topic, decide(topic))).collect();
        let told = decided.iter().map(|(topic, result)| ((*topic).clone(), result.as_ref().err().cloned())).collect();
        let decision = CreateTopicsDecision { validate_only: request.validate_only, topics: told };
        fx.event(Event::CreateTopicsDecided { decision: Arc::new(decision) });
        let mut topics = Vec::new();
        for (topic, decided) in decided {
            topics.push(match decided {
                Ok(records) => {
                    let result = creation_result(topic, &records, self.topic_configs_shown(topic));
                    if !request.validate_only {
                        self.commit(&records, now, fx);
                        fx.event(Event::TopicCreated { topic: topic.name.clone(), partitions: result.num_partitions });
                    }
                    result
                }
                Err(error) => failed_creation(topic, &error),
            });
        }
        topics.extend(asked_for.topics.iter().find(|topic| &*topic.name == TOPIC).map(prohibited_creation));
        reply.answer(CreateTopicsResponse { throttle_time_ms: 0, topics }, fx);
    }

    /// The configs that a creation result lists: every key of the topic with its effective value.
    fn topic_configs_shown(&self, topic: &CreatableTopic) -> Option<Vec<CreatableTopicConfigs>> {
        let overrides = topic.configs.iter().filter_map(|c| Some((c.name.clone(), c.value.clone()?))).collect();
        let shown = topic_config::effective(&overrides, &self.image, Some(self.id), &self.settings.server_config);
        let row = |config: topic_config::Effective| CreatableTopicConfigs {
            name: Arc::from(config.name),
            value: config.value,
            read_only: false,
            config_source: config.source,
            is_sensitive: false,
        };
        Some(shown.into_iter().map(row).collect())
    }

    fn decide_create_topic(&mut self, topic: &CreatableTopic) -> Result<Vec<MetadataRecord>, ApiError> {
        self.check_new_topic_name(&topic.name)?;
        let configs = self.decide_topic_configs(topic)?;
        let assignments =
            if topic.assignments.is_empty() { self.place_topic(topic)? } else { self.check_assignments(topic)? };
        let topic_id = Uuid(self.rng.uuid());
        let mut records = vec![TopicRecord { name: topic.name.clone(), topic_id }.into()];
        records.extend(configs);
        for (partition_id, replicas) in (0..).zip(&assignments) {
            records.push(self.new_partition(topic_id, partition_id, replicas, !topic.assignments.is_empty())?);
        }
        Ok(records)
    }

    fn check_new_topic_name(&self, name: &str) -> Result<(), ApiError> {
        topic_name::validate(name).map_err(|text| ApiError::with(ErrorCode::InvalidTopicException, text))?;
        if self.image.topics.contains_key(name) {
            return Err(ApiError::with(ErrorCode::TopicAlreadyExists, format!("Topic '{name}' already exists.")));
        }
        if let Some(other) = self.image.topics.keys().find(|other| topic_name::collides(other, name)) {
            let text = format!("Topic '{name}' collides with existing topic: {other}");
            return Err(ApiError::with(ErrorCode::InvalidTopicException, text));
        }
        Ok(())
    }

    fn decide_topic_configs(&self, topic: &CreatableTopic) -> Result<Vec<MetadataRecord>, ApiError> {
        let given = topic.configs.iter().filter_map(|c| Some((c.name.clone(), c.value.clone()?)));
        topic_config::check(&given.collect())?;
        let row = |config: &CreatableTopicConfig| ConfigRecord {
            resource_type: RESOURCE_TOPIC,
            resource_name: topic.name.clone(),
            name: config.name.clone(),
            value: config.value.clone(),
        };
        let mut records = topic.configs.iter().map(|config| row(config).into()).collect();
        self.clear_elr(&topic.name, &mut records);
        Ok(records)
    }

    fn place_topic(&mut self, topic: &CreatableTopic) -> Result<Vec<Vec<NodeId>>, ApiError> {
        if topic.replication_factor < -1 || topic.replication_factor == 0 {
            let text = "Replication factor must be larger than 0, or -1 to use the default value.";
            return Err(ApiError::with(ErrorCode::InvalidReplicationFactor, text));
        }
        if topic.num_partitions < -1 || topic.num_partitions == 0 {
            let text = "Number of partitions was set to an invalid non-positive value.";
            return Err(ApiError::with(ErrorCode::InvalidPartitions, text));
        }
        let partitions = if topic.num_partitions == -1 { self.settings.num_partitions } else { topic.num_partitions };
        let factor = match topic.replication_factor {
            -1 => self.settings.default_replication_factor,
            factor => factor,
        };
        self.place_partitions(0, partitions, factor)
    }

    fn place_partitions(&mut self, start: i32, count: i32, factor: i16) -> Result<Vec<Vec<NodeId>>, ApiError> {
        let row = |broker: &crate::kafka::image::BrokerRegistration| PlacementBroker {
            id: broker.id,
            rack: broker.rack.clone(),
            fenced: broker.fenced || broker.in_controlled_shutdown,
        };
        let brokers: Vec<_> = self.image.brokers.values().map(row).collect();
        let rng = &mut self.rng;
        place(start, count, factor, &brokers, &mut |bound| rng.below(bound)).map_err(|error| {
            let text = format!("Unable to replicate the partition {factor} time(s): {}", error.message());
            ApiError::with(ErrorCode::InvalidReplicationFactor, text)
        })
    }

    fn check_assignments(&self, topic: &CreatableTopic) -> Result<Vec<Vec<NodeId>>, ApiError> {
        let refuse = |text: &str| Err(ApiError::with(ErrorCode::InvalidRequest, text));
        if topic.replication_factor != -1 {
            return refuse("A manual partition assignment was specified, but replication factor was not set to -1.");
        }
        if topic.num_partitions != -1 {
            return refuse("A manual partition assignment was specified, but numPartitions was not set to -1.");
        }
        let mut seen = BTreeSet::new();
        let mut factor = None;
        let mut assignments = topic.assignments.clone();
        for assignment in &assignments {
            let number = assignment.partition_index;
            if !seen.insert(number) {
                let text = format!("Found multiple manual partition assignments for partition {number}");
                return Err(ApiError::with(ErrorCode::InvalidReplicaAssignment, text));
            }
            self.check_assignment(&assignment.broker_ids, factor)?;
            factor = Some(assignment.broker_ids.len());
        }
        assignments.sort_by_key(|assignment| assignment.partition_index);
        if (0..).zip(&assignments).any(|(expected, assignment)| assignment.partition_index != expected) {
            let text = "partitions should be a consecutive 0-based integer sequence";
            return Err(ApiError::with(ErrorCode::InvalidReplicaAssignment, text));
        }
        Ok(assignments.into_iter().map(|assignment| assignment.broker_ids).collect())
    }

    /// One manual replica list (`validateManualPartitionAssignment`).
    pub(super) fn check_assignment(&self, replicas: &[NodeId], factor: Option<usize>) -> Result<(), ApiError> {
        let refuse = |text: String| Err(ApiError::with(ErrorCode::InvalidReplicaAssignment, text));
        if replicas.is_empty() {
            return refuse("The manual partition assignment includes an empty replica list.".to_string());
        }
        let mut sorted = replicas.to_vec();
        sorted.sort_unstable();
        for (place, broker) in sorted.iter().enumerate() {
            if !self.image.brokers.contains_key(broker) {
                return refuse(format!(
                    "The manual partition assignment includes broker {broker}, but no such broker is registered."
                ));
            }
            if place > 0 && sorted[place - 1] == *broker {
                return refuse(format!("The manual partition assignment includes the broker {broker} more than once."));
            }
        }
        match factor {
            Some(factor) if factor != replicas.len() => refuse(format!(
                "The manual partition assignment includes a partition with {} replica(s), but this is not consistent \
                 with previous partitions, which have {factor} replica(s).",
                replicas.len()
            )),
            _ => Ok(()),
        }
    }

    /// The record of a new partition: its ISR are the replicas that can serve now.
    fn new_partition(
        &self,
        topic_id: Uuid,
        partition_id: i32,
        replicas: &[NodeId],
        by_hand: bool,
    ) -> Result<MetadataRecord, ApiError> {
        let isr: Vec<NodeId> = replicas.iter().filter(|id| self.is_active(**id)).copied().collect();
        let Some(leader) = isr.first().copied() else {
            if !by_hand {
                let text = format!(
                    "Unable to replicate the partition {} time(s): All brokers are currently fenced or in controlled \
                     shutdown.",
                    replicas.len()
                );
                return Err(ApiError::with(ErrorCode::InvalidReplicationFactor, text));
            }
            let text = format!(
                "All brokers specified in the manual partition assignment for partition {partition_id} are fenced or \
                 in controlled shutdown."
            );
            return Err(ApiError::with(ErrorCode::InvalidReplicaAssignment, text));
        };
        let directory = |id: &NodeId| self.image.brokers[id].directories.first().copied().unwrap_or(Uuid::ZERO);
        let record = PartitionRecord {
            partition_id,
            topic_id,
            replicas: replicas.to_vec(),
            isr,
            removing_replicas: Vec::new(),
            adding_replicas: Vec::new(),
            leader,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(0),
            directories: replicas.iter().map(directory).collect(),
            leader_recovery_state: 0,
            eligible_leader_replicas: None,
            last_known_elr: None,
        };
        Ok(record.into())
    }

    pub(super) fn handle_delete_topics(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &DeleteTopicsRequest,
        fx: &mut Effects,
    ) {
        let mut responses = Vec::new();
        let mut removed = Vec::new();
        for asked in &request.topics {
            let by_id = self.image.topic_names.get(&asked.topic_id).cloned();
            let (name, unknown) = match &asked.name {
                Some(name) => (Some(name.clone()), ErrorCode::UnknownTopicOrPartition),
                None => (by_id, ErrorCode::UnknownTopicId),
            };
            let topic = name.as_ref().and_then(|name| self.image.topics.get(name)).cloned();
            let error_code = if topic.is_some() { ErrorCode::None } else { unknown };
            removed.extend(topic.clone());
            responses.push(DeletableTopicResult {
                name,
                topic_id: topic.map_or(asked.topic_id, |topic| topic.id),
                error_code,
                error_message: (!error_code.is_none()).then(|| Arc::from(error_code.message())),
            });
        }
        let told = responses.iter().map(|result| TopicDeletion {
            topic_id: result.topic_id,
            name: result.name.clone(),
            err: result.error_code,
        });
        fx.event(Event::DeleteTopicsDecided { topics: told.collect() });
        for topic in removed {
            // The same topic may have been named twice, by its name and by its id.
            if self.image.topics.contains_key(&topic.name) {
                self.commit(&[RemoveTopicRecord { topic_id: topic.id }.into()], now, fx);
                fx.event(Event::TopicDeleted { topic: topic.name.clone() });
            }
        }
        reply.answer(DeleteTopicsResponse { throttle_time_ms: 0, responses }, fx);
    }

    pub(super) fn handle_create_partitions(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &CreatePartitionsRequest,
        fx: &mut Effects,
    ) {
        let mut results = Vec::new();
        let mut room = MAX_RECORDS_PER_USER_OP;
        for topic in &request.topics {
            let mut decided = self.decide_create_partitions(topic);
            let mut added = Vec::new();
            if let Ok(records) = &mut decided {
                // What is beyond the bound of the list is an error of its own, and what fitted into it stays.
                added = records.drain(..records.len().min(room)).collect();
                room -= added.len();
                if !records.is_empty() {
                    decided = Err(ApiError::new(ErrorCode::UnknownServerError));
                }
            }
            let error = decided.err();
            if !added.is_empty() && !request.validate_only {
                let before = self.image.topics.get(&topic.name).map_or(0, |topic| topic.partitions.len());
                self.commit(&added, now, fx);
                let partitions = (before + added.len()) as i32;
                fx.event(Event::PartitionsAdded { topic: topic.name.clone(), partitions });
            }
            results.push(CreatePartitionsTopicResult {
                name: topic.name.clone(),
                error_code: error.as_ref().map_or(ErrorCode::None, |error| error.code),
                error_message: error.and_then(|error| error.message).map(Arc::from),
            });
        }
        reply.answer(CreatePartitionsResponse { throttle_time_ms: 0, results }, fx);
    }

    fn decide_create_partitions(&mut self, asked: &CreatePartitionsTopic) -> Result<Vec<MetadataRecord>, ApiError> {
        let Some(topic) = self.image.topics.get(&asked.name).cloned() else {
            return Err(ApiError::new(ErrorCode::UnknownTopicOrPartition));
        };
        let current = topic.partitions.len() as i32;
        let added = asked.count - current;
        let refuse = |code, text: String| Err(ApiError::with(code, text));
        if added == 0 {
            return refuse(ErrorCode::InvalidPartitions, format!("Topic already has {current} partition(s)."));
        }
        if added < 0 {
            let text = format!(
                "The topic {} currently has {current} partition(s); {} would not be an increase.",
                asked.name, asked.count
            );
            return refuse(ErrorCode::InvalidPartitions, text);
        }
        let factor = topic.partitions.values().next().map_or(1, |partition| partition.replicas.len());
        let replicas = match &asked.assignments {
            None => {
                // One more than fits is enough to know that it does not.
                let placed = added.min(MAX_RECORDS_PER_USER_OP as i32 + 1);
                self.place_partitions(current, placed, factor as i16)?
            }
            Some(assignments) => {
                if assignments.len() as i32 != added {
                    let text = format!(
                        "Attempted to add {added} additional partition(s), but only {} assignment(s) were specified.",
                        assignments.len()
                    );
                    return refuse(ErrorCode::InvalidReplicaAssignment, text);
                }
                for assignment in assignments {
                    self.check_assignment(&assignment.broker_ids, Some(factor))?;
                }
                assignments.iter().map(|assignment| assignment.broker_ids.clone()).collect()
            }
        };
        let by_hand = asked.assignments.is_some();
        let row = |(number, replicas): (i32, &Vec<NodeId>)| self.new_partition(topic.id, number, replicas, by_hand);
        (current..).zip(&replicas).map(row).collect()
    }
}

fn creation_result(
    topic: &CreatableTopic,
    records: &[MetadataRecord],
    configs: Option<Vec<CreatableTopicConfigs>>,
) -> CreatableTopicResult {
    let mut topic_id = Uuid::ZERO;
    let (mut num_partitions, mut replication_factor) = (0, 0);
    for record in records {
        match record {
            MetadataRecord::Topic(record) => topic_id = record.topic_id,
            MetadataRecord::Partition(record) => {
                num_partitions += 1;
                replication_factor = record.replicas.len() as i16;
            }
            _ => {}
        }
    }
    CreatableTopicResult {
        name: topic.name.clone(),
        topic_id,
        error_code: ErrorCode::None,
        error_message: None,
        num_partitions,
        replication_factor,
        configs,
        topic_config_error_code: ErrorCode::None,
    }
}

fn failed_creation(topic: &CreatableTopic, error: &ApiError) -> CreatableTopicResult {
    CreatableTopicResult {
        name: topic.name.clone(),
        topic_id: Uuid::ZERO,
        error_code: error.code,
        error_message: Some(Arc::from(error.message())),
        num_partitions: -1,
        replication_factor: -1,
        configs: None,
        topic_config_error_code: ErrorCode::None,
    }
}

/// The metadata log is no topic that anybody makes (`ControllerApis.createTopics`).
fn prohibited_creation(topic: &CreatableTopic) -> CreatableTopicResult {
    let text = format!("Creation of internal topic {} is prohibited.", topic.name);
    failed_creation(topic, &ApiError::with(ErrorCode::InvalidRequest, text))
}
