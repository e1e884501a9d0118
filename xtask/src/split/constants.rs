//! Moves constants that only the second part reads to the second part.
//!
//! The linker's map tells where each constant lies. One is needed by the first part if code of the first part names an
//! address inside it, or if another one that is needed holds such an address; a number that merely looks like an address
//! counts as one. What is neither needed by the first nor seen to be named by the second stays, and so do small tables: code
//! may name an address outside of one and come back into it by its index, but a text is read from its beginning. A large
//! table moves if the first part also names no place near it, other than where another constant begins.

use std::collections::BTreeSet;
use std::ops::Range;

use super::bytes::malformed;
use super::code::{Named, each_named};
use super::module::{Module, Segment};
use super::parts::Parts;
use crate::outcome::Outcome;

/// Zeros fill memory by themselves: a segment ends where so many of them follow.
const GAP: usize = 12;
/// From so many bytes on a table is worth moving.
const LARGE: usize = 1024;
/// An address so near to a table may be meant to come into it by an index.
const NEAR: u32 = 512;

/// The constants of a program: `.rodata` as it lies in memory, and where each of its objects begins and ends.
struct Constants {
    base: u32,
    bytes: Vec<u8>,
    objects: Vec<Range<u32>>,
}

/// Moves what can be moved; tells how many bytes that are.
pub fn move_to_the_rest(parts: &mut Parts, map: &str) -> Outcome<usize> {
    let ranges = objects_of(map);
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else {
        return Err(malformed("the linker's map tells of no constants"));
    };
    let (base, end) = (first.start, last.end);
    let mut constants = Constants { base, bytes: image(&parts.first.data, base..end), objects: Vec::new() };
    constants.objects = ranges.into_iter().flat_map(|range| constants.texts_in(range)).collect();
    // What may change while the program runs lies behind the constants, and may name any of them.
    let mut roots = constants.named_by(&parts.first)?;
    for segment in &parts.first.data {
        let behind = end.saturating_sub(segment.offset).min(segment.bytes.len() as u32) as usize;
        words(&segment.bytes[behind.next_multiple_of(4).min(segment.bytes.len())..])
            .for_each(|word| roots.extend(constants.object_at(word)));
    }
    let needed = constants.closure(roots);
    let unclear = constants.insides_named_by(&parts.first)?;
    let lies_alone = |object: &Range<u32>| {
        let near = object.start.saturating_sub(NEAR)..object.end + NEAR;
        object.len() >= LARGE && unclear.range(near).next().is_none()
    };
    let named = constants.closure(constants.named_by(&parts.rest)?);
    let moved: Vec<Range<u32>> = named
        .difference(&needed)
        .map(|object| constants.objects[*object].clone())
        .filter(|object| is_text(constants.bytes_of(object)) || lies_alone(object))
        .collect();
    let mut stays = image(&parts.first.data, base..end);
    for object in &moved {
        stays[(object.start - base) as usize..(object.end - base) as usize].fill(0);
    }
    let mut data: Vec<Segment> = segments(base, &stays);
    for segment in std::mem::take(&mut parts.first.data) {
        let behind = end.saturating_sub(segment.offset).min(segment.bytes.len() as u32);
        if (behind as usize) < segment.bytes.len() {
            data.push(Segment { offset: segment.offset + behind, bytes: segment.bytes[behind as usize..].to_vec() });
        }
    }
    parts.first.data = data;
    parts.rest.data = constants.segments_of(&moved);
    Ok(moved.iter().map(Range::len).sum())
}

/// Where the linker has put each piece of `.rodata`, in order.
fn objects_of(map: &str) -> Vec<Range<u32>> {
    let mut objects: Vec<Range<u32>> = map
        .lines()
        .filter(|line| line.contains(":(.rodata"))
        .filter_map(|line| {
            let mut columns = line.split_whitespace();
            let start = u32::from_str_radix(columns.next()?, 16).ok()?;
            let size = u32::from_str_radix(columns.nth(1)?, 16).ok()?;
            (size > 0).then(|| start..start + size)
        })
        .collect();
    objects.sort_by_key(|object| object.start);
    objects
}

/// Whether an object is a text long enough to be worth moving.
fn is_text(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    bytes.len() >= 8 && bytes.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~' | 0x80..=0xff))
}

