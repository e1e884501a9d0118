//! The home page: the catalogue of lessons, the progress of the visitor, the panorama; and which screen an address opens.

use super::address::Address;
use super::catalogue::{Catalogue, Entry};
use super::incident;
use super::keepsake::{self, BadKeepsake};
use super::lesson::{self, LessonMsg};
use super::msg::{AppEffect, Screen};
use super::panorama::Panorama;
use super::reading::{Paper, Reading};
use super::rooms::{self, Rooms, Share};
use super::shelf::{Marks, Shelf};
use super::state::AppState;
use crate::view::clock;

/// What it keeps besides the run.
#[derive(Default)]
pub struct Home {
    /// In the language of the page, once it is here.
    pub catalogue: Option<Catalogue>,
    /// Why the catalogue is not here.
    pub missing: Option<String>,
    /// The number of the chapter whose lessons are listed; none: the visitor's.
    pub chapter: Option<u32>,
    /// Why the page is not where the visitor wanted to go.
    pub notice: Option<Notice>,
    /// The page of the documentation that is read instead.
    pub reading: Option<Reading>,
    /// Made when the page is first shown.
    pub panorama: Option<Panorama>,
    /// Runs that are not looked at, and a link on its way.
    pub rooms: Rooms,
    /// The link that is shown to be copied.
    pub share: Option<Share>,
}

/// Why the page is not where the visitor wanted to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    pub title: String,
    pub text: String,
}

/// What the home page asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum HomeMsg {
    /// The address changed: by a link, by the browser's Back, or because the page was opened.
    Visit(String),
    OpenHome,
    OpenFreePlay,
    OpenLesson(String),
    /// List the lessons of another chapter.
    Chapter(u32),
    /// Put the notice away.
    Dismiss,
    /// Make a link to the run that is shown, and copy it.
    Share,
    /// The link as a whole address, and whether the browser took it into the clipboard.
    Shared {
        url: String,
        copied: bool,
    },
    CloseShare,
    /// Do not open the link that is being opened.
    Cancel,
    /// What was reached, as a file.
    Export,
    /// A file was chosen: its text, or why the browser cannot read it.
    Import(Result<String, String>),
    /// Copy the report of a broken invariant.
    CopyReport,
    /// Put the banner of a broken invariant away and look on.
    Excuse,
    /// Play or pause the panorama.
    TogglePlay,
    /// Move the panorama's playhead to a moment, in microseconds since its start.
    Scrub(i64),
    /// The room for the panorama, in CSS pixels.
    Resized(f64),
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: HomeMsg) -> Vec<AppEffect> {
    state.dirty = true;
    match msg {
        HomeMsg::Visit(hash) => return visit(state, &hash),
        HomeMsg::OpenHome => return show(state, Screen::Home),
        HomeMsg::OpenFreePlay => return free_play(state),
        HomeMsg::OpenLesson(id) => return open_lesson(state, &id),
        HomeMsg::Chapter(number) => state.home.chapter = Some(number),
        HomeMsg::Dismiss => state.home.notice = None,
        HomeMsg::Share => return rooms::share(state),
        HomeMsg::Shared { url, copied } => rooms::shared(state, url, copied),
        HomeMsg::CloseShare => {
            state.home.share = None;
            return vec![AppEffect::Focus("share")];
        }
        HomeMsg::Cancel => return rooms::cancel(state),
        HomeMsg::Export => {
            let text = keepsake::pack(&state.lesson);
            return vec![AppEffect::Save { name: keepsake::NAME.to_owned(), text }];
        }
        HomeMsg::Import(file) => return import(state, file),
        HomeMsg::CopyReport => return incident::copy(state),
        HomeMsg::Excuse => incident::put_away(state),
        HomeMsg::TogglePlay => {
            if let Some(panorama) = &mut state.home.panorama {
                panorama.playback.playing = !panorama.playback.playing;
                panorama.playback.rest();
            }
        }
        HomeMsg::Scrub(to_us) => {
            if let Some(panorama) = &mut state.home.panorama {
                panorama.playback.playing = false;
                panorama.scrub = Some(to_us);
            }
        }
        HomeMsg::Resized(width) => {
            if let Some(panorama) = &mut state.home.panorama {
                panorama.width = width;
            }
        }
    }
    Vec::new()
}

