//! Connections and what travels on them.
//!
//! A link is one direction of one TCP connection: first in, first out, `deliver_at = max(last, now + latency)`. A cut is
//! a black hole without a reset: what is on the way is stuck, and arrives after the heal if its connection still stands,
//! as TCP would have it retransmitted. A process that dies resets its connections.
//!
//! Simplifications: latency does not depend on size; retransmission happens at the moment of the heal.

use std::collections::{BTreeMap, BTreeSet};

use crate::kafka::ids::{MessageId, ProcessId};
use crate::kafka::protocol::{Channel, Message};
use crate::time::{SimDuration, SimTime};

pub use super::connections::ConnectionKey;
use super::connections::Connections;

/// What travels.
#[derive(Clone, PartialEq, Debug)]
pub enum Parcel {
    Connect,
    Accept,
    Message(Message),
    /// A close, a refusal or a reset.
    Reset,
}

/// A parcel on its way.
#[derive(Clone, PartialEq, Debug)]
pub struct Envelope {
    pub id: MessageId,
    pub connection: ConnectionKey,
    /// Counts connections, so that a parcel of an earlier one is never taken for the present one's.
    pub connection_number: u64,
    pub from: ProcessId,
    pub to: ProcessId,
    /// True from the client's end to the server's.
    pub to_server: bool,
    pub parcel: Parcel,
    pub sent_at: SimTime,
    pub deliver_at: SimTime,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Network {
    /// One-way latency between different machines.
    pub latency: SimDuration,
    connections: Connections,
    in_flight: BTreeMap<(SimTime, MessageId), Envelope>,
    /// Caught by a cut, in the order of sending.
    stuck: Vec<Envelope>,
    cuts: BTreeSet<(ProcessId, ProcessId)>,
    /// Extra one-way latency of everything from and to a process.
    slow: BTreeMap<ProcessId, SimDuration>,
    next_message: u64,
}

/// One-way latency of a process to itself.
const LOOPBACK: SimDuration = SimDuration::from_micros(20);

fn pair(a: ProcessId, b: ProcessId) -> (ProcessId, ProcessId) {
    (a.min(b), a.max(b))
}

impl Network {
    pub fn new(latency: SimDuration) -> Network {
        Network {
            latency,
            connections: Connections::default(),
            in_flight: BTreeMap::new(),
            stuck: Vec::new(),
            cuts: BTreeSet::new(),
            slow: BTreeMap::new(),
            next_message: 0,
        }
    }

    /// When the next parcel arrives.
    pub fn next_delivery(&self) -> Option<(SimTime, MessageId)> {
        self.in_flight.keys().next().copied()
    }

    pub fn take_next(&mut self) -> Option<Envelope> {
        self.in_flight.pop_first().map(|(_, envelope)| envelope)
    }

    /// Everything on its way that will arrive.
    pub fn in_flight(&self) -> impl Iterator<Item = &Envelope> {
        self.in_flight.values()
    }

    /// Everything that a cut holds back.
    pub fn stuck(&self) -> impl Iterator<Item = &Envelope> {
        self.stuck.iter()
    }

    pub fn cuts(&self) -> impl Iterator<Item = (ProcessId, ProcessId)> {
        self.cuts.iter().copied()
    }

    pub fn slowness(&self) -> impl Iterator<Item = (ProcessId, SimDuration)> {
        self.slow.iter().map(|(process, extra)| (*process, *extra))
    }

    pub fn is_cut(&self, a: ProcessId, b: ProcessId) -> bool {
        self.cuts.contains(&pair(a, b))
    }

    pub fn latency_between(&self, a: ProcessId, b: ProcessId) -> SimDuration {
        let base = if a == b { LOOPBACK } else { self.latency };
        let extra = |process| self.slow.get(&process).copied().unwrap_or_default();
        base + extra(a) + if a == b { SimDuration::ZERO } else { extra(b) }
    }

    /// A client begins a connection; one that it had to the same end for the same purpose is closed.
    pub fn connect(&mut self, now: SimTime, key: ConnectionKey) {
        if let Some(older) = self.connections.of_client(key) {
            self.hang_up(now, key, older, false);
        }
        let number = self.connections.dial(now, key);
        self.post(now, key, number, true, Parcel::Connect);
    }

    /// The server's side of the handshake. Gives the connections that the server still has open with the same client for
    /// the same purpose: the client has left them, or it would not dial again.
    pub fn accept(&mut self, now: SimTime, key: ConnectionKey, number: u64) -> Option<u64> {
        let left = self.connections.of_server(key);
        if self.connections.open(key, number, true) {
            self.post(now, key, number, false, Parcel::Accept);
        }
        left
    }

    /// Nobody listens there.
    pub fn refuse(&mut self, now: SimTime, key: ConnectionKey, number: u64) {
        self.post(now, key, number, false, Parcel::Reset);
        self.connections.close(key, number, true);
    }

    /// The client's side of the handshake; false if the client has given up meanwhile.
    pub fn establish(&mut self, key: ConnectionKey, number: u64) -> bool {
        self.connections.open(key, number, false)
    }

