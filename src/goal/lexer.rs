//! Text into tokens.

use std::sync::Arc;

use super::error::{GoalError, Span};

#[derive(Clone, PartialEq, Debug)]
pub enum TokenKind {
    Number(f64),
    /// Microseconds.
    Duration(i64),
    Text(Arc<str>),
    Name(Arc<str>),
    Sign(&'static str),
    End,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// Longer signs before their beginnings.
const SIGNS: [&str; 26] = [
    "->", "..", "&&", "||", "==", "!=", "<=", ">=", "+", "-", "*", "/", "<", ">", "~", "!", "?", ":", ".", ",", "(",
    ")", "{", "}", "[", "]",
];

/// Microseconds of the units.
const UNITS: [(&str, i64); 5] =
    [("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000)];

/// All tokens, the last one is [`TokenKind::End`].
///
/// # Errors
/// A character that begins nothing, a string that does not end, a number glued to a word.
pub fn tokens(text: &str) -> Result<Vec<Token>, GoalError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let start = lexer.at;
        let kind = lexer.next()?;
        let end = kind == TokenKind::End;
        tokens.push(Token { kind, span: Span::new(start, lexer.at) });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn error(&self, start: usize, end: usize, message: impl Into<String>) -> GoalError {
        GoalError::new(self.text, Span::new(start, end), message)
    }

    fn next(&mut self) -> Result<TokenKind, GoalError> {
        let Some(first) = self.rest().chars().next() else { return Ok(TokenKind::End) };
        if first.is_ascii_digit() {
            return self.number();
        }
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(TokenKind::Name(Arc::from(self.word())));
        }
        if first == '"' {
            return self.string();
        }
        match SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
            Some(sign) => {
                self.at += sign.len();
                Ok(TokenKind::Sign(sign))
            }
            None => {
                let hint = match first {
                    '=' => "; equality is ==",
                    '&' => "; and is &&",
                    '|' => "; or is ||",
                    '\'' => "; texts stand in \"",
                    _ => "",
                };
                let message = format!("'{first}' begins nothing{hint}");
                Err(self.error(self.at, self.at + first.len_utf8(), message))
            }
        }
    }

    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn digits(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn number(&mut self) -> Result<TokenKind, GoalError> {
        let start = self.at;
        let whole = self.digits();
        let behind_dot = self.rest().strip_prefix('.').and_then(|rest| rest.chars().next());
        let fraction = if behind_dot.is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            self.digits()
        } else {
            ""
        };
        let written = &self.text[start..self.at];
        let unit = self.word();
        if unit.is_empty() {
            return Ok(TokenKind::Number(written.parse().expect("digits with a dot are a number")));
        }
        match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, micros)) => micros_of(whole, fraction, *micros)
                .map(TokenKind::Duration)
                .ok_or_else(|| self.error(start, self.at, "this duration is longer than any run")),
            None => {
                let message = format!("expected ms, s, m, h or d behind {written}, found {unit}");
                Err(self.error(start, self.at, message))
            }
        }
    }

    fn string(&mut self) -> Result<TokenKind, GoalError> {
        let start = self.at;
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.at = start + offset + 1;
                    return Ok(TokenKind::Text(Arc::from(text)));
                }
                '\n' => break,
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    _ => {
                        let place = start + offset;
                        return Err(self.error(place, place + 1, "expected \\\" or \\\\ behind a backslash"));
                    }
                },
                character => text.push(character),
            }
        }
        Err(self.error(start, self.text.len(), "this text has no closing \""))
    }
}

/// Exact: what lies below a microsecond is cut off.
fn micros_of(whole: &str, fraction: &str, unit: i64) -> Option<i64> {
    let mut micros = whole.parse::<i64>().ok()?.checked_mul(unit)?;
    let mut scale = unit;
    for digit in fraction.bytes().take(12) {
        // Units are multiples of 1000, so three digits are exact; further ones only matter for longer units.
        micros = micros.checked_add(scale * i64::from(digit - b'0') / 10)?;
        scale /= 10;
    }
    Some(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        tokens(text).expect("good tokens").into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn numbers_durations_and_ranges_are_told_apart() {
        use TokenKind::*;
        assert_eq!(kinds("1..3"), [Number(1.0), Sign(".."), Number(3.0), End]);
        assert_eq!(kinds("17.1..20.1"), [Number(17.1), Sign(".."), Number(20.1), End]);
        assert_eq!(kinds("1.5s 250ms 2h"), [Duration(1_500_000), Duration(250_000), Duration(7_200_000_000), End]);
    }

    #[test]
    fn strings_know_two_escapes() {
        assert_eq!(kinds(r#""a\"b\\""#)[0], TokenKind::Text(Arc::from("a\"b\\")));
        let message = |text: &str| tokens(text).expect_err("bad").to_string();
        assert_eq!(message(r#"x == "a"#), "at character 6: this text has no closing \"");
        assert_eq!(message(r#""a\n""#), "at character 3: expected \\\" or \\\\ behind a backslash");
    }

    #[test]
    fn what_begins_nothing_is_named_with_its_place() {
        let message = |text: &str| tokens(text).expect_err("bad").to_string();
        assert_eq!(message("가 = 1"), "at character 1: '가' begins nothing");
        assert_eq!(message("a = 1"), "at character 3: '=' begins nothing; equality is ==");
        assert_eq!(message("50mss"), "at character 1: expected ms, s, m, h or d behind 50, found mss");
    }
}
