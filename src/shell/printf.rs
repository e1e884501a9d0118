//! `printf FORMAT [ARG..]`, as bash has it: `%s %b %c %d %i %u %x %o %%` with flags and width, backslash escapes, and
//! the format used again while arguments are left.

/// What `printf` prints. Bytes, because `\0ooo` and `\xhh` can make any.
pub fn printf(words: &[String]) -> Result<Vec<u8>, String> {
    let Some((format, arguments)) = words.split_first() else {
        return Err("printf: a format is missing: printf FORMAT [ARGUMENT..]".to_string());
    };
    let parts = parse(format)?;
    let takes = parts.iter().any(|part| matches!(part, Part::Field(_)));
    let mut out = Vec::new();
    let mut left = arguments.iter();
    loop {
        for part in &parts {
            match part {
                Part::Bytes(bytes) => out.extend_from_slice(bytes),
                Part::Field(field) => field.print(left.next().map_or("", String::as_str), &mut out)?,
            }
        }
        if !takes || left.len() == 0 {
            return Ok(out);
        }
    }
}

enum Part {
    Bytes(Vec<u8>),
    Field(Field),
}

#[derive(Default)]
struct Field {
    minus: bool,
    zero: bool,
    plus: bool,
    space: bool,
    width: u32,
    precision: Option<u32>,
    kind: char,
}

/// A field wider than this is refused: it would only fill memory.
const WIDEST: u32 = 10_000_000;

fn parse(format: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut bytes = Vec::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, &mut bytes),
            '%' if chars.peek() == Some(&'%') => {
                chars.next();
                bytes.push(b'%');
            }
            '%' => {
                parts.push(Part::Bytes(std::mem::take(&mut bytes)));
                parts.push(Part::Field(field(&mut chars)?));
            }
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    parts.push(Part::Bytes(bytes));
    Ok(parts)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn field(chars: &mut Chars) -> Result<Field, String> {
    let mut field = Field::default();
    loop {
        match chars.peek() {
            Some('-') => field.minus = true,
            Some('0') => field.zero = true,
            Some('+') => field.plus = true,
            Some(' ') => field.space = true,
            _ => break,
        }
        chars.next();
    }
    field.width = digits(chars)?;
    if chars.peek() == Some(&'.') {
        chars.next();
        field.precision = Some(digits(chars)?);
    }
    match chars.next() {
        Some(kind @ ('s' | 'b' | 'c' | 'd' | 'i' | 'u' | 'x' | 'X' | 'o')) => field.kind = kind,
        Some(other) => return Err(format!("printf: %{other} is not one of %s %b %c %d %i %u %x %X %o %%")),
        None => return Err("printf: the format ends inside a %".to_string()),
    }
    Ok(field)
}

fn digits(chars: &mut Chars) -> Result<u32, String> {
    let mut number: u32 = 0;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        chars.next();
        number = number.saturating_mul(10).saturating_add(digit);
    }
    if number > WIDEST { Err(format!("printf: a field of {number} characters is too wide")) } else { Ok(number) }
}

