//! Old segments: a run every `log.retention.check.interval.ms`, and the removal of files that were marked
//! (`LogManager.cleanupLogs`).
//!
//! Simplification: topics that are compacted are left alone; nothing compacts yet.

use std::sync::Arc;

use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::event::Event;
use crate::kafka::ids::TopicPartition;
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
        let Some(stored) = self.disk.logs.get_mut(tp).filter(|stored| !stored.log.config().compact) else { return };
        let before = BeforeCleanup::of(&stored.log);
        let deleted = stored.log.delete_old_segments(now);
        self.tell_cleanup(tp, &before, &deleted, fx);
    }

    pub(super) fn cleanup_wake(&self) -> Option<Wake> {
        if self.lifecycle == Lifecycle::ReadyToExit {
            return None;
        }
        let purge = self.disk.logs.values().filter_map(|stored| stored.log.next_purge_ms()).min();
        let purge = purge.and_then(|ms| u64::try_from(ms).ok()).map(|ms| SimTime::from_micros(ms * 1_000));
        let next = [self.next_cleanup, self.next_checkpoint, purge].into_iter().flatten().min()?;
        Some(Wake::new(next, WakeReason::BrokerWork))
    }
}
