//! What docs/fidelity.md owes its readers: every simplification, and every file of recorded cases.

use super::Complaint;
use super::source::Source;
use super::walls::module_of;

/// A module whose documentation names a simplification stands in the page by its path: `kafka::log`.
pub fn simplification(source: &Source, page: &str) -> Vec<Complaint> {
    let own = module_of(&source.path);
    let named = |line: &str| {
        let line = line.trim_start();
        (line.starts_with("//! ") || line.starts_with("/// ")) && line.contains("Simplification")
    };
    if own.is_empty() || page.contains(&format!("`{own}`")) {
        return Vec::new();
    }
    let simpler = source.text.lines().position(named);
    simpler
        .map(|line| format!("{}:{}: tell it in docs/fidelity.md, under `{own}`", source.path, line + 1))
        .into_iter()
        .collect()
}

/// A file of recorded cases stands in the page by its name: `log.json`.
pub fn cases(files: &[String], page: &str) -> Vec<Complaint> {
    let untold = files.iter().filter(|name| !page.contains(&format!("`{name}`")));
    untold.map(|name| format!("tests/cases/facts/{name}: docs/fidelity.md does not say what it proves")).collect()
}

#[test]
fn an_untold_simplification_is_found() {
    let simpler = Source::new("src/kafka/log/mod.rs", "//! A log.\n//!\n//! Simplifications: no disk.\n");
    assert_eq!(simplification(&simpler, "| `kafka::logs` |").len(), 1);
    assert!(simplification(&simpler, "| `kafka::log` |").is_empty());
    assert!(simplification(&Source::new("src/kafka/log/mod.rs", "//! A log.\n"), "").is_empty());
}

#[test]
fn an_untold_file_of_cases_is_found() {
    let files = ["log.json".to_string(), "configs/topic.json".to_string()];
    assert_eq!(cases(&files, "`configs/topic.json`, catalog.json").len(), 1);
}
