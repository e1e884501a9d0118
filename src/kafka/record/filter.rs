//! What compaction leaves of a batch (`MemoryRecords.filterTo`, `RecordFilter`).

use super::{BatchBuilder, RecordBatch, StoredRecord};

/// What becomes of a batch as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchRetention {
    /// It goes without a look at its records.
    Delete,
    /// If it loses all records, its header stays.
    RetainEmpty,
    /// If it loses all records, it goes.
    DeleteEmpty,
}

/// When a cleaning takes place, and for how long tombstones stay after the first one that sees them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cleaning {
    pub now_ms: i64,
    pub delete_retention_ms: i64,
}

/// What is left of a batch, and how many records were read and kept.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filtered {
    pub batch: Option<RecordBatch>,
    pub records_read: u32,
    pub records_kept: u32,
}

impl RecordBatch {
    /// Keeps the records that `keeps` names; offsets, sequences and epochs stay. The first cleaning that sees a tombstone
    /// or the marker of a transaction without records writes down when they may go. A batch that cannot be read stays
    /// as it is.
    pub fn filtered(
        &self,
        retention: BatchRetention,
        marks_empty_transaction: bool,
        cleaning: Cleaning,
        mut keeps: impl FnMut(&StoredRecord) -> bool,
    ) -> Filtered {
        if retention == BatchRetention::Delete {
            return Filtered::default();
        }
        let Ok(records) = self.records() else {
            return Filtered { batch: Some(self.clone()), ..Filtered::default() };
        };
        let records_read = records.len() as u32;
        let kept: Vec<StoredRecord> = records.into_iter().filter(&mut keeps).collect();
        let records_kept = kept.len() as u32;
        if kept.is_empty() {
            let batch = (retention == BatchRetention::RetainEmpty).then(|| self.without_records());
            return Filtered { batch, records_read, records_kept };
        }
        let has_tombstone = kept.iter().any(|stored| stored.record.value.is_none());
        let sets_horizon = (has_tombstone || marks_empty_transaction) && self.delete_horizon_ms().is_none();
        if records_kept == records_read && !sets_horizon {
            return Filtered { batch: Some(self.clone()), records_read, records_kept };
        }
        let mut builder = BatchBuilder::like(self);
        let horizon = cleaning.now_ms.saturating_add(cleaning.delete_retention_ms);
        if let Some(horizon) = self.delete_horizon_ms().or(sets_horizon.then_some(horizon)) {
            builder.set_delete_horizon(horizon);
        }
        for StoredRecord { offset, record, rid, .. } in kept {
            match rid {
                Some(rid) => builder.append_with_offset(offset, record, rid),
                None => builder.append_anonymous(offset, &record),
            }
        }
        builder.set_last_offset(self.last_offset());
        Filtered { batch: Some(builder.close()), records_read, records_kept }
    }
}
