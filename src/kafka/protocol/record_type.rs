//! Metadata records as the metadata log stores them: a frame version, the type, the version, then the fields
//! (`MetadataRecordSerde`, `AbstractApiMessageSerde`).

use std::fmt::Write;
use std::sync::Arc;

use crate::kafka::protocol::client_quotas::ClientQuotaRecord;
use crate::kafka::protocol::metadata_records::*;
use crate::kafka::protocol::wire::{Field, Malformed, Reader, Wire, write_unsigned_varint};

/// The only frame version that exists.
const FRAME_VERSION: u32 = 1;

macro_rules! metadata_records {
    ($($name:ident($body:ident) = $id:literal v $latest:literal, $kafka:literal;)*) => {
        /// One decided change of the cluster's metadata.
        #[derive(Clone, PartialEq, Debug)]
        pub enum MetadataRecord { $($name($body),)* }

        impl MetadataRecord {
            pub const fn id(&self) -> u32 {
                match self { $(MetadataRecord::$name(_) => $id,)* }
            }

            /// The name that `kafka-dump-log --cluster-metadata-decoder` prints.
            pub const fn type_name(&self) -> &'static str {
                match self { $(MetadataRecord::$name(_) => $kafka,)* }
            }

            /// The name of its schema: `TopicRecord`.
            pub const fn schema_name(&self) -> &'static str {
                match self { $(MetadataRecord::$name(_) => stringify!($body),)* }
            }

            /// The newest version of the record that there is; the oldest is always 0.
            pub const fn latest_version(&self) -> u32 {
                match self { $(MetadataRecord::$name(_) => $latest,)* }
            }

            /// Id, name, newest version and fields of every record as implemented, to compare with Kafka's.
            pub fn schemas() -> Vec<(u32, &'static str, u32, Vec<Field>)> {
                vec![$(($id, stringify!($body), $latest, $body::fields()),)*]
            }

            fn write_body(&self, out: &mut Vec<u8>) {
                match self { $(MetadataRecord::$name(body) => body.write(out),)* }
            }

            fn read_body(id: u32, from: &mut Reader<'_>) -> Result<MetadataRecord, Malformed> {
                match id {
                    $($id => $body::read(from).map(MetadataRecord::$name),)*
                    _ => Err(Malformed),
                }
            }

            fn write_body_json(&self, out: &mut String) {
                match self { $(MetadataRecord::$name(body) => body.write_json(out),)* }
            }
        }

        $(impl From<$body> for MetadataRecord {
            fn from(body: $body) -> MetadataRecord {
                MetadataRecord::$name(body)
            }
        })*
    };
}

metadata_records! {
    RegisterBroker(RegisterBrokerRecord) = 0 v 4, "REGISTER_BROKER_RECORD";
    UnregisterBroker(UnregisterBrokerRecord) = 1 v 0, "UNREGISTER_BROKER_RECORD";
    Topic(TopicRecord) = 2 v 0, "TOPIC_RECORD";
    Partition(PartitionRecord) = 3 v 2, "PARTITION_RECORD";
    Config(ConfigRecord) = 4 v 0, "CONFIG_RECORD";
    PartitionChange(PartitionChangeRecord) = 5 v 2, "PARTITION_CHANGE_RECORD";
    RemoveTopic(RemoveTopicRecord) = 9 v 0, "REMOVE_TOPIC_RECORD";
    FeatureLevel(FeatureLevelRecord) = 12 v 0, "FEATURE_LEVEL_RECORD";
    ClientQuota(ClientQuotaRecord) = 14 v 0, "CLIENT_QUOTA_RECORD";
    ProducerIds(ProducerIdsRecord) = 15 v 0, "PRODUCER_IDS_RECORD";
    BrokerRegistrationChange(BrokerRegistrationChangeRecord) = 17 v 3, "BROKER_REGISTRATION_CHANGE_RECORD";
    NoOp(NoOpRecord) = 20 v 0, "NO_OP_RECORD";
    BeginTransaction(BeginTransactionRecord) = 23 v 0, "BEGIN_TRANSACTION_RECORD";
    EndTransaction(EndTransactionRecord) = 24 v 0, "END_TRANSACTION_RECORD";
    RegisterController(RegisterControllerRecord) = 27 v 0, "REGISTER_CONTROLLER_RECORD";
    ClearElr(ClearElrRecord) = 28 v 0, "CLEAR_ELR_RECORD";
}

