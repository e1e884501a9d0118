//! Checksums of batches.

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, Crc, Table};

static CASTAGNOLI: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
static IEEE: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// CRC-32C: the checksum of batches v2.
pub fn crc32c(bytes: &[u8]) -> u32 {
    CASTAGNOLI.checksum(bytes)
}

/// CRC-32: the checksum of message formats 0 and 1, and of gzip.
pub fn crc32(bytes: &[u8]) -> u32 {
    IEEE.checksum(bytes)
}
