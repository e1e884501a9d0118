//! Names of places: `$(leader orders-0)`, and sets of nodes such as `rack:a`, `all`, `followers:orders-0`.

use crate::kafka::ids::{NodeId, ProcessId, TopicPartition};
use crate::nearest::did_you_mean;
use crate::sim::state::{PartitionState, metadata, state};
use crate::sim::world::World;

/// Answers the words inside `$( .. )`.
pub fn resolve(world: &World, words: &[String]) -> Result<String, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["leader", tp] => leader(world, tp).map(|node| node.to_string()),
        ["controller"] => {
            state(world).controller.active.map(|id| id.to_string()).ok_or("there is no active controller".to_string())
        }
        ["coordinator", _] => Err("not yet: $(coordinator)".to_string()),
        [word, ..] => Err(format!(
            "$({}) is not understood{}: $(leader orders-0), $(controller), $(coordinator g)",
            words.join(" "),
            did_you_mean(word, ["leader", "controller", "coordinator"])
        )),
        [] => Err("$() asks for nothing".to_string()),
    }
}

fn partition(world: &World, text: &str) -> Result<PartitionState, String> {
    let tp = TopicPartition::parse(text).ok_or_else(|| format!("'{text}' is not a partition: orders-0"))?;
    let found = state(world).topics.into_iter().find(|topic| topic.name == tp.topic);
    let found = found.and_then(|topic| topic.partitions.into_iter().find(|partition| partition.id == tp.partition));
    found.ok_or_else(|| format!("there is no partition {text}"))
}

/// The leader of a partition as the controller has it.
pub fn leader(world: &World, text: &str) -> Result<NodeId, String> {
    partition(world, text)?.leader.map(NodeId).ok_or_else(|| format!("{text} has no leader"))
}

/// The nodes that a word means; none if it is not a word for nodes.
pub fn nodes(world: &World, word: &str) -> Option<Result<Vec<NodeId>, String>> {
    if let Ok(id) = word.parse() {
        let id = NodeId(id);
        let found = world.nodes.contains_key(&id);
        return Some(if found { Ok(vec![id]) } else { Err(unknown_node(world, word)) });
    }
    if word == "all" {
        return Some(Ok(world.nodes.keys().copied().collect()));
    }
    let (kind, rest) = word.split_once(':')?;
    match kind {
        "rack" => {
            let of_rack = world.nodes.values().filter(|slot| slot.spec.rack.as_deref() == Some(rest));
            let ids: Vec<NodeId> = of_rack.map(|slot| slot.spec.id).collect();
            Some(if ids.is_empty() { Err(format!("no node is in rack {rest}")) } else { Ok(ids) })
        }
        "leader" => Some(leader(world, rest).map(|id| vec![id])),
        "followers" => Some(partition(world, rest).map(|partition| {
            let followers = partition.replicas.iter().filter(|id| Some(**id) != partition.leader);
            followers.map(|id| NodeId(*id)).collect()
        })),
        "coordinator" => Some(Err("not yet: coordinator:".to_string())),
        _ => None,
    }
}

/// What is said of a node that does not exist.
pub fn unknown_node(world: &World, word: &str) -> String {
    let ids: Vec<String> = world.nodes.keys().map(NodeId::to_string).collect();
    format!("there is no node {word}: {}", ids.join(", "))
}

/// One process: a node, or a client by its name.
pub fn process(world: &World, word: &str) -> Result<ProcessId, String> {
    match nodes(world, word) {
        Some(Ok(ids)) if ids.len() == 1 => return Ok(ProcessId::Node(ids[0])),
        Some(Ok(_)) => return Err(format!("'{word}' means more than one node")),
        Some(Err(error)) => return Err(error),
        None => {}
    }
    match world.client_named(word) {
        Some((index, _)) => Ok(ProcessId::Client(index)),
        None => Err(no_client(world, word)),
    }
}

/// What is said of a name that nobody has.
pub fn no_client(world: &World, word: &str) -> String {
    format!("there is no client {word}{}", did_you_mean(word, client_names(world)))
}

/// Names of all clients.
pub fn client_names(world: &World) -> impl Iterator<Item = &str> {
    world.clients.values().map(|slot| &*slot.name)
}

/// Names of all topics.
pub fn topic_names(world: &World) -> Vec<String> {
    metadata(world).map(|image| image.topics.keys().map(|name| name.to_string()).collect()).unwrap_or_default()
}
