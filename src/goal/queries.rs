//! Queries of the past: which facts match a pattern, and what a window makes of them.
//!
//! The matches of a pattern are kept as a list that only grows; a window is a range of it, found by bisection. Sums over
//! the range move with it. Events that last are few and change while they are open: they are looked through each time.

use std::sync::Arc;

use super::evaluate::{Holder, Run, compare, is_in};
use super::facts::Fact;
use super::syntax::{Comparison, Expr, ExprKind, Pattern, Test};
use super::tally::{Sum, Tally};
use super::value::Value;
use super::vocabulary::EventKind;
use super::window::{Mark, Stretch, Window};

/// The facts that match a pattern, in order.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    generation: u64,
    /// What the conditions compare with; when it changes, everything is matched anew.
    wanted: Vec<Holder>,
    /// Facts that were looked at.
    read: u32,
    pub list: Vec<u32>,
    /// Grows when the list was made anew.
    pub version: u64,
}

impl Hits {
    /// Looks at the facts that are new.
    pub fn refresh(
        &mut self,
        generation: u64,
        wanted: Vec<Holder>,
        facts: u32,
        matches: impl Fn(u32, &[Holder]) -> bool,
    ) {
        if self.generation != generation || self.wanted != wanted {
            let version = self.version + 1;
            *self = Hits { generation, wanted, version, ..Hits::default() };
        }
        self.list.extend((self.read..facts).filter(|at| matches(*at, &self.wanted)));
        self.read = facts;
    }

    pub fn forget(&mut self) {
        self.read = 0;
        self.list.clear();
        self.version += 1;
    }
}

/// The matches that a window holds: positions in the list of hits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    Range(u32, u32),
    These(Vec<u32>),
}

impl Held {
    pub fn len(&self) -> u32 {
        match self {
            Held::Range(lo, hi) => hi - lo,
            Held::These(places) => places.len() as u32,
        }
    }

    pub fn get(&self, at: u32) -> Option<u32> {
        match self {
            Held::Range(lo, hi) => Some(lo + at).filter(|place| place < hi),
            Held::These(places) => places.get(at as usize).copied(),
        }
    }

    pub fn first(&self) -> Option<u32> {
        self.get(0)
    }

    pub fn last(&self) -> Option<u32> {
        self.len().checked_sub(1).and_then(|at| self.get(at))
    }
}

/// Matches of one pattern with their kind, in one window.
pub struct Found<'a> {
    pub kind: EventKind,
    pub facts: &'a [Fact],
    pub hits: &'a Hits,
    pub held: Held,
}

impl Found<'_> {
    /// The number of a match's fact.
    pub fn fact_at(&self, place: u32) -> u32 {
        self.hits.list[place as usize]
    }

    pub fn stretch(&self, place: u32) -> Stretch {
        self.facts[self.fact_at(place) as usize].stretch
    }

    pub fn event(&self, place: Option<u32>) -> Value {
        place.map_or(Value::None, |place| Value::Event(self.kind, self.fact_at(place)))
    }

    /// The first match that begins behind a place in the journal.
    pub fn first_behind(&self, seq: Option<u64>) -> Option<u32> {
        let behind = |place: u32| seq.is_none_or(|seq| self.stretch(place).begin.seq > seq);
        let (mut lo, mut hi) = (0, self.held.len());
        while lo < hi {
            let middle = (lo + hi) / 2;
            if self.held.get(middle).is_some_and(behind) {
                hi = middle;
            } else {
                lo = middle + 1;
            }
        }
        self.held.get(lo)
    }
}

/// The pattern of an argument; the checker lets nothing else through.
pub fn pattern_of(expr: &Expr) -> Option<(&Expr, &Pattern)> {
    match &expr.kind {
        ExprKind::Pattern(pattern) => Some((expr, pattern)),
        _ => None,
    }
}