/// Goes where an address leads. What leads nowhere ends on the home page, which says why.
fn visit(state: &mut AppState, hash: &str) -> Vec<AppEffect> {
    let Some(address) = Address::read(hash) else { return Vec::new() };
    if address == Address::of(state) {
        return show(state, state.screen);
    }
    match address {
        Address::Home => show(state, Screen::Home),
        Address::Play => free_play(state),
        Address::Lesson(id) => open_lesson(state, &id),
        Address::Paper(paper) => read(state, paper),
        Address::Run(text) => rooms::open_link(state, &text),
        Address::Unknown(text) => {
            let title = state.words.home_unknown_title().to_owned();
            refuse(state, title, state.words.home_unknown(text))
        }
    }
}

/// A page of the documentation in place of the catalogue.
fn read(state: &mut AppState, paper: Paper) -> Vec<AppEffect> {
    let mut effects = show(state, Screen::Home);
    state.home.notice = None;
    let reading = Reading::of(paper);
    effects.extend(reading.awaited().map(|path| AppEffect::Fetch(path.to_owned())));
    state.home.reading = Some(reading);
    effects.push(AppEffect::Focus("paper"));
    effects
}

/// Takes in what was reached elsewhere, or says why not.
fn import(state: &mut AppState, file: Result<String, String>) -> Vec<AppEffect> {
    let words = state.words;
    let taken = match file {
        Ok(text) => keepsake::unpack(&text).map_err(|bad| match bad {
            BadKeepsake::NotOne => words.keep_not_one().to_owned(),
            BadKeepsake::Newer(version) => words.keep_newer(version),
            BadKeepsake::TooLarge => words.keep_too_large(keepsake::MAX_BYTES / 1_000_000),
            BadKeepsake::Empty => words.keep_empty().to_owned(),
            BadKeepsake::Damaged(part) => words.keep_damaged(part),
        }),
        Err(why) => Err(words.keep_unreadable(why)),
    };
    match taken {
        Ok(taken) => {
            let effects = state.lesson.join(taken);
            state.home.notice = None;
            state.tell(words.keep_taken(state.lesson.progress.lessons.len()));
            effects
        }
        Err(why) => {
            let (title, text) = (words.keep_bad().to_owned(), format!("{why} {}", words.link_nothing()));
            refuse(state, title, text)
        }
    }
}

/// Shows a screen, and asks for what it needs.
pub(super) fn show(state: &mut AppState, screen: Screen) -> Vec<AppEffect> {
    state.screen = screen;
    state.home.reading = None;
    state.home.rooms.opening = None;
    state.home.share = None;
    state.dirty = true;
    state.playback.rest();
    if screen == Screen::Stage {
        state.home.notice = None;
        return Vec::new();
    }
    let panorama = state.home.panorama.get_or_insert_with(|| Panorama::new(state.playback.reduced));
    panorama.playback.rest();
    catalogue(state)
}

/// Asks for the catalogue in the language of the page unless it is here.
pub(super) fn catalogue(state: &AppState) -> Vec<AppEffect> {
    match state.home.catalogue {
        Some(_) => Vec::new(),
        None => vec![AppEffect::Fetch(Catalogue::path(state.words))],
    }
}

/// The catalogue is here, or it cannot be had.
pub(super) fn fetched(state: &mut AppState, path: &str, text: Result<String, String>) -> Vec<AppEffect> {
    state.dirty = true;
    if let Some(reading) = &mut state.home.reading {
        reading.came(path, &text);
    }
    if path != Catalogue::path(state.words) {
        return Vec::new();
    }
    let read = text.and_then(|text| Catalogue::read(&text));
    state.home.missing = read.as_ref().err().cloned();
    state.home.catalogue = read.ok().or(state.home.catalogue.take());
    Vec::new()
}

