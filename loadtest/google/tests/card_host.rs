//! Google's methods of the card family, called as an acquirer calls them, rightly and wrongly.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

use std::sync::Arc;
use std::time::SystemTime;

use paceline_envelope::Envelope;
use paceline_google::books::Books;
use paceline_google::books::cards::{Asked, CardKind, CardLedger};
use paceline_google::host::{Accounts, Host};
use paceline_google::integrator::{Answer, Integrator};
use paceline_google::telling::Telling;
use paceline_google::wire::{Request, fresh, millis};
use serde_json::{Value, json};
use tempfile::TempDir;

const ACCOUNT: &str = "InvisiCardUSA_USD";

const CAPTURED: &str = "captureFundsReservationResultNotification";

struct Scene {
    host: Host,
    books: Books,
    _files: TempDir,
}

impl Scene {
    /// Google has asked for the capture `c` of 20 USD and for its refund `r` of 5, and waits.
    async fn open() -> Self {
        let files = tempfile::tempdir().unwrap();
        let books = Books::new(files.path().join("books.json"));
        let (address, open) = ("127.0.0.1:0".parse().unwrap(), Arc::new(Envelope::Plaintext));
        let accounts =
            Accounts { tokenized: "InvisiCashUSA_USD".to_owned(), card: ACCOUNT.to_owned() };
        let host = Host::start(address, accounts, open, books.clone(), Telling::Nothing);
        let asked = [(CardKind::Capture, "c", None, 20), (CardKind::Refund, "r", Some("c"), 5)];
        let asked = asked.map(|(kind, request, of, dollars)| Asked {
            kind,
            request: request.to_owned(),
            of: of.map(str::to_owned),
            micros: dollars * 1_000_000,
            currency: "USD".to_owned(),
            result: None,
            reference: None,
            reversed: false,
        });
        books.change(|ledger| ledger.cards.asked.extend(asked)).unwrap();
        Self { host: host.await.unwrap(), books, _files: files }
    }

    async fn tell(&self, method: &str, members: Value) -> Answer {
        self.send(method, &Request::new(fresh("note"), members)).await
    }

