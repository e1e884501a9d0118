//! Torture: random clusters, workloads and faults, with every invariant looked at after every event.
//!
//! A schedule is a list of console lines drawn from one seed, so whatever it finds can be replayed by anyone in the
//! console. Which kinds of faults a schedule may use is itself drawn (swarm testing: Groce et al., 2012): a run without
//! kills reaches states that a run full of kills never does. What a run exercised is counted; a run that exercised
//! nothing is a failure, not a success.
//!
//! Built with the feature `torture` only, and natively: `cargo xtask torture`.

pub mod campaign;
pub mod draw;
pub mod play;
pub mod shrink;
pub mod tally;

pub use campaign::{Campaign, Finding};
pub use draw::Schedule;
pub use play::{Found, play};
pub use tally::Tally;
