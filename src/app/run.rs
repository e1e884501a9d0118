//! The run on the page: the shell with its timeline, and the playhead.
//!
//! The playhead has a fraction of a microsecond that the world does not know, so that slow motion is smooth. The list of
//! events is kept to the end of the branch, also while the playhead stands in the past.

mod inquiry;
mod rates;

use std::sync::Arc;

use crate::kafka::ids::ProcessId;
use crate::lessons::{Bookmark, Classroom, Ending, Panel, VERBS};
use crate::shell::complete::complete;
use crate::shell::output::Output;
use crate::shell::places;
use crate::shell::{LineOutcome, Shell};
use crate::sim::scenario::Scenario;
use crate::sim::state;
use crate::sim::timeline::{Moment, Timeline};
use crate::time::{SimDuration, SimTime};
use crate::view::events;
use crate::view::keys::KeyMarks;
use crate::view::logs::Logs;
use crate::view::project::project;
use crate::view::scene::{EventLine, Scene};
use crate::view::timeline::Folded;

/// What a console line answered.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
    /// Tools in the background that ended during the line, by name.
    pub ended: Vec<(String, Answer)>,
    /// Where the line left the run that went on behind the playhead, in microseconds since the start.
    pub forked_us: Option<i64>,
}

impl Answer {
    fn of(output: &Output) -> Answer {
        Answer {
            stdout: output.stdout_text(),
            stderr: output.stderr.clone(),
            status: output.status,
            ..Answer::default()
        }
    }
}

/// Lines of events kept for the list; what is older stays on the timeline only.
const EVENTS_KEPT: usize = 20_000;

/// How far beyond the newest moment a seek may go at once, in microseconds, and with how many instants.
const FURTHEST_US: i64 = 3_600_000_000;
const INSTANTS_PER_SEEK: u32 = 200_000;

/// A cluster, its past, and where the playhead stands.
pub struct Run {
    shell: Shell<'static>,
    timeline: Timeline,
    /// Lessons, and the one that is open: every move of the run goes past it.
    pub classroom: Classroom,
    marks: KeyMarks,
    /// Part of a microsecond that the playhead is beyond the world's clock.
    fraction: f64,
    events: Vec<EventLine>,
    /// Those that are too old for the list.
    ticks: Folded,
    logs: Logs,
    /// The branch that the events were read from, and how many branches were read so far.
    branch: Arc<()>,
    branches: u32,
    /// Where the line that is being carried out left the earlier run.
    forked: Option<i64>,
    /// The run that another cluster has taken the place of.
    aside: Option<Box<Timeline>>,
    last_answer: Answer,
}

impl Default for Run {
    /// A fresh trio.
    fn default() -> Self {
        let timeline = Timeline::new(Scenario::preset("trio").expect("trio is a preset"));
        let mut run = Run {
            shell: Shell::new(&VERBS),
            classroom: Classroom::default(),
            branch: timeline.branch().clone(),
            timeline,
            marks: KeyMarks::default(),
            fraction: 0.0,
            events: Vec::new(),
            ticks: Folded::default(),
            logs: Logs::default(),
            branches: 0,
            forked: None,
            aside: None,
            last_answer: Answer::default(),
        };
        run.read_events();
        run
    }
}

impl Run {
    fn start(&self) -> SimTime {
        self.timeline.world().start()
    }

    fn since_start(&self, at: SimTime) -> i64 {
        at.micros_from(self.start())
    }

    /// Begins a console line at the playhead; `document` are the lines of its here-document.
    pub fn begin(&mut self, line: &str, document: &[String]) {
        self.fraction = 0.0;
        self.classroom.begin(&mut self.shell, &mut self.timeline, line, document);
    }

    /// A line is still being carried out.
    pub fn is_busy(&self) -> bool {
        self.shell.is_busy()
    }

    /// Lets the line go on for at most so many events; its answer once it has ended.
    pub fn work(&mut self, events: u64) -> Option<Answer> {
        let outcome = self.classroom.go_on(&mut self.shell, &mut self.timeline, events);
        self.heard(outcome)
    }

    /// Gives the line up; its answer if there was one.
    pub fn interrupt(&mut self) -> Option<Answer> {
        let outcome = self.shell.interrupt(&mut self.timeline);
        self.classroom.observe(&self.timeline);
        self.heard(outcome)
    }

