//! How control and values flow through a function's body: its instructions one by one, the blocks around them, how high
//! the stack is before each, and which locals are still read behind it.

use super::bytes::{Reader, malformed};
use super::code::{self, Named};
use super::module::Module;
use crate::outcome::Outcome;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Call(u32),
    Get(u32),
    Set(u32),
    Tee(u32),
    /// Blocks, loops and ifs, by their number in [`Flow::blocks`].
    Open(usize),
    Else(usize),
    End(usize),
    Branch(u32),
    BranchIf(u32),
    /// The default stands last.
    BranchTable(Vec<u32>),
    Return,
    Unreachable,
}

#[derive(Clone, Debug)]
pub struct Instruction {
    pub kind: Kind,
    /// Its bytes in the body.
    pub bytes: std::ops::Range<usize>,
    /// How many values lie on the stack before it, above what its block found; nothing where control cannot come.
    pub height: Option<u32>,
    /// The block around it.
    pub inside: usize,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub is_loop: bool,
    pub is_if: bool,
    pub result: Option<u8>,
    pub open: usize,
    pub otherwise: Option<usize>,
    pub end: usize,
    pub parent: usize,
}

/// A set of locals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locals(Vec<u64>);

impl Locals {
    fn none(locals: usize) -> Self {
        Locals(vec![0; locals.div_ceil(64)])
    }

    fn insert(&mut self, local: u32) {
        self.0[local as usize / 64] |= 1 << (local % 64);
    }

    fn remove(&mut self, local: u32) {
        self.0[local as usize / 64] &= !(1 << (local % 64));
    }

    pub fn contains(&self, local: u32) -> bool {
        self.0[local as usize / 64] & 1 << (local % 64) != 0
    }

    fn add(&mut self, other: &Locals) {
        self.0.iter_mut().zip(&other.0).for_each(|(mine, other)| *mine |= other);
    }
}

pub struct Flow {
    pub instructions: Vec<Instruction>,
    /// The function itself is block 0.
    pub blocks: Vec<Block>,
    /// The type of each local, parameters first.
    pub locals: Vec<u8>,
    pub results: Vec<u8>,
    /// Before each instruction, the locals that some way from there reads before it writes them; found on demand.
    live: Vec<Locals>,
}

impl Flow {
    /// Nothing for a function with what is not followed here: blocks that take parameters, functions with several
    /// results, ties to its module.
    pub fn of(module: &Module, number: usize) -> Outcome<Option<Flow>> {
        let (of, body) = (module.functions[number], &module.bodies[number]);
        let mut reader = Reader::new(body);
        let mut locals = module.types.parameters(of).to_vec();
        for _ in 0..reader.index()? {
            let (count, of) = (reader.index()?, reader.byte()?);
            locals.extend(std::iter::repeat_n(of, count as usize));
        }
        let results = module.types.results(of).to_vec();
        if results.len() > 1 {
            return Ok(None);
        }
        let whole = Block {
            is_loop: false,
            is_if: false,
            result: results.first().copied(),
            open: 0,
            otherwise: None,
            end: 0,
            parent: 0,
        };
        let mut flow = Flow { instructions: Vec::new(), blocks: vec![whole], locals, results, live: Vec::new() };
        let mut walk = Walk { module, open: vec![(0, 0, Some(0))] };
        while !reader.is_at_end() {
            if !walk.instruction(&mut flow, &mut reader)? {
                return Ok(None);
            }
        }
        match walk.open.is_empty() {
            true => Ok(Some(flow)),
            false => Err(malformed("a block has no end")),
        }
    }

    /// The block that a branch of this depth, standing in `inside`, goes to.
    pub fn target(&self, mut inside: usize, depth: u32) -> usize {
        for _ in 0..depth {
            inside = self.blocks[inside].parent;
        }
        inside
    }

    /// Where control is after a branch to this block.
    fn landing(&self, block: usize) -> usize {
        let block = &self.blocks[block];
        if block.is_loop { block.open + 1 } else { block.end }
    }

