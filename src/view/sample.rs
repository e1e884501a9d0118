//! A scene for tests of the picture: the state that the design draws. Never part of the product.

use super::keys::KeyMarks;
use super::scene::*;

/// The cluster at 00:12.384.206: orders-0 with a lagging follower, a fetch and a response in flight.
pub fn scene() -> Scene {
    let mut keys = KeyMarks::default();
    for key in ["uma", "ana", "yun", "vic", "han", "sam", "lee", "kim"] {
        keys.mark(Some(key.as_bytes()));
    }
    let mut log = |offsets: std::ops::Range<i64>| -> Vec<Tile> {
        offsets
            .map(|offset| {
                let key = ["vic", "uma", "yun", "yun"][(offset % 4) as usize];
                let mark = keys.mark(Some(key.as_bytes()));
                Tile { offset, mark, kind: TileKind::Record, batch: offset & !1, key: Some(key.into()), value: None }
            })
            .collect()
    };
    let lane = |broker, role, hw, leo, tiles| Lane {
        broker,
        role,
        log_start_offset: 0,
        high_watermark: hw,
        log_end_offset: leo,
        segments: vec![0, 44],
        tiles,
    };
    let lanes = vec![
        lane(1, Role::Leader, 46, 48, log(30..48)),
        lane(2, Role::Follower, 44, 46, log(30..46)),
        lane(3, Role::Follower, 41, 41, log(30..41)),
    ];
    let row = |partition, leader, lanes| Row {
        topic: "orders".into(),
        partition,
        leader: Some(leader),
        leader_silent: false,
        leader_epoch: 5,
        replicas: vec![1, 2, 3],
        isr: vec![1, 2],
        elr: Vec::new(),
        min_isr: 2,
        lanes,
    };
    let keys =
        keys.in_order().map(|(key, mark)| KeyLegend { key: String::from_utf8_lossy(key).into(), mark }).collect();
    Scene {
        now_us: 12_384_206,
        step: 9120,
        control: ControlStrip {
            voters: (101..=103).map(|id| Voter { id, up: true }).collect(),
            active: Some(101),
            epoch: 12,
            last_record: Some("PartitionChange orders-0 isr=[1,2]".into()),
            end_offset: 212,
        },
        brokers: (1..=3).map(|id| BrokerCard { id, ..BrokerCard::default() }).collect(),
        rows: vec![row(0, 1, lanes), row(1, 2, Vec::new()), row(2, 3, Vec::new())],
        producers: vec![ProducerCard {
            name: "checkout".into(),
            config: "acks=all linger.ms=20".into(),
            acks_all: true,
            ..ProducerCard::default()
        }],
        consumers: vec![ConsumerCard { name: "billing-1".into(), ..ConsumerCard::default() }],
        keys,
        flights: flights(),
        ..Scene::default()
    }
}

fn flights() -> Vec<Flight> {
    let flight = |message, kind, from, to, sent_us, arrives_us, label: &str| Flight {
        message,
        kind,
        state: FlightState::Flying,
        from,
        to,
        row: Some(0),
        sent_us,
        arrives_us,
        label: label.into(),
        marks: vec![KeyMark { hue: 1, glyph: 1 }],
        records: 1,
        error: None,
    };
    vec![
        flight(1, FlightKind::Fetch, Place::Consumer(0), Place::Broker(1), 12_380_000, 12_389_000, "46?"),
        flight(2, FlightKind::Records, Place::Broker(1), Place::Broker(2), 12_371_000, 12_389_000, "46"),
        flight(3, FlightKind::Produce, Place::Producer(0), Place::Broker(1), 12_381_000, 12_386_000, ""),
    ]
}
