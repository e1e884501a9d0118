//! kafka-get-offsets at work: the topics, their partitions, then the offsets from each leader
//! (`GetOffsetShell`, `ListOffsetsHandler`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{GetOffsets, Level, LogLine, Told, ToolEnd, ToolItem, list_topics, misplaced, topic_names};
use crate::kafka::client::admin::{Admin, CallId, Target};
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::{ApiError, ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition};
use crate::kafka::protocol::list_offsets::{
    ListOffsetsPartition, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopic,
};
use crate::kafka::protocol::metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse};
use crate::kafka::protocol::{Request, Response};
use crate::time::{SimDuration, SimTime};

const LOGGER: &str = "org.apache.kafka.clients.admin.internals.ListOffsetsHandler";
/// A partition whose leader is not known, or not the leader any more, is looked up again after this.
const RETRY_BACKOFF: SimDuration = SimDuration::from_millis(100);
/// `default.api.timeout.ms`: after this a partition without a leader is given up.
const GIVE_UP: SimDuration = SimDuration::from_secs(60);

#[derive(Clone, Debug)]
pub(super) struct Offsets {
    pub admin: Admin,
    asked: GetOffsets,
    /// Partitions that are not answered yet, in the order in which the tool found them.
    open: Vec<TopicPartition>,
    all: Vec<TopicPartition>,
    answers: BTreeMap<TopicPartition, Result<i64, KafkaException>>,
    /// Which partitions a call asks for.
    calls: BTreeMap<CallId, Vec<TopicPartition>>,
    /// When the leaders of what is left are looked up again.
    retry_at: Option<SimTime>,
    looked_up_at: SimTime,
    /// How often the leaders were looked up.
    tries: u32,
}

impl Offsets {
    pub fn new(admin: Admin, asked: GetOffsets) -> Offsets {
        Offsets {
            admin,
            asked,
            open: Vec::new(),
            all: Vec::new(),
            answers: BTreeMap::new(),
            calls: BTreeMap::new(),
            retry_at: None,
            looked_up_at: SimTime::default(),
            tries: 0,
        }
    }

    pub fn start(&mut self, now: SimTime, fx: &mut Effects) -> Option<ToolEnd> {
        list_topics(&mut self.admin, now, fx);
        None
    }

