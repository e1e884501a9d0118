//! Makes two modules of one: the first keeps what a visit enters, the second holds the rest.
//!
//! Both share memory, table and globals. A function of the second part that the first can call leaves a stub behind:
//! it sees to it that the second part is there, then calls through the table. The second part gets the functions of
//! the first that it calls from the table too, where they stand one after another, so that neither needs a name.

use std::collections::{BTreeMap, BTreeSet};

use super::bytes::{malformed, put_signed, put_unsigned};
use super::code::{Named, each_named, renumbered, with_calls};
use super::module::{Elements, Export, Import, Module, OF_FUNCTION, OF_GLOBAL, OF_MEMORY, OF_TABLE};
use crate::outcome::Outcome;

/// What the first part asks of the page: to fetch the second and to join it.
pub const LOAD: &str = "loadRest";
/// Exports of the first part for the second: the memory, the table, whether it is joined, the globals by number.
pub const MEMORY: &str = "rest:memory";
pub const TABLE: &str = "rest:table";
pub const JOINED: &str = "rest:joined";
pub const GLOBALS: &str = "rest:";

pub struct Parts {
    pub first: Module,
    pub rest: Module,
    /// Where in the table the functions stand that the second part imports, and how many they are.
    pub imports_at: u32,
    pub imports: u32,
    pub stubs: u32,
}

/// Who goes where: the choice, with what follows from it.
struct Choice<'a> {
    module: &'a Module,
    imported: u32,
    /// Functions that go to the second part, by their index in the whole module.
    cold: BTreeSet<u32>,
    /// Those of them that the first part names.
    stubbed: BTreeSet<u32>,
    /// Those of them that a single call names: it goes through the table by itself, without a stub.
    direct: BTreeSet<u32>,
    /// What the second part calls of the first and of the page, in the order of the table.
    called_back: Vec<u32>,
    /// Every place of a function in the table.
    places: BTreeMap<u32, Vec<u32>>,
    /// The first free place of the table.
    free_place: u32,
}

/// Splits a module; `keep` are numbers of defined functions that the first part keeps.
pub fn split(module: &Module, keep: &BTreeSet<u32>) -> Outcome<Parts> {
    let choice = choose(module, keep)?;
    let new_places: BTreeMap<u32, u32> = choice
        .stubbed
        .iter()
        .filter(|function| !choice.places.contains_key(function))
        .copied()
        .zip(choice.free_place..)
        .collect();
    let imports_at = choice.free_place + new_places.len() as u32;
    let place = |function: u32| choice.places.get(&function).map_or_else(|| new_places[&function], |places| places[0]);
    let first = first_part(&choice, place, imports_at)?;
    let rest = second_part(&choice, &new_places, imports_at)?;
    let (imports, stubs) = (choice.called_back.len() as u32, choice.stubbed.len() as u32);
    Ok(Parts { first, rest, imports_at, imports, stubs })
}

fn choose<'a>(module: &'a Module, keep: &BTreeSet<u32>) -> Outcome<Choice<'a>> {
    let imported = module.imported_functions();
    let mut places: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for elements in &module.elements {
        for (function, at) in elements.functions.iter().zip(elements.offset..) {
            places.entry(*function).or_default().push(at);
        }
    }
    let mut cold = BTreeSet::new();
    for (number, body) in (0_u32..).zip(&module.bodies) {
        let mut tied = false;
        each_named(body, |named, _| tied |= named == Named::Tied)?;
        if !tied && !keep.contains(&number) {
            cold.insert(imported + number);
        }
    }
    // What a stub would not make smaller stays; its own calls may then need stubs, and so on.
    loop {
        let stubbed = named_by_the_first(module, &cold, &places)?;
        let small: Vec<u32> =
            stubbed.iter().copied().filter(|function| is_smaller_than_a_stub(module, imported, *function)).collect();
        if small.is_empty() {
            let called_back = called_back(module, imported, &cold)?;
            let table = module.tables.first().ok_or_else(|| malformed("it has no table"))?;
            let free_place = u32::try_from(table.min).map_err(|_| malformed("its table is too large"))?;
            let direct = called_once(module, &cold, &stubbed, &places)?;
            return Ok(Choice { module, imported, cold, stubbed, direct, called_back, places, free_place });
        }
        small.iter().for_each(|function| _ = cold.remove(function));
    }
}

