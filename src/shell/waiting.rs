//! Lines that let time pass, in pieces: a line is begun, goes on for so many events at a time, and can be interrupted.
//!
//! Natively a line runs to its end at once ([`Shell::run_with`]); the page lets it go on between frames, so that it can be
//! watched and Esc can end it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::line::{CommandLine, parse};
use super::output::Output;
use super::session::{LineOutcome, Shell, ended_output};
use super::sim::condition::Condition;
use super::sim::execute::{Counts, counts, failure};
use super::sim::parse::WaitFor;
use super::sim::wait::{appended, holds};
use super::tool::Printing;
use crate::kafka::ids::ClientIndex;
use crate::sim::command::Command;
use crate::sim::timeline::Timeline;
use crate::time::{SimDuration, SimTime};

/// Exit status of what was interrupted, as a shell has it after Ctrl+C.
const INTERRUPTED: i32 = 130;

/// How the goal of the open lesson step stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GoalSign {
    #[default]
    NoLesson,
    Open,
    Reached,
}

/// What an open line does next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NextMove {
    /// A command begins; it may act, and lets no time pass.
    Command,
    /// An event of the simulation, or a look whether the wait is over.
    Event,
    /// Nothing, until the layer above has answered these words behind `sim` ([`Shell::answer`]).
    Question(Vec<String>),
}

/// What a line has led to at once.
pub enum Started {
    Ended(Output),
    Waits(Waiting),
}

/// What a line waits for.
pub enum Waiting {
    /// `sim advance`.
    Time { until: SimTime },
    /// `sim step N`.
    Steps { left: u64 },
    /// `sim step --until`; `first` is the length of the journal at the beginning.
    Condition { condition: Condition, limit: SimTime, within: SimDuration, first: u64 },
    /// `sim produce --wait`, until `limit`: a frozen or crashed producer would be waited for without end.
    Produced { name: Arc<str>, wait: WaitFor, count: u64, before: Counts, first: u64, limit: SimTime },
    /// The layer above: `words` stand behind `sim`.
    Answer { words: Vec<String>, answer: Option<Output> },
    /// A tool in the foreground; past `limit` it is interrupted.
    Tool { index: ClientIndex, name: String, limit: SimTime, before: Output, printing: Box<Printing> },
}

impl Waiting {
    /// One event, or nothing and what the line prints if the wait is over.
    fn step(&mut self, timeline: &mut Timeline, goal: GoalSign) -> Option<Output> {
        match self {
            Waiting::Answer { answer, .. } => answer.take(),
            Waiting::Time { until } => {
                if timeline.world().next_at().is_some_and(|next| next <= *until) {
                    timeline.step();
                    return None;
                }
                timeline.run_until(*until);
                Some(Output::silent())
            }
            Waiting::Steps { left: 0 } => Some(Output::silent()),
            Waiting::Steps { left } => {
                *left -= 1;
                timeline.step().is_none().then(|| Output::failed("nothing is left to happen"))
            }
            Waiting::Condition { condition, limit, within, first } => {
                match is_over(timeline, condition, *first, goal) {
                    Ok(true) => return Some(Output::silent()),
                    Ok(false) => {}
                    Err(error) => return Some(Output::failed(error)),
                }
                if timeline.next_at().is_none_or(|at| at > *limit) {
                    timeline.run_until(*limit);
                    let seconds = within.as_millis() / 1000;
                    let late = format!("it did not come about within {seconds} s of virtual time");
                    return Some(Output::failed(late));
                }
                timeline.step();
                None
            }
            Waiting::Produced { name, wait, count, before, first, limit } => {
                let now = counts(timeline, name);
                if let Some(failure) = failure(timeline, name, before.failures) {
                    return Some(Output::failed(failure));
                }
                let wanted = before.sent + *count;
                let reached = match wait {
                    WaitFor::Sent => now.sent >= wanted,
                    WaitFor::Acked => now.ended >= wanted,
                    WaitFor::Appended => appended(timeline, name, *first) >= *count || now.ended >= wanted,
                };
                if reached {
                    return Some(Output::silent());
                }
                let stuck = "the records are still waiting, and will be";
                let goes_on = timeline.next_at().is_some_and(|at| at <= *limit) && timeline.step().is_some();
                (!goes_on).then(|| Output::failed(stuck))
            }
            Waiting::Tool { index, name, limit, before, printing } => {
                if timeline.world().clients.get(index).is_some_and(|slot| slot.is_running()) {
                    if timeline.next_at().is_some_and(|at| at <= *limit) && timeline.step().is_some() {
                        return None;
                    }
                    let _ = timeline.do_now(Command::Interrupt { name: Arc::from(&**name) });
                }
                Some(std::mem::take(before).then(ended_output(timeline, *index, printing)))
            }
        }
    }

