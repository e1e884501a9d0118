//! BrokerRegistration and BrokerHeartbeat (KIP-631).

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{BrokerEpoch, NodeId, Uuid};
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    BrokerListener {
        name: Arc<str>,
        host: Arc<str>,
        port: u16,
        security_protocol: i16,
    }
}

wire_struct! {
    BrokerFeature {
        name: Arc<str>,
        min_supported_version: i16,
        max_supported_version: i16,
    }
}

wire_struct! {
    /// BrokerRegistration request (api 62), version 4.
    BrokerRegistrationRequest {
        broker_id: NodeId,
        cluster_id: Arc<str>,
        incarnation_id: Uuid,
        listeners: Vec<BrokerListener>,
        features: Vec<BrokerFeature>,
        rack: Option<Arc<str>>,
        is_migrating_zk_broker: bool,
        log_dirs: Vec<Uuid>,
        previous_broker_epoch: BrokerEpoch,
    }
}

wire_struct! {
    /// BrokerRegistration response (api 62), version 4.
    BrokerRegistrationResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        broker_epoch: BrokerEpoch,
    }
}

wire_struct! {
    /// BrokerHeartbeat request (api 63), version 2.
    BrokerHeartbeatRequest {
        broker_id: NodeId,
        broker_epoch: BrokerEpoch,
        current_metadata_offset: i64,
        want_fence: bool,
        want_shut_down: bool,
    } tags {
        0 => offline_log_dirs: Vec<Uuid> = Vec::new(),
        1 => cordoned_log_dirs: Option<Vec<Uuid>> = None,
    }
}

wire_struct! {
    /// BrokerHeartbeat response (api 63), version 2.
    BrokerHeartbeatResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        is_caught_up: bool,
        is_fenced: bool,
        should_shut_down: bool,
    }
}
