//! The walls of ARCHITECTURE.md: which layer may name which.

use super::Complaint;
use super::source::Source;

/// Layers from the ground up; a room may name its own layer and those below. A room of `kafka` that is not listed
/// belongs with `kafka::ids`: plain data that all of Kafka's parts may share.
const LAYERS: &[&[&str]] = &[
    &["time", "rng", "nearest"],
    &["kafka"],
    &["kafka::log"],
    &["kafka::broker", "kafka::controller", "kafka::coordinator", "kafka::client"],
    &["sim"],
    &["goal"],
    &["shell"],
    &["lessons", "torture"],
    &["view"],
    &["app"],
    &["ui"],
];

/// What rooms may not name although their layer would allow it.
const CLOSED_DOORS: &[(&str, &str, &str)] =
    &[("kafka::client", "kafka::broker", "a client meets a broker in kafka::protocol only")];

/// All that the page may read of the crate.
const OPEN_TO_UI: &[&str] = &["ui", "app", "view", "kafka::ids"];

/// The longest listed room that holds this path, with its layer.
fn room(path: &str) -> Option<(usize, &'static str)> {
    let holds = |room: &str| path == room || path.starts_with(&format!("{room}::"));
    let all = LAYERS.iter().enumerate().flat_map(|(layer, rooms)| rooms.iter().map(move |room| (layer, *room)));
    all.filter(|(_, room)| holds(room)).max_by_key(|(_, room)| room.len())
}

/// `kafka::record::batch` of `src/kafka/record/batch.rs`; empty for lib.rs and main.rs.
pub fn module_of(path: &str) -> String {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    if matches!(inner, "lib" | "main" | "build") { String::new() } else { inner.replace('/', "::") }
}

pub fn layers(source: &Source) -> Vec<Complaint> {
    let own = module_of(&source.path);
    if own.is_empty() || source.path.starts_with("src/bin/") {
        return Vec::new();
    }
    let Some((own_layer, _)) = room(&own) else {
        return vec![source.complain(0, &format!("`{own}` has no layer: give it one in tests/it/tidy/walls.rs"))];
    };
    let mut complaints = Vec::new();
    for (index, path) in named_paths(source, &own) {
        let Some((layer, _)) = room(&path) else { continue };
        let under = |room: &str, path: &str| path == room || path.starts_with(&format!("{room}::"));
        if layer > own_layer {
            complaints.push(source.complain(index, &format!("`{own}` names `{path}`, which stands above it")));
        } else if under("ui", &own) && !OPEN_TO_UI.iter().any(|open| under(open, &path)) {
            complaints.push(source.complain(index, &format!("the page names `{path}`; it may read {OPEN_TO_UI:?}")));
        }
        for (from, to, why) in CLOSED_DOORS {
            if under(from, &own) && under(to, &path) {
                complaints.push(source.complain(index, &format!("`{own}` names `{path}`: {why}")));
            }
        }
    }
    complaints
}

/// Every path into the crate that a file names, through `crate::` or `super::`, with groups taken apart.
fn named_paths(source: &Source, own: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for index in 0..source.words.len() {
        let inside_a_path = index > 0 && source.at(index - 1) == "::";
        if inside_a_path || source.at(index + 1) != "::" {
            continue;
        }
        match source.at(index) {
            "crate" => tree(source, index + 2, "", &mut found),
            "super" => {
                // A path through `super` of a nested `mod tests` climbs less far than this assumes, and so is only
                // ever taken for a room further out, which holds the one that it means.
                let mut at = index;
                let mut base: Vec<&str> = own.split("::").collect();
                while source.at(at) == "super" {
                    base.pop();
                    at += 2;
                }
                tree(source, at, &base.join("::"), &mut found);
            }
            _ => {}
        }
    }
    found
}

/// Reads a use tree (`a::b`, `a::{b, c::d}`) from `index` on. Only what stands in the crate's own tree matters, so a
/// path may end too late (in a type or a function) without harm.
fn tree(source: &Source, index: usize, base: &str, found: &mut Vec<(usize, String)>) {
    let join = |base: &str, name: &str| if base.is_empty() { name.to_string() } else { format!("{base}::{name}") };
    if source.at(index) == "{" {
        let end = source.closing(index);
        let mut at = index + 1;
        while at < end {
            tree(source, at, base, found);
            at = next_in_group(source, at, end);
        }
        return;
    }
    let path = join(base, source.at(index));
    if source.at(index + 1) == "::" {
        tree(source, index + 2, &path, found);
    } else {
        found.push((index, path));
    }
}

