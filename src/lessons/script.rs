//! Lines of a step: how one is carried out with an eye on the goal, and which step's goal `goal` means in it.

use super::lesson::Step;
use super::run::LessonRun;
use crate::shell::Shell;
use crate::shell::output::Output;
use crate::shell::session::needs_document;
use crate::shell::waiting::NextMove;
use crate::sim::timeline::Timeline;

/// Where a learner is in a step's script. `goal` names the step that was open at the script's first line, for a line in
/// front of `sim step --until goal` may have reached it already; so may have any line typed just before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Script {
    step: u32,
    /// Lines of the step's own that have come.
    lines: u32,
    /// The line before waited for the goal.
    waited: bool,
}

const WAIT: &str = "sim step --until goal";

impl Script {
    pub fn of_step(step: u32) -> Script {
        Script { step, ..Script::default() }
    }

    /// The step whose goal `goal` names.
    pub fn step(&self) -> u32 {
        self.step
    }

    pub fn waits_for_goal(line: &str) -> bool {
        line.trim_start().starts_with(WAIT)
    }

    /// Takes note of a line before it is carried out; `open` is the step that is open now.
    pub fn begin_line(&mut self, line: &str, open: u32, steps: &[Step]) {
        let may_mean_the_step_before = Script::waits_for_goal(line) && !self.waited;
        let goes_on = self.find(line, steps);
        if goes_on.is_none() && self.step < open && !may_mean_the_step_before {
            *self = Script::of_step(open);
        }
        self.lines = goes_on.or_else(|| self.find(line, steps)).unwrap_or(self.lines);
        self.waited = line.contains(WAIT);
    }

    /// How many lines of the script have come if the line is one that is left.
    fn find(&self, line: &str, steps: &[Step]) -> Option<u32> {
        let own = &steps.get(self.step as usize)?.cli;
        let at = own.iter().skip(self.lines as usize).position(|left| left.trim() == line.trim())?;
        Some(self.lines + at as u32 + 1)
    }
}

/// Carries out a line of a lesson to its end, with a look at the goal after every move. The lines of a here-document
/// follow the first one.
pub(super) fn carry_out(run: &mut LessonRun, shell: &mut Shell<'_>, timeline: &mut Timeline, text: &str) -> Output {
    let (line, document) = with_document(text);
    shell.begin(timeline, line, &document);
    loop {
        shell.goal = run.goal_sign();
        match shell.next_move() {
            None => return Output::silent(),
            Some(NextMove::Question(words)) => {
                shell.answer(Output::failed(format!("sim {}: not in the lines of a lesson", words.join(" "))));
            }
            Some(NextMove::Command | NextMove::Event) => {}
        }
        let outcome = shell.make_move(timeline);
        run.observe(timeline);
        if let Some(outcome) = outcome {
            return outcome.output;
        }
    }
}

/// A line and the lines of its here-document.
pub fn with_document(text: &str) -> (&str, Vec<String>) {
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default();
    let Some(end) = needs_document(line) else { return (text, Vec::new()) };
    (line, lines.take_while(|line| *line != end).map(str::to_string).collect())
}
