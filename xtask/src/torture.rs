//! `cargo xtask torture`: random schedules of faults under every invariant.

use crate::outcome::{Failure, Outcome};
use crate::progress::run_shown;
use crate::project;

const MEND: &str =
    "the script above replays it: cargo run -- console --keep-going FILE; `sim check` says what is violated";

/// Builds and runs it, in a profile of its own; everything goes on to the program.
pub fn run(args: &[String]) -> Outcome<()> {
    let mut cargo = project::cargo();
    cargo.args(["run", "--locked", "--features", "torture", "--bin", "torture", "--profile", "torture", "--"]);
    cargo.args(args);
    let (passed, _) = run_shown("torture", &mut cargo, MEND)?;
    if passed { Ok(()) } else { Err(Failure::new("torture found a violation, or exercised too little", MEND)) }
}
