//! Everything that can be wrong with a goal is found before it runs: names, fields, events, configs, arity, types, and
//! literals that cannot be a value. What passes has a value at every moment of every run.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::{GoalError, Span};
use super::syntax::{Arithmetic, Comparison, Expr, ExprKind, Within};
use super::types::{Ty, impossible};
use super::vocabulary::{self, CONFIGS, NAMES, OBJECTS};
use crate::nearest::did_you_mean;

/// Where a goal stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The goal of a lesson's step, or `sim goal`.
    Step,
    /// A challenge: only `H0` and `L0`, and `round`.
    Challenge,
    /// The `when` of a prediction's option: without `answered`.
    Judgement,
}

/// What the words of a goal are measured by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'r> {
    pub scope: Scope,
    /// Ids of the predictions that exist; None: any will do.
    pub predictions: Option<&'r BTreeSet<String>>,
}

impl Rules<'_> {
    pub const fn of(scope: Scope) -> Rules<'static> {
        Rules { scope, predictions: None }
    }
}

/// What a goal names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Words {
    /// Functions, `L.metric`, events.
    pub names: BTreeSet<String>,
    /// Of those, the ones that the engine cannot answer yet.
    pub later: BTreeSet<String>,
    /// Ids that `answered` asks for.
    pub predictions: BTreeSet<String>,
}

/// Checks a goal.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(text: &str, expr: &Expr, rules: Rules<'_>) -> Result<Words, GoalError> {
    let mut checker = Checker { text, rules, params: Vec::new(), words: Words::default() };
    let ty = checker.ty(expr)?;
    match ty {
        Ty::Bool => Ok(checker.words),
        _ => Err(checker.error(expr, format!("a goal is a bool, this is {ty}"))),
    }
}

pub(super) struct Checker<'t> {
    pub(super) text: &'t str,
    pub(super) rules: Rules<'t>,
    /// Parameters of the lambdas around, the innermost last.
    pub(super) params: Vec<(Arc<str>, Ty)>,
    pub(super) words: Words,
}

pub(super) type Checked<T = Ty> = Result<T, GoalError>;

