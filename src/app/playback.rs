//! Playback as a pure struct: how much virtual time a frame of wall time moves the playhead.

use crate::view::clock::SPEEDS;

/// A frame never counts for more wall time than this, whatever the browser did meanwhile.
const FRAME_MS: f64 = 50.0;
/// Under reduced motion playing is one event every so many milliseconds.
const REDUCED_STEP_MS: f64 = 900.0;
/// The speed a visit begins with: 1/500, at which a message takes a quarter of a second from machine to machine.
pub const FIRST_SPEED: u8 = 1;

/// What a frame asks of the run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Advance {
    Nothing,
    /// Move the playhead on by this many microseconds.
    By(f64),
    /// Go to the next event.
    ToNextEvent,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Playback {
    pub playing: bool,
    /// Index into [`SPEEDS`].
    pub speed: u8,
    /// The viewer asked the system for less motion.
    pub reduced: bool,
    /// How long the last frame took, in milliseconds of wall time.
    pub frame_ms: f64,
    last_frame_ms: Option<f64>,
    since_step_ms: f64,
}

impl Default for Playback {
    fn default() -> Self {
        Playback {
            playing: false,
            speed: FIRST_SPEED,
            reduced: false,
            frame_ms: 0.0,
            last_frame_ms: None,
            since_step_ms: 0.0,
        }
    }
}

impl Playback {
    /// Playing from the first frame, or at rest where the viewer asked for less motion.
    pub fn new(reduced: bool) -> Playback {
        Playback { playing: !reduced, reduced, ..Playback::default() }
    }

    /// Takes the wall clock of a frame and says how far to go.
    pub fn frame(&mut self, wall_ms: f64) -> Advance {
        let before = self.last_frame_ms.replace(wall_ms);
        self.frame_ms = wall_ms - before.unwrap_or(wall_ms);
        let dt = self.frame_ms.clamp(0.0, FRAME_MS);
        if !self.playing {
            return Advance::Nothing;
        }
        if self.reduced {
            self.since_step_ms += dt;
            if self.since_step_ms < REDUCED_STEP_MS {
                return Advance::Nothing;
            }
            self.since_step_ms = 0.0;
            return Advance::ToNextEvent;
        }
        Advance::By(dt * 1_000.0 * self.rate())
    }

    /// Virtual time per wall time.
    pub fn rate(&self) -> f64 {
        let (up, down) = SPEEDS[usize::from(self.speed).min(SPEEDS.len() - 1)];
        f64::from(up) / f64::from(down)
    }

    /// Time runs too fast to follow a single message: the picture shows rates instead.
    pub fn is_fast(&self) -> bool {
        self.playing && !self.reduced && self.rate() > 2.0
    }

    /// Forgets the last frame: the next one counts from its own moment.
    pub fn rest(&mut self) {
        self.last_frame_ms = None;
        self.since_step_ms = 0.0;
    }

    pub fn set_speed(&mut self, index: i32) {
        self.speed = index.clamp(0, SPEEDS.len() as i32 - 1) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playing() -> Playback {
        Playback { playing: true, ..Playback::default() }
    }

    #[test]
    fn a_frame_moves_the_playhead_by_wall_time_and_speed() {
        let mut playback = playing();
        playback.set_speed(4);
        assert_eq!(playback.frame(1_000.0), Advance::By(0.0), "the first frame has no length");
        assert_eq!(playback.frame(1_016.0), Advance::By(16.0 * 1_000.0 / 50.0));
        playback.set_speed(9);
        assert_eq!(playback.frame(1_032.0), Advance::By(16_000.0));
    }

    #[test]
    fn a_long_pause_of_the_browser_counts_as_one_frame_of_fifty_milliseconds() {
        let mut playback = playing();
        playback.set_speed(9);
        playback.frame(0.0);
        assert_eq!(playback.frame(10_000.0), Advance::By(50_000.0));
    }

    #[test]
    fn nothing_moves_while_paused() {
        let mut playback = Playback::default();
        playback.frame(0.0);
        assert_eq!(playback.frame(16.0), Advance::Nothing);
    }

    #[test]
    fn under_reduced_motion_playing_steps_every_900_milliseconds() {
        let mut playback = Playback { reduced: true, ..playing() };
        let moved: Vec<u32> =
            (0..70).filter(|n| playback.frame(f64::from(*n) * 50.0) == Advance::ToNextEvent).collect();
        assert_eq!(moved, [18, 36, 54]);
    }
}
