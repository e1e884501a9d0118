//! `cargo xtask check`: formatting, lints for both targets with warnings as errors, house rules.

use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::progress::{run_shown, say};
use crate::project::{self, WASM_TARGET};
use crate::tools;

pub fn run() -> Outcome<()> {
    let mut format = project::cargo();
    format.args(["fmt", "--all", "--check"]);
    step("formatting", &mut format, "cargo fmt --all")?;

    let mut native = project::cargo();
    native.args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    step("lints, native", &mut native, "mend what clippy names above; its bans give their reasons in clippy.toml")?;

    tools::wasm_target()?;
    let mut wasm = project::cargo();
    wasm.args(["clippy", "--locked", "--target", WASM_TARGET, "--lib", "--bins"]);
    for name in project::browser_tests()? {
        wasm.args(["--test", &name]);
    }
    wasm.args(["--", "-D", "warnings"]);
    step("lints, browser", &mut wasm, "mend what clippy names above; its bans give their reasons in clippy.toml")?;

    let mut tidy = project::cargo();
    tidy.args(["test", "--locked", "--test", "it", "tidy"]);
    step("house rules", &mut tidy, "mend what the test names above; the rules stand in tests/it/tidy.rs")?;
    say("all checks passed");
    Ok(())
}

fn step(what: &str, command: &mut Command, remedy: &str) -> Outcome<()> {
    let (passed, _) = run_shown(what, command, remedy)?;
    if passed { Ok(()) } else { Err(Failure::new(what, remedy)) }
}
