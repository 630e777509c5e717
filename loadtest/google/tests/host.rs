//! Google's own methods, called as an integrator calls them, rightly and wrongly.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use paceline_envelope::{Directory, Envelope, Form, Keyring, OwnKey};
use paceline_google::books::{Books, Kind, Payment, Statement};
use paceline_google::host::{Accounts, GENERIC, Host, Refusing};
use paceline_google::integrator::{Answer, Integrator};
use paceline_google::telling::Telling;
use paceline_google::wire::{Request, fresh};
use serde_json::{Value, json};
use tempfile::TempDir;

const ACCOUNT: &str = "InvisiCashUSA_USD";
const CARD_ACCOUNT: &str = "InvisiCardUSA_USD";

struct Scene {
    host: Host,
    books: Books,
    integrator: Integrator,
    _files: TempDir,
}

impl Scene {
    async fn open() -> Self {
        Self::with(Envelope::Plaintext, Envelope::Plaintext).await
    }

    /// Google with one envelope, the integrator with the other.
    async fn with(ours: Envelope, theirs: Envelope) -> Self {
        let files = tempfile::tempdir().unwrap();
        let books = Books::new(files.path().join("books.json"));
        let address = "127.0.0.1:0".parse().unwrap();
        let telling = Telling::Nothing;
        let accounts = Accounts { tokenized: ACCOUNT.to_owned(), card: CARD_ACCOUNT.to_owned() };
        let host = Host::start(address, accounts, Arc::new(ours), books.clone(), telling);
        let host = host.await.unwrap();
        let base = format!("http://{}/gsp", host.address);
        let integrator = Integrator::new(&base, Arc::new(theirs), telling);
        Self { host, books, integrator, _files: files }
    }

    async fn call(&self, method: &str, request: &Request) -> Answer {
        self.integrator.call(&format!("{method}/{ACCOUNT}"), request).await.unwrap()
    }

    /// A capture that Google has asked for and knows no result of.
    fn captured(&self) -> String {
        let request = fresh("acap");
        let payment = Payment {
            kind: Kind::AsynchronousCapture,
            request: request.clone(),
            capture: None,
            token: None,
            currency: "USD".to_owned(),
            micros: 1_000_000,
            at: 0,
            result: None,
            theirs: None,
        };
        self.books.change(|ledger| ledger.payments.push(payment)).unwrap();
        request
    }

    fn result_of(&self, capture: &str) -> Option<String> {
        let payments = self.books.read().unwrap().payments;
        payments.into_iter().find(|payment| payment.request == capture).unwrap().result
    }
}

fn echo() -> Request {
    Request::new(fresh("echo"), json!({"clientMessage": "hello"}))
}

fn result(capture: &str, code: &str) -> Request {
    let members = json!({
        "paymentIntegratorAccountId": ACCOUNT,
        "captureRequestId": capture,
        "captureResult": {"captureResultCode": code},
    });
    Request::new(fresh("note"), members)
}

#[tokio::test]
async fn an_echo_comes_back() {
    let answer = Scene::open().await.call("echo", &echo()).await;
    assert_eq!((answer.status, &answer.body["clientMessage"]), (200, &json!("hello")));
    assert!(answer.body["responseHeader"]["responseTimestamp"].is_string());
}

#[tokio::test]
async fn a_result_is_heard_even_before_the_acknowledgement() {
    let scene = Scene::open().await;
    let capture = scene.captured();
    let answer = scene.call("captureResultNotification", &result(&capture, "SUCCESS")).await;
    assert!(answer.is(200, "SUCCESS"), "{answer}");
    assert_eq!(scene.result_of(&capture).as_deref(), Some("SUCCESS"));
}

#[tokio::test]
async fn a_result_is_repeated_and_never_changed() {
    let scene = Scene::open().await;
    let capture = scene.captured();
    let first = result(&capture, "SUCCESS");
    for request in [&first, &first, &result(&capture, "SUCCESS")] {
        let answer = scene.call("captureResultNotification", request).await;
        assert!(answer.is(200, "SUCCESS"), "{answer}");
    }
    let other = scene.call("captureResultNotification", &result(&capture, "INVALID_PIN")).await;
    assert!(other.is(412, "IDEMPOTENCY_VIOLATION"), "{other}");
    assert_eq!(scene.result_of(&capture).as_deref(), Some("SUCCESS"));
}

#[tokio::test]
async fn the_same_request_with_other_content_is_412_and_is_not_heard() {
    let scene = Scene::open().await;
    let (one, other) = (scene.captured(), scene.captured());
    let first = result(&one, "SUCCESS");
    scene.call("captureResultNotification", &first).await;
    let twisted = Request { id: first.id, ..result(&other, "SUCCESS") };
    let answer = scene.call("captureResultNotification", &twisted).await;
    assert!(answer.is(412, "IDEMPOTENCY_VIOLATION"), "{answer}");
    assert_eq!(scene.result_of(&other), None);
}