fn is_smaller_than_a_stub(module: &Module, imported: u32, function: u32) -> bool {
    let number = (function - imported) as usize;
    let parameters = module.types.parameters(module.functions[number]).len();
    module.bodies[number].len() <= 2 * parameters + 12
}

/// Functions of the second part that code, table, exports or start of the first name.
fn named_by_the_first(
    module: &Module,
    cold: &BTreeSet<u32>,
    places: &BTreeMap<u32, Vec<u32>>,
) -> Outcome<BTreeSet<u32>> {
    let mut named: BTreeSet<u32> = places.keys().copied().collect();
    named.extend(module.exports.iter().filter(|export| export.kind == OF_FUNCTION).map(|export| export.index));
    named.extend(module.start);
    for (function, body) in (module.imported_functions()..).zip(&module.bodies) {
        if !cold.contains(&function) {
            each_named(body, |found, _| {
                if let Named::Call(called) = found {
                    named.insert(called);
                }
            })?;
        }
    }
    Ok(named.intersection(cold).copied().collect())
}

/// Functions of the second part whose only name in the first is in one call.
fn called_once(
    module: &Module,
    cold: &BTreeSet<u32>,
    stubbed: &BTreeSet<u32>,
    places: &BTreeMap<u32, Vec<u32>>,
) -> Outcome<BTreeSet<u32>> {
    let mut calls: BTreeMap<u32, u32> = BTreeMap::new();
    for (function, body) in (module.imported_functions()..).zip(&module.bodies) {
        if !cold.contains(&function) {
            each_named(body, |found, _| {
                if let Named::Call(called) = found {
                    *calls.entry(called).or_default() += 1;
                }
            })?;
        }
    }
    let exported: BTreeSet<u32> =
        module.exports.iter().filter(|export| export.kind == OF_FUNCTION).map(|export| export.index).collect();
    let once = stubbed.iter().filter(|function| calls.get(function) == Some(&1) && !places.contains_key(function));
    Ok(once.copied().filter(|function| !exported.contains(function) && module.start != Some(*function)).collect())
}

fn called_back(module: &Module, imported: u32, cold: &BTreeSet<u32>) -> Outcome<Vec<u32>> {
    let mut called = BTreeSet::new();
    for function in cold {
        each_named(&module.bodies[(function - imported) as usize], |found, _| {
            if let Named::Call(other) = found
                && !cold.contains(&other)
            {
                called.insert(other);
            }
        })?;
    }
    Ok(called.into_iter().collect())
}

fn first_part(choice: &Choice<'_>, place: impl Fn(u32) -> u32, imports_at: u32) -> Outcome<Module> {
    let Choice { module, imported, cold, stubbed, direct, called_back, .. } = choice;
    let mut first = Module { names: Vec::new(), bodies: Vec::new(), functions: Vec::new(), ..(*module).clone() };
    // One more import, then what stays, then who asks for the second part.
    let has_stub = |function: &u32| stubbed.contains(function) && !direct.contains(function);
    let stays = |function: &u32| !cold.contains(function) || has_stub(function);
    let defined = *imported..imported + module.bodies.len() as u32;
    let mut staying: Vec<u32> = defined.filter(stays).collect();
    // What is alike stands together, so that it compresses well: functions by their names, stubs by their types.
    let names: BTreeMap<u32, &str> = module.names.iter().map(|(function, name)| (*function, name.as_str())).collect();
    staying.sort_by_cached_key(|function| match has_stub(function) {
        true => (true, module.functions[(function - imported) as usize], ""),
        false => (false, 0, names.get(function).copied().unwrap_or_default()),
    });
    let numbers: BTreeMap<u32, u32> = staying.iter().copied().zip(imported + 1..).collect();
    let number = |old: u32| if old < *imported { old } else { numbers[&old] };
    let ensure = imported + 1 + staying.len() as u32;
    let joined = module.globals.len() as u32;
    for function in &staying {
        let old = (function - imported) as usize;
        let of = module.functions[old];
        first.functions.push(of);
        first.bodies.push(match has_stub(function) {
            true => stub(ensure, module.types.parameters(of).len() as u32, place(*function), of),
            false => with_calls(&module.bodies[old], |called, out| match direct.contains(&called) {
                true => {
                    let of = module.functions[(called - imported) as usize];
                    put_way(out, ensure, place(called), of, |_| ());
                }
                false => {
                    out.push(0x10);
                    put_unsigned(out, u64::from(number(called)));
                }
            })?,
        });
    }
    let nothing = first.types.find_or_add(&[], &[]);
    first.functions.push(nothing);
    first.bodies.push(asking(joined, *imported));
    let mut rest = Vec::new();
    put_unsigned(&mut rest, u64::from(nothing));
    let page = module.imports.first().map_or_else(|| "page".to_string(), |import| import.module.clone());
    first.imports.push(Import { module: page, name: LOAD.to_string(), kind: OF_FUNCTION, rest });
    first.globals.push(vec![0x7f, 1, 0x41, 0, 0x0b]);
    for export in first.exports.iter_mut().filter(|export| export.kind == OF_FUNCTION) {
        export.index = number(export.index);
    }
    let mut offer = |name: String, kind, index| first.exports.push(Export { name, kind, index });
    offer(MEMORY.to_string(), OF_MEMORY, 0);
    offer(TABLE.to_string(), OF_TABLE, 0);
    offer(JOINED.to_string(), OF_GLOBAL, joined);
    (0..joined).for_each(|global| offer(format!("{GLOBALS}{global}"), OF_GLOBAL, global));
    let names = module.names.iter().filter(|(function, _)| *function < *imported || numbers.contains_key(function));
    first.names = names.map(|(function, name)| (number(*function), name.clone())).collect();
    first.start = module.start.map(number);
    first.elements.iter_mut().for_each(|elements| elements.functions.iter_mut().for_each(|f| *f = number(*f)));
    let functions = called_back.iter().map(|function| number(*function)).collect();
    first.elements.push(Elements { offset: imports_at, functions });
    let table = &mut first.tables[0];
    let size = u64::from(imports_at) + called_back.len() as u64;
    table.min = size;
    table.max = table.max.map(|max| max.max(size));
    Ok(first)
}