    fn heard(&mut self, outcome: Option<LineOutcome>) -> Option<Answer> {
        let forked = self.read_events();
        self.forked = forked.or(self.forked);
        let outcome = outcome?;
        let mut answer = Answer::of(&outcome.output);
        answer.ended = outcome.background.iter().map(|(name, output)| (name.clone(), Answer::of(output))).collect();
        answer.forked_us = self.forked.take();
        self.last_answer = answer.clone();
        Some(answer)
    }

    /// What the last line answered.
    pub fn last_answer(&self) -> &Answer {
        &self.last_answer
    }

    /// The words that the word in front of `cursor` (a byte offset) may become.
    pub fn complete(&self, line: &str, cursor: u32) -> Vec<String> {
        let world = self.timeline.world();
        let clients = places::client_names(world).map(str::to_owned);
        let topics =
            state::metadata(world).into_iter().flat_map(|image| image.topics.keys().map(|name| name.to_string()));
        let nodes = world.nodes.keys().map(|id| id.to_string());
        complete(line, cursor, &clients.chain(topics).chain(nodes).collect::<Vec<_>>())
    }

    /// The cluster as `sim state` prints it.
    pub fn snapshot(&self) -> state::ClusterState {
        state::state(self.timeline.world())
    }

    pub fn scene(&mut self) -> Scene {
        let mut scene = project(self.timeline.world(), &mut self.marks);
        self.count_delivered(&mut scene);
        scene
    }

    /// The playhead with its fraction, for positions between events.
    pub fn playhead_us(&self) -> f64 {
        self.timeline.world().micros() as f64 + self.fraction
    }

    /// The newest moment of the run.
    pub fn newest_us(&self) -> i64 {
        self.since_start(self.timeline.end().at)
    }

    /// The playhead stands before the newest moment: a command here leaves what comes after.
    pub fn is_in_past(&self) -> bool {
        self.timeline.is_in_past()
    }

    /// Moves the playhead on, past at most so many instants with events: a run that is busier than the machine can follow
    /// falls behind its speed. Says whether the world's clock moved.
    pub fn advance(&mut self, by_us: f64, instants: u32) -> bool {
        let wanted = self.fraction + by_us;
        let whole = wanted.floor();
        self.fraction = wanted - whole;
        let target = self.timeline.world().now + SimDuration::from_micros(whole as u64);
        self.run_to(target, instants);
        self.read_events();
        whole > 0.0
    }

    /// To the next event; false when nothing is due.
    pub fn next_event(&mut self) -> bool {
        self.fraction = 0.0;
        let moved = self.timeline.step().is_some();
        self.classroom.observe(&self.timeline);
        self.read_events();
        moved
    }

    /// To the event before; false at the start.
    pub fn previous_event(&mut self) -> bool {
        self.fraction = 0.0;
        let timeline = &mut self.timeline;
        let now = timeline.now();
        let Some(step) = now.step.checked_sub(1) else { return false };
        let commands = timeline.commands().iter().filter(|recorded| recorded.step <= step).count() as u64;
        timeline.seek(Moment { step, at: SimTime::default(), commands: commands.min(now.commands) });
        self.classroom.observe(&self.timeline);
        true
    }

    /// To a moment in microseconds since the start; behind the newest moment it runs on, as far as is done at once.
    pub fn seek(&mut self, to_us: i64) {
        self.fraction = 0.0;
        let newest = self.newest_us();
        let at = self.start() + SimDuration::from_micros(to_us.clamp(0, newest) as u64);
        self.timeline.seek_time(at);
        self.classroom.observe(&self.timeline);
        let target = self.start() + SimDuration::from_micros(to_us.clamp(0, newest + FURTHEST_US) as u64);
        self.run_to(target, INSTANTS_PER_SEEK);
        self.read_events();
    }

    /// Runs to a moment, or as far as so many instants with events reach.
    fn run_to(&mut self, target: SimTime, instants: u32) {
        for _ in 0..instants {
            // What is known may be looked at; time goes on when the prediction is locked.
            let target = if self.is_asked() { target.min(self.timeline.end().at) } else { target };
            let Some(at) = self.timeline.next_at().filter(|at| *at <= target) else {
                self.timeline.run_until(target.max(self.timeline.now().at));
                break;
            };
            while self.classroom.run().is_some() && self.timeline.world().next_at().is_some_and(|next| next <= at) {
                self.timeline.step();
                self.classroom.observe(&self.timeline);
            }
            self.timeline.run_until(at);
        }
        self.classroom.observe(&self.timeline);
    }

