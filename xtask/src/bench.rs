//! `cargo xtask bench`: native benchmarks, then the finished page of `dist/` in a headless Chromium without a GPU.
//! `docs/benchmarks.md` keeps what a run printed.

use crate::host::Host;
use crate::outcome::{Failure, Outcome};
use crate::progress::{run_shown, say};
use crate::webdriver::Session;
use crate::{browser, journeys, node, project, sizes};

/// What is measured in the page, a line for each figure.
const IN_THE_PAGE: &str = include_str!("../../tests/journeys/prelude/bench.js");

/// `--native` and `--page` choose one half; other words go to criterion.
pub fn run(args: &[String]) -> Outcome<()> {
    let (halves, rest): (Vec<&String>, Vec<&String>) =
        args.iter().partition(|arg| matches!(arg.as_str(), "--native" | "--page"));
    let wants = |half: &str| halves.is_empty() || halves.iter().any(|given| *given == half);
    if wants("--native") {
        let mut bench = project::cargo();
        bench.args(["bench", "--locked", "--bench", "core", "--"]).args(&rest);
        let remedy = "read what cargo names above";
        let (passed, _) = run_shown("native benchmarks", &mut bench, remedy)?;
        if !passed {
            return Err(Failure::new("native benchmarks", remedy));
        }
    }
    if wants("--page") && rest.is_empty() { page() } else { Ok(()) }
}

fn page() -> Outcome<()> {
    let site = project::root().join("dist");
    if !site.join("index.html").is_file() {
        return Err(Failure::new("there is no site in dist/", "cargo xtask dist"));
    }
    let node = node::packages()?.node;
    println!("\n{}", sizes::sums(&site, &node)?);
    let host = Host::open(&site)?;
    let session = Session::open(&browser::get()?)?;
    session.go(&host.address)?;
    let told = session.value(&journeys::whole(IN_THE_PAGE))?;
    println!("\n{told}");
    if told.starts_with("Error") || told.starts_with("TypeError") {
        return Err(Failure::new("the page could not be measured", "cargo xtask journeys tells more"));
    }
    say("write the figures into docs/benchmarks.md, with the machine that they are of");
    Ok(())
}
