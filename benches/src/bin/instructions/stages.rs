//! What is counted: the stages of a request that wait for nobody, on the bodies of Google's guide.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use paceline_api::ucp::request::{parse_complete, parse_create, parse_update};
use paceline_api::ucp::{Dialect, Operation, manner};
use paceline_benches::bodies;
use paceline_benches::purchase::{Purchase, after, approve, complete, create, update};
use paceline_benches::shop::{Shop, words};
use paceline_domain::ids::SessionId;
use paceline_domain::market::Market;
use paceline_domain::session::{self, Command, State};
use paceline_engine::codec::encode;
use paceline_engine::idempotency::{Claim, Claims, IdempotencyKey, Keyed};
use paceline_engine::metrics::Metrics;
use paceline_engine::{Reply, Voice};

/// Operations of a stage in one count: what is rare, such as a map that grows, counts little.
pub const REPEATS: usize = 200;

pub struct Stage {
    pub name: &'static str,
    /// Everything that is ready beforehand, and then the operations.
    pub prepare: fn() -> Box<dyn FnOnce()>,
}

pub const STAGES: &[Stage] = &[
    Stage {
        name: "parse create",
        prepare: || repeat(|| drop(parse_create(bodies::CREATE.as_bytes()))),
    },
    Stage {
        name: "parse update",
        prepare: || repeat(|| drop(parse_update(bodies::UPDATE.as_bytes(), SessionId(7)))),
    },
    Stage {
        name: "parse complete",
        prepare: || {
            let body = bodies::complete();
            repeat(move || drop(parse_complete(body.as_bytes())))
        },
    },
    Stage { name: "decide create", prepare: || decide(|_| None, create) },
    Stage { name: "decide update", prepare: || decide(|p| p.opened, update) },
    Stage { name: "decide complete", prepare: || decide(|p| p.ready, complete) },
    Stage { name: "decide approved", prepare: || decide(|p| p.completing, |_| approve()) },
    Stage { name: "encode created", prepare: || events(None, create) },
    Stage { name: "encode accepted", prepare: || events(Purchase::make().ready, complete) },
    Stage { name: "render opened", prepare: || render(Purchase::make().opened) },
    Stage { name: "render completed", prepare: || render(Purchase::make().completed) },
    Stage { name: "claim unseen", prepare: claim_unseen },
    Stage { name: "claim answered", prepare: claim_answered },
];

/// A command of the purchase, on a market.
type Asking = fn(&Arc<dyn Market>) -> Command;

fn repeat(operation: impl Fn() + 'static) -> Box<dyn FnOnce()> {
    Box::new(move || (0..REPEATS).for_each(|_| operation()))
}

/// Decides and applies.
fn decide(from: fn(Purchase) -> State, command: Asking) -> Box<dyn FnOnce()> {
    let (market, state) = (Shop::open(), from(Purchase::make()));
    let asked: Vec<_> = (0..REPEATS).map(|_| (state.clone(), command(&market))).collect();
    Box::new(move || {
        for (state, command) in asked {
            let state = after(state, command);
            black_box(session::pending(&state));
        }
    })
}

fn events(state: State, command: Asking) -> Box<dyn FnOnce()> {
    let events =
        session::decide(&state, command(&Shop::open())).expect("the purchase breaks no rule");
    repeat(move || drop(black_box(encode(&events))))
}

fn render(state: State) -> Box<dyn FnOnce()> {
    let (words, manner) = (words(), manner(Dialect::D0, Operation::Get));
    let session = state.expect("the session is there after its create");
    repeat(move || drop(black_box(words.session(manner, &session, None))))
}

fn claim_unseen() -> Box<dyn FnOnce()> {
    let (claims, reply) = claims();
    let keys: Vec<Keyed> = (0..REPEATS).map(keyed).collect();
    Box::new(move || {
        for keyed in &keys {
            let Claim::Unseen(claimed) = claims.claim(keyed) else { unreachable!("a new key") };
            claimed.answered(&reply);
        }
    })
}

fn claim_answered() -> Box<dyn FnOnce()> {
    let (claims, reply) = claims();
    let keyed = keyed(0);
    let Claim::Unseen(claimed) = claims.claim(&keyed) else { unreachable!("a new key") };
    claimed.answered(&reply);
    repeat(move || assert!(matches!(claims.claim(&keyed), Claim::Answered(_))))
}

fn claims() -> (Claims, Reply) {
    let claims = Claims::new(64 * 1024 * 1024, Arc::new(Metrics::default()));
    (claims, Reply { status: 201, body: Bytes::from(vec![b'x'; 2_500]) })
}

fn keyed(number: usize) -> Keyed {
    let key = format!("6f1c52ba-9d4e-4a07-8c35-{number:012x}");
    let key = IdempotencyKey::new("https://ucp.goog/.well-known/ucp.json", "create", &key);
    Keyed { key, fingerprint: [1; 32] }
}
