//! Every lesson is taken from its opening to its end with its own console lines; then the ways of a learner who does
//! something else.

mod clicks;
mod column;
mod console;
mod journeys;
mod panels;
mod solutions;

use std::collections::BTreeSet;
use std::sync::Arc;

use highwater::goal::{Goal, Rules, Scope};
use highwater::lessons::capability::Capability;
use highwater::lessons::shipped::LESSONS;
use highwater::lessons::{Ending, Lesson, LessonRun, Texts};
use highwater::shell::Shell;
use highwater::sim::digest::digest;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;

fn lessons() -> impl Iterator<Item = Arc<Lesson>> {
    LESSONS.iter().map(|files| Arc::new(Lesson::read(files.lesson).expect("the lesson is good")))
}

fn lesson(id: &str) -> Arc<Lesson> {
    lessons().find(|lesson| lesson.id == id).expect("there is such a lesson")
}

/// A lesson that was just opened.
struct Table {
    run: LessonRun,
    timeline: Timeline,
    shell: Shell<'static>,
}

impl Table {
    fn open(lesson: &Arc<Lesson>) -> Table {
        let mut timeline = Timeline::new(Scenario::preset("solo").expect("the preset exists"));
        let mut shell = Shell::new(&[]);
        let run = LessonRun::open(lesson.clone(), &mut shell, &mut timeline).expect("the opening works");
        Table { run, timeline, shell }
    }

    /// Locks all predictions of the open step, this option each.
    fn lock_all(&mut self, option: impl Fn(&str) -> u32) {
        let ids: Vec<String> = self.run.unlocked().iter().map(|prediction| prediction.id.clone()).collect();
        for id in ids {
            let locked = self.run.lock(&self.timeline, &id, option(&id));
            locked.unwrap_or_else(|error| panic!("{id}: {error}"));
        }
    }

    fn solve_step(&mut self) {
        let place = format!("{}.{}", self.run.lesson().id, self.run.step() + 1);
        let solved = self.run.solve_step(&mut self.shell, &mut self.timeline);
        solved.unwrap_or_else(|missing| panic!("{place}: {missing}"));
    }
}

/// The number of the right option.
fn right(lesson: &Lesson, id: &str) -> u32 {
    let mut all = lesson.steps.iter().flat_map(|step| &step.predictions);
    let prediction = all.find(|prediction| prediction.id == id).expect("it exists");
    prediction.options.iter().position(|option| option.correct).expect("one is right") as u32
}

#[test]
fn an_opening_reaches_the_goal_of_no_step_even_if_all_predictions_were_locked() {
    for lesson in lessons() {
        let mut table = Table::open(&lesson);
        let first = table.run.step();
        assert!(!table.run.observe(&table.timeline) && table.run.step() == first, "{}", lesson.id);
        assert!(!table.run.why(&table.timeline).is_empty());
        for (number, step) in lesson.steps.iter().enumerate() {
            let locked = |goal: String, id: &String| goal.replace(&format!("answered(\"{id}\")"), "true");
            let goal = lesson.prediction_ids().iter().fold(step.goal.clone(), locked);
            let goal = Goal::new(&goal, Rules::of(Scope::Step)).expect("it is still a goal");
            let (is_true, why) = table.run.look(goal, &table.timeline);
            assert!(!is_true && !why.is_empty(), "{}.{}", lesson.id, number + 1);
        }
    }
}

#[test]
fn the_console_lines_of_every_step_reach_its_goal_and_predictions_come_true_as_marked() {
    for lesson in lessons() {
        let mut table = Table::open(&lesson);
        while !table.run.is_done() {
            table.lock_all(|_| 0);
            table.solve_step();
        }
        assert_eq!(table.run.step() as usize, lesson.steps.len());
        for id in lesson.prediction_ids() {
            if let Some(verdict) = table.run.verdict(&id) {
                assert_eq!(verdict.happens, right(&lesson, &id), "{id}");
            }
        }
        let is_locked = |number: &usize| table.run.ending(*number as u32) == Some(Ending::Locked);
        let locked: Vec<usize> = (0..lesson.steps.len()).filter(is_locked).collect();
        let wanting = |number: &usize| Capability::missing(&lesson.steps[*number].needs).is_some();
        assert_eq!(locked, (0..lesson.steps.len()).filter(wanting).collect::<Vec<_>>(), "{}", lesson.id);
        table.timeline.check().unwrap_or_else(|violation| panic!("{}: {violation}", lesson.id));
    }
}

#[test]
fn exactly_one_option_of_a_prediction_comes_true_and_it_is_the_one_marked() {
    for lesson in lessons() {
        let mut table = Table::open(&lesson);
        while !table.run.is_done() {
            for prediction in &lesson.steps[table.run.step() as usize].predictions {
                let truths = table.run.judge(&table.timeline, &prediction.id).expect("it can be judged");
                let marked: Vec<bool> = prediction.options.iter().map(|option| option.correct).collect();
                assert_eq!(truths, marked, "{}", prediction.id);
            }
            table.lock_all(|_| 0);
            table.solve_step();
        }
    }
}

