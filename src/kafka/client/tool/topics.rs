//! kafka-topics at work: admin calls one after the other (`TopicCommand.TopicService`).

use std::sync::Arc;

use super::describe::{described_by_id, wrapped_twice};
use super::{
    AlterTopics, CreateTopic, Told, ToolEnd, ToolItem, TopicDescription, TopicsAction, list_topics, misplaced,
    topic_names,
};
use crate::kafka::client::admin::{Admin, CallId, Target};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::ids::NodeId;
use crate::kafka::protocol::metadata::MetadataResponse;
use crate::kafka::protocol::topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatePartitionsAssignment,
    CreatePartitionsRequest, CreatePartitionsTopic, CreateTopicsRequest, DeleteTopicState, DeleteTopicsRequest,
};
use crate::kafka::protocol::{Request, Response};
use crate::time::SimTime;

/// What kafka-topics lets a controller work on a request: the admin client's request time-out.
pub(super) const TIMEOUT_MS: i32 = 30_000;

#[derive(Clone, Debug)]
pub(super) struct Topics {
    pub admin: Admin,
    pub(super) action: TopicsAction,
    /// What `--describe` has learnt so far.
    pub(super) found: Vec<TopicDescription>,
    /// The last call of `--describe`.
    pub(super) reassignments_call: Option<CallId>,
}

pub(super) type Outcome = Result<Option<ToolEnd>, KafkaException>;

impl Topics {
    pub fn new(admin: Admin, action: TopicsAction) -> Topics {
        Topics { admin, action, found: Vec::new(), reassignments_call: None }
    }

    pub fn start(&mut self, now: SimTime, fx: &mut Effects) -> Option<ToolEnd> {
        match &self.action {
            TopicsAction::Create(create) if create.name.is_empty() => {
                let message = "The given topic name '' cannot be represented in a request.";
                return Some(ToolEnd::Failed(KafkaException::with(ExceptionClass::INVALID_TOPIC, message)));
            }
            TopicsAction::Create(create) => {
                let request = create_request(create);
                self.call(now, "createTopics", Request::CreateTopics(request), fx);
            }
            _ => {
                list_topics(&mut self.admin, now, fx);
            }
        }
        None
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        for (call, result) in self.admin.take_results() {
            let wrap = self.reassignments_call == Some(call);
            let result = result.map_err(|error| if wrap { wrapped_twice(error) } else { error });
            let outcome = result.and_then(|response| self.handle(now, response, told, fx));
            match outcome {
                Ok(None) => {}
                Ok(end) => return end,
                Err(error) => return Some(ToolEnd::Failed(error)),
            }
        }
        None
    }

    pub(super) fn call(&mut self, now: SimTime, name: &'static str, request: Request, fx: &mut Effects) -> CallId {
        self.admin.call(now, name, Target::AnyBroker, request, fx)
    }

    fn handle(&mut self, now: SimTime, response: Response, told: Told, fx: &mut Effects) -> Outcome {
        match response {
            Response::Metadata(response) => match self.action.clone() {
                TopicsAction::Describe(describe) if describe.topic_id.is_some() && !self.found.is_empty() => {
                    self.found = described_by_id(&response)?;
                    self.ask_configs(now, fx);
                    Ok(None)
                }
                action => self.handle_listed(now, &action, &response, told, fx),
            },
            Response::CreateTopics(response) => {
                let topic = response.topics.first();
                let code = topic.map_or(ErrorCode::UnknownServerError, |topic| topic.error_code);
                let TopicsAction::Create(create) = &self.action else { return Ok(None) };
                match code {
                    ErrorCode::None => told.push(ToolItem::TopicCreated(create.name.clone())),
                    ErrorCode::TopicAlreadyExists if create.if_not_exists => {}
                    _ => return Err(api_error(code, topic.and_then(|topic| topic.error_message.as_ref()))),
                }
                Ok(Some(ToolEnd::Succeeded))
            }
            Response::DeleteTopics(response) => {
                let failed = response.responses.iter().find(|topic| !topic.error_code.is_none());
                ended(failed.map(|topic| (topic.error_code, topic.error_message.as_ref())))
            }
            Response::CreatePartitions(response) => {
                let failed = response.results.iter().find(|topic| !topic.error_code.is_none());
                ended(failed.map(|topic| (topic.error_code, topic.error_message.as_ref())))
            }
            Response::DescribeTopicPartitions(response) => {
                for topic in &response.topics {
                    if !topic.error_code.is_none() {
                        return Err(ApiError::new(topic.error_code).exception());
                    }
                    self.add_partitions(topic.name.as_deref().unwrap_or(""), topic.topic_id, &topic.partitions);
                }
                self.after_partitions(now, response.next_cursor, fx);
                Ok(None)
            }
            Response::DescribeConfigs(response) => {
                self.add_configs(&response.results)?;
                self.ask_cluster(now, fx);
                Ok(None)
            }
            Response::DescribeCluster(response) => {
                let live: Vec<NodeId> = response.brokers.iter().map(|broker| broker.broker_id).collect();
                self.found.iter_mut().for_each(|topic| topic.live_brokers = live.clone());
                self.ask_reassignments(now, fx);
                Ok(None)
            }
            Response::ListPartitionReassignments(response) => {
                if !response.error_code.is_none() {
                    let error = api_error(response.error_code, response.error_message.as_ref());
                    return Err(wrapped_twice(error));
                }
                self.add_reassignments(&response.topics);
                told.extend(self.found.drain(..).map(ToolItem::TopicDescribed));
                Ok(Some(ToolEnd::Succeeded))
            }
            other => misplaced(&other),
        }
    }

