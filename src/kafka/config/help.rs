//! What the keys that matter in a first cluster do, in our own words.

/// One or two sentences on a key; None for keys that the simulation does not act upon.
pub(super) fn help(key: &str) -> Option<&'static str> {
    client(key).or_else(|| server(key))
}

fn client(key: &str) -> Option<&'static str> {
    Some(match key {
        "acks" => {
            "How many replicas must have a batch before the leader answers: 0 asks for no answer, 1 for the leader alone, all for every in-sync replica."
        }
        "allow.auto.create.topics" => "Whether asking for the metadata of a missing topic lets the broker create it.",
        "auto.commit.interval.ms" => "How often positions are committed when auto-commit is on.",
        "auto.offset.reset" => {
            "Where to start when a partition has no committed offset, or one that no longer exists: earliest, latest, none (an error) or by_duration:P1D (that long ago)."
        }
        "batch.size" => {
            "Largest batch, in bytes, that records of one partition are gathered into. 0 sends every record alone."
        }
        "bootstrap.servers" => {
            "Brokers to ask first, host:port between commas. The rest of the cluster is learned from them."
        }
        "buffer.memory" => "Bytes that a producer may hold before send() blocks.",
        "client.id" => "Name under which brokers see this client, in logs and quotas.",
        "client.rack" => "Where the client stands; a consumer may then read from a replica in the same place.",
        "connections.max.idle.ms" => "A connection without traffic for this long is closed.",
        "default.api.timeout.ms" => "How long a call of the client may take when it names no time-out.",
        "delivery.timeout.ms" => {
            "The most that may pass between send() and the word that a record is stored or lost; retries happen within it."
        }
        "enable.auto.commit" => "Whether the consumer commits its positions by itself.",
        "enable.idempotence" => "Number every batch so that the leader can drop a retry that it already has.",
        "fetch.max.bytes" => "Largest answer to one fetch; a first batch that is larger still comes whole.",
        "fetch.max.wait.ms" => "How long a broker may hold a fetch back while fetch.min.bytes are not there.",
        "fetch.min.bytes" => "How many bytes a broker should gather before it answers a fetch.",
        "group.id" => "The group that the consumer shares partitions and committed offsets with.",
        "group.instance.id" => "A name that stays over restarts, so that a short absence moves no partitions.",
        "group.protocol" => "classic: members negotiate through a leader; consumer: the broker assigns.",
        "heartbeat.interval.ms" => "How often a member tells its coordinator that it is alive.",
        "isolation.level" => "read_committed hides records of open and aborted transactions.",
        "key.deserializer" | "value.deserializer" => "Class that turns bytes into keys or values.",
        "key.serializer" | "value.serializer" => "Class that turns keys or values into bytes.",
        "linger.ms" => "How long a batch waits for more records before it is sent although it is not full.",
        "max.block.ms" => "How long send() may wait for metadata or memory.",
        "max.in.flight.requests.per.connection" => "How many requests may travel to one broker unanswered.",
        "max.partition.fetch.bytes" => "Largest share of one partition in a fetch.",
        "max.poll.interval.ms" => "A member that does not poll for this long is taken for stuck and leaves.",
        "max.poll.records" => "Most records that one poll() returns.",
        "max.request.size" => "Largest request, and so largest record, that the producer sends.",
        "metadata.max.age.ms" => "Metadata older than this are asked for again, even if nothing seems wrong.",
        "partition.assignment.strategy" => {
            "How the leader of a classic group divides partitions, in order of preference."
        }
        "partitioner.adaptive.partitioning.enable" => {
            "Give records without a key rather to partitions whose brokers keep up."
        }
        "partitioner.availability.timeout.ms" => {
            "Leave a partition out while its broker has not taken a ready batch for this long; 0: never."
        }
        "partitioner.class" => "Class that chooses partitions; none: by key, else sticky.",
        "partitioner.ignore.keys" => "Choose partitions as if no record had a key.",
        "reconnect.backoff.max.ms" => "Upper bound of the pause between attempts to connect.",
        "reconnect.backoff.ms" => "First pause before connecting to a broker again.",
        "request.timeout.ms" => "How long to wait for the answer to one request.",
        "retries" => "How often a failed request is sent again, within delivery.timeout.ms.",
        "retry.backoff.max.ms" => "Upper bound of the pause between retries.",
        "retry.backoff.ms" => "First pause before a retry; it doubles from one to the next.",
        "session.timeout.ms" => "A member without heartbeats for this long is taken for dead.",
        "transaction.timeout.ms" => "A transaction that is open for longer is aborted by its coordinator.",
        "transactional.id" => {
            "Name under which a producer's transactions go on over restarts, and its older instances are fenced."
        }
        _ => return None,
    })
}

fn server(key: &str) -> Option<&'static str> {
    Some(match key {
        "auto.create.topics.enable" => "Whether a missing topic comes into being when a client asks for it.",
        "broker.heartbeat.interval.ms" => "How often a broker tells the controller that it is alive.",
        "broker.rack" => "Where the broker stands; replicas of a partition are spread over racks.",
        "broker.session.timeout.ms" => "A broker without heartbeats for this long is fenced: it loses its leaderships.",
        "cleanup.policy" | "log.cleanup.policy" => {
            "delete drops old segments whole; compact keeps the last record of each key."
        }
        "compression.type" => "Compression of stored batches; producer keeps what the producer chose.",
        "default.replication.factor" => "Replicas of a topic that is created without saying how many.",
        "delete.retention.ms" => "How long a compacted log keeps the mark of a deleted key.",
        "delete.topic.enable" => "Whether topics may be deleted.",
        "index.interval.bytes" => "Bytes of a log between two entries of its index.",
        "log.retention.bytes" | "retention.bytes" => {
            "Size of a partition beyond which its oldest segments are deleted; -1: no bound."
        }
        "log.retention.hours" | "log.retention.ms" | "retention.ms" => {
            "Age beyond which segments are deleted; -1: never."
        }
        "log.segment.bytes" | "segment.bytes" => "Size at which a log goes on in a new segment.",
        "max.compaction.lag.ms" => "A record may wait at most this long for compaction.",
        "max.message.bytes" | "message.max.bytes" => "Largest batch that a partition accepts.",
        "message.timestamp.type" => "Whether records keep the producer's time or get the broker's.",
        "min.cleanable.dirty.ratio" => "Share of uncompacted bytes from which a log is compacted.",
        "min.compaction.lag.ms" => "A record is not compacted away before this age.",
        "min.insync.replicas" => "With acks=all, a batch is refused when fewer replicas than this are in sync.",
        "node.id" => "Number of the broker or controller in the cluster.",
        "num.partitions" => "Partitions of a topic that is created without saying how many.",
        "process.roles" => "Whether the node is a broker, a controller or both.",
        "replica.fetch.max.bytes" => "Bytes of one partition that a follower asks for at a time.",
        "replica.fetch.wait.max.ms" => "How long a leader may hold a follower's fetch back.",
        "replica.lag.time.max.ms" => "A follower that has not caught up for this long leaves the in-sync replicas.",
        "segment.ms" => "Age at which a log goes on in a new segment although the old one is not full.",
        "unclean.leader.election.enable" => {
            "Let a replica lead that is not in sync when no other is left: available again, at the price of records."
        }
        _ => return None,
    })
}
