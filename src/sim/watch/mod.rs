//! What must hold between one event and the next: nothing runs backwards, nothing is lost, nothing is told twice.
//!
//! [`super::invariants`] looks at one moment; a [`Watch`] goes along with a world from its boot and compares each moment
//! with the one before. It only looks at what has changed, so it can look after every event.

mod logs;
mod metadata;
mod records;

use std::collections::BTreeMap;

use crate::kafka::event::Event;
use crate::kafka::ids::{MessageId, ProcessId};
use crate::time::SimTime;

use super::command::Command;
use super::invariants::{Violation, check_one_leader_per_epoch, violated};
use super::recording::Recording;
use super::scenario::Scenario;
use super::timeline::{Moment, Recorded, Timeline};
use super::world::{Cause, Step, World};

#[derive(Clone, Debug)]
pub struct Watch {
    now: SimTime,
    step: u64,
    logs: logs::LogWatch,
    records: records::RecordWatch,
    metadata: metadata::MetadataWatch,
    /// The newest parcel that each direction of a connection has delivered.
    delivered: BTreeMap<(u64, bool), MessageId>,
    followed: Followed,
}

/// How far a timeline was followed.
#[derive(Clone, Copy, Debug, Default)]
struct Followed {
    commands: u64,
    entries: u64,
}

type Events<'a> = &'a [(ProcessId, Event)];

impl Watch {
    /// Begins at time 0.
    ///
    /// # Errors
    /// What is wrong after the boot.
    pub fn new(world: &World) -> Result<Watch, Violation> {
        let mut watch = Watch {
            now: world.now,
            step: world.step,
            logs: Default::default(),
            records: Default::default(),
            metadata: Default::default(),
            delivered: BTreeMap::new(),
            followed: Followed::default(),
        };
        watch.look(world, &[])?;
        Ok(watch)
    }

    /// Looks after an event.
    ///
    /// # Errors
    /// The first invariant that does not hold any more.
    pub fn after_step(&mut self, world: &World, step: &Step) -> Result<(), Violation> {
        if step.number != self.step + 1 || world.step != step.number || step.at != world.now {
            let detail = format!("step {} at {:?} after step {}", step.number, step.at, self.step);
            return violated("every event has its number and its time", detail);
        }
        if let Cause::Delivery(envelope) = &step.cause {
            let direction = (envelope.connection_number, envelope.to_server);
            if self.delivered.insert(direction, envelope.id).is_some_and(|before| before >= envelope.id) {
                let detail = format!("message {} of connection {direction:?}", envelope.id);
                return violated("a connection delivers in order", detail);
            }
        }
        self.look(world, &step.events)
    }

    /// Looks after a command that was accepted.
    ///
    /// # Errors
    /// The first invariant that does not hold any more.
    pub fn after_command(&mut self, world: &World, command: &Command, events: Events) -> Result<(), Violation> {
        if world.step != self.step {
            return violated("a command is no event", format!("step {} after {}", world.step, self.step));
        }
        self.records.note_command(world, command);
        self.look(world, events)
    }

    /// Looks at the playhead of a timeline that has gone on by one event or by the commands of a line since the last
    /// look.
    ///
    /// # Errors
    /// The first invariant that does not hold any more.
    pub fn follow(&mut self, timeline: &Timeline) -> Result<(), Violation> {
        let commands = timeline.commands();
        for recorded in &commands[self.followed.commands as usize..] {
            self.records.note_command(timeline.world(), &recorded.command);
        }
        let journal = timeline.journal();
        let new = journal.iter_from(self.followed.entries).map(|entry| (entry.process, entry.event.clone()));
        let events: Vec<(ProcessId, Event)> = new.collect();
        self.followed = Followed { commands: commands.len() as u64, entries: journal.len() };
        self.look(timeline.world(), &events)
    }

    fn look(&mut self, world: &World, events: Events) -> Result<(), Violation> {
        if world.now < self.now || world.next_at().is_some_and(|next| next < world.now) {
            return violated("time goes forward", format!("{:?} after {:?}", world.now, self.now));
        }
        (self.now, self.step) = (world.now, world.step);
        self.logs.look(world, &mut self.records)?;
        self.metadata.look(world)?;
        self.records.look(world, events)?;
        check_processes(world)?;
        check_one_leader_per_epoch(world)
    }

