//! What controllers say to each other (KIP-595, KIP-853, KIP-996), and what tools ask about them.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{LeaderEpoch, NodeId, Uuid};
use crate::kafka::protocol::brokers::{BrokerFeature, BrokerListener};
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    /// Where a node of the quorum listens; version 0 to 2 of the Raft requests leave the security protocol out.
    QuorumListener {
        name: Arc<str>,
        host: Arc<str>,
        port: u16,
    }
}

wire_struct! {
    QuorumEndpoint {
        node_id: NodeId,
        host: Arc<str>,
        port: u16,
    }
}

wire_struct! {
    VotePartition {
        partition_index: i32,
        replica_epoch: LeaderEpoch,
        replica_id: NodeId,
        replica_directory_id: Uuid,
        voter_directory_id: Uuid,
        last_offset_epoch: LeaderEpoch,
        last_offset: i64,
        pre_vote: bool,
    }
}

wire_struct! {
    VoteTopic {
        topic_name: Arc<str>,
        partitions: Vec<VotePartition>,
    }
}

wire_struct! {
    /// Vote request (api 52), version 2.
    VoteRequest {
        cluster_id: Option<Arc<str>>,
        voter_id: NodeId,
        topics: Vec<VoteTopic>,
    }
}

wire_struct! {
    VotePartitionResponse {
        partition_index: i32,
        error_code: ErrorCode,
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
        vote_granted: bool,
    }
}

wire_struct! {
    VoteTopicResponse {
        topic_name: Arc<str>,
        partitions: Vec<VotePartitionResponse>,
    }
}

wire_struct! {
    /// Vote response (api 52), version 2.
    VoteResponse {
        error_code: ErrorCode,
        topics: Vec<VoteTopicResponse>,
    } tags {
        0 => node_endpoints: Vec<QuorumEndpoint> = Vec::new(),
    }
}

wire_struct! {
    BeginQuorumEpochPartition {
        partition_index: i32,
        voter_directory_id: Uuid,
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
    }
}

wire_struct! {
    BeginQuorumEpochTopic {
        topic_name: Arc<str>,
        partitions: Vec<BeginQuorumEpochPartition>,
    }
}

wire_struct! {
    /// BeginQuorumEpoch request (api 53), version 1.
    BeginQuorumEpochRequest {
        cluster_id: Option<Arc<str>>,
        voter_id: NodeId,
        topics: Vec<BeginQuorumEpochTopic>,
        leader_endpoints: Vec<QuorumListener>,
    }
}

wire_struct! {
    /// The leader and epoch that a voter knows of.
    EpochPartitionResponse {
        partition_index: i32,
        error_code: ErrorCode,
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
    }
}

wire_struct! {
    EpochTopicResponse {
        topic_name: Arc<str>,
        partitions: Vec<EpochPartitionResponse>,
    }
}

wire_struct! {
    /// BeginQuorumEpoch response (api 53), version 1.
    BeginQuorumEpochResponse {
        error_code: ErrorCode,
        topics: Vec<EpochTopicResponse>,
    } tags {
        0 => node_endpoints: Vec<QuorumEndpoint> = Vec::new(),
    }
}

wire_struct! {
    PreferredCandidate {
        candidate_id: NodeId,
        candidate_directory_id: Uuid,
    }
}

wire_struct! {
    EndQuorumEpochPartition {
        partition_index: i32,
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
        preferred_candidates: Vec<PreferredCandidate>,
    }
}

wire_struct! {
    EndQuorumEpochTopic {
        topic_name: Arc<str>,
        partitions: Vec<EndQuorumEpochPartition>,
    }
}

wire_struct! {
    /// EndQuorumEpoch request (api 54), version 1.
    EndQuorumEpochRequest {
        cluster_id: Option<Arc<str>>,
        topics: Vec<EndQuorumEpochTopic>,
        leader_endpoints: Vec<QuorumListener>,
    }
}

wire_struct! {
    /// EndQuorumEpoch response (api 54), version 1.
    EndQuorumEpochResponse {
        error_code: ErrorCode,
        topics: Vec<EpochTopicResponse>,
    } tags {
        0 => node_endpoints: Vec<QuorumEndpoint> = Vec::new(),
    }
}

wire_struct! {
    DescribeQuorumPartition {
        partition_index: i32,
    }
}

wire_struct! {
    DescribeQuorumTopic {
        topic_name: Arc<str>,
        partitions: Vec<DescribeQuorumPartition>,
    }
}

wire_struct! {
    /// DescribeQuorum request (api 55), version 2.
    DescribeQuorumRequest {
        topics: Vec<DescribeQuorumTopic>,
    }
}

wire_struct! {
    /// How far a voter or an observer has come; times in ms since the epoch, -1 when unknown.
    QuorumReplica {
        replica_id: NodeId,
        replica_directory_id: Uuid,
        log_end_offset: i64,
        last_fetch_timestamp: i64,
        last_caught_up_timestamp: i64,
    }
}

wire_struct! {
    QuorumPartition {
        partition_index: i32,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        leader_id: NodeId,
        leader_epoch: LeaderEpoch,
        high_watermark: i64,
        current_voters: Vec<QuorumReplica>,
        observers: Vec<QuorumReplica>,
    }
}

wire_struct! {
    QuorumTopic {
        topic_name: Arc<str>,
        partitions: Vec<QuorumPartition>,
    }
}

wire_struct! {
    QuorumNode {
        node_id: NodeId,
        listeners: Vec<QuorumListener>,
    }
}

wire_struct! {
    /// DescribeQuorum response (api 55), version 2.
    DescribeQuorumResponse {
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        topics: Vec<QuorumTopic>,
        nodes: Vec<QuorumNode>,
    }
}

wire_struct! {
    /// ControllerRegistration request (api 70), version 0.
    ControllerRegistrationRequest {
        controller_id: NodeId,
        incarnation_id: Uuid,
        zk_migration_ready: bool,
        listeners: Vec<BrokerListener>,
        features: Vec<BrokerFeature>,
    }
}

wire_struct! {
    /// ControllerRegistration response (api 70), version 0.
    ControllerRegistrationResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
    }
}
