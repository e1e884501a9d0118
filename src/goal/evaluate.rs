//! What expressions are worth now.

use std::sync::Arc;

use super::course::{Course, Present};
use super::metrics::Losses;
use super::queries::Hits;
use super::records::Scan;
use super::syntax::{Arithmetic, Comparison, Expr, ExprKind, Within};
use super::tally::Tally;
use super::value::{Object, Value};
use super::window::Window;

/// What a node remembers between two looks.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub hits: Option<Hits>,
    pub tally: Option<Tally>,
    pub scan: Option<Scan>,
    pub losses: Option<Losses>,
}

/// One look.
pub struct Run<'a> {
    pub text: &'a str,
    pub course: &'a Course,
    pub present: Present<'a>,
    pub memory: &'a mut [Memory],
    /// Parameters of the lambdas around, the innermost last.
    pub params: Vec<(Arc<str>, Value)>,
}

impl Run<'_> {
    pub fn value(&mut self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Bool(value) => Value::Bool(*value),
            ExprKind::Number(number) => Value::Num(*number),
            ExprKind::Duration(micros) => Value::Dur(*micros),
            ExprKind::Text(text) => Value::Text(text.clone()),
            ExprKind::None => Value::None,
            ExprKind::List(items) => Value::List(self.values(items)),
            ExprKind::Set(items) => Value::set(self.values(items)),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Call(name, arguments) => self.call(expr.id, name, arguments),
            ExprKind::Field(inner, name) => {
                let value = self.value(inner);
                self.field(&value, name)
            }
            ExprKind::Method(inner, name, arguments) => match self.value(inner) {
                Value::History(window) => self.query(expr.id, &window, name, arguments),
                Value::Ledger(window) => self.metric(expr.id, &window, name, arguments),
                value => self.collection_method(&value, arguments),
            },
            ExprKind::Index(inner, index) => {
                let (value, index) = (self.value(inner), self.value(index));
                self.index(&value, &index)
            }
            // Their owners look at them.
            ExprKind::Pattern(_) | ExprKind::Lambda(..) => Value::None,
            ExprKind::Not(inner) => match self.value(inner) {
                Value::Bool(value) => Value::Bool(!value),
                _ => Value::Bool(false),
            },
            ExprKind::Minus(inner) => match self.value(inner) {
                Value::Num(number) => Value::Num(-number),
                Value::Dur(micros) => Value::Dur(-micros),
                _ => Value::None,
            },
            ExprKind::And(a, b) => Value::Bool(self.value(a).is_true() && self.value(b).is_true()),
            ExprKind::Or(a, b) => Value::Bool(self.value(a).is_true() || self.value(b).is_true()),
            ExprKind::If(condition, yes, no) => {
                let branch = if self.value(condition).is_true() { yes } else { no };
                self.value(branch)
            }
            ExprKind::Arithmetic(sign, a, b) => arithmetic(*sign, self.value(a), self.value(b)),
            ExprKind::Compare(sign, a, b) => {
                let asks_for_none = matches!(a.kind, ExprKind::None) || matches!(b.kind, ExprKind::None);
                let (a, b) = (self.value(a), self.value(b));
                Value::Bool(compare(*sign, &a, &b, asks_for_none))
            }
            ExprKind::In { negated, item, within } => {
                let item = self.value(item);
                let holder = self.holder(within);
                Value::Bool(is_in(*negated, &item, &holder))
            }
        }
    }

    pub fn values(&mut self, items: &[Expr]) -> Vec<Value> {
        items.iter().map(|item| self.value(item)).collect()
    }

    /// What stands behind `in`; a range as a [`Holder`] of its ends.
    pub fn holder(&mut self, within: &Within) -> Holder {
        match within {
            Within::Collection(collection) => Holder::Collection(self.value(collection)),
            Within::Range(low, high) => Holder::Range(self.value(low), self.value(high)),
        }
    }

    fn name(&mut self, name: &str) -> Value {
        if let Some((_, value)) = self.params.iter().rev().find(|(param, _)| &**param == name) {
            return value.clone();
        }
        match name {
            "now" => Value::time(self.present.now()),
            "elapsed" => Value::Dur(self.present.now().since(self.course.lesson.at).as_micros() as i64),
            "ctl" => Value::Object(Object::Controller),
            "H" => Value::History(Arc::new(Window::since(self.course.step))),
            "H0" => Value::History(Arc::new(Window::since(self.course.lesson))),
            "L" => Value::Ledger(Arc::new(Window::since(self.course.step))),
            "L0" => Value::Ledger(Arc::new(Window::since(self.course.lesson))),
            // The toys of one lesson are not built yet.
            _ => Value::None,
        }
    }

    pub fn index(&mut self, value: &Value, index: &Value) -> Value {
        match (value, index) {
            (Value::Map(entries), Value::Text(key)) => entries.get(key).cloned().unwrap_or_default(),
            (Value::List(items), Value::Num(at)) if *at >= 0.0 && at.fract() == 0.0 => {
                items.get(*at as usize).cloned().unwrap_or_default()
            }
            (Value::Object(object), Value::Text(key)) => self.config(object, key),
            _ => Value::None,
        }
    }

    /// `contains_all`, the one method of collections.
    fn collection_method(&mut self, value: &Value, arguments: &[Expr]) -> Value {
        let [wanted] = arguments else { return Value::None };
        let wanted = self.value(wanted);
        match (value.items(), wanted.items()) {
            (Some(items), Some(wanted)) => Value::Bool(wanted.iter().all(|item| items.contains(item))),
            _ => Value::None,
        }
    }

    /// Holds the lambda for this argument?
    pub fn apply(&mut self, lambda: &Expr, argument: Value) -> bool {
        let ExprKind::Lambda(param, body) = &lambda.kind else { return false };
        self.params.push((param.clone(), argument));
        let value = self.value(body);
        self.params.pop();
        value.is_true()
    }
}

