//! The integrator's people: the page on which a customer signs in, and what an operator sends to the
//! admin listener. Each through the engine, and each the text of one HTTP request.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use actix::SystemRunner;
use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode, header};
use memchr::memmem;
use metrics_exporter_prometheus::PrometheusHandle;
use paceline_api::admin::{self, Admin, Logs};
use paceline_api::card_keys::CardKeys;
use paceline_api::config::Config;
use paceline_api::standard_payments::development::Development;
use paceline_api::standard_payments::page::form::Form;
use paceline_api::standard_payments::{Door, Page, Settings, Words};
use paceline_benches::shop;
use paceline_engine::acquirer::simulated::Simulated as SimulatedAcquirer;
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::{Engine, Options, Outside, SealKey, System, Voices};
use paceline_envelope::Envelope;
use paceline_storage::{EventLog, MemoryLog};
use tempfile::TempDir;

use crate::bounds::{WIRE, within};
use crate::json::Json;
use crate::{callback, inbound, request};

/// A log in memory forgets nothing, and a form is good for a quarter of an hour.
const INPUTS: usize = 20_000;
const LIVES: Duration = Duration::from_secs(10 * 60);

/// What Google has signed, where nobody signs: `{"requestId":"auth:1"}`.
const OPENED: &[u8] =
    b"GET /tokenized/authenticate?gspMajorVersion=1&gspCallbackUrl=https%3A%2F%2F\
    pay.google.com%2Fcb&gspAuthenticationRequest=eyJyZXF1ZXN0SWQiOiJhdXRoOjEifQ HTTP/1.1\r\n\
    host: x\r\n\r\n";
/// One of the sample's customers.
const SIGNED_IN: &[u8] = b"POST /tokenized/authenticate HTTP/1.1\r\nhost: x\r\n\
    cookie: paceline_authentication={nonce}\r\n\r\n\
    intent=sign-in&who=sally%40otheremail.com&password=paceline&ticket={ticket}";

struct Served {
    system: SystemRunner,
    engine: Engine,
    page: Page,
    admin: Admin,
    /// Before somebody has signed in, and after.
    shown: [Shown; 2],
    since: Instant,
    inputs: usize,
    _keys: TempDir,
}

/// A form, and what ties it to a browser.
#[derive(Default)]
struct Shown {
    ticket: String,
    nonce: String,
}

thread_local! {
    static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
}

/// A process has one recorder.
static METRICS: LazyLock<PrometheusHandle> =
    LazyLock::new(|| paceline_api::metrics::install().expect("nobody else here records"));

/// `{ticket}` and `{nonce}` stand for a form that was shown, and `{signed}` for the ticket that comes
/// after signing in.
pub fn page(bytes: &[u8]) {
    served(|served| served.show(bytes));
}

/// What changes something, or asks for something, at the admin listener.
pub fn admin(bytes: &[u8]) {
    served(|served| served.operate(bytes));
}

fn served(play: impl FnOnce(&Served)) {
    SERVED.with_borrow_mut(|served| {
        let now = served.get_or_insert_with(Served::open);
        now.inputs += 1;
        play(now);
        if now.inputs > INPUTS || now.since.elapsed() > LIVES {
            let Served { system, engine, .. } = served.take().expect("it has just answered");
            system.block_on(engine.stop());
        }
    });
}

impl Served {
    fn open() -> Self {
        let config = Config::load(None, []).expect("the embedded configuration is right");
        let (keys, log) = (tempfile::tempdir().expect("a directory"), Arc::new(MemoryLog::new()));
        let book: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
        let at_once = || SimulatedOptions {
            seed: 1,
            latency_median: Duration::ZERO,
            latency_p99: Duration::ZERO,
        };
        let acquirer = Arc::new(SimulatedAcquirer::new(at_once(), Arc::clone(&book)));
        let card_keys = CardKeys::open(keys.path(), None, acquirer).expect("keys are made");
        let card_keys = Arc::new(card_keys);
        let system = actix::System::new();
        let development = Development::default();
        let engine = system.block_on(async {
            let outside = Outside {
                acquirer: Some(card_keys.acquiring.clone()),
                ..Outside::new(Arc::new(Simulated::new(at_once(), Arc::clone(&book))))
            };
            let tokenized = Words::new(
                config.tokenized.results.clone(),
                config.tokenized.dialect.unknown_capture,
            );
            let voices = Voices {
                tokenized: Some(Arc::new(tokenized)),
                ..Voices::new(Arc::new(shop::words()))
            };
            let engine = Engine::start(
                // Comparing a password takes the ledger a tenth of a second.
                Options { gateway_timeout: Duration::from_secs(10), ..request::options() },
                log.clone(),
                outside,
                voices,
                Arc::new(System),
                Arc::new(shop::tables()),
                SealKey::new(&[7; 32]),
            );
            development.open_samples(&engine).await;
            engine
        });
        let admin = Admin::new(METRICS.clone());
        admin.ready(Logs { log, book }, None, None, engine.clone(), card_keys);
        let page = Page::new(Arc::new(settings(&config)));
        let (shown, since) = (<[Shown; 2]>::default(), Instant::now());
        let mut served = Self { system, engine, page, admin, shown, since, inputs: 0, _keys: keys };
        served.shown[0] = served.form(OPENED);
        served.shown[1] = served.form(SIGNED_IN);
        served
    }

