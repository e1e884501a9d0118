//! `cargo xtask journeys`: the optimised site as a user meets it. Each file of `tests/journeys` is a script that runs in
//! the page of `dist/`, served under a path of its own, and throws when something is not as it should be.

use std::time::Instant;

use crate::host::Host;
use crate::outcome::{Failure, Outcome};
use crate::progress::say;
use crate::webdriver::Session;
use crate::{browser, project};

/// What every journey may use.
const PRELUDE: &str = include_str!("../../tests/journeys/prelude/prelude.js");

pub fn run() -> Outcome<()> {
    let site = project::root().join("dist");
    if !site.join("index.html").is_file() {
        return Err(Failure::new("there is no site in dist/", "cargo xtask dist"));
    }
    let journeys = journeys()?;
    let browser = browser::get()?;
    let host = Host::open(&site)?;
    let session = Session::open(&browser)?;
    let mut failures = Vec::new();
    for (name, script) in &journeys {
        let began = Instant::now();
        session.go(&format!("{}?journey={name}", host.address))?;
        let said = session.run(&format!("{PRELUDE}\n{script}"))?;
        let seconds = began.elapsed().as_secs_f32();
        say(format!("journey {name}: {} ({seconds:.1} s)", if said == "ok" { "ok" } else { "FAILED" }));
        if said != "ok" {
            failures.push(format!("{name}: {said}"));
        }
    }
    let missing = host.missing();
    if !missing.is_empty() {
        failures.push(format!("the page asked for what the site does not hold: {}", missing.join(", ")));
    }
    println!("journeys: {} passed; {} failed", journeys.len() - failures.len().min(journeys.len()), failures.len());
    if failures.is_empty() {
        return Ok(());
    }
    Err(Failure::new(failures.join("\n"), "the scripts stand in tests/journeys; `cargo xtask serve` shows the page"))
}

/// Names and texts of the scripts, in the order of their names.
fn journeys() -> Outcome<Vec<(String, String)>> {
    let folder = project::root().join("tests/journeys");
    let unread = |error: std::io::Error| {
        Failure::new(format!("{} cannot be read: {error}", folder.display()), "restore it: git checkout -- tests")
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).map_err(unread)?));
        }
    }
    found.sort();
    match found.is_empty() {
        true => Err(Failure::new("tests/journeys holds no script", "restore it: git checkout -- tests")),
        false => Ok(found),
    }
}
