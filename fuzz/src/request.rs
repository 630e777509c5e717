//! A whole request through the door: routing, headers, key, body, engine, answer; and its retry.
//!
//! An input is the text of one HTTP/1.1 request. `{id}` in it stands for a session that is there.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use actix::SystemRunner;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use memchr::memmem;
use paceline_api::config::Config;
use paceline_api::routes::{Inbound, Site};
use paceline_api::ucp::{Dialect, Operation, Wire, manner};
use paceline_benches::shop;
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::{Engine, Front, Options, Outside, SealKey, System, Voices, card, tokenized};
use paceline_storage::MemoryLog;
use serde_json::Value;

use crate::inbound;

/// A log in memory forgets nothing, so there is a new one every so often.
const REQUESTS_OF_A_SHOP: usize = 20_000;

struct Served {
    system: SystemRunner,
    site: Site,
    engine: Engine,
    requests: usize,
}

thread_local! {
    static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
}

pub fn request(bytes: &[u8]) {
    SERVED.with_borrow_mut(|served| {
        let served_now = served.get_or_insert_with(Served::open);
        served_now.requests += 1;
        served_now.answer(bytes);
        if served_now.requests > REQUESTS_OF_A_SHOP {
            let Served { system, engine, .. } = served.take().expect("it has just answered");
            system.block_on(engine.stop());
        }
    });
}

impl Served {
    fn open() -> Self {
        let system = actix::System::new();
        let engine = system.block_on(async { start() });
        let config = Config::load(None, []).expect("the embedded configuration is right");
        let settings = config.merchant.settings(&config.platform, "http://127.0.0.1:8080");
        let site = Site::new(engine.clone(), Wire::new(&settings), None, None);
        Self { system, site, engine, requests: 0 }
    }

    fn answer(&self, bytes: &[u8]) {
        let Some((head, body)) = self.parse(bytes) else { return };
        let (first, first_body) = self.ask(&head, &body);
        told(&head, first, &first_body);
        let (second, second_body) = self.ask(&head, &body);
        told(&head, second, &second_body);
        let keyed = head.headers.contains_key("idempotency-key");
        if keyed && first.is_success() && head.method != Method::GET {
            assert_eq!((first, first_body), (second, second_body), "a retry gets the first answer");
        }
    }

    fn ask(&self, head: &Parts, body: &Bytes) -> (StatusCode, Bytes) {
        let inbound = Inbound { head, body: body.clone() };
        let (_, answer) = self.system.block_on(self.site.answer(inbound));
        let (head, body) = answer.into_parts();
        let response = Response::from_parts(head, ());
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        (response.status(), self.system.block_on(whole(body)))
    }

    fn parse(&self, bytes: &[u8]) -> Option<(Parts, Bytes)> {
        const HERE: &str = "{id}";
        match memmem::find(bytes, HERE.as_bytes()) {
            Some(_) => inbound::parse(&inbound::filled(bytes, [(HERE, &*self.session())])),
            None => inbound::parse(bytes),
        }
    }

    /// A session that is ready to complete.
    fn session(&self) -> String {
        self.system.block_on(async {
            let front = |of| Front { manner: manner(Dialect::D1, of), keyed: None };
            let (caller, basket) = (shop::caller(), shop::basket());
            let created = self.engine.create(caller, basket, front(Operation::Create)).await;
            let body = created.expect("the engine answers").body;
            let checkout: Value = serde_json::from_slice(&body).expect("an answer is JSON");
            let name = checkout["id"].as_str().expect("a checkout has an id");
            let id = paceline_api::ucp::ids::session(name).expect("it is one of ours");
            let address = shop::address(id);
            let front = front(Operation::Update);
            let ready = self.engine.update(id, shop::caller(), address, front).await;
            assert!(ready.is_ok(), "the engine answers");
            id.to_string()
        })
    }
}

/// Small, and nobody waits for what never comes.
pub fn options() -> Options {
    Options {
        workers: 1,
        asks_max: 64,
        actors_live_max: 10_000,
        answers_cached_bytes_max: 16 * 1024 * 1024,
        session_lives: Duration::from_secs(6 * 3600),
        answers_kept: Duration::from_secs(48 * 3600),
        // Some tokens are never answered; nobody here waits for that.
        complete_deadline: Duration::from_millis(20),
        gateway_timeout: Duration::from_millis(10),
        tokenized: tokenized::Options::default(),
        card: card::Options::default(),
    }
}

fn start() -> Engine {
    let at_once =
        SimulatedOptions { seed: 1, latency_median: Duration::ZERO, latency_p99: Duration::ZERO };
    Engine::start(
        options(),
        Arc::new(MemoryLog::new()),
        Outside::new(Arc::new(Simulated::new(at_once, Arc::new(MemoryLog::new())))),
        Voices::new(Arc::new(shop::words())),
        Arc::new(System),
        Arc::new(shop::tables()),
        SealKey::new(&[7; 32]),
    )
}

pub async fn whole(body: Full<Bytes>) -> Bytes {
    match body.collect().await {
        Ok(whole) => whole.to_bytes(),
        Err(never) => match never {},
    }
}

/// Every answer is JSON in the wire's shape, and none is a mistake of ours.
fn told(head: &Parts, status: StatusCode, body: &Bytes) {
    assert!(!status.is_server_error(), "{status}: {}", String::from_utf8_lossy(body));
    if head.method == Method::HEAD {
        return assert!(body.is_empty());
    }
    let answer: Value = serde_json::from_slice(body).expect("an answer is JSON");
    if status.is_client_error() {
        let message = &answer["messages"][0];
        let says = |member: &str| message[member].as_str().is_some_and(|said| !said.is_empty());
        assert!(says("code") && says("content") && says("severity"), "{answer}");
    }
}
