//! Where the value of a broker config comes from: what was set for this broker while it ran, for all brokers, in
//! server.properties, or by default (`DynamicBrokerConfig`, KIP-226; `ConfigHelper`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::config::{BROKER, BROKER_QUOTAS, ConfigKey, Type, Value, broker};
use crate::kafka::image::ConfigOverrides;
use crate::kafka::protocol::configs::{DescribedConfig, DescribedConfigSynonym};
use crate::kafka::topic_config::{SOURCE_BROKER, SOURCE_CLUSTER_DEFAULT, SOURCE_DEFAULT, SOURCE_STATIC, config_type};

/// Keys that mean the same in different units, the strongest first: each is a synonym of the others.
const FAMILIES: [&[&str]; 4] = [
    &["log.roll.ms", "log.roll.hours"],
    &["log.roll.jitter.ms", "log.roll.jitter.hours"],
    &["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
    &["log.retention.ms", "log.retention.minutes", "log.retention.hours"],
];

/// Of these families every member has all as synonyms; `log.flush.scheduler.interval.ms` stands for itself.
fn family(name: &str) -> Option<&'static [&'static str]> {
    let found = FAMILIES.iter().find(|family| family.contains(&name));
    found.copied().filter(|_| name != "log.flush.scheduler.interval.ms")
}

/// The key behind `listener.name.NAME.`.
pub fn behind_listener(name: &str) -> Option<&str> {
    let (listener, key) = name.strip_prefix("listener.name.")?.split_once('.')?;
    (!listener.is_empty() && !key.is_empty()).then_some(key)
}

/// `DynamicBrokerConfig.brokerConfigSynonyms`: the key and those that stand in for it.
pub fn synonyms_of(name: &str, across_listeners: bool) -> Vec<&str> {
    match (family(name), behind_listener(name)) {
        (Some(family), _) => family.to_vec(),
        (None, Some(base)) if across_listeners => vec![name, base],
        _ => vec![name],
    }
}

/// The key of the table that a name is read as, quotas of brokers included.
pub fn known_key(name: &str) -> Option<&'static ConfigKey> {
    let exact = |name: &str| BROKER.key(name).or_else(|| BROKER_QUOTAS.key(name));
    exact(name).or_else(|| exact(behind_listener(name)?))
}

/// Passwords are never shown, nor is what nobody knows.
fn is_sensitive(name: &str) -> bool {
    known_key(name).is_none_or(|key| key.kind == Type::Password)
}

/// The places where a broker's configs stand.
#[derive(Clone, Debug)]
pub struct ConfigSources<'a> {
    /// Set for this broker.
    pub own: ConfigOverrides,
    /// Set for all brokers.
    pub cluster: ConfigOverrides,
    /// server.properties.
    pub fixed: &'a BTreeMap<String, String>,
}

