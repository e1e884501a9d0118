//! The protocol. No clock, no network, no randomness but what is passed in.
pub mod client;
pub mod config;
pub mod controller;
pub mod errors;
pub mod ids;
pub mod java;
pub mod log;
pub mod record;

/// The version of Apache Kafka whose behaviour this is.
pub const VERSION: &str = "4.3.1";
