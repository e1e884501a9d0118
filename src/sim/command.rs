//! What a user does. A click and a console line become the same command; a recording is a list of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::kafka::client::consumer::application::ConsumerBehaviour;
use crate::kafka::client::producer::application::SendJob;
use crate::kafka::client::tool::ToolRequest;
use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::time::SimDuration;

/// Keys and values of a client's configuration, as given.
pub type ConfigMap = BTreeMap<String, String>;

/// What kind of client to make.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ClientSpec {
    Producer { config: ConfigMap },
    Consumer { config: ConfigMap, behaviour: ConsumerBehaviour, reads: Reads },
}

/// What a stand-alone consumer reads.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Reads {
    Nothing,
    /// All partitions of these topics.
    Topics(Vec<Arc<str>>),
    Partitions(Vec<TopicPartition>),
}

/// A call that an application makes by hand.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ClientCall {
    Poll { timeout: SimDuration },
    Flush,
    Assign(Vec<TopicPartition>),
    Seek { tp: TopicPartition, offset: i64 },
    SeekToBeginning { tp: Option<TopicPartition> },
    SeekToEnd { tp: Option<TopicPartition> },
    Pause(TopicPartition),
    Resume(TopicPartition),
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Command {
    AddClient {
        name: Arc<str>,
        spec: ClientSpec,
    },
    /// New configuration for a client; it restarts with it. A value of None unsets the key.
    SetClient {
        name: Arc<str>,
        changes: BTreeMap<String, Option<String>>,
    },
    Produce {
        name: Arc<str>,
        job: SendJob,
    },
    StopLoad {
        name: Arc<str>,
    },
    Call {
        name: Arc<str>,
        call: ClientCall,
    },
    StartClient {
        name: Arc<str>,
    },
    CloseClient {
        name: Arc<str>,
    },
    CrashClient {
        name: Arc<str>,
    },
    RunTool {
        request: Box<ToolRequest>,
    },
    /// Esc: the tool in the foreground is killed.
    Interrupt {
        name: Arc<str>,
    },
    Kill {
        node: NodeId,
    },
    /// A machine crash: what was not on the disk is lost.
    PowerOff {
        node: NodeId,
    },
    /// A machine crash, and the disk is lost: the node comes back as a new one with its old id.
    Destroy {
        node: NodeId,
    },
    Stop {
        node: NodeId,
    },
    Start {
        node: NodeId,
    },
    Freeze {
        process: ProcessId,
    },
    Thaw {
        process: ProcessId,
    },
    Cut {
        a: ProcessId,
        b: ProcessId,
    },
    Heal {
        a: ProcessId,
        b: ProcessId,
    },
    HealAll,
    /// Extra latency of everything from and to a process; None ends it.
    Slow {
        process: ProcessId,
        extra: Option<SimDuration>,
    },
    WriteFile {
        path: Arc<str>,
        bytes: Arc<[u8]>,
    },
    /// What one line does: all of it or nothing, and one thing to undo.
    All(Vec<Command>),
}

impl Command {
    /// Processes that it names by their ids.
    pub fn processes(&self) -> Vec<ProcessId> {
        match self {
            Command::Freeze { process } | Command::Thaw { process } | Command::Slow { process, .. } => vec![*process],
            Command::Cut { a, b } | Command::Heal { a, b } => vec![*a, *b],
            _ => Vec::new(),
        }
    }
}

/// Why a command was refused. Nothing has changed then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
