//! Lessons on the console: `sim lesson`, `sim answer`, `sim hint`, `sim goal`, `sim step --until goal`.

use highwater::lessons::markup::plain;
use highwater::lessons::{Classroom, News, VERBS};
use highwater::shell::Shell;
use highwater::shell::output::Output;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;

pub(super) struct Desk {
    pub classroom: Classroom,
    pub shell: Shell<'static>,
    pub timeline: Timeline,
}

impl Desk {
    pub fn new() -> Desk {
        let timeline = Timeline::new(Scenario::preset("trio").expect("the preset exists"));
        let classroom = Classroom::stocked().expect("every lesson is good");
        Desk { classroom, shell: Shell::new(&VERBS), timeline }
    }

    /// With a lesson open.
    pub fn at(lesson: &str) -> Desk {
        let mut desk = Desk::new();
        desk.ok(&format!("sim lesson {lesson}"));
        desk
    }

    pub fn type_line(&mut self, line: &str) -> Output {
        let (line, document) = highwater::lessons::script::with_document(line);
        self.classroom.run_with(&mut self.shell, &mut self.timeline, line, &document).output
    }

    /// What a line that succeeds prints.
    pub fn ok(&mut self, line: &str) -> String {
        let output = self.type_line(line);
        assert_eq!(output.status, 0, "{line}: {}", output.stderr);
        output.stdout_text()
    }

    /// What a line that fails says.
    pub fn fails(&mut self, line: &str) -> String {
        let output = self.type_line(line);
        assert_eq!(output.status, 1, "{line}: {}", output.stdout_text());
        output.stderr
    }

    pub fn step(&self) -> u32 {
        self.classroom.run().expect("a lesson is open").step()
    }

    pub fn now_us(&self) -> i64 {
        self.timeline.world().micros()
    }
}

const SEND: &str = "sim produce shop --topic orders --key user123 --value order456 --wait acked";

#[test]
fn a_lesson_is_taken_by_typing_its_lines() {
    for files in &highwater::lessons::shipped::LESSONS {
        let mut desk = Desk::at(files.id);
        let lesson = desk.classroom.run().expect("it is open").lesson().clone();
        while let Some(step) = lesson.steps.get(desk.step() as usize) {
            let before = desk.step();
            for prediction in &step.predictions {
                assert_eq!(desk.ok(&format!("sim answer {} 1", prediction.id)), "");
            }
            step.cli.iter().for_each(|line| {
                desk.ok(line);
            });
            assert!(desk.step() > before, "{}.{}", files.id, before + 1);
        }
        assert_eq!(desk.fails("sim hint"), "sim hint: every step is reached\n");
    }
}

#[test]
fn an_application_logs_the_records_that_it_gets_and_a_tool_does_not() {
    let mut desk = Desk::at("L03");
    desk.ok("sim produce dev --topic dev-topic --value 'kafka message' --timestamp 1649170434791 --wait acked");
    let send = "sim produce dev --topic dev-topic --key user123 --value v --timestamp 1649170434792";
    desk.ok(&format!("{send} --header type=ÄB --header none= --wait acked"));
    desk.ok("sim advance 1s");
    let logged = desk.ok("sim logs dev-1 --grep 'offset = [12]'");
    let lines: Vec<&str> = logged.lines().filter_map(|line| line.split_once(" INFO ")).map(|(_, line)| line).collect();
    assert_eq!(
        lines,
        [
            "ConsumerRecord(topic = dev-topic, partition = 0, leaderEpoch = 0, offset = 1, CreateTime = 1649170434791, \
             deliveryCount = null, serialized key size = -1, serialized value size = 13, headers = \
             RecordHeaders(headers = [], isReadOnly = false), key = null, value = kafka message) (application)",
            "ConsumerRecord(topic = dev-topic, partition = 0, leaderEpoch = 0, offset = 2, CreateTime = 1649170434792, \
             deliveryCount = null, serialized key size = 7, serialized value size = 1, headers = \
             RecordHeaders(headers = [RecordHeader(key = type, value = [-61, -124, 66]), RecordHeader(key = none, \
             value = [])], isReadOnly = false), key = user123, value = v) (application)",
        ]
    );
    let read = desk.type_line("kafka-console-consumer --topic dev-topic --from-beginning --max-messages 3");
    assert!(!read.stderr.contains("ConsumerRecord"), "{}", read.stderr);
}

#[test]
fn an_object_does_not_become_bytes() {
    let mut desk = Desk::at("L03");
    let sent = desk.ok("kafka-get-offsets --topic dev-topic");
    let line = "sim produce dev --topic dev-topic --json '{\"orderId\":\"order456\"}' --wait acked";
    assert_eq!(
        desk.fails(line),
        "dev: org.apache.kafka.common.errors.SerializationException: Can't convert value of class Order to class \
         org.apache.kafka.common.serialization.StringSerializer specified in value.serializer\n"
    );
    assert_eq!(
        desk.ok("sim goal 'H.any(SendFailed{p:\"dev\", attempts:0}) && H.none(ProduceRequest{p:\"dev\"})'"),
        "true\n"
    );
    assert_eq!(desk.ok("kafka-get-offsets --topic dev-topic"), sent);
}

