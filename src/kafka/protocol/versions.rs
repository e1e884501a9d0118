//! ApiVersions: the first request on every client connection.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    /// ApiVersions request (api 18), version 4.
    ApiVersionsRequest {
        client_software_name: Arc<str>,
        client_software_version: Arc<str>,
    }
}

wire_struct! {
    ApiVersion {
        api_key: i16,
        min_version: i16,
        max_version: i16,
    }
}

wire_struct! {
    SupportedFeature {
        name: Arc<str>,
        min_version: i16,
        max_version: i16,
    }
}

wire_struct! {
    FinalizedFeature {
        name: Arc<str>,
        max_version_level: i16,
        min_version_level: i16,
    }
}

wire_struct! {
    /// ApiVersions response (api 18), version 4.
    ApiVersionsResponse {
        error_code: ErrorCode,
        api_keys: Vec<ApiVersion>,
        throttle_time_ms: i32,
    } tags {
        0 => supported_features: Vec<SupportedFeature> = Vec::new(),
        1 => finalized_features_epoch: i64 = -1,
        2 => finalized_features: Vec<FinalizedFeature> = Vec::new(),
        3 => zk_migration_ready: bool = false,
    }
}
