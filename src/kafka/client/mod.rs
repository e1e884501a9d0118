//! Clients: what an application, or a command-line tool, holds in its process. They never name a broker's code; they
//! know the protocol and nothing else.
pub mod admin;
pub mod backoff;
pub mod bootstrap;
pub mod connection;
pub mod construct;
pub mod consumer;
pub mod metadata;
pub mod network;
pub mod producer;
pub mod serde;
pub mod tool;
