//! Which brokers get the replicas of new partitions (`StripedReplicaPlacer`).
//!
//! Three aims, in this order: the first replica, who will lead, is on a live broker; replicas of a partition spread over
//! as many racks as there are; every broker gets its share. The placer goes round the racks, and within a rack round
//! its brokers; each partition starts one rack and one broker further than the one before. After as many partitions as
//! there are live brokers the order is shuffled, so that the same pairs do not come again and again.

use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::ids::NodeId;
use crate::kafka::java;
use std::sync::Arc;

/// A registered broker with at least one log directory that takes new replicas (`UsableBroker`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlacementBroker {
    pub id: NodeId,
    pub rack: Option<Arc<str>>,
    /// Registered, but its heartbeats are missing. Fenced brokers get replicas only after all live ones of a rack.
    pub fenced: bool,
}

/// Places `partitions` partitions of `replication_factor` replicas each; the first of a list is the preferred leader.
/// The number of the first new partition changes nothing (Kafka's `PlacementSpec` has it, its placer does not look).
/// `draw(n)` gives a number from 0 to n - 1, as `java.util.Random.nextInt(n)`; the order of the draws is Kafka's.
///
/// # Errors
/// INVALID_REPLICATION_FACTOR when the factor is not positive, no broker is live, or there are too few brokers.
pub fn place(
    _start_partition: i32,
    partitions: i32,
    replication_factor: i16,
    brokers: &[PlacementBroker],
    draw: &mut impl FnMut(u32) -> u32,
) -> Result<Vec<Vec<NodeId>>, ApiError> {
    let mut racks = RackList::new(brokers, draw);
    let invalid = |message: String| Err(ApiError::with(ErrorCode::InvalidReplicationFactor, message));
    if replication_factor <= 0 {
        return invalid(format!(
            "Invalid replication factor {replication_factor}: the replication factor must be positive."
        ));
    }
    if racks.live == 0 {
        return invalid("All brokers are currently fenced, or have all their log directories cordoned.".to_string());
    }
    if replication_factor as u32 > racks.total {
        return invalid(format!(
            "The target replication factor of {replication_factor} cannot be reached because only {} broker(s) are \
             registered or some brokers have all their log directories cordoned.",
            racks.total
        ));
    }
    Ok((0..partitions).map(|_| racks.place_partition(replication_factor as u32, draw)).collect())
}

/// The brokers of a rack that are all live or all fenced, gone round in order.
#[derive(Debug, Default)]
struct BrokerList {
    brokers: Vec<NodeId>,
    /// Partition for which `index` and `offset` are.
    epoch: u32,
    /// How many were handed out for this partition.
    index: u32,
    /// Who comes first for this partition.
    offset: u32,
}

impl BrokerList {
    fn initialize(&mut self, draw: &mut impl FnMut(u32) -> u32) {
        if !self.brokers.is_empty() {
            self.brokers.sort();
            self.offset = draw(self.brokers.len() as u32);
        }
    }

    /// The next one for the partition `epoch`; none when all were handed out.
    fn next(&mut self, epoch: u32) -> Option<NodeId> {
        let size = self.brokers.len() as u32;
        if size == 0 {
            return None;
        }
        if self.epoch != epoch {
            self.epoch = epoch;
            self.index = 0;
            self.offset = (self.offset + 1) % size;
        }
        if self.index >= size {
            return None;
        }
        let broker = self.brokers[((self.index + self.offset) % size) as usize];
        self.index += 1;
        Some(broker)
    }
}

#[derive(Debug, Default)]
struct Rack {
    fenced: BrokerList,
    live: BrokerList,
}

impl Rack {
    fn next(&mut self, epoch: u32) -> Option<NodeId> {
        self.live.next(epoch).or_else(|| self.fenced.next(epoch))
    }
}

#[derive(Debug)]
struct RackList {
    /// In the order in which Java's `HashMap` iterates over the names.
    racks: Vec<Rack>,
    /// Positions in `racks` in the order in which they are gone round: by name, shuffled
    /// now and then.
    round: Vec<u32>,
    live: u32,
    total: u32,
    /// Partitions placed since the last shuffle.
    epoch: u32,
    /// The rack that the next partition starts with.
    offset: u32,
}

impl RackList {
    fn new(brokers: &[PlacementBroker], draw: &mut impl FnMut(u32) -> u32) -> Self {
        let mut named: Vec<(Option<Arc<str>>, Rack)> = Vec::new();
        let (mut live, mut total) = (0, 0);
        for broker in brokers {
            let known = named.iter().position(|(name, _)| *name == broker.rack);
            let index = known.unwrap_or_else(|| {
                named.push((broker.rack.clone(), Rack::default()));
                named.len() - 1
            });
            let rack = &mut named[index].1;
            let list = if broker.fenced { &mut rack.fenced } else { &mut rack.live };
            list.brokers.push(broker.id);
            live += u32::from(!broker.fenced);
            total += 1;
        }
        let size = named.len() as u32;
        named.sort_by_key(|(name, _)| java::hash_map_bucket(name.as_deref().map_or(0, java::string_hash), size));
        for (_, rack) in &mut named {
            rack.fenced.initialize(draw);
            rack.live.initialize(draw);
        }
        let mut round: Vec<u32> = (0..size).collect();
        round.sort_by_key(|index| named[*index as usize].0.clone());
        let racks = named.into_iter().map(|(_, rack)| rack).collect();
        let offset = if size == 0 { 0 } else { draw(size) };
        RackList { racks, round, live, total, epoch: 0, offset }
    }

    /// Replicas of one more partition. There are at least `replicas` brokers, and at least one is live.
    fn place_partition(&mut self, replicas: u32, draw: &mut impl FnMut(u32) -> u32) -> Vec<NodeId> {
        if self.epoch == self.live && self.live > 1 {
            self.shuffle(draw);
            self.epoch = 0;
        }
        let racks = self.round.len() as u32;
        if self.offset == racks {
            self.offset = 0;
        }
        let mut placed = Vec::with_capacity(replicas as usize);
        let mut leader_rack = self.offset;
        while placed.is_empty() {
            let epoch = self.epoch;
            placed.extend(self.rack(leader_rack).live.next(epoch));
            if placed.is_empty() {
                leader_rack = (leader_rack + 1) % racks;
            }
        }
        // The leader's rack is passed over once: its turn was the leader.
        let mut passed_over = false;
        let mut index = self.offset;
        while (placed.len() as u32) < replicas {
            if index == leader_rack && !passed_over {
                passed_over = true;
            } else {
                let epoch = self.epoch;
                placed.extend(self.rack(index).next(epoch));
            }
            index = (index + 1) % racks;
        }
        self.epoch += 1;
        self.offset += 1;
        placed
    }

    fn rack(&mut self, index: u32) -> &mut Rack {
        &mut self.racks[self.round[index as usize] as usize]
    }

    fn shuffle(&mut self, draw: &mut impl FnMut(u32) -> u32) {
        shuffle(&mut self.round, draw);
        for rack in &mut self.racks {
            shuffle(&mut rack.fenced.brokers, draw);
            shuffle(&mut rack.live.brokers, draw);
        }
    }
}

/// `java.util.Collections.shuffle`.
fn shuffle<T>(items: &mut [T], draw: &mut impl FnMut(u32) -> u32) {
    for size in (2..=items.len()).rev() {
        items.swap(size - 1, draw(size as u32) as usize);
    }
}
