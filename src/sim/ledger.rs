//! The book-keeping of records: what was sent, stored, acknowledged, delivered and processed, by the identity that a
//! record has from `send()` on. It is counted from events, apart from the code that moves the records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kafka::event::Event;
use crate::kafka::ids::{ProcessId, Rid, TopicPartition};

/// What is known of one record.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Account {
    pub topic: Option<Arc<str>>,
    /// Every place where a leader stored it; more than one is a duplicate.
    pub stored: Vec<(TopicPartition, i64)>,
    pub acked: Option<(TopicPartition, i64)>,
    /// Whose send was acknowledged.
    pub acked_to: Option<ProcessId>,
    pub failed: bool,
    /// Its topic was deleted: a later one of the same name has other records.
    pub topic_is_gone: bool,
    pub delivered: u32,
    pub processed: u32,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ledger {
    /// In pages, which checkpoints share.
    pages: BTreeMap<u64, Arc<BTreeMap<Rid, Account>>>,
    /// Partitions whose leader was once elected uncleanly, or as the last known one.
    unclean: BTreeSet<TopicPartition>,
    /// A disk was lost: no promise of any partition holds for sure any more.
    lost_a_disk: bool,
}

/// The last bits of an identity, which number the accounts of one page.
const PAGE_BITS: u32 = 6;

/// Sums over all records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Totals {
    pub sent: u64,
    pub stored: u64,
    pub acked: u64,
    pub failed: u64,
    /// Extra stored copies.
    pub duplicated: u64,
    pub delivered: u64,
    pub processed: u64,
}

impl Ledger {
    /// Enters one event.
    pub fn enter(&mut self, event: &Event) {
        match event {
            Event::RecordSent { rid, topic, .. } => self.account(*rid).topic = Some(topic.clone()),
            Event::Appended { rid: Some(rid), tp, offset, .. } => {
                self.account(*rid).stored.push((tp.clone(), *offset));
            }
            Event::Acked { client, rid, tp, offset, .. } => {
                let account = self.account(*rid);
                account.acked = Some((tp.clone(), *offset));
                account.acked_to = Some(*client);
            }
            Event::LeaderElected { tp, clean: false, .. } => {
                self.unclean.insert(tp.clone());
            }
            Event::TopicDeleted { topic } => {
                let accounts = self.pages.values_mut().flat_map(|page| Arc::make_mut(page).values_mut());
                let of_topic = accounts.filter(|account| account.topic.as_ref() == Some(topic));
                of_topic.for_each(|account| account.topic_is_gone = true);
            }
            Event::DiskDestroyed { .. } => self.lost_a_disk = true,
            Event::SendFailed { rid, .. } => self.account(*rid).failed = true,
            Event::Delivered { rid: Some(rid), .. } => self.account(*rid).delivered += 1,
            Event::Processed { rid: Some(rid), .. } => self.account(*rid).processed += 1,
            _ => {}
        }
    }

    fn account(&mut self, rid: Rid) -> &mut Account {
        let page = self.pages.entry(rid.0 >> PAGE_BITS).or_default();
        Arc::make_mut(page).entry(rid).or_default()
    }

    /// What is known of one record.
    pub fn account_of(&self, rid: Rid) -> Option<&Account> {
        self.pages.get(&(rid.0 >> PAGE_BITS))?.get(&rid)
    }

    pub fn accounts(&self) -> impl Iterator<Item = (Rid, &Account)> {
        self.pages.values().flat_map(|page| page.iter()).map(|(rid, account)| (*rid, account))
    }

    /// Whether records of a partition may have been lost although their acknowledgement promised otherwise.
    pub fn was_unclean(&self, tp: &TopicPartition) -> bool {
        self.lost_a_disk || self.unclean.contains(tp)
    }

    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for (_, account) in self.accounts() {
            totals.sent += 1;
            totals.stored += u64::from(!account.stored.is_empty());
            totals.duplicated += (account.stored.len() as u64).saturating_sub(1);
            totals.acked += u64::from(account.acked.is_some());
            totals.failed += u64::from(account.failed);
            totals.delivered += u64::from(account.delivered);
            totals.processed += u64::from(account.processed);
        }
        totals
    }
}
