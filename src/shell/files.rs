//! The files that tools and lines see: those that lines made, and the log directories of nodes,
//! `/brokers/N/TOPIC-P/..` and `/controllers/N/__cluster_metadata-0/..`.
//!
//! Simplification: the indexes of an active segment end in a few entries of zeros, where Kafka's are filled with them up to
//! `segment.index.bytes`; readers stop at the second.

use super::node_files;
use crate::kafka::controller::quorum::METADATA_TOPIC_ID;
use crate::kafka::ids::{NodeId, TopicPartition, Uuid};
use crate::kafka::log::{AbortedTransaction, PartitionLog, Segment, file_name};
use crate::sim::slots::{NodeSlot, NodeState};
use crate::sim::world::World;

/// Whether a path leads into what nodes have on their disks.
pub fn is_of_node(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    path.starts_with('/') && matches!(parts.next(), Some("brokers" | "controllers"))
}

/// The bytes of a file.
pub fn read(world: &World, path: &str) -> Option<Vec<u8>> {
    if let Some(bytes) = world.files.get(path) {
        return Some(bytes.to_vec());
    }
    let (folder, name) = path.rsplit_once('/')?;
    if let Some(bytes) = beside_logs(world, folder, name) {
        return Some(bytes);
    }
    let log = log_at(world, folder)?;
    if !log.files().iter().any(|file| file == name) {
        return None;
    }
    let segment = |suffix: &str| log.segments().find(|segment| file_name(segment.base_offset(), suffix) == name);
    if let Some(segment) = segment("log") {
        return Some(segment.batches().iter().flat_map(|placed| placed.batch.bytes().to_vec()).collect());
    }
    if let Some(segment) = segment("index") {
        return Some(preallocated(world, folder, log, segment, offset_index(segment), 8));
    }
    if let Some(segment) = segment("timeindex") {
        return Some(preallocated(world, folder, log, segment, time_index(segment), 12));
    }
    if let Some(segment) = segment("txnindex") {
        return Some(segment.aborted_transactions().iter().flat_map(transaction_entry).collect());
    }
    if let Some(offset) = log.snapshot_offsets().find(|offset| file_name(*offset, "snapshot") == name) {
        return log.snapshot_file(offset);
    }
    Some(text_file(world, folder, log, name).into_bytes())
}

/// Two entries of zeros behind those of the active segment, as far as there is room; an orderly shutdown cuts them off.
fn preallocated(
    world: &World,
    folder: &str,
    log: &PartitionLog,
    segment: &Segment,
    mut bytes: Vec<u8>,
    entry: u32,
) -> Vec<u8> {
    let node = folder.split('/').nth(2).and_then(|id| id.parse().ok()).and_then(|id| world.nodes.get(&NodeId(id)));
    let is_shut = node.is_some_and(|slot| matches!(slot.state, NodeState::Stopped(_)));
    if is_shut || segment.base_offset() != log.active_segment().base_offset() {
        return bytes;
    }
    let room = u32::try_from(log.config().segment_index_bytes).unwrap_or(0) / entry;
    let taken = bytes.len() as u32 / entry;
    let zeros = room.saturating_sub(taken).min(2) * entry;
    bytes.extend(std::iter::repeat_n(0, zeros as usize));
    bytes
}

/// Names in a folder, sorted; none if there is no such folder.
pub fn list(world: &World, folder: &str) -> Option<Vec<String>> {
    let folder = folder.trim_end_matches('/');
    if let Some(log) = log_at(world, folder) {
        let mut names = log.files();
        if let Some(node) = folder.strip_suffix("/__cluster_metadata-0").and_then(|node| node_at(world, node)) {
            names.extend(node_files::raft_names(node).into_iter().map(String::from));
            names.sort();
        }
        return Some(names);
    }
    let nodes = |brokers: bool| {
        let of_kind = world
            .nodes
            .values()
            .filter(move |slot| if brokers { slot.spec.roles.is_broker() } else { slot.spec.roles.is_controller() });
        of_kind.map(|slot| slot.spec.id.to_string()).collect()
    };
    match folder.split('/').collect::<Vec<_>>().as_slice() {
        [] | [""] => {
            let files = world.files.keys().filter(|path| !path.contains('/')).map(|path| path.to_string());
            Some(files.chain(["brokers".to_string(), "controllers".to_string()]).collect())
        }
        ["", "brokers"] => Some(nodes(true)),
        ["", "controllers"] => Some(nodes(false)),
        ["", "brokers" | "controllers", _] => {
            let slot = node_at(world, folder)?;
            let logs = world.disk(slot.spec.id).into_iter().flat_map(|disk| disk.logs.keys());
            let mut names: Vec<String> = logs.map(TopicPartition::to_string).collect();
            names.push("__cluster_metadata-0".to_string());
            names.extend(node_files::names(world, slot).into_iter().map(String::from));
            names.sort();
            Some(names)
        }
        _ => None,
    }
}

