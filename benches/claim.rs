//! What the idempotency map costs, in front of every keyed request.
//!
//! Varies: what becomes of the claim. The map holds a busy minute of other answers meanwhile.
//! Leaves out: the log behind it, which a forgotten key falls through to.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use paceline_engine::Reply;
use paceline_engine::idempotency::{Claim, Claims, IdempotencyKey, Keyed};
use paceline_engine::metrics::Metrics;

/// As configured by default.
const ANSWERS_BYTES_MAX: usize = 64 * 1024 * 1024;
const OTHERS: u64 = 10_000;
/// About what a checkout takes.
const ANSWER_BYTES: usize = 2_500;

fn claim(criterion: &mut Criterion) {
    let claims = Claims::new(ANSWERS_BYTES_MAX, Arc::new(Metrics::default()));
    let reply = Reply { status: 201, body: Bytes::from(vec![b'x'; ANSWER_BYTES]) };
    for other in 0..OTHERS {
        take(&claims, &keyed(other, 1), Some(&reply));
    }
    let mut next = OTHERS;
    let mut fresh = || {
        next += 1;
        keyed(next, 1)
    };

    let mut group = criterion.benchmark_group("claim");
    group.bench_function("unseen, answered in the end", |bencher| {
        bencher.iter_batched(
            &mut fresh,
            |keyed| take(&claims, &keyed, Some(&reply)),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("unseen, given back", |bencher| {
        bencher.iter_batched(
            &mut fresh,
            |keyed| take(&claims, &keyed, None),
            BatchSize::SmallInput,
        );
    });
    let known = fresh();
    take(&claims, &known, Some(&reply));
    group.bench_function("answered", |bencher| {
        bencher.iter(|| match claims.claim(&known) {
            Claim::Answered(reply) => black_box(reply),
            _ => unreachable!("the key has its answer"),
        });
    });
    let other_body = Keyed { fingerprint: [2; 32], ..known.clone() };
    group.bench_function("mismatched", |bencher| {
        bencher.iter(|| assert!(matches!(claims.claim(&other_body), Claim::Mismatched)));
    });
    group.finish();
}

/// Claims a key that nobody has and gives it its answer, or gives it back.
fn take(claims: &Claims, keyed: &Keyed, reply: Option<&Reply>) {
    let Claim::Unseen(claimed) = claims.claim(keyed) else { unreachable!("the key is new") };
    if let Some(reply) = reply {
        claimed.answered(reply);
    }
}

fn keyed(number: u64, fingerprint: u8) -> Keyed {
    let key = format!("6f1c52ba-9d4e-4a07-8c35-{number:012x}");
    let key = IdempotencyKey::new("https://ucp.goog/.well-known/ucp.json", "create", &key);
    Keyed { key, fingerprint: [fingerprint; 32] }
}

criterion_group!(benches, claim);
criterion_main!(benches);
