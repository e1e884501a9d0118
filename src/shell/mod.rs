//! The Kafka command line and the `sim` verbs: text in, text out.
