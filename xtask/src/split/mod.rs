//! Splits the finished program in two files, so that a first visit fetches what a first visit needs.
//!
//! The whole program runs with probes, through the journeys of `tests/journeys/first`. What they enter stays in the first
//! file; the rest, whole functions and pieces of functions, goes to the second, which is fetched when it is needed or a little before (www/rest.js). Whoever
//! does something that no such journey does gets the same answer, a moment later. A journey more there keeps more in
//! the first file; `cargo xtask dist` tells what that costs.

mod bytes;
mod code;
mod constants;
mod flow;
mod module;
mod outline;
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
    let pieces = profile::entered(site, &page, &module)?;
    let mut entered: BTreeSet<u32> =
        (0..).zip(&pieces).filter(|(_, pieces)| pieces[0]).map(|(number, _)| number).collect();
    let names: BTreeMap<u32, &str> = module.names.iter().map(|(function, name)| (*function, name.as_str())).collect();
    let imported = module.imported_functions();
    let decided = |number: usize| {
        names
            .get(&(imported + number as u32))
            .is_none_or(|name| !is_by_chance(name) && !starts_with_one_of(name, OF_THE_PICTURE))
    };
    let module = outline::outline(&module, &pieces, decided)?;
    keep_what_chance_needs(&module, &mut entered)?;
    let mut parts = parts::split(&module, &entered)?;
    let map = project::target().join(project::WASM_TARGET).join("web/highwater.map");
    let map = std::fs::read_to_string(&map).map_err(|error| unreadable(&map, &error))?;
    let moved = constants::move_to_the_rest(&mut parts, &map)?;
    page.replace(site, &parts)?;
    write_names(&parts.first)?;
    say(format!(
        "{} of {} functions are in the first file, with {} ways into the second, which calls {} of them; {moved} bytes \
         of constants moved too",
        entered.len(),
        module.bodies.len(),
        parts.stubs,
        parts.imports
    ));
    Ok(())
}

/// Functions with these names take other ways from run to run: a hash falls elsewhere, a node is full, a piece of memory
/// is free. They stay whole, and what they call of their like stays with them. All others do the same in every run of
/// the journeys, but for the picture.
const BY_CHANCE: &[&str] = &[
    "alloc::collections::",
    "alloc::raw_vec::",
    "alloc::vec::Vec<T,A>::",
    "alloc::string::",
    "core::slice::",
    "core[",
    "core::num::",
    "core::str::",
    "core::fmt::",
    "dlmalloc",
    "hashbrown",
    "indexmap::",
    "js_sys::",
    "wasm_bindgen::",
    "yew::dom_bundle::",
    "yew::scheduler::",
];
/// What makes the picture: its frames fall on other moments from run to run. It stays whole too, with what it calls of
/// its like and of the standard library.
const OF_THE_PICTURE: &[&str] = &[
    "highwater::view::clock::",
    "highwater::view::flight::",
    "highwater::view::hit::",
    "highwater::view::keys::",
    "highwater::view::layout::",
    "highwater::view::narrate::",
    "highwater::view::picture::",
    "highwater::view::project::",
    "highwater::view::sample::",
    "highwater::view::scene::",
    "highwater::view::shape::",
    "highwater::view::timeline::",
    "highwater::ui::stage::",
];
/// A function up to this size, in bytes, is not worth a way into the second file.
const SMALL: usize = 60;

fn keep_what_chance_needs(module: &Module, entered: &mut BTreeSet<u32>) -> Outcome<()> {
    let imported = module.imported_functions();
    let names: BTreeMap<u32, &str> = module.names.iter().map(|(function, name)| (*function, name.as_str())).collect();
    let by_chance = |function: u32| names.get(&function).is_some_and(|name| is_by_chance(name));
    let hashes = names.iter().filter(|(_, name)| name.contains("hashbrown"));
    entered.extend(hashes.filter_map(|(function, _)| function.checked_sub(imported)));
    let name = |function: u32| names.get(&function).copied().unwrap_or_default();
    let of_the_picture = |function: u32| starts_with_one_of(name(function), OF_THE_PICTURE);
    let library = |function: u32| {
        starts_with_one_of(name(function), &["core::", "alloc::"]) && !name(function).contains("drop_in_place")
    };
    // With each function whether it works for the picture.
    let mut to_read: Vec<(u32, bool)> =
        entered.iter().map(|number| (*number, of_the_picture(imported + number))).collect();
    while let Some((number, draws)) = to_read.pop() {
        let chance = by_chance(imported + number);
        code::each_named(&module.bodies[number as usize], |named, _| {
            let code::Named::Call(function) = named else { return };
            let Some(called) = function.checked_sub(imported) else { return };
            let small = module.bodies[called as usize].len() <= SMALL;
            let drawn = draws && (of_the_picture(function) || library(function));
            if (small || drawn || chance && by_chance(function)) && entered.insert(called) {
                to_read.push((called, drawn));
            }
        })?;
    }
    Ok(())
}

fn is_by_chance(name: &str) -> bool {
    starts_with_one_of(name, BY_CHANCE) || name.contains("core::cmp::PartialEq")
}

fn starts_with_one_of(name: &str, starts: &[&str]) -> bool {
    let inner = name.trim_start_matches(['<', '&', '_', '[']);
    starts.iter().any(|start| inner.starts_with(start))
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
