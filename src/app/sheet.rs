//! The sheet at the foot of a narrow window: lesson, dock and inspector are its pages, one at a time, at three heights.

use super::state::AppState;

/// A page of the sheet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SheetPage {
    Lesson,
    /// Console, logs, events and bytes.
    #[default]
    Dock,
    Inspector,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum SheetHeight {
    /// Its head and the first line.
    #[default]
    Peek,
    Half,
    /// Up to the top bar.
    Full,
}

impl SheetHeight {
    pub fn name(self) -> &'static str {
        match self {
            SheetHeight::Peek => "peek",
            SheetHeight::Half => "half",
            SheetHeight::Full => "full",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Sheet {
    pub height: SheetHeight,
    wanted: SheetPage,
    /// How high it is while it is dragged, in CSS pixels.
    pub dragged: Option<f64>,
}

/// What the head of the sheet asks for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum SheetMsg {
    Show(SheetPage),
    Taller,
    Shorter,
    /// The head is dragged: the sheet is so high, in CSS pixels.
    Drag(f64),
    /// The head was let go of in a window of this height.
    Drop(f64),
}

/// How high the least height is, in CSS pixels, and what of the window half and all of it are.
const PEEK: f64 = 96.0;
const HALF: f64 = 0.42;
const FULL: f64 = 0.93;

/// Pages that have something to show.
pub fn pages(state: &AppState) -> Vec<SheetPage> {
    let all = [
        (SheetPage::Lesson, state.shows_lesson()),
        (SheetPage::Dock, true),
        (SheetPage::Inspector, state.inspector.open),
    ];
    all.into_iter().filter(|(_, there)| *there).map(|(page, _)| page).collect()
}

/// The page that is seen.
pub fn page(state: &AppState) -> SheetPage {
    let there = pages(state);
    if there.contains(&state.sheet.wanted) { state.sheet.wanted } else { there[0] }
}

/// Brings a page up, at least half high.
pub(super) fn bring_up(state: &mut AppState, page: SheetPage) {
    state.sheet.wanted = page;
    state.sheet.height = state.sheet.height.max(SheetHeight::Half);
    state.dirty = true;
}

/// Applies one message.
pub(super) fn update(state: &mut AppState, msg: SheetMsg) {
    state.dirty = true;
    let sheet = &mut state.sheet;
    match msg {
        SheetMsg::Show(page) => bring_up(state, page),
        SheetMsg::Taller => {
            sheet.height = if sheet.height == SheetHeight::Peek { SheetHeight::Half } else { SheetHeight::Full };
        }
        SheetMsg::Shorter => {
            sheet.height = if sheet.height == SheetHeight::Full { SheetHeight::Half } else { SheetHeight::Peek };
        }
        SheetMsg::Drag(height) => sheet.dragged = Some(height.max(PEEK)),
        SheetMsg::Drop(window) => {
            let Some(height) = sheet.dragged.take() else { return };
            let heights =
                [(SheetHeight::Peek, PEEK), (SheetHeight::Half, window * HALF), (SheetHeight::Full, window * FULL)];
            let away = |(_, of): &(SheetHeight, f64)| (of - height).abs();
            let nearest = heights.into_iter().min_by(|a, b| away(a).total_cmp(&away(b)));
            sheet.height = nearest.map_or(SheetHeight::Half, |(height, _)| height);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::msg::Theme;
    use super::*;
    use crate::view::words::Words;

    #[test]
    fn a_sheet_that_is_let_go_of_takes_the_nearest_height() {
        let mut state = AppState::new(Words::English, Theme::Light, true);
        let mut drop_at = |height: f64| {
            update(&mut state, SheetMsg::Drag(height));
            update(&mut state, SheetMsg::Drop(844.0));
            (state.sheet.height, state.sheet.dragged)
        };
        assert_eq!(drop_at(10.0), (SheetHeight::Peek, None));
        assert_eq!(drop_at(300.0), (SheetHeight::Half, None));
        assert_eq!(drop_at(700.0), (SheetHeight::Full, None));
    }

    #[test]
    fn a_page_without_contents_gives_way_to_one_that_has_some() {
        let mut state = AppState::new(Words::English, Theme::Light, true);
        assert_eq!(page(&state), SheetPage::Dock);
        state.sheet.height = SheetHeight::Peek;
        state.inspector.open = true;
        update(&mut state, SheetMsg::Show(SheetPage::Inspector));
        assert_eq!((page(&state), state.sheet.height), (SheetPage::Inspector, SheetHeight::Half));
        state.inspector.open = false;
        assert_eq!(page(&state), SheetPage::Dock);
    }
}
