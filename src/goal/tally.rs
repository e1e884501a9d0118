//! What a query remembers about the matches in its window, so that a new match costs a step and not a new count.
//! A window's begin only ever moves forward while history is added to; after a jump everything is counted anew.

use std::collections::{BTreeMap, VecDeque};

use super::value::Value;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sum {
    Distinct,
    Average,
    Least,
    Greatest,
    /// The largest number of matches that have one value.
    Commonest,
}

/// Counts over matches `lo..hi`.
#[derive(Clone, Debug)]
pub struct Tally {
    sum: Sum,
    /// The counting of the matches that it belongs to.
    pub generation: u64,
    lo: u32,
    hi: u32,
    counts: BTreeMap<Value, u32>,
    /// Candidates for the extremum, with their places; the front is the extremum.
    extremes: VecDeque<(u32, Value)>,
    /// Micros, or thousand-millionths of a number: sums are exact whatever their order.
    total: i128,
    valued: u32,
}

const PARTS: f64 = 1e9;

impl Tally {
    pub fn new(sum: Sum, generation: u64) -> Tally {
        Tally { sum, generation, lo: 0, hi: 0, counts: BTreeMap::new(), extremes: VecDeque::new(), total: 0, valued: 0 }
    }

    /// Moves to another range of matches; `value` gives that of a match.
    pub fn cover(&mut self, lo: u32, hi: u32, value: impl Fn(u32) -> Value) {
        if lo < self.lo || hi < self.hi || lo > self.hi {
            *self = Tally::new(self.sum, self.generation);
            (self.lo, self.hi) = (lo, lo);
        }
        while self.hi < hi {
            self.add(self.hi, value(self.hi));
            self.hi += 1;
        }
        while self.lo < lo {
            self.remove(self.lo, &value(self.lo));
            self.lo += 1;
        }
    }

    fn add(&mut self, place: u32, value: Value) {
        if value.is_none() {
            return;
        }
        self.valued += 1;
        match self.sum {
            Sum::Distinct | Sum::Commonest => *self.counts.entry(value).or_default() += 1,
            Sum::Average => self.total += parts(&value),
            Sum::Least => self.add_extreme(place, value, |old, new| old >= new),
            Sum::Greatest => self.add_extreme(place, value, |old, new| old <= new),
        }
    }

    fn add_extreme(&mut self, place: u32, value: Value, is_beaten: impl Fn(&Value, &Value) -> bool) {
        while self.extremes.back().is_some_and(|(_, old)| is_beaten(old, &value)) {
            self.extremes.pop_back();
        }
        self.extremes.push_back((place, value));
    }

    fn remove(&mut self, place: u32, value: &Value) {
        if value.is_none() {
            return;
        }
        self.valued -= 1;
        match self.sum {
            Sum::Distinct | Sum::Commonest => {
                let left = self.counts.get_mut(value).map_or(0, |count| {
                    *count -= 1;
                    *count
                });
                if left == 0 {
                    self.counts.remove(value);
                }
            }
            Sum::Average => self.total -= parts(value),
            Sum::Least | Sum::Greatest => {
                if self.extremes.front().is_some_and(|(front, _)| *front == place) {
                    self.extremes.pop_front();
                }
            }
        }
    }

    /// The matches that have a value.
    pub fn valued(&self) -> u32 {
        self.valued
    }

    pub fn value(&self) -> Value {
        match self.sum {
            Sum::Distinct => Value::num(self.counts.len() as u32),
            Sum::Commonest => self.counts.values().max().map_or(Value::None, |most| Value::num(*most)),
            Sum::Average if self.valued == 0 => Value::None,
            Sum::Average => Value::Num(self.total as f64 / PARTS / f64::from(self.valued)),
            Sum::Least | Sum::Greatest => self.extremes.front().map_or(Value::None, |(_, value)| value.clone()),
        }
    }
}

fn parts(value: &Value) -> i128 {
    match value {
        Value::Num(number) => (number * PARTS).round() as i128,
        Value::Dur(micros) => i128::from(*micros) * PARTS as i128,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn a_moving_range_counts_as_a_fresh_one() {
        let mut rng = Rng::new(7);
        let values: Vec<Value> =
            (0..200).map(|_| if rng.below(8) == 0 { Value::None } else { Value::num(rng.below(20)) }).collect();
        for sum in [Sum::Distinct, Sum::Average, Sum::Least, Sum::Greatest, Sum::Commonest] {
            let mut moving = Tally::new(sum, 0);
            let (mut lo, mut hi) = (0, 0);
            for _ in 0..300 {
                hi = (hi + rng.below(4)).min(200);
                lo = (lo + rng.below(4)).min(hi);
                moving.cover(lo, hi, |at| values[at as usize].clone());
                let mut fresh = Tally::new(sum, 0);
                fresh.cover(lo, hi, |at| values[at as usize].clone());
                assert_eq!((moving.value(), moving.valued()), (fresh.value(), fresh.valued()), "{sum:?} {lo}..{hi}");
            }
        }
    }
}
