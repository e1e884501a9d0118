//! What the inspector and the dock's lists ask of the run.

use std::sync::Arc;

use super::Run;
use crate::kafka::ids::ProcessId;
use crate::view::hit::Target;
use crate::view::inspect::objects::Named;
use crate::view::inspect::{Evidence, Inspection, inspect};
use crate::view::logs::{LogFilter, LogRow};
use crate::view::scene::Scene;
use crate::view::words::Words;

impl Run {
    fn evidence<'a>(&'a self, scene: &'a Scene, words: Words) -> Evidence<'a> {
        let timeline = &self.timeline;
        Evidence { world: timeline.world(), journal: timeline.journal(), ledger: timeline.ledger(), scene, words }
    }

    /// The inspector's page about a thing of the scene.
    pub fn inspect(&self, scene: &Scene, target: &Target, words: Words) -> Option<Inspection> {
        inspect(&self.evidence(scene, words), target)
    }

    /// When the event at a place of the journal happened, in microseconds since the start.
    pub fn moment_of(&self, number: u64) -> Option<i64> {
        let place = self.events.binary_search_by_key(&number, |event| event.number).ok();
        place.map(|place| self.events[place].at_us)
    }

    /// What the event at a place of the journal speaks of; None also for what lies behind the playhead.
    pub fn object_of(&self, scene: &Scene, number: u64, words: Words) -> Option<Target> {
        let entry = self.timeline.journal().iter_from(number).next()?;
        Named::by(entry).target(&self.evidence(scene, words))
    }

    /// Which of these places of the journal speak of a thing.
    pub fn about(&self, scene: &Scene, target: &Target, numbers: impl Iterator<Item = u64>) -> Vec<u64> {
        let evidence = self.evidence(scene, Words::default());
        let journal = self.timeline.journal();
        let speaks = |number: &u64| {
            let entry = journal.iter_from(*number).next();
            entry.is_some_and(|entry| Named::by(entry).is_about(&evidence, target))
        };
        numbers.filter(speaks).collect()
    }

    /// How many events the journal tells of up to the playhead.
    pub fn told(&self) -> u64 {
        self.timeline.journal().len()
    }

    /// Whether one of the events from the `known`-th on speaks of a thing.
    pub fn is_about_since(&self, scene: &Scene, target: &Target, known: u64) -> bool {
        let evidence = self.evidence(scene, Words::default());
        self.timeline.journal().iter_from(known).any(|entry| Named::by(entry).is_about(&evidence, target))
    }

    /// When the newest event before this moment happened that speaks of a thing, in microseconds since the start.
    pub fn last_about(&self, scene: &Scene, target: &Target) -> Option<i64> {
        let evidence = self.evidence(scene, Words::default());
        let earlier = evidence.back().filter(|entry| evidence.us(entry.at) < scene.now_us);
        let mut about = earlier.filter(|entry| Named::by(entry).is_about(&evidence, target));
        about.next().map(|entry| evidence.us(entry.at))
    }

    /// The newest log lines up to a moment, newest last.
    pub fn logs(&mut self, until_us: i64, filter: &LogFilter, most: usize) -> Vec<LogRow> {
        let timeline = &self.timeline;
        let world = timeline.world();
        let cluster = Arc::new(crate::sim::log::cluster(world));
        let name = |process: ProcessId| world.name_of(process).to_string();
        self.logs.follow(timeline.journal(), world.start(), &cluster, &name);
        self.logs.newest(until_us, filter, most)
    }

    /// Every process that has logged something so far.
    pub fn log_processes(&self) -> Vec<String> {
        self.logs.processes().map(str::to_owned).collect()
    }
}
