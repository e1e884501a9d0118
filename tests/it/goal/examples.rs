//! What goals are worth on runs of the engine, and what they say while they are not true.

use std::sync::Arc;

use highwater::goal::{Course, Goal, Mark, Present, Rules, Scope, Value, Watch};
use highwater::kafka::event::Event;
use highwater::kafka::ids::Rid;
use highwater::shell::Shell;
use highwater::sim::journal::Entry;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;

/// A console with a course that began when it was opened.
struct Table {
    timeline: Timeline,
    shell: Shell<'static>,
    course: Course,
}

impl Table {
    fn open(preset: &str, lines: &[&str]) -> Table {
        let timeline = Timeline::new(Scenario::preset(preset).expect("the preset exists"));
        let mut table = Table { timeline, shell: Shell::new(&[]), course: Course::default() };
        table.lines(lines);
        table.course = Course::beginning(Present::of(&table.timeline).mark());
        table
    }

    fn lines(&mut self, lines: &[&str]) {
        for line in lines {
            let outcome = self.shell.run_line(&mut self.timeline, line);
            assert_eq!(outcome.output.status, 0, "{line}: {}", outcome.output.stderr);
        }
    }

    fn begin_step(&mut self) {
        self.course.begin_step(Present::of(&self.timeline).mark());
    }

    fn value(&mut self, text: &str) -> (Value, Vec<String>) {
        let goal = Goal::new(text, Rules::of(Scope::Step)).unwrap_or_else(|error| panic!("{text}: {error}"));
        let present = Present::of(&self.timeline);
        self.course.watch(&goal);
        self.course.follow(present);
        let mut watch = Watch::new(Arc::new(goal));
        (watch.value(&self.course, present), watch.why(&self.course, present))
    }

    fn holds(&mut self, text: &str) -> bool {
        self.value(text).0.is_true()
    }

    fn why(&mut self, text: &str) -> String {
        self.value(text).1.join("\n")
    }
}

const ORDERS: &str = "kafka-topics --create --topic orders --partitions 3 --replication-factor 1";

fn produce(keys: &str) -> String {
    format!("sim produce web --topic orders --keys {keys} --wait acked")
}

#[test]
fn example_1_two_acks_and_no_failure() {
    let mut table = Table::open("trio", &[ORDERS]);
    let goal = "H.count(Acked{p:\"web\"}) >= 2 && prod(\"web\").failed == 0";
    assert_eq!(
        table.why(goal),
        "H.count(Acked{p:\"web\"}) >= 2 - is 0\nprod(\"web\").failed == 0 - prod(\"web\") does not exist yet"
    );
    table.lines(&[&produce("a")]);
    assert_eq!(table.why(goal), "H.count(Acked{p:\"web\"}) >= 2 - is 1");
    table.lines(&[&produce("b")]);
    assert!(table.holds(goal));
    table.begin_step();
    assert!(!table.holds(goal) && table.holds(&goal.replace("H.", "H0.")));
}

#[test]
fn example_2_lists_compare_in_order_and_absence_fulfils_nothing() {
    let mut table = Table::open("trio", &["kafka-topics --create --topic topic-a --replica-assignment 1,3"]);
    assert!(table.holds("isr(\"topic-a-0\") == [1] && 1 not in isr(\"topic-a-1\")"));
    let why = table.why("isr(\"topic-a-0\") == [3] && 3 not in isr(\"topic-a-1\") && 3 not in isr(\"topic-a-2\")");
    assert_eq!(
        why,
        "isr(\"topic-a-0\") == [3] - is [1]\n3 not in isr(\"topic-a-1\") - is [3]\n\
         3 not in isr(\"topic-a-2\") - there is none yet: isr(\"topic-a-2\")"
    );
    assert!(!table.holds("!isr(\"topic-a-2\").contains_all([3])") && table.holds("isr(\"topic-a-2\") == none"));
}

