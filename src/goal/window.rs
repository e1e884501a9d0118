//! Parts of the past: from a moment on, and perhaps only the parts inside certain intervals.

use serde::{Deserialize, Serialize};

use super::error::Span;
use crate::time::SimTime;

/// A place in the journal: the number of entries before it, and the time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Mark {
    pub seq: u64,
    pub at: SimTime,
}

/// A stretch between two places; open at the end while it lasts. Both ends belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    pub begin: Mark,
    pub end: Option<Mark>,
}

impl Stretch {
    pub fn holds(&self, place: Mark) -> bool {
        self.begin.seq <= place.seq && self.end.is_none_or(|end| place.seq <= end.seq)
    }

    fn touches(&self, other: &Stretch) -> bool {
        let before = |a: &Stretch, b: &Stretch| a.end.is_some_and(|end| end.seq < b.begin.seq);
        !before(self, other) && !before(other, self)
    }

    /// What two stretches have in common.
    fn common(&self, other: &Stretch) -> Option<Stretch> {
        let end = match (self.end, other.end) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.touches(other).then(|| Stretch { begin: self.begin.max(other.begin), end })
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Window {
    pub from: Mark,
    /// Where `within` begins: by time alone.
    pub not_before: SimTime,
    /// Sorted and apart from each other; None: everything from `from` on.
    pub parts: Option<Vec<Stretch>>,
    /// The pattern of the `after` or `during` that has no match: then the window itself is missing.
    pub missing: Option<Span>,
}

impl Window {
    pub fn since(from: Mark) -> Window {
        Window { from, not_before: from.at, parts: None, missing: None }
    }

    /// The moment at which the window begins.
    pub fn begins(&self) -> SimTime {
        self.from.at.max(self.not_before)
    }

    pub fn holds_point(&self, place: Mark) -> bool {
        place.seq >= self.from.seq
            && place.at >= self.not_before
            && self.parts.as_ref().is_none_or(|parts| parts.iter().any(|part| part.holds(place)))
    }

    /// An interval belongs to a window if any part of it does.
    pub fn holds_stretch(&self, stretch: &Stretch) -> bool {
        stretch.end.is_none_or(|end| end.seq >= self.from.seq && end.at >= self.not_before)
            && self.parts.as_ref().is_none_or(|parts| parts.iter().any(|part| part.touches(stretch)))
    }

    /// The part after a place.
    pub fn after(&self, place: Mark) -> Window {
        let from = Mark { seq: place.seq + 1, at: place.at };
        Window { from: self.from.max(from), ..self.clone() }
    }

    /// The part from a moment on.
    pub fn within(&self, begins: SimTime) -> Window {
        Window { not_before: self.not_before.max(begins), ..self.clone() }
    }

    /// The parts inside stretches.
    pub fn during(&self, stretches: Vec<Stretch>) -> Window {
        let merged = merge(stretches);
        let parts = match &self.parts {
            None => merged,
            Some(old) => old.iter().flat_map(|a| merged.iter().filter_map(|b| a.common(b))).collect(),
        };
        Window { parts: Some(parts), ..self.clone() }
    }

    pub fn missing(&self, pattern: Span) -> Window {
        Window { missing: Some(pattern), ..self.clone() }
    }
}

/// Sorted, overlapping ones made one.
fn merge(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_by_key(|stretch| stretch.begin);
    let mut merged: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        match merged.last_mut() {
            Some(last) if last.touches(&stretch) => {
                last.end = match (last.end, stretch.end) {
                    (Some(a), Some(b)) => Some(a.max(b)),
                    _ => None,
                };
            }
            _ => merged.push(stretch),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(seq: u64) -> Mark {
        Mark { seq, at: SimTime::from_micros(seq * 10) }
    }

    fn stretch(begin: u64, end: Option<u64>) -> Stretch {
        Stretch { begin: mark(begin), end: end.map(mark) }
    }

    #[test]
    fn windows_narrow_in_any_order() {
        let window = Window::since(mark(2)).during(vec![stretch(8, None), stretch(1, Some(4)), stretch(3, Some(5))]);
        assert_eq!(window.parts, Some(vec![stretch(1, Some(5)), stretch(8, None)]));
        let held: Vec<u64> = (0..10).filter(|seq| window.holds_point(mark(*seq))).collect();
        assert_eq!(held, [2, 3, 4, 5, 8, 9]);
        let later = window.after(mark(3)).within(SimTime::from_micros(45));
        let held: Vec<u64> = (0..10).filter(|seq| later.holds_point(mark(*seq))).collect();
        assert_eq!(held, [5, 8, 9]);
        assert!(later.holds_stretch(&stretch(0, Some(5))) && !later.holds_stretch(&stretch(0, Some(4))));
        assert!(!later.holds_stretch(&stretch(6, Some(7))) && later.holds_stretch(&stretch(6, None)));
        let inner = window.during(vec![stretch(4, Some(9))]);
        assert_eq!(inner.parts, Some(vec![stretch(4, Some(5)), stretch(8, Some(9))]));
    }
}
