//! The messages, field for field after Kafka's own schemas at one pinned version per API (the newest stable one of
//! Apache Kafka 4.3.1). Brokers, controllers and clients meet only here.
//!
//! Simplification: inside the simulation messages travel as these structs, not as bytes; their encoding exists (see
//! [`wire`]), gives their true size, and is what the metadata log stores.

pub mod apis;
pub mod brokers;
pub mod client_quotas;
pub mod configs;
pub mod delete_records;
pub mod fetch;
pub mod groups;
pub mod list_offsets;
pub mod log_dirs;
pub mod metadata;
pub mod metadata_records;
pub mod produce;
pub mod producer_ids;
pub mod quorum;
pub mod record_type;
pub mod replication;
pub mod scram;
pub mod supported;
pub mod topics;
pub mod versions;
pub mod wire;

use std::sync::Arc;

use brokers::{BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest, BrokerRegistrationResponse};
use client_quotas::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, DescribeClientQuotasRequest, DescribeClientQuotasResponse,
};
use configs::{
    DescribeConfigsRequest, DescribeConfigsResponse, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
    ListConfigResourcesRequest, ListConfigResourcesResponse,
};
use delete_records::{DeleteRecordsRequest, DeleteRecordsResponse};
use fetch::{FetchRequest, FetchResponse};
use groups::{ListGroupsRequest, ListGroupsResponse};
use list_offsets::{ListOffsetsRequest, ListOffsetsResponse};
use log_dirs::{DescribeLogDirsRequest, DescribeLogDirsResponse};
use metadata::{
    DescribeClusterRequest, DescribeClusterResponse, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    MetadataRequest, MetadataResponse,
};
use produce::{ProduceRequest, ProduceResponse};
use producer_ids::{
    AllocateProducerIdsRequest, AllocateProducerIdsResponse, InitProducerIdRequest, InitProducerIdResponse,
};
use quorum::{
    BeginQuorumEpochRequest, BeginQuorumEpochResponse, ControllerRegistrationRequest, ControllerRegistrationResponse,
    DescribeQuorumRequest, DescribeQuorumResponse, EndQuorumEpochRequest, EndQuorumEpochResponse, VoteRequest,
    VoteResponse,
};
use replication::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, AlterPartitionRequest,
    AlterPartitionResponse, ElectLeadersRequest, ElectLeadersResponse, OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
};
use scram::{DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse};
use topics::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsRequest,
    DeleteTopicsResponse, ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse,
};
use versions::{ApiVersionsRequest, ApiVersionsResponse};
use wire::{Field, Wire};

macro_rules! apis {
    ($($name:ident = $id:literal v $version:literal: $request:ty => $response:ty,)*) => {
        /// The APIs that the simulation speaks, named and numbered as in Kafka's `ApiKeys`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum ApiKey { $($name,)* }

        impl ApiKey {
            pub const ALL: &'static [ApiKey] = &[$(ApiKey::$name,)*];

            pub const fn id(self) -> i16 {
                match self { $(ApiKey::$name => $id,)* }
            }

            /// The version whose fields [`Request`] and [`Response`] have.
            pub const fn version(self) -> i16 {
                match self { $(ApiKey::$name => $version,)* }
            }

            pub const fn name(self) -> &'static str {
                match self { $(ApiKey::$name => stringify!($name),)* }
            }

            /// The schema of request and response as implemented, to compare with Kafka's.
            pub fn schema(self) -> (Vec<Field>, Vec<Field>) {
                match self { $(ApiKey::$name => (<$request>::fields(), <$response>::fields()),)* }
            }
        }

        #[derive(Clone, PartialEq, Debug)]
        pub enum Request { $($name($request),)* }

        #[derive(Clone, PartialEq, Debug)]
        pub enum Response { $($name($response),)* }

        impl Request {
            pub const fn api(&self) -> ApiKey {
                match self { $(Request::$name(_) => ApiKey::$name,)* }
            }

            /// Bytes of the body on the wire.
            pub fn write_body(&self, out: &mut Vec<u8>) {
                match self { $(Request::$name(body) => body.write(out),)* }
            }
        }

        impl Response {
            pub const fn api(&self) -> ApiKey {
                match self { $(Response::$name(_) => ApiKey::$name,)* }
            }

            /// Bytes of the body on the wire.
            pub fn write_body(&self, out: &mut Vec<u8>) {
                match self { $(Response::$name(body) => body.write(out),)* }
            }
        }

        $(
            impl From<$request> for Request {
                fn from(body: $request) -> Request {
                    Request::$name(body)
                }
            }
            impl From<$response> for Response {
                fn from(body: $response) -> Response {
                    Response::$name(body)
                }
            }
        )*
    };
}

