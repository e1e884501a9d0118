//! kafka-configs at work (`kafka.admin.ConfigCommand`): one call after the other, each with the tool's own patience.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::quotas::QuotaCalls;
use super::topics::api_error;
use super::{Told, ToolEnd, ToolItem, list_topics, misplaced};
use crate::kafka::client::admin::{Admin, CallId, Target};
use crate::kafka::effects::{Effects, Wake, WakeReason};
use crate::kafka::errors::{ExceptionClass, KafkaException};
use crate::kafka::ids::NodeId;
use crate::kafka::image::{
    RESOURCE_BROKER, RESOURCE_BROKER_LOGGER, RESOURCE_CLIENT_METRICS, RESOURCE_GROUP, RESOURCE_TOPIC,
};
use crate::kafka::java;
use crate::kafka::java_order::sort_as_hash_map;
use crate::kafka::protocol::Response;
use crate::kafka::protocol::configs::*;
use crate::kafka::protocol::groups::ListGroupsRequest;
use crate::kafka::protocol::metadata::{DescribeClusterRequest, MetadataRequest};
use crate::kafka::topic_config::{SOURCE_BROKER, SOURCE_CLUSTER_DEFAULT, SOURCE_TOPIC};
use crate::time::{SimDuration, SimTime};

/// How long the tool waits for a description, and how long it gives an alteration.
const PATIENCE: SimDuration = SimDuration::from_secs(30);
const PATIENCE_MS: i64 = 30_000;
const SOURCE_CLIENT_METRICS: i8 = 7;
const SOURCE_GROUP: i8 = 8;

/// `--entity-type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EntityKind {
    Topics,
    Clients,
    Users,
    Brokers,
    Ips,
    ClientMetrics,
    Groups,
    BrokerLoggers,
}

impl EntityKind {
    /// In the order in which the tool lists them.
    pub const ALL: [EntityKind; 8] = [
        EntityKind::Topics,
        EntityKind::Clients,
        EntityKind::Users,
        EntityKind::Brokers,
        EntityKind::Ips,
        EntityKind::ClientMetrics,
        EntityKind::Groups,
        EntityKind::BrokerLoggers,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            EntityKind::Topics => "topics",
            EntityKind::Clients => "clients",
            EntityKind::Users => "users",
            EntityKind::Brokers => "brokers",
            EntityKind::Ips => "ips",
            EntityKind::ClientMetrics => "client-metrics",
            EntityKind::Groups => "groups",
            EntityKind::BrokerLoggers => "broker-loggers",
        }
    }

    /// The name without its `s`.
    pub fn single(self) -> &'static str {
        self.name().strip_suffix('s').unwrap_or(self.name())
    }

    /// The type of its config resource; none for what has quotas.
    const fn resource_type(self) -> Option<i8> {
        match self {
            EntityKind::Topics => Some(RESOURCE_TOPIC),
            EntityKind::Brokers => Some(RESOURCE_BROKER),
            EntityKind::ClientMetrics => Some(RESOURCE_CLIENT_METRICS),
            EntityKind::Groups => Some(RESOURCE_GROUP),
            EntityKind::BrokerLoggers => Some(RESOURCE_BROKER_LOGGER),
            EntityKind::Clients | EntityKind::Users | EntityKind::Ips => None,
        }
    }
}

/// kafka-configs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ConfigsRequest {
    pub kinds: Vec<EntityKind>,
    /// In the order of the kinds; the empty name is the default of its kind.
    pub names: Vec<String>,
    pub action: ConfigsAction,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ConfigsAction {
    /// `all`: `--all`.
    Describe {
        all: bool,
    },
    Alter {
        add: Vec<(String, String)>,
        delete: Vec<String>,
    },
}

/// What kafka-configs tells.
#[derive(Clone, PartialEq, Debug)]
pub enum ConfigsItem {
    /// There is no such thing.
    Missing(EntityKind, String),
    /// The configs of a thing follow; true: all of them.
    Heading(EntityKind, String, bool),
    Entry(DescribedConfig),
    /// The quotas of an entity: its parts in words, then its keys.
    Quotas(Vec<(Arc<str>, Option<Arc<str>>)>, Vec<(Arc<str>, f64)>),
    Updated(EntityKind, String),
}

