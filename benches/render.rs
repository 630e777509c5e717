//! What wording a session costs: from the session to the bytes of the answer.
//!
//! Varies: how far the purchase has come. Leaves out: HTTP's own headers.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use paceline_api::ucp::{Dialect, Operation, manner};
use paceline_benches::purchase::Purchase;
use paceline_benches::shop::words;
use paceline_domain::session::State;
use paceline_engine::Voice;

fn render(criterion: &mut Criterion) {
    let words = words();
    let Purchase { opened, ready, completed, .. } = Purchase::make();
    let mut group = criterion.benchmark_group("render");
    let mut measure = |name: &str, state: &State| {
        let session = state.as_ref().expect("the session is there after its create");
        let manner = manner(Dialect::D0, Operation::Get);
        let reply = words.session(manner, session, None);
        group.throughput(Throughput::Bytes(reply.body.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| words.session(manner, session, None));
        });
    };
    measure("opened", &opened);
    measure("ready to complete", &ready);
    measure("completed", &completed);
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
