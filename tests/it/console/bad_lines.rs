//! Bad lines: what each says. None of them changes anything.

use super::Console;

/// Lines that cannot be carried out, with what their one line of error says in full.
const BAD: &[(&str, &str)] = &[
    ("sim", "sim: a verb is missing: sim help lists them"),
    ("sim advence 3s", "sim: there is no 'advence'; did you mean advance?"),
    ("sim new --preset tri", "there is no preset 'tri'; did you mean trio?"),
    ("sim new --sead 3", "sim new: there is no --sead here; did you mean seed?"),
    ("sim new --seed x", "sim new: --seed needs a number, not 'x'"),
    ("sim new --seed", "sim new: --seed needs a value"),
    ("sim new --brokers 0", "sim new: --brokers is 1 to 99, not 0"),
    ("sim new --start yesterday", "'yesterday' is not a date: 2026-01-01T00:00:00Z"),
    ("sim new --racks a,,b", "sim new: --racks a,b,c: a name is empty"),
    ("sim new trio", "sim new: 'trio' is not understood here"),
    ("sim advance", "sim advance: a duration is missing"),
    ("sim advance 3", "sim advance: '3' is not a duration: 20ms 5s 3m 2h 7d"),
    ("sim advance -3s", "sim advance: '-3s' is not a duration: 20ms 5s 3m 2h 7d"),
    ("sim advance 3s 4s", "sim advance: '4s' is not understood here"),
    ("sim step x", "sim step: 'x' is not a number of events: 1 to 10000000"),
    ("sim step 0", "sim step: '0' is not a number of events: 1 to 10000000"),
    ("sim step --for 3s", "sim step: --for belongs to --until"),
    ("sim step --untl idle", "sim step: there is no --untl here; did you mean until?"),
    ("sim step --until idel", "sim step: 'idel' is not a condition; did you mean idle?"),
    ("sim step --until hw:orders-0", "sim step: 'hw:orders-0' has no '=': hw:orders-0=5, leo:orders-0@2=5"),
    ("sim step --until hw:orders=3", "sim step: 'orders' is not a partition: orders-0"),
    ("sim step --until leader:orders-0=x", "sim step: 'x' is not a node"),
    ("sim step --until leader:orders-0=9", "there is no broker 9: 1, 2, 3"),
    ("sim step --until isr:orders-0=1,101", "there is no broker 101: 1, 2, 3"),
    ("sim step --until hw:orders-3=1", "there is no partition orders-3"),
    ("sim advance 1s &", "sim does not run in the background: '&' is for tools"),
    ("printf a | sim advance 1s", "sim does not read what '|' brings: it is for tools"),
    ("sim kill x", "there is no node x: 1, 2, 3, 101, 102, 103"),
    ("sim client c1 set group.id=g", "not yet: --group"),
    ("sim produce", "sim produce: the producer's name is missing"),
    ("sim produce p", "sim produce: --topic is missing"),
    ("sim produce p --topic orders --kye a", "sim produce: there is no --kye here; did you mean key?"),
    ("sim produce p --topic orders --key a --keys b", "sim produce: --keys and --key cannot stand together"),
    ("sim produce p --topic orders --null --value v", "sim produce: --null and --value cannot stand together"),
    ("sim produce p --topic orders --count 0", "sim produce: --count is at least 1"),
    ("sim produce p --topic orders --json 7", "sim produce: --json needs an object such as '{\"a\":1}', not '7'"),
    ("sim produce p --topic orders --json {} --value v", "sim produce: --json and --value cannot stand together"),
    ("sim produce p --topic orders --count many", "sim produce: --count needs a number, not 'many'"),
    ("sim produce p --topic orders --every 2", "sim produce: --every: '2' is not a duration: 20ms 5s 3m 2h 7d"),
    ("sim produce p --topic orders --header k", "sim produce: --header needs k=v, not 'k'"),
    ("sim produce p --topic orders --topic orders", "sim produce: --topic stands twice"),
    ("sim produce p q --topic orders", "sim produce: 'q' is not understood here"),
    (
        "sim produce p --topic orders --mode snc",
        "sim produce: --mode is forget, sync, callback, not 'snc'; did you mean sync?",
    ),
    (
        "sim produce p --topic orders --wait akced",
        "sim produce: --wait is sent, appended, acked, not 'akced'; did you mean acked?",
    ),
    ("sim produce p --topic orders --partition -1", "sim produce: --partition is at least 0, not -1"),
    ("sim produce p --topic orders --timestamp -1", "sim produce: --timestamp is at least 0, not -1"),
    ("sim produce 7 --topic orders", "'7' cannot be a client's name"),
    ("sim produce c1 --topic orders", "c1 is not a producer"),
    ("sim load", "sim load: the producer's name is missing"),
    ("sim load web --topic orders", "sim load: --rate is missing"),
    ("sim load web --topic orders --rate 0", "sim load: --rate is 1 to 1000000 records a second, not 0"),
    ("sim load web --rate 5", "sim load: --topic is missing"),
    (
        "sim load web --topic orders --rate 5 --profile celebrty",
        "sim load: there is no profile 'celebrty'; did you mean celebrity?",
    ),
    ("sim load stop", "sim load: the producer's name is missing"),
    ("sim load stop shpo", "there is no client shpo; did you mean shop?"),
    ("sim load stop shop", "shop has no load"),
    ("sim client add --producer", "sim client: a name is missing"),
    ("sim client add p", "sim client: one of --producer and --consumer must stand"),
    ("sim client add p --producr", "sim client: there is no --producr here; did you mean producer?"),
    ("sim client add p --producer --topics orders", "sim client: --topics and --assign belong to --consumer"),
    ("sim client add c --consumer --assign orders", "sim client: 'orders' is not a partition: orders-0"),
    (
        "sim client add c --consumer --topics a --assign orders-0",
        "sim client: --topics and --assign cannot stand together",
    ),
    ("sim client add c --consumer process.ms=x", "sim client: process.ms needs milliseconds, not 'x'"),
    ("sim client add c --consumer poll=never", "sim client: poll is loop or manual, not 'never'"),
    (
        "sim client add p --producer acks=most",
        "org.apache.kafka.common.config.ConfigException: Invalid value most for configuration acks: String must be one \
         of: all, -1, 0, 1",
    ),
    ("sim client add p shop --producer", "a client shop runs already"),
    ("sim client add all --producer", "'all' cannot be a client's name"),
    ("sim client add p-1..x --producer", "sim client: 'p-1..x' is not a range: oms-1..15"),
    ("sim client shpo set acks=1", "there is no client shpo; did you mean shop?"),
    ("sim client shop set", "sim client: NAME.. set key=value .."),
    ("sim client shop set acks", "sim client: 'acks' is not a setting: key=value"),
    (
        "sim client shop c1 set linger.ms=x max.poll.records=y",
        "org.apache.kafka.common.config.ConfigException: Invalid value x for configuration linger.ms: Not a number of \
         type LONG",
    ),
    ("sim client c1 set process.ms=-1", "process.ms needs milliseconds, not '-1'"),
    ("sim client c1 pol", "sim client: a client has no 'pol'; did you mean poll?"),
    ("sim client c1 seek orders-0 x", "sim client: 'x' is not an offset, beginning or end"),
    ("sim client c2 poll", "there is no client c2; did you mean c1?"),
    ("sim start", "sim start: a name is missing"),
    ("sim start shop", "shop runs already"),
    ("sim start 9", "there is no node 9: 1, 2, 3, 101, 102, 103"),
    ("sim start 1", "node 1 runs already"),
    ("sim close shop sohp", "there is no client sohp; did you mean shop?"),
    ("sim close 1", "1 is a node: sim stop 1"),
    ("sim crash 1", "1 is a node: sim kill 1"),
    ("sim kill shop", "shop is a client: sim crash shop"),
    ("sim kill 1 shop", "shop is a client: sim crash shop"),
    ("sim kill 1 9", "there is no node 9: 1, 2, 3, 101, 102, 103"),
    ("sim kill rack:z", "no node is in rack z"),
    ("sim kill leader:orders-9", "there is no partition orders-9"),
    ("sim kill leader:orders", "'orders' is not a partition: orders-0"),
    ("sim stop shop", "shop is a client: sim close shop"),
    ("sim cut 1", "sim cut: a node or a client is missing"),
    ("sim cut 1 1", "a link has two ends"),
    ("sim cut 1 9", "there is no node 9: 1, 2, 3, 101, 102, 103"),
    ("sim cut 1 shpo", "there is no client shpo; did you mean shop?"),
    ("sim cut all 1", "'all' means more than one node"),
    ("sim heal", "sim heal: a node or a client is missing"),
    ("sim heal 1 2", "nothing is cut between broker 1 and broker 2"),
    ("sim heal al", "there is no client al; did you mean all?"),
    ("sim isolate shop", "shop is a client: sim cut takes two ends"),
    ("sim slow brocker 1 3s", "sim slow: 'brocker' is not broker or fetcher; did you mean broker?"),
    ("sim slow broker 1", "sim slow: a duration or off is missing"),
    ("sim slow broker 1 fast", "sim slow: 'fast' is not a duration: 20ms 5s 3m 2h 7d"),
    ("sim slow broker x 3s", "'x' is not a node"),
    ("sim freeze shpo", "there is no client shpo; did you mean shop?"),
    ("sim thaw shop", "shop is not frozen"),
    ("sim checkpoint", "sim checkpoint: a name is missing"),
    ("sim restore nwo", "there is no checkpoint nwo; did you mean now?"),
    ("sim seek", "sim seek: a time is missing"),
    ("sim seek back", "sim seek: 'back' is not a duration: 20ms 5s 3m 2h 7d"),
    ("sim undo 2", "sim undo: '2' is not understood here"),
    ("sim state now", "sim state: 'now' is not understood here"),
    ("sim events --grep [", "--grep: '[' is not a regular expression: found unclosed character class"),
    ("sim events --sinc 3s", "sim events: there is no --sinc here; did you mean since?"),
    ("sim logs", "sim logs: a node or a client is missing"),
    ("sim logs shpo", "there is no client shpo; did you mean shop?"),
    ("sim check all", "sim check: 'all' is not understood here"),
    ("sim digest x", "sim digest: 'x' is not understood here"),
    ("sim help advnce", "sim help: there is no 'advnce'; did you mean advance?"),
    ("kafka-topcs --list", "kafka-topcs: there is no such command; did you mean kafka-topics?"),
    ("ls | kafka-topics", "in front of '|' only printf and cat can stand"),
    ("cat nope", "cat: nope: No such file or directory"),
    (
        "sim kill $(leder orders-0)",
        "$(leder orders-0) is not understood; did you mean leader?: $(leader orders-0), \
      $(controller), $(coordinator g)",
    ),
    ("sim kill $(leader nope-0)", "there is no partition nope-0"),
];

