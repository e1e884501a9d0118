//! Line grammar: what the words of a line ask for.
//!
//! ```text
//! line    = command { ";" command }
//! command = { "!" } simple [ "&" ]
//! simple  = WORD.. [ ">" FILE ] | ("printf" | "cat FILE") "|" WORD.. [ ">" FILE ] | "cat" ">" FILE "<<" EOF
//! ```

use super::words::{Operator, Token, Word, split};

/// One command of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandLine {
    /// Behind an odd number of `!`: succeeds if and only if the command fails.
    pub negated: bool,
    /// What feeds standard input: the words of `printf ..` or `cat FILE` in front of a `|`.
    pub feeder: Option<Vec<Word>>,
    /// The command and its arguments.
    pub words: Vec<Word>,
    /// `> FILE`.
    pub into: Option<Word>,
    /// `<< EOF`: the line that ends the document.
    pub here_document: Option<String>,
    /// A trailing `&`.
    pub background: bool,
}

/// Reads a line; a line of blanks or a comment has no commands.
pub fn parse(line: &str) -> Result<Vec<CommandLine>, String> {
    let mut commands = Vec::new();
    let mut part: Vec<Token> = Vec::new();
    for token in split(line)? {
        match token {
            Token::Operator(Operator::Then) => {
                if part.is_empty() {
                    return Err("nothing stands in front of ';'".to_string());
                }
                commands.push(command(std::mem::take(&mut part), false)?);
            }
            Token::Operator(Operator::Background) => {
                if part.is_empty() {
                    return Err("nothing stands in front of '&'".to_string());
                }
                commands.push(command(std::mem::take(&mut part), true)?);
            }
            token => part.push(token),
        }
    }
    if !part.is_empty() {
        commands.push(command(part, false)?);
    }
    Ok(commands)
}

/// The delimiter of a here-document that `line` opens, if it opens one and is well formed.
pub fn opens_here_document(line: &str) -> Option<String> {
    parse(line).ok()?.into_iter().find_map(|command| command.here_document)
}

fn command(tokens: Vec<Token>, background: bool) -> Result<CommandLine, String> {
    let mut negated = false;
    let mut tokens = tokens.into_iter().peekable();
    while tokens.peek() == Some(&Token::Word(Word::plain("!"))) {
        negated = !negated;
        tokens.next();
    }
    let mut found =
        CommandLine { negated, feeder: None, words: Vec::new(), into: None, here_document: None, background };
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => found.words.push(word),
            Token::Operator(Operator::Pipe) => {
                if found.feeder.is_some() {
                    return Err("only one '|' can stand in a line".to_string());
                }
                found.feeder = Some(std::mem::take(&mut found.words));
            }
            Token::Operator(Operator::Into) => match tokens.next() {
                Some(Token::Word(word)) if found.into.is_none() => found.into = Some(word),
                Some(Token::Word(_)) => return Err("only one '>' can stand in a command".to_string()),
                _ => return Err("a file name is missing behind '>'".to_string()),
            },
            Token::Operator(Operator::HereDocument) => match tokens.next() {
                Some(Token::Word(word)) => {
                    found.here_document = Some(word.expand(&|_| Err("a delimiter is a plain word".to_string()))?);
                }
                _ => return Err("the word that ends the file is missing behind '<<'".to_string()),
            },
            Token::Operator(Operator::Then | Operator::Background) => unreachable!("the line was split at these"),
        }
    }
    check(&found)?;
    Ok(found)
}

fn check(command: &CommandLine) -> Result<(), String> {
    if command.words.is_empty() {
        return Err(match (&command.feeder, &command.into) {
            (Some(_), _) => "a tool is missing behind '|'".to_string(),
            (None, Some(_)) => "a command is missing in front of '>'".to_string(),
            (None, None) => "a command is missing".to_string(),
        });
    }
    if let Some(feeder) = &command.feeder {
        let first = feeder.first().and_then(Word::as_plain);
        if !matches!(first, Some("printf" | "cat")) {
            return Err("in front of '|' only printf and cat can stand".to_string());
        }
    }
    let first = command.words.first().and_then(Word::as_plain);
    if let Some(word) = first.filter(|word| matches!(*word, "sim" | "printf" | "cat" | "ls")) {
        if command.background {
            return Err(format!("{word} does not run in the background: '&' is for tools"));
        }
        if command.feeder.is_some() {
            return Err(format!("{word} does not read what '|' brings: it is for tools"));
        }
    }
    if command.here_document.is_some() {
        let is_cat = command.words.len() == 1 && command.words[0].as_plain() == Some("cat");
        if !is_cat || command.into.is_none() || command.feeder.is_some() {
            return Err("'<<' makes a file: cat > FILE <<EOF".to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> CommandLine {
        let commands = parse(line).expect("a good line");
        assert_eq!(commands.len(), 1, "{line}");
        commands.into_iter().next().expect("one command")
    }

    #[test]
    fn a_pipe_feeds_the_tool() {
        let line = one("printf 'a\\n' | kafka-console-producer --topic t > out");
        assert_eq!(line.feeder.map(|words| words.len()), Some(2));
        assert_eq!(line.words.len(), 3);
        assert_eq!(line.into, Some(Word::plain("out")));
    }

    #[test]
    fn semicolons_and_ampersands_end_commands() {
        let lines = parse("! a ; b & c").expect("three commands");
        assert_eq!(
            lines.iter().map(|l| (l.negated, l.background)).collect::<Vec<_>>(),
            [(true, false), (false, true), (false, false)]
        );
        assert!(!one("! ! a").negated);
        assert_eq!(parse("  # only words"), Ok(vec![]));
    }

    #[test]
    fn a_here_document_belongs_to_cat() {
        assert_eq!(one("cat > f <<EOF").here_document.as_deref(), Some("EOF"));
        assert_eq!(opens_here_document("cat > f << 'E O'").as_deref(), Some("E O"));
        assert_eq!(parse("sort <<EOF"), Err("'<<' makes a file: cat > FILE <<EOF".to_string()));
    }

    #[test]
    fn a_broken_line_says_what_is_missing() {
        for (line, message) in [
            ("a |", "a tool is missing behind '|'"),
            ("ls | a", "in front of '|' only printf and cat can stand"),
            ("a >", "a file name is missing behind '>'"),
            ("; a", "nothing stands in front of ';'"),
            ("!", "a command is missing"),
            ("sim advance 1s &", "sim does not run in the background: '&' is for tools"),
            ("printf a | sim advance 1s", "sim does not read what '|' brings: it is for tools"),
        ] {
            assert_eq!(parse(line), Err(message.to_string()), "{line}");
        }
    }
}
