//! What the core may not name, and what no source may hold.

use super::Complaint;
use super::source::Source;

/// The layers whose every bit must be the same on every machine.
const CORE: &[&str] = &["kafka", "sim", "goal", "shell"];

/// Paths and names with the reason why the core does without.
const BANNED: &[(&[&str], &str)] = &[
    (&["HashMap"], "its order differs between runs: BTreeMap"),
    (&["HashSet"], "its order differs between runs: BTreeSet"),
    (&["std", "::", "time"], "only virtual time exists: crate::time"),
    (&["std", "::", "thread"], "the world is single-threaded"),
    (&["std", "::", "fs"], "no input or output but what is passed in"),
    (&["std", "::", "net"], "no input or output but what is passed in"),
    (&["std", "::", "env"], "no input or output but what is passed in"),
    (&["std", "::", "process"], "no input or output but what is passed in"),
    (&["println", "!"], "no input or output but what is passed in"),
    (&["print", "!"], "no input or output but what is passed in"),
    (&["eprintln", "!"], "no input or output but what is passed in"),
    (&["stdin", "("], "no input or output but what is passed in"),
    (&["stdout", "("], "no input or output but what is passed in"),
    (&["Rc"], "state is owned once, or shared unchanging in an Arc"),
    (&["RefCell"], "state changes through &mut only"),
    (&["Mutex"], "state changes through &mut only"),
    (&["RwLock"], "state changes through &mut only"),
    (&["static", "mut"], "state changes through &mut only"),
    (&["thread_local", "!"], "state changes through &mut only"),
    (&[".", "powf", "("], "differs in the last bits between platforms"),
    (&[".", "powi", "("], "differs in the last bits between platforms"),
    (&[".", "exp", "("], "differs in the last bits between platforms"),
    (&[".", "ln", "("], "differs in the last bits between platforms"),
    (&[".", "sin", "("], "differs in the last bits between platforms"),
    (&[".", "cos", "("], "differs in the last bits between platforms"),
];

/// A file that may have what is banned, because it says why.
const EXCEPTIONS: &[(&str, &str)] = &[("src/kafka/seeded.rs", "thread_local")];

pub fn core_names(source: &Source) -> Vec<Complaint> {
    if !source.is_in(CORE) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for index in 0..source.words.len() {
        for (words, why) in BANNED {
            if EXCEPTIONS.contains(&(source.path.as_str(), words[0])) {
                continue;
            }
            if words.iter().enumerate().all(|(offset, word)| source.at(index + offset) == *word) {
                complaints.push(source.complain(index, &format!("`{}`: {why}", words.concat())));
            }
        }
    }
    complaints
}

/// `usize` and `isize` have another size in the browser than here. A struct with a lifetime is a view on something
/// else, which no state can hold; cursors are such.
pub fn pointer_sized_fields(source: &Source) -> Vec<Complaint> {
    if !source.is_in(CORE) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for index in 0..source.words.len() {
        if !matches!(source.at(index), "struct" | "enum") {
            continue;
        }
        let opens = |at: usize| matches!(source.at(at), "{" | "(" | ";" | "");
        let Some(open) = (index..source.words.len()).find(|at| opens(*at)) else { continue };
        let is_view = (index..open).any(|at| source.at(at).starts_with('\''));
        if is_view || source.at(open) == ";" {
            continue;
        }
        let fields = open..source.closing(open);
        let pointer_sized = fields.filter(|at| matches!(source.at(*at), "usize" | "isize"));
        complaints.extend(pointer_sized.map(|at| {
            source.complain(at, &format!("a field of `{}` is {}: u32 or u64", source.at(index + 1), source.at(at)))
        }));
    }
    complaints
}

/// Files of the core that may name f64 (or f32), because Kafka computes in doubles there.
const FLOATS: &[(&str, &str)] = &[
    ("src/kafka/config/", "configs of type double"),
    ("src/kafka/client/serde", "the float and double serializers"),
    ("src/kafka/client/backoff", "the bound and the jitter of exponential backoff"),
    ("src/kafka/client/producer/compression_ratio", "the estimated compression ratio"),
    ("src/kafka/java", "Double.toString and Double.parseDouble"),
    ("src/shell/tool/message_formatter", "what the float and double deserializers print"),
    ("src/kafka/client_quotas", "quotas are doubles"),
    ("src/kafka/client/tool/configs", "quotas are doubles"),
    ("src/kafka/client/tool/quotas", "quotas are doubles"),
    ("src/kafka/controller/quotas", "quotas are doubles"),
    ("src/kafka/protocol/client_quotas", "quotas travel and are kept as doubles"),
    ("src/goal/", "the numbers of goals are doubles, as in JSON; shares and means are divisions"),
    ("src/kafka/record/builder", "the estimated compression ratio"),
];