/// Lines that belong to what is built later.
const LATER: &[&str] = &[
    "sim new --preset notes-diagram",
    "sim step --until group:billing=Stable",
    "sim client add c --consumer --group g --topics orders",
    "sim client add c --consumer --pattern ord.*",
    "sim client add c --consumer commit=sync",
    "sim client c1 set commit=sync",
    "sim client c1 commit",
    "sim client c1 process 1",
    "sim client c1 subscribe orders",
    "sim client c1 metrics",
    "sim client c1 partitions-for orders",
    "sim crash c1 --mid-batch",
    "sim restart c1",
    "sim freeze app c1",
    "sim freeze fetcher 1",
    "sim slow fetcher 1 3s",
    "sim freeze coordinator:g",
    "sim kill $(coordinator g)",
    "sim group g set a=b",
    "sim drop-next request c1",
    "sim fail-next Produce shop NOT_LEADER_OR_FOLLOWER",
    "sim interrupt shop",
    "sim broker 1 set a=b",
    "sim rolling-restart 1",
    "sim chaos x",
    "sim scenario x",
    "kafka-consumer-groups --list",
    "kafka-acls.sh --list",
    "kafka-console-consumer --topic orders --group g --max-messages 1",
];

fn busy() -> Console {
    let mut console = Console::trio();
    console.ok("sim produce shop --topic orders --keys a,b,c --wait acked");
    console.ok("sim client add c1 --consumer --topics orders auto.offset.reset=earliest");
    console.ok("sim advance 500ms");
    console.ok("sim checkpoint now");
    console
}

#[test]
fn a_bad_line_changes_nothing_and_says_what_was_wrong() {
    let mut console = busy();
    let before = (console.digest(), console.timeline.now(), console.timeline.journal().len());
    let mut wrong = Vec::new();
    for (line, error) in BAD {
        let said = console.fails(line);
        if said != format!("{error}\n") {
            wrong.push(format!("{line}\n  says   {said}  wanted {error}"));
        }
        let after = (console.digest(), console.timeline.now(), console.timeline.journal().len());
        assert!(after == before, "{line} changed something");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_built_later_says_so_in_one_line_and_fails() {
    let mut console = busy();
    let mut wrong = Vec::new();
    for line in LATER {
        let built_on_world = line.starts_with("kafka-topics") || line.starts_with("kafka-console");
        let before = (console.digest(), console.timeline.journal().len());
        let output = console.type_line(line);
        let said = format!("{}{}", output.stdout_text(), output.stderr);
        if output.status != 1 || !said.starts_with("not yet: ") || said.lines().count() != 1 {
            wrong.push(format!("{line}\n  {} {said}", output.status));
        }
        // A tool has asked the cluster, which lets time pass.
        let after = (console.digest(), console.timeline.journal().len());
        assert!(after == before || built_on_world, "{line} changed something");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
