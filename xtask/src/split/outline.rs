//! Takes the pieces of a function that no first visit enters out of it, each as a function of its own: most of a large
//! `match` is never taken, and a whole function cannot go to the second file when one of its arms is needed.
//!
//! A piece is what stands from some instruction to the end of its block. Locals that it reads are its parameters; those
//! that it changes and others read behind it come back in globals, read at once by the caller. What it gives back says
//! which way it ended: past its end, by a branch to a block outside, or by a return of the whole function.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::bytes::{put_signed, put_unsigned};
use super::flow::{Flow, Instruction, Kind};
use super::module::Module;
use crate::outcome::Outcome;

/// A piece must be so many bytes larger than what stands in its place.
const WORTH: usize = 24;
const VOID: u8 = 0x40;
const I32: u8 = 0x7f;

/// How a piece ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    PastItsEnd,
    /// To a block outside, by its number.
    Branch(usize),
    Return,
}

/// A piece that may go: instructions `range` of the block `inside`, up to its end.
struct Piece {
    range: Range<usize>,
    inside: usize,
    exits: Vec<Exit>,
    parameters: Vec<u32>,
    /// Locals that others read behind it.
    changed: Vec<u32>,
    /// The other locals that it uses.
    own: Vec<u32>,
    /// The type of what lies on the stack past its end.
    left: Option<u8>,
}

impl Piece {
    /// How it ends when control comes to its end: past the end of a whole function with a result, that is a return.
    fn past_its_end(&self, flow: &Flow) -> Option<Exit> {
        past_its_end(flow, self.range.end, self.inside)
    }

    fn index_of(&self, exit: Exit) -> u32 {
        self.exits.iter().position(|other| *other == exit).expect("all exits were listed") as u32
    }
}

fn past_its_end(flow: &Flow, end: usize, inside: usize) -> Option<Exit> {
    flow.instructions[end].height?;
    Some(if inside == 0 && !flow.results.is_empty() { Exit::Return } else { Exit::PastItsEnd })
}

/// Globals in which values come back, by type.
#[derive(Default)]
struct Carriers(BTreeMap<u8, Vec<u32>>);

impl Carriers {
    fn nth(&mut self, module: &mut Module, of: u8, nth: usize) -> u32 {
        let all = self.0.entry(of).or_default();
        while all.len() <= nth {
            all.push(module.globals.len() as u32);
            let zero: &[u8] = match of {
                I32 => &[0x41, 0],
                0x7e => &[0x42, 0],
                0x7d => &[0x43, 0, 0, 0, 0],
                _ => &[0x44, 0, 0, 0, 0, 0, 0, 0, 0],
            };
            module.globals.push([&[of, 1], zero, &[0x0b]].concat());
        }
        all[nth]
    }
}

/// Takes the cold pieces out of each function that `may` be changed. `entered` tells, function by function, which of
/// its [points](Flow::points) were entered. Functions keep their numbers; the pieces stand behind them.
pub fn outline(module: &Module, entered: &[Vec<bool>], may: impl Fn(usize) -> bool) -> Outcome<Module> {
    let mut outlined = module.clone();
    let mut carriers = Carriers::default();
    for (number, entered) in entered.iter().enumerate() {
        if !may(number) || !entered.iter().any(|entered| *entered) {
            continue;
        }
        let Some(mut flow) = Flow::of(module, number)? else { continue };
        let cold: BTreeSet<usize> =
            flow.points().into_iter().zip(entered).filter(|(_, entered)| !**entered).map(|(point, _)| point).collect();
        flow.find_live();
        let mut pieces = Vec::new();
        let all = 0..flow.instructions.len() - 1;
        find(&flow, &cold, all, &mut pieces);
        let mut body = Vec::new();
        let mut copied = 0;
        for piece in &pieces {
            let place = bytes_of(&flow, &piece.range);
            body.extend_from_slice(&module.bodies[number][copied..place.start]);
            copied = place.end;
            let function = module.imported_functions() + outlined.functions.len() as u32;
            let own = own_body(&flow, &module.bodies[number], piece, &mut outlined, &mut carriers);
            in_its_place(&flow, piece, function, &mut outlined, &mut carriers, &mut body);
            let parameters: Vec<u8> = piece.parameters.iter().map(|local| flow.locals[*local as usize]).collect();
            let results: &[u8] = if piece.exits.len() > 1 { &[I32] } else { &[] };
            let of = outlined.types.find_or_add(&parameters, results);
            outlined.functions.push(of);
            outlined.bodies.push(own);
        }
        body.extend_from_slice(&module.bodies[number][copied..]);
        outlined.bodies[number] = body;
    }
    Ok(outlined)
}

