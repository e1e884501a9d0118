//! House rules that no compiler checks: the walls between layers, the length of files and functions, what the core
//! may not name, leftover markers, links that lead nowhere. ARCHITECTURE.md says why each stands.
//!
//! Every rule is a function from a source to complaints, and is tested on a bad sample beside it: a rule that cannot
//! fail proves nothing.

mod bans;
mod lengths;
mod links;
mod source;
mod told;
mod walls;

use source::Source;
use std::path::{Path, PathBuf};

/// One broken rule, as `path:line: what is wrong and what to do`.
pub type Complaint = String;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file with this ending under the given folders, as paths relative to the checkout, sorted.
fn files(folders: &[&str], ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("the checkout can be read").path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() && !matches!(name, "target" | "node_modules" | "dist" | ".git") {
                waiting.push(path);
            } else if name.ends_with(ending) {
                found.push(path.strip_prefix(root()).expect("it was found under the root").to_path_buf());
            }
        }
    }
    found.sort();
    found
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(root().join(&path)).expect("a source is UTF-8");
        Source::new(&path.display().to_string().replace('\\', "/"), &text)
    };
    let sources: Vec<Source> = files(folders, ".rs").into_iter().map(read).collect();
    assert!(sources.len() > 3, "the sources were not found, so nothing was checked");
    sources
}

/// Runs one rule over many sources and fails with all that it found.
fn hold(rule: impl Fn(&Source) -> Vec<Complaint>, folders: &[&str]) {
    let complaints: Vec<Complaint> = sources(folders).iter().flat_map(rule).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

const OWN_CODE: &[&str] = &["src", "tests", "xtask", "benches"];

#[test]
fn layers_name_only_the_layers_below_them() {
    hold(walls::layers, &["src"]);
}

#[test]
fn only_the_page_names_the_browser() {
    hold(walls::browser_names, &["src"]);
}

#[test]
fn the_core_names_no_clock_no_io_and_no_shared_state() {
    hold(bans::core_names, &["src"]);
}

#[test]
fn state_of_the_core_is_the_same_size_everywhere() {
    hold(bans::pointer_sized_fields, &["src"]);
}

#[test]
fn floats_stand_only_where_kafka_computes_in_doubles() {
    hold(bans::floats, &["src"]);
}

#[test]
fn the_page_draws_no_component_without_an_element() {
    hold(bans::nothing_drawn, &["src"]);
}

#[test]
fn no_leftover_markers() {
    hold(bans::markers, OWN_CODE);
}

#[test]
fn files_are_short_enough_to_be_read() {
    let sources = sources(OWN_CODE);
    for note in sources.iter().filter_map(lengths::long_file) {
        println!("note: {note}");
    }
    hold(lengths::too_long_file, OWN_CODE);
}

#[test]
fn functions_fit_on_a_screen() {
    hold(lengths::long_functions, OWN_CODE);
}

#[test]
fn every_relative_link_leads_somewhere() {
    let pages = files(&["."], ".md");
    let complaints: Vec<Complaint> = pages.iter().flat_map(|page| links::dead(root(), page)).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_fidelity_page_tells_every_simplification_and_every_file_of_cases() {
    let page = std::fs::read_to_string(root().join("docs/fidelity.md")).expect("the page stands in docs/");
    hold(|source| told::simplification(source, &page), &["src"]);
    let folder = Path::new("tests/cases/facts");
    let name = |path: &PathBuf| Some(path.strip_prefix(folder).ok()?.display().to_string().replace('\\', "/"));
    let names: Vec<String> = files(&["tests/cases/facts"], ".json").iter().filter_map(name).collect();
    assert!(!names.is_empty(), "the recorded cases were not found, so nothing was checked");
    let complaints = told::cases(&names, &page);
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
