//! Functions of state, and the fields of what they give: read from the world at the playhead.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::evaluate::Run;
use super::syntax::Expr;
use super::value::{Object, StoredAt, Value};
use super::vocabulary::{self, CONFIGS, FUNCTIONS};
use crate::kafka::config::{CONSUMER, ConfigDef, PRODUCER};
use crate::kafka::ids::{ClientIndex, NodeId, TopicPartition};
use crate::kafka::image::{MetadataImage, TopicImage};
use crate::kafka::log::PartitionLog;
use crate::kafka::topic_config;
use crate::sim::slots::{ClientPlan, ClientSlot};
use crate::sim::state::{controller_state, metadata};
use crate::time::SimTime;

fn tp_of(value: Option<&Value>) -> Option<TopicPartition> {
    match value {
        Some(Value::Text(text)) => TopicPartition::parse(text),
        _ => None,
    }
}

fn whole(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Num(number)) if number.fract() == 0.0 => Some(*number as i64),
        _ => None,
    }
}

fn node_of(value: Option<&Value>) -> Option<NodeId> {
    whole(value).and_then(|id| i32::try_from(id).ok()).map(NodeId)
}

fn nodes(ids: &[NodeId]) -> Value {
    Value::list_of_numbers(ids.iter().map(|id| i64::from(id.0)))
}

fn optional(number: Option<impl Into<i64>>) -> Value {
    number.map_or(Value::None, Value::num)
}

fn text(text: Option<&Arc<str>>) -> Value {
    text.map_or(Value::None, |text| Value::Text(text.clone()))
}

