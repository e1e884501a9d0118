//! An idempotent producer whose batches fail: epochs, sequences, what is tried again (areas `idempotence`, `sender`).

use super::producer_rig::{Rig, row};
use highwater::kafka::errors::ErrorCode;
use highwater::kafka::ids::{LeaderEpoch, NodeId, ProducerEpoch, ProducerId};
use highwater::kafka::protocol::produce::LeaderIdAndEpoch;
use highwater::kafka::record::increment_sequence;

/// Every record is a batch of its own.
const SMALL: (&str, &str) = ("batch.size", "1");

#[test]
fn idm_pid_acquired_lazily_before_the_first_batch_leaves() {
    let mut rig = Rig::new(1, &[]);
    rig.send(0, "a");
    assert_eq!((rig.count("ProducerIdAssigned"), rig.sequences()), (1, vec![(0, 0)]));
}

#[test]
fn idm_multi_inflight_batches_are_numbered_one_after_the_other() {
    let mut rig = Rig::new(1, &[SMALL]);
    ["a", "b", "c"].iter().for_each(|value| rig.send(0, value));
    assert_eq!(rig.sequences(), [(0, 0), (0, 1), (0, 2)]);
    (0..3).for_each(|offset| rig.answer_all(ErrorCode::None, offset));
    assert_eq!(rig.results(), [Ok(0), Ok(1), Ok(2)]);
    rig.send(0, "d");
    assert_eq!(rig.sequences(), [(0, 3)]);
}

#[test]
fn idm_retry_in_order_only_the_oldest_goes_first_and_alone() {
    let mut rig = Rig::new(1, &[SMALL]);
    ["a", "b"].iter().for_each(|value| rig.send(0, value));
    rig.answer_all(ErrorCode::NotLeaderOrFollower, -1);
    rig.answer_all(ErrorCode::OutOfOrderSequenceNumber, -1);
    rig.advance(2_000);
    assert_eq!(rig.sequences(), [(0, 0)]);
    rig.answer_all(ErrorCode::None, 0);
    rig.advance(2_000);
    assert_eq!(rig.sequences(), [(0, 1)]);
    rig.answer_all(ErrorCode::None, 1);
    assert_eq!((rig.results(), rig.epoch()), (vec![Ok(0), Ok(1)], 0));
}

#[test]
fn idm_oos_next_expected_raises_the_epoch_and_tries_again_from_0() {
    let mut rig = Rig::new(1, &[SMALL]);
    rig.send(0, "a");
    rig.answer_all(ErrorCode::None, 0);
    rig.send(0, "b");
    assert_eq!(rig.sequences(), [(0, 1)]);
    rig.answer_all(ErrorCode::OutOfOrderSequenceNumber, -1);
    assert_eq!((rig.epoch(), rig.count("SequenceReset"), rig.count("Retry")), (1, 1, 1));
    rig.advance(2_000);
    assert_eq!(rig.sequences(), [(1, 0)]);
    assert!(rig.waiting[0].batches[0].1.is_valid(), "the checksum is that of the new bytes");
    rig.answer_all(ErrorCode::None, 1);
    assert_eq!(rig.results(), [Ok(0), Ok(1)]);
}

#[test]
fn idm_first_fatal_the_rest_is_sent_again_in_a_new_epoch() {
    let mut rig = Rig::new(1, &[SMALL]);
    ["a", "b"].iter().for_each(|value| rig.send(0, value));
    rig.answer_all(ErrorCode::MessageTooLarge, -1);
    assert_eq!((rig.results(), rig.epoch()), (vec![Err("RecordTooLargeException".to_string())], 1));
    rig.answer_all(ErrorCode::OutOfOrderSequenceNumber, -1);
    rig.advance(2_000);
    assert_eq!(rig.sequences(), [(1, 0)]);
    rig.answer_all(ErrorCode::None, 0);
    rig.send(0, "c");
    assert_eq!(rig.sequences(), [(1, 1)]);
}

