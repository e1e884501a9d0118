//! What a panel shows of an open lesson, in one language. What would give an answer away is not in it before its time.

use super::capability::Capability;
use super::lesson::{Lesson, Prediction, StepTexts, Texts};
use super::run::{Ending, Hint, LessonRun};
use crate::goal::Part;
use crate::sim::timeline::Timeline;

#[derive(Clone, PartialEq, Debug)]
pub struct Panel {
    pub id: String,
    pub chapter: u32,
    /// How long it takes, in minutes.
    pub minutes: u32,
    pub title: String,
    pub idea: String,
    pub misconception: String,
    /// Configs that are not Kafka's defaults, for a banner.
    pub differs: Vec<(String, String)>,
    pub steps: Vec<StepPanel>,
    /// The open step, from 0; none when the lesson is done.
    pub open: Option<u32>,
    /// The point of it all, when the lesson is done.
    pub aha: Option<String>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct StepPanel {
    /// From 1.
    pub number: u32,
    pub title: String,
    pub state: StepState,
    pub narration: String,
    /// What there is to see.
    pub animation: String,
    pub predictions: Vec<PredictionPanel>,
    /// The parts of the goal as they stand; of the open step and of those that are reached.
    pub goal: Vec<GoalPanel>,
    /// The hints taken so far, in order; there are three.
    pub hints: Vec<HintPanel>,
    /// What to take along, when the step is reached.
    pub insight: Option<String>,
}

/// A part of a step's goal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoalPanel {
    /// What is to be reached; empty where the part asks for a locked prediction.
    pub text: String,
    /// The same in the language of goals.
    pub source: String,
    pub holds: bool,
    /// How far it has come, of how far, if it counts.
    pub counted: Option<(i64, i64)>,
    /// What is there now, or is missing.
    pub why: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepState {
    Ahead,
    Open,
    /// In microseconds since the run's start.
    Reached {
        at_us: i64,
    },
    /// What it needs is not built: one sentence.
    Locked(String),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HintPanel {
    Words(String),
    Click(String),
    /// Console lines: a click may enter them.
    Lines(Vec<String>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PredictionPanel {
    pub id: String,
    pub question: String,
    pub options: Vec<OptionPanel>,
    pub state: PredictionState,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OptionPanel {
    pub text: String,
    /// Why one could believe it; only of a wrong option, once the outcome is told.
    pub tempting: Option<String>,
}

/// Options count from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PredictionState {
    /// Its step lies ahead.
    Ahead,
    /// To be locked before time moves.
    Asked,
    /// The step is not reached yet.
    Locked { chosen: u32 },
    /// The step is reached, and the outcome with it.
    Told { chosen: u32, happens: u32 },
    /// Its step was locked.
    Skipped,
}

impl Panel {
    /// The panel of a run; `tag` is the language of the texts, `en` or `ko`.
    pub fn of(run: &mut LessonRun, timeline: &Timeline, texts: &Texts, tag: &str) -> Panel {
        let lesson = run.lesson().clone();
        let parts = run.parts(timeline);
        let steps = (0..).zip(lesson.steps.iter().zip(&texts.steps)).map(|(number, (_, words))| {
            let mut panel = step(run, &lesson, number, words, texts, tag);
            panel.goal = match panel.state {
                StepState::Open => goals(parts.iter().map(|part| part.panel(tag)), &words.goals),
                StepState::Reached { .. } => goals(reached(run, number).into_iter(), &words.goals),
                StepState::Ahead | StepState::Locked(_) => Vec::new(),
            };
            panel
        });
        Panel {
            steps: steps.collect(),
            id: lesson.id.clone(),
            chapter: lesson.chapter,
            minutes: lesson.minutes,
            title: texts.title.clone(),
            idea: texts.idea.clone(),
            misconception: texts.misconception.clone(),
            differs: lesson.differs.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            open: (!run.is_done()).then(|| run.step()),
            aha: run.is_done().then(|| texts.aha.clone()),
        }
    }
}

impl Part {
    /// As a panel shows it, without its sentence; whether it asks for a prediction.
    fn panel(&self, tag: &str) -> (GoalPanel, bool) {
        let why = self.why.iter().map(|missing| missing.in_words(tag)).filter(|words| !words.is_empty()).collect();
        let text = String::new();
        (GoalPanel { text, source: self.text.clone(), holds: self.holds, counted: self.counted, why }, self.asks)
    }
}

/// The parts of a goal that was reached.
fn reached(run: &LessonRun, step: u32) -> Vec<(GoalPanel, bool)> {
    let part = |(source, asks): (&str, bool)| {
        let (text, source) = (String::new(), source.to_string());
        (GoalPanel { text, source, holds: true, counted: None, why: Vec::new() }, asks)
    };
    run.goal(step).map_or_else(Vec::new, |goal| goal.parts().into_iter().map(part).collect())
}

/// Gives the parts their sentences; one that has none shows its source.
fn goals(parts: impl Iterator<Item = (GoalPanel, bool)>, texts: &[String]) -> Vec<GoalPanel> {
    let mut texts = texts.iter();
    let with_text = |(mut panel, asks): (GoalPanel, bool)| {
        if !asks {
            panel.text = texts.next().cloned().unwrap_or_else(|| format!("`{}`", panel.source));
        }
        panel
    };
    parts.map(with_text).collect()
}

fn step(run: &LessonRun, lesson: &Lesson, number: u32, words: &StepTexts, texts: &Texts, tag: &str) -> StepPanel {
    let data = &lesson.steps[number as usize];
    let state = match run.ending(number) {
        Some(Ending::Reached { at_us }) => StepState::Reached { at_us },
        Some(Ending::Locked) => {
            let missing = Capability::missing(&data.needs);
            StepState::Locked(missing.map_or_else(String::new, |missing| missing.sentence(tag)))
        }
        None if number == run.step() => StepState::Open,
        None => StepState::Ahead,
    };
    let is_open = state == StepState::Open;
    StepPanel {
        number: number + 1,
        title: words.title.clone(),
        narration: words.narration.clone(),
        animation: words.animation.clone(),
        predictions: data.predictions.iter().filter_map(|data| prediction(run, data, &state, texts)).collect(),
        goal: Vec::new(),
        hints: run.hint().filter(|_| is_open).map_or_else(Vec::new, |last| hints(last, words, &data.cli)),
        insight: matches!(state, StepState::Reached { .. }).then(|| words.insight.clone()),
        state,
    }
}

fn hints(last: Hint, words: &StepTexts, lines: &[String]) -> Vec<HintPanel> {
    let all = [
        (Hint::Words, HintPanel::Words(words.hint.clone())),
        (Hint::Click, HintPanel::Click(words.click.clone())),
        (Hint::Lines, HintPanel::Lines(lines.to_vec())),
    ];
    all.into_iter().filter(|(hint, _)| *hint <= last).map(|(_, panel)| panel).collect()
}

fn prediction(run: &LessonRun, data: &Prediction, step: &StepState, texts: &Texts) -> Option<PredictionPanel> {
    let words = texts.predictions.get(&data.id)?;
    let state = match (run.verdict(&data.id), step) {
        (Some(verdict), StepState::Open) => PredictionState::Locked { chosen: verdict.chosen },
        (Some(verdict), _) => PredictionState::Told { chosen: verdict.chosen, happens: verdict.happens },
        (None, StepState::Open) => PredictionState::Asked,
        (None, StepState::Ahead) => PredictionState::Ahead,
        (None, StepState::Reached { .. } | StepState::Locked(_)) => PredictionState::Skipped,
    };
    let is_told = matches!(state, PredictionState::Told { .. });
    let options = words.options.iter().map(|option| OptionPanel {
        text: option.text.clone(),
        tempting: Some(option.tempting.clone()).filter(|text| is_told && !text.is_empty()),
    });
    Some(PredictionPanel { id: data.id.clone(), question: words.question.clone(), options: options.collect(), state })
}
