//! Node.js and the npm packages that package-lock.json pins; only the optimised build and the journeys through it need them.

use std::path::PathBuf;

use crate::outcome::{Failure, Outcome};
use crate::platform::{apt_install, can_apt, is_debian, on_path, version_line};
use crate::progress::{run_quietly, say};
use crate::project;

/// What binaryen's JavaScript build asks for.
const OLDEST_NODE: u32 = 18;

/// The `node` program; `npm` stands beside it or on PATH too.
fn get() -> Outcome<PathBuf> {
    if let Some(node) = found()? {
        return Ok(node);
    }
    if can_apt() {
        apt_install(&["nodejs", "npm"])?;
        if let Some(node) = found()? {
            return Ok(node);
        }
    }
    let how = if is_debian() {
        "as root: apt-get install nodejs npm"
    } else if cfg!(target_os = "macos") {
        "brew install node"
    } else {
        "install Node.js with npm from https://nodejs.org or your system's packages"
    };
    Err(Failure::new(
        format!(
            "Node.js {OLDEST_NODE} or newer with npm is not there; wasm-opt, which makes the site small, runs on it"
        ),
        format!("{how}; then run the same command again (`cargo xtask serve` and `cargo xtask test` need no Node.js)"),
    ))
}

fn found() -> Outcome<Option<PathBuf>> {
    let (Some(node), Some(_npm)) = (on_path("node"), on_path("npm").or_else(|| on_path("npm.cmd"))) else {
        return Ok(None);
    };
    let Some(version) = version_line(&node) else { return Ok(None) };
    let major = version.trim_start_matches('v').split('.').next().and_then(|number| number.parse::<u32>().ok());
    if major.is_some_and(|major| major < OLDEST_NODE) {
        let what = format!("Node.js {version} is too old");
        return Err(Failure::new(what, format!("install Node.js {OLDEST_NODE} or newer from https://nodejs.org")));
    }
    say(format!("Node.js {version}"));
    Ok(Some(node))
}

/// Node and the folder with the packages' programs (`wasm-opt` among them), installed as the lock file says.
pub struct NodePackages {
    pub node: PathBuf,
    pub programs: PathBuf,
}

pub fn packages() -> Outcome<NodePackages> {
    let node = get()?;
    let modules = project::root().join("node_modules");
    let programs = modules.join(".bin");
    if !up_to_date() {
        let npm = on_path("npm").or_else(|| on_path("npm.cmd")).expect("found() looked for npm too");
        let mut command = project::command(npm);
        command.args(["ci", "--no-audit", "--no-fund"]);
        let remedy = "run `npm ci` in this folder and read what it says";
        run_quietly("installing the npm packages that package-lock.json names", &mut command, remedy)?;
    }
    if !programs.join(wasm_opt_file()).exists() {
        return Err(Failure::new(
            format!("{} has no wasm-opt", programs.display()),
            "remove node_modules and run the same command again",
        ));
    }
    Ok(NodePackages { node, programs })
}

/// The text of axe-core, which looks for what keeps people with disabilities out. It is fetched for tests alone, at the
/// version that package-lock.json pins with its digest, and is no part of the site.
pub fn axe() -> Outcome<String> {
    packages()?;
    let path = project::root().join("node_modules").join("axe-core").join("axe.min.js");
    std::fs::read_to_string(&path).map_err(|error| {
        let remedy = "run `npm ci` in this folder, which needs the network once; the journeys outside of tests/journeys/looks do without";
        Failure::new(format!("axe-core is not in {}: {error}", path.display()), remedy)
    })
}

fn wasm_opt_file() -> &'static str {
    if cfg!(windows) { "wasm-opt.cmd" } else { "wasm-opt" }
}

/// Whether npm has installed since the lock file last changed: it writes a lock of its own into node_modules.
fn up_to_date() -> bool {
    let changed = |path: PathBuf| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let installed = changed(project::root().join("node_modules").join(".package-lock.json"));
    let locked = changed(project::root().join("package-lock.json"));
    matches!((installed, locked), (Some(installed), Some(locked)) if installed >= locked)
}
