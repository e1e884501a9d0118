//! AlterClientQuotas (`ClientQuotaControlManager`).

use std::collections::BTreeSet;

use crate::kafka::client_quotas::{CLIENT_ID, IP, USER, target};
use crate::kafka::config::{CLIENT_QUOTAS, ConfigDef, IP_QUOTAS, Type};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::java_order::sort_as_hash_map;
use crate::kafka::protocol::client_quotas::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, AlteredQuota, AlteredQuotaResult, ClientQuotaRecord,
    QuotaEntity, QuotaOp,
};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::time::SimTime;

use super::{Controller, ReplyTo};

impl Controller {
    pub(super) fn handle_alter_quotas(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &AlterClientQuotasRequest,
        fx: &mut Effects,
    ) {
        let mut entries = Vec::new();
        for altered in &request.entries {
            let decided = self.decide_quotas(altered);
            if let (Ok(records), false) = (&decided, request.validate_only) {
                self.commit(records, now, fx);
            }
            let error = decided.err();
            entries.push(AlteredQuotaResult {
                error_code: error.as_ref().map_or(ErrorCode::None, |error| error.code),
                error_message: error.map(|error| error.message().into()),
                entity: altered.entity.clone(),
            });
        }
        reply.answer(AlterClientQuotasResponse { throttle_time_ms: 0, entries }, fx);
    }

    fn decide_quotas(&self, altered: &AlteredQuota) -> Result<Vec<MetadataRecord>, ApiError> {
        let keys = keys_of(&altered.entity)?;
        let target = target(&altered.entity);
        // Kafka goes through a map of the operations.
        let last = |op: &&QuotaOp| {
            altered.ops.iter().rev().find(|other| other.key == op.key).is_some_and(|last| std::ptr::eq(last, *op))
        };
        let mut ops: Vec<&QuotaOp> = altered.ops.iter().filter(last).collect();
        sort_as_hash_map(&mut ops, 16, |op| &op.key);
        let mut records = Vec::new();
        for op in ops {
            let known = self.image.client_quotas.value(&target, &op.key);
            let record = |value, remove| {
                let (entity, key) = (altered.entity.clone(), op.key.clone());
                MetadataRecord::from(ClientQuotaRecord { entity, key, value, remove })
            };
            if op.remove {
                if known.is_some() {
                    records.push(record(0.0, true));
                }
            } else {
                check_value(keys, &op.key, op.value)?;
                // A number that is none never equals what it was: Kafka compares objects, which do.
                if known.map(|value| value.to_bits()) != Some(op.value.to_bits()) {
                    records.push(record(op.value, false));
                }
            }
        }
        Ok(records)
    }
}

fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::with(ErrorCode::InvalidRequest, text)
}

/// The keys that an entity can have.
fn keys_of(entity: &[QuotaEntity]) -> Result<&'static ConfigDef, ApiError> {
    if entity.is_empty() {
        return Err(invalid("Invalid empty client quota entity"));
    }
    if let Some(part) = entity.iter().find(|part| part.entity_name.as_deref() == Some("")) {
        return Err(invalid(format!("Empty {} not supported", part.entity_type)));
    }
    let kinds: BTreeSet<&str> = entity.iter().map(|part| &*part.entity_type).collect();
    if let Some(unknown) = kinds.iter().find(|kind| ![USER, CLIENT_ID, IP].contains(kind)) {
        return Err(invalid(format!("Unhandled client quota entity type: {unknown}")));
    }
    match kinds.contains(IP) {
        true if kinds.len() > 1 => {
            Err(invalid("Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId"))
        }
        true => Ok(&IP_QUOTAS),
        false => Ok(&CLIENT_QUOTAS),
    }
}

/// `validateQuotaKeyValue`: whole numbers for keys that are whole, and nothing that is not above zero.
fn check_value(keys: &ConfigDef, key: &str, value: f64) -> Result<(), ApiError> {
    let Some(known) = keys.key(key) else { return Err(invalid(format!("Invalid configuration key {key}"))) };
    if value <= 0.0 {
        return Err(invalid(format!("Quota {key} must be greater than 0")));
    }
    let (most, name) = match known.kind {
        Type::Int => (f64::from(i32::MAX), "an INT"),
        Type::Long => (i64::MAX as f64, "a LONG"),
        _ => return Ok(()),
    };
    if value > most {
        return Err(invalid(format!("Proposed value for {key} is too large for {name}.")));
    }
    match value.is_nan() || value == value.trunc() {
        true => Ok(()),
        false => Err(invalid(format!("{key} cannot be a fractional value."))),
    }
}