#[test]
fn a_send_that_fails_tells_how_many_requests_carried_it() {
    let mut desk = Desk::new();
    desk.ok("kafka-topics --create --topic orders --replica-assignment 1");
    desk.ok("sim client add shop --producer delivery.timeout.ms=4000 request.timeout.ms=1000 linger.ms=0");
    desk.ok("sim produce shop --topic orders --wait acked");
    desk.ok("sim cut shop 1");
    desk.ok("sim produce shop --topic orders");
    desk.ok("sim advance 8s");
    let requests = desk.timeline.journal().iter().rev().find_map(|entry| match &entry.event {
        highwater::kafka::event::Event::SendFailed { requests, .. } => Some(*requests),
        _ => None,
    });
    assert!(requests.is_some_and(|requests| (1..=4).contains(&requests)), "{requests:?}");
}

#[test]
fn a_solved_lesson_prints_the_goal_of_each_step() {
    for files in &highwater::lessons::shipped::LESSONS {
        let mut desk = Desk::new();
        let printed = desk.ok(&format!("sim lesson {} --solve", files.id));
        let lesson = desk.classroom.run().expect("it stays open").lesson().clone();
        for (number, step) in (1..).zip(&lesson.steps) {
            let place = format!("{}.{number}: ", files.id);
            let line = printed.lines().find(|line| line.starts_with(&place)).expect("every step has its line");
            assert!(line == format!("{place}{} - true", step.goal) || line.contains("is skipped"), "{line}");
        }
    }
    assert!(Desk::new().ok("sim lesson L05 --solve").starts_with("L05.P1: 1\nL05.1: answered(\"L05.P1\") && "));
}

#[test]
fn lines_about_lessons_say_what_is_wrong() {
    let mut desk = Desk::new();
    for (line, error) in [
        ("sim hint", "sim hint: no lesson is open: sim lesson L05 opens one\n"),
        ("sim answer L05.P1 1", "sim answer: no lesson is open: sim lesson L05 opens one\n"),
        ("sim step --until goal", "no lesson is open: sim lesson L05 opens one\n"),
        ("sim lesson L5", "sim lesson: there is no lesson 'L5'; did you mean L05?\n"),
        ("sim lesson L32", "not yet: sim lesson L32\n"),
        ("sim lesson X06", "not yet: sim lesson X06\n"),
        ("sim lesson L05 --slove", "sim lesson: there is no --slove here; did you mean solve?\n"),
        ("sim lesson L05 now", "sim lesson: 'now' is not understood here\n"),
    ] {
        assert_eq!(desk.fails(line), error, "{line}");
    }
    assert!(desk.fails("sim lesson").starts_with("sim lesson: a lesson is missing: "));
    desk.ok("sim lesson L05");
    for (line, error) in [
        ("sim answer L05.P2 1", "sim answer: L05.P2 is not asked now\n"),
        ("sim answer L05.P9 1", "sim answer: L05 has no prediction L05.P9\n"),
        ("sim answer L05.P1 4", "sim answer: L05.P1 has 3 options\n"),
        ("sim answer L05.P1 0", "sim answer: '0' is not the number of an option: 1, 2, ..\n"),
        ("sim answer L05.P1", "sim answer: a prediction and the number of an option: L05.P1 2\n"),
        ("sim hint 3", "sim hint: '3' is not understood here\n"),
    ] {
        assert_eq!(desk.fails(line), error, "{line}");
    }
    desk.ok("sim answer L05.P1 2");
    assert_eq!(desk.fails("sim answer L05.P1 1"), "sim answer: L05.P1 is locked\n");
}

#[test]
fn hints_come_one_after_the_other_and_begin_anew_with_every_step() {
    let mut desk = Desk::at("L05");
    let texts = |korean: bool| {
        let files = highwater::lessons::shipped::LESSONS.iter().find(|files| files.id == "L05").expect("it is there");
        let text = if korean { files.korean } else { files.english };
        highwater::lessons::Texts::read(text).expect("the texts are good")
    };
    assert_eq!(desk.ok("sim hint"), format!("{}\n", texts(false).steps[0].hint));
    desk.classroom.speak("ko");
    assert_eq!(desk.ok("sim hint"), format!("{}\n", plain(&texts(true).steps[0].click, "ko")));
    assert!(texts(true).steps[0].click.contains("{topic:orders}"), "the console gets it without markup");
    assert_eq!(desk.ok("sim hint"), format!("{SEND}\n"));
    assert_eq!(desk.ok("sim hint"), format!("{SEND}\n"), "the last one stays");
    desk.ok("sim answer L05.P1 1");
    desk.ok(SEND);
    assert_eq!(desk.ok("sim hint"), format!("{}\n", texts(true).steps[1].hint));
}

