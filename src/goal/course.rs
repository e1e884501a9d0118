//! The past as goals look back on it: what happened since a lesson and its step began, on the branch of history where
//! the learner stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Goal;
use super::facts::{Fact, Teller};
use super::vocabulary::EventKind;
use super::window::Mark;
use crate::kafka::ids::ClientIndex;
use crate::sim::journal::Journal;
use crate::sim::ledger::Ledger;
use crate::sim::timeline::Timeline;
use crate::sim::world::World;
use crate::time::SimTime;

/// What is there at the playhead.
#[derive(Clone, Copy, Debug)]
pub struct Present<'a> {
    pub world: &'a World,
    pub journal: &'a Journal,
    pub ledger: &'a Ledger,
}

impl<'a> Present<'a> {
    pub fn of(timeline: &'a Timeline) -> Present<'a> {
        Present { world: timeline.world(), journal: timeline.journal(), ledger: timeline.ledger() }
    }

    pub fn now(&self) -> SimTime {
        self.world.now
    }

    /// The place of the playhead.
    pub fn mark(&self) -> Mark {
        Mark { seq: self.journal.len(), at: self.world.now }
    }
}

/// Follows one timeline. Entries are read once; after a jump in history everything is read again.
#[derive(Clone, Debug, Default)]
pub struct Course {
    watched: BTreeSet<EventKind>,
    teller: Teller,
    /// Entries read.
    read: u64,
    lineage: u64,
    /// Grows whenever what was read is no longer the past: counts are void then.
    generation: u64,
    /// Where the lesson or challenge, and its step, began.
    pub lesson: Mark,
    pub step: Mark,
    /// Predictions that are locked.
    pub answered: BTreeSet<Arc<str>>,
    /// Rounds of a challenge that have ended well.
    pub rounds: BTreeSet<u32>,
}

impl Course {
    /// A course that begins here.
    pub fn beginning(mark: Mark) -> Course {
        Course { lesson: mark, step: mark, ..Course::default() }
    }

    /// A course over the whole run: from time 0, without the boot.
    pub fn of_run(present: Present<'_>) -> Course {
        let start = present.world.start();
        let boot = present.journal.iter().take_while(|entry| entry.step == 0 && !entry.by_command).count() as u64;
        Course::beginning(Mark { seq: boot, at: start })
    }

    /// From now on the course can answer this goal.
    pub fn watch(&mut self, goal: &Goal) {
        let before = self.watched.len();
        self.watched.extend(goal.kinds().iter().copied());
        if self.watched.len() > before && self.read > 0 {
            self.begin_again();
        }
    }

    /// A new step begins here.
    pub fn begin_step(&mut self, mark: Mark) {
        self.step = mark;
    }

    /// History was left at this place: what began behind it begins here now.
    pub fn fork(&mut self, mark: Mark) {
        self.step = self.step.min(mark);
        self.lesson = self.lesson.min(mark);
    }

    fn begin_again(&mut self) {
        self.read = 0;
        self.generation += 1;
        self.teller = Teller::new(self.watched.clone());
    }

    /// Reads what has been written since the last time.
    pub fn follow(&mut self, present: Present<'_>) {
        let journal = present.journal;
        let is_other = journal.lineage() != self.lineage || journal.len() < self.read;
        if is_other || self.read == 0 {
            self.begin_again();
            self.lineage = journal.lineage();
        }
        for entry in journal.iter_from(self.read) {
            self.teller.read(present.world, self.read, entry);
            self.read += 1;
        }
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Everything of a kind that has happened, in order.
    pub fn facts(&self, kind: EventKind) -> &[Fact] {
        self.teller.facts.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The number of the entry that told of a topic's latest deletion.
    pub fn deleted(&self, topic: &str) -> Option<u64> {
        self.teller.deleted.get(topic).copied()
    }

    /// The offset of the first record that a consumer got since its latest start.
    pub fn delivered_first(&self, index: ClientIndex) -> Option<i64> {
        self.teller.delivered_first.get(&index).copied()
    }
}
