//! The producer's settings; fields are Kafka's keys with dots as underscores.

use std::sync::Arc;

use crate::kafka::client::backoff::ExponentialBackoff;
use crate::kafka::client::connection::ConnectionSettings;
use crate::kafka::client::producer::partitioner::PartitionerKind;
use crate::kafka::config::Values;
use crate::kafka::record::Compression;
use crate::rng::Rng;
use crate::time::SimDuration;

#[derive(Clone, PartialEq, Debug)]
pub struct ProducerSettings {
    pub client_id: Arc<str>,
    /// -1 is `all`.
    pub acks: i16,
    pub linger_ms: i64,
    pub batch_size: i32,
    pub buffer_memory: i64,
    pub max_block_ms: i64,
    pub max_request_size: i32,
    pub delivery_timeout_ms: i64,
    pub request_timeout_ms: i32,
    pub retries: i32,
    pub retry_backoff_ms: i64,
    pub retry_backoff_max_ms: i64,
    pub max_in_flight: i32,
    pub enable_idempotence: bool,
    pub compression: Compression,
    pub metadata_max_age_ms: i64,
    pub partitioner: PartitionerKind,
    /// Full name of the class.
    pub value_serializer: Arc<str>,
    pub partitioner_ignore_keys: bool,
    pub partitioner_adaptive: bool,
    pub partitioner_availability_timeout_ms: i64,
    pub connection: ConnectionSettings,
}

impl ProducerSettings {
    /// Reads what [`crate::kafka::config`] has checked.
    pub fn from_values(values: &Values, client_id: Arc<str>) -> ProducerSettings {
        let acks = match values.get_str("acks") {
            Some("all") | Some("-1") | None => -1,
            Some("0") => 0,
            Some(_) => 1,
        };
        ProducerSettings {
            client_id,
            acks,
            value_serializer: Arc::from(values.get_str("value.serializer").unwrap_or_default()),
            linger_ms: values.get_long("linger.ms"),
            // A batch.size of 0 means that every record is a batch of its own, as in `KafkaProducer`.
            batch_size: values.get_int("batch.size").max(1),
            buffer_memory: values.get_long("buffer.memory"),
            max_block_ms: values.get_long("max.block.ms"),
            max_request_size: values.get_int("max.request.size"),
            delivery_timeout_ms: i64::from(values.get_int("delivery.timeout.ms")),
            request_timeout_ms: values.get_int("request.timeout.ms"),
            retries: values.get_int("retries"),
            retry_backoff_ms: values.get_long("retry.backoff.ms"),
            retry_backoff_max_ms: values.get_long("retry.backoff.max.ms"),
            max_in_flight: values.get_int("max.in.flight.requests.per.connection"),
            enable_idempotence: values.get_bool("enable.idempotence"),
            compression: values
                .get_str("compression.type")
                .and_then(Compression::from_name)
                .unwrap_or(Compression::None),
            metadata_max_age_ms: values.get_long("metadata.max.age.ms"),
            partitioner: values.get_str("partitioner.class").and_then(PartitionerKind::from_class).unwrap_or_default(),
            partitioner_ignore_keys: values.get_bool("partitioner.ignore.keys"),
            partitioner_adaptive: values.get_bool("partitioner.adaptive.partitioning.enable"),
            partitioner_availability_timeout_ms: values.get_long("partitioner.availability.timeout.ms"),
            connection: connection_settings(values),
        }
    }

    pub fn linger(&self) -> SimDuration {
        SimDuration::from_config_ms(self.linger_ms)
    }

    pub fn delivery_timeout(&self) -> SimDuration {
        SimDuration::from_config_ms(self.delivery_timeout_ms)
    }

    /// How long a batch rests after its failures, from 1 on: doubled each time up to `retry.backoff.max.ms`, a fifth
    /// more or less by chance.
    ///
    /// Simplification: drawn once for each attempt; Kafka draws anew whenever it looks.
    pub fn draw_retry_backoff(&self, failures: u32, rng: &mut Rng) -> SimDuration {
        let backoff = ExponentialBackoff::of_client(self.retry_backoff_ms, self.retry_backoff_max_ms);
        SimDuration::from_config_ms(backoff.backoff(u64::from(failures.saturating_sub(1)), || rng.unit()))
    }

    /// `retry.backoff.ms` as it is, after which a producer id is asked for again.
    pub fn retry_backoff(&self) -> SimDuration {
        SimDuration::from_config_ms(self.retry_backoff_ms)
    }

    /// `partitioner.availability.timeout.ms`; None is off.
    pub fn availability_timeout(&self) -> Option<SimDuration> {
        (self.partitioner_availability_timeout_ms > 0)
            .then(|| SimDuration::from_config_ms(self.partitioner_availability_timeout_ms))
    }

    /// True if at most one request with a partition's records may be out (`guaranteeMessageOrder`).
    pub fn one_in_flight(&self) -> bool {
        self.max_in_flight == 1
    }
}

/// The keys that shape connections, which all clients have.
pub fn connection_settings(values: &Values) -> ConnectionSettings {
    ConnectionSettings {
        reconnect_backoff_ms: values.get_long("reconnect.backoff.ms"),
        reconnect_backoff_max_ms: values.get_long("reconnect.backoff.max.ms"),
        request_timeout_ms: i64::from(values.get_int("request.timeout.ms")),
        socket_connection_setup_timeout_ms: values.get_long("socket.connection.setup.timeout.ms"),
        socket_connection_setup_timeout_max_ms: values.get_long("socket.connection.setup.timeout.max.ms"),
    }
}
