//! Every lesson that is there, step by step: its solution under many seeds, and without each of its lines.
//!
//! Nothing here names a lesson: the folders of `lessons/` are what is tested, and one that nobody put on the shelf fails.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use highwater::lessons::shipped::{IDS, LESSONS};
use highwater::lessons::{Ending, Lesson};
use highwater::sim::digest::digest;

use super::{Table, lessons, right};

/// Ids of the curriculum's concepts with their names, one a line.
const CONCEPTS: &str = include_str!("concepts.txt");

/// How many seeds a solution is tried under; `cargo xtask lessons --all` asks for more.
const SEEDS: &str = "HIGHWATER_LESSON_SEEDS";
const FEW: u64 = 3;

/// A line that a step can do without says so at its end.
const OPTIONAL: &str = "# optional";
/// Without one of its lines a step is given so many times the solution's own time.
const PATIENCE: i64 = 3;
const WAIT: &str = "sim step --until goal";

fn seeds() -> u64 {
    std::env::var(SEEDS).map_or(FEW, |text| text.parse().expect("HIGHWATER_LESSON_SEEDS is a number of seeds"))
}

/// The lesson, its cluster made with another seed.
fn seeded(lesson: &Lesson, seed: u64) -> Arc<Lesson> {
    let mut lesson = lesson.clone();
    let made = lesson.opening_cli.iter_mut().find(|line| line.starts_with("sim new"));
    match made {
        Some(line) => line.push_str(&format!(" --seed {seed}")),
        None => lesson.opening_cli.insert(0, format!("sim new --preset {} --seed {seed}", lesson.preset)),
    }
    Arc::new(lesson)
}

/// The moments between which a step was solved, in microseconds of virtual time.
struct Solved {
    begun_us: i64,
    reached_us: i64,
}

/// Solves steps up to this one, from 0, and tells when it was solved; none if it is locked.
fn solve_up_to(table: &mut Table, step: u32) -> Option<Solved> {
    loop {
        let open = table.run.step();
        if open > step || table.run.is_done() {
            return None;
        }
        let begun_us = table.timeline.world().micros();
        table.lock_all(|_| 0);
        table.solve_step();
        if open == step {
            let Some(Ending::Reached { at_us }) = table.run.ending(step) else { panic!("a solved step is reached") };
            return Some(Solved { begun_us, reached_us: at_us });
        }
    }
}

/// The lesson without one line of a step, its waits cut off.
fn without(lesson: &Lesson, step: usize, line: usize, wait_us: i64) -> Arc<Lesson> {
    let mut lesson = lesson.clone();
    let step = &mut lesson.steps[step];
    // What would happen is judged by the whole solution.
    for prediction in &mut step.predictions {
        prediction.judge_after.get_or_insert_with(|| step.cli.clone());
    }
    let cli = &mut step.cli;
    cli.remove(line);
    for line in cli.iter_mut().filter(|line| line.starts_with(WAIT)) {
        *line = format!("{WAIT} --for {}ms", (wait_us / 1000).max(1));
    }
    Arc::new(lesson)
}

/// Whether the open step is reached with the lines that are left of it, in time.
fn is_reached(table: &mut Table, limit_us: i64) -> bool {
    let step = table.run.step();
    table.lock_all(|_| 0);
    // What is missing, and a line that fails without the one that was dropped, are what is expected.
    let _unsolved = table.run.solve_step(&mut table.shell, &mut table.timeline);
    matches!(table.run.ending(step), Some(Ending::Reached { at_us }) if at_us <= limit_us)
}

