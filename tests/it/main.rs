//! The native test binary.

mod cases;
mod console;
mod goal;
mod lessons;
mod live;
mod logs;
mod quorum;
mod replication;
mod sim;
mod tidy;
mod transcripts;
mod typed;
mod view;
