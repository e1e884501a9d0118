//! DescribeUserScramCredentials (KIP-554).

use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::protocol::wire::wire_struct;

wire_struct! {
    ScramUserName {
        name: Arc<str>,
    }
}

wire_struct! {
    /// DescribeUserScramCredentials request (api 50), version 0. Null asks for all users.
    DescribeUserScramCredentialsRequest {
        users: Option<Vec<ScramUserName>>,
    }
}

wire_struct! {
    ScramCredentialInfo {
        mechanism: i8,
        iterations: i32,
    }
}

wire_struct! {
    ScramUserResult {
        user: Arc<str>,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        credential_infos: Vec<ScramCredentialInfo>,
    }
}

wire_struct! {
    /// DescribeUserScramCredentials response (api 50), version 0.
    DescribeUserScramCredentialsResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        results: Vec<ScramUserResult>,
    }
}
