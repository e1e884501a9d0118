//! Broker registration, heartbeats and sessions (KIP-631, `ClusterControlManager`, `BrokerHeartbeatManager`).

use std::sync::Arc;

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::event::detail::{AppendedRecord, Occasion};
use crate::kafka::ids::{BrokerEpoch, NodeId, TopicPartition};
use crate::kafka::protocol::brokers::{
    BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest, BrokerRegistrationResponse,
};
use crate::kafka::protocol::metadata_records::{BrokerRegistrationChangeRecord, RegisterBrokerRecord};
use crate::kafka::protocol::record_type::MetadataRecord;
use crate::time::{SimDuration, SimTime};

use super::{Controller, ReplyTo};

/// When the controller last heard of a broker. Soft state: it is not in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BrokerSession {
    pub last_contact: SimTime,
    /// The metadata offset that the broker said it has.
    pub metadata_offset: i64,
    /// The offset of the record that began its controlled shutdown.
    pub controlled_shutdown_offset: Option<i64>,
    /// The session has not run out since (`BrokerHeartbeatTracker`).
    pub is_tracked: bool,
}

impl Controller {
    pub(super) fn session_end(&self, session: &BrokerSession) -> SimTime {
        session.last_contact + SimDuration::from_config_ms(self.settings.broker_session_timeout_ms)
    }

    /// What is known of a broker's heartbeats: the page tells when the session ends.
    pub fn session(&self, broker: NodeId) -> Option<&BrokerSession> {
        self.sessions.get(&broker)
    }

    /// Starts a broker's session anew, as a heartbeat does.
    pub fn renew_session(&mut self, broker: NodeId, now: SimTime) {
        let metadata_offset = self.sessions.get(&broker).map_or(-1, |session| session.metadata_offset);
        self.note_contact(broker, now, metadata_offset, None);
    }

    /// Takes note of what a heartbeat says: the offset of the metadata that the broker has, and whether it is leaving.
    pub fn note_contact(&mut self, broker: NodeId, now: SimTime, metadata_offset: i64, leaves_at: Option<i64>) {
        let session = BrokerSession {
            last_contact: now,
            metadata_offset,
            controlled_shutdown_offset: leaves_at,
            is_tracked: true,
        };
        self.sessions.insert(broker, session);
    }

    pub(super) fn handle_registration(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &BrokerRegistrationRequest,
        fx: &mut Effects,
    ) {
        let (error_code, broker_epoch) = match self.decide_registration(now, request) {
            Ok(records) => {
                self.tell_registration(request, records.len() as u32 - 1, fx);
                self.commit(&records, now, fx);
                self.renew_session(request.broker_id, now);
                (ErrorCode::None, self.image.brokers[&request.broker_id].epoch)
            }
            Err(err) => {
                fx.event(Event::RegistrationDenied { broker: request.broker_id, err });
                (err, BrokerEpoch(-1))
            }
        };
        reply.answer(BrokerRegistrationResponse { throttle_time_ms: 0, error_code, broker_epoch }, fx);
    }

    /// Before the records of a registration: what they will say, and how many clean up behind an earlier process.
    fn tell_registration(&self, request: &BrokerRegistrationRequest, cleaned: u32, fx: &mut Effects) {
        let broker = request.broker_id;
        self.tell_changes(broker, Occasion::UncleanShutdown, cleaned, fx);
        fx.event(Event::BrokerRegistered {
            broker,
            epoch: BrokerEpoch(self.log().next_offset()),
            incarnation: request.incarnation_id,
            previous: self.image.brokers.get(&broker).map(|registration| registration.incarnation_id),
            cleaned,
        });
    }

    /// Says how many partitions change and why, if any does.
    fn tell_changes(&self, broker: NodeId, occasion: Occasion, count: u32, fx: &mut Effects) {
        if count > 0 {
            fx.event(Event::PartitionsChanging { broker, occasion, count });
        }
    }

    /// A process whose id has another process's session is refused until that session ends, also after an orderly
    /// shutdown; a broker that comes back without a clean shutdown loses its place in ISR and ELR first.
    fn decide_registration(
        &self,
        now: SimTime,
        request: &BrokerRegistrationRequest,
    ) -> Result<Vec<MetadataRecord>, ErrorCode> {
        if *request.cluster_id != self.cluster_id.to_string() {
            return Err(ErrorCode::InconsistentClusterId);
        }
        let mut records = Vec::new();
        if let Some(existing) = self.image.brokers.get(&request.broker_id) {
            let lasts = |session: &BrokerSession| session.is_tracked && now < self.session_end(session);
            let valid = self.sessions.get(&request.broker_id).is_some_and(lasts);
            let same = existing.incarnation_id == request.incarnation_id;
            if valid && !same {
                return Err(ErrorCode::DuplicateBrokerRegistration);
            }
            if request.previous_broker_epoch != existing.epoch {
                records = self.unclean_shutdown_changes(request.broker_id);
            }
        }
        // The epoch of a registration is the offset of its first record, which may clean up behind an earlier process.
        let broker_epoch = BrokerEpoch(self.log().next_offset());
        records.push(
            RegisterBrokerRecord {
                broker_id: request.broker_id,
                is_migrating_zk_broker: false,
                incarnation_id: request.incarnation_id,
                broker_epoch,
                end_points: request.listeners.clone(),
                features: request.features.clone(),
                rack: request.rack.clone(),
                fenced: true,
                in_controlled_shutdown: false,
                log_dirs: request.log_dirs.clone(),
                cordoned_log_dirs: None,
            }
            .into(),
        );
        Ok(records)
    }

