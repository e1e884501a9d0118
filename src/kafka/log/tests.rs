//! Behaviour of a log that no recorded history shows.

use std::sync::Arc;

use super::*;
use crate::kafka::ids::{LeaderEpoch, Rid, TopicPartition};
use crate::kafka::record::{BatchBuilder, Compression, Record, RecordBatch, TimestampType};
use crate::time::{SimDuration, SimTime};

const START: SimTime = SimTime::DEFAULT_START;

fn log(config: LogConfig) -> PartitionLog {
    PartitionLog::new(TopicPartition::new("orders", 0), config, START)
}

fn batch(values: &[&str], now: SimTime) -> RecordBatch {
    let mut builder = BatchBuilder::new(Compression::None, TimestampType::CreateTime, 0, i32::MAX);
    for (rid, value) in (0..).zip(values) {
        let (timestamp_ms, value) = (now.as_epoch_ms(), Some(value.as_bytes().into()));
        builder.append(Record { timestamp_ms, key: None, value, headers: Vec::new() }, Rid(rid));
    }
    builder.close()
}

fn append(log: &mut PartitionLog, values: &[&str], now: SimTime) -> AppendInfo {
    let info = log.append_as_leader(&batch(values, now), LeaderEpoch(0), now, AppendOrigin::Client);
    info.expect("a good batch is accepted")
}

/// The transcript `dump-log/indexes` of the real tools.
#[test]
fn sparse_index_has_an_entry_after_every_interval_of_bytes() {
    let mut log = log(LogConfig { index_interval_bytes: 100, ..LogConfig::default() });
    append(&mut log, &["one"], START);
    for n in 1..=3 {
        append(&mut log, &[&format!("{n:0100}")], START + SimDuration::from_millis(n));
    }
    let segment = log.active_segment();
    let positions: Vec<i32> = segment.batches().iter().map(|placed| placed.position).collect();
    assert_eq!(positions, [0, 71, 241, 411]);
    let entries: Vec<_> = segment.offset_index().entries().iter().map(|e| (e.offset, e.position)).collect();
    assert_eq!(entries, [(2, 241), (3, 411)]);
    let start = START.as_epoch_ms();
    let times: Vec<_> = segment.time_index().entries().iter().map(|e| (e.timestamp - start, e.offset)).collect();
    assert_eq!(times, [(2, 2), (3, 3)]);
}

/// The transcript `dump-log/segment-roll-by-time` of the real tools.
#[test]
fn files_come_and_go_with_segments() {
    let mut log = log(LogConfig { segment_ms: 1_000, retention_ms: 3_000, ..LogConfig::default() });
    append(&mut log, &["one", "two"], START);
    let later = START + SimDuration::from_secs(2);
    assert!(append(&mut log, &["three"], later).rolled);
    let fixed = ["leader-epoch-checkpoint", "partition.metadata"];
    let first = ["index", "log", "timeindex"].map(|suffix| file_name(0, suffix));
    let second = ["index", "log", "snapshot", "timeindex"].map(|suffix| file_name(2, suffix));
    assert_eq!(log.files(), [&first[..], &second, &fixed.map(String::from)].concat());
    let late = START + SimDuration::from_secs(22);
    log.set_high_watermark(3);
    let reasons: Vec<_> = log.delete_old_segments(late).iter().map(|gone| (gone.base_offset, gone.reason)).collect();
    assert_eq!(reasons, [(0, DeletionReason::RetentionMs), (2, DeletionReason::RetentionMs)]);
    assert_eq!((log.log_start_offset(), log.log_end_offset()), (3, 3));
    let deleted = first.iter().chain(&second).map(|name| format!("{name}.deleted"));
    let third = ["log", "snapshot"].map(|suffix| file_name(3, suffix));
    assert_eq!(log.files(), deleted.chain(third.clone()).chain(fixed.map(String::from)).collect::<Vec<_>>());
    log.purge_deleted_files(late + SimDuration::from_millis(59_999));
    assert_eq!(log.files().len(), 11);
    log.purge_deleted_files(late + SimDuration::from_millis(60_000));
    assert_eq!(log.files(), third.into_iter().chain(fixed.map(String::from)).collect::<Vec<_>>());
}

