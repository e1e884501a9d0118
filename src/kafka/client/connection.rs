//! Connections of one client to many nodes: connecting with back-off, the ApiVersions exchange, requests in flight
//! and their time-outs (`NetworkClient`, `ClusterConnectionStates`, `InFlightRequests`). Brokers use it too, towards
//! the controller.
//!
//! Simplifications: names resolve at once; idle connections are never closed (`connections.max.idle.ms`); versions
//! are asked for but always fit, because all nodes are of one release.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::event::detail::{CancelledRequest, DisconnectCause, Disconnection};
use crate::kafka::ids::{NodeId, ProcessId};
use crate::kafka::protocol::versions::ApiVersionsRequest;
use crate::kafka::protocol::{ApiKey, Body, Channel, Message, Request, Response};
use crate::rng::Rng;
use crate::time::{SimDuration, SimTime};

/// The settings that shape connections; fields are Kafka's keys.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ConnectionSettings {
    pub reconnect_backoff_ms: i64,
    pub reconnect_backoff_max_ms: i64,
    pub request_timeout_ms: i64,
    pub socket_connection_setup_timeout_ms: i64,
    pub socket_connection_setup_timeout_max_ms: i64,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        ConnectionSettings {
            reconnect_backoff_ms: 50,
            reconnect_backoff_max_ms: 1_000,
            request_timeout_ms: 30_000,
            socket_connection_setup_timeout_ms: 10_000,
            socket_connection_setup_timeout_max_ms: 30_000,
        }
    }
}

/// One end's view of a connection.
#[derive(Clone, PartialEq, Debug)]
enum State {
    /// Not connected; no new attempt before this moment.
    Disconnected {
        retry_at: SimTime,
    },
    Connecting {
        since: SimTime,
        deadline: SimTime,
    },
    CheckingVersions,
    Ready,
}

#[derive(Clone, PartialEq, Debug)]
struct InFlight<T> {
    correlation_id: i32,
    api: ApiKey,
    sent_at: SimTime,
    deadline: SimTime,
    /// None for the client's own ApiVersions request.
    purpose: Option<T>,
    expects_response: bool,
}

impl<T> InFlight<T> {
    /// When the client gives the request up: a millisecond has to have passed beyond the time-out, so that the answer of
    /// a broker that waited as long is still taken (`InFlightRequests.hasExpiredRequest`). A client that may not wait at
    /// all looks without pause and gives up at once.
    fn lapses_at(&self) -> SimTime {
        let waits = self.deadline > self.sent_at;
        self.deadline + if waits { SimDuration::from_millis(1) } else { SimDuration::ZERO }
    }
}

#[derive(Clone, PartialEq, Debug)]
struct Connection<T> {
    state: State,
    failed_attempts: u32,
    in_flight: VecDeque<InFlight<T>>,
}

/// What became of a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    Answered(Response),
    /// The connection went away, or the request timed out and took the connection with it.
    Disconnected {
        timed_out: bool,
    },
}

/// A request that has ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Completed<T> {
    pub node: NodeId,
    pub channel: Channel,
    pub correlation_id: i32,
    pub purpose: T,
    pub outcome: Outcome,
}

/// `T` says what a request was for, so that its sender knows the answer when it comes.
#[derive(Clone, PartialEq, Debug)]
pub struct Connections<T> {
    client_id: Arc<str>,
    settings: ConnectionSettings,
    connections: BTreeMap<(NodeId, Channel), Connection<T>>,
    next_correlation_id: i32,
    rng: Rng,
}

impl<T: Clone> Connections<T> {
    pub fn new(client_id: Arc<str>, settings: ConnectionSettings, rng: Rng) -> Self {
        Connections { client_id, settings, connections: BTreeMap::new(), next_correlation_id: 0, rng }
    }

    pub fn client_id(&self) -> &Arc<str> {
        &self.client_id
    }

    /// True if a request can go out now; otherwise begins to connect unless back-off forbids it.
    pub fn ready(&mut self, now: SimTime, node: NodeId, channel: Channel, fx: &mut Effects) -> bool {
        let deadline = now + self.setup_timeout(node, channel);
        let connection = self.connection(node, channel);
        match connection.state {
            State::Ready => true,
            State::Disconnected { retry_at } if retry_at <= now => {
                connection.state = State::Connecting { since: now, deadline };
                fx.connect(ProcessId::Node(node), channel);
                false
            }
            _ => false,
        }
    }

    pub fn is_ready(&self, node: NodeId, channel: Channel) -> bool {
        self.connections.get(&(node, channel)).is_some_and(|connection| connection.state == State::Ready)
    }

    /// True while an attempt is under way.
    pub fn is_connecting(&self, node: NodeId, channel: Channel) -> bool {
        let under_way = |c: &Connection<T>| matches!(c.state, State::Connecting { .. } | State::CheckingVersions);
        self.connections.get(&(node, channel)).is_some_and(under_way)
    }