    pub(super) fn handle_heartbeat(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: &BrokerHeartbeatRequest,
        fx: &mut Effects,
    ) {
        let registered = self.image.brokers.get(&request.broker_id).map(|broker| broker.epoch);
        let error_code = match registered {
            None => ErrorCode::BrokerIdNotRegistered,
            Some(epoch) if epoch != request.broker_epoch => ErrorCode::StaleBrokerEpoch,
            Some(_) => ErrorCode::None,
        };
        let mut response = BrokerHeartbeatResponse {
            throttle_time_ms: 0,
            error_code,
            is_caught_up: false,
            is_fenced: true,
            should_shut_down: false,
        };
        if error_code == ErrorCode::None {
            let mut records = self.cordon_changes(request);
            records.extend(self.decide_heartbeat(request, &mut response, fx));
            let shutdown_offset = self.sessions.get(&request.broker_id).and_then(|s| s.controlled_shutdown_offset);
            self.commit(&records, now, fx);
            // Set once; a new controller only knows that the broker is shutting down.
            let shuts_down = self.image.brokers[&request.broker_id].in_controlled_shutdown;
            let begun = shuts_down.then(|| self.log().next_offset() - 1);
            let controlled_shutdown_offset = shutdown_offset.or(begun);
            self.note_contact(request.broker_id, now, request.current_metadata_offset, controlled_shutdown_offset);
        }
        reply.answer(response, fx);
    }

    /// What a heartbeat says of cordoned log directories is written when it is new (KIP-1066).
    fn cordon_changes(&self, request: &BrokerHeartbeatRequest) -> Vec<MetadataRecord> {
        let broker = &self.image.brokers[&request.broker_id];
        let told = request.cordoned_log_dirs.as_ref().filter(|told| broker.cordoned.as_ref() != Some(told));
        let change = told.map(|cordoned| BrokerRegistrationChangeRecord {
            broker_id: request.broker_id,
            broker_epoch: broker.epoch,
            fenced: 0,
            in_controlled_shutdown: 0,
            log_dirs: Vec::new(),
            cordoned_log_dirs: Some(cordoned.clone()),
        });
        change.into_iter().map(MetadataRecord::from).collect()
    }

    /// Moves a broker between fenced, unfenced and controlled shutdown (`calculateNextBrokerState`).
    fn decide_heartbeat(
        &self,
        request: &BrokerHeartbeatRequest,
        response: &mut BrokerHeartbeatResponse,
        fx: &mut Effects,
    ) -> Vec<MetadataRecord> {
        let broker = &self.image.brokers[&request.broker_id];
        let id = request.broker_id;
        response.is_caught_up = request.current_metadata_offset >= broker.epoch.0;
        response.is_fenced = broker.fenced;
        if broker.fenced {
            if request.want_shut_down {
                fx.event(Event::ShutdownRequested { broker: id, fenced: true, immediate: true });
                response.should_shut_down = true;
                return self.fence(id, fx);
            } else if !request.want_fence && response.is_caught_up {
                response.is_fenced = false;
                fx.event(Event::BrokerUp { broker: id, registered_at: broker.epoch.0 });
                return self.unfence(id, fx);
            }
            return Vec::new();
        }
        if broker.in_controlled_shutdown {
            if self.leads_any(id) || !self.others_know_of_shutdown(id) {
                return Vec::new();
            }
            let (lowest_active_offset, shutdown_offset) = self.shutdown_offsets(id);
            fx.event(Event::ShutdownGranted { broker: id, lowest_active_offset, shutdown_offset });
            response.should_shut_down = true;
            response.is_fenced = true;
            return self.fence(id, fx);
        }
        if request.want_shut_down && !request.want_fence {
            let immediate = !self.leads_any(id);
            fx.event(Event::ShutdownRequested { broker: id, fenced: false, immediate });
            if !immediate {
                let changes = self.leaving_changes(id);
                self.tell_changes(id, Occasion::ControlledShutdown, changes.len() as u32, fx);
                return [vec![self.registration_change(id, 0, 1)], changes].concat();
            }
        }
        if request.want_shut_down || request.want_fence {
            response.should_shut_down = request.want_shut_down;
            response.is_fenced = true;
            return self.fence(id, fx);
        }
        Vec::new()
    }

    fn leads_any(&self, broker: NodeId) -> bool {
        self.image.partitions().any(|(_, _, partition)| partition.leader == Some(broker))
    }

    /// Every active broker has replayed the record with which the controlled shutdown began, so none asks the leaver.
    fn others_know_of_shutdown(&self, broker: NodeId) -> bool {
        let (lowest_active_offset, shutdown_offset) = self.shutdown_offsets(broker);
        shutdown_offset <= lowest_active_offset
    }

