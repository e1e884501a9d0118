//! A lesson that is open: which step, what has been reached, what was predicted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lesson::{Lesson, Prediction};
use crate::goal::{Course, Goal, Present, Rules, Scope, Watch};
use crate::shell::Shell;
use crate::shell::output::Output;
use crate::sim::scenario::Scenario;
use crate::sim::timeline::Timeline;
use crate::time::SimDuration;

/// What a learner who is stuck gets, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Hint {
    /// The step's hint.
    Words,
    /// Where to click.
    Click,
    /// The console lines.
    Lines,
}

/// What became of a prediction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The option that was chosen, from 0.
    pub chosen: u32,
    /// The option that happens.
    pub happens: u32,
}

/// Virtual time that `sim step --until goal` waits.
const GOAL_LIMIT: SimDuration = SimDuration::from_secs(600);

#[derive(Clone, Debug)]
pub struct LessonRun {
    lesson: Arc<Lesson>,
    goals: Vec<Arc<Goal>>,
    course: Course,
    /// The open step's goal; none when all steps are reached.
    watch: Option<Watch>,
    step: u32,
    verdicts: BTreeMap<String, Verdict>,
    hint: Option<Hint>,
}

impl LessonRun {
    /// Opens a lesson: a fresh cluster with its opening done, at the beginning of the first step. Opening it again is
    /// the way to restart.
    ///
    /// # Errors
    /// A preset that does not exist, or a line of the opening that fails.
    pub fn open(lesson: Arc<Lesson>) -> Result<(LessonRun, Timeline), String> {
        let preset = &lesson.preset;
        let scenario = Scenario::preset(preset).ok_or_else(|| format!("there is no preset '{preset}'"))?;
        let mut timeline = Timeline::new(scenario);
        let mut shell = Shell::new(&[]);
        for line in &lesson.opening_cli {
            let output = shell.run_line(&mut timeline, line).output;
            if output.status != 0 {
                return Err(format!("{}: {line}: {}", lesson.id, output.stderr));
            }
        }
        let goals = lesson.steps.iter().map(|step| {
            let goal = Goal::new(&step.goal, Rules::of(Scope::Step)).map_err(|error| error.to_string())?;
            Ok(Arc::new(goal))
        });
        let goals = goals.collect::<Result<Vec<_>, String>>()?;
        let mut course = Course::beginning(Present::of(&timeline).mark());
        goals.iter().for_each(|goal| course.watch(goal));
        let watch = goals.first().cloned().map(Watch::new);
        let (verdicts, hint) = (BTreeMap::new(), None);
        Ok((LessonRun { lesson, goals, course, watch, step: 0, verdicts, hint }, timeline))
    }

    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The open step, from 0; the number of steps when all are reached.
    pub fn step(&self) -> u32 {
        self.step
    }

    pub fn is_done(&self) -> bool {
        self.watch.is_none()
    }

    /// Looks at the goal of the open step; true if it was reached just now. To be called after every event of the
    /// simulation and after every look of the learner.
    pub fn observe(&mut self, timeline: &Timeline) -> bool {
        let present = Present::of(timeline);
        self.course.follow(present);
        let Some(watch) = &mut self.watch else { return false };
        if !watch.holds(&self.course, present) {
            return false;
        }
        self.step += 1;
        self.hint = None;
        self.watch = self.goals.get(self.step as usize).cloned().map(Watch::new);
        self.course.begin_step(present.mark());
        true
    }

    /// To be called before a command is given in the past: what began behind the playhead begins there now.
    pub fn fork(&mut self, timeline: &Timeline) {
        if timeline.is_in_past() {
            self.course.fork(Present::of(timeline).mark());
        }
    }

    /// What is missing for the open step's goal, a line each.
    pub fn why(&mut self, timeline: &Timeline) -> Vec<String> {
        let present = Present::of(timeline);
        self.course.follow(present);
        self.watch.as_mut().map_or_else(Vec::new, |watch| watch.why(&self.course, present))
    }

    /// Carries out a console line, with a look at the goal after every event.
    pub fn line(&mut self, shell: &mut Shell<'_>, timeline: &mut Timeline, line: &str) -> Output {
        if line.trim() == "sim step --until goal" {
            return self.until_goal(timeline);
        }
        self.fork(timeline);
        shell.begin(timeline, line, &[]);
        loop {
            let outcome = shell.go_on(timeline, 1);
            self.observe(timeline);
            if let Some(outcome) = outcome {
                return outcome.output;
            }
        }
    }

