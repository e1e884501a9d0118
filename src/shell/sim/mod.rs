//! The `sim` verbs: what Kafka has no command for.

pub mod arguments;
pub mod condition;
mod events;
pub mod execute;
mod ledger;
pub mod look;
pub mod parse;
mod parse_clients;
pub mod verbs;
pub(super) mod wait;
