//! What stands in the log directory of a node beside its logs: `meta.properties`, checkpoints, the state of the quorum and
//! the snapshots that formatting left.
//!
//! Simplification: `replication-offset-checkpoint` shows the high watermarks of this moment, where Kafka writes them every
//! 5 s; `cleaner-offset-checkpoint` stays empty.

use crate::kafka::broker::disk::{Disk, LogCheckpoint};
use crate::kafka::controller::metadata_log::decode_batch;
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition, Uuid};
use crate::kafka::log::PartitionLog;
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::record::{
    BatchBuilder, Compression, ControlRecordType, KraftVoters, Record, RecordBatch, TimestampType,
};
use crate::sim::slots::{NodeSlot, NodeState};
use crate::sim::world::World;
use crate::time::days_from_civil;

/// The snapshot that a voter of a new quorum is formatted with.
const FORMATTED: &str = "00000000000000000000-0000000000.checkpoint";
const CHECKPOINTS: [&str; 4] = [
    "cleaner-offset-checkpoint",
    "log-start-offset-checkpoint",
    "recovery-point-offset-checkpoint",
    "replication-offset-checkpoint",
];
const CLEAN: &str = ".kafka_cleanshutdown";
const LOCK: &str = ".lock";

/// Names in the log directory of a node.
pub fn names(world: &World, slot: &NodeSlot) -> Vec<&'static str> {
    let mut names = vec!["bootstrap.checkpoint", "meta.properties"];
    if !matches!(slot.state, NodeState::Stopped(_)) {
        names.push(LOCK);
    }
    if let Some(disk) = world.disk(slot.spec.id) {
        names.extend(CHECKPOINTS);
        names.extend(disk.clean_shutdown_epoch.map(|_| CLEAN));
    }
    names
}

/// Names beside the segments of a node's metadata log.
pub fn raft_names(slot: &NodeSlot) -> Vec<&'static str> {
    let mut names = vec!["quorum-state"];
    if slot.spec.roles.is_controller() {
        names.push(FORMATTED);
    }
    names
}

/// The bytes of one of these files; `log` is the node's metadata log.
pub fn read(world: &World, slot: &NodeSlot, name: &str, log: &PartitionLog) -> Option<Vec<u8>> {
    let id = slot.spec.id;
    let disk = world.disk(id);
    Some(match name {
        "bootstrap.checkpoint" => bootstrap_snapshot(log),
        FORMATTED => formatted_snapshot(log),
        "meta.properties" => meta_properties(world, id, disk, log).into_bytes(),
        "quorum-state" => quorum_state(world, log).into_bytes(),
        _ => disk.map_or_else(String::new, |disk| checkpoint(disk, name)).into_bytes(),
    })
}

fn checkpoint(disk: &Disk, name: &str) -> String {
    let of = |value: fn(&LogCheckpoint) -> Option<i64>| {
        let rows = disk.checkpoints.as_ref().map(|all| all.iter().filter_map(|(tp, row)| Some((tp, value(row)?))));
        rows.map_or_else(String::new, |rows| offsets(rows))
    };
    match name {
        "recovery-point-offset-checkpoint" => of(|row| Some(row.recovery_point)),
        "log-start-offset-checkpoint" => of(|row| row.log_start_offset),
        "replication-offset-checkpoint" => {
            offsets(disk.logs.iter().map(|(tp, stored)| (tp, stored.log.high_watermark())))
        }
        CLEAN => disk
            .clean_shutdown_epoch
            .map_or_else(String::new, |epoch| format!("{{\"version\":0,\"brokerEpoch\":{}}}", epoch.0)),
        _ => String::new(),
    }
}

/// Version, number of rows, rows (`OffsetCheckpointFile`).
fn offsets<'a>(rows: impl Iterator<Item = (&'a TopicPartition, i64)>) -> String {
    let rows: Vec<String> = rows.map(|(tp, offset)| format!("{} {} {offset}\n", tp.topic, tp.partition)).collect();
    format!("0\n{}\n{}", rows.len(), rows.concat())
}

fn meta_properties(world: &World, id: NodeId, disk: Option<&Disk>, log: &PartitionLog) -> String {
    let own = || Some(voters(log)?.voters.iter().find(|row| row.voter.id == id)?.voter.directory_id);
    let directory = disk.map(|disk| disk.directory_id).or_else(own).unwrap_or(Uuid::ZERO);
    format!(
        "#\n#{}\ncluster.id={}\ndirectory.id={directory}\nnode.id={id}\nversion=1\n",
        java_date(format_time(world, log)),
        world.cluster_id
    )
}

