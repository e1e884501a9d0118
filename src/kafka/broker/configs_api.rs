//! DescribeConfigs for topics (`ConfigHelper`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::image::RESOURCE_TOPIC;
use crate::kafka::protocol::configs::*;
use crate::kafka::topic_config;

use super::{Broker, Caller};

impl Broker {
    pub(super) fn handle_describe_configs(
        &mut self,
        caller: Caller,
        request: &DescribeConfigsRequest,
        fx: &mut Effects,
    ) {
        let results = request.resources.iter().map(|resource| self.described(resource)).collect();
        self.answer(&caller, DescribeConfigsResponse { throttle_time_ms: 0, results }, fx);
    }

    fn described(&self, resource: &DescribeConfigsResource) -> DescribeConfigsResult {
        let mut result = DescribeConfigsResult {
            error_code: ErrorCode::None,
            error_message: None,
            resource_type: resource.resource_type,
            resource_name: resource.resource_name.clone(),
            configs: Vec::new(),
        };
        if resource.resource_type != RESOURCE_TOPIC {
            result.error_code = ErrorCode::InvalidRequest;
            result.error_message = Some(Arc::from("not yet: configs of other resources than topics"));
            return result;
        }
        if !self.image.topics.contains_key(&resource.resource_name) {
            result.error_code = ErrorCode::UnknownTopicOrPartition;
            result.error_message = Some(Arc::from(ErrorCode::UnknownTopicOrPartition.message()));
            return result;
        }
        let overrides = self.image.topic_overrides(&resource.resource_name);
        let shown = topic_config::effective(&overrides, &self.image, &self.settings.server_config);
        let asked =
            |name: &str| resource.configuration_keys.as_ref().is_none_or(|keys| keys.iter().any(|key| &**key == name));
        let row = |config: topic_config::Effective| DescribedConfig {
            name: Arc::from(config.name),
            value: config.value,
            read_only: false,
            config_source: config.source,
            is_sensitive: false,
            synonyms: Vec::new(),
            config_type: config.config_type,
            documentation: None,
        };
        result.configs = shown.into_iter().filter(|config| asked(config.name)).map(row).collect();
        result
    }
}
