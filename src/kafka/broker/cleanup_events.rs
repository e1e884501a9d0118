//! What a run of retention did to a log, told as it happened: a roll when everything went, the new log start, the segments.

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{DeletedSegmentDetail, DeletionCause, StartReason};
use crate::kafka::ids::TopicPartition;
use crate::kafka::log::{DeletedSegment, DeletionReason, PartitionLog, Segment};

use super::Broker;

/// A log's segments as they were before a run.
pub(super) struct BeforeCleanup {
    segments: Vec<DeletedSegmentDetail>,
    size: i64,
    active: i64,
    log_start_offset: i64,
}

impl BeforeCleanup {
    pub fn of(log: &PartitionLog) -> BeforeCleanup {
        let row = |segment: &Segment| DeletedSegmentDetail {
            base_offset: segment.base_offset(),
            size: segment.size_in_bytes(),
            last_modified_ms: segment.last_modified_ms(),
            largest_timestamp_ms: segment.max_timestamp_so_far().timestamp,
            limit: 0,
            log_size_after: 0,
        };
        BeforeCleanup {
            segments: log.segments().map(row).collect(),
            size: log.size_in_bytes(),
            active: log.active_segment().base_offset(),
            log_start_offset: log.log_start_offset(),
        }
    }
}

impl Broker {
    /// Tells what went from the log of a partition.
    pub(super) fn tell_cleanup(
        &self,
        tp: &TopicPartition,
        before: &BeforeCleanup,
        deleted: &[DeletedSegment],
        fx: &mut Effects,
    ) {
        let (broker, Some(stored)) = (self.id, self.disk.logs.get(tp)) else { return };
        let log = &stored.log;
        let active = log.active_segment().base_offset();
        if active != before.active {
            let producers = log.producers().count() as u32;
            fx.event(Event::SegmentRolled { broker, tp: tp.clone(), base_offset: active, producers });
        }
        let mut size = before.size;
        let mut told = None;
        for (place, segment) in deleted.iter().enumerate() {
            if told != Some(segment.reason) {
                told = Some(segment.reason);
                let last = place + deleted[place..].iter().take_while(|other| other.reason == segment.reason).count();
                let next = before.segments.get(last).map_or(active, |segment| segment.base_offset);
                if next > before.log_start_offset {
                    let (tp, reason) = (tp.clone(), StartReason::SegmentDeletion);
                    fx.event(Event::LogStartAdvanced { broker, tp, log_start_offset: next, reason });
                }
            }
            size -= i64::from(segment.size_in_bytes);
            let Some(detail) = before.segments.iter().find(|known| known.base_offset == segment.base_offset) else {
                continue;
            };
            let (cause, limit) = match segment.reason {
                DeletionReason::RetentionBytes => (DeletionCause::Size, log.config().retention_bytes),
                DeletionReason::RetentionMs => (DeletionCause::Time, log.config().retention_ms),
                DeletionReason::LogStartOffset => (DeletionCause::StartOffset, log.log_start_offset()),
                DeletionReason::Truncation => continue,
            };
            let detail = Arc::new(DeletedSegmentDetail { limit, log_size_after: size, ..*detail });
            let base_offset = segment.base_offset;
            fx.event(Event::SegmentDeleted { tp: tp.clone(), base_offset, reason: cause, broker, detail });
        }
    }
}
