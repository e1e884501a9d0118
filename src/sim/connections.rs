//! Connections and what each end knows of them.
//!
//! The two ends of a connection learn of its beginning and its end at different times. What was sent before a close
//! still arrives and is read; what comes later belongs to a connection that is over for its receiver and is dropped. So
//! every parcel names its connection, and each end has a state of its own.

use std::collections::BTreeMap;

use crate::kafka::ids::ProcessId;
use crate::kafka::protocol::Channel;
use crate::time::SimTime;

/// Who opened a connection, to whom, and for what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ConnectionKey {
    pub client: ProcessId,
    pub server: ProcessId,
    pub channel: Channel,
}

/// What one end believes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// The client waits for the handshake; the server does not know yet.
    Opening,
    Open,
    Closed,
}

#[derive(Clone, PartialEq, Debug)]
struct Connection {
    client: End,
    server: End,
    /// The newest arrival in each direction, which later parcels may not overtake.
    last_to_server: SimTime,
    last_to_client: SimTime,
}

/// All connections, by their ends and a number that counts them.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Connections {
    all: BTreeMap<(ConnectionKey, u64), Connection>,
    next: u64,
}

impl Connections {
    /// A client dials.
    pub fn dial(&mut self, now: SimTime, key: ConnectionKey) -> u64 {
        let number = self.next;
        self.next += 1;
        let fresh = Connection { client: End::Opening, server: End::Opening, last_to_server: now, last_to_client: now };
        self.all.insert((key, number), fresh);
        number
    }

    fn of(&self, key: ConnectionKey) -> impl DoubleEndedIterator<Item = (u64, &Connection)> {
        self.all.range((key, 0)..=(key, u64::MAX)).map(|((_, number), connection)| (*number, connection))
    }

    /// The connection that a client has dialled and not closed.
    pub fn of_client(&self, key: ConnectionKey) -> Option<u64> {
        self.of(key).rev().find(|(_, connection)| connection.client != End::Closed).map(|(number, _)| number)
    }

    /// The connection that a server works on: the oldest that it has not heard the end of.
    pub fn of_server(&self, key: ConnectionKey) -> Option<u64> {
        self.of(key).find(|(_, connection)| connection.server == End::Open).map(|(number, _)| number)
    }

    /// True if an end has the connection open.
    pub fn is_open(&self, key: ConnectionKey, number: u64, at_server: bool) -> bool {
        let end = |connection: &Connection| if at_server { connection.server } else { connection.client };
        self.all.get(&(key, number)).is_some_and(|connection| end(connection) == End::Open)
    }

    /// The handshake reaches an end; false if that end has given the connection up meanwhile.
    pub fn open(&mut self, key: ConnectionKey, number: u64, at_server: bool) -> bool {
        let Some(connection) = self.all.get_mut(&(key, number)) else { return false };
        let end = if at_server { &mut connection.server } else { &mut connection.client };
        let opens = *end == End::Opening;
        if opens {
            *end = End::Open;
        }
        opens
    }

    /// An end closes, or hears that it is over; false if it was over for that end already.
    pub fn close(&mut self, key: ConnectionKey, number: u64, at_server: bool) -> bool {
        let Some(connection) = self.all.get_mut(&(key, number)) else { return false };
        let end = if at_server { &mut connection.server } else { &mut connection.client };
        // A server that never knew of the connection has nothing to hear of its end.
        let was_open = *end == End::Open || *end == End::Opening && !at_server;
        *end = End::Closed;
        if (connection.client, connection.server) == (End::Closed, End::Closed) {
            self.all.remove(&(key, number));
        }
        was_open
    }

    /// Connections that one end of which is a process: key, number, and whether the process is the server.
    pub fn ends_of(&self, process: ProcessId) -> Vec<(ConnectionKey, u64, bool)> {
        let row = |((key, number), connection): (&(ConnectionKey, u64), &Connection)| {
            let client = (key.client == process && connection.client != End::Closed).then_some((*key, *number, false));
            let server = (key.server == process && connection.server == End::Open).then_some((*key, *number, true));
            [client, server]
        };
        self.all.iter().flat_map(row).flatten().collect()
    }

    /// When a parcel arrives that would be there at `earliest`: never before what was sent in the same direction.
    pub fn arrival(&mut self, key: ConnectionKey, number: u64, to_server: bool, earliest: SimTime) -> SimTime {
        let Some(connection) = self.all.get_mut(&(key, number)) else { return earliest };
        let last = if to_server { &mut connection.last_to_server } else { &mut connection.last_to_client };
        *last = earliest.max(*last);
        *last
    }
}
