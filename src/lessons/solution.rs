//! `sim lesson L05 --solve`: a lesson replays its own solution.

use super::capability::Capability;
use super::run::{Ending, LessonRun};
use crate::shell::Shell;
use crate::shell::output::Output;
use crate::sim::timeline::Timeline;

/// Solves every step that is left. Predictions are answered with what happens; each step's goal is printed with what
/// became of it. A step that is not reached ends it, with what is missing on standard error and status 1.
pub(super) fn solve(run: &mut LessonRun, shell: &mut Shell<'_>, timeline: &mut Timeline) -> Output {
    let mut output = Output::default();
    let lesson = run.lesson().clone();
    for (number, step) in (0..).zip(&lesson.steps) {
        let place = format!("{}.{}", lesson.id, number + 1);
        if run.ending(number) == Some(Ending::Locked) {
            let why = Capability::missing(&step.needs).map_or_else(String::new, |missing| missing.sentence("en"));
            output.out(format!("{place}: locked. {why}"));
        }
        if number != run.step() {
            continue;
        }
        let solved = answer_all(run, timeline, &mut output).and_then(|()| run.solve_step(shell, timeline));
        output.out(format!("{place}: {} - {}", step.goal, solved.is_ok()));
        if let Err(missing) = solved {
            missing.lines().for_each(|line| output.err(line));
            return output.with_status(1);
        }
    }
    output
}

fn answer_all(run: &mut LessonRun, timeline: &Timeline, output: &mut Output) -> Result<(), String> {
    let ids: Vec<String> = run.unlocked().iter().map(|prediction| prediction.id.clone()).collect();
    for id in ids {
        let option = run.confirmed(timeline, &id)?;
        run.lock(timeline, &id, option)?;
        output.out(format!("{id}: {}", option + 1));
    }
    Ok(())
}