    /// The run with its past, to be kept or shared.
    pub(super) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Another run takes the place of this one, which is given back. What the shell keeps of the old one is forgotten.
    pub(super) fn exchange(&mut self, other: Timeline) -> Timeline {
        let old = self.timeline.clone();
        self.timeline.give_way_to(other);
        self.shell.forget();
        self.fraction = 0.0;
        self.classroom.observe(&self.timeline);
        self.marks = KeyMarks::default();
        self.read_events();
        old
    }

    /// What a panel shows of the open lesson; none without one, or without its words.
    pub fn lesson(&mut self) -> Option<Panel> {
        self.classroom.panel(&self.timeline)
    }

    /// The open step asks for a prediction that is not locked.
    fn is_asked(&self) -> bool {
        self.classroom.run().is_some_and(|run| !run.unlocked().is_empty())
    }

    /// Time waits for a prediction.
    pub fn is_held(&self) -> bool {
        self.is_asked() && !self.is_in_past()
    }

    /// Whether `sim undo` would find anything.
    pub fn can_undo(&self) -> bool {
        self.timeline.can_undo()
    }

    /// The open lesson as plain data, to go on with later.
    pub fn bookmark(&self) -> Option<Bookmark> {
        self.classroom.bookmark(&self.timeline)
    }

    /// Goes on with a lesson that was left; it is on the shelf.
    ///
    /// # Errors
    /// Why not; then nothing has changed.
    pub fn resume(&mut self, bookmark: &Bookmark) -> Result<(), String> {
        self.classroom.resume(bookmark, &mut self.shell, &mut self.timeline)?;
        self.fraction = 0.0;
        self.read_events();
        Ok(())
    }

    /// The newest events of the run, past the playhead too.
    pub fn events(&self) -> &[EventLine] {
        &self.events
    }

    /// The same as moments for the timeline.
    pub fn folded_ticks(&self) -> &Folded {
        &self.ticks
    }

    /// Events that are too old for the list.
    pub fn folded(&self) -> u64 {
        self.events.first().map_or(0, |event| event.number)
    }

    /// Changes whenever the events are another branch's.
    pub fn branches(&self) -> u32 {
        self.branches
    }

    /// Keeps the run as it is: the next line puts another cluster in its place.
    pub fn set_aside(&mut self) {
        self.aside = Some(Box::new(self.timeline.clone()));
    }

    /// A run of another cluster is kept.
    pub fn has_aside(&self) -> bool {
        self.aside.as_ref().is_some_and(|kept| !Arc::ptr_eq(kept.origin(), self.timeline.origin()))
    }

    /// The run that was set aside again; the present one is set aside in its place. False if there is none.
    pub fn bring_back(&mut self) -> bool {
        if !self.has_aside() {
            return false;
        }
        if let Some(kept) = &mut self.aside {
            std::mem::swap(&mut **kept, &mut self.timeline);
        }
        self.arrived();
        true
    }

    /// The branch that was left by the last fork again, at its end; the present one is left in its place.
    pub fn return_to_left(&mut self) -> bool {
        let found = self.timeline.return_to_left();
        self.arrived();
        found
    }

    fn arrived(&mut self) {
        self.fraction = 0.0;
        self.classroom.observe(&self.timeline);
        self.read_events();
    }

    /// From where to where the run goes that was left by the last fork.
    pub fn left_us(&self) -> Option<(i64, i64)> {
        let left = self.timeline.left.as_ref()?;
        Some((self.since_start(left.forked_at.at), self.since_start(left.end.at)))
    }

    /// Moments with a name (`sim checkpoint`), in order of time.
    pub fn checkpoints(&self) -> Vec<(String, i64)> {
        let named = self.timeline.marks().map(|(name, moment)| (name.to_string(), self.since_start(moment.at)));
        let mut found: Vec<_> = named.collect();
        found.sort_by_key(|(_, at)| *at);
        found
    }

    /// Moments from which the run can be rebuilt, in order of time, in microseconds since the start.
    pub fn snapshots(&self) -> impl Iterator<Item = i64> {
        self.timeline.checkpoint_times().map(|at| self.since_start(at))
    }

