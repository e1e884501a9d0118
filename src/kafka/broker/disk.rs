//! What a broker's process leaves behind when it dies: its logs and its copy of the metadata log.
//!
//! Simplification: everything written is on the disk at once; a machine crash that loses unflushed bytes is not yet
//! possible.

use std::collections::BTreeMap;

use crate::kafka::controller::metadata_log::MetadataLog;
use crate::kafka::ids::{BrokerEpoch, TopicPartition, Uuid};
use crate::kafka::log::PartitionLog;
use crate::time::SimTime;

/// A replica's log and the topic it belongs to (`partition.metadata` keeps the id).
#[derive(Clone, Debug)]
pub struct StoredLog {
    pub topic_id: Uuid,
    pub log: PartitionLog,
}

#[derive(Clone, Debug)]
pub struct Disk {
    /// `directory.id` of meta.properties.
    pub directory_id: Uuid,
    pub logs: BTreeMap<TopicPartition, StoredLog>,
    pub metadata_log: MetadataLog,
    /// `.kafka_cleanshutdown`: the epoch in which the broker shut down in order; read and removed at the next start.
    pub clean_shutdown_epoch: Option<BrokerEpoch>,
}

impl Disk {
    pub fn new(directory_id: Uuid, now: SimTime) -> Disk {
        Disk { directory_id, logs: BTreeMap::new(), metadata_log: MetadataLog::new(now), clean_shutdown_epoch: None }
    }
}
