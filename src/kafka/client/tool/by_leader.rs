//! Admin calls that go to the leader of each partition: the leaders are looked up, each is asked for its partitions, and
//! what no leader could be found for, or was not led there any more, is looked up again (`PartitionLeaderStrategy`,
//! `AdminApiDriver`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::misplaced;
use crate::kafka::client::admin::{Admin, CallId, Target};
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::{NodeId, TopicPartition};
use crate::kafka::protocol::metadata::{MetadataRequest, MetadataRequestTopic, MetadataResponse};
use crate::kafka::protocol::{Request, Response};
use crate::time::{SimDuration, SimTime};

/// `retry.backoff.ms` and `retry.backoff.max.ms`.
const RETRY_BACKOFF_MS: u64 = 100;
const MAX_BACKOFF_MS: u64 = 1_000;
/// `default.api.timeout.ms`.
const GIVE_UP: SimDuration = SimDuration::from_secs(60);

/// What became of some partitions: their leader's answer, or why there is none.
pub(super) type Answered = (Vec<TopicPartition>, Result<Response, KafkaException>);

#[derive(Clone, Debug)]
pub(super) struct ByLeader {
    pub admin: Admin,
    /// The lookup's name and that of the call itself, as time-outs print them.
    names: (&'static str, &'static str),
    open: Vec<TopicPartition>,
    calls: BTreeMap<CallId, Vec<TopicPartition>>,
    began: SimTime,
    lookups: u32,
    retry_at: Option<SimTime>,
}

impl ByLeader {
    pub fn new(admin: Admin, names: (&'static str, &'static str), partitions: Vec<TopicPartition>) -> ByLeader {
        ByLeader {
            admin,
            names,
            open: partitions,
            calls: BTreeMap::new(),
            began: SimTime::default(),
            lookups: 0,
            retry_at: None,
        }
    }

    pub fn start(&mut self, now: SimTime, fx: &mut Effects) {
        self.began = now;
        self.look_up(now, fx);
    }

    /// Begins with partitions that were not known before.
    pub fn begin(&mut self, now: SimTime, partitions: Vec<TopicPartition>, fx: &mut Effects) {
        self.open = partitions;
        self.start(now, fx);
    }

    /// A partition is looked up again, if there is time left.
    pub fn retry(&mut self, now: SimTime, tp: TopicPartition) {
        self.open.push(tp);
        self.plan_retry(now);
    }

    fn plan_retry(&mut self, now: SimTime) {
        let backoff = (RETRY_BACKOFF_MS << self.lookups.saturating_sub(1).min(4)).min(MAX_BACKOFF_MS);
        self.retry_at = Some((now + SimDuration::from_millis(backoff)).min(self.began + GIVE_UP));
    }

    pub fn wake(&self, now: SimTime) -> Option<Wake> {
        self.retry_at.filter(|at| *at > now).map(|at| Wake::new(at, WakeReason::RetryBackoff))
    }

    /// Goes on; `ask` makes the request to one leader.
    pub fn pursue(
        &mut self,
        now: SimTime,
        fx: &mut Effects,
        ask: impl Fn(&[TopicPartition]) -> Request,
    ) -> Vec<Answered> {
        let mut answered = Vec::new();
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
            if now.since(self.began) >= GIVE_UP {
                let error = self.timed_out(now);
                answered.push((std::mem::take(&mut self.open), Err(error)));
            } else {
                self.look_up(now, fx);
            }
        }
        for (call, result) in self.admin.take_results() {
            match (self.calls.remove(&call), result) {
                (Some(partitions), result) => answered.push((partitions, result)),
                (None, Ok(Response::Metadata(response))) => self.ask_leaders(now, &response, &ask, fx),
                (None, Ok(other)) => misplaced(&other),
                (None, Err(error)) => answered.push((std::mem::take(&mut self.open), Err(error))),
            }
        }
        answered
    }

    fn timed_out(&self, now: SimTime) -> KafkaException {
        let (deadline, now) = ((self.began + GIVE_UP).as_epoch_ms(), now.as_epoch_ms());
        let (name, tries) = (self.names.0, self.lookups);
        let text = format!(
            "Call(callName={name}, deadlineMs={deadline}, tries={tries}, nextAllowedTryMs={now}) timed out at {now} after \
             {tries} attempt(s)"
        );
        KafkaException::with(ExceptionClass::TIMEOUT, text)
    }

    fn look_up(&mut self, now: SimTime, fx: &mut Effects) {
        self.lookups += 1;
        let mut names: Vec<Arc<str>> = self.open.iter().map(|tp| tp.topic.clone()).collect();
        names.sort();
        names.dedup();
        let topic = |name: Arc<str>| MetadataRequestTopic { topic_id: Default::default(), name: Some(name) };
        let request = MetadataRequest {
            topics: Some(names.into_iter().map(topic).collect()),
            allow_auto_topic_creation: false,
            include_topic_authorized_operations: false,
        };
        self.admin.call(now, self.names.0, Target::AnyBroker, Request::Metadata(request), fx);
    }

    fn ask_leaders(
        &mut self,
        now: SimTime,
        response: &MetadataResponse,
        ask: impl Fn(&[TopicPartition]) -> Request,
        fx: &mut Effects,
    ) {
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
            let call = self.admin.call(now, self.names.1, Target::Broker(leader), ask(&partitions), fx);
            self.calls.insert(call, partitions);
        }
        self.open = without;
        if !self.open.is_empty() {
            self.plan_retry(now);
        }
    }
}
