//! History: a branch of events and commands, a playhead on it, checkpoints to jump by, and the branch that was left
//! when a command was given in the past.
//!
//! Time travel is checkpoints plus replay, indexed by step number, because several events share an instant.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::kafka::event::Event;
use crate::kafka::ids::ProcessId;
use crate::time::{SimDuration, SimTime};

use super::command::{Command, Refusal};
use super::invariants::{self, Violation};
use super::journal::{Entry, Journal};
use super::ledger::Ledger;
use super::scenario::Scenario;
use super::watch::Watch;
use super::world::{Step, World};

/// A command with its place: after so many events, at that moment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub step: u64,
    pub at: SimTime,
    pub command: Arc<Command>,
}

/// A place in history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Moment {
    pub step: u64,
    pub at: SimTime,
    /// Commands given up to here.
    pub commands: u64,
}

#[derive(Clone, Debug)]
struct Checkpoint {
    world: World,
    commands: u64,
    journal_len: u64,
    ledger: Ledger,
}

/// A branch that was left.
#[derive(Clone, Debug)]
pub struct LeftBranch {
    /// Where the present branch leaves it.
    pub forked_at: Moment,
    pub end: Moment,
    commands: Vec<Recorded>,
    marks: BTreeMap<Arc<str>, Moment>,
}

#[derive(Clone, Debug)]
pub struct Timeline {
    scenario: Scenario,
    world: World,
    journal: Journal,
    ledger: Ledger,
    commands: Vec<Recorded>,
    /// Commands that the world has seen.
    given: u64,
    checkpoints: BTreeMap<(u64, u64), Checkpoint>,
    marks: BTreeMap<Arc<str>, Moment>,
    /// The furthest moment that this branch has reached.
    end: Moment,
    /// The last jump: from where to where.
    jump: Option<(Moment, Moment)>,
    pub left: Option<LeftBranch>,
    branch: Arc<()>,
    origin: Arc<()>,
    /// Commands of a lesson's opening, which are not undone.
    opening: u64,
}

/// Events between two automatic checkpoints, at first.
const CHECKPOINT_EVERY: u64 = 256;
/// More checkpoints than this are thinned out.
const MAX_CHECKPOINTS: usize = 512;
/// Worlds kept at their full density before the playhead.
const DENSE: usize = 64;

impl Timeline {
    pub fn new(scenario: Scenario) -> Timeline {
        let (world, boot) = World::boot(scenario.clone());
        let mut journal = Journal::default();
        for (at, process, event) in boot {
            journal.push(Entry { at, step: 0, by_command: false, process, event });
        }
        let end = Moment { step: 0, at: world.now, commands: 0 };
        let mut timeline = Timeline {
            scenario,
            world,
            journal,
            ledger: Ledger::default(),
            commands: Vec::new(),
            given: 0,
            checkpoints: BTreeMap::new(),
            marks: BTreeMap::new(),
            end,
            jump: None,
            left: None,
            branch: Arc::default(),
            origin: Arc::default(),
            opening: 0,
        };
        timeline.keep_checkpoint();
        timeline
    }

    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The world at the playhead.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What has happened up to the playhead.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn now(&self) -> Moment {
        Moment { step: self.world.step, at: self.world.now, commands: self.given }
    }

    /// Another object for every branch of every run: who keeps it can tell whether what was read before still holds.
    pub fn branch(&self) -> &Arc<()> {
        &self.branch
    }

    /// Another object for every run from a boot of its own: who keeps it can tell whether this is still that cluster.
    pub fn origin(&self) -> &Arc<()> {
        &self.origin
    }

    /// The first so many commands are the opening of a lesson: `undo` leaves them alone.
    pub fn set_opening(&mut self, commands: u64) {
        self.opening = commands;
    }

    /// The furthest moment reached on this branch.
    pub fn end(&self) -> Moment {
        self.end
    }

    /// True if history goes on behind the playhead.
    pub fn is_in_past(&self) -> bool {
        self.now() < self.end
    }

    /// The commands of this branch, also those behind the playhead.
    pub fn commands(&self) -> &[Recorded] {
        &self.commands
    }

    /// When the next thing happens: an event, or a recorded command.
    pub fn next_at(&self) -> Option<SimTime> {
        let command = self.next_command().map(|recorded| recorded.at);
        self.world.next_at().into_iter().chain(command).min()
    }

    fn next_command(&self) -> Option<&Recorded> {
        self.commands.get(self.given as usize)
    }

    /// Gives the recorded commands whose place is here and not behind `limit`.
    fn give_recorded(&mut self, limit: SimTime) {
        while let Some(recorded) = self.next_command() {
            if recorded.step > self.world.step || recorded.at > limit {
                return;
            }
            self.give_next_recorded();
        }
    }