/// Prints the escape behind a backslash; one that means nothing stays as it stands.
fn escape(chars: &mut Chars, out: &mut Vec<u8>) {
    let Some(c) = chars.next() else {
        out.push(b'\\');
        return;
    };
    match c {
        'n' => out.push(b'\n'),
        't' => out.push(b'\t'),
        'r' => out.push(b'\r'),
        'a' => out.push(7),
        'b' => out.push(8),
        'e' => out.push(27),
        'f' => out.push(12),
        'v' => out.push(11),
        '\\' | '"' | '\'' => out.push(c as u8),
        'x' if chars.peek().is_some_and(char::is_ascii_hexdigit) => out.push(numeral(chars, 0, 16, 2)),
        '0'..='7' => out.push(numeral(chars, c.to_digit(8).expect("the arm takes octal digits"), 8, 2)),
        other => {
            out.push(b'\\');
            out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

fn numeral(chars: &mut Chars, first: u32, radix: u32, most: u32) -> u8 {
    let mut value = first;
    for _ in 0..most {
        let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
        chars.next();
        value = value * radix + digit;
    }
    (value & 0xff) as u8
}

impl Field {
    fn print(&self, argument: &str, out: &mut Vec<u8>) -> Result<(), String> {
        let text: Vec<u8> = match self.kind {
            's' => self.cut(argument.as_bytes().to_vec()),
            'b' => {
                let mut bytes = Vec::new();
                let mut chars = argument.chars().peekable();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => escape(&mut chars, &mut bytes),
                        c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    }
                }
                self.cut(bytes)
            }
            'c' => argument.chars().next().map(|c| c.to_string().into_bytes()).unwrap_or_default(),
            _ => return self.print_number(number(argument)?, out),
        };
        self.pad(&text, out);
        Ok(())
    }

    fn cut(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if let Some(precision) = self.precision {
            bytes.truncate(precision as usize);
        }
        bytes
    }

    fn print_number(&self, number: i64, out: &mut Vec<u8>) -> Result<(), String> {
        let mut digits = match self.kind {
            'x' => format!("{number:x}"),
            'X' => format!("{number:X}"),
            'o' => format!("{number:o}"),
            _ => number.unsigned_abs().to_string(),
        };
        if let Some(precision) = self.precision {
            digits = "0".repeat((precision as usize).saturating_sub(digits.len())) + &digits;
        }
        let signed = matches!(self.kind, 'd' | 'i');
        let sign = match (signed, number < 0) {
            (true, true) => "-",
            (true, false) if self.plus => "+",
            (true, false) if self.space => " ",
            _ => "",
        };
        if self.zero && !self.minus && self.precision.is_none() {
            let zeros = (self.width as usize).saturating_sub(sign.len() + digits.len());
            digits = "0".repeat(zeros) + &digits;
        }
        self.pad(format!("{sign}{digits}").as_bytes(), out);
        Ok(())
    }

    fn pad(&self, text: &[u8], out: &mut Vec<u8>) {
        let blanks = vec![b' '; (self.width as usize).saturating_sub(text.len())];
        if !self.minus {
            out.extend_from_slice(&blanks);
        }
        out.extend_from_slice(text);
        if self.minus {
            out.extend_from_slice(&blanks);
        }
    }
}

fn number(argument: &str) -> Result<i64, String> {
    if argument.is_empty() {
        return Ok(0);
    }
    // bash: a quote gives the code of the character behind it.
    if let Some(c) = argument.strip_prefix(['\'', '"']).and_then(|rest| rest.chars().next()) {
        return Ok(i64::from(u32::from(c)));
    }
    let (sign, rest) = argument.strip_prefix('-').map_or((1, argument), |rest| (-1, rest));
    let parsed = match rest.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16),
        None if rest.len() > 1 && rest.starts_with('0') => i64::from_str_radix(rest, 8),
        None => rest.parse::<i64>(),
    };
    parsed.map(|n| sign * n).map_err(|_| format!("printf: {argument}: invalid number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        String::from_utf8(printf(&words).expect("a good format")).expect("text")
    }

    #[test]
    fn the_format_is_used_again_while_arguments_are_left() {
        assert_eq!(shown(&["%s\\n", "a", "b"]), "a\nb\n");
        assert_eq!(shown(&["%s-%s;", "a", "b", "c"]), "a-b;c-;");
        assert_eq!(shown(&["plain", "ignored"]), "plain");
        assert_eq!(shown(&["%s|"]), "|");
    }

    #[test]
    fn numbers_take_flags_and_width() {
        assert_eq!(shown(&["%05d", "42"]), "00042");
        assert_eq!(shown(&["%01100d\\n", "0"]).len(), 1101);
        assert_eq!(shown(&["[%-5d][%5d][%+d][%05d]", "4", "4", "4", "-4"]), "[4    ][    4][+4][-0004]");
        assert_eq!(shown(&["%x %o %d", "255", "8", "0x10"]), "ff 10 16");
    }

    #[test]
    fn escapes_make_bytes() {
        assert_eq!(shown(&["a\\tb\\\\n\\101\\x41\\q%%"]), "a\tb\\nAA\\q%");
        assert_eq!(printf(&["\\0\\377".to_string()]), Ok(vec![0, 255]));
        assert_eq!(shown(&["%s", "a\\n"]), "a\\n");
        assert_eq!(shown(&["%b", "a\\n"]), "a\n");
    }

    #[test]
    fn a_bad_format_is_named() {
        assert_eq!(
            printf(&["%q".to_string()]),
            Err("printf: %q is not one of %s %b %c %d %i %u %x %X %o %%".to_string())
        );
        assert_eq!(printf(&["%d".to_string(), "x".to_string()]), Err("printf: x: invalid number".to_string()));
    }
}