    /// Gives up waiting. Time stays where it is; a tool is interrupted and prints what it has.
    fn interrupt(self, timeline: &mut Timeline) -> Output {
        let Waiting::Tool { index, name, before, printing, .. } = self else {
            return Output::failed("interrupted").with_status(INTERRUPTED);
        };
        let _ = timeline.do_now(Command::Interrupt { name: Arc::from(name) });
        before.then(ended_output(timeline, index, &printing)).with_status(INTERRUPTED)
    }
}

fn is_over(timeline: &Timeline, condition: &Condition, first: u64, goal: GoalSign) -> Result<bool, String> {
    match (condition, goal) {
        (Condition::Goal, GoalSign::NoLesson) => Err("no lesson is open: sim lesson L05 opens one".to_string()),
        (Condition::Goal, _) => Ok(goal == GoalSign::Reached),
        _ => holds(timeline, condition, first),
    }
}

/// A line that has been begun.
pub struct OpenLine {
    /// The commands that are left, the one in front included.
    commands: VecDeque<CommandLine>,
    document: Vec<String>,
    outcome: LineOutcome,
    /// What the command in front waits for, and where its output goes.
    front: Option<(Waiting, Option<String>)>,
}

impl Shell<'_> {
    /// Begins a line; `document` are the lines of its here-document. A line that is still open is given up.
    pub fn begin(&mut self, timeline: &mut Timeline, line: &str, document: &[String]) {
        let _ = self.interrupt(timeline);
        let mut outcome = LineOutcome::default();
        let commands = parse(line).unwrap_or_else(|error| {
            outcome.output = Output::failed(error);
            Vec::new()
        });
        let commands = commands.into();
        self.open = Some(OpenLine { commands, document: document.to_vec(), outcome, front: None });
    }

    /// Whether a line is open.
    pub fn is_busy(&self) -> bool {
        self.open.is_some()
    }

    /// What the open line does next; None if no line is open.
    pub fn next_move(&self) -> Option<NextMove> {
        Some(match self.open.as_ref()?.front.as_ref() {
            Some((Waiting::Answer { words, answer: None }, _)) => NextMove::Question(words.clone()),
            Some(_) => NextMove::Event,
            None => NextMove::Command,
        })
    }

    /// Makes the next move; what the line led to, if it has ended with that.
    pub fn make_move(&mut self, timeline: &mut Timeline) -> Option<LineOutcome> {
        let mut open = self.open.take()?;
        if let Some((waiting, into)) = &mut open.front {
            if let Some(output) = waiting.step(timeline, self.goal) {
                let into = into.take();
                open.front = None;
                self.end_command(timeline, &mut open, output, into);
            }
        } else if let Some(command) = open.commands.front() {
            let (started, into) = self.begin_command(timeline, command, &open.document);
            match started {
                Started::Ended(output) => self.end_command(timeline, &mut open, output, into),
                Started::Waits(waiting) => open.front = Some((waiting, into)),
            }
        }
        if open.front.is_none() && open.commands.is_empty() {
            return Some(open.outcome);
        }
        self.open = Some(open);
        None
    }

    /// Lets the open line go on for at most so many events, or up to a question; what it led to, if it has ended.
    pub fn go_on(&mut self, timeline: &mut Timeline, events: u64) -> Option<LineOutcome> {
        let mut left = events;
        loop {
            match self.next_move()? {
                NextMove::Question(_) => return None,
                NextMove::Event if left == 0 => return None,
                NextMove::Event => left -= 1,
                NextMove::Command => {}
            }
            if let Some(outcome) = self.make_move(timeline) {
                return Some(outcome);
            }
        }
    }

    /// The answer to the question that the open line asks.
    pub fn answer(&mut self, output: Output) {
        let front = self.open.as_mut().and_then(|open| open.front.as_mut());
        if let Some((Waiting::Answer { answer, .. }, _)) = front {
            *answer = Some(output);
        }
    }

    /// Lays the open line aside, so that other lines can be carried out before it goes on.
    pub fn set_aside(&mut self) -> Option<OpenLine> {
        self.open.take()
    }

    /// Takes a line up again that was laid aside.
    pub fn take_up(&mut self, line: Option<OpenLine>) {
        self.open = line;
    }

    /// Gives the open line up (Esc): what it did stays done.
    pub fn interrupt(&mut self, timeline: &mut Timeline) -> Option<LineOutcome> {
        let mut open = self.open.take()?;
        if let Some((waiting, into)) = open.front.take() {
            let output = waiting.interrupt(timeline);
            self.end_command(timeline, &mut open, output, into);
        }
        Some(open.outcome)
    }

    /// The command in front has ended: its output joins the line's, and after a failure the rest of the line is dropped.
    fn end_command(&mut self, timeline: &mut Timeline, open: &mut OpenLine, output: Output, into: Option<String>) {
        let Some(command) = open.commands.pop_front() else { return };
        let printed = self.finish_command(timeline, output, into, &mut open.outcome.background);
        let failed = printed.status != 0;
        let output = std::mem::take(&mut open.outcome.output).then(printed);
        open.outcome.output = if command.negated { output.with_status(i32::from(!failed)) } else { output };
        if open.outcome.output.status != 0 {
            open.commands.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Scenario;

    fn trio() -> (Shell<'static>, Timeline) {
        (Shell::new(&[]), Timeline::new(Scenario::preset("trio").expect("trio is a preset")))
    }

    #[test]
    fn a_line_in_pieces_does_what_it_does_at_once() {
        let line = "sim advance 3s ; kafka-topics --create --topic orders --partitions 3 ; sim step 20 ; sim digest";
        let (mut shell, mut timeline) = trio();
        let at_once = shell.run_line(&mut timeline, line);
        let (mut shell, mut timeline) = trio();
        shell.begin(&mut timeline, line, &[]);
        let mut pieces = 1;
        let in_pieces = loop {
            match shell.go_on(&mut timeline, 3) {
                Some(outcome) => break outcome,
                None => pieces += 1,
            }
        };
        assert_eq!(in_pieces, at_once);
        assert!(pieces > 10 && !shell.is_busy(), "{pieces}");
    }

    #[test]
    fn an_interrupted_line_leaves_time_where_it_is_and_drops_the_rest() {
        let (mut shell, mut timeline) = trio();
        shell.begin(&mut timeline, "sim advance 1h ; sim kill 1", &[]);
        assert_eq!(shell.go_on(&mut timeline, 50), None);
        let outcome = shell.interrupt(&mut timeline).expect("a line was open");
        assert_eq!((outcome.output.status, outcome.output.stderr.as_str()), (130, "interrupted\n"));
        assert!(timeline.now().at < timeline.scenario().start + SimDuration::from_secs(3600));
        assert_eq!(timeline.world().nodes.values().filter(|slot| slot.node().is_none()).count(), 0);
        assert_eq!(shell.interrupt(&mut timeline), None);
    }

    #[test]
    fn an_interrupted_tool_ends() {
        let (mut shell, mut timeline) = trio();
        shell.run_line(&mut timeline, "kafka-topics --create --topic orders");
        shell.begin(&mut timeline, "kafka-console-consumer --topic orders --max-messages 5", &[]);
        assert_eq!(shell.go_on(&mut timeline, 100), None);
        let outcome = shell.interrupt(&mut timeline).expect("a line was open");
        assert_eq!(outcome.output.status, 130);
        assert!(timeline.world().clients.values().all(|slot| !slot.is_running()));
    }
}
