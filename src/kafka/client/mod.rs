//! Clients.
pub mod producer;
pub mod serde;
pub mod tool;