impl ConfigSources<'_> {
    /// All that is set, the stronger over the weaker.
    pub fn current(&self) -> BTreeMap<String, String> {
        let mut all = self.fixed.clone();
        overlay(&mut all, &self.cluster);
        overlay(&mut all, &self.own);
        all
    }

    /// The synonyms of a key that have values, the strongest first.
    pub fn synonyms(&self, name: &str) -> Vec<DescribedConfigSynonym> {
        let names = synonyms_of(name, true);
        let sensitive = is_sensitive(name);
        let mut found: Vec<DescribedConfigSynonym> = Vec::new();
        let mut add = |source: i8, name: &str, value: Option<&str>| {
            if let Some(value) = value {
                let value = (!sensitive).then(|| Arc::from(value));
                found.push(DescribedConfigSynonym { name: Arc::from(name), value, source });
            }
        };
        names.iter().for_each(|name| add(SOURCE_BROKER, name, self.own.get(*name).map(|value| &**value)));
        names.iter().for_each(|name| add(SOURCE_CLUSTER_DEFAULT, name, self.cluster.get(*name).map(|value| &**value)));
        names.iter().for_each(|name| add(SOURCE_STATIC, name, self.fixed.get(*name).map(String::as_str)));
        let default = |name: &str| BROKER.key(name).filter(|key| !key.internal).and_then(ConfigKey::default_text);
        names.iter().for_each(|name| add(SOURCE_DEFAULT, name, default(name)));
        // What is stronger than the first value of the key itself belongs to another key.
        let first = found.iter().position(|synonym| *synonym.name == *name).unwrap_or(found.len());
        found.split_off(first)
    }

    /// A key of this broker (or of all brokers, unless `per_broker`) as it is described.
    pub fn entry(&self, name: &str, value: Option<String>, per_broker: bool) -> DescribedConfig {
        let mut synonyms = self.synonyms(name);
        synonyms.retain(|synonym| per_broker || synonym.source == SOURCE_CLUSTER_DEFAULT);
        let is_sensitive = is_sensitive(name);
        DescribedConfig {
            name: Arc::from(name),
            value: value.filter(|_| !is_sensitive).map(Arc::from),
            read_only: known_key(name).is_some_and(|key| key.update == crate::kafka::config::UpdateMode::ReadOnly),
            config_source: synonyms.first().map_or(SOURCE_DEFAULT, |synonym| synonym.source),
            is_sensitive,
            synonyms,
            config_type: known_key(name).map_or(0, |key| config_type(key.kind)),
            documentation: None,
        }
    }

    /// Everything about this broker, sorted by key.
    pub fn broker_entries(&self) -> Vec<DescribedConfig> {
        let current = self.current();
        let mut rows: BTreeMap<String, Option<String>> =
            current.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        let values = broker::parse(&current, &mut Vec::new()).unwrap_or_else(|_| BROKER.defaults());
        for key in BROKER.keys().iter().filter(|key| !key.internal) {
            rows.insert(key.name.to_string(), values.get(key.name).and_then(Value::text));
        }
        rows.into_iter().map(|(key, value)| self.entry(&key, value, true)).collect()
    }

    /// What was set for all brokers, sorted by key.
    pub fn cluster_entries(&self) -> Vec<DescribedConfig> {
        self.cluster.iter().map(|(key, value)| self.entry(key, Some(value.to_string()), false)).collect()
    }
}

/// Puts values over others; a value takes those of its synonyms away.
pub fn overlay(all: &mut BTreeMap<String, String>, over: &ConfigOverrides) {
    for (key, value) in over {
        for synonym in synonyms_of(key, false) {
            all.remove(synonym);
        }
        all.insert(key.to_string(), value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sources: &ConfigSources<'_>, name: &str) -> Vec<String> {
        let synonyms = sources.synonyms(name);
        let text =
            |s: &DescribedConfigSynonym| format!("{}:{}={}", s.source, s.name, s.value.as_deref().unwrap_or("-"));
        synonyms.iter().map(text).collect()
    }

    #[test]
    fn synonyms_begin_at_the_key_itself() {
        let fixed = BTreeMap::from([("log.retention.hours".to_string(), "5".to_string())]);
        let mut sources = ConfigSources { own: ConfigOverrides::new(), cluster: ConfigOverrides::new(), fixed: &fixed };
        assert_eq!(texts(&sources, "log.retention.ms"), Vec::<String>::new());
        assert_eq!(texts(&sources, "log.retention.hours"), ["4:log.retention.hours=5", "5:log.retention.hours=168"]);
        sources.cluster.insert("log.retention.ms".into(), "7".into());
        let all = ["3:log.retention.ms=7", "4:log.retention.hours=5", "5:log.retention.hours=168"];
        assert_eq!(texts(&sources, "log.retention.ms"), all);
        assert!(!sources.current().contains_key("log.retention.hours"), "the stronger unit takes the weaker away");
        sources.own.insert("ssl.keystore.password".into(), "x".into());
        assert_eq!(texts(&sources, "ssl.keystore.password"), ["2:ssl.keystore.password=-"]);
    }
}