/// What the tool waits for.
#[derive(Clone, PartialEq, Debug)]
enum Step {
    /// The names of things, or whether there is one.
    Names,
    /// The brokers that are asked for their groups; how many have not answered.
    Groups(u32),
    /// Configs of the thing in front.
    Description(CallId),
    Alteration(CallId),
    Quotas,
}

#[derive(Clone, Debug)]
pub(super) struct Configs {
    pub admin: Admin,
    asked: ConfigsRequest,
    step: Step,
    /// Things still to be described.
    left: VecDeque<String>,
    /// Groups that were found.
    found: Vec<String>,
    /// The tool gives up waiting.
    deadline: Option<SimTime>,
    quotas: QuotaCalls,
}

type Outcome = Result<Option<ToolEnd>, KafkaException>;

/// `ExecutionException`: what a future that failed throws.
pub(super) fn execution(error: KafkaException) -> KafkaException {
    KafkaException::from_cause(ExceptionClass::named("java.util.concurrent.ExecutionException"), error)
}

/// What the tool says itself.
pub(super) fn invalid_configuration(text: String) -> KafkaException {
    KafkaException::with(ExceptionClass::INVALID_CONFIGURATION, text)
}

impl Configs {
    pub fn new(admin: Admin, asked: ConfigsRequest) -> Configs {
        let quotas = QuotaCalls::new(&asked);
        let (step, left, found) = (Step::Names, VecDeque::new(), Vec::new());
        Configs { admin, asked, step, left, found, deadline: None, quotas }
    }

    fn kind(&self) -> EntityKind {
        *self.asked.kinds.first().expect("the line was checked to name a kind")
    }

    fn name(&self) -> Option<&String> {
        self.asked.names.first()
    }

    pub fn start(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        let outcome = self.begin(now, told, fx);
        outcome.unwrap_or_else(|error| Some(ToolEnd::Failed(error)))
    }

