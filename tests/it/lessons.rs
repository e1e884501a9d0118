//! Every lesson is taken from its opening to its end with its own console lines.

use std::sync::Arc;

use highwater::lessons::{Hint, Lesson, LessonRun, Texts};
use highwater::shell::Shell;
use highwater::sim::digest::digest;
use highwater::sim::timeline::Timeline;

/// Lesson, English texts, Korean texts.
const LESSONS: &[(&str, &str, &str)] = &[(
    include_str!("../../lessons/L05/lesson.json"),
    include_str!("../../lessons/L05/text.en.json"),
    include_str!("../../lessons/L05/text.ko.json"),
)];

fn lessons() -> impl Iterator<Item = Arc<Lesson>> {
    LESSONS.iter().map(|(lesson, ..)| Arc::new(Lesson::read(lesson).expect("the lesson is good")))
}

fn open(lesson: &Arc<Lesson>) -> (LessonRun, Timeline, Shell<'static>) {
    let (run, timeline) = LessonRun::open(lesson.clone()).expect("the opening works");
    (run, timeline, Shell::new(&[]))
}

/// The number of the right option.
fn right(lesson: &Lesson, id: &str) -> u32 {
    let mut all = lesson.steps.iter().flat_map(|step| &step.predictions);
    let prediction = all.find(|prediction| prediction.id == id).expect("it exists");
    prediction.options.iter().position(|option| option.correct).expect("one is right") as u32
}

/// Locks all predictions of the open step, the first option each.
fn lock_all(run: &mut LessonRun, timeline: &Timeline) -> Vec<String> {
    let step = run.step() as usize;
    let ids: Vec<String> =
        run.lesson().steps[step].predictions.iter().map(|prediction| prediction.id.clone()).collect();
    for id in &ids {
        run.lock(timeline, id, 0).unwrap_or_else(|error| panic!("{id}: {error}"));
    }
    ids
}

#[test]
fn an_opening_reaches_no_goal_and_a_step_alone_reaches_only_its_own() {
    for lesson in lessons() {
        let (mut run, timeline, _) = open(&lesson);
        assert!(!run.observe(&timeline) && run.step() == 0, "{}", lesson.id);
        assert!(!run.why(&timeline).is_empty());
    }
}

#[test]
fn the_console_lines_of_every_step_reach_its_goal_and_predictions_come_true_as_marked() {
    for lesson in lessons() {
        let (mut run, mut timeline, mut shell) = open(&lesson);
        while !run.is_done() {
            let place = format!("{}.{}", lesson.id, run.step() + 1);
            for id in lock_all(&mut run, &timeline) {
                let verdict = run.verdict(&id).expect("it was locked just now");
                assert_eq!(verdict.happens, right(&lesson, &id), "{id}");
            }
            run.solve_step(&mut shell, &mut timeline).unwrap_or_else(|missing| panic!("{place}: {missing}"));
        }
        assert_eq!(run.step() as usize, lesson.steps.len());
        timeline.check().unwrap_or_else(|violation| panic!("{}: {violation}", lesson.id));
    }
}

#[test]
fn exactly_one_option_of_a_prediction_comes_true() {
    for lesson in lessons() {
        let (mut run, mut timeline, mut shell) = open(&lesson);
        while !run.is_done() {
            let step = run.step() as usize;
            for prediction in &lesson.steps[step].predictions {
                let truths = run.judge(&timeline, &prediction.id).expect("it can be judged");
                let marked: Vec<bool> = prediction.options.iter().map(|option| option.correct).collect();
                assert_eq!(truths, marked, "{}", prediction.id);
            }
            lock_all(&mut run, &timeline);
            run.solve_step(&mut shell, &mut timeline).expect("the lines reach the goal");
        }
    }
}

#[test]
fn a_goal_waits_for_the_predictions_of_its_step() {
    let lesson = lessons().next().expect("there is one");
    let (mut run, mut timeline, mut shell) = open(&lesson);
    let line = &lesson.steps[0].cli[0];
    assert_eq!(run.line(&mut shell, &mut timeline, line).status, 0);
    assert_eq!(run.why(&timeline), ["answered(\"L05.P1\") - lock your prediction first"]);
    assert!(run.lock(&timeline, "L05.P2", 0).is_err(), "it is asked later");
    assert!(run.lock(&timeline, "L05.P1", 7).is_err());
}

#[test]
fn reached_steps_and_locked_predictions_survive_going_back() {
    let lesson = lessons().next().expect("there is one");
    let (mut run, mut timeline, mut shell) = open(&lesson);
    let beginning = timeline.now();
    let wrong = 1 - right(&lesson, "L05.P1");
    assert_eq!(run.lock(&timeline, "L05.P1", wrong).expect("it is asked").happens, right(&lesson, "L05.P1"));
    run.solve_step(&mut shell, &mut timeline).expect("a wrong prediction blocks nothing");
    timeline.seek(beginning);
    assert!(!run.observe(&timeline));
    assert_eq!((run.step(), run.verdict("L05.P1").map(|verdict| verdict.chosen)), (1, Some(wrong)));
    assert!(run.lock(&timeline, "L05.P1", 0).is_err(), "locked is locked");
    // On the new branch nothing of the old one counts.
    run.solve_step(&mut shell, &mut timeline).expect_err("five records of user123 are one too few");
    assert_eq!(run.line(&mut shell, &mut timeline, &lesson.steps[0].cli[0]).status, 0);
    assert_eq!(run.step(), 2);
}

#[test]
fn two_runs_of_a_lesson_are_one() {
    for lesson in lessons() {
        let take = || {
            let (mut run, mut timeline, mut shell) = open(&lesson);
            while !run.is_done() {
                lock_all(&mut run, &timeline);
                run.solve_step(&mut shell, &mut timeline).expect("the lines reach the goal");
            }
            let events: Vec<String> = timeline.journal().iter().map(|entry| format!("{entry:?}")).collect();
            (digest(timeline.world()), events)
        };
        assert!(take() == take(), "{}", lesson.id);
    }
}

#[test]
fn every_lesson_has_words_in_every_language() {
    for ((_, en, ko), lesson) in LESSONS.iter().zip(lessons()) {
        for texts in [en, ko] {
            let texts = Texts::read(texts).expect("the texts are good");
            assert!(texts.fits(&lesson), "{}: {}", lesson.id, texts.title);
        }
    }
}

#[test]
fn hints_come_one_after_the_other() {
    let lesson = lessons().next().expect("there is one");
    let (mut run, ..) = open(&lesson);
    let hints: Vec<Hint> = (0..4).map(|_| run.next_hint()).collect();
    assert_eq!(hints, [Hint::Words, Hint::Click, Hint::Lines, Hint::Lines]);
}

#[test]
fn a_lesson_with_a_mistake_is_refused_with_its_place() {
    let good = LESSONS[0].0;
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
}