#[tokio::test]
async fn what_is_not_known_or_not_possible_is_an_error() {
    let scene = Scene::open().await;
    let answer = scene.call("captureResultNotification", &result("nobody", "SUCCESS")).await;
    assert!(answer.is(404, "INVALID_IDENTIFIER"), "{answer}");
    let capture = scene.captured();
    let answer = scene.call("captureResultNotification", &result(&capture, "UNKNOWN_RESULT")).await;
    assert!(answer.is(400, "INVALID_FIELD_VALUE"), "{answer}");
    let mut of_another = result(&capture, "SUCCESS");
    of_another.members["paymentIntegratorAccountId"] = json!("Other_EUR");
    let answer = scene.call("captureResultNotification", &of_another).await;
    assert!(answer.is(400, "INVALID_FIELD_VALUE"), "{answer}");
    let answer = scene.call("echo", &Request { version: [2, 0, 0], ..echo() }).await;
    assert!(answer.is(400, "INVALID_API_VERSION"), "{answer}");
    assert_eq!(scene.call("noSuchMethod", &echo()).await.status, 404);
}

#[tokio::test]
async fn clocks_that_are_61_s_apart_are_told_so() {
    let scene = Scene::open().await;
    let apart = Duration::from_secs(62);
    for moment in [SystemTime::now() - apart, SystemTime::now() + apart] {
        let method = format!("echo/{ACCOUNT}");
        let answer = scene.integrator.call_at(&method, &echo(), moment).await.unwrap();
        assert!(answer.is(400, "REQUEST_TIMESTAMP_OUT_OF_RANGE"), "{answer}");
    }
}

#[tokio::test]
async fn an_unknown_integrator_and_a_wrong_key_get_the_same_bare_sentence() {
    let files = tempfile::tempdir().unwrap();
    let [google, integrator, stranger] = ["Google", "Integrator", "Stranger"]
        .map(|who| OwnKey::generate(who, SystemTime::now()).unwrap());
    let envelope = |own: &OwnKey, peer: &OwnKey| {
        let directory = Directory::new(files.path().join(fresh("keys")));
        directory.add_own(own).unwrap();
        directory.add_peer(peer.certificate()).unwrap();
        Envelope::OpenPgp { keyring: Keyring::open(directory).unwrap(), form: Form::Armored }
    };
    let scene = Scene::with(envelope(&google, &integrator), envelope(&integrator, &google)).await;
    assert_eq!(scene.call("echo", &echo()).await.status, 200);

    let url = format!("http://{}/gsp/v1/echo/", scene.host.address);
    let body = echo().at(SystemTime::now()).to_string();
    let by = |envelope: Envelope| envelope.seal(body.as_bytes(), SystemTime::now()).unwrap();
    for (account, sealed) in [
        ("Nobody_USD", by(envelope(&integrator, &google))),
        (ACCOUNT, by(envelope(&stranger, &google))),
        (ACCOUNT, by(envelope(&integrator, &stranger))),
        (ACCOUNT, by(Envelope::Plaintext)),
    ] {
        let url = format!("{url}{account}");
        let (status, told) = scene.integrator.post(&url, sealed).await.unwrap();
        assert_eq!((status, &told[..]), (404, GENERIC.as_bytes()));
    }
}

#[tokio::test]
async fn a_refusal_that_is_scripted_comes_first_and_once() {
    let scene = Scene::open().await;
    scene.host.script().refuse("echo", &[Refusing::Generic(500), Refusing::Coded(503, "")]);
    for status in [500, 503, 200] {
        assert_eq!(scene.call("echo", &echo()).await.status, status);
    }
    let script = scene.host.script();
    let statuses: Vec<u16> = script.deliveries("echo").map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [500, 503, 200]);
}

#[tokio::test]
async fn a_statement_is_read_page_by_page_until_no_offset_follows() {
    let scene = Scene::open().await;
    let event = |id: usize| json!({"eventRequestId": id.to_string()});
    for (page, expected) in [
        (2, vec![(0, 2, Some(2)), (2, 2, Some(4)), (4, 1, None)]),
        (5, vec![(0, 5, Some(5)), (5, 0, None)]),
        (1000, vec![(0, 5, None)]),
    ] {
        let statement = Statement {
            id: fresh("stmt"),
            summary: json!({"currencyCode": "USD", "totalDueByIntegrator": "7"}),
            captures: (0..3).map(event).collect(),
            refunds: (3..5).map(event).collect(),
            page,
            accepted: None,
        };
        let id = statement.id.clone();
        scene.books.change(|ledger| ledger.statements.push(statement)).unwrap();
        let about = |more: Value| {
            let mut members = json!({"paymentIntegratorAccountId": ACCOUNT, "statementId": id});
            members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            Request::new(fresh("read"), members)
        };
        for (offset, count, next) in expected {
            let request = about(json!({"eventOffset": offset}));
            let answer = scene.call("remittanceStatementDetails", &request).await;
            let events = |list: &str| answer.body[list].as_array().unwrap().len();
            assert_eq!(events("captureEvents") + events("refundEvents"), count, "{answer}");
            assert_eq!(answer.body["nextEventOffset"].as_u64(), next, "{answer}");
            assert_eq!(answer.body["totalEvents"], 5);
        }
        let answer = scene.call("acceptRemittanceStatement", &about(json!({}))).await;
        assert_eq!(answer.body["acceptRemittanceStatementResultCode"], "SUCCESS");
        let accepted = scene.books.read().unwrap().statements;
        assert_eq!(accepted.last().unwrap().accepted.as_deref(), Some("acceptRemittanceStatement"));
    }
}
