//! DescribeConfigs and IncrementalAlterConfigs.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    DescribeConfigsResource {
        resource_type: i8,
        resource_name: Arc<str>,
        configuration_keys: Option<Vec<Arc<str>>>,
    }
}

wire_struct! {
    /// DescribeConfigs request (api 32), version 4.
    DescribeConfigsRequest {
        resources: Vec<DescribeConfigsResource>,
        include_synonyms: bool,
        include_documentation: bool,
    }
}

wire_struct! {
    DescribedConfigSynonym {
        name: Arc<str>,
        value: Option<Arc<str>>,
        source: i8,
    }
}

wire_struct! {
    DescribedConfig {
        name: Arc<str>,
        value: Option<Arc<str>>,
        read_only: bool,
        config_source: i8,
        is_sensitive: bool,
        synonyms: Vec<DescribedConfigSynonym>,
        config_type: i8,
        documentation: Option<Arc<str>>,
    }
}

wire_struct! {
    DescribeConfigsResult {
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        resource_type: i8,
        resource_name: Arc<str>,
        configs: Vec<DescribedConfig>,
    }
}

wire_struct! {
    /// DescribeConfigs response (api 32), version 4.
    DescribeConfigsResponse {
        throttle_time_ms: i32,
        results: Vec<DescribeConfigsResult>,
    }
}

wire_struct! {
    AlterableConfig {
        name: Arc<str>,
        config_operation: i8,
        value: Option<Arc<str>>,
    }
}

wire_struct! {
    AlterConfigsResource {
        resource_type: i8,
        resource_name: Arc<str>,
        configs: Vec<AlterableConfig>,
    }
}

wire_struct! {
    /// IncrementalAlterConfigs request (api 44), version 1.
    IncrementalAlterConfigsRequest {
        resources: Vec<AlterConfigsResource>,
        validate_only: bool,
    }
}

wire_struct! {
    AlterConfigsResourceResponse {
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        resource_type: i8,
        resource_name: Arc<str>,
    }
}

wire_struct! {
    /// IncrementalAlterConfigs response (api 44), version 1.
    IncrementalAlterConfigsResponse {
        throttle_time_ms: i32,
        responses: Vec<AlterConfigsResourceResponse>,
    }
}

wire_struct! {
    /// ListConfigResources request (api 74), version 1. No types ask for all that can be listed.
    ListConfigResourcesRequest {
        resource_types: Vec<i8>,
    }
}

wire_struct! {
    ListedConfigResource {
        resource_name: Arc<str>,
        resource_type: i8,
    }
}

wire_struct! {
    /// ListConfigResources response (api 74), version 1.
    ListConfigResourcesResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        config_resources: Vec<ListedConfigResource>,
    }
}