    fn give_next_recorded(&mut self) {
        let Some(recorded) = self.next_command().cloned() else { return };
        self.world.advance_to(recorded.at);
        self.given += 1;
        let events = self.world.apply(&recorded.command).expect("a recorded command was accepted before");
        self.note(events);
    }

    /// One event; None when nothing is pending.
    pub fn step(&mut self) -> Option<Step> {
        self.give_recorded(self.end.at);
        let step = self.world.step()?;
        for (process, event) in &step.events {
            self.ledger.enter(event);
            let (at, event, process) = (step.at, event.clone(), *process);
            self.journal.push(Entry { at, step: step.number, by_command: false, process, event });
        }
        if self.world.step.is_multiple_of(CHECKPOINT_EVERY) {
            self.keep_checkpoint();
        }
        self.end = self.end.max(self.now());
        Some(step)
    }

    /// Enters what a command did.
    fn note(&mut self, events: Vec<(ProcessId, Event)>) {
        let (at, step) = (self.world.now, self.world.step);
        for (process, event) in events {
            self.ledger.enter(&event);
            self.journal.push(Entry { at, step, by_command: true, process, event });
        }
    }

    /// Runs all events up to and including a moment, then lets the clock stand there.
    pub fn run_until(&mut self, at: SimTime) {
        loop {
            self.give_recorded(at);
            if self.world.next_at().is_none_or(|next| next > at) {
                break;
            }
            self.step();
        }
        self.world.advance_to(at);
        self.end = self.end.max(self.now());
    }

    /// A command now. In the past it forks: what came after is left and kept aside.
    ///
    /// # Errors
    /// The world's refusal; then nothing has changed, not even the branch.
    pub fn do_now(&mut self, command: Command) -> Result<(), Refusal> {
        // Tried on a copy first, so that a refused command cannot leave half of its work behind.
        let mut world = self.world.clone();
        let events = world.apply(&command)?;
        self.fork_here();
        let recorded = Recorded { step: self.world.step, at: self.world.now, command: Arc::new(command) };
        self.commands.push(recorded);
        self.given += 1;
        self.world = world;
        self.note(events);
        self.end = self.now();
        Ok(())
    }

    fn fork_here(&mut self) {
        self.jump = None;
        self.journal.cut();
        let now = self.now();
        if !self.is_in_past() {
            return;
        }
        self.branch = Arc::default();
        self.left = Some(self.as_left(now));
        self.commands.truncate(self.given as usize);
        self.checkpoints.retain(|place, _| *place <= (now.step, now.commands));
        self.marks.retain(|_, moment| *moment <= now);
        self.end = now;
    }

    /// Goes elsewhere by `go`, in a way that [`Timeline::undo`] takes back while nothing else has happened.
    pub fn jump(&mut self, go: impl FnOnce(&mut Timeline)) {
        let from = self.now();
        go(self);
        self.jump = Some((from, self.now()));
    }

    /// Goes to a moment of this branch: by the nearest checkpoint, and by running from there.
    pub fn seek(&mut self, moment: Moment) {
        self.approach(moment);
        while self.world.step < moment.step {
            if self.step().is_none() {
                break;
            }
        }
        while self.given < moment.commands {
            let before = self.given;
            self.give_next_recorded();
            if self.given == before {
                break;
            }
        }
        if self.world.next_at().is_none_or(|next| moment.at <= next) {
            self.world.advance_to(moment.at);
        }
        self.end = self.end.max(self.now());
    }

    /// Goes to a time of this branch, after everything that happens at it.
    pub fn seek_time(&mut self, at: SimTime) {
        let at = at.max(self.scenario.start);
        let now = self.world.now;
        let before = |checkpoint: &&Checkpoint| checkpoint.world.now <= at;
        let nearest = self.checkpoints.values().rev().find(before).filter(|near| at < now || near.world.now > now);
        if let Some(checkpoint) = nearest.cloned() {
            self.load(checkpoint);
        }
        self.run_until(at);
    }

    /// Goes to the nearest checkpoint that is not behind a moment, unless the playhead is nearer.
    fn approach(&mut self, moment: Moment) {
        let before = |(_, checkpoint): &(&(u64, u64), &Checkpoint)| checkpoint.commands <= moment.commands;
        let nearest = self.checkpoints.range(..=(moment.step, moment.commands)).rev().find(before);
        let (&place, checkpoint) = nearest.expect("the boot is a checkpoint");
        if moment < self.now() || place > (self.world.step, self.given) {
            self.load(checkpoint.clone());
        }
    }

