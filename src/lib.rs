//! Highwater: a faithful Apache Kafka cluster that runs in a browser tab, and teaches.

pub mod app;
pub mod goal;
pub mod kafka;
pub mod lessons;
pub mod nearest;
pub mod rng;
pub mod shell;
pub mod sim;
pub mod time;
pub mod view;

#[cfg(target_arch = "wasm32")]
pub mod ui;
