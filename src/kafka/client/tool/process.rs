//! A tool that runs: its request, what it has told so far, and how it ended.

use crate::kafka::client::tool::{ToolEnd, ToolItem, ToolRequest};
use crate::kafka::effects::{Effects, Process, Wake, WakeReason};
use crate::kafka::ids::{NodeId, ProcessId};
use crate::kafka::protocol::{Channel, Message};
use crate::rng::Rng;
use crate::time::SimTime;

/// A command-line tool as a process.
#[derive(Clone, Debug)]
pub struct Tool {
    pub request: ToolRequest,
    /// In the order in which the tool told them.
    pub items: Vec<ToolItem>,
    pub end: Option<ToolEnd>,
}

impl Tool {
    /// `bootstrap` are the brokers that the tool may ask first.
    pub fn new(_me: ProcessId, request: ToolRequest, _bootstrap: Vec<NodeId>, _rng: Rng) -> Tool {
        Tool { request, items: Vec::new(), end: None }
    }

    pub fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// `sim close`: SIGTERM.
    pub fn begin_close(&mut self, _now: SimTime, _fx: &mut Effects) {
        self.end = Some(ToolEnd::Closed);
    }

    /// SIGKILL.
    pub fn crash(&mut self) {
        self.end = Some(ToolEnd::Crashed);
    }
}

impl Process for Tool {
    fn handle_connected(&mut self, _now: SimTime, _peer: ProcessId, _channel: Channel, _fx: &mut Effects) {}
    fn handle_message(&mut self, _now: SimTime, _source: ProcessId, _message: Message, _fx: &mut Effects) {}
    fn handle_disconnect(&mut self, _now: SimTime, _peer: ProcessId, _channel: Channel, _fx: &mut Effects) {}
    fn handle_timeout(&mut self, _now: SimTime, _fx: &mut Effects) {
        self.end = Some(ToolEnd::NotYet("not yet: this tool".to_string()));
    }
    fn poll_timeout(&self, now: SimTime) -> Option<Wake> {
        self.end.is_none().then(|| Wake::new(now, WakeReason::Startup))
    }
}
