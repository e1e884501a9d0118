//! The timeline: how a run is laid along a line, and what is drawn on it.
//!
//! Four rows of ticks by kind; a tick takes one column of pixels however many events share it, the loudest tone wins.

use std::collections::BTreeMap;

use serde::Serialize;

use super::scene::{EventLine, Tone, Track};

/// A scale of virtual time over pixels.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Scale {
    /// First pixel and width of the track.
    pub left: f64,
    pub width: f64,
    /// The span in microseconds; a run starts at 0.
    pub span_us: i64,
}

/// Spans the timeline may have, in milliseconds: steps of 1, 2, 5.
const NICE_MS: [i64; 22] = [
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_200_000,
    1_800_000,
    3_600_000,
    7_200_000,
    18_000_000,
    43_200_000,
    86_400_000,
    604_800_000,
];

impl Scale {
    /// A scale that leaves a fifth of the line free after the newest moment, so it seldom has to change.
    pub fn fit(newest_us: i64, left: f64, width: f64) -> Scale {
        let wanted = newest_us / 1_000 * 5 / 4;
        let span = NICE_MS.into_iter().find(|span| *span >= wanted).unwrap_or(NICE_MS[NICE_MS.len() - 1].max(wanted));
        Scale { left, width: width.max(1.0), span_us: span * 1_000 }
    }

    pub fn x(&self, us: i64) -> f64 {
        self.left + self.width * (us as f64 / self.span_us as f64).clamp(0.0, 1.0)
    }

    /// The moment under a pixel, inside the run.
    pub fn moment(&self, x: f64, newest_us: i64) -> i64 {
        let share = ((x - self.left) / self.width).clamp(0.0, 1.0);
        ((share * self.span_us as f64) as i64).min(newest_us)
    }

    /// Labelled ticks: moment and text, about one every 90 px.
    pub fn labels(&self) -> Vec<(i64, String)> {
        let step = NICE_MS
            .into_iter()
            .map(|ms| ms * 1_000 / 5)
            .find(|step| self.width * (*step as f64 / self.span_us as f64) >= 62.0);
        let step = step.unwrap_or(self.span_us).max(1);
        (0..=self.span_us / step).map(|n| (n * step, label(n * step))).collect()
    }
}

/// Where a lesson's steps begin: `2`, or `2–4` where their marks would touch.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StepMark {
    pub x: f64,
    pub text: String,
    /// The step that is looked at is among them.
    pub now: bool,
}

/// The least room between the marks of two steps, and between two checkpoints, in pixels.
const STEP_ROOM: f64 = 16.0;
const CHECKPOINT_ROOM: f64 = 40.0;

/// The marks of steps by the moments at which they begin, in order; `looked` is the step that is looked at, from 0.
pub fn step_marks(begins_us: &[i64], looked: u32, scale: &Scale) -> Vec<StepMark> {
    let mut found: Vec<(f64, u32, u32)> = Vec::new();
    for (index, at) in begins_us.iter().enumerate() {
        let (x, index) = (scale.x(*at), index as u32);
        match found.last_mut() {
            Some((last_x, _, last)) if x - *last_x < STEP_ROOM => *last = index,
            _ => found.push((x, index, index)),
        }
    }
    let mark = |(x, first, last): (f64, u32, u32)| StepMark {
        x,
        text: if first == last { (first + 1).to_string() } else { format!("{}–{}", first + 1, last + 1) },
        now: (first..=last).contains(&looked),
    };
    found.into_iter().map(mark).collect()
}

/// Of checkpoints in order of time those that have room beside each other.
pub fn spaced(at_us: impl Iterator<Item = i64>, scale: &Scale) -> Vec<i64> {
    let mut found: Vec<i64> = Vec::new();
    for at in at_us.filter(|at| *at > 0) {
        if found.last().is_none_or(|last| scale.x(at) - scale.x(*last) >= CHECKPOINT_ROOM) {
            found.push(at);
        }
    }
    found
}

fn label(us: i64) -> String {
    match us {
        0 => "0".into(),
        us if us % 60_000_000 == 0 => format!("{} min", us / 60_000_000),
        us if us > 60_000_000 => format!("{}:{:02}", us / 60_000_000, us / 1_000_000 % 60),
        us if us % 1_000_000 == 0 => format!("{} s", us / 1_000_000),
        us if us >= 1_000_000 && us % 100_000 == 0 => format!("{}.{} s", us / 1_000_000, us / 100_000 % 10),
        us => format!("{} ms", us / 1_000),
    }
}

/// Pixels of a column of ticks.
const COLUMN: f64 = 1.5;

