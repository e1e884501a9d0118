//! The places of processes in the world: what is there while they run, and what is left when they do not.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::kafka::client::consumer::application::{ConsumerApp, ConsumerBehaviour, ConsumerCounters};
use crate::kafka::client::producer::application::{ProducerApp, ProducerCounters};
use crate::kafka::client::tool::process::Tool;
use crate::kafka::effects::{Effects, Process, Wake};
use crate::kafka::event::Event;
use crate::kafka::ids::ProcessId;
use crate::kafka::protocol::{Channel, Message};
use crate::sim::node::{Node, NodeDisk};
use crate::time::SimTime;

use super::command::{ConfigMap, Reads};
use super::network::Envelope;
use super::scenario::NodeSpec;

#[derive(Clone, Debug)]
pub enum NodeState {
    Up(Box<Node>),
    /// Asked to stop and not gone yet.
    Stopping(Box<Node>),
    Crashed(NodeDisk),
    Stopped(NodeDisk),
}

#[derive(Clone, Debug)]
pub struct NodeSlot {
    pub spec: NodeSpec,
    pub state: NodeState,
    /// How often the node has been started.
    pub life: u32,
    pub frozen: bool,
    /// What arrived while it was frozen.
    pub inbox: VecDeque<Envelope>,
}

impl NodeSlot {
    pub fn node(&self) -> Option<&Node> {
        match &self.state {
            NodeState::Up(node) | NodeState::Stopping(node) => Some(node),
            NodeState::Crashed(_) | NodeState::Stopped(_) => None,
        }
    }

    pub fn node_mut(&mut self) -> Option<&mut Node> {
        match &mut self.state {
            NodeState::Up(node) | NodeState::Stopping(node) => Some(node),
            NodeState::Crashed(_) | NodeState::Stopped(_) => None,
        }
    }

    /// The end of its process, in order or not, by the words of its role.
    pub fn ending(&self, orderly: bool) -> Event {
        let process = ProcessId::Node(self.spec.id);
        let broker = self.spec.id;
        match (self.spec.roles.is_broker(), orderly) {
            (true, true) => Event::ControlledShutdown { broker },
            (true, false) => Event::BrokerKilled { broker },
            (false, true) => Event::ProcessStopped { process },
            (false, false) => Event::ProcessCrashed { process },
        }
    }

    /// `up`, `crashed`, `stopped` or `frozen`.
    pub fn state_name(&self) -> &'static str {
        match &self.state {
            _ if self.frozen => "frozen",
            NodeState::Up(_) | NodeState::Stopping(_) => "up",
            NodeState::Crashed(_) => "crashed",
            NodeState::Stopped(_) => "stopped",
        }
    }
}

/// A client's program.
#[derive(Clone, Debug)]
pub enum Client {
    Producer(Box<ProducerApp>),
    Consumer(Box<ConsumerApp>),
    Tool(Box<Tool>),
}

impl Client {
    pub fn process(&self) -> &dyn Process {
        match self {
            Client::Producer(app) => &**app,
            Client::Consumer(app) => &**app,
            Client::Tool(tool) => &**tool,
        }
    }

    /// What the program is, as the journal tells it when the process starts; None for one whose configs were refused.
    pub fn creation(&self, client: ProcessId) -> Option<Event> {
        match self {
            Client::Producer(app) => Some(app.producer.creation()),
            Client::Consumer(app) => Some(app.consumer.creation()),
            Client::Tool(tool) => tool.creation(client),
        }
    }

    /// The death of its process.
    pub fn crash(&self, client: ProcessId) -> Event {
        match self {
            Client::Consumer(_) => Event::ConsumerCrashed { client },
            Client::Producer(_) | Client::Tool(_) => Event::ProcessCrashed { process: client },
        }
    }

    pub fn process_mut(&mut self) -> &mut dyn Process {
        match self {
            Client::Producer(app) => &mut **app,
            Client::Consumer(app) => &mut **app,
            Client::Tool(tool) => &mut **tool,
        }
    }
}

/// What a client is made from, again and again.
#[derive(Clone, Debug)]
pub enum ClientPlan {
    Producer { config: ConfigMap, counters: ProducerCounters },
    Consumer { config: ConfigMap, behaviour: ConsumerBehaviour, reads: Reads, counters: ConsumerCounters },
    Tool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientState {
    Running,
    Closing,
    Closed,
    Crashed,
}

#[derive(Clone, Debug)]
pub struct ClientSlot {
    pub name: Arc<str>,
    pub plan: ClientPlan,
    pub state: ClientState,
    /// The program; for one that has ended, as it was at its end.
    pub client: Client,
    pub life: u32,
    pub frozen: bool,
    pub inbox: VecDeque<Envelope>,
}

impl ClientSlot {
    pub fn is_running(&self) -> bool {
        matches!(self.state, ClientState::Running | ClientState::Closing)
    }

    /// `running`, `frozen`, `stopped` or `crashed`.
    pub fn state_name(&self) -> &'static str {
        match self.state {
            _ if self.frozen => "frozen",
            ClientState::Running | ClientState::Closing => "running",
            ClientState::Closed => "stopped",
            ClientState::Crashed => "crashed",
        }
    }

    /// The plan with the counters as they are now.
    pub fn current_plan(&self) -> ClientPlan {
        let mut plan = self.plan.clone();
        match (&mut plan, &self.client) {
            (ClientPlan::Producer { counters, .. }, Client::Producer(app)) => *counters = app.counters,
            (ClientPlan::Consumer { counters, .. }, Client::Consumer(app)) => *counters = app.counters,
            _ => {}
        }
        plan
    }

    /// True when the program has come to its own end.
    pub fn has_ended(&self) -> bool {
        match &self.client {
            Client::Producer(app) => app.is_closed(),
            Client::Consumer(app) => app.is_closed(),
            Client::Tool(tool) => tool.has_ended(),
        }
    }

    pub fn producer(&self) -> Option<&ProducerApp> {
        match &self.client {
            Client::Producer(app) => Some(app),
            _ => None,
        }
    }

    pub fn consumer(&self) -> Option<&ConsumerApp> {
        match &self.client {
            Client::Consumer(app) => Some(app),
            _ => None,
        }
    }

    pub fn tool(&self) -> Option<&Tool> {
        match &self.client {
            Client::Tool(tool) => Some(tool),
            _ => None,
        }
    }
}

/// Something happens to a process: the one place that calls handlers.
#[derive(Clone, Debug)]
pub enum Stimulus {
    Connected { peer: ProcessId, channel: Channel },
    Message { source: ProcessId, message: Message },
    Disconnected { peer: ProcessId, channel: Channel },
    Timeout,
}

pub fn stimulate(process: &mut dyn Process, now: SimTime, stimulus: Stimulus, fx: &mut Effects) -> Option<Wake> {
    match stimulus {
        Stimulus::Connected { peer, channel } => process.handle_connected(now, peer, channel, fx),
        Stimulus::Message { source, message } => process.handle_message(now, source, message, fx),
        Stimulus::Disconnected { peer, channel } => process.handle_disconnect(now, peer, channel, fx),
        Stimulus::Timeout => process.handle_timeout(now, fx),
    }
    process.poll_timeout(now)
}
