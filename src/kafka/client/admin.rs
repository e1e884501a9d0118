//! The admin client: calls with a deadline, sent to some node or to a certain one, tried again when the connection
//! fails (`KafkaAdminClient`).

use std::collections::BTreeMap;

use crate::kafka::client::connection::{Completed, ConnectionSettings, Outcome};
use crate::kafka::client::metadata::{ClusterMetadata, Wanted};
use crate::kafka::client::network::ClientNetwork;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::{NodeId, ProcessId};
use crate::kafka::protocol::{Channel, Message, Request, Response};
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

/// Names a call within its client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CallId(pub u32);

/// Who shall answer a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    AnyBroker,
    Broker(NodeId),
}

/// Settings; fields are Kafka's keys.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AdminSettings {
    pub request_timeout_ms: i64,
    pub default_api_timeout_ms: i64,
    pub retry_backoff_ms: i64,
    pub retry_backoff_max_ms: i64,
    pub retries: i32,
    pub connection: ConnectionSettings,
}

impl Default for AdminSettings {
    fn default() -> Self {
        AdminSettings {
            request_timeout_ms: 30_000,
            default_api_timeout_ms: 60_000,
            retry_backoff_ms: 100,
            retry_backoff_max_ms: 1_000,
            retries: i32::MAX,
            connection: ConnectionSettings::default(),
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
struct Call {
    name: &'static str,
    target: Target,
    request: Request,
    deadline: SimTime,
    tries: u32,
    next_try: SimTime,
    in_flight: bool,
}

#[derive(Clone, Debug)]
pub struct Admin {
    settings: AdminSettings,
    pub network: ClientNetwork<CallId>,
    calls: BTreeMap<CallId, Call>,
    results: Vec<(CallId, Result<Response, KafkaException>)>,
    next_call: u32,
}

impl Admin {
    pub fn new(me: ProcessId, client_id: &str, bootstrap: Vec<NodeId>, settings: AdminSettings, rng: Rng) -> Admin {
        let (backoff, max) = (settings.retry_backoff_ms, settings.retry_backoff_max_ms);
        let mut metadata = ClusterMetadata::new(Wanted::Topics(Default::default()), 300_000, backoff, max);
        metadata.allow_auto_topic_creation = false;
        let network = ClientNetwork::new(me, client_id.into(), bootstrap, settings.connection, metadata, rng);
        Admin { settings, network, calls: BTreeMap::new(), results: Vec::new(), next_call: 0 }
    }

    /// Begins a call; `name` is Kafka's own name of it, which time-outs print.
    pub fn call(
        &mut self,
        now: SimTime,
        name: &'static str,
        target: Target,
        request: impl Into<Request>,
        fx: &mut Effects,
    ) -> CallId {
        self.call_within(now, name, target, request, self.settings.default_api_timeout_ms, fx)
    }

    /// [`Self::call`] with a time-out of its own, in milliseconds.
    pub fn call_within(
        &mut self,
        now: SimTime,
        name: &'static str,
        target: Target,
        request: impl Into<Request>,
        timeout_ms: i64,
        fx: &mut Effects,
    ) -> CallId {
        let id = CallId(self.next_call);
        self.next_call += 1;
        let deadline = now + SimDuration::from_config_ms(timeout_ms);
        let request = request.into();
        let call = Call { name, target, request, deadline, tries: 0, next_try: now, in_flight: false };
        self.calls.insert(id, call);
        self.pursue(now, fx);
        id
    }

    /// Calls that have ended since the last call, in the order of their ends.
    pub fn take_results(&mut self) -> Vec<(CallId, Result<Response, KafkaException>)> {
        std::mem::take(&mut self.results)
    }

    fn pursue(&mut self, now: SimTime, fx: &mut Effects) {
        self.network.pursue(now, fx);
        let due: Vec<CallId> =
            self.calls.iter().filter(|(_, c)| !c.in_flight && c.next_try <= now).map(|(id, _)| *id).collect();
        for id in due {
            let call = &self.calls[&id];
            let node = match call.target {
                Target::AnyBroker => self.network.any_node(now, fx),
                // A broker that the cluster does not have is waited for.
                Target::Broker(node) if !self.network.metadata.brokers.contains_key(&node) => None,
                Target::Broker(node) => self.network.ready(now, node, fx).then_some(node),
            };
            let Some(node) = node else { continue };
            let call = self.calls.get_mut(&id).expect("it was just looked at");
            call.in_flight = true;
            call.tries += 1;
            // Whole milliseconds, and not before the deadline: a request that is cut off with it is not tried again.
            let left = call.deadline.since(now).as_micros().div_ceil(1_000);
            let timeout = self.settings.request_timeout_ms.min(i64::try_from(left).unwrap_or(i64::MAX));
            let request = call.request.clone();
            self.network.send_within(now, node, request, id, timeout, fx);
        }
    }

    fn handle_completed(&mut self, now: SimTime, completed: Completed<CallId>) {
        let Some(call) = self.calls.get_mut(&completed.purpose) else { return };
        match completed.outcome {
            Outcome::Answered(response) => {
                self.calls.remove(&completed.purpose);
                self.results.push((completed.purpose, Ok(response)));
            }
            Outcome::Disconnected { .. } => {
                call.in_flight = false;
                let backoff = self.settings.retry_backoff_ms << call.tries.saturating_sub(1).min(10);
                call.next_try = now + SimDuration::from_config_ms(backoff.min(self.settings.retry_backoff_max_ms));
                if call.deadline <= now {
                    let error = cancelled(call, now, completed.node, completed.correlation_id);
                    self.calls.remove(&completed.purpose);
                    self.results.push((completed.purpose, Err(error)));
                }
            }
        }
    }

    /// Calls whose `default.api.timeout.ms` has run out before they were sent end with TimeoutException; what is under way
    /// is cut off at the same moment by the network.
    fn expire_calls(&mut self, now: SimTime) {
        let is_late = |call: &Call| call.deadline <= now && !call.in_flight;
        let late: Vec<CallId> = self.calls.iter().filter(|(_, c)| is_late(c)).map(|(id, _)| *id).collect();
        for id in late {
            let call = self.calls.remove(&id).expect("it was just looked at");
            self.results.push((id, Err(unassigned(&call))));
        }
    }

    pub fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        self.network.handle_connected(now, peer, channel, fx);
        self.pursue(now, fx);
    }

    pub fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        if let Some(completed) = self.network.handle_message(now, source, message, fx) {
            self.handle_completed(now, completed);
        }
        self.pursue(now, fx);
    }

    pub fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        for completed in self.network.handle_disconnect(now, peer, channel, fx) {
            self.handle_completed(now, completed);
        }
        self.pursue(now, fx);
    }

