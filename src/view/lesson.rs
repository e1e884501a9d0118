//! The lesson column as plain data: what stands in it at this moment, in the language of the page.

use super::clock::moment;
use super::prose::{Prose, plain, prose};
use super::scene::Scene;
use super::words::Words;
use crate::lessons::Panel;
use crate::lessons::panel::{GoalPanel, HintPanel, PredictionPanel, PredictionState, StepPanel, StepState};

/// Hints that a step has.
pub const HINTS: u32 = 3;

/// The column of an open lesson.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    pub id: String,
    /// `Chapter 2 · The producer`.
    pub chapter: String,
    /// `10 min`.
    pub minutes: String,
    pub title: Prose,
    pub cells: Vec<Cell>,
    /// `Step 3 of 6`.
    pub place: String,
    pub page: Page,
    pub foot: Foot,
}

/// What the column shows below its head.
#[derive(Clone, PartialEq, Debug)]
pub enum Page {
    Step(Box<StepPage>),
    /// Every step is behind.
    End(EndPage),
}

/// A step as a cell of a log.
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// From 0.
    pub step: u32,
    pub look: CellLook,
    /// It is the one that is looked at.
    pub shown: bool,
    /// It can be looked at.
    pub open: bool,
    pub label: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CellLook {
    Done,
    Now,
    Ahead,
    Locked,
}

#[derive(Clone, PartialEq, Debug)]
pub struct StepPage {
    /// From 0.
    pub step: u32,
    pub title: Prose,
    /// The idea of the lesson, in front of its first step.
    pub idea: Option<Prose>,
    /// Configs that are not Kafka's defaults, in front of the first step.
    pub differs: Vec<(String, String)>,
    pub narration: Prose,
    pub predictions: Vec<Card>,
    pub goals: Vec<GoalLine>,
    /// What there is to see; kept back while it would answer a prediction.
    pub watch: Option<Prose>,
    pub hints: Vec<HintCard>,
    pub insight: Option<Prose>,
    /// Why the step was skipped.
    pub locked: Option<String>,
    /// The moment that decided it can be seen again: when it was.
    pub replay: Option<String>,
}

/// A prediction.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    pub id: String,
    pub question: Prose,
    pub options: Vec<OptionLine>,
    pub stage: CardStage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardStage {
    /// To be locked; whether an option is chosen.
    Asked {
        chosen: bool,
    },
    Locked,
    Told,
}

