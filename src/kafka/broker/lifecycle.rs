//! From start to shutdown: registration, catching up, unfencing, heartbeats, controlled shutdown
//! (`BrokerLifecycleManager`).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kafka::client::backoff::ExponentialBackoff;
use crate::kafka::client::connection::Outcome;
use crate::kafka::controller::quorum::broker_features;
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{LifecycleStep, LoadedLog, LogLoading};
use crate::kafka::ids::{BrokerEpoch, TopicPartition};
use crate::kafka::protocol::brokers::{BrokerHeartbeatRequest, BrokerListener, BrokerRegistrationRequest};
use crate::kafka::protocol::{Channel, Response};
use crate::time::{SimDuration, SimTime};

use super::catalog::Touched;
use super::disk::StoredLog;
use super::{Broker, Purpose};

/// Where the broker is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lifecycle {
    /// Not registered yet.
    Starting,
    /// Registered; replaying the metadata log up to its own registration, fenced.
    CatchingUp,
    /// Unfenced: it serves.
    Running,
    /// Asked to stop; it waits for the controller to take its leaderships.
    ShuttingDown,
    /// The controller let it go.
    ReadyToExit,
}

impl Broker {
    pub(super) fn pursue_lifecycle(&mut self, now: SimTime, fx: &mut Effects) {
        if self.lifecycle == Lifecycle::ReadyToExit || self.next_heartbeat > now {
            return;
        }
        let busy = self.network.purposes_in_flight().any(|p| matches!(p, Purpose::Register | Purpose::Heartbeat));
        if busy {
            return;
        }
        let Some(to) = self.reach_controller(now, Channel::Heartbeat, fx) else { return };
        // A heartbeat without an answer is given up when another one would still be in time.
        let timeout = self.settings.broker_session_timeout_ms / 2;
        if self.lifecycle == Lifecycle::Starting {
            let request = self.registration_request();
            self.network.send_within(now, to, request.into(), Purpose::Register, timeout, fx);
        } else {
            let request = self.heartbeat_request();
            self.network.send_within(now, to, request.into(), Purpose::Heartbeat, timeout, fx);
        }
        self.next_heartbeat = now + SimDuration::from_config_ms(self.settings.broker_heartbeat_interval_ms);
    }

    fn registration_request(&self) -> BrokerRegistrationRequest {
        let listener = BrokerListener {
            name: Arc::from("PLAINTEXT"),
            host: self.settings.host.clone(),
            port: self.settings.port,
            security_protocol: 0,
        };
        BrokerRegistrationRequest {
            broker_id: self.id,
            cluster_id: Arc::from(self.cluster_id.to_string()),
            incarnation_id: self.incarnation_id,
            listeners: vec![listener],
            features: broker_features(),
            rack: self.settings.rack.clone(),
            is_migrating_zk_broker: false,
            log_dirs: vec![self.disk.directory_id],
            previous_broker_epoch: self.disk.clean_shutdown_epoch.unwrap_or(BrokerEpoch(-1)),
        }
    }

    fn heartbeat_request(&self) -> BrokerHeartbeatRequest {
        BrokerHeartbeatRequest {
            broker_id: self.id,
            broker_epoch: self.epoch,
            current_metadata_offset: self.image.next_offset - 1,
            want_fence: !self.has_caught_up(),
            want_shut_down: self.lifecycle == Lifecycle::ShuttingDown,
            offline_log_dirs: Vec::new(),
            cordoned_log_dirs: Some(Vec::new()),
        }
    }

    pub(super) fn has_caught_up(&self) -> bool {
        self.epoch.0 >= 0 && self.image.next_offset > self.epoch.0
    }

    pub(super) fn handle_registered(&mut self, now: SimTime, outcome: Outcome, fx: &mut Effects) {
        if let Outcome::Answered(Response::BrokerRegistration(response)) = &outcome {
            let (epoch, err) = (response.broker_epoch, response.error_code);
            fx.event(Event::RegistrationAnswered { broker: self.id, epoch, err });
        }
        match outcome {
            Outcome::Answered(Response::BrokerRegistration(response)) if response.error_code == ErrorCode::None => {
                self.epoch = response.broker_epoch;
                self.disk.is_bereft = false;
                self.refusals = 0;
                self.lifecycle = Lifecycle::CatchingUp;
                if self.has_caught_up() {
                    self.tell_step(LifecycleStep::CaughtUp, fx);
                }
                self.next_heartbeat = now;
                self.publish(now, Touched::default(), &BTreeSet::new(), fx);
            }
            _ => self.next_heartbeat = now + self.resend_backoff(),
        }
    }

    /// The pause after one more refusal in a row.
    fn resend_backoff(&mut self) -> SimDuration {
        let backoff = ExponentialBackoff::of_broker(self.settings.broker_session_timeout_ms);
        let pause = backoff.backoff(u64::from(self.refusals), || self.rng.unit());
        self.refusals += 1;
        SimDuration::from_config_ms(pause)
    }