/// Sees to it that the second part is there, then calls it with what was given.
fn stub(ensure: u32, parameters: u32, place: u32, of: u32) -> Vec<u8> {
    let mut body = vec![0];
    put_way(&mut body, ensure, place, of, |out| {
        for parameter in 0..parameters {
            out.push(0x20);
            put_unsigned(out, u64::from(parameter));
        }
    });
    body.push(0x0b);
    body
}

fn put_way(out: &mut Vec<u8>, ensure: u32, place: u32, of: u32, give: impl Fn(&mut Vec<u8>)) {
    out.push(0x10);
    put_unsigned(out, u64::from(ensure));
    give(out);
    out.push(0x41);
    put_signed(out, i64::from(place));
    out.push(0x11);
    put_unsigned(out, u64::from(of));
    out.push(0);
}

/// `if not joined: ask the page`.
fn asking(joined: u32, load: u32) -> Vec<u8> {
    let mut body = vec![0, 0x23];
    put_unsigned(&mut body, u64::from(joined));
    body.extend([0x45, 0x04, 0x40, 0x10]);
    put_unsigned(&mut body, u64::from(load));
    body.extend([0x0b, 0x0b]);
    body
}

fn second_part(choice: &Choice<'_>, new_places: &BTreeMap<u32, u32>, imports_at: u32) -> Outcome<Module> {
    let Choice { module, imported, cold, called_back, .. } = choice;
    let mut rest = Module { types: module.types.clone(), ..Module::default() };
    for (position, function) in (0_u32..).zip(called_back) {
        let mut of = Vec::new();
        put_unsigned(&mut of, u64::from(module.type_of(*function)?));
        rest.imports.push(Import { module: "f".into(), name: position.to_string(), kind: OF_FUNCTION, rest: of });
    }
    let shared = |name: String, kind, rest| Import { module: "e".to_string(), name, kind, rest };
    rest.imports.push(shared(MEMORY.to_string(), OF_MEMORY, module.memories[0].as_bytes()));
    let mut table = module.tables[0].clone();
    table.min = u64::from(imports_at) + called_back.len() as u64;
    table.max = table.max.map(|max| max.max(table.min));
    rest.imports.push(shared(TABLE.to_string(), OF_TABLE, table.as_bytes()));
    for (number, global) in module.globals.iter().enumerate() {
        rest.imports.push(shared(format!("{GLOBALS}{number}"), OF_GLOBAL, global[..2].to_vec()));
    }
    let called: BTreeMap<u32, u32> = called_back.iter().copied().zip(0..).collect();
    let own: BTreeMap<u32, u32> = cold.iter().copied().zip(called_back.len() as u32..).collect();
    let number = |old: u32| own.get(&old).or_else(|| called.get(&old)).copied().expect("calls were listed before");
    for function in cold {
        let old = (function - imported) as usize;
        rest.functions.push(module.functions[old]);
        rest.bodies.push(renumbered(&module.bodies[old], number)?);
    }
    let mut places: BTreeMap<u32, u32> = new_places.iter().map(|(function, at)| (*at, own[function])).collect();
    for (function, all) in choice.places.iter().filter(|(function, _)| cold.contains(function)) {
        places.extend(all.iter().map(|at| (*at, own[function])));
    }
    for (at, function) in places {
        match rest.elements.last_mut() {
            Some(run) if run.offset + run.functions.len() as u32 == at => run.functions.push(function),
            _ => rest.elements.push(Elements { offset: at, functions: vec![function] }),
        }
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::module::Limits;

    /// The page's function 0; `1 warm` calls 0 and 2, `2 cold` calls 1 and 3, `3 colder` is large and only called by 2,
    /// `4 in the table` is large. Types: nothing to nothing; one number to nothing.
    fn program() -> Module {
        let mut module = Module::default();
        let (nothing, number) = (module.types.find_or_add(&[], &[]), module.types.find_or_add(&[0x7f], &[]));
        module.imports = vec![Import { module: "page".into(), name: "log".into(), kind: OF_FUNCTION, rest: vec![0] }];
        module.functions = vec![nothing, number, nothing, number];
        let large = |calls: &[u8]| [&[0], calls, &[0x01; 30], &[0x0b]].concat();
        module.bodies = vec![
            vec![0, 0x10, 0, 0x41, 7, 0x10, 2, 0x0b],
            large(&[0x10, 1, 0x41, 7, 0x10, 3]),
            large(&[]),
            large(&[0x10, 0]),
        ];
        module.tables = vec![Limits { of: Some(0x70), min: 3, max: Some(3) }];
        module.memories = vec![Limits { of: None, min: 17, max: None }];
        module.globals = vec![vec![0x7f, 1, 0x41, 0, 0x0b]];
        module.elements = vec![Elements { offset: 1, functions: vec![1, 4] }];
        module
    }

    #[test]
    fn what_is_not_kept_moves_and_leaves_a_stub_where_it_is_named() {
        let parts = split(&program(), &BTreeSet::from([0])).expect("a valid program");
        // 2 is called by what stays, 4 stands in the table; 3 is named by 2 alone and leaves nothing.
        assert_eq!((parts.stubs, parts.rest.bodies.len(), parts.first.bodies.len()), (2, 3, 3));
        // Behind the page's two functions: 1, which goes to 2 by itself, the stub of 4, and who asks for the rest.
        assert_eq!(parts.first.bodies[0], vec![0, 0x10, 0, 0x41, 7, 0x10, 4, 0x41, 3, 0x11, 1, 0, 0x0b]);
        assert_eq!(parts.first.bodies[1], vec![0, 0x10, 4, 0x20, 0, 0x41, 2, 0x11, 1, 0, 0x0b]);
        assert_eq!(parts.first.bodies[2], vec![0, 0x23, 1, 0x45, 0x04, 0x40, 0x10, 1, 0x0b, 0x0b]);
        assert_eq!(parts.first.elements[0].functions, [2, 3]);
    }

    #[test]
    fn the_second_part_finds_the_first_in_the_table_and_stands_there_itself() {
        let parts = split(&program(), &BTreeSet::from([0])).expect("a valid program");
        // The page's function and 1 are called by the rest: they stand behind the place of 2.
        assert_eq!((parts.imports_at, parts.imports), (4, 2));
        assert_eq!(parts.first.elements[1], Elements { offset: 4, functions: vec![0, 2] });
        assert_eq!(parts.first.tables[0].min, 6);
        // Its own functions are numbered behind what it imports: 2 is 2, 3 is 3, 4 is 4.
        assert_eq!(parts.rest.elements, [Elements { offset: 2, functions: vec![4, 2] }]);
        assert_eq!(parts.rest.bodies[0][..7], [0, 0x10, 1, 0x41, 7, 0x10, 3]);
        assert_eq!(parts.rest.bodies[2][..3], [0, 0x10, 0]);
    }

    #[test]
    fn parts_read_back_as_they_were_written() {
        let parts = split(&program(), &BTreeSet::from([0])).expect("a valid program");
        assert_eq!(Module::parse(&parts.first.write()).expect("just written"), parts.first);
    }
}