    /// When the steps of the open lesson begin: those behind and the open one.
    pub fn steps_us(&self) -> Vec<i64> {
        let Some(run) = self.classroom.run() else { return Vec::new() };
        let newest = self.newest_us();
        let mut begins = vec![0];
        for step in 0..run.step().min((run.lesson().steps.len() as u32).saturating_sub(1)) {
            let before = begins.last().copied().unwrap_or(0);
            let end = match run.ending(step) {
                Some(Ending::Reached { at_us }) => at_us.clamp(before, newest.max(before)),
                Some(Ending::Locked) | None => before,
            };
            begins.push(end);
        }
        begins
    }

    /// Takes in what the journal has beyond the list; says where the branch was left if it was.
    fn read_events(&mut self) -> Option<i64> {
        let timeline = &self.timeline;
        let mut forked = None;
        if !Arc::ptr_eq(&self.branch, timeline.branch()) {
            self.branch = timeline.branch().clone();
            self.branches += 1;
            self.events.clear();
            self.ticks = Folded::default();
            self.logs = Logs::default();
            forked = self.left_us().map(|(at, _)| at);
            if forked.is_none() {
                self.marks = KeyMarks::default();
            }
        }
        let timeline = &self.timeline;
        let (world, journal) = (timeline.world(), timeline.journal());
        let names = |process: ProcessId| world.name_of(process).to_string();
        let known = self.events.last().map_or(0, |event| event.number + 1);
        if journal.len() > known {
            let new = journal.iter_from(known).zip(known..);
            self.events.extend(new.map(|(entry, number)| events::line(number, entry, world.start(), &names)));
        }
        if self.events.len() > EVENTS_KEPT * 2 {
            let old = self.events.drain(..self.events.len() - EVENTS_KEPT);
            old.for_each(|event| self.ticks.take(&event));
        }
        forked
    }
}

#[cfg(test)]
mod tests {
    use super::super::msg::{Msg, Theme};
    use super::super::{AppState, update};
    use crate::view::hit::Target;
    use crate::view::narrate::{describe, stage_label};
    use crate::view::scene::{Row, Tone};
    use crate::view::words::Words;

    fn run(state: &mut AppState, line: &str) {
        update(state, Msg::Line(line.into()));
        while state.is_working() {
            update(state, Msg::Work(u64::MAX));
        }
    }

    /// A page with one replica of each partition.
    fn single() -> AppState {
        let mut state = AppState::new(Words::English, Theme::Light, true);
        run(&mut state, "sim new --preset trio");
        run(&mut state, "kafka-topics --create --topic orders --partitions 3 --replication-factor 1");
        run(&mut state, "sim advance 100ms");
        state
    }

    /// The row that broker 2 has alone.
    fn row_of_two(state: &AppState) -> &Row {
        state.scene.rows.iter().find(|row| row.replicas == [2]).expect("broker 2 has a replica")
    }

    #[test]
    fn a_dead_leader_is_silent_until_the_metadata_say_that_there_is_none() {
        let mut state = single();
        assert!(!row_of_two(&state).leader_silent);
        run(&mut state, "sim kill 2");
        let row = row_of_two(&state);
        assert_eq!((row.leader, row.leader_silent, row.trouble()), (Some(2), true, Tone::Failing));
        let label = stage_label(&state.scene, Words::English);
        assert!(label.ends_with(" orders-2: leader does not answer."), "{label}");
        assert!(stage_label(&state.scene, Words::Korean).ends_with(" orders-2: 리더가 응답하지 않음."));
        assert_eq!(describe(&state.scene, &Target::Broker(2), Words::English).1, ["killed", "leads orders-2"]);
        run(&mut state, "sim advance 15s");
        let row = row_of_two(&state);
        assert_eq!((row.leader, row.leader_silent, row.trouble()), (None, false, Tone::Failing));
        assert!(stage_label(&state.scene, Words::English).contains("orders-2: no leader."));
        run(&mut state, "sim start 2 ; sim advance 15s");
        let row = row_of_two(&state);
        assert_eq!((row.leader, row.leader_silent, row.trouble()), (Some(2), false, Tone::Plain));
    }

    #[test]
    fn a_leader_that_stands_still_does_not_answer_either() {
        let mut state = single();
        run(&mut state, "sim freeze 2");
        assert_eq!((row_of_two(&state).leader, row_of_two(&state).leader_silent), (Some(2), true));
        run(&mut state, "sim thaw 2");
        assert_eq!((row_of_two(&state).leader, row_of_two(&state).leader_silent), (Some(2), false));
    }
}
