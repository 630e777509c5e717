//! What it costs to make the bytes of a turn: the fingerprint of what was asked, the events as
//! they are stored; and to read them back, as waking does.
//!
//! Varies: the step of the purchase. Leaves out: the log that takes the bytes (`writer`), and the
//! sealing of a credential, which only `complete` has.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::HeaderMap;
use paceline_api::ucp::Operation;
use paceline_api::ucp::serve::{Asked, fingerprint};
use paceline_benches::bodies;
use paceline_benches::purchase::{Purchase, complete, create, update};
use paceline_benches::shop::Shop;
use paceline_domain::session::{Event, decide};
use paceline_engine::codec::{decode, encode};

fn record(criterion: &mut Criterion) {
    let (market, purchase) = (Shop::open(), Purchase::make());
    let mut group = criterion.benchmark_group("record");

    let headers = HeaderMap::new();
    let path = "/checkout-sessions/chk_00000000000000000000000000000007";
    for (name, operation, body) in [
        ("fingerprint of a create", Operation::Create, bodies::CREATE.to_owned()),
        ("fingerprint of an update", Operation::Update, bodies::UPDATE.to_owned()),
        ("fingerprint of a complete", Operation::Complete, bodies::complete()),
    ] {
        let body = Bytes::from(body);
        let asked = Asked { operation, session: None, path, headers: &headers, body: &body };
        group.bench_function(name, |bencher| bencher.iter(|| fingerprint(black_box(&asked))));
    }
    for (name, state, command) in [
        ("created", &None, create(&market)),
        ("updated", &purchase.ready, update(&market)),
        ("accepted", &purchase.ready, complete(&market)),
    ] {
        let events = decide(state, command).expect("the purchase breaks no rule");
        let bytes = encode(&events);
        group.bench_function(format!("encode {name}"), |b| b.iter(|| encode(black_box(&events))));
        group.bench_function(format!("decode {name}"), |bencher| {
            bencher.iter(|| decode::<Vec<Event>>(black_box(&bytes)).is_ok());
        });
    }
    group.finish();
}

criterion_group!(benches, record);
criterion_main!(benches);
