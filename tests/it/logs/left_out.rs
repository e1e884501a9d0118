//! Lines of real processes that ours do not print, with the reason: what they tell of does not exist here yet, or never
//! will.

use super::Line;

const GROUPS: &str = "not yet: consumer groups";
const SHARE: &str = "not yet: share groups";
const TRANSACTIONS: &str = "not yet: transactions";
const REPLICATION: &str = "not yet: what replication logs here";
const QUORUM: &str = "not yet: a quorum of several voters";
const REBOOTSTRAP: &str = "not yet: metadata.recovery.strategy=rebootstrap";
const REASSIGNMENT: &str = "not yet: reassignment";
const ADMIN: &str = "not yet: this admin call";
const SESSIONS: &str = "there are no fetch sessions";
const RECOVERY: &str = "how a log's producers are recovered is not logged";
const INSIDE: &str = "threads, reapers, purgatories, quotas, metrics, caches";
const CONFIGS: &str = "the values of configs are not printed at start-up";
const LISTENER: &str = "listeners have no hash here";
const COORDINATORS: &str = "coordinators have nothing to do yet";
const CONTROLLER_SEARCH: &str = "there is one controller to find";
const EXPIRY: &str = "heartbeats time out on their connection";
const ONE_HEARTBEAT_MORE: &str = "a heartbeat more or less, by chance";
const CORDONED: &str = "not yet: cordoned log directories";
const GONE_SESSION: &str = "the session of a broker that has gone in order runs out unnoticed";
const AT_ONCE: &str = "logs of deleted topics go at once";
const FAULT: &str = "a fault of 4.3.1 itself that is not copied";

