//! The dialect of joptsimple 5, as Kafka uses it: `--name value`, `--name=value`, `-name value`, `--` ends the options,
//! other words are collected. Kafka switches joptsimple's abbreviations off (`CommandDefaultOptions`), so a shortened
//! name is not recognized. A value is converted only when the tool asks for it: a tool that never asks never complains.

use super::{Argument, Built, OptionSpec, Table};
use crate::kafka::java;

/// A usage error, worded as joptsimple words it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OptionError {
    Unrecognized(String),
    MissingArgument(String),
    SeveralArguments(String),
    Unconvertible { value: String, option: String },
}

impl OptionError {
    /// The exception's class.
    pub fn class(&self) -> &'static str {
        match self {
            OptionError::Unrecognized(_) => "joptsimple.UnrecognizedOptionException",
            OptionError::MissingArgument(_) => "joptsimple.OptionMissingRequiredArgumentException",
            OptionError::SeveralArguments(_) => "joptsimple.MultipleArgumentsForOptionException",
            OptionError::Unconvertible { .. } => "joptsimple.OptionArgumentConversionException",
        }
    }

    /// The exception's message.
    pub fn message(&self) -> String {
        match self {
            OptionError::Unrecognized(name) => format!("{name} is not a recognized option"),
            OptionError::MissingArgument(name) => format!("Option {name} requires an argument"),
            OptionError::SeveralArguments(name) => {
                format!("Found multiple arguments for option {name}, but you asked for only one")
            }
            OptionError::Unconvertible { value, option } => {
                format!("Cannot parse argument '{value}' of option {option}")
            }
        }
    }

    /// The `Caused by:` lines of a stack trace, the outermost first.
    pub fn causes(&self) -> Vec<String> {
        match self {
            OptionError::Unconvertible { value, .. } => {
                let cause = format!("java.lang.NumberFormatException: For input string: \"{value}\"");
                vec![format!("joptsimple.internal.ReflectionException: {cause}"), cause]
            }
            _ => Vec::new(),
        }
    }
}

/// What a line gave.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// Options in the order of the line, each with its argument.
    options: Vec<(&'static str, Option<String>)>,
    /// Words that are neither options nor arguments.
    pub rest: Vec<String>,
    /// How many words the line had.
    pub words: u32,
}

/// Reads the words behind a tool's name.
pub fn parse(table: &Table, words: &[String]) -> Result<Given, OptionError> {
    let mut given = Given { words: words.len() as u32, ..Given::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.strip_prefix("--") {
            Some("") => {
                given.rest.extend(words.cloned());
                break;
            }
            Some(long) => key_and_value(long),
            None => match word.strip_prefix('-') {
                None | Some("") => {
                    given.rest.push(word.clone());
                    continue;
                }
                Some(short) => short_option(table, short)?,
            },
        };
        let option = table.find(name).ok_or_else(|| OptionError::Unrecognized(name.to_string()))?;
        let value = match (option.argument, value) {
            (Argument::None, _) => None,
            (_, Some(value)) => Some(value.to_string()),
            (Argument::Required(_), None) => {
                Some(words.next().ok_or_else(|| OptionError::MissingArgument(name.to_string()))?.clone())
            }
            (Argument::Optional(_), None) => match words.as_slice().first() {
                Some(next) if !looks_like_an_option(next) => words.next().cloned(),
                _ => None,
            },
        };
        given.options.push((option.name, value));
    }
    Ok(given)
}

/// An argument that is given but empty (`--topic=`) counts as not given: the next word is taken.
fn key_and_value(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((name, "")) => (name, None),
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    }
}

/// One dash: a whole name is understood; else it is a cluster of one-letter options, and Kafka has none.
fn short_option<'a>(table: &Table, short: &'a str) -> Result<(&'a str, Option<&'a str>), OptionError> {
    let (name, value) = key_and_value(short);
    if table.find(name).is_some() {
        return Ok((name, value));
    }
    Err(OptionError::Unrecognized(short.chars().take(1).collect()))
}

fn looks_like_an_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

impl Given {
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(given, _)| *given == name)
    }

    /// The options in the order of the line.
    pub fn in_order(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        self.options.iter().map(|(name, value)| (*name, value.as_deref()))
    }

    /// All arguments of an option that may be given again and again.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.options.iter().filter(|(given, _)| *given == name).filter_map(|(_, value)| value.as_deref()).collect()
    }

    /// The argument of an option that may be given once; none if it is not given.
    pub fn one(&self, name: &str) -> Result<Option<&str>, OptionError> {
        match self.all(name).as_slice() {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(OptionError::SeveralArguments(name.to_string())),
        }
    }

    /// The argument as Java's `Integer.valueOf` reads it.
    pub fn int(&self, name: &str) -> Result<Option<i32>, OptionError> {
        self.converted(name, java::parse_int)
    }

    /// The argument as Java's `Long.valueOf` reads it.
    pub fn long(&self, name: &str) -> Result<Option<i64>, OptionError> {
        self.converted(name, java::parse_long)
    }

    fn converted<T>(&self, name: &str, convert: impl Fn(&str) -> Option<T>) -> Result<Option<T>, OptionError> {
        let unconvertible =
            |value: &str| OptionError::Unconvertible { value: value.to_string(), option: name.to_string() };
        // joptsimple converts all arguments before it counts them.
        let mut values = Vec::new();
        for value in self.all(name) {
            values.push(convert(value).ok_or_else(|| unconvertible(value))?);
        }
        if values.len() > 1 {
            return Err(OptionError::SeveralArguments(name.to_string()));
        }
        Ok(values.pop())
    }

    /// The first given option that does not do its work here yet.
    pub fn first_not_yet(&self, table: &Table) -> Option<&'static OptionSpec> {
        self.options.iter().filter_map(|(name, _)| table.find(name)).find(|option| option.built == Built::NotYet)
    }
}

