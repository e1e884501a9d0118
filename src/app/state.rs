//! The state of the program.

use std::collections::VecDeque;

use super::console::{Console, Typed};
use super::home::Home;
use super::incident::Incident;
use super::inspect::Inspector;
use super::lesson::LessonColumn;
use super::msg::{AppEffect, DockTab, Screen, Theme, Tool};
use super::palette::{self, Palette};
use super::playback::Playback;
use super::run::Run;
use super::sheet::Sheet;
use crate::view::flight::Motion;
use crate::view::hit::Target;
use crate::view::layout::{Form, Frame, Layout, Level, Wish, lay_out_at};
use crate::view::lesson::{Column, Look, column};
use crate::view::picture::{Lens, Part, picture};
use crate::view::scene::{KeyMark, Row, Scene};
use crate::view::words::Words;

/// Windows narrower than this get the phone's picture.
pub const PHONE_WIDTH: f64 = 720.0;

/// In windows narrower than this the inspector lies over the stage; in wider ones it stands beside it.
pub const INSPECTOR_BESIDE: f64 = 1280.0;

/// A tool that waits for its target: the first end of a link may be chosen already.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Armed {
    pub tool: Tool,
    pub first: Option<String>,
}

/// What is missing before there is anything to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vacancy {
    NoTopic,
    NothingProduced,
}

/// A notice that goes away by itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Toast {
    pub text: String,
    /// What its button takes back.
    pub offer: Option<Offer>,
    /// The wall clock when it was first drawn.
    since_ms: Option<f64>,
}

/// Something that was done and can be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    /// A command in the past left a run: back to it.
    Fork,
    /// Another cluster took the place of this one: back to this one.
    Cluster,
}

/// How long a notice stays, in milliseconds of wall time; one with a button stays longer.
const TOAST_MS: f64 = 6_000.0;
const OFFER_MS: f64 = 20_000.0;

/// Everything the page knows.
pub struct AppState {
    pub run: Run,
    pub scene: Scene,
    pub playback: Playback,
    pub console: Console,
    /// Lines that wait until the one before has ended.
    pub waiting: VecDeque<Typed>,
    pub dock: DockTab,
    pub screen: Screen,
    pub lesson: LessonColumn,
    pub home: Home,
    pub incident: Incident,
    pub inspector: Inspector,
    pub palette: Palette,
    /// In a narrow window: the sheet at its foot.
    pub sheet: Sheet,
    /// Index into [`super::tools::DELAYS`]: what the Slow tool adds.
    pub delay: u8,
    /// The key that is followed: its tiles and messages keep their colour, the others turn grey.
    pub followed: Option<KeyMark>,
    /// How much a row shows, if not as much as fits.
    pub zoom: Option<Level>,
    /// The stage shows tables instead of the picture.
    pub table: bool,
    pub theme: Theme,
    pub words: Words,
    pub selection: Option<Target>,
    pub armed: Option<Armed>,
    /// What the pointer is over, and where the pointer is.
    pub hovered: Option<(Target, (f64, f64))>,
    /// Where a drag on the timeline wants to go.
    pub scrub: Option<i64>,
    /// A notice over the stage, and how long it has been there in milliseconds of wall time.
    pub toast: Option<Toast>,
    /// How many instants with events a frame may pass: as many as the machine can do in its time.
    pub(super) pace: u32,
    /// The event that was said last, and the wall clock then.
    pub(super) told: (u64, f64),
    pub help: bool,
    /// Single-letter keys are on.
    pub letters: bool,
    pub producer: u32,
    pub consumer: u32,
    pub phone_row: u32,
    /// Where not all rows fit: the first one in sight.
    pub first_row: u32,
    pub stage: (f64, f64),
    pub window: f64,
    pub hidden: bool,
    /// Set when the picture or a panel must be drawn again.
    pub dirty: bool,
}

impl AppState {
    /// A program with a fresh, living cluster: the opening lines have run.
    pub fn new(words: Words, theme: Theme, reduced: bool) -> AppState {
        let mut state = AppState {
            run: Run::default(),
            scene: Scene::default(),
            playback: Playback::new(reduced),
            console: Console::default(),
            waiting: VecDeque::new(),
            dock: DockTab::Console,
            screen: Screen::default(),
            lesson: LessonColumn::default(),
            home: Home::default(),
            incident: Incident::default(),
            inspector: Inspector::default(),
            palette: Palette::default(),
            sheet: Sheet::default(),
            delay: super::tools::FIRST_DELAY,
            followed: None,
            zoom: None,
            table: false,
            theme,
            words,
            selection: None,
            armed: None,
            hovered: None,
            scrub: None,
            toast: None,
            pace: 200,
            told: (0, 0.0),
            help: false,
            letters: true,
            producer: 0,
            consumer: 0,
            phone_row: 0,
            first_row: 0,
            stage: (1440.0, 554.0),
            window: 1440.0,
            hidden: false,
            dirty: true,
        };
        state.run.classroom.speak(words.tag());
        super::update::open(&mut state);
        state
    }