#[test]
fn clone_shares_history_and_then_goes_its_own_way() {
    let mut log = log(LogConfig { segment_bytes: 14_000, ..LogConfig::default() });
    for n in 0..1_000 {
        append(&mut log, &[&n.to_string()], START);
    }
    let mut fork = log.clone();
    assert!(log.segments.len() > 4);
    assert!(log.segments.iter().zip(&fork.segments).all(|(ours, theirs)| Arc::ptr_eq(ours, theirs)));
    append(&mut fork, &["only there"], START);
    let inactive = log.segments.len() - 1;
    assert!(log.segments[..inactive].iter().zip(&fork.segments).all(|(ours, theirs)| Arc::ptr_eq(ours, theirs)));
    assert_eq!((log.log_end_offset(), fork.log_end_offset()), (1_000, 1_001));
    let ends = [&log, &fork].map(|log| log.active_segment().batches().last().expect("it has batches").last_offset);
    assert_eq!(ends, [999, 1_000]);
}

#[test]
fn record_ids_ride_through_append_and_recompression() {
    for compression in [None, Some(Compression::Gzip), Some(Compression::Zstd)] {
        let mut log = log(LogConfig { compression_type: compression, ..LogConfig::default() });
        let info = append(&mut log, &["a", "b", "c"], START);
        let stored = info.stored.expect("one batch was stored");
        assert_eq!(stored.compression(), compression.unwrap_or_default());
        let rids: Vec<_> = stored.records().expect("readable").into_iter().map(|stored| stored.rid).collect();
        assert_eq!(rids, [Some(Rid(0)), Some(Rid(1)), Some(Rid(2))]);
    }
}

#[test]
fn batch_that_is_too_large_is_refused_before_anything_changes() {
    let mut log = log(LogConfig { max_message_bytes: 70, ..LogConfig::default() });
    let error = log.append_as_leader(&batch(&["four"], START), LeaderEpoch(3), START, AppendOrigin::Client);
    let error = error.expect_err("72 bytes are more than 70");
    assert_eq!((error.code.name(), error.exception), ("MESSAGE_TOO_LARGE", "RecordTooLargeException"));
    assert_eq!(
        error.text(),
        "The record batch size in the append to orders-0 is 72 bytes which exceeds the maximum configured value of 70)."
    );
    assert_eq!((log.log_end_offset(), log.latest_epoch()), (0, None));
}

#[test]
fn follower_appends_what_the_leader_stored_and_refuses_what_does_not_follow() {
    let mut leader = log(LogConfig::default());
    let mut follower = log(LogConfig::default());
    let stored: Vec<_> =
        ["a", "b", "c"].iter().filter_map(|value| append(&mut leader, &[value], START).stored).collect();
    follower.append_as_follower(&stored[..2], START).expect("they follow");
    let repeated = follower.append_as_follower(&stored[1..], START).expect_err("offset 1 is there already");
    assert_eq!(repeated.exception, "UnexpectedAppendOffsetException");
    let swapped = [stored[2].clone(), stored[1].clone()];
    let error = follower.append_as_follower(&swapped, START).expect_err("offsets must grow");
    assert_eq!(error.exception, "OffsetsOutOfOrderException");
    follower.append_as_follower(&stored[2..], START).expect("it follows");
    assert_eq!(follower.log_end_offset(), 3);
    assert!(follower.leader_epochs().entries().eq([(LeaderEpoch(0), 0)]));
    let bytes = |log: &PartitionLog| log.active_segment().batches().iter().map(|p| p.batch.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&leader), bytes(&follower));
}
