//! InitProducerId for idempotent producers: ids come in blocks from the controller (`RPCProducerIdManager`, KIP-730).
//!
//! Room left for transactions: a request with a transactional id is refused with `not yet`.

use crate::kafka::client::connection::Outcome;
use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::ids::{NodeId, ProducerEpoch, ProducerId};
use crate::kafka::protocol::producer_ids::*;
use crate::kafka::protocol::{Channel, Response};
use crate::time::SimTime;

use super::{Broker, Caller, Purpose};

/// Share of a block, in percent, after which the next one is asked for (`PidPrefetchThreshold`).
const PREFETCH_PERCENT: i64 = 90;

/// The ids that this broker may hand out.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ProducerIdBlock {
    current: Option<Block>,
    next: Option<Block>,
    wanted: bool,
    requested: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Block {
    first: i64,
    length: i64,
    used: i64,
}

impl ProducerIdBlock {
    pub fn wants_block(&self) -> bool {
        self.wanted && !self.requested
    }

    /// The next id; None while a block is on its way.
    fn take(&mut self) -> Option<i64> {
        if self.current.is_none_or(|block| block.used == block.length) {
            self.current = self.next.take();
        }
        let Some(block) = &mut self.current else {
            self.wanted = true;
            return None;
        };
        let id = block.first + block.used;
        block.used += 1;
        if block.used * 100 >= block.length * PREFETCH_PERCENT && self.next.is_none() {
            self.wanted = true;
        }
        Some(id)
    }
}

impl Broker {
    pub(super) fn handle_init_producer_id(
        &mut self,
        now: SimTime,
        caller: Caller,
        request: &InitProducerIdRequest,
        fx: &mut Effects,
    ) {
        let mut response = InitProducerIdResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            producer_id: ProducerId(-1),
            producer_epoch: ProducerEpoch(-1),
        };
        if request.transactional_id.is_some() {
            response.error_code = ErrorCode::UnsupportedVersion;
        } else {
            match self.producer_ids.take() {
                Some(id) => {
                    response.producer_id = ProducerId(id);
                    response.producer_epoch = ProducerEpoch(0);
                }
                // Retriable: the client asks again after its back-off, when the block has come.
                None => response.error_code = ErrorCode::CoordinatorLoadInProgress,
            }
        }
        self.answer(&caller, response, fx);
        self.pursue_forwards(now, fx);
    }

    pub(super) fn request_producer_ids(&mut self, now: SimTime, to: (NodeId, Channel), fx: &mut Effects) {
        if !self.producer_ids.wants_block() {
            return;
        }
        self.producer_ids.requested = true;
        let request = AllocateProducerIdsRequest { broker_id: self.id, broker_epoch: self.epoch };
        self.network.send(now, to, request.into(), Purpose::AllocateProducerIds, fx);
    }

    pub(super) fn handle_producer_ids(&mut self, outcome: Outcome) {
        self.producer_ids.requested = false;
        let Outcome::Answered(Response::AllocateProducerIds(response)) = outcome else { return };
        if response.error_code == ErrorCode::None {
            let length = i64::from(response.producer_id_len);
            self.producer_ids.next = Some(Block { first: response.producer_id_start, length, used: 0 });
            self.producer_ids.wanted = false;
        }
    }
}