    /// The list of all topics has come: picks those that the line means.
    fn handle_listed(
        &mut self,
        now: SimTime,
        action: &TopicsAction,
        response: &MetadataResponse,
        told: Told,
        fx: &mut Effects,
    ) -> Outcome {
        match action {
            TopicsAction::Create(_) => Ok(None),
            TopicsAction::List { topics, exclude_internal } => {
                let takes = |name: &str| topics.as_ref().is_none_or(|pattern| pattern.takes(name));
                told.push(ToolItem::TopicNames(topic_names(response, *exclude_internal, takes)));
                Ok(Some(ToolEnd::Succeeded))
            }
            TopicsAction::Delete { topics, if_exists } => {
                let names = topic_names(response, false, |name| topics.takes(name));
                ensure_exists(&names, topics.text(), *if_exists)?;
                self.delete(now, &names, fx)
            }
            TopicsAction::Alter(alter) => {
                let names = topic_names(response, false, |name| alter.topics.takes(name));
                ensure_exists(&names, alter.topics.text(), alter.if_exists)?;
                self.alter(now, alter, &names, response, fx)
            }
            TopicsAction::Describe(describe) => self.describe(now, describe, response, fx),
        }
    }

    fn delete(&mut self, now: SimTime, names: &[String], fx: &mut Effects) -> Outcome {
        if names.is_empty() {
            return Ok(Some(ToolEnd::Succeeded));
        }
        let topic = |name: &String| DeleteTopicState { name: Some(Arc::from(&**name)), topic_id: Default::default() };
        let request = DeleteTopicsRequest { topics: names.iter().map(topic).collect(), timeout_ms: TIMEOUT_MS };
        self.call(now, "deleteTopics", Request::DeleteTopics(request), fx);
        Ok(None)
    }

    fn alter(
        &mut self,
        now: SimTime,
        alter: &AlterTopics,
        names: &[String],
        response: &MetadataResponse,
        fx: &mut Effects,
    ) -> Outcome {
        if names.is_empty() {
            return Ok(Some(ToolEnd::Succeeded));
        }
        let partitions_of = |name: &str| {
            let topic = response.topics.iter().find(|topic| topic.name.as_deref() == Some(name));
            topic.map_or(0, |topic| topic.partitions.len())
        };
        let topic = |name: &String| {
            // The assignments of partitions that exist are skipped.
            let new = alter.assignment.iter().skip(partitions_of(name));
            let brokers = |replicas: &Vec<i32>| CreatePartitionsAssignment {
                broker_ids: replicas.iter().map(|id| NodeId(*id)).collect(),
            };
            CreatePartitionsTopic {
                name: Arc::from(&**name),
                count: alter.partitions,
                assignments: (!alter.assignment.is_empty()).then(|| new.map(brokers).collect()),
            }
        };
        let request = CreatePartitionsRequest {
            topics: names.iter().map(topic).collect(),
            timeout_ms: TIMEOUT_MS,
            validate_only: false,
        };
        self.call(now, "createPartitions", Request::CreatePartitions(request), fx);
        Ok(None)
    }
}

fn create_request(create: &CreateTopic) -> CreateTopicsRequest {
    let manual = !create.assignment.is_empty();
    let replicas = |(index, brokers): (usize, &Vec<i32>)| CreatableReplicaAssignment {
        partition_index: index as i32,
        broker_ids: brokers.iter().map(|id| NodeId(*id)).collect(),
    };
    let config = |(name, value): (&String, &String)| CreatableTopicConfig {
        name: Arc::from(&**name),
        value: Some(Arc::from(&**value)),
    };
    let topic = CreatableTopic {
        name: Arc::from(&*create.name),
        num_partitions: if manual { -1 } else { create.partitions.unwrap_or(-1) },
        replication_factor: if manual { -1 } else { create.replication_factor.unwrap_or(-1) },
        assignments: create.assignment.iter().enumerate().map(replicas).collect(),
        configs: create.configs.iter().map(config).collect(),
    };
    CreateTopicsRequest { topics: vec![topic], timeout_ms: TIMEOUT_MS, validate_only: false }
}

pub(super) fn ensure_exists(found: &[String], asked: &str, if_exists: bool) -> Result<(), KafkaException> {
    if found.is_empty() && !asked.is_empty() && !if_exists {
        return Err(illegal_argument(format!("Topic '{asked}' does not exist as expected")));
    }
    Ok(())
}

pub(super) fn illegal_argument(message: String) -> KafkaException {
    KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, message)
}

pub(super) fn api_error(code: ErrorCode, message: Option<&Arc<str>>) -> KafkaException {
    ApiError { code, message: message.map(|text| text.to_string()) }.exception()
}

fn ended(failed: Option<(ErrorCode, Option<&Arc<str>>)>) -> Outcome {
    match failed {
        Some((code, message)) => Err(api_error(code, message)),
        None => Ok(Some(ToolEnd::Succeeded)),
    }
}