    fn load(&mut self, checkpoint: Checkpoint) {
        self.world = checkpoint.world;
        self.given = checkpoint.commands;
        self.ledger = checkpoint.ledger;
        self.journal.show(checkpoint.journal_len);
    }

    fn keep_checkpoint(&mut self) {
        let place = (self.world.step, self.given);
        // Running over it again comes to the same.
        if self.checkpoints.contains_key(&place) {
            return;
        }
        let (world, ledger) = (self.world.clone(), self.ledger.clone());
        let checkpoint = Checkpoint { world, commands: self.given, journal_len: self.journal.len(), ledger };
        self.checkpoints.insert(place, checkpoint);
        if self.checkpoints.len() > MAX_CHECKPOINTS {
            self.thin_out();
        }
    }

    /// Every other one of the older checkpoints goes; the boot stays.
    fn thin_out(&mut self) {
        let old = self.checkpoints.len() - DENSE;
        let drop: Vec<_> = self.checkpoints.keys().take(old).skip(1).step_by(2).copied().collect();
        for place in drop {
            self.checkpoints.remove(&place);
        }
    }

    /// Places of the checkpoints, for the page.
    pub fn checkpoint_times(&self) -> impl Iterator<Item = SimTime> {
        self.checkpoints.values().map(|checkpoint| checkpoint.world.now)
    }

    /// Names this moment (`sim checkpoint`).
    pub fn mark(&mut self, name: Arc<str>) {
        self.marks.insert(name, self.now());
    }

    pub fn marked(&self, name: &str) -> Option<Moment> {
        self.marks.get(name).copied()
    }

    pub fn marks(&self) -> impl Iterator<Item = (&Arc<str>, Moment)> {
        self.marks.iter().map(|(name, moment)| (name, *moment))
    }

    /// Back to where the last jump came from if it is the last thing that happened; else to before the last command
    /// before the playhead. False if there is none.
    pub fn undo(&mut self) -> bool {
        if let Some((from, to)) = self.jump.take()
            && to == self.now()
            && from != to
        {
            self.seek(from);
            return true;
        }
        if self.given <= self.opening {
            return false;
        }
        let last = self.commands[self.given as usize - 1].clone();
        let moment = Moment { step: last.step, at: last.at, commands: self.given - 1 };
        self.seek(moment);
        self.fork_here();
        true
    }

    /// Whether [`Self::undo`] would find anything.
    pub fn can_undo(&self) -> bool {
        let jumped = self.jump.as_ref().is_some_and(|(from, to)| *to == self.now() && from != to);
        jumped || self.given > self.opening
    }

    /// Goes back to the branch that was left.
    /// This branch as one that is left at a moment.
    fn as_left(&self, forked_at: Moment) -> LeftBranch {
        LeftBranch { forked_at, end: self.end, commands: self.commands.clone(), marks: self.marks.clone() }
    }

    /// Goes back to the branch that was left, to its end; the present one is left in its place. False if none was.
    pub fn return_to_left(&mut self) -> bool {
        let Some(left) = self.left.take() else { return false };
        let present = self.as_left(left.forked_at);
        // Both have the same past up to here; what comes after is replayed, for the journal is this branch's.
        self.seek(left.forked_at);
        self.journal.cut();
        self.checkpoints.retain(|place, _| *place <= (left.forked_at.step, left.forked_at.commands));
        (self.commands, self.marks, self.end) = (left.commands, left.marks, left.end);
        (self.branch, self.jump, self.left) = (Arc::default(), None, Some(present));
        self.seek(left.end);
        true
    }

    /// A fresh run in the place of this one.
    pub fn restart(&mut self, scenario: Scenario) {
        self.give_way_to(Timeline::new(scenario));
    }

    /// Another run in the place of this one.
    pub fn give_way_to(&mut self, mut other: Timeline) {
        other.journal.supersede(&self.journal);
        *self = other;
    }

    /// Every invariant of the whole history up to the playhead, from the boot on.
    ///
    /// # Errors
    /// The first violation, with its place.
    pub fn check_history(&self) -> Result<(), Violation> {
        let now = self.now();
        Watch::over(&self.scenario, &self.commands[..now.commands as usize], now)?;
        self.check()
    }

    /// Every invariant of this moment, with the ledger's.
    pub fn check(&self) -> Result<(), Violation> {
        invariants::check(&self.world)?;
        invariants::check_acknowledged(&self.world, &self.ledger)
    }

    /// Lets virtual time pass until nothing more can happen before `limit`.
    pub fn run_for(&mut self, duration: SimDuration) {
        self.run_until(self.world.now + duration);
    }
}