/// Memory as the segments fill it.
fn image(data: &[Segment], range: Range<u32>) -> Vec<u8> {
    let mut bytes = vec![0; range.len()];
    for segment in data {
        for (at, byte) in (segment.offset..).zip(&segment.bytes) {
            if range.contains(&at) {
                bytes[(at - range.start) as usize] = *byte;
            }
        }
    }
    bytes
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}

impl Constants {
    fn bytes_of(&self, object: &Range<u32>) -> &[u8] {
        &self.bytes[(object.start - self.base) as usize..(object.end - self.base) as usize]
    }

    /// The linker keeps all texts that end in a zero in one piece: each is an object of its own.
    fn texts_in(&self, range: Range<u32>) -> Vec<Range<u32>> {
        const MERGED: usize = 16 * 1024;
        let bytes = self.bytes_of(&range);
        let is_text = range.len() >= MERGED && bytes.last() == Some(&0) && !bytes.windows(4).any(|four| four == [0; 4]);
        if !is_text {
            return vec![range];
        }
        let mut texts = Vec::new();
        let mut start = range.start;
        for (at, byte) in (range.start..).zip(bytes) {
            if *byte == 0 {
                texts.push(start..at + 1);
                start = at + 1;
            }
        }
        texts
    }

    /// These objects as segments. What lies between two that are close goes along as it is: it is there already.
    fn segments_of(&self, objects: &[Range<u32>]) -> Vec<Segment> {
        let mut runs: Vec<Range<u32>> = Vec::new();
        for object in objects {
            match runs.last_mut().filter(|run| object.start - run.end < GAP as u32) {
                Some(run) => run.end = object.end,
                None => runs.push(object.clone()),
            }
        }
        runs.iter().map(|run| Segment { offset: run.start, bytes: self.bytes_of(run).to_vec() }).collect()
    }

    fn object_at(&self, address: u32) -> Option<usize> {
        let after = self.objects.partition_point(|object| object.start <= address);
        let object = after.checked_sub(1)?;
        // One past the end is an address of it too.
        (address <= self.objects[object].end).then_some(object)
    }

    /// The objects that any instruction of a module may name.
    fn named_by(&self, module: &Module) -> Outcome<BTreeSet<usize>> {
        Ok(self.addresses_in(module)?.into_iter().filter_map(|address| self.object_at(address)).collect())
    }

    /// The addresses in a module's code that are not where an object begins.
    fn insides_named_by(&self, module: &Module) -> Outcome<BTreeSet<u32>> {
        let begins = |address: &u32| self.objects.binary_search_by_key(address, |object| object.start).is_ok();
        Ok(self.addresses_in(module)?.into_iter().filter(|address| !begins(address)).collect())
    }

    /// Everything in a module's code that may be an address of these constants.
    fn addresses_in(&self, module: &Module) -> Outcome<BTreeSet<u32>> {
        let all = self.base.saturating_sub(NEAR)..self.base + self.bytes.len() as u32 + NEAR;
        let mut addresses = BTreeSet::new();
        let mut may_name = |value: u64| {
            for half in [value as u32, (value >> 32) as u32] {
                // A difference may be written as the sum with a negative address.
                addresses.extend([half, half.wrapping_neg()].iter().filter(|address| all.contains(address)));
            }
        };
        for body in &module.bodies {
            each_named(body, |found, _| match found {
                Named::Constant(value) => may_name(value as u64),
                Named::Offset(offset) => may_name(offset),
                _ => {}
            })?;
        }
        Ok(addresses)
    }

    /// Those objects, and all that they lead to.
    fn closure(&self, mut found: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut to_read: Vec<usize> = found.iter().copied().collect();
        while let Some(object) = to_read.pop() {
            let range = &self.objects[object];
            let aligned = range.start.next_multiple_of(4).min(range.end)..range.end;
            for word in words(self.bytes_of(&aligned)) {
                if let Some(other) = self.object_at(word)
                    && found.insert(other)
                {
                    to_read.push(other);
                }
            }
        }
        found
    }
}

