//! Reading batches from an offset on (Kafka's `LocalLog.read`, `LogSegment.read`).

use super::error::OffsetOutOfRange;
use super::partition_log::PartitionLog;
use super::segment::{AbortedTransaction, PlacedBatch, Segment};
use crate::kafka::record::RecordBatch;

/// How far a reader may see (`FetchIsolation`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ReadBound {
    /// Everything: followers.
    LogEnd,
    /// What is replicated: consumers that read uncommitted.
    HighWatermark,
    /// What is replicated and decided: consumers that read committed.
    LastStable,
}

/// What a read gives.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogRead {
    /// Whole batches. The first may begin before the offset that was asked for; readers drop those records.
    pub batches: Vec<RecordBatch>,
    /// Bytes of the file slice that Kafka would send: the batches and the beginning of one that did not fit.
    pub bytes: i32,
    /// Even the first batch did not fit; a reader that got nothing must ask for more bytes.
    pub first_entry_incomplete: bool,
    /// With [`ReadBound::LastStable`]: the aborted transactions whose records the batches may hold.
    pub aborted_transactions: Vec<AbortedTransaction>,
}

/// A place in a log: the segment's base offset and the position in its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    segment_base: i64,
    position: i32,
}

impl PartitionLog {
    /// Reads from `offset` up to the bound: whole batches of one segment, at most `max_bytes`; if not even the first
    /// batch fits, that one if `min_one_message`. An offset between the bound and the log's end reads nothing.
    pub fn read(
        &self,
        offset: i64,
        max_bytes: i32,
        bound: ReadBound,
        min_one_message: bool,
    ) -> Result<LogRead, OffsetOutOfRange> {
        self.check_in_range(offset)?;
        let (bound_offset, end) = self.end_of(bound);
        if offset >= bound_offset {
            return Ok(LogRead::default());
        }
        let mut found = None;
        for segment in &self.segments[self.floor_segment(offset)..] {
            if let Some(first) = segment.find(offset) {
                found = Some((segment, first));
                break;
            }
        }
        let Some((segment, first)) = found else { return Ok(LogRead::default()) };
        let max_position = match segment.base_offset().cmp(&end.segment_base) {
            std::cmp::Ordering::Less => segment.size_in_bytes(),
            std::cmp::Ordering::Equal => end.position,
            std::cmp::Ordering::Greater => first.position,
        };
        let mut read = slice(segment, first, max_bytes, max_position, min_one_message);
        if bound == ReadBound::LastStable {
            let upper = read.batches.last().map_or(offset, RecordBatch::next_offset);
            read.aborted_transactions = self.aborted_transactions(offset, upper);
        }
        Ok(read)
    }

    /// The stored batch that has this offset within its range.
    pub fn batch_at(&self, offset: i64) -> Option<&RecordBatch> {
        let placed = self.segments[self.floor_segment(offset)].find(offset)?;
        Some(&placed.batch).filter(|batch| batch.base_offset() <= offset)
    }

    fn check_in_range(&self, offset: i64) -> Result<(), OffsetOutOfRange> {
        let partition = &self.partition;
        let only = if offset < self.log_start_offset {
            format!("starting from offset: {}", self.log_start_offset)
        } else if offset > self.log_end_offset {
            format!("upto {}", self.log_end_offset)
        } else {
            return Ok(());
        };
        let message = format!(
            "Received request for offset {offset} for partition {partition}, but we only have log segments {only}."
        );
        Err(OffsetOutOfRange { message })
    }

    /// Where the batch that holds `offset`, or the first one behind it, begins, with its base offset; the end of the
    /// log if there is none.
    fn place_of(&self, offset: i64) -> (i64, Place) {
        let segments = &self.segments[self.floor_segment(offset)..];
        let found = segments.iter().find_map(|segment| {
            let first = segment.find(offset)?;
            Some((first.batch.base_offset(), Place { segment_base: segment.base_offset(), position: first.position }))
        });
        let active = self.active_segment();
        let end = Place { segment_base: active.base_offset(), position: active.size_in_bytes() };
        found.unwrap_or((self.log_end_offset, end))
    }

    fn end_of(&self, bound: ReadBound) -> (i64, Place) {
        let (base_offset, place) = self.place_of(self.high_watermark);
        let high_watermark = if self.high_watermark_is_located { self.high_watermark } else { base_offset };
        let unstable = self.first_unstable_offset().filter(|unstable| *unstable < high_watermark);
        match (bound, unstable) {
            (ReadBound::LogEnd, _) => (self.log_end_offset, self.place_of(self.log_end_offset).1),
            (ReadBound::LastStable, Some(unstable)) => (unstable, self.place_of(unstable).1),
            _ => (high_watermark, place),
        }
    }

    /// Moves a high watermark that lies inside a batch to the batch's base offset, and returns it. Kafka does so when
    /// it first reads up to the high watermark or increments it: it keeps the watermark as a place in a file.
    pub fn locate_high_watermark(&mut self) -> i64 {
        if !self.high_watermark_is_located {
            // Not clamped to the log start: like Kafka's, it may fall below it.
            (self.high_watermark, _) = self.place_of(self.high_watermark);
            self.high_watermark_is_located = true;
            self.producers.on_high_watermark_updated(self.high_watermark);
        }
        self.high_watermark
    }

    /// The aborted transactions that may have records in `from..upper`, in the order of their markers.
    pub fn aborted_transactions(&self, from: i64, upper: i64) -> Vec<AbortedTransaction> {
        let mut found = Vec::new();
        for segment in &self.segments[self.floor_segment(from)..] {
            for aborted in segment.aborted_transactions() {
                if aborted.last_offset >= from && aborted.first_offset < upper {
                    found.push(*aborted);
                }
                if aborted.last_stable_offset >= upper {
                    return found;
                }
            }
        }
        found
    }
}

fn slice(segment: &Segment, first: &PlacedBatch, max_bytes: i32, max_position: i32, min_one_message: bool) -> LogRead {
    let first_size = first.batch.size_in_bytes();
    let limit = if min_one_message { max_bytes.max(first_size) } else { max_bytes };
    if limit <= 0 {
        return LogRead::default();
    }
    let bytes = (max_position - first.position).min(limit);
    let end = first.position.saturating_add(bytes);
    let index = segment.index_of(first.last_offset);
    let whole = |placed: &&PlacedBatch| placed.position + placed.batch.size_in_bytes() <= end;
    let batches = segment.batches().iter_from(index).take_while(whole).map(|placed| placed.batch.clone()).collect();
    LogRead { batches, bytes, first_entry_incomplete: limit < first_size, aborted_transactions: Vec::new() }
}
