//! The inspector on real runs.

use super::*;
use crate::kafka::ids::TopicPartition;
use crate::shell::Shell;
use crate::sim::scenario::Scenario;
use crate::sim::timeline::Timeline;
use crate::view::keys::KeyMarks;
use crate::view::project::project;
use crate::view::scene::Scene;
use crate::view::words::Words;

/// A run that is driven by console lines.
struct Run {
    timeline: Timeline,
    shell: Shell<'static>,
    scene: Scene,
    words: Words,
}

const TOPIC: &str = "kafka-topics --create --topic orders --replication-factor 3 --config min.insync.replicas=2";
/// It ends by itself.
const BURST: &str = "sim produce shop --topic orders --keys uma,vic --count 60 --every 3ms";
const LOAD: &str = "sim produce shop --topic orders --keys uma,vic --count 1000000 --every 3ms";

impl Run {
    fn new(lines: &[&str]) -> Run {
        let timeline = Timeline::new(Scenario::preset("trio").expect("trio is a preset"));
        let mut run = Run { timeline, shell: Shell::new(&[]), scene: Scene::default(), words: Words::English };
        run.go(lines);
        run
    }

    fn go(&mut self, lines: &[&str]) {
        for line in lines {
            let outcome = self.shell.run_line(&mut self.timeline, line);
            assert_eq!(outcome.output.status, 0, "{line}: {}", outcome.output.stderr);
        }
        self.scene = project(self.timeline.world(), &mut KeyMarks::default());
    }

    fn evidence(&self) -> Evidence<'_> {
        let timeline = &self.timeline;
        Evidence {
            world: timeline.world(),
            journal: timeline.journal(),
            ledger: timeline.ledger(),
            scene: &self.scene,
            words: self.words,
        }
    }

    fn page(&self, target: &Target) -> Inspection {
        inspect(&self.evidence(), target).unwrap_or_else(|| panic!("there is no {target:?}"))
    }

    fn leader(&self) -> i32 {
        self.scene.rows[0].leader.expect("orders-0 has a leader")
    }

    fn followers(&self) -> Vec<i32> {
        self.scene.rows[0].replicas.iter().copied().filter(|replica| *replica != self.leader()).collect()
    }

    /// The newest record of the leader's log.
    fn newest(&self) -> Target {
        let broker = self.leader();
        let lane = self.scene.rows[0].lane_of(Some(broker)).expect("the leader has a log");
        Target::Record { row: 0, broker, offset: lane.log_end_offset - 1 }
    }
}

/// The question and the chain, a line each.
fn told(page: &Inspection) -> Vec<String> {
    let Some(why) = &page.why else { return Vec::new() };
    let lines = why.chain.iter().map(|reason| format!("{} | {}", reason.text, reason.detail));
    std::iter::once(why.question.clone()).chain(lines).collect()
}

fn has(page: &Inspection, wanted: &str) -> bool {
    told(page).iter().any(|line| line.contains(wanted))
}

fn value<'a>(page: &'a Inspection, name: &str) -> &'a str {
    let fact = page.facts.iter().find(|fact| fact.name == name);
    fact.map_or_else(|| panic!("no fact {name}: {:?}", page.facts), |fact| fact.value.as_str())
}

#[test]
fn a_record_that_went_all_the_way_has_every_stop_in_the_order_of_time() {
    let consumer = "kafka-console-consumer --topic orders --from-beginning &";
    let run = Run::new(&[TOPIC, consumer, BURST, "sim advance 2s"]);
    let page = run.page(&run.newest());
    let stops: Vec<&str> = page.journey.iter().map(|stop| stop.text.as_str()).collect();
    let leader = run.leader();
    let mut wanted = vec!["send()".to_owned(), "partitioner → orders-0".to_owned(), "batch sent: linger".to_owned()];
    wanted.push(format!("written on broker {leader}"));
    wanted.extend(run.followers().iter().map(|follower| format!("held by broker {follower}")));
    wanted.extend(["committed", "acked", "delivered to console-consumer"].map(str::to_owned));
    assert_eq!(stops, wanted);
    let times: Vec<i64> = page.journey.iter().map(|stop| stop.at_us.expect("nothing is missing")).collect();
    assert!(times[..4].is_sorted() && times[times.len() - 3] >= times[3], "{times:?}");
    let lines = told(&page);
    assert_eq!(lines[0], "Why is it committed?");
    assert!(lines[1].contains("It is the lowest log end in the ISR"), "{lines:#?}");
    assert!(lines.last().expect("a chain").contains("murmur2("), "{lines:#?}");
    assert_eq!((value(&page, "timestampType"), page.face.is_some()), ("CreateTime", true));
    assert!(page.bytes.is_some_and(|dump| dump.lit.is_some()));
}

