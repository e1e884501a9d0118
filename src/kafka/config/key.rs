//! One configuration key and everything that is known of it.

use super::validator::Validator;
use std::fmt;

/// `ConfigDef.Type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    Boolean,
    String,
    Int,
    Short,
    Long,
    Double,
    /// Texts between commas.
    List,
    /// Name of a Java class.
    Class,
    /// Text that is never shown.
    Password,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Type::Boolean => "BOOLEAN",
            Type::String => "STRING",
            Type::Int => "INT",
            Type::Short => "SHORT",
            Type::Long => "LONG",
            Type::Double => "DOUBLE",
            Type::List => "LIST",
            Type::Class => "CLASS",
            Type::Password => "PASSWORD",
        })
    }
}

/// `ConfigDef.Importance`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Importance {
    High,
    Medium,
    Low,
}

impl fmt::Display for Importance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Importance::High => "HIGH",
            Importance::Medium => "MEDIUM",
            Importance::Low => "LOW",
        })
    }
}

/// How a broker key can change while the broker runs (`DynamicBrokerConfig`, KIP-226).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UpdateMode {
    ReadOnly,
    PerBroker,
    /// For the whole cluster or for one broker.
    ClusterWide,
}

impl fmt::Display for UpdateMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            UpdateMode::ReadOnly => "read-only",
            UpdateMode::PerBroker => "per-broker",
            UpdateMode::ClusterWide => "cluster-wide",
        })
    }
}

/// What a key is when nobody sets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Default {
    /// It must be set.
    Required,
    Null,
    /// This text, read as a given value is read.
    Text(&'static str),
}

/// A row of a table (`ConfigDef.ConfigKey`).
#[derive(Clone, Copy, Debug)]
pub struct ConfigKey {
    pub name: &'static str,
    pub kind: Type,
    pub default: Default,
    pub importance: Importance,
    pub validator: Validator,
    /// Not documented for users.
    pub internal: bool,
    /// Brokers only: how it changes at run time.
    pub update: UpdateMode,
    /// Topics and groups: the broker keys that give the default, the strongest first, each with the number that its
    /// value is multiplied by to come into this key's unit.
    pub synonyms: &'static [(&'static str, i64)],
}

pub(super) const REQUIRED: Default = Default::Required;
pub(super) const NULL: Default = Default::Null;

pub(super) const fn text(text: &'static str) -> Default {
    Default::Text(text)
}

pub(super) const fn key(
    name: &'static str,
    kind: Type,
    default: Default,
    importance: Importance,
    validator: Validator,
) -> ConfigKey {
    let update = UpdateMode::ReadOnly;
    ConfigKey { name, kind, default, importance, validator, internal: false, update, synonyms: &[] }
}

impl ConfigKey {
    pub(super) const fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    pub(super) const fn updated(mut self, mode: UpdateMode) -> Self {
        self.update = mode;
        self
    }

    pub(super) const fn synonyms(mut self, synonyms: &'static [(&'static str, i64)]) -> Self {
        self.synonyms = synonyms;
        self
    }

    /// What the key does, in our own words; None for keys that the simulation does not act upon.
    pub fn help(&self) -> Option<&'static str> {
        super::help::help(self.name)
    }

    /// The default as text; None when it is null or the key must be set.
    pub fn default_text(&self) -> Option<&'static str> {
        match self.default {
            Default::Text(text) => Some(text),
            Default::Null | Default::Required => None,
        }
    }
}
