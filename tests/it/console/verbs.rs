//! Every form of the verbs acts.

use super::Console;
use serde_json::json;

#[test]
fn a_new_cluster_is_as_large_as_asked() {
    let mut console = Console::trio();
    console.ok("sim new --brokers 5 --racks a,b --seed 9 --start 2026-03-01");
    let state = console.state();
    assert_eq!((&state["seed"], &state["time_ms"]), (&json!(9), &json!(0)));
    let racks: Vec<&str> =
        state["brokers"].as_array().expect("brokers").iter().filter_map(|b| b["rack"].as_str()).collect();
    assert_eq!(racks, ["a", "b", "a", "b", "a"]);
    assert_eq!(state["topics"], json!([]), "nothing of the old run is left");
    console.ok("sim new --preset dev");
    assert_eq!(console.state()["brokers"][0]["id"], json!(0));
    console.ok("kafka-topics --create --topic t --bootstrap-server localhost:9092");
}

#[test]
fn time_moves_only_as_far_as_it_is_told() {
    let mut console = Console::trio();
    let now = console.state()["time_ms"].as_u64().expect("a time");
    console.ok("sim advance 250ms");
    assert_eq!(console.state()["time_ms"], json!(now + 250));
    let step = console.state()["step"].as_u64().expect("a step");
    console.ok("sim step 3");
    assert_eq!(console.state()["step"], json!(step + 3));
    console.ok("sim step");
    assert_eq!(console.state()["step"], json!(step + 4));
    let digest = console.digest();
    console.ok("sim step --until leader:orders-0=1");
    assert_eq!(console.digest(), digest, "a condition that holds moves nothing");
    assert_eq!(
        console.fails("sim step --until leader:orders-0=2 --for 2s"),
        "it did not come about within 2 s of virtual time\n"
    );
}

#[test]
fn conditions_come_about() {
    let mut console = Console::trio();
    console.ok("sim produce shop --topic orders --partition 1 --count 3 --every 5ms");
    console.ok("sim step --until hw:orders-1=3");
    console.ok("sim step --until hw:orders-1@2=3 ; sim step --until leo:orders-1@2=3 ; sim step --until idle");
    console.ok("sim step --until isr:orders-1=2");
    console.ok("sim kill 2");
    console.ok("sim step --until leader:orders-1=none --for 30s");
    console.ok("sim start 2 ; sim step --until leader:orders-1=2 --for 30s");
}

#[test]
fn a_producer_sends_what_the_line_says() {
    let mut console = Console::trio();
    console.ok("sim produce shop --topic orders --partition 0 --keys a,b --value v --wait acked");
    console.ok("sim produce shop --topic orders --partition 0 --header h=1 --null --key c --wait appended");
    console.ok("sim produce shop --topic orders --partition 0 --size 10 --count 2 --mode sync --wait acked");
    console
        .ok("sim produce shop --topic orders --partition 0 --timestamp 5 --mode forget --wait sent ; sim advance 1s");
    let printed = console.ok("kafka-console-consumer --topic orders --partition 0 --from-beginning --max-messages 6 \
         --formatter-property print.key=true --formatter-property print.headers=true --formatter-property \
         print.timestamp=true");
    let rows: Vec<Vec<&str>> = printed.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows[0][2], rows[0][3]), ("a", "v"));
    assert_eq!((rows[1][2], rows[1][3]), ("b", "v"));
    assert_eq!((rows[2][1], rows[2][2], rows[2][3]), ("h:1", "c", "null"));
    assert_eq!((rows[3][2], rows[3][3].len()), ("null", 10));
    assert!(rows[3][3].starts_with("shop-3"), "n counts the sends of the producer from 0: {}", rows[3][3]);
    assert_eq!(rows[5][0], "CreateTime:5");
}

#[test]
fn a_send_that_fails_is_named() {
    let mut console = Console::trio();
    let said =
        console.fails("sim client add p --producer max.block.ms=100 ; sim produce p --topic 'no good' --wait acked");
    assert!(said.contains("InvalidTopicException"), "{said}");
}

#[test]
fn a_load_is_steady_and_stops() {
    let mut console = Console::trio();
    let end = |console: &mut Console| {
        let printed = console.ok("kafka-get-offsets --topic orders");
        printed.lines().filter_map(|line| line.rsplit(':').next()?.parse::<u64>().ok()).sum::<u64>()
    };
    console.ok("sim load web --topic orders --rate 50 --size 20 --profile celebrity");
    console.ok("sim advance 4s ; sim load stop web ; sim advance 1s");
    let sent = end(&mut console);
    assert!((190..=210).contains(&sent), "{sent}");
    console.ok("sim advance 5s");
    assert_eq!(end(&mut console), sent);
    console.ok("sim load web --topic orders --rate 10 --for 2s ; sim advance 6s");
    assert!((15..=25).contains(&(end(&mut console) - sent)));
}

#[test]
fn clients_are_made_changed_called_and_ended() {
    let mut console = Console::trio();
    console.ok("sim produce shop --topic orders --partition 0 --count 4 --wait acked");
    console.ok("sim client add a-1..3 --producer linger.ms=5");
    console.ok("sim client add c1 --consumer --assign orders-0 auto.offset.reset=earliest poll=manual");
    console.ok("sim client c1 poll --timeout 1s ; sim advance 2s");
    let consumers = console.state()["consumers"].clone();
    assert_eq!(consumers[0]["delivered"], json!(4), "{consumers}");
    console.ok("sim client c1 seek orders-0 beginning ; sim client c1 poll ; sim advance 2s");
    assert_eq!(console.state()["consumers"][0]["delivered"], json!(8));
    console.ok("sim client c1 seek orders-0 3 ; sim client c1 pause orders-0 ; sim client c1 resume orders-0");
    console.ok("sim client c1 assign orders-1,orders-2");
    assert_eq!(console.state()["consumers"][0]["assignment"], json!(["orders-1", "orders-2"]));
    console.ok("sim client shop flush");
    let said = console.ok("sim client a-1 a-2 set linger.ms=9");
    assert_eq!(said, "a-1 was restarted with its new configuration\na-2 was restarted with its new configuration\n");
    console.ok("sim client c1 set process.ms=5 poll=loop");
    console.ok("sim close a-1..2 ; sim crash c1 ; sim advance 1s");
    console.ok("sim client a-1 set linger.ms= ; sim start a-1 c1");
}

