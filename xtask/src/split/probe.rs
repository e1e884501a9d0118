//! A copy of the program that remembers which of its straight pieces of code were entered: each sets a byte of its own,
//! behind the memory that the program begins with and so never hands out.

use super::bytes::{malformed, put_unsigned};
use super::code::start_of_instructions;
use super::flow::Flow;
use super::module::{Export, Module, OF_MEMORY};
use crate::outcome::Outcome;

const PAGE: u64 = 65_536;
/// Under which name the page finds the memory.
pub const MEMORY: &str = "probed:memory";

pub struct Probed {
    pub module: Module,
    /// Where in memory the bytes stand.
    pub base: u64,
    /// How many of them each function has, the first for its beginning.
    pub counts: Vec<usize>,
}

impl Probed {
    pub fn of(module: &Module) -> Outcome<Probed> {
        let mut probed = module.clone();
        let memory = probed.memories.first_mut().ok_or_else(|| malformed("it has no memory"))?;
        let base = memory.min * PAGE;
        let mut next = base;
        let mut counts = Vec::new();
        for number in 0..module.bodies.len() {
            let body = &module.bodies[number];
            let places = match Flow::of(module, number)? {
                Some(flow) => flow.points().into_iter().map(|point| flow.instructions[point].bytes.start).collect(),
                None => vec![start_of_instructions(body)?],
            };
            // The beginning is told even of a function without code.
            let places = if places.is_empty() { vec![start_of_instructions(body)?] } else { places };
            let mut out = Vec::with_capacity(body.len() + 9 * places.len());
            let mut copied = 0;
            for place in &places {
                out.extend_from_slice(&body[copied..*place]);
                copied = *place;
                // memory[next] = 1
                out.extend([0x41, 0, 0x41, 1, 0x3a, 0]);
                put_unsigned(&mut out, next);
                next += 1;
            }
            out.extend_from_slice(&body[copied..]);
            probed.bodies[number] = out;
            counts.push(places.len());
        }
        let memory = &mut probed.memories[0];
        memory.min = next.div_ceil(PAGE);
        memory.max = memory.max.map(|max| max.max(memory.min));
        probed.exports.push(Export { name: MEMORY.to_string(), kind: OF_MEMORY, index: 0 });
        Ok(Probed { module: probed, base, counts })
    }

    /// The bytes, function by function.
    pub fn by_function(&self, entered: &[bool]) -> Vec<Vec<bool>> {
        let mut rest = entered;
        let mut take = |count: &usize| {
            let (own, others) = rest.split_at(*count);
            rest = others;
            own.to_vec()
        };
        self.counts.iter().map(&mut take).collect()
    }
}