fn bytes_of(flow: &Flow, range: &Range<usize>) -> Range<usize> {
    flow.instructions[range.start].bytes.start..flow.instructions[range.end].bytes.start
}

/// Looks through a sequence of instructions at one level, then into its blocks.
fn find(flow: &Flow, cold: &BTreeSet<usize>, sequence: Range<usize>, pieces: &mut Vec<Piece>) {
    let mut at = sequence.start;
    let mut is_cold = false;
    while at < sequence.end {
        is_cold |= cold.contains(&at);
        if is_cold
            && flow.instructions[at].height == Some(0)
            && let Some(piece) = piece(flow, at..sequence.end)
        {
            pieces.push(piece);
            return;
        }
        at = match flow.instructions[at].kind {
            Kind::Open(block) => {
                let block = &flow.blocks[block];
                let middle = block.otherwise.unwrap_or(block.end);
                find(flow, cold, block.open + 1..middle, pieces);
                if block.otherwise.is_some() {
                    find(flow, cold, middle + 1..block.end, pieces);
                }
                block.end + 1
            }
            _ => at + 1,
        };
    }
}

fn is_number(of: u8) -> bool {
    (0x7c..=0x7f).contains(&of)
}

/// The piece that these instructions make, if they can be taken out and it is worth it.
fn piece(flow: &Flow, range: Range<usize>) -> Option<Piece> {
    let size = bytes_of(flow, &range).len();
    if size < WORTH {
        return None;
    }
    let inside = flow.instructions[range.start].inside;
    let mut exits = BTreeSet::new();
    let (mut read, mut written) = (BTreeSet::new(), BTreeSet::new());
    for instruction in &flow.instructions[range.clone()] {
        match &instruction.kind {
            Kind::Get(local) => _ = read.insert(*local),
            Kind::Set(local) | Kind::Tee(local) => _ = written.insert(*local),
            Kind::Return => _ = exits.insert(Exit::Return),
            Kind::Branch(depth) => exits.extend(exit(flow, &range, instruction, *depth)?),
            Kind::BranchIf(depth) => exits.extend(without_value(flow, exit(flow, &range, instruction, *depth)?)?),
            Kind::BranchTable(depths) => {
                for depth in depths {
                    exits.extend(without_value(flow, exit(flow, &range, instruction, *depth)?)?);
                }
            }
            _ => {}
        }
    }
    let mut left = None;
    if let Some(past) = past_its_end(flow, range.end, inside) {
        exits.insert(past);
        left = flow.blocks[inside].result.filter(|_| past == Exit::PastItsEnd);
    }
    let live_behind = |local: &u32| {
        exits.iter().any(|exit| match exit {
            Exit::PastItsEnd => flow.live(range.end).contains(*local),
            Exit::Branch(block) => flow.live_after_branch(*block).contains(*local),
            Exit::Return => false,
        })
    };
    let changed: Vec<u32> = written.iter().copied().filter(live_behind).collect();
    let used: BTreeSet<u32> = read.union(&written).copied().collect();
    let (parameters, own): (Vec<u32>, Vec<u32>) =
        used.iter().partition(|local| flow.live(range.start).contains(**local));
    let numbers =
        changed.iter().map(|local| flow.locals[*local as usize]).chain(flow.results.iter().copied()).chain(left);
    if !numbers.into_iter().all(is_number) {
        return None;
    }
    let several = if exits.len() > 1 { 8 + 2 * exits.len() } else { 2 };
    let place = 10 + 2 * parameters.len() + 5 * changed.len() + several;
    let exits = exits.into_iter().collect();
    (size >= place + WORTH).then_some(Piece { range, inside, exits, parameters, changed, own, left })
}

