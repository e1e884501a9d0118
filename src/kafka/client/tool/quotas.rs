//! The part of kafka-configs that is about users, client ids and addresses (`ConfigCommand.alterQuotaConfigs`,
//! `describeQuotaConfigs`).

use std::sync::Arc;

use super::configs::{ConfigsAction, ConfigsItem, ConfigsRequest, EntityKind, execution, invalid_configuration};
use super::topics::api_error;
use super::{Told, ToolEnd, ToolItem, misplaced};
use crate::kafka::client::admin::{Admin, Target};
use crate::kafka::client_quotas::{CLIENT_ID, IP, QuotaTarget, USER, sort_targets, target};
use crate::kafka::effects::Effects;
use crate::kafka::errors::{ErrorCode, ExceptionClass, KafkaException};
use crate::kafka::java;
use crate::kafka::java_order::sort_as_hash_map;
use crate::kafka::protocol::Response;
use crate::kafka::protocol::client_quotas::*;
use crate::kafka::protocol::scram::{DescribeUserScramCredentialsRequest, ScramUserName};
use crate::time::SimTime;

/// Kafka's name of the kind inside a quota's entity.
fn entity_type(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Clients => CLIENT_ID,
        EntityKind::Ips => IP,
        _ => USER,
    }
}

#[derive(Clone, Debug)]
pub(super) struct QuotaCalls {
    asked: ConfigsRequest,
}

type Found = Vec<(QuotaTarget, Vec<(Arc<str>, f64)>)>;

impl QuotaCalls {
    pub fn new(asked: &ConfigsRequest) -> QuotaCalls {
        QuotaCalls { asked: asked.clone() }
    }

    /// The kinds with their names; a kind without a name stands for all of it.
    fn parts(&self) -> impl Iterator<Item = (EntityKind, Option<&String>)> {
        let names = self.asked.names.iter().map(Some).chain(std::iter::repeat(None));
        self.asked.kinds.iter().copied().zip(names)
    }

    pub fn start(&self, now: SimTime, admin: &mut Admin, fx: &mut Effects) {
        let component = |(kind, name): (EntityKind, Option<&String>)| QuotaFilterComponent {
            entity_type: Arc::from(entity_type(kind)),
            match_type: match name {
                Some(name) if name.is_empty() => MATCH_DEFAULT,
                Some(_) => MATCH_EXACT,
                None => MATCH_ANY,
            },
            r#match: name.filter(|name| !name.is_empty()).map(|name| Arc::from(&**name)),
        };
        let components = self.parts().map(component).collect();
        let request = DescribeClientQuotasRequest { components, strict: true };
        admin.call(now, "describeClientQuotas", Target::AnyBroker, request, fx);
    }

    pub fn handle(
        &self,
        now: SimTime,
        response: Response,
        admin: &mut Admin,
        told: Told,
        fx: &mut Effects,
    ) -> Result<Option<ToolEnd>, KafkaException> {
        match response {
            Response::DescribeClientQuotas(response) => {
                refused(response.error_code, response.error_message.as_ref())?;
                let found = found(response.entries.unwrap_or_default());
                match &self.asked.action {
                    ConfigsAction::Describe { .. } => self.tell(now, found, admin, told, fx),
                    ConfigsAction::Alter { add, delete } => {
                        self.alter(now, &found, add, delete, admin, fx)?;
                        Ok(None)
                    }
                }
            }
            Response::DescribeUserScramCredentials(_) => Ok(Some(ToolEnd::Succeeded)),
            Response::AlterClientQuotas(response) => {
                let result = response.entries.first().expect("an alteration answers for what was asked");
                refused(result.error_code, result.error_message.as_ref())?;
                let (kind, name) = (self.asked.kinds[0], self.asked.names.first().cloned().unwrap_or_default());
                told.push(ToolItem::Configs(ConfigsItem::Updated(kind, name)));
                Ok(Some(ToolEnd::Succeeded))
            }
            other => misplaced(&other),
        }
    }

    fn tell(
        &self,
        now: SimTime,
        found: Found,
        admin: &mut Admin,
        told: Told,
        fx: &mut Effects,
    ) -> Result<Option<ToolEnd>, KafkaException> {
        for (target, quotas) in found {
            let part = |kind: &str| target.get(kind).map(|name| (Arc::from(kind), name.clone()));
            let parts = [USER, CLIENT_ID, IP].into_iter().filter_map(part).collect();
            told.push(ToolItem::Configs(ConfigsItem::Quotas(parts, quotas)));
        }
        // Users may have credentials too.
        let names = &self.asked.names;
        if self.asked.kinds != [EntityKind::Users] || names.iter().any(String::is_empty) {
            return Ok(Some(ToolEnd::Succeeded));
        }
        let users = names.iter().map(|name| ScramUserName { name: Arc::from(&**name) });
        let request = DescribeUserScramCredentialsRequest { users: Some(users.collect()) };
        admin.call(now, "describeUserScramCredentials", Target::AnyBroker, request, fx);
        Ok(None)
    }

    fn alter(
        &self,
        now: SimTime,
        found: &Found,
        add: &[(String, String)],
        delete: &[String],
        admin: &mut Admin,
        fx: &mut Effects,
    ) -> Result<(), KafkaException> {
        let known = |name: &String| found.iter().any(|(_, quotas)| quotas.iter().any(|(key, _)| **key == **name));
        let unknown: Vec<&str> = delete.iter().filter(|name| !known(name)).map(String::as_str).collect();
        if !unknown.is_empty() {
            return Err(invalid_configuration(format!("Invalid config(s): {}", unknown.join(","))));
        }
        let mut ops = Vec::new();
        for (key, text) in add {
            let value = java::parse_double(java::trim(text)).ok_or_else(|| {
                let text = format!("Cannot parse quota configuration value for {key}: {text}");
                KafkaException::with(ExceptionClass::ILLEGAL_ARGUMENT, text)
            })?;
            ops.push(QuotaOp { key: Arc::from(&**key), value, remove: false });
        }
        ops.extend(delete.iter().map(|key| QuotaOp { key: Arc::from(&**key), value: 0.0, remove: true }));
        let part = |(kind, name): (EntityKind, Option<&String>)| QuotaEntity {
            entity_type: Arc::from(entity_type(kind)),
            entity_name: name.filter(|name| !name.is_empty()).map(|name| Arc::from(&**name)),
        };
        let entries = vec![AlteredQuota { entity: self.parts().map(part).collect(), ops }];
        let request = AlterClientQuotasRequest { entries, validate_only: false };
        admin.call(now, "alterClientQuotas", Target::AnyBroker, request, fx);
        Ok(())
    }
}

fn refused(code: ErrorCode, message: Option<&Arc<str>>) -> Result<(), KafkaException> {
    if code.is_none() { Ok(()) } else { Err(execution(api_error(code, message))) }
}

/// The entities as the client's maps hand them out.
fn found(entries: Vec<DescribedQuota>) -> Found {
    let mut found: Found = entries
        .into_iter()
        .map(|entry| {
            let mut quotas: Vec<(Arc<str>, f64)> =
                entry.values.into_iter().map(|quota| (quota.key, quota.value)).collect();
            let count = quotas.len() as u32;
            sort_as_hash_map(&mut quotas, count, |(key, _)| key);
            (target(&entry.entity), quotas)
        })
        .collect();
    sort_targets(&mut found, |(target, _)| target);
    found
}