apis! {
    Produce = 0 v 13: ProduceRequest => ProduceResponse,
    Fetch = 1 v 18: FetchRequest => FetchResponse,
    ListOffsets = 2 v 11: ListOffsetsRequest => ListOffsetsResponse,
    Metadata = 3 v 13: MetadataRequest => MetadataResponse,
    ListGroups = 16 v 5: ListGroupsRequest => ListGroupsResponse,
    ApiVersions = 18 v 4: ApiVersionsRequest => ApiVersionsResponse,
    CreateTopics = 19 v 7: CreateTopicsRequest => CreateTopicsResponse,
    DeleteTopics = 20 v 6: DeleteTopicsRequest => DeleteTopicsResponse,
    DeleteRecords = 21 v 2: DeleteRecordsRequest => DeleteRecordsResponse,
    InitProducerId = 22 v 5: InitProducerIdRequest => InitProducerIdResponse,
    OffsetForLeaderEpoch = 23 v 4: OffsetForLeaderEpochRequest => OffsetForLeaderEpochResponse,
    DescribeConfigs = 32 v 4: DescribeConfigsRequest => DescribeConfigsResponse,
    DescribeLogDirs = 35 v 5: DescribeLogDirsRequest => DescribeLogDirsResponse,
    CreatePartitions = 37 v 3: CreatePartitionsRequest => CreatePartitionsResponse,
    ElectLeaders = 43 v 2: ElectLeadersRequest => ElectLeadersResponse,
    IncrementalAlterConfigs = 44 v 1: IncrementalAlterConfigsRequest => IncrementalAlterConfigsResponse,
    AlterPartitionReassignments = 45 v 1: AlterPartitionReassignmentsRequest => AlterPartitionReassignmentsResponse,
    ListPartitionReassignments = 46 v 0: ListPartitionReassignmentsRequest => ListPartitionReassignmentsResponse,
    DescribeClientQuotas = 48 v 1: DescribeClientQuotasRequest => DescribeClientQuotasResponse,
    AlterClientQuotas = 49 v 1: AlterClientQuotasRequest => AlterClientQuotasResponse,
    DescribeUserScramCredentials = 50 v 0: DescribeUserScramCredentialsRequest => DescribeUserScramCredentialsResponse,
    Vote = 52 v 2: VoteRequest => VoteResponse,
    BeginQuorumEpoch = 53 v 1: BeginQuorumEpochRequest => BeginQuorumEpochResponse,
    EndQuorumEpoch = 54 v 1: EndQuorumEpochRequest => EndQuorumEpochResponse,
    DescribeQuorum = 55 v 2: DescribeQuorumRequest => DescribeQuorumResponse,
    AlterPartition = 56 v 3: AlterPartitionRequest => AlterPartitionResponse,
    DescribeCluster = 60 v 2: DescribeClusterRequest => DescribeClusterResponse,
    BrokerRegistration = 62 v 4: BrokerRegistrationRequest => BrokerRegistrationResponse,
    BrokerHeartbeat = 63 v 2: BrokerHeartbeatRequest => BrokerHeartbeatResponse,
    AllocateProducerIds = 67 v 0: AllocateProducerIdsRequest => AllocateProducerIdsResponse,
    ControllerRegistration = 70 v 0: ControllerRegistrationRequest => ControllerRegistrationResponse,
    ListConfigResources = 74 v 1: ListConfigResourcesRequest => ListConfigResourcesResponse,
    DescribeTopicPartitions = 75 v 0: DescribeTopicPartitionsRequest => DescribeTopicPartitionsResponse,
}

/// What the sender of a message is doing with the connection; it names the connection together with its two ends,
/// because Kafka keeps some traffic apart: a consumer's coordinator connection, fetchers, heartbeats, forwarding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Channel {
    /// A client's connection to a node.
    Client,
    /// A client's connection to a bootstrap address, used until it knows node ids.
    Bootstrap,
    /// A consumer's second connection to the broker that coordinates its group.
    Coordinator,
    /// A replica fetcher thread: twice its number, and 1 more from the lower node id to the higher.
    Fetcher(u8),
    /// A broker's observer fetch of the metadata log, and a controller's Raft traffic.
    Raft,
    /// Broker to controller: registration and heartbeats.
    Heartbeat,
    /// Broker to controller: forwarded client requests, AlterPartition, AllocateProducerIds.
    Forwarding,
    /// Controller to active controller: its registration.
    Registration,
}

/// A request or a response with the header fields that matter.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    Request { client_id: Arc<str>, request: Request },
    Response(Response),
}

/// What one process says to another on one connection.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    pub channel: Channel,
    /// Counts requests per connection; the response carries the number of its request.
    pub correlation_id: i32,
    pub body: Body,
}

impl Message {
    pub const fn api(&self) -> ApiKey {
        match &self.body {
            Body::Request { request, .. } => request.api(),
            Body::Response(response) => response.api(),
        }
    }

    pub const fn is_request(&self) -> bool {
        matches!(self.body, Body::Request { .. })
    }

    /// Bytes on the wire with the length prefix and the header (version 2 for requests, 1 for responses; ApiVersions
    /// answers with header version 0 so that any client can read it).
    pub fn size_in_bytes(&self) -> u32 {
        let mut out = Vec::new();
        let header = match &self.body {
            Body::Request { client_id, request } => {
                request.write_body(&mut out);
                4 + 2 + 2 + 4 + 2 + client_id.len() + 1
            }
            Body::Response(response) => {
                response.write_body(&mut out);
                4 + 4 + usize::from(response.api() != ApiKey::ApiVersions)
            }
        };
        u32::try_from(header + out.len()).expect("messages are smaller than 4 GiB")
    }
}