#[test]
fn example_3_a_clock_runs_and_nothing_was_acknowledged() {
    let mut table = Table::open("trio", &[ORDERS, &produce("a")]);
    let goal = "since(H.last(BrokerKilled{broker:1})) >= 55s && H.within(30s).none(Acked{p:\"pall\"})";
    assert_eq!(
        table.why(goal),
        "since(H.last(BrokerKilled{broker:1})) >= 55s - there is none yet: H.last(BrokerKilled{broker:1})"
    );
    table.lines(&["sim kill 1", "sim advance 46800ms"]);
    assert_eq!(table.why(goal), "since(H.last(BrokerKilled{broker:1})) >= 55s - 8.2 s of 55 s");
    table.lines(&["sim advance 8200ms"]);
    assert!(table.holds(goal));
}

#[test]
fn example_4_and_other_words_that_come_later_are_not_true() {
    let mut table = Table::open("solo", &[]);
    let goal = "H.after(RollingRestartStarted{g:\"fulfil\"}).any(RollingRestartDone{g:\"fulfil\"}) && \
                H.after(RollingRestartStarted{g:\"fulfil\"}).none(RebalanceCompleted{g:\"fulfil\"})";
    let why = table.why(goal);
    assert_eq!(why.matches(" - RollingRestartStarted{g:\"fulfil\"} has not happened yet").count(), 2, "{why}");
    assert!(!table.holds("H.after(RollingRestartStarted).count(Acked) == 0"));
    assert_eq!(
        table.why("grp(\"eu\").owner[\"orders-kr-0\"] != none"),
        "grp(\"eu\").owner[\"orders-kr-0\"] != none - grp(\"eu\") does not exist yet"
    );
}

#[test]
fn example_5_an_interval_holds_what_happens_while_it_is_open() {
    let mut table = Table::open(
        "trio",
        &["kafka-topics --create --topic orders --replica-assignment 3", "sim client add c --consumer --topics orders"],
    );
    let goal = "H0.during(BrokersDown{count:2}).any(Delivered)";
    table.lines(&[&produce("a"), "sim advance 2s"]);
    assert!(table.holds("H0.any(Delivered)") && !table.holds(goal));
    assert_eq!(table.why(goal), format!("{goal} - BrokersDown{{count:2}} has not happened yet"));
    table.lines(&["sim kill 1", "sim kill 2"]);
    assert_eq!(table.why(goal), format!("{goal} - 0 so far"));
    table.lines(&[&produce("b"), "sim advance 2s"]);
    assert!(table.holds(goal) && table.holds("H0.max(BrokersDown.count) == 2"));
    table.lines(&["sim start 1", "sim advance 5s"]);
    assert!(table.holds(goal) && table.holds("H0.count(BrokersDown) == 3 && H0.any(BrokersDown{duration>=5s})"));
}

#[test]
fn example_6_a_span_is_none_until_both_have_happened() {
    let mut table = Table::open("trio", &[]);
    let goal = "H.span(BrokerKilled{broker:1}, BrokerUp{broker:1}) in 2s..60s";
    table.lines(&["sim kill 1", "sim advance 5s"]);
    let span = "H.span(BrokerKilled{broker:1}, BrokerUp{broker:1})";
    assert_eq!(table.why(goal), format!("{goal} - there is none yet: {span}"));
    table.lines(&["sim start 1", "sim advance 30s"]);
    assert!(table.holds(goal), "{}", table.why(goal));
    assert!(table.holds("H.seq(BrokerKilled, BrokersDown, BrokerUp)") || table.holds("H.seq(BrokerKilled, BrokerUp)"));
    assert_eq!(
        table.why("H.seq(BrokerKilled, BrokerUp, DiskDestroyed{broker:1})"),
        "H.seq(BrokerKilled, BrokerUp, DiskDestroyed{broker:1}) - 2 of 3: waiting for DiskDestroyed{broker:1}"
    );
}

