//! Control records: markers that end a transaction, and records of the Raft layer (Kafka's `ControlRecordType`,
//! `EndTransactionMarker`, `LeaderChangeMessage`).

use std::sync::Arc;

use super::varint::{read_unsigned_varint, write_unsigned_varint};
use super::{BatchBuilder, Bytes, NO_SEQUENCE, RecordBatch};
use crate::kafka::ids::{LeaderEpoch, NodeId, ProducerEpoch, ProducerId, Uuid};

/// What a control record is: the second number of its key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ControlRecordType {
    Abort,
    Commit,
    LeaderChange,
    SnapshotHeader,
    SnapshotFooter,
    KraftVersion,
    KraftVoters,
    /// A type of a later version; readers skip it.
    Unknown,
}

impl ControlRecordType {
    pub const ALL: [ControlRecordType; 8] = [
        ControlRecordType::Abort,
        ControlRecordType::Commit,
        ControlRecordType::LeaderChange,
        ControlRecordType::SnapshotHeader,
        ControlRecordType::SnapshotFooter,
        ControlRecordType::KraftVersion,
        ControlRecordType::KraftVoters,
        ControlRecordType::Unknown,
    ];

    pub fn id(self) -> i16 {
        match self {
            ControlRecordType::Abort => 0,
            ControlRecordType::Commit => 1,
            ControlRecordType::LeaderChange => 2,
            ControlRecordType::SnapshotHeader => 3,
            ControlRecordType::SnapshotFooter => 4,
            ControlRecordType::KraftVersion => 5,
            ControlRecordType::KraftVoters => 6,
            ControlRecordType::Unknown => -1,
        }
    }

    /// The name that tools print.
    pub fn name(self) -> &'static str {
        match self {
            ControlRecordType::Abort => "ABORT",
            ControlRecordType::Commit => "COMMIT",
            ControlRecordType::LeaderChange => "LEADER_CHANGE",
            ControlRecordType::SnapshotHeader => "SNAPSHOT_HEADER",
            ControlRecordType::SnapshotFooter => "SNAPSHOT_FOOTER",
            ControlRecordType::KraftVersion => "KRAFT_VERSION",
            ControlRecordType::KraftVoters => "KRAFT_VOTERS",
            ControlRecordType::Unknown => "UNKNOWN",
        }
    }

    /// The key of such a record: version 0 and the type.
    pub fn record_key(self) -> Bytes {
        let mut key = vec![0, 0];
        key.extend(self.id().to_be_bytes());
        key.into()
    }

    /// Reads a control record's key; none if it is too short or of a negative version.
    pub fn of_key(key: &[u8]) -> Option<ControlRecordType> {
        let (version, rest) = key.split_first_chunk::<2>()?;
        let (id, _) = rest.split_first_chunk::<2>()?;
        let id = i16::from_be_bytes(*id);
        let known = Self::ALL.into_iter().find(|kind| kind.id() == id);
        (i16::from_be_bytes(*version) >= 0).then(|| known.unwrap_or(ControlRecordType::Unknown))
    }
}

/// The marker that commits or aborts a transaction in one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndTransactionMarker {
    pub committed: bool,
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    pub fn control_type(self) -> ControlRecordType {
        if self.committed { ControlRecordType::Commit } else { ControlRecordType::Abort }
    }

    fn value(self) -> Bytes {
        let mut value = vec![0, 0];
        value.extend(self.coordinator_epoch.to_be_bytes());
        value.into()
    }

    /// Reads a control record; none if it is no transaction marker.
    pub fn of_record(key: &[u8], value: &[u8]) -> Option<EndTransactionMarker> {
        let committed = match ControlRecordType::of_key(key)? {
            ControlRecordType::Commit => true,
            ControlRecordType::Abort => false,
            _ => return None,
        };
        let (coordinator_epoch, _) = value.get(2..)?.split_first_chunk::<4>()?;
        Some(EndTransactionMarker { committed, coordinator_epoch: i32::from_be_bytes(*coordinator_epoch) })
    }

    /// The batch that a broker writes for it at `base_offset`, at `timestamp_ms`.
    pub fn batch(
        self,
        base_offset: i64,
        timestamp_ms: i64,
        leader_epoch: LeaderEpoch,
        producer_id: ProducerId,
        producer_epoch: ProducerEpoch,
    ) -> RecordBatch {
        let mut builder = BatchBuilder::control(base_offset, leader_epoch);
        builder.set_producer_state(producer_id, producer_epoch, NO_SEQUENCE, true);
        builder.append_control_record(timestamp_ms, self.control_type(), self.value());
        builder.close()
    }
}

