//! A node's copy of `__cluster_metadata-0`: the controller appends to it, brokers fetch it.

use std::sync::Arc;

use crate::kafka::ids::{LeaderEpoch, TopicPartition};
use crate::kafka::log::{LogConfig, PartitionLog, ReadBound, Shutdown};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::record::{BatchBuilder, Compression, Record, RecordBatch, TimestampType};
use crate::time::SimTime;

/// The name of the topic, which has one partition.
pub const TOPIC: &str = "__cluster_metadata";

/// `max.message.bytes` of the metadata log does not matter in the simulation: a decision is one batch, however long.
const NO_LIMIT: i32 = i32::MAX;

#[derive(Clone, Debug)]
pub struct MetadataLog {
    pub log: PartitionLog,
}

impl MetadataLog {
    pub fn new(now: SimTime) -> MetadataLog {
        let config = LogConfig { max_message_bytes: NO_LIMIT, ..LogConfig::default() };
        MetadataLog { log: PartitionLog::new(TopicPartition::new(TOPIC, 0), config, now) }
    }

    /// A start on the same disk. The Raft layer always has this log recovered (`KafkaRaftLog.createLog`); what of it is
    /// committed is only known when a leader says it.
    pub fn reopen(&mut self, now: SimTime) {
        self.log.reopen(now, Shutdown::Unclean { recovery_point: 0 });
        self.log.set_high_watermark(0);
    }

    pub fn next_offset(&self) -> i64 {
        self.log.log_end_offset()
    }

    /// Appends decided records as one batch and returns the offset of the first.
    pub fn append(&mut self, records: &[MetadataRecord], epoch: LeaderEpoch, now: SimTime) -> i64 {
        assert!(!records.is_empty(), "a decision without records appends nothing");
        let base_offset = self.next_offset();
        let mut builder = BatchBuilder::new(Compression::None, TimestampType::CreateTime, base_offset, NO_LIMIT);
        for (offset, record) in (base_offset..).zip(records) {
            let timestamp_ms = now.as_epoch_ms();
            let stored = Record { timestamp_ms, key: None, value: Some(record.encode()), headers: Vec::new() };
            builder.append_anonymous(offset, &stored);
        }
        self.append_batch(&builder.close().with_offsets(base_offset, epoch, None), now);
        base_offset
    }

    /// Appends a batch that already has its offsets: the leader's own, or one that was fetched.
    pub fn append_batch(&mut self, batch: &RecordBatch, now: SimTime) {
        let batches = std::slice::from_ref(batch);
        self.log.append_as_follower(batches, now).expect("metadata batches follow each other without a gap");
    }

    /// Whole batches from `offset` on, up to the committed end.
    pub fn read(&self, offset: i64, max_bytes: i32) -> Vec<RecordBatch> {
        self.read_up_to(offset, max_bytes, ReadBound::HighWatermark)
    }

    /// Whole batches from `offset` on, up to the log's end.
    pub fn read_uncommitted(&self, offset: i64, max_bytes: i32) -> Vec<RecordBatch> {
        self.read_up_to(offset, max_bytes, ReadBound::LogEnd)
    }

    fn read_up_to(&self, offset: i64, max_bytes: i32, bound: ReadBound) -> Vec<RecordBatch> {
        let read = self.log.read(offset, max_bytes, bound, true);
        read.map(|read| read.batches).unwrap_or_default()
    }

    /// Every committed batch from `offset` on, over all segments.
    pub fn committed_from(&self, offset: i64) -> impl Iterator<Item = RecordBatch> {
        let mut next = offset;
        std::iter::from_fn(move || {
            let batches = self.read(next, i32::MAX);
            next = batches.last()?.next_offset();
            Some(batches)
        })
        .flatten()
    }
}

/// The records of a metadata batch; control batches (leader changes) hold none.
pub fn decode_batch(batch: &RecordBatch) -> Vec<MetadataRecord> {
    if batch.is_control() {
        return Vec::new();
    }
    let stored = batch.records().expect("a metadata batch was built here and is not compressed");
    let decode = |value: Option<Arc<[u8]>>| {
        let value = value.expect("metadata records have values");
        MetadataRecord::decode(&value).expect("both ends are built from the same schemas")
    };
    stored.into_iter().map(|stored| decode(stored.record.value)).collect()
}
