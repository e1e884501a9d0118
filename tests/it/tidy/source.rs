//! A Rust source as words: comments and the insides of strings are gone, lines are kept.

/// An identifier, a number, a `::`, a lifetime, a literal's stand-in `""`, or one sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub line: usize,
}

pub struct Source {
    /// Relative to the checkout, with slashes: `src/kafka/ids.rs`.
    pub path: String,
    pub text: String,
    pub words: Vec<Word>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Source { path: path.to_string(), text: text.to_string(), words: words(text) }
    }

    /// The text of the word at this place, or nothing past the end.
    pub fn at(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.text)
    }

    /// The place of the bracket that closes the one at `open`.
    pub fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for (index, word) in self.words.iter().enumerate().skip(open) {
            match word.text.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return index;
            }
        }
        self.words.len().saturating_sub(1)
    }

    /// Whether the file lies in one of these folders of `src/`, or is the folder's own `NAME.rs`.
    pub fn is_in(&self, rooms: &[&str]) -> bool {
        rooms.iter().any(|room| {
            let rest = self.path.strip_prefix("src/").and_then(|path| path.strip_prefix(room));
            rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        })
    }

    pub fn complain(&self, index: usize, what: &str) -> String {
        format!("{}:{}: {what}", self.path, self.words.get(index).map_or(1, |word| word.line))
    }
}

fn words(text: &str) -> Vec<Word> {
    let mut cutter = Cutter { rest: text, line: 1, words: Vec::new() };
    while !cutter.rest.is_empty() {
        cutter.cut();
    }
    cutter.words
}

struct Cutter<'a> {
    rest: &'a str,
    line: usize,
    words: Vec<Word>,
}

impl Cutter<'_> {
    /// Takes one word, comment, literal or run of blanks off the front.
    fn cut(&mut self) {
        let rest = self.rest;
        let first = rest.chars().next().expect("the caller looked");
        if first.is_whitespace() {
            self.skip(rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()));
        } else if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment(rest));
        } else if let Some(length) = string(rest) {
            self.push("\"\"", length);
        } else if first == '\'' {
            match char_literal(rest) {
                Some(length) => self.push("''", length),
                None => self.push(&rest[..1 + identifier(&rest[1..])], 1 + identifier(&rest[1..])),
            }
        } else if first.is_alphanumeric() || first == '_' {
            let length = identifier(rest);
            self.push(&rest[..length], length);
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            self.push(&rest[..length], length);
        }
    }

    fn push(&mut self, text: &str, length: usize) {
        self.words.push(Word { text: text.to_string(), line: self.line });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }
}

fn identifier(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string literal of any kind (`"`, `b"`, `c"`, `r#"`), if one begins here.
fn string(text: &str) -> Option<usize> {
    let prefix = text.find(|c| !matches!(c, 'b' | 'c' | 'r'))?;
    let (raw, body) = (text[..prefix].contains('r'), &text[prefix..]);
    let hashes = if raw { body.len() - body.trim_start_matches('#').len() } else { 0 };
    if prefix > 2 || !body[hashes..].starts_with('"') {
        return None;
    }
    let start = prefix + hashes + 1;
    if raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(text[start..].find(&end).map_or(text.len(), |at| start + at + end.len()));
    }
    let mut escaped = false;
    for (at, c) in text[start..].char_indices() {
        match c {
            '"' if !escaped => return Some(start + at + 1),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    Some(text.len())
}

/// The length of a character literal; None if the quote begins a lifetime.
fn char_literal(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

#[test]
fn comments_and_strings_hold_no_words() {
    let source = Source::new("src/x.rs", "a // b\n/* c /* d */ e */ \"f \\\" g\" r#\"h \" i\"# 'j' '\\'' &'k l::m");
    let texts: Vec<&str> = source.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["a", "\"\"", "\"\"", "''", "''", "&", "'k", "l", "::", "m"]);
    assert_eq!(source.words[1].line, 2);
}