#[test]
fn example_7_all_records_are_looked_at_and_a_counter_example_is_named() {
    let topic = "kafka-topics --create --topic vip-orders --partitions 10 --replication-factor 1";
    let mut table = Table::open("trio", &[topic]);
    let rule = "all_recs(\"vip-orders\", r -> r.key ~ \"vip-\" ? r.partition < 8 : r.partition >= 8)";
    assert!(table.holds(rule), "of an empty topic everything is true");
    assert!(!table.holds(&format!("{rule} && leo_sum(\"vip-orders\") >= 1")));
    table.lines(&["sim produce web --topic vip-orders --partition 3 --keys vip-1,vip-2 --wait acked"]);
    assert!(table.holds(&format!("{rule} && leo_sum(\"vip-orders\") >= 2")));
    table.lines(&["sim produce web --topic vip-orders --partition 2 --key user-1 --value x --wait acked"]);
    assert_eq!(
        table.why(rule),
        format!("{rule} - 3 checked; not for partition 2, offset 0, key \"user-1\", value \"x\"")
    );
    assert_eq!(
        table.why("any_rec(\"vip-orders\", r -> r.headers[\"type\"] != none)"),
        "any_rec(\"vip-orders\", r -> r.headers[\"type\"] != none) - 3 checked"
    );
    assert!(
        table.holds("partitions_of(\"vip-orders\", \"user-1\") == {2} && count_key(\"vip-orders\", \"vip-1\") == 1")
    );
    assert!(table.holds("all_recs(\"vip-orders\", r -> partitions_of(\"vip-orders\", r.key).len == 1)"));
    assert!(
        !table.holds("all_recs(\"nothing\", r -> true)") && table.holds("all_recs(\"nothing\", r -> true) == none")
    );
}

#[test]
fn example_8_shares_have_a_sliding_window() {
    let mut table = Table::open("trio", &[ORDERS]);
    table.lines(&["sim produce web --topic orders --partition 0 --count 9 --wait acked", "sim advance 40s"]);
    table.lines(&["sim produce web --topic orders --partition 1 --count 1 --wait acked"]);
    assert!(table.holds("L.max_share(\"orders\") == 0.9 && L0.within(30s).max_share(\"orders\") == 1"));
    assert!(table.holds("L.share_of_leader(\"orders\", leader(\"orders-0\")) == 0.9"));
    assert!(!table.holds("L.max_share(\"nothing\") <= 1"), "a share of nothing is none");
}

#[test]
fn nothing_is_lost_or_doubled_on_a_quiet_run_and_a_leaderless_partition_keeps_what_it_has() {
    let mut table = Table::open("trio", &["kafka-topics --create --topic orders --replica-assignment 2"]);
    let goal =
        "L.acked_lost(\"orders\") == 0 && L.acked_lost(\"orders\", \"web\") == 0 && L.dup_in_log(\"orders\") == 0";
    table.lines(&[&produce("a,b,c")]);
    assert!(table.holds(goal), "{}", table.why(goal));
    table.lines(&["sim kill 2", "sim advance 15s"]);
    assert!(table.holds("leader(\"orders-0\") == none") && table.holds(goal), "{}", table.why(goal));
    table.lines(&["sim start 2", "sim advance 15s"]);
    assert!(table.holds("leader(\"orders-0\") == 2") && table.holds(goal), "{}", table.why(goal));
    table.lines(&["kafka-topics --delete --topic orders", "sim advance 1s"]);
    assert!(table.holds("L.acked_lost(\"orders\") == 0 && L.acked_lost(\"nothing\") == none"));
}

