//! kafka-reassign-partitions at work (`ReassignPartitionsCommand`): it asks for the brokers, the topics and what is under
//! way, then starts, tells or cancels.
//!
//! Simplification: nothing is throttled, so clearing throttles changes nothing; it asks every broker of the reassignment
//! and the controller all the same, and fails where they do not answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ReassignAction, ReassignItem, ReassignPartitions, ReassignState, Told, ToolEnd, ToolItem, misplaced};
use crate::kafka::client::admin::{Admin, CallId, Target};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::kafka::protocol::configs::{AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest};
use crate::kafka::protocol::metadata::{
    DescribeClusterRequest, DescribeClusterResponse, MetadataRequest, MetadataRequestTopic, MetadataResponse,
};
use crate::kafka::protocol::replication::*;
use crate::kafka::protocol::topics::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse};
use crate::kafka::protocol::{Request, Response};
use crate::time::SimTime;

const TIMEOUT_MS: i32 = 60_000;
const TOPIC: i8 = 2;
const DELETE: i8 = 1;
/// Configs that limit the replication of a topic.
const THROTTLED: [&str; 2] = ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"];

/// What is known before anything is done.
#[derive(Clone, Debug, Default)]
struct Known {
    cluster: Option<DescribeClusterResponse>,
    ongoing: Option<ListPartitionReassignmentsResponse>,
    topics: Option<MetadataResponse>,
}

#[derive(Clone, Debug)]
pub(super) struct Reassign {
    pub admin: Admin,
    asked: ReassignPartitions,
    known: Known,
    /// The call that changes assignments.
    altering: Option<CallId>,
    /// Calls that clear throttles, in order; the first that fails ends the tool.
    clearing: Vec<(CallId, Option<Arc<str>>)>,
    is_decided: bool,
}

impl Reassign {
    pub fn new(admin: Admin, asked: ReassignPartitions) -> Reassign {
        let known = Known::default();
        Reassign { admin, asked, known, altering: None, clearing: Vec::new(), is_decided: false }
    }

    pub fn start(&mut self, now: SimTime, fx: &mut Effects) -> Option<ToolEnd> {
        let cluster = DescribeClusterRequest {
            include_cluster_authorized_operations: false,
            endpoint_type: 1,
            include_fenced_brokers: false,
        };
        let names: BTreeSet<Arc<str>> = self.asked.targets.iter().map(|(tp, _)| tp.topic.clone()).collect();
        let topic = |name| MetadataRequestTopic { topic_id: Default::default(), name: Some(name) };
        let topics = MetadataRequest {
            topics: Some(names.into_iter().map(topic).collect()),
            allow_auto_topic_creation: false,
            include_topic_authorized_operations: false,
        };
        let ongoing = ListPartitionReassignmentsRequest { timeout_ms: TIMEOUT_MS, topics: None };
        self.admin.call(now, "listNodes", Target::AnyBroker, Request::DescribeCluster(cluster), fx);
        self.admin.call(now, "describeTopics", Target::AnyBroker, Request::Metadata(topics), fx);
        self.admin.call(now, "listPartitionReassignments", Target::AnyBroker, ongoing, fx);
        None
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        for (call, result) in self.admin.take_results() {
            let response = match result {
                Ok(response) => response,
                Err(error) => return Some(ToolEnd::Failed(in_future(error))),
            };
            match response {
                Response::DescribeCluster(response) => self.known.cluster = Some(response),
                Response::ListPartitionReassignments(response) => self.known.ongoing = Some(response),
                Response::Metadata(response) => self.known.topics = Some(response),
                Response::AlterPartitionReassignments(response) if Some(call) == self.altering => {
                    self.altering = None;
                    if let Some(end) = self.altered(&response, now, told, fx) {
                        return Some(end);
                    }
                }
                Response::IncrementalAlterConfigs(response) => {
                    let topic =
                        self.clearing.iter().find(|(known, _)| *known == call).and_then(|(_, topic)| topic.clone());
                    self.clearing.retain(|(known, _)| *known != call);
                    let failed = response.responses.iter().find(|row| !row.error_code.is_none());
                    if let (Some(row), Some(topic)) = (failed, topic) {
                        let message = format!("The topic '{topic}' does not exist.");
                        return Some(ToolEnd::Failed(in_future(ApiError::with(row.error_code, message).exception())));
                    }
                    if self.clearing.is_empty() {
                        return Some(ToolEnd::Succeeded);
                    }
                }
                other => misplaced(&other),
            }
        }
        let complete = self.known.cluster.is_some() && self.known.ongoing.is_some() && self.known.topics.is_some();
        if !complete || self.is_decided {
            return None;
        }
        self.is_decided = true;
        match self.asked.action {
            ReassignAction::List => self.list(told),
            ReassignAction::Execute { additional } => self.execute(additional, now, told, fx),
            ReassignAction::Verify => self.verify(now, told, fx),
            ReassignAction::Cancel => self.cancel(now, told, fx),
        }
    }

