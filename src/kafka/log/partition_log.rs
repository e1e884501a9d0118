//! The log of one replica of one partition: its parts and the offsets that bound it.

use std::sync::Arc;

use super::config::LogConfig;
use super::error::OffsetOutOfRange;
use super::files::DeletedFile;
use super::leader_epochs::LeaderEpochs;
use super::producer_state::{ProducerEntry, ProducerStates};
use super::segment::Segment;
use super::write_back::WriteBack;
use crate::kafka::ids::{LeaderEpoch, ProducerId, TopicPartition};
use crate::kafka::seeded::SeededBug;
use crate::time::SimTime;

/// One log. Appends go to its last segment; readers are bounded by the high watermark or the last stable offset.
/// Cheap to clone: segments and batches are shared.
#[derive(Clone, Debug)]
pub struct PartitionLog {
    pub(super) partition: TopicPartition,
    pub(super) config: Arc<LogConfig>,
    /// By base offset; never empty. The last one is active.
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) log_start_offset: i64,
    pub(super) log_end_offset: i64,
    pub(super) high_watermark: i64,
    /// The high watermark was set as the log's end, or its batch was looked up since.
    pub(super) high_watermark_is_located: bool,
    pub(super) recovery_point: i64,
    pub(super) write_back: WriteBack,
    pub(super) last_clean_offset: Option<i64>,
    /// The topic is, or was, one that is compacted.
    was_compacted: bool,
    pub(super) leader_epochs: LeaderEpochs,
    pub(super) producers: ProducerStates,
    pub(super) deleted_files: Vec<DeletedFile>,
}

/// Milliseconds since the epoch, as file times and timestamps count.
pub(super) fn millis(now: SimTime) -> i64 {
    now.as_epoch_ms()
}

impl PartitionLog {
    /// An empty log that begins at offset 0.
    pub fn new(partition: TopicPartition, config: LogConfig, now: SimTime) -> PartitionLog {
        let mut first = Segment::new(0, &config, millis(now));
        first.open_index_files();
        PartitionLog {
            partition,
            was_compacted: config.compact,
            config: Arc::new(config),
            last_clean_offset: None,
            segments: vec![Arc::new(first)],
            log_start_offset: 0,
            log_end_offset: 0,
            high_watermark: 0,
            high_watermark_is_located: true,
            recovery_point: 0,
            write_back: WriteBack::default(),
            leader_epochs: LeaderEpochs::default(),
            producers: ProducerStates::default(),
            deleted_files: Vec::new(),
        }
    }

    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// Topic configs changed; segments that exist keep the index sizes that they were made with.
    pub fn set_config(&mut self, config: LogConfig) {
        self.was_compacted |= config.compact;
        self.config = Arc::new(config);
    }

    /// Whether offsets may be missing, because their records were compacted away here or at a leader.
    pub fn may_have_gaps(&self) -> bool {
        self.was_compacted
    }

    /// The first offset that readers may ask for.
    pub fn log_start_offset(&self) -> i64 {
        self.log_start_offset
    }

    /// The offset that the next record gets.
    pub fn log_end_offset(&self) -> i64 {
        self.log_end_offset
    }

    /// Consumers read up to here (exclusively).
    pub fn high_watermark(&self) -> i64 {
        self.high_watermark
    }

    /// Everything below is flushed to disk; what lies above may be lost with the machine.
    pub fn recovery_point(&self) -> i64 {
        self.recovery_point
    }

    /// Flushes everything to disk.
    pub fn flush(&mut self) {
        self.recovery_point = self.log_end_offset;
    }

    /// The first offset of the oldest transaction that is open, or ended above the high watermark.
    pub fn first_unstable_offset(&self) -> Option<i64> {
        self.producers.first_unstable_offset().map(|offset| offset.max(self.log_start_offset))
    }

    /// Consumers of committed records read up to here (exclusively).
    pub fn last_stable_offset(&self) -> i64 {
        self.first_unstable_offset().map_or(self.high_watermark, |unstable| unstable.min(self.high_watermark))
    }