    /// Takes in what an earlier visit left in the browser; `stored` reads a text by its key.
    pub fn restore(&mut self, stored: &dyn Fn(&str) -> Option<String>) -> Vec<AppEffect> {
        super::lesson::restore(self, stored)
    }

    /// A line is being carried out or waits for its turn.
    pub fn is_working(&self) -> bool {
        self.run.is_busy() || !self.waiting.is_empty() || self.home.rooms.opening.is_some()
    }

    /// Shows a notice.
    pub fn tell(&mut self, text: String) {
        self.toast = Some(Toast { text, offer: None, since_ms: None });
        self.dirty = true;
    }

    /// Shows a notice with a button that takes back what it tells of.
    pub fn offer(&mut self, text: String, offer: Offer) {
        self.toast = Some(Toast { text, offer: Some(offer), since_ms: None });
        self.dirty = true;
    }

    /// A notice that was there long enough goes.
    pub(super) fn age_toast(&mut self, wall_ms: f64) {
        let Some(toast) = &mut self.toast else { return };
        let since = *toast.since_ms.get_or_insert(wall_ms);
        if wall_ms - since > if toast.offer.is_some() { OFFER_MS } else { TOAST_MS } {
            self.toast = None;
            self.dirty = true;
        }
    }

    pub fn phone(&self) -> bool {
        self.window < PHONE_WIDTH
    }

    /// What the rows are to show: those of the lesson's step large, and in a crowd that of the selection.
    fn wish(&self) -> Wish {
        let named = super::lesson::topics(self);
        let about = |row: &Row| named.contains(&row.topic);
        let lit = (0u32..).zip(&self.scene.rows).filter(|(_, row)| about(row)).map(|(at, _)| at).collect();
        Wish { level: self.zoom, lit, opened: self.selection.as_ref().and_then(Target::row), first: self.first_row }
    }

    pub fn layout(&self) -> Layout {
        let row = self.phone_row.min((self.scene.rows.len() as u32).saturating_sub(1));
        let form = if self.phone() { Form::Phone { row } } else { Form::Wide };
        lay_out_at(&self.scene, self.stage.0, self.stage.1, form, &self.wish())
    }

    /// The lesson column has something to show.
    pub fn shows_lesson(&self) -> bool {
        self.run.classroom.run().is_some() || self.lesson.errand.is_some()
    }

    /// The lesson column as it stands now; none without an open lesson.
    pub fn column(&mut self) -> Option<Column> {
        let panel = self.run.lesson()?;
        let look = Look {
            scene: &self.scene,
            words: self.words,
            shown: self.lesson.shown,
            chosen: &|id| self.lesson.chosen.get(id).copied(),
            can_undo: self.run.can_undo(),
            following: super::lesson::following(&panel.id),
            newest_us: self.run.newest_us(),
        };
        Some(column(&panel, &look))
    }

    pub fn lens(&self) -> Lens {
        Lens {
            words: self.words,
            selection: self.selection.clone(),
            producer: self.producer,
            consumer: self.consumer,
            followed: self.followed,
        }
    }

    pub fn picture(&self, layout: &Layout) -> Vec<Part> {
        picture(&self.scene, layout, &self.lens())
    }

    /// Time runs so fast that two moments of one drawing would differ, or a line is under way.
    pub fn is_brisk(&self) -> bool {
        self.is_working() || self.playback.playing && self.playback.rate() >= 0.2
    }

    /// How messages are shown now.
    pub fn motion(&self) -> Motion {
        match (self.playback.reduced, self.playback.is_fast()) {
            (true, _) => Motion::Still,
            (false, true) => Motion::Fast,
            (false, false) => Motion::Flying,
        }
    }

    /// Places of the stage where something is missing: what the palette has for each, and where it stands.
    pub fn gaps(&self, layout: &Layout) -> Vec<(palette::Sheet, Frame)> {
        let mut found = Vec::new();
        if self.scene.producers.is_empty() {
            found.push((palette::Sheet::Producer, layout.producer));
        }
        if self.scene.consumers.is_empty() {
            found.push((palette::Sheet::Consumer, layout.group));
        }
        found
    }

    /// No topic, or topics in which no record was ever produced.
    pub fn vacancy(&self) -> Option<Vacancy> {
        if self.scene.rows.is_empty() {
            return Some(Vacancy::NoTopic);
        }
        self.nothing_produced().then_some(Vacancy::NothingProduced)
    }

    fn nothing_produced(&self) -> bool {
        let empty = |row: &Row| row.lanes.iter().all(|lane| lane.log_end_offset == 0);
        !self.scene.rows.is_empty() && self.scene.rows.iter().all(empty) && self.scene.producers.is_empty()
    }

    /// Reads the run again after it moved.
    pub fn refresh(&mut self) {
        self.scene = self.run.scene();
        if self.playback.is_fast() {
            self.scene.flux = self.run.flux(&self.scene.rows);
        }
        self.dirty = true;
    }
}
