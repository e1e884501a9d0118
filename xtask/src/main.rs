//! `cargo xtask`: everything that it takes to see, test and ship Highwater on a machine that has rustup and nothing
//! else. The standard library only, so that this crate itself builds in seconds.

mod bench;
mod browser;
mod check;
mod dist;
mod host;
mod journeys;
mod lessons;
mod node;
mod outcome;
mod platform;
mod progress;
mod project;
mod screenshot;
mod serve;
mod sizes;
mod split;
mod test;
mod tools;
mod torture;
mod webdriver;

use std::process::ExitCode;

use outcome::{Failure, Outcome};

const USAGE: &str = "\
cargo xtask serve [--port N] [--no-open]     build the page, serve it on 127.0.0.1, rebuild on change
cargo xtask test [--native | --browser]      native tests, doc tests, and tests in a headless Chromium
cargo xtask dist                             the optimised site in dist/, and its size table
cargo xtask journeys [--site FOLDER] [NAME]  scripts of tests/journeys in the page of dist/, in a headless Chromium
cargo xtask lessons [--all]                  the tests of the lessons alone; --all: solutions under twenty seeds, not three
cargo xtask screenshot                       docs/screenshot.png from the page of dist/
cargo xtask check                            formatting, lints for both targets, house rules
cargo xtask torture [--schedules N] [--seed S] [--bugs]
                                             random faults under every invariant; --bugs: do the checkers bite?
cargo xtask bench [--native | --page] [ARGS] benchmarks, native and in the page of dist/; ARGS go to criterion
cargo xtask tools                            get Trunk and wasm-bindgen now, print where they are";

fn main() -> ExitCode {
    progress::start_clock();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Outcome<()> {
    let (verb, rest) = args.split_first().map_or(("help", args), |(verb, rest)| (verb.as_str(), rest));
    match verb {
        "serve" => serve::run(&serve::Options::parse(rest)?),
        serve::ANNOUNCE => serve::announce(rest),
        "test" => test::run(test::Part::parse(rest)?),
        "dist" => no_options(verb, rest).and_then(|()| dist::run()),
        "journeys" => journeys::run(&journeys::Options::parse(rest)?),
        "lessons" => lessons::run(rest),
        "screenshot" => no_options(verb, rest).and_then(|()| screenshot::run()),
        "check" => no_options(verb, rest).and_then(|()| check::run()),
        "torture" => torture::run(rest),
        "bench" => bench::run(rest),
        "tools" => no_options(verb, rest).and_then(|()| tools::print_paths()),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(Failure::new(format!("there is no task `{other}`"), USAGE)),
    }
}

fn no_options(verb: &str, rest: &[String]) -> Outcome<()> {
    match rest.first() {
        None => Ok(()),
        Some(word) => {
            Err(Failure::new(format!("`{verb}` takes no option, and got `{word}`"), format!("cargo xtask {verb}")))
        }
    }
}
