//! The three things a build for the browser needs beside the compiler: its wasm target, Trunk, and the wasm-bindgen
//! tools of exactly the version in Cargo.lock.
//!
//! Each tool is taken from PATH if its version fits, else from the user's cache, else fetched ready-made through
//! `cargo binstall` where that is present, else compiled into the cache with a profile that is quick to build.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{Failure, Outcome};
use crate::platform::{on_path, path_with, version_line};
use crate::progress::{run_quietly, say};
use crate::project::{self, TRUNK_VERSION, WASM_TARGET};

/// Where the tools are: folders to put in front of PATH.
pub struct Toolbox {
    pub trunk: PathBuf,
    pub wasm_bindgen: PathBuf,
}

impl Toolbox {
    /// PATH under which Trunk finds the wasm-bindgen that fits.
    pub fn path(&self, more: &[&Path]) -> Outcome<std::ffi::OsString> {
        let own = [folder(&self.trunk), folder(&self.wasm_bindgen)];
        let all: Vec<&Path> = more.iter().copied().chain(own).collect();
        path_with(&all)
    }

    /// A Trunk command in the checkout's root. Trunk does not start with `NO_COLOR=1` (it wants `true`), so the
    /// wish is passed on in the form that it understands.
    pub fn trunk_command(&self, more: &[&Path]) -> Outcome<Command> {
        let mut command = project::command(&self.trunk);
        command.env("PATH", self.path(more)?).env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true");
        if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            command.env("TRUNK_COLOR", "never");
        }
        Ok(command)
    }
}

fn folder(program: &Path) -> &Path {
    program.parent().expect("a tool is found by the path of its file")
}

/// The wasm target, Trunk and wasm-bindgen.
pub fn for_the_page() -> Outcome<Toolbox> {
    wasm_target()?;
    let wasm_bindgen = wasm_bindgen("wasm-bindgen")?;
    let trunk = Tool { package: "trunk", program: "trunk", version: TRUNK_VERSION.to_string() }.get()?;
    drop_build_folder();
    Ok(Toolbox { trunk, wasm_bindgen })
}

/// The wasm target and the runner of browser tests.
pub fn test_runner() -> Outcome<PathBuf> {
    wasm_target()?;
    let runner = wasm_bindgen("wasm-bindgen-test-runner")?;
    drop_build_folder();
    Ok(runner)
}

pub fn print_paths() -> Outcome<()> {
    let toolbox = for_the_page()?;
    println!("{}\n{}", toolbox.trunk.display(), toolbox.wasm_bindgen.display());
    Ok(())
}

fn wasm_bindgen(program: &'static str) -> Outcome<PathBuf> {
    Tool { package: "wasm-bindgen-cli", program, version: project::wasm_bindgen_version()? }.get()
}

/// Adds the target that rust-toolchain.toml names, where rustup has not done it by itself.
pub fn wasm_target() -> Outcome<()> {
    let remedy = format!(
        "install rustup from https://rustup.rs (a Rust without rustup has to bring the target {WASM_TARGET} itself)"
    );
    if has_wasm_target() {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        return Err(Failure::new(
            format!("this Rust cannot compile for {WASM_TARGET}, and rustup is not there"),
            remedy,
        ));
    }
    let mut rustup = project::command("rustup");
    rustup.args(["target", "add", WASM_TARGET]);
    run_quietly(
        &format!("adding the target {WASM_TARGET} with rustup"),
        &mut rustup,
        &format!("run `rustup target add {WASM_TARGET}` in this folder and read what it says"),
    )
}

