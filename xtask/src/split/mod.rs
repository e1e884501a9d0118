//! Splits the finished program in two files, so that a first visit fetches what a first visit needs.
//!
//! The whole program runs once with probes, through the journeys of `tests/journeys/first`. What they enter stays in the
//! first file; the rest goes to the second, which is fetched when it is needed or a little before (www/rest.js). Whoever
//! does something that no such journey does gets the same answer, a moment later. A journey more there keeps more in
//! the first file; `cargo xtask dist` tells what that costs.

mod bytes;
mod code;
mod module;
mod page;
mod parts;
mod probe;
mod profile;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::outcome::Outcome;
use crate::progress::say;
use crate::project;
use module::Module;
use page::{Page, unreadable};

/// Splits the program of a site that was just built.
pub fn run(site: &Path) -> Outcome<()> {
    let page = Page::open(site)?;
    let path = site.join(&page.wasm);
    let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
    let module = Module::parse(&bytes)?;
    let mut entered = profile::entered(site, &page, &module)?;
    keep_what_chance_needs(&module, &mut entered)?;
    let parts = parts::split(&module, &entered)?;
    page.replace(site, &parts)?;
    write_names(&parts.first)?;
    say(format!(
        "{} of {} functions are in the first file, with {} ways into the second, which calls {} of them",
        entered.len(),
        module.bodies.len(),
        parts.stubs,
        parts.imports
    ));
    Ok(())
}

/// Where a name of these stands in a function's, the journeys decide alone: they do the same in every run. Collections,
/// the allocator and the page's elements take other paths from run to run (a hash falls elsewhere, a node is full), so
/// what they call of their like stays with them.
const DECIDED: &[&str] =
    &["highwater::", "ruzstd::", "miniz_oxide::", "flate2::", "lz4_flex::", "snap::", "regex_lite::"];
/// A function up to this size, in bytes, is not worth a way into the second file.
const SMALL: usize = 60;

fn keep_what_chance_needs(module: &Module, entered: &mut BTreeSet<u32>) -> Outcome<()> {
    let imported = module.imported_functions();
    let names: BTreeMap<u32, &str> = module.names.iter().map(|(function, name)| (*function, name.as_str())).collect();
    let by_chance = |function: u32| names.get(&function).is_none_or(|name| is_by_chance(name));
    let hashes = names.iter().filter(|(_, name)| name.contains("hashbrown"));
    entered.extend(hashes.filter_map(|(function, _)| function.checked_sub(imported)));
    let mut to_read: Vec<u32> = entered.iter().copied().collect();
    while let Some(number) = to_read.pop() {
        let chance = by_chance(imported + number);
        code::each_named(&module.bodies[number as usize], |named, _| {
            let code::Named::Call(function) = named else { return };
            let Some(called) = function.checked_sub(imported) else { return };
            let small = module.bodies[called as usize].len() <= SMALL;
            if (small || chance && by_chance(function)) && entered.insert(called) {
                to_read.push(called);
            }
        })?;
    }
    Ok(())
}

fn is_by_chance(name: &str) -> bool {
    !DECIDED.iter().any(|part| name.contains(part))
}

/// Where the names of the functions of the first file stand, a number and a name on each line: the file itself has
/// none, and what a browser tells of it are numbers.
pub fn names_file() -> PathBuf {
    project::target().join("first-file-names.txt")
}

fn write_names(first: &Module) -> Outcome<()> {
    let path = names_file();
    let lines: String = first.names.iter().map(|(number, name)| format!("{number} {name}\n")).collect();
    std::fs::write(&path, lines).map_err(|error| unreadable(&path, &error))
}
