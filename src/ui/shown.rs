//! What the page shows, kept from one drawing to the next: a piece that has not changed stays the same object, so that Yew
//! leaves it alone.

use super::Shared;
use super::home::PanoramaView;
use super::palette;
use super::toolbar::RowTab;
use crate::app::console::ConsoleLine;
use crate::app::msg::{DockTab, Screen};
use crate::app::reading::Reading;
use crate::app::{AppState, inspect};
use crate::view::inspect::Inspection;
use crate::view::lesson::Column;
use crate::view::logs::{LogRow, has};
use crate::view::narrate;
use crate::view::picture::Part;
use crate::view::scene::{EventLine, KeyLegend, Row};
use crate::view::table;
use crate::view::timeline::{Scale, StepMark, Ticks, spaced, step_marks};

/// Lines of Events and of Logs at once.
const EVENTS: usize = 240;
/// Room on the left of the timeline for the names of its rows.
const TIMELINE_LABELS: f64 = 66.0;

/// What was drawn last, kept so that unchanged pieces stay the same object.
pub struct Shown {
    pub parts: Vec<Shared<Part>>,
    pub keys: Shared<Vec<KeyLegend>>,
    pub rows: Shared<Vec<RowTab>>,
    pub lesson: Option<Shared<Column>>,
    pub lines: Shared<Vec<ConsoleLine>>,
    pub events: Shared<Vec<EventLine>>,
    pub logs: Shared<Vec<LogRow>>,
    pub processes: Shared<Vec<String>>,
    /// Places in the journal of the shown lines that speak of the selection.
    pub about: Shared<Vec<u64>>,
    pub page: Option<Shared<Inspection>>,
    pub ticks: Shared<Ticks>,
    pub scale: Scale,
    /// Where the steps of the open lesson begin.
    pub steps: Vec<StepMark>,
    /// Moments from which the run can be rebuilt.
    pub snapshots: Vec<i64>,
    pub tables: Shared<Vec<table::Table>>,
    pub panorama: Option<PanoramaView>,
    pub reading: Option<Shared<Reading>>,
    pub palette: Option<Shared<palette::Shown>>,
}

impl Default for Shown {
    fn default() -> Self {
        Shown {
            parts: Vec::new(),
            keys: Shared::new(Vec::new()),
            rows: Shared::new(Vec::new()),
            lesson: None,
            lines: Shared::new(Vec::new()),
            events: Shared::new(Vec::new()),
            logs: Shared::new(Vec::new()),
            processes: Shared::new(Vec::new()),
            about: Shared::new(Vec::new()),
            page: None,
            ticks: Shared::new(Ticks::default()),
            scale: Scale::fit(0, TIMELINE_LABELS, 1_000.0),
            steps: Vec::new(),
            snapshots: Vec::new(),
            tables: Shared::new(Vec::new()),
            panorama: None,
            reading: None,
            palette: None,
        }
    }
}

impl Shown {
    /// Computes what the next drawing shows; pieces that are equal to the last ones stay the same objects.
    pub fn prepare(&mut self, state: &mut AppState) {
        state.dirty = false;
        match (&mut self.reading, state.home.reading.clone()) {
            (Some(shown), Some(wanted)) => keep(shown, wanted),
            (shown, wanted) => *shown = wanted.map(Shared::new),
        }
        if state.screen == Screen::Home {
            self.panorama = PanoramaView::of(state, self.panorama.take());
            return;
        }
        let layout = state.layout();
        self.parts = super::renew(std::mem::take(&mut self.parts), state.picture(&layout));
        keep(&mut self.keys, state.scene.keys.clone());
        let words = state.words;
        let tab = |row: &Row| (row.tp(), row.trouble(), narrate::trouble(row, words));
        let rows = state.scene.rows.iter().map(tab).collect();
        keep(&mut self.rows, rows);
        if self.lines.last().map(|line| line.id) != state.console.lines.last().map(|line| line.id) {
            self.lines = Shared::new(state.console.lines.clone());
        }
        let width = (state.stage.0 - 28.0).max(120.0);
        let left = if state.phone() { 0.0 } else { TIMELINE_LABELS };
        let furthest = state.run.newest_us().max(state.run.left_us().map_or(0, |(_, end)| end));
        self.scale = Scale::fit(furthest, left, width - left);
        self.steps = step_marks(&state.run.steps_us(), state.lesson.shown, &self.scale);
        self.snapshots = spaced(state.run.snapshots(), &self.scale);
        let mut ticks = (*self.ticks).clone();
        if ticks.follow(state.run.events(), state.run.folded_ticks(), &self.scale, state.run.branches()) {
            self.ticks = Shared::new(ticks);
        }
        match (state.column(), &mut self.lesson) {
            (Some(column), Some(shown)) => keep(shown, column),
            (column, shown) => *shown = column.map(Shared::new),
        }
        let events = if state.dock == DockTab::Events { newest(state) } else { Vec::new() };
        keep(&mut self.events, events);
        let tables = if state.table { table::tables(&state.scene, words) } else { Vec::new() };
        keep(&mut self.tables, tables);
        let wanted = state.palette.open.then(|| palette::Shown::of(state));
        match (&mut self.palette, wanted) {
            (Some(shown), Some(wanted)) => keep(shown, wanted),
            (shown, wanted) => *shown = wanted.map(Shared::new),
        }
        prepare_inspector(self, state);
    }
}

/// What the inspector shows, and the lists whose lines select it.
fn prepare_inspector(shown: &mut Shown, state: &mut AppState) {
    let logs = match state.dock {
        DockTab::Logs => state.run.logs(state.scene.now_us, &state.inspector.logs, EVENTS),
        _ => Vec::new(),
    };
    keep(&mut shown.logs, logs);
    keep(&mut shown.processes, state.run.log_processes());
    let numbers: Vec<u64> = match state.dock {
        DockTab::Events => shown.events.iter().map(|event| event.number).collect(),
        DockTab::Logs => shown.logs.iter().map(|row| row.number).collect(),
        DockTab::Console | DockTab::Bytes => Vec::new(),
    };
    let about = |target| state.run.about(&state.scene, target, numbers.into_iter());
    keep(&mut shown.about, state.selection.as_ref().map(about).unwrap_or_default());
    let asked = state.inspector.open || state.dock == DockTab::Bytes;
    let page = if asked { inspect::page(state) } else { None };
    match (&mut shown.page, page) {
        (Some(shown), Some(page)) => keep(shown, page),
        (shown, page) => *shown = page.map(Shared::new),
    }
}

fn keep<T: PartialEq>(shown: &mut Shared<T>, wanted: T) {
    if **shown != wanted {
        *shown = Shared::new(wanted);
    }
}

/// The newest events up to the playhead.
fn newest(state: &AppState) -> Vec<EventLine> {
    let events = state.run.events();
    let end = events.partition_point(|event| event.at_us <= state.scene.now_us);
    let wanted = &state.inspector.events;
    let fits = |event: &&EventLine| has(wanted, [event.name.as_str(), event.text.as_str()]);
    let mut found: Vec<EventLine> = events[..end].iter().rev().filter(fits).take(EVENTS).cloned().collect();
    found.reverse();
    found
}