/// How a branch leaves the piece; `Some(None)` if it stays inside, nothing if it takes a value along to a block.
fn exit(flow: &Flow, range: &Range<usize>, branch: &Instruction, depth: u32) -> Option<Option<Exit>> {
    let target = flow.target(branch.inside, depth);
    let block = &flow.blocks[target];
    if target != 0 && range.contains(&block.open) {
        return Some(None);
    }
    if target == 0 {
        return Some(Some(Exit::Return));
    }
    if block.is_loop {
        return Some(Some(Exit::Branch(target)));
    }
    if block.result.is_some() {
        return None;
    }
    let around = flow.instructions[range.start].inside;
    Some(Some(if target == around { Exit::PastItsEnd } else { Exit::Branch(target) }))
}

/// A branch that may also go on cannot leave its value to a return.
fn without_value(flow: &Flow, exit: Option<Exit>) -> Option<Option<Exit>> {
    (exit != Some(Exit::Return) || flow.results.is_empty()).then_some(exit)
}

fn put(out: &mut Vec<u8>, opcode: u8, index: u32) {
    out.push(opcode);
    put_unsigned(out, u64::from(index));
}

/// The function that a piece becomes, while it is written.
struct Own<'a> {
    flow: &'a Flow,
    body: &'a [u8],
    piece: &'a Piece,
    /// The number that each local has in it.
    numbers: BTreeMap<u32, u32>,
    /// The global in which a value goes that the whole function returns.
    returned: Option<u32>,
    out: Vec<u8>,
}

fn own_body(flow: &Flow, body: &[u8], piece: &Piece, module: &mut Module, carriers: &mut Carriers) -> Vec<u8> {
    let numbers: BTreeMap<u32, u32> = piece.parameters.iter().chain(&piece.own).copied().zip(0..).collect();
    let returned = flow.results.first().map(|of| carriers.nth(module, *of, 0));
    let carrier = piece.left.map(|of| carriers.nth(module, of, 0));
    let carried = carried(flow, piece, module, carriers);
    let mut own = Own { flow, body, piece, numbers, returned, out: Vec::new() };
    own.begin();
    flow.instructions[piece.range.clone()].iter().for_each(|instruction| own.instruction(instruction));
    if let Some(past) = piece.past_its_end(flow) {
        let carrier = if past == Exit::Return { returned } else { carrier };
        carrier.into_iter().for_each(|carrier| put(&mut own.out, 0x24, carrier));
        put(&mut own.out, 0x0c, piece.index_of(past));
    }
    own.finish(&carried);
    own.out
}

