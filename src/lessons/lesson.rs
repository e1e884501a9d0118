//! A lesson as its file says it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::capability::Capability;
use crate::goal::{Goal, Rules, Scope};

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Lesson {
    pub id: String,
    pub slug: String,
    pub chapter: u32,
    /// How long it takes, in minutes.
    pub minutes: u32,
    pub preset: String,
    /// Configs that are not Kafka's defaults in this lesson, for its banner.
    #[serde(default)]
    pub differs: BTreeMap<String, String>,
    #[serde(default)]
    pub opening_cli: Vec<String>,
    /// Ids of the concepts that it teaches.
    #[serde(default)]
    pub covers: Vec<String>,
    pub steps: Vec<Step>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Step {
    /// Console lines that reach the goal.
    #[serde(default)]
    pub cli: Vec<String>,
    pub goal: String,
    /// Concepts that become visible.
    #[serde(default)]
    pub shows: Vec<String>,
    #[serde(default)]
    pub predictions: Vec<Prediction>,
    /// Capabilities without which the step cannot be taken; it is locked then.
    #[serde(default)]
    pub needs: Vec<String>,
}

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Prediction {
    pub id: String,
    pub options: Vec<Choice>,
    /// `by-definition`: nothing can be run that decides it; then there is a reason.
    pub judge: Option<String>,
    pub reason: Option<String>,
    /// Lines that the fork runs before it is judged; without them the step's own.
    pub judge_after: Option<Vec<String>>,
}

/// An option of a prediction.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Choice {
    #[serde(default)]
    pub correct: bool,
    /// True of the forked run if this is what happens.
    pub when: Option<String>,
}

/// The words of a lesson in one language. Inside them stands the markup of [`super::markup`].
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Texts {
    pub title: String,
    pub idea: String,
    pub aha: String,
    pub misconception: String,
    pub steps: Vec<StepTexts>,
    pub predictions: BTreeMap<String, PredictionTexts>,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct StepTexts {
    pub title: String,
    pub narration: String,
    pub click: String,
    pub animation: String,
    pub hint: String,
    pub insight: String,
    /// The parts of the goal as sentences, in order, without those that ask for a prediction.
    pub goals: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct PredictionTexts {
    pub question: String,
    pub options: Vec<ChoiceTexts>,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct ChoiceTexts {
    pub text: String,
    /// Why one could believe it; empty for the right one.
    pub tempting: String,
}

impl Lesson {
    /// Reads a lesson's file, and checks what can be wrong with it.
    ///
    /// # Errors
    /// What is wrong, with the step.
    pub fn read(json: &str) -> Result<Lesson, String> {
        let lesson: Lesson = serde_json::from_str(json).map_err(|error| error.to_string())?;
        lesson.check()?;
        Ok(lesson)
    }

    /// Ids of all its predictions.
    pub fn prediction_ids(&self) -> BTreeSet<String> {
        let all = self.steps.iter().flat_map(|step| &step.predictions);
        all.map(|prediction| prediction.id.clone()).collect()
    }

    /// Goals and judgements are good; every goal asks for its step's predictions and no others; every prediction has
    /// one right option, and either a judgement for each option or a reason for none.
    fn check(&self) -> Result<(), String> {
        let known = self.prediction_ids();
        for (number, step) in self.steps.iter().enumerate() {
            let place = format!("{}.{}", self.id, number + 1);
            let rules = Rules { scope: Scope::Step, predictions: Some(&known) };
            let goal = Goal::new(&step.goal, rules).map_err(|error| format!("{place} goal: {error}"))?;
            let own: BTreeSet<String> = step.predictions.iter().map(|prediction| prediction.id.clone()).collect();
            if goal.words().predictions != own {
                return Err(format!("{place} goal: it asks for other predictions than those of its step"));
            }
            if let Some(need) = step.needs.iter().find(|need| Capability::named(need).is_none()) {
                return Err(format!("{place} needs: there is no capability {need}"));
            }
            step.predictions.iter().try_for_each(|prediction| prediction.check(&self.id))?;
        }
        Ok(())
    }
}

impl Prediction {
    fn check(&self, lesson: &str) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{}: {what}", self.id));
        if !self.id.starts_with(&format!("{lesson}.P")) {
            return wrong("the id does not belong to the lesson");
        }
        if self.options.len() < 2 || self.options.iter().filter(|option| option.correct).count() != 1 {
            return wrong("two or more options, one of them right");
        }
        for option in &self.options {
            match (&option.when, &self.judge) {
                (Some(when), None) => {
                    Goal::new(when, Rules::of(Scope::Judgement)).map_err(|error| format!("{}: {error}", self.id))?;
                }
                (None, Some(_)) if self.reason.is_some() => {}
                _ => return wrong("a judgement for each option, or none and a reason"),
            }
        }
        Ok(())
    }
}

impl Texts {
    /// Reads a file of texts.
    ///
    /// # Errors
    /// What is missing or malformed.
    pub fn read(json: &str) -> Result<Texts, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// Whether it has words for everything of a lesson.
    pub fn fits(&self, lesson: &Lesson) -> bool {
        let all = lesson.steps.iter().flat_map(|step| &step.predictions);
        let has = |prediction: &Prediction| {
            let texts = self.predictions.get(&prediction.id);
            texts.is_some_and(|texts| texts.options.len() == prediction.options.len())
        };
        self.steps.len() == lesson.steps.len()
            && self.predictions.len() == lesson.prediction_ids().len()
            && all.into_iter().all(has)
    }
}