#[test]
fn an_acknowledged_record_that_no_leader_stores_is_lost() {
    let mut table = Table::open("trio", &[ORDERS, &produce("a")]);
    table.course = Course::of_run(Present::of(&table.timeline));
    let mut journal = table.timeline.journal().clone();
    let entries: Vec<Entry> = journal.iter().cloned().collect();
    let acked = entries.iter().find(|entry| matches!(entry.event, Event::Acked { .. })).expect("one was acknowledged");
    let mut gone = acked.clone();
    let Event::Acked { offset, rid, .. } = &mut gone.event else { unreachable!() };
    (*offset, *rid) = (*offset + 7, Rid(4_000_000_000));
    journal.push(gone);
    // The same record again, in the partition that has it.
    let appended = entries.iter().find(|entry| matches!(entry.event, Event::Appended { .. })).expect("one was stored");
    journal.push(appended.clone());
    let present = Present { journal: &journal, ..Present::of(&table.timeline) };
    for (text, value) in [("L0.acked_lost(\"orders\") == 0", 1), ("L0.dup_in_log(\"orders\") == 0", 1)] {
        let goal = Goal::new(text, Rules::of(Scope::Step)).expect("it is good");
        table.course.watch(&goal);
        table.course.follow(present);
        let mut watch = Watch::new(Arc::new(goal));
        assert_eq!(watch.part_value(&table.course, present), Value::num(value), "{text}");
    }
}

#[test]
fn near_misses_are_named_by_the_one_condition_that_fails() {
    let mut table = Table::open("trio", &[ORDERS]);
    assert_eq!(table.why("H.any(Acked{p:\"p1\"})"), "H.any(Acked{p:\"p1\"}) - 0 so far");
    table.lines(&["sim produce pall --topic orders --key k --wait acked"]);
    assert_eq!(
        table.why("H.any(Acked{p:\"p1\"})"),
        "H.any(Acked{p:\"p1\"}) - 0 so far; the newest Acked has p = \"pall\""
    );
    assert_eq!(table.why("H.any(Acked{p:\"p1\", latency>1h})"), "H.any(Acked{p:\"p1\", latency>1h}) - 0 so far");
    let why = table.why("H.none(Acked{p:\"pall\"})");
    assert!(why.starts_with("H.none(Acked{p:\"pall\"}) - 1 so far, the first at 0."), "{why}");
    assert_eq!(
        table.why("leo(\"orders-9\") >= 1 || answered(\"L05.P1\")"),
        "leo(\"orders-9\") >= 1 - there is none yet: leo(\"orders-9\") or \
         answered(\"L05.P1\") - lock your prediction first"
    );
    assert_eq!(table.why("topic(\"clicks\").exists"), "topic(\"clicks\").exists - is false");
    assert_eq!(table.why("topic(\"clicks\").partitions == 1"), {
        "topic(\"clicks\").partitions == 1 - topic(\"clicks\") does not exist yet"
    });
    assert_eq!(table.why("!topic(\"orders\").exists"), "!topic(\"orders\").exists - topic(\"orders\").exists is true");
}

#[test]
fn progress_is_the_share_of_true_parts() {
    let mut table = Table::open("trio", &[ORDERS]);
    let goal = Goal::new("topic(\"orders\").exists && (brokers_up() == 3 && elapsed > 1h)", Rules::of(Scope::Step));
    let mut watch = Watch::new(Arc::new(goal.expect("it is good")));
    table.course.follow(Present::of(&table.timeline));
    assert_eq!(watch.progress(&table.course, Present::of(&table.timeline)), (2, 3));
}

