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
    pub parcel: Parcel,
    pub sent_at: SimTime,
    pub deliver_at: SimTime,
}

/// Who opened a connection, to whom, and for what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConnectionKey {
    pub client: ProcessId,
    pub server: ProcessId,
    pub channel: Channel,
}

#[derive(Clone, PartialEq, Debug)]
struct Connection {
    number: u64,
    open: bool,
    /// The newest arrival in each direction, which later parcels may not overtake.
    last_to_server: SimTime,
    last_to_client: SimTime,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Network {
    /// One-way latency between different machines.
    pub latency: SimDuration,
    connections: BTreeMap<ConnectionKey, Connection>,
    in_flight: BTreeMap<(SimTime, MessageId), Envelope>,
    /// Caught by a cut, in the order of sending.
    stuck: Vec<Envelope>,
    cuts: BTreeSet<(ProcessId, ProcessId)>,
    /// Extra one-way latency of everything from and to a process.
    slow: BTreeMap<ProcessId, SimDuration>,
    next_message: u64,
    next_connection: u64,
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
            connections: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            stuck: Vec::new(),
            cuts: BTreeSet::new(),
            slow: BTreeMap::new(),
            next_message: 0,
            next_connection: 0,
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

    /// Begins a connection; an older one between the same ends for the same purpose is forgotten.
    pub fn connect(&mut self, now: SimTime, key: ConnectionKey) {
        let number = self.next_connection;
        self.next_connection += 1;
        let fresh = Connection { number, open: false, last_to_server: now, last_to_client: now };
        self.connections.insert(key, fresh);
        self.post(now, key, number, key.client, Parcel::Connect);
    }

    /// The server's side of the handshake.
    pub fn accept(&mut self, now: SimTime, key: ConnectionKey, number: u64) {
        if let Some(connection) = self.connections.get_mut(&key).filter(|c| c.number == number) {
            connection.open = true;
            self.post(now, key, number, key.server, Parcel::Accept);
        }
    }

    /// Nobody listens there.
    pub fn refuse(&mut self, now: SimTime, key: ConnectionKey, number: u64) {
        self.post(now, key, number, key.server, Parcel::Reset);
    }

    /// True if `number` is the connection that stands, or is being made, under this key.
    pub fn is_current(&self, key: ConnectionKey, number: u64) -> bool {
        self.connections.get(&key).is_some_and(|connection| connection.number == number)
    }

    /// True if another connection than `number` stands under this key.
    pub fn has_other(&self, key: ConnectionKey, number: u64) -> bool {
        self.connections.get(&key).is_some_and(|connection| connection.number != number)
    }

    /// Sends on an open connection; on any other the bytes go nowhere.
    pub fn send(&mut self, now: SimTime, from: ProcessId, to: ProcessId, message: Message) {
        let channel = message.channel;
        let (client, server) = if message.is_request() { (from, to) } else { (to, from) };
        let key = ConnectionKey { client, server, channel };
        let Some(connection) = self.connections.get(&key).filter(|connection| connection.open) else { return };
        self.post(now, key, connection.number, from, Parcel::Message(message));
    }

    /// One end closes; the other hears of it. Either end may be the one that opened the connection.
    pub fn disconnect(&mut self, now: SimTime, from: ProcessId, to: ProcessId, channel: Channel) {
        for (client, server) in [(from, to), (to, from)] {
            let key = ConnectionKey { client, server, channel };
            if let Some(connection) = self.connections.remove(&key) {
                self.post(now, key, connection.number, from, Parcel::Reset);
            }
        }
    }

    /// All connections of a process that died are reset.
    pub fn reset_all(&mut self, now: SimTime, process: ProcessId) {
        let mine = |key: &&ConnectionKey| key.client == process || key.server == process;
        for key in self.connections.keys().filter(mine).copied().collect::<Vec<_>>() {
            let connection = self.connections.remove(&key).expect("the key was just listed");
            let other = if key.client == process { key.server } else { key.client };
            if other != process {
                self.post(now, key, connection.number, process, Parcel::Reset);
            }
        }
    }

    /// A reset arrived: the connection is over for the receiver too.
    pub fn forget(&mut self, key: ConnectionKey, number: u64) {
        if self.is_current(key, number) {
            self.connections.remove(&key);
        }
    }

    fn post(&mut self, now: SimTime, connection: ConnectionKey, number: u64, from: ProcessId, parcel: Parcel) {
        let to = if from == connection.client { connection.server } else { connection.client };
        let id = MessageId(self.next_message);
        self.next_message += 1;
        let deliver_at = self.arrival(now, connection, from, to);
        let envelope =
            Envelope { id, connection, connection_number: number, from, to, parcel, sent_at: now, deliver_at };
        if self.is_cut(from, to) {
            self.stuck.push(envelope);
        } else {
            self.in_flight.insert((deliver_at, id), envelope);
        }
    }

    /// Never before what was sent earlier in the same direction.
    fn arrival(&mut self, now: SimTime, key: ConnectionKey, from: ProcessId, to: ProcessId) -> SimTime {
        let earliest = now + self.latency_between(from, to);
        let Some(connection) = self.connections.get_mut(&key) else { return earliest };
        let to_server = from == key.client;
        let last = if to_server { &mut connection.last_to_server } else { &mut connection.last_to_client };
        *last = earliest.max(*last);
        *last
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
            envelope.deliver_at = self.arrival(now, envelope.connection, envelope.from, envelope.to);
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
