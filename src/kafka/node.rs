//! How clients write a node (`org.apache.kafka.common.Node`).

use std::fmt;

use crate::kafka::ids::NodeId;

/// A node as clients know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    pub id: NodeId,
    pub host: String,
    pub port: i32,
    pub rack: Option<String>,
    pub is_fenced: bool,
}

impl Node {
    /// The node that stands for none.
    pub fn no_node() -> Node {
        Node { id: NodeId(-1), host: String::new(), port: -1, rack: None, is_fenced: false }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Node { id, host, port, rack, is_fenced } = self;
        let rack = rack.as_deref().unwrap_or("null");
        write!(f, "{host}:{port} (id: {} rack: {rack} isFenced: {is_fenced})", id.0)
    }
}