#[test]
fn idm_expired_unsent_leaves_the_sequences_alone() {
    let mut rig = Rig::new(1, &[("delivery.timeout.ms", "5000"), ("request.timeout.ms", "3000")]);
    rig.leaders[0].0 = None;
    rig.send(0, "a");
    rig.advance(5_100);
    assert_eq!((rig.results(), rig.epoch()), (vec![Err("TimeoutException".to_string())], 0));
    rig.leaders[0].0 = Some(NodeId(1));
    rig.send(0, "b");
    rig.advance(1_500);
    assert_eq!(rig.sequences(), [(0, 0)]);
}

#[test]
fn idm_expire_and_last_fails_raises_the_epoch_once_nothing_is_in_flight() {
    let pairs = [SMALL, ("delivery.timeout.ms", "2000"), ("request.timeout.ms", "1500")];
    let mut rig = Rig::new(1, &pairs);
    ["a", "b", "c"].iter().for_each(|value| rig.send(0, value));
    rig.answer_all(ErrorCode::RequestTimedOut, -1);
    rig.answer_all(ErrorCode::None, 1);
    rig.answer_all(ErrorCode::RequestTimedOut, -1);
    rig.leaders[0].0 = None;
    rig.producer.network.metadata.topics.clear();
    rig.advance(2_100);
    let timeout = Err("TimeoutException".to_string());
    assert_eq!(rig.results(), [Ok(1), timeout.clone(), timeout]);
    assert_eq!((rig.epoch(), rig.count("SequenceGapFound")), (1, 1));
    rig.leaders[0].0 = Some(NodeId(1));
    rig.send(0, "d");
    rig.advance(2_000);
    assert_eq!(rig.sequences(), [(1, 0)]);
}

#[test]
fn idm_unknown_pid_bump_numbers_what_is_left_from_0() {
    let mut rig = Rig::new(1, &[SMALL]);
    ["1", "2", "3", "4", "5"].iter().for_each(|value| rig.send(0, value));
    rig.answer_all(ErrorCode::None, 1_000);
    let mut lost = row(0, ErrorCode::UnknownProducerId, -1);
    lost.log_start_offset = 1_010;
    (0..4).for_each(|_| rig.answer(vec![lost.clone()]));
    assert_eq!(rig.epoch(), 1);
    for sequence in 0..4 {
        rig.advance(2_000);
        assert_eq!(rig.sequences(), [(1, sequence)]);
        rig.answer_all(ErrorCode::None, 1_011 + i64::from(sequence));
    }
    assert_eq!(rig.results(), [Ok(1_000), Ok(1_011), Ok(1_012), Ok(1_013), Ok(1_014)]);
}

#[test]
fn idm_epoch_exhausted_asks_for_a_new_producer_id() {
    let mut rig = Rig::new(2, &[SMALL]);
    rig.producer.idempotence.identity = Some((ProducerId(1_000), ProducerEpoch(i16::MAX)));
    rig.send(0, "a");
    rig.answer_all(ErrorCode::None, 0);
    (0..3).for_each(|_| rig.send(1, "b"));
    rig.send(0, "too large");
    (0..3).for_each(|offset| rig.answer_all(ErrorCode::None, offset));
    rig.identity = (ProducerId(2_000), ProducerEpoch(0));
    rig.answer_all(ErrorCode::MessageTooLarge, -1);
    assert_eq!(rig.producer.idempotence.identity, Some((ProducerId(2_000), ProducerEpoch(0))));
    // At first its id is given up (both -1), then the new one comes.
    assert_eq!(rig.count("ProducerIdAssigned"), 3);
    let tps: Vec<_> = rig.producer.accumulator.batches.keys().cloned().collect();
    assert_eq!(tps.iter().map(|tp| rig.producer.idempotence.next_sequence(tp)).collect::<Vec<_>>(), [0, 3]);
    rig.send(1, "c");
    assert_eq!(rig.sequences(), [(0, 0)]);
}

