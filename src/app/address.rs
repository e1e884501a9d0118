//! The address of the page: which screen it names.
//!
//! The address follows the state: whatever opened a screen, a click, a key or a console line, [`Address::of`] names it.

use super::msg::Screen;
use super::reading::Paper;
use super::state::AppState;

/// What the part of the address behind `#` names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    Home,
    Play,
    /// By the id of the lesson.
    Lesson(String),
    /// A page of the documentation.
    Paper(Paper),
    /// A run that a link holds: by the text of the link.
    Run(String),
    /// Something else: by its text.
    Unknown(String),
}

impl Address {
    /// Reads the address behind and with its `#`; none if it names a place inside the page.
    pub fn read(hash: &str) -> Option<Address> {
        let text = hash.strip_prefix('#').unwrap_or(hash);
        let Some(path) = text.strip_prefix('/') else {
            return text.is_empty().then_some(Address::Home);
        };
        Some(match path.split_once('/') {
            None if path.is_empty() => Address::Home,
            None if path == "play" => Address::Play,
            None if let Some(paper) = Paper::named(path) => Address::Paper(paper),
            Some(("run", text)) => Address::Run(text.to_owned()),
            Some(("lesson", id)) if is_id(id) => Address::Lesson(id.to_owned()),
            _ => Address::Unknown(text.chars().take(80).collect()),
        })
    }

    /// The address of what is shown.
    pub fn of(state: &AppState) -> Address {
        match state.screen {
            Screen::Home => state.home.reading.as_ref().map_or(Address::Home, |reading| Address::Paper(reading.paper)),
            Screen::Stage => Address::of_stage(state),
        }
    }

    /// The address of the cluster's screen, whether it is shown or not.
    pub(super) fn of_stage(state: &AppState) -> Address {
        match (&state.lesson.errand, state.run.classroom.run()) {
            (Some(errand), _) => Address::Lesson(errand.lesson.clone()),
            (None, Some(run)) => Address::Lesson(run.lesson().id.clone()),
            (None, None) => state.home.rooms.shared_text(state.run.timeline()).map_or(Address::Play, Address::Run),
        }
    }

    /// With its `#`.
    pub fn text(&self) -> String {
        match self {
            Address::Home => "#/".to_owned(),
            Address::Play => "#/play".to_owned(),
            Address::Paper(paper) => format!("#/{}", paper.name()),
            Address::Lesson(id) => format!("#/lesson/{id}"),
            Address::Run(text) => format!("#/run/{text}"),
            Address::Unknown(text) => format!("#{text}"),
        }
    }
}

/// The form of a lesson's id: a letter and two digits.
fn is_id(id: &str) -> bool {
    matches!(id.as_bytes(), [letter, a, b] if letter.is_ascii_uppercase() && a.is_ascii_digit() && b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        for address in [
            Address::Home,
            Address::Play,
            Address::Lesson("L05".into()),
            Address::Run("1.abc".into()),
            Address::Paper(Paper::Simplified),
            Address::Paper(Paper::Licence),
        ] {
            assert_eq!(Address::read(&address.text()), Some(address));
        }
        assert_eq!(Address::read(""), Some(Address::Home));
        assert_eq!(Address::read("#"), Some(Address::Home));
        assert_eq!(Address::read("#stage"), None, "a place inside the page");
    }

    #[test]
    fn what_is_not_an_address_is_kept_by_its_text() {
        for text in ["#/lesson/", "#/lesson/L5", "#/lesson/L05/x", "#/lesson/../../x", "#/plays", "#/x/y"] {
            assert_eq!(Address::read(text), Some(Address::Unknown(text[1..].into())), "{text}");
        }
    }
}
