//! A lesson that is open: which step, what has been reached, what was predicted.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::capability::Capability;
use super::lesson::{Lesson, Prediction, Step};
use super::script::{Script, carry_out};
use crate::goal::{Course, Goal, Mark, Part, Present, Rules, Scope, Watch};
use crate::shell::Shell;
use crate::shell::waiting::GoalSign;
use crate::sim::scenario::Scenario;
use crate::sim::timeline::Timeline;

/// What a learner who is stuck gets, one after the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Hint {
    /// The step's hint.
    Words,
    /// Where to click.
    Click,
    /// The console lines.
    Lines,
}

/// What became of a prediction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The option that was chosen, from 0.
    pub chosen: u32,
    /// The option that happens.
    pub happens: u32,
}

impl Verdict {
    pub fn is_right(&self) -> bool {
        self.chosen == self.happens
    }
}

/// How a step that lies behind came to an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Ending {
    /// Its goal was reached; microseconds since the run's start.
    Reached { at_us: i64 },
    /// It was locked when it opened.
    Locked,
}

/// What of a lesson is no part of the world: it survives every jump in history.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Standing {
    /// Of the steps before the open one.
    pub endings: Vec<Ending>,
    pub verdicts: BTreeMap<String, Verdict>,
    pub hint: Option<Hint>,
    /// Where the lesson and its open step began.
    pub lesson_from: Mark,
    pub step_from: Mark,
    /// Commands that the opening gave.
    pub opening: u64,
}

impl Standing {
    /// Whether it can be the standing of this lesson.
    pub fn fits(&self, lesson: &Lesson) -> bool {
        let all = lesson.steps.iter().flat_map(|step| &step.predictions);
        let options: BTreeMap<&str, usize> = all.map(|asked| (asked.id.as_str(), asked.options.len())).collect();
        let is_good = |(id, verdict): (&String, &Verdict)| {
            options.get(id.as_str()).is_some_and(|count| (verdict.chosen.max(verdict.happens) as usize) < *count)
        };
        self.endings.len() <= lesson.steps.len() && self.verdicts.iter().all(is_good)
    }
}

#[derive(Clone, Debug)]
pub struct LessonRun {
    lesson: Arc<Lesson>,
    goals: Vec<Arc<Goal>>,
    course: Course,
    /// The open step's goal; none when all steps are reached.
    watch: Option<Watch>,
    standing: Standing,
    /// The branch of history that `step_from` is a place of.
    branch: Arc<()>,
    script: Script,
}

impl LessonRun {
    /// Opens a lesson: a fresh cluster with its opening done, at the beginning of the first step. Opening it again is
    /// the way to restart. The lines of the opening go through the shell, which keeps what they start in the background.
    ///
    /// # Errors
    /// A preset that does not exist, or a line of the opening that fails.
    pub fn open(lesson: Arc<Lesson>, shell: &mut Shell<'_>, timeline: &mut Timeline) -> Result<LessonRun, String> {
        let preset = &lesson.preset;
        let scenario = Scenario::preset(preset).ok_or_else(|| format!("there is no preset '{preset}'"))?;
        timeline.restart(scenario);
        shell.forget();
        for line in &lesson.opening_cli {
            let output = shell.run_line(timeline, line).output;
            if output.status != 0 {
                return Err(format!("{}: {line}: {}", lesson.id, output.stderr.trim_end()));
            }
        }
        let from = Present::of(timeline).mark();
        let opening = timeline.now().commands;
        timeline.set_opening(opening);
        let standing = Standing { lesson_from: from, step_from: from, opening, ..Standing::default() };
        LessonRun::standing(lesson, standing, timeline)
    }

    /// A lesson with its standing, on the timeline that belongs to it.
    pub(super) fn standing(lesson: Arc<Lesson>, standing: Standing, timeline: &Timeline) -> Result<LessonRun, String> {
        let goal = |step: &Step| Goal::new(&step.goal, Rules::of(Scope::Step)).map(Arc::new);
        let goals = lesson.steps.iter().map(goal).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        let mut course = Course::beginning(standing.lesson_from);
        course.begin_step(standing.step_from);
        goals.iter().for_each(|goal| course.watch(goal));
        course.answered.extend(standing.verdicts.keys().map(|id| Arc::from(&**id)));
        let branch = timeline.branch().clone();
        let mut run = LessonRun { lesson, goals, course, watch: None, standing, branch, script: Script::default() };
        run.look_up_step();
        Ok(run)
    }

    pub fn lesson(&self) -> &Arc<Lesson> {
        &self.lesson
    }

    /// The open step, from 0; the number of steps when all are reached.
    pub fn step(&self) -> u32 {
        self.standing.endings.len() as u32
    }

