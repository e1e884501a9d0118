//! The wording of one kind of log line: level, logger and message with a `{}` for each value, as real processes print it.

use std::fmt::{self, Display};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Info => "INFO",
            Level::Warn => "WARN",
            Level::Error => "ERROR",
        })
    }
}

/// A row of the tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wording {
    pub level: Level,
    /// The full name of the class, or of a logger that is named otherwise (`state.change.logger`).
    pub logger: &'static str,
    pub text: &'static str,
}

/// A line that a process has printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    pub level: Level,
    pub logger: &'static str,
    pub message: String,
    /// The exception that stands on the next line, without its stack.
    pub exception: Option<String>,
}

impl Wording {
    /// The line with these values in its places.
    pub fn with(&self, values: &[&dyn Display]) -> LogLine {
        let mut parts = self.text.split("{}");
        let mut message = parts.next().unwrap_or_default().to_string();
        let mut values = values.iter();
        for part in parts {
            let value = values.next().expect("a wording gets a value for each of its places");
            message.push_str(&value.to_string());
            message.push_str(part);
        }
        assert!(values.next().is_none(), "a wording gets no more values than it has places: {}", self.text);
        LogLine { level: self.level, logger: self.logger, message, exception: None }
    }

    /// The same with an exception behind it.
    pub fn thrown(&self, values: &[&dyn Display], exception: String) -> LogLine {
        LogLine { exception: Some(exception), ..self.with(values) }
    }
}

impl Display for LogLine {
    /// The layout of Kafka's log4j2.yaml, `[%d] %p %m (%c)%n`, behind the date: `INFO message (logger)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.level, self.message, self.logger)?;
        match &self.exception {
            Some(exception) => write!(f, "\n{exception}"),
            None => Ok(()),
        }
    }
}

/// A table of wordings: a constant for each row, and all of them as `TABLE`.
macro_rules! wordings {
    ($($name:ident = $level:ident $logger:literal $text:literal;)*) => {
        $(const $name: Wording = Wording { level: Level::$level, logger: $logger, text: $text };)*

        /// Every wording of this file.
        pub static TABLE: &[Wording] = &[$($name),*];
    };
}
pub(super) use wordings;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_log4j_prints_it() {
        let wording = Wording { level: Level::Warn, logger: "a.B", text: "[{}] Node {} {x=1}" };
        assert_eq!(wording.with(&[&"P", &-1]).to_string(), "WARN [P] Node -1 {x=1} (a.B)");
        let thrown = wording.thrown(&[&"P", &2], "x.Y: text".to_string());
        assert_eq!(thrown.to_string(), "WARN [P] Node 2 {x=1} (a.B)\nx.Y: text");
    }
}
