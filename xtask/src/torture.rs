//! `cargo xtask torture`: random schedules of faults under every invariant.

use crate::outcome::{Failure, Outcome};
use crate::progress::run_shown;
use crate::project;

const MEND: &str =
    "the script above replays it: cargo run -- console --keep-going FILE; `sim check` says what is violated";

/// Builds and runs it. `--release` takes longer to build and plays several times as fast; everything else goes on to the
/// program.
pub fn run(args: &[String]) -> Outcome<()> {
    let (release, rest): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| *arg == "--release");
    let mut cargo = project::cargo();
    cargo.args(["run", "--locked", "--features", "torture", "--bin", "torture"]);
    if !release.is_empty() {
        cargo.arg("--release");
    }
    cargo.arg("--").args(rest);
    let (passed, _) = run_shown("torture", &mut cargo, MEND)?;
    if passed { Ok(()) } else { Err(Failure::new("torture found a violation, or exercised too little", MEND)) }
}