    async fn send(&self, method: &str, request: &Request) -> Answer {
        let path = match method {
            CAPTURED => format!("v1/payment-integrator-card-fop-api/{method}/{ACCOUNT}"),
            _ => format!("google-card-fop-api/v1/{method}/{ACCOUNT}"),
        };
        let mut body = request.at(SystemTime::now());
        if method == "settlementNotification" {
            let header = &mut body["requestHeader"];
            let sent = json!({"epochMillis": millis(SystemTime::now()).to_string()});
            header["requestTimestamp"] = sent;
            header["paymentIntegratorAccountId"] = json!(ACCOUNT);
        }
        let url = format!("http://{}/gsp/{path}", self.host.address);
        let integrator = Integrator::new("", Arc::new(Envelope::Plaintext), Telling::Nothing);
        let (status, body) = integrator.post(&url, body.to_string().into_bytes()).await.unwrap();
        Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    async fn heard(&self, method: &str, members: Value) {
        let answer = self.tell(method, members).await;
        assert!(answer.is(200, "SUCCESS"), "{method}: {answer}");
    }

    async fn refused(&self, method: &str, members: Value, status: u16, code: &str) {
        let before = self.ledger();
        let answer = self.tell(method, members).await;
        assert!(answer.is(status, code), "{method}: {answer}");
        assert_eq!(self.ledger(), before, "{method}");
    }

    fn ledger(&self) -> CardLedger {
        self.books.read().unwrap().cards
    }

    fn left(&self) -> i64 {
        let ledger = self.ledger();
        ledger.left(ledger.find("c").unwrap()) / 1_000_000
    }
}

fn captured(result: &str) -> Value {
    json!({"paymentIntegratorAccountId": ACCOUNT, "captureFundsReservationRequestId": "c",
        "captureFundsReservationResult": result})
}

fn refunded(result: &str) -> Value {
    json!({"refundRequestId": "r", "refundResult": result})
}

fn chargeback(dollars: i64) -> Value {
    json!({"captureRequestId": "c", "amount": (dollars * 1_000_000).to_string(),
        "chargebackStage": "FIRST", "reasonCode": "FRAUD", "rawResult": {"rawCode": "10.4"},
        "chargebackDate": "1758240000000", "replyByDate": "1760054400000", "caseId": "case-1"})
}

#[tokio::test]
async fn a_result_may_overtake_its_acknowledgement_and_never_changes() {
    let scene = Scene::open().await;
    for _ in 0..2 {
        scene.heard(CAPTURED, captured("SUCCESS")).await;
        scene.heard("refundResultNotification", refunded("ISSUER_DECLINED")).await;
    }
    let other = captured("RESERVATION_EXPIRED");
    scene.refused(CAPTURED, other, 412, "IDEMPOTENCY_VIOLATION").await;
    let other = refunded("SUCCESS");
    scene.refused("refundResultNotification", other, 412, "IDEMPOTENCY_VIOLATION").await;
}

#[tokio::test]
async fn the_same_notice_is_answered_again_and_other_content_under_its_id_is_412() {
    let scene = Scene::open().await;
    let first = Request::new("note", chargeback(4));
    for _ in 0..2 {
        assert!(scene.send("chargebackNotification", &first).await.is(200, "SUCCESS"));
    }
    assert_eq!(scene.left(), 16);
    let other = Request::new("note", chargeback(5));
    let answer = scene.send("chargebackNotification", &other).await;
    assert!(answer.is(412, "IDEMPOTENCY_VIOLATION"), "{answer}");
    assert_eq!(scene.left(), 16);
}

#[tokio::test]
async fn chargebacks_take_what_is_left_and_are_won_back_by_their_own_names() {
    let scene = Scene::open().await;
    scene.heard("refundResultNotification", refunded("SUCCESS")).await;
    let above = chargeback(16);
    scene.refused("chargebackNotification", above, 400, "PRECONDITION_VIOLATION").await;
    scene.heard("chargebackNotification", chargeback(15)).await;
    assert_eq!(scene.left(), 0);
    let name = scene.ledger().cases[0].notice.clone();
    let won = |name: &str| {
        json!({"chargebackRequestId": name, "amount": "15000000", "rawResult": {"rawCode": "WON"},
            "chargebackReversalDate": "1758499200000"})
    };
    let method = "chargebackReversedNotification";
    scene.refused(method, won("c"), 404, "INVALID_IDENTIFIER").await;
    scene.heard(method, won(&name)).await;
    assert_eq!(scene.left(), 15);
    scene.refused(method, won(&name), 412, "IDEMPOTENCY_VIOLATION").await;
}

#[tokio::test]
async fn a_refund_is_reversed_once_and_after_it_has_succeeded() {
    let scene = Scene::open().await;
    let reversed = json!({"refundRequestId": "r", "amount": "5000000"});
    let method = "reverseRefundNotification";
    scene.refused(method, reversed.clone(), 400, "PRECONDITION_VIOLATION").await;
    scene.heard("refundResultNotification", refunded("SUCCESS")).await;
    assert_eq!(scene.left(), 15);
    scene.heard(method, reversed.clone()).await;
    assert_eq!(scene.left(), 20);
    scene.refused(method, reversed, 412, "IDEMPOTENCY_VIOLATION").await;
}

#[tokio::test]
async fn another_acquirer_reference_number_is_refused() {
    let scene = Scene::open().await;
    for (method, member, request) in [
        ("setAcquirerReferenceNumberForCaptureNotification", "captureRequestId", "c"),
        ("setAcquirerReferenceNumberForRefundNotification", "refundRequestId", "r"),
    ] {
        let number = |number: &str| json!({member: request, "acquirerReferenceNumber": number});
        for _ in 0..2 {
            scene.heard(method, number("24011345260000310078117")).await;
        }
        let other = number("24011345260000310078118");
        scene.refused(method, other, 400, "PRECONDITION_VIOLATION").await;
    }
}

#[tokio::test]
async fn inquiries_and_reports_of_fraud_move_no_money() {
    let scene = Scene::open().await;
    scene.heard("inquiryNotification", chargeback(20)).await;
    let report = json!({"captureRequestId": "c", "fraudType": "FRAUDULENT_USE",
        "rawResult": {"rawCode": "TC40-6"}});
    scene.heard("fraudNotification", report.clone()).await;
    assert_eq!((scene.left(), scene.ledger().cases.len()), (20, 2));
    let with = |member: &str, value: serde_json::Value| {
        let mut wrong = report.clone();
        wrong[member] = value;
        wrong
    };
    for wrong in [
        with("fraudType", json!("UNKNOWN_FRAUD_TYPE")),
        with("fraudType", json!("")),
        with("rawResult", json!({"rawCode": ""})),
    ] {
        scene.refused("fraudNotification", wrong, 400, "INVALID_FIELD_VALUE").await;
    }
    let mut nameless = chargeback(1);
    nameless["caseId"] = json!("");
    scene.refused("chargebackNotification", nameless, 400, "INVALID_FIELD_VALUE").await;
    let mut bare = report;
    bare.as_object_mut().unwrap().remove("rawResult");
    scene.refused("fraudNotification", bare, 400, "MISSING_REQUIRED_FIELD").await;
    let mut unknown = chargeback(1);
    unknown["captureRequestId"] = json!("nobody");
    scene.refused("inquiryNotification", unknown, 404, "INVALID_IDENTIFIER").await;
}

#[tokio::test]
async fn a_settlement_is_complete_with_all_its_parts_and_adds_up() {
    let scene = Scene::open().await;
    let money = |micros: i64| json!({"amountMicros": micros.to_string(), "currencyCode": "USD"});
    let part = |offset: u64, total: i64, list: &str, of: &str, request: &str, charge: i64| {
        let event = json!({of: request, "eventCharge": money(charge), "eventFee": money(400_000),
            "eventVat": money(0)});
        json!({"settlementId": "s", "settlementAmount": money(total), "notificationOffset": offset,
            "notificationTotal": 2, "settlementPeriod": {}, list: [event]})
    };
    let capture = |total| part(0, total, "captureEvents", "captureRequestId", "c", 20_000_000);
    let refund = |total| part(1, total, "refundEvents", "refundRequestId", "r", 5_000_000);
    let is_complete = || scene.ledger().settlements["s"].is_complete();
    let total = 20_000_000 - 5_000_000 - 2 * 400_000;
    let method = "settlementNotification";
    let unknown = part(0, total, "captureEvents", "captureRequestId", "c", 20_000_001);
    scene.refused(method, unknown, 400, "PRECONDITION_VIOLATION").await;
    // Whatever the order is.
    scene.heard(method, refund(total)).await;
    assert!(!is_complete());
    scene.refused(method, capture(total + 1), 412, "IDEMPOTENCY_VIOLATION").await;
    scene.heard(method, capture(total)).await;
    assert!(is_complete());

    let scene = Scene::open().await;
    scene.heard(method, refund(total + 1)).await;
    scene.refused(method, capture(total + 1), 400, "PRECONDITION_VIOLATION").await;
}

#[tokio::test]
async fn a_settlement_is_answered_with_the_newer_header() {
    let scene = Scene::open().await;
    let answer = scene.tell("settlementNotification", json!({})).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body["responseHeader"]["responseTimestamp"]["epochMillis"].is_string());
}
