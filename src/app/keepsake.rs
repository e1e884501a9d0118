//! What a visitor reached, as a file: to be taken to another browser, or kept safe.
//!
//! A file that is taken in adds to what is here and takes nothing away: of a lesson that stands in both, the further
//! progress counts, the first answer to a prediction stays, and so does the place where it was left here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lesson::LessonColumn;
use super::progress::{PROGRESS, Progress, Unreadable, bookmark_key, read_bookmark};

/// What is written now.
const VERSION: u32 = 1;
/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 4_000_000;
/// The name that the file is offered under.
pub const NAME: &str = "highwater-progress.json";

/// The texts that the browser keeps, by their keys.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keepsake {
    /// Also says what kind of file it is.
    highwater_progress: u32,
    kept: BTreeMap<String, String>,
}

/// Why a file is not taken in. Nothing has changed then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadKeepsake {
    NotOne,
    Newer(u32),
    TooLarge,
    Empty,
    /// One of its texts cannot be read: which.
    Damaged(String),
}

/// What a file holds, all of it read and found good.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Taken {
    pub progress: Progress,
    /// Bookmarks as they are kept, by lesson.
    pub bookmarks: BTreeMap<String, String>,
}

/// Whether a key holds what a visitor reached; settings stay where they are.
fn is_kept(key: &str) -> bool {
    key == PROGRESS || lesson_of(key).is_some()
}

/// The lesson whose bookmark a key holds.
fn lesson_of(key: &str) -> Option<&str> {
    let id = |id: &&str| id.len() == 3 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    key.strip_prefix("bookmark.").filter(id)
}

/// The file of what was reached.
pub fn pack(column: &LessonColumn) -> String {
    let bookmarks = column.bookmarks().iter().map(|(id, text)| (bookmark_key(id), text.clone()));
    let kept = bookmarks.chain([(PROGRESS.to_owned(), column.progress.write())]).collect();
    serde_json::to_string(&Keepsake { highwater_progress: VERSION, kept }).expect("texts have a form in JSON")
}

/// # Errors
/// Why it is no such file, or which part of it is damaged.
pub fn unpack(file: &str) -> Result<Taken, BadKeepsake> {
    #[derive(Deserialize)]
    struct Versioned {
        highwater_progress: u32,
    }
    if file.len() as u64 > MAX_BYTES {
        return Err(BadKeepsake::TooLarge);
    }
    let found: Versioned = serde_json::from_str(file).map_err(|_| BadKeepsake::NotOne)?;
    match found.highwater_progress {
        VERSION => {}
        newer if newer > VERSION => return Err(BadKeepsake::Newer(newer)),
        _ => return Err(BadKeepsake::NotOne),
    }
    let Keepsake { kept, .. } = serde_json::from_str(file).map_err(|_| BadKeepsake::NotOne)?;
    if let Some(other) = kept.keys().find(|key| !is_kept(key)) {
        return Err(BadKeepsake::Damaged(other.chars().take(40).collect()));
    }
    let mut taken = Taken::default();
    for (key, text) in kept {
        let bad = |why: Unreadable| match why {
            Unreadable::Damaged => BadKeepsake::Damaged(key.clone()),
            Unreadable::Newer(version) => BadKeepsake::Newer(version),
        };
        match lesson_of(&key) {
            None => taken.progress = Progress::read(&text).map_err(bad)?,
            Some(lesson) => {
                let bookmark = read_bookmark(&text).map_err(bad)?;
                if bookmark.lesson() != lesson {
                    return Err(BadKeepsake::Damaged(key));
                }
                taken.bookmarks.insert(lesson.to_owned(), text);
            }
        }
    }
    match taken == Taken::default() {
        true => Err(BadKeepsake::Empty),
        false => Ok(taken),
    }
}

#[cfg(test)]
mod tests {
    use super::super::home::HomeMsg;
    use super::super::msg::{AppEffect, Msg, Theme};
    use super::super::progress::LessonProgress;
    use super::super::{AppState, update};
    use super::*;
    use crate::view::words::Words;

    fn file(kept: &[(&str, &str)]) -> String {
        let kept = kept.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        serde_json::to_string(&Keepsake { highwater_progress: VERSION, kept }).expect("texts have a form in JSON")
    }

