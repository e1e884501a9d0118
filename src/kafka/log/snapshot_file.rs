//! The bytes of a producer snapshot file, `OFFSET.snapshot` (`ProducerStateManager.writeSnapshot` and `readSnapshot`).

use super::partition_log::PartitionLog;
use super::producer_state::ProducerEntry;
use crate::kafka::record::crc32c;

/// The only version of the file.
const VERSION: i16 = 1;
/// Version and checksum stand in front of what the checksum covers.
const HEAD: u32 = 6;

/// One producer as the file has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotEntry {
    pub producer_id: i64,
    pub producer_epoch: i16,
    /// -1 without a batch.
    pub last_sequence: i32,
    /// -1 without a batch.
    pub last_offset: i64,
    pub offset_delta: i32,
    /// Ms.
    pub timestamp: i64,
    pub coordinator_epoch: i32,
    /// -1 without an open transaction.
    pub current_txn_first_offset: i64,
}

impl SnapshotEntry {
    fn of(entry: &ProducerEntry) -> SnapshotEntry {
        SnapshotEntry {
            producer_id: entry.producer_id.0,
            producer_epoch: entry.producer_epoch.0,
            last_sequence: entry.last_sequence(),
            last_offset: entry.last_data_offset(),
            offset_delta: entry.batches().next_back().map_or(0, |batch| batch.offset_delta),
            timestamp: entry.last_timestamp,
            coordinator_epoch: entry.coordinator_epoch,
            current_txn_first_offset: entry.current_txn_first_offset.unwrap_or(-1),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.producer_id.to_be_bytes());
        out.extend(self.producer_epoch.to_be_bytes());
        out.extend(self.last_sequence.to_be_bytes());
        out.extend(self.last_offset.to_be_bytes());
        out.extend(self.offset_delta.to_be_bytes());
        out.extend(self.timestamp.to_be_bytes());
        out.extend(self.coordinator_epoch.to_be_bytes());
        out.extend(self.current_txn_first_offset.to_be_bytes());
    }

    fn read(from: &mut &[u8]) -> Option<SnapshotEntry> {
        Some(SnapshotEntry {
            producer_id: i64::from_be_bytes(take(from)?),
            producer_epoch: i16::from_be_bytes(take(from)?),
            last_sequence: i32::from_be_bytes(take(from)?),
            last_offset: i64::from_be_bytes(take(from)?),
            offset_delta: i32::from_be_bytes(take(from)?),
            timestamp: i64::from_be_bytes(take(from)?),
            coordinator_epoch: i32::from_be_bytes(take(from)?),
            current_txn_first_offset: i64::from_be_bytes(take(from)?),
        })
    }
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*first)
}

impl PartitionLog {
    /// The bytes of the snapshot at an offset; none if there is no such file.
    pub fn snapshot_file(&self, offset: i64) -> Option<Vec<u8>> {
        let entries: Vec<SnapshotEntry> = self.producers.snapshot(offset)?.iter().map(SnapshotEntry::of).collect();
        Some(encode(&entries))
    }
}

/// The file of these producers.
pub fn encode(entries: &[SnapshotEntry]) -> Vec<u8> {
    let mut body = (entries.len() as i32).to_be_bytes().to_vec();
    entries.iter().for_each(|entry| entry.write(&mut body));
    let mut file = VERSION.to_be_bytes().to_vec();
    file.extend(crc32c(&body).to_be_bytes());
    file.extend(body);
    file
}

/// Reads such a file.
///
/// # Errors
/// What is wrong with it, as CorruptSnapshotException says.
pub fn decode(file: &[u8]) -> Result<Vec<SnapshotEntry>, String> {
    let cut = || "Snapshot failed schema validation: it ends too early".to_string();
    let mut rest = file;
    let version = i16::from_be_bytes(take(&mut rest).ok_or_else(cut)?);
    if version != VERSION {
        return Err(format!("Snapshot contained an unknown file version {version}"));
    }
    let stored = u32::from_be_bytes(take(&mut rest).ok_or_else(cut)?);
    let computed = crc32c(&file[HEAD as usize..]);
    if stored != computed {
        return Err(format!(
            "Snapshot is corrupt (CRC is no longer valid). Stored crc: {stored}. Computed crc: {computed}"
        ));
    }
    let count = i32::from_be_bytes(take(&mut rest).ok_or_else(cut)?);
    (0..count).map(|_| SnapshotEntry::read(&mut rest).ok_or_else(cut)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_reads_back_as_written_and_damage_is_found() {
        let entry = SnapshotEntry {
            producer_id: 4_000,
            producer_epoch: 1,
            last_sequence: 9,
            last_offset: 12,
            offset_delta: 2,
            timestamp: 1_767_225_600_000,
            coordinator_epoch: -1,
            current_txn_first_offset: -1,
        };
        let mut file = encode(&[entry]);
        assert_eq!(file.len(), 10 + 46);
        assert_eq!(decode(&file), Ok(vec![entry]));
        file[20] ^= 1;
        assert!(decode(&file).unwrap_err().starts_with("Snapshot is corrupt (CRC is no longer valid)."));
        assert_eq!(decode(&[0, 7]), Err("Snapshot contained an unknown file version 7".to_string()));
        assert!(decode(&[0]).is_err());
    }
}
