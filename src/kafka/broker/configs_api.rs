//! DescribeConfigs and ListConfigResources, and the part of IncrementalAlterConfigs that is the broker's own (`ConfigHelper`,
//! `ConfigAdminManager`).
//!
//! Simplification: a broker has two loggers, those that a real one has before anything else was logged.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::config::{
    BROKER, CLIENT_METRICS, ConfigKey, GROUP, TOPIC, Value, Values, broker, client_metrics, group,
};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode, KafkaException};
use crate::kafka::image::{
    ConfigOverrides, RESOURCE_BROKER, RESOURCE_BROKER_LOGGER, RESOURCE_CLIENT_METRICS, RESOURCE_GROUP, RESOURCE_TOPIC,
};
use crate::kafka::protocol::Request;
use crate::kafka::protocol::configs::*;
use crate::kafka::topic_config::{self, SOURCE_DEFAULT, SOURCE_TOPIC, config_type};
use crate::kafka::topic_name;
use crate::time::SimTime;

use super::config_sources::ConfigSources;
use super::dynamic_config::validate;
use super::{Broker, Caller};

/// `DescribeConfigsResponse.ConfigSource`.
const SOURCE_LOGGER: i8 = 6;
const SOURCE_CLIENT_METRICS: i8 = 7;
const SOURCE_GROUP: i8 = 8;

/// `AlterConfigOp.OpType`.
const SET: i8 = 0;
const DELETE: i8 = 1;

const LEVELS: [&str; 6] = ["DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"];

const ROOT: &str = "root";
/// The other logger: it has the level of the root until it is given one.
const CONTROLLER: &str = "org.apache.kafka.server.logger.LoggingController";

/// The levels that the loggers of a broker were given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Loggers {
    /// ERROR if none.
    root: Option<Arc<str>>,
    controller: Option<Arc<str>>,
}

impl Loggers {
    fn rows(&self) -> [(&'static str, Arc<str>); 2] {
        let root = self.root.clone().unwrap_or_else(|| Arc::from("ERROR"));
        [(CONTROLLER, self.controller.clone().unwrap_or_else(|| root.clone())), (ROOT, root)]
    }
}

fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::with(ErrorCode::InvalidRequest, text)
}

impl Broker {
    pub(super) fn handle_describe_configs(
        &mut self,
        caller: Caller,
        request: &DescribeConfigsRequest,
        fx: &mut Effects,
    ) {
        let describe = |resource: &DescribeConfigsResource| {
            let mut result = DescribeConfigsResult {
                error_code: ErrorCode::None,
                error_message: None,
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
                configs: Vec::new(),
            };
            match self.described(resource.resource_type, &resource.resource_name) {
                Ok(configs) => result.configs = configs,
                Err(error) => {
                    result.error_code = error.code;
                    result.error_message = error.message.map(Arc::from);
                }
            }
            if let Some(keys) = &resource.configuration_keys {
                result.configs.retain(|config| keys.contains(&config.name));
            }
            if !request.include_synonyms {
                result.configs.iter_mut().for_each(|config| config.synonyms.clear());
            }
            result
        };
        let results = request.resources.iter().map(describe).collect();
        self.answer(&caller, DescribeConfigsResponse { throttle_time_ms: 0, results }, fx);
    }

