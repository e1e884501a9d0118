//! What Java's own classes make of text and numbers, where Kafka's answers depend on it.

use super::errors::{ExceptionClass, KafkaException};

/// `String.trim`: cuts every character up to U+0020 from both ends, and nothing else (not U+00A0, for instance).
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// `String.hashCode`: over UTF-16 code units, wrapping.
pub fn string_hash(text: &str) -> i32 {
    hash_units(text.encode_utf16())
}

/// `String.hashCode` of a text given as UTF-16 code units, which need not be valid Unicode.
pub fn hash_units(units: impl IntoIterator<Item = u16>) -> i32 {
    units.into_iter().fold(0, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// Kafka's `Utils.abs`: the most negative number has no absolute value in 32 bits and becomes 0.
pub fn abs(number: i32) -> i32 {
    number.checked_abs().unwrap_or(0)
}

/// `Long.parseLong` in base 10: one optional sign, then decimal digits of any script in Unicode's first plane.
pub fn parse_long(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut number = 0_i64;
    for c in digits.chars() {
        // Counted below zero, because i64::MIN has no positive counterpart.
        number = number.checked_mul(10)?.checked_sub(i64::from(digit(c)?))?;
    }
    if negative { Some(number) } else { number.checked_neg() }
}

/// `Integer.parseInt`.
pub fn parse_int(text: &str) -> Option<i32> {
    parse_long(text).and_then(|number| i32::try_from(number).ok())
}

/// `Short.parseShort`.
pub fn parse_short(text: &str) -> Option<i16> {
    parse_long(text).and_then(|number| i16::try_from(number).ok())
}

/// `Long.parseLong` in base 16 of one part of a UUID.
///
/// # Errors
/// NumberFormatException that says at which character it failed.
pub fn parse_hex_part(part: &str) -> Result<i64, KafkaException> {
    let number_format = |message: String| KafkaException::with(ExceptionClass::NUMBER_FORMAT, message);
    if part.is_empty() {
        return Err(number_format(String::new()));
    }
    let error_at = |index: usize| number_format(format!("Error at index {index} in: \"{part}\""));
    let units: Vec<u16> = part.encode_utf16().collect();
    let start = usize::from(part.starts_with('+'));
    if units.len() == start {
        return Err(error_at(start));
    }
    let mut number = 0_i64;
    for (index, unit) in units.iter().enumerate().skip(start) {
        let c = char::from_u32(u32::from(*unit)).unwrap_or(' ');
        let value = digit(c).or_else(|| c.to_digit(16)).ok_or_else(|| error_at(index))?;
        let next = number.checked_mul(16).and_then(|number| number.checked_add(i64::from(value)));
        number = next.ok_or_else(|| error_at(index))?;
    }
    Ok(number)
}

/// `Character.digit(c, 10)`: Unicode has its decimal digits in runs of ten; these are the first characters of the runs.
fn digit(c: char) -> Option<u32> {
    const ZEROS: [u32; 37] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
        0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
        0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    ];
    let c = u32::from(c);
    ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&c)).map(|zero| c - zero)
}

/// `Double.parseDouble`: decimal or hexadecimal, `NaN`, `Infinity`, and an `f` or `d` behind.
pub fn parse_double(text: &str) -> Option<f64> {
    let text = trim(text);
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    match unsigned {
        "NaN" => return Some(f64::NAN),
        "Infinity" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    if let Some(hex) = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
        return parse_hex_double(hex.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(hex)).map(|number| sign * number);
    }
    let number = unsigned.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(unsigned);
    // Rust's own words for special values ("inf", "nan") are none of Java's.
    let plain = number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if plain && number.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        number.parse::<f64>().ok().map(|number| sign * number)
    } else {
        None
    }
}

/// `1.8p3` (without `0x`): hexadecimal digits, then a power of two, which must be there.
fn parse_hex_double(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once(['p', 'P'])?;
    let power = parse_int(power).filter(|_| power.is_ascii())?;
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let mut number = 0.0_f64;
    for c in whole.chars().chain(part.chars()) {
        number = number * 16.0 + f64::from(c.to_digit(16)?);
    }
    let power = power.saturating_sub(4 * part.len() as i32).clamp(-4_000, 4_000);
    let factor = if power < 0 { 0.5 } else { 2.0 };
    Some((0..power.abs()).fold(number, |number, _| number * factor))
}

