//! What reading a request body costs, on the bodies of Google's guide.
//!
//! Varies: the body, and the parser. `to a command` is the whole way, what a request pays;
//! `serde_json`, which the wire uses, and `simd-json`, which it does not, go from bytes to the
//! wire's structs only. `simd-json` resolves escapes in place, so its copy of the body counts; the
//! room for the copy and its buffers are kept from one body to the next, which flatters it: ours
//! would have to be wiped, for a body may hold a token.
//! Leaves out: headers, routing, the fingerprint.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use paceline_api::ucp::body::{CheckoutBody, CompleteBody};
use paceline_api::ucp::read::read;
use paceline_api::ucp::request::{parse_complete, parse_create, parse_update};
use paceline_benches::bodies;
use paceline_domain::ids::SessionId;
use serde::Deserialize;

fn parse(criterion: &mut Criterion) {
    let complete = bodies::complete();
    let mut room = Room::default();

    let mut group = bytes_of(criterion, "parse create", bodies::CREATE);
    let body = bodies::CREATE.as_bytes();
    group.bench_function("to a command", |b| b.iter(|| black_box(parse_create(body).is_ok())));
    group.bench_function("simd-json", |b| b.iter(|| simd_checkout(&mut room, body)));
    group.bench_function("serde_json", |b| b.iter(|| serde::<CheckoutBody<'_>>(body)));
    group.finish();

    let mut group = bytes_of(criterion, "parse update", bodies::UPDATE);
    let body = bodies::UPDATE.as_bytes();
    group.bench_function("to a command", |b| {
        b.iter(|| black_box(parse_update(body, SessionId(7)).is_ok()));
    });
    group.bench_function("simd-json", |b| b.iter(|| simd_checkout(&mut room, body)));
    group.bench_function("serde_json", |b| b.iter(|| serde::<CheckoutBody<'_>>(body)));
    group.finish();

    let mut group = bytes_of(criterion, "parse complete", &complete);
    let body = complete.as_bytes();
    group.bench_function("to a command", |b| b.iter(|| black_box(parse_complete(body).is_ok())));
    group.bench_function("simd-json", |b| b.iter(|| simd_complete(&mut room, body)));
    group.bench_function("serde_json", |b| b.iter(|| serde::<CompleteBody<'_>>(body)));
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

fn serde<'a, T: Deserialize<'a>>(body: &'a [u8]) {
    assert!(read::<T>(body).is_ok(), "Google's body is taken");
}

/// What simd-json keeps from one body to the next.
#[derive(Default)]
struct Room {
    copy: Vec<u8>,
    buffers: simd_json::Buffers,
}

fn simd_checkout(room: &mut Room, body: &[u8]) {
    let Room { copy, buffers } = room;
    copy.clear();
    copy.extend_from_slice(body);
    let read = simd_json::serde::from_slice_with_buffers::<CheckoutBody<'_>>(copy, buffers);
    assert!(read.is_ok(), "Google's body is taken");
}

fn simd_complete(room: &mut Room, body: &[u8]) {
    let Room { copy, buffers } = room;
    copy.clear();
    copy.extend_from_slice(body);
    let read = simd_json::serde::from_slice_with_buffers::<CompleteBody<'_>>(copy, buffers);
    assert!(read.is_ok(), "Google's body is taken");
}

criterion_group!(benches, parse);
criterion_main!(benches);
