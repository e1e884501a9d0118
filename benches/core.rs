//! Native benchmarks: `cargo xtask bench [FILTER]`.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use highwater::kafka::ids::{LeaderEpoch, Rid, TopicPartition};
use highwater::kafka::log::{AppendOrigin, LogConfig, PartitionLog, ReadBound};
use highwater::kafka::record::{BatchBuilder, Compression, Record, RecordBatch, TimestampType};
use highwater::lessons::VERBS;
use highwater::rng::Rng;
use highwater::shell::Shell;
use highwater::sim::scenario::Scenario;
use highwater::sim::timeline::Timeline;
use highwater::time::{SimDuration, SimTime};
use std::hint::black_box;

const RECORDS_IN_A_BATCH: u32 = 100;

fn batch(compression: Compression) -> RecordBatch {
    let mut builder = BatchBuilder::new(compression, TimestampType::CreateTime, 0, i32::MAX);
    for number in 0..RECORDS_IN_A_BATCH {
        let record = Record {
            timestamp_ms: SimTime::DEFAULT_START.as_epoch_ms(),
            key: Some(format!("order-{number}").into_bytes().into()),
            value: Some(vec![b'v'; 100].into()),
            headers: vec![],
        };
        builder.append(record, Rid(u64::from(number)));
    }
    builder.close()
}

fn random_numbers(criterion: &mut Criterion) {
    let mut rng = Rng::new(1);
    criterion.bench_function("rng: one number", |bencher| bencher.iter(|| black_box(rng.next_u64())));
    let mut rng = Rng::new(1);
    criterion.bench_function("rng: one uuid", |bencher| bencher.iter(|| black_box(rng.uuid())));
}

fn record_batches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("batch of 100 records");
    group.throughput(Throughput::Elements(u64::from(RECORDS_IN_A_BATCH)));
    for compression in [Compression::None, Compression::Lz4] {
        group.bench_function(format!("build, {compression:?}"), |bencher| {
            bencher.iter(|| batch(black_box(compression)))
        });
        let built = batch(compression);
        let bytes = built.bytes().clone();
        group.bench_function(format!("read, {compression:?}"), |bencher| {
            bencher.iter(|| {
                let batch = RecordBatch::parse(bytes.clone(), [].into()).expect("the builder made it");
                batch.records().expect("the builder made it").len()
            });
        });
    }
    group.finish();
}

fn partition_log(criterion: &mut Criterion) {
    let now = SimTime::DEFAULT_START;
    let batch = batch(Compression::None);
    let empty = || PartitionLog::new(TopicPartition::new("orders", 0), LogConfig::default(), now);
    let append = |log: &mut PartitionLog| {
        log.append_as_leader(&batch, LeaderEpoch(0), now, AppendOrigin::Client).expect("a valid batch").last_offset
    };
    let mut full = empty();
    for _ in 0..1_000 {
        append(&mut full);
    }
    let mut group = criterion.benchmark_group("log of 100,000 records");
    group.bench_function("append one batch", |bencher| {
        bencher.iter_batched(|| full.clone(), |mut log| black_box(append(&mut log)), BatchSize::SmallInput);
    });
    group.bench_function("read 64 KiB from the middle", |bencher| {
        bencher.iter(|| full.read(black_box(50_000), 65_536, ReadBound::LogEnd, true).expect("in range").batches.len());
    });
    group.bench_function("clone", |bencher| bencher.iter(|| black_box(full.clone())));
    group.finish();
}

/// Three brokers and a controller, a topic of three partitions with three replicas, and a producer with `acks=all` that
/// is about to send.
fn about_to_send(records_a_second: u32, seconds: u32) -> Timeline {
    let mut timeline = Timeline::new(Scenario::preset("trio").expect("a preset"));
    let mut shell = Shell::new(&VERBS);
    for line in [
        "kafka-topics --create --topic orders --partitions 3 --replication-factor 3".to_string(),
        format!("sim load shop --topic orders --rate {records_a_second} --for {seconds}s"),
    ] {
        let outcome = shell.run_line(&mut timeline, &line);
        assert_eq!(outcome.output.status, 0, "{line}: {}", outcome.output.stderr);
    }
    timeline
}

fn cluster(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("trio, acks=all");
    group.sample_size(10);
    let sent = about_to_send(5_000, 2);
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("10,000 records to all replicas", |bencher| {
        bencher.iter_batched(
            || sent.clone(),
            |mut timeline| {
                timeline.run_for(SimDuration::from_secs(3));
                timeline
            },
            BatchSize::PerIteration,
        );
    });
    let mut busy = sent.clone();
    busy.run_for(SimDuration::from_secs(1));
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("1,000 steps", |bencher| {
        bencher.iter_batched(
            || busy.world().clone(),
            |mut world| {
                (0..1_000).for_each(|_| _ = black_box(world.step()));
                world
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn history(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("history");
    let mut timeline = about_to_send(20_000, 5);
    timeline.run_for(SimDuration::from_secs(6));
    group.bench_function("clone of a world with 100,000 records", |bencher| {
        bencher.iter_with_large_drop(|| timeline.world().clone());
    });
    let mut timeline = about_to_send(500, 600);
    let begin = timeline.now();
    while timeline.now().step < begin.step + 100_000 {
        timeline.run_for(SimDuration::from_secs(1));
    }
    let all = timeline.now().at.since(begin.at).as_micros();
    let mut rng = Rng::new(1);
    group.sample_size(50);
    group.bench_function("seek to any place of 100,000 steps", |bencher| {
        bencher.iter(|| {
            let at = begin.at + SimDuration::from_micros(rng.next_u64() % all);
            timeline.seek_time(at);
        });
    });
    group.finish();
}

criterion_group!(benches, random_numbers, record_batches, partition_log, cluster, history);
criterion_main!(benches);