impl Checker<'_> {
    pub(super) fn error(&self, at: &Expr, message: impl Into<String>) -> GoalError {
        GoalError::new(self.text, at.span, message)
    }

    /// An error at the name behind the dot.
    pub(super) fn error_behind(&self, inner: &Expr, expr: &Expr, message: impl Into<String>) -> GoalError {
        let span = Span { start: inner.span.end + 1, end: expr.span.end };
        GoalError::new(self.text, span, message)
    }

    pub(super) fn ty(&mut self, expr: &Expr) -> Checked {
        match &expr.kind {
            ExprKind::Bool(_) => Ok(Ty::Bool),
            ExprKind::Number(_) => Ok(Ty::Num),
            ExprKind::Duration(_) => Ok(Ty::Dur),
            ExprKind::Text(_) => Ok(Ty::Text("str")),
            ExprKind::None => Ok(Ty::None),
            ExprKind::List(items) => Ok(Ty::List(Box::new(self.items(items)?))),
            ExprKind::Set(items) => Ok(Ty::Set(Box::new(self.items(items)?))),
            ExprKind::Name(name) => self.name(expr, name),
            ExprKind::Call(name, arguments) => self.call(expr, name, arguments),
            ExprKind::Field(inner, name) => {
                let ty = self.ty(inner)?;
                self.field(expr, inner, &ty, name)
            }
            ExprKind::Method(inner, name, arguments) => self.method(expr, inner, name, arguments),
            ExprKind::Index(inner, index) => self.index(inner, index),
            ExprKind::Pattern(pattern) => {
                let message = format!("an event pattern stands in a query: H.any({})", pattern.event);
                Err(self.error(expr, message))
            }
            ExprKind::Lambda(..) => Err(self.error(expr, "no lambda is wanted here")),
            ExprKind::Not(inner) => self.all_bool("!", &[inner]),
            ExprKind::Minus(inner) => match self.ty(inner)? {
                ty @ (Ty::Num | Ty::Dur) => Ok(ty),
                ty => Err(self.error(inner, format!("'-' needs a num or a dur, this is {ty}"))),
            },
            ExprKind::And(a, b) => self.all_bool("&&", &[a, b]),
            ExprKind::Or(a, b) => self.all_bool("||", &[a, b]),
            ExprKind::If(condition, yes, no) => self.conditional(expr, condition, yes, no),
            ExprKind::Arithmetic(sign, a, b) => self.arithmetic(expr, *sign, a, b),
            ExprKind::Compare(sign, a, b) => {
                let (left, right) = (self.ty(a)?, self.ty(b)?);
                self.comparable(expr, *sign, &left, &right)?;
                self.literal(&left, b)?;
                self.literal(&right, a)?;
                Ok(Ty::Bool)
            }
            ExprKind::In { item, within, .. } => {
                let ty = self.ty(item)?;
                self.member(expr, &ty, within)?;
                Ok(Ty::Bool)
            }
        }
    }

    fn all_bool(&mut self, sign: &str, parts: &[&Expr]) -> Checked {
        for part in parts {
            let ty = self.ty(part)?;
            if ty != Ty::Bool {
                return Err(self.error(part, format!("'{sign}' needs a bool, this is {ty}")));
            }
        }
        Ok(Ty::Bool)
    }

    fn items(&mut self, items: &[Expr]) -> Checked {
        let mut first = Ty::Any;
        for item in items {
            let ty = self.ty(item)?;
            if matches!(ty, Ty::History | Ty::Ledger { .. }) {
                return Err(self.error(item, format!("{ty} is no value")));
            }
            if first == Ty::Any {
                first = ty;
            } else if !first.fits(&ty) {
                return Err(self.error(item, format!("a collection holds one type: {first}, this is {ty}")));
            }
        }
        // Texts of a literal are plain: what kind they must be is said by the other side.
        Ok(if first.is_text() { Ty::Text("str") } else { first })
    }

    fn name(&mut self, expr: &Expr, name: &str) -> Checked {
        if let Some((_, ty)) = self.params.iter().rev().find(|(param, _)| &**param == name) {
            return Ok(ty.clone());
        }
        let Some(written) = vocabulary::pair(NAMES, name) else {
            let known = NAMES.iter().map(|(name, _)| *name).chain(self.params.iter().map(|(param, _)| &**param));
            let hint = match vocabulary::function(vocabulary::FUNCTIONS, name) {
                Some(_) => format!("; {name} is a function: {name}(...)"),
                None => did_you_mean(name, known),
            };
            return Err(self.error(expr, format!("there is no name {name}{hint}")));
        };
        if self.rules.scope == Scope::Challenge && matches!(name, "H" | "L") {
            return Err(self.error(expr, format!("a challenge has no steps: {name}0 instead of {name}")));
        }
        Ok(Ty::of_table(written))
    }

    fn conditional(&mut self, expr: &Expr, condition: &Expr, yes: &Expr, no: &Expr) -> Checked {
        self.all_bool("?", &[condition])?;
        let (a, b) = (self.ty(yes)?, self.ty(no)?);
        if !a.fits(&b) {
            return Err(self.error(expr, format!("both branches have one type, these are {a} and {b}")));
        }
        Ok(if a == Ty::None { b } else { a })
    }

    fn arithmetic(&mut self, expr: &Expr, sign: Arithmetic, a: &Expr, b: &Expr) -> Checked {
        use Arithmetic::{Add, Divide, Multiply, Subtract};
        let (left, right) = (self.ty(a)?, self.ty(b)?);
        Ok(match (&left, sign, &right) {
            (Ty::Num, _, Ty::Num) => Ty::Num,
            (Ty::Dur, Add | Subtract, Ty::Dur) => Ty::Dur,
            (Ty::Dur, Divide, Ty::Dur) => Ty::Num,
            (Ty::Num, Multiply, Ty::Dur) | (Ty::Dur, Multiply | Divide, Ty::Num) => Ty::Dur,
            (Ty::Time, Subtract, Ty::Time) => Ty::Dur,
            (Ty::Time, Add | Subtract, Ty::Dur) => Ty::Time,
            _ => return Err(self.error(expr, format!("{left} {} {right} has no meaning", sign.sign()))),
        })
    }

    pub(super) fn comparable(&self, at: &Expr, sign: Comparison, left: &Ty, right: &Ty) -> Checked<()> {
        let sign_text = sign.sign();
        let window = |ty: &Ty| matches!(ty, Ty::History | Ty::Ledger { .. });
        let refused = match sign {
            Comparison::Contains if left.is_text() && right.is_text() => return Ok(()),
            Comparison::Contains => format!("'~' needs text on both sides, these are {left} and {right}"),
            _ if window(left) || window(right) => format!("'{sign_text}' compares values, a window is none"),
            _ if !left.fits(right) => format!("{left} {sign_text} {right} compares different types"),
            _ if sign.is_order() && !(left.is_ordered() && right.is_ordered()) => {
                format!("'{sign_text}' needs num, dur or time, these are {left} and {right}")
            }
            _ => return Ok(()),
        };
        Err(self.error(at, refused))
    }

    pub(super) fn member(&mut self, at: &Expr, ty: &Ty, within: &Within) -> Checked<()> {
        match within {
            Within::Range(low, high) => {
                for end in [low, high] {
                    let end_ty = self.ty(end)?;
                    if !ty.fits(&end_ty) || !end_ty.is_ordered() {
                        return Err(self.error(end, format!("a range of {end_ty} cannot hold {ty}")));
                    }
                }
            }
            Within::Collection(collection) => {
                let holder = self.ty(collection)?;
                if !holder.item().is_some_and(|item| item.fits(ty)) {
                    let hint = if holder.item().is_none() { "; in needs a list, a set or a range" } else { "" };
                    return Err(self.error(at, format!("{holder} cannot hold {ty}{hint}")));
                }
                self.literal(ty, collection)?;
                if let (Some(item), Ty::Text(_)) = (holder.item(), ty) {
                    // The other way round: a literal that the collection could never hold.
                    let item = item.clone();
                    if let ExprKind::In { item: left, .. } = &at.kind {
                        self.literal(&item, left)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A literal text must be possible as a value of the type that it meets.
    pub(super) fn literal(&mut self, wanted: &Ty, expr: &Expr) -> Checked<()> {
        match (&expr.kind, wanted) {
            (ExprKind::List(items) | ExprKind::Set(items), _) => {
                let wanted = wanted.item().unwrap_or(wanted).clone();
                items.iter().try_for_each(|item| self.literal(&wanted, item))
            }
            (ExprKind::Text(text), Ty::Text("prediction")) => self.prediction(expr, text),
            (ExprKind::Text(text), Ty::Text(kind)) => match impossible(kind, text) {
                Some(message) => Err(self.error(expr, message)),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn prediction(&mut self, expr: &Expr, id: &str) -> Checked<()> {
        if let Some(known) = self.rules.predictions.filter(|known| !known.contains(id)) {
            let near = did_you_mean(id, known.iter().map(String::as_str));
            return Err(self.error(expr, format!("there is no prediction \"{id}\"{near}")));
        }
        self.words.predictions.insert(id.to_string());
        Ok(())
    }

    /// A field of an object, an event or a collection.
    fn field(&self, at: &Expr, inner: &Expr, ty: &Ty, name: &str) -> Checked {
        let known: Vec<(&str, Ty)> = match ty {
            Ty::List(_) => vec![("len", Ty::Num), ("sorted", ty.clone())],
            Ty::Set(_) => vec![("len", Ty::Num)],
            Ty::Map(_) => vec![("len", Ty::Num), ("keys", Ty::Set(Box::new(Ty::Text("str"))))],
            Ty::Event(kind) => {
                let fields = kind.row().fields.iter().map(|(name, written)| (*name, Ty::of_table(written)));
                fields.chain([("at", Ty::Time)]).collect()
            }
            Ty::Object(object) => {
                let fields = vocabulary::pair(OBJECTS, object).unwrap_or(&[]);
                fields.iter().map(|(name, written)| (*name, Ty::of_table(written))).collect()
            }
            _ => Vec::new(),
        };
        match known.iter().find(|(field, _)| *field == name) {
            Some((_, found)) => Ok(found.clone()),
            None => {
                let near = did_you_mean(name, known.iter().map(|(name, _)| *name));
                Err(self.error_behind(inner, at, format!("{ty} has no field {name}{near}")))
            }
        }
    }

    fn index(&mut self, inner: &Expr, index: &Expr) -> Checked {
        let (ty, index_ty) = (self.ty(inner)?, self.ty(index)?);
        match (&ty, &index_ty) {
            (Ty::Config(whose), _) => {
                let keys = vocabulary::pair(CONFIGS, whose).unwrap_or(&[]);
                let ExprKind::Text(key) = &index.kind else {
                    return Err(self.error(index, "a config key is a literal text"));
                };
                match keys.iter().find(|(known, _)| *known == &**key) {
                    Some((_, written)) => Ok(Ty::of_table(written)),
                    None => {
                        let near = did_you_mean(key, keys.iter().map(|(known, _)| *known));
                        Err(self.error(index, format!("goals know no {whose} config {key}{near}")))
                    }
                }
            }
            (Ty::Map(item), Ty::Text(_)) | (Ty::List(item), Ty::Num) => Ok((**item).clone()),
            _ => Err(self.error(index, format!("{ty} has no [{index_ty}]"))),
        }
    }
}
