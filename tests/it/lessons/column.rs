//! The lesson column without a browser: files come when they are asked for, time waits for predictions, and what a visit
//! reached is found by the next one.

use std::collections::BTreeMap;

use highwater::app::home::HomeMsg;
use highwater::app::lesson::LessonMsg;
use highwater::app::msg::{Screen, Theme};
use highwater::app::progress::{PROGRESS, Progress};
use highwater::app::sheet::{SheetPage, page};
use highwater::app::{AppEffect, AppState, Msg, update};
use highwater::lessons::shipped::LESSONS;
use highwater::view::lesson::{CellLook, Column, GoalLook, HintButton, OptionLook, Page, StepPage};
use highwater::view::prose::plain;
use highwater::view::words::Words;

/// A page with a browser's storage.
pub(super) struct Visit {
    pub state: AppState,
    stored: BTreeMap<String, String>,
    /// Paths that were asked for and not answered.
    asked: Vec<String>,
    said: Vec<String>,
    /// Elements that were given the focus.
    focused: Vec<&'static str>,
}

impl Visit {
    pub fn new(stored: BTreeMap<String, String>) -> Visit {
        let state = AppState::new(Words::English, Theme::Light, true);
        let mut visit = Visit { state, stored, asked: Vec::new(), said: Vec::new(), focused: Vec::new() };
        let kept = visit.stored.clone();
        let effects = visit.state.restore(&|key| kept.get(key).cloned());
        visit.act(effects);
        visit
    }

    fn act(&mut self, effects: Vec<AppEffect>) {
        for effect in effects {
            match effect {
                AppEffect::Remember { key, value } => {
                    self.stored.insert(key, value);
                }
                AppEffect::Forget { key } => {
                    self.stored.remove(&key);
                }
                AppEffect::Fetch(path) => self.asked.push(path),
                AppEffect::Announce(text) => self.said.push(text),
                AppEffect::Focus(id) => self.focused.push(id),
                _ => {}
            }
        }
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.state, msg);
        self.act(effects);
        while self.state.is_working() {
            let effects = update(&mut self.state, Msg::Work(u64::MAX));
            self.act(effects);
        }
    }

    pub fn press(&mut self, msg: LessonMsg) {
        self.send(Msg::Lesson(msg));
    }

    pub fn line(&mut self, line: &str) {
        self.send(Msg::Line(line.into()));
    }

    /// Brings what was asked for.
    fn bring(&mut self) {
        for path in std::mem::take(&mut self.asked) {
            let text = file(&path).ok_or_else(|| "404".to_string());
            self.send(Msg::Fetched { path, text });
        }
    }

    pub fn open(&mut self, lesson: &str) {
        self.line(&format!("sim lesson {lesson}"));
        self.bring();
    }

    fn column(&mut self) -> Column {
        self.state.column().expect("a lesson is open")
    }

    fn page(&mut self) -> StepPage {
        match self.column().page {
            Page::Step(page) => *page,
            Page::End(_) => panic!("all steps are behind"),
        }
    }

    fn console(&self) -> String {
        self.state.console.lines.iter().map(|line| format!("{}\n", line.text)).collect()
    }

    pub fn predict(&mut self, id: &str, option: u32) {
        self.press(LessonMsg::Choose(id.into(), option));
        self.press(LessonMsg::Lock(id.into()));
    }

    pub fn step(&self) -> u32 {
        self.state.run.classroom.run().expect("a lesson is open").step()
    }
}

fn file(path: &str) -> Option<String> {
    let (id, name) = path.strip_prefix("lessons/")?.split_once('/')?;
    let files = LESSONS.iter().find(|files| files.id == id)?;
    match name {
        "lesson.json" => Some(files.lesson.to_string()),
        "text.en.json" => Some(files.english.to_string()),
        "text.ko.json" => Some(files.korean.to_string()),
        _ => None,
    }
}

