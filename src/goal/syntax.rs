//! The tree of a goal. Every node keeps its part of the source text and a number of its own.

use std::sync::Arc;

use super::error::Span;

#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
    /// Unique in its goal, counted from 0: what queries remember is filed under it.
    pub id: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    Bool(bool),
    Number(f64),
    /// Microseconds.
    Duration(i64),
    Text(Arc<str>),
    None,
    List(Vec<Expr>),
    Set(Vec<Expr>),
    Name(Arc<str>),
    Call(Arc<str>, Vec<Expr>),
    Field(Box<Expr>, Arc<str>),
    Method(Box<Expr>, Arc<str>, Vec<Expr>),
    Index(Box<Expr>, Box<Expr>),
    Pattern(Pattern),
    /// Only as the last argument of a call.
    Lambda(Arc<str>, Box<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `x in c`; negated: `x not in c`.
    In {
        negated: bool,
        item: Box<Expr>,
        within: Box<Within>,
    },
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// What stands behind `in`.
#[derive(Clone, PartialEq, Debug)]
pub enum Within {
    Collection(Expr),
    /// Both ends belong to it.
    Range(Expr, Expr),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Arithmetic {
    pub const fn sign(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

impl Comparison {
    pub const ALL: [Comparison; 7] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
        Comparison::Contains,
    ];

    pub const fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Contains => "~",
        }
    }

    /// True for `<` and its kin.
    pub const fn is_order(self) -> bool {
        !matches!(self, Comparison::Equal | Comparison::NotEqual | Comparison::Contains)
    }
}

/// An event with conditions.
#[derive(Clone, PartialEq, Debug)]
pub struct Pattern {
    pub event: Arc<str>,
    pub conditions: Vec<Condition>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    pub field: Arc<str>,
    pub span: Span,
    pub test: Test,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Test {
    /// `field:value` is [`Comparison::Equal`].
    Compare(Comparison, Expr),
    In {
        negated: bool,
        within: Within,
    },
}

impl Expr {
    /// A literal, or a negated number or duration, or a collection of such: the same at every moment.
    pub fn is_literal(&self) -> bool {
        match &self.kind {
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Duration(_) | ExprKind::Text(_) | ExprKind::None => {
                true
            }
            ExprKind::Minus(inner) => inner.is_literal(),
            ExprKind::List(items) | ExprKind::Set(items) => items.iter().all(Expr::is_literal),
            _ => false,
        }
    }

    /// The direct parts, in the order of the source.
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Text(_)
            | ExprKind::None
            | ExprKind::Name(_) => Vec::new(),
            ExprKind::List(items) | ExprKind::Set(items) | ExprKind::Call(_, items) => items.iter().collect(),
            ExprKind::Field(inner, _) | ExprKind::Lambda(_, inner) | ExprKind::Not(inner) | ExprKind::Minus(inner) => {
                vec![inner]
            }
            ExprKind::Method(inner, _, items) => std::iter::once(&**inner).chain(items).collect(),
            ExprKind::Index(a, b)
            | ExprKind::Arithmetic(_, a, b)
            | ExprKind::Compare(_, a, b)
            | ExprKind::And(a, b)
            | ExprKind::Or(a, b) => vec![a, b],
            ExprKind::If(a, b, c) => vec![a, b, c],
            ExprKind::In { item, within, .. } => std::iter::once(&**item).chain(within.parts()).collect(),
            ExprKind::Pattern(pattern) => pattern.conditions.iter().flat_map(|condition| condition.parts()).collect(),
        }
    }

    /// Calls `visit` for this node and all below it.
    pub fn visit<'e>(&'e self, visit: &mut impl FnMut(&'e Expr)) {
        visit(self);
        for part in self.parts() {
            part.visit(visit);
        }
    }
}

impl Within {
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Within::Collection(expr) => vec![expr],
            Within::Range(low, high) => vec![low, high],
        }
    }
}

impl Condition {
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.test {
            Test::Compare(_, expr) => vec![expr],
            Test::In { within, .. } => within.parts(),
        }
    }
}
