//! A broker's life: start, registration, unfencing, shutdown.

use super::wording::{Level, LogLine, Wording, wordings};
use super::{Scribe, directory};
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{LifecycleStep, LoadedLog, LogLoading};
use crate::kafka::ids::{NodeId, Uuid};
use crate::time::SimTime;

wordings! {
    TRANSITION = Info "kafka.server.BrokerServer" "[BrokerServer id={}] Transition from {} to {}";
    STARTING_SHARED = Info "kafka.server.SharedServer" "[SharedServer id={}] Starting SharedServer";
    STARTING_BROKER = Info "kafka.server.BrokerServer" "[BrokerServer id={}] Starting broker";
    NO_BROKER_EPOCH = Info "kafka.log.LogManager" "Unable to read the broker epoch in {}.";
    INCARNATION = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] Incarnation {} of broker {} in cluster {} is now STARTING.";
    INITIAL_METADATA = Info "kafka.server.metadata.BrokerMetadataPublisher" "[BrokerMetadataPublisher id={}] Publishing initial metadata at offset OffsetAndEpoch[offset={}, epoch={}] with metadata.version Optional[4.3-IV0].";
    LOADING_LOGS = Info "kafka.log.LogManager" "Loading logs from log dirs ArrayBuffer({})";
    NO_LOGS = Info "kafka.log.LogManager" "No logs found to be loaded in {}";
    RECOVERING_LOGS = Info "kafka.log.LogManager" "Recovering {} logs from {} since no clean shutdown file was found";
    SKIPPING_RECOVERY = Info "kafka.log.LogManager" "Skipping recovery of {} logs from {} since clean shutdown file was found";
    LOADING_PRODUCERS = Info "org.apache.kafka.storage.internals.log.UnifiedLog" "[LogLoader partition={}, dir={}] Loading producer state till offset {}";
    COMPLETED_LOAD = Info "kafka.log.LogManager" "Completed load of Log(dir={}/{}, topicId={}, topic={}, partition={}, highWatermark={}, lastStableOffset={}, logStartOffset={}, logEndOffset={}) with {} segments, local-log-start-offset {} and log-end-offset {} in 0ms ({}/{} completed in {})";
    LOADED_LOGS = Info "kafka.log.LogManager" "Loaded {} logs in 0ms{}";
    LOG_CLEANUP = Info "kafka.log.LogManager" "Starting log cleanup with a period of 300000 ms.";
    LOG_FLUSHER = Info "kafka.log.LogManager" "Starting log flusher with a default period of 9223372036854775807 ms.";
    REGISTERED = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] Successfully registered broker {} with broker epoch {}";
    NOT_REGISTERED = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] Unable to register broker {} because the controller returned error {}";
    HEARTBEAT_REFUSED = Warn "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] Broker {} sent a heartbeat request but received error {}.";
    CAUGHT_UP = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] The broker has caught up. Transitioning from STARTING to RECOVERY.";
    WAITING_FOR = Info "kafka.server.BrokerServer" "[BrokerServer id={}] Waiting for {}";
    FINISHED_WAITING = Info "kafka.server.BrokerServer" "[BrokerServer id={}] Finished waiting for {}";
    IN_RECOVERY = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] The broker is in RECOVERY.";
    UNFENCED = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] The broker has been unfenced. Transitioning from RECOVERY to RUNNING.";
    ENABLING_REQUESTS = Info "kafka.network.SocketServer" "[SocketServer listenerType=BROKER, nodeId={}] Enabling request processing.";
    AWAITING_CONNECTIONS = Info "kafka.network.DataPlaneAcceptor" "Awaiting socket connections on {}.";
    KAFKA_VERSION = Info "org.apache.kafka.common.utils.AppInfoParser" "Kafka version: {}";
    KAFKA_COMMIT = Info "org.apache.kafka.common.utils.AppInfoParser" "Kafka commitId: 26b251a451ce941d";
    KAFKA_START = Info "org.apache.kafka.common.utils.AppInfoParser" "Kafka startTimeMs: {}";
    SERVER_STARTED = Info "kafka.server.KafkaRaftServer" "[KafkaRaftServer nodeId={}] Kafka Server started";
    METRICS_CLOSED = Info "org.apache.kafka.common.metrics.Metrics" "Metrics scheduler closed";
    CLOSING_REPORTER = Info "org.apache.kafka.common.metrics.Metrics" "Closing reporter org.apache.kafka.common.metrics.JmxReporter";
    REPORTERS_CLOSED = Info "org.apache.kafka.common.metrics.Metrics" "Metrics reporters closed";
    UNREGISTERED = Info "org.apache.kafka.common.utils.AppInfoParser" "App info {} for {} unregistered";
    SIGNAL = Info "org.apache.kafka.common.utils.LoggingSignalHandler" "Terminating process due to signal SIGTERM";
    SHUTTING_DOWN = Info "kafka.server.BrokerServer" "[BrokerServer id={}] shutting down";
    CONTROLLED_SHUTDOWN = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] Beginning controlled shutdown.";
    SHUTDOWN_PENDING = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] The broker is in PENDING_CONTROLLED_SHUTDOWN state, still waiting for the active controller.";
    SHUTDOWN_GRANTED = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] The controller has asked us to exit controlled shutdown.";
    QUEUE_SHUTDOWN = Info "org.apache.kafka.queue.KafkaEventQueue" "[BrokerLifecycleManager id={}] beginShutdown: shutting down event queue.";
    LEAVING_CONTROLLED_SHUTDOWN = Info "org.apache.kafka.server.BrokerLifecycleManager" "[BrokerLifecycleManager id={}] Transitioning from PENDING_CONTROLLED_SHUTDOWN to SHUTTING_DOWN.";
    STOPPING_REQUESTS = Info "kafka.network.SocketServer" "[SocketServer listenerType=BROKER, nodeId={}] Stopping socket server request processors";
    STOPPED_REQUESTS = Info "kafka.network.SocketServer" "[SocketServer listenerType=BROKER, nodeId={}] Stopped socket server request processors";
    HANDLERS_SHUTTING_DOWN = Info "kafka.server.KafkaRequestHandlerPool" "[data-plane Kafka Request Handler on Broker {}] shutting down";
    HANDLERS_SHUT_DOWN = Info "kafka.server.KafkaRequestHandlerPool" "[data-plane Kafka Request Handler on Broker {}] shut down completely";
    API_SHUTDOWN = Info "kafka.server.KafkaApis" "[KafkaApi-{}] Shutdown complete.";
    REPLICAS_SHUTTING_DOWN = Info "kafka.server.ReplicaManager" "[ReplicaManager broker={}] Shutting down";
    FETCHERS_SHUTTING_DOWN = Info "kafka.server.ReplicaFetcherManager" "[ReplicaFetcherManager on broker {}] shutting down";
    FETCHERS_SHUT_DOWN = Info "kafka.server.ReplicaFetcherManager" "[ReplicaFetcherManager on broker {}] shutdown completed";
    REPLICAS_SHUT_DOWN = Info "kafka.server.ReplicaManager" "[ReplicaManager broker={}] Shut down completely";
    LOGS_SHUTTING_DOWN = Info "kafka.log.LogManager" "Shutting down.";
    LOGS_SHUT_DOWN = Info "kafka.log.LogManager" "Shutdown complete.";
    SOCKETS_SHUTTING_DOWN = Info "kafka.network.SocketServer" "[SocketServer listenerType=BROKER, nodeId={}] Shutting down socket server";
    SOCKETS_SHUT_DOWN = Info "kafka.network.SocketServer" "[SocketServer listenerType=BROKER, nodeId={}] Shutdown completed";
    STOPPING_SHARED = Info "kafka.server.SharedServer" "[SharedServer id={}] Stopping SharedServer";
    SHUT_DOWN = Info "kafka.server.BrokerServer" "[BrokerServer id={}] shut down completed";
}