    fn live_brokers(&self) -> BTreeSet<NodeId> {
        self.known.cluster.iter().flat_map(|cluster| &cluster.brokers).map(|broker| broker.broker_id).collect()
    }

    /// The replicas of a partition; none if there is no such partition.
    fn current(&self, tp: &TopicPartition) -> Option<Vec<NodeId>> {
        let topics = &self.known.topics.as_ref()?.topics;
        let topic = topics.iter().find(|topic| topic.name.as_ref() == Some(&tp.topic))?;
        let partition = topic.partitions.iter().find(|partition| partition.partition_index == tp.partition)?;
        Some(partition.replica_nodes.clone())
    }

    fn has_topic(&self, name: &str) -> bool {
        let topics = self.known.topics.iter().flat_map(|response| &response.topics);
        topics.filter(|topic| topic.error_code.is_none()).any(|topic| topic.name.as_deref() == Some(name))
    }

    /// What is under way: replicas, those being added, those being removed.
    fn ongoing(&self) -> Vec<(TopicPartition, [Vec<NodeId>; 3])> {
        let topics = self.known.ongoing.iter().flat_map(|response| &response.topics);
        let rows = topics.flat_map(|topic| {
            topic.partitions.iter().map(|row| {
                let lists = [row.replicas.clone(), row.adding_replicas.clone(), row.removing_replicas.clone()];
                (TopicPartition::new(topic.name.clone(), row.partition_index), lists)
            })
        });
        rows.collect()
    }

    fn list(&self, told: Told) -> Option<ToolEnd> {
        told.push(ToolItem::Reassign(ReassignItem::Ongoing(self.ongoing())));
        Some(ToolEnd::Succeeded)
    }

    fn execute(&mut self, additional: bool, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        let failed = |error: KafkaException| Some(ToolEnd::Failed(error));
        if !additional && !self.ongoing().is_empty() {
            let message = "Cannot execute because there is an existing partition assignment.  Use --additional to override \
                           this and create a new partition assignment in addition to the existing one. The --additional \
                           flag can also be used to change the throttle by resubmitting the current reassignment.";
            return failed(KafkaException::with(ExceptionClass::named("tools.TerseException"), message));
        }
        let live = self.live_brokers();
        let unknown = self.asked.targets.iter().flat_map(|(_, replicas)| replicas).find(|id| !live.contains(id));
        if let Some(id) = unknown {
            let class = ExceptionClass::named("tools.AdminCommandFailedException");
            return failed(KafkaException::with(class, format!("Unknown broker id {id}")));
        }
        let mut current = Vec::new();
        for (tp, _) in &self.asked.targets {
            let unknown = |message: String| {
                failed(in_future(ApiError::with(ErrorCode::UnknownTopicOrPartition, message).exception()))
            };
            if !self.has_topic(&tp.topic) {
                return unknown(format!("Topic {} not found.", tp.topic));
            }
            match self.current(tp) {
                Some(replicas) => current.push((tp.clone(), replicas)),
                None => return unknown(format!("Unable to find partition: {tp}")),
            }
        }
        told.push(ToolItem::Reassign(ReassignItem::Current(current)));
        let targets = self.asked.targets.clone();
        self.alter(targets.into_iter().map(|(tp, replicas)| (tp, Some(replicas))).collect(), now, fx);
        None
    }

    fn alter(&mut self, rows: Vec<(TopicPartition, Option<Vec<NodeId>>)>, now: SimTime, fx: &mut Effects) {
        let mut topics: Vec<ReassignableTopic> = Vec::new();
        for (tp, replicas) in rows {
            let partition = ReassignablePartition { partition_index: tp.partition, replicas };
            match topics.iter_mut().find(|topic| topic.name == tp.topic) {
                Some(topic) => topic.partitions.push(partition),
                None => topics.push(ReassignableTopic { name: tp.topic, partitions: vec![partition] }),
            }
        }
        let request = AlterPartitionReassignmentsRequest {
            timeout_ms: TIMEOUT_MS,
            allow_replication_factor_change: true,
            topics,
        };
        let name = "alterPartitionReassignments";
        self.altering = Some(self.admin.call(now, name, Target::AnyBroker, request, fx));
    }