#[test]
fn a_line_that_opens_a_lesson_waits_for_its_files_and_those_behind_it_wait_too() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.line("sim lesson L05\nsim answer L05.P1 2");
    assert_eq!(visit.asked, ["lessons/L05/lesson.json", "lessons/L05/text.en.json"]);
    visit.line("sim hint");
    assert!(visit.state.run.classroom.run().is_none() && visit.state.shows_lesson());
    visit.bring();
    assert!(visit.state.lesson.errand.is_none() && visit.state.screen == Screen::Stage);
    assert_eq!(page(&visit.state), SheetPage::Lesson);
    let shown = visit.page();
    assert_eq!(shown.predictions[0].options[1].look, OptionLook::Locked);
    assert_eq!(shown.hints.len(), 1);
    visit.line("sim lesson L05");
    assert!(visit.asked.is_empty(), "it is on the shelf");
}

#[test]
fn a_lesson_that_was_clicked_takes_the_focus_and_one_that_was_typed_leaves_it_in_the_prompt() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.open("L05");
    assert!(visit.focused.is_empty());
    visit.press(LessonMsg::Begin("L05".into()));
    assert_eq!(visit.focused, ["lesson-title"]);
    let mut other = Visit::new(BTreeMap::new());
    other.send(Msg::Home(HomeMsg::Visit("#/lesson/L03".into())));
    assert!(other.focused.is_empty(), "it is not there yet");
    other.bring();
    assert_eq!(other.focused, ["lesson-title"]);
}

#[test]
fn a_fetch_that_fails_loses_nothing_and_can_be_tried_again_or_given_up() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.line("sim lesson L05");
    let path = visit.asked.remove(0);
    visit.send(Msg::Fetched { path, text: Err("no network".into()) });
    let failed = visit.state.lesson.errand.as_ref().and_then(|errand| errand.failed.clone());
    assert_eq!(failed.as_deref(), Some("no network"));
    assert!(visit.console().ends_with("The files of L05 did not come.\n"), "{}", visit.console());
    visit.line("sim check");
    assert!(visit.console().ends_with("ok\n"), "other lines go on");
    visit.asked.clear();
    visit.press(LessonMsg::Retry);
    visit.bring();
    assert_eq!(visit.column().id, "L05");

    let mut other = Visit::new(BTreeMap::new());
    other.line("sim lesson L03");
    other.asked = vec!["lessons/L03/nothing.json".into()];
    other.send(Msg::Fetched { path: "lessons/L03/lesson.json".into(), text: Ok("{".into()) });
    other.send(Msg::Fetched { path: "lessons/L03/text.en.json".into(), text: Ok("{}".into()) });
    assert!(other.state.lesson.errand.as_ref().is_some_and(|errand| errand.failed.is_some()), "no lesson came");
    other.press(LessonMsg::GiveUp);
    assert!(!other.state.shows_lesson() && other.console().ends_with("L03 is not opened.\n"));
    let before = other.asked.len();
    other.line("sim lesson L99");
    assert_eq!(other.asked.len(), before, "nobody fetches what does not exist");
}

#[test]
fn time_waits_until_the_prediction_is_locked() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.open("L05");
    let at = visit.state.scene.now_us;
    for msg in [Msg::TogglePlay, Msg::NextEvent, Msg::Seek(at + 1_000_000), Msg::Frame(0.0), Msg::Frame(50.0)] {
        visit.send(msg.clone());
        assert!(!visit.state.playback.playing && visit.state.scene.now_us == at, "{msg:?}");
    }
    assert!(visit.said.iter().any(|text| text.starts_with("Predict first")));
    visit.send(Msg::PreviousEvent);
    assert!(visit.state.scene.now_us <= at && visit.state.run.is_in_past());
    visit.send(Msg::NextEvent);
    assert!(!visit.state.run.is_in_past(), "what is known may be looked at");
    visit.press(LessonMsg::Lock("L05.P1".into()));
    assert!(visit.state.run.is_held(), "nothing is chosen");
    visit.predict("L05.P1", 0);
    visit.send(Msg::NextEvent);
    assert!(!visit.state.run.is_held() && visit.console().contains("sim answer L05.P1 1\n"));
}

