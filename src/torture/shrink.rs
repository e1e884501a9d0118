//! Making a schedule that breaks something shorter, for whoever has to understand it.

use super::draw::Schedule;
use super::play::{Found, play};

/// The most plays that are spent on it.
const PLAYS: u32 = 300;

/// The shortest schedule found that still breaks the same invariant, and what it breaks. Lines of the body are left out
/// in ever smaller pieces (Zeller's ddmin), then the waits between them are halved.
pub fn shrink(schedule: &Schedule, found: &Found) -> (Schedule, Found) {
    let mut best = (schedule.clone(), found.clone());
    let mut plays = PLAYS;
    // What comes behind the line that broke it is of no use.
    let breaking = (found.line as usize).saturating_sub(schedule.opening.len());
    if breaking < schedule.body.len() {
        let mut candidate = schedule.clone();
        candidate.body.truncate(breaking);
        attempt(&mut best, candidate, &mut plays);
    }
    let mut piece = best.0.body.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        let mut shorter = false;
        while at < best.0.body.len() && plays > 0 {
            let mut candidate = best.0.clone();
            let end = (at + piece).min(candidate.body.len());
            candidate.body.drain(at..end);
            if attempt(&mut best, candidate, &mut plays) {
                shorter = true;
            } else {
                at += piece;
            }
        }
        if plays == 0 || (piece == 1 && !shorter) {
            break;
        }
        piece = (piece / 2).max(1);
    }
    shorten_waits(&mut best, &mut plays);
    best
}

fn attempt(best: &mut (Schedule, Found), candidate: Schedule, plays: &mut u32) -> bool {
    if *plays == 0 {
        return false;
    }
    *plays -= 1;
    match play(&candidate) {
        Err(found) if found.violation.invariant == best.1.violation.invariant => {
            *best = (candidate, found);
            true
        }
        _ => false,
    }
}

fn shorten_waits(best: &mut (Schedule, Found), plays: &mut u32) {
    for index in 0..best.0.body.len() {
        let wait = best.0.body[index].strip_prefix("sim advance ").and_then(|rest| rest.strip_suffix("ms"));
        let Some(mut millis) = wait.and_then(|text| text.parse::<u32>().ok()) else { continue };
        while millis > 1 {
            millis /= 2;
            let mut candidate = best.0.clone();
            candidate.body[index] = format!("sim advance {millis}ms");
            if !attempt(best, candidate, plays) {
                break;
            }
        }
    }
}
