//! What is wrong with a goal, and where.

use std::fmt;

/// A part of the source text: bytes from `start` up to `end`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// From the begin of this one to the end of another.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }

    /// The part of the text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// An error of the person who wrote the goal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoalError {
    pub span: Span,
    /// What is wrong, without the place.
    pub message: String,
    /// The place as people count: the first character is 1.
    pub column: u32,
}

impl GoalError {
    pub fn new(text: &str, span: Span, message: impl Into<String>) -> GoalError {
        let before = text.get(..span.start as usize).unwrap_or(text);
        GoalError { span, message: message.into(), column: before.chars().count() as u32 + 1 }
    }
}

impl fmt::Display for GoalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.column, self.message)
    }
}
