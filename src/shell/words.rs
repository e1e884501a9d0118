//! Words: how a typed line falls into words and operators.
//!
//! Quotes are those of a POSIX shell: `'..'` takes everything literally, `".."` keeps blanks, a backslash takes the
//! next character literally. Operators (`|`, `>`, `<<`, `&`, `;`, `!`) and comments count only when nothing of them was
//! quoted, so a word keeps what was quoted apart from what was not. `$(leader orders-0)` is the one expansion; it does
//! not split into words.

/// Part of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Text that stood without quotes.
    Plain(String),
    /// Text from inside quotes or behind a backslash.
    Quoted(String),
    /// The words inside `$( .. )`, to be answered by the cluster.
    Query(Vec<String>),
}

/// One word of a line: pieces that stand together without a blank.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Word {
    pub pieces: Vec<Piece>,
}

/// An operator that stood unquoted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `|`
    Pipe,
    /// `>`
    Into,
    /// `<<`
    HereDocument,
    /// `&`
    Background,
    /// `;`
    Then,
}

/// A word or an operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Token {
    Word(Word),
    Operator(Operator),
}

/// Answers `$( .. )`: the words inside it, or why there is no answer.
pub type Resolver<'a> = &'a dyn Fn(&[String]) -> Result<String, String>;

impl Word {
    /// A word of plain text.
    pub fn plain(text: &str) -> Word {
        Word { pieces: vec![Piece::Plain(text.to_string())] }
    }

    /// The word as plain text if nothing of it was quoted or asked for.
    pub fn as_plain(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Plain(text)] => Some(text),
            _ => None,
        }
    }

    /// The word's text with every `$( .. )` answered by `resolve`.
    pub fn expand(&self, resolve: Resolver) -> Result<String, String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Plain(part) | Piece::Quoted(part) => text.push_str(part),
                Piece::Query(words) => text.push_str(&resolve(words)?),
            }
        }
        Ok(text)
    }

    fn push_plain(&mut self, c: char) {
        match self.pieces.last_mut() {
            Some(Piece::Plain(text)) => text.push(c),
            _ => self.pieces.push(Piece::Plain(c.to_string())),
        }
    }

    fn push_quoted(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Quoted(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Quoted(text.to_string())),
        }
    }
}

/// Splits a line into tokens. Errors say what is not closed.
pub fn split(line: &str) -> Result<Vec<Token>, String> {
    let mut reader = Reader { left: line.chars().collect::<Vec<char>>().into_iter() };
    let mut tokens = Vec::new();
    while let Some(c) = reader.peek() {
        if c.is_whitespace() {
            reader.next();
        } else if c == '#' {
            break;
        } else if let Some(operator) = reader.operator()? {
            tokens.push(Token::Operator(operator));
        } else {
            tokens.push(Token::Word(reader.word()?));
        }
    }
    Ok(tokens)
}

