//! A node: a broker, a controller, or both in one process.
//!
//! Simplification: in a combined node the broker fetches what its own controller has of the metadata log over the loopback
//! into a copy of its own; Kafka's broker reads the controller's.

use std::sync::Arc;

use crate::kafka::broker::Broker;
use crate::kafka::broker::disk::Disk;
use crate::kafka::controller::raft::QuorumDisk;
use crate::kafka::controller::{Controller, ReplyTo};
use crate::kafka::effects::{Effects, Process, Wake, WakeReason};
use crate::kafka::event::Event;
use crate::kafka::event::detail::QuorumNote;
use crate::kafka::ids::{NodeId, ProcessId};
use crate::kafka::protocol::{Body, Channel, Message};
use crate::time::SimTime;

/// What survives the process of a node.
#[derive(Clone, Debug)]
pub struct NodeDisk {
    pub broker: Option<Disk>,
    /// The broker's copy of the metadata log.
    pub observer: Option<QuorumDisk>,
    pub controller: Option<QuorumDisk>,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub id: NodeId,
    pub broker: Option<Broker>,
    pub controller: Option<Controller>,
    started: bool,
    stop: Stop,
}

/// How far an orderly stop has come: the broker leaves first, then the controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stop {
    No,
    Broker,
    Controller,
}

impl Node {
    pub fn new(id: NodeId, broker: Option<Broker>, controller: Option<Controller>) -> Node {
        assert!(broker.is_some() || controller.is_some(), "process.roles names at least one role");
        Node { id, broker, controller, started: false, stop: Stop::No }
    }

    /// Ends the process in order: its metadata logs are closed (a broker closed its other logs when it was let go).
    pub fn into_closed_disk(self) -> NodeDisk {
        let mut disk = self.into_disk();
        for replica in disk.observer.iter_mut().chain(&mut disk.controller) {
            replica.log.log.close();
        }
        disk
    }

    /// Ends the process and keeps its disk.
    pub fn into_disk(self) -> NodeDisk {
        let (broker, observer) = self.broker.map(|broker| (broker.disk, broker.raft.disk)).unzip();
        NodeDisk { broker, observer, controller: self.controller.map(|controller| controller.raft.disk) }
    }

    /// True when an orderly shutdown has come to its end.
    pub fn may_exit(&self, now: SimTime) -> bool {
        self.broker_is_done() && self.controller.as_ref().is_none_or(|controller| controller.raft.may_exit(now))
    }

    /// What it notes at its end. A broker's Raft layer is the last that it stops, a controller's began to stop before.
    pub fn exit_notes(&self) -> impl Iterator<Item = Event> + use<> {
        let (node, begun) = (self.id, self.controller.is_some());
        let notes = [QuorumNote::StopBegun, QuorumNote::Stopped].into_iter().skip(usize::from(begun));
        notes.map(move |note| Event::QuorumNoted { node, note: Arc::new(note) })
    }

    fn broker_is_done(&self) -> bool {
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
        if self.stop == Stop::No {
            self.stop = Stop::Broker;
            if let Some(broker) = &mut self.broker {
                broker.begin_shutdown(now, fx);
            }
        }
        self.pursue_stop(now, fx);
    }

    fn pursue_stop(&mut self, now: SimTime, fx: &mut Effects) {
        if self.stop == Stop::Broker && self.broker_is_done() {
            self.stop = Stop::Controller;
            if let Some(controller) = &mut self.controller {
                controller.begin_stop(now, fx);
            }
        }
    }

    /// Whose connection it is: the controller's own ones go to other controllers, the broker's wherever else.
    fn is_controllers_own(&self, peer: ProcessId, channel: Channel) -> bool {
        let own = matches!(channel, Channel::Raft | Channel::Registration);
        self.controller.is_some() && own && peer != ProcessId::Node(self.id)
    }
}

/// Channels that end at the controller's listener.
const fn is_controller_channel(channel: Channel) -> bool {
    matches!(channel, Channel::Raft | Channel::Heartbeat | Channel::Forwarding | Channel::Registration)
}

impl Process for Node {
    fn handle_connected(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        if self.is_controllers_own(peer, channel) {
            let (Some(controller), ProcessId::Node(node)) = (&mut self.controller, peer) else { return };
            controller.handle_connected(now, node, channel, fx);
        } else if let Some(broker) = &mut self.broker {
            broker.handle_connected(now, peer, channel, fx);
        }
    }

    fn handle_message(&mut self, now: SimTime, source: ProcessId, message: Message, fx: &mut Effects) {
        let to_controller = is_controller_channel(message.channel) && message.is_request();
        let is_answer_to_controller = !message.is_request() && self.is_controllers_own(source, message.channel);
        match (&mut self.controller, &mut self.broker, to_controller) {
            (Some(controller), _, true) => {
                let reply = ReplyTo { to: source, channel: message.channel, correlation_id: message.correlation_id };
                let Body::Request { request, .. } = message.body else { return };
                controller.handle_request(now, reply, &request, fx);
            }
            (Some(controller), _, false) if is_answer_to_controller => {
                controller.handle_answer(now, source, message, fx);
            }
            (_, Some(broker), false) => broker.handle_message(now, source, message, fx),
            // Nobody listens for this here: the connection is closed.
            _ => fx.disconnect(source, message.channel),
        }
        self.pursue_stop(now, fx);
    }

    fn handle_disconnect(&mut self, now: SimTime, peer: ProcessId, channel: Channel, fx: &mut Effects) {
        if let Some(controller) = &mut self.controller {
            controller.handle_disconnect(now, peer, channel, fx);
        }
        if let Some(broker) = &mut self.broker {
            broker.handle_disconnect(now, peer, channel, fx);
        }
        self.pursue_stop(now, fx);
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
        self.pursue_stop(now, fx);
    }

    fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        if !self.started {
            return Some(Wake::new(now, WakeReason::Startup));
        }
        Wake::earliest([
            self.controller.as_ref().and_then(|controller| controller.poll_timeout(now)),
            self.broker.as_ref().and_then(|broker| broker.poll_timeout(now)),
        ])
    }
}
