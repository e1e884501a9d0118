//! Produce: checks, append to the leader's log, answer or wait (`KafkaApis.handleProduceRequest`,
//! `ReplicaManager.appendRecords`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::{ApiError, ErrorCode};
use crate::kafka::event::Event;
use crate::kafka::ids::{LeaderEpoch, NodeId, TopicPartition, Uuid};
use crate::kafka::log::{AppendInfo, AppendOrigin, RecordError};
use crate::kafka::protocol::produce::*;
use crate::kafka::protocol::wire::Records;
use crate::kafka::record::RecordBatch;
use crate::kafka::seeded::SeededBug;
use crate::time::{SimDuration, SimTime};

use super::produce_purgatory::{AwaitedPartition, HeldProduce};
use super::{Broker, Caller};

/// `acks=all` on the wire.
const ACKS_ALL: i16 = -1;

impl Broker {
    pub(super) fn handle_produce(&mut self, now: SimTime, caller: Caller, request: ProduceRequest, fx: &mut Effects) {
        let acks = request.acks;
        let mut failed = false;
        let mut responses = Vec::new();
        let mut awaited = Vec::new();
        for (topic_row, topic) in (0..).zip(request.topic_data) {
            let mut partition_responses = Vec::new();
            for (partition_row, partition) in (0..).zip(topic.partition_data) {
                let (response, appended) = self.produce_partition(now, &caller, acks, topic.topic_id, partition, fx);
                failed |= response.error_code != ErrorCode::None;
                partition_responses.push(response);
                let row = |(tp, required_offset)| AwaitedPartition { tp, topic_row, partition_row, required_offset };
                awaited.extend(appended.map(row));
            }
            responses.push(TopicProduceResponse { topic_id: topic.topic_id, partition_responses });
        }
        if acks == ACKS_ALL && !awaited.is_empty() {
            let deadline = now + SimDuration::from_config_ms(i64::from(request.timeout_ms));
            self.hold_produce(HeldProduce { caller, responses, awaited, deadline }, fx);
            return self.check_purgatories(fx);
        }
        self.check_purgatories(fx);
        if acks != 0 {
            let node_endpoints = self.endpoints_of_new_leaders(&responses);
            self.answer(&caller, ProduceResponse { responses, throttle_time_ms: 0, node_endpoints }, fx);
        } else if failed {
            // acks=0 has no response that could carry an error: closing is the only way to tell the client.
            self.hang_up(&caller, fx);
        } else {
            self.finish(&caller);
        }
    }

    fn produce_partition(
        &mut self,
        now: SimTime,
        caller: &Caller,
        acks: i16,
        topic_id: Uuid,
        data: PartitionProduceRequest,
        fx: &mut Effects,
    ) -> (PartitionProduceResponse, Option<(TopicPartition, i64)>) {
        let index = data.index;
        let result = self.append_to_leader(now, caller, acks, topic_id, data, fx);
        let mut response = PartitionProduceResponse {
            index,
            error_code: ErrorCode::None,
            base_offset: -1,
            log_append_time_ms: -1,
            log_start_offset: -1,
            record_errors: Vec::new(),
            error_message: None,
            current_leader: LeaderIdAndEpoch { leader_id: NodeId(-1), leader_epoch: LeaderEpoch(-1) },
        };
        let mut appended = None;
        match result {
            Ok((tp, info)) => {
                appended = Some((tp, info.last_offset + 1));
                response.base_offset = info.base_offset;
                response.log_append_time_ms = info.log_append_time_ms;
                response.log_start_offset = info.log_start_offset;
            }
            Err((error, record_errors)) => {
                response.error_code = error.code;
                // Only what is wrong with single records is told in words (`RecordValidationException`).
                response.error_message = error.message.filter(|_| !record_errors.is_empty()).map(Arc::from);
                response.record_errors = record_errors;
                if error.code == ErrorCode::NotLeaderOrFollower {
                    response.current_leader = self.current_leader(topic_id, index);
                }
            }
        }
        (response, appended)
    }

