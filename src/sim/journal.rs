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
const CHUNK: u64 = 256;

/// What the branch has reached once stays written while the playhead is before it: running over it again brings the
/// same entries, so the playhead only goes on.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    full: Vec<Arc<Vec<Entry>>>,
    open: Vec<Entry>,
    /// Entries up to the playhead; those behind it are not shown to anybody.
    shown: u64,
    /// How often entries were forgotten: who follows the journal knows by it that it must read again from the start.
    lineage: u64,
}

impl Journal {
    /// What happens next. Where the branch has been before, it must be what happened there then.
    pub fn push(&mut self, entry: Entry) {
        if self.shown < self.written() {
            debug_assert_eq!(self.at(self.shown), &entry, "history repeats itself");
        } else {
            self.open.push(entry);
            if self.open.len() as u64 == CHUNK {
                self.full.push(Arc::new(std::mem::take(&mut self.open)));
            }
        }
        self.shown += 1;
    }

    fn written(&self) -> u64 {
        self.full.len() as u64 * CHUNK + self.open.len() as u64
    }

    fn at(&self, index: u64) -> &Entry {
        let chunk = self.full.get((index / CHUNK) as usize).map_or(&self.open, Arc::as_ref);
        &chunk[(index % CHUNK) as usize]
    }

    pub fn len(&self) -> u64 {
        self.shown
    }

    pub fn is_empty(&self) -> bool {
        self.shown == 0
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.iter_from(0)
    }

    /// The entries from the `start`-th on.
    pub fn iter_from(&self, start: u64) -> impl DoubleEndedIterator<Item = &Entry> {
        (start..self.shown).map(|index| self.at(index))
    }

    /// Grows whenever what was already read may have changed.
    pub fn lineage(&self) -> u64 {
        self.lineage
    }

    /// Takes the place of another journal.
    pub fn supersede(&mut self, other: &Journal) {
        self.lineage = self.lineage.max(other.lineage) + 1;
    }

    /// Shows the first `len` entries, at most all that are written.
    pub fn show(&mut self, len: u64) {
        if len < self.shown {
            self.lineage += 1;
        }
        self.shown = len.min(self.written());
    }

    /// Forgets what is not shown.
    pub fn cut(&mut self) {
        if self.shown == self.written() {
            return;
        }
        self.lineage += 1;
        let (keep, rest) = ((self.shown / CHUNK) as usize, (self.shown % CHUNK) as usize);
        if let Some(chunk) = self.full.get(keep) {
            self.open = chunk[..rest].to_vec();
            self.full.truncate(keep);
        } else {
            self.open.truncate(rest);
        }
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
    fn a_cut_at_any_place_keeps_what_is_before_it() {
        for len in [0, 1, 255, 256, 257, 511, 512, 600] {
            let mut journal = Journal::default();
            (0..600).for_each(|step| journal.push(entry(step)));
            journal.show(len);
            journal.cut();
            assert_eq!(journal.len(), len);
            assert!(journal.iter().map(|entry| entry.step).eq(0..len));
            journal.push(entry(7000 + len));
            assert_eq!(journal.iter_from(len).map(|entry| entry.step).collect::<Vec<_>>(), [7000 + len]);
        }
    }

    #[test]
    fn what_is_behind_the_playhead_is_hidden_and_comes_again() {
        let mut journal = Journal::default();
        (0..600).for_each(|step| journal.push(entry(step)));
        let lineage = journal.lineage();
        journal.show(300);
        assert_eq!((journal.len(), journal.iter().next_back().map(|entry| entry.step)), (300, Some(299)));
        assert!(journal.lineage() > lineage);
        let lineage = journal.lineage();
        journal.push(entry(300));
        journal.show(9000);
        assert_eq!((journal.len(), journal.lineage()), (600, lineage));
        assert!(journal.iter().map(|entry| entry.step).eq(0..600));
    }

    #[test]
    #[should_panic(expected = "history repeats itself")]
    fn a_past_that_comes_out_otherwise_is_noticed() {
        let mut journal = Journal::default();
        (0..3).for_each(|step| journal.push(entry(step)));
        journal.show(1);
        journal.push(entry(2));
    }
}