/// Another language: the catalogue is fetched again, and the old one stays until it is here.
pub(super) fn language_changed(state: &AppState) -> Vec<AppEffect> {
    match state.screen {
        Screen::Home => vec![AppEffect::Fetch(Catalogue::path(state.words))],
        Screen::Stage => Vec::new(),
    }
}

/// The home page with the reason why the visitor is there.
pub(super) fn refuse(state: &mut AppState, title: String, text: String) -> Vec<AppEffect> {
    let announced = format!("{title}. {text}");
    let mut effects = show(state, Screen::Home);
    state.home.notice = Some(Notice { title, text });
    effects.push(AppEffect::Announce(announced));
    effects
}

fn free_play(state: &mut AppState) -> Vec<AppEffect> {
    // What had the focus at home is gone with it. A visit that begins here begins at the top of the page.
    let from_home = state.screen == Screen::Home && state.home.panorama.is_some();
    let mut effects = rooms::enter_free_play(state);
    effects.extend(show(state, Screen::Stage));
    if from_home {
        effects.push(AppEffect::FocusStage);
    }
    effects
}

fn open_lesson(state: &mut AppState, id: &str) -> Vec<AppEffect> {
    let entry = state.home.catalogue.as_ref().map(|catalogue| catalogue.entry(id).cloned());
    if let Some(entry) = entry
        && !entry.as_ref().is_some_and(|entry| entry.built)
    {
        let title = state.words.home_not_built_title(id);
        let text = match entry {
            Some(Entry { title, .. }) => state.words.home_not_built(title),
            None => state.words.home_no_such_lesson().to_owned(),
        };
        return refuse(state, title, text);
    }
    let mut effects = show(state, Screen::Stage);
    rooms::leave(state);
    effects.extend(lesson::update(state, LessonMsg::Open(id.to_owned())));
    effects
}

/// A link that is being opened, as the page shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct OpeningView {
    pub title: String,
    pub text: String,
    /// How much of it is done, from 0 to 1.
    pub share: f64,
}

pub fn opening(state: &AppState) -> Option<OpeningView> {
    let (_, opening) = state.home.rooms.opening.as_ref()?;
    let (done, all) = opening.progress();
    Some(OpeningView {
        title: state.words.link_opening(opening.moment()),
        text: state.words.link_opening_text(clock::grouped(done), clock::grouped(all)),
        share: done as f64 / all.max(1) as f64,
    })
}

/// One frame of the home page.
pub(super) fn frame(state: &mut AppState, wall_ms: f64) {
    let Some(panorama) = &mut state.home.panorama else { return };
    panorama.playback.reduced = state.playback.reduced;
    state.dirty |= panorama.frame(wall_ms);
}

/// The catalogue as the page shows it.
pub fn shelf(state: &AppState) -> Option<Shelf> {
    let catalogue = state.home.catalogue.as_ref()?;
    Some(Shelf::of(catalogue, &Marks::of(&state.lesson.progress), state.home.chapter, state.words))
}

#[cfg(test)]
mod tests {
    use super::super::msg::{Msg, Theme};
    use super::super::update;
    use super::*;
    use crate::view::words::Words;

    const CATALOGUE: &str = include_str!("../../lessons/catalogue.en.json");

    fn state() -> AppState {
        AppState::new(Words::English, Theme::Light, true)
    }

    fn visit(state: &mut AppState, hash: &str) -> Vec<AppEffect> {
        update(state, Msg::Home(HomeMsg::Visit(hash.into())))
    }

    fn with_catalogue() -> AppState {
        let mut state = state();
        assert_eq!(visit(&mut state, ""), [AppEffect::Fetch("lessons/catalogue.en.json".into())]);
        update(&mut state, Msg::Fetched { path: "lessons/catalogue.en.json".into(), text: Ok(CATALOGUE.into()) });
        state
    }

