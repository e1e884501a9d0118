//! Fetch requests and what they brought (`Fetcher`, `CompletedFetch`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::detail::Logged;
use crate::kafka::event::{Event, MetadataCause};
use crate::kafka::ids::{BrokerEpoch, LeaderEpoch, NodeId, TopicPartition, Uuid};
use crate::kafka::protocol::fetch::*;
use crate::kafka::record::{RecordBatch, TimestampType};
use crate::time::SimTime;

use super::{Consumer, ConsumerRecord, Errand};

/// Data of one partition, waiting for poll().
#[derive(Clone, PartialEq, Debug)]
pub struct FetchedPartition {
    pub tp: TopicPartition,
    batches: Vec<RecordBatch>,
}

impl FetchedPartition {
    pub fn bytes(&self) -> i64 {
        self.batches.iter().map(|batch| i64::from(batch.size_in_bytes())).sum()
    }
}

impl Consumer {
    /// One fetch per node, for the partitions that have a position, are not paused and have nothing buffered.
    pub(super) fn send_fetches(&mut self, now: SimTime, fx: &mut Effects) {
        let mut by_leader: BTreeMap<NodeId, Vec<(TopicPartition, i64)>> = BTreeMap::new();
        let mut leaderless = false;
        for (tp, position) in &self.positions {
            let Some(offset) = position.offset.filter(|_| position.is_fetchable()) else { continue };
            if self.buffered.iter().any(|fetched| fetched.tp == *tp) {
                continue;
            }
            match self.network.metadata.leader(tp) {
                Some(leader) => by_leader.entry(leader).or_default().push((tp.clone(), offset)),
                None => leaderless = true,
            }
        }
        if leaderless {
            self.network.metadata.request_update(MetadataCause::Error);
            self.network.pursue(now, fx);
        }
        for (leader, asked) in by_leader {
            let busy = self
                .network
                .purposes_in_flight()
                .any(|errand| matches!(errand, Errand::Fetch { node, .. } if *node == leader));
            if !busy && self.network.ready(now, leader, fx) {
                let request = self.fetch_request(&asked);
                self.network.send(now, leader, request.into(), Errand::Fetch { node: leader, asked }, fx);
            }
        }
    }

    fn fetch_request(&self, asked: &[(TopicPartition, i64)]) -> FetchRequest {
        let metadata = &self.network.metadata;
        let mut topics: Vec<FetchTopic> = Vec::new();
        for (tp, fetch_offset) in asked {
            let topic_id = metadata.topics.get(&tp.topic).map(|topic| topic.id).unwrap_or_default();
            let partition = FetchPartition {
                partition: tp.partition,
                current_leader_epoch: metadata.partition(tp).map_or(LeaderEpoch(-1), |p| p.leader_epoch),
                fetch_offset: *fetch_offset,
                last_fetched_epoch: LeaderEpoch(-1),
                log_start_offset: -1,
                partition_max_bytes: self.settings.max_partition_fetch_bytes,
                replica_directory_id: Uuid::ZERO,
                high_watermark: i64::MAX,
            };
            match topics.iter_mut().find(|topic| topic.topic_id == topic_id) {
                Some(topic) => topic.partitions.push(partition),
                None => topics.push(FetchTopic { topic_id, partitions: vec![partition] }),
            }
        }
        FetchRequest {
            max_wait_ms: self.settings.fetch_max_wait_ms,
            min_bytes: self.settings.fetch_min_bytes,
            max_bytes: self.settings.fetch_max_bytes,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics,
            forgotten_topics_data: Vec::new(),
            rack_id: "".into(),
            cluster_id: None,
            replica_state: ReplicaState { replica_id: NodeId(-1), replica_epoch: BrokerEpoch(-1) },
        }
    }