/// The place behind the next comma of a group.
fn next_in_group(source: &Source, mut at: usize, end: usize) -> usize {
    while at < end && source.at(at) != "," {
        at = if source.at(at) == "{" { source.closing(at) + 1 } else { at + 1 };
    }
    at + 1
}

/// Crates and settings that belong to the browser stand in `src/ui/` alone (and in the two roots that gate it).
pub fn browser_names(source: &Source) -> Vec<Complaint> {
    if source.is_in(&["ui"]) || matches!(source.path.as_str(), "src/main.rs" | "src/lib.rs") {
        return Vec::new();
    }
    let foreign = |text: &str| {
        matches!(text, "yew" | "web_sys" | "js_sys" | "serde_wasm_bindgen" | "target_arch" | "target_family")
            || text.starts_with("gloo")
            || text.starts_with("wasm_bindgen")
    };
    let named = source.words.iter().enumerate().filter(|(_, word)| foreign(&word.text));
    named.map(|(at, word)| source.complain(at, &format!("`{}` belongs in src/ui/", word.text))).collect()
}

#[cfg(test)]
mod samples {
    use super::*;

    fn check(path: &str, text: &str) -> Vec<Complaint> {
        layers(&Source::new(path, text))
    }

    #[test]
    fn a_layer_that_names_one_above_it_is_found() {
        assert_eq!(check("src/kafka/record/batch.rs", "use crate::kafka::broker::Broker;").len(), 1);
        assert_eq!(check("src/kafka/log/mod.rs", "use crate::{time::SimTime, sim::World};").len(), 1);
        assert_eq!(check("src/sim/world.rs", "fn f(s: &crate::shell::Shell) {}").len(), 1);
        assert_eq!(check("src/shell/mod.rs", "use crate::{goal, kafka::{ids, log::{a, b}}, view::Scene};").len(), 1);
        assert_eq!(check("src/time.rs", "use super::kafka::ids::NodeId;").len(), 1);
        assert_eq!(check("src/kafka/log/mod.rs", "use super::client::Producer;").len(), 1);
    }

    #[test]
    fn a_layer_may_name_itself_and_those_below() {
        assert!(check("src/sim/world.rs", "use crate::{kafka::broker::Broker, rng::Rng, sim::link};").is_empty());
        assert!(check("src/kafka/broker/mod.rs", "use crate::kafka::{controller::Controller, log::Log};").is_empty());
        assert!(check("src/kafka/log/segment.rs", "use super::index::Index; // crate::sim").is_empty());
        assert!(check("src/lib.rs", "pub mod ui; use crate::ui::root;").is_empty());
    }

    #[test]
    fn a_client_never_names_a_broker() {
        assert_eq!(check("src/kafka/client/producer/mod.rs", "use crate::kafka::broker;").len(), 1);
        // A broker is itself a client of the controller: it may use the connections of `client`.
        assert!(check("src/kafka/broker/mod.rs", "use super::client::connection;").is_empty());
    }

    #[test]
    fn the_page_cannot_reach_the_world() {
        assert_eq!(check("src/ui/root.rs", "use crate::sim::World;").len(), 1);
        assert!(check("src/ui/root.rs", "use crate::{app::State, view::Scene, kafka::ids::NodeId};").is_empty());
    }

    #[test]
    fn a_new_room_needs_a_layer() {
        assert_eq!(check("src/gadgets/mod.rs", "").len(), 1);
        assert!(check("src/kafka/event.rs", "").is_empty());
    }

    #[test]
    fn browser_crates_outside_the_page_are_found() {
        let found = |path: &str, text: &str| browser_names(&Source::new(path, text)).len();
        assert_eq!(found("src/app/mod.rs", "use web_sys::Window;"), 1);
        assert_eq!(found("src/sim/mod.rs", "#[cfg(target_arch = \"wasm32\")] fn f() {}"), 1);
        assert_eq!(found("src/view/mod.rs", "use gloo_render::request_animation_frame;"), 1);
        assert_eq!(found("src/ui/mod.rs", "use yew::prelude::*;"), 0);
        assert_eq!(found("src/app/mod.rs", "// yew draws this\nlet s = \"yew\";"), 0);
    }
}