/// Events that are gone from the list, as the moments at which there were some: they stay on the timeline.
#[derive(Clone, PartialEq, Debug)]
pub struct Folded {
    /// Width of a moment in microseconds; it doubles when there are too many.
    width_us: i64,
    found: BTreeMap<(Track, i64), Tone>,
    /// How many events were taken in.
    pub count: u64,
}

/// The most moments that are kept.
const FOLDED: usize = 8_000;

impl Default for Folded {
    fn default() -> Self {
        Folded { width_us: 1_000, found: BTreeMap::new(), count: 0 }
    }
}

impl Folded {
    pub fn take(&mut self, event: &EventLine) {
        self.count += 1;
        self.enter(event.track, event.at_us / self.width_us, event.tone);
        if self.found.len() > FOLDED {
            self.width_us *= 2;
            for ((track, moment), tone) in std::mem::take(&mut self.found) {
                self.enter(track, moment / 2, tone);
            }
        }
    }

    fn enter(&mut self, track: Track, moment: i64, tone: Tone) {
        let kept = self.found.entry((track, moment)).or_insert(tone);
        *kept = tone.max(*kept);
    }
}

/// A tick: which row, which column, how loud.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Tick {
    pub track: Track,
    pub x: f64,
    pub tone: Tone,
}

/// The ticks of the run so far, at most one a row and column; kept between frames and grown event by event.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ticks {
    scale: Option<Scale>,
    branch: u32,
    /// The number of the first event that is not in yet.
    next: u64,
    /// How many of the folded events are in.
    folded: u64,
    found: BTreeMap<(Track, i64), Tone>,
}

impl Ticks {
    /// Takes in the events that are new; begins again on another `branch`. Says whether a tick changed.
    pub fn follow(&mut self, events: &[EventLine], folded: &Folded, scale: &Scale, branch: u32) -> bool {
        let mut changed = false;
        if self.branch != branch || self.scale.is_none() {
            *self = Ticks { scale: Some(*scale), branch, ..Ticks::default() };
            changed = true;
        }
        if let Some(old) = self.scale.replace(*scale).filter(|old| old != scale) {
            // Old ticks move to where they stand on the new scale: the events behind them may be gone from the list.
            for ((track, column), tone) in std::mem::take(&mut self.found) {
                let at = old.moment(column as f64 * COLUMN, i64::MAX);
                self.enter(track, at, tone, scale);
            }
            changed = true;
        }
        // Some may have been folded before they were ever seen.
        if self.folded != folded.count {
            self.folded = folded.count;
            for ((track, moment), tone) in &folded.found {
                changed |= self.enter(*track, moment * folded.width_us, *tone, scale);
            }
        }
        let first = events.partition_point(|event| event.number < self.next);
        for event in events[first..].iter().filter(|event| event.at_us >= 0) {
            changed |= self.enter(event.track, event.at_us, event.tone, scale);
        }
        self.next = events.last().map_or(self.next, |event| event.number + 1);
        changed
    }

    fn enter(&mut self, track: Track, at_us: i64, tone: Tone, scale: &Scale) -> bool {
        let column = (scale.x(at_us) / COLUMN).floor() as i64;
        let louder = self.found.get(&(track, column)).is_none_or(|before| *before < tone);
        if louder {
            self.found.insert((track, column), tone);
        }
        louder
    }

    pub fn iter(&self) -> impl Iterator<Item = Tick> {
        self.found.iter().map(|((track, column), tone)| Tick {
            track: *track,
            x: *column as f64 * COLUMN + 0.5,
            tone: *tone,
        })
    }

    /// Blocks of one tone in the row of control, under the lines that run through all rows.
    pub fn blocks(&self, tone: Tone, top: f64, height: f64) -> String {
        let wanted = self.iter().filter(|tick| tick.tone == tone);
        wanted.map(|tick| format!("M{} {top}h5v{height}h-5z", tick.x - 2.5)).collect()
    }