    /// Where this broker's configs stand.
    pub(super) fn config_sources(&self) -> ConfigSources<'_> {
        let set = |node| self.image.broker_overrides(node).cloned().unwrap_or_default();
        ConfigSources { own: set(Some(self.id)), cluster: set(None), fixed: &self.settings.server_config }
    }

    /// This broker's configs as they are now.
    fn config_values(&self) -> Values {
        let current = self.config_sources().current();
        broker::parse(&current, &mut Vec::new()).unwrap_or_else(|_| BROKER.defaults())
    }

    fn described(&self, resource_type: i8, name: &Arc<str>) -> Result<Vec<DescribedConfig>, ApiError> {
        let overrides = || {
            let known = self.image.configs.get(&(resource_type, name.clone()));
            known.map(|overrides| (**overrides).clone()).unwrap_or_default()
        };
        match resource_type {
            RESOURCE_TOPIC => {
                let valid = topic_name::validate(name);
                valid.map_err(|text| ApiError::with(ErrorCode::InvalidTopicException, text))?;
                match self.image.topics.contains_key(name) {
                    true => Ok(self.topic_entries(&overrides())),
                    false => Err(ApiError::with(ErrorCode::UnknownTopicOrPartition, "")),
                }
            }
            RESOURCE_BROKER if name.is_empty() => Ok(self.config_sources().cluster_entries()),
            RESOURCE_BROKER => {
                self.check_own_id(name, "broker", " or empty string")?;
                Ok(self.config_sources().broker_entries())
            }
            RESOURCE_BROKER_LOGGER => {
                self.check_own_id(name, "broker", "")?;
                let row = |(name, level): (&str, Arc<str>)| plain(name, Some(level), SOURCE_LOGGER);
                Ok(self.loggers.rows().into_iter().map(row).collect())
            }
            RESOURCE_CLIENT_METRICS if name.is_empty() => {
                Err(invalid("Client metrics subscription name must not be empty"))
            }
            RESOURCE_CLIENT_METRICS => Ok(described_metrics(name, &overrides())),
            RESOURCE_GROUP if name.is_empty() => Err(invalid("Group name must not be empty")),
            RESOURCE_GROUP => Ok(self.group_entries(&overrides())),
            _ => Err(invalid("Unsupported resource type: UNKNOWN")),
        }
    }

    fn check_own_id(&self, name: &str, what: &str, or: &str) -> Result<(), ApiError> {
        match name.parse::<i32>() {
            Ok(id) if id == self.id.0 => Ok(()),
            Ok(_) => Err(invalid(format!("Unexpected {what} id, expected {}{or}, but received {name}", self.id))),
            Err(_) => Err(invalid(format!("Broker id must be an integer, but it is: {name}"))),
        }
    }

    fn topic_entries(&self, overrides: &ConfigOverrides) -> Vec<DescribedConfig> {
        let sources = self.config_sources();
        let shown = topic_config::effective(overrides, &self.image, Some(self.id), &self.settings.server_config);
        let row = |config: topic_config::Effective| {
            let mut synonyms = Vec::new();
            if overrides.contains_key(config.name) {
                let (name, value) = (Arc::from(config.name), config.value.clone());
                synonyms.push(DescribedConfigSynonym { name, value, source: SOURCE_TOPIC });
            }
            let key = TOPIC.key(config.name);
            let synonym = key.and_then(|key| key.synonyms.first());
            synonyms.extend(synonym.map_or_else(Vec::new, |(synonym, _)| sources.synonyms(synonym)));
            DescribedConfig {
                name: Arc::from(config.name),
                value: config.value,
                read_only: false,
                config_source: synonyms.first().map_or(SOURCE_DEFAULT, |synonym| synonym.source),
                is_sensitive: false,
                synonyms,
                config_type: config.config_type,
                documentation: None,
            }
        };
        shown.into_iter().map(row).collect()
    }

    fn group_entries(&self, overrides: &ConfigOverrides) -> Vec<DescribedConfig> {
        let sources = self.config_sources();
        let given = overrides.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let values = group::read(&given, &self.config_values());
        let row = |key: &ConfigKey| {
            let value = values.get(key.name).and_then(Value::text).map(Arc::from);
            let mut synonyms = Vec::new();
            if overrides.contains_key(key.name) {
                let (name, value) = (Arc::from(key.name), value.clone());
                synonyms.push(DescribedConfigSynonym { name, value, source: SOURCE_GROUP });
            }
            match key.synonyms.first() {
                Some((synonym, _)) => synonyms.extend(sources.synonyms(synonym)),
                None => synonyms.push(DescribedConfigSynonym {
                    name: Arc::from(key.name),
                    value: key.default_text().map(Arc::from),
                    source: SOURCE_DEFAULT,
                }),
            }
            DescribedConfig {
                config_source: synonyms.first().map_or(SOURCE_DEFAULT, |synonym| synonym.source),
                config_type: config_type(key.kind),
                synonyms,
                ..plain(key.name, value, SOURCE_DEFAULT)
            }
        };
        GROUP.keys().iter().map(row).collect()
    }

    pub(super) fn handle_list_config_resources(
        &mut self,
        caller: Caller,
        request: &ListConfigResourcesRequest,
        fx: &mut Effects,
    ) {
        let all = [RESOURCE_TOPIC, RESOURCE_BROKER, RESOURCE_BROKER_LOGGER, RESOURCE_CLIENT_METRICS, RESOURCE_GROUP];
        let asked = if request.resource_types.is_empty() { all.as_slice() } else { request.resource_types.as_slice() };
        let mut response = ListConfigResourcesResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            config_resources: Vec::new(),
        };
        for resource_type in asked {
            let names: Vec<Arc<str>> = match *resource_type {
                RESOURCE_TOPIC => self.image.topics.keys().cloned().collect(),
                RESOURCE_BROKER | RESOURCE_BROKER_LOGGER => {
                    self.image.brokers.keys().map(|id| Arc::from(id.to_string())).collect()
                }
                RESOURCE_CLIENT_METRICS | RESOURCE_GROUP => {
                    let of_type = self.image.configs.keys().filter(|(kind, _)| kind == resource_type);
                    of_type.map(|(_, name)| name.clone()).collect()
                }
                _ => {
                    response.error_code = ErrorCode::UnsupportedVersion;
                    Vec::new()
                }
            };
            let row = |name| ListedConfigResource { resource_name: name, resource_type: *resource_type };
            response.config_resources.extend(names.into_iter().map(row));
        }
        self.answer(&caller, response, fx);
    }

    /// Refuses what this broker can tell is wrong, changes its own loggers, and sends the rest on to the controller.
    pub(super) fn handle_alter_configs(
        &mut self,
        now: SimTime,
        caller: Caller,
        request: IncrementalAlterConfigsRequest,
        fx: &mut Effects,
    ) {
        let mut decided = Vec::new();
        for resource in &request.resources {
            let result = match resource.resource_type {
                RESOURCE_BROKER_LOGGER => Some(self.alter_loggers(resource, request.validate_only)),
                _ => self.check_alteration(resource).err().map(Err),
            };
            if let Some(result) = result {
                let error = result.err();
                decided.push(AlterConfigsResourceResponse {
                    error_code: error.as_ref().map_or(ErrorCode::None, |error| error.code),
                    error_message: error.map(|error| Arc::from(error.message())),
                    resource_type: resource.resource_type,
                    resource_name: resource.resource_name.clone(),
                });
            }
        }
        if decided.is_empty() {
            return self.forward(now, caller, Request::IncrementalAlterConfigs(request), fx);
        }
        self.answer(&caller, IncrementalAlterConfigsResponse { throttle_time_ms: 0, responses: decided }, fx);
    }

    fn check_alteration(&self, resource: &AlterConfigsResource) -> Result<(), ApiError> {
        let configs = &resource.configs;
        let named_before = |index: usize, name: &Arc<str>| configs[..index].iter().any(|before| before.name == *name);
        if configs.iter().enumerate().any(|(index, config)| named_before(index, &config.name)) {
            return Err(invalid("Error due to duplicate config keys"));
        }
        let null = |config: &&AlterableConfig| config.value.is_none() && config.config_operation != DELETE;
        let nulls: Vec<&str> = configs.iter().filter(null).map(|config| &*config.name).collect();
        if !nulls.is_empty() {
            return Err(invalid(format!("Null value not supported for : {}", nulls.join(", "))));
        }
        if resource.resource_type != RESOURCE_BROKER {
            return Ok(());
        }
        let per_broker = !resource.resource_name.is_empty();
        if per_broker {
            self.check_own_id(&resource.resource_name, "broker", "")?;
        }
        let mut sources = self.config_sources();
        let mut given =
            if per_broker { std::mem::take(&mut sources.own) } else { std::mem::take(&mut sources.cluster) };
        for config in configs {
            match &config.value {
                Some(value) if config.config_operation == SET => given.insert(config.name.clone(), value.clone()),
                _ => given.remove(&config.name),
            };
        }
        let checked = validate(&self.config_sources(), &given, per_broker);
        checked.map_err(|error: KafkaException| invalid(error.message.unwrap_or_default()))
    }

    fn alter_loggers(&mut self, resource: &AlterConfigsResource, validate_only: bool) -> Result<(), ApiError> {
        self.check_own_id(&resource.resource_name, "broker", "")?;
        self.check_alteration(resource)?;
        for config in &resource.configs {
            let (name, level) = (&config.name, config.value.as_deref().unwrap_or(""));
            if ![ROOT, CONTROLLER].contains(&&**name) {
                let text = format!("Logger {name} does not exist!");
                return Err(ApiError::with(ErrorCode::InvalidConfig, text));
            }
            if config.config_operation == SET && !LEVELS.contains(&level) {
                let text = format!(
                    "Cannot set the log level of {name} to {level} as it is not a supported log level. Valid log levels \
                     are {}",
                    LEVELS.join(", ")
                );
                return Err(ApiError::with(ErrorCode::InvalidConfig, text));
            }
            if config.config_operation == DELETE && **name == *ROOT {
                return Err(invalid("Removing the log level of the root logger is not allowed"));
            }
        }
        if !validate_only {
            for config in &resource.configs {
                let level = config.value.clone().filter(|_| config.config_operation == SET);
                *(if *config.name == *ROOT { &mut self.loggers.root } else { &mut self.loggers.controller }) = level;
            }
        }
        Ok(())
    }
}