#[test]
fn idm_seq_overflow_counts_on_from_0() {
    assert_eq!(increment_sequence(i32::MAX, 100), 99);
}

#[test]
fn a_failed_batch_does_not_stop_the_ones_after_it() {
    let mut rig = Rig::new(1, &[]);
    rig.send(0, "a");
    rig.answer_all(ErrorCode::None, 0);
    rig.send(0, "too large");
    rig.answer_all(ErrorCode::MessageTooLarge, -1);
    for sequence in 0..2 {
        rig.send(0, "small");
        assert_eq!(rig.sequences(), [(1, sequence)]);
        rig.answer_all(ErrorCode::None, 1);
    }
    assert_eq!(rig.count("ProducerIdAssigned"), 2);
}

#[test]
fn a_batch_that_ran_out_of_retries_leaves_the_epoch_alone() {
    let mut rig = Rig::new(1, &[("retries", "1")]);
    rig.send(0, "a");
    rig.answer_all(ErrorCode::NotEnoughReplicas, -1);
    rig.advance(2_000);
    rig.answer_all(ErrorCode::NotEnoughReplicas, -1);
    assert_eq!((rig.results(), rig.epoch()), (vec![Err("NotEnoughReplicasException".to_string())], 0));
    rig.send(0, "b");
    assert_eq!(rig.sequences(), [(0, 1)], "nobody knows whether sequence 0 was appended");
}

/// The first batch is in the log though its answer never came: what follows it fits.
#[test]
fn an_expired_batch_that_was_appended_is_found_when_the_next_one_succeeds() {
    let pairs = [SMALL, ("delivery.timeout.ms", "2000"), ("request.timeout.ms", "1500")];
    let mut rig = Rig::new(1, &pairs);
    rig.send(0, "a");
    rig.advance(1_000);
    rig.send(0, "b");
    rig.answer_all(ErrorCode::RequestTimedOut, -1);
    rig.advance(1_000);
    assert_eq!(rig.results(), [Err("TimeoutException".to_string())]);
    rig.send(0, "c");
    assert_eq!(rig.waiting.len(), 2, "c waits until b has ended: {:?}", rig.sequences());
    rig.answer_all(ErrorCode::None, 1);
    rig.answer_all(ErrorCode::None, 0);
    assert_eq!(rig.epoch(), 0);
    assert_eq!(rig.sequences(), [(0, 2)]);
}

#[test]
fn snd_toolarge_split_sends_every_record_in_a_batch_of_its_own() {
    for (retries, idempotent) in [("0", "false"), ("2147483647", "true")] {
        let pairs = [("retries", retries), ("enable.idempotence", idempotent), ("batch.size", "150")];
        let mut rig = Rig::new(1, &pairs);
        rig.producer.settings.batch_size = 1_000;
        rig.send_together(0, &["a".repeat(50).as_str(), "b".repeat(50).as_str()]);
        assert_eq!(rig.waiting[0].batches[0].1.count(), 2);
        rig.producer.settings.batch_size = 150;
        rig.answer_all(ErrorCode::MessageTooLarge, -1);
        let first = rig.values();
        assert_eq!(first, ["a".repeat(50)]);
        if idempotent == "true" {
            assert_eq!(rig.sequences(), [(0, 0)]);
        }
        rig.answer_all(ErrorCode::None, 0);
        assert_eq!(rig.values(), ["b".repeat(50)]);
        if idempotent == "true" {
            assert_eq!(rig.sequences(), [(0, 1)]);
        }
        rig.answer_all(ErrorCode::None, 1);
        assert_eq!((rig.results(), rig.count("Retry"), rig.count("BatchSplit")), (vec![Ok(0), Ok(1)], 0, 1));
        assert_eq!(rig.producer.accumulator.pool.available(), rig.producer.settings.buffer_memory);
    }
}

