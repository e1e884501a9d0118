//! Text to bytes and back as Java does it: what cannot be said is replaced, never refused.

use super::serialization;
use crate::kafka::errors::{ExceptionClass, KafkaException};

/// An encoding of text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Charset {
    #[default]
    Utf8,
    /// Big-endian with a byte order mark; reads either order.
    Utf16,
    Utf16Be,
    Utf16Le,
    /// ISO-8859-1.
    Latin1,
    Ascii,
}

const REPLACEMENT: char = '\u{fffd}';
const BOM: u16 = 0xfeff;

impl Charset {
    /// `Charset.forName` for a `serializer.encoding` or `deserializer.encoding`.
    ///
    /// # Errors
    /// SerializationException `Unsupported encoding ..`.
    pub fn for_name(name: &str) -> Result<Charset, KafkaException> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "unicode-1-1-utf-8" => Charset::Utf8,
            "utf-16" | "utf_16" | "unicode" | "unicodebig" => Charset::Utf16,
            "utf-16be" | "utf_16be" | "iso-10646-ucs-2" | "x-utf-16be" | "unicodebigunmarked" => Charset::Utf16Be,
            "utf-16le" | "utf_16le" | "x-utf-16le" | "unicodelittleunmarked" => Charset::Utf16Le,
            "iso-8859-1" | "iso8859_1" | "latin1" | "l1" | "iso_8859-1" | "iso_8859_1" | "8859_1" | "iso8859-1"
            | "cp819" | "ibm819" | "iso-ir-100" | "csisolatin1" | "819" | "ibm-819" | "iso_8859-1:1987" => {
                Charset::Latin1
            }
            "us-ascii" | "ascii" | "iso646-us" | "ansi_x3.4-1968" | "646" | "cp367" | "ascii7" | "iso-ir-6" | "us"
            | "ibm367" | "csascii" | "default" | "ansi_x3.4-1986" | "iso_646.irv:1991" | "iso_646.irv:1983" => {
                Charset::Ascii
            }
            _ => {
                let class = if is_legal_name(name) {
                    ExceptionClass::UNSUPPORTED_CHARSET
                } else {
                    ExceptionClass::ILLEGAL_CHARSET_NAME
                };
                let cause = KafkaException::with(class, name);
                return Err(serialization(format!("Unsupported encoding {name}")).caused_by(cause));
            }
        })
    }

    /// Bytes of a text given as UTF-16 code units, which need not be valid Unicode.
    pub fn encode(self, units: impl IntoIterator<Item = u16>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (index, c) in char::decode_utf16(units).enumerate() {
            if index == 0 && self == Charset::Utf16 {
                bytes.extend(BOM.to_be_bytes());
            }
            match self {
                Charset::Utf8 => bytes.extend(c.unwrap_or('?').encode_utf8(&mut [0; 4]).as_bytes()),
                Charset::Latin1 => bytes.push(c.ok().and_then(|c| u8::try_from(u32::from(c)).ok()).unwrap_or(b'?')),
                Charset::Ascii => bytes.push(c.ok().filter(char::is_ascii).map_or(b'?', |c| c as u8)),
                Charset::Utf16 | Charset::Utf16Be => {
                    let c = c.unwrap_or(REPLACEMENT);
                    c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| bytes.extend(unit.to_be_bytes()));
                }
                Charset::Utf16Le => {
                    let c = c.unwrap_or(REPLACEMENT);
                    c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| bytes.extend(unit.to_le_bytes()));
                }
            }
        }
        bytes
    }

    /// The text in some bytes; every part that is none becomes U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            Charset::Utf8 => decode_utf8(bytes),
            Charset::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Charset::Ascii => bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { REPLACEMENT }).collect(),
            Charset::Utf16Be => decode_utf16(bytes, u16::from_be_bytes),
            Charset::Utf16Le => decode_utf16(bytes, u16::from_le_bytes),
            Charset::Utf16 => match bytes.split_first_chunk::<2>() {
                Some((mark, rest)) if u16::from_be_bytes(*mark) == BOM => decode_utf16(rest, u16::from_be_bytes),
                Some((mark, rest)) if u16::from_le_bytes(*mark) == BOM => decode_utf16(rest, u16::from_le_bytes),
                _ => decode_utf16(bytes, u16::from_be_bytes),
            },
        }
    }
}

