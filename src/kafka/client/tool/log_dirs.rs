//! kafka-log-dirs at work (`LogDirsCommand`): the cluster's brokers, then what lies on those that are asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Told, ToolEnd, ToolItem, misplaced};
use crate::kafka::client::admin::{Admin, CallId, Target};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, KafkaException};
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::kafka::java_order::{sort_by_hash, topic_partition_hash};
use crate::kafka::protocol::Response;
use crate::kafka::protocol::log_dirs::{DescribeLogDirsRequest, DescribeLogDirsResponse};
use crate::kafka::protocol::metadata::DescribeClusterRequest;
use crate::time::SimTime;

/// kafka-log-dirs: both lists empty ask for all.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DescribeLogDirs {
    pub topics: Vec<String>,
    pub brokers: BTreeSet<i32>,
}

/// What kafka-log-dirs tells.
#[derive(Clone, PartialEq, Debug)]
pub enum LogDirsItem {
    /// Brokers that were asked for and do not exist, and those that do.
    Unknown(Vec<i32>, Vec<NodeId>),
    Querying,
    Described(Vec<(NodeId, Vec<LogDirRow>)>),
}

/// One log directory.
#[derive(Clone, PartialEq, Debug)]
pub struct LogDirRow {
    pub dir: String,
    pub error: Option<KafkaException>,
    /// Size in bytes, offset lag, whether the replica is on its way to this directory.
    pub replicas: Vec<(TopicPartition, i64, i64, bool)>,
}

#[derive(Clone, Debug)]
pub(super) struct LogDirs {
    pub admin: Admin,
    asked: DescribeLogDirs,
    calls: BTreeMap<CallId, NodeId>,
    found: BTreeMap<NodeId, Vec<LogDirRow>>,
}

impl LogDirs {
    pub fn new(admin: Admin, asked: DescribeLogDirs) -> LogDirs {
        LogDirs { admin, asked, calls: BTreeMap::new(), found: BTreeMap::new() }
    }

    pub fn start(&mut self, now: SimTime, fx: &mut Effects) -> Option<ToolEnd> {
        let request = DescribeClusterRequest {
            include_cluster_authorized_operations: false,
            endpoint_type: 1,
            include_fenced_brokers: false,
        };
        self.admin.call(now, "listNodes", Target::AnyBroker, request, fx);
        None
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        for (call, result) in self.admin.take_results() {
            let response = match result {
                Ok(response) => response,
                Err(error) => return Some(ToolEnd::Failed(error)),
            };
            let end = match response {
                Response::DescribeCluster(response) => {
                    let brokers = response.brokers.iter().map(|broker| broker.broker_id).collect();
                    self.ask(now, brokers, told, fx)
                }
                Response::DescribeLogDirs(response) => self.note(call, &response, told),
                other => misplaced(&other),
            };
            if end.is_some() {
                return end;
            }
        }
        None
    }

    fn ask(&mut self, now: SimTime, mut known: Vec<NodeId>, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        known.sort();
        let unknown: Vec<i32> = self.asked.brokers.iter().copied().filter(|id| !known.contains(&NodeId(*id))).collect();
        if !unknown.is_empty() {
            told.push(ToolItem::LogDirs(LogDirsItem::Unknown(unknown, known)));
            return Some(ToolEnd::Succeeded);
        }
        told.push(ToolItem::LogDirs(LogDirsItem::Querying));
        known.retain(|id| self.asked.brokers.is_empty() || self.asked.brokers.contains(&id.0));
        for broker in known {
            let request = DescribeLogDirsRequest { topics: None };
            let call = self.admin.call(now, "describeLogDirs", Target::Broker(broker), request, fx);
            self.calls.insert(call, broker);
        }
        None
    }

    fn note(&mut self, call: CallId, response: &DescribeLogDirsResponse, told: Told) -> Option<ToolEnd> {
        let broker = self.calls.remove(&call).expect("only what was asked is answered");
        if !response.error_code.is_none() {
            return Some(ToolEnd::Failed(ApiError::new(response.error_code).exception()));
        }
        let asked = |topic: &str| self.asked.topics.is_empty() || self.asked.topics.iter().any(|name| name == topic);
        let rows = response.results.iter().map(|result| {
            let mut replicas: Vec<(TopicPartition, i64, i64, bool)> = Vec::new();
            for topic in &result.topics {
                replicas.extend(topic.partitions.iter().map(|row| {
                    let tp = TopicPartition::new(topic.name.clone(), row.partition_index);
                    (tp, row.partition_size, row.offset_lag, row.is_future_key)
                }));
            }
            // A map of all of them, of which some are shown.
            sort_by_hash(&mut replicas, 16, |(tp, ..)| topic_partition_hash(tp));
            replicas.retain(|(tp, ..)| asked(&tp.topic));
            let error = (!result.error_code.is_none()).then(|| ApiError::new(result.error_code).exception());
            LogDirRow { dir: result.log_dir.to_string(), error, replicas }
        });
        self.found.insert(broker, rows.collect());
        if !self.calls.is_empty() {
            return None;
        }
        let found = std::mem::take(&mut self.found).into_iter().collect();
        told.push(ToolItem::LogDirs(LogDirsItem::Described(found)));
        Some(ToolEnd::Succeeded)
    }
}