#[test]
fn nodes_die_and_live_and_links_break_and_heal() {
    let mut console = Console::trio();
    let state = |console: &mut Console, broker: usize| console.state()["brokers"][broker - 1]["state"].clone();
    console.ok("sim kill leader:orders-1 ; sim advance 15s");
    assert_eq!(state(&mut console, 2), json!("crashed"));
    console.ok("sim start 2 ; sim stop 3 ; sim advance 15s");
    assert_eq!((state(&mut console, 2), state(&mut console, 3)), (json!("up"), json!("stopped")));
    console.ok("sim start 3 ; sim freeze 1 ; sim advance 1s");
    assert_eq!(state(&mut console, 1), json!("frozen"));
    console.ok("sim thaw 1 ; sim cut 1 2 ; sim heal 1 2 ; sim isolate 1 ; sim advance 15s");
    assert_eq!(console.state()["brokers"][0]["fenced"], json!(true));
    console.ok("sim heal 1 ; sim advance 15s");
    assert_eq!(console.state()["brokers"][0]["fenced"], json!(false));
    console.ok("sim cut 1 3 ; sim heal all ; sim slow broker 1 200ms ; sim slow broker 1 off");
    console.ok("sim kill all");
    assert_eq!(console.ok("sim check"), "ok\n");
}

#[test]
fn more_bytes_than_memory_bears_are_refused() {
    let mut console = Console::trio();
    let refused = "at most 67108864 bytes of values go at once or in a second: all logs are in memory\n";
    for line in [
        "sim produce shop --topic orders --count 100000 --size 1000000",
        "sim load web --topic orders --rate 1000 --size 1000000 --for 1s",
    ] {
        let digest = console.digest();
        assert_eq!((console.fails(line).as_str(), console.digest()), (refused, digest), "{line}");
    }
    console.ok("sim produce shop --topic orders --count 60 --size 1000000");
}

/// What does not fit into one decision is an error that the server does not explain, and what fitted stays.
#[test]
fn partitions_beyond_ten_thousand_of_one_request_are_an_error_after_those_that_fit() {
    let mut console = Console::trio();
    let said = console.fails("kafka-topics --alter --topic orders --partitions 2000000");
    assert!(said.contains("UnknownServerException"), "{said}");
    let topics = console.state()["topics"].clone();
    assert_eq!(topics[0]["partitions"].as_array().map(Vec::len), Some(10_003));
}

#[test]
fn a_set_of_nodes_is_those_that_the_act_is_for() {
    let mut console = Console::trio();
    let up = |console: &mut Console| {
        let state = console.state();
        state["brokers"].as_array().expect("brokers").iter().filter(|b| b["state"] == json!("up")).count()
    };
    assert_eq!(console.fails("sim start all"), "no node of 'all' is down\n");
    console.ok("sim kill 2 ; sim kill 3 ; sim start all ; sim advance 15s");
    assert_eq!(up(&mut console), 3);
    console.ok("sim freeze 1 ; sim freeze all ; sim thaw all");
    assert_eq!(console.fails("sim thaw all"), "no node of 'all' is frozen\n");
    console.ok("sim kill 1 ; sim kill all");
    assert_eq!((up(&mut console), console.fails("sim kill all")), (0, "no node of 'all' runs\n".to_string()));
    assert_eq!(console.fails("sim start 1 ; sim start 1"), "node 1 runs already\n");
}

#[test]
fn one_line_is_one_thing_to_undo() {
    let mut console = Console::trio();
    let before = console.digest();
    console.ok("sim kill 1 2");
    console.ok("sim undo");
    assert_eq!(console.digest(), before);
    console.ok("sim client add p-1..3 --producer");
    console.ok("sim undo");
    assert_eq!(console.digest(), before);
}

#[test]
fn history_can_be_left_and_found_again() {
    let mut console = Console::trio();
    console.ok("sim checkpoint here");
    let here = console.digest();
    console.ok("sim produce shop --topic orders --count 3 --wait acked ; sim advance 2s");
    console.ok("sim restore here");
    assert_eq!(console.digest(), here);
    console.ok("sim seek 1s");
    assert_eq!(console.state()["time_ms"], json!(1000));
    console.ok("sim seek 0s");
    assert_eq!(console.state()["topics"], json!([]));
}

#[test]
fn looks_change_nothing() {
    let mut console = Console::trio();
    console.ok("sim checkpoint here ; sim produce shop --topic orders --count 2 --wait acked");
    let before = (console.digest(), console.timeline.now());
    for line in ["sim state", "sim check", "sim help", "sim help step", "sim logs 1", "sim logs shop --grep xyz"] {
        console.ok(line);
    }
    assert!(!console.ok("sim events --since here --grep Acked").is_empty());
    let row: serde_json::Value =
        serde_json::from_str(console.ok("sim events --json --since 0s").lines().next().expect("an event"))
            .expect("JSON");
    assert!(row["event"].is_string() && row["time_ms"].is_number());
    assert_eq!((console.digest(), console.timeline.now()), before);
}
