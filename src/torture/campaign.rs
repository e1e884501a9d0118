//! Many schedules, one after the other.

use super::draw::Schedule;
use super::play::{Found, play};
use super::shrink::shrink;
use super::tally::Tally;

/// A broken invariant with a short schedule that shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    pub seed: u64,
    pub found: Found,
    pub shortest: Schedule,
}

/// Schedules from consecutive seeds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Campaign {
    pub played: u64,
    pub tally: Tally,
}

impl Campaign {
    /// Plays the schedule of one seed.
    ///
    /// # Errors
    /// What it broke, made as short as can be.
    pub fn play(&mut self, seed: u64) -> Result<(), Box<Finding>> {
        let schedule = Schedule::draw(seed);
        self.played += 1;
        match play(&schedule) {
            Ok(tally) => {
                self.tally.add(&tally);
                Ok(())
            }
            Err(found) => {
                let (shortest, found) = shrink(&schedule, &found);
                Err(Box::new(Finding { seed, found, shortest }))
            }
        }
    }
}
