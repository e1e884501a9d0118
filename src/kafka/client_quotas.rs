//! Quotas of users, client ids and addresses as replayed records leave them (`ClientQuotasImage`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::java;
use crate::kafka::java_order::{sort_as_hash_map, sort_by_hash};
use crate::kafka::protocol::client_quotas::{ClientQuotaRecord, QuotaEntity};

/// Kafka's names of the parts of an entity.
pub const USER: &str = "user";
pub const CLIENT_ID: &str = "client-id";
pub const IP: &str = "ip";

/// What a quota is for: the name of each part, none where it is the default of its type.
pub type QuotaTarget = BTreeMap<Arc<str>, Option<Arc<str>>>;

/// The quotas of one entity, in the order in which Kafka's map hands them out.
pub type Quotas = Vec<(Arc<str>, f64)>;

/// All quotas that were set.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ClientQuotas {
    /// In the order in which Kafka's map hands them out.
    entities: Vec<(QuotaTarget, Quotas)>,
}

/// The target that a list of parts names.
pub fn target(entity: &[QuotaEntity]) -> QuotaTarget {
    entity.iter().map(|part| (part.entity_type.clone(), part.entity_name.clone())).collect()
}

/// `ClientQuotaEntity.hashCode`.
fn target_hash(target: &QuotaTarget) -> i32 {
    let part = |(kind, name): (&Arc<str>, &Option<Arc<str>>)| {
        java::string_hash(kind) ^ name.as_deref().map_or(0, java::string_hash)
    };
    target.iter().map(part).fold(31_i32, i32::wrapping_add)
}

/// Entities as a Java map that was made for all of them hands them out.
pub fn sort_targets<T>(rows: &mut [T], of: impl Fn(&T) -> &QuotaTarget) {
    sort_by_hash(rows, rows.len() as u32, |row| target_hash(of(row)));
}

impl ClientQuotas {
    /// The quotas of exactly this entity.
    pub fn of(&self, target: &QuotaTarget) -> Option<&Quotas> {
        self.entities.iter().find(|(known, _)| known == target).map(|(_, quotas)| quotas)
    }

    pub fn value(&self, target: &QuotaTarget, key: &str) -> Option<f64> {
        self.of(target)?.iter().find(|(known, _)| &**known == key).map(|(_, value)| *value)
    }

    pub fn iter(&self) -> impl Iterator<Item = &(QuotaTarget, Quotas)> {
        self.entities.iter()
    }

    /// Applies a record; an entity without quotas is forgotten.
    pub fn replay(&mut self, record: &ClientQuotaRecord) {
        let target = target(&record.entity);
        let known = self.entities.iter().position(|(known, _)| *known == target);
        let mut quotas = known.map_or_else(Quotas::new, |index| self.entities[index].1.clone());
        let size = quotas.len() as u32;
        match quotas.iter_mut().find(|(key, _)| *key == record.key) {
            Some(quota) if !record.remove => quota.1 = record.value,
            Some(_) => quotas.retain(|(key, _)| *key != record.key),
            None if record.remove => {}
            None => quotas.push((record.key.clone(), record.value)),
        }
        // Kafka copies the map into a new one that is made for what it held before.
        sort_as_hash_map(&mut quotas, size, |(key, _)| key);
        let size = self.entities.len() as u32;
        match (known, quotas.is_empty()) {
            (Some(index), true) => {
                self.entities.remove(index);
            }
            (Some(index), false) => self.entities[index].1 = quotas,
            (None, true) => {}
            (None, false) => self.entities.push((target, quotas)),
        }
        sort_by_hash(&mut self.entities, size, |(target, _)| target_hash(target));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(quotas: &mut ClientQuotas, user: &str, key: &str, value: Option<f64>) {
        let entity = vec![QuotaEntity { entity_type: USER.into(), entity_name: Some(user.into()) }];
        let (value, remove) = (value.unwrap_or_default(), value.is_none());
        quotas.replay(&ClientQuotaRecord { entity, key: key.into(), value, remove });
    }

    #[test]
    fn keys_stand_as_javas_map_hands_them_out() {
        let mut quotas = ClientQuotas::default();
        let keys = |quotas: &ClientQuotas| {
            let of: Option<Vec<String>> =
                quotas.iter().next().map(|(_, quotas)| quotas.iter().map(|(key, _)| key.to_string()).collect());
            of.unwrap_or_default()
        };
        set(&mut quotas, "u", "producer_byte_rate", Some(1.0));
        set(&mut quotas, "u", "request_percentage", Some(1.0));
        assert_eq!(keys(&quotas), ["producer_byte_rate", "request_percentage"], "the two share a bucket");
        set(&mut quotas, "u", "consumer_byte_rate", Some(1.0));
        assert_eq!(keys(&quotas), ["consumer_byte_rate", "producer_byte_rate", "request_percentage"]);
        for key in ["producer_byte_rate", "request_percentage", "consumer_byte_rate"] {
            set(&mut quotas, "u", key, None);
        }
        assert_eq!(quotas, ClientQuotas::default());
    }
}