    /// The form that is answered with.
    fn form(&self, text: &[u8]) -> Shown {
        let (head, body) = inbound::parse(&self.filled(text)).expect("a request");
        let (answer, html) = self.answer(&head, &body);
        let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("visible ASCII");
        let between = |text: &str, before: &str, behind: char| {
            let (_, rest) = text.split_once(before).expect("it is there");
            rest.split(behind).next().unwrap_or_default().to_owned()
        };
        let ticket = between(&html, "name=\"ticket\" value=\"", '"');
        Shown { ticket, nonce: between(cookie, "=", ';') }
    }

    fn filled(&self, text: &[u8]) -> Vec<u8> {
        let [before, after] = &self.shown;
        let words = [
            ("{ticket}", &*before.ticket),
            ("{nonce}", &*before.nonce),
            ("{signed}", &*after.ticket),
        ];
        inbound::filled(text, words)
    }

    fn answer(&self, head: &Parts, body: &Bytes) -> (Response<()>, String) {
        let answer = self.system.block_on(self.page.answer(&self.engine, head, body));
        let (head, body) = answer.into_parts();
        let body = self.system.block_on(request::whole(body));
        (Response::from_parts(head, ()), String::from_utf8(body.to_vec()).expect("text"))
    }

    fn show(&self, bytes: &[u8]) {
        let Some((head, body)) = inbound::parse(&self.filled(bytes)) else { return };
        if !self.page.is_at(head.uri.path()) {
            return;
        }
        let query = head.uri.query().unwrap_or_default().as_bytes();
        let forms = [query, &body[..]].map(|fields| within(WIRE, fields, Form::parse));
        let (answer, html) = self.answer(&head, &body);
        let (status, headers) = (answer.status(), answer.headers());
        assert!(!status.is_server_error(), "{status}: {html}");
        if status == StatusCode::SEE_OTHER {
            let location = headers[header::LOCATION].to_str().expect("visible ASCII");
            assert!(callback::is_allowed(location, true), "{location} leads elsewhere");
            return assert!(html.is_empty(), "{html}");
        }
        if head.uri.path().ends_with(".css") && status == StatusCode::OK {
            return;
        }
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("visible ASCII");
        let rules: Vec<&str> = policy.split([';', ',']).map(str::trim).collect();
        assert_eq!(rules, POLICY, "{policy}");
        for form in forms {
            let typed = form.get("who").unwrap_or_default().trim();
            let telling = typed.contains(['<', '>', '"', '\'']) && typed.len() >= TELLING_BYTES;
            assert!(!telling || !html.contains(typed), "{typed} is markup");
        }
    }

    fn operate(&self, bytes: &[u8]) {
        let Some((head, body)) = inbound::parse(bytes) else { return };
        let path = head.uri.path();
        // It makes keys on the disk, and reads nothing.
        if path.contains("rotate") {
            return;
        }
        let answering = admin::book(&self.admin, &head.method, path, &head.headers, &body);
        let (answer, told) = self.system.block_on(answering).into_parts();
        let told = self.system.block_on(request::whole(told));
        assert!(!answer.status.is_server_error(), "{}: {told:?}", answer.status);
        let told = String::from_utf8(told.to_vec()).expect("text");
        assert!(!told.trim().is_empty());
        if answer.headers[header::CONTENT_TYPE] == "application/json" {
            assert!(serde_json::from_str::<serde_json::Value>(&told).is_ok(), "{told}");
        }
        let Some(given) = Json::parse(&body) else { return };
        for password in given.at("$.password") {
            let Json::Text(password) = password else { continue };
            let only = memmem::find_iter(&body, password.as_bytes()).count() == 1;
            let telling = only && password.len() >= TELLING_BYTES;
            assert!(!telling || !told.contains(&**password), "a password is told");
        }
    }
}

/// What a page repeats by chance is shorter.
const TELLING_BYTES: usize = 12;

/// The rules of a page, in their order.
const POLICY: [&str; 4] =
    ["default-src 'none'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"];

/// As in development, where nothing is sealed.
fn settings(config: &Config) -> Settings {
    let wanted = &config.tokenized;
    Settings {
        name: wanted.name.clone(),
        door: Door {
            base_path: wanted.base_path.clone(),
            accounts: wanted.accounts.clone(),
            envelope: Arc::new(Envelope::Plaintext),
            clock_tolerance: wanted.clock_tolerance,
            dialect: Arc::clone(&wanted.dialect),
        },
        results: wanted.results.clone(),
        callback_hosts: vec![callback::HOST.to_owned()],
    }
}
