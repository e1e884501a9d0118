//! What a broker's process leaves behind when it dies: its logs. Its copy of the metadata log is in the same directory,
//! but belongs to the Raft layer.
//!
//! Simplification: the high watermarks of a start are those before it, where Kafka's checkpoint of them may be 5 s old.
//! A new directory is known from the registration; the broker does not report which replicas lie in it
//! (AssignReplicasToDirs, KIP-858). A machine crash leaves a broker's copy of the metadata log whole: it would fetch the
//! rest again.

use std::collections::BTreeMap;

use crate::kafka::ids::{BrokerEpoch, TopicPartition, Uuid};
use crate::kafka::log::{PartitionLog, Segment, Shutdown};
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
    /// The last checkpoints of the logs; none before the first.
    pub checkpoints: Option<BTreeMap<TopicPartition, LogCheckpoint>>,
    /// `.kafka_cleanshutdown`: the epoch in which the broker shut down in order; read and removed at the next start.
    pub clean_shutdown_epoch: Option<BrokerEpoch>,
    /// A machine crash took records away, and the controller has not registered the broker since: it still counts on
    /// what is gone. Only the invariants read it.
    pub is_bereft: bool,
}

/// What the checkpoint files of a log directory say of one log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogCheckpoint {
    /// `recovery-point-offset-checkpoint`.
    pub recovery_point: i64,
    /// `log-start-offset-checkpoint`: only logs that begin behind their first segment's base are listed there.
    pub log_start_offset: Option<i64>,
}

impl LogCheckpoint {
    fn of(log: &PartitionLog) -> LogCheckpoint {
        let first_base = log.segments().next().map_or(0, Segment::base_offset);
        let log_start_offset = Some(log.log_start_offset()).filter(|start| *start > first_base);
        LogCheckpoint { recovery_point: log.recovery_point(), log_start_offset }
    }
}

impl Disk {
    pub fn new(directory_id: Uuid) -> Disk {
        Disk { directory_id, logs: BTreeMap::new(), checkpoints: None, clean_shutdown_epoch: None, is_bereft: false }
    }

    /// Writes the checkpoint files.
    pub fn checkpoint(&mut self) {
        let row = |(tp, stored): (&TopicPartition, &StoredLog)| (tp.clone(), LogCheckpoint::of(&stored.log));
        self.checkpoints = Some(self.logs.iter().map(row).collect());
    }

    /// An orderly stop.
    pub fn close_logs(&mut self) {
        self.logs.values_mut().for_each(|stored| stored.log.close());
        self.checkpoint();
    }

    /// The machine crashes. What of each log was lost: from which offset, to which.
    pub fn power_off(&mut self, now: SimTime) -> Vec<(TopicPartition, i64, i64)> {
        let lose = |(tp, stored): (&TopicPartition, &mut StoredLog)| {
            let (from, to) = stored.log.power_off(now)?;
            Some((tp.clone(), from, to))
        };
        let lost: Vec<_> = self.logs.iter_mut().filter_map(lose).collect();
        self.is_bereft |= !lost.is_empty();
        lost
    }

    /// A start. The high watermarks are those before it; Kafka's checkpoint of them is up to 5 s old after a crash.
    pub fn open_logs(&mut self, now: SimTime, after_clean_shutdown: bool) {
        for (tp, stored) in &mut self.logs {
            let checkpoint = self.checkpoints.as_ref().and_then(|checkpoints| checkpoints.get(tp));
            let recovery_point = checkpoint.map_or(0, |checkpoint| checkpoint.recovery_point);
            let how = if after_clean_shutdown { Shutdown::Clean } else { Shutdown::Unclean { recovery_point } };
            let high_watermark = stored.log.high_watermark();
            stored.log.reopen(now, how);
            stored.log.set_high_watermark(high_watermark);
        }
        self.clean_shutdown_epoch = None;
    }
}
