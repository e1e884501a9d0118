//! The native test binary.

mod cases;
mod sim;
mod tidy;
mod transcripts;
