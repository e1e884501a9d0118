//! Which key does what.

use super::home::HomeMsg;
use super::inspect::InspectMsg;
use super::lesson::LessonMsg;
use super::msg::{DockTab, Msg, Screen, Tool};
use super::palette::PaletteMsg;
use crate::view::hit::Arrow;

/// A key press as the page reports it.
#[derive(Clone, PartialEq, Debug)]
pub struct Stroke {
    /// The DOM's `key`: `" "`, `"ArrowLeft"`, `"k"`.
    pub key: String,
    /// A modifier other than Shift is down: never ours.
    pub modified: bool,
    /// The focus is on the stage.
    pub on_stage: bool,
    /// The focus is in a text field or on a control that uses the key itself.
    pub in_field: bool,
}

/// What a key press means, if anything. Single letters act only while the stage has the focus (WCAG 2.1.4).
pub fn message(stroke: &Stroke, letters: bool) -> Option<Msg> {
    if stroke.modified || stroke.in_field {
        return None;
    }
    let everywhere = match stroke.key.as_str() {
        " " => Some(Msg::TogglePlay),
        "." => Some(Msg::NextEvent),
        "," => Some(Msg::PreviousEvent),
        // With Shift: those of the selection.
        ">" => Some(Msg::Inspect(InspectMsg::NextOfSelection)),
        "<" => Some(Msg::Inspect(InspectMsg::PreviousOfSelection)),
        "[" => Some(Msg::PreviousCheckpoint),
        "]" => Some(Msg::NextCheckpoint),
        "-" => Some(Msg::Slower),
        "=" | "+" => Some(Msg::Faster),
        "`" => Some(Msg::FocusConsole),
        "?" => Some(Msg::ToggleHelp),
        "Escape" => Some(Msg::Leave),
        "1" => Some(Msg::Dock(DockTab::Console)),
        "2" => Some(Msg::Dock(DockTab::Logs)),
        "3" => Some(Msg::Dock(DockTab::Events)),
        "4" => Some(Msg::Dock(DockTab::Bytes)),
        _ => None,
    };
    if everywhere.is_some() || !stroke.on_stage {
        return everywhere;
    }
    let arrow = match stroke.key.as_str() {
        "ArrowLeft" => Some(Arrow::Left),
        "ArrowRight" => Some(Arrow::Right),
        "ArrowUp" => Some(Arrow::Up),
        "ArrowDown" => Some(Arrow::Down),
        _ => None,
    };
    if let Some(arrow) = arrow {
        return Some(Msg::MoveSelection(arrow));
    }
    if stroke.key == "Enter" {
        return Some(Msg::Inspect(InspectMsg::Open));
    }
    if !letters {
        return None;
    }
    letter(&stroke.key.to_lowercase())
}

/// What a single letter does on the stage.
fn letter(key: &str) -> Option<Msg> {
    let meant = match key {
        "k" => Msg::Tool(Tool::Kill),
        "x" => Msg::Tool(Tool::Cut),
        "s" => Msg::Tool(Tool::Slow),
        "t" => Msg::ToggleTable,
        "f" => Msg::FollowSelected,
        "a" => Msg::Palette(PaletteMsg::Toggle),
        "h" => Msg::Lesson(LessonMsg::Hint),
        "u" => Msg::Lesson(LessonMsg::Undo),
        "i" => Msg::Inspect(InspectMsg::Toggle),
        "w" => Msg::Inspect(InspectMsg::Why),
        _ => return None,
    };
    Some(meant)
}

/// What a key means on the screen that is shown: on the home page there is no cluster of the visitor's to act on.
pub fn on_screen(screen: Screen, meant: Msg) -> Option<Msg> {
    match (screen, meant) {
        (Screen::Stage, meant) => Some(meant),
        (Screen::Home, Msg::TogglePlay) => Some(Msg::Home(HomeMsg::TogglePlay)),
        (Screen::Home, meant @ (Msg::ToggleHelp | Msg::Leave)) => Some(meant),
        (Screen::Home, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stroke(key: &str, on_stage: bool) -> Stroke {
        Stroke { key: key.into(), modified: false, on_stage, in_field: false }
    }

    #[test]
    fn letters_act_on_the_stage_only_and_can_be_turned_off() {
        assert_eq!(message(&stroke("k", false), true), None);
        assert_eq!(message(&stroke("k", true), true), Some(Msg::Tool(Tool::Kill)));
        assert_eq!(message(&stroke("k", true), false), None);
        assert_eq!(message(&stroke(" ", false), true), Some(Msg::TogglePlay));
    }

    #[test]
    fn on_the_home_page_no_key_acts_on_the_visitors_cluster() {
        assert_eq!(on_screen(Screen::Home, Msg::TogglePlay), Some(Msg::Home(HomeMsg::TogglePlay)));
        assert_eq!(on_screen(Screen::Home, Msg::ToggleHelp), Some(Msg::ToggleHelp));
        for meant in [Msg::NextEvent, Msg::FocusConsole, Msg::Tool(Tool::Kill)] {
            assert_eq!(on_screen(Screen::Home, meant.clone()), None);
            assert_eq!(on_screen(Screen::Stage, meant.clone()), Some(meant));
        }
    }

    #[test]
    fn nothing_is_taken_from_a_field_or_from_the_browsers_own_shortcuts() {
        assert_eq!(message(&Stroke { in_field: true, ..stroke(" ", false) }, true), None);
        assert_eq!(message(&Stroke { modified: true, ..stroke("k", true) }, true), None);
    }
}
