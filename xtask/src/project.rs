//! Where things are: the repository, the user's cache, the versions that Cargo.lock decides.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::{Failure, Outcome};

/// The version of Trunk that this project is built with; CONTRIBUTING.md says how to raise it.
pub const TRUNK_VERSION: &str = "0.21.14";
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The root of the checkout. The variable is read at run time, because checkouts may share a target folder.
pub fn root() -> PathBuf {
    let xtask = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_string());
    Path::new(&xtask).parent().expect("xtask stands in the root of the checkout").to_path_buf()
}

/// Where builds go: what CARGO_TARGET_DIR names, or `target/` of the checkout.
pub fn target() -> PathBuf {
    let set = std::env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty());
    set.map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// `${XDG_CACHE_HOME:-~/.cache}/highwater`: kept between checkouts, unlike a target folder.
pub fn cache() -> Outcome<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .or_else(|| set("USERPROFILE").map(|home| home.join(".cache")));
    base.map(|base| base.join("highwater")).ok_or_else(|| {
        Failure::new("there is no place for the tools: neither HOME nor XDG_CACHE_HOME is set", "set XDG_CACHE_HOME")
    })
}

/// The version of wasm-bindgen in Cargo.lock: the command-line tool must be the very same.
pub fn wasm_bindgen_version() -> Outcome<String> {
    let path = root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).map_err(|error| {
        Failure::new(format!("{} cannot be read: {error}", path.display()), "restore it: git checkout -- Cargo.lock")
    })?;
    locked_version(&lock, "wasm-bindgen")
        .ok_or_else(|| Failure::new("Cargo.lock does not name wasm-bindgen", "restore it: git checkout -- Cargo.lock"))
}

/// The version behind `name = "package"` in the text of a Cargo.lock.
pub fn locked_version(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{package}\""))?;
    let version = lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_string())
}

/// A command in the root of the checkout, without what `cargo run` put into this process's environment: those
/// variables would make build scripts run again.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        if name.starts_with("CARGO_PKG_") || matches!(name, "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "OUT_DIR") {
            command.env_remove(name);
        }
    }
    command
}

pub fn cargo() -> Command {
    command("cargo")
}

/// The `[[test]]` targets of Cargo.toml that run in a browser: those under `tests/web/`, and `parity`.
pub fn browser_tests() -> Outcome<Vec<String>> {
    let path = root().join("Cargo.toml");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display()), "restore it from git"))?;
    let mut names = named_targets(&text, "tests/web/");
    if root().join("tests/parity.rs").exists() {
        names.insert(0, "parity".to_string());
    }
    Ok(names)
}

/// Names of the `[[test]]` tables whose path begins with `folder`.
fn named_targets(manifest: &str, folder: &str) -> Vec<String> {
    let value = |line: &str, key: &str| {
        let rest = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        Some(rest.trim().trim_matches('"').to_string())
    };
    manifest
        .split("[[test]]")
        .skip(1)
        .filter_map(|table| {
            let table = table.split("\n[").next()?;
            let name = table.lines().find_map(|line| value(line, "name"))?;
            let path = table.lines().find_map(|line| value(line, "path"))?;
            path.starts_with(folder).then_some(name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_version_is_found_by_its_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.129"));
        assert_eq!(locked_version(lock, "yew"), None);
    }

    #[test]
    fn browser_tests_are_those_under_tests_web() {
        let manifest = "[[test]]\nname = \"it\"\npath = \"tests/it/main.rs\"\n\n[[test]]\nname = \"page\"\npath = \"tests/web/page.rs\"\n\n[lints]\nname = \"x\"\n";
        assert_eq!(named_targets(manifest, "tests/web/"), ["page"]);
    }
}