#[derive(Clone, PartialEq, Debug)]
pub struct OptionLine {
    pub text: Prose,
    pub look: OptionLook,
    /// What became of it, in words.
    pub note: &'static str,
    /// Why one could believe it.
    pub tempting: Option<Prose>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OptionLook {
    Idle,
    Chosen,
    Locked,
    /// Chosen, and what happens.
    Right,
    /// Chosen, and not what happens.
    Wrong,
    /// What happens, and was not chosen.
    Happens,
    /// Neither chosen nor what happens.
    Past,
}

#[derive(Clone, PartialEq, Debug)]
pub struct GoalLine {
    pub text: Prose,
    /// The goal in its own language.
    pub source: String,
    pub look: GoalLook,
    /// Where it stands: `now 46`, `12 of 20`, `done at 00:12.370`.
    pub note: String,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum GoalLook {
    Open,
    /// Counts up: how far it is, 0 to 1.
    Counting(f64),
    Done,
}

#[derive(Clone, PartialEq, Debug)]
pub enum HintCard {
    Words(Prose),
    Click(Prose),
    /// Console lines; a here-document is one of them.
    Lines(Vec<String>),
}

/// The buttons below.
#[derive(Clone, PartialEq, Debug)]
pub struct Foot {
    /// What the ladder of hints offers next; none where no step is to be solved.
    pub hint: Option<HintButton>,
    pub undo: bool,
    pub next: String,
    /// The step that is looked at is behind.
    pub can_go_on: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub enum HintButton {
    /// `Hint 1/3`.
    Next(String),
    /// All hints are taken: the step's lines can be run.
    Solve,
}

#[derive(Clone, PartialEq, Debug)]
pub struct EndPage {
    pub aha: Prose,
    pub misconception: Prose,
    /// Title and insight of every step that was reached.
    pub recap: Vec<(Prose, Prose)>,
}

/// What is known besides the panel.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    pub scene: &'a Scene,
    pub words: Words,
    /// The step that is looked at, from 0.
    pub shown: u32,
    /// The option of a prediction that is chosen, from 0.
    pub chosen: &'a dyn Fn(&str) -> Option<u32>,
    pub can_undo: bool,
    /// The id of the lesson behind this one.
    pub following: Option<&'a str>,
    /// The newest moment of the run, in microseconds.
    pub newest_us: i64,
}

impl Look<'_> {
    fn prose(&self, text: &str) -> Prose {
        prose(text, self.scene, self.words)
    }
}

/// The column of a lesson.
pub fn column(panel: &Panel, look: &Look<'_>) -> Column {
    let words = look.words;
    let steps = panel.steps.len() as u32;
    let furthest = panel.open.unwrap_or(steps);
    let shown = look.shown.min(furthest);
    let page = match panel.steps.get(shown as usize) {
        Some(step) => Page::Step(Box::new(step_page(panel, step, look))),
        None => Page::End(end_page(panel, look)),
    };
    Column {
        id: panel.id.clone(),
        chapter: words.lesson_chapter(panel.chapter, chapter(panel.chapter, words)),
        minutes: words.lesson_minutes(panel.minutes),
        title: look.prose(&panel.title),
        cells: panel.steps.iter().map(|step| cell(step, shown, look)).collect(),
        place: if shown < steps { words.lesson_step_of(shown + 1, steps) } else { words.lesson_end_of(steps) },
        page,
        foot: foot(panel, shown, look),
    }
}

/// The name of a chapter.
pub fn chapter(number: u32, words: Words) -> &'static str {
    match number {
        1 => words.lesson_chapter_1(),
        2 => words.lesson_chapter_2(),
        3 => words.lesson_chapter_3(),
        4 => words.lesson_chapter_4(),
        5 => words.lesson_chapter_5(),
        6 => words.lesson_chapter_6(),
        _ => words.lesson_chapter_7(),
    }
}

fn cell(step: &StepPanel, shown: u32, look: &Look<'_>) -> Cell {
    let (words, number) = (look.words, step.number);
    let title = plain(&look.prose(&step.title));
    let (kind, label) = match step.state {
        StepState::Ahead => (CellLook::Ahead, words.lesson_cell_ahead(number)),
        StepState::Open => (CellLook::Now, words.lesson_cell_open(number, title)),
        StepState::Reached { .. } => (CellLook::Done, words.lesson_cell_reached(number, title)),
        StepState::Locked(_) => (CellLook::Locked, words.lesson_cell_locked(number, title)),
    };
    Cell { step: number - 1, look: kind, shown: number - 1 == shown, open: kind != CellLook::Ahead, label }
}

fn step_page(panel: &Panel, step: &StepPanel, look: &Look<'_>) -> StepPage {
    let asked = step.predictions.iter().any(|prediction| prediction.state == PredictionState::Asked);
    let first = step.number == 1 && step.state == StepState::Open;
    let locked = match &step.state {
        StepState::Locked(why) => Some(why.clone()),
        _ => None,
    };
    let reached = match step.state {
        StepState::Reached { at_us } => Some(at_us),
        _ => None,
    };
    StepPage {
        step: step.number - 1,
        title: look.prose(&step.title),
        idea: first.then(|| look.prose(&panel.idea)),
        differs: if first { panel.differs.clone() } else { Vec::new() },
        narration: look.prose(&step.narration),
        predictions: step.predictions.iter().filter_map(|prediction| card(prediction, look)).collect(),
        goals: step.goal.iter().map(|goal| goal_line(goal, reached, look)).collect(),
        watch: (!asked && locked.is_none()).then(|| look.prose(&step.animation)),
        hints: step.hints.iter().map(|hint| hint_card(hint, look)).collect(),
        insight: step.insight.as_ref().map(|text| look.prose(text)),
        locked,
        replay: reached.filter(|at| *at <= look.newest_us).map(moment),
    }
}

