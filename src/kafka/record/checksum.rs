//! Checksums of batches.

use std::sync::LazyLock;

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, Crc, Table};

/// Its tables are made when they are first used: a page fetches the few instructions that make them, not 16 KiB.
static CASTAGNOLI: LazyLock<Crc<u32, Table<16>>> = LazyLock::new(|| Crc::<u32, Table<16>>::new(&CRC_32_ISCSI));
static IEEE: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// CRC-32C: the checksum of batches v2.
pub fn crc32c(bytes: &[u8]) -> u32 {
    CASTAGNOLI.checksum(bytes)
}

/// CRC-32: the checksum of message formats 0 and 1, and of gzip.
pub fn crc32(bytes: &[u8]) -> u32 {
    IEEE.checksum(bytes)
}
