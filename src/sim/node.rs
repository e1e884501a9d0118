//! A node: a broker, a controller, or both in one process.
//!
//! In a combined node the broker talks to its controller over the loopback, as separate nodes do; Kafka's broker reads
//! the controller's copy of the metadata log instead of fetching it.

use crate::kafka::broker::Broker;
use crate::kafka::broker::disk::Disk;
use crate::kafka::controller::metadata_log::MetadataLog;
use crate::kafka::controller::{Controller, ReplyTo};
use crate::kafka::effects::{Effects, Process, Wake, WakeReason};
use crate::kafka::ids::{NodeId, ProcessId};
use crate::kafka::protocol::{Body, Channel, Message};
use crate::time::SimTime;

/// What survives the process of a node.
#[derive(Clone, Debug)]
pub struct NodeDisk {
    pub broker: Option<Disk>,
    pub controller: Option<MetadataLog>,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub id: NodeId,
    pub broker: Option<Broker>,
    pub controller: Option<Controller>,
    started: bool,
}

impl Node {
    pub fn new(id: NodeId, broker: Option<Broker>, controller: Option<Controller>) -> Node {
        assert!(broker.is_some() || controller.is_some(), "process.roles names at least one role");
        Node { id, broker, controller, started: false }
    }

    /// Ends the process in order: its metadata logs are closed (a broker closed its other logs when it was let go).
    pub fn into_closed_disk(self) -> NodeDisk {
        let mut disk = self.into_disk();
        if let Some(broker) = &mut disk.broker {
            broker.metadata_log.log.close();
        }
        if let Some(metadata_log) = &mut disk.controller {
            metadata_log.log.close();
        }
        disk
    }

    /// Ends the process and keeps its disk.
    pub fn into_disk(self) -> NodeDisk {
        NodeDisk { broker: self.broker.map(|broker| broker.disk), controller: self.controller.map(|c| c.log) }
    }

    /// True when an orderly shutdown has come to its end.
    pub fn may_exit(&self) -> bool {
        let done = |broker: &Broker| broker.lifecycle == crate::kafka::broker::lifecycle::Lifecycle::ReadyToExit;
        self.broker.as_ref().is_none_or(done)
    }

    /// The broker has closed its connection to the controller of its own node.
    pub fn forget_own_requests(&mut self, channel: Channel) {
        if let Some(controller) = &mut self.controller {
            controller.forget_peer(ProcessId::Node(self.id), channel);
        }
    }

    pub fn begin_shutdown(&mut self, now: SimTime, fx: &mut Effects) {
        if let Some(broker) = &mut self.broker {
            broker.begin_shutdown(now, fx);
        }
    }
}

/// Channels that end at the controller's listener.
const fn is_controller_channel(channel: Channel) -> bool {
    matches!(channel, Channel::Raft | Channel::Heartbeat | Channel::Forwarding)
}

impl Process for Node {
    fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        if let Some(broker) = &mut self.broker {
            broker.handle_connected(now, peer, channel, fx);
        }
    }

    fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        let to_controller = is_controller_channel(message.channel) && message.is_request();
        match (&mut self.controller, &mut self.broker, to_controller) {
            (Some(controller), _, true) => {
                let reply = ReplyTo { to: source, channel: message.channel, correlation_id: message.correlation_id };
                let Body::Request { request, .. } = message.body else { return };
                controller.handle_request(now, reply, &request, fx);
            }
            (_, Some(broker), false) => broker.handle_message(now, source, message, fx),
            // Nobody listens for this here: the connection is closed.
            _ => fx.disconnect(source, message.channel),
        }
    }

    fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        if let Some(controller) = &mut self.controller {
            controller.forget_peer(peer, channel);
        }
        if let Some(broker) = &mut self.broker {
            broker.handle_disconnect(now, peer, channel, fx);
        }
    }

    fn handle_timeout(&mut self, now: SimTime, fx: &mut Effects) {
        if let Some(controller) = &mut self.controller {
            controller.handle_timeout(now, fx);
        }
        if let Some(broker) = &mut self.broker {
            if !self.started {
                broker.begin(now, fx);
            }
            broker.handle_timeout(now, fx);
        }
        self.started = true;
    }

    fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        if !self.started {
            return Some(Wake::new(now, WakeReason::Startup));
        }
        Wake::earliest([
            self.controller.as_ref().and_then(Controller::poll_timeout),
            self.broker.as_ref().and_then(|broker| broker.poll_timeout(now)),
        ])
    }
}