    /// When the next attempt is allowed; None when connected, connecting, or at once.
    pub fn retry_at(&self, now: SimTime, node: NodeId, channel: Channel) -> Option<SimTime> {
        match self.connections.get(&(node, channel))?.state {
            State::Disconnected { retry_at } if retry_at > now => Some(retry_at),
            _ => None,
        }
    }

    /// Requests without an answer on this connection.
    pub fn in_flight_count(&self, node: NodeId, channel: Channel) -> u32 {
        self.connections.get(&(node, channel)).map_or(0, |connection| connection.in_flight.len() as u32)
    }

    pub fn purposes_in_flight(&self) -> impl Iterator<Item = &T> {
        self.connections.values().flat_map(|c| c.in_flight.iter().filter_map(|request| request.purpose.as_ref()))
    }

    /// Sends a request on a ready connection and returns its correlation id.
    pub fn send(
        &mut self,
        now: SimTime,
        (node, channel): (NodeId, Channel),
        request: Request,
        purpose: T,
        fx: &mut Effects,
    ) -> i32 {
        let timeout = self.settings.request_timeout_ms;
        self.send_within(now, (node, channel), request, purpose, timeout, fx)
    }

    /// The same with a time-out of its own, in milliseconds.
    pub fn send_within(
        &mut self,
        now: SimTime,
        (node, channel): (NodeId, Channel),
        request: Request,
        purpose: T,
        timeout_ms: i64,
        fx: &mut Effects,
    ) -> i32 {
        assert!(self.is_ready(node, channel), "a request needs a ready connection");
        let expects_response = !matches!(&request, Request::Produce(produce) if produce.acks == 0);
        let deadline = now + SimDuration::from_config_ms(timeout_ms);
        let (api, purpose) = (request.api(), Some(purpose));
        let in_flight = InFlight { correlation_id: 0, api, sent_at: now, deadline, purpose, expects_response };
        self.transmit(node, channel, request, in_flight, fx)
    }

    fn transmit(
        &mut self,
        node: NodeId,
        channel: Channel,
        request: Request,
        mut in_flight: InFlight<T>,
        fx: &mut Effects,
    ) -> i32 {
        let correlation_id = self.next_correlation_id;
        self.next_correlation_id = correlation_id.wrapping_add(1).max(0);
        let body = Body::Request { client_id: self.client_id.clone(), request };
        fx.send(ProcessId::Node(node), Message { channel, correlation_id, body });
        in_flight.correlation_id = correlation_id;
        if in_flight.expects_response {
            self.connection(node, channel).in_flight.push_back(in_flight);
        }
        correlation_id
    }

    /// The connection stands: the first thing said on it is ApiVersions.
    pub fn handle_connected(&mut self, now: SimTime, node: NodeId, channel: Channel, fx: &mut Effects) {
        let connection = self.connection(node, channel);
        if !matches!(connection.state, State::Connecting { .. }) {
            return;
        }
        connection.state = State::CheckingVersions;
        let request = ApiVersionsRequest {
            client_software_name: Arc::from("apache-kafka-java"),
            client_software_version: Arc::from(crate::kafka::VERSION),
        };
        let deadline = now + SimDuration::from_config_ms(self.settings.request_timeout_ms);
        let api = ApiKey::ApiVersions;
        let in_flight =
            InFlight { correlation_id: 0, api, sent_at: now, deadline, purpose: None, expects_response: true };
        self.transmit(node, channel, request.into(), in_flight, fx);
    }

    /// Takes a response; None when it only made the connection ready.
    pub fn handle_response(
        &mut self,
        node: NodeId,
        channel: Channel,
        correlation_id: i32,
        response: Response,
    ) -> Option<Completed<T>> {
        let connection = self.connection(node, channel);
        let first = connection.in_flight.front()?;
        assert_eq!(first.correlation_id, correlation_id, "a broker answers in order");
        let request = connection.in_flight.pop_front().expect("the front was just seen");
        match request.purpose {
            Some(purpose) => {
                Some(Completed { node, channel, correlation_id, purpose, outcome: Outcome::Answered(response) })
            }
            None => {
                connection.state = State::Ready;
                connection.failed_attempts = 0;
                None
            }
        }
    }

    /// The peer closed, refused or reset: everything in flight is over, and the next attempt has to wait.
    pub fn handle_disconnect(&mut self, now: SimTime, node: NodeId, channel: Channel) -> Vec<Completed<T>> {
        self.fail(now, node, channel, false)
    }

    fn fail(&mut self, now: SimTime, node: NodeId, channel: Channel, timed_out: bool) -> Vec<Completed<T>> {
        let backoff = self.next_backoff(node, channel);
        let connection = self.connection(node, channel);
        connection.state = State::Disconnected { retry_at: now + backoff };
        connection.failed_attempts += 1;
        let row = |request: InFlight<T>| {
            Some(Completed {
                node,
                channel,
                correlation_id: request.correlation_id,
                purpose: request.purpose?,
                outcome: Outcome::Disconnected { timed_out },
            })
        };
        connection.in_flight.drain(..).filter_map(row).collect()
    }

