//! The native test binary.

mod cases;
mod logs;
mod sim;
mod tidy;
mod transcripts;