/// When the node was formatted (ms since the epoch): nothing is older than the first batch of its metadata log.
fn format_time(world: &World, log: &PartitionLog) -> i64 {
    let first = first_batches(log).next().map(RecordBatch::max_timestamp);
    first.unwrap_or_else(|| world.scenario.start.as_epoch_ms())
}

/// `Thu Jan 01 00:00:00 UTC 2026`, as `java.util.Date` writes a time in ms since the epoch.
fn java_date(ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, seconds) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000) / 1_000);
    let year = (1970..).take_while(|year| days_from_civil(*year, 1, 1) <= days).last().unwrap_or(1970);
    let month = (1..=12).take_while(|month| days_from_civil(year, *month, 1) <= days).last().unwrap_or(1);
    let day = days - days_from_civil(year, month, 1) + 1;
    format!(
        "{} {} {day:02} {:02}:{:02}:{:02} UTC {year}",
        DAYS[days.rem_euclid(7) as usize],
        MONTHS[(month - 1) as usize],
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// `QuorumStateData`, version 1.
fn quorum_state(world: &World, log: &PartitionLog) -> String {
    let epoch = log.latest_epoch().map_or(0, |epoch| epoch.0);
    let leader = world.scenario.controllers().next().map_or(-1, |id| id.0);
    format!(
        "{{\"leaderId\":{leader},\"leaderEpoch\":{epoch},\"votedId\":-1,\"votedDirectoryId\":\"{}\",\"data_version\":1}}",
        Uuid::ZERO
    )
}

fn first_batches(log: &PartitionLog) -> impl Iterator<Item = &RecordBatch> {
    log.segments().take(1).flat_map(|segment| segment.batches().iter().map(|placed| &placed.batch))
}

/// The voters that the first batch of the log repeats.
fn voters(log: &PartitionLog) -> Option<KraftVoters> {
    let records = first_batches(log).next()?.records().ok()?;
    records.iter().find_map(|stored| {
        let is_voters =
            ControlRecordType::of_key(stored.record.key.as_deref()?) == Some(ControlRecordType::KraftVoters);
        KraftVoters::parse(stored.record.value.as_deref().filter(|_| is_voters)?)
    })
}

/// A snapshot: a header, what stands between, a footer.
fn snapshot(log: &PartitionLog, between: impl FnOnce(i64, &mut BatchBuilder) -> Vec<RecordBatch>) -> Vec<u8> {
    let ms = first_batches(log).next().map_or(0, RecordBatch::max_timestamp);
    let epoch = LeaderEpoch(0);
    let mut head = BatchBuilder::control(0, epoch);
    // Version 0, no log behind the snapshot, no tagged fields.
    head.append_control_record(ms, ControlRecordType::SnapshotHeader, [0; 11].into());
    let middle = between(ms, &mut head);
    let mut batches = vec![head.close()];
    batches.extend(middle);
    let end = batches.last().map_or(0, RecordBatch::next_offset);
    batches.push(RecordBatch::snapshot_footer(end, ms, epoch));
    batches.iter().flat_map(|batch| batch.bytes().to_vec()).collect()
}

fn formatted_snapshot(log: &PartitionLog) -> Vec<u8> {
    snapshot(log, |ms, head| {
        // kraft.version 1: version of the record, the level, no tagged fields.
        head.append_control_record(ms, ControlRecordType::KraftVersion, [0, 0, 0, 1, 0].into());
        if let Some(voters) = voters(log) {
            head.append_control_record(ms, ControlRecordType::KraftVoters, voters.to_bytes());
        }
        Vec::new()
    })
}

/// The records that the first controller appended as its first transaction.
fn bootstrap_snapshot(log: &PartitionLog) -> Vec<u8> {
    let Some(batch) = first_batches(log).nth(1) else { return Vec::new() };
    let is_content =
        |record: &MetadataRecord| matches!(record, MetadataRecord::FeatureLevel(_) | MetadataRecord::Config(_));
    snapshot(log, |ms, _| {
        let mut builder = BatchBuilder::new(Compression::None, TimestampType::CreateTime, 1, i32::MAX);
        for (offset, record) in (1..).zip(decode_batch(batch).into_iter().filter(is_content)) {
            let stored = Record { timestamp_ms: ms, key: None, value: Some(record.encode()), headers: Vec::new() };
            builder.append_anonymous(offset, &stored);
        }
        vec![builder.close().with_offsets(1, LeaderEpoch(0), None)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stand_as_java_writes_them() {
        assert_eq!(java_date(1_767_225_600_000), "Thu Jan 01 00:00:00 UTC 2026");
        assert_eq!(java_date(1_767_225_600_000 + 31 * 86_400_000 + 3_723_000), "Sun Feb 01 01:02:03 UTC 2026");
    }
}