#[test]
fn a_cut_follower_of_the_isr_is_what_the_high_watermark_waits_for() {
    let mut run = Run::new(&[TOPIC, LOAD, "sim advance 200ms"]);
    let (leader, follower) = (run.leader(), run.followers()[0]);
    run.go(&[&format!("sim cut {leader} {follower}"), "sim advance 100ms"]);
    let page = run.page(&run.newest());
    let lines = told(&page);
    assert_eq!(lines[0], "Why is it not committed?");
    assert!(lines[1].starts_with("The high watermark is "), "{lines:#?}");
    assert!(has(&page, &format!("The last fetch of broker {follower} asked for ")), "{lines:#?}");
    let link = format!("The link {}–{} is cut", leader.min(follower), leader.max(follower));
    assert!(has(&page, &link), "{lines:#?}");
    let missing: Vec<&str> =
        page.journey.iter().filter(|stop| stop.at_us.is_none()).map(|stop| stop.text.as_str()).collect();
    assert_eq!(missing, [&format!("held by broker {follower}"), "committed", "acked"]);
    let heal = format!("sim heal {} {}", leader.min(follower), leader.max(follower));
    assert!(page.tries.iter().any(|one| one.line == heal), "{:?}", page.tries);
    // The producer's side of it: the leader holds the ack.
    let shop = run.page(&Target::Producer("shop".into()));
    assert!(has(&shop, &format!("broker {leader} holds the ack until the HW reaches ")), "{:#?}", told(&shop));
    run.go(&[&heal, "sim advance 1s"]);
    let offset = match run.newest() {
        Target::Record { offset, .. } => offset - 20,
        _ => 0,
    };
    let page = run.page(&Target::Record { row: 0, broker: run.leader(), offset });
    assert_eq!(told(&page)[0], "Why is it committed?");
}