impl Own<'_> {
    fn is_told_which(&self) -> bool {
        self.piece.exits.len() > 1
    }

    /// The locals, and a block for each exit: whoever leaves by the first leaves the innermost.
    fn begin(&mut self) {
        let told = self.is_told_which();
        put_unsigned(&mut self.out, self.piece.own.len() as u64 + u64::from(told));
        for of in self.piece.own.iter().map(|local| self.flow.locals[*local as usize]).chain(told.then_some(I32)) {
            self.out.extend([1, of]);
        }
        for _ in 0..self.piece.exits.len() + usize::from(told) {
            self.out.extend([0x02, VOID]);
        }
    }

    fn instruction(&mut self, instruction: &Instruction) {
        let Own { flow, piece, returned, .. } = *self;
        // How many blocks of the piece are around it: behind them come those of the exits.
        let mut around = 0;
        let mut block = instruction.inside;
        while block != piece.inside {
            block = flow.blocks[block].parent;
            around += 1;
        }
        let leaves = |old: u32| exit(flow, &piece.range, instruction, old).flatten();
        let depth = |old: &u32| leaves(*old).map_or(*old, |exit| around + piece.index_of(exit));
        let return_value = |out: &mut Vec<u8>| returned.into_iter().for_each(|carrier| put(out, 0x24, carrier));
        match &instruction.kind {
            Kind::Get(local) => put(&mut self.out, 0x20, self.numbers[local]),
            Kind::Set(local) => put(&mut self.out, 0x21, self.numbers[local]),
            Kind::Tee(local) => put(&mut self.out, 0x22, self.numbers[local]),
            Kind::Return => {
                return_value(&mut self.out);
                put(&mut self.out, 0x0c, around + piece.index_of(Exit::Return));
            }
            Kind::Branch(old) => {
                if leaves(*old) == Some(Exit::Return) {
                    return_value(&mut self.out);
                }
                put(&mut self.out, 0x0c, depth(old));
            }
            Kind::BranchIf(old) => put(&mut self.out, 0x0d, depth(old)),
            Kind::BranchTable(old) => {
                put(&mut self.out, 0x0e, old.len() as u32 - 1);
                old.iter().for_each(|old| put_unsigned(&mut self.out, u64::from(depth(old))));
            }
            _ => self.out.extend_from_slice(&self.body[instruction.bytes.clone()]),
        }
    }

    /// Says which exit it was, and sends the changed locals back.
    fn finish(&mut self, carried: &[(u32, u32)]) {
        let exits = self.piece.exits.len() as u32;
        let told = self.is_told_which();
        let which = self.numbers.len() as u32;
        for number in 0..exits {
            self.out.push(0x0b);
            if told {
                self.out.push(0x41);
                put_signed(&mut self.out, i64::from(number));
                put(&mut self.out, 0x21, which);
                put(&mut self.out, 0x0c, exits - 1 - number);
            }
        }
        if told {
            self.out.push(0x0b);
        }
        for (local, carrier) in carried {
            put(&mut self.out, 0x20, self.numbers[local]);
            put(&mut self.out, 0x24, *carrier);
        }
        if told {
            put(&mut self.out, 0x20, which);
        }
        self.out.push(0x0b);
    }
}

/// The global of each local that comes back. The first of each type is kept for what is returned or left.
fn carried(flow: &Flow, piece: &Piece, module: &mut Module, carriers: &mut Carriers) -> Vec<(u32, u32)> {
    let mut used: BTreeMap<u8, usize> = BTreeMap::new();
    let mut pairs = Vec::new();
    for local in &piece.changed {
        let of = flow.locals[*local as usize];
        let nth = used.entry(of).or_insert(0);
        *nth += 1;
        pairs.push((*local, carriers.nth(module, of, *nth)));
    }
    pairs
}