/// The end of a logger's name, how the message goes on somewhere, and why it is left out.
const ROWS: &[(&str, &str, &str)] = &[
    ("consumer.internals.ConsumerCoordinator", "", GROUPS),
    ("consumer.internals.ConsumerMembershipManager", "", GROUPS),
    ("consumer.internals.ConsumerHeartbeatRequestManager", "", GROUPS),
    ("consumer.internals.ConsumerRebalanceListenerInvoker", "", GROUPS),
    ("consumer.internals.ConsumerUtils", "committed offset", GROUPS),
    ("consumer.internals.CoordinatorRequestManager", "", GROUPS),
    ("consumer.internals.CommitRequestManager", "", GROUPS),
    ("consumer.internals.AsyncKafkaConsumer", "", GROUPS),
    ("consumer.internals.ClassicKafkaConsumer", "ubscribed ", GROUPS),
    ("consumer.internals.ClassicKafkaConsumer", "KIP-848", GROUPS),
    ("group.GroupCoordinatorShard", "", GROUPS),
    ("DynamicConfigPublisher", "Updating group", GROUPS),
    ("consumer.internals.Share", "", SHARE),
    ("kafka.server.KafkaApis", "share session", SHARE),
    ("transaction.Transaction", "", TRANSACTIONS),
    ("", "transactionalId=", TRANSACTIONS),
    ("producer.KafkaProducer", "force close", "not yet: close() with a time-out"),
    ("consumer.internals.CompletedFetch", "Deserializers with error", "not yet: deserialization in a consumer's poll"),
    ("clients.FetchSessionHandler", "sessionId=", SESSIONS),
    ("clients.Metadata", "Rebootstrapping", REBOOTSTRAP),
    ("clients.Metadata", "Resetting the last seen epoch", REBOOTSTRAP),
    ("AdminMetadataManager", "", REBOOTSTRAP),
    ("KafkaAdminClient", "", ADMIN),
    ("DeleteRecordsHandler", "", ADMIN),
    ("UnifiedLog", "Truncating", REPLICATION),
    ("UnifiedLog", "[UnifiedLog", REPLICATION),
    ("UnifiedLog", "[LogLoader", RECOVERY),
    ("UnifiedLog", "Non-monotonic", REPLICATION),
    ("LocalLog", "Deleting segment files", "files that go are named one by one"),
    ("LocalLog", "Deleting segments as the log has been deleted", AT_ONCE),
    ("LogSegment", "-delete/", AT_ONCE),
    ("SnapshotFile", "-delete/", AT_ONCE),
    ("LogManager", "Deleted log for partition", AT_ONCE),
    ("LogLoader", "", RECOVERY),
    ("ProducerStateManager", "", RECOVERY),
    ("SnapshotFile", "", RECOVERY),
    ("LogManager", "stray", REPLICATION),
    ("kafka.cluster.Partition", "Shrinking ISR", REPLICATION),
    ("ReplicaFetcherThread", "", REPLICATION),
    ("state.change.logger", "Skipped the become-", REPLICATION),
    ("ReplicationControlManager", "reassignment", REASSIGNMENT),
    ("ReplicationControlManager", "partition assignment change", REASSIGNMENT),
    ("BrokerHeartbeatManager", "Setting new leader", REPLICATION),
    ("QuorumController", "electUnclean", REPLICATION),
    ("PeriodicTaskControlManager", "Activated periodic tasks: electUnclean", QUORUM),
    ("LoggingFaultHandler", "", FAULT),
    ("org.apache.kafka.raft.", "Registered the listener", LISTENER),
    ("NodeToControllerRequestThread", "", CONTROLLER_SEARCH),
    ("NodeToControllerChannelManagerImpl", "", CONTROLLER_SEARCH),
    ("BrokerLifecycleManager", "RPC got timed out", EXPIRY),
    ("BrokerLifecycleManager", "The broker is in RECOVERY", ONE_HEARTBEAT_MORE),
    ("ClusterControlManager", "fenced=0, inControlledShutdown=0, logDirs=[], cordonedLogDirs=[]", CORDONED),
    ("ClusterControlManager", "Ignoring no-op registration change", GONE_SESSION),
    ("ReplicationControlManager", "because its session has timed out", GONE_SESSION),
    ("KafkaEventQueue", "", INSIDE),
    ("AbstractConfig", "", CONFIGS),
    ("ProducerConfig", "", CONFIGS),
    ("DynamicConfigPublisher", "Updating cluster configuration", CONFIGS),
    ("image.loader.MetadataLoader", "", INSIDE),
    ("$ExpiredOperationReaper", "", INSIDE),
    ("SystemTimerReaper$Reaper", "", INSIDE),
    ("ThrottledChannelReaper", "", INSIDE),
    ("EventProcessorThread", "", INSIDE),
    ("PersisterStateManager$SendThread", "", INSIDE),
    ("LogDirFailureHandler", "", INSIDE),
    ("LogCleaner", "", INSIDE),
    ("metrics.Metrics", "", INSIDE),
    ("BrokerTopicStats", "", INSIDE),
    ("KafkaMetricsCollector", "", INSIDE),
    ("EventPerformanceMonitor", "", INSIDE),
    ("Log4jControllerRegistration$", "", INSIDE),
    ("LoggingSignalHandler", "Registered", INSIDE),
    ("ConnectionQuotas", "", INSIDE),
    ("AppInfoParser", "unregistered", INSIDE),
    ("kafka.network.SocketServer", "Created data-plane", INSIDE),
    ("kafka.network.SocketServer", "listenerType=CONTROLLER", INSIDE),
    ("kafka.network.DataPlaneAcceptor", "", INSIDE),
    ("EndpointReadyFutures", "", INSIDE),
    ("FeaturesPublisher", "", INSIDE),
    ("BrokerMetadataPublisher", "", INSIDE),
    ("ControllerRegistrationManager", "", INSIDE),
    ("AssignmentsManager", "", INSIDE),
    ("ReplicaAlterLogDirsManager", "", INSIDE),
    ("SharedServer", "", INSIDE),
    ("kafka.server.ControllerServer", "aiting for", INSIDE),
    ("kafka.server.BrokerServer", "aiting for", INSIDE),
    ("AddPartitionsToTxnManager", "", COORDINATORS),
    ("CoordinatorService", "", COORDINATORS),
    ("TransactionCoordinator", "", COORDINATORS),
    ("CoordinatorRuntime", "", COORDINATORS),
    ("MultiThreadedEventProcessor", "", COORDINATORS),
];

/// Why a line that we do not print is left out; None if nothing explains it.
pub fn reason(line: &Line) -> Option<&'static str> {
    let explains = |(logger, message, _): &&(&str, &str, &str)| {
        (line.logger.ends_with(logger) || line.logger.contains(logger)) && line.message.contains(message)
    };
    ROWS.iter().find(explains).map(|(.., reason)| *reason)
}
