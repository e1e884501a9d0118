//! The protocol. No clock, no network, no randomness but what is passed in.

pub mod address;
pub mod broker;
pub mod client;
pub mod client_quotas;
pub mod config;
pub mod controller;
pub mod dead_address;
pub mod effects;
pub mod errors;
pub mod event;
pub mod ids;
pub mod image;
pub mod java;
pub mod java_order;
pub mod log;
pub mod log_lines;
pub mod member;
pub mod node;
pub mod protocol;
pub mod record;
pub mod sanitizer;
pub mod seeded;
pub mod topic_config;
pub mod topic_name;

/// The version of Apache Kafka whose behaviour this is.
pub const VERSION: &str = "4.3.1";
