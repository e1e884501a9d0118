//! "Why not yet": the innermost false parts of a goal with their present values.

use super::evaluate::{Holder, Run};
use super::queries::{Found, grows_towards, pattern_of};
use super::reason::{Missing, Reason};
use super::syntax::{Comparison, Expr, ExprKind, Within};
use super::value::{Object, Value};
use super::vocabulary::{self, FUNCTIONS, OBJECTS};
use super::window::Window;

/// The parts of the conjunction at the top of a goal.
pub fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::And(a, b) => {
            let mut parts = conjuncts(a);
            parts.extend(conjuncts(b));
            parts
        }
        _ => vec![expr],
    }
}

impl Run<'_> {
    /// What is missing, part by part.
    pub fn why(&mut self, expr: &Expr) -> Vec<Missing> {
        if self.value(expr).is_true() {
            return Vec::new();
        }
        match &expr.kind {
            ExprKind::And(a, b) => {
                let mut lines = self.why(a);
                lines.extend(self.why(b));
                lines
            }
            ExprKind::Or(a, b) => {
                let (left, right) = (self.why(a), self.why(b));
                vec![Missing::Either(left, right)]
            }
            ExprKind::If(condition, yes, no) => {
                let branch = if self.value(condition).is_true() { yes } else { no };
                self.why(branch)
            }
            _ => vec![Missing::Part { source: self.source(expr), reason: self.reason(expr) }],
        }
    }

    /// How far a part has come that counts up to a number: the count and the number.
    pub fn counted(&mut self, expr: &Expr) -> Option<(i64, i64)> {
        let ExprKind::Compare(sign, counted, wanted) = &expr.kind else { return None };
        if !matches!(sign, Comparison::Greater | Comparison::GreaterOrEqual) {
            return None;
        }
        match (self.value(counted), self.value(wanted)) {
            (Value::Num(count), Value::Num(wanted)) if wanted > 1.0 && is_whole(count) && is_whole(wanted) => {
                Some((count as i64, wanted as i64))
            }
            _ => None,
        }
    }

    fn source(&self, expr: &Expr) -> String {
        expr.span.of(self.text).to_string()
    }

    fn reason(&mut self, expr: &Expr) -> Reason {
        if let Some(missing) = self.missing_window(expr) {
            return missing;
        }
        match &expr.kind {
            ExprKind::Compare(sign, a, b) => self.compared(*sign, a, b),
            ExprKind::In { item, within, .. } => match &**within {
                Within::Collection(collection) => self.sides(&[item, collection]),
                Within::Range(low, high) => self.sides(&[item, low, high]),
            },
            ExprKind::Method(inner, name, arguments) => match self.value(inner) {
                Value::History(window) => self.of_query(&window, name, arguments),
                _ => self.plain(expr),
            },
            ExprKind::Call(name, _) if &**name == "answered" => Reason::NotAnswered,
            ExprKind::Call(name, arguments) if matches!(&**name, "any_rec" | "all_recs" | "all_partitions") => {
                self.of_records(expr, name, arguments)
            }
            ExprKind::Not(inner) => match self.value(inner) {
                Value::None => self.is_missing(inner),
                _ => Reason::IsTrue(self.source(inner)),
            },
            _ => self.plain(expr),
        }
    }

    fn plain(&mut self, expr: &Expr) -> Reason {
        match self.value(expr) {
            Value::None => self.is_missing(expr),
            value => Reason::Is(vec![value.to_string()]),
        }
    }

    /// The innermost part that is not there.
    fn is_missing(&mut self, expr: &Expr) -> Reason {
        let mut innermost = expr;
        loop {
            // Patterns and lambdas have no value of their own; what stands in them is not to blame.
            let parts = match &innermost.kind {
                ExprKind::Method(inner, ..) | ExprKind::Field(inner, _) => vec![&**inner],
                ExprKind::Pattern(_) | ExprKind::Lambda(..) => Vec::new(),
                _ => innermost.parts(),
            };
            let is_asked =
                |part: &&Expr| !matches!(part.kind, ExprKind::None | ExprKind::Pattern(_) | ExprKind::Lambda(..));
            let missing = parts.into_iter().filter(is_asked).find(|part| {
                let value = self.value(part);
                value.is_none() || matches!(value, Value::Object(Object::Topic { exists: false, .. }))
            });
            match missing {
                Some(part) => innermost = part,
                None => break,
            }
        }
        let source = self.source(innermost);
        let is_thing = match &innermost.kind {
            ExprKind::Call(name, _) => vocabulary::function(FUNCTIONS, name)
                .is_some_and(|row| OBJECTS.iter().any(|(object, _)| *object == row.returns)),
            _ => false,
        };
        if is_thing { Reason::NoSuchThing(source) } else { Reason::NoneYet(source) }
    }

    /// The values of the sides that are no literals.
    fn sides(&mut self, sides: &[&Expr]) -> Reason {
        let asked: Vec<&&Expr> = sides.iter().filter(|side| !side.is_literal()).collect();
        let mut shown = Vec::new();
        for side in asked {
            match self.value(side) {
                Value::None => return self.is_missing(side),
                value => shown.push(value.to_string()),
            }
        }
        Reason::Is(shown)
    }

    fn compared(&mut self, sign: Comparison, a: &Expr, b: &Expr) -> Reason {
        if let Some(left) = self.time_left(sign, a, b) {
            return left;
        }
        let is = self.sides(&[a, b]);
        let ExprKind::Method(inner, name, arguments) = &a.kind else { return is };
        if !grows_towards(sign) || !matches!(&**name, "count" | "distinct") {
            return is;
        }
        match (self.value(inner), arguments.first()) {
            (Value::History(window), Some(argument)) => self.with_near_miss(is, &window, pattern_part(argument)),
            _ => is,
        }
    }

    /// A clock that has not run long enough: what is left.
    fn time_left(&mut self, sign: Comparison, a: &Expr, b: &Expr) -> Option<Reason> {
        let runs = match &a.kind {
            ExprKind::Call(name, _) => &**name == "since",
            ExprKind::Name(name) => &**name == "elapsed",
            _ => false,
        };
        if !runs || !matches!(sign, Comparison::Greater | Comparison::GreaterOrEqual) {
            return None;
        }
        match (self.value(a), self.value(b)) {
            (Value::Dur(passed), Value::Dur(wanted)) => Some(Reason::TimeLeft { left: wanted - passed, of: wanted }),
            _ => None,
        }
    }

    /// The pattern of an `after` or `during` that has no match, anywhere in the expression.
    fn missing_window(&mut self, expr: &Expr) -> Option<Reason> {
        let mut calls = Vec::new();
        expr.visit(&mut |part| {
            if let ExprKind::Method(inner, name, _) = &part.kind
                && !matches!(&**name, "after" | "during" | "within")
            {
                calls.push(&**inner);
            }
        });
        for inner in calls {
            if let Value::History(window) = self.value(inner)
                && let Some(span) = window.missing
            {
                return Some(Reason::NotHappened(span.of(self.text).to_string()));
            }
        }
        None
    }

    fn of_query(&mut self, window: &Window, name: &str, arguments: &[Expr]) -> Reason {
        let Some(first) = arguments.first() else { return Reason::Is(vec!["false".to_string()]) };
        match name {
            "seq" => {
                let reached = self.sequence(window, arguments).len();
                let next = arguments.get(reached).map_or(String::new(), |next| self.source(next));
                Reason::Sequence { reached: reached as u32, of: arguments.len() as u32, next }
            }
            "none" => {
                let start = self.present.world.start();
                let first = self.find(first, window, |_, found| {
                    let at = found.held.first().map(|place| found.stretch(place).begin.at);
                    (found.held.len(), at.map_or(0, |at| at.micros_from(start)))
                });
                let (count, first_us) = first.unwrap_or_default();
                Reason::Happened { count, first_us }
            }
            _ => {
                let count = self.find(first, window, |_, found| found.held.len()).unwrap_or(0);
                self.with_near_miss(Reason::SoFar(count), window, first)
            }
        }
    }

    fn with_near_miss(&mut self, reason: Reason, window: &Window, expr: &Expr) -> Reason {
        match self.near_miss(window, expr) {
            Some((event, field, value)) => Reason::NearMiss { reason: Box::new(reason), event, field, value },
            None => reason,
        }
    }

    /// The newest event of the pattern's kind in the window that fails in exactly one condition: its name, and the field
    /// with its value.
    fn near_miss(&mut self, window: &Window, expr: &Expr) -> Option<(String, String, String)> {
        let (_, pattern) = pattern_of(expr)?;
        let wanted: Vec<Holder> = self.wanted(pattern);
        let miss = self.find(expr, window, |run, found: &Found<'_>| {
            let in_window = |at: &u32| {
                let stretch = found.facts[*at as usize].stretch;
                if found.kind.row().interval {
                    window.holds_stretch(&stretch)
                } else {
                    window.holds_point(stretch.begin)
                }
            };
            (0..found.facts.len() as u32)
                .rev()
                .filter(in_window)
                .find_map(|at| {
                    let fails =
                        |number: &usize| !run.condition_holds(found.kind, at, pattern, *number, &wanted[*number]);
                    let failed: Vec<usize> = (0..wanted.len()).filter(fails).collect();
                    match failed[..] {
                        [one] => Some((at, one)),
                        _ => None,
                    }
                })
                .map(|(at, number)| {
                    let field = &pattern.conditions[number].field;
                    let value = run.fact_field(found.kind, at, field);
                    (pattern.event.to_string(), field.to_string(), value.to_string())
                })
        });
        miss.flatten()
    }

    fn of_records(&mut self, expr: &Expr, name: &str, arguments: &[Expr]) -> Reason {
        let [topic, lambda] = arguments else { return self.plain(expr) };
        let Value::Text(topic) = self.value(topic) else { return self.is_missing(expr) };
        if name == "all_partitions" {
            let counter = self.all_partitions(&topic, lambda);
            let count =
                self.image().and_then(|image| image.topics.get(&topic)).map_or(0, |topic| topic.partitions.len());
            return match counter {
                None => Reason::NoSuchTopic(topic.to_string()),
                Some(counter) => Reason::Checked { count: count as u64, not_for: counter.map(|tp| tp.to_string()) },
            };
        }
        match self.topic_question(expr.id, name, &topic, lambda) {
            None => Reason::NoSuchTopic(topic.to_string()),
            Some(answer) => {
                let example = answer.counter_example.filter(|_| name == "all_recs");
                let not_for = example.map(|record| Object::Record(record).to_string());
                Reason::Checked { count: answer.records as u64, not_for }
            }
        }
    }
}

/// `E` of `count(E)` and of `distinct(E.field)`.
fn pattern_part(argument: &Expr) -> &Expr {
    match &argument.kind {
        ExprKind::Field(inner, _) => inner,
        _ => argument,
    }
}

fn is_whole(number: f64) -> bool {
    number as i64 as f64 == number
}
