//! All APIs of Apache Kafka 4.3.1 (`ApiKeys`), those included that the simulation does not speak: their versions, who
//! listens to them, and how their headers look.

use std::fmt::Write;

/// Which of a node's listeners take a request (`ApiMessageType.ListenerType`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Listener {
    Broker,
    Controller,
}

impl Listener {
    pub const fn name(self) -> &'static str {
        match self {
            Listener::Broker => "broker",
            Listener::Controller => "controller",
        }
    }
}

/// One API: a row of `ApiKeys` with what its message schemas say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Api {
    pub id: i16,
    pub name: &'static str,
    /// The oldest version.
    pub min_version: i16,
    /// The newest stable version; below [`Self::min_version`] for APIs that are gone (of ZooKeeper's days).
    pub max_version: i16,
    /// The newest version where it is not yet stable.
    pub max_unstable_version: Option<i16>,
    /// The first version with compact types and tagged fields among the supported ones; None: no version has them.
    pub first_flexible_version: Option<i16>,
    pub listeners: &'static [Listener],
    /// Only those who may act upon the cluster can ask it: brokers and controllers.
    pub cluster_action: bool,
    /// Brokers send it on to the controller.
    pub forwardable: bool,
}

impl Api {
    /// The name of Kafka's constant: `LIST_OFFSETS`.
    pub fn key(&self) -> String {
        let mut key = String::new();
        for (at, letter) in self.name.chars().enumerate() {
            let separator = if at > 0 && letter.is_ascii_uppercase() { "_" } else { "" };
            let _ = write!(key, "{separator}{}", letter.to_ascii_uppercase());
        }
        key
    }

    /// Whether any version can be asked for without `unstable.api.versions.enable`.
    pub const fn is_enabled(&self) -> bool {
        self.max_version >= self.min_version
    }

    pub fn is_flexible(&self, version: i16) -> bool {
        self.first_flexible_version.is_some_and(|first| version >= first)
    }

    /// Version of the header before a request (`ApiMessageType.requestHeaderVersion`).
    pub fn request_header_version(&self, version: i16) -> i16 {
        if self.is_flexible(version) { 2 } else { 1 }
    }

    /// Version of the header before a response (`ApiMessageType.responseHeaderVersion`). That of ApiVersions stays 0 so
    /// that every client can read it.
    pub fn response_header_version(&self, version: i16) -> i16 {
        i16::from(self.is_flexible(version) && self.id != API_VERSIONS_ID)
    }
}

const API_VERSIONS_ID: i16 = 18;

/// The APIs that a listener speaks and that are enabled, in the order of their ids.
pub fn enabled(listener: Listener) -> impl Iterator<Item = &'static Api> {
    APIS.iter().filter(move |api| api.is_enabled() && api.listeners.contains(&listener))
}

const BROKER: &[Listener] = &[Listener::Broker];
const CONTROLLER: &[Listener] = &[Listener::Controller];
const BOTH: &[Listener] = &[Listener::Broker, Listener::Controller];
const NOWHERE: &[Listener] = &[];
const NEVER: i16 = -1;

const fn api(id: i16, name: &'static str, min: i16, max: i16, flexible: i16, listeners: &'static [Listener]) -> Api {
    Api {
        id,
        name,
        min_version: min,
        max_version: max,
        max_unstable_version: None,
        first_flexible_version: if flexible == NEVER { None } else { Some(flexible) },
        listeners,
        cluster_action: false,
        forwardable: false,
    }
}

impl Api {
    const fn cluster_action(mut self) -> Api {
        self.cluster_action = true;
        self
    }

    const fn forwarded(mut self) -> Api {
        self.forwardable = true;
        self
    }

    const fn unstable(mut self, version: i16) -> Api {
        self.max_unstable_version = Some(version);
        self
    }
}