impl<'a> Run<'a> {
    pub fn image(&self) -> Option<&'a MetadataImage> {
        metadata(self.present.world)
    }

    fn topic(&self, name: &str) -> Option<&'a Arc<TopicImage>> {
        self.image()?.topics.get(name)
    }

    pub fn call(&mut self, id: u32, name: &str, arguments: &[Expr]) -> Value {
        if !vocabulary::function(FUNCTIONS, name).is_some_and(|row| row.built) {
            return Value::None;
        }
        match name {
            "any_rec" | "all_recs" | "all_partitions" | "partitions_of" | "count_key" | "count_value" => {
                let topic = self.value(&arguments[0]);
                return self.ask_topic(id, name, &topic, &arguments[1]);
            }
            // The expression inside is looked at when the round ends.
            "round" => {
                let round = whole(Some(&self.value(&arguments[0]))).and_then(|round| u32::try_from(round).ok());
                return Value::Bool(round.is_some_and(|round| self.course.rounds.contains(&round)));
            }
            _ => {}
        }
        let values = self.values(arguments);
        if values.iter().any(Value::is_none) {
            return Value::None;
        }
        self.plain_call(name, &values).unwrap_or_default()
    }

    fn ask_topic(&mut self, id: u32, name: &str, topic: &Value, argument: &Expr) -> Value {
        let Value::Text(topic) = topic else { return Value::None };
        if name == "all_partitions" {
            return self.all_partitions(topic, argument).map_or(Value::None, |counter| Value::Bool(counter.is_none()));
        }
        let Some(answer) = self.topic_question(id, name, topic, argument) else { return Value::None };
        match name {
            "any_rec" => Value::Bool(answer.matches > 0),
            "all_recs" => Value::Bool(answer.matches == answer.records),
            "partitions_of" => Value::set(answer.partitions.iter().map(|partition| Value::num(*partition)).collect()),
            _ => Value::num(answer.matches),
        }
    }

    /// The first partition for which the lambda does not hold, inside; none outside when the topic does not exist.
    pub fn all_partitions(&mut self, topic: &str, lambda: &Expr) -> Option<Option<Arc<str>>> {
        let partitions: Vec<i32> = self.topic(topic)?.partitions.keys().copied().collect();
        for partition in partitions {
            let name: Arc<str> = Arc::from(format!("{topic}-{partition}"));
            if !self.apply(lambda, Value::Text(name.clone())) {
                return Some(Some(name));
            }
        }
        Some(None)
    }

    fn plain_call(&mut self, name: &str, values: &[Value]) -> Option<Value> {
        let first = values.first();
        Some(match name {
            "topic" | "leaders" | "leo_sum" => self.of_topic(name, first)?,
            "leader" | "replicas" | "isr" | "racks" | "effective_min_isr" => self.of_partition(name, &tp_of(first)?)?,
            "leo" | "hw" | "lso" | "start" | "bytes" | "segments" => {
                self.of_log(name, &tp_of(first)?, values.get(1))?
            }
            "rec" => self.record(&tp_of(first)?, whole(values.get(1))?),
            "last_rec" => self.last_record(&tp_of(first)?),
            "metadata_lag" => self.metadata_lag(node_of(first)?)?,
            "broker" => {
                let id = node_of(first)?;
                let slot = self.present.world.nodes.get(&id)?;
                slot.spec.roles.is_broker().then_some(Value::Object(Object::Broker(id)))?
            }
            "brokers_up" => {
                let world = self.present.world;
                let runs = |id: &NodeId| world.nodes.get(id).is_some_and(|slot| slot.node().is_some());
                Value::num(world.scenario.brokers().filter(runs).count() as u32)
            }
            "prod" => {
                self.client(first?, |slot| slot.producer().is_some()).map(|i| Value::Object(Object::Producer(i)))?
            }
            "cons" => {
                self.client(first?, |slot| slot.consumer().is_some()).map(|i| Value::Object(Object::Consumer(i)))?
            }
            "answered" => match first? {
                Value::Text(id) => Value::Bool(self.course.answered.contains(id)),
                _ => return None,
            },
            "since" => Value::Dur(self.present.now().since(self.moment_of(first?)?).as_micros() as i64),
            _ => return None,
        })
    }

    /// A moment; of an event that lasts its end, or now while it is open.
    fn moment_of(&self, value: &Value) -> Option<SimTime> {
        match value {
            Value::Time(micros) => Some(SimTime::from_micros((*micros).max(0) as u64)),
            Value::Event(kind, at) => {
                let fact = self.course.facts(*kind).get(*at as usize)?;
                Some(fact.stretch.end.map_or(self.present.now(), |end| end.at))
            }
            _ => None,
        }
    }

    fn client(&self, name: &Value, is_it: impl Fn(&ClientSlot) -> bool) -> Option<ClientIndex> {
        let Value::Text(name) = name else { return None };
        let (index, slot) = self.present.world.client_named(name)?;
        is_it(slot).then_some(index)
    }

    fn of_topic(&self, name: &str, value: Option<&Value>) -> Option<Value> {
        let Some(Value::Text(topic)) = value else { return None };
        let image = self.topic(topic);
        if name == "topic" {
            return Some(Value::Object(Object::Topic { name: topic.clone(), exists: image.is_some() }));
        }
        let partitions = &image?.partitions;
        if name == "leaders" {
            let leaders = partitions.values().filter_map(|partition| partition.leader);
            return Some(Value::set(leaders.map(|leader| Value::num(leader.0)).collect()));
        }
        let ends = partitions.keys().map(|number| {
            let tp = TopicPartition::new(topic.clone(), *number);
            self.leader_log(&tp).map_or(0, |(_, log)| log.log_end_offset())
        });
        Some(Value::num(ends.sum::<i64>()))
    }

    fn of_partition(&self, name: &str, tp: &TopicPartition) -> Option<Value> {
        let partition = self.image()?.partition(&tp.topic, tp.partition)?;
        Some(match name {
            "leader" => optional(partition.leader.map(|leader| leader.0)),
            "replicas" => nodes(&partition.replicas),
            "isr" => nodes(&partition.isr),
            "racks" => {
                let world = self.present.world;
                let rack = |id: &NodeId| world.nodes.get(id).and_then(|slot| slot.spec.rack.clone());
                Value::set(partition.replicas.iter().filter_map(rack).map(Value::Text).collect())
            }
            _ => {
                let least = self.topic_config(&tp.topic, "min.insync.replicas")?.parse::<i64>().ok()?;
                Value::num(least.min(partition.replicas.len() as i64))
            }
        })
    }

    fn of_log(&self, name: &str, tp: &TopicPartition, broker: Option<&Value>) -> Option<Value> {
        self.image()?.partition(&tp.topic, tp.partition)?;
        let log: &PartitionLog = match broker {
            Some(broker) => self.log_on(tp, node_of(Some(broker))?)?,
            None => self.leader_log(tp)?.1,
        };
        Some(match name {
            "leo" => Value::num(log.log_end_offset()),
            "hw" => Value::num(log.high_watermark()),
            "lso" => Value::num(log.last_stable_offset()),
            "start" => Value::num(log.log_start_offset()),
            "bytes" => Value::num(log.size_in_bytes()),
            _ => Value::list_of_numbers(log.segments().map(|segment| segment.base_offset())),
        })
    }

    fn metadata_lag(&self, id: NodeId) -> Option<Value> {
        let world = self.present.world;
        let end = world.active_controller()?.image.next_offset;
        let node = world.nodes.get(&id)?.node()?;
        let own = match (&node.broker, &node.controller) {
            (Some(broker), _) => broker.image.next_offset,
            (None, Some(controller)) => controller.image.next_offset,
            (None, None) => return None,
        };
        Some(Value::num((end - own).max(0)))
    }

    pub fn field(&mut self, value: &Value, name: &str) -> Value {
        match value {
            Value::List(items) if name == "sorted" => {
                let mut items = items.clone();
                items.sort();
                Value::List(items)
            }
            Value::List(items) | Value::Set(items) => Value::num(items.len() as u32),
            Value::Map(entries) if name == "keys" => Value::set(entries.keys().cloned().map(Value::Text).collect()),
            Value::Map(entries) => Value::num(entries.len() as u32),
            Value::Event(kind, at) => self.fact_field(*kind, *at, name),
            Value::Object(object) => self.field_of(object, name).unwrap_or_default(),
            _ => Value::None,
        }
    }

    fn field_of(&self, object: &Object, name: &str) -> Option<Value> {
        let world = self.present.world;
        Some(match object {
            Object::Topic { exists, .. } if name == "exists" => Value::Bool(*exists),
            Object::Topic { name: topic, .. } => {
                let image = self.topic(topic)?;
                match name {
                    "partitions" => Value::num(image.partitions.len() as u32),
                    "rf" => optional(image.partitions.values().next().map(|first| first.replicas.len() as u32)),
                    _ => Value::Object(Object::TopicConfig(topic.clone())),
                }
            }
            Object::Record(record) => record_field(record, name),
            Object::Broker(id) => Value::text(world.nodes.get(id)?.state_name()),
            Object::Controller => {
                let state = controller_state(world);
                match name {
                    "active" => optional(state.active),
                    "epoch" => Value::num(state.epoch),
                    _ => Value::Bool(state.quorum),
                }
            }
            Object::Producer(index) => producer_field(*index, world.clients.get(index)?, name)?,
            Object::Consumer(index) => self.consumer_field(*index, world.clients.get(index)?, name)?,
            Object::TopicConfig(_) | Object::ProducerConfig(_) => return None,
        })
    }

    fn consumer_field(&self, index: ClientIndex, slot: &ClientSlot, name: &str) -> Option<Value> {
        let app = slot.consumer()?;
        let positions = &app.consumer.positions;
        Some(match name {
            "state" => Value::text(slot.state_name()),
            "assignment" => Value::List(positions.keys().map(|tp| Value::text(&tp.to_string())).collect()),
            "position" => {
                let known = positions.iter().filter_map(|(tp, position)| Some((tp, position.offset?)));
                let entries: BTreeMap<Arc<str>, Value> =
                    known.map(|(tp, offset)| (Arc::from(tp.to_string()), Value::num(offset))).collect();
                Value::Map(Arc::new(entries))
            }
            "lag" => {
                let behind = positions.iter().filter_map(|(tp, position)| {
                    let (_, log) = self.leader_log(tp)?;
                    Some((log.log_end_offset() - position.offset?).max(0))
                });
                let behind: Vec<i64> = behind.collect();
                if behind.is_empty() { Value::None } else { Value::num(behind.iter().sum::<i64>()) }
            }
            "delivered_first" => optional(self.course.delivered_first(index)),
            "processed" => Value::num(app.counters.processed as i64),
            _ => return None,
        })
    }

    /// The effective value of a topic's config.
    fn topic_config(&self, topic: &str, key: &str) -> Option<String> {
        let image = self.image()?;
        image.topics.get(topic)?;
        let server = &self.present.world.scenario.server_config;
        topic_config::values(&image.topic_overrides(topic), image, None, server).remove(key)
    }

    /// `config[key]`, as the type that the vocabulary gives it.
    pub fn config(&self, object: &Object, key: &str) -> Value {
        let (whose, value) = match object {
            Object::TopicConfig(topic) => ("topic", self.topic_config(topic, key)),
            Object::ProducerConfig(index) => {
                ("producer", self.present.world.clients.get(index).and_then(|slot| client_config(slot, key)))
            }
            _ => return Value::None,
        };
        let ty = vocabulary::pair(CONFIGS, whose).and_then(|keys| vocabulary::pair(keys, key));
        match (value, ty) {
            (None, _) => Value::None,
            (Some(value), Some("num")) => value.trim().parse::<i64>().map_or(Value::None, Value::num),
            (Some(value), Some("bool")) => Value::Bool(value.trim().eq_ignore_ascii_case("true")),
            // Two names of one setting.
            (Some(value), _) if key == "acks" && value.trim() == "-1" => Value::text("all"),
            (Some(value), _) => Value::text(value.trim()),
        }
    }
}

