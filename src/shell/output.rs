//! What a line prints: the two streams apart, as a program writes them, and its exit status.

use crate::kafka::client::tool::{Level, LogLine};
use crate::kafka::errors::KafkaException;
use crate::time::SimTime;

/// Standard output (bytes: a record's value can be any), standard error, exit status.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub status: i32,
}

impl Output {
    /// A success that prints nothing.
    pub fn silent() -> Output {
        Output::default()
    }

    /// A success that prints lines.
    pub fn printed(text: impl Into<String>) -> Output {
        Output { stdout: text.into().into_bytes(), ..Output::default() }
    }

    /// Status 1 and one line on standard error.
    pub fn failed(message: impl AsRef<str>) -> Output {
        Output { stderr: format!("{}\n", message.as_ref()), status: 1, ..Output::default() }
    }

    /// The one line that stands for everything that is not built: status 1.
    pub fn not_yet(what: impl AsRef<str>) -> Output {
        Output::failed(format!("not yet: {}", what.as_ref()))
    }

    /// A line of standard output.
    pub fn out(&mut self, line: impl AsRef<str>) {
        self.stdout.extend_from_slice(line.as_ref().as_bytes());
        self.stdout.push(b'\n');
    }

    /// A line of standard error.
    pub fn err(&mut self, line: impl AsRef<str>) {
        self.stderr.push_str(line.as_ref());
        self.stderr.push('\n');
    }

    /// The same output with another status.
    pub fn with_status(mut self, status: i32) -> Output {
        self.status = status;
        self
    }

    /// What `later` printed behind what this printed; the status is that of `later`.
    pub fn then(mut self, later: Output) -> Output {
        self.stdout.extend_from_slice(&later.stdout);
        self.stderr.push_str(&later.stderr);
        self.status = later.status;
        self
    }

    /// A log4j entry, with the exception behind it.
    pub fn log(&mut self, at: SimTime, level: Level, message: &str, logger: &str, error: Option<&KafkaException>) {
        self.err(format!("[{at}] {} {message} ({logger})", level.name()));
        if let Some(error) = error {
            self.stderr.push_str(&trace(error));
        }
    }

    pub fn log_line(&mut self, line: &LogLine) {
        self.log(line.at, line.level, &line.message, line.logger, line.error.as_ref());
    }

    /// Standard output as text; bytes that are not UTF-8 are replaced.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// A stack trace without its frames: the exception and its causes, a line each.
pub fn trace(error: &KafkaException) -> String {
    let mut text = format!("{error}\n");
    let mut cause = error.cause.as_deref();
    while let Some(error) = cause {
        text.push_str(&format!("Caused by: {error}\n"));
        cause = error.cause.as_deref();
    }
    text
}