/// `CommandLineUtils.checkRequiredArgs`: the message for the first of `required` that is missing.
pub fn check_required(given: &Given, required: &[&str]) -> Result<(), String> {
    match required.iter().find(|name| !given.has(name)) {
        Some(name) => Err(format!("Missing required argument \"[{name}]\"")),
        None => Ok(()),
    }
}

/// `CommandLineUtils.checkInvalidArgs`: the message if `used` stands beside one of `invalid`.
pub fn check_invalid(given: &Given, used: &str, invalid: &[&str]) -> Result<(), String> {
    match invalid.iter().find(|name| given.has(used) && given.has(name)) {
        Some(name) => Err(format!("Option \"[{used}]\" can't be used with option \"[{name}]\"")),
        None => Ok(()),
    }
}

/// `CommandLineUtils.checkOneOfArgs`: exactly one of `names` must be given.
pub fn check_one_of(given: &Given, names: &[&str]) -> Result<(), String> {
    if names.iter().filter(|name| given.has(name)).count() == 1 {
        return Ok(());
    }
    let list: Vec<String> = names.iter().map(|name| format!("[{name}]")).collect();
    Err(format!("Exactly one of the following arguments is required: {}", list.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table {
        tool: "kafka-test",
        about: "",
        options: &[
            OptionSpec::flag("list", "lists"),
            OptionSpec::value("topic", "topic", "a topic"),
            OptionSpec::value("partitions", "count", "a number"),
            OptionSpec {
                name: "compression-codec",
                argument: Argument::Optional("codec"),
                built: Built::Yes,
                help: "a codec",
            },
            OptionSpec::flag("later", "comes later").not_yet(),
        ],
    };

    fn given(line: &str) -> Result<Given, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        parse(&TABLE, &words).map_err(|error| error.message())
    }

    #[test]
    fn arguments_come_behind_a_blank_or_an_equals_sign() {
        let got = given("--topic=a=b -partitions 3 extra --list=x").expect("a good line");
        assert_eq!(got.one("topic"), Ok(Some("a=b")));
        assert_eq!(got.int("partitions"), Ok(Some(3)));
        assert!(got.has("list"));
        assert_eq!(got.rest, ["extra"]);
        assert_eq!(given("--topic= a").expect("the next word is taken").one("topic"), Ok(Some("a")));
        assert_eq!(
            given("--partitions --list").expect("taken").int("partitions").map_err(|e| e.message()),
            Err("Cannot parse argument '--list' of option partitions".to_string())
        );
    }

    #[test]
    fn names_are_not_shortened() {
        assert_eq!(given("--lis"), Err("lis is not a recognized option".to_string()));
        assert_eq!(given("-bogus"), Err("b is not a recognized option".to_string()));
        assert_eq!(given("--topic"), Err("Option topic requires an argument".to_string()));
        assert_eq!(given("-- --lis").expect("behind -- all are plain words").rest, ["--lis"]);
    }

    #[test]
    fn an_optional_argument_is_not_an_option() {
        assert_eq!(given("--compression-codec --list").expect("two options").all("compression-codec").len(), 0);
        assert_eq!(given("--compression-codec lz4").expect("one").one("compression-codec"), Ok(Some("lz4")));
    }

    #[test]
    fn a_repeated_option_complains_when_one_value_is_asked_for() {
        let got = given("--topic a --topic b --later").expect("a good line");
        assert_eq!(got.all("topic"), ["a", "b"]);
        let error = got.one("topic").expect_err("two values");
        assert_eq!(error.message(), "Found multiple arguments for option topic, but you asked for only one");
        assert_eq!(got.first_not_yet(&TABLE).map(|option| option.name), Some("later"));
    }

    #[test]
    fn checks_are_worded_as_command_line_utils_words_them() {
        let got = given("--list --topic a").expect("a good line");
        assert_eq!(
            check_required(&got, &["topic", "partitions"]),
            Err("Missing required argument \"[partitions]\"".to_string())
        );
        assert_eq!(
            check_invalid(&got, "list", &["partitions", "topic"]),
            Err("Option \"[list]\" can't be used with option \"[topic]\"".to_string())
        );
        assert_eq!(
            check_one_of(&got, &["list", "topic"]),
            Err("Exactly one of the following arguments is required: [list], [topic]".to_string())
        );
    }

    #[test]
    fn help_marks_what_is_not_yet() {
        assert!(TABLE.help().contains("--topic <topic>"));
        assert!(
            TABLE.help().lines().any(|line| line.starts_with("--later") && line.ends_with("comes later (not yet)"))
        );
    }
}
