//! Transactions as a cleaning meets them (`CleanedTransactionMetadata`): records of aborted ones go at once, a marker
//! stays as long as records of its transaction are met before it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::segment::AbortedTransaction;
use crate::kafka::ids::ProducerId;
use crate::kafka::record::{ControlRecordType, RecordBatch};

#[derive(Debug, Default)]
pub(super) struct CleanedTransactions {
    /// By their first offset; those that have not begun yet.
    aborted: VecDeque<AbortedTransaction>,
    /// Aborted transactions under way, and whether a batch of theirs was met.
    ongoing_aborted: BTreeMap<ProducerId, (AbortedTransaction, bool)>,
    ongoing_committed: BTreeSet<ProducerId>,
}

/// What is known of a marker.
#[derive(Debug, Default)]
pub(super) struct Marker {
    /// Records of its transaction are still there.
    pub is_kept: bool,
    /// What the index of aborted transactions has to say of it.
    pub aborted: Option<AbortedTransaction>,
}

impl CleanedTransactions {
    pub fn new(mut aborted: Vec<AbortedTransaction>) -> CleanedTransactions {
        aborted.sort_by_key(|transaction| transaction.first_offset);
        CleanedTransactions { aborted: aborted.into(), ..CleanedTransactions::default() }
    }

    fn begin_up_to(&mut self, offset: i64) {
        while let Some(next) = self.aborted.front().filter(|next| next.first_offset <= offset).copied() {
            self.aborted.pop_front();
            self.ongoing_aborted.entry(next.producer_id).or_insert((next, false));
        }
    }

    /// Takes note of a marker; a batch of another kind is kept, one without records is not.
    pub fn read_control(&mut self, batch: &RecordBatch) -> Marker {
        self.begin_up_to(batch.last_offset());
        let records = batch.records().unwrap_or_default();
        let Some(first) = records.first() else { return Marker::default() };
        let kind = first.record.key.as_deref().and_then(ControlRecordType::of_key);
        let is_kept = match kind {
            Some(ControlRecordType::Abort) => match self.ongoing_aborted.remove(&batch.producer_id()) {
                Some((transaction, true)) => return Marker { is_kept: true, aborted: Some(transaction) },
                _ => false,
            },
            Some(ControlRecordType::Commit) => self.ongoing_committed.remove(&batch.producer_id()),
            _ => true,
        };
        Marker { is_kept, aborted: None }
    }

    /// Takes note of records; true if they belong to an aborted transaction.
    pub fn read_data(&mut self, batch: &RecordBatch) -> bool {
        self.begin_up_to(batch.last_offset());
        if !batch.is_transactional() {
            return false;
        }
        if let Some((_, was_met)) = self.ongoing_aborted.get_mut(&batch.producer_id()) {
            *was_met = true;
            return true;
        }
        self.ongoing_committed.insert(batch.producer_id());
        false
    }
}
