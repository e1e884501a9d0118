//! `cargo xtask lessons`: every test of the lessons alone, their solutions under three seeds, or with `--all` under twenty.

use crate::outcome::{Failure, Outcome};
use crate::progress::run_shown;
use crate::project;

/// How many seeds the tests of tests/it/lessons try, by variable.
const SEEDS: &str = "HIGHWATER_LESSON_SEEDS";
const ALL: &str = "20";

const MEND: &str = "the test names the lesson and its step; `cargo run -- console` opens one with `sim lesson ID`";

pub fn run(args: &[String]) -> Outcome<()> {
    let mut cargo = project::cargo();
    cargo.args(["test", "--locked", "--test", "it", "lessons::"]);
    match args {
        [] => {}
        [word] if word == "--all" => {
            cargo.env(SEEDS, ALL);
        }
        _ => {
            let what = format!("`lessons` does not know `{}`", args.join(" "));
            return Err(Failure::new(what, "cargo xtask lessons [--all]"));
        }
    }
    let (passed, _) = run_shown("lessons", &mut cargo, MEND)?;
    if passed { Ok(()) } else { Err(Failure::new("tests of the lessons failed", MEND)) }
}
