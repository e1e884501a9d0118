//! Clients.
pub mod producer;
pub mod serde;
