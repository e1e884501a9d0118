//! Counting as history goes on agrees with reading the whole past again: random journals, random windows and queries.

use std::sync::Arc;

use highwater::goal::facts::Fact;
use highwater::goal::vocabulary::EventKind;
use highwater::goal::{Course, Goal, Mark, Present, Rules, Scope, Value, Watch};
use highwater::kafka::errors::ErrorCode;
use highwater::kafka::event::detail::FailedAttempt;
use highwater::kafka::event::{BatchReason, Event};
use highwater::kafka::ids::{ClientIndex, NodeId, ProcessId, ProducerId, Rid, TopicPartition};
use highwater::rng::Rng;
use highwater::shell::Shell;
use highwater::sim::journal::{Entry, Journal};
use highwater::sim::ledger::Ledger;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;
use highwater::sim::world::World;
use highwater::time::{SimDuration, SimTime};

/// A window as a test of one fact, by definition.
#[derive(Clone)]
struct Reading {
    begin_seq: u64,
    begin_at: SimTime,
    stretches: Option<Vec<(u64, u64)>>,
    missing: bool,
}

const OPEN: u64 = u64::MAX;

fn ends(fact: &Fact) -> (u64, u64) {
    (fact.stretch.begin.seq, fact.stretch.end.map_or(OPEN, |end| end.seq))
}

impl Reading {
    fn holds(&self, kind: EventKind, fact: &Fact) -> bool {
        let (begin, end) = ends(fact);
        let until = fact.stretch.end.map(|end| end.at);
        let recent = if kind.row().interval {
            end >= self.begin_seq && until.is_none_or(|until| until >= self.begin_at)
        } else {
            begin >= self.begin_seq && fact.stretch.begin.at >= self.begin_at
        };
        let (begin, end) = if kind.row().interval { (begin, end) } else { (begin, begin) };
        let covered = |stretches: &Vec<(u64, u64)>| stretches.iter().any(|(from, to)| *from <= end && begin <= *to);
        recent && self.stretches.as_ref().is_none_or(covered)
    }
}

/// A pattern for both: its text, and the test of a fact.
#[derive(Clone, Copy)]
struct Case {
    text: &'static str,
    event: &'static str,
    matches: fn(&Past, &Fact) -> bool,
}

const CASES: &[Case] = &[
    Case { text: "Acked", event: "Acked", matches: |_, _| true },
    Case { text: "Acked{p:\"web\"}", event: "Acked", matches: |past, fact| past.is(fact, "Acked", "p", "web") },
    Case {
        text: "Acked{latency>=5ms, latency<40ms}",
        event: "Acked",
        matches: |past, fact| matches!(past.field(fact, "Acked", "latency"), Value::Dur(5_000..40_000)),
    },
    Case {
        text: "Appended{key:none}",
        event: "Appended",
        matches: |past, fact| past.field(fact, "Appended", "key").is_none(),
    },
    Case {
        text: "Appended{partition in 1..2, p!=\"api\"}",
        event: "Appended",
        matches: |past, fact| {
            matches!(past.field(fact, "Appended", "partition"), Value::Num(n) if (1.0..=2.0).contains(&n))
                && !past.is(fact, "Appended", "p", "api")
        },
    },
    Case {
        text: "Retry{err not in [\"REQUEST_TIMED_OUT\"]}",
        event: "Retry",
        matches: |past, fact| !past.is(fact, "Retry", "err", "REQUEST_TIMED_OUT"),
    },
    Case { text: "Leaderless", event: "Leaderless", matches: |_, _| true },
    Case {
        text: "Leaderless{partition_of}",
        event: "Leaderless",
        matches: |past, fact| past.duration(fact) >= 20_000_000,
    },
    Case {
        text: "BrokersDown{count:1}",
        event: "BrokersDown",
        matches: |past, fact| past.field(fact, "BrokersDown", "count") == Value::Num(1.0),
    },
    Case {
        text: "LeaderElected{leader!=1}",
        event: "LeaderElected",
        matches: |past, fact| past.field(fact, "LeaderElected", "leader") != Value::Num(1.0),
    },
    Case { text: "BatchSent", event: "BatchSent", matches: |_, _| true },
];

/// Everything that has happened, and the present moment.
struct Past<'c> {
    course: &'c Course,
    now: SimTime,
}

