//! `cargo xtask journeys`: the optimised site as a user meets it. Each file of `tests/journeys` is a script that runs in
//! the page of `dist/`, served under a path of its own, and throws when something is not as it should be. Those of
//! `tests/journeys/first` tell `cargo xtask dist` what the first file of the program has to hold.

use std::time::Instant;

use crate::host::Host;
use crate::outcome::{Failure, Outcome};
use crate::progress::say;
use crate::webdriver::Session;
use crate::{browser, project, split};

/// What every journey may use.
const PRELUDE: &str = include_str!("../../tests/journeys/prelude/prelude.js");

/// What holds after a first visit: the second file of the program was not needed.
const FIRST_FILE_ALONE: &str = "
for (const { detail } of performance.getEntriesByName('rest')) fail('a first visit asked for the second file: ' + detail);
if (performance.getEntriesByType('resource').some(({ name }) => name.endsWith('_rest.wasm'))) fail('it was fetched');
";

pub fn run() -> Outcome<()> {
    let site = project::root().join("dist");
    if !site.join("index.html").is_file() {
        return Err(Failure::new("there is no site in dist/", "cargo xtask dist"));
    }
    let mut journeys = first_visits()?;
    journeys.iter_mut().for_each(|(_, script)| script.push_str(FIRST_FILE_ALONE));
    journeys.extend(scripts("tests/journeys")?);
    let browser = browser::get()?;
    let host = Host::open(&site)?;
    let session = Session::open(&browser)?;
    let mut failures = Vec::new();
    for (name, script) in &journeys {
        let began = Instant::now();
        session.go(&format!("{}?journey={name}", host.address))?;
        let said = session.run(&whole(script))?;
        let seconds = began.elapsed().as_secs_f32();
        say(format!("journey {name}: {} ({seconds:.1} s)", if said == "ok" { "ok" } else { "FAILED" }));
        if said != "ok" {
            failures.push(format!("{name}: {}", with_names(&said)));
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

/// A text in which `wasm-function[12]` tells which function that is.
fn with_names(text: &str) -> String {
    let names = std::fs::read_to_string(split::names_file()).unwrap_or_default();
    let name = |number: &str| names.lines().find_map(|line| line.strip_prefix(number)?.strip_prefix(' '));
    let mut parts = text.split("wasm-function[");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (number, rest) = part.split_once(']').unwrap_or((part, ""));
        out.push_str(&format!("{}{rest}", name(number).unwrap_or(number)));
    }
    out
}

/// A journey with what every journey may use.
pub fn whole(script: &str) -> String {
    format!("{PRELUDE}\n{script}")
}

/// What a visitor does who has not asked for more than the first load holds.
pub fn first_visits() -> Outcome<Vec<(String, String)>> {
    scripts("tests/journeys/first")
}

/// Names and texts of the scripts, in the order of their names.
fn scripts(folder: &str) -> Outcome<Vec<(String, String)>> {
    let folder = project::root().join(folder);
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
        true => Err(Failure::new(format!("{} holds no script", folder.display()), "restore it: git checkout -- tests")),
        false => Ok(found),
    }
}
