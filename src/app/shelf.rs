//! The catalogue with the visitor's progress in it, as the home page shows it: chapters as log cells, lessons with their
//! state.

use std::collections::BTreeMap;

use super::catalogue::{Catalogue, Chapter, Entry};
use super::progress::{LessonProgress, Progress};
use crate::view::words::Words;

/// How far a visitor came in one lesson.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mark {
    pub finished: bool,
    /// The step that is open, from 1.
    pub step: u32,
    /// Predictions that the run agreed with, and the others.
    pub right: u32,
    pub wrong: u32,
}

/// How far a visitor came: by the id of the lesson.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    pub lessons: BTreeMap<String, Mark>,
    /// The lesson that was opened last.
    pub last: Option<String>,
}

impl Marks {
    /// From what is kept of the visitor's progress.
    pub fn of(progress: &Progress) -> Marks {
        let mark = |(id, lesson): (&String, &LessonProgress)| {
            let (right, wrong) = (lesson.right(), lesson.wrong());
            let step = (lesson.reached + 1).min(lesson.steps.max(1));
            (id.clone(), Mark { finished: lesson.finished, step, right, wrong })
        };
        Marks { lessons: progress.lessons.iter().map(mark).collect(), last: progress.last.clone() }
    }
}

/// A lesson's cell in the log of its chapter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    /// Finished.
    Done,
    /// Where the visitor is.
    You,
    /// Begun, and left.
    Begun,
    Open,
    /// Not built yet.
    ToCome,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChapterRow {
    pub number: u32,
    pub title: String,
    pub gist: String,
    pub cells: Vec<Cell>,
    /// "2 of 5".
    pub done: String,
    pub chosen: bool,
    /// The same for those who do not see it.
    pub label: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonRow {
    pub id: String,
    pub title: String,
    pub gist: String,
    pub cell: Cell,
    /// "predicted right", "step 3 of 6", "not built yet"; empty when there is nothing to say.
    pub state: String,
    pub minutes: String,
}

/// What the first button does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    pub lesson: String,
    pub label: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shelf {
    /// "32 lessons, 2 committed", and "lag 30".
    pub title: String,
    pub lag: String,
    pub chapters: Vec<ChapterRow>,
    /// Of the chosen chapter.
    pub chapter: String,
    pub chapter_sum: String,
    pub lessons: Vec<LessonRow>,
    /// None if no lesson is built.
    pub start: Option<Invitation>,
}

impl Shelf {
    /// The catalogue with these marks, and the lessons of a chapter by its number.
    pub fn of(catalogue: &Catalogue, marks: &Marks, chapter: Option<u32>, words: Words) -> Shelf {
        let you = whereabouts(catalogue, marks);
        let of_you = you.and_then(|entry| catalogue.chapter_of(&entry.id)).map(|chapter| chapter.number);
        let wanted = chapter.or(of_you).unwrap_or(1);
        let chosen = catalogue.chapters.iter().find(|chapter| chapter.number == wanted).or(catalogue.chapters.first());
        let cell = |entry: &Entry| cell_of(entry, marks, you);
        let done = |chapter: &Chapter| chapter.lessons.iter().filter(|entry| cell(entry) == Cell::Done).count();
        let total = catalogue.lessons().count();
        let finished: usize = catalogue.chapters.iter().map(done).sum();
        let chapters = catalogue.chapters.iter().map(|chapter| {
            let (all, done) = (chapter.lessons.len(), done(chapter));
            let cells: Vec<Cell> = chapter.lessons.iter().map(&cell).collect();
            let built = cells.iter().filter(|cell| **cell != Cell::ToCome).count();
            ChapterRow {
                number: chapter.number,
                title: chapter.title.clone(),
                gist: chapter.gist.clone(),
                cells,
                done: if done > 0 { words.home_of(done, all) } else { all.to_string() },
                chosen: chosen.is_some_and(|chosen| chosen.number == chapter.number),
                label: words.home_chapter_label(built, done, all),
            }
        });
        Shelf {
            title: words.home_lessons(finished, total),
            lag: words.home_lag(total - finished),
            chapters: chapters.collect(),
            chapter: chosen.map_or_else(String::new, |chapter| chapter.title.clone()),
            chapter_sum: chosen.map_or_else(String::new, |chapter| {
                let minutes: u32 = chapter.lessons.iter().map(|entry| entry.minutes).sum();
                words.home_chapter_sum(done(chapter), minutes, chapter.lessons.len())
            }),
            lessons: chosen.map_or_else(Vec::new, |chapter| {
                chapter.lessons.iter().map(|entry| lesson_row(entry, marks, cell(entry), words)).collect()
            }),
            start: you.map(|entry| Invitation {
                lesson: entry.id.clone(),
                label: if marks.lessons.is_empty() {
                    words.home_start(number(entry, catalogue))
                } else {
                    words.home_continue(number(entry, catalogue))
                },
            }),
        }
    }
}

/// The lesson to go on with: the last one if it is not finished, else the next that is built and not finished.
fn whereabouts<'a>(catalogue: &'a Catalogue, marks: &Marks) -> Option<&'a Entry> {
    let open = |entry: &&Entry| entry.built && !marks.lessons.get(&entry.id).is_some_and(|mark| mark.finished);
    let last = marks.last.as_deref().unwrap_or_default();
    let here = catalogue.entry(last).filter(open);
    let behind = || catalogue.lessons().skip_while(|entry| entry.id != last).find(open);
    here.or_else(behind).or_else(|| catalogue.lessons().find(open))
}