fn record_field(record: &StoredAt, name: &str) -> Value {
    match name {
        "rid" => optional(record.rid.map(|rid| rid as i64)),
        "key" => text(record.key.as_ref()),
        "value" => text(record.value.as_ref()),
        "value_len" => optional(record.value_len),
        "headers" => {
            // Of several headers of one key the last counts (`Headers.lastHeader`).
            let entries = record.headers.iter().map(|(key, value)| (key.clone(), text(value.as_ref())));
            Value::Map(Arc::new(entries.collect()))
        }
        "ts" => Value::Time(record.timestamp_ms.saturating_mul(1_000)),
        "ts_type" => Value::text(record.timestamp_type.name()),
        "partition" => Value::num(record.partition),
        _ => Value::num(record.leader_epoch),
    }
}

fn producer_field(index: ClientIndex, slot: &ClientSlot, name: &str) -> Option<Value> {
    let app = slot.producer()?;
    let counters = app.counters;
    Some(match name {
        "acked" => Value::num(counters.acked as i64),
        "succeeded" => Value::num(counters.succeeded as i64),
        "failed" => Value::num(counters.failed as i64),
        "in_flight" if !slot.is_running() => Value::num(0),
        "in_flight" => Value::num(app.producer.requests_in_flight()),
        "producer_id" => optional(app.producer.idempotence.identity.map(|(id, _)| id.0)),
        "topic" => text(app.topic.as_ref()),
        "config" => Value::Object(Object::ProducerConfig(index)),
        // Rates and percentiles come later.
        _ => return None,
    })
}

/// What a client was given, else the default.
fn client_config(slot: &ClientSlot, key: &str) -> Option<String> {
    let (given, table): (_, &ConfigDef) = match &slot.plan {
        ClientPlan::Producer { config, .. } => (config, &PRODUCER),
        ClientPlan::Consumer { config, .. } => (config, &CONSUMER),
        ClientPlan::Tool => return None,
    };
    let default = || table.key(key).and_then(|row| row.default_text()).map(str::to_string);
    given.get(key).cloned().or_else(default)
}
