//! "Why not yet": the innermost false parts of a goal with their present values.

use super::evaluate::{Holder, Run};
use super::queries::{Found, grows_towards, pattern_of};
use super::syntax::{Comparison, Expr, ExprKind, Within};
use super::value::{Object, Value, duration_text};
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
    /// One line for each part that is missing.
    pub fn why(&mut self, expr: &Expr) -> Vec<String> {
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
                vec![format!("{} or {}", left.join(" and "), right.join(" and "))]
            }
            ExprKind::If(condition, yes, no) => {
                let branch = if self.value(condition).is_true() { yes } else { no };
                self.why(branch)
            }
            _ => vec![format!("{} - {}", expr.span.of(self.text), self.reason(expr))],
        }
    }

    fn source(&self, expr: &Expr) -> String {
        expr.span.of(self.text).to_string()
    }

    fn reason(&mut self, expr: &Expr) -> String {
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
            ExprKind::Call(name, _) if &**name == "answered" => "lock your prediction first".to_string(),
            ExprKind::Call(name, arguments) if matches!(&**name, "any_rec" | "all_recs" | "all_partitions") => {
                self.of_records(expr, name, arguments)
            }
            ExprKind::Not(inner) => match self.value(inner) {
                Value::None => self.is_missing(inner),
                _ => format!("{} is true", self.source(inner)),
            },
            _ => self.plain(expr),
        }
    }

    fn plain(&mut self, expr: &Expr) -> String {
        match self.value(expr) {
            Value::None => self.is_missing(expr),
            value => format!("is {value}"),
        }
    }

    /// The innermost part that is not there.
    fn is_missing(&mut self, expr: &Expr) -> String {
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
        if is_thing { format!("{source} does not exist yet") } else { format!("there is none yet: {source}") }
    }

    /// The values of the sides that are no literals.
    fn sides(&mut self, sides: &[&Expr]) -> String {
        let asked: Vec<&&Expr> = sides.iter().filter(|side| !side.is_literal()).collect();
        let mut shown = Vec::new();
        for side in asked {
            match self.value(side) {
                Value::None => return self.is_missing(side),
                value => shown.push(value.to_string()),
            }
        }
        format!("is {}", shown.join(" and "))
    }

    fn compared(&mut self, sign: Comparison, a: &Expr, b: &Expr) -> String {
        if let Some(left) = self.time_left(sign, a, b) {
            return left;
        }
        let is = self.sides(&[a, b]);
        let ExprKind::Method(inner, name, arguments) = &a.kind else { return is };
        if !grows_towards(sign) || !matches!(&**name, "count" | "distinct") {
            return is;
        }
        match (self.value(inner), arguments.first()) {
            (Value::History(window), Some(argument)) => match self.near_miss(&window, pattern_part(argument)) {
                Some(miss) => format!("{is}; {miss}"),
                None => is,
            },
            _ => is,
        }
    }

    /// A clock that has not run long enough: what is left.
    fn time_left(&mut self, sign: Comparison, a: &Expr, b: &Expr) -> Option<String> {
        let runs = match &a.kind {
            ExprKind::Call(name, _) => &**name == "since",
            ExprKind::Name(name) => &**name == "elapsed",
            _ => false,
        };
        if !runs || !matches!(sign, Comparison::Greater | Comparison::GreaterOrEqual) {
            return None;
        }
        match (self.value(a), self.value(b)) {
            (Value::Dur(passed), Value::Dur(wanted)) => {
                Some(format!("{} of {}", duration_text(wanted - passed), duration_text(wanted)))
            }
            _ => None,
        }
    }

    /// The pattern of an `after` or `during` that has no match, anywhere in the expression.
    fn missing_window(&mut self, expr: &Expr) -> Option<String> {
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
                return Some(format!("{} has not happened yet", span.of(self.text)));
            }
        }
        None
    }

    fn of_query(&mut self, window: &Window, name: &str, arguments: &[Expr]) -> String {
        let Some(first) = arguments.first() else { return "is false".to_string() };
        match name {
            "seq" => {
                let reached = self.sequence(window, arguments).len();
                let waiting = arguments.get(reached).map_or(String::new(), |next| self.source(next));
                format!("{reached} of {}: waiting for {waiting}", arguments.len())
            }
            "none" => {
                let start = self.present.world.start();
                let first = self.find(first, window, |_, found| {
                    let at = found.held.first().map(|place| found.stretch(place).begin.at);
                    (found.held.len(), at.map_or(0, |at| at.micros_from(start)))
                });
                let (count, at) = first.unwrap_or_default();
                format!("{count} so far, the first at {}", clock(at))
            }
            _ => {
                let count = self.find(first, window, |_, found| found.held.len()).unwrap_or(0);
                match self.near_miss(window, first) {
                    Some(miss) => format!("{count} so far; {miss}"),
                    None => format!("{count} so far"),
                }
            }
        }
    }

    /// The newest event of the pattern's kind in the window that fails in exactly one condition.
    fn near_miss(&mut self, window: &Window, expr: &Expr) -> Option<String> {
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
                    format!("the newest {} has {field} = {value}", pattern.event)
                })
        });
        miss.flatten()
    }

    fn of_records(&mut self, expr: &Expr, name: &str, arguments: &[Expr]) -> String {
        let [topic, lambda] = arguments else { return self.plain(expr) };
        let Value::Text(topic) = self.value(topic) else { return self.is_missing(expr) };
        if name == "all_partitions" {
            let counter = self.all_partitions(&topic, lambda);
            let count =
                self.image().and_then(|image| image.topics.get(&topic)).map_or(0, |topic| topic.partitions.len());
            return match counter {
                None => format!("topic {topic} does not exist yet"),
                Some(counter) => {
                    let counter = counter.map_or(String::new(), |tp| format!("; not for {tp}"));
                    format!("{count} checked{counter}")
                }
            };
        }
        match self.topic_question(expr.id, name, &topic, lambda) {
            None => format!("topic {topic} does not exist yet"),
            Some(answer) => {
                let example = answer.counter_example.filter(|_| name == "all_recs");
                let counter = example.map_or(String::new(), |record| format!("; not for {}", Object::Record(record)));
                format!("{} checked{counter}", answer.records)
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

/// Seconds since time 0, as the transport bar shows them.
fn clock(micros: i64) -> String {
    let (sign, micros) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    format!("{sign}{}.{:03} s", micros / 1_000_000, micros / 1_000 % 1_000)
}
