//! DescribeClientQuotas, DescribeUserScramCredentials and ListGroups.
//!
//! Simplification: nobody has SCRAM credentials and there are no groups, so the last two find none.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::client_quotas::{CLIENT_ID, IP, QuotaTarget, Quotas, USER};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::protocol::client_quotas::{
    DescribeClientQuotasRequest, DescribeClientQuotasResponse, DescribedQuota, MATCH_ANY, MATCH_DEFAULT, MATCH_EXACT,
    QuotaEntity, QuotaFilterComponent, QuotaValue,
};
use crate::kafka::protocol::groups::ListGroupsResponse;
use crate::kafka::protocol::scram::{
    DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, ScramUserName, ScramUserResult,
};

use super::{Broker, Caller};

impl Broker {
    pub(super) fn handle_describe_quotas(
        &mut self,
        caller: Caller,
        request: &DescribeClientQuotasRequest,
        fx: &mut Effects,
    ) {
        let checked = check_filter(&request.components);
        let error = checked.err();
        let found = self.image.client_quotas.iter().filter(|(target, _)| takes(request, target));
        let entries = found.map(|(target, quotas)| described(target, quotas)).collect();
        let response = DescribeClientQuotasResponse {
            throttle_time_ms: 0,
            error_code: error.as_ref().map_or(ErrorCode::None, |error| error.code),
            entries: error.is_none().then_some(entries),
            error_message: error.map(|error| error.message().into()),
        };
        self.answer(&caller, response, fx);
    }

    pub(super) fn handle_describe_scram(
        &mut self,
        caller: Caller,
        request: &DescribeUserScramCredentialsRequest,
        fx: &mut Effects,
    ) {
        let row = |user: &ScramUserName| ScramUserResult {
            user: user.name.clone(),
            error_code: ErrorCode::ResourceNotFound,
            error_message: Some(
                format!("Attempt to describe a user credential that does not exist: {}", user.name).into(),
            ),
            credential_infos: Vec::new(),
        };
        let response = DescribeUserScramCredentialsResponse {
            throttle_time_ms: 0,
            error_code: ErrorCode::None,
            error_message: None,
            results: request.users.iter().flatten().map(row).collect(),
        };
        self.answer(&caller, response, fx);
    }

    pub(super) fn handle_list_groups(&mut self, caller: Caller, fx: &mut Effects) {
        let groups = Vec::new();
        self.answer(&caller, ListGroupsResponse { throttle_time_ms: 0, error_code: ErrorCode::None, groups }, fx);
    }
}

fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::with(ErrorCode::InvalidRequest, text)
}

/// Each type at most once, and addresses apart from users and client ids.
fn check_filter(components: &[QuotaFilterComponent]) -> Result<(), ApiError> {
    let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
    for component in components {
        let kind = &*component.entity_type;
        if kind.is_empty() {
            return Err(invalid("Invalid empty entity type."));
        }
        if seen.insert(kind, ()).is_some() {
            return Err(invalid(format!("Entity type {kind} cannot appear more than once in the filter.")));
        }
        if ![USER, CLIENT_ID, IP].contains(&kind) {
            let text = format!("Unsupported entity type {kind}");
            return Err(ApiError::with(ErrorCode::UnsupportedVersion, text));
        }
    }
    match seen.contains_key(IP) && seen.len() > 1 {
        true => Err(invalid(
            "Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.",
        )),
        false => Ok(()),
    }
}

fn takes(request: &DescribeClientQuotasRequest, target: &QuotaTarget) -> bool {
    let fits = |component: &QuotaFilterComponent| match (target.get(&component.entity_type), component.match_type) {
        (Some(Some(name)), MATCH_EXACT) => component.r#match.as_ref() == Some(name),
        (Some(None), MATCH_DEFAULT) | (Some(_), MATCH_ANY) => true,
        _ => false,
    };
    request.components.iter().all(fits) && (!request.strict || target.len() == request.components.len())
}

fn described(target: &QuotaTarget, quotas: &Quotas) -> DescribedQuota {
    let part = |(kind, name): (&Arc<str>, &Option<Arc<str>>)| QuotaEntity {
        entity_type: kind.clone(),
        entity_name: name.clone(),
    };
    DescribedQuota {
        entity: target.iter().map(part).collect(),
        values: quotas.iter().map(|(key, value)| QuotaValue { key: key.clone(), value: *value }).collect(),
    }
}