    fn append_to_leader(
        &mut self,
        now: SimTime,
        caller: &Caller,
        acks: i16,
        topic_id: Uuid,
        data: PartitionProduceRequest,
        fx: &mut Effects,
    ) -> Result<(TopicPartition, AppendInfo), (ApiError, Vec<BatchIndexAndErrorMessage>)> {
        let plain = |code: ErrorCode| (ApiError::new(code), Vec::new());
        if !(-1..=1).contains(&acks) {
            return Err(plain(ErrorCode::InvalidRequiredAcks));
        }
        let tp = self.resolve(topic_id, data.index).map_err(plain)?;
        let leader_epoch = self.led(&tp).ok_or_else(|| plain(ErrorCode::NotLeaderOrFollower))?;
        if acks == ACKS_ALL
            && let Err(message) = self.check_in_sync(&tp)
        {
            let (broker, tp, err, message) = (self.id, tp.clone(), ErrorCode::NotEnoughReplicas, Some(message));
            fx.event(Event::AppendFailed { broker, tp, topic_id, err, message });
            return Err(plain(err));
        }
        let batch = single_batch(data.records).map_err(|error| (error, Vec::new()))?;
        let log = &mut self.disk.logs.get_mut(&tp).expect("a leader has a log").log;
        let appended = log.append_as_leader(&batch, leader_epoch, now, AppendOrigin::Client);
        let info = match appended {
            Ok(info) => info,
            Err(error) => {
                if error.code == ErrorCode::OutOfOrderSequenceNumber {
                    let (tp, client) = (tp.clone(), caller.client_id.clone());
                    fx.event(Event::OutOfOrderSequence { broker: self.id, tp, client });
                }
                if is_logged(error.code) {
                    let message = error.message.as_deref().map(Arc::from);
                    fx.event(Event::AppendFailed { broker: self.id, tp, topic_id, err: error.code, message });
                }
                let rows = error.record_errors.iter().map(|record: &RecordError| BatchIndexAndErrorMessage {
                    batch_index: record.batch_index,
                    batch_index_error_message: Some(Arc::from(record.message.as_str())),
                });
                let rows: Vec<BatchIndexAndErrorMessage> = rows.collect();
                // Only the validation of records has words of its own; of the rest the client has the code's.
                let message = error.message.clone().filter(|_| !rows.is_empty());
                return Err((ApiError { code: error.code, message }, rows));
            }
        };
        self.tell_append(&tp, caller, &batch, &info, fx);
        self.maybe_advance_high_watermark(now, &tp, fx);
        Ok((tp, info))
    }

    /// Whether a leader may take what all in-sync replicas have to store; the error is the exception's message.
    fn check_in_sync(&self, tp: &TopicPartition) -> Result<(), Arc<str>> {
        let partition = &self.partitions[tp];
        let isr = partition.leading().map_or(&[][..], |leading| leading.isr.committed());
        let (size, min_isr) = (isr.len(), self.effective_min_isr(tp, partition));
        if size as i32 >= min_isr || SeededBug::MinIsrIgnored.is_planted() {
            return Ok(());
        }
        let ids: Vec<String> = isr.iter().map(NodeId::to_string).collect();
        Err(Arc::from(format!(
            "The size of the current ISR : {size} is insufficient to satisfy the min.isr requirement of {min_isr} for \
             partition {tp}, live replica(s) broker.id are : Set({})",
            ids.join(", ")
        )))
    }

