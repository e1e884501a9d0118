//! The run on the page: the shell with its timeline, and the playhead.
//!
//! The playhead has a fraction of a microsecond that the world does not know, so that slow motion is smooth. The list of
//! events is kept to the end of the branch, also while the playhead stands in the past.

use crate::kafka::ids::ProcessId;
use crate::shell::Shell;
use crate::shell::complete::complete;
use crate::shell::output::Output;
use crate::shell::places;
use crate::sim::scenario::Scenario;
use crate::sim::state;
use crate::sim::timeline::{Moment, Timeline};
use crate::time::{SimDuration, SimTime};
use crate::view::events;
use crate::view::keys::KeyMarks;
use crate::view::project::project;
use crate::view::scene::{EventLine, Scene};

/// What a console line answered.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
    /// Tools in the background that ended during the line, by name.
    pub ended: Vec<(String, Answer)>,
}

impl Answer {
    fn of(output: &Output) -> Answer {
        Answer { stdout: output.stdout_text(), stderr: output.stderr.clone(), status: output.status, ended: Vec::new() }
    }
}

/// Instants with events that one frame may pass; a run that is busier than that falls behind its speed.
const INSTANTS_PER_FRAME: u32 = 1_500;

/// A cluster, its past, and where the playhead stands.
pub struct Run {
    shell: Shell<'static>,
    timeline: Timeline,
    marks: KeyMarks,
    /// Part of a microsecond that the playhead is beyond the world's clock.
    fraction: f64,
    events: Vec<EventLine>,
    /// The end of the branch when the events were last read.
    end: Option<Moment>,
    last_answer: Answer,
}

impl Default for Run {
    /// A fresh trio.
    fn default() -> Self {
        let scenario = Scenario::preset("trio").expect("trio is a preset");
        let mut run = Run {
            shell: Shell::new(&[]),
            timeline: Timeline::new(scenario),
            marks: KeyMarks::default(),
            fraction: 0.0,
            events: Vec::new(),
            end: None,
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

    /// Runs a console line at the playhead; `document` are the lines of its here-document.
    pub fn line(&mut self, line: &str, document: &[String]) -> &Answer {
        let outcome = self.shell.run_with(&mut self.timeline, line, document);
        let mut answer = Answer::of(&outcome.output);
        answer.ended = outcome.background.iter().map(|(name, output)| (name.clone(), Answer::of(output))).collect();
        self.last_answer = answer;
        self.fraction = 0.0;
        self.read_events();
        &self.last_answer
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
        project(self.timeline.world(), &mut self.marks)
    }

    /// The playhead with its fraction, for positions between events.
    pub fn playhead_us(&self) -> f64 {
        self.timeline.world().micros() as f64 + self.fraction
    }

    /// The newest moment of the run.
    pub fn newest_us(&self) -> i64 {
        self.timeline.end().at.micros_from(self.start())
    }

    /// Moves the playhead on; says whether the world's clock moved.
    pub fn advance(&mut self, by_us: f64) -> bool {
        let wanted = self.fraction + by_us;
        let whole = wanted.floor();
        self.fraction = wanted - whole;
        let timeline = &mut self.timeline;
        let target = timeline.world().now + SimDuration::from_micros(whole as u64);
        for _ in 0..INSTANTS_PER_FRAME {
            match timeline.next_at().filter(|at| *at <= target) {
                Some(at) => timeline.run_until(at),
                None => {
                    timeline.run_until(target);
                    break;
                }
            }
        }
        self.read_events();
        whole > 0.0
    }

    /// To the next event; false when nothing is due.
    pub fn next_event(&mut self) -> bool {
        self.fraction = 0.0;
        let moved = self.timeline.step().is_some();
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
        true
    }

    /// To a moment in microseconds since the start.
    pub fn seek(&mut self, to_us: i64) {
        self.fraction = 0.0;
        let at = self.start() + SimDuration::from_micros(to_us.max(0) as u64);
        self.timeline.seek_time(at);
        self.read_events();
    }

    /// The events of the run, past the playhead too.
    pub fn events(&self) -> &[EventLine] {
        &self.events
    }

    /// Takes in what the journal has beyond the list. Where the branch ends earlier than before, what lay beyond the playhead
    /// is gone; a run that has just begun is another one.
    fn read_events(&mut self) {
        let timeline = &self.timeline;
        let (journal, end) = (timeline.journal(), timeline.end());
        if end.step == 0 && timeline.commands().is_empty() {
            self.events.clear();
        } else if self.end.is_some_and(|before| end < before) {
            self.events.truncate(journal.len() as usize);
        }
        self.end = Some(end);
        let world = timeline.world();
        let names = |process: ProcessId| world.name_of(process).to_string();
        let known = self.events.len() as u64;
        if journal.len() > known {
            let new = journal.iter_from(known).zip(known..);
            self.events.extend(new.map(|(entry, number)| events::line(number, entry, world.start(), &names)));
        }
    }
}