/// `batch.size` does not help where the topic's limit is below it: parts are halved until single records are left.
#[test]
fn parts_that_are_still_too_large_are_split_again() {
    let mut rig = Rig::new(1, &[]);
    let values: Vec<String> = ('a'..='f').map(|letter| letter.to_string().repeat(76)).collect();
    rig.send_together(0, &values.iter().map(String::as_str).collect::<Vec<_>>());
    let mut offset = 0;
    let mut requests = 0;
    while let Some(request) = rig.waiting.front() {
        requests += 1;
        let (_, batch) = &request.batches[0];
        assert!(requests < 20, "it goes on for ever");
        if batch.size_in_bytes() > 300 {
            rig.answer_all(ErrorCode::MessageTooLarge, -1);
        } else {
            let count = i64::from(batch.count());
            rig.answer_all(ErrorCode::None, offset);
            offset += count;
        }
    }
    assert_eq!(rig.results(), (0..6).map(Ok).collect::<Vec<_>>());
    assert_eq!((rig.epoch(), rig.producer.accumulator.pool.available()), (0, 33_554_432));
}

#[test]
fn snd_toolarge_single_record_fails() {
    let mut rig = Rig::new(1, &[]);
    rig.send(0, "a");
    rig.answer_all(ErrorCode::MessageTooLarge, -1);
    assert_eq!(rig.results(), [Err("RecordTooLargeException".to_string())]);
}

/// Records in a request that may outlive them.
fn sent_late(values: &[&str]) -> Rig {
    let mut rig = Rig::new(1, &[]);
    rig.producer.settings.delivery_timeout_ms = 1_500;
    rig.send_together(0, values);
    rig.advance(1_400);
    assert_eq!(rig.waiting.len(), 1);
    rig
}

#[test]
fn snd_expired_no_split_of_what_has_timed_out() {
    let mut rig = sent_late(&["a", "b"]);
    rig.advance(100);
    rig.answer_all(ErrorCode::MessageTooLarge, -1);
    let timeout = Err("TimeoutException".to_string());
    assert_eq!((rig.results(), rig.count("BatchSplit")), (vec![timeout.clone(), timeout], 0));
}

#[test]
fn snd_expired_inflight_sends_end_and_the_late_answer_changes_nothing() {
    let mut rig = sent_late(&["a"]);
    let memory = rig.producer.accumulator.pool.available();
    rig.advance(100);
    assert_eq!(rig.results(), [Err("TimeoutException".to_string())]);
    assert_eq!(rig.producer.accumulator.pool.available(), memory, "the memory is taken while the request is out");
    rig.answer_all(ErrorCode::None, 0);
    assert_eq!((rig.results().len(), rig.count("Acked")), (1, 0));
    assert_eq!(rig.producer.accumulator.pool.available(), rig.producer.settings.buffer_memory);
}

#[test]
fn snd_expired_no_retry_once_the_time_is_over() {
    let mut rig = Rig::new(1, &[("delivery.timeout.ms", "1500"), ("request.timeout.ms", "1000")]);
    rig.send(0, "a");
    rig.advance(900);
    rig.answer_all(ErrorCode::NotEnoughReplicas, -1);
    rig.advance(550);
    assert_eq!(rig.waiting.len(), 1);
    rig.advance(60);
    assert_eq!(rig.results(), [Err("TimeoutException".to_string())]);
    rig.answer_all(ErrorCode::NotLeaderOrFollower, -1);
    assert_eq!((rig.results().len(), rig.count("Retry")), (1, 1));
}

#[test]
fn snd_retry_success_on_the_second_attempt() {
    let mut rig = Rig::new(1, &[("retries", "1")]);
    rig.send(0, "a");
    rig.disconnect(1);
    rig.advance(2_000);
    rig.answer_all(ErrorCode::None, 5);
    assert_eq!((rig.results(), rig.count("BatchSent")), (vec![Ok(5)], 2));
}

