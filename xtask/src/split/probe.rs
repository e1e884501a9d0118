//! A copy of the program that remembers which of its functions were entered: each has a global that it sets.

use super::bytes::put_unsigned;
use super::code::start_of_instructions;
use super::module::{Export, Module, OF_GLOBAL};
use crate::outcome::Outcome;

/// What the names of the probes' exports begin with; the number behind it is that of the defined function.
pub const PREFIX: &str = "entered:";

pub fn with_probes(module: &Module) -> Outcome<Module> {
    let mut probed = module.clone();
    let first = probed.globals.len() as u32;
    for (number, body) in (0_u32..).zip(&mut probed.bodies) {
        // A mutable global of 32 bits that begins as 0.
        probed.globals.push(vec![0x7f, 1, 0x41, 0, 0x0b]);
        probed.exports.push(Export { name: format!("{PREFIX}{number}"), kind: OF_GLOBAL, index: first + number });
        let at = start_of_instructions(body)?;
        let mut set = vec![0x41, 1, 0x24];
        put_unsigned(&mut set, u64::from(first + number));
        body.splice(at..at, set);
    }
    Ok(probed)
}