pub fn floats(source: &Source) -> Vec<Complaint> {
    if !source.is_in(CORE) || FLOATS.iter().any(|(path, _)| source.path.starts_with(path)) {
        return Vec::new();
    }
    let named = source.words.iter().enumerate().filter(|(_, word)| matches!(word.text.as_str(), "f32" | "f64"));
    let what =
        "floats stand only where Kafka computes in doubles: list the file with its reason in tests/it/tidy/bans.rs";
    named.map(|(at, _)| source.complain(at, what)).collect()
}

/// Written in two halves, so that this file does not hold what it looks for.
const MARKERS: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("db", "g!("),
    concat!("FIX", "ME"),
    concat!("TO", "DO"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
    concat!("#[ign", "ore"),
];

pub fn markers(source: &Source) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        for marker in MARKERS.iter().filter(|marker| stands_alone(line, marker)) {
            complaints.push(format!("{}:{}: leftover `{marker}`", source.path, number + 1));
        }
    }
    complaints
}

/// Whether the marker occurs and is not part of a longer word.
fn stands_alone(line: &str, marker: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(marker).any(|(at, _)| {
        let (before, after) = (line[..at].chars().next_back(), line[at + marker.len()..].chars().next());
        !letter(before) && (marker.ends_with('(') || !letter(after))
    })
}

/// Yew 0.23 panics where a component without an element stands between neighbours that come and go (Yew issue 4092):
/// where there is nothing to show, the page draws an empty element.
pub fn nothing_drawn(source: &Source) -> Vec<Complaint> {
    const NOTHING: [&[&str]; 4] = [
        &["html", "!", "{", "}"],
        &["html", "!", "(", ")"],
        &["Html", "::", "default"],
        &["html", "!", "{", "<", ">", "<"],
    ];
    if !source.is_in(&["ui"]) {
        return Vec::new();
    }
    let stands_at = |index: usize, words: &[&str]| {
        words.iter().enumerate().all(|(offset, word)| source.at(index + offset) == *word)
    };
    let drawn = (0..source.words.len()).filter(|index| NOTHING.iter().any(|words| stands_at(*index, words)));
    drawn.map(|index| source.complain(index, "draw an empty <span></span>: Yew issue 4092")).collect()
}

#[cfg(test)]
mod samples {
    use super::*;

    fn sample(rule: fn(&Source) -> Vec<Complaint>, path: &str, text: &str) -> usize {
        rule(&Source::new(path, text)).len()
    }

    #[test]
    fn nothing_drawn_on_the_page_is_found() {
        let nothing = |text: &str| nothing_drawn(&Source::new("src/ui/a.rs", text)).len();
        assert_eq!(nothing("fn a() -> Html { html! {} }"), 1);
        assert_eq!(nothing("fn a() -> Html { Html::default() }"), 1);
        assert_eq!(nothing("fn a() -> Html { html! { <></> } }"), 1);
        assert_eq!(nothing("fn a() -> Html { html! { <span></span> } }"), 0);
        assert!(nothing_drawn(&Source::new("src/app/a.rs", "html! {}")).is_empty());
    }

    #[test]
    fn banned_names_in_the_core_are_found() {
        for text in [
            "use std::collections::HashMap;",
            "use std::time::Duration;",
            "struct A { shared: Rc<B> }",
            "fn f() { println!(\"x\") }",
            "fn f(x: f64) -> f64 { x.ln() }",
            "static mut COUNT: u32 = 0;",
            "let x = std::fs::read(path);",
        ] {
            assert_eq!(sample(core_names, "src/sim/world.rs", text), 1, "{text}");
            assert_eq!(sample(core_names, "src/ui/root.rs", text), 0, "{text}");
        }
        assert_eq!(sample(core_names, "src/sim/world.rs", "// no HashMap, no println!\nlet a: Arc<u8>;"), 0);
    }

    #[test]
    fn pointer_sized_fields_are_found_but_not_cursors() {
        let found = |text: &str| sample(pointer_sized_fields, "src/kafka/log/mod.rs", text);
        assert_eq!(found("struct Log { size: usize }"), 1);
        assert_eq!(found("pub enum Role { Leader(Vec<usize>), Offline }"), 1);
        assert_eq!(found("struct Position(isize);"), 1);
        assert_eq!(found("struct Cursor<'a> { bytes: &'a [u8], at: usize }"), 0);
        assert_eq!(found("struct Log { size: u64 } fn f(n: usize) {}"), 0);
    }

    #[test]
    fn floats_outside_the_listed_files_are_found() {
        assert_eq!(sample(floats, "src/sim/network.rs", "fn f(x: f64) {}"), 1);
        assert_eq!(sample(floats, "src/kafka/config/mod.rs", "fn f(x: f64) {}"), 0);
    }

    #[test]
    fn markers_are_found_and_words_that_hold_them_are_not() {
        let marked = format!("// {} later", MARKERS[3]);
        assert_eq!(sample(markers, "src/time.rs", &marked), 1);
        let inside = format!("let {}LESS = 1;", MARKERS[4]);
        assert_eq!(sample(markers, "src/time.rs", &inside), 0);
        assert_eq!(sample(markers, "src/time.rs", &format!("fn f() {{ {}) }}", MARKERS[0])), 1);
    }
}
