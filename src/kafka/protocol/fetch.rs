//! Fetch: consumers, followers and metadata observers ask for records.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, ProducerId, Uuid};
use crate::kafka::protocol::produce::LeaderIdAndEpoch;
use crate::kafka::protocol::produce::NodeEndpoint;
use crate::kafka::protocol::wire::{Records, wire_struct};

wire_struct! {
    FetchPartition {
        partition: i32,
        current_leader_epoch: LeaderEpoch,
        fetch_offset: i64,
        last_fetched_epoch: LeaderEpoch,
        log_start_offset: i64,
        partition_max_bytes: i32,
    } tags {
        0 => replica_directory_id: Uuid = Uuid::ZERO,
        1 => high_watermark: i64 = i64::MAX,
    }
}

wire_struct! {
    FetchTopic {
        topic_id: Uuid,
        partitions: Vec<FetchPartition>,
    }
}

wire_struct! {
    ForgottenTopic {
        topic_id: Uuid,
        partitions: Vec<i32>,
    }
}

wire_struct! {
    ReplicaState {
        replica_id: NodeId,
        replica_epoch: BrokerEpoch,
    }
}

wire_struct! {
    /// Fetch request (api 1), version 18.
    FetchRequest {
        max_wait_ms: i32,
        min_bytes: i32,
        max_bytes: i32,
        isolation_level: i8,
        session_id: i32,
        session_epoch: i32,
        topics: Vec<FetchTopic>,
        forgotten_topics_data: Vec<ForgottenTopic>,
        rack_id: Arc<str>,
    } tags {
        0 => cluster_id: Option<Arc<str>> = None,
        1 => replica_state: ReplicaState = ReplicaState { replica_id: NodeId(-1), replica_epoch: BrokerEpoch(-1) },
    }
}

wire_struct! {
    AbortedTransaction {
        producer_id: ProducerId,
        first_offset: i64,
    }
}

wire_struct! {
    EpochEndOffset {
        epoch: LeaderEpoch,
        end_offset: i64,
    }
}

wire_struct! {
    SnapshotId {
        end_offset: i64,
        epoch: LeaderEpoch,
    }
}

wire_struct! {
    FetchPartitionResponse {
        partition_index: i32,
        error_code: ErrorCode,
        high_watermark: i64,
        last_stable_offset: i64,
        log_start_offset: i64,
        aborted_transactions: Option<Vec<AbortedTransaction>>,
        preferred_read_replica: NodeId,
        records: Option<Records>,
    } tags {
        0 => diverging_epoch: EpochEndOffset = EpochEndOffset { epoch: LeaderEpoch(-1), end_offset: -1 },
        1 => current_leader: LeaderIdAndEpoch = LeaderIdAndEpoch { leader_id: NodeId(-1), leader_epoch: LeaderEpoch(-1) },
        2 => snapshot_id: SnapshotId = SnapshotId { end_offset: -1, epoch: LeaderEpoch(-1) },
    }
}

wire_struct! {
    FetchableTopicResponse {
        topic_id: Uuid,
        partitions: Vec<FetchPartitionResponse>,
    }
}

wire_struct! {
    /// Fetch response (api 1), version 18.
    FetchResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        session_id: i32,
        responses: Vec<FetchableTopicResponse>,
    } tags {
        0 => node_endpoints: Vec<NodeEndpoint> = Vec::new(),
    }
}
