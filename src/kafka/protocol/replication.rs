//! AlterPartition, ElectLeaders, AlterPartitionReassignments and OffsetForLeaderEpoch: who leads, who is in sync, and
//! where epochs end.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, Uuid};
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    IsrMember {
        broker_id: NodeId,
        broker_epoch: BrokerEpoch,
    }
}

wire_struct! {
    AlterPartitionPartition {
        partition_index: i32,
        leader_epoch: LeaderEpoch,
        new_isr_with_epochs: Vec<IsrMember>,
        leader_recovery_state: i8,
        partition_epoch: PartitionEpoch,
    }
}

wire_struct! {
    AlterPartitionTopic {
        topic_id: Uuid,
        partitions: Vec<AlterPartitionPartition>,
    }
}

wire_struct! {
    /// AlterPartition request (api 56), version 3.
    AlterPartitionRequest {
        broker_id: NodeId,
        broker_epoch: BrokerEpoch,
        topics: Vec<AlterPartitionTopic>,
    }
}

wire_struct! {
    AlteredPartition {
        partition_index: i32,
        error_code: ErrorCode,
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
        isr: Vec<NodeId>,
        leader_recovery_state: i8,
        partition_epoch: PartitionEpoch,
    }
}

wire_struct! {
    AlteredTopic {
        topic_id: Uuid,
        partitions: Vec<AlteredPartition>,
    }
}

wire_struct! {
    /// AlterPartition response (api 56), version 3.
    AlterPartitionResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        topics: Vec<AlteredTopic>,
    }
}

wire_struct! {
    ElectLeadersTopic {
        topic: Arc<str>,
        partitions: Vec<i32>,
    }
}

wire_struct! {
    /// ElectLeaders request (api 43), version 2.
    ElectLeadersRequest {
        election_type: i8,
        topic_partitions: Option<Vec<ElectLeadersTopic>>,
        timeout_ms: i32,
    }
}

wire_struct! {
    ElectionPartitionResult {
        partition_id: i32,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
    }
}

wire_struct! {
    ReplicaElectionResult {
        topic: Arc<str>,
        partition_result: Vec<ElectionPartitionResult>,
    }
}

wire_struct! {
    /// ElectLeaders response (api 43), version 2.
    ElectLeadersResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        replica_election_results: Vec<ReplicaElectionResult>,
    }
}

wire_struct! {
    ReassignablePartition {
        partition_index: i32,
        replicas: Option<Vec<NodeId>>,
    }
}

wire_struct! {
    ReassignableTopic {
        name: Arc<str>,
        partitions: Vec<ReassignablePartition>,
    }
}

wire_struct! {
    /// AlterPartitionReassignments request (api 45), version 1.
    AlterPartitionReassignmentsRequest {
        timeout_ms: i32,
        allow_replication_factor_change: bool,
        topics: Vec<ReassignableTopic>,
    }
}

wire_struct! {
    ReassignablePartitionResponse {
        partition_index: i32,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
    }
}

wire_struct! {
    ReassignableTopicResponse {
        name: Arc<str>,
        partitions: Vec<ReassignablePartitionResponse>,
    }
}

wire_struct! {
    /// AlterPartitionReassignments response (api 45), version 1.
    AlterPartitionReassignmentsResponse {
        throttle_time_ms: i32,
        allow_replication_factor_change: bool,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        responses: Vec<ReassignableTopicResponse>,
    }
}

wire_struct! {
    EpochOfPartition {
        partition: i32,
        current_leader_epoch: LeaderEpoch,
        leader_epoch: LeaderEpoch,
    }
}

wire_struct! {
    EpochsOfTopic {
        topic: Arc<str>,
        partitions: Vec<EpochOfPartition>,
    }
}

wire_struct! {
    /// OffsetForLeaderEpoch request (api 23), version 4.
    OffsetForLeaderEpochRequest {
        replica_id: NodeId,
        topics: Vec<EpochsOfTopic>,
    }
}

wire_struct! {
    EpochEndOfPartition {
        error_code: ErrorCode,
        partition: i32,
        leader_epoch: LeaderEpoch,
        end_offset: i64,
    }
}

wire_struct! {
    EpochEndsOfTopic {
        topic: Arc<str>,
        partitions: Vec<EpochEndOfPartition>,
    }
}

wire_struct! {
    /// OffsetForLeaderEpoch response (api 23), version 4.
    OffsetForLeaderEpochResponse {
        throttle_time_ms: i32,
        topics: Vec<EpochEndsOfTopic>,
    }
}