/// Id, name, oldest and newest stable version, first flexible one, listeners.
pub static APIS: &[Api] = &[
    api(0, "Produce", 3, 13, 9, BROKER),
    api(1, "Fetch", 4, 18, 12, BOTH),
    api(2, "ListOffsets", 1, 11, 6, BROKER),
    api(3, "Metadata", 0, 13, 9, BROKER),
    api(4, "LeaderAndIsr", 0, -1, NEVER, NOWHERE).cluster_action(),
    api(5, "StopReplica", 0, -1, NEVER, NOWHERE).cluster_action(),
    api(6, "UpdateMetadata", 0, -1, NEVER, NOWHERE).cluster_action(),
    api(7, "ControlledShutdown", 0, -1, NEVER, NOWHERE).cluster_action(),
    api(8, "OffsetCommit", 2, 10, 8, BROKER),
    api(9, "OffsetFetch", 1, 10, 6, BROKER),
    api(10, "FindCoordinator", 0, 6, 3, BROKER),
    api(11, "JoinGroup", 0, 9, 6, BROKER),
    api(12, "Heartbeat", 0, 4, 4, BROKER),
    api(13, "LeaveGroup", 0, 5, 4, BROKER),
    api(14, "SyncGroup", 0, 5, 4, BROKER),
    api(15, "DescribeGroups", 0, 6, 5, BROKER),
    api(16, "ListGroups", 0, 5, 3, BROKER),
    api(17, "SaslHandshake", 0, 1, NEVER, BOTH),
    api(18, "ApiVersions", 0, 4, 3, BOTH),
    api(19, "CreateTopics", 2, 7, 5, BOTH).forwarded(),
    api(20, "DeleteTopics", 1, 6, 4, BOTH).forwarded(),
    api(21, "DeleteRecords", 0, 2, 2, BROKER),
    api(22, "InitProducerId", 0, 5, 2, BROKER).unstable(6),
    api(23, "OffsetForLeaderEpoch", 2, 4, 4, BROKER),
    api(24, "AddPartitionsToTxn", 0, 5, 3, BROKER),
    api(25, "AddOffsetsToTxn", 0, 4, 3, BROKER),
    api(26, "EndTxn", 0, 5, 3, BROKER),
    api(27, "WriteTxnMarkers", 1, 2, 1, BROKER).cluster_action(),
    api(28, "TxnOffsetCommit", 0, 5, 3, BROKER),
    api(29, "DescribeAcls", 1, 3, 2, BOTH),
    api(30, "CreateAcls", 1, 3, 2, BOTH).forwarded(),
    api(31, "DeleteAcls", 1, 3, 2, BOTH).forwarded(),
    api(32, "DescribeConfigs", 1, 4, 4, BOTH),
    api(33, "AlterConfigs", 0, 2, 2, BOTH).forwarded(),
    api(34, "AlterReplicaLogDirs", 1, 2, 2, BROKER),
    api(35, "DescribeLogDirs", 1, 5, 2, BROKER),
    api(36, "SaslAuthenticate", 0, 2, 2, BOTH),
    api(37, "CreatePartitions", 0, 3, 2, BOTH).forwarded(),
    api(38, "CreateDelegationToken", 1, 3, 2, BOTH).forwarded(),
    api(39, "RenewDelegationToken", 1, 2, 2, BOTH).forwarded(),
    api(40, "ExpireDelegationToken", 1, 2, 2, BOTH).forwarded(),
    api(41, "DescribeDelegationToken", 1, 3, 2, BOTH),
    api(42, "DeleteGroups", 0, 2, 2, BROKER),
    api(43, "ElectLeaders", 0, 2, 2, BOTH).forwarded(),
    api(44, "IncrementalAlterConfigs", 0, 1, 1, BOTH).forwarded(),
    api(45, "AlterPartitionReassignments", 0, 1, 0, BOTH).forwarded(),
    api(46, "ListPartitionReassignments", 0, 0, 0, BOTH).forwarded(),
    api(47, "OffsetDelete", 0, 0, NEVER, BROKER),
    api(48, "DescribeClientQuotas", 0, 1, 1, BROKER),
    api(49, "AlterClientQuotas", 0, 1, 1, BOTH).forwarded(),
    api(50, "DescribeUserScramCredentials", 0, 0, 0, BOTH),
    api(51, "AlterUserScramCredentials", 0, 0, 0, BOTH).forwarded(),
    api(52, "Vote", 0, 2, 0, CONTROLLER).cluster_action(),
    api(53, "BeginQuorumEpoch", 0, 1, 1, CONTROLLER).cluster_action(),
    api(54, "EndQuorumEpoch", 0, 1, 1, CONTROLLER).cluster_action(),
    api(55, "DescribeQuorum", 0, 2, 0, BOTH).cluster_action().forwarded(),
    api(56, "AlterPartition", 2, 3, 2, CONTROLLER).cluster_action(),
    api(57, "UpdateFeatures", 0, 2, 0, BOTH).cluster_action().forwarded(),
    api(58, "Envelope", 0, 0, 0, CONTROLLER).cluster_action(),
    api(59, "FetchSnapshot", 0, 1, 0, CONTROLLER),
    api(60, "DescribeCluster", 0, 2, 0, BOTH),
    api(61, "DescribeProducers", 0, 0, 0, BROKER),
    api(62, "BrokerRegistration", 0, 4, 0, CONTROLLER).cluster_action(),
    api(63, "BrokerHeartbeat", 0, 2, 0, CONTROLLER).cluster_action(),
    api(64, "UnregisterBroker", 0, 0, 0, BOTH).forwarded(),
    api(65, "DescribeTransactions", 0, 0, 0, BROKER),
    api(66, "ListTransactions", 0, 2, 0, BROKER),
    api(67, "AllocateProducerIds", 0, 0, 0, CONTROLLER).cluster_action().forwarded(),
    api(68, "ConsumerGroupHeartbeat", 0, 1, 0, BROKER),
    api(69, "ConsumerGroupDescribe", 0, 1, 0, BROKER),
    api(70, "ControllerRegistration", 0, 0, 0, CONTROLLER),
    api(71, "GetTelemetrySubscriptions", 0, 0, 0, BROKER),
    api(72, "PushTelemetry", 0, 0, 0, BROKER),
    api(73, "AssignReplicasToDirs", 0, 0, 0, CONTROLLER),
    api(74, "ListConfigResources", 0, 1, 0, BROKER),
    api(75, "DescribeTopicPartitions", 0, 0, 0, BROKER),
    api(76, "ShareGroupHeartbeat", 1, 1, 1, BROKER),
    api(77, "ShareGroupDescribe", 1, 1, 1, BROKER),
    api(78, "ShareFetch", 1, 2, 1, BROKER),
    api(79, "ShareAcknowledge", 1, 2, 1, BROKER),
    api(80, "AddRaftVoter", 0, 1, 0, BOTH).forwarded(),
    api(81, "RemoveRaftVoter", 0, 0, 0, BOTH).forwarded(),
    api(82, "UpdateRaftVoter", 0, 0, 0, CONTROLLER),
    api(83, "InitializeShareGroupState", 0, 0, 0, BROKER).cluster_action(),
    api(84, "ReadShareGroupState", 0, 0, 0, BROKER).cluster_action(),
    api(85, "WriteShareGroupState", 0, 1, 0, BROKER).cluster_action(),
    api(86, "DeleteShareGroupState", 0, 0, 0, BROKER).cluster_action(),
    api(87, "ReadShareGroupStateSummary", 0, 1, 0, BROKER).cluster_action(),
    api(88, "StreamsGroupHeartbeat", 0, 0, 0, BROKER),
    api(89, "StreamsGroupDescribe", 0, 0, 0, BROKER),
    api(90, "DescribeShareGroupOffsets", 0, 1, 0, BROKER),
    api(91, "AlterShareGroupOffsets", 0, 0, 0, BROKER),
    api(92, "DeleteShareGroupOffsets", 0, 0, 0, BROKER),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::protocol::ApiKey;

    #[test]
    fn what_is_spoken_is_the_newest_stable_version_of_a_known_api() {
        for spoken in ApiKey::ALL {
            let api = APIS.iter().find(|api| api.id == spoken.id()).expect("Kafka has it");
            assert_eq!((api.name, api.max_version), (spoken.name(), spoken.version()));
        }
    }

    #[test]
    fn headers_follow_the_versions() {
        let by_name = |name: &str| APIS.iter().find(|api| api.name == name).expect("Kafka has it");
        let create_topics = by_name("CreateTopics");
        assert_eq!([4, 5].map(|version| create_topics.request_header_version(version)), [1, 2]);
        assert_eq!([4, 5].map(|version| create_topics.response_header_version(version)), [0, 1]);
        assert_eq!(by_name("ApiVersions").response_header_version(4), 0);
        assert_eq!(by_name("OffsetDelete").request_header_version(0), 1);
    }
}
