//! IncrementalAlterConfigs (`ConfigurationControlManager`): configs of topics, brokers, client-metrics subscriptions and
//! groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::config::{BROKER, Values, broker, resource};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode, KafkaException};
use crate::kafka::event::Event;
use crate::kafka::ids::NodeId;
use crate::kafka::image::{ConfigOverrides, RESOURCE_BROKER, RESOURCE_CLIENT_METRICS, RESOURCE_GROUP, RESOURCE_TOPIC};
use crate::kafka::protocol::configs::*;
use crate::kafka::protocol::metadata_records::{ClearElrRecord, ConfigRecord};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::kafka::topic_config;
use crate::time::SimTime;

use super::{Controller, ReplyTo};

/// `AlterConfigOp.OpType`.
const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;

/// Bytes of a value.
const LONGEST_VALUE: usize = 32_767;

const MIN_ISR: &str = "min.insync.replicas";

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
                    if let MetadataRecord::Config(config) = record
                        && config.resource_type == RESOURCE_TOPIC
                    {
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
        let key = (resource.resource_type, resource.resource_name.clone());
        let mut overrides = self.image.configs.get(&key).map(|known| (**known).clone()).unwrap_or_default();
        let mut records = Vec::new();
        for config in &resource.configs {
            let before = overrides.get(&config.name).cloned();
            let value = altered(resource.resource_type, config, before.as_ref())?;
            if value.as_ref().is_some_and(|value| value.len() > LONGEST_VALUE) {
                let text =
                    "The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.";
                return Err(ApiError::with(ErrorCode::InvalidConfig, text));
            }
            // What a broker is told is written even if it says what was said before.
            if before != value || resource.resource_type == RESOURCE_BROKER {
                self.check_min_isr(resource, &config.name, value.is_some())?;
                let (name, resource_name) = (config.name.clone(), resource.resource_name.clone());
                let record = ConfigRecord { resource_type: key.0, resource_name, name, value: value.clone() };
                records.push(record.into());
            }
            match value {
                Some(value) => overrides.insert(config.name.clone(), value),
                None => overrides.remove(&config.name),
            };
        }
        self.check_configs(resource, &overrides)?;
        self.check_exists(resource)?;
        let topic = if resource.resource_type == RESOURCE_TOPIC { resource.resource_name.clone() } else { "".into() };
        self.clear_elr(&topic, &mut records);
        Ok(records)
    }

    /// With eligible leader replicas the minimum is one for the whole cluster, and there is always one.
    fn check_min_isr(&self, resource: &AlterConfigsResource, key: &str, is_set: bool) -> Result<(), ApiError> {
        if resource.resource_type != RESOURCE_BROKER || key != MIN_ISR || !self.elr_enabled() {
            return Ok(());
        }
        let refuse = |text: &str| Err(ApiError::with(ErrorCode::InvalidConfig, text));
        match (resource.resource_name.is_empty(), is_set) {
            (false, _) => refuse("Broker-level min.insync.replicas cannot be altered while ELR is enabled."),
            (true, false) => refuse("Cluster-level min.insync.replicas cannot be removed while ELR is enabled."),
            (true, true) => Ok(()),
        }
    }

    fn check_configs(&self, resource: &AlterConfigsResource, overrides: &ConfigOverrides) -> Result<(), ApiError> {
        let given = overrides.iter().map(|(key, value)| (key.to_string(), Some(value.to_string())));
        let given: BTreeMap<String, Option<String>> = given.collect();
        let kind = type_name(resource.resource_type);
        let checked =
            resource::validate(&kind, &resource.resource_name, &given, &self.config_values(), &mut Vec::new());
        checked.map_err(|error| api_error(&error))
    }

    /// What this controller's own server.properties says.
    pub(super) fn config_values(&self) -> Values {
        broker::parse(&self.settings.server_config, &mut Vec::new()).unwrap_or_else(|_| BROKER.defaults())
    }

    fn check_exists(&self, resource: &AlterConfigsResource) -> Result<(), ApiError> {
        let name = &resource.resource_name;
        match resource.resource_type {
            RESOURCE_TOPIC if !self.image.topics.contains_key(name) => {
                let text = format!("The topic '{name}' does not exist.");
                Err(ApiError::with(ErrorCode::UnknownTopicOrPartition, text))
            }
            RESOURCE_BROKER if !name.is_empty() => {
                let id = name.parse().map_or(NodeId(-1), NodeId);
                match id == self.id || self.image.brokers.contains_key(&id) {
                    true => Ok(()),
                    false => {
                        let text = format!("No broker with id {id} found.");
                        Err(ApiError::with(ErrorCode::BrokerIdNotRegistered, text))
                    }
                }
            }
            _ => Ok(()),
        }
    }

    /// Who is eligible was decided under another minimum: a change of it makes all ELRs of the topic void, or of all
    /// topics when the name is empty.
    pub(super) fn clear_elr(&self, topic: &Arc<str>, records: &mut Vec<MetadataRecord>) {
        let is_min_isr = |record: &MetadataRecord| matches!(record, MetadataRecord::Config(c) if &*c.name == MIN_ISR);
        if self.elr_enabled() && records.iter().any(is_min_isr) {
            records.push(ClearElrRecord { topic_name: topic.clone() }.into());
        }
    }
}

/// The value that an operation leads to; none takes the override away.
fn altered(
    resource_type: i8,
    config: &AlterableConfig,
    before: Option<&Arc<str>>,
) -> Result<Option<Arc<str>>, ApiError> {
    let given = config.value.as_deref().unwrap_or("");
    match config.config_operation {
        SET => Ok(config.value.clone()),
        DELETE => Ok(None),
        operation => {
            let name = if operation == APPEND { "APPEND" } else { "SUBTRACT" };
            if !topic_config::is_list(resource_type, &config.name) {
                let text = format!("Can't {name} to key {} because its type is not LIST.", config.name);
                return Err(ApiError::with(ErrorCode::InvalidConfig, text));
            }
            let mut items: Vec<&str> = before.map_or("", |before| before).split(',').collect();
            items.retain(|item| !item.is_empty());
            for item in given.split(',') {
                match (operation == APPEND, items.iter().position(|known| *known == item)) {
                    (true, None) => items.push(item),
                    (false, Some(index)) => {
                        items.remove(index);
                    }
                    _ => {}
                }
            }
            Ok(Some(Arc::from(items.join(","))))
        }
    }
}

/// `ConfigResource.Type`.
fn type_name(resource_type: i8) -> String {
    match resource_type {
        RESOURCE_TOPIC => "TOPIC".to_string(),
        RESOURCE_BROKER => "BROKER".to_string(),
        RESOURCE_CLIENT_METRICS => "CLIENT_METRICS".to_string(),
        RESOURCE_GROUP => "GROUP".to_string(),
        8 => "BROKER_LOGGER".to_string(),
        _ => "UNKNOWN".to_string(),
    }
}

/// `ApiError.fromThrowable`, with a ConfigException as INVALID_CONFIG.
fn api_error(error: &KafkaException) -> ApiError {
    let found = ErrorCode::ALL.iter().find(|code| code.class() == Some(error.class));
    let code = found.copied().unwrap_or(ErrorCode::InvalidConfig);
    ApiError { code, message: error.message.clone() }
}
