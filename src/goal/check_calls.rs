//! The checks of calls: functions, queries of a window, metrics of the ledger, patterns.

use super::check::{Checked, Checker, Scope};
use super::syntax::{Expr, ExprKind, Pattern, Test};
use super::types::Ty;
use super::vocabulary::{CLIENT_METRICS, EventKind, FUNCTIONS, Function, METRICS, QUERIES, WINDOWED_METRICS, function};
use super::{error::GoalError, vocabulary};
use crate::nearest::did_you_mean;

fn names(table: &'static [Function]) -> impl Iterator<Item = &'static str> {
    table.iter().map(|row| row.name)
}

impl Checker<'_> {
    fn note(&mut self, name: String, built: bool) {
        if !built {
            self.words.later.insert(name.clone());
        }
        self.words.names.insert(name);
    }

    pub(super) fn call(&mut self, expr: &Expr, name: &str, arguments: &[Expr]) -> Checked {
        let Some(row) = function(FUNCTIONS, name) else {
            let near = did_you_mean(name, names(FUNCTIONS));
            return Err(self.error(expr, format!("there is no function {name}{near}")));
        };
        match (name, self.rules.scope) {
            ("round", Scope::Challenge) => {}
            ("round", _) => return Err(self.error(expr, "round() belongs to challenges")),
            ("answered", Scope::Judgement) => {
                return Err(self.error(expr, "answered() cannot judge a prediction"));
            }
            _ => {}
        }
        self.arguments(expr, row, arguments)?;
        self.note(name.to_string(), row.built);
        if let ("metric", Some(ExprKind::Text(metric))) = (name, arguments.last().map(|last| &last.kind))
            && !CLIENT_METRICS.contains(&&**metric)
        {
            let near = did_you_mean(metric, CLIENT_METRICS.iter().copied());
            return Err(self.error(&arguments[1], format!("goals know no client metric {metric}{near}")));
        }
        Ok(Ty::of_table(row.returns))
    }

    fn arguments(&mut self, expr: &Expr, row: &Function, arguments: &[Expr]) -> Checked<()> {
        let needed = row.params.iter().filter(|(_, ty)| !ty.ends_with('?')).count();
        let most = row.params.len();
        if !(needed..=most).contains(&arguments.len()) {
            let wanted = if needed == most { needed.to_string() } else { format!("{needed} to {most}") };
            let plural = if most == 1 { "" } else { "s" };
            let message = format!("{}() takes {wanted} argument{plural}, here are {}", row.name, arguments.len());
            return Err(self.error(expr, message));
        }
        for ((param, wanted), argument) in row.params.iter().zip(arguments) {
            self.argument(row.name, param, wanted.trim_end_matches('?'), argument)?;
        }
        Ok(())
    }

    fn argument(&mut self, of: &str, param: &str, wanted: &'static str, argument: &Expr) -> Checked<()> {
        if let Some(item) = wanted.strip_prefix("lambda<").and_then(|rest| rest.strip_suffix('>')) {
            return self.lambda(of, item, argument);
        }
        match wanted {
            "pattern" => return self.pattern_argument(of, argument).map(|_| ()),
            "pattern.field" => return self.field_argument(of, argument).map(|_| ()),
            _ => {}
        }
        let ty = self.ty(argument)?;
        let fits = match wanted {
            "event|time" => matches!(ty, Ty::Event(_) | Ty::Time | Ty::None),
            _ => Ty::of_table(wanted).fits(&ty),
        };
        if !fits {
            let wanted = wanted.replace('|', " or ");
            return Err(self.error(argument, format!("{of}() needs {wanted} as {param}, this is {ty}")));
        }
        if wanted == "event|time" { Ok(()) } else { self.literal(&Ty::of_table(wanted), argument) }
    }

    fn lambda(&mut self, of: &str, item: &'static str, argument: &Expr) -> Checked<()> {
        let ExprKind::Lambda(param, body) = &argument.kind else {
            return Err(self.error(argument, format!("{of}() needs a lambda: x -> ...")));
        };
        self.params.push((param.clone(), Ty::of_table(item)));
        let ty = self.ty(body);
        self.params.pop();
        match ty? {
            Ty::Bool => Ok(()),
            ty => Err(self.error(body, format!("the lambda of {of}() gives a bool, this is {ty}"))),
        }
    }

    fn pattern_argument(&mut self, of: &str, argument: &Expr) -> Checked<EventKind> {
        match &argument.kind {
            ExprKind::Pattern(pattern) => self.pattern(argument, pattern),
            _ => Err(self.error(argument, format!("{of}() needs an event: {of}(Acked{{p:\"web\"}})"))),
        }
    }

    /// `Event{..}.field`.
    fn field_argument(&mut self, of: &str, argument: &Expr) -> Checked {
        let ExprKind::Field(inner, field) = &argument.kind else {
            return Err(self.error(argument, format!("{of}() needs a field of an event: {of}(Acked{{..}}.latency)")));
        };
        let kind = self.pattern_argument(of, inner)?;
        match kind.row().fields.iter().find(|(name, _)| *name == &**field) {
            Some((_, written)) => Ok(Ty::of_table(written)),
            None => {
                let error = self.no_field(argument, kind, field);
                Err(self.error_behind(inner, argument, error.message))
            }
        }
    }

    fn no_field(&self, at: &Expr, kind: EventKind, field: &str) -> GoalError {
        let fields = kind.row().fields;
        let near = did_you_mean(field, fields.iter().map(|(name, _)| *name));
        let listed: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let has = if listed.is_empty() { "none".to_string() } else { listed.join(", ") };
        self.error(at, format!("{} has no field {field}{near} (it has {has})", kind.row().name))
    }

    fn pattern(&mut self, at: &Expr, pattern: &Pattern) -> Checked<EventKind> {
        let Some(kind) = EventKind::named(&pattern.event) else {
            let near = did_you_mean(&pattern.event, vocabulary::EVENTS.iter().map(|row| row.name));
            return Err(self.error(at, format!("there is no event {}{near}", pattern.event)));
        };
        self.note(pattern.event.to_string(), kind.row().built);
        for condition in &pattern.conditions {
            let found = kind.row().fields.iter().find(|(name, _)| *name == &*condition.field);
            let Some((name, written)) = found else {
                let mut error = self.no_field(at, kind, &condition.field);
                error = GoalError::new(self.text, condition.span, error.message);
                return Err(error);
            };
            if kind.row().later_fields.contains(name) {
                self.words.later.insert(format!("{}.{name}", pattern.event));
            }
            let ty = Ty::of_table(written);
            self.condition(at, &ty, &condition.test).map_err(|error| GoalError {
                message: format!("{}.{name}: {}", pattern.event, error.message),
                ..error
            })?;
        }
        Ok(kind)
    }

    fn condition(&mut self, at: &Expr, ty: &Ty, test: &Test) -> Checked<()> {
        match test {
            Test::Compare(sign, value) => {
                let value_ty = self.ty(value)?;
                self.comparable(value, *sign, ty, &value_ty)?;
                self.literal(ty, value)
            }
            Test::In { within, .. } => self.member(within.parts().first().copied().unwrap_or(at), ty, within),
        }
    }

    pub(super) fn method(&mut self, expr: &Expr, inner: &Expr, name: &str, arguments: &[Expr]) -> Checked {
        let ty = self.ty(inner)?;
        match &ty {
            Ty::History => self.query(expr, inner, name, arguments),
            Ty::Ledger { narrowed } => self.metric(expr, inner, *narrowed, name, arguments),
            Ty::List(item) | Ty::Set(item) if name == "contains_all" => {
                let [argument] = arguments else {
                    return Err(self.error(expr, "contains_all() takes 1 argument"));
                };
                let other = self.ty(argument)?;
                if !other.item().is_some_and(|other| other.fits(item)) {
                    let message = format!("contains_all() needs a list of {item}, this is {other}");
                    return Err(self.error(argument, message));
                }
                self.literal(item, argument)?;
                Ok(Ty::Bool)
            }
            _ => {
                let methods: &[&str] = if ty.item().is_some() { &["contains_all"] } else { &[] };
                let near = did_you_mean(name, methods.iter().copied());
                Err(self.error_behind(inner, expr, format!("{ty} has no method {name}{near}")))
            }
        }
    }

    fn query(&mut self, expr: &Expr, inner: &Expr, name: &str, arguments: &[Expr]) -> Checked {
        let Some(row) = function(QUERIES, name) else {
            let near = did_you_mean(name, names(QUERIES));
            return Err(self.error_behind(inner, expr, format!("there is no query {name}{near}")));
        };
        if name == "seq" {
            if arguments.len() < 2 {
                return Err(self.error(expr, "seq() takes two or more events"));
            }
            for argument in arguments {
                self.pattern_argument("seq", argument)?;
            }
            return Ok(Ty::Bool);
        }
        self.arguments(expr, row, arguments)?;
        match (name, row.returns) {
            ("during", _) => {
                let kind = self.pattern_argument(name, &arguments[0])?;
                if !kind.row().interval {
                    let message = format!("during() needs an event that lasts, {} does not", kind.row().name);
                    return Err(self.error(&arguments[0], message));
                }
                Ok(Ty::History)
            }
            (_, "event") => self.pattern_argument(name, &arguments[0]).map(Ty::Event),
            (_, "field") => match self.field_argument(name, &arguments[0])? {
                ty @ (Ty::Num | Ty::Dur) => Ok(ty),
                ty => Err(self.error(&arguments[0], format!("{name}() needs a num or a dur, this is {ty}"))),
            },
            (_, returns) => Ok(Ty::of_table(returns)),
        }
    }

    fn metric(&mut self, expr: &Expr, inner: &Expr, narrowed: bool, name: &str, arguments: &[Expr]) -> Checked {
        if name == "within" {
            let [duration] = arguments else {
                return Err(self.error(expr, format!("within() takes 1 argument, here are {}", arguments.len())));
            };
            return match self.ty(duration)? {
                Ty::Dur | Ty::None => Ok(Ty::Ledger { narrowed: true }),
                ty => Err(self.error(duration, format!("within() needs dur as d, this is {ty}"))),
            };
        }
        let Some(row) = function(METRICS, name) else {
            let near = did_you_mean(name, names(METRICS).chain(["within"]));
            return Err(self.error_behind(inner, expr, format!("the ledger has no metric {name}{near}")));
        };
        if narrowed && !WINDOWED_METRICS.contains(&name) {
            return Err(self.error_behind(inner, expr, format!("{name} has no sliding window")));
        }
        self.arguments(expr, row, arguments)?;
        self.note(format!("L.{name}"), row.built);
        Ok(Ty::of_table(row.returns))
    }
}