/// `Double.toString`: the shortest digits that tell the number from all others, as of Java 19. (Older versions print a
/// digit too many for some numbers outside 0.001 to ten million.)
pub fn double_text(number: f64) -> String {
    number_text(
        number.is_nan(),
        number.is_infinite(),
        number.is_sign_negative(),
        number == 0.0,
        &two_digits(format!("{number:e}"), format!("{number:.1e}")),
    )
}

/// `byte[].toString`: its class and a hash. Java's hash says which object it is; here it is that of the bytes.
pub fn array_text(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    format!("[B@{:x}", hash >> 1)
}

/// `Float.toString`.
pub fn float_text(number: f32) -> String {
    number_text(
        number.is_nan(),
        number.is_infinite(),
        number.is_sign_negative(),
        number == 0.0,
        &two_digits(format!("{number:e}"), format!("{number:.1e}")),
    )
}

/// Java chooses among numbers of at least two digits: 4.9E-324, where one digit (5e-324) would tell it from all others.
fn two_digits(shortest: String, of_two: String) -> String {
    if shortest.contains('.') { shortest } else { of_two }
}

/// Java writes plain digits from 0.001 up to ten million and `d.dddE±n` outside; always with a digit behind the point.
fn number_text(nan: bool, infinite: bool, negative: bool, zero: bool, scientific: &str) -> String {
    let sign = if negative && !nan { "-" } else { "" };
    if nan {
        return "NaN".to_string();
    }
    if infinite {
        return format!("{sign}Infinity");
    }
    if zero {
        return format!("{sign}0.0");
    }
    let (mantissa, exponent) = scientific.trim_start_matches('-').split_once('e').unwrap_or(("0", "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let digits = if digits.len() == 2 && digits.ends_with('0') { &digits[..1] } else { &digits[..] };
    if !(-3..7).contains(&exponent) {
        let part = if digits.len() > 1 { &digits[1..] } else { "0" };
        return format!("{sign}{}.{part}E{exponent}", &digits[..1]);
    }
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    let padded = format!("{digits:0<whole$}");
    let part = if padded.len() > whole { &padded[whole..] } else { "0" };
    format!("{sign}{}.{part}", &padded[..whole])
}

/// The bucket of a key in a `HashMap` that grew from empty to `size` keys. Iteration goes by bucket, and within a bucket
/// in the order of insertion.
pub fn hash_map_bucket(hash: i32, size: u32) -> u32 {
    let mut buckets = 16;
    while size > buckets / 4 * 3 {
        buckets *= 2;
    }
    bucket(hash, buckets)
}

/// The bucket of a key in a `HashSet` made of a collection of `size` keys.
pub fn hash_set_bucket(hash: i32, size: u32) -> u32 {
    bucket(hash, (size * 4 / 3 + 1).max(16).next_power_of_two())
}

fn bucket(hash: i32, buckets: u32) -> u32 {
    let hash = hash as u32;
    (hash ^ (hash >> 16)) & (buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_java_prints_them() {
        for (number, text) in [
            (1.0, "1.0"),
            (0.5, "0.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1234567.0, "1234567.0"),
            (12345678.9, "1.23456789E7"),
            (2147483647.0, "2.147483647E9"),
            (-0.0, "-0.0"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (100.25, "100.25"),
            (4.9E-324, "4.9E-324"),
            (1.0E23, "1.0E23"),
            (2E-5, "2.0E-5"),
        ] {
            assert_eq!(double_text(number), text);
        }
        assert_eq!(float_text(0.1), "0.1");
    }

    #[test]
    fn numbers_are_read_as_java_reads_them() {
        assert_eq!(parse_long("+5"), Some(5));
        assert_eq!(parse_long("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_long("9223372036854775808"), None);
        assert_eq!(parse_long("\u{661}\u{662}"), Some(12));
        assert_eq!(parse_long("-"), None);
        assert_eq!(parse_double("0x1.8p1"), Some(3.0));
        assert_eq!(parse_double("1.5d"), Some(1.5));
        assert_eq!(parse_double("inf"), None);
        assert_eq!(parse_double("1e400"), Some(f64::INFINITY));
        assert_eq!(parse_double("5."), Some(5.0));
        assert_eq!(parse_double("."), None);
    }
}