#[test]
fn state_functions_read_the_world() {
    let mut table = Table::open("trio", &[ORDERS, &produce("a,b,c,d"), "sim client add c --consumer --topics orders"]);
    table.lines(&["sim advance 3s"]);
    let all = [
        "topic(\"orders\").partitions == 3 && topic(\"orders\").rf == 1 && topic(\"orders\").config[\"retention.bytes\"] == -1",
        "topic(\"orders\").config[\"cleanup.policy\"] == \"delete\" && effective_min_isr(\"orders-0\") == 1",
        "leaders(\"orders\").len == 3 && replicas(\"orders-0\") == isr(\"orders-0\")",
        "leo_sum(\"orders\") == 4 && hw(\"orders-0\") == leo(\"orders-0\", leader(\"orders-0\")) && start(\"orders-0\") == 0",
        "segments(\"orders-0\") == [0] && bytes(\"orders-0\") + bytes(\"orders-1\") + bytes(\"orders-2\") > 100",
        "any_rec(\"orders\", r -> r.key == \"a\" && r.value_len > 0 && r.ts <= now && r.ts_type == \"CreateTime\")",
        "ctl.quorum && ctl.active == 101 && broker(1).state == \"up\" && brokers_up() == 3 && metadata_lag(1) <= 1",
        "prod(\"web\").acked == 4 && prod(\"web\").succeeded == 4 && prod(\"web\").in_flight == 0",
        "prod(\"web\").topic == \"orders\" && prod(\"web\").config[\"acks\"] == \"all\" && prod(\"web\").config[\"linger.ms\"] == 5",
        "prod(\"web\").config[\"enable.idempotence\"] && prod(\"web\").producer_id >= 0",
        "cons(\"c\").state == \"running\" && cons(\"c\").assignment.len == 3 && cons(\"c\").lag == 0",
        "prod(\"c\") == none && cons(\"web\") == none && leo(\"orders-7\") == none && broker(101) == none",
        "H0.none(Acked) && elapsed == 3s && now - elapsed < now && H0.max_gap(Acked) == none",
    ];
    for text in all {
        assert!(table.holds(text), "{}", table.why(text));
    }
    table.lines(&["sim produce web --topic orders --partition 1 --value late --wait acked"]);
    assert!(table.holds("last_rec(\"orders-1\").value == \"late\" && last_rec(\"orders-1\").key == none"));
    assert!(table.holds("rec(\"orders-1\", leo(\"orders-1\") - 1).value == \"late\" && rec(\"orders-1\", 99) == none"));
}

#[test]
fn a_restarted_producer_gives_no_record_identity_twice() {
    let mut table = Table::open("trio", &[ORDERS]);
    table.lines(&[&produce("a"), "sim client web set linger.ms=0", &produce("b")]);
    assert!(
        table.holds("H.count(Appended{p:\"web\", key:\"a\"}) == 1 && H.count(Appended{p:\"web\", key:\"b\"}) == 1")
    );
}

#[test]
fn the_past_is_that_of_the_branch_after_a_jump() {
    let mut table = Table::open("trio", &[ORDERS, "sim checkpoint before"]);
    let goal = "H0.count(Acked{p:\"web\"}) == 2";
    table.lines(&[&produce("a"), &produce("b")]);
    assert!(table.holds(goal));
    table.lines(&["sim restore before"]);
    assert!(!table.holds(goal) && table.holds("H0.none(Acked)"));
    table.lines(&[&produce("c")]);
    assert!(table.holds("H0.count(Acked) == 1 && H0.last(Appended).key == \"c\""));
    table.lines(&["sim new --preset solo"]);
    table.course.fork(Mark::default());
    assert!(table.holds("H0.none(Acked) && brokers_up() == 1"), "{}", table.why("H0.none(Acked) && brokers_up() == 1"));
}

#[test]
fn the_console_evaluates_a_goal_and_says_why_not() {
    let mut table = Table::open("trio", &[ORDERS]);
    let mut run = |line: &str| {
        let output = table.shell.run_line(&mut table.timeline, line).output;
        (output.status, output.stdout_text(), output.stderr)
    };
    let none = String::new();
    assert_eq!(run("sim goal 'brokers_up() == 3'"), (0, "true\n".to_string(), none.clone()));
    assert_eq!(
        run("sim goal 'leo(\"orders-1\") >= 1 && brokers_up() == 3'"),
        (1, "false\nleo(\"orders-1\") >= 1 - is 0\n".to_string(), none.clone())
    );
    let wrong = "sim goal: at character 1: there is no function loe; did you mean leo?\n".to_string();
    assert_eq!(run("sim goal 'loe(\"orders-1\") >= 1'"), (1, none.clone(), wrong));
    assert_eq!(run("sim goal a b").0, 1);
}
