//! The simulation: one clock, a network, processes, and history. It moves by single events in a total order, and the
//! same scenario with the same commands gives the same state on every platform.

pub mod actions;
mod client_actions;
pub mod command;
mod connections;
pub mod digest;
pub mod invariants;
pub mod journal;
pub mod ledger;
pub mod log;
pub mod network;
pub mod node;
pub mod node_properties;
pub mod recording;
pub mod scenario;
pub mod slots;
pub mod state;
pub mod timeline;
pub mod watch;
pub mod world;