    /// Runs history from the boot to a moment under a watch.
    ///
    /// # Errors
    /// The first violation, with the step after which it was seen.
    pub fn over(scenario: &Scenario, commands: &[Recorded], end: Moment) -> Result<World, Violation> {
        let mut run = WatchedRun::new(scenario)?;
        run.follow(commands, end)?;
        Ok(run.world)
    }
}

/// A world that is run event by event, watched.
#[derive(Clone, Debug)]
pub struct WatchedRun {
    pub world: World,
    watch: Watch,
    given: Vec<Recorded>,
}

impl WatchedRun {
    /// # Errors
    /// What is wrong after the boot.
    pub fn new(scenario: &Scenario) -> Result<WatchedRun, Violation> {
        let (world, _) = World::boot(scenario.clone());
        let watch = Watch::new(&world)?;
        Ok(WatchedRun { world, watch, given: Vec::new() })
    }

    /// Whether what it was given is how a list of commands begins.
    pub fn is_on(&self, commands: &[Recorded]) -> bool {
        commands.starts_with(&self.given)
    }

    /// Where it is.
    pub fn moment(&self) -> Moment {
        Moment { step: self.world.step, at: self.world.now, commands: self.given.len() as u64 }
    }

    /// Goes on to a moment of a recorded history, with the commands that lie before it.
    ///
    /// # Errors
    /// The first violation; a history that does not come through the moment counts as one.
    pub fn follow(&mut self, commands: &[Recorded], end: Moment) -> Result<(), Violation> {
        loop {
            let next = commands.get(self.given.len()).filter(|_| (self.given.len() as u64) < end.commands);
            if let Some(recorded) = next.filter(|recorded| recorded.step == self.world.step) {
                self.world.advance_to(recorded.at);
                let events = match self.world.apply(&recorded.command) {
                    Ok(events) => events,
                    Err(refusal) => return violated("a recorded command is accepted again", refusal.0),
                };
                self.given.push(recorded.clone());
                self.watch
                    .after_command(&self.world, &recorded.command, &events)
                    .map_err(|found| self.placed(found))?;
            } else if self.world.step < end.step {
                let Some(step) = self.world.step() else {
                    return violated("history goes on", format!("nothing is left after step {}", self.world.step));
                };
                self.watch.after_step(&self.world, &step).map_err(|found| self.placed(found))?;
            } else {
                self.world.advance_to(end.at);
                return match self.moment() == end {
                    true => Ok(()),
                    false => violated("history repeats itself", format!("{:?} instead of {end:?}", self.moment())),
                };
            }
        }
    }

    fn placed(&self, found: Violation) -> Violation {
        let micros = self.world.micros();
        Violation { detail: format!("{} (step {}, {micros} us)", found.detail, self.world.step), ..found }
    }
}

impl Recording {
    /// Replays it and looks after every event.
    ///
    /// # Errors
    /// The first violation.
    pub fn watch(&self) -> Result<World, Violation> {
        Watch::over(&self.scenario, &self.commands, self.end)
    }
}

/// Only what runs wants to be woken, is frozen, or has parcels waiting.
fn check_processes(world: &World) -> Result<(), Violation> {
    if let Some((process, wake)) = world.wakes.iter().find(|(process, _)| !world.is_alive(**process)) {
        return violated("only what runs wants to be woken", format!("{process}: {wake:?}"));
    }
    let nodes = world.nodes.iter().map(|(id, slot)| (ProcessId::Node(*id), slot.frozen, slot.inbox.len()));
    let clients = world.clients.iter().map(|(id, slot)| (ProcessId::Client(*id), slot.frozen, slot.inbox.len()));
    for (process, frozen, waiting) in nodes.chain(clients) {
        if frozen && !world.is_alive(process) || waiting > 0 && !frozen {
            let detail = format!("{process}: frozen {frozen}, {waiting} parcels waiting");
            return violated("only what runs is frozen", detail);
        }
    }
    Ok(())
}
