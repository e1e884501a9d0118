//! kafka-delete-records at work: each leader is told below which offsets nothing is wanted (`DeleteRecordsCommand`,
//! `DeleteRecordsHandler`).

use std::collections::BTreeMap;

use super::by_leader::{Answered, ByLeader};
use super::{Level, LogLine, Told, ToolEnd, ToolItem, misplaced};
use crate::kafka::client::admin::Admin;
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode, KafkaException};
use crate::kafka::ids::TopicPartition;
use crate::kafka::protocol::delete_records::*;
use crate::kafka::protocol::{Request, Response};
use crate::time::SimTime;

const LOGGER: &str = "org.apache.kafka.clients.admin.internals.DeleteRecordsHandler";
const NAMES: (&str, &str) = ("deleteRecords(api=METADATA)", "deleteRecords(api=DELETE_RECORDS)");
/// `request.timeout.ms`: how long a leader may wait for its followers.
const TIMEOUT_MS: i32 = 30_000;

#[derive(Clone, Debug)]
pub(super) struct DeleteRecords {
    pub calls: ByLeader,
    /// In the order of the file; Kafka prints out of an immutable map, whose order differs from one Java machine to the
    /// next.
    asked: Vec<(TopicPartition, i64)>,
    results: BTreeMap<TopicPartition, Result<i64, KafkaException>>,
}

impl DeleteRecords {
    pub fn new(admin: Admin, asked: Vec<(TopicPartition, i64)>) -> DeleteRecords {
        let partitions = asked.iter().map(|(tp, _)| tp.clone()).collect();
        DeleteRecords { calls: ByLeader::new(admin, NAMES, partitions), asked, results: BTreeMap::new() }
    }

    pub fn start(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        if self.asked.is_empty() {
            return self.finish(told);
        }
        self.calls.start(now, fx);
        None
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        let asked = self.asked.clone();
        for (partitions, result) in self.calls.pursue(now, fx, |partitions| request(&asked, partitions)) {
            self.note((partitions, result), now, told);
        }
        self.finish(told)
    }

    fn note(&mut self, (partitions, result): Answered, now: SimTime, told: Told) {
        let response = match result {
            Ok(Response::DeleteRecords(response)) => response,
            Ok(other) => misplaced(&other),
            Err(error) => {
                return partitions.into_iter().for_each(|tp| {
                    self.results.insert(tp, Err(error.clone()));
                });
            }
        };
        for topic in response.topics {
            for row in topic.partitions {
                let tp = TopicPartition::new(topic.name.clone(), row.partition_index);
                match row.error_code {
                    ErrorCode::None => {
                        self.results.insert(tp, Ok(row.low_watermark));
                    }
                    code if code.is_retriable() && code != ErrorCode::RequestTimedOut => self.calls.retry(now, tp),
                    code => {
                        told.push(ToolItem::Logged(unexpected(now, &tp, code)));
                        self.results.insert(tp, Err(ApiError::new(code).exception()));
                    }
                }
            }
        }
    }

    fn finish(&mut self, told: Told) -> Option<ToolEnd> {
        if self.results.len() < self.asked.len() {
            return None;
        }
        let rows = self.asked.iter().map(|(tp, _)| (tp.clone(), self.results[tp].clone()));
        told.push(ToolItem::RecordsDeleted(rows.collect()));
        Some(ToolEnd::Succeeded)
    }
}

fn request(asked: &[(TopicPartition, i64)], partitions: &[TopicPartition]) -> Request {
    let mut topics: Vec<DeleteRecordsTopic> = Vec::new();
    for (tp, offset) in asked.iter().filter(|(tp, _)| partitions.contains(tp)) {
        let partition = DeleteRecordsPartition { partition_index: tp.partition, offset: *offset };
        match topics.iter_mut().find(|topic| topic.name == tp.topic) {
            Some(topic) => topic.partitions.push(partition),
            None => topics.push(DeleteRecordsTopic { name: tp.topic.clone(), partitions: vec![partition] }),
        }
    }
    DeleteRecordsRequest { topics, timeout_ms: TIMEOUT_MS }.into()
}

fn unexpected(now: SimTime, tp: &TopicPartition, code: ErrorCode) -> LogLine {
    let message = format!(
        "[AdminClient clientId=adminclient-1] DeleteRecords request for topic partition {tp} failed due to an unexpected \
         error {}",
        code.name()
    );
    LogLine { at: now, level: Level::Error, message, logger: LOGGER, error: None }
}
