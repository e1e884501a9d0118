//! The way to the active controller (`NodeToControllerChannelManager`): each channel goes on with the controller that it
//! knows until that one hangs up, does not answer in time, or says that it is not the active one; then it takes the leader
//! that the Raft layer knows.

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::ids::NodeId;
use crate::kafka::protocol::Channel;
use crate::time::{SimDuration, SimTime};

use super::Broker;

/// A controller that has just been elected is not active before its first record is committed.
const RETRY: SimDuration = SimDuration::from_millis(20);

impl Broker {
    /// The controller of a channel, if a request can go out to it now; else begins to connect.
    pub(super) fn reach_controller(
        &mut self,
        now: SimTime,
        channel: Channel,
        fx: &mut Effects,
    ) -> Option<(NodeId, Channel)> {
        if self.controller_pauses.get(&channel).is_some_and(|until| *until > now) {
            return None;
        }
        let node = match self.controllers.get(&channel) {
            Some(node) => *node,
            None => {
                let node = self.raft.leader()?;
                self.controllers.insert(channel, node);
                fx.event(Event::ControllerFound { broker: self.id, node });
                node
            }
        };
        self.network.ready(now, node, channel, fx).then_some((node, channel))
    }

    /// When the controller can be asked; none while a connection is being made or no controller is known.
    pub(super) fn controller_free_at(&self, now: SimTime, channel: Channel) -> Option<SimTime> {
        let node = self.controllers.get(&channel).copied().or(self.raft.leader())?;
        if self.network.is_connecting(node, channel) {
            return None;
        }
        let retry = self.network.retry_at(now, node, channel).unwrap_or_default();
        Some(retry.max(self.controller_pauses.get(&channel).copied().unwrap_or_default()))
    }

    /// The connection is gone.
    pub(super) fn lose_controller(&mut self, channel: Channel) {
        self.controllers.remove(&channel);
    }

    /// It is not the active one.
    pub(super) fn leave_controller(&mut self, now: SimTime, channel: Channel) {
        self.controllers.remove(&channel);
        self.controller_pauses.insert(channel, now + RETRY);
    }
}