    pub fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        for completed in self.network.handle_timeout(now, fx) {
            self.handle_completed(now, completed);
        }
        self.expire_calls(now);
        self.pursue(now, fx);
    }

    pub fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        let unsent = self.calls.values().filter(|call| !call.in_flight);
        let deadline = unsent.map(|call| Wake::new(call.deadline, WakeReason::ToolTimeout)).min();
        let waiting = self.calls.values().filter(|call| !call.in_flight && call.next_try > now);
        let retry = waiting.map(|call| Wake::new(call.next_try, WakeReason::RetryBackoff)).min();
        let nodes = self.network.metadata.brokers.keys();
        let reconnect = nodes.filter_map(|node| self.network.retry_at(now, *node)).min();
        let wanted = self.calls.values().any(|call| !call.in_flight);
        let reconnect = reconnect.filter(|_| wanted).map(|at| Wake::new(at, WakeReason::ReconnectBackoff));
        Wake::earliest([self.network.poll_timeout(now), deadline, retry, reconnect])
    }
}

/// A call that nobody could be asked for (`KafkaAdminClient.TimeoutProcessor`).
fn unassigned(call: &Call) -> KafkaException {
    let text = format!("Timed out waiting for a node assignment. Call: {}", call.name);
    KafkaException::with(ExceptionClass::TIMEOUT, text)
}

/// A call whose request was under way when its time ran out (`Call.handleTimeoutFailure`).
fn cancelled(call: &Call, now: SimTime, node: NodeId, correlation_id: i32) -> KafkaException {
    let (deadline, next_try) = (call.deadline.as_epoch_ms(), call.next_try.as_epoch_ms());
    let (name, tries, now) = (call.name, call.tries, now.as_epoch_ms());
    let text = format!(
        "Call(callName={name}, deadlineMs={deadline}, tries={tries}, nextAllowedTryMs={next_try}) timed out at {now} after \
         {tries} attempt(s)"
    );
    let cause =
        format!("Cancelled {name} request with correlation id {correlation_id} due to node {node} being disconnected");
    KafkaException::with(ExceptionClass::TIMEOUT, text)
        .caused_by(KafkaException::with(ExceptionClass::DISCONNECT, cause))
}