    /// Lets time pass until the open step's goal is reached. A goal that the lines before have reached is the one meant.
    fn until_goal(&mut self, timeline: &mut Timeline) -> Output {
        let limit = timeline.world().now + GOAL_LIMIT;
        while !self.observe(timeline) {
            if timeline.next_at().is_none_or(|at| at > limit) || timeline.step().is_none() {
                let why = self.why(timeline).join("\n");
                return Output::failed(format!("the goal was not reached within 10 minutes\n{why}"));
            }
        }
        Output::silent()
    }

    /// Carries out all lines of the open step; stops at the first that fails.
    ///
    /// # Errors
    /// The line that failed and what it said, or what is still missing behind the last one.
    pub fn solve_step(&mut self, shell: &mut Shell<'_>, timeline: &mut Timeline) -> Result<(), String> {
        let step = self.step;
        let Some(lines) = self.lesson.steps.get(step as usize).map(|step| step.cli.clone()) else { return Ok(()) };
        for line in lines {
            // The goal may come about before the line that waits for it.
            if self.step > step && line.trim() == "sim step --until goal" {
                continue;
            }
            let output = self.line(shell, timeline, &line);
            if output.status != 0 {
                return Err(format!("{line}: {}", output.stderr));
            }
        }
        if self.step > step { Ok(()) } else { Err(self.why(timeline).join("\n")) }
    }

    fn open_prediction(&self, id: &str) -> Result<&Prediction, String> {
        let open = self.lesson.steps.get(self.step as usize).map_or(&[][..], |step| &step.predictions);
        open.iter().find(|prediction| prediction.id == id).ok_or_else(|| format!("{id} is not asked now"))
    }

    /// Locks a prediction; what happens is found out on a fork that begins here. Options count from 0.
    ///
    /// # Errors
    /// A prediction that is not asked now, or is locked already; an option that does not exist; a fork that cannot be
    /// judged.
    pub fn lock(&mut self, timeline: &Timeline, id: &str, chosen: u32) -> Result<Verdict, String> {
        let prediction = self.open_prediction(id)?.clone();
        if self.verdicts.contains_key(id) {
            return Err(format!("{id} is locked"));
        }
        if chosen as usize >= prediction.options.len() {
            return Err(format!("{id} has {} options", prediction.options.len()));
        }
        let happens = match prediction.judge {
            Some(_) => prediction.options.iter().position(|option| option.correct),
            None => {
                let truths = self.judge(timeline, id)?;
                let mut happening = (0..truths.len()).filter(|option| truths[*option]);
                happening.next().filter(|_| happening.next().is_none())
            }
        };
        let happens = happens.ok_or_else(|| format!("{id}: not exactly one option comes true"))? as u32;
        let verdict = Verdict { chosen, happens };
        self.verdicts.insert(id.to_string(), verdict.clone());
        self.course.answered.insert(Arc::from(id));
        Ok(verdict)
    }

    /// Which options of a prediction come true on a fork from here that runs the lines it is judged after.
    ///
    /// # Errors
    /// A prediction that is not asked now, or a line that fails.
    pub fn judge(&self, timeline: &Timeline, id: &str) -> Result<Vec<bool>, String> {
        let prediction = self.open_prediction(id)?;
        let mut fork = timeline.clone();
        let mut course = Course::beginning(Present::of(&fork).mark());
        let goals = prediction.options.iter().map(|option| {
            let when = option.when.as_deref().unwrap_or("false");
            Goal::new(when, Rules::of(Scope::Judgement)).map_err(|error| error.to_string())
        });
        let goals = goals.collect::<Result<Vec<_>, String>>()?;
        goals.iter().for_each(|goal| course.watch(goal));
        let mut run = self.clone();
        run.course.answered.insert(Arc::from(id));
        let step = &self.lesson.steps[self.step as usize];
        let mut shell = Shell::new(&[]);
        for line in prediction.judge_after.as_ref().unwrap_or(&step.cli) {
            if run.step > self.step && line.trim() == "sim step --until goal" {
                continue;
            }
            let output = run.line(&mut shell, &mut fork, line);
            // A goal that does not come about on the fork is no error: the options say what does.
            if output.status != 0 && line.trim() != "sim step --until goal" {
                return Err(format!("{line}: {}", output.stderr));
            }
        }
        let present = Present::of(&fork);
        course.follow(present);
        Ok(goals.into_iter().map(|goal| Watch::new(Arc::new(goal)).holds(&course, present)).collect())
    }

    /// What became of a locked prediction.
    pub fn verdict(&self, id: &str) -> Option<&Verdict> {
        self.verdicts.get(id)
    }

    /// The next hint of the open step; the last one stays.
    pub fn next_hint(&mut self) -> Hint {
        let next = match self.hint {
            None => Hint::Words,
            Some(Hint::Words) => Hint::Click,
            Some(Hint::Click | Hint::Lines) => Hint::Lines,
        };
        self.hint = Some(next);
        next
    }
}