#[test]
fn goals_are_looked_at_through_the_windows_of_the_open_lesson() {
    let mut desk = Desk::new();
    let goal = "sim goal 'H.any(Acked{p:\"shop\"}) && answered(\"L05.P1\")'";
    assert_eq!(desk.type_line(goal).status, 1);
    desk.ok("sim lesson L05");
    let output = desk.type_line("sim goal 'answered(\"L05.P1\")'");
    assert_eq!(output.stdout_text(), "false\nanswered(\"L05.P1\") - lock your prediction first\n");
    desk.ok(SEND);
    assert_eq!(desk.ok("sim goal 'H.any(Acked{p:\"shop\"})'"), "true\n");
    // With the lock another step is open, and its window is empty.
    desk.ok("sim answer L05.P1 1");
    assert_eq!(desk.type_line(goal).stdout_text(), "false\nH.any(Acked{p:\"shop\"}) - 0 so far\n");
    assert_eq!(desk.ok("sim goal 'H0.any(Acked{p:\"shop\"})'"), "true\n");
}

#[test]
fn until_goal_means_the_step_that_was_open_when_the_script_began() {
    let mut desk = Desk::at("L05");
    desk.ok("sim answer L05.P1 1");
    desk.ok(SEND);
    let before = desk.now_us();
    desk.ok("sim step --until goal");
    assert_eq!((desk.step(), desk.now_us()), (1, before), "the line before has reached it");
    // A step's own lines name its goal, in one line or in several.
    desk.ok("sim produce shop --topic orders --key user123 --values a,b,c,d,e ; \
             sim produce shop --topic orders --keys order-1,order-4 --wait acked ; sim step --until goal");
    assert_eq!(desk.step(), 2);
    // Now it is the open one, which nothing brings about.
    let late = desk.fails("sim step --until goal --for 3s");
    assert!(
        late.starts_with("it did not come about within 3 s of virtual time\nanswered(\"L05.P2\") - lock"),
        "{late}"
    );
}

#[test]
fn a_line_in_pieces_reaches_what_it_reaches_at_once() {
    let take = |events: u64| {
        let mut desk = Desk::at("L05");
        desk.ok("sim answer L05.P1 3");
        desk.classroom.begin(&mut desk.shell, &mut desk.timeline, SEND, &[]);
        let outcome = loop {
            if let Some(outcome) = desk.classroom.go_on(&mut desk.shell, &mut desk.timeline, events) {
                break outcome;
            }
        };
        (outcome, desk.classroom.take_news(), desk.now_us())
    };
    let at_once = take(u64::MAX);
    assert_eq!(at_once, take(1));
    assert!(
        matches!(&at_once.1[..], [News::Opened, News::Answered { .. }, News::Reached { step: 0 }]),
        "{:?}",
        at_once.1
    );
}

#[test]
fn a_lesson_on_no_shelf_is_asked_for_before_its_line() {
    let mut classroom = Classroom::default();
    assert_eq!(classroom.wants("sim lesson L05 --solve"), Some("L05"));
    assert_eq!(classroom.wants("sim lesson L06"), None, "it is not there to be fetched");
    assert_eq!(classroom.wants("sim advance 3s"), None);
    let files = highwater::lessons::shipped::LESSONS.iter().find(|files| files.id == "L05").expect("it is there");
    assert_eq!(classroom.shelve(files.lesson), Ok("L05".to_string()));
    assert_eq!(classroom.wants("sim lesson L05"), Some("L05"), "its words are missing");
    assert!(!classroom.has("L05", "ko") && classroom.translate("L05", "ko", files.korean).is_ok());
    assert_eq!(classroom.wants("sim lesson L05"), Some("L05"), "it has no words in this language");
    classroom.speak("ko");
    assert_eq!(classroom.wants("sim lesson L05"), None);
    assert!(classroom.has("L05", "ko") && classroom.translate("L06", "ko", files.korean).is_err());
}

#[test]
fn the_ledger_counts_every_record_of_the_run() {
    let mut desk = Desk::at("L05");
    let before: serde_json::Value = serde_json::from_str(&desk.ok("sim ledger")).expect("it is JSON");
    assert_eq!(before["totals"]["sent"], 0);
    assert_eq!(before["topics"][0]["max_share"], serde_json::Value::Null, "nothing was appended");
    desk.ok("sim produce shop --topic orders --keys user123,user123,user123,order-1 --wait acked");
    let after: serde_json::Value = serde_json::from_str(&desk.ok("sim ledger")).expect("it is JSON");
    assert_eq!((&after["totals"]["acked"], &after["topics"][0]["name"]), (&4.into(), &"orders".into()));
    assert_eq!((&after["topics"][0]["acked_lost"], &after["topics"][0]["dup_in_log"]), (&0.into(), &0.into()));
    assert_eq!(after["topics"][0]["max_share"], 0.75);
    let brokers: Vec<f64> =
        (0..3).filter_map(|at| after["topics"][0]["share_of_leader"][at]["share"].as_f64()).collect();
    assert_eq!(brokers, [0.75, 0.25, 0.0]);
}