#[test]
fn every_option_can_be_locked_and_a_wrong_one_blocks_nothing() {
    for lesson in lessons() {
        for chosen in
            0..lesson.steps.iter().flat_map(|step| &step.predictions).map(|all| all.options.len()).max().unwrap_or(0)
        {
            let mut table = Table::open(&lesson);
            while !table.run.is_done() {
                let last = |id: &str| {
                    let mut all = lesson.steps.iter().flat_map(|step| &step.predictions);
                    all.find(|prediction| prediction.id == id).map_or(0, |asked| asked.options.len() - 1)
                };
                table.lock_all(|id| chosen.min(last(id)) as u32);
                table.solve_step();
            }
        }
    }
}

#[test]
fn two_runs_of_a_lesson_are_one() {
    for lesson in lessons() {
        let take = || {
            let mut table = Table::open(&lesson);
            while !table.run.is_done() {
                table.lock_all(|_| 0);
                table.solve_step();
            }
            let events: Vec<String> = table.timeline.journal().iter().map(|entry| format!("{entry:?}")).collect();
            (digest(table.timeline.world()), events)
        };
        assert!(take() == take(), "{}", lesson.id);
    }
}

/// The paths of all values, without the texts themselves.
fn keys(value: &serde_json::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| keys(value, &format!("{path}.{key}"), found));
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| keys(value, &format!("{path}[{at}]"), found));
        }
        _ => {
            found.insert(path.to_string());
        }
    }
}

#[test]
fn every_lesson_has_the_same_words_in_every_language() {
    for (files, lesson) in LESSONS.iter().zip(lessons()) {
        assert_eq!(files.id, lesson.id);
        let [english, korean] = [files.english, files.korean].map(|text| {
            let texts = Texts::read(text).unwrap_or_else(|error| panic!("{}: {error}", lesson.id));
            assert!(texts.fits(&lesson), "{}: {}", lesson.id, texts.title);
            let mut found = BTreeSet::new();
            keys(&serde_json::from_str(text).expect("it was read just now"), "", &mut found);
            found
        });
        assert_eq!(english, korean, "{}", lesson.id);
    }
}

#[test]
fn every_wrong_option_is_answered_and_no_text_is_empty() {
    for (files, lesson) in LESSONS.iter().zip(lessons()) {
        for text in [files.english, files.korean] {
            let texts = Texts::read(text).expect("the texts are good");
            for prediction in lesson.steps.iter().flat_map(|step| &step.predictions) {
                let words = &texts.predictions[&prediction.id];
                for (option, words) in prediction.options.iter().zip(&words.options) {
                    assert_eq!(option.correct, words.tempting.is_empty(), "{}: {}", prediction.id, words.text);
                    assert!(!words.text.is_empty());
                }
                assert!(!words.question.is_empty());
            }
            let of_step = texts.steps.iter().flat_map(|step| {
                [&step.title, &step.narration, &step.click, &step.animation, &step.hint, &step.insight]
            });
            let of_lesson = [&texts.title, &texts.idea, &texts.aha, &texts.misconception];
            assert!(of_step.chain(of_lesson).all(|text| !text.trim().is_empty()), "{}", lesson.id);
        }
    }
}

#[test]
fn korean_texts_speak_as_one_friend_to_another() {
    for files in &LESSONS {
        for formal in ["니다.", "니다\"", "십시오"] {
            assert!(!files.korean.contains(formal), "{}: {formal}", files.id);
        }
    }
}

#[test]
fn steps_show_what_their_lesson_covers() {
    for lesson in lessons() {
        for step in &lesson.steps {
            assert!(step.shows.iter().all(|concept| lesson.covers.contains(concept)), "{}", lesson.id);
        }
    }
}

#[test]
fn a_lesson_with_a_mistake_is_refused_with_its_place() {
    let good = LESSONS.iter().find(|files| files.id == "L05").expect("there is such a lesson").lesson;
    let refusal = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        Lesson::read(&good.replace(from, to)).expect_err("it is wrong")
    };
    assert_eq!(
        refusal("2 in partitions_of(", "2 in partition_of("),
        "L05.4 goal: at character 6: there is no function partition_of; did you mean partitions_of?"
    );
    assert_eq!(
        refusal("answered(\\\"L05.P2\\\") && ", ""),
        "L05.3 goal: it asks for other predictions than those of its step"
    );
    assert!(refusal("\"correct\": true", "\"correct\": false").contains("one of them right"));
    let step = "\"predictions\": []\n  },";
    let needy = "\"predictions\": [], \"needs\": [\"wings\"]\n  },";
    assert_eq!(refusal(step, needy), "L05.2 needs: there is no capability wings");
}