/// A file of a node's log directory, or of its metadata log's folder, that belongs to no segment.
fn beside_logs(world: &World, folder: &str, name: &str) -> Option<Vec<u8>> {
    let raft = folder.strip_suffix("/__cluster_metadata-0");
    let slot = node_at(world, raft.unwrap_or(folder))?;
    let names = if raft.is_some() { node_files::raft_names(slot) } else { node_files::names(world, slot) };
    let log = log_at(world, &format!("{}/__cluster_metadata-0", raft.unwrap_or(folder)))?;
    names.contains(&name).then(|| node_files::read(world, slot, name, log)).flatten()
}

/// The node whose log directory a folder is. A node of both roles has one directory, which has two names.
fn node_at<'a>(world: &'a World, folder: &str) -> Option<&'a NodeSlot> {
    let (kind, id) = folder.strip_prefix('/')?.split_once('/')?;
    let slot = world.nodes.get(&NodeId(id.parse().ok()?))?;
    let fits = match kind {
        "brokers" => slot.spec.roles.is_broker(),
        "controllers" => slot.spec.roles.is_controller(),
        _ => false,
    };
    fits.then_some(slot)
}

/// The log in a folder.
fn log_at<'a>(world: &'a World, folder: &str) -> Option<&'a PartitionLog> {
    match folder.split('/').collect::<Vec<_>>().as_slice() {
        ["", "brokers", node, "__cluster_metadata-0"] => {
            let (controllers, brokers) = world.metadata_logs(NodeId(node.parse().ok()?));
            controllers.or(brokers).map(|metadata| &metadata.log)
        }
        ["", "brokers", node, partition] => {
            let disk = world.disk(NodeId(node.parse().ok()?))?;
            disk.logs.get(&TopicPartition::parse(partition)?).map(|stored| &stored.log)
        }
        ["", "controllers", node, "__cluster_metadata-0"] => {
            world.metadata_logs(NodeId(node.parse().ok()?)).0.map(|metadata| &metadata.log)
        }
        _ => None,
    }
}

/// The id of the topic whose partition has this folder.
fn topic_id(world: &World, folder: &str) -> Option<Uuid> {
    let mut parts = folder.split('/').skip(2);
    let node = NodeId(parts.next()?.parse().ok()?);
    let partition = parts.next()?;
    if partition == "__cluster_metadata-0" {
        return Some(METADATA_TOPIC_ID);
    }
    world.disk(node)?.logs.get(&TopicPartition::parse(partition)?).map(|stored| stored.topic_id)
}

fn offset_index(segment: &Segment) -> Vec<u8> {
    let base = segment.base_offset();
    let entry = |offset: i64, position: i32| {
        let relative = (offset - base) as i32;
        [relative.to_be_bytes(), position.to_be_bytes()].concat()
    };
    segment.offset_index().entries().iter().flat_map(|found| entry(found.offset, found.position)).collect()
}

fn time_index(segment: &Segment) -> Vec<u8> {
    let base = segment.base_offset();
    let entry = |timestamp: i64, offset: i64| {
        let mut bytes = timestamp.to_be_bytes().to_vec();
        bytes.extend_from_slice(&((offset - base) as i32).to_be_bytes());
        bytes
    };
    segment.time_index().entries().iter().flat_map(|found| entry(found.timestamp, found.offset)).collect()
}

/// Version 0, producer, first and last offset, last stable offset (`AbortedTxn`).
fn transaction_entry(aborted: &AbortedTransaction) -> Vec<u8> {
    let AbortedTransaction { producer_id, first_offset, last_offset, last_stable_offset } = *aborted;
    let longs = [producer_id.0, first_offset, last_offset, last_stable_offset];
    [vec![0, 0], longs.iter().flat_map(|long| long.to_be_bytes()).collect()].concat()
}

/// `leader-epoch-checkpoint` and `partition.metadata`; other small files show as empty.
fn text_file(world: &World, folder: &str, log: &PartitionLog, name: &str) -> String {
    if name == "partition.metadata" {
        return topic_id(world, folder).map(|id| format!("version: 0\ntopic_id: {id}")).unwrap_or_default();
    }
    if name != "leader-epoch-checkpoint" {
        return String::new();
    }
    let entries: Vec<String> =
        log.leader_epochs().entries().map(|(epoch, offset)| format!("{epoch} {offset}\n")).collect();
    format!("0\n{}\n{}", entries.len(), entries.concat())
}