impl Run<'_> {
    /// A field of a fact; the duration of what lasts is up to now while it is open.
    pub fn fact_field(&self, kind: EventKind, at: u32, field: &str) -> Value {
        let Some(fact) = self.course.facts(kind).get(at as usize) else { return Value::None };
        match field {
            "at" => Value::time(fact.stretch.begin.at),
            "duration" if kind.row().interval => {
                let end = fact.stretch.end.map_or(self.present.now(), |end| end.at);
                Value::Dur(end.since(fact.stretch.begin.at).as_micros() as i64)
            }
            _ => kind.field(field).map_or(Value::None, |index| fact.values[index as usize].clone()),
        }
    }

    /// What a pattern's conditions compare with now.
    pub fn wanted(&mut self, pattern: &Pattern) -> Vec<Holder> {
        let mut wanted = Vec::new();
        for condition in &pattern.conditions {
            wanted.push(match &condition.test {
                Test::Compare(_, expr) => Holder::Collection(self.value(expr)),
                Test::In { within, .. } => self.holder(within),
            });
        }
        wanted
    }

    pub fn condition_holds(&self, kind: EventKind, at: u32, pattern: &Pattern, number: usize, wanted: &Holder) -> bool {
        let condition = &pattern.conditions[number];
        let value = self.fact_field(kind, at, &condition.field);
        match (&condition.test, wanted) {
            (Test::Compare(sign, expr), Holder::Collection(wanted)) => {
                compare(*sign, &value, wanted, matches!(expr.kind, ExprKind::None))
            }
            (Test::In { negated, .. }, holder) => is_in(*negated, &value, holder),
            (Test::Compare(..), Holder::Range(..)) => false,
        }
    }

    /// Finds the matches of a pattern in a window, and hands them on.
    pub fn find<T>(
        &mut self,
        expr: &Expr,
        window: &Window,
        then: impl FnOnce(&mut Self, &Found<'_>) -> T,
    ) -> Option<T> {
        let (_, pattern) = pattern_of(expr)?;
        let kind = EventKind::named(&pattern.event)?;
        let wanted = self.wanted(pattern);
        let mut hits = self.memory[expr.id as usize].hits.take().unwrap_or_default();
        let course = self.course;
        let facts = course.facts(kind);
        if kind.row().interval {
            hits.forget();
        }
        hits.refresh(course.generation(), wanted, facts.len() as u32, |at, wanted| {
            wanted.iter().enumerate().all(|(number, wanted)| self.condition_holds(kind, at, pattern, number, wanted))
        });
        let held = held(kind, facts, &hits, window);
        let found = Found { kind, facts, hits: &hits, held };
        let result = then(self, &found);
        self.memory[expr.id as usize].hits = Some(hits);
        Some(result)
    }

    pub fn query(&mut self, id: u32, window: &Arc<Window>, name: &str, arguments: &[Expr]) -> Value {
        if matches!(name, "within" | "after" | "during") {
            return self.narrower(window, name, arguments);
        }
        if window.missing.is_some() {
            return Value::None;
        }
        let Some(first) = arguments.first() else { return Value::None };
        let now = self.present.now();
        let found = match name {
            "any" => self.find(first, window, |_, found| Value::Bool(found.held.len() > 0)),
            "none" => self.find(first, window, |_, found| Value::Bool(found.held.len() == 0)),
            "count" => self.find(first, window, |_, found| Value::num(found.held.len())),
            "first" => self.find(first, window, |_, found| found.event(found.held.first())),
            "last" => self.find(first, window, |_, found| found.event(found.held.last())),
            "seq" => {
                let reached = self.sequence(window, arguments).len();
                Some(Value::Bool(reached == arguments.len()))
            }
            "span" => Some(match self.sequence(window, arguments)[..] {
                [a, b] => Value::Dur(b.at.since(a.at).as_micros() as i64),
                _ => Value::None,
            }),
            "max_gap" => self.find(first, window, |run, found| run.longest_gap(id, window, found, now)),
            _ => self.aggregate(id, window, name, first),
        };
        found.unwrap_or_default()
    }

    fn narrower(&mut self, window: &Arc<Window>, name: &str, arguments: &[Expr]) -> Value {
        let [argument] = arguments else { return Value::None };
        if window.missing.is_some() {
            return Value::History(window.clone());
        }
        if name == "within" {
            return self.within(window, argument).map_or(Value::None, |window| Value::History(Arc::new(window)));
        }
        let narrowed = self.find(argument, window, |_, found| match (name, found.held.last()) {
            (_, None) => window.missing(argument.span),
            ("after", Some(last)) => {
                let stretch = found.stretch(last);
                match stretch.end {
                    Some(end) => window.after(end),
                    // What lasts still has nothing after it.
                    None => window.after(Mark { seq: u64::MAX - 1, at: stretch.begin.at }),
                }
            }
            _ => {
                let places = (0..found.held.len()).filter_map(|at| found.held.get(at));
                window.during(places.map(|place| found.stretch(place)).collect())
            }
        });
        narrowed.map_or(Value::None, |window| Value::History(Arc::new(window)))
    }

    /// The part of a window in the last so much time.
    pub fn within(&mut self, window: &Window, argument: &Expr) -> Option<Window> {
        let Value::Dur(micros) = self.value(argument) else { return None };
        let length = crate::time::SimDuration::from_micros(micros.max(0) as u64);
        Some(window.within(self.present.now() - length))
    }

    /// The first match of each pattern behind that of the one before it, as far as they go.
    pub fn sequence(&mut self, window: &Window, patterns: &[Expr]) -> Vec<Mark> {
        let mut reached: Vec<Mark> = Vec::new();
        for pattern in patterns {
            let behind = reached.last().map(|mark| mark.seq);
            let next = self
                .find(pattern, window, |_, found| found.first_behind(behind).map(|place| found.stretch(place).begin));
            match next.flatten() {
                Some(mark) => reached.push(mark),
                None => break,
            }
        }
        reached
    }

    /// The longest time without a match. In a window of several parts each part has edges of its own.
    fn longest_gap(&mut self, id: u32, window: &Window, found: &Found<'_>, now: crate::time::SimTime) -> Value {
        let (Some(first), Some(last)) = (found.held.first(), found.held.last()) else { return Value::None };
        let gap = |from: crate::time::SimTime, to: crate::time::SimTime| to.since(from).as_micros() as i64;
        let end_of = |place: u32| found.stretch(place).end.map_or(now, |end| end.at);
        if let Some(parts) = &window.parts {
            let mut longest = 0;
            for part in parts {
                let begins = part.begin.at.max(window.begins());
                let ends = part.end.map_or(now, |end| end.at);
                let places = (0..found.held.len()).filter_map(|at| found.held.get(at));
                let mut before = begins;
                for place in places.filter(|place| part.holds(found.stretch(*place).begin)) {
                    longest = longest.max(gap(before, found.stretch(place).begin.at));
                    before = before.max(end_of(place));
                }
                longest = longest.max(gap(before, ends));
            }
            return Value::Dur(longest);
        }
        let edges = gap(window.begins(), found.stretch(first).begin.at).max(gap(end_of(last), now));
        let between = |place: u32| match place.checked_sub(1) {
            Some(before) => Value::Dur(gap(end_of(before), found.stretch(place).begin.at)),
            None => Value::None,
        };
        let inner = match &found.held {
            Held::Range(lo, hi) => self.tally(id, Sum::Greatest, found.hits.version, (lo + 1).min(*hi), *hi, between).0,
            Held::These(places) => {
                // What lasts may overlap: a gap begins when all that came before has ended.
                let mut longest = 0;
                let mut before = window.begins();
                for place in places {
                    longest = longest.max(gap(before, found.stretch(*place).begin.at));
                    before = before.max(end_of(*place));
                }
                return Value::Dur(longest.max(gap(before, now)));
            }
        };
        match inner {
            Value::Dur(inner) => Value::Dur(inner.max(edges)),
            _ => Value::Dur(edges),
        }
    }

    /// The tally of a node over a range of matches; it is moved, not made anew.
    pub fn tally(
        &mut self,
        id: u32,
        sum: Sum,
        version: u64,
        lo: u32,
        hi: u32,
        value: impl Fn(u32) -> Value,
    ) -> (Value, u32) {
        let slot = &mut self.memory[id as usize].tally;
        let tally = slot.get_or_insert_with(|| Tally::new(sum, version));
        if tally.generation != version {
            *tally = Tally::new(sum, version);
        }
        tally.cover(lo, hi, value);
        (tally.value(), tally.valued())
    }

    /// `distinct`, `min`, `max`, `avg` of `Event{..}.field`.
    fn aggregate(&mut self, id: u32, window: &Window, name: &str, argument: &Expr) -> Option<Value> {
        let ExprKind::Field(pattern, field) = &argument.kind else { return None };
        let sum = match name {
            "distinct" => Sum::Distinct,
            "min" => Sum::Least,
            "max" => Sum::Greatest,
            _ => Sum::Average,
        };
        self.find(pattern, window, |run, found| {
            let value = |run: &Self, place: u32| run.fact_field(found.kind, found.fact_at(place), field);
            let summed = match &found.held {
                Held::Range(lo, hi) => {
                    // The facts are lent apart from the memory that the tally lies in.
                    let values: &[Fact] = found.facts;
                    let index = found.kind.field(field);
                    let read = |place: u32| {
                        let fact = &values[found.fact_at(place) as usize];
                        index.map_or(Value::None, |index| fact.values[index as usize].clone())
                    };
                    run.tally(id, sum, found.hits.version, *lo, *hi, read).0
                }
                Held::These(places) => {
                    let mut tally = Tally::new(sum, 0);
                    tally.cover(0, places.len() as u32, |at| value(run, places[at as usize]));
                    tally.value()
                }
            };
            let is_duration = found.kind.row().fields.iter().any(|(name, ty)| *name == &**field && *ty == "dur");
            match summed {
                Value::Num(micros) if is_duration && sum == Sum::Average => Value::Dur(micros.round() as i64),
                value => value,
            }
        })
    }
}

fn held(kind: EventKind, facts: &[Fact], hits: &Hits, window: &Window) -> Held {
    let stretch = |place: u32| facts[hits.list[place as usize] as usize].stretch;
    let all = hits.list.len() as u32;
    if kind.row().interval {
        return Held::These((0..all).filter(|place| window.holds_stretch(&stretch(*place))).collect());
    }
    let begins = |at: &u32| {
        let place = facts[*at as usize].stretch.begin;
        place.seq < window.from.seq || place.at < window.not_before
    };
    let lo = hits.list.partition_point(begins) as u32;
    match &window.parts {
        None => Held::Range(lo, all),
        Some(_) => Held::These((lo..all).filter(|place| window.holds_point(stretch(*place).begin)).collect()),
    }
}

/// Whether `count(..) OP n` grows towards truth: a count below, or not beyond, a bound that it must reach.
pub fn grows_towards(sign: Comparison) -> bool {
    matches!(sign, Comparison::Equal | Comparison::Greater | Comparison::GreaterOrEqual)
}