    pub fn open_step(&self) -> Option<&Step> {
        self.lesson.steps.get(self.step() as usize)
    }

    /// The goal of a step, from 0.
    pub fn goal(&self, step: u32) -> Option<&Goal> {
        self.goals.get(step as usize).map(|goal| &**goal)
    }

    pub fn is_done(&self) -> bool {
        self.watch.is_none()
    }

    /// How a step ended; none if it is open or lies ahead.
    pub fn ending(&self, step: u32) -> Option<Ending> {
        self.standing.endings.get(step as usize).copied()
    }

    pub(super) fn copy_of_standing(&self) -> Standing {
        self.standing.clone()
    }

    /// Passes over locked steps, and takes up the goal of the one that is open.
    fn look_up_step(&mut self) {
        while self.open_step().is_some_and(|step| Capability::missing(&step.needs).is_some()) {
            self.standing.endings.push(Ending::Locked);
        }
        self.watch = self.goals.get(self.step() as usize).cloned().map(Watch::new);
    }

    /// Looks at the goal of the open step; true if it was reached just now. To be called after every event of the
    /// simulation, every command, every look of the learner and every jump in history.
    pub fn observe(&mut self, timeline: &Timeline) -> bool {
        let present = Present::of(timeline);
        self.place_window(timeline, present.mark());
        self.course.follow(present);
        let Some(watch) = &mut self.watch else { return false };
        if !watch.holds(&self.course, present) {
            return false;
        }
        self.standing.endings.push(Ending::Reached { at_us: timeline.world().micros() });
        self.standing.hint = None;
        self.standing.step_from = present.mark();
        self.course.begin_step(present.mark());
        self.look_up_step();
        true
    }

    /// A step's window begins where the step began. Once the learner has gone back behind that, it begins at the moment
    /// gone back to: for good on a new branch, and on the old one until its own beginning comes again.
    fn place_window(&mut self, timeline: &Timeline, now: Mark) {
        if !Arc::ptr_eq(&self.branch, timeline.branch()) {
            self.branch = timeline.branch().clone();
            self.standing.step_from = self.course.step.min(now);
        }
        let from = if now < self.standing.step_from { self.course.step.min(now) } else { self.standing.step_from };
        let from = from.max(self.standing.lesson_from);
        if from != self.course.step {
            self.course.begin_step(from);
        }
    }

    /// What is missing for the open step's goal, a line each.
    pub fn why(&mut self, timeline: &Timeline) -> Vec<String> {
        let present = Present::of(timeline);
        self.course.follow(present);
        self.watch.as_mut().map_or_else(Vec::new, |watch| watch.why(&self.course, present))
    }

    /// The parts of the open step's goal, each with whether it is true now.
    pub fn parts(&mut self, timeline: &Timeline) -> Vec<Part> {
        let present = Present::of(timeline);
        self.course.follow(present);
        self.watch.as_mut().map_or_else(Vec::new, |watch| watch.parts(&self.course, present))
    }

    /// A goal over the past as the lesson sees it: what a learner asks with `sim goal`.
    pub fn look(&self, goal: Goal, timeline: &Timeline) -> (bool, Vec<String>) {
        let present = Present::of(timeline);
        let mut course = self.course.clone();
        course.watch(&goal);
        course.follow(present);
        let mut watch = Watch::new(Arc::new(goal));
        (watch.holds(&course, present), watch.why(&course, present))
    }

    /// To be called before a line is carried out: `goal` in it may name the step that was open when its script began.
    pub fn begin_line(&mut self, line: &str) {
        self.script.begin_line(line, self.step(), &self.lesson.steps);
    }

    /// What `sim step --until goal` waits for.
    pub fn goal_sign(&self) -> GoalSign {
        let is_reached = self.is_done() || self.script.step() < self.step();
        if is_reached { GoalSign::Reached } else { GoalSign::Open }
    }

    /// Carries out all lines of the open step; stops at the first that fails.
    ///
    /// # Errors
    /// The line that failed and what it said, or what is still missing behind the last one.
    pub fn solve_step(&mut self, shell: &mut Shell<'_>, timeline: &mut Timeline) -> Result<(), String> {
        let step = self.step();
        let Some(lines) = self.open_step().map(|step| step.cli.clone()) else { return Ok(()) };
        self.script = Script::of_step(step);
        for line in lines {
            let output = carry_out(self, shell, timeline, &line);
            if output.status != 0 && !Script::waits_for_goal(&line) {
                return Err(format!("{line}: {}", output.stderr.trim_end()));
            }
        }
        if self.step() > step { Ok(()) } else { Err(self.why(timeline).join("\n")) }
    }