/// A voter of the Raft quorum, as a leader change names it. Only version 1 carries directory ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Voter {
    pub id: NodeId,
    pub directory_id: Uuid,
}

/// Where a voter listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoterEndpoint {
    /// The listener's name.
    pub name: Arc<str>,
    pub host: Arc<str>,
    pub port: u16,
}

/// A voter as the record of all voters names it; it supports kraft.version 0 to 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuorumVoter {
    pub voter: Voter,
    pub endpoints: Vec<VoterEndpoint>,
}

impl QuorumVoter {
    fn read(rest: &mut &[u8]) -> Option<QuorumVoter> {
        fn take<'a>(rest: &mut &'a [u8], count: u32) -> Option<&'a [u8]> {
            let (first, behind) = rest.split_at_checked(count as usize)?;
            *rest = behind;
            Some(first)
        }
        let text = |rest: &mut &[u8]| -> Option<Arc<str>> {
            let length = read_unsigned_varint(rest).ok()?.checked_sub(1)?;
            std::str::from_utf8(take(rest, length)?).ok().map(Arc::from)
        };
        let id = NodeId(i32::from_be_bytes(take(rest, 4)?.try_into().ok()?));
        let directory_id = Uuid(u128::from_be_bytes(take(rest, 16)?.try_into().ok()?));
        let mut endpoints = Vec::new();
        for _ in 0..read_unsigned_varint(rest).ok()?.checked_sub(1)? {
            let (name, host) = (text(rest)?, text(rest)?);
            let port = u16::from_be_bytes(take(rest, 2)?.try_into().ok()?);
            take(rest, 1)?;
            endpoints.push(VoterEndpoint { name, host, port });
        }
        take(rest, 6)?;
        Some(QuorumVoter { voter: Voter { id, directory_id }, endpoints })
    }
}

/// The record that holds the voters of a dynamic quorum (KIP-853, `VotersRecord` version 0).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KraftVoters {
    pub voters: Vec<QuorumVoter>,
}

impl KraftVoters {
    pub fn to_bytes(&self) -> Bytes {
        let text = |text: &str, out: &mut Vec<u8>| {
            write_unsigned_varint(text.len() as u32 + 1, out);
            out.extend(text.as_bytes());
        };
        let mut out = vec![0, 0];
        write_unsigned_varint(self.voters.len() as u32 + 1, &mut out);
        for QuorumVoter { voter, endpoints } in &self.voters {
            out.extend(voter.id.0.to_be_bytes());
            out.extend(voter.directory_id.0.to_be_bytes());
            write_unsigned_varint(endpoints.len() as u32 + 1, &mut out);
            for endpoint in endpoints {
                text(&endpoint.name, &mut out);
                text(&endpoint.host, &mut out);
                out.extend(endpoint.port.to_be_bytes());
                out.push(0); // tagged fields
            }
            // Supported versions of kraft.version, then the tagged fields of the range and of the voter.
            out.extend([0, 0, 0, 1, 0, 0]);
        }
        out.push(0); // tagged fields
        out.into()
    }

    pub fn batch(&self, base_offset: i64, timestamp_ms: i64, leader_epoch: LeaderEpoch) -> RecordBatch {
        raft_batch(ControlRecordType::KraftVoters, base_offset, timestamp_ms, leader_epoch, self.to_bytes())
    }

    /// Reads the value of such a record; none if it is damaged.
    pub fn parse(value: &[u8]) -> Option<KraftVoters> {
        let mut rest = value.get(2..)?;
        let count = read_unsigned_varint(&mut rest).ok()?.checked_sub(1)?;
        let voters = (0..count).map(|_| QuorumVoter::read(&mut rest)).collect::<Option<_>>()?;
        Some(KraftVoters { voters })
    }
}

/// The record that a new Raft leader writes first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaderChange {
    /// 0, or 1 with directory ids.
    pub version: i16,
    pub leader: NodeId,
    pub voters: Vec<Voter>,
    pub granting_voters: Vec<Voter>,
}

impl LeaderChange {
    pub fn to_bytes(&self) -> Bytes {
        let mut out = self.version.to_be_bytes().to_vec();
        out.extend(self.leader.0.to_be_bytes());
        for voters in [&self.voters, &self.granting_voters] {
            write_unsigned_varint(voters.len() as u32 + 1, &mut out);
            for voter in voters {
                out.extend(voter.id.0.to_be_bytes());
                if self.version >= 1 {
                    out.extend(voter.directory_id.0.to_be_bytes());
                }
                out.push(0); // tagged fields
            }
        }
        out.push(0); // tagged fields
        out.into()
    }

