//! The answer to ApiVersions.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::image::MetadataImage;
use crate::kafka::protocol::ApiKey;
use crate::kafka::protocol::versions::{ApiVersion, ApiVersionsResponse, FinalizedFeature, SupportedFeature};

/// Lists the APIs that the simulation speaks, each at its one version, and the finalized features.
pub fn api_versions(image: &MetadataImage) -> ApiVersionsResponse {
    let key = |api: &ApiKey| ApiVersion { api_key: api.id(), min_version: api.version(), max_version: api.version() };
    let finalized = |(name, level): (&Arc<str>, &i16)| FinalizedFeature {
        name: name.clone(),
        max_version_level: *level,
        min_version_level: *level,
    };
    ApiVersionsResponse {
        error_code: ErrorCode::None,
        api_keys: ApiKey::ALL.iter().map(key).collect(),
        throttle_time_ms: 0,
        supported_features: Vec::<SupportedFeature>::new(),
        finalized_features_epoch: image.next_offset - 1,
        finalized_features: image.features.iter().map(finalized).collect(),
        zk_migration_ready: false,
    }
}
