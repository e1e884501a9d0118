//! The tables, one a file.

pub(super) mod admin;
pub(super) mod broker;
pub(super) mod client_metrics;
pub(super) mod consumer;
pub(super) mod group;
pub(super) mod producer;
pub(super) mod quota;
pub(super) mod topic;