    /// The ticks of one row and tone as SVG path data: strokes from `top`, `height` long.
    pub fn path(&self, track: Track, tone: Tone, top: f64, height: f64) -> String {
        let wanted = self.iter().filter(|tick| tick.track == track && tick.tone == tone);
        wanted.map(|tick| format!("M{} {top}v{height}", tick.x)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64, at_us: i64, track: Track, tone: Tone) -> EventLine {
        EventLine { number, step: 0, at_us, track, tone, name: "E".into(), text: String::new() }
    }

    #[test]
    fn the_scale_grows_in_nice_steps_and_leaves_room() {
        assert_eq!(Scale::fit(12_384_206, 66.0, 814.0).span_us, 20_000_000);
        assert_eq!(Scale::fit(0, 66.0, 814.0).span_us, 50_000);
        let scale = Scale::fit(12_384_206, 66.0, 814.0);
        assert_eq!(scale.x(10_000_000), 473.0);
        assert_eq!(scale.moment(473.0, 12_384_206), 10_000_000);
        assert_eq!(scale.moment(9_999.0, 12_384_206), 12_384_206, "never past the newest moment");
    }

    #[test]
    fn labels_do_not_touch() {
        for newest in [0, 80_000, 900_000, 12_000_000, 3_000_000_000] {
            let scale = Scale::fit(newest, 66.0, 814.0);
            let xs: Vec<f64> = scale.labels().iter().map(|(us, _)| scale.x(*us)).collect();
            assert!(xs.windows(2).all(|pair| pair[1] - pair[0] > 50.0), "{newest}: {xs:?}");
            assert!(xs.len() >= 3, "{newest}");
        }
    }

    #[test]
    fn steps_that_begin_close_together_share_a_mark() {
        let scale = Scale { left: 0.0, width: 100.0, span_us: 100 };
        let marks = step_marks(&[0, 4, 50, 80], 1, &scale);
        let shown: Vec<(&str, f64, bool)> = marks.iter().map(|mark| (mark.text.as_str(), mark.x, mark.now)).collect();
        assert_eq!(shown, [("1–2", 0.0, true), ("3", 50.0, false), ("4", 80.0, false)]);
    }

    #[test]
    fn checkpoints_keep_their_distance() {
        let scale = Scale { left: 0.0, width: 100.0, span_us: 100 };
        assert_eq!(spaced([0, 1, 20, 41, 60, 81].into_iter(), &scale), [1, 41, 81]);
    }

    #[test]
    fn another_branch_is_read_from_its_beginning() {
        let scale = Scale::fit(12_000_000, 0.0, 100.0);
        let mut ticks = Ticks::default();
        let events = [event(0, 1, Track::Produce, Tone::Plain), event(1, 9_000_000, Track::Produce, Tone::Plain)];
        ticks.follow(&events, &Folded::default(), &scale, 0);
        ticks.follow(&events[..1], &Folded::default(), &scale, 1);
        assert_eq!(ticks.iter().count(), 1);
    }

    #[test]
    fn ticks_outlive_their_events_when_the_scale_grows() {
        let mut ticks = Ticks::default();
        let (small, large) = (Scale::fit(4_000_000, 0.0, 1_000.0), Scale::fit(8_000_000, 0.0, 1_000.0));
        ticks.follow(&[event(0, 1_000_000, Track::Produce, Tone::Plain)], &Folded::default(), &small, 0);
        ticks.follow(&[event(1, 6_000_000, Track::Produce, Tone::Plain)], &Folded::default(), &large, 0);
        let xs: Vec<f64> = ticks.iter().map(|tick| tick.x).collect();
        assert!(xs.len() == 2 && (xs[0] - large.x(1_000_000)).abs() <= 2.0, "{xs:?}");
    }

    #[test]
    fn events_that_were_folded_unseen_are_on_the_timeline() {
        let mut folded = Folded::default();
        for n in 0..20_000 {
            let tone = if n == 9_999 { Tone::Failing } else { Tone::Plain };
            folded.take(&event(n, n as i64 * 1_000, Track::Produce, tone));
        }
        assert!(folded.found.len() <= FOLDED);
        let mut ticks = Ticks::default();
        let scale = Scale::fit(20_000_000, 0.0, 1_000.0);
        assert!(ticks.follow(&[], &folded, &scale, 0) && !ticks.follow(&[], &folded, &scale, 0));
        let (first, last) = (ticks.iter().next().map(|tick| tick.x), ticks.iter().last().map(|tick| tick.x));
        assert!(first < Some(3.0) && last > Some(scale.x(19_900_000)), "{first:?} {last:?}");
        assert_eq!(ticks.iter().filter(|tick| tick.tone == Tone::Failing).count(), 1);
    }

    #[test]
    fn events_in_one_column_are_one_tick_of_the_loudest_tone() {
        let scale = Scale::fit(12_000_000, 0.0, 100.0);
        let events = [
            event(0, -5, Track::Produce, Tone::Plain),
            event(1, 1_000, Track::Control, Tone::Plain),
            event(2, 1_001, Track::Control, Tone::Failing),
            event(3, 1_002, Track::Produce, Tone::Plain),
        ];
        let mut ticks = Ticks::default();
        assert!(ticks.follow(&events, &Folded::default(), &scale, 0));
        assert!(!ticks.follow(&events, &Folded::default(), &scale, 0), "nothing is new");
        let found: Vec<Tick> = ticks.iter().collect();
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|tick| tick.track == Track::Control && tick.tone == Tone::Failing));
    }
}
