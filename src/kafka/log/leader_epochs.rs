//! Which leader epoch begins at which offset (KIP-101; Kafka's `LeaderEpochFileCache`, kept in the file
//! `leader-epoch-checkpoint`).

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::kafka::ids::LeaderEpoch;
use crate::kafka::seeded::SeededBug;

/// Entries of epoch and start offset, both strictly increasing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeaderEpochs {
    entries: BTreeMap<LeaderEpoch, i64>,
}

impl LeaderEpochs {
    /// Notes that `epoch` begins at `start_offset` and says whether that was news. Entries that contradict it, as
    /// after an unclean election, go. Negative epochs and offsets mean "unknown" and are not kept.
    pub fn assign(&mut self, epoch: LeaderEpoch, start_offset: i64) -> bool {
        if epoch.0 < 0 || start_offset < 0 {
            return false;
        }
        let news = self.latest().is_none_or(|(latest, start)| epoch != latest || start_offset < start);
        if news {
            while self.latest().is_some_and(|(latest, start)| latest >= epoch || start >= start_offset) {
                self.entries.pop_last();
            }
            self.entries.insert(epoch, start_offset);
        }
        news
    }

    /// Epoch and start offset, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (LeaderEpoch, i64)> {
        self.entries.iter().map(|(epoch, start)| (*epoch, *start))
    }

    pub fn latest(&self) -> Option<(LeaderEpoch, i64)> {
        self.entries().next_back()
    }

    pub fn earliest(&self) -> Option<(LeaderEpoch, i64)> {
        self.entries().next()
    }

    /// The epoch before `epoch`.
    pub fn previous_epoch(&self, epoch: LeaderEpoch) -> Option<LeaderEpoch> {
        self.entries.range(..epoch).next_back().map(|(epoch, _)| *epoch)
    }

    /// The epoch after `epoch`.
    pub fn next_epoch(&self, epoch: LeaderEpoch) -> Option<LeaderEpoch> {
        self.after(epoch).map(|(epoch, _)| epoch)
    }

    fn after(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, i64)> {
        let after = (Bound::Excluded(epoch), Bound::Unbounded);
        self.entries.range(after).next().map(|(epoch, start)| (*epoch, *start))
    }

    /// Where the records of `epoch` or, if it wrote none here, of the epoch before it end: that epoch and the offset
    /// behind its last record. None for an epoch that is unknown (-1) or newer than all here.
    pub fn end_offset_for(&self, epoch: LeaderEpoch, log_end_offset: i64) -> Option<(LeaderEpoch, i64)> {
        if epoch.0 == -1 {
            return None;
        }
        if self.latest().is_some_and(|(latest, _)| latest == epoch) {
            return Some((epoch, log_end_offset));
        }
        let (_, end_offset) = self.after(epoch)?;
        let floor = self.entries.range(..=epoch).next_back().map_or(epoch, |(floor, _)| *floor);
        Some((floor, end_offset))
    }

    /// The epoch in which the record at `offset` was written.
    pub fn epoch_for_offset(&self, offset: i64) -> Option<LeaderEpoch> {
        self.entries().take_while(|(_, start)| *start <= offset).last().map(|(epoch, _)| epoch)
    }

    /// Forgets the epochs that begin at or behind `end_offset`.
    pub fn truncate_from_end(&mut self, end_offset: i64) {
        if end_offset >= 0 && !SeededBug::EpochsSurviveTruncation.is_planted() {
            while self.latest().is_some_and(|(_, start)| start >= end_offset) {
                self.entries.pop_last();
            }
        }
    }

    /// Forgets the epochs that ended before `start_offset`; the one that is under way there begins there.
    pub fn truncate_from_start(&mut self, start_offset: i64) {
        let mut under_way = None;
        while self.earliest().is_some_and(|(_, start)| start <= start_offset) {
            under_way = self.entries.pop_first();
        }
        if let Some((epoch, _)) = under_way {
            self.entries.insert(epoch, start_offset);
        }
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