struct Reader {
    left: std::vec::IntoIter<char>,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.left.as_slice().first().copied()
    }

    fn peek_behind(&self) -> Option<char> {
        self.left.as_slice().get(1).copied()
    }

    fn next(&mut self) -> Option<char> {
        self.left.next()
    }

    fn operator(&mut self) -> Result<Option<Operator>, String> {
        let operator = match self.peek() {
            Some('|') => Operator::Pipe,
            Some('>') => Operator::Into,
            Some('&') => Operator::Background,
            Some(';') => Operator::Then,
            Some('<') if self.peek_behind() == Some('<') => {
                self.next();
                Operator::HereDocument
            }
            Some('<') => return Err("'<' is not supported: use printf '...' | TOOL, or cat FILE | TOOL".to_string()),
            _ => return Ok(None),
        };
        self.next();
        Ok(Some(operator))
    }

    fn word(&mut self) -> Result<Word, String> {
        let mut word = Word::default();
        while let Some(c) = self.peek() {
            match c {
                c if c.is_whitespace() => break,
                '|' | '>' | '<' | '&' | ';' => break,
                '\'' => {
                    self.next();
                    self.single_quoted(&mut word)?;
                }
                '"' => {
                    self.next();
                    self.double_quoted(&mut word)?;
                }
                '\\' => {
                    self.next();
                    let escaped = self.next().ok_or("a backslash at the end of the line escapes nothing")?;
                    word.push_quoted(escaped.encode_utf8(&mut [0; 4]));
                }
                '$' if self.peek_behind() == Some('(') => {
                    self.next();
                    self.next();
                    word.pieces.push(self.query()?);
                }
                _ => {
                    self.next();
                    word.push_plain(c);
                }
            }
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), String> {
        word.push_quoted("");
        loop {
            match self.next() {
                None => return Err("a ' is not closed".to_string()),
                Some('\'') => return Ok(()),
                Some(c) => word.push_quoted(c.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), String> {
        word.push_quoted("");
        loop {
            match self.next() {
                None => return Err("a \" is not closed".to_string()),
                Some('"') => return Ok(()),
                // Inside double quotes a backslash escapes only what would mean something there.
                Some('\\') if matches!(self.peek(), Some('"' | '\\' | '$' | '`')) => {
                    let escaped = self.next().expect("a character was just seen");
                    word.push_quoted(escaped.encode_utf8(&mut [0; 4]));
                }
                Some('$') if self.peek() == Some('(') => {
                    self.next();
                    word.pieces.push(self.query()?);
                }
                Some(c) => word.push_quoted(c.encode_utf8(&mut [0; 4])),
            }
        }
    }

    /// Reads behind `$(` up to its closing parenthesis.
    fn query(&mut self) -> Result<Piece, String> {
        let mut inside = String::new();
        loop {
            match self.next() {
                None => return Err("a $( is not closed".to_string()),
                Some(')') => break,
                Some(c) => inside.push(c),
            }
        }
        let words: Vec<String> = inside.split_whitespace().map(str::to_string).collect();
        if words.is_empty() {
            return Err("$() asks for nothing: $(leader orders-0), $(controller), $(coordinator g)".to_string());
        }
        Ok(Piece::Query(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let resolve = |words: &[String]| Ok(format!("<{}>", words.join(" ")));
        let token = |t: Token| match t {
            Token::Word(word) => word.expand(&resolve).expect("the resolver answers all"),
            Token::Operator(operator) => format!("{operator:?}"),
        };
        split(line).expect("a good line").into_iter().map(token).collect()
    }

    #[test]
    fn operators_count_only_unquoted() {
        assert_eq!(texts("a|b > c"), ["a", "Pipe", "b", "Into", "c"]);
        assert_eq!(texts("a '|' \\> \"&\""), ["a", "|", ">", "&"]);
        assert_eq!(texts("--topic 'orders|clicks'"), ["--topic", "orders|clicks"]);
    }

    #[test]
    fn quotes_keep_blanks_and_join_with_their_word() {
        assert_eq!(texts("key.separator=' -> ' ''"), ["key.separator= -> ", ""]);
        assert_eq!(texts(r#""a\"b" "\n" 'a\b'"#), ["a\"b", "\\n", "a\\b"]);
        assert_eq!(texts(r"Manager\$Offsets"), ["Manager$Offsets"]);
    }

    #[test]
    fn a_comment_begins_a_word() {
        assert_eq!(texts("a b#c # d"), ["a", "b#c"]);
        assert_eq!(texts("line.separator='#' x"), ["line.separator=#", "x"]);
    }

    #[test]
    fn queries_expand_inside_a_word_but_not_inside_single_quotes() {
        assert_eq!(texts("/brokers/$(leader orders-0)/x"), ["/brokers/<leader orders-0>/x"]);
        assert_eq!(texts("\"$(controller)\" '$(controller)' $x"), ["<controller>", "$(controller)", "$x"]);
    }

    #[test]
    fn what_is_not_closed_is_named() {
        assert_eq!(split("a 'b"), Err("a ' is not closed".to_string()));
        assert_eq!(split("a \"b"), Err("a \" is not closed".to_string()));
        assert_eq!(split("$(leader"), Err("a $( is not closed".to_string()));
    }
}