fn cell_of(entry: &Entry, marks: &Marks, you: Option<&Entry>) -> Cell {
    let mark = marks.lessons.get(&entry.id);
    match mark {
        _ if !entry.built => Cell::ToCome,
        Some(mark) if mark.finished => Cell::Done,
        _ if you.is_some_and(|you| you.id == entry.id) => Cell::You,
        Some(_) => Cell::Begun,
        None => Cell::Open,
    }
}

/// A lesson's number inside its chapter: "2.1".
fn number(entry: &Entry, catalogue: &Catalogue) -> String {
    let Some(chapter) = catalogue.chapter_of(&entry.id) else { return entry.id.clone() };
    let place = chapter.lessons.iter().position(|other| other.id == entry.id).unwrap_or(0);
    format!("{}.{}", chapter.number, place + 1)
}

fn lesson_row(entry: &Entry, marks: &Marks, cell: Cell, words: Words) -> LessonRow {
    let mark = marks.lessons.get(&entry.id).copied();
    let state = match (cell, mark) {
        (Cell::ToCome, _) => words.home_to_come().to_owned(),
        (Cell::Done, Some(Mark { right, wrong: 0, .. })) if right > 0 => words.home_predicted_right().to_owned(),
        (Cell::Done, Some(Mark { right: 0, wrong, .. })) if wrong > 0 => words.home_predicted_wrong().to_owned(),
        (Cell::Done, Some(Mark { right, wrong, .. })) if right > 0 => words.home_predicted(right + wrong, right),
        (Cell::Done, _) => words.home_done().to_owned(),
        (_, Some(mark)) if mark.step > 0 => words.home_step(mark.step, entry.steps),
        _ => String::new(),
    };
    LessonRow {
        id: entry.id.clone(),
        title: entry.title.clone(),
        gist: entry.gist.clone(),
        cell,
        state,
        minutes: words.home_minutes(entry.minutes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::read(include_str!("../../lessons/catalogue.en.json")).expect("the catalogue is well-formed")
    }

    fn marks(rows: &[(&str, Mark)], last: &str) -> Marks {
        let lessons = rows.iter().map(|(id, mark)| ((*id).to_owned(), *mark)).collect();
        Marks { lessons, last: Some(last.to_owned()) }
    }

    const FINISHED: Mark = Mark { finished: true, step: 6, right: 2, wrong: 0 };

    #[test]
    fn a_first_visit_is_invited_to_the_first_lesson_that_is_built() {
        let shelf = Shelf::of(&catalogue(), &Marks::default(), None, Words::English);
        let start = shelf.start.expect("a lesson is built");
        assert_eq!((start.lesson.as_str(), start.label.as_str()), ("L03", "Start lesson 1.3"));
        assert_eq!((shelf.title.as_str(), shelf.lag.as_str()), ("32 lessons, 0 committed", "lag 32"));
        assert_eq!(shelf.lessons.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["L01", "L02", "L03", "L04"]);
        assert_eq!(shelf.lessons[0].state, "not built yet");
        assert_eq!(shelf.chapters[0].cells, [Cell::ToCome, Cell::ToCome, Cell::You, Cell::ToCome]);
    }

    #[test]
    fn a_lesson_that_was_left_is_gone_on_with() {
        let begun = Mark { step: 3, ..Mark::default() };
        let shelf = Shelf::of(&catalogue(), &marks(&[("L05", begun)], "L05"), None, Words::English);
        assert_eq!(shelf.start.expect("there is one").label, "Continue lesson 2.1");
        assert_eq!((shelf.chapter.as_str(), shelf.lessons[0].state.as_str()), ("The producer", "step 3 of 6"));
        assert_eq!(shelf.chapters[1].cells[0], Cell::You);
        assert!(shelf.chapters[1].chosen && !shelf.chapters[0].chosen);
    }

    #[test]
    fn a_finished_lesson_is_a_solid_cell_and_says_how_it_was_predicted() {
        let all = marks(&[("L03", FINISHED), ("L05", Mark { right: 1, wrong: 1, ..FINISHED })], "L05");
        let shelf = Shelf::of(&catalogue(), &all, Some(2), Words::English);
        assert_eq!(shelf.title, "32 lessons, 2 committed");
        assert_eq!(shelf.lessons[0].state, "1 of 2 predicted right");
        assert_eq!((shelf.chapters[1].done.as_str(), shelf.chapters[1].cells[0]), ("1 of 5", Cell::Done));
        assert_eq!(shelf.start, None, "every lesson that is built is finished");
        let first = Shelf::of(&catalogue(), &all, Some(1), Words::English);
        assert_eq!(first.lessons[2].state, "predicted right");
    }

    #[test]
    fn after_a_finished_lesson_the_next_one_is_offered() {
        let shelf = Shelf::of(&catalogue(), &marks(&[("L03", FINISHED)], "L03"), None, Words::English);
        assert_eq!(shelf.start.map(|start| start.lesson), Some("L05".into()));
    }

    #[test]
    fn marks_of_lessons_that_nobody_knows_do_no_harm() {
        let shelf = Shelf::of(&catalogue(), &marks(&[("L77", FINISHED)], "L77"), Some(99), Words::Korean);
        assert_eq!(shelf.chapters.iter().filter(|chapter| chapter.chosen).count(), 1);
        assert_eq!(shelf.lag, "랙 32");
    }
}