    pub(super) fn registration_change(&self, broker: NodeId, fenced: i8, shutdown: i8) -> MetadataRecord {
        BrokerRegistrationChangeRecord {
            broker_id: broker,
            broker_epoch: self.image.brokers[&broker].epoch,
            fenced,
            in_controlled_shutdown: shutdown,
            log_dirs: Vec::new(),
            cordoned_log_dirs: None,
        }
        .into()
    }

    fn unfence(&self, broker: NodeId, fx: &mut Effects) -> Vec<MetadataRecord> {
        let changes = self.returning_changes(broker);
        self.tell_choices(&changes, fx);
        self.tell_changes(broker, Occasion::Unfenced, changes.len() as u32, fx);
        [vec![self.registration_change(broker, -1, 0)], changes].concat()
    }

    fn fence(&self, broker: NodeId, fx: &mut Effects) -> Vec<MetadataRecord> {
        let mut records = self.leaving_changes(broker);
        self.tell_changes(broker, Occasion::Fenced, records.len() as u32, fx);
        records.push(self.registration_change(broker, 1, 0));
        records
    }

    /// Fences every broker whose session has run out, once, in the order of their last contact; one that is fenced
    /// already, too.
    pub fn fence_stale_brokers(&mut self, now: SimTime, fx: &mut Effects) {
        let stale = |(id, session): (&NodeId, &BrokerSession)| {
            (session.is_tracked && self.session_end(session) <= now).then_some((session.last_contact, *id))
        };
        let mut stale: Vec<(SimTime, NodeId)> = self.sessions.iter().filter_map(stale).collect();
        stale.sort_unstable();
        for (_, broker) in stale {
            self.sessions.get_mut(&broker).expect("it was just found").is_tracked = false;
            let Some(registered) = self.image.brokers.get(&broker) else { continue };
            let epoch = registered.epoch;
            fx.event(match registered.fenced {
                false => Event::BrokerFenced { broker, epoch },
                true => Event::FencedSessionExpired { broker, epoch },
            });
            let records = self.fence(broker, fx);
            self.commit(&records, now, fx);
        }
    }

    /// The lowest metadata offset of the brokers that serve, and the offset from which on they know that this broker is
    /// going (`BrokerHeartbeatManager.lowestActiveOffset`). Without other brokers the first is the largest number.
    fn shutdown_offsets(&self, leaving: NodeId) -> (i64, i64) {
        let serves = |id: &NodeId| {
            let broker = self.image.brokers.get(id);
            *id != leaving && broker.is_some_and(|broker| !broker.fenced && !broker.in_controlled_shutdown)
        };
        let offsets = self.sessions.iter().filter(|(id, _)| serves(id)).map(|(_, session)| session.metadata_offset);
        let began = self.sessions.get(&leaving).and_then(|session| session.controlled_shutdown_offset);
        (offsets.min().unwrap_or(i64::MAX), began.unwrap_or(self.log().next_offset() - 1))
    }

    /// What log lines say of a record and the image cannot tell any more once it is replayed.
    pub(super) fn about(&self, record: &MetadataRecord, offset: i64) -> AppendedRecord {
        let topic = |id| self.image.topic_by_id(id).map(|topic| topic.name.clone());
        let mut told = AppendedRecord::new(record.clone(), offset);
        match record {
            MetadataRecord::Partition(record) => told.topic = topic(record.topic_id),
            MetadataRecord::RemoveTopic(record) => told.topic = topic(record.topic_id),
            MetadataRecord::PartitionChange(record) => {
                let image = self.image.topic_by_id(record.topic_id);
                told.topic = image.map(|topic| topic.name.clone());
                told.before = image.and_then(|topic| topic.partitions.get(&record.partition_id)).cloned();
            }
            MetadataRecord::RegisterBroker(record) => {
                told.known_broker = self.image.brokers.contains_key(&record.broker_id);
            }
            MetadataRecord::BrokerRegistrationChange(change) => {
                let fenced = self.image.brokers.get(&change.broker_id).is_some_and(|broker| broker.fenced);
                let only_fences = change.in_controlled_shutdown == 0 && change.cordoned_log_dirs.is_none();
                told.changes_nothing = change.fenced == 1 && only_fences && fenced;
            }
            MetadataRecord::ClearElr(record) => told.cleared = self.image.with_elr(&record.topic_name),
            _ => {}
        }
        told
    }

    /// Tells the journal of a record that was appended and replayed.
    pub(super) fn tell(&self, record: &MetadataRecord, told: AppendedRecord, fx: &mut Effects) {
        if matches!(record, MetadataRecord::NoOp(_)) {
            return;
        }
        fx.event(Event::MetadataAppended { record: Arc::new(told) });
        let MetadataRecord::PartitionChange(change) = record else { return };
        if let (Some(isr), Some(topic)) = (&change.isr, self.image.topic_by_id(change.topic_id)) {
            let tp = TopicPartition::new(topic.name.clone(), change.partition_id);
            fx.event(Event::PartitionChanged { tp, isr: isr.as_slice().into() });
        }
        self.tell_change(change, fx);
    }
}