    /// Moves the high watermark, forwards or back, within the log; returns what it became.
    pub fn set_high_watermark(&mut self, high_watermark: i64) -> i64 {
        self.high_watermark_is_located = high_watermark >= self.log_end_offset;
        self.high_watermark = high_watermark.max(self.log_start_offset).min(self.log_end_offset);
        self.producers.on_high_watermark_updated(self.high_watermark);
        self.high_watermark
    }

    /// Moves the high watermark forwards only; says whether it moved. `high_watermark` is at most the log's end.
    pub fn maybe_increment_high_watermark(&mut self, high_watermark: i64) -> bool {
        assert!(high_watermark <= self.log_end_offset, "the high watermark stays within the log");
        let moves = high_watermark > self.high_watermark;
        if moves {
            self.set_high_watermark(high_watermark);
        }
        moves
    }

    /// Forgets records below `offset` (DeleteRecords, or a follower that learns the leader's log start); says whether
    /// the log start moved. Segments go with the next retention run.
    pub fn maybe_increment_log_start_offset(&mut self, offset: i64) -> Result<bool, OffsetOutOfRange> {
        let most =
            if SeededBug::DeletionBeyondHighWatermark.is_planted() { self.log_end_offset } else { self.high_watermark };
        if offset > most {
            let message = format!(
                "Cannot increment the log start offset to {offset} of partition {} since it is larger than the high \
                 watermark {}",
                self.partition, self.high_watermark
            );
            return Err(OffsetOutOfRange { message });
        }
        let moves = offset > self.log_start_offset;
        if moves {
            self.log_start_offset = offset;
            self.recovery_point = self.recovery_point.max(offset);
            self.leader_epochs.truncate_from_start(offset);
            self.producers.on_log_start_offset_incremented(offset);
        }
        Ok(moves)
    }

    /// The segments, oldest first.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &Segment> {
        self.segments.iter().map(|segment| &**segment)
    }

    pub fn active_segment(&self) -> &Segment {
        self.segments.last().expect("a log has an active segment")
    }

    pub(super) fn active_segment_mut(&mut self) -> &mut Segment {
        Arc::make_mut(self.segments.last_mut().expect("a log has an active segment"))
    }

    /// Place of the segment that `offset` belongs to; the first one for an offset before all.
    pub(super) fn floor_segment(&self, offset: i64) -> usize {
        self.segments.partition_point(|segment| segment.base_offset() <= offset).saturating_sub(1)
    }

    /// Bytes of all segments, as retention counts them.
    pub fn size_in_bytes(&self) -> i64 {
        self.segments().map(|segment| i64::from(segment.size_in_bytes())).sum()
    }

    pub fn leader_epochs(&self) -> &LeaderEpochs {
        &self.leader_epochs
    }

    /// Notes where a leader epoch begins, as a replica does when it becomes leader.
    pub fn assign_epoch_start_offset(&mut self, epoch: LeaderEpoch, start_offset: i64) {
        self.leader_epochs.assign(epoch, start_offset);
    }

    /// The newest leader epoch that wrote here.
    pub fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.leader_epochs.latest().map(|(epoch, _)| epoch)
    }

    /// Where the records of `epoch`, or of the last epoch before it, end: OffsetForLeaderEpoch's answer.
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, i64)> {
        self.leader_epochs.end_offset_for(epoch, self.log_end_offset)
    }

    /// What is known of the producers that wrote here lately, by producer id.
    pub fn producers(&self) -> impl Iterator<Item = &ProducerEntry> {
        self.producers.producers()
    }

    pub fn producer(&self, producer_id: ProducerId) -> Option<&ProducerEntry> {
        self.producers.entry(producer_id)
    }

    /// Forgets producers that were silent for `producer.id.expiration.ms` and have no open transaction.
    pub fn remove_expired_producers(&mut self, now: SimTime) {
        self.producers.remove_expired(millis(now), self.config.producer_id_expiration_ms);
    }
}
