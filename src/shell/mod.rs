//! The Kafka command line and the `sim` verbs: text in, text out.

pub mod line;
pub mod nearest;
pub mod options;
pub mod output;
pub mod printf;
pub mod properties;
pub mod tool;
pub mod transcript;
pub mod words;
