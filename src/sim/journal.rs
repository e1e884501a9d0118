//! What has happened, in order. The journal belongs to a branch of history: at a moment it is the prefix up to it.

use std::sync::Arc;

use crate::kafka::event::Event;
use crate::kafka::ids::ProcessId;
use crate::time::SimTime;

/// One fact with its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    pub at: SimTime,
    /// Number of the event of the simulation that brought it; facts of a command bear the number of the event before
    /// it, the boot bears 0.
    pub step: u64,
    /// True for what a command did, which comes before the events of the same moment.
    pub by_command: bool,
    pub process: ProcessId,
    pub event: Event,
}

/// Entries of a chunk; chunks are shared between branches.
const CHUNK: usize = 256;

#[derive(Clone, Debug, Default)]
pub struct Journal {
    full: Vec<Arc<Vec<Entry>>>,
    open: Vec<Entry>,
    /// How often entries were forgotten: who follows the journal knows by it that it must read again from the start.
    lineage: u64,
}

impl Journal {
    pub fn push(&mut self, entry: Entry) {
        self.open.push(entry);
        if self.open.len() == CHUNK {
            self.full.push(Arc::new(std::mem::take(&mut self.open)));
        }
    }

    pub fn len(&self) -> u64 {
        (self.full.len() * CHUNK + self.open.len()) as u64
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.full.iter().flat_map(|chunk| chunk.iter()).chain(&self.open)
    }

    /// The entries from the `start`-th on.
    pub fn iter_from(&self, start: u64) -> impl Iterator<Item = &Entry> {
        let start = start as usize;
        let chunk = (start / CHUNK).min(self.full.len());
        let skip = start - chunk * CHUNK;
        self.full[chunk..].iter().flat_map(|chunk| chunk.iter()).chain(&self.open).skip(skip)
    }

    /// Grows whenever what was already written may have changed.
    pub fn lineage(&self) -> u64 {
        self.lineage
    }

    /// Takes the place of another journal.
    pub fn supersede(&mut self, other: &Journal) {
        self.lineage = self.lineage.max(other.lineage) + 1;
    }

    /// Forgets everything behind the first `len` entries.
    pub fn truncate(&mut self, len: u64) {
        self.lineage += 1;
        let len = len as usize;
        if len >= self.full.len() * CHUNK {
            self.open.truncate(len - self.full.len() * CHUNK);
            return;
        }
        let keep = len / CHUNK;
        let mut open = self.full[keep].as_ref().clone();
        open.truncate(len % CHUNK);
        self.full.truncate(keep);
        self.open = open;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::ids::NodeId;

    fn entry(step: u64) -> Entry {
        let process = ProcessId::Node(NodeId(1));
        let event = Event::ProcessStarted { process };
        Entry { at: SimTime::default(), step, by_command: false, process, event }
    }

    #[test]
    fn truncation_at_any_length_keeps_the_prefix() {
        for len in [0, 1, 255, 256, 257, 511, 512, 600] {
            let mut journal = Journal::default();
            (0..600).for_each(|step| journal.push(entry(step)));
            journal.truncate(len);
            assert_eq!(journal.len(), len);
            assert!(journal.iter().map(|entry| entry.step).eq(0..len));
            journal.push(entry(len));
            assert_eq!(journal.iter_from(len).map(|entry| entry.step).collect::<Vec<_>>(), [len]);
        }
    }
}
