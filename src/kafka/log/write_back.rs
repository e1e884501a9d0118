//! What of a log is on the disk, and what a machine crash takes away.
//!
//! Simplification: the operating system writes what nobody has flushed 30 s after it was appended, under a steady stream
//! of appends up to 30 s later than that; whole batches arrive; that a log was cut or a file removed is on the disk at once.

use super::partition_log::PartitionLog;
use crate::kafka::record::RecordBatch;
use crate::time::{SimDuration, SimTime};

/// `vm.dirty_expire_centisecs` of Linux.
pub const WRITE_BACK: SimDuration = SimDuration::from_secs(30);

/// How far the operating system has come with a log by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct WriteBack {
    written: i64,
    /// Everything below these offsets was appended by then.
    aging: (SimTime, i64),
    newest: (SimTime, i64),
}

impl WriteBack {
    fn is_old(at: SimTime, now: SimTime) -> bool {
        at + WRITE_BACK <= now
    }

    /// The log has grown to `end`.
    pub fn note_append(&mut self, end: i64, now: SimTime) {
        self.written = self.written_at(now);
        if WriteBack::is_old(self.aging.0, now) {
            self.aging = self.newest;
        }
        self.newest = (now, end);
    }

    /// The log was cut.
    pub fn note_truncation(&mut self, end: i64) {
        let WriteBack { written, aging, newest } = self;
        [written, &mut aging.1, &mut newest.1].into_iter().for_each(|offset| *offset = (*offset).min(end));
    }

    /// Everything below is on the disk.
    pub fn written_at(&self, now: SimTime) -> i64 {
        let old = [self.aging, self.newest].into_iter().filter(|(at, _)| WriteBack::is_old(*at, now));
        old.map(|(_, end)| end).fold(self.written, i64::max)
    }
}

impl PartitionLog {
    /// Everything below survives a machine crash at this moment: it was flushed, or the operating system has written it.
    pub fn durable_end(&self, now: SimTime) -> i64 {
        self.recovery_point.max(self.write_back.written_at(now)).min(self.log_end_offset)
    }

    /// The machine crashes: what was not on the disk is gone. Says from where to where, if anything was lost.
    pub fn power_off(&mut self, now: SimTime) -> Option<(i64, i64)> {
        let (durable, end) = (self.durable_end(now), self.log_end_offset);
        let first_lost =
            self.batch_at(durable).map_or(durable, RecordBatch::base_offset).max(self.segments[0].base_offset());
        (first_lost < end && self.truncate_to(first_lost, now)).then_some((first_lost, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_micros(1_000_000_000_000 + seconds * 1_000_000)
    }

    #[test]
    fn what_is_thirty_seconds_old_is_on_the_disk() {
        let mut log = WriteBack::default();
        log.note_append(10, at(0));
        assert_eq!((log.written_at(at(29)), log.written_at(at(30))), (0, 10));
        log.note_append(20, at(40));
        assert_eq!((log.written_at(at(69)), log.written_at(at(70))), (10, 20));
    }

    #[test]
    fn under_a_steady_stream_it_takes_at_most_a_minute() {
        let mut log = WriteBack::default();
        for second in 0..200 {
            log.note_append(i64::try_from(second).expect("it is small") + 1, at(second));
            let written = log.written_at(at(second));
            let age = i64::try_from(second).expect("it is small") + 1 - written;
            assert!(second < 60 || (30..=60).contains(&age), "{second}: {age}");
        }
    }

    #[test]
    fn what_was_cut_is_not_written_twice() {
        let mut log = WriteBack::default();
        log.note_append(10, at(0));
        log.note_truncation(4);
        assert_eq!(log.written_at(at(100)), 4);
        log.note_append(6, at(101));
        assert_eq!((log.written_at(at(102)), log.written_at(at(131))), (4, 6));
    }
}
