//! IncrementalAlterConfigs for topics (`ConfigurationControlManager`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::event::Event;
use crate::kafka::image::RESOURCE_TOPIC;
use crate::kafka::protocol::configs::*;
use crate::kafka::protocol::metadata_records::{ClearElrRecord, ConfigRecord};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::topic_config;
use crate::time::SimTime;

use super::{Controller, ReplyTo};

/// `AlterConfigOp.OpType`.
const SET: i8 = 0;
const DELETE: i8 = 1;

impl Controller {
    pub(super) fn handle_alter_configs(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &IncrementalAlterConfigsRequest,
        fx: &mut Effects,
    ) {
        let mut responses = Vec::new();
        for resource in &request.resources {
            let decided = self.decide_alter_configs(resource);
            let error = decided.as_ref().err().cloned();
            if let (Ok(records), false) = (&decided, request.validate_only) {
                self.commit(records, now, fx);
                for record in records {
                    if let MetadataRecord::Config(config) = record {
                        fx.event(Event::ConfigChanged {
                            topic: config.resource_name.clone(),
                            key: config.name.clone(),
                            value: config.value.clone(),
                        });
                    }
                }
            }
            responses.push(AlterConfigsResourceResponse {
                error_code: error.as_ref().map_or(ErrorCode::None, |error| error.code),
                error_message: error.map(|error| Arc::from(error.message())),
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
            });
        }
        reply.answer(IncrementalAlterConfigsResponse { throttle_time_ms: 0, responses }, fx);
    }

    fn decide_alter_configs(&self, resource: &AlterConfigsResource) -> Result<Vec<MetadataRecord>, ApiError> {
        if resource.resource_type != RESOURCE_TOPIC {
            return Err(ApiError::with(ErrorCode::InvalidRequest, "not yet: configs of other resources than topics"));
        }
        if !self.image.topics.contains_key(&resource.resource_name) {
            let text = format!("The topic '{}' does not exist.", resource.resource_name);
            return Err(ApiError::with(ErrorCode::UnknownTopicOrPartition, text));
        }
        let mut overrides = self.image.topic_overrides(&resource.resource_name);
        let mut records = Vec::new();
        for config in &resource.configs {
            let value = match (config.config_operation, &config.value) {
                (SET, Some(value)) => Some(value.clone()),
                (DELETE, _) => None,
                _ => return Err(ApiError::with(ErrorCode::InvalidRequest, "not yet: APPEND and SUBTRACT")),
            };
            let before = match &value {
                Some(value) => overrides.insert(config.name.clone(), value.clone()),
                None => overrides.remove(&config.name),
            };
            if before != value {
                let name = config.name.clone();
                let resource_name = resource.resource_name.clone();
                records.push(ConfigRecord { resource_type: RESOURCE_TOPIC, resource_name, name, value }.into());
            }
        }
        topic_config::check(&overrides)?;
        self.clear_elr(&resource.resource_name, &mut records);
        Ok(records)
    }

    /// Who is eligible was decided under another minimum: a change of it makes all ELRs of the topic void.
    pub(super) fn clear_elr(&self, topic: &Arc<str>, records: &mut Vec<MetadataRecord>) {
        let is_min_isr =
            |record: &MetadataRecord| matches!(record, MetadataRecord::Config(c) if &*c.name == "min.insync.replicas");
        if self.elr_enabled() && records.iter().any(is_min_isr) {
            records.push(ClearElrRecord { topic_name: topic.clone() }.into());
        }
    }
}
