//! What every client has in common: connections, bootstrap, the metadata cache that renews itself, and the choice of
//! a node to ask (`NetworkClient` with its `DefaultMetadataUpdater`).

use std::sync::Arc;

use crate::kafka::client::connection::{Completed, ConnectionSettings, Connections, Outcome};
use crate::kafka::client::metadata::ClusterMetadata;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::detail::{DisconnectCause, Disconnection};
use crate::kafka::event::{Event, MetadataCause};
use crate::kafka::ids::{NodeId, ProcessId};
use crate::kafka::protocol::{Body, Channel, Message, Request, Response};
use crate::rng::Rng;
use crate::time::SimTime;

/// What a request was for: the client's metadata, or something of its own.
#[derive(Clone, PartialEq, Debug)]
enum Errand<P> {
    Metadata,
    Own(P),
}

#[derive(Clone, PartialEq, Debug)]
pub struct ClientNetwork<P> {
    /// Who this client is, for the facts it tells.
    me: ProcessId,
    connections: Connections<Errand<P>>,
    pub metadata: ClusterMetadata,
    /// `bootstrap.servers`, as the nodes that have these addresses.
    bootstrap: Vec<NodeId>,
    rng: Rng,
}

impl<P: Clone> ClientNetwork<P> {
    pub fn new(
        me: ProcessId,
        client_id: Arc<str>,
        bootstrap: Vec<NodeId>,
        settings: ConnectionSettings,
        mut metadata: ClusterMetadata,
        rng: Rng,
    ) -> Self {
        metadata.request_update(MetadataCause::Bootstrap);
        let connections = Connections::new(client_id, settings, rng.clone());
        ClientNetwork { me, connections, metadata, bootstrap, rng }
    }

    pub fn client_id(&self) -> &Arc<str> {
        self.connections.client_id()
    }

    pub fn process(&self) -> ProcessId {
        self.me
    }

    /// True if a request to `node` can go out now; otherwise begins to connect.
    pub fn ready(&mut self, now: SimTime, node: NodeId, fx: &mut Effects) -> bool {
        self.connections.ready(now, node, Channel::Client, fx)
    }

    pub fn in_flight_count(&self, node: NodeId) -> u32 {
        self.connections.in_flight_count(node, Channel::Client)
    }

    pub fn purposes_in_flight(&self) -> impl Iterator<Item = &P> {
        self.connections.purposes_in_flight().filter_map(|errand| match errand {
            Errand::Own(purpose) => Some(purpose),
            Errand::Metadata => None,
        })
    }

    pub fn send(&mut self, now: SimTime, node: NodeId, request: Request, purpose: P, fx: &mut Effects) -> i32 {
        self.connections.send(now, (node, Channel::Client), request, Errand::Own(purpose), fx)
    }

    /// The same with a time-out of its own, in milliseconds.
    pub fn send_within(
        &mut self,
        now: SimTime,
        node: NodeId,
        request: Request,
        purpose: P,
        timeout_ms: i64,
        fx: &mut Effects,
    ) -> i32 {
        let to = (node, Channel::Client);
        self.connections.send_within(now, to, request, Errand::Own(purpose), timeout_ms, fx)
    }

    /// A known node with a ready connection and the fewest requests in flight; if there is none, begins to connect to
    /// one and returns None.
    pub fn any_node(&mut self, now: SimTime, fx: &mut Effects) -> Option<NodeId> {
        let (node, channel) = self.least_loaded(now, fx)?;
        (channel == Channel::Client).then_some(node)
    }

    /// Candidates in a random rotation, so that clients spread over the brokers (`leastLoadedNode`).
    fn least_loaded(&mut self, now: SimTime, fx: &mut Effects) -> Option<(NodeId, Channel)> {
        let known: Vec<(NodeId, Channel)> = match self.metadata.brokers.is_empty() {
            true => self.bootstrap.iter().map(|node| (*node, Channel::Bootstrap)).collect(),
            false => self.metadata.brokers.keys().map(|node| (*node, Channel::Client)).collect(),
        };
        let count = u32::try_from(known.len()).expect("a cluster has few nodes");
        if count == 0 {
            return None;
        }
        let start = self.rng.below(count) as usize;
        let rotated: Vec<_> = known[start..].iter().chain(&known[..start]).copied().collect();
        let ready = rotated.iter().filter(|(node, channel)| self.connections.is_ready(*node, *channel));
        if let Some(best) = ready.min_by_key(|(node, channel)| self.connections.in_flight_count(*node, *channel)) {
            return Some(*best);
        }
        if rotated.iter().any(|(node, channel)| self.connections.is_connecting(*node, *channel)) {
            return None;
        }
        let next = rotated.iter().find(|(node, channel)| self.connections.retry_at(now, *node, *channel).is_none());
        if let Some((node, channel)) = next.copied() {
            self.connections.ready(now, node, channel, fx);
        }
        None
    }

    /// Asks for metadata when it is time.
    pub fn pursue(&mut self, now: SimTime, fx: &mut Effects) {
        let due = self.metadata.next_update().filter(|(at, _)| *at <= now);
        let Some((_, cause)) = due else { return };
        if self.metadata_in_flight() {
            return;
        }
        let Some((node, channel)) = self.least_loaded(now, fx) else { return };
        let request = self.metadata.request(now);
        fx.event(Event::MetadataRequest { client: self.me, to: node, cause });
        self.connections.send(now, (node, channel), request.into(), Errand::Metadata, fx);
    }

    fn metadata_in_flight(&self) -> bool {
        self.connections.purposes_in_flight().any(|errand| matches!(errand, Errand::Metadata))
    }

