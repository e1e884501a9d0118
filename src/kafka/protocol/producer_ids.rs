//! InitProducerId, and AllocateProducerIds between a broker and the controller.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{BrokerEpoch, NodeId, ProducerEpoch, ProducerId};
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    /// InitProducerId request (api 22), version 5.
    InitProducerIdRequest {
        transactional_id: Option<Arc<str>>,
        transaction_timeout_ms: i32,
        producer_id: ProducerId,
        producer_epoch: ProducerEpoch,
    }
}

wire_struct! {
    /// InitProducerId response (api 22), version 5.
    InitProducerIdResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        producer_id: ProducerId,
        producer_epoch: ProducerEpoch,
    }
}

wire_struct! {
    /// AllocateProducerIds request (api 67), version 0.
    AllocateProducerIdsRequest {
        broker_id: NodeId,
        broker_epoch: BrokerEpoch,
    }
}

wire_struct! {
    /// AllocateProducerIds response (api 67), version 0.
    AllocateProducerIdsResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        producer_id_start: i64,
        producer_id_len: i32,
    }
}