#[test]
fn below_the_minimum_the_partition_says_who_left_the_isr_and_what_to_do() {
    let mut run = Run::new(&[TOPIC, LOAD, "sim advance 200ms"]);
    let lost = run.followers();
    run.go(&[&format!("sim kill {} {}", lost[0], lost[1]), "sim advance 12s"]);
    run.go(&["sim produce late --topic orders --key uma --count 1", "sim advance 1s"]);
    let page = run.page(&Target::Partition(0));
    let lines = told(&page);
    assert_eq!(
        lines[..2],
        [
            "Why are writes refused?".to_owned(),
            "The ISR has 1 and needs 2 | min.insync.replicas, checked at every append with acks=all.".to_owned()
        ]
    );
    for broker in &lost {
        assert!(has(&page, &format!("broker {broker} left the ISR at 00:0")), "{lines:#?}");
        assert!(has(&page, &format!("broker {broker} was killed | Its disk is kept.")), "{lines:#?}");
        assert!(page.tries.iter().any(|one| one.line == format!("sim start {broker}")));
    }
    assert!(has(&page, "No heartbeat for 9 s (broker.session.timeout.ms)"), "{lines:#?}");
    assert_eq!((value(&page, "isr"), value(&page, "min.insync.replicas")), (run.leader().to_string().as_str(), "2"));
    let changed = page.changed.as_ref().expect("a fault changes something");
    let row = |name: &str| {
        let row = changed.rows.iter().find(|row| row.name == name).expect("a metric");
        (row.was, row.now)
    };
    assert_eq!(row("UnderReplicatedPartitions"), (0, 1));
    assert_eq!(row("UnderMinIsrPartitionCount"), (0, 1));
    assert_eq!(row("ActiveBrokerCount"), (3, 1));
    assert_eq!(row("FencedBrokerCount"), (0, 2));
    assert!(row("refused appends").1 > 0, "{changed:?}");
    let record = run.page(&run.newest());
    if told(&record)[0] == "Why is it not committed?" {
        assert!(has(&record, "is below min.insync.replicas=2"), "{:#?}", told(&record));
    }
    let mut all: Vec<String> = page.tries.iter().map(|one| one.line.clone()).collect();
    all.push("sim advance 30s".to_owned());
    run.go(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(told(&run.page(&Target::Partition(0)))[0], "Why does this broker lead?", "trying helped");
}

#[test]
fn a_dead_leader_is_silent_then_fenced_then_replaced() {
    let mut run = Run::new(&[TOPIC, LOAD, "sim advance 200ms"]);
    let leader = run.leader();
    run.go(&[&format!("sim kill {leader}"), "sim advance 1s"]);
    let page = run.page(&Target::Partition(0));
    assert_eq!(told(&page)[0], "Why does the leader not answer?");
    assert!(has(&page, "The last heartbeat came at ") && has(&page, "was killed"), "{:#?}", told(&page));
    let broker = run.page(&Target::Broker(leader));
    assert_eq!(
        told(&broker)[..2],
        [
            "Why is it down?".to_owned(),
            format!("The metadata still call it alive | {}", Words::English.why_not_noticed())
        ]
    );
    run.go(&["sim advance 12s"]);
    let broker = run.page(&Target::Broker(leader));
    assert_eq!((told(&broker)[0].as_str(), value(&broker, "fenced")), ("Why is it down?", "true"));
    assert!(has(&broker, &format!("broker {leader} was fenced at 00:")), "{:#?}", told(&broker));
    let lane = run.page(&Target::Lane { row: 0, broker: run.leader() });
    assert_eq!(value(&lane, "role"), "leader e1");
    let page = run.page(&Target::Partition(0));
    assert_eq!(told(&page)[0], "Why is it under-replicated?");
}

#[test]
fn a_record_in_the_accumulator_waits_for_linger() {
    let run = Run::new(&[
        TOPIC,
        "sim client add slow --producer linger.ms=10000",
        "sim produce slow --topic orders --key uma --value first --count 1",
        "sim advance 1s",
        "sim produce slow --topic orders --key uma --value second --count 1",
        "sim advance 1s",
    ]);
    let rid = run.timeline.journal().iter().rev().find_map(|entry| match &entry.event {
        crate::kafka::event::Event::RecordSent { rid, .. } => Some(rid.0),
        _ => None,
    });
    let page = run.page(&Target::Sent(rid.expect("two records were sent")));
    let lines = told(&page);
    assert_eq!(lines[0], "Why is it in no log?");
    assert!(
        lines[1].starts_with("A batch of 2 waits for orders-0 | ") && lines[1].contains(" of linger.ms=10000."),
        "{lines:#?}"
    );
    assert_eq!(value(&page, "value"), "second");
    let stops: Vec<(&str, bool)> = page.journey.iter().map(|stop| (stop.text.as_str(), stop.at_us.is_some())).collect();
    assert_eq!(
        stops[..4],
        [("send()", true), ("partitioner → orders-0", true), ("batch sent", false), ("written on the leader", false)]
    );
    let dump = page.bytes.expect("the bytes as they would be sent");
    assert!(dump.fields.iter().any(|field| field.name == "value" && field.value == "second"));
    let producer = run.page(&Target::Producer("slow".into()));
    let linger = producer.facts.iter().find(|fact| fact.name == "linger.ms").expect("a config");
    assert_eq!((linger.value.as_str(), linger.note.as_deref()), ("10000", Some("set")));
    let acks = producer.facts.iter().find(|fact| fact.name == "acks").expect("a config");
    assert_eq!((acks.value.as_str(), acks.note.as_deref()), ("all", Some("default")));
}

#[test]
fn a_consumer_that_stands_still_is_why_a_record_is_not_delivered() {
    let run = Run::new(&[
        TOPIC,
        "sim client add reader --consumer --assign orders-0",
        BURST,
        "sim advance 100ms",
        "sim freeze reader",
        "sim advance 2s",
    ]);
    let page = run.page(&run.newest());
    let lines = told(&page);
    assert_eq!(lines[0], "Why is it not delivered?");
    assert!(lines[1].starts_with("reader: reader is frozen"), "{lines:#?}");
    assert!(page.journey.last().is_some_and(|stop| stop.text == "delivered to reader" && stop.at_us.is_none()));
    let reader = run.page(&Target::Consumer("reader".into()));
    assert_eq!(told(&reader)[0], "Why does it do nothing?");
    assert_eq!(reader.tries[0].line, "sim thaw reader");
}

#[test]
fn a_message_on_its_way_tells_its_fields_and_when_it_arrives() {
    let mut run = Run::new(&[TOPIC, LOAD, "sim advance 200ms"]);
    for _ in 0..400 {
        let produce = run.scene.flights.iter().find(|flight| flight.kind == crate::view::scene::FlightKind::Produce);
        if let Some(flight) = produce {
            let page = run.page(&Target::Message(flight.message));
            assert_eq!((page.title.as_str(), page.subtitle.as_str()), ("Produce", "request on its way"));
            assert_eq!((value(&page, "acks"), value(&page, "from")), ("-1", "shop"));
            assert!(has(&page, "It arrives at ") && page.bytes.is_some());
            return;
        }
        run.go(&["sim step"]);
    }
    panic!("no produce request flew");
}

/// Every line of the journal: the thing that it leads to has a page, and the line is about it, in both languages.
#[test]
fn every_line_leads_to_a_thing_that_has_a_page_and_back() {
    let mut run = Run::new(&[
        TOPIC,
        "kafka-console-consumer --topic orders --from-beginning &",
        BURST,
        "sim advance 100ms",
        "sim kill 2",
        "sim cut 1 3",
        "sim advance 40s",
        "sim start 2 ; sim heal 1 3",
        "sim advance 20s",
    ]);
    let (mut found, mut seen) = (0, std::collections::BTreeSet::new());
    for (place, entry) in run.timeline.journal().iter().enumerate() {
        // The kinds of events matter, not each of thousands of records.
        if !seen.insert((entry.event.name(), place % 7)) {
            continue;
        }
        let named = objects::Named::by(entry);
        let Some(target) = named.target(&run.evidence()) else { continue };
        found += 1;
        assert!(named.is_about(&run.evidence(), &target), "{:?} is about {target:?}", entry.event);
        let english = inspect(&run.evidence(), &target);
        let korean = inspect(&Evidence { words: Words::Korean, ..run.evidence() }, &target);
        let (Some(english), Some(korean)) = (english, korean) else { panic!("{target:?} has no page") };
        let length = |page: &Inspection| page.why.as_ref().map_or(0, |why| why.chain.len());
        assert_eq!(length(&english), length(&korean));
        assert!(!english.title.is_empty() && !english.facts.is_empty(), "{target:?}");
    }
    assert!(found > 60, "{found} lines lead somewhere");
    run.words = Words::Korean;
    let page = run.page(&Target::Partition(0));
    assert!(page.why.is_some_and(|why| why.question.ends_with("요?")));
}

#[test]
fn what_is_not_there_has_no_page() {
    let run = Run::new(&[TOPIC]);
    for target in [
        Target::Record { row: 0, broker: 1, offset: 0 },
        Target::Record { row: 9, broker: 1, offset: 0 },
        Target::Record { row: 0, broker: 1, offset: -5 },
        Target::Batch { row: 0, broker: 77, base_offset: 0 },
        Target::Broker(77),
        Target::Controller(1),
        Target::Producer("nobody".into()),
        Target::Consumer("nobody".into()),
        Target::Message(u64::MAX),
        Target::Sent(12345),
        Target::Partition(4),
        Target::Lane { row: 0, broker: -1 },
    ] {
        assert_eq!(inspect(&run.evidence(), &target), None, "{target:?}");
    }
    assert!(inspect(&run.evidence(), &Target::Partition(0)).is_some());
    assert_eq!(run.evidence().tp(0), Some(TopicPartition::new("orders", 0)));
}