    #[test]
    fn other_files_are_refused_each_for_its_reason() {
        for other in ["", "{}", "[]", "{\"highwater_progress\":\"1\"}", "{\"highwater_progress\":0,\"kept\":{}}"] {
            assert_eq!(unpack(other), Err(BadKeepsake::NotOne), "{other}");
        }
        assert_eq!(unpack(&file(&[])), Err(BadKeepsake::Empty));
        assert_eq!(unpack("{\"highwater_progress\":2,\"what\":1}"), Err(BadKeepsake::Newer(2)));
        assert_eq!(unpack(&file(&[("theme", "dark")])), Err(BadKeepsake::Damaged("theme".into())));
        assert_eq!(unpack(&file(&[("progress", "{")])), Err(BadKeepsake::Damaged("progress".into())));
        assert_eq!(unpack(&file(&[("progress", "{\"version\":9}")])), Err(BadKeepsake::Newer(9)));
        assert_eq!(unpack(&file(&[("bookmark.L05", "{}")])), Err(BadKeepsake::Damaged("bookmark.L05".into())));
        assert_eq!(unpack(&" ".repeat(MAX_BYTES as usize + 1)), Err(BadKeepsake::TooLarge));
    }

    /// A visitor who began L05 on the console.
    fn begun() -> AppState {
        let mut state = AppState::new(Words::English, Theme::Light, true);
        let files = crate::lessons::shipped::LESSONS.iter().find(|files| files.id == "L05").expect("L05 is shipped");
        update(&mut state, Msg::Line("sim lesson L05".into()));
        for (name, text) in [("lesson.json", files.lesson), ("text.en.json", files.english)] {
            update(&mut state, Msg::Fetched { path: format!("lessons/L05/{name}"), text: Ok(text.to_owned()) });
        }
        while state.is_working() {
            update(&mut state, Msg::Work(u64::MAX));
        }
        update(&mut state, Msg::Hidden(true));
        assert!(state.lesson.can_go_on("L05"), "a bookmark is kept");
        state
    }

    fn saved(state: &mut AppState) -> String {
        let effects = update(state, Msg::Home(HomeMsg::Export));
        let saved = effects.into_iter().find_map(|effect| match effect {
            AppEffect::Save { name, text } => Some((name, text)),
            _ => None,
        });
        let (name, text) = saved.expect("a file is offered");
        assert_eq!(name, NAME);
        text
    }

    #[test]
    fn what_was_saved_here_is_taken_in_elsewhere_and_kept_there() {
        let mut here = begun();
        let file = saved(&mut here);
        let mut there = AppState::new(Words::Korean, Theme::Dark, true);
        let effects = update(&mut there, Msg::Home(HomeMsg::Import(Ok(file.clone()))));
        assert!(there.lesson.can_go_on("L05"));
        assert_eq!(there.lesson.progress, here.lesson.progress);
        for key in ["progress", "bookmark.L05"] {
            assert!(
                effects.iter().any(|effect| matches!(effect, AppEffect::Remember { key: kept, .. } if kept == key))
            );
        }
        assert_eq!(saved(&mut there), file);
    }

    #[test]
    fn nothing_that_was_reached_here_is_lost_to_a_file() {
        let mut elsewhere = AppState::new(Words::English, Theme::Light, true);
        let lesson = |reached, right| LessonProgress {
            reached,
            steps: 6,
            finished: reached == 6,
            predictions: [("L05.P1".to_owned(), right)].into(),
        };
        elsewhere.lesson.progress.lessons.insert("L05".into(), lesson(2, false));
        elsewhere.lesson.progress.lessons.insert("L03".into(), lesson(6, true));
        let file = saved(&mut elsewhere);
        let mut state = begun();
        let bookmark = state.lesson.bookmarks().clone();
        state.lesson.progress.lessons.insert("L05".into(), lesson(4, true));
        update(&mut state, Msg::Home(HomeMsg::Import(Ok(file))));
        let found = &state.lesson.progress.lessons;
        assert_eq!((&found["L05"], &found["L03"]), (&lesson(4, true), &lesson(6, true)));
        assert_eq!(state.lesson.bookmarks(), &bookmark);
    }

    #[test]
    fn a_bad_file_changes_nothing_and_says_why_in_words() {
        let mut state = begun();
        let before = state.lesson.clone();
        let long = " ".repeat(MAX_BYTES as usize + 1);
        let files = ["{", "{\"highwater_progress\":2}", &file(&[]), &file(&[("bookmark.L05", "{}")]), &long];
        for bad in files {
            let effects = update(&mut state, Msg::Home(HomeMsg::Import(Ok(bad.to_owned()))));
            assert!(effects.iter().all(|effect| !matches!(effect, AppEffect::Remember { .. })));
            let notice = state.home.notice.take().expect("it says why");
            assert!(notice.text.ends_with("nothing of yours has changed."), "{notice:?}");
            assert_eq!(state.lesson, before);
        }
        update(&mut state, Msg::Home(HomeMsg::Import(Err("NotReadableError".into()))));
        assert!(state.home.notice.is_some_and(|notice| notice.text.contains("NotReadableError")));
    }
}
