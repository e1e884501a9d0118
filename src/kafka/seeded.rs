//! Bugs that can be planted to prove that the checkers bite. Without the feature `torture` none can be, and every question
//! is answered by a constant.
//!
//! The one place of shared state in the core: a planted bug concerns every process of a run, and the run must not know of
//! it. It belongs to the thread, so that campaigns side by side do not meet.

/// A mistake in the protocol that somebody once made, or could.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeededBug {
    /// The leader's high watermark is its own log end.
    HighWatermarkFromLeader,
    /// A follower that is about to leave the ISR no longer counts for the high watermark.
    HighWatermarkWithoutLeavers,
    /// A follower takes the leader's high watermark even beyond its own log end, by calling its end committed.
    FollowerCommitsItsEnd,
    /// A new follower cuts its log at its own high watermark instead of where the epochs diverge (before KIP-101).
    TruncationByHighWatermark,
    /// A follower does not cut its log where the epochs diverge.
    NoTruncation,
    /// A leader that is deposed keeps what it wrote when its broker comes back as a follower of a shorter log.
    LongerLogKept,
    /// Any live replica is elected.
    ElectionOutsideIsr,
    /// An election does not raise the leader epoch.
    LeaderEpochStays,
    /// A fenced broker may lead.
    FencedBrokerElected,
    /// A broker whose disk was lost stays in the ISR and the ELR.
    LostDiskStaysInIsr,
    /// The controller takes a new ISR that was proposed on an old partition epoch.
    StaleIsrProposalTaken,
    /// The controller takes a new ISR from whoever led before.
    DeposedLeaderAltersIsr,
    /// A follower joins the ISR wherever it stands.
    IsrExpandsTooEarly,
    /// A follower joins the ISR in a life that the controller does not know.
    BouncedReplicaJoins,
    /// A replica that left the ISR below the minimum is eligible although it lags.
    EverybodyEligible,
    /// acks=all is answered when the leader has appended.
    AckBeforeHighWatermark,
    /// acks=all is taken however small the ISR is.
    MinIsrIgnored,
    /// A leader does not check whose epoch a fetch carries.
    FetchEpochUnchecked,
    /// A follower does not check the leader epoch of an answer it has waited for.
    LateAnswerAppended,
    /// Sequences are not checked.
    SequenceUnchecked,
    /// A batch that was sent twice is stored twice.
    DuplicateAppended,
    /// Cutting a log leaves what is known of producers as it was.
    ProducersSurviveTruncation,
    /// Cutting a log leaves the leader epochs as they were.
    EpochsSurviveTruncation,
    /// Consumers read to the log end.
    ConsumersReadToTheEnd,
    /// Records beyond the high watermark may be deleted.
    DeletionBeyondHighWatermark,
    /// A voter grants its vote to whoever asks, also when another has it.
    TwoVotesInAnEpoch,
    /// A voter that starts again does not know whom it has voted for.
    VoteForgotten,
    /// A voter grants its vote to one whose log is shorter than its own.
    VoteForShorterLog,
    /// A new leader counts the records of earlier epochs as committed because a majority has them.
    CommitByCount,
    /// One voter less than a majority is enough for an election.
    MinorityElects,
    /// Voters answer before their log is on the disk.
    QuorumLogUnflushed,
    /// A broker that comes back after a crash has lost the end of its logs.
    RecoveryLosesTheEnd,
}

impl SeededBug {
    pub const ALL: [SeededBug; 32] = [
        SeededBug::HighWatermarkFromLeader,
        SeededBug::HighWatermarkWithoutLeavers,
        SeededBug::FollowerCommitsItsEnd,
        SeededBug::TruncationByHighWatermark,
        SeededBug::NoTruncation,
        SeededBug::LongerLogKept,
        SeededBug::ElectionOutsideIsr,
        SeededBug::LeaderEpochStays,
        SeededBug::FencedBrokerElected,
        SeededBug::LostDiskStaysInIsr,
        SeededBug::StaleIsrProposalTaken,
        SeededBug::DeposedLeaderAltersIsr,
        SeededBug::IsrExpandsTooEarly,
        SeededBug::BouncedReplicaJoins,
        SeededBug::EverybodyEligible,
        SeededBug::AckBeforeHighWatermark,
        SeededBug::MinIsrIgnored,
        SeededBug::FetchEpochUnchecked,
        SeededBug::LateAnswerAppended,
        SeededBug::SequenceUnchecked,
        SeededBug::DuplicateAppended,
        SeededBug::ProducersSurviveTruncation,
        SeededBug::EpochsSurviveTruncation,
        SeededBug::ConsumersReadToTheEnd,
        SeededBug::DeletionBeyondHighWatermark,
        SeededBug::TwoVotesInAnEpoch,
        SeededBug::VoteForgotten,
        SeededBug::VoteForShorterLog,
        SeededBug::CommitByCount,
        SeededBug::MinorityElects,
        SeededBug::QuorumLogUnflushed,
        SeededBug::RecoveryLosesTheEnd,
    ];

    /// Its name, as the command line has it.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// Whether it is planted.
    #[cfg(not(feature = "torture"))]
    pub const fn is_planted(self) -> bool {
        false
    }

    /// Whether it is planted.
    #[cfg(feature = "torture")]
    pub fn is_planted(self) -> bool {
        PLANTED.get() == Some(self)
    }

    /// Plants one bug for this thread, or none.
    #[cfg(feature = "torture")]
    pub fn plant(bug: Option<SeededBug>) {
        PLANTED.set(bug);
    }
}

#[cfg(feature = "torture")]
std::thread_local! {
    static PLANTED: std::cell::Cell<Option<SeededBug>> = const { std::cell::Cell::new(None) };
}