impl MetadataRecord {
    /// The version that the controller writes at metadata.version 4.3-IV0: the newest one, except that a registration
    /// change is written at the lowest version that can carry what changed.
    pub fn version(&self) -> u32 {
        match self {
            MetadataRecord::BrokerRegistrationChange(change) if change.cordoned_log_dirs.is_some() => 3,
            MetadataRecord::BrokerRegistrationChange(change) if !change.log_dirs.is_empty() => 2,
            MetadataRecord::BrokerRegistrationChange(change) if change.in_controlled_shutdown != 0 => 1,
            MetadataRecord::BrokerRegistrationChange(_) => 0,
            other => other.latest_version(),
        }
    }

    /// The value bytes of the record in the log.
    pub fn encode(&self) -> Arc<[u8]> {
        let mut out = Vec::new();
        write_unsigned_varint(FRAME_VERSION, &mut out);
        write_unsigned_varint(self.id(), &mut out);
        write_unsigned_varint(self.version(), &mut out);
        self.write_body(&mut out);
        Arc::from(out)
    }

    /// Reads what [`MetadataRecord::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<MetadataRecord, Malformed> {
        let mut from = Reader::new(bytes);
        if from.unsigned_varint()? != FRAME_VERSION {
            return Err(Malformed);
        }
        let id = from.unsigned_varint()?;
        from.unsigned_varint()?;
        MetadataRecord::read_body(id, &mut from)
    }

    /// The JSON that `kafka-dump-log --cluster-metadata-decoder` prints as the payload.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let _ = write!(out, "{{\"type\":\"{}\",\"version\":{},\"data\":", self.type_name(), self.version());
        self.write_body_json(&mut out);
        out.push('}');
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, Uuid};

    #[test]
    fn records_read_back_as_written() {
        let record = MetadataRecord::from(PartitionRecord {
            partition_id: 3,
            topic_id: Uuid(42),
            replicas: vec![NodeId(1), NodeId(2)],
            isr: vec![NodeId(1)],
            removing_replicas: vec![],
            adding_replicas: vec![],
            leader: NodeId(1),
            leader_epoch: LeaderEpoch(7),
            partition_epoch: PartitionEpoch(9),
            directories: vec![Uuid(5), Uuid(6)],
            leader_recovery_state: 0,
            eligible_leader_replicas: Some(vec![NodeId(2)]),
            last_known_elr: None,
        });
        assert_eq!(MetadataRecord::decode(&record.encode()), Ok(record));
    }

    #[test]
    fn an_unfencing_is_printed_as_kafka_prints_it() {
        let record = MetadataRecord::from(BrokerRegistrationChangeRecord {
            broker_id: NodeId(1),
            broker_epoch: BrokerEpoch(4),
            fenced: -1,
            in_controlled_shutdown: 0,
            log_dirs: vec![],
            cordoned_log_dirs: None,
        });
        let json = r#"{"type":"BROKER_REGISTRATION_CHANGE_RECORD","version":0,"data":{"brokerId":1,"brokerEpoch":4,"fenced":-1}}"#;
        assert_eq!(record.to_json(), json);
    }

    #[test]
    fn cut_bytes_are_malformed_and_not_a_panic() {
        let bytes = MetadataRecord::from(TopicRecord { name: Arc::from("orders"), topic_id: Uuid(1) }).encode();
        for len in 0..bytes.len() {
            assert_eq!(MetadataRecord::decode(&bytes[..len]), Err(Malformed));
        }
    }
}
