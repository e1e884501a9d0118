//! The records of `__cluster_metadata`.

use std::sync::Arc;

use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, Uuid};
use crate::kafka::protocol::brokers::BrokerFeature;
use crate::kafka::protocol::brokers::BrokerListener;
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    /// Metadata record type 0, versions 0 to 4.
    RegisterBrokerRecord {
        broker_id: NodeId,
        is_migrating_zk_broker: bool,
        incarnation_id: Uuid,
        broker_epoch: BrokerEpoch,
        end_points: Vec<BrokerListener>,
        features: Vec<BrokerFeature>,
        rack: Option<Arc<str>>,
        fenced: bool,
        in_controlled_shutdown: bool,
    } tags {
        0 => log_dirs: Vec<Uuid> = Vec::new(),
        1 => cordoned_log_dirs: Option<Vec<Uuid>> = None,
    }
}

wire_struct! {
    /// Metadata record type 1, versions 0 to 0.
    UnregisterBrokerRecord {
        broker_id: NodeId,
        broker_epoch: BrokerEpoch,
    }
}

wire_struct! {
    /// Metadata record type 2, versions 0 to 0.
    TopicRecord {
        name: Arc<str>,
        topic_id: Uuid,
    }
}

wire_struct! {
    /// Metadata record type 3, versions 0 to 2.
    PartitionRecord {
        partition_id: i32,
        topic_id: Uuid,
        replicas: Vec<NodeId>,
        isr: Vec<NodeId>,
        removing_replicas: Vec<NodeId>,
        adding_replicas: Vec<NodeId>,
        leader: NodeId,
        leader_epoch: LeaderEpoch,
        partition_epoch: PartitionEpoch,
        directories: Vec<Uuid>,
    } tags {
        0 => leader_recovery_state: i8 = 0,
        1 => eligible_leader_replicas: Option<Vec<NodeId>> = None,
        2 => last_known_elr: Option<Vec<NodeId>> = None,
    }
}

wire_struct! {
    /// Metadata record type 4, versions 0 to 0.
    ConfigRecord {
        resource_type: i8,
        resource_name: Arc<str>,
        name: Arc<str>,
        value: Option<Arc<str>>,
    }
}

wire_struct! {
    /// Metadata record type 5, versions 0 to 2.
    PartitionChangeRecord {
        partition_id: i32,
        topic_id: Uuid,
    } tags {
        0 => isr: Option<Vec<NodeId>> = None,
        1 => leader: NodeId = NodeId(-2),
        2 => replicas: Option<Vec<NodeId>> = None,
        3 => removing_replicas: Option<Vec<NodeId>> = None,
        4 => adding_replicas: Option<Vec<NodeId>> = None,
        5 => leader_recovery_state: i8 = -1,
        6 => eligible_leader_replicas: Option<Vec<NodeId>> = None,
        7 => last_known_elr: Option<Vec<NodeId>> = None,
        8 => directories: Option<Vec<Uuid>> = None,
    }
}

wire_struct! {
    /// Metadata record type 9, versions 0 to 0.
    RemoveTopicRecord {
        topic_id: Uuid,
    }
}

wire_struct! {
    /// Metadata record type 12, versions 0 to 0.
    FeatureLevelRecord {
        name: Arc<str>,
        feature_level: i16,
    }
}

wire_struct! {
    /// Metadata record type 15, versions 0 to 0.
    ProducerIdsRecord {
        broker_id: NodeId,
        broker_epoch: BrokerEpoch,
        next_producer_id: i64,
    }
}

wire_struct! {
    /// Metadata record type 17, versions 0 to 3.
    BrokerRegistrationChangeRecord {
        broker_id: NodeId,
        broker_epoch: BrokerEpoch,
    } tags {
        0 => fenced: i8 = 0,
        1 => in_controlled_shutdown: i8 = 0,
        2 => log_dirs: Vec<Uuid> = Vec::new(),
        3 => cordoned_log_dirs: Option<Vec<Uuid>> = None,
    }
}

wire_struct! {
    /// Metadata record type 20, versions 0 to 0.
    NoOpRecord {
    }
}

wire_struct! {
    /// Metadata record type 23, versions 0 to 0.
    BeginTransactionRecord {
    } tags {
        0 => name: Option<Arc<str>> = None,
    }
}

wire_struct! {
    /// Metadata record type 24, versions 0 to 0.
    EndTransactionRecord {
    }
}

wire_struct! {
    /// Metadata record type 27, versions 0 to 0.
    RegisterControllerRecord {
        controller_id: NodeId,
        incarnation_id: Uuid,
        zk_migration_ready: bool,
        end_points: Vec<BrokerListener>,
        features: Vec<BrokerFeature>,
    }
}

wire_struct! {
    /// Metadata record type 28, versions 0 to 0.
    ClearElrRecord {
        topic_name: Arc<str>,
    }
}
