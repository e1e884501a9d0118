//! The names of a log's files: what `ls` of a partition's folder shows.

use super::partition_log::{PartitionLog, millis};
use super::segment::Segment;
use crate::time::SimTime;

/// A file that is scheduled to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct DeletedFile {
    /// With its suffix `.deleted`.
    pub name: String,
    pub delete_at_ms: i64,
}

/// The name of a segment's file: twenty digits of the base offset and a suffix without its dot, as `log`.
pub fn file_name(base_offset: i64, suffix: &str) -> String {
    format!("{base_offset:020}.{suffix}")
}

impl Segment {
    /// Names of the files that exist; empty ones included.
    fn file_names(&self, has_snapshot: bool) -> Vec<String> {
        let files = [
            ("index", self.has_index_files()),
            ("log", true),
            ("snapshot", has_snapshot),
            ("timeindex", self.has_index_files()),
            ("txnindex", !self.aborted_transactions().is_empty()),
        ];
        let existing = files.into_iter().filter(|(_, exists)| *exists);
        existing.map(|(suffix, _)| file_name(self.base_offset(), suffix)).collect()
    }

    /// The names that the files get when they are to go.
    pub(super) fn files(&self, has_snapshot: bool) -> Vec<String> {
        self.file_names(has_snapshot).into_iter().map(|name| name + ".deleted").collect()
    }
}

impl PartitionLog {
    /// The files in the partition's folder, sorted by name.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = self.segments().flat_map(|segment| segment.file_names(false)).collect();
        names.extend(self.producers.snapshot_offsets().map(|offset| file_name(offset, "snapshot")));
        names.extend(self.deleted_files.iter().map(|file| file.name.clone()));
        names.extend(["leader-epoch-checkpoint", "partition.metadata"].map(String::from));
        names.sort();
        names
    }

    /// Removes the files whose delay is over.
    pub fn purge_deleted_files(&mut self, now: SimTime) {
        self.deleted_files.retain(|file| file.delete_at_ms > millis(now));
    }

    /// When the next files are to go, in ms.
    pub fn next_purge_ms(&self) -> Option<i64> {
        self.deleted_files.iter().map(|file| file.delete_at_ms).min()
    }

    /// The offsets that have a producer snapshot.
    pub fn snapshot_offsets(&self) -> impl DoubleEndedIterator<Item = i64> {
        self.producers.snapshot_offsets()
    }
}
