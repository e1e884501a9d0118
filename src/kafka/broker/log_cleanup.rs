//! Old segments: a run every `log.retention.check.interval.ms`, and the removal of files that were marked
//! (`LogManager.cleanupLogs`); the cleaner, which looks for logs to compact whenever it has slept for
//! `log.cleaner.backoff.ms` (`LogCleaner.CleanerThread`).
//!
//! Simplification: a cleaning takes no time, and one thread does them all.

use std::sync::Arc;

use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::event::Event;
use crate::kafka::ids::TopicPartition;
use crate::kafka::log::Cleanable;
use crate::time::{SimDuration, SimTime};

use super::Broker;
use super::cleanup_events::BeforeCleanup;
use super::lifecycle::Lifecycle;

/// `log.flush.offset.checkpoint.interval.ms` and `log.flush.start.offset.checkpoint.interval.ms`.
const CHECKPOINT_INTERVAL: SimDuration = SimDuration::from_millis(60_000);

impl Broker {
    /// Begins the broker's background tasks, `log.initial.task.delay.ms` from now.
    pub(super) fn start_log_tasks(&mut self, now: SimTime) {
        let first = now + SimDuration::from_config_ms(self.settings.log_initial_task_delay_ms);
        self.next_cleanup = Some(first);
        self.next_checkpoint = Some(first);
        self.next_compaction = Some(now).filter(|_| self.settings.log_cleaner_enable);
    }

    pub(super) fn clean_logs(&mut self, now: SimTime, fx: &mut Effects) {
        if self.next_cleanup.is_some_and(|at| at <= now) {
            let interval = SimDuration::from_config_ms(self.settings.log_retention_check_interval_ms);
            self.next_cleanup = Some(now + interval);
            for tp in self.disk.logs.keys().cloned().collect::<Vec<_>>() {
                self.clean_log(now, &tp, fx);
            }
            self.check_held_fetches(fx);
        }
        if let Some(due) = self.next_compaction.filter(|at| *at <= now) {
            self.compact_logs(now, fx);
            // The rhythm is that of the broker's start.
            let pause = self.settings.log_cleaner_backoff_ms.max(1) as u64;
            let missed = now.since(due).as_millis() / pause;
            self.next_compaction = Some(due + SimDuration::from_millis((missed + 1) * pause));
        }
        if self.next_checkpoint.is_some_and(|at| at <= now) {
            self.next_checkpoint = Some(now + CHECKPOINT_INTERVAL);
            self.disk.checkpoint();
        }
        let due = now.as_epoch_ms();
        for (tp, stored) in &mut self.disk.logs {
            if stored.log.next_purge_ms().is_some_and(|at| at <= due) {
                let before = stored.log.files();
                stored.log.purge_deleted_files(now);
                let after = stored.log.files();
                let gone = before.into_iter().filter(|file| !after.contains(file)).map(Arc::from).collect();
                fx.event(Event::FilesDeleted { broker: self.id, tp: tp.clone(), files: gone });
            }
        }
    }

    fn clean_log(&mut self, now: SimTime, tp: &TopicPartition, fx: &mut Effects) {
        // The cleaner deletes what is too old of a log that it compacts.
        if self.disk.logs.get(tp).is_some_and(|stored| !stored.log.config().compact) {
            self.delete_old_segments(now, tp, fx);
        }
    }

    fn delete_old_segments(&mut self, now: SimTime, tp: &TopicPartition, fx: &mut Effects) {
        let Some(stored) = self.disk.logs.get_mut(tp) else { return };
        let before = BeforeCleanup::of(&stored.log);
        let deleted = stored.log.delete_old_segments(now);
        self.tell_cleanup(tp, &before, &deleted, fx);
    }

    /// Cleans logs, the dirtiest first, until none is dirty enough.
    fn compact_logs(&mut self, now: SimTime, fx: &mut Effects) {
        let mut left: Vec<TopicPartition> = self.compacted_logs().cloned().collect();
        while let Some((tp, _)) = self.dirtiest(now, &left) {
            // What a cleaning leaves is not dirty: each log comes once.
            left.retain(|other| *other != tp);
            let log = &mut self.disk.logs.get_mut(&tp).expect("it was just looked at").log;
            if let Some(done) = log.clean(now) {
                let (broker, records_read, records_kept) = (self.id, done.records_read, done.records_kept);
                fx.event(Event::LogCompacted { broker, tp, records_read, records_kept });
            }
        }
        for tp in self.compacted_logs().cloned().collect::<Vec<_>>() {
            self.delete_old_segments(now, &tp, fx);
        }
        self.check_held_fetches(fx);
    }

    fn compacted_logs(&self) -> impl Iterator<Item = &TopicPartition> {
        self.disk.logs.iter().filter(|(_, stored)| stored.log.config().compact).map(|(tp, _)| tp)
    }

    /// The log with the greatest share of dirty bytes, if it is great enough.
    fn dirtiest(&self, now: SimTime, among: &[TopicPartition]) -> Option<(TopicPartition, Cleanable)> {
        let row = |tp: &TopicPartition| {
            let log = &self.disk.logs[tp].log;
            let cleanable = log.cleanable(now);
            cleanable.is_due(log.config().min_cleanable_dirty_millionths).then(|| (tp.clone(), cleanable))
        };
        among.iter().filter_map(row).reduce(|best, next| if next.1.is_dirtier_than(&best.1) { next } else { best })
    }

    pub(super) fn cleanup_wake(&self) -> Option<Wake> {
        if self.lifecycle == Lifecycle::ReadyToExit {
            return None;
        }
        let purge = self.disk.logs.values().filter_map(|stored| stored.log.next_purge_ms()).min();
        let purge = purge.and_then(|ms| u64::try_from(ms).ok()).map(|ms| SimTime::from_micros(ms * 1_000));
        let compaction = self.next_compaction.filter(|_| self.compacted_logs().next().is_some());
        let next = [self.next_cleanup, self.next_checkpoint, compaction, purge].into_iter().flatten().min()?;
        Some(Wake::new(next, WakeReason::BrokerWork))
    }
}