/// What stands behind `in`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holder {
    Collection(Value),
    Range(Value, Value),
}

/// Comparisons with a missing side are false, but for `==` and `!=` with the literal `none`.
pub fn compare(sign: Comparison, a: &Value, b: &Value, asks_for_none: bool) -> bool {
    let missing = a.is_none() || b.is_none();
    match sign {
        Comparison::Equal if asks_for_none => a.is_none() && b.is_none(),
        Comparison::NotEqual if asks_for_none => a.is_none() != b.is_none(),
        _ if missing => false,
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
        Comparison::Contains => match (a, b) {
            (Value::Text(text), Value::Text(part)) => text.contains(&**part),
            _ => false,
        },
    }
}

/// `in` and `not in` are both false with a missing operand.
pub fn is_in(negated: bool, item: &Value, holder: &Holder) -> bool {
    if item.is_none() {
        return false;
    }
    let inside = match holder {
        Holder::Range(low, high) if low.is_none() || high.is_none() => return false,
        Holder::Range(low, high) => low <= item && item <= high,
        Holder::Collection(collection) => match collection.items() {
            Some(items) => items.contains(item),
            None => return false,
        },
    };
    inside != negated
}

fn arithmetic(sign: Arithmetic, a: Value, b: Value) -> Value {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    let micros = |product: f64| if product.is_finite() { Value::Dur(product.round() as i64) } else { Value::None };
    match (a, sign, b) {
        (Value::Num(_) | Value::Dur(_), Divide, Value::Num(0.0) | Value::Dur(0)) => Value::None,
        (Value::Num(a), _, Value::Num(b)) => {
            let result = match sign {
                Add => a + b,
                Subtract => a - b,
                Multiply => a * b,
                Divide => a / b,
            };
            if result.is_finite() { Value::Num(result) } else { Value::None }
        }
        (Value::Dur(a), Add, Value::Dur(b)) => Value::Dur(a.saturating_add(b)),
        (Value::Dur(a), Subtract, Value::Dur(b)) => Value::Dur(a.saturating_sub(b)),
        (Value::Dur(a), Divide, Value::Dur(b)) => Value::Num(a as f64 / b as f64),
        (Value::Num(a), Multiply, Value::Dur(b)) | (Value::Dur(b), Multiply, Value::Num(a)) => micros(a * b as f64),
        (Value::Dur(a), Divide, Value::Num(b)) => micros(a as f64 / b),
        (Value::Time(a), Subtract, Value::Time(b)) => Value::Dur(a.saturating_sub(b)),
        (Value::Time(a), Add, Value::Dur(b)) => Value::Time(a.saturating_add(b)),
        (Value::Time(a), Subtract, Value::Dur(b)) => Value::Time(a.saturating_sub(b)),
        _ => Value::None,
    }
}