    fn open_prediction(&self, id: &str) -> Result<&Prediction, String> {
        let open = self.open_step().map_or(&[][..], |step| &step.predictions);
        if let Some(prediction) = open.iter().find(|prediction| prediction.id == id) {
            return Ok(prediction);
        }
        match (self.lesson.prediction_ids().contains(id), self.verdict(id)) {
            (_, Some(_)) => Err(format!("{id} is locked")),
            (true, None) => Err(format!("{id} is not asked now")),
            (false, None) => Err(format!("{} has no prediction {id}", self.lesson.id)),
        }
    }

    /// Predictions of the open step that are not locked yet. Time should wait for them.
    pub fn unlocked(&self) -> Vec<&Prediction> {
        let open = self.open_step().map_or(&[][..], |step| &step.predictions);
        open.iter().filter(|prediction| self.verdict(&prediction.id).is_none()).collect()
    }

    /// Locks a prediction; what happens is found out on a fork that begins here. Options count from 0.
    ///
    /// # Errors
    /// A prediction that is not asked now, or is locked already; an option that does not exist; a fork that cannot be
    /// judged.
    pub fn lock(&mut self, timeline: &Timeline, id: &str, chosen: u32) -> Result<Verdict, String> {
        let prediction = self.open_prediction(id)?;
        if self.verdict(id).is_some() {
            return Err(format!("{id} is locked"));
        }
        if chosen as usize >= prediction.options.len() {
            return Err(format!("{id} has {} options", prediction.options.len()));
        }
        let happens = self.confirmed(timeline, id)?;
        let verdict = Verdict { chosen, happens };
        self.standing.verdicts.insert(id.to_string(), verdict);
        self.course.answered.insert(Arc::from(id));
        Ok(verdict)
    }

    /// The option that happens, from 0.
    ///
    /// # Errors
    /// As [`Self::judge`], and if not exactly one option comes true.
    pub fn confirmed(&self, timeline: &Timeline, id: &str) -> Result<u32, String> {
        let prediction = self.open_prediction(id)?;
        let truths: Vec<bool> = match prediction.judge {
            Some(_) => prediction.options.iter().map(|option| option.correct).collect(),
            None => self.judge(timeline, id)?,
        };
        let mut happening = (0..).zip(truths).filter(|(_, is_true)| *is_true).map(|(option, _)| option);
        match (happening.next(), happening.next()) {
            (Some(option), None) => Ok(option),
            _ => Err(format!("{id}: not exactly one option comes true")),
        }
    }

    /// Which options of a prediction come true on a fork from here that runs the lines it is judged after.
    ///
    /// # Errors
    /// A prediction that is not asked now, or a line that fails.
    pub fn judge(&self, timeline: &Timeline, id: &str) -> Result<Vec<bool>, String> {
        let prediction = self.open_prediction(id)?;
        let mut fork = timeline.clone();
        let mut course = Course::beginning(Present::of(&fork).mark());
        let judgement = |when: &str| Goal::new(when, Rules::of(Scope::Judgement)).map_err(|error| error.to_string());
        let whens = prediction.options.iter().map(|option| judgement(option.when.as_deref().unwrap_or("false")));
        let goals = whens.collect::<Result<Vec<_>, String>>()?;
        goals.iter().for_each(|goal| course.watch(goal));
        let mut run = self.clone();
        run.course.answered.extend(self.lesson.prediction_ids().iter().map(|id| Arc::from(&**id)));
        run.script = Script::of_step(self.step());
        let own = self.open_step().map_or(&[][..], |step| &step.cli);
        let mut shell = Shell::new(&[]);
        for line in prediction.judge_after.as_deref().unwrap_or(own) {
            let output = carry_out(&mut run, &mut shell, &mut fork, line);
            // A goal that does not come about on the fork is no error: the options say what does.
            if output.status != 0 && !Script::waits_for_goal(line) {
                return Err(format!("{line}: {}", output.stderr.trim_end()));
            }
        }
        let present = Present::of(&fork);
        course.follow(present);
        Ok(goals.into_iter().map(|goal| Watch::new(Arc::new(goal)).holds(&course, present)).collect())
    }

    /// What became of a locked prediction.
    pub fn verdict(&self, id: &str) -> Option<&Verdict> {
        self.standing.verdicts.get(id)
    }

    /// The hint that is shown.
    pub fn hint(&self) -> Option<Hint> {
        self.standing.hint
    }

    /// The next hint of the open step; the last one stays. None when no step is open.
    pub fn next_hint(&mut self) -> Option<Hint> {
        self.open_step()?;
        let next = match self.standing.hint {
            None => Hint::Words,
            Some(Hint::Words) => Hint::Click,
            Some(Hint::Click | Hint::Lines) => Hint::Lines,
        };
        self.standing.hint = Some(next);
        Some(next)
    }
}
