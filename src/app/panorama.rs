//! The panorama of the home page: one partition of a cluster of its own, from the producer to the consumer.
//!
//! It is a run like any other, made by console lines, and apart from the visitor's: whatever is done here, that one stays
//! as it is.

use super::playback::{Advance, Playback};
use super::run::Run;
use crate::view::clock;
use crate::view::flight::Motion;
use crate::view::layout::{Form, Layout, lay_out};
use crate::view::picture::{Lens, Part, picture};
use crate::view::scene::{Lane, Row, Scene};
use crate::view::words::Words;

/// What happens in it: a load with acks=all on a partition with three replicas, and a broker that is slow for a while.
const STORY: [&str; 9] = [
    "sim new --preset trio --seed 7",
    "kafka-topics --create --topic orders --replica-assignment 1:2:3 --config min.insync.replicas=2",
    "sim client add checkout --producer acks=all linger.ms=5",
    "sim client add billing --consumer --topics orders auto.offset.reset=earliest",
    "sim produce checkout --topic orders --keys uma,yun,vic,ana,uma,yun --count 1000000 --every 3ms",
    "sim advance 90ms",
    "sim slow broker 3 9ms",
    "sim advance 110ms",
    "sim slow broker 3 off ; sim advance 60ms",
];

/// Where the playhead stands at first, in microseconds: in the middle of what the slow broker does.
const FIRST_LOOK_US: i64 = 163_000;
/// How far it plays: then it rests, for nobody looks at a page that long.
const LAST_US: i64 = 20_000_000;
/// Narrower than this the picture scrolls sideways instead of shrinking.
pub const NARROWEST: f64 = 1_040.0;

/// A run, where it stands, and how it is looked at.
pub struct Panorama {
    run: Run,
    pub scene: Scene,
    pub playback: Playback,
    /// Where a drag wants the playhead to be.
    pub scrub: Option<i64>,
    /// In CSS pixels.
    pub width: f64,
}

impl Panorama {
    pub fn new(reduced: bool) -> Panorama {
        let mut run = Run::default();
        for line in STORY {
            run.begin(line, &[]);
            while run.is_busy() {
                run.work(u64::MAX);
            }
        }
        run.seek(FIRST_LOOK_US);
        let scene = run.scene();
        Panorama { run, scene, playback: Playback::new(reduced), scrub: None, width: 1_368.0 }
    }

    /// One frame of the browser; whether the picture is another one.
    pub fn frame(&mut self, wall_ms: f64) -> bool {
        if let Some(to_us) = self.scrub.take() {
            self.look(to_us);
            return true;
        }
        let moved = match self.playback.frame(wall_ms) {
            Advance::Nothing => false,
            Advance::By(us) => {
                self.run.advance(us, 400);
                true
            }
            Advance::ToNextEvent => self.run.next_event(),
        };
        if moved {
            self.scene = self.run.scene();
            self.playback.playing &= self.scene.now_us < LAST_US;
        }
        moved
    }

    /// Moves the playhead within what has happened.
    pub fn look(&mut self, to_us: i64) {
        self.run.seek(to_us.clamp(0, self.run.newest_us()));
        self.scene = self.run.scene();
    }

    pub fn run(&self) -> &Run {
        &self.run
    }

    pub fn layout(&self) -> Layout {
        lay_out(&self.scene, self.width.max(NARROWEST), 0.0, Form::Panorama)
    }

    pub fn picture(&self, layout: &Layout, words: Words) -> Vec<Part> {
        picture(&self.scene, layout, &Lens { words, ..Lens::default() })
    }

    /// The room for the line of time: beside it stand a button and a clock.
    pub fn strip_width(&self) -> f64 {
        (self.width - 24.0 - 14.0 - 14.0 - 84.0).max(80.0)
    }

    /// One sentence about the picture.
    pub fn label(&self, words: Words) -> String {
        let Some((row, leader)) = self.row().and_then(|row| Some((row, row.reference()?))) else {
            return String::new();
        };
        let (tp, time) = (row.tp(), clock::moment(self.scene.now_us));
        let behind = |lane: &Lane| leader.log_end_offset - lane.log_end_offset;
        let last = row.lanes.iter().max_by_key(|lane| behind(lane)).filter(|lane| behind(lane) > 0);
        let (hw, leo, id) = (leader.high_watermark, leader.log_end_offset, leader.broker);
        let mut label = words.home_panorama_label(hw, id, leo, time, tp);
        if let Some(slow) = last {
            label.push(' ');
            label.push_str(&words.home_panorama_behind(behind(slow), slow.broker));
        }
        label
    }

    pub fn motion(&self) -> Motion {
        if self.playback.reduced { Motion::Still } else { Motion::Flying }
    }

    /// The partition that is shown.
    pub fn row(&self) -> Option<&Row> {
        self.scene.rows.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panorama_shows_a_follower_that_is_behind_and_records_that_are_not_committed() {
        let panorama = Panorama::new(true);
        let row = panorama.row().expect("orders has a partition");
        assert_eq!((row.replicas.as_slice(), row.leader, row.min_isr), ([1, 2, 3].as_slice(), Some(1), 2));
        let leader = row.reference().expect("it has a leader");
        let slow = row.lanes.iter().find(|lane| lane.broker == 3).expect("broker 3 has a replica");
        assert!(slow.log_end_offset < leader.log_end_offset, "broker 3 is behind");
        assert!(leader.high_watermark < leader.log_end_offset && leader.log_end_offset > 14, "the lane is full");
        assert!(!panorama.playback.playing, "nothing moves by itself under reduced motion");
        assert_eq!(panorama.scene.now_us, FIRST_LOOK_US);
    }

    #[test]
    fn the_playhead_stays_within_what_has_happened() {
        let mut panorama = Panorama::new(false);
        let newest = panorama.run().newest_us();
        assert!(newest > FIRST_LOOK_US + 50_000, "there is something ahead of the playhead");
        panorama.look(i64::MAX);
        assert_eq!((panorama.scene.now_us, panorama.run().newest_us()), (newest, newest));
        panorama.look(-5);
        assert_eq!(panorama.scene.now_us, 0);
    }

    #[test]
    fn it_plays_and_a_drag_is_seen_at_the_next_frame() {
        let mut panorama = Panorama::new(false);
        panorama.frame(0.0);
        assert!(panorama.frame(40.0));
        assert!(panorama.run().playhead_us() > FIRST_LOOK_US as f64);
        panorama.scrub = Some(100_000);
        assert!(panorama.frame(56.0));
        assert_eq!(panorama.scene.now_us, 100_000);
    }
}
