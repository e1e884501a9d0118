//! What schedules have exercised.

use std::collections::BTreeMap;

use crate::kafka::event::Event;
use crate::sim::timeline::Timeline;

/// How often something happened, by its name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    counts: BTreeMap<&'static str, u64>,
    pub events: u64,
    pub lines: u64,
}

/// What a campaign must have seen at least once: a checker that never met these has proved nothing.
pub const SOMETIMES: [&str; 16] = [
    "clean elections",
    "unclean elections",
    "elections from the ELR",
    "truncations",
    "ISR shrinks",
    "ISR expansions",
    "brokers fenced",
    "duplicates refused",
    "records acknowledged by acks=all",
    "records lost that acks=1 had acknowledged",
    "controllers elected",
    "controllers deposed",
    "quorums lost",
    "metadata logs cut",
    "machines crashed",
    "ends of logs lost with a machine",
];

impl Tally {
    /// What a run has exercised up to the playhead.
    pub fn of(timeline: &Timeline) -> Tally {
        let mut tally = Tally { events: timeline.world().step, ..Tally::default() };
        let mut sizes = BTreeMap::new();
        for entry in timeline.journal().iter() {
            if let Some(name) = name_of(&entry.event) {
                tally.count(name, 1);
            }
            if let Event::PartitionLed { tp, role, .. } = &entry.event {
                sizes.entry(tp).or_insert(role.isr.len());
            }
            if let Event::PartitionChanged { tp, isr } = &entry.event {
                let before = sizes.insert(tp, isr.len()).unwrap_or(isr.len());
                tally.count("ISR shrinks", u64::from(isr.len() < before));
                tally.count("ISR expansions", u64::from(isr.len() > before));
            }
        }
        tally.count_records(timeline);
        tally
    }

    fn count(&mut self, name: &'static str, times: u64) {
        if times > 0 {
            *self.counts.entry(name).or_default() += times;
        }
    }

    fn count_records(&mut self, timeline: &Timeline) {
        let world = timeline.world();
        for (rid, account) in timeline.ledger().accounts() {
            let Some((tp, offset)) = &account.acked else { continue };
            let of_all = account.acked_to.is_some_and(|client| world.waits_for_all(client));
            self.count(if of_all { "records acknowledged by acks=all" } else { "records acknowledged by acks=1" }, 1);
            let logs = world.nodes.keys().filter_map(|node| Some(&world.disk(*node)?.logs.get(tp)?.log));
            let has = |log: &crate::kafka::log::PartitionLog| {
                *offset < log.log_start_offset()
                    || log.batch_at(*offset).is_some_and(|batch| batch.rids().contains(&rid))
            };
            let gone = !account.topic_is_gone && !logs.into_iter().any(has);
            if gone && !of_all && *offset >= 0 {
                self.count("records lost that acks=1 had acknowledged", 1);
            }
        }
    }

    pub fn add(&mut self, other: &Tally) {
        for (name, times) in &other.counts {
            self.count(name, *times);
        }
        self.events += other.events;
        self.lines += other.lines;
    }

    /// What of [`SOMETIMES`] has not been seen.
    pub fn missing(&self) -> Vec<&'static str> {
        SOMETIMES.into_iter().filter(|name| !self.counts.contains_key(name)).collect()
    }

    /// Everything that was counted, by name.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counts.iter().map(|(name, times)| (*name, *times))
    }
}

fn name_of(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::LeaderElected { clean: true, .. } => "clean elections",
        Event::LeaderElected { clean: false, .. } => "unclean elections",
        Event::LeaderChosen { clean: true, .. } => "elections from the ELR",
        Event::BrokerFenced { .. } => "brokers fenced",
        Event::BrokerKilled { .. } => "brokers killed",
        Event::DiskDestroyed { .. } => "disks lost",
        Event::ControlledShutdown { .. } => "controlled shutdowns",
        Event::Leaderless { .. } => "partitions without a leader",
        Event::ProcessFrozen { .. } => "processes frozen",
        Event::LinkCut { .. } => "links cut",
        Event::ProduceHeld { .. } => "acks held",
        Event::LogTruncated { .. } => "truncations",
        Event::DuplicateBatch { .. } => "duplicates refused",
        Event::ControllerElected { .. } => "controllers elected",
        Event::ControllerRenounced { .. } => "controllers deposed",
        Event::QuorumLogTruncated { .. } => "metadata logs cut",
        Event::QuorumRoleChanged { role, .. } if **role == *"Resigned" => "quorums lost",
        Event::MachineCrashed { .. } => "machines crashed",
        Event::UnflushedLost { .. } => "ends of logs lost with a machine",
        _ => return None,
    })
}