/// The bytes as segments, without the zeros between them.
fn segments(base: u32, bytes: &[u8]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut zeros = GAP;
    for (at, byte) in (base..).zip(bytes) {
        if *byte == 0 {
            zeros += 1;
            continue;
        }
        match segments.last_mut().filter(|_| zeros < GAP) {
            Some(segment) => segment.bytes.extend(std::iter::repeat_n(0, zeros)),
            None => segments.push(Segment { offset: at, bytes: Vec::new() }),
        }
        segments.last_mut().expect("one was just found or pushed").bytes.push(*byte);
        zeros = 0;
    }
    segments
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::split::module::{Elements, Limits};
    use crate::split::parts::split;

    const MAP: &str = "\
  100000   3118da    40 .rodata
  100000   3118e4    10         x.o:(.rodata..Lanon.1)
  100000   3118e4    10                 .Lanon.1
  100010   3118f8    10         x.o:(.rodata..Lanon.2)
  100020   311908     8         x.o:(.rodata..Lanon.3)
";

    /// Function 0 names the first text; function 1 the second, and a table that leads to the first.
    fn program() -> Module {
        let mut module = Module::default();
        let nothing = module.types.find_or_add(&[], &[]);
        let naming = |address: i64, more: &[u8]| {
            let mut body = vec![0, 0x41];
            super::super::bytes::put_signed(&mut body, address);
            [&body, [0x1a].as_slice(), more, &[0x01; 30], &[0x0b]].concat()
        };
        module.functions = vec![nothing, nothing];
        let table = [0x41, 0xa0, 0x80, 0xc0, 0x00, 0x1a];
        module.bodies = vec![naming(0x10_0000, &[]), naming(0x10_0013, &table)];
        module.tables = vec![Limits { of: Some(0x70), min: 2, max: None }];
        module.memories = vec![Limits { of: None, min: 17, max: None }];
        module.elements = vec![Elements { offset: 1, functions: vec![1] }];
        let mut bytes = b"needed by a visita text for later".to_vec();
        bytes.truncate(32);
        bytes.extend([0, 0, 0x10, 0, 7, 0, 0, 0]);
        module.data = vec![Segment { offset: 0x10_0000, bytes }];
        module
    }

    #[test]
    fn a_text_that_only_the_rest_names_moves_and_a_table_stays() {
        let mut parts = split(&program(), &BTreeSet::from([0])).expect("a valid program");
        assert_eq!(move_to_the_rest(&mut parts, MAP).expect("a valid map"), 16);
        let whole = image(&program().data, 0x10_0000..0x10_0028);
        assert_eq!(parts.rest.data, [Segment { offset: 0x10_0010, bytes: whole[16..32].to_vec() }]);
        let stays = image(&parts.first.data, 0x10_0000..0x10_0028);
        assert_eq!((&stays[..16], &stays[32..]), (&whole[..16], &whole[32..]));
        assert_eq!(stays[16..32], [0; 16]);
    }

    #[test]
    fn a_large_table_moves_if_the_first_part_names_nothing_near_it() {
        let whole: Vec<u8> = (0..LARGE as u32 / 4 + 8).flat_map(|word| (word + 1).to_le_bytes()).collect();
        let map = "  100000 0 20 x.o:(.rodata.a)\n  100020 0 400 x.o:(.rodata.b)\n";
        let moved = |first: i64| {
            let mut program = program();
            let naming = |address: i64| {
                let mut body = vec![0, 0x41];
                super::super::bytes::put_signed(&mut body, address);
                [&body, [0x1a].as_slice(), &[0x01; 30], &[0x0b]].concat()
            };
            program.bodies = vec![naming(first), naming(0x10_0020)];
            program.data = vec![Segment { offset: 0x10_0000, bytes: whole.clone() }];
            let mut parts = split(&program, &BTreeSet::from([0])).expect("a valid program");
            move_to_the_rest(&mut parts, map).expect("a valid map")
        };
        assert_eq!(moved(0x10_0000), LARGE, "the neighbour's own beginning");
        assert_eq!(moved(0x10_0008), 0, "this may be the table less an index");
        assert_eq!(moved(0x10_0420), 0, "and this its end");
        assert_eq!(moved(0x10_0030), 0);
        assert_eq!(moved(7), LARGE);
    }

    #[test]
    fn a_map_without_constants_is_refused() {
        let mut parts = split(&program(), &BTreeSet::new()).expect("a valid program");
        assert!(move_to_the_rest(&mut parts, "nothing").is_err());
    }

    #[test]
    fn segments_skip_long_zeros_and_keep_short_ones() {
        let bytes = [vec![1, 0, 2], vec![0; 20], vec![3]].concat();
        let found = segments(100, &bytes);
        assert_eq!(found, [Segment { offset: 100, bytes: vec![1, 0, 2] }, Segment { offset: 123, bytes: vec![3] }]);
    }
}