    /// Reads the value of such a record; none if it is damaged.
    pub fn parse(value: &[u8]) -> Option<LeaderChange> {
        let (version, rest) = value.split_first_chunk::<2>()?;
        let version = i16::from_be_bytes(*version);
        let (leader, mut rest) = rest.split_first_chunk::<4>()?;
        let voters = read_voters(&mut rest, version)?;
        let granting_voters = read_voters(&mut rest, version)?;
        Some(LeaderChange { version, leader: NodeId(i32::from_be_bytes(*leader)), voters, granting_voters })
    }

    /// The batch that the leader of `leader_epoch` writes.
    pub fn batch(&self, base_offset: i64, timestamp_ms: i64, leader_epoch: LeaderEpoch) -> RecordBatch {
        raft_batch(ControlRecordType::LeaderChange, base_offset, timestamp_ms, leader_epoch, self.to_bytes())
    }

    /// The batch that the first leader of a dynamic quorum writes: behind the change stand kraft.version and the voters.
    pub fn batch_of_new_quorum(
        &self,
        base_offset: i64,
        timestamp_ms: i64,
        leader_epoch: LeaderEpoch,
        kraft_version: i16,
        voters: &KraftVoters,
    ) -> RecordBatch {
        let mut builder = BatchBuilder::control(base_offset, leader_epoch);
        builder.append_control_record(timestamp_ms, ControlRecordType::LeaderChange, self.to_bytes());
        builder.append_control_record(
            timestamp_ms,
            ControlRecordType::KraftVersion,
            kraft_version_bytes(kraft_version),
        );
        builder.append_control_record(timestamp_ms, ControlRecordType::KraftVoters, voters.to_bytes());
        builder.close()
    }
}

fn read_voters(rest: &mut &[u8], version: i16) -> Option<Vec<Voter>> {
    let count = read_unsigned_varint(rest).ok()?.checked_sub(1)?;
    let mut voters = Vec::new();
    for _ in 0..count {
        let (id, after) = rest.split_first_chunk::<4>()?;
        *rest = after;
        let mut directory_id = Uuid::ZERO;
        if version >= 1 {
            let (id, after) = rest.split_first_chunk::<16>()?;
            (directory_id, *rest) = (Uuid(u128::from_be_bytes(*id)), after);
        }
        *rest = rest.get(1..)?;
        voters.push(Voter { id: NodeId(i32::from_be_bytes(*id)), directory_id });
    }
    Some(voters)
}

fn raft_batch(
    control_type: ControlRecordType,
    base_offset: i64,
    timestamp_ms: i64,
    leader_epoch: LeaderEpoch,
    value: Bytes,
) -> RecordBatch {
    let mut builder = BatchBuilder::control(base_offset, leader_epoch);
    builder.append_control_record(timestamp_ms, control_type, value);
    builder.close()
}

fn kraft_version_bytes(kraft_version: i16) -> Bytes {
    let mut value = vec![0, 0];
    value.extend(kraft_version.to_be_bytes());
    value.push(0); // tagged fields
    value.into()
}

impl RecordBatch {
    /// The first batch of a snapshot: the append time (ms) of the last record that it contains.
    pub fn snapshot_header(timestamp_ms: i64, leader_epoch: LeaderEpoch, last_contained_log_timestamp: i64) -> Self {
        let mut value = vec![0, 0];
        value.extend(last_contained_log_timestamp.to_be_bytes());
        value.push(0); // tagged fields
        raft_batch(ControlRecordType::SnapshotHeader, 0, timestamp_ms, leader_epoch, value.into())
    }

    /// The last batch of a snapshot.
    pub fn snapshot_footer(base_offset: i64, timestamp_ms: i64, leader_epoch: LeaderEpoch) -> Self {
        let value = vec![0, 0, 0];
        raft_batch(ControlRecordType::SnapshotFooter, base_offset, timestamp_ms, leader_epoch, value.into())
    }

    /// The batch that says which `kraft.version` holds from here on.
    pub fn kraft_version(base_offset: i64, timestamp_ms: i64, leader_epoch: LeaderEpoch, kraft_version: i16) -> Self {
        let value = kraft_version_bytes(kraft_version);
        raft_batch(ControlRecordType::KraftVersion, base_offset, timestamp_ms, leader_epoch, value)
    }
}
