//! Producer id, epoch and sequences on the client's side, for the happy path (`TransactionManager` without
//! transactions). Epoch bumps after unresolved sequences come later.

use std::collections::BTreeMap;

use crate::kafka::ids::{ProducerEpoch, ProducerId, TopicPartition};
use crate::kafka::record::increment_sequence;
use crate::time::SimTime;

#[derive(Clone, PartialEq, Debug)]
pub struct Idempotence {
    pub enabled: bool,
    pub identity: Option<(ProducerId, ProducerEpoch)>,
    /// No InitProducerId before this moment (back-off after a retriable error).
    pub retry_at: SimTime,
    next_sequence: BTreeMap<TopicPartition, i32>,
}

impl Idempotence {
    pub fn new(enabled: bool) -> Idempotence {
        Idempotence { enabled, identity: None, retry_at: SimTime::default(), next_sequence: BTreeMap::new() }
    }

    /// True while batches must wait for a producer id.
    pub fn lacks_identity(&self) -> bool {
        self.enabled && self.identity.is_none()
    }

    /// The sequence of the next record for a partition, moved on by `records`.
    pub fn take_sequence(&mut self, tp: &TopicPartition, records: i32) -> i32 {
        let next = self.next_sequence.entry(tp.clone()).or_default();
        let base = *next;
        *next = increment_sequence(base, records);
        base
    }
}
