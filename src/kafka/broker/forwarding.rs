//! Requests that only the controller can decide travel on to it, and its answer back to the client
//! (`ForwardingManager`, KIP-590).
//!
//! Simplification: the request goes on as it is, not wrapped into an Envelope request.

use crate::kafka::client::connection::Outcome;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::protocol::{Channel, Request};
use crate::time::{SimDuration, SimTime};

use super::{Broker, Caller, Purpose};

/// How long a broker tries to reach the controller before it gives a request up.
const RETRY_TIMEOUT: SimDuration = SimDuration::from_secs(60);

/// A client's request on its way to the controller.
#[derive(Clone, PartialEq, Debug)]
pub struct Forwarded {
    pub caller: Caller,
    pub request: Request,
    pub deadline: SimTime,
}

impl Broker {
    pub(super) fn forward(&mut self, now: SimTime, caller: Caller, request: Request, fx: &mut Effects) {
        self.pending_forwards.push_back(Forwarded { caller, request, deadline: now + RETRY_TIMEOUT });
        self.pursue_forwards(now, fx);
    }

    pub(super) fn pursue_forwards(&mut self, now: SimTime, fx: &mut Effects) {
        let wanted =
            !self.pending_forwards.is_empty() || self.producer_ids.wants_block() || !self.creating_topics.is_empty();
        if !wanted {
            return;
        }
        let Some(to) = self.reach_controller(now, Channel::Forwarding, fx) else { return };
        while let Some(forwarded) = self.pending_forwards.pop_front() {
            let request = forwarded.request.clone();
            self.network.send(now, to, request, Purpose::Forward(forwarded), fx);
        }
        self.request_producer_ids(now, to, fx);
        self.request_topic_creation(now, to, fx);
    }

    pub(super) fn handle_forwarded(&mut self, forwarded: Forwarded, outcome: Outcome, fx: &mut Effects) {
        match outcome {
            Outcome::Answered(response) => {
                if self.still_waits(&forwarded.caller) {
                    self.answer(&forwarded.caller, response, fx);
                }
            }
            // Not decided as far as this broker knows: try again, with the active controller when there is one.
            Outcome::Disconnected { .. } => self.pending_forwards.push_back(forwarded),
        }
    }

    pub(super) fn expire_forwards(&mut self, now: SimTime, fx: &mut Effects) {
        for forwarded in std::mem::take(&mut self.pending_forwards) {
            if forwarded.deadline <= now {
                self.hang_up(&forwarded.caller, fx);
            } else {
                self.pending_forwards.push_back(forwarded);
            }
        }
    }

    pub(super) fn forward_wake(&self, now: SimTime) -> Option<Wake> {
        let expiry = self.pending_forwards.iter().map(|f| Wake::new(f.deadline, WakeReason::RequestTimeout)).min();
        let wanted = !self.pending_forwards.is_empty() || self.producer_ids.wants_block();
        let retry = self.controller_free_at(now, Channel::Forwarding).filter(|at| wanted && *at > now);
        Wake::earliest([expiry, retry.map(|at| Wake::new(at, WakeReason::ReconnectBackoff))])
    }
}