    fn altered(
        &mut self,
        response: &AlterPartitionReassignmentsResponse,
        now: SimTime,
        told: Told,
        fx: &mut Effects,
    ) -> Option<ToolEnd> {
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        for topic in &response.responses {
            for row in &topic.partitions {
                let tp = TopicPartition::new(topic.name.clone(), row.partition_index);
                let message = row.error_message.as_deref().map(str::to_string);
                let error = ApiError { code: row.error_code, message };
                match row.error_code {
                    ErrorCode::None => done.push(tp),
                    _ => failed.push(format!("{tp}: {}", error.message())),
                }
            }
        }
        done.sort();
        let cancels = self.asked.action == ReassignAction::Cancel;
        if !failed.is_empty() {
            let what = if cancels { "cancelling" } else { "reassigning" };
            let message = format!("Error {what} partition(s):\n{}", failed.join("\n"));
            return Some(ToolEnd::Failed(KafkaException::with(ExceptionClass::named("tools.TerseException"), message)));
        }
        if cancels {
            told.push(ToolItem::Reassign(ReassignItem::Cancelled(done)));
            return self.clear_throttles(now, told, fx);
        }
        told.push(ToolItem::Reassign(ReassignItem::Started(done)));
        Some(ToolEnd::Succeeded)
    }

    fn verify(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        let ongoing = self.ongoing();
        let mut states = Vec::new();
        let mut targets = self.asked.targets.clone();
        targets.sort();
        let mut goes_on = false;
        for (tp, target) in targets {
            let current = self.current(&tp).unwrap_or_default();
            let state = if ongoing.iter().any(|(known, _)| *known == tp) {
                goes_on = true;
                ReassignState::GoesOn
            } else if current == target {
                ReassignState::Completed
            } else {
                ReassignState::Inactive { current, target }
            };
            states.push((tp, state));
        }
        told.push(ToolItem::Reassign(ReassignItem::Status(states)));
        if goes_on {
            return Some(ToolEnd::Succeeded);
        }
        self.clear_throttles(now, told, fx)
    }

    fn cancel(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        let ongoing = self.ongoing();
        let is_active = |tp: &TopicPartition| ongoing.iter().any(|(known, _)| known == tp);
        let active = self.asked.targets.iter().filter(|(tp, _)| is_active(tp)).map(|(tp, _)| (tp.clone(), None));
        let active: Vec<_> = active.collect();
        if !active.is_empty() {
            self.alter(active, now, fx);
            return None;
        }
        told.push(ToolItem::Reassign(ReassignItem::Cancelled(Vec::new())));
        self.clear_throttles(now, told, fx)
    }

    /// Every broker of the cluster and of the targets, then the topics.
    fn clear_throttles(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        let live = self.live_brokers();
        let mut brokers = live.clone();
        brokers.extend(self.asked.targets.iter().flat_map(|(_, replicas)| replicas));
        let topics: BTreeSet<Arc<str>> = self.asked.targets.iter().map(|(tp, _)| tp.topic.clone()).collect();
        let silent = brokers.iter().find(|id| !live.contains(id)).copied();
        told.push(ToolItem::Reassign(ReassignItem::ClearingBrokers(brokers.into_iter().collect())));
        if let Some(broker) = silent {
            let request = IncrementalAlterConfigsRequest { resources: Vec::new(), validate_only: false };
            let target = Target::Broker(broker);
            let call = self.admin.call(now, "incrementalAlterConfigs", target, request, fx);
            self.clearing.push((call, None));
            return None;
        }
        told.push(ToolItem::Reassign(ReassignItem::ClearingTopics(
            topics.iter().map(|name| name.to_string()).collect(),
        )));
        for topic in topics {
            let config = |name: &str| AlterableConfig { name: name.into(), config_operation: DELETE, value: None };
            let resource = AlterConfigsResource {
                resource_type: TOPIC,
                resource_name: topic.clone(),
                configs: THROTTLED.iter().map(|name| config(name)).collect(),
            };
            let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
            let call = self.admin.call(now, "incrementalAlterConfigs", Target::AnyBroker, request, fx);
            self.clearing.push((call, Some(topic)));
        }
        if self.clearing.is_empty() { Some(ToolEnd::Succeeded) } else { None }
    }
}

/// `Future.get()` wraps what went wrong.
fn in_future(cause: KafkaException) -> KafkaException {
    KafkaException::from_cause(ExceptionClass::named("java.util.concurrent.ExecutionException"), cause)
}
