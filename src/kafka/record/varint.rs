//! Variable-length integers of Kafka's wire format: little-endian groups of seven bits, the high bit of a byte saying
//! that more follow; the signed kinds are zig-zag encoded first (Kafka's `ByteUtils`).

use std::fmt;

/// Why bytes do not hold a variable-length integer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VarintError {
    /// The input ends inside the number (`BufferUnderflowException`, which has no message).
    Underflow,
    /// A 32-bit number does not end with its fifth byte; carries the bits read so far.
    VarintTooLong(u32),
    /// A 64-bit number does not end with its tenth byte; carries the bits read so far.
    VarlongTooLong(u64),
}

impl VarintError {
    /// Kafka's exception class.
    pub fn exception(&self) -> &'static str {
        match self {
            VarintError::Underflow => "BufferUnderflowException",
            _ => "IllegalArgumentException",
        }
    }

    /// Kafka's exception text; an underflow has none.
    pub fn message(&self) -> Option<String> {
        match self {
            VarintError::Underflow => None,
            VarintError::VarintTooLong(bits) => Some(format!(
                "Varint is too long, the most significant bit in the 5th byte is set, converted value: {bits:x}"
            )),
            VarintError::VarlongTooLong(bits) => Some(format!(
                "Varlong is too long, most significant bit in the 10th byte is set, converted value: {bits:x}"
            )),
        }
    }
}

impl fmt::Display for VarintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            Some(text) => f.write_str(&text),
            None => f.write_str(self.exception()),
        }
    }
}

impl std::error::Error for VarintError {}

fn zigzag32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

fn zigzag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Bytes that [`write_unsigned_varint`] takes: 1 to 5.
pub fn size_of_unsigned_varint(value: u32) -> i32 {
    size_of_unsigned_varlong(u64::from(value))
}

/// Bytes that [`write_unsigned_varlong`] takes: 1 to 10.
pub fn size_of_unsigned_varlong(value: u64) -> i32 {
    let bits = 64 - value.leading_zeros() as i32;
    (bits.max(1) + 6) / 7
}

/// Bytes that [`write_varint`] takes: 1 to 5.
pub fn size_of_varint(value: i32) -> i32 {
    size_of_unsigned_varint(zigzag32(value))
}

/// Bytes that [`write_varlong`] takes: 1 to 10.
pub fn size_of_varlong(value: i64) -> i32 {
    size_of_unsigned_varlong(zigzag64(value))
}

pub fn write_unsigned_varint(value: u32, out: &mut Vec<u8>) {
    write_unsigned_varlong(u64::from(value), out);
}

pub fn write_unsigned_varlong(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn write_varint(value: i32, out: &mut Vec<u8>) {
    write_unsigned_varint(zigzag32(value), out);
}

pub fn write_varlong(value: i64, out: &mut Vec<u8>) {
    write_unsigned_varlong(zigzag64(value), out);
}

/// Takes one byte from the front of `input`.
pub(super) fn take_byte(input: &mut &[u8]) -> Result<u8, VarintError> {
    let (&byte, rest) = input.split_first().ok_or(VarintError::Underflow)?;
    *input = rest;
    Ok(byte)
}

/// Reads a 32-bit number from bytes that `next` gives, at most five. Bits of the fifth byte above the 32nd are dropped,
/// as Java's shifts drop them.
pub(super) fn unsigned_varint_from<E: From<VarintError>>(next: &mut impl FnMut() -> Result<u8, E>) -> Result<u32, E> {
    let mut value = 0_u32;
    for shift in [0, 7, 14, 21] {
        let byte = next()?;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    let byte = next()?;
    value |= u32::from(byte) << 28;
    if byte & 0x80 != 0 {
        return Err(VarintError::VarintTooLong(value).into());
    }
    Ok(value)
}

/// Reads an unsigned 32-bit number from the front of `input`.
pub fn read_unsigned_varint(input: &mut &[u8]) -> Result<u32, VarintError> {
    unsigned_varint_from(&mut || take_byte(input))
}

/// Reads a zig-zag 32-bit number from the front of `input`.
pub fn read_varint(input: &mut &[u8]) -> Result<i32, VarintError> {
    read_unsigned_varint(input).map(unzigzag32)
}

pub(super) fn unzigzag32(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Reads an unsigned 64-bit number from the front of `input`.
pub fn read_unsigned_varlong(input: &mut &[u8]) -> Result<u64, VarintError> {
    let mut value = 0_u64;
    for index in 0..10 {
        let byte = take_byte(input)?;
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(VarintError::VarlongTooLong(value))
}

/// Reads a zig-zag 64-bit number from the front of `input`.
pub fn read_varlong(input: &mut &[u8]) -> Result<i64, VarintError> {
    let value = read_unsigned_varlong(input)?;
    Ok((value >> 1) as i64 ^ -((value & 1) as i64))
}
