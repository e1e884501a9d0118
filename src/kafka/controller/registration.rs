//! Broker registration, heartbeats and sessions (KIP-631, `ClusterControlManager`, `BrokerHeartbeatManager`).

use crate::kafka::effects::Effects;
use crate::kafka::errors::ErrorCode;
use crate::kafka::event::Event;
use crate::kafka::ids::{BrokerEpoch, NodeId};
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
}

impl Controller {
    pub(super) fn session_end(&self, session: &BrokerSession) -> SimTime {
        session.last_contact + SimDuration::from_config_ms(self.settings.broker_session_timeout_ms)
    }

    pub(super) fn renew_session(&mut self, broker: NodeId, now: SimTime) {
        let metadata_offset = self.sessions.get(&broker).map_or(-1, |session| session.metadata_offset);
        self.sessions.insert(broker, BrokerSession { last_contact: now, metadata_offset });
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
                self.commit(&records, now, fx);
                self.renew_session(request.broker_id, now);
                (ErrorCode::None, self.image.brokers[&request.broker_id].epoch)
            }
            Err(error) => (error, BrokerEpoch(-1)),
        };
        reply.answer(BrokerRegistrationResponse { throttle_time_ms: 0, error_code, broker_epoch }, fx);
    }

    /// A second process with the id of a live broker is refused; a broker that comes back without a clean shutdown
    /// loses its place in ISR and ELR first.
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
            let valid = self.sessions.get(&request.broker_id).is_some_and(|session| now < self.session_end(session));
            let same = existing.incarnation_id == request.incarnation_id;
            if valid && !same && !existing.fenced && !existing.in_controlled_shutdown {
                return Err(ErrorCode::DuplicateBrokerRegistration);
            }
            if request.previous_broker_epoch != existing.epoch {
                records = self.unclean_shutdown_changes(request.broker_id);
            }
        }
        // The epoch of a registration is the offset of its record.
        let broker_epoch = BrokerEpoch(self.log.next_offset() + records.len() as i64);
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
            let session = BrokerSession { last_contact: now, metadata_offset: request.current_metadata_offset };
            self.sessions.insert(request.broker_id, session);
            let records = self.decide_heartbeat(request, &mut response);
            self.commit(&records, now, fx);
        }
        reply.answer(response, fx);
    }

    /// Moves a broker between fenced, unfenced and controlled shutdown (`calculateNextBrokerState`).
    fn decide_heartbeat(
        &self,
        request: &BrokerHeartbeatRequest,
        response: &mut BrokerHeartbeatResponse,
    ) -> Vec<MetadataRecord> {
        let broker = &self.image.brokers[&request.broker_id];
        response.is_caught_up = request.current_metadata_offset >= broker.epoch.0;
        response.is_fenced = broker.fenced;
        if broker.fenced {
            if request.want_shut_down {
                response.should_shut_down = true;
            } else if !request.want_fence && response.is_caught_up {
                response.is_fenced = false;
                return self.unfence(request.broker_id);
            }
            return Vec::new();
        }
        if broker.in_controlled_shutdown {
            // Without leaderships left, and with nobody else behind, the broker may go.
            response.should_shut_down = true;
            response.is_fenced = true;
            return vec![self.registration_change(request.broker_id, 1, 0)];
        }
        if request.want_shut_down {
            let mut records = vec![self.registration_change(request.broker_id, 0, 1)];
            records.extend(self.leaving_changes(request.broker_id));
            return records;
        }
        if request.want_fence {
            response.is_fenced = true;
            return self.fence(request.broker_id);
        }
        Vec::new()
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

    fn unfence(&self, broker: NodeId) -> Vec<MetadataRecord> {
        let mut records = vec![self.registration_change(broker, -1, 0)];
        records.extend(self.returning_changes(broker));
        records
    }

    fn fence(&self, broker: NodeId) -> Vec<MetadataRecord> {
        let mut records = self.leaving_changes(broker);
        records.push(self.registration_change(broker, 1, 0));
        records
    }

    /// Fences every unfenced broker whose session has run out.
    pub(super) fn fence_stale_brokers(&mut self, now: SimTime, fx: &mut Effects) {
        let stale = |(id, session): (&NodeId, &BrokerSession)| {
            let unfenced = self.image.brokers.get(id).is_some_and(|broker| !broker.fenced);
            (unfenced && self.session_end(session) <= now).then_some(*id)
        };
        for broker in self.sessions.iter().filter_map(stale).collect::<Vec<_>>() {
            let records = self.fence(broker);
            self.commit(&records, now, fx);
        }
    }

    /// Tells the journal what a record means for people.
    pub(super) fn tell(&self, record: &MetadataRecord, fx: &mut Effects) {
        match record {
            MetadataRecord::RegisterBroker(record) => {
                fx.event(Event::BrokerRegistered { broker: record.broker_id, epoch: record.broker_epoch });
            }
            MetadataRecord::BrokerRegistrationChange(record) => match record.fenced {
                1 => fx.event(Event::BrokerFenced { broker: record.broker_id }),
                -1 => fx.event(Event::BrokerUnfenced { broker: record.broker_id }),
                _ => {}
            },
            MetadataRecord::PartitionChange(record) => self.tell_leader(record, fx),
            _ => {}
        }
    }
}