impl Past<'_> {
    fn field(&self, fact: &Fact, event: &str, field: &str) -> Value {
        let kind = EventKind::named(event).expect("a known event");
        fact.values[kind.field(field).expect("a known field") as usize].clone()
    }

    fn is(&self, fact: &Fact, event: &str, field: &str, text: &str) -> bool {
        self.field(fact, event, field) == Value::text(text)
    }

    fn duration(&self, fact: &Fact) -> u64 {
        fact.stretch.end.map_or(self.now, |end| end.at).since(fact.stretch.begin.at).as_micros()
    }

    fn matches(&self, case: Case, reading: &Reading) -> Vec<Fact> {
        let kind = EventKind::named(case.event).expect("a known event");
        let facts = self.course.facts(kind).iter();
        facts.filter(|fact| (case.matches)(self, fact) && reading.holds(kind, fact)).cloned().collect()
    }

    fn query(&self, query: Query, reading: &Reading) -> Value {
        if reading.missing {
            return Value::None;
        }
        let found = |case: Case| self.matches(case, reading);
        let micros = |duration: SimDuration| Value::Dur(duration.as_micros() as i64);
        match query {
            Query::Any(case) => Value::Bool(!found(case).is_empty()),
            Query::None(case) => Value::Bool(found(case).is_empty()),
            Query::Count(case) => Value::num(found(case).len() as u32),
            Query::FirstAt(case) => found(case).first().map_or(Value::None, |fact| Value::time(fact.stretch.begin.at)),
            Query::LastAt(case) => found(case).last().map_or(Value::None, |fact| Value::time(fact.stretch.begin.at)),
            Query::Since(case) => found(case)
                .last()
                .map_or(Value::None, |fact| micros(self.now.since(fact.stretch.end.map_or(self.now, |end| end.at)))),
            Query::Distinct(case, field) => Value::num(
                self.values(case, field, reading).into_iter().collect::<std::collections::BTreeSet<_>>().len() as u32,
            ),
            Query::Min(case, field) => self.values(case, field, reading).into_iter().min().unwrap_or_default(),
            Query::Max(case, field) => self.values(case, field, reading).into_iter().max().unwrap_or_default(),
            Query::Average(case, field) => {
                let values = self.values(case, field, reading);
                let sum: i64 =
                    values.iter().map(|value| if let Value::Dur(micros) = value { *micros } else { 0 }).sum();
                if values.is_empty() {
                    return Value::None;
                }
                Value::Dur((sum as f64 / values.len() as f64).round() as i64)
            }
            Query::Seq(cases) => Value::Bool(self.sequence(&cases, reading).len() == 3),
            Query::Span(a, b) => match self.sequence(&[a, b], reading)[..] {
                [a, b] => micros(b.since(a)),
                _ => Value::None,
            },
            Query::Gap(case) => self.gap(&found(case), reading),
        }
    }

    fn values(&self, case: Case, field: &str, reading: &Reading) -> Vec<Value> {
        let facts = self.matches(case, reading);
        facts.iter().map(|fact| self.field(fact, case.event, field)).filter(|value| !value.is_none()).collect()
    }

    fn sequence(&self, cases: &[Case], reading: &Reading) -> Vec<SimTime> {
        let mut times = Vec::new();
        let mut behind = None;
        for case in cases {
            let next =
                self.matches(*case, reading).into_iter().find(|fact| behind.is_none_or(|seq| ends(fact).0 > seq));
            let Some(next) = next else { break };
            behind = Some(ends(&next).0);
            times.push(next.stretch.begin.at);
        }
        times
    }

    /// Only for windows without parts.
    fn gap(&self, facts: &[Fact], reading: &Reading) -> Value {
        if facts.is_empty() {
            return Value::None;
        }
        let mut longest = 0;
        let mut before = reading.begin_at;
        for fact in facts {
            longest = longest.max(fact.stretch.begin.at.since(before).as_micros());
            before = before.max(fact.stretch.end.map_or(self.now, |end| end.at));
        }
        Value::Dur(longest.max(self.now.since(before).as_micros()) as i64)
    }

    fn narrowed(&self, reading: &Reading, narrowing: Narrowing) -> Reading {
        if reading.missing {
            return reading.clone();
        }
        let mut narrowed = reading.clone();
        match narrowing {
            Narrowing::Within(secs) => {
                narrowed.begin_at = narrowed.begin_at.max(self.now - SimDuration::from_secs(secs));
            }
            Narrowing::After(case) => match self.matches(case, reading).last() {
                None => narrowed.missing = true,
                Some(last) => {
                    let (_, end) = ends(last);
                    narrowed.begin_seq = narrowed.begin_seq.max(end.saturating_add(1));
                    let at = last.stretch.end.map_or(last.stretch.begin.at, |end| end.at);
                    narrowed.begin_at = narrowed.begin_at.max(at);
                }
            },
            Narrowing::During(case) => {
                let stretches: Vec<(u64, u64)> = self.matches(case, reading).iter().map(ends).collect();
                narrowed.missing = stretches.is_empty();
                narrowed.stretches = Some(stretches);
            }
        }
        narrowed
    }
}

