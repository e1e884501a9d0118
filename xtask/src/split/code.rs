//! The instructions of a function's body: just enough of them to find and renumber what they name.

use super::bytes::{Reader, malformed, put_unsigned};
use crate::outcome::Outcome;

/// What an instruction names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A function that is called, by its index.
    Call(u32),
    /// A number that may be an address of memory, or two of them.
    Constant(i64),
    /// What is added to an address before memory is read or written.
    Offset(u64),
    /// Something that ties the function to the module which defines it: another table than the first, a passive segment.
    Tied,
}

/// Tells all that a body names, with the place of each in its bytes (for a call: of the index).
pub fn each_named(body: &[u8], mut found: impl FnMut(Named, std::ops::Range<usize>)) -> Outcome<()> {
    let mut reader = Reader::new(body);
    for _ in 0..reader.index()? {
        reader.index()?;
        reader.byte()?;
    }
    while !reader.is_at_end() {
        let opcode = reader.byte()?;
        let at = reader.at;
        let named = read_immediates(opcode, &mut reader)?;
        if let Some(named) = named {
            found(named, at..reader.at);
        }
    }
    Ok(())
}

/// Where the instructions begin, behind the locals.
pub fn start_of_instructions(body: &[u8]) -> Outcome<usize> {
    let mut reader = Reader::new(body);
    for _ in 0..reader.index()? {
        reader.index()?;
        reader.byte()?;
    }
    Ok(reader.at)
}

/// Reads what follows an opcode; tells what it names.
pub fn read_immediates(opcode: u8, reader: &mut Reader<'_>) -> Outcome<Option<Named>> {
    match opcode {
        // Control: blocks with their type, branches, calls.
        0x02..=0x04 => _ = reader.signed()?,
        0x0c | 0x0d => _ = reader.index()?,
        0x0e => {
            for _ in 0..=reader.index()? {
                reader.index()?;
            }
        }
        0x10 => return Ok(Some(Named::Call(reader.index()?))),
        0x11 => {
            reader.index()?;
            return Ok((reader.index()? != 0).then_some(Named::Tied));
        }
        0x1c => _ = reader.counted()?,
        // Locals and globals; tables.
        0x20..=0x24 => _ = reader.index()?,
        0x25 | 0x26 => {
            reader.index()?;
            return Ok(Some(Named::Tied));
        }
        // Memory.
        0x28..=0x3e => {
            if reader.index()? > 31 {
                return Err(malformed("there is more than one memory"));
            }
            return Ok(Some(Named::Offset(reader.unsigned()?)));
        }
        0x3f | 0x40 => _ = reader.byte()?,
        // Constants.
        0x41 | 0x42 => return Ok(Some(Named::Constant(reader.signed()?))),
        0x43 => _ = reader.take(4)?,
        0x44 => _ = reader.take(8)?,
        // What needs nothing more: control, parametric, numeric.
        0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
        0xd0 => _ = reader.signed()?,
        0xd2 => return Err(malformed("a function refers to another without calling it")),
        0xfc => return read_prefixed(reader),
        other => return Err(malformed(format!("a function has an instruction {other:#04x}"))),
    }
    Ok(None)
}

fn read_prefixed(reader: &mut Reader<'_>) -> Outcome<Option<Named>> {
    match reader.index()? {
        // Conversions that saturate.
        0..=7 => Ok(None),
        // memory.copy and memory.fill.
        10 => reader.take(2).map(|_| None),
        11 => reader.take(1).map(|_| None),
        // Segments and tables.
        8 | 12 | 14 => {
            reader.index()?;
            reader.index()?;
            Ok(Some(Named::Tied))
        }
        9 | 13 | 15..=17 => {
            reader.index()?;
            Ok(Some(Named::Tied))
        }
        other => Err(malformed(format!("a function has an instruction 0xfc {other}"))),
    }
}

/// The body with every called function's index replaced.
pub fn renumbered(body: &[u8], number: impl Fn(u32) -> u32) -> Outcome<Vec<u8>> {
    with_calls(body, |function, out| {
        out.push(0x10);
        put_unsigned(out, u64::from(number(function)));
    })
}

/// The body with other instructions in the place of every call.
pub fn with_calls(body: &[u8], mut write: impl FnMut(u32, &mut Vec<u8>)) -> Outcome<Vec<u8>> {
    let mut calls = Vec::new();
    each_named(body, |named, place| {
        if let Named::Call(function) = named {
            calls.push((function, place));
        }
    })?;
    let mut out = Vec::with_capacity(body.len() + 8);
    let mut copied = 0;
    for (function, place) in calls {
        // Its opcode stands before its index.
        out.extend_from_slice(&body[copied..place.start - 1]);
        write(function, &mut out);
        copied = place.end;
    }
    out.extend_from_slice(&body[copied..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One local of 64 bits; `i64.const -1, drop, i32.const 1048576, i32.load offset=8, call 300, br_table, end`.
    const BODY: &[u8] = &[
        1, 1, 0x7e, 0x42, 0x7f, 0x1a, 0x41, 0x80, 0x80, 0xc0, 0x00, 0x28, 2, 8, 0x10, 0xac, 0x02, 0x0e, 1, 0, 0, 0x0b,
    ];

    #[test]
    fn a_body_tells_what_it_names() {
        let mut found = Vec::new();
        each_named(BODY, |named, _| found.push(named)).expect("a valid body");
        assert_eq!(found, [Named::Constant(-1), Named::Constant(1_048_576), Named::Offset(8), Named::Call(300)]);
    }

    #[test]
    fn calls_get_new_numbers_and_nothing_else_moves() {
        let short = renumbered(BODY, |_| 5).expect("a valid body");
        assert_eq!(short.len(), BODY.len() - 1);
        assert_eq!(renumbered(&short, |_| 300).expect("still valid"), BODY);
    }

    #[test]
    fn an_unknown_instruction_is_refused() {
        assert!(each_named(&[0, 0xfd, 0, 0x0b], |_, _| ()).is_err());
    }
}
