//! The answer to ApiVersions.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::image::MetadataImage;
use crate::kafka::protocol::apis::{self, Listener};
use crate::kafka::protocol::brokers::BrokerFeature;
use crate::kafka::protocol::versions::{ApiVersion, ApiVersionsResponse, FinalizedFeature, SupportedFeature};

/// What a broker says of itself only when it has a receiver for client telemetry: GetTelemetrySubscriptions and
/// PushTelemetry.
const TELEMETRY: [i16; 2] = [71, 72];

/// Lists the APIs of a listener as a real node does, those included that the simulation does not speak; the features
/// that the node supports; and the finalized features.
pub fn api_versions(listener: Listener, features: Vec<BrokerFeature>, image: &MetadataImage) -> ApiVersionsResponse {
    let listed = apis::enabled(listener).filter(|api| !TELEMETRY.contains(&api.id));
    let finalized = |(name, level): (&Arc<str>, &i16)| FinalizedFeature {
        name: name.clone(),
        max_version_level: *level,
        min_version_level: *level,
    };
    let supported = |feature: BrokerFeature| SupportedFeature {
        name: feature.name,
        min_version: feature.min_supported_version,
        max_version: feature.max_supported_version,
    };
    ApiVersionsResponse {
        error_code: ErrorCode::None,
        api_keys: listed
            .map(|api| ApiVersion { api_key: api.id, min_version: api.min_version, max_version: api.max_version })
            .collect(),
        throttle_time_ms: 0,
        supported_features: features.into_iter().map(supported).collect(),
        finalized_features_epoch: image.next_offset - 1,
        finalized_features: image.features.iter().map(finalized).collect(),
        zk_migration_ready: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As kafka-broker-api-versions lists those of a broker without a receiver for telemetry.
    #[test]
    fn a_broker_lists_all_its_apis_and_a_controller_its_own() {
        let ids = |listener| {
            let answer = api_versions(listener, Vec::new(), &MetadataImage::default());
            answer.api_keys.iter().map(|api| api.api_key).collect::<Vec<_>>()
        };
        let broker = ids(Listener::Broker);
        assert_eq!(broker.len(), 75);
        assert!(broker.contains(&68) && broker.contains(&92), "groups are listed though they are not spoken");
        for absent in [4, 52, 56, 62, 71, 72] {
            assert!(!broker.contains(&absent), "{absent}");
        }
        let controller = ids(Listener::Controller);
        assert!(controller.contains(&62) && !controller.contains(&0));
    }
}