#[derive(Clone, Copy)]
enum Narrowing {
    Within(u64),
    After(Case),
    During(Case),
}

#[derive(Clone, Copy)]
enum Query {
    Any(Case),
    None(Case),
    Count(Case),
    FirstAt(Case),
    LastAt(Case),
    Since(Case),
    Distinct(Case, &'static str),
    Min(Case, &'static str),
    Max(Case, &'static str),
    Average(Case, &'static str),
    Seq([Case; 3]),
    Span(Case, Case),
    Gap(Case),
}

/// A query on a window, with the text of a goal that compares its value with one that is found out.
struct Question {
    base: &'static str,
    narrowings: Vec<Narrowing>,
    query: Query,
    text: String,
}

fn pick<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.below(all.len() as u32) as usize]
}

fn pattern(case: Case) -> String {
    case.text.replace("partition_of", "duration>=20s")
}

fn question(rng: &mut Rng) -> Question {
    let points: Vec<Case> =
        CASES.iter().copied().filter(|case| !matches!(case.event, "Leaderless" | "BrokersDown")).collect();
    let lasting: Vec<Case> =
        CASES.iter().copied().filter(|case| matches!(case.event, "Leaderless" | "BrokersDown")).collect();
    let base = pick(rng, &["H", "H0"]);
    let mut narrowings = Vec::new();
    for _ in 0..rng.below(3) {
        narrowings.push(match rng.below(3) {
            0 => Narrowing::Within(u64::from(1 + rng.below(60))),
            1 => Narrowing::After(pick(rng, CASES)),
            // A during in a during is left to the unit tests of windows.
            _ if narrowings.iter().any(|narrowing| matches!(narrowing, Narrowing::During(_))) => Narrowing::Within(30),
            _ => Narrowing::During(pick(rng, &lasting)),
        });
    }
    let has_parts = narrowings.iter().any(|narrowing| matches!(narrowing, Narrowing::During(_)));
    let acked = pick(rng, &CASES[..3]);
    let query = match rng.below(13) {
        0 => Query::Any(pick(rng, CASES)),
        1 => Query::None(pick(rng, CASES)),
        2 => Query::FirstAt(pick(rng, CASES)),
        3 => Query::LastAt(pick(rng, CASES)),
        4 => Query::Since(pick(rng, CASES)),
        5 => Query::Distinct(pick(rng, &CASES[3..5]), "partition"),
        6 => Query::Min(acked, "latency"),
        7 => Query::Max(acked, "latency"),
        8 => Query::Average(acked, "latency"),
        9 => Query::Seq([pick(rng, CASES), pick(rng, &points), pick(rng, CASES)]),
        10 => Query::Span(pick(rng, &points), pick(rng, CASES)),
        11 if !has_parts => Query::Gap(pick(rng, CASES)),
        _ => Query::Count(pick(rng, CASES)),
    };
    let text = text_of(base, &narrowings, query);
    Question { base, narrowings, query, text }
}

fn text_of(base: &str, narrowings: &[Narrowing], query: Query) -> String {
    let mut window = base.to_string();
    for narrowing in narrowings {
        window += &match narrowing {
            Narrowing::Within(secs) => format!(".within({secs}s)"),
            Narrowing::After(case) => format!(".after({})", pattern(*case)),
            Narrowing::During(case) => format!(".during({})", pattern(*case)),
        };
    }
    match query {
        Query::Any(case) => format!("{window}.any({})", pattern(case)),
        Query::None(case) => format!("{window}.none({})", pattern(case)),
        Query::Count(case) => format!("{window}.count({})", pattern(case)),
        Query::FirstAt(case) => format!("{window}.first({}).at", pattern(case)),
        Query::LastAt(case) => format!("{window}.last({}).at", pattern(case)),
        Query::Since(case) => format!("since({window}.last({}))", pattern(case)),
        Query::Distinct(case, field) => format!("{window}.distinct({}.{field})", pattern(case)),
        Query::Min(case, field) => format!("{window}.min({}.{field})", pattern(case)),
        Query::Max(case, field) => format!("{window}.max({}.{field})", pattern(case)),
        Query::Average(case, field) => format!("{window}.avg({}.{field})", pattern(case)),
        Query::Seq([a, b, c]) => format!("{window}.seq({}, {}, {})", pattern(a), pattern(b), pattern(c)),
        Query::Span(a, b) => format!("{window}.span({}, {})", pattern(a), pattern(b)),
        Query::Gap(case) => format!("{window}.max_gap({})", pattern(case)),
    }
}

/// A cluster with two producers, whose names the facts show.
fn stage() -> World {
    let mut timeline = Timeline::new(Scenario::preset("trio").expect("the preset exists"));
    let mut shell = Shell::new(&[]);
    for line in ["sim client add web --producer", "sim client add api --producer"] {
        assert_eq!(shell.run_line(&mut timeline, line).output.status, 0);
    }
    timeline.world().clone()
}

fn happening(rng: &mut Rng, rid: &mut u64) -> Vec<Event> {
    let client = ProcessId::Client(ClientIndex(rng.below(2)));
    let name: Arc<str> = Arc::from(if client == ProcessId::Client(ClientIndex(0)) { "web" } else { "api" });
    let tp = TopicPartition::new("orders", rng.below(4) as i32);
    let broker = NodeId(1 + rng.below(3) as i32);
    let process = ProcessId::Node(broker);
    match rng.below(10) {
        0 => vec![Event::BrokerKilled { broker }],
        1 => vec![Event::ProcessStarted { process }],
        2 => vec![Event::Leaderless { tp }],
        3 => vec![Event::LeaderElected { tp, leader: broker, clean: true, preferred: false }],
        4 => {
            let err = if rng.below(2) == 0 { ErrorCode::RequestTimedOut } else { ErrorCode::NotLeaderOrFollower };
            let attempt = Arc::new(FailedAttempt { correlation_id: 1, attempts_left: 1, message: None });
            vec![Event::Retry { client, tp, err, attempt }]
        }
        5 => {
            let age = SimDuration::from_millis(u64::from(rng.below(50)));
            vec![Event::BatchSent { client, tp, reason: BatchReason::Linger, age, records: 1, bytes: 70 }]
        }
        6 | 7 => {
            *rid += 1;
            let (rid, topic) = (Rid(*rid), tp.topic.clone());
            let key = (rng.below(3) > 0).then(|| Arc::from(&b"k"[..]));
            let sent = Event::RecordSent { client, rid, topic, key, value: None };
            let producer_id = ProducerId(7);
            vec![sent, Event::Appended { broker, tp, offset: 0, rid: Some(rid), producer_id, client: name }]
        }
        _ => {
            let latency = SimDuration::from_micros(u64::from(rng.below(60_000)));
            vec![Event::Acked { client, tp, offset: 0, rid: Rid(*rid), latency }]
        }
    }
}

#[test]
fn counting_agrees_with_reading_everything_again() {
    let mut compared = 0;
    let mut informative = 0;
    for seed in 0..30 {
        let mut rng = Rng::new(seed);
        let questions: Vec<Question> = (0..40).map(|_| question(&mut rng)).collect();
        let goals: Vec<Goal> = questions
            .iter()
            .map(|question| {
                let text = format!("({}) == none", question.text);
                Goal::new(&text, Rules::of(Scope::Step)).unwrap_or_else(|error| panic!("{text}: {error}"))
            })
            .collect();
        let mut world = stage();
        let (mut journal, ledger) = (Journal::default(), Ledger::default());
        let mut course = Course::beginning(Mark { seq: 0, at: world.now });
        goals.iter().for_each(|goal| course.watch(goal));
        let mut watches: Vec<Watch> = goals.into_iter().map(|goal| Watch::new(Arc::new(goal))).collect();
        let mut rid = 0;
        for step in 1..120_u64 {
            world.now += SimDuration::from_millis(u64::from(rng.below(3_000)));
            for event in happening(&mut rng, &mut rid) {
                let entry =
                    Entry { at: world.now, step, by_command: false, process: ProcessId::Node(NodeId(1)), event };
                journal.push(entry);
            }
            if step == 40 {
                course.begin_step(Mark { seq: journal.len(), at: world.now });
            }
            if rng.below(50) == 0 {
                journal.show(journal.len() - u64::from(rng.below(20)).min(journal.len()));
                journal.cut();
            }
            let present = Present { world: &world, journal: &journal, ledger: &ledger };
            course.follow(present);
            let past = Past { course: &course, now: world.now };
            for (question, watch) in questions.iter().zip(&mut watches) {
                let mark = if question.base == "H" { course.step } else { course.lesson };
                let mut reading = Reading { begin_seq: mark.seq, begin_at: mark.at, stretches: None, missing: false };
                for narrowing in &question.narrowings {
                    reading = past.narrowed(&reading, *narrowing);
                }
                let wanted = past.query(question.query, &reading);
                let counted = watch.part_value(&course, present);
                assert_eq!(counted, wanted, "seed {seed}, step {step}: {}", question.text);
                compared += 1;
                informative += u32::from(!matches!(wanted, Value::None | Value::Bool(_)));
            }
        }
    }
    println!("queries compared={compared} with a value other than true, false or none={informative}");
    assert!(informative > 10_000, "{informative}");
}