fn has_wasm_target() -> bool {
    let output = project::command("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]).output();
    output.is_ok_and(|output| {
        output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
    })
}

struct Tool {
    package: &'static str,
    program: &'static str,
    version: String,
}

impl Tool {
    fn get(&self) -> Outcome<PathBuf> {
        if let Some(path) = on_path(self.program).filter(|path| self.fits(path)) {
            say(format!("{} {} is on PATH", self.program, self.version));
            return Ok(path);
        }
        let place = project::cache()?.join("tools").join(format!("{}-{}", self.package, self.version));
        let path = place.join("bin").join(format!("{}{}", self.program, std::env::consts::EXE_SUFFIX));
        if self.fits(&path) {
            say(format!("{} {} is in {}", self.program, self.version, place.display()));
            return Ok(path);
        }
        if !(self.fetch_ready_made(&place) && self.fits(&path)) {
            self.compile(&place)?;
        }
        if self.fits(&path) {
            return Ok(path);
        }
        Err(Failure::new(
            format!("{} was installed, but does not answer `--version` with {}", path.display(), self.version),
            format!("remove {} and run the same command again", place.display()),
        ))
    }

    fn fits(&self, program: &Path) -> bool {
        version_line(program).is_some_and(|line| line_names_version(&line, &self.version))
    }

    /// Tries `cargo binstall`; false where it is absent or knows no ready-made program for this machine.
    fn fetch_ready_made(&self, place: &Path) -> bool {
        if on_path("cargo-binstall").is_none() {
            return false;
        }
        let mut binstall = outside_the_checkout();
        binstall.args(["binstall", "--no-confirm", "--disable-strategies", "compile", "--root"]).arg(place);
        binstall.arg(format!("{}@{}", self.package, self.version));
        let what = format!("fetching {} {} with cargo binstall", self.package, self.version);
        let fetched = run_quietly(&what, &mut binstall, "");
        if fetched.is_err() {
            say("cargo binstall has none for this machine; compiling it instead");
        }
        fetched.is_ok()
    }

    fn compile(&self, place: &Path) -> Outcome<()> {
        let what = format!(
            "compiling {} {} into {} (once, some minutes)",
            self.package,
            self.version,
            place.parent().unwrap_or(place).display()
        );
        let mut install = outside_the_checkout();
        install.args(["install", "--locked", "--no-default-features", "--root"]).arg(place);
        install.arg(format!("{}@{}", self.package, self.version));
        // Their own release profiles take twenty minutes on two cores; this one takes three.
        for (setting, value) in [("LTO", "off"), ("OPT_LEVEL", "0"), ("CODEGEN_UNITS", "256"), ("DEBUG", "0")] {
            install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        // Kept until the tool is there, so that an interrupted run goes on where it was.
        install.env("CARGO_TARGET_DIR", build_folder()?);
        let by_hand = format!(
            "run `cargo install --locked {}@{}` by hand and read what it says; any {} {} on PATH is used",
            self.package, self.version, self.program, self.version
        );
        run_quietly(&what, &mut install, &by_hand)
    }
}

/// Cargo as the checkout's toolchain has it, but standing in the cache: the checkout's settings do not concern tools.
fn outside_the_checkout() -> Command {
    let mut cargo = project::cargo();
    if let Ok(cache) = project::cache()
        && std::fs::create_dir_all(&cache).is_ok()
    {
        cargo.current_dir(cache);
    }
    cargo
}

fn build_folder() -> Outcome<PathBuf> {
    Ok(project::cache()?.join("build"))
}

/// The half-built crates are of no use once the tools stand. That they cannot be removed harms nothing.
fn drop_build_folder() {
    if let Ok(folder) = build_folder() {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// Whether a line like `wasm-bindgen 0.2.129 (abc)` names exactly this version.
fn line_names_version(line: &str, version: &str) -> bool {
    line.split_whitespace().nth(1) == Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_fits() {
        assert!(line_names_version("wasm-bindgen 0.2.129", "0.2.129"));
        assert!(line_names_version("wasm-bindgen 0.2.129 (abc)", "0.2.129"));
        assert!(!line_names_version("wasm-bindgen 0.2.12", "0.2.129"));
        assert!(!line_names_version("trunk", "0.21.14"));
    }
}