    fn tell_append(
        &self,
        tp: &TopicPartition,
        caller: &Caller,
        batch: &RecordBatch,
        info: &AppendInfo,
        fx: &mut Effects,
    ) {
        let (broker, client) = (self.id, caller.client_id.clone());
        if info.duplicate {
            return fx.event(Event::DuplicateBatch { broker, tp: tp.clone(), client });
        }
        if info.rolled {
            let producers = self.disk.logs[tp].log.producers().count() as u32;
            fx.event(Event::SegmentRolled { broker, tp: tp.clone(), base_offset: info.base_offset, producers });
        }
        for (offset, rid) in (info.base_offset..=info.last_offset).zip(batch.rids().iter()) {
            fx.event(Event::Appended {
                broker,
                tp: tp.clone(),
                offset,
                rid: Some(*rid),
                producer_id: batch.producer_id(),
                client: client.clone(),
            });
        }
        fx.event(Event::BatchAppended {
            broker,
            tp: tp.clone(),
            base_offset: info.base_offset,
            last_offset: info.last_offset,
            bytes: batch.size_in_bytes(),
            client,
        });
    }

    /// The partition that a topic id and a number name, as this broker's metadata know it.
    pub(super) fn resolve(&self, topic_id: Uuid, partition: i32) -> Result<TopicPartition, ErrorCode> {
        let topic = self.image.topic_by_id(topic_id).ok_or(ErrorCode::UnknownTopicId)?;
        if !topic.partitions.contains_key(&partition) {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        Ok(TopicPartition::new(topic.name.clone(), partition))
    }

    /// The epoch in which this broker leads a partition; None if it does not.
    pub(super) fn led(&self, tp: &TopicPartition) -> Option<LeaderEpoch> {
        self.partitions.get(tp)?.leader_epoch()
    }

    pub(super) fn current_leader(&self, topic_id: Uuid, partition: i32) -> LeaderIdAndEpoch {
        let registration = self.image.topic_by_id(topic_id).and_then(|topic| topic.partitions.get(&partition));
        let none = LeaderIdAndEpoch { leader_id: NodeId(-1), leader_epoch: LeaderEpoch(-1) };
        registration.map_or(none, |registration| LeaderIdAndEpoch {
            leader_id: registration.leader.unwrap_or(NodeId(-1)),
            leader_epoch: registration.leader_epoch,
        })
    }

    /// Addresses of the leaders that errors name (KIP-951).
    pub(super) fn endpoints_of_new_leaders(&self, responses: &[TopicProduceResponse]) -> Vec<NodeEndpoint> {
        let leaders = responses.iter().flat_map(|topic| &topic.partition_responses).map(|p| p.current_leader.leader_id);
        self.endpoints(leaders)
    }

    pub(super) fn endpoints(&self, leaders: impl Iterator<Item = NodeId>) -> Vec<NodeEndpoint> {
        let named: std::collections::BTreeSet<NodeId> = leaders.filter(|leader| leader.0 >= 0).collect();
        let row = |id: NodeId| {
            let broker = self.image.brokers.get(&id)?;
            Some(NodeEndpoint {
                node_id: id,
                host: broker.host.clone(),
                port: i32::from(broker.port),
                rack: broker.rack.clone(),
            })
        };
        named.into_iter().filter_map(row).collect()
    }
}

/// Failures that `ReplicaManager` logs; the others are every day's.
const fn is_logged(code: ErrorCode) -> bool {
    !matches!(
        code,
        ErrorCode::UnknownTopicOrPartition
            | ErrorCode::NotLeaderOrFollower
            | ErrorCode::MessageTooLarge
            | ErrorCode::RecordListTooLarge
            | ErrorCode::CorruptMessage
            | ErrorCode::KafkaStorageError
    )
}

/// A produce request carries exactly one batch for each partition (`ProduceRequest.validateRecords`).
fn single_batch(records: Option<Records>) -> Result<RecordBatch, ApiError> {
    let mut batches = records.map(|records| records.0).unwrap_or_default().into_iter();
    match (batches.next(), batches.next()) {
        (Some(batch), None) => Ok(batch),
        _ => Err(ApiError::new(ErrorCode::InvalidRecord)),
    }
}