    #[test]
    fn a_plain_visit_opens_the_home_page_and_free_play_is_one_click_away() {
        let mut state = with_catalogue();
        assert_eq!(Address::of(&state), Address::Home);
        let run = state.run.snapshot();
        update(&mut state, Msg::Home(HomeMsg::OpenFreePlay));
        assert_eq!(Address::of(&state), Address::Play);
        visit(&mut state, "#/");
        assert_eq!(state.screen, Screen::Home);
        assert_eq!(format!("{:?}", state.run.snapshot()), format!("{run:?}"), "the run is as it was");
    }

    #[test]
    fn on_the_home_page_the_visitors_run_stands_still() {
        let mut state = with_catalogue();
        state.playback.playing = true;
        let step = state.scene.step;
        for frame in 0..20 {
            update(&mut state, Msg::Frame(f64::from(frame) * 40.0));
        }
        update(&mut state, Msg::Home(HomeMsg::Scrub(50_000)));
        update(&mut state, Msg::Frame(900.0));
        assert_eq!(state.home.panorama.as_ref().map(|panorama| panorama.scene.now_us), Some(50_000));
        update(&mut state, Msg::Home(HomeMsg::OpenFreePlay));
        assert_eq!(state.scene.step, step);
    }

    #[test]
    fn an_address_that_leads_nowhere_ends_on_the_home_page_which_says_why() {
        let mut state = with_catalogue();
        update(&mut state, Msg::Home(HomeMsg::OpenFreePlay));
        for hash in ["#/somewhere", "#/lesson/L99", "#/lesson/L07"] {
            visit(&mut state, hash);
            assert_eq!(state.screen, Screen::Home, "{hash}");
            let notice = state.home.notice.take().expect("it says why");
            assert!(notice.title.len() > 5 && notice.text.len() > 20, "{notice:?}");
        }
        visit(&mut state, "#stage");
        assert_eq!(state.home.notice, None, "a place inside the page is no address");
    }

    #[test]
    fn a_catalogue_that_is_late_or_broken_does_no_harm() {
        let mut state = with_catalogue();
        update(&mut state, Msg::Fetched { path: "lessons/catalogue.ko.json".into(), text: Ok("{}".into()) });
        assert!(state.home.missing.is_none(), "it was for another language");
        update(&mut state, Msg::Fetched { path: "lessons/catalogue.en.json".into(), text: Err("404".into()) });
        assert!(state.home.missing.is_some() && shelf(&state).is_some(), "what is here stays");
    }

    #[test]
    fn pages_of_the_documentation_have_addresses_and_come_as_files() {
        let mut state = with_catalogue();
        let effects = visit(&mut state, "#/simplified");
        assert!(effects.contains(&AppEffect::Fetch("fidelity.md".into())), "{effects:?}");
        assert_eq!(Address::of(&state).text(), "#/simplified");
        let reading = |state: &AppState| state.home.reading.clone().expect("it is read");
        assert!(reading(&state).blocks.is_empty() && reading(&state).missing.is_none());
        update(&mut state, Msg::Fetched { path: "fidelity.md".into(), text: Err("404 Not Found".into()) });
        assert_eq!(reading(&state).missing.as_deref(), Some("404 Not Found"));
        visit(&mut state, "#/licence");
        for path in ["NOTICE", "LICENSE-MIT", "LICENSE-APACHE"] {
            update(&mut state, Msg::Fetched { path: path.into(), text: Ok(format!("{path} of all\n\nTexts.\n")) });
        }
        assert!(reading(&state).blocks.len() >= 3, "{:?}", reading(&state));
        visit(&mut state, "#/");
        assert_eq!((Address::of(&state), state.home.reading), (Address::Home, None));
    }

    #[test]
    fn another_language_fetches_its_catalogue() {
        let mut state = with_catalogue();
        let effects = update(&mut state, Msg::Language(Words::Korean));
        assert!(effects.contains(&AppEffect::Fetch("lessons/catalogue.ko.json".into())));
    }
}
