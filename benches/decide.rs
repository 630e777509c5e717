//! What the rules cost: one decision and its application, on a session as Google builds it.
//!
//! Varies: the command. Leaves out: parsing before it, the log and the wording after it.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use paceline_benches::purchase::{Purchase, after, approve, complete, create, update};
use paceline_benches::shop::Shop;
use paceline_domain::session::{self, Command, State};

fn decide(criterion: &mut Criterion) {
    let market = Shop::open();
    let purchase = Purchase::make();
    let mut group = criterion.benchmark_group("decide");
    let mut measure = |name: &str, state: &State, command: &dyn Fn() -> Command| {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (state.clone(), command()),
                |(state, command)| {
                    let state = after(state, command);
                    black_box(session::pending(&state));
                    state
                },
                BatchSize::SmallInput,
            );
        });
    };
    measure("create", &None, &|| create(&market));
    measure("update", &purchase.opened, &|| update(&market));
    measure("complete", &purchase.ready, &|| complete(&market));
    measure("approved", &purchase.completing, &approve);
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