#[test]
fn every_folder_of_lessons_is_on_the_shelf() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons");
    let entries =
        std::fs::read_dir(&folder).expect("the lessons are there").map(|entry| entry.expect("it is readable"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let found: BTreeSet<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(found, IDS.iter().map(|id| (*id).to_string()).collect(), "a row of lessons::shipped for each folder");
    for files in &LESSONS {
        let read = |name: &str| std::fs::read_to_string(folder.join(files.id).join(name)).unwrap_or_default();
        assert_eq!(read("lesson.json"), files.lesson, "{}", files.id);
        assert_eq!(read("text.en.json"), files.english, "{}", files.id);
        assert_eq!(read("text.ko.json"), files.korean, "{}", files.id);
    }
}

#[test]
fn a_solution_holds_under_every_seed_and_so_do_its_predictions() {
    for lesson in lessons() {
        let mut ends = BTreeSet::new();
        for seed in 1..=seeds() {
            let mut table = Table::open(&seeded(&lesson, seed));
            while !table.run.is_done() {
                let place = format!("{}.{} with seed {seed}", lesson.id, table.run.step() + 1);
                table.lock_all(|_| 0);
                let solved = table.run.solve_step(&mut table.shell, &mut table.timeline);
                solved.unwrap_or_else(|missing| panic!("{place}: {missing}"));
            }
            for id in lesson.prediction_ids() {
                if let Some(verdict) = table.run.verdict(&id) {
                    assert_eq!(verdict.happens, right(&lesson, &id), "{id} with seed {seed}");
                }
            }
            table.timeline.check().unwrap_or_else(|violation| panic!("{} with seed {seed}: {violation}", lesson.id));
            ends.insert(digest(table.timeline.world()));
        }
        assert_eq!(ends.len() as u64, seeds(), "{}: every seed is a run of its own", lesson.id);
    }
}

#[test]
fn a_step_needs_every_line_of_its_solution_that_is_not_marked_optional() {
    let mut dropped = 0;
    let mut needless = Vec::new();
    for lesson in lessons() {
        for (number, step) in lesson.steps.iter().enumerate() {
            let Some(Solved { begun_us, reached_us }) = solve_up_to(&mut Table::open(&lesson), number as u32) else {
                continue;
            };
            let patience_us = PATIENCE * (reached_us - begun_us);
            for (at, line) in step.cli.iter().enumerate().filter(|(_, line)| !line.trim_end().ends_with(OPTIONAL)) {
                let mut table = Table::open(&without(&lesson, number, at, patience_us));
                if number > 0 {
                    solve_up_to(&mut table, number as u32 - 1);
                }
                assert_eq!(table.run.step(), number as u32, "{}: the steps before are as they were", lesson.id);
                dropped += 1;
                if is_reached(&mut table, begun_us + patience_us) {
                    needless.push(format!("{}.{}: {line}", lesson.id, number + 1));
                }
            }
        }
    }
    assert!(dropped > 10, "lines were dropped: {dropped}");
    assert!(needless.is_empty(), "reached without them, so they are \"{OPTIONAL}\":\n{}", needless.join("\n"));
}

#[test]
fn what_a_lesson_covers_and_shows_are_concepts_of_the_curriculum() {
    let known: BTreeSet<&str> = CONCEPTS.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(known.len() > 300 && known.contains("C001"), "the list is there");
    for lesson in lessons() {
        let unknown: Vec<&String> = lesson.covers.iter().filter(|id| !known.contains(id.as_str())).collect();
        assert!(unknown.is_empty(), "{} covers {unknown:?}", lesson.id);
        let shown: BTreeSet<&String> = lesson.steps.iter().flat_map(|step| &step.shows).collect();
        let unseen: Vec<&String> = lesson.covers.iter().filter(|id| !shown.contains(id)).collect();
        assert!(unseen.is_empty(), "{} covers what no step shows: {unseen:?}", lesson.id);
    }
}

#[test]
fn at_most_one_prediction_in_four_is_judged_by_definition() {
    let all: Vec<bool> = lessons()
        .flat_map(|lesson| lesson.steps.clone())
        .flat_map(|step| step.predictions)
        .map(|prediction| prediction.judge.is_some())
        .collect();
    let by_definition = all.iter().filter(|by_definition| **by_definition).count();
    assert!(!all.is_empty() && by_definition * 4 <= all.len(), "{by_definition} of {}", all.len());
}