    pub(super) fn handle_heartbeat_answer(&mut self, now: SimTime, outcome: Outcome, fx: &mut Effects) {
        let Outcome::Answered(Response::BrokerHeartbeat(response)) = outcome else {
            self.next_heartbeat = now;
            return;
        };
        if !response.error_code.is_none() {
            fx.event(Event::HeartbeatRefused { broker: self.id, err: response.error_code });
        }
        match (response.error_code, self.lifecycle) {
            (ErrorCode::None, Lifecycle::CatchingUp) if !response.is_fenced => {
                self.lifecycle = Lifecycle::Running;
                self.start_log_tasks(now);
                self.tell_step(LifecycleStep::Unfenced, fx);
            }
            (ErrorCode::None, Lifecycle::CatchingUp) if response.is_caught_up => {
                self.tell_step(LifecycleStep::StillFenced, fx);
            }
            (ErrorCode::None, Lifecycle::ShuttingDown) if response.should_shut_down => {
                self.tell_step(LifecycleStep::ShutdownGranted, fx);
                self.close_logs();
                self.lifecycle = Lifecycle::ReadyToExit;
            }
            (ErrorCode::None, Lifecycle::ShuttingDown) => {
                self.tell_step(LifecycleStep::ShutdownPending, fx);
                self.next_heartbeat = now + SHUTDOWN_RETRY;
            }
            // Somebody else registered with this id, or the controller forgot it: register anew.
            (ErrorCode::BrokerIdNotRegistered | ErrorCode::StaleBrokerEpoch, lifecycle)
                if lifecycle != Lifecycle::ShuttingDown =>
            {
                self.lifecycle = Lifecycle::Starting;
                self.next_heartbeat = now;
            }
            _ => {}
        }
    }

    fn tell_step(&self, to: LifecycleStep, fx: &mut Effects) {
        fx.event(Event::LifecycleChanged { broker: self.id, to });
    }

    /// The first thing that a process does.
    pub fn begin(&mut self, now: SimTime, fx: &mut Effects) {
        let (incarnation, clean_epoch) = (self.incarnation_id, self.disk.clean_shutdown_epoch);
        fx.event(Event::BrokerBooted { broker: self.id, incarnation, clean_epoch });
        self.raft.begin(now, fx);
    }

    /// Opens the logs that are on the disk: after an orderly stop as they were left, else they are recovered from their
    /// checkpointed recovery points on (`LogManager.loadLogs`). From here on the next stop counts as a crash.
    pub(super) fn load_logs(&mut self, now: SimTime, fx: &mut Effects) {
        self.disk.open_logs(now, self.after_clean_shutdown);
        self.tell_logs(fx);
    }

    /// The end of an orderly stop: logs are closed and their checkpoints written, and the mark of good order is left
    /// (`LogManager.shutdown`). A broker that has not opened its logs yet leaves the disk as it found it.
    fn close_logs(&mut self) {
        if self.published {
            self.disk.close_logs();
            self.disk.clean_shutdown_epoch = Some(self.epoch);
        }
    }

    /// What the process finds on its disk when it takes up its partitions.
    fn tell_logs(&self, fx: &mut Effects) {
        let row = |(tp, stored): (&TopicPartition, &StoredLog)| LoadedLog {
            tp: tp.clone(),
            topic_id: stored.topic_id,
            log_start_offset: stored.log.log_start_offset(),
            log_end_offset: stored.log.log_end_offset(),
            segments: stored.log.segments().count() as u32,
        };
        let loading = LogLoading {
            offset: self.image.next_offset - 1,
            epoch: self.raft.log().log.latest_epoch().unwrap_or_default(),
            after_clean_shutdown: self.after_clean_shutdown,
            logs: self.disk.logs.iter().map(row).collect(),
        };
        fx.event(Event::LogsLoaded { broker: self.id, loading: Arc::new(loading) });
    }

    /// SIGTERM: asks the controller to move the leaderships away first.
    pub fn begin_shutdown(&mut self, now: SimTime, fx: &mut Effects) {
        if self.lifecycle == Lifecycle::Starting {
            // It is in no cluster: there is nothing to hand over.
            self.close_logs();
            self.lifecycle = Lifecycle::ReadyToExit;
            return;
        }
        self.tell_step(LifecycleStep::ShutdownBegun, fx);
        self.lifecycle = Lifecycle::ShuttingDown;
        self.next_heartbeat = now;
        self.pursue(now, fx);
    }

    /// Unfencing is asked for as soon as the metadata log holds the broker's own registration.
    pub(super) fn notice_progress(&mut self, now: SimTime, before: i64, fx: &mut Effects) {
        if self.lifecycle == Lifecycle::CatchingUp && self.has_caught_up() {
            if before <= self.epoch.0 {
                self.tell_step(LifecycleStep::CaughtUp, fx);
            }
            self.next_heartbeat = self.next_heartbeat.min(now);
        }
    }

    pub(super) fn lifecycle_wake(&self, now: SimTime) -> Option<Wake> {
        if self.lifecycle == Lifecycle::ReadyToExit {
            return None;
        }
        let busy = self.network.purposes_in_flight().any(|p| matches!(p, Purpose::Register | Purpose::Heartbeat));
        if busy {
            return None;
        }
        let free = self.controller_free_at(now, Channel::Heartbeat)?;
        Some(Wake::new(free.max(self.next_heartbeat), WakeReason::Heartbeat))
    }
}

/// How often a broker that waits to shut down asks again (`BrokerLifecycleManager`: 50 ms after the last answer).
const SHUTDOWN_RETRY: SimDuration = SimDuration::from_millis(50);