    pub(super) fn handle_fetched(
        &mut self,
        asked: &[(TopicPartition, i64)],
        response: FetchResponse,
        fx: &mut Effects,
    ) {
        for topic in response.responses {
            let Some(name) = self.network.metadata.topic_of(topic.topic_id).cloned() else {
                self.network.metadata.request_update(MetadataCause::Error);
                continue;
            };
            for partition in topic.partitions {
                let tp = TopicPartition::new(name.clone(), partition.partition_index);
                let Some((_, fetch_offset)) = asked.iter().find(|(other, _)| *other == tp) else { continue };
                self.take_fetched(tp, *fetch_offset, partition, fx);
            }
        }
    }

    fn take_fetched(
        &mut self,
        tp: TopicPartition,
        fetch_offset: i64,
        partition: FetchPartitionResponse,
        fx: &mut Effects,
    ) {
        match partition.error_code {
            ErrorCode::None => {}
            ErrorCode::OffsetOutOfRange => return self.handle_out_of_range(&tp, fetch_offset, fx),
            err => {
                fx.event(Event::FetchFailed { client: self.network.process(), tp: tp.clone(), err });
                self.network.metadata.update_leader(&tp, &partition.current_leader);
                return self.network.metadata.request_update(MetadataCause::Error);
            }
        }
        let Some(position) = self.positions.get_mut(&tp) else { return };
        // A seek or a reset came while the fetch was on its way: its data are stale.
        if position.offset != Some(fetch_offset) {
            return;
        }
        position.high_watermark = Some(partition.high_watermark);
        let batches = partition.records.map(|records| records.0).unwrap_or_default();
        if batches.is_empty() {
            return;
        }
        fx.event(Event::RecordsFetched {
            client: self.network.process(),
            tp: tp.clone(),
            fetch_offset,
            records: batches.iter().map(RecordBatch::count).sum(),
            bytes: batches.iter().map(RecordBatch::size_in_bytes).sum(),
        });
        self.buffered.push_back(FetchedPartition { tp, batches });
    }

    /// Takes up to `max.poll.records` records out of the buffer and moves the positions.
    pub(super) fn take_records(&mut self, fx: &mut Effects) -> Vec<ConsumerRecord> {
        let mut room = self.settings.max_poll_records;
        let mut records = Vec::new();
        let mut kept = std::collections::VecDeque::new();
        while let Some(mut fetched) = self.buffered.pop_front() {
            let paused = !self.is_fetchable(&fetched.tp);
            if paused || room <= 0 {
                kept.push_back(fetched);
                continue;
            }
            let taken = self.take_from(&mut fetched, room);
            room -= taken.len() as i32;
            records.extend(taken);
            if !fetched.batches.is_empty() {
                kept.push_back(fetched);
            }
        }
        self.buffered = kept;
        for record in &records {
            let client = self.network.process();
            let logged = Logged(self.logs_records.then(|| Arc::new(record.as_logged())));
            let (tp, offset, rid) = (record.tp.clone(), record.offset, record.rid);
            fx.event(Event::Delivered { client, tp, offset, rid, logged });
        }
        records
    }

    fn take_from(&mut self, fetched: &mut FetchedPartition, room: i32) -> Vec<ConsumerRecord> {
        let position = self.positions.get_mut(&fetched.tp).expect("buffered partitions are assigned");
        let mut records = Vec::new();
        while let Some(batch) = fetched.batches.first() {
            let stored = batch.records().expect("a leader stores only valid batches");
            let timestamp_type: TimestampType = batch.timestamp_type();
            for stored in stored {
                // A fetch returns whole batches: the records before the position are not wanted.
                if stored.offset < position.offset.unwrap_or(0) || batch.is_control() {
                    continue;
                }
                if records.len() as i32 == room {
                    return records;
                }
                position.offset = Some(stored.offset + 1);
                position.offset_epoch = Some(batch.partition_leader_epoch());
                records.push(ConsumerRecord {
                    tp: fetched.tp.clone(),
                    offset: stored.offset,
                    timestamp_type,
                    leader_epoch: batch.partition_leader_epoch(),
                    record: stored.record,
                    rid: stored.rid,
                });
            }
            position.offset = Some(position.offset.unwrap_or(0).max(batch.next_offset()));
            fetched.batches.remove(0);
        }
        records
    }
}
