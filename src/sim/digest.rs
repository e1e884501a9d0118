//! A hash of the whole state, equal on every platform.
//!
//! It is taken over the `Debug` text of the world: every field of every type takes part without anybody having to
//! remember it, maps are ordered, and integers print the same everywhere, whatever the pointer size. Recorded events
//! and record identities are no state of the cluster; identities are part of batches and therefore of the text, which
//! does no harm because they too are the same everywhere.

use std::fmt::Write;

use super::world::World;

/// FNV-1a with 64 bits.
struct Fnv(u64);

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}

/// 16 hexadecimal digits.
pub fn digest(world: &World) -> String {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    let World { scenario, now, step, cluster_id, voters, nodes, clients, network, files, wakes } = world;
    let parts = (scenario, now, step, cluster_id, voters, nodes, clients, network, files, wakes);
    write!(hash, "{parts:?}").expect("writing into a hash does not fail");
    format!("{:016x}", hash.0)
}