    pub fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        if let ProcessId::Node(node) = peer {
            self.connections.handle_connected(now, node, channel, fx);
        }
    }

    /// Takes a response; returns what became of a request of the client's own.
    pub fn handle_message(
        &mut self,
        now: SimTime,
        source: ProcessId,
        message: Message,
        fx: &mut Effects,
    ) -> Option<Completed<P>> {
        let (ProcessId::Node(node), Body::Response(response)) = (source, message.body) else { return None };
        let completed = self.connections.handle_response(node, message.channel, message.correlation_id, response)?;
        self.sort_out(now, completed, fx)
    }

    pub fn handle_disconnect(
        &mut self,
        now: SimTime,
        peer: ProcessId,
        channel: Channel,
        fx: &mut Effects,
    ) -> Vec<Completed<P>> {
        let ProcessId::Node(node) = peer else { return Vec::new() };
        self.metadata.request_update(MetadataCause::Disconnect);
        self.tell_disconnect(now, node, channel, DisconnectCause::Peer, fx);
        let completed = self.connections.handle_disconnect(now, node, channel);
        completed.into_iter().filter_map(|completed| self.sort_out(now, completed, fx)).collect()
    }

    pub fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) -> Vec<Completed<P>> {
        for (node, channel, cause) in self.connections.overdue(now) {
            self.tell_disconnect(now, node, channel, cause, fx);
        }
        let completed = self.connections.handle_timeout(now, fx);
        if !completed.is_empty() {
            self.metadata.request_update(MetadataCause::Disconnect);
        }
        completed.into_iter().filter_map(|completed| self.sort_out(now, completed, fx)).collect()
    }

    /// Before a connection is given up: what it was, and what it had in flight.
    fn tell_disconnect(&self, now: SimTime, node: NodeId, channel: Channel, cause: DisconnectCause, fx: &mut Effects) {
        if !self.connections.is_known(node, channel) {
            return;
        }
        let place = self.bootstrap.iter().position(|known| *known == node);
        let how = Disconnection {
            bootstrap: place.filter(|_| channel == Channel::Bootstrap).map(|place| place as u32),
            bootstrapping: self.metadata.brokers.is_empty(),
            ..self.connections.disconnection(now, node, channel, cause)
        };
        fx.event(Event::NodeDisconnected { client: self.me, node, how: Arc::new(how) });
    }

    /// Keeps metadata answers, hands on the rest.
    fn sort_out(&mut self, now: SimTime, completed: Completed<Errand<P>>, fx: &mut Effects) -> Option<Completed<P>> {
        let Completed { node, channel, correlation_id, purpose, outcome } = completed;
        match (purpose, outcome) {
            (Errand::Own(purpose), outcome) => Some(Completed { node, channel, correlation_id, purpose, outcome }),
            (Errand::Metadata, Outcome::Answered(Response::Metadata(response))) => {
                let first = self.metadata.version == 0;
                self.metadata.update(now, &response);
                let errors: Vec<(Arc<str>, ErrorCode)> =
                    self.metadata.errors.iter().map(|(topic, error)| (topic.clone(), *error)).collect();
                if !errors.is_empty() {
                    fx.event(Event::MetadataErrors { client: self.me, correlation_id, errors: errors.into() });
                }
                if let (true, Some(cluster_id)) = (first, response.cluster_id) {
                    fx.event(Event::ClusterIdLearned { client: self.me, cluster_id });
                }
                None
            }
            (Errand::Metadata, _) => {
                self.metadata.request_update(MetadataCause::Disconnect);
                None
            }
        }
    }

    pub fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        let waiting = self.metadata_in_flight() || self.is_connecting_anywhere();
        let refresh = self.metadata.next_update().filter(|_| !waiting).map(|(at, _)| {
            let retry = self.earliest_retry(now).map_or(at, |retry| at.max(retry));
            Wake::new(retry, WakeReason::MetadataRefresh)
        });
        Wake::earliest([self.connections.poll_timeout(), refresh])
    }

    fn candidates(&self) -> Vec<(NodeId, Channel)> {
        match self.metadata.brokers.is_empty() {
            true => self.bootstrap.iter().map(|node| (*node, Channel::Bootstrap)).collect(),
            false => self.metadata.brokers.keys().map(|node| (*node, Channel::Client)).collect(),
        }
    }

    fn is_connecting_anywhere(&self) -> bool {
        let candidates = self.candidates();
        let ready = candidates.iter().any(|(node, channel)| self.connections.is_ready(*node, *channel));
        !ready && candidates.iter().any(|(node, channel)| self.connections.is_connecting(*node, *channel))
    }

    /// When some node may be tried again; None when one can be used or tried now.
    fn earliest_retry(&self, now: SimTime) -> Option<SimTime> {
        let retries: Vec<_> =
            self.candidates().iter().map(|(node, channel)| self.connections.retry_at(now, *node, *channel)).collect();
        if retries.iter().any(Option::is_none) { None } else { retries.into_iter().flatten().min() }
    }

    /// When the connection to a node may be tried again; None when now or under way.
    pub fn retry_at(&self, now: SimTime, node: NodeId) -> Option<SimTime> {
        self.connections.retry_at(now, node, Channel::Client)
    }

    pub fn is_connecting(&self, node: NodeId) -> bool {
        self.connections.is_connecting(node, Channel::Client)
    }

    pub fn is_ready(&self, node: NodeId) -> bool {
        self.connections.is_ready(node, Channel::Client)
    }
}
