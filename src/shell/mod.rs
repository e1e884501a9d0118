//! The Kafka command line and the `sim` verbs: text in, text out.

pub mod complete;
pub mod files;
pub mod line;
mod node_files;
pub mod options;
pub mod output;
pub mod places;
pub mod printf;
pub mod properties;
pub mod script;
pub mod session;
pub mod sim;
pub mod tool;
pub mod transcript;
pub mod waiting;
pub mod words;

pub use crate::nearest;
pub use session::{LineOutcome, Shell};
