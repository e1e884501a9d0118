//! The native test binary.

mod cases;
mod console;
mod logs;
mod sim;
mod tidy;
mod transcripts;