impl Scribe {
    pub(super) fn broker_lines(&mut self, at: SimTime, id: NodeId, event: &Event) -> Option<Vec<LogLine>> {
        Some(match event {
            Event::BrokerBooted { incarnation, clean_epoch, .. } => {
                self.boot_lines(id, *incarnation, clean_epoch.is_some())
            }
            Event::LogsLoaded { loading, .. } => loading_lines(id, loading),
            Event::RegistrationAnswered { epoch, err: ErrorCode::None, .. } => {
                vec![REGISTERED.with(&[&id, &id, epoch])]
            }
            Event::RegistrationAnswered { err, .. } => vec![NOT_REGISTERED.with(&[&id, &id, &err.name()])],
            Event::HeartbeatRefused { err, .. } => vec![HEARTBEAT_REFUSED.with(&[&id, &id, &err.name()])],
            Event::LifecycleChanged { to, .. } => self.step_lines(at, id, *to),
            Event::ControlledShutdown { .. } => shutdown_lines(id),
            _ => return None,
        })
    }

    fn boot_lines(&self, id: NodeId, incarnation: Uuid, clean: bool) -> Vec<LogLine> {
        let mut lines = vec![
            TRANSITION.with(&[&id, &"SHUTDOWN", &"STARTING"]),
            STARTING_SHARED.with(&[&id]),
            STARTING_BROKER.with(&[&id]),
        ];
        if !clean {
            lines.push(NO_BROKER_EPOCH.with(&[&directory(id)]));
        }
        lines.push(INCARNATION.with(&[&id, &incarnation, &id, &self.cluster.id]));
        lines
    }

