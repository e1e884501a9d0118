//! The Raft layer of a controller or a broker: its states, elections, and what it refuses.

use super::wording::{Level, LogLine, Wording, wordings};
use super::{Cluster, joined};
use crate::kafka::event::detail::QuorumNote;
use crate::kafka::ids::NodeId;

wordings! {
    READING = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Reading KRaft snapshot and log as part of the initialization";
    STARTING_VOTERS = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Starting voters are {}";
    REQUEST_MANAGER = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Starting request manager with bootstrap servers: {}";
    ATTEMPTING = Info "org.apache.kafka.raft.QuorumState" "[RaftManager id={}] Attempting durable transition to {} from {}";
    COMPLETED = Info "org.apache.kafka.raft.QuorumState" "[RaftManager id={}] Completed transition to {} from {}";
    THREAD_STARTING = Info "org.apache.kafka.raft.KafkaRaftClientDriver" "[kafka-{}-raft-io-thread]: Starting";
    STOP_BEGUN = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Beginning graceful shutdown";
    STOP_ENDED = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Graceful shutdown completed";
    STOPPED_CLIENT = Info "org.apache.kafka.raft.KafkaRaftClientDriver" "[RaftManager id={}] Completed graceful shutdown of RaftClient";
    THREAD_STOPPING = Info "org.apache.kafka.raft.KafkaRaftClientDriver" "[kafka-{}-raft-io-thread]: Shutting down";
    THREAD_STOPPED = Info "org.apache.kafka.raft.KafkaRaftClientDriver" "[kafka-{}-raft-io-thread]: Stopped";
    THREAD_DONE = Info "org.apache.kafka.raft.KafkaRaftClientDriver" "[kafka-{}-raft-io-thread]: Shutdown completed";
    FETCH_TIMED_OUT = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Transitioning to Prospective state due to fetch timeout";
    PRE_VOTE_TIMED_OUT = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Election timed out before receiving sufficient vote responses to become candidate. Current epoch election state: {}";
    ELECTION_LOST = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Election was not granted, transitioning to prospective";
    VOTE_ANSWERED = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Vote request {} with epoch {} is {}";
    NO_MAJORITY = Info "org.apache.kafka.raft.LeaderState" "[RaftManager id={}] Did not receive fetch request from the majority of the voters within {}ms. Current fetched voters are {}, and voters are {}";
    FETCH_REFUSED = Info "org.apache.kafka.raft.KafkaRaftClient" "[RaftManager id={}] Failed to handle fetch from {} at {} due to {}";
    LEADER_COMMITS = Info "org.apache.kafka.raft.LeaderState" "[RaftManager id={}] High watermark set to {} for the first time for epoch {} based on indexOfHw {} and voters {}";
    FOLLOWER_COMMITS = Info "org.apache.kafka.raft.FollowerState" "[RaftManager id={}] High watermark set to Optional[{}] for the first time for epoch {}";
}

/// What a note of the node says in its log.
pub(super) fn lines(cluster: &Cluster, id: NodeId, note: &QuorumNote) -> Vec<LogLine> {
    match note {
        QuorumNote::Started { voters, bootstrap } => {
            // Nodes whose ids are not known yet count down from -2.
            let row = |(place, node): (i32, &NodeId)| {
                format!("{} (id: {} rack: null isFenced: false)", cluster.host_port(*node), -2 - place)
            };
            let servers = format!("[{}]", joined((0..).zip(bootstrap.iter()).map(row), ", "));
            vec![READING.with(&[&id]), STARTING_VOTERS.with(&[&id, voters]), REQUEST_MANAGER.with(&[&id, &servers])]
        }
        QuorumNote::Transition { from, to, durable } => {
            let from = from.as_deref().unwrap_or("null");
            let attempt = durable.then(|| ATTEMPTING.with(&[&id, to, &from]));
            let begins = (from == "null").then(|| THREAD_STARTING.with(&[&id]));
            attempt.into_iter().chain([COMPLETED.with(&[&id, to, &from])]).chain(begins).collect()
        }
        QuorumNote::StopBegun => vec![THREAD_STOPPING.with(&[&id]), STOP_BEGUN.with(&[&id])],
        QuorumNote::Stopped => vec![
            STOP_ENDED.with(&[&id]),
            STOPPED_CLIENT.with(&[&id]),
            THREAD_STOPPED.with(&[&id]),
            THREAD_DONE.with(&[&id]),
        ],
        QuorumNote::FetchTimedOut => vec![FETCH_TIMED_OUT.with(&[&id])],
        QuorumNote::PreVoteTimedOut { election } => vec![PRE_VOTE_TIMED_OUT.with(&[&id, election])],
        QuorumNote::ElectionLost => vec![ELECTION_LOST.with(&[&id])],
        QuorumNote::VoteAnswered { request, epoch, granted } => {
            vec![VOTE_ANSWERED.with(&[&id, request, epoch, &if *granted { "granted" } else { "rejected" }])]
        }
        QuorumNote::NoMajority { timeout_ms, fetched, voters } => {
            vec![NO_MAJORITY.with(&[&id, timeout_ms, fetched, voters])]
        }
        QuorumNote::FetchRefused { replica, offset, err } => {
            vec![FETCH_REFUSED.with(&[&id, replica, offset, &err.name()])]
        }
        QuorumNote::LeaderCommits { offset, epoch, index, voters } => {
            vec![LEADER_COMMITS.with(&[&id, offset, epoch, index, voters])]
        }
        QuorumNote::FollowerCommits { offset, epoch } => vec![FOLLOWER_COMMITS.with(&[&id, offset, epoch])],
    }
}