    /// Closes a connection from this side.
    pub fn close(&mut self, now: SimTime, node: NodeId, channel: Channel, fx: &mut Effects) -> Vec<Completed<T>> {
        fx.disconnect(ProcessId::Node(node), channel);
        self.fail(now, node, channel, false)
    }

    /// True if there is a connection to lose, or an attempt at one.
    pub fn is_known(&self, node: NodeId, channel: Channel) -> bool {
        let known = |connection: &Connection<T>| !matches!(connection.state, State::Disconnected { .. });
        self.connections.get(&(node, channel)).is_some_and(known)
    }

    /// What is lost with a connection, before it is given up.
    pub fn disconnection(&self, now: SimTime, node: NodeId, channel: Channel, cause: DisconnectCause) -> Disconnection {
        let row = |request: &InFlight<T>| CancelledRequest {
            api: request.api,
            correlation_id: request.correlation_id,
            age: now.since(request.sent_at),
            timeout_ms: request.deadline.since(request.sent_at).as_millis() as i64,
        };
        let connection = self.connections.get(&(node, channel));
        Disconnection {
            channel,
            attempt: connection.is_some_and(|connection| matches!(connection.state, State::Connecting { .. })),
            cause,
            bootstrap: None,
            cancelled: connection.map_or(Vec::new(), |connection| connection.in_flight.iter().map(row).collect()),
            bootstrapping: false,
        }
    }

    /// Connection attempts and requests that took too long.
    pub fn overdue(&self, now: SimTime) -> Vec<(NodeId, Channel, DisconnectCause)> {
        let cause = |connection: &Connection<T>| match connection.state {
            State::Connecting { deadline, since } => {
                (deadline <= now).then_some(DisconnectCause::SetupTimeout { after: deadline.since(since) })
            }
            State::Disconnected { .. } => None,
            _ => {
                let late = connection.in_flight.front().is_some_and(|request| request.lapses_at() <= now);
                late.then_some(DisconnectCause::RequestTimeout)
            }
        };
        let row = |(key, connection): (&(NodeId, Channel), &Connection<T>)| Some((key.0, key.1, cause(connection)?));
        self.connections.iter().filter_map(row).collect()
    }

    /// Gives up on what is overdue.
    pub fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) -> Vec<Completed<T>> {
        let mut completed = Vec::new();
        for (node, channel, _) in self.overdue(now) {
            fx.disconnect(ProcessId::Node(node), channel);
            completed.extend(self.fail(now, node, channel, true));
        }
        completed
    }

    pub fn poll_timeout(&self) -> Option<Wake> {
        let row = |connection: &Connection<T>| match connection.state {
            State::Connecting { deadline, .. } => Some(Wake::new(deadline, WakeReason::ConnectionSetupTimeout)),
            State::Disconnected { .. } => None,
            _ => connection.in_flight.front().map(|request| Wake::new(request.lapses_at(), WakeReason::RequestTimeout)),
        };
        self.connections.values().filter_map(row).min()
    }

    fn connection(&mut self, node: NodeId, channel: Channel) -> &mut Connection<T> {
        self.connections.entry((node, channel)).or_insert_with(|| Connection {
            state: State::Disconnected { retry_at: SimTime::default() },
            failed_attempts: 0,
            in_flight: VecDeque::new(),
        })
    }

    fn attempts(&self, node: NodeId, channel: Channel) -> u32 {
        self.connections.get(&(node, channel)).map_or(0, |connection| connection.failed_attempts)
    }

    /// Doubles from `reconnect.backoff.ms` up to its maximum, with 20 % of jitter either way.
    fn next_backoff(&mut self, node: NodeId, channel: Channel) -> SimDuration {
        let (base, max) = (self.settings.reconnect_backoff_ms, self.settings.reconnect_backoff_max_ms);
        let attempts = self.attempts(node, channel);
        jittered(exponential(base, max, attempts), &mut self.rng)
    }

    fn setup_timeout(&mut self, node: NodeId, channel: Channel) -> SimDuration {
        let base = self.settings.socket_connection_setup_timeout_ms;
        let max = self.settings.socket_connection_setup_timeout_max_ms;
        let attempts = self.attempts(node, channel);
        jittered(exponential(base, max, attempts), &mut self.rng)
    }
}

/// `base * 2^attempts`, at most `max`, in milliseconds.
fn exponential(base: i64, max: i64, attempts: u32) -> i64 {
    base.saturating_mul(1_i64 << attempts.min(30)).min(max.max(base))
}

/// 0.8 to 1.2 times the value, drawn in thousandths so that no floating point is needed.
fn jittered(millis: i64, rng: &mut Rng) -> SimDuration {
    let thousandths = 800 + i64::from(rng.below(400));
    let micros = millis.saturating_mul(thousandths);
    SimDuration::from_micros(u64::try_from(micros).unwrap_or(0))
}
