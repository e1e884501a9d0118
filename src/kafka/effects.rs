//! What a process asks of the world, and the contract between the two.
//!
//! A handler mutates its own state and writes into [`Effects`]; the world drains them after every call and only then
//! calls again. A process never sees a clock, a socket or another process.

use crate::kafka::event::Event;
use crate::kafka::ids::ProcessId;
use crate::kafka::protocol::{Channel, Message};
use crate::time::SimTime;

/// Something the world does on behalf of a process.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Opens a connection; the answer is `handle_connected` or `handle_disconnect` (refused), or silence when the
    /// network swallows it.
    Connect { to: ProcessId, channel: Channel },
    /// Puts a message on an open connection. On a connection that has been lost meanwhile it goes nowhere, as bytes
    /// written into a dead socket do.
    Send { to: ProcessId, message: Message },
    /// Closes a connection; the peer learns of it one link latency later.
    Disconnect { to: ProcessId, channel: Channel },
}

/// Collects what one handler call wants done and what it has to tell.
#[derive(Default, Debug)]
pub struct Effects {
    pub actions: Vec<Action>,
    pub events: Vec<Event>,
}

impl Effects {
    pub fn connect(&mut self, to: ProcessId, channel: Channel) {
        self.actions.push(Action::Connect { to, channel });
    }

    pub fn send(&mut self, to: ProcessId, message: Message) {
        self.actions.push(Action::Send { to, message });
    }

    pub fn disconnect(&mut self, to: ProcessId, channel: Channel) {
        self.actions.push(Action::Disconnect { to, channel });
    }

    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

/// Why a process wants to be woken. The page prints it: "next: linger.ms of batch 12 in 3.1 ms".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WakeReason {
    Startup,
    Linger,
    BatchReady,
    RetryBackoff,
    DeliveryTimeout,
    RequestTimeout,
    ReconnectBackoff,
    ConnectionSetupTimeout,
    MetadataRefresh,
    MaxBlock,
    FetchMaxWait,
    FetchBackoff,
    Poll,
    Processing,
    Heartbeat,
    SessionTimeout,
    MetadataIdle,
    Load,
    ToolTimeout,
    BrokerWork,
    /// The controller's periodic elections.
    Election,
    /// The leader looks who lags.
    IsrCheck,
    /// A follower tries its leader again.
    FetchRetry,
    /// A voter without a leader stands for election.
    QuorumElection,
    /// A follower of the quorum has not heard of its leader, or the leader of its followers.
    QuorumTimeout,
}

/// When a process wants `handle_timeout`, and why.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Wake {
    pub at: SimTime,
    pub reason: WakeReason,
}

impl Wake {
    pub const fn new(at: SimTime, reason: WakeReason) -> Wake {
        Wake { at, reason }
    }

    /// The earlier of two wishes.
    pub fn earliest(wakes: impl IntoIterator<Item = Option<Wake>>) -> Option<Wake> {
        wakes.into_iter().flatten().min()
    }
}

/// A broker, a controller, a producer, a consumer or a tool.
///
/// Grammar: any of the `handle_*` methods may be called at any time, always with a `now` that never goes back;
/// `poll_timeout` is pure, and after `handle_timeout` it must lie later than `now`.
pub trait Process {
    fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects);
    fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects);
    fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects);
    fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects);
    fn poll_timeout(&self, now: SimTime) -> Option<Wake>;
}