    fn step_lines(&mut self, at: SimTime, id: NodeId, step: LifecycleStep) -> Vec<LogLine> {
        const ACKNOWLEDGED: &str = "the controller to acknowledge that we are caught up";
        const TO_BE_UNFENCED: &str = "the broker to be unfenced";
        match step {
            LifecycleStep::CaughtUp if self.serves => vec![CAUGHT_UP.with(&[&id])],
            LifecycleStep::CaughtUp => vec![
                CAUGHT_UP.with(&[&id]),
                FINISHED_WAITING.with(&[&id, &ACKNOWLEDGED]),
                WAITING_FOR.with(&[&id, &TO_BE_UNFENCED]),
            ],
            LifecycleStep::StillFenced => vec![IN_RECOVERY.with(&[&id])],
            LifecycleStep::Unfenced if self.serves => vec![UNFENCED.with(&[&id])],
            LifecycleStep::Unfenced => {
                self.serves = true;
                self.serving_lines(at, id, TO_BE_UNFENCED)
            }
            LifecycleStep::ShutdownBegun => vec![
                SIGNAL.with(&[]),
                TRANSITION.with(&[&id, &"STARTED", &"SHUTTING_DOWN"]),
                SHUTTING_DOWN.with(&[&id]),
                CONTROLLED_SHUTDOWN.with(&[&id]),
            ],
            LifecycleStep::ShutdownPending => vec![SHUTDOWN_PENDING.with(&[&id])],
            LifecycleStep::ShutdownGranted => vec![
                SHUTDOWN_GRANTED.with(&[&id]),
                QUEUE_SHUTDOWN.with(&[&id]),
                LEAVING_CONTROLLED_SHUTDOWN.with(&[&id]),
            ],
        }
    }

    /// From the moment that the broker may serve to the last line of its start.
    fn serving_lines(&self, at: SimTime, id: NodeId, waited_for: &str) -> Vec<LogLine> {
        const AUTHORIZER: &str = "all of the authorizer futures to be completed";
        const ACCEPTORS: &str = "all of the SocketServer Acceptors to be started";
        let mut lines = vec![
            UNFENCED.with(&[&id]),
            FINISHED_WAITING.with(&[&id, &waited_for]),
            ENABLING_REQUESTS.with(&[&id]),
            AWAITING_CONNECTIONS.with(&[&self.cluster.host_port(id)]),
            WAITING_FOR.with(&[&id, &AUTHORIZER]),
            FINISHED_WAITING.with(&[&id, &AUTHORIZER]),
            WAITING_FOR.with(&[&id, &ACCEPTORS]),
            FINISHED_WAITING.with(&[&id, &ACCEPTORS]),
            TRANSITION.with(&[&id, &"STARTING", &"STARTED"]),
        ];
        lines.extend(version_lines(at));
        lines.push(SERVER_STARTED.with(&[&id]));
        lines
    }
}

