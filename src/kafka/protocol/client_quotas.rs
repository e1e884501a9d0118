//! DescribeClientQuotas and AlterClientQuotas (KIP-546), and the record that keeps a quota.

use std::fmt::Write;
use std::sync::Arc;

use crate::kafka::errors::ErrorCode;
use crate::kafka::java::double_text;
use crate::kafka::protocol::wire::{Malformed, Reader, Wire, wire_struct};

impl Wire for f64 {
    fn type_name() -> String {
        "FLOAT64".to_string()
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(f64::from_be_bytes(from.take(8)?.try_into().map_err(|_| Malformed)?))
    }
    fn write_json(&self, out: &mut String) {
        let _ = write!(out, "{}", double_text(*self));
    }
}

wire_struct! {
    /// Which entities a description is about: those of a type, by name.
    QuotaFilterComponent {
        entity_type: Arc<str>,
        match_type: i8,
        r#match: Option<Arc<str>>,
    }
}

/// `match_type`: the entity of this name; the default entity; any entity.
pub const MATCH_EXACT: i8 = 0;
pub const MATCH_DEFAULT: i8 = 1;
pub const MATCH_ANY: i8 = 2;

wire_struct! {
    /// DescribeClientQuotas request (api 48), version 1.
    DescribeClientQuotasRequest {
        components: Vec<QuotaFilterComponent>,
        strict: bool,
    }
}

wire_struct! {
    /// One part of an entity: a user, a client id or an address; without a name it is the default of its type.
    QuotaEntity {
        entity_type: Arc<str>,
        entity_name: Option<Arc<str>>,
    }
}

wire_struct! {
    QuotaValue {
        key: Arc<str>,
        value: f64,
    }
}

wire_struct! {
    DescribedQuota {
        entity: Vec<QuotaEntity>,
        values: Vec<QuotaValue>,
    }
}

wire_struct! {
    /// DescribeClientQuotas response (api 48), version 1.
    DescribeClientQuotasResponse {
        throttle_time_ms: i32,
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        entries: Option<Vec<DescribedQuota>>,
    }
}

wire_struct! {
    QuotaOp {
        key: Arc<str>,
        value: f64,
        remove: bool,
    }
}

wire_struct! {
    AlteredQuota {
        entity: Vec<QuotaEntity>,
        ops: Vec<QuotaOp>,
    }
}

wire_struct! {
    /// AlterClientQuotas request (api 49), version 1.
    AlterClientQuotasRequest {
        entries: Vec<AlteredQuota>,
        validate_only: bool,
    }
}

wire_struct! {
    AlteredQuotaResult {
        error_code: ErrorCode,
        error_message: Option<Arc<str>>,
        entity: Vec<QuotaEntity>,
    }
}

wire_struct! {
    /// AlterClientQuotas response (api 49), version 1.
    AlterClientQuotasResponse {
        throttle_time_ms: i32,
        entries: Vec<AlteredQuotaResult>,
    }
}

wire_struct! {
    /// Metadata record type 14, versions 0 to 0.
    ClientQuotaRecord {
        entity: Vec<QuotaEntity>,
        key: Arc<str>,
        value: f64,
        remove: bool,
    }
}