    /// Whether the receiver of a parcel has its connection open.
    pub fn is_open(&self, envelope: &Envelope) -> bool {
        self.connections.is_open(envelope.connection, envelope.connection_number, envelope.to_server)
    }

    /// An end hears that its connection is over; false if it was over for it already.
    pub fn close(&mut self, envelope: &Envelope) -> bool {
        self.connections.close(envelope.connection, envelope.connection_number, envelope.to_server)
    }

    /// Sends on an open connection; on any other the bytes go nowhere.
    pub fn send(&mut self, now: SimTime, from: ProcessId, to: ProcessId, message: Message) {
        let channel = message.channel;
        let to_server = message.is_request();
        let (client, server) = if to_server { (from, to) } else { (to, from) };
        let key = ConnectionKey { client, server, channel };
        let number = if to_server { self.connections.of_client(key) } else { self.connections.of_server(key) };
        let open = |number: &u64| self.connections.is_open(key, *number, !to_server);
        if let Some(number) = number.filter(open) {
            self.post(now, key, number, to_server, Parcel::Message(message));
        }
    }

    /// One end closes; the other hears of it. Either end may be the one that opened the connection.
    pub fn disconnect(&mut self, now: SimTime, from: ProcessId, to: ProcessId, channel: Channel) {
        let own = ConnectionKey { client: from, server: to, channel };
        if let Some(number) = self.connections.of_client(own) {
            return self.hang_up(now, own, number, false);
        }
        let served = ConnectionKey { client: to, server: from, channel };
        if let Some(number) = self.connections.of_server(served) {
            self.hang_up(now, served, number, true);
        }
    }

    fn hang_up(&mut self, now: SimTime, key: ConnectionKey, number: u64, is_server: bool) {
        self.post(now, key, number, !is_server, Parcel::Reset);
        self.connections.close(key, number, is_server);
    }

    /// All connections of a process that died are reset.
    pub fn reset_all(&mut self, now: SimTime, process: ProcessId) {
        for (key, number, is_server) in self.connections.ends_of(process) {
            if key.client == key.server {
                self.connections.close(key, number, is_server);
            } else {
                self.hang_up(now, key, number, is_server);
            }
        }
    }

    /// A reset that a server is to hear before what comes on a newer connection.
    pub fn reset_of(&mut self, now: SimTime, key: ConnectionKey, number: u64) -> Envelope {
        Envelope {
            id: self.next_id(),
            connection: key,
            connection_number: number,
            from: key.client,
            to: key.server,
            to_server: true,
            parcel: Parcel::Reset,
            sent_at: now,
            deliver_at: now,
        }
    }

    fn next_id(&mut self) -> MessageId {
        self.next_message += 1;
        MessageId(self.next_message - 1)
    }

    fn post(&mut self, now: SimTime, connection: ConnectionKey, number: u64, to_server: bool, parcel: Parcel) {
        let (client, server) = (connection.client, connection.server);
        let (from, to) = if to_server { (client, server) } else { (server, client) };
        let earliest = now + self.latency_between(from, to);
        let deliver_at = self.connections.arrival(connection, number, to_server, earliest);
        let id = self.next_id();
        let envelope = Envelope {
            id,
            connection,
            connection_number: number,
            from,
            to,
            to_server,
            parcel,
            sent_at: now,
            deliver_at,
        };
        if self.is_cut(from, to) {
            self.stuck.push(envelope);
        } else {
            self.in_flight.insert((deliver_at, id), envelope);
        }
    }

    /// From now on nothing passes between two processes; what is on its way is stuck.
    pub fn cut(&mut self, a: ProcessId, b: ProcessId) {
        self.cuts.insert(pair(a, b));
        let caught: Vec<_> = self
            .in_flight
            .iter()
            .filter(|(_, envelope)| pair(envelope.from, envelope.to) == pair(a, b))
            .map(|(key, _)| *key)
            .collect();
        for key in caught {
            self.stuck.extend(self.in_flight.remove(&key));
        }
        self.stuck.sort_by_key(|envelope| envelope.id);
    }

    /// The link is whole again: what was stuck goes on in its order. False if it was not cut.
    pub fn heal(&mut self, now: SimTime, a: ProcessId, b: ProcessId) -> bool {
        if !self.cuts.remove(&pair(a, b)) {
            return false;
        }
        let (freed, stuck): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.stuck).into_iter().partition(|e| pair(e.from, e.to) == pair(a, b));
        self.stuck = stuck;
        for mut envelope in freed {
            let earliest = now + self.latency_between(envelope.from, envelope.to);
            let (connection, number) = (envelope.connection, envelope.connection_number);
            envelope.deliver_at = self.connections.arrival(connection, number, envelope.to_server, earliest);
            self.in_flight.insert((envelope.deliver_at, envelope.id), envelope);
        }
        true
    }

    pub fn set_slow(&mut self, process: ProcessId, extra: Option<SimDuration>) {
        match extra {
            Some(extra) => {
                self.slow.insert(process, extra);
            }
            None => {
                self.slow.remove(&process);
            }
        }
    }
}
