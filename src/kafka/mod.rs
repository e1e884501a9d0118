//! The protocol. No clock, no network, no randomness but what is passed in.
pub mod client;
pub mod config;
pub mod controller;
pub mod errors;
pub mod ids;
pub mod java;
pub mod log;
pub mod record;
