//! Numbers as WebAssembly writes them: LEB128, least significant seven bits first.

use crate::outcome::{Failure, Outcome};

/// Reads a slice from its start; every read past its end is a failure, never a panic.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, at: 0 }
    }

    pub fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub fn byte(&mut self) -> Outcome<u8> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| malformed("it ends in the middle of something"))?;
        self.at += 1;
        Ok(byte)
    }

    /// An unsigned number of at most 64 bits.
    pub fn unsigned(&mut self) -> Outcome<u64> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
            if shift > 63 {
                return Err(malformed("a number has more than 64 bits"));
            }
        }
    }

    pub fn index(&mut self) -> Outcome<u32> {
        u32::try_from(self.unsigned()?).map_err(|_| malformed("an index has more than 32 bits"))
    }

    /// A signed number of at most 64 bits.
    pub fn signed(&mut self) -> Outcome<i64> {
        let (mut value, mut shift) = (0_i64, 0);
        loop {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0 && shift < 64;
                return Ok(if negative { value | (-1_i64 << shift) } else { value });
            }
            if shift > 63 {
                return Err(malformed("a number has more than 64 bits"));
            }
        }
    }

    pub fn take(&mut self, length: usize) -> Outcome<&'a [u8]> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| malformed("it ends in the middle of something"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// Bytes behind their length.
    pub fn counted(&mut self) -> Outcome<&'a [u8]> {
        let length = self.index()?;
        self.take(length as usize)
    }

    pub fn text(&mut self) -> Outcome<String> {
        Ok(String::from_utf8_lossy(self.counted()?).into_owned())
    }
}

pub fn malformed(what: impl std::fmt::Display) -> Failure {
    Failure::new(
        format!("the compiled program is not as `cargo xtask dist` expects it: {what}"),
        "look at what changed in the tools that make it; xtask/src/split reads it",
    )
}

pub fn put_unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

pub fn put_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let last = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        if last {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

pub fn put_counted(out: &mut Vec<u8>, bytes: &[u8]) {
    put_unsigned(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_went() {
        for value in [0, 1, 63, 64, 127, 128, 300, 0xffff_ffff, u64::MAX] {
            let mut bytes = Vec::new();
            put_unsigned(&mut bytes, value);
            assert_eq!(Reader::new(&bytes).unsigned().expect("just written"), value);
        }
        for value in [0, -1, 63, 64, -64, -65, 1_048_576, i64::from(i32::MIN), i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, value);
            assert_eq!(Reader::new(&bytes).signed().expect("just written"), value);
        }
    }

    #[test]
    fn what_ends_too_early_is_refused() {
        assert!(Reader::new(&[0x80]).unsigned().is_err());
        assert!(Reader::new(&[5, 1, 2]).counted().is_err());
        assert!(Reader::new(&[0xff; 11]).unsigned().is_err());
    }
}
