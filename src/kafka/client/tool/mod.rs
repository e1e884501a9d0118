//! The command-line tools as processes: a typed request goes in, a stream of structured items and an end come out.
//!
//! The shell only turns a line into a [`ToolRequest`] and items into text; everything between is a client inside the
//! simulation, in the digest and in checkpoints.

mod by_leader;
mod configs;
mod consumer;
mod delete_records;
mod describe;
mod election;
mod log_dirs;
mod offsets;
pub mod pattern;
pub mod process;
mod producer;
mod quorum;
mod quotas;
mod reassign;
mod request;
mod topics;

pub use configs::{ConfigsAction, ConfigsItem, ConfigsRequest, EntityKind};
pub use log_dirs::{DescribeLogDirs, LogDirRow, LogDirsItem};
pub use process::Tool;
pub use request::*;

use crate::kafka::client::admin::{Admin, CallId, Target};
use crate::kafka::effects::Effects;
use crate::kafka::protocol::metadata::{MetadataRequest, MetadataResponse};
use crate::kafka::protocol::{Request, Response};
use crate::time::SimTime;

/// What one step of a program has brought.
type Told<'a> = &'a mut Vec<ToolItem>;

/// `Admin.listTopics`: all topics with their partitions.
fn list_topics(admin: &mut Admin, now: SimTime, fx: &mut Effects) -> CallId {
    let request =
        MetadataRequest { topics: None, allow_auto_topic_creation: true, include_topic_authorized_operations: false };
    admin.call(now, "listTopics", Target::AnyBroker, Request::Metadata(request), fx)
}

/// Names of the topics that a filter takes, sorted.
fn topic_names(response: &MetadataResponse, exclude_internal: bool, takes: impl Fn(&str) -> bool) -> Vec<String> {
    let topics = response.topics.iter().filter(|topic| topic.error_code.is_none());
    let shown = topics.filter(|topic| !(exclude_internal && topic.is_internal));
    let mut names: Vec<String> = shown.filter_map(|topic| topic.name.as_deref()).map(str::to_string).collect();
    names.retain(|name| takes(name));
    names.sort();
    names
}

/// An answer of the wrong kind: a bug of ours.
fn misplaced(response: &Response) -> ! {
    panic!("an admin call was answered with {}", response.api().name())
}
