//! The Java classes that a configuration may name. There is no class path: a class exists when it stands here. These are
//! the public classes of Kafka 4.3.1 that its keys are about, and the best known ones of Java itself.

/// Package and simple names.
#[rustfmt::skip]
static CLASSES: &[(&str, &str)] = &[
    ("java.lang", "Boolean Byte CharSequence Character Class Comparable Double Error Exception Float Integer Iterable Long Math Number Object Runnable RuntimeException Short String StringBuilder System Thread Throwable Void"),
    ("java.util", "ArrayList Collection Date HashMap HashSet LinkedList List Map Properties Random Set TreeMap UUID"),
    ("org.apache.kafka.clients.consumer", "AcknowledgeType AcknowledgementCommitCallback CloseOptions CommitFailedException Consumer ConsumerConfig ConsumerGroupMetadata ConsumerInterceptor ConsumerPartitionAssignor ConsumerRebalanceListener ConsumerRecord ConsumerRecords CooperativeStickyAssignor GroupProtocol InvalidOffsetException KafkaConsumer KafkaShareConsumer LogTruncationException MockConsumer MockShareConsumer NoOffsetForPartitionException OffsetAndMetadata OffsetAndTimestamp OffsetCommitCallback OffsetOutOfRangeException OffsetResetStrategy RangeAssignor RetriableCommitFailedException RoundRobinAssignor ShareConsumer StickyAssignor SubscriptionPattern"),
    ("org.apache.kafka.clients.consumer.internals", "AcknowledgementCommitCallbackHandler"),
    ("org.apache.kafka.clients.producer", "BufferExhaustedException Callback KafkaProducer MockProducer Partitioner PreparedTxnState Producer ProducerConfig ProducerInterceptor ProducerRecord RecordMetadata RoundRobinPartitioner"),
    ("org.apache.kafka.clients.producer.internals", "BuiltInPartitioner"),
    ("org.apache.kafka.common.metrics", "CompoundStat Gauge JmxReporter KafkaMetric KafkaMetricsContext Measurable MeasurableStat MetricConfig MetricValueProvider Metrics MetricsContext MetricsReporter Monitorable PluginMetrics Quota QuotaViolationException Sensor Stat"),
    ("org.apache.kafka.common.replica", "RackAwareReplicaSelector ReplicaSelector"),
    ("org.apache.kafka.common.security.auth", "AuthenticateCallbackHandler KafkaPrincipalBuilder"),
    ("org.apache.kafka.common.security.authenticator", "DefaultKafkaPrincipalBuilder DefaultLogin SaslClientCallbackHandler SaslServerCallbackHandler"),
    ("org.apache.kafka.common.security.kerberos", "KerberosClientCallbackHandler"),
    ("org.apache.kafka.common.security.oauthbearer", "ClientCredentialsJwtRetriever ClientJwtValidator DefaultJwtRetriever FileJwtRetriever JwtBearerJwtRetriever JwtRetriever JwtRetrieverException JwtValidator JwtValidatorException OAuthBearerLoginCallbackHandler OAuthBearerValidatorCallbackHandler"),
    ("org.apache.kafka.common.security.oauthbearer.internals", "OAuthBearerSaslClientCallbackHandler"),
    ("org.apache.kafka.common.security.oauthbearer.internals.secured", "HttpJwtRetriever JwtBearerRequestFormatter JwtResponseParser SerializedJwt"),
    ("org.apache.kafka.common.security.oauthbearer.internals.secured.assertion", "AssertionJwtTemplate DynamicAssertionJwtTemplate FileAssertionJwtTemplate LayeredAssertionJwtTemplate StaticAssertionJwtTemplate"),
    ("org.apache.kafka.common.security.oauthbearer.internals.unsecured", "OAuthBearerUnsecuredLoginCallbackHandler OAuthBearerUnsecuredValidatorCallbackHandler"),
    ("org.apache.kafka.common.security.plain.internals", "PlainServerCallbackHandler"),
    ("org.apache.kafka.common.security.scram.internals", "ScramServerCallbackHandler"),
    ("org.apache.kafka.common.serialization", "BooleanDeserializer BooleanSerializer ByteArrayDeserializer ByteArraySerializer ByteBufferDeserializer ByteBufferSerializer BytesDeserializer BytesSerializer Deserializer DoubleDeserializer DoubleSerializer FloatDeserializer FloatSerializer IntegerDeserializer IntegerSerializer ListDeserializer ListSerializer LongDeserializer LongSerializer Serde Serdes Serializer ShortDeserializer ShortSerializer StringDeserializer StringSerializer UUIDDeserializer UUIDSerializer VoidDeserializer VoidSerializer"),
    ("org.apache.kafka.coordinator.group.assignor", "RangeAssignor SimpleAssignor UniformAssignor"),
    ("org.apache.kafka.metadata.authorizer", "StandardAuthorizer"),
];

/// Classes that the applications of the simulation bring along, in no package.
const APPLICATION: [&str; 1] = ["VipPartitioner"];

/// Whether `Class.forName` finds the class.
pub fn exists(name: &str) -> bool {
    let Some((package, simple)) = name.rsplit_once('.') else { return APPLICATION.contains(&name) };
    let in_package = |(_, names): &(&str, &str)| names.split(' ').any(|name| name == simple);
    CLASSES.iter().find(|(name, _)| *name == package).is_some_and(in_package)
}

/// What a class must implement to be given for a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interface {
    Serializer,
    Deserializer,
    Partitioner,
    ConsumerPartitionAssignor,
    ProducerInterceptor,
    ConsumerInterceptor,
    MetricsReporter,
}

impl Interface {
    /// Full name of the interface.
    pub const fn class(self) -> &'static str {
        match self {
            Interface::Serializer => "org.apache.kafka.common.serialization.Serializer",
            Interface::Deserializer => "org.apache.kafka.common.serialization.Deserializer",
            Interface::Partitioner => "org.apache.kafka.clients.producer.Partitioner",
            Interface::ConsumerPartitionAssignor => "org.apache.kafka.clients.consumer.ConsumerPartitionAssignor",
            Interface::ProducerInterceptor => "org.apache.kafka.clients.producer.ProducerInterceptor",
            Interface::ConsumerInterceptor => "org.apache.kafka.clients.consumer.ConsumerInterceptor",
            Interface::MetricsReporter => "org.apache.kafka.common.metrics.MetricsReporter",
        }
    }

    /// Whether the class, which exists, implements it. The interface counts as its own implementation.
    pub fn is_implemented_by(self, class: &str) -> bool {
        let (package, simple) = class.rsplit_once('.').unwrap_or(("", class));
        let (home, own) = self.class().rsplit_once('.').unwrap_or(("", ""));
        let assignor =
            matches!(simple, "RangeAssignor" | "RoundRobinAssignor" | "StickyAssignor" | "CooperativeStickyAssignor");
        if package.is_empty() {
            return self == Interface::Partitioner && simple == "VipPartitioner";
        }
        package == home
            && match self {
                _ if simple == own => true,
                Interface::Serializer => simple.ends_with("Serializer"),
                Interface::Deserializer => simple.ends_with("Deserializer"),
                Interface::Partitioner => simple == "RoundRobinPartitioner",
                Interface::ConsumerPartitionAssignor => assignor,
                Interface::MetricsReporter => simple == "JmxReporter",
                Interface::ProducerInterceptor | Interface::ConsumerInterceptor => false,
            }
    }
}