#[test]
fn a_step_that_is_reached_while_time_goes_on_stays_in_sight() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.open("L05");
    visit.predict("L05.P1", 0);
    visit.press(LessonMsg::Solve);
    visit.press(LessonMsg::Next);
    for msg in [Msg::TogglePlay, Msg::NextEvent, Msg::PreviousEvent, Msg::TogglePlay] {
        visit.send(msg);
    }
    assert!(visit.state.playback.playing);
    visit.press(LessonMsg::Solve);
    visit.state.playback.reduced = false;
    (1..10).for_each(|frame| visit.send(Msg::Frame(f64::from(frame) * 20.0)));
    assert!(visit.state.run.is_held(), "the third step asks a prediction");
    assert!(!visit.state.playback.playing);
    assert_eq!((visit.step(), visit.page().step), (2, 1), "and what the second means is still to be read");
    assert!(visit.page().insight.is_some());
    visit.send(Msg::TogglePlay);
    assert_eq!(visit.page().step, 2, "who wants time to go on is shown what it waits for");
}

#[test]
fn hints_come_one_by_one_and_then_the_lines_run() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.open("L05");
    assert_eq!(visit.column().foot.hint, Some(HintButton::Next("Hint 1/3".into())));
    assert!(visit.page().watch.is_none(), "it would answer the prediction");
    visit.predict("L05.P1", 1);
    (0..3).for_each(|_| visit.press(LessonMsg::Hint));
    assert_eq!(visit.column().foot.hint, Some(HintButton::Solve));
    assert!(visit.page().watch.is_some() && !visit.column().foot.can_go_on);
    visit.press(LessonMsg::Solve);
    let shown = visit.page();
    assert_eq!((visit.step(), shown.step), (1, 0), "the step that was reached is looked at first");
    let looks: Vec<OptionLook> = shown.predictions[0].options.iter().map(|option| option.look).collect();
    assert_eq!(looks, [OptionLook::Happens, OptionLook::Wrong, OptionLook::Past]);
    assert!(shown.insight.is_some() && shown.goals.iter().all(|goal| goal.look == GoalLook::Done));
    let at = visit.state.scene.now_us;
    visit.press(LessonMsg::Replay(0));
    assert!(visit.state.scene.now_us < at && visit.state.run.is_in_past());
    visit.press(LessonMsg::Next);
    assert_eq!(visit.page().step, 1);
    assert_eq!(
        visit.column().cells.iter().map(|cell| cell.look).collect::<Vec<_>>()[..2],
        [CellLook::Done, CellLook::Now]
    );
}

#[test]
fn undo_takes_the_last_line_back_and_never_the_opening() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.open("L05");
    assert!(!visit.column().foot.undo);
    let shown = visit.console();
    visit.press(LessonMsg::Undo);
    assert_eq!(visit.console(), shown, "nothing to undo");
    visit.predict("L05.P1", 0);
    visit.line("sim produce shop --topic orders --key user123 --value v");
    assert!(visit.column().foot.undo);
    visit.press(LessonMsg::Undo);
    assert!(!visit.column().foot.undo && visit.console().ends_with("sim undo\n"));
    assert_eq!(visit.page().predictions[0].options[0].look, OptionLook::Locked, "predictions stay");
}

