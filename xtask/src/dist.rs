//! `cargo xtask dist`: the optimised site in `dist/`, for any static host and any path on it.

use std::path::Path;

use crate::outcome::{Failure, Outcome};
use crate::progress::{run_quietly, say};
use crate::project::{self, WASM_TARGET};
use crate::{node, sizes, split, tools};

/// The cargo profile of the optimised page, in Cargo.toml.
const PROFILE: &str = "web";

pub fn run() -> Outcome<()> {
    let packages = node::packages()?;
    let toolbox = tools::for_the_page()?;
    let mut build = project::cargo();
    build.args(["build", "--locked", "--profile", PROFILE, "--bin", "highwater", "--target", WASM_TARGET]);
    let remedy = "mend what the compiler names above, then run the same command again";
    run_quietly("compiling Highwater for the browser, optimised", &mut build, remedy)?;

    // Trunk runs the wasm-opt that it finds first on PATH: the pinned one stands in front of any other.
    let mut trunk = toolbox.trunk_command(&[&packages.programs])?;
    let site = project::root().join("dist");
    trunk.args(["build", "--release", "--cargo-profile", PROFILE, "--public-url", "./", "--dist"]).arg(&site);
    run_quietly("putting the page together and shrinking it with wasm-opt", &mut trunk, "mend what Trunk names above")?;
    split::run(&site)?;
    check_addresses(&site.join("index.html"))?;

    let files = sizes::measure(&site, &packages.node)?;
    println!("\n{}", sizes::table(&files));
    sizes::check_budget(&files)?.iter().for_each(say);
    say(format!("the site is in {}; copy it to any static host, under any path", site.display()));
    Ok(())
}

/// An address that begins with a slash would tie the site to the root of its host.
fn check_addresses(index: &Path) -> Outcome<()> {
    let text = std::fs::read_to_string(index).map_err(|error| {
        Failure::new(format!("{} cannot be read: {error}", index.display()), "run the same command again")
    })?;
    match absolute_address(&text) {
        None => Ok(()),
        Some(address) => Err(Failure::new(
            format!("dist/index.html names `{address}` from the root of its host, so it would not work under a path"),
            "write that address in index.html relative to the page (`./...`)",
        )),
    }
}

fn absolute_address(html: &str) -> Option<String> {
    for opening in ["href=\"/", "src=\"/", "from '/", "from \"/", "module_or_path: '/"] {
        if let Some(at) = html.find(opening) {
            return Some(html[at..].chars().take(60).take_while(|c| *c != '>' && *c != ';').collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_from_the_root_is_found() {
        assert_eq!(absolute_address("<link href=\"/a.css\"/>").as_deref(), Some("href=\"/a.css\"/"));
        assert_eq!(absolute_address("import init from './a.js'; <a href=\"./b\"> <a href=\"https://c/\">"), None);
    }
}
