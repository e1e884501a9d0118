//! ListGroups.

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    /// ListGroups request (api 16), version 5. Empty lists take groups in all states and of all types.
    ListGroupsRequest {
        states_filter: Vec<Arc<str>>,
        types_filter: Vec<Arc<str>>,
    }
}

wire_struct! {
    ListedGroup {
        group_id: Arc<str>,
        protocol_type: Arc<str>,
        group_state: Arc<str>,
        group_type: Arc<str>,
    }
}

wire_struct! {
    /// ListGroups response (api 16), version 5.
    ListGroupsResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        groups: Vec<ListedGroup>,
    }
}