    pub fn wake(&self, now: SimTime) -> Option<Wake> {
        self.retry_at.filter(|at| *at > now).map(|at| Wake::new(at, WakeReason::RetryBackoff))
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
            self.look_up(now, fx);
        }
        for (call, result) in self.admin.take_results() {
            let outcome = match (self.calls.remove(&call), result) {
                (None, Ok(response)) => self.handle_metadata(now, response, fx),
                (None, Err(error)) => Err(error),
                (Some(_), Ok(Response::ListOffsets(response))) => {
                    self.handle_offsets(now, &response, told);
                    Ok(())
                }
                (Some(_), Ok(other)) => misplaced(&other),
                (Some(partitions), Err(error)) => {
                    for tp in partitions {
                        self.answer(tp, Err(error.clone()));
                    }
                    Ok(())
                }
            };
            if let Err(error) = outcome {
                return Some(ToolEnd::Failed(error));
            }
        }
        self.finish(told)
    }

    fn handle_metadata(&mut self, now: SimTime, response: Response, fx: &mut Effects) -> Result<(), KafkaException> {
        let Response::Metadata(response) = response else { misplaced(&response) };
        if !self.all.is_empty() {
            self.ask_leaders(now, &response, fx);
            return Ok(());
        }
        let exclude = self.asked.exclude_internal;
        for name in topic_names(&response, exclude, |_| true) {
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
        self.open = self.all.clone();
        self.looked_up_at = now;
        self.look_up(now, fx);
        Ok(())
    }

    /// Asks who leads the partitions that are left.
    fn look_up(&mut self, now: SimTime, fx: &mut Effects) {
        self.tries += 1;
        let mut names: Vec<Arc<str>> = self.open.iter().map(|tp| tp.topic.clone()).collect();
        names.dedup();
        let topic = |name: Arc<str>| MetadataRequestTopic { topic_id: Default::default(), name: Some(name) };
        let request = MetadataRequest {
            topics: Some(names.into_iter().map(topic).collect()),
            allow_auto_topic_creation: false,
            include_topic_authorized_operations: false,
        };
        self.admin.call(now, "listOffsets(api=METADATA)", Target::AnyBroker, Request::Metadata(request), fx);
    }

    fn ask_leaders(&mut self, now: SimTime, response: &MetadataResponse, fx: &mut Effects) {
        let mut by_leader: BTreeMap<NodeId, Vec<TopicPartition>> = BTreeMap::new();
        let mut without = Vec::new();
        for tp in std::mem::take(&mut self.open) {
            let topic = response.topics.iter().find(|topic| topic.name.as_ref() == Some(&tp.topic));
            let partition = topic.and_then(|t| t.partitions.iter().find(|p| p.partition_index == tp.partition));
            match partition.map(|partition| partition.leader_id).filter(|leader| leader.0 >= 0) {
                Some(leader) => by_leader.entry(leader).or_default().push(tp),
                None => without.push(tp),
            }
        }
        for (leader, partitions) in by_leader {
            let request = self.request(&partitions);
            let target = Target::Broker(leader);
            let call = self.admin.call(now, "listOffsets(api=LIST_OFFSETS)", target, Request::ListOffsets(request), fx);
            self.calls.insert(call, partitions);
        }
        if now.since(self.looked_up_at) >= GIVE_UP {
            for tp in without {
                let error = self.timed_out(now);
                self.answer(tp, Err(error));
            }
        } else if !without.is_empty() {
            self.open = without;
            self.retry_at = Some(now + RETRY_BACKOFF);
        }
    }

    /// The end of a look-up that was repeated until its time was over (`KafkaAdminClient.Call`).
    fn timed_out(&self, now: SimTime) -> KafkaException {
        let (deadline, tries) = ((self.looked_up_at + GIVE_UP).as_epoch_ms(), self.tries);
        let now = now.as_epoch_ms();
        let call =
            format!("callName=listOffsets(api=METADATA), deadlineMs={deadline}, tries={tries}, nextAllowedTryMs={now}");
        let message = format!("Call({call}) timed out at {now} after {tries} attempt(s)");
        KafkaException::with(ExceptionClass::TIMEOUT, message)
    }

    fn request(&self, partitions: &[TopicPartition]) -> ListOffsetsRequest {
        let mut topics: Vec<ListOffsetsTopic> = Vec::new();
        for tp in partitions {
            let partition = ListOffsetsPartition {
                partition_index: tp.partition,
                current_leader_epoch: LeaderEpoch(-1),
                timestamp: self.asked.timestamp,
            };
            match topics.iter_mut().find(|topic| topic.name == tp.topic) {
                Some(topic) => topic.partitions.push(partition),
                None => topics.push(ListOffsetsTopic { name: tp.topic.clone(), partitions: vec![partition] }),
            }
        }
        ListOffsetsRequest { replica_id: NodeId(-1), isolation_level: 0, topics, timeout_ms: 30_000 }
    }

    fn handle_offsets(&mut self, now: SimTime, response: &ListOffsetsResponse, told: Told) {
        for topic in &response.topics {
            for partition in &topic.partitions {
                let tp = TopicPartition::new(topic.name.clone(), partition.partition_index);
                match partition.error_code {
                    ErrorCode::None => self.answer(tp, Ok(partition.offset)),
                    code if code.is_retriable() => {
                        self.open.push(tp);
                        self.retry_at = Some(now + RETRY_BACKOFF);
                    }
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

fn unexpected(now: SimTime, tp: &TopicPartition, code: ErrorCode) -> LogLine {
    let message = format!(
        "[AdminClient clientId=GetOffsetShell] ListOffsets request for topic partition {tp} failed due to an \
         unexpected error {}",
        code.name()
    );
    LogLine { at: now, level: Level::Error, message, logger: LOGGER, error: None }
}