#[test]
fn snd_retries_exhausted_ends_with_the_last_error() {
    let mut rig = Rig::new(1, &[("retries", "1")]);
    rig.send(0, "a");
    rig.disconnect(1);
    rig.advance(2_000);
    rig.disconnect(1);
    assert_eq!(rig.results(), [Err("NetworkException".to_string())]);
}

#[test]
fn snd_inflight1_mute_keeps_a_partition_to_one_request() {
    let one = ("max.in.flight.requests.per.connection", "1");
    let mut rig = Rig::new(2, &[one, SMALL]);
    rig.leaders[1].0 = Some(NodeId(2));
    rig.send(0, "a");
    rig.send(0, "b");
    rig.send(1, "c");
    assert_eq!(rig.waiting.iter().map(|request| request.node.0).collect::<Vec<_>>(), [1, 2]);
    rig.answer_all(ErrorCode::None, 0);
    assert_eq!(rig.waiting.iter().map(|request| request.node.0).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn snd_metadata_change_order_a_new_leader_does_not_lift_the_mute() {
    let one = ("max.in.flight.requests.per.connection", "1");
    let mut rig = Rig::new(1, &[one, SMALL, ("metadata.max.age.ms", "100")]);
    rig.send(0, "a");
    rig.send(0, "b");
    rig.leaders[0] = (Some(NodeId(2)), LeaderEpoch(1));
    rig.advance(500);
    assert_eq!(rig.waiting.len(), 1);
    rig.answer_all(ErrorCode::None, 0);
    assert_eq!(rig.waiting.iter().map(|request| request.node.0).collect::<Vec<_>>(), [2]);
}

#[test]
fn snd_unknown_topic_refresh_asks_for_metadata_and_tries_again() {
    let mut rig = Rig::new(1, &[]);
    rig.send(0, "a");
    let asked = rig.count("MetadataRequest");
    rig.answer_all(ErrorCode::UnknownTopicOrPartition, -1);
    rig.advance(1_000);
    assert_eq!((rig.count("MetadataRequest"), rig.count("Retry"), rig.waiting.len()), (asked + 1, 1, 1));
}

#[test]
fn snd_new_leader_in_response_is_tried_at_once() {
    let mut rig = Rig::new(1, &[]);
    rig.send(0, "a");
    rig.leaders[0] = (Some(NodeId(2)), LeaderEpoch(5));
    let mut moved = row(0, ErrorCode::NotLeaderOrFollower, -1);
    moved.current_leader = LeaderIdAndEpoch { leader_id: NodeId(2), leader_epoch: LeaderEpoch(5) };
    rig.answer(vec![moved]);
    assert_eq!(rig.waiting.iter().map(|request| request.node.0).collect::<Vec<_>>(), [2]);
}

#[test]
fn each_request_begins_with_another_partition() {
    let one = ("max.in.flight.requests.per.connection", "1");
    let mut rig = Rig::new(3, &[SMALL, ("max.request.size", "200"), one]);
    for _ in 0..3 {
        (0..3).for_each(|partition| rig.send(partition, &"x".repeat(60)));
    }
    let mut order = Vec::new();
    while let Some(request) = rig.waiting.front() {
        order.push(request.batches[0].0);
        rig.answer_all(ErrorCode::None, 0);
    }
    // Java finds the partitions as 1, 0, 2.
    assert_eq!(order, [0, 2, 1, 0, 2, 1, 0, 2, 1]);
}

#[test]
fn acc_exhausted_memory_makes_every_batch_sendable() {
    let mut rig = Rig::new(3, &[("buffer.memory", "32768"), ("linger.ms", "30000"), ("max.block.ms", "1000")]);
    rig.send(0, "a");
    rig.send(1, "b");
    assert!(rig.waiting.is_empty());
    rig.send(2, "c");
    assert_eq!(rig.waiting[0].batches.len(), 2);
    rig.answer_all(ErrorCode::None, 0);
    assert_eq!((rig.results(), rig.producer.is_blocked()), (vec![Ok(0), Ok(0)], false));
}