#[test]
fn a_lesson_is_finished_by_its_buttons_and_the_next_visit_finds_it() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.press(LessonMsg::Open("L05".into()));
    visit.bring();
    while visit.state.run.classroom.run().is_some_and(|run| !run.is_done()) {
        for id in visit.page().predictions.iter().map(|card| card.id.clone()).collect::<Vec<_>>() {
            visit.predict(&id, 0);
        }
        let before = visit.step();
        visit.press(LessonMsg::Solve);
        assert!(visit.step() > before, "step {} is reached by its lines", before + 1);
        visit.press(LessonMsg::Next);
    }
    let Page::End(end) = visit.column().page else { panic!("all steps are behind") };
    assert!(plain(&end.aha).contains("No broker took part") && end.recap.len() == 6);
    let progress = Progress::read(&visit.stored[PROGRESS]).expect("it is readable");
    let lesson = &progress.lessons["L05"];
    assert_eq!((lesson.finished, lesson.reached, lesson.steps, lesson.right(), lesson.wrong()), (true, 6, 6, 2, 0));
    assert_eq!(progress.last.as_deref(), Some("L05"));

    let mut next = Visit::new(visit.stored.clone());
    assert_eq!(next.state.lesson.progress, progress);
    next.press(LessonMsg::Open("L05".into()));
    next.bring();
    assert!(matches!(next.column().page, Page::End(_)), "the lesson is where it was");
    next.press(LessonMsg::Leave);
    assert!(!next.stored.contains_key("bookmark.L05"), "a finished lesson needs no bookmark");
    assert!(next.state.run.classroom.run().is_none());
}

#[test]
fn a_lesson_that_was_left_goes_on_where_it_was() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.open("L05");
    visit.predict("L05.P1", 2);
    visit.press(LessonMsg::Solve);
    visit.line("sim produce shop --topic orders --key user123 --values a,b --wait acked");
    let (now, state) = (visit.state.scene.now_us, visit.state.run.snapshot());
    visit.press(LessonMsg::Leave);
    let mut next = Visit::new(visit.stored);
    assert!(next.state.lesson.can_go_on("L05"));
    next.press(LessonMsg::Open("L05".into()));
    assert_eq!(next.asked.len(), 2);
    next.bring();
    assert_eq!((next.step(), next.state.scene.now_us), (1, now));
    let json =
        |state: &highwater::sim::state::ClusterState| serde_json::to_string(state).expect("it has a form in JSON");
    assert_eq!(json(&next.state.run.snapshot()), json(&state));
}

#[test]
fn what_cannot_be_read_is_set_aside_with_a_notice() {
    for (kept, notice) in [("{\"version\":9}", "newer version"), ("what?", "damaged")] {
        let stored =
            BTreeMap::from([(PROGRESS.to_string(), kept.to_string()), ("progress.aside.1".into(), "old".into())]);
        let visit = Visit::new(stored);
        assert_eq!(visit.stored.get("progress.aside.2").map(String::as_str), Some(kept));
        assert_eq!(visit.stored.get("progress.aside.1").map(String::as_str), Some("old"));
        assert!(!visit.stored.contains_key(PROGRESS));
        assert!(visit.state.toast.as_ref().is_some_and(|toast| toast.text.contains(notice)), "{notice}");
    }
    for kept in ["{", "{\"version\":9}", "{\"version\":1}"] {
        let mut visit = Visit::new(BTreeMap::from([("bookmark.L05".to_string(), kept.to_string())]));
        visit.press(LessonMsg::Open("L05".into()));
        visit.bring();
        assert_eq!(visit.stored.get("bookmark.L05.aside.1").map(String::as_str), Some(kept));
        assert_eq!((visit.column().id.as_str(), visit.step()), ("L05", 0), "it begins again");
    }
}

#[test]
fn another_language_is_fetched_when_it_is_chosen() {
    let mut visit = Visit::new(BTreeMap::new());
    visit.open("L05");
    let english = plain(&visit.column().title);
    visit.send(Msg::Language(Words::Korean));
    assert_eq!(visit.asked, ["lessons/L05/text.ko.json"]);
    assert_eq!(plain(&visit.column().title), english, "the other words stand in");
    visit.bring();
    assert!(!plain(&visit.column().title).is_ascii());
    visit.send(Msg::Language(Words::English));
    assert!(visit.asked.is_empty() && plain(&visit.column().title) == english);
}