/// A config without synonyms.
fn plain(name: &str, value: Option<Arc<str>>, source: i8) -> DescribedConfig {
    DescribedConfig {
        name: Arc::from(name),
        value,
        read_only: false,
        config_source: source,
        is_sensitive: false,
        synonyms: Vec::new(),
        config_type: 0,
        documentation: None,
    }
}

/// Every key of a subscription, set or not.
fn described_metrics(name: &str, overrides: &ConfigOverrides) -> Vec<DescribedConfig> {
    let given: BTreeMap<String, String> =
        overrides.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let values = client_metrics::validate(name, &given).unwrap_or_else(|_: KafkaException| CLIENT_METRICS.defaults());
    let row = |key: &ConfigKey| {
        let source = if overrides.contains_key(key.name) { SOURCE_CLIENT_METRICS } else { SOURCE_DEFAULT };
        let value: Option<Arc<str>> = values.get(key.name).and_then(Value::text).map(Arc::from);
        let (name, synonym) = (Arc::from(key.name), value.clone());
        let set = overrides.contains_key(key.name);
        let synonyms = set.then_some(DescribedConfigSynonym { name, value: synonym, source });
        DescribedConfig {
            config_type: config_type(key.kind),
            synonyms: synonyms.into_iter().collect(),
            ..plain(key.name, value, source)
        }
    };
    CLIENT_METRICS.keys().iter().map(row).collect()
}
