//! The language in which a lesson says what is to be reached: expressions over the world at the playhead and over what
//! has happened on its branch. A goal only looks; it is checked before it runs, and then it has a value at every moment
//! of every run.
//!
//! ```text
//! text -> lexer -> parser -> check -> Goal
//! journal -> facts (events as goals name them) -> Course
//! Goal + Course + Present -> Watch: value, why not yet
//! ```
//!
//! Queries of the past are counted as events come in ([`Watch`] remembers the matches of each pattern and the sums of
//! each query and window); the journal is read again only after a jump in history.

pub mod check;
mod check_calls;
pub mod course;
pub mod error;
mod evaluate;
pub mod facts;
pub mod lexer;
mod metrics;
pub mod parser;
mod queries;
pub mod reason;
mod records;
pub mod syntax;
mod tally;
mod things;
pub mod types;
pub mod value;
pub mod vocabulary;
pub mod why;
pub mod window;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use check::{Rules, Scope, Words};
pub use course::{Course, Present};
pub use error::GoalError;
use evaluate::{Memory, Run};
pub use reason::{Missing, Reason};
use syntax::{Expr, ExprKind};
pub use value::Value;
use vocabulary::EventKind;
pub use window::Mark;

/// A goal that has been checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Goal {
    text: Arc<str>,
    root: Expr,
    nodes: u32,
    words: Words,
    kinds: BTreeSet<EventKind>,
}

impl Goal {
    /// Reads and checks a goal.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn new(text: &str, rules: Rules<'_>) -> Result<Goal, GoalError> {
        let (root, nodes) = parser::parse(text)?;
        let words = check::check(text, &root, rules)?;
        let mut kinds = BTreeSet::new();
        root.visit(&mut |expr| match &expr.kind {
            ExprKind::Pattern(pattern) => kinds.extend(EventKind::named(&pattern.event)),
            ExprKind::Method(_, name, _) => kinds.extend(metrics::kinds(name)),
            _ => {}
        });
        Ok(Goal { text: Arc::from(text), root, nodes, words, kinds })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn root(&self) -> &Expr {
        &self.root
    }

    /// The parts of the conjunction at the top, in order: source text, and whether it asks for a locked prediction.
    pub fn parts(&self) -> Vec<(&str, bool)> {
        why::conjuncts(&self.root).into_iter().map(|expr| (expr.span.of(&self.text), asks(expr))).collect()
    }

    /// What it names.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The kinds of events that it looks for.
    pub fn kinds(&self) -> &BTreeSet<EventKind> {
        &self.kinds
    }
}

/// A part of a goal as it stands now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its source text.
    pub text: String,
    pub holds: bool,
    /// What is missing.
    pub why: Vec<Missing>,
    /// How far it has come if it counts up to a number.
    pub counted: Option<(i64, i64)>,
    /// It asks for a locked prediction.
    pub asks: bool,
}

/// A goal that is looked at again and again as history goes on.
#[derive(Clone, Debug)]
pub struct Watch {
    goal: Arc<Goal>,
    /// By the number of the node.
    memory: Vec<Memory>,
}

impl Watch {
    pub fn new(goal: Arc<Goal>) -> Watch {
        let memory = vec![Memory::default(); goal.nodes as usize];
        Watch { goal, memory }
    }

    pub fn goal(&self) -> &Goal {
        &self.goal
    }

    /// The value now. The course watches the goal and has followed to the present.
    pub fn value(&mut self, course: &Course, present: Present<'_>) -> Value {
        let goal = self.goal.clone();
        self.run(course, present).value(&goal.root)
    }

    /// The value of the left side of a goal that is a comparison: a goal is a bool, its parts are anything.
    pub fn part_value(&mut self, course: &Course, present: Present<'_>) -> Value {
        let goal = self.goal.clone();
        match &goal.root.kind {
            ExprKind::Compare(_, left, _) => self.run(course, present).value(left),
            _ => self.run(course, present).value(&goal.root),
        }
    }

    pub fn holds(&mut self, course: &Course, present: Present<'_>) -> bool {
        self.value(course, present).is_true()
    }

    fn run<'a>(&'a mut self, course: &'a Course, present: Present<'a>) -> Run<'a> {
        Run { text: &self.goal.text, course, present, memory: &mut self.memory, params: Vec::new() }
    }

    /// What keeps the goal from being true: its innermost false parts with their present values. Empty if it is true.
    pub fn why(&mut self, course: &Course, present: Present<'_>) -> Vec<String> {
        let goal = self.goal.clone();
        self.run(course, present).why(&goal.root).iter().map(Missing::to_string).collect()
    }

    /// The parts of the conjunction at the top, in order.
    pub fn parts(&mut self, course: &Course, present: Present<'_>) -> Vec<Part> {
        let goal = self.goal.clone();
        let mut run = self.run(course, present);
        let part = |expr| {
            let why = run.why(expr);
            let text = expr.span.of(&goal.text).to_string();
            Part { text, holds: why.is_empty(), why, counted: run.counted(expr), asks: asks(expr) }
        };
        why::conjuncts(&goal.root).into_iter().map(part).collect()
    }

    /// True parts and all parts of the conjunction at the top.
    pub fn progress(&mut self, course: &Course, present: Present<'_>) -> (u32, u32) {
        let parts = self.parts(course, present);
        (parts.iter().filter(|part| part.holds).count() as u32, parts.len() as u32)
    }
}

/// A part that asks for a locked prediction.
fn asks(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call(name, _) if &**name == "answered")
}

/// A goal's value over the whole run, and why it is not true; counted from the start.
pub fn look(goal: Goal, present: Present<'_>) -> (Value, Vec<String>) {
    let mut course = Course::of_run(present);
    course.watch(&goal);
    course.follow(present);
    let mut watch = Watch::new(Arc::new(goal));
    let value = watch.value(&course, present);
    let why = if value.is_true() { Vec::new() } else { watch.why(&course, present) };
    (value, why)
}
