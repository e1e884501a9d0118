//! kafka-get-offsets at work: the topics, their partitions, then the offsets from each leader
//! (`GetOffsetShell`, `ListOffsetsHandler`).

use std::collections::BTreeMap;

use super::by_leader::{Answered, ByLeader};
use super::{GetOffsets, Level, LogLine, Told, ToolEnd, ToolItem, list_topics, misplaced, topic_names};
use crate::kafka::client::admin::Admin;
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition};
use crate::kafka::protocol::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopic,
};
use crate::kafka::protocol::metadata::MetadataResponse;
use crate::kafka::protocol::{Request, Response};
use crate::time::SimTime;

const LOGGER: &str = "org.apache.kafka.clients.admin.internals.ListOffsetsHandler";
const NAMES: (&str, &str) = ("listOffsets(api=METADATA)", "listOffsets(api=LIST_OFFSETS)");

#[derive(Clone, Debug)]
pub(super) struct Offsets {
    pub calls: ByLeader,
    asked: GetOffsets,
    /// In the order in which the tool found them; empty until it knows the topics.
    all: Vec<TopicPartition>,
    answers: BTreeMap<TopicPartition, Result<i64, KafkaException>>,
}

impl Offsets {
    pub fn new(admin: Admin, asked: GetOffsets) -> Offsets {
        let calls = ByLeader::new(admin, NAMES, Vec::new());
        Offsets { calls, asked, all: Vec::new(), answers: BTreeMap::new() }
    }

    pub fn start(&mut self, now: SimTime, fx: &mut Effects) -> Option<ToolEnd> {
        list_topics(&mut self.calls.admin, now, fx);
        None
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        if self.all.is_empty() {
            for (_, result) in self.calls.admin.take_results() {
                let found = match result {
                    Ok(Response::Metadata(response)) => self.find_partitions(now, &response, fx),
                    Ok(other) => misplaced(&other),
                    Err(error) => Err(error),
                };
                if let Err(error) = found {
                    return Some(ToolEnd::Failed(error));
                }
            }
            return None;
        }
        let timestamp = self.asked.timestamp;
        for answered in self.calls.pursue(now, fx, |partitions| request(timestamp, partitions)) {
            self.note(now, answered, told);
        }
        self.finish(told)
    }

    fn find_partitions(
        &mut self,
        now: SimTime,
        response: &MetadataResponse,
        fx: &mut Effects,
    ) -> Result<(), KafkaException> {
        for name in topic_names(response, self.asked.exclude_internal, |_| true) {
            let topic = response.topics.iter().find(|topic| topic.name.as_deref() == Some(&*name));
            let mut numbers: Vec<i32> =
                topic.map(|topic| topic.partitions.iter().map(|p| p.partition_index).collect()).unwrap_or_default();
            numbers.sort();
            let partitions = numbers.into_iter().map(|number| TopicPartition::new(&*name, number));
            self.all.extend(partitions.filter(|tp| self.asked.rules.iter().any(|rule| rule.takes(tp))));
        }
        if self.all.is_empty() {
            let message = "Could not match any topic-partitions with the specified filters";
            return Err(KafkaException::with(ExceptionClass::named("tools.TerseException"), message));
        }
        self.calls.begin(now, self.all.clone(), fx);
        Ok(())
    }

    fn note(&mut self, now: SimTime, (partitions, result): Answered, told: Told) {
        match result {
            Ok(Response::ListOffsets(response)) => self.handle_offsets(now, &response, told),
            Ok(other) => misplaced(&other),
            Err(error) => partitions.into_iter().for_each(|tp| self.answer(tp, Err(error.clone()))),
        }
    }

    fn handle_offsets(&mut self, now: SimTime, response: &ListOffsetsResponse, told: Told) {
        for topic in &response.topics {
            for partition in &topic.partitions {
                let tp = TopicPartition::new(topic.name.clone(), partition.partition_index);
                match partition.error_code {
                    ErrorCode::None => self.answer(tp, Ok(partition.offset)),
                    code if code.is_retriable() => self.calls.retry(now, tp),
                    code => {
                        told.push(ToolItem::Logged(unexpected(now, &tp, code)));
                        self.answer(tp, Err(ApiError::new(code).exception()));
                    }
                }
            }
        }
    }

    fn answer(&mut self, tp: TopicPartition, answer: Result<i64, KafkaException>) {
        self.answers.insert(tp, answer);
    }

    /// When every partition is answered: first what is skipped, then the offsets in the order of their names as text.
    fn finish(&mut self, told: Told) -> Option<ToolEnd> {
        if self.all.is_empty() || self.answers.len() < self.all.len() {
            return None;
        }
        let mut offsets: Vec<(String, TopicPartition, i64)> = Vec::new();
        for (tp, answer) in &self.answers {
            match answer {
                Ok(offset) if *offset >= 0 => offsets.push((tp.to_string(), tp.clone(), *offset)),
                Ok(_) => {}
                Err(error) => told.push(ToolItem::OffsetSkipped(tp.clone(), error.clone())),
            }
        }
        offsets.sort();
        told.extend(offsets.into_iter().map(|(_, tp, offset)| ToolItem::OffsetFound(tp, offset)));
        Some(ToolEnd::Succeeded)
    }
}

fn request(timestamp: i64, partitions: &[TopicPartition]) -> Request {
    let mut topics: Vec<ListOffsetsTopic> = Vec::new();
    for tp in partitions {
        let (partition_index, current_leader_epoch) = (tp.partition, LeaderEpoch(-1));
        let partition = ListOffsetsPartition { partition_index, current_leader_epoch, timestamp };
        match topics.iter_mut().find(|topic| topic.name == tp.topic) {
            Some(topic) => topic.partitions.push(partition),
            None => topics.push(ListOffsetsTopic { name: tp.topic.clone(), partitions: vec![partition] }),
        }
    }
    ListOffsetsRequest { replica_id: NodeId(-1), isolation_level: 0, topics, timeout_ms: 30_000 }.into()
}

fn unexpected(now: SimTime, tp: &TopicPartition, code: ErrorCode) -> LogLine {
    let message = format!(
        "[AdminClient clientId=GetOffsetShell] ListOffsets request for topic partition {tp} failed due to an \
         unexpected error {}",
        code.name()
    );
    LogLine { at: now, level: Level::Error, message, logger: LOGGER, error: None }
}
