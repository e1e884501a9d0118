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
    found: BTreeMap<(Track, i64), Tone>,
}

impl Ticks {
    /// Takes in the events that are new; begins again on another `branch`. Says whether a tick changed.
    pub fn follow(&mut self, events: &[EventLine], scale: &Scale, branch: u32) -> bool {
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
    fn another_branch_is_read_from_its_beginning() {
        let scale = Scale::fit(12_000_000, 0.0, 100.0);
        let mut ticks = Ticks::default();
        let events = [event(0, 1, Track::Produce, Tone::Plain), event(1, 9_000_000, Track::Produce, Tone::Plain)];
        ticks.follow(&events, &scale, 0);
        ticks.follow(&events[..1], &scale, 1);
        assert_eq!(ticks.iter().count(), 1);
    }

    #[test]
    fn ticks_outlive_their_events_when_the_scale_grows() {
        let mut ticks = Ticks::default();
        let (small, large) = (Scale::fit(4_000_000, 0.0, 1_000.0), Scale::fit(8_000_000, 0.0, 1_000.0));
        ticks.follow(&[event(0, 1_000_000, Track::Produce, Tone::Plain)], &small, 0);
        ticks.follow(&[event(1, 6_000_000, Track::Produce, Tone::Plain)], &large, 0);
        let xs: Vec<f64> = ticks.iter().map(|tick| tick.x).collect();
        assert!(xs.len() == 2 && (xs[0] - large.x(1_000_000)).abs() <= 2.0, "{xs:?}");
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
        assert!(ticks.follow(&events, &scale, 0));
        assert!(!ticks.follow(&events, &scale, 0), "nothing is new");
        let found: Vec<Tick> = ticks.iter().collect();
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|tick| tick.track == Track::Control && tick.tone == Tone::Failing));
    }
}