/// What every Kafka process says of itself (`AppInfoParser`).
pub(super) fn version_lines(at: SimTime) -> [LogLine; 3] {
    [KAFKA_VERSION.with(&[&crate::kafka::VERSION]), KAFKA_COMMIT.with(&[]), KAFKA_START.with(&[&at.as_epoch_ms()])]
}

/// The end of every Kafka process and client, which is an `app` with an id.
pub(super) fn farewell_lines(app: &str, id: &str) -> [LogLine; 4] {
    [METRICS_CLOSED.with(&[]), CLOSING_REPORTER.with(&[]), REPORTERS_CLOSED.with(&[]), UNREGISTERED.with(&[&app, &id])]
}

/// The end of a node's start.
pub(super) fn started_line(id: NodeId) -> LogLine {
    SERVER_STARTED.with(&[&id])
}

fn loading_lines(id: NodeId, loading: &LogLoading) -> Vec<LogLine> {
    let dir = directory(id);
    let (count, clean) = (loading.logs.len(), loading.after_clean_shutdown);
    let mut lines = vec![
        INITIAL_METADATA.with(&[&id, &loading.offset, &loading.epoch]),
        LOADING_LOGS.with(&[&dir]),
        match (count, clean) {
            (0, _) => NO_LOGS.with(&[&dir]),
            (_, true) => SKIPPING_RECOVERY.with(&[&count, &dir]),
            (_, false) => RECOVERING_LOGS.with(&[&count, &dir]),
        },
    ];
    for (done, log) in (1..).zip(&loading.logs) {
        lines.extend(load_lines(&dir, log, done, count));
    }
    let unclean = if count > 0 && !clean { format!(" (unclean log dirs = ArrayBuffer({dir}))") } else { String::new() };
    lines.push(LOADED_LOGS.with(&[&count, &unclean]));
    lines.push(LOG_CLEANUP.with(&[]));
    lines.push(LOG_FLUSHER.with(&[]));
    lines
}

fn load_lines(dir: &str, log: &LoadedLog, done: u32, count: usize) -> [LogLine; 2] {
    // A log that was just read has nothing above its start that is known to be committed.
    let LoadedLog { tp, topic_id, log_start_offset: start, log_end_offset: end, segments } = log;
    [
        LOADING_PRODUCERS.with(&[tp, &dir, end]),
        COMPLETED_LOAD.with(&[
            &dir,
            tp,
            topic_id,
            &tp.topic,
            &tp.partition,
            start,
            start,
            start,
            end,
            segments,
            start,
            end,
            &done,
            &count,
            &dir,
        ]),
    ]
}

/// From the controller's leave to the end of the process.
fn shutdown_lines(id: NodeId) -> Vec<LogLine> {
    let mut lines = vec![
        STOPPING_REQUESTS.with(&[&id]),
        STOPPED_REQUESTS.with(&[&id]),
        HANDLERS_SHUTTING_DOWN.with(&[&id]),
        HANDLERS_SHUT_DOWN.with(&[&id]),
        API_SHUTDOWN.with(&[&id]),
        REPLICAS_SHUTTING_DOWN.with(&[&id]),
        FETCHERS_SHUTTING_DOWN.with(&[&id]),
        FETCHERS_SHUT_DOWN.with(&[&id]),
        REPLICAS_SHUT_DOWN.with(&[&id]),
        LOGS_SHUTTING_DOWN.with(&[]),
        LOGS_SHUT_DOWN.with(&[]),
        SOCKETS_SHUTTING_DOWN.with(&[&id]),
        SOCKETS_SHUT_DOWN.with(&[&id]),
        STOPPING_SHARED.with(&[&id]),
    ];
    lines.extend(farewell_lines("kafka.server", &id.to_string()));
    lines.push(SHUT_DOWN.with(&[&id]));
    lines.push(TRANSITION.with(&[&id, &"SHUTTING_DOWN", &"SHUTDOWN"]));
    lines
}