    /// Where control can come to by another way than from the instruction before: the beginnings of straight pieces.
    pub fn points(&self) -> Vec<usize> {
        let begins = |index: usize| {
            let before = index.checked_sub(1).map(|before| &self.instructions[before].kind);
            matches!(before, None | Some(Kind::Open(_) | Kind::Else(_) | Kind::End(_) | Kind::BranchIf(_)))
        };
        let empty = |index: usize| matches!(self.instructions[index].kind, Kind::End(_) | Kind::Else(_));
        (0..self.instructions.len()).filter(|index| begins(*index) && !empty(*index)).collect()
    }

    /// The locals that are live before an instruction; behind the last, none.
    pub fn live(&self, index: usize) -> &Locals {
        &self.live[index]
    }

    pub fn live_after_branch(&self, block: usize) -> &Locals {
        &self.live[self.landing(block)]
    }

    /// Follows every way backwards until nothing changes.
    pub fn find_live(&mut self) {
        let nothing = Locals::none(self.locals.len());
        self.live = vec![nothing.clone(); self.instructions.len() + 1];
        loop {
            let mut changed = false;
            for index in (0..self.instructions.len()).rev() {
                let mut now = nothing.clone();
                for next in self.successors(index) {
                    now.add(&self.live[next]);
                }
                match self.instructions[index].kind {
                    Kind::Get(local) => now.insert(local),
                    Kind::Set(local) | Kind::Tee(local) => now.remove(local),
                    _ => {}
                }
                if now != self.live[index] {
                    self.live[index] = now;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    fn successors(&self, index: usize) -> Vec<usize> {
        let Instruction { kind, inside, .. } = &self.instructions[index];
        let landing = |depth: &u32| self.landing(self.target(*inside, *depth));
        match kind {
            Kind::Branch(depth) => vec![landing(depth)],
            Kind::BranchIf(depth) => vec![index + 1, landing(depth)],
            Kind::BranchTable(depths) => depths.iter().map(landing).collect(),
            Kind::Return | Kind::Unreachable => Vec::new(),
            Kind::Else(block) => vec![self.blocks[*block].end],
            Kind::Open(block) => match self.blocks[*block].otherwise {
                Some(otherwise) => vec![index + 1, otherwise + 1],
                None if self.blocks[*block].is_if => vec![index + 1, self.blocks[*block].end],
                None => vec![index + 1],
            },
            _ => vec![index + 1],
        }
    }
}

/// The reading of one body: the blocks that are open, each with its height at its beginning and now.
struct Walk<'a> {
    module: &'a Module,
    open: Vec<(usize, u32, Option<u32>)>,
}

impl Walk<'_> {
    /// Reads one instruction; false if it is one that is not followed.
    fn instruction(&mut self, flow: &mut Flow, reader: &mut Reader<'_>) -> Outcome<bool> {
        let start = reader.at;
        let opcode = reader.byte()?;
        let index = flow.instructions.len();
        let Some(&(inside, _, height)) = self.open.last() else { return Err(malformed("there is code behind a body")) };
        let kind = match opcode {
            0x02..=0x04 => {
                let Some(result) = block_result(reader.signed()?) else { return Ok(false) };
                let number = flow.blocks.len();
                let (is_loop, is_if) = (opcode == 0x03, opcode == 0x04);
                flow.blocks.push(Block {
                    is_loop,
                    is_if,
                    result,
                    open: index,
                    otherwise: None,
                    end: 0,
                    parent: inside,
                });
                self.change(u32::from(is_if), 0)?;
                // Heights are counted from the block's own beginning.
                let reachable = height.map(|_| 0);
                self.open.push((number, 0, reachable));
                Kind::Open(number)
            }
            0x05 => {
                flow.blocks[inside].otherwise = Some(index);
                let last = self.open.last_mut().expect("it was just looked at");
                last.2 = flow.instructions[flow.blocks[inside].open].height.map(|_| 0);
                Kind::Else(inside)
            }
            0x0b => self.end(flow, inside, index),
            0x0c => self.leave(Kind::Branch(reader.index()?)),
            0x0d => {
                self.change(1, 0)?;
                Kind::BranchIf(reader.index()?)
            }
            0x0e => {
                let count = reader.index()?;
                let depths = (0..=count).map(|_| reader.index()).collect::<Outcome<Vec<u32>>>()?;
                self.leave(Kind::BranchTable(depths))
            }
            0x0f => self.leave(Kind::Return),
            0x00 => self.leave(Kind::Unreachable),
            0x20..=0x22 => self.local(opcode, reader.index()?)?,
            _ => match self.other(opcode, reader)? {
                Some(kind) => kind,
                None => return Ok(false),
            },
        };
        flow.instructions.push(Instruction { kind, bytes: start..reader.at, height, inside });
        Ok(true)
    }

    fn end(&mut self, flow: &mut Flow, inside: usize, index: usize) -> Kind {
        self.open.pop();
        let block = &mut flow.blocks[inside];
        block.end = index;
        let results = u32::from(block.result.is_some());
        let reachable = inside == 0 || flow.instructions[flow.blocks[inside].open].height.is_some();
        if let Some((_, _, height)) = self.open.last_mut() {
            *height = height.filter(|_| reachable).map(|height| height + results);
        }
        Kind::End(inside)
    }

    /// Behind an instruction that does not go on to the next.
    fn leave(&mut self, kind: Kind) -> Kind {
        if let Some(last) = self.open.last_mut() {
            last.2 = None;
        }
        kind
    }

    fn change(&mut self, taken: u32, put: u32) -> Outcome<()> {
        let Some((_, _, Some(height))) = self.open.last_mut() else { return Ok(()) };
        let left = height.checked_sub(taken).ok_or_else(|| malformed("an instruction takes what is not there"))?;
        *height = left + put;
        Ok(())
    }

    fn local(&mut self, opcode: u8, local: u32) -> Outcome<Kind> {
        Ok(match opcode {
            0x20 => {
                self.change(0, 1)?;
                Kind::Get(local)
            }
            0x21 => {
                self.change(1, 0)?;
                Kind::Set(local)
            }
            _ => Kind::Tee(local),
        })
    }

    fn other(&mut self, opcode: u8, reader: &mut Reader<'_>) -> Outcome<Option<Kind>> {
        if opcode == 0x11 {
            let (of, table) = (reader.index()?, reader.index()?);
            let (taken, put) = self.shape(of);
            self.change(taken + 1, put)?;
            return Ok((table == 0).then_some(Kind::Plain));
        }
        let at = reader.clone();
        match code::read_immediates(opcode, reader)? {
            Some(Named::Call(function)) => {
                let (taken, put) = self.shape(self.module.type_of(function)?);
                self.change(taken, put)?;
                return Ok(Some(Kind::Call(function)));
            }
            Some(Named::Tied) => return Ok(None),
            _ => {}
        }
        let (taken, put) = effect(opcode, at)?;
        self.change(taken, put)?;
        Ok(Some(Kind::Plain))
    }

    fn shape(&self, of: u32) -> (u32, u32) {
        (self.module.types.parameters(of).len() as u32, self.module.types.results(of).len() as u32)
    }
}

/// The result of a block from its type; nothing for a block that takes parameters or has several results.
fn block_result(of: i64) -> Option<Option<u8>> {
    match of {
        -64 => Some(None),
        -63..=-1 => Some(Some((of & 0x7f) as u8)),
        _ => None,
    }
}

/// How many values an instruction takes from the stack, and how many it puts there.
fn effect(opcode: u8, mut behind: Reader<'_>) -> Outcome<(u32, u32)> {
    Ok(match opcode {
        0x01 => (0, 0),
        0x1a | 0x24 => (1, 0),
        0x1b | 0x1c => (3, 1),
        0x23 | 0x3f | 0x41..=0x44 | 0xd0 => (0, 1),
        0x28..=0x35 | 0x40 | 0x45 | 0x50 | 0x67..=0x69 | 0x79..=0x7b | 0xd1 => (1, 1),
        0x36..=0x3e => (2, 0),
        0x8b..=0x91 | 0x99..=0x9f | 0xa7..=0xc4 => (1, 1),
        0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x78 | 0x7c..=0x8a | 0x92..=0x98 | 0xa0..=0xa6 => (2, 1),
        0xfc => match behind.index()? {
            0..=7 => (1, 1),
            _ => (3, 0),
        },
        other => return Err(malformed(format!("a function has an instruction {other:#04x}"))),
    })
}
