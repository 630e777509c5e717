//! What reading a request body costs, on the bodies of Google's guide.
//!
//! Varies: the body, and the parser. `to a command` is the whole way, what a request pays;
//! `simd-json` and `serde_json` go from bytes to the wire's structs only. The slower judges what
//! the faster refuses, so it is here to show what the faster saves.
//! Leaves out: headers, routing, the fingerprint.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use paceline_api::ucp::body::{CheckoutBody, CompleteBody};
use paceline_api::ucp::read::{judge, read};
use paceline_api::ucp::request::{parse_complete, parse_create, parse_update};
use paceline_benches::bodies;
use paceline_domain::ids::SessionId;

fn parse(criterion: &mut Criterion) {
    let complete = bodies::complete();

    let mut group = bytes_of(criterion, "parse create", bodies::CREATE);
    let body = bodies::CREATE.as_bytes();
    group.bench_function("to a command", |b| b.iter(|| black_box(parse_create(body).is_ok())));
    group.bench_function("simd-json", |b| b.iter(|| fast_checkout(body)));
    group.bench_function("serde_json", |b| b.iter(|| slow_checkout(body)));
    group.finish();

    let mut group = bytes_of(criterion, "parse update", bodies::UPDATE);
    let body = bodies::UPDATE.as_bytes();
    group.bench_function("to a command", |b| {
        b.iter(|| black_box(parse_update(body, SessionId(7)).is_ok()));
    });
    group.bench_function("simd-json", |b| b.iter(|| fast_checkout(body)));
    group.bench_function("serde_json", |b| b.iter(|| slow_checkout(body)));
    group.finish();

    let mut group = bytes_of(criterion, "parse complete", &complete);
    let body = complete.as_bytes();
    group.bench_function("to a command", |b| b.iter(|| black_box(parse_complete(body).is_ok())));
    group.bench_function("simd-json", |b| b.iter(|| fast_complete(body)));
    group.bench_function("serde_json", |b| b.iter(|| slow_complete(body)));
    group.finish();
}

fn bytes_of<'c>(
    criterion: &'c mut Criterion,
    name: &str,
    body: &str,
) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(body.len() as u64));
    group
}

fn fast_checkout(body: &[u8]) {
    let read = read::<CheckoutBody<'_>>(body, &mut vec![]).is_ok();
    assert!(read, "Google's body is taken");
}

fn slow_checkout(body: &[u8]) {
    assert!(judge::<CheckoutBody<'_>>(body).is_ok(), "Google's body is taken");
}

fn fast_complete(body: &[u8]) {
    let read = read::<CompleteBody<'_>>(body, &mut vec![]).is_ok();
    assert!(read, "Google's body is taken");
}

fn slow_complete(body: &[u8]) {
    assert!(judge::<CompleteBody<'_>>(body).is_ok(), "Google's body is taken");
}

criterion_group!(benches, parse);
criterion_main!(benches);
