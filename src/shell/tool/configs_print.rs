//! What kafka-configs prints (`kafka.admin.ConfigCommand`).

use std::sync::Arc;

use crate::kafka::client::tool::{ConfigsItem, EntityKind};
use crate::kafka::java;
use crate::kafka::protocol::configs::{DescribedConfig, DescribedConfigSynonym};
use crate::shell::output::Output;

/// Prints one thing that the tool told.
pub fn print(item: &ConfigsItem, output: &mut Output) {
    match item {
        ConfigsItem::Missing(kind, name) => {
            output.out(format!("The {} '{name}' doesn't exist and doesn't have dynamic config.", kind.single()));
        }
        ConfigsItem::Heading(kind, name, _) if name.is_empty() && *kind == EntityKind::Brokers => {
            output.out(format!("Default configs for {} in the cluster are:", kind.name()));
        }
        ConfigsItem::Heading(kind, name, all) => {
            let which = if *all { "All" } else { "Dynamic" };
            output.out(format!("{which} configs for {} {name} are:", kind.single()));
        }
        ConfigsItem::Entry(config) => output.out(entry(config)),
        ConfigsItem::Quotas(parts, quotas) => {
            let part = |(kind, name): &(Arc<str>, Option<Arc<str>>)| {
                let kind = if &**kind == "user" { "user-principal" } else { kind };
                name.as_ref().map_or_else(|| format!("the default {kind}"), |name| format!("{kind} '{name}'"))
            };
            let parts: Vec<String> = parts.iter().map(part).collect();
            let quotas: Vec<String> =
                quotas.iter().map(|(key, value)| format!("{key}={}", java::double_text(*value))).collect();
            output.out(format!("Quota configs for {} are {}", parts.join(", "), quotas.join(", ")));
        }
        ConfigsItem::Updated(kind, name) if name.is_empty() => {
            output.out(format!("Completed updating default config for {} in the cluster.", kind.name()));
        }
        ConfigsItem::Updated(kind, name) => {
            output.out(format!("Completed updating config for {} {name}.", kind.single()));
        }
    }
}

fn entry(config: &DescribedConfig) -> String {
    let text = |value: &Option<Arc<str>>| value.as_deref().unwrap_or("null").to_string();
    let synonym = |synonym: &DescribedConfigSynonym| {
        format!("{}:{}={}", source_name(synonym.source), synonym.name, text(&synonym.value))
    };
    let synonyms: Vec<String> = config.synonyms.iter().map(synonym).collect();
    format!(
        "  {}={} sensitive={} synonyms={{{}}}",
        config.name,
        text(&config.value),
        config.is_sensitive,
        synonyms.join(", ")
    )
}

/// `ConfigEntry.ConfigSource`.
const fn source_name(source: i8) -> &'static str {
    match source {
        1 => "DYNAMIC_TOPIC_CONFIG",
        2 => "DYNAMIC_BROKER_CONFIG",
        3 => "DYNAMIC_DEFAULT_BROKER_CONFIG",
        4 => "STATIC_BROKER_CONFIG",
        5 => "DEFAULT_CONFIG",
        6 => "DYNAMIC_BROKER_LOGGER_CONFIG",
        7 => "DYNAMIC_CLIENT_METRICS_CONFIG",
        8 => "DYNAMIC_GROUP_CONFIG",
        _ => "UNKNOWN",
    }
}