fn card(prediction: &PredictionPanel, look: &Look<'_>) -> Option<Card> {
    let words = look.words;
    let chosen = (look.chosen)(&prediction.id);
    let stage = match prediction.state {
        PredictionState::Asked => CardStage::Asked { chosen: chosen.is_some() },
        PredictionState::Locked { .. } => CardStage::Locked,
        PredictionState::Told { .. } => CardStage::Told,
        PredictionState::Ahead | PredictionState::Skipped => return None,
    };
    let options = (0..).zip(&prediction.options).map(|(number, option)| {
        let (kind, note) = match prediction.state {
            PredictionState::Asked if chosen == Some(number) => (OptionLook::Chosen, ""),
            PredictionState::Locked { chosen } if chosen == number => {
                (OptionLook::Locked, words.lesson_option_locked())
            }
            PredictionState::Told { chosen, happens } if chosen == number && happens == number => {
                (OptionLook::Right, words.lesson_option_right())
            }
            PredictionState::Told { chosen, .. } if chosen == number => {
                (OptionLook::Wrong, words.lesson_option_wrong())
            }
            PredictionState::Told { happens, .. } if happens == number => {
                (OptionLook::Happens, words.lesson_option_happens())
            }
            PredictionState::Asked => (OptionLook::Idle, ""),
            _ => (OptionLook::Past, ""),
        };
        let tempting = option.tempting.as_ref().filter(|_| kind == OptionLook::Wrong);
        let tempting = tempting.map(|text| look.prose(text));
        OptionLine { text: look.prose(&option.text), look: kind, note, tempting }
    });
    Some(Card {
        id: prediction.id.clone(),
        question: look.prose(&prediction.question),
        options: options.collect(),
        stage,
    })
}

fn goal_line(goal: &GoalPanel, reached: Option<i64>, look: &Look<'_>) -> GoalLine {
    let words = look.words;
    let text = if goal.text.is_empty() { words.lesson_goal_lock().to_owned() } else { goal.text.clone() };
    let (kind, note) = match (reached, goal.holds, goal.counted) {
        (Some(at), ..) => (GoalLook::Done, words.lesson_goal_done_at(moment(at))),
        (None, true, _) => (GoalLook::Done, words.lesson_goal_done().to_owned()),
        (None, false, Some((count, of))) => {
            let part = (count as f64 / of as f64).clamp(0.0, 1.0);
            (GoalLook::Counting(part), words.lesson_goal_counted(count, of))
        }
        (None, false, None) => (GoalLook::Open, goal.why.join("; ")),
    };
    GoalLine { text: look.prose(&text), source: goal.source.clone(), look: kind, note }
}

fn hint_card(hint: &HintPanel, look: &Look<'_>) -> HintCard {
    match hint {
        HintPanel::Words(text) => HintCard::Words(look.prose(text)),
        HintPanel::Click(text) => HintCard::Click(look.prose(text)),
        HintPanel::Lines(lines) => HintCard::Lines(lines.clone()),
    }
}

fn foot(panel: &Panel, shown: u32, look: &Look<'_>) -> Foot {
    let words = look.words;
    let steps = panel.steps.len() as u32;
    let is_open = panel.open == Some(shown);
    let taken = panel.steps.get(shown as usize).map_or(0, |step| step.hints.len() as u32);
    let next = match (shown < steps, look.following) {
        (true, _) => words.lesson_next().to_owned(),
        (false, Some(following)) => words.lesson_next_lesson(following),
        (false, None) => words.lesson_catalogue().to_owned(),
    };
    let hint = is_open.then(|| match taken {
        0..HINTS => HintButton::Next(words.lesson_hint(taken + 1, HINTS)),
        _ => HintButton::Solve,
    });
    Foot { hint, undo: look.can_undo, next, can_go_on: !is_open }
}

fn end_page(panel: &Panel, look: &Look<'_>) -> EndPage {
    let recap = panel.steps.iter().filter_map(|step| {
        let insight = step.insight.as_ref()?;
        Some((look.prose(&step.title), look.prose(insight)))
    });
    EndPage {
        aha: look.prose(panel.aha.as_deref().unwrap_or_default()),
        misconception: look.prose(&panel.misconception),
        recap: recap.collect(),
    }
}
