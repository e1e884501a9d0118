//! `cargo xtask test`: every native test, then every test that needs a browser, in a headless Chromium.

use crate::browser;
use crate::outcome::{Failure, Outcome};
use crate::progress::{run_shown, say};
use crate::project::{self, WASM_TARGET};
use crate::tools;

const MEND: &str = "read the failing test's name above; `cargo test NAME` runs it alone";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    All,
    Native,
    Browser,
}

impl Part {
    pub fn parse(args: &[String]) -> Outcome<Part> {
        match args {
            [] => Ok(Part::All),
            [word] if word == "--native" => Ok(Part::Native),
            [word] if word == "--browser" => Ok(Part::Browser),
            _ => Err(Failure::new(
                format!("`test` does not know `{}`", args.join(" ")),
                "cargo xtask test [--native | --browser]",
            )),
        }
    }
}

pub fn run(part: Part) -> Outcome<()> {
    let mut summary = Vec::new();
    let native = if part == Part::Browser { Ok(()) } else { native(&mut summary) };
    // A native failure does not hide what the browser has to say.
    let in_browser = if part == Part::Native { Ok(()) } else { in_browser(&mut summary) };
    say("the runners' own closing lines:");
    for line in &summary {
        println!("  {line}");
    }
    let count = |place: &str| {
        let lines: Vec<String> = summary.iter().filter(|line| line.starts_with(place)).cloned().collect();
        passed_tests(&lines)
    };
    println!("  passed: {} native, {} in the browser", count("native"), count("browser"));
    native.and(in_browser)
}

fn native(summary: &mut Vec<String>) -> Outcome<()> {
    let mut cargo = project::cargo();
    cargo.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    let (passed, lines) = run_shown("native tests and doc tests", &mut cargo, MEND)?;
    let closing = closing_lines(&lines);
    summary.extend(closing.iter().map(|line| format!("native   {line}")));
    let ran = passed_tests(&closing);
    if !passed {
        return Err(Failure::new("native tests failed", MEND));
    }
    if ran == 0 {
        return Err(Failure::new("no native test ran", "a run without a test proves nothing: look at Cargo.toml"));
    }
    Ok(())
}

fn in_browser(summary: &mut Vec<String>) -> Outcome<()> {
    let names = project::browser_tests()?;
    let runner = tools::test_runner()?;
    let browser = browser::get()?;
    let capabilities = browser::write_capabilities(&browser)?;
    let mut cargo = project::cargo();
    cargo.args(["test", "--locked", "--no-fail-fast", "--target", WASM_TARGET]);
    for name in &names {
        cargo.args(["--test", name]);
    }
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner);
    // The runner takes the first driver that it finds a variable for.
    for other in ["GECKODRIVER", "SAFARIDRIVER", "MSEDGEDRIVER"] {
        cargo.env_remove(other).env_remove(format!("{other}_REMOTE"));
    }
    cargo.env_remove("CHROMEDRIVER_REMOTE").env("CHROMEDRIVER", &browser.driver);
    cargo.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities);
    cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "180").env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30");
    let what = format!("tests in the browser: {}", names.join(", "));
    let (passed, lines) = run_shown(&what, &mut cargo, MEND)?;
    let closing = closing_lines(&lines);
    summary.extend(closing.iter().map(|line| format!("browser  {line}")));
    let remedy = "read the failing test's name above; `cargo xtask test --browser` runs the browser tests alone";
    if !passed {
        return Err(Failure::new("browser tests failed", remedy));
    }
    check_all_ran(&names, &closing)
}

/// Every binary must have ended with a line of its own, and at least one test must have run: a runner that finds
/// nothing to run also ends well.
fn check_all_ran(names: &[String], closing: &[String]) -> Outcome<()> {
    let remedy = "a run without a test proves nothing: look at the [[test]] tables of Cargo.toml and at the page's log";
    if passed_tests(closing) == 0 {
        return Err(Failure::new("no browser test ran", remedy));
    }
    if closing.len() < names.len() {
        let what = format!("{} of {} browser test binaries ran", closing.len(), names.len());
        return Err(Failure::new(what, remedy));
    }
    Ok(())
}

fn closing_lines(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.trim()).filter(|line| line.starts_with("test result: ")).map(str::to_string).collect()
}

/// The sum of `N passed` over closing lines.
fn passed_tests(closing: &[String]) -> u32 {
    let passed = |line: &String| {
        let before = line.split(" passed").next()?;
        before.rsplit(' ').next()?.parse::<u32>().ok()
    };
    closing.iter().filter_map(passed).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|line| line.to_string()).collect()
    }

    #[test]
    fn closing_lines_are_counted() {
        let output = lines(&[
            "running 2 tests",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.05s",
            "  test result: FAILED. 3 passed; 1 failed; 0 ignored",
        ]);
        let closing = closing_lines(&output);
        assert_eq!(closing.len(), 2);
        assert_eq!(passed_tests(&closing), 15);
    }

    #[test]
    fn a_browser_run_without_a_test_is_a_failure() {
        let names = lines(&["parity", "page"]);
        assert!(check_all_ran(&names, &[]).is_err());
        assert!(check_all_ran(&names, &lines(&["test result: ok. 0 passed; 0 failed"])).is_err());
        assert!(check_all_ran(&names, &lines(&["test result: ok. 4 passed; 0 failed"])).is_err());
        let both = lines(&["test result: ok. 4 passed; 0 failed", "test result: ok. 1 passed; 0 failed"]);
        assert!(check_all_ran(&names, &both).is_ok());
    }
}