/// Whether Java takes the name for one that a charset could have.
fn is_legal_name(name: &str) -> bool {
    let legal = |(index, c): (usize, char)| c.is_ascii_alphanumeric() || index > 0 && "-+:_.".contains(c);
    !name.is_empty() && name.char_indices().all(legal)
}

/// Java replaces a high surrogate together with the unit behind it that is no low one, and a lone low surrogate.
fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut units = pairs.iter().map(|pair| unit(*pair));
    let mut text = String::new();
    let mut cut = !odd.is_empty();
    while let Some(first) = units.next() {
        match first {
            0xd800..=0xdbff => match units.next() {
                Some(second) => {
                    text.extend(char::decode_utf16([first, second]).next().map(|c| c.unwrap_or(REPLACEMENT)))
                }
                None => cut = true,
            },
            0xdc00..=0xdfff => text.push(REPLACEMENT),
            _ => text.extend(char::from_u32(u32::from(first))),
        }
    }
    if cut {
        text.push(REPLACEMENT);
    }
    text
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Java's replacement of malformed UTF-8 differs from Rust's in how many bytes one U+FFFD stands for.
fn decode_utf8(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let (c, used) = match first {
            0..0x80 => (char::from(*first), 1),
            0xc2..0xe0 => two_bytes(rest),
            0xe0..0xf0 => three_bytes(rest),
            0xf0..0xf8 => four_bytes(rest),
            _ => (REPLACEMENT, 1),
        };
        text.push(c);
        rest = &rest[used..];
    }
    text
}

/// The character of a well-formed sequence; a surrogate is none.
fn scalar(sequence: &[u8]) -> char {
    let first_bits = [0x7f, 0x1f, 0x0f, 0x07][sequence.len() - 1];
    let code = sequence[1..]
        .iter()
        .fold(u32::from(sequence[0] & first_bits), |code, byte| (code << 6) | u32::from(byte & 0x3f));
    char::from_u32(code).unwrap_or(REPLACEMENT)
}

fn two_bytes(rest: &[u8]) -> (char, usize) {
    match rest {
        [_, second, ..] if is_continuation(*second) => (scalar(&rest[..2]), 2),
        _ => (REPLACEMENT, 1),
    }
}

fn three_bytes(rest: &[u8]) -> (char, usize) {
    let bad_second = |second: u8| rest[0] == 0xe0 && second & 0xe0 == 0x80 || !is_continuation(second);
    match rest {
        [_, second, ..] if bad_second(*second) => (REPLACEMENT, 1),
        [_, _, third, ..] if is_continuation(*third) => (scalar(&rest[..3]), 3),
        [_, _, _, ..] => (REPLACEMENT, 2),
        // Cut off at the end: one replacement for all that is left.
        _ => (REPLACEMENT, rest.len()),
    }
}

fn four_bytes(rest: &[u8]) -> (char, usize) {
    let first = rest[0];
    let bad_second = |second: u8| {
        first == 0xf0 && !(0x90..=0xbf).contains(&second)
            || first == 0xf4 && second & 0xf0 != 0x80
            || !is_continuation(second)
    };
    match rest {
        _ if first > 0xf4 => (REPLACEMENT, 1),
        [_, second, ..] if bad_second(*second) => (REPLACEMENT, 1),
        [_, _, third, ..] if !is_continuation(*third) => (REPLACEMENT, 2),
        [_, _, _, fourth, ..] if is_continuation(*fourth) => (scalar(&rest[..4]), 4),
        [_, _, _, _, ..] => (REPLACEMENT, 3),
        _ => (REPLACEMENT, rest.len()),
    }
}