/// What stands in the piece's place: the call, the locals that come back, and the way on.
fn in_its_place(
    flow: &Flow,
    piece: &Piece,
    function: u32,
    module: &mut Module,
    carriers: &mut Carriers,
    out: &mut Vec<u8>,
) {
    let several = piece.exits.len() > 1;
    let returns = several && piece.exits.contains(&Exit::Return);
    if several {
        out.extend([0x02, VOID]);
    }
    if returns {
        out.extend([0x02, VOID]);
    }
    piece.parameters.iter().for_each(|local| put(out, 0x20, *local));
    put(out, 0x10, function);
    for (local, carrier) in carried(flow, piece, module, carriers) {
        put(out, 0x23, carrier);
        put(out, 0x21, local);
    }
    let returned = flow.results.first().map(|of| carriers.nth(module, *of, 0));
    let left = piece.left.map(|of| carriers.nth(module, of, 0));
    let outwards = |block: usize| {
        let (mut depth, mut at) = (0, piece.inside);
        while at != block {
            at = flow.blocks[at].parent;
            depth += 1;
        }
        depth
    };
    let give_back = |out: &mut Vec<u8>| {
        returned.into_iter().for_each(|carrier| put(out, 0x23, carrier));
        out.push(0x0f);
    };
    if several {
        let own = 1 + u32::from(returns);
        put(out, 0x0e, piece.exits.len() as u32 - 1);
        for exit in &piece.exits {
            let depth = match exit {
                Exit::PastItsEnd => own - 1,
                Exit::Return => 0,
                Exit::Branch(block) => own + outwards(*block),
            };
            put_unsigned(out, u64::from(depth));
        }
        if returns {
            out.push(0x0b);
            give_back(out);
        }
        out.push(0x0b);
        match piece.exits.contains(&Exit::PastItsEnd) {
            true => left.into_iter().for_each(|carrier| put(out, 0x23, carrier)),
            false => out.push(0x00),
        }
        return;
    }
    match piece.exits.first() {
        None => out.push(0x00),
        Some(Exit::PastItsEnd) => left.into_iter().for_each(|carrier| put(out, 0x23, carrier)),
        Some(Exit::Branch(block)) => put(out, 0x0c, outwards(*block)),
        Some(Exit::Return) => give_back(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `if local 0 { 40 times nothing; local 1 = 7; if local 1 { return 9 } }; local 1`, with one local beside the
    /// parameter.
    fn program() -> Module {
        let mut module = Module::default();
        let of = module.types.find_or_add(&[I32], &[I32]);
        module.functions = vec![of];
        let arm = [vec![0x01; 40], vec![0x41, 7, 0x21, 1, 0x20, 1, 0x04, VOID, 0x41, 9, 0x0f, 0x0b]].concat();
        module.bodies = vec![[&[1, 1, I32, 0x20, 0, 0x04, VOID], &arm[..], &[0x0b, 0x20, 1, 0x0b]].concat()];
        module
    }

    #[test]
    fn an_arm_that_nobody_enters_becomes_a_function_of_its_own() {
        let flow = Flow::of(&program(), 0).expect("a valid body").expect("it can be followed");
        assert_eq!(flow.points().len(), 4, "the beginning, both arms, and what follows the larger");
        let outlined = outline(&program(), &[vec![true, false, false, true]], |_| true).expect("a valid program");
        // The local comes back in the second global of its type, and a return in the first.
        let place = [
            [1, 1, I32, 0x20, 0, 0x04, VOID, 0x02, VOID, 0x02, VOID].as_slice(),
            &[0x10, 1, 0x23, 1, 0x21, 1, 0x0e, 1, 1, 0, 0x0b, 0x23, 0, 0x0f, 0x0b, 0x0b, 0x20, 1, 0x0b],
        ];
        assert_eq!(outlined.bodies[0], place.concat());
        let own = [
            [2, 1, I32, 1, I32, 0x02, VOID, 0x02, VOID, 0x02, VOID].as_slice(),
            &[0x01; 40],
            // Inside the inner if: past the exits' own blocks, out of the second of them.
            &[0x41, 7, 0x21, 0, 0x20, 0, 0x04, VOID, 0x41, 9, 0x24, 0, 0x0c, 2, 0x0b, 0x0c, 0],
            &[0x0b, 0x41, 0, 0x21, 1, 0x0c, 1, 0x0b, 0x41, 1, 0x21, 1, 0x0c, 0, 0x0b],
            &[0x20, 0, 0x24, 1, 0x20, 1, 0x0b],
        ];
        assert_eq!(outlined.bodies[1], own.concat());
        assert_eq!(outlined.types.results(outlined.functions[1]), [I32], "it says which way it ended");
        assert_eq!(outlined.types.parameters(outlined.functions[1]), [0_u8; 0], "it reads nothing from outside");
    }

    #[test]
    fn what_is_entered_or_small_stays() {
        let all = outline(&program(), &[vec![true; 4]], |_| true).expect("a valid program");
        assert_eq!(all, program());
        let inner = outline(&program(), &[vec![true, true, false, true]], |_| true).expect("a valid program");
        assert_eq!(inner, program(), "a return of one constant is smaller than a call");
    }

    #[test]
    fn heights_and_live_locals_are_followed_through_branches() {
        let mut flow = Flow::of(&program(), 0).expect("a valid body").expect("it can be followed");
        flow.find_live();
        assert_eq!(flow.instructions[1].height, Some(1), "the condition lies there");
        assert!(flow.live(1).contains(1), "past the arm it is read as it was");
        assert!(!flow.live(2).contains(1), "in the arm it is written first");
        assert!(!flow.live(2).contains(0));
    }
}