    fn begin(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Outcome {
        let Some(resource_type) = self.kind().resource_type() else {
            self.step = Step::Quotas;
            self.deadline = Some(now + PATIENCE);
            self.quotas.start(now, &mut self.admin, fx);
            return Ok(None);
        };
        match (&self.asked.action, self.name()) {
            (ConfigsAction::Describe { all: true }, Some(name)) => {
                self.left.push_back(name.clone());
                self.describe_next(now, told, fx)
            }
            (ConfigsAction::Describe { .. }, _) => {
                self.ask_names(now, fx);
                Ok(None)
            }
            (ConfigsAction::Alter { .. }, Some(name)) if resource_type == RESOURCE_BROKER_LOGGER => {
                let name = name.clone();
                self.describe(now, &name, fx);
                Ok(None)
            }
            (ConfigsAction::Alter { .. }, _) => {
                self.alter(now, fx);
                Ok(None)
            }
        }
    }

    fn ask_names(&mut self, now: SimTime, fx: &mut Effects) {
        self.step = Step::Names;
        match self.kind() {
            EntityKind::Topics => {
                list_topics(&mut self.admin, now, fx);
            }
            EntityKind::ClientMetrics => self.list_resources(now, "listConfigResources", RESOURCE_CLIENT_METRICS, fx),
            EntityKind::Groups => {
                let request = MetadataRequest {
                    topics: Some(Vec::new()),
                    allow_auto_topic_creation: true,
                    include_topic_authorized_operations: false,
                };
                self.admin.call(now, "findAllBrokers", Target::AnyBroker, request, fx);
            }
            _ => {
                let request = DescribeClusterRequest {
                    include_cluster_authorized_operations: false,
                    endpoint_type: 1,
                    include_fenced_brokers: false,
                };
                self.admin.call(now, "listNodes", Target::AnyBroker, request, fx);
            }
        }
    }

    fn list_resources(&mut self, now: SimTime, name: &'static str, resource_type: i8, fx: &mut Effects) {
        let request = ListConfigResourcesRequest { resource_types: vec![resource_type] };
        self.admin.call(now, name, Target::AnyBroker, request, fx);
    }

    fn describe(&mut self, now: SimTime, name: &str, fx: &mut Effects) {
        let resource = DescribeConfigsResource {
            resource_type: self.kind().resource_type().unwrap_or(RESOURCE_TOPIC),
            resource_name: Arc::from(name),
            configuration_keys: None,
        };
        let request =
            DescribeConfigsRequest { resources: vec![resource], include_synonyms: true, include_documentation: false };
        self.deadline = Some(now + PATIENCE);
        self.step = Step::Description(self.admin.call(now, "describeConfigs", self.target(name), request, fx));
    }

    /// Brokers answer for themselves.
    fn target(&self, name: &str) -> Target {
        let own = matches!(self.kind(), EntityKind::Brokers | EntityKind::BrokerLoggers);
        match name.parse() {
            Ok(id) if own => Target::Broker(NodeId(id)),
            _ => Target::AnyBroker,
        }
    }

    fn describe_next(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Outcome {
        let Some(name) = self.left.front().cloned() else { return Ok(Some(ToolEnd::Succeeded)) };
        let all = matches!(self.asked.action, ConfigsAction::Describe { all: true });
        told.push(ToolItem::Configs(ConfigsItem::Heading(self.kind(), name.clone(), all)));
        self.describe(now, &name, fx);
        Ok(None)
    }

    fn alter(&mut self, now: SimTime, fx: &mut Effects) {
        let ConfigsAction::Alter { add, delete } = &self.asked.action else { return };
        let operation = |name: &str, config_operation: i8, value: &str| AlterableConfig {
            name: Arc::from(name),
            config_operation,
            value: Some(Arc::from(value)),
        };
        let deleted = delete.iter().map(|name| operation(name, 1, ""));
        let name = self.name().cloned().unwrap_or_default();
        let resource = AlterConfigsResource {
            resource_type: self.kind().resource_type().unwrap_or(RESOURCE_TOPIC),
            resource_name: Arc::from(&*name),
            configs: deleted.chain(add.iter().map(|(name, value)| operation(name, 0, value))).collect(),
        };
        let request = IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
        let target = self.target(&name);
        self.deadline = None;
        let call = self.admin.call_within(now, "incrementalAlterConfigs", target, request, PATIENCE_MS, fx);
        self.step = Step::Alteration(call);
    }

    /// When the tool gives up waiting.
    pub fn wake(&self, now: SimTime) -> Option<Wake> {
        self.deadline.filter(|at| *at > now).map(|at| Wake::new(at, WakeReason::ToolTimeout))
    }

    pub fn pursue(&mut self, now: SimTime, told: Told, fx: &mut Effects) -> Option<ToolEnd> {
        for (call, result) in self.admin.take_results() {
            let outcome = match result {
                Ok(response) => self.handle(now, call, response, told, fx),
                Err(error) => Err(execution(error)),
            };
            match outcome {
                Ok(None) => {}
                Ok(end) => return end,
                Err(error) => return Some(ToolEnd::Failed(error)),
            }
        }
        let late = self.deadline.is_some_and(|at| at <= now);
        let timeout = KafkaException::new(ExceptionClass::named("java.util.concurrent.TimeoutException"), None);
        late.then_some(ToolEnd::Failed(timeout))
    }

    fn handle(&mut self, now: SimTime, call: CallId, response: Response, told: Told, fx: &mut Effects) -> Outcome {
        match (&self.step, response) {
            (Step::Quotas, response) => {
                let done = self.quotas.handle(now, response, &mut self.admin, told, fx)?;
                self.deadline = Some(now + PATIENCE);
                Ok(done)
            }
            (Step::Names, Response::Metadata(response)) if self.kind() == EntityKind::Groups => {
                for broker in &response.brokers {
                    let request = ListGroupsRequest { states_filter: Vec::new(), types_filter: Vec::new() };
                    self.admin.call(now, "listGroups", Target::Broker(broker.node_id), request, fx);
                }
                self.step = Step::Groups(response.brokers.len() as u32);
                Ok(None)
            }
            (Step::Groups(waiting), Response::ListGroups(response)) => {
                self.found.extend(response.groups.iter().map(|group| group.group_id.to_string()));
                self.step = Step::Groups(waiting - 1);
                if self.step == Step::Groups(0) {
                    self.list_resources(now, "listConfigResources", RESOURCE_GROUP, fx);
                }
                Ok(None)
            }
            (Step::Names | Step::Groups(_), response) => {
                let names = self.names(&response);
                self.handle_names(now, names, told, fx)
            }
            (Step::Description(wanted), Response::DescribeConfigs(response)) if *wanted == call => {
                let result = response.results.first().expect("a description answers for what was asked");
                if !result.error_code.is_none() {
                    return Err(execution(api_error(result.error_code, result.error_message.as_ref())));
                }
                self.handle_described(now, result, told, fx)
            }
            (Step::Alteration(wanted), Response::IncrementalAlterConfigs(response)) if *wanted == call => {
                let result = response.responses.first().expect("an alteration answers for what was asked");
                if !result.error_code.is_none() {
                    return Err(execution(api_error(result.error_code, result.error_message.as_ref())));
                }
                let name = self.name().cloned().unwrap_or_default();
                told.push(ToolItem::Configs(ConfigsItem::Updated(self.kind(), name)));
                Ok(Some(ToolEnd::Succeeded))
            }
            (_, other) => misplaced(&other),
        }
    }

    fn names(&mut self, response: &Response) -> Vec<String> {
        match response {
            Response::Metadata(response) => {
                let topics = response.topics.iter().filter(|topic| topic.error_code.is_none());
                topics.filter_map(|topic| topic.name.as_deref().map(str::to_string)).collect()
            }
            Response::DescribeCluster(response) => {
                let mut ids: Vec<NodeId> = response.brokers.iter().map(|broker| broker.broker_id).collect();
                ids.sort();
                ids.iter().map(NodeId::to_string).chain([String::new()]).collect()
            }
            Response::ListConfigResources(response) => {
                let mut names = std::mem::take(&mut self.found);
                names.extend(response.config_resources.iter().map(|resource| resource.resource_name.to_string()));
                names.sort();
                names.dedup();
                names
            }
            other => misplaced(other),
        }
    }

    fn handle_names(&mut self, now: SimTime, mut names: Vec<String>, told: Told, fx: &mut Effects) -> Outcome {
        match self.name().cloned() {
            Some(name) if names.contains(&name) => self.left.push_back(name),
            Some(name) => {
                told.push(ToolItem::Configs(ConfigsItem::Missing(self.kind(), name)));
                return Ok(Some(ToolEnd::Succeeded));
            }
            None => {
                if !matches!(self.kind(), EntityKind::Brokers | EntityKind::BrokerLoggers) {
                    // Brokers list things by their hash, and the client puts them into a map.
                    names.sort_by_key(|name| java::string_hash(name));
                    sort_as_hash_map(&mut names, 16, |name| name);
                }
                self.left.extend(names);
            }
        }
        self.describe_next(now, told, fx)
    }

    fn handle_described(
        &mut self,
        now: SimTime,
        result: &DescribeConfigsResult,
        told: Told,
        fx: &mut Effects,
    ) -> Outcome {
        if let ConfigsAction::Alter { add, delete } = &self.asked.action {
            // Only loggers are described before they are altered.
            let known = |name: &String| result.configs.iter().any(|config| *config.name == **name);
            let names = delete.iter().chain(add.iter().map(|(name, _)| name));
            let unknown: Vec<&str> = names.filter(|name| !known(name)).map(String::as_str).collect();
            if !unknown.is_empty() {
                return Err(invalid_configuration(format!("Invalid broker logger(s): {}", unknown.join(","))));
            }
            self.alter(now, fx);
            return Ok(None);
        }
        let name = self.left.pop_front().unwrap_or_default();
        let all = matches!(self.asked.action, ConfigsAction::Describe { all: true });
        let shown = shown_source(self.kind(), &name).filter(|_| !all);
        let mut configs: Vec<DescribedConfig> = result.configs.clone();
        configs.retain(|config| shown.is_none_or(|source| config.config_source == source));
        configs.sort_by(|a, b| a.name.cmp(&b.name));
        told.extend(configs.into_iter().map(|config| ToolItem::Configs(ConfigsItem::Entry(config))));
        self.describe_next(now, told, fx)
    }
}

/// Without `--all` only what was set while the cluster ran is shown.
fn shown_source(kind: EntityKind, name: &str) -> Option<i8> {
    match kind {
        EntityKind::Topics => Some(SOURCE_TOPIC),
        EntityKind::Brokers if name.is_empty() => Some(SOURCE_CLUSTER_DEFAULT),
        EntityKind::Brokers => Some(SOURCE_BROKER),
        EntityKind::ClientMetrics => Some(SOURCE_CLIENT_METRICS),
        EntityKind::Groups => Some(SOURCE_GROUP),
        _ => None,
    }
}
