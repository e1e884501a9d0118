//! Native benchmarks: `cargo xtask bench`.

use criterion::{Criterion, criterion_group, criterion_main};
use highwater::rng::Rng;
use std::hint::black_box;

fn random_numbers(criterion: &mut Criterion) {
    let mut rng = Rng::new(1);
    criterion.bench_function("rng: one number", |bencher| bencher.iter(|| black_box(rng.next_u64())));
    let mut rng = Rng::new(1);
    criterion.bench_function("rng: one uuid", |bencher| bencher.iter(|| black_box(rng.uuid())));
}

criterion_group!(benches, random_numbers);
criterion_main!(benches);
