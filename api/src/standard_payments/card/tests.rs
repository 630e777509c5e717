//! What we write has the shape of the published examples: the same members, each of the same kind.

use http::StatusCode;
use paceline_domain::authorization::{
    AddressMatches, AddressVerdict, Approval, CardFacts, CardKind, CvnVerdict, Match, Network,
    StoredCredentialVerdict, UnsupportedBy, Verdict,
};
use paceline_domain::card_payment::{
    CaptureRefusal, CaseTold, DisputeReason, Flow, Line, LineKind, RawResult, RefundDecline, Stage,
    Subject,
};
use paceline_domain::ids::{
    CaptureId, DocumentId, IntegratorAccountId, MovementId, NoticeId, PaymentId, ReferenceNumber,
    RefundId, RequestId, SettlementId,
};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::response_code::{Failure, ResponseCode};
use paceline_domain::settlement::{Entry, Of, Part};
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;
use paceline_engine::card::{Outcome, Refusal, Voice};
use serde_json::{Map, Value, json};

use super::{Spelling, Words, settled, told};
use crate::standard_payments::examples::{example, shape};

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn request(id: &str) -> RequestId {
    RequestId::parse(id).unwrap()
}

fn verdict(code: &str) -> Verdict {
    Verdict {
        code: ResponseCode::parse(code).unwrap(),
        authorization_code: (code == "00").then(|| text("A7K31Q")),
        address: AddressVerdict::Checked(Box::new(AddressMatches {
            raw: text("Y"),
            line: Match::Match,
            locality: Match::NotSpecified,
            administrative_area: Match::SkippedByIssuer,
            postal_code: Match::Mismatch,
            country: Match::Unsupported,
            name: Match::SkippedByNetwork,
        })),
        cvn: CvnVerdict::Match,
        card: CardFacts {
            issuer: Some(text("Harbor \"Trust\"")),
            country: Some(text("US")),
            network: Some(Network::Visa),
            kind: CardKind::Debit,
        },
        stored_credential: StoredCredentialVerdict::NotSent,
    }
}

fn approval() -> Approval {
    Approval { verdict: verdict("00"), expires_at: Timestamp(1_758_627_600_000) }
}

fn said(outcome: &Outcome<'_>) -> (u16, Value) {
    spelled(Spelling::default(), outcome)
}

/// The answer with a header, as it travels.
fn spelled(spelling: Spelling, outcome: &Outcome<'_>) -> (u16, Value) {
    let reply = Words::new(spelling, StatusCode::NOT_FOUND).words(outcome);
    let header = r#"{"responseHeader":{"responseTimestamp":"1"},"#;
    let body = [header.as_bytes(), &reply.body].concat();
    (reply.status, serde_json::from_slice(&body).unwrap())
}

fn authorized(flow: Flow, result: Result<&Approval, &Verdict>) -> (u16, Value) {
    said(&Outcome::Authorized { flow, payment: PaymentId(7), result })
}

#[test]
fn answers_have_the_shape_of_the_published_ones() {
    let (approved, declined) = (approval(), verdict("51"));
    let capture = CaptureId(7);
    for (method, (status, ours)) in [
        ("reserveFunds", authorized(Flow::Reserve, Ok(&approved))),
        ("capture", authorized(Flow::Capture, Err(&declined))),
        ("verifyCardWithMinimumReservation", authorized(Flow::Verify, Ok(&approved))),
        ("asynchronousCaptureFundsReservation", said(&Outcome::CaptureAcknowledged { capture })),
        ("asynchronousCancelFundsReservation", said(&Outcome::VoidAcknowledged)),
        ("asynchronousRefund", said(&Outcome::RefundAcknowledged { refund: RefundId(1) })),
        ("defendChargeback", said(&Outcome::Defended { document: DocumentId(1) })),
    ] {
        assert_eq!(status, 200, "{method}");
        let Some(theirs) = example(&format!("card/{method}.response.json")) else { return };
        assert_eq!(shape(&ours), shape(&theirs), "{method}");
        assert_eq!(ours["result"], theirs["result"], "{method}");
    }
}

#[test]
fn each_decline_has_its_result() {
    for (code, result) in [
        ("01", "ISSUER_DECLINED"),
        ("04", "CARD_LOST_OR_STOLEN"),
        ("05", "DO_NOT_HONOR"),
        ("12", "TRANSACTION_INVALID"),
        ("13", "TRANSACTION_EXCEEDS_AMOUNT_LIMIT"),
        ("14", "CARD_NUMBER_INVALID"),
        ("15", "TRANSACTION_COULD_NOT_BE_ROUTED"),
        ("16", "INSUFFICIENT_FUNDS"),
        ("51", "INSUFFICIENT_FUNDS"),
        ("54", "CARD_EXPIRED"),
        ("57", "TRANSACTION_NOT_ALLOWED"),
        ("59", "SUSPECTED_FRAUD"),
        ("61", "TRANSACTION_EXCEEDS_AMOUNT_LIMIT"),
        ("62", "RESTRICTED_CARD"),
        ("64", "TRANSACTION_UNDER_AMOUNT_LIMIT"),
        ("65", "STRONG_CUSTOMER_AUTHENTICATION_REQUIRED"),
        ("68", "NETWORK_TIMEOUT"),
        ("70", "CARD_AUTHENTICATION_EXPIRED"),
        ("78", "CARD_CANCELLED"),
        ("R0", "RECURRING_PAYMENT_NOT_SUPPORTED"),
        ("99", "ISSUER_DECLINED"),
    ] {
        let (status, told) = authorized(Flow::Reserve, Err(&verdict(code)));
        assert_eq!((status, &told["result"]), (200, &json!(result)), "{code}");
        assert_eq!(told["cardNetworkResult"]["rawResult"]["rawCode"], code);
        assert_eq!(told.get("reservationExpirationTimestamp"), None);
    }
}

#[test]
fn a_number_that_no_network_has_has_no_result_of_a_network() {
    let mut verdict = verdict("14");
    verdict.card.network = None;
    let (_, told) = authorized(Flow::Reserve, Err(&verdict));
    assert_eq!(told["cardNetworkResult"], json!({"cardNetworkResultNotAvailable": {}}));
    assert_eq!(told["cardMetadata"]["networks"], json!([]));
    assert_eq!(told["result"], "CARD_NUMBER_INVALID");
}

#[test]
fn a_card_that_no_network_knows_can_be_used_in_no_flow() {
    for (code, word) in [("00", "SUPPORTED"), ("51", "SUPPORTED"), ("14", "NOT_SUPPORTED")] {
        let (_, told) = authorized(Flow::Verify, Err(&verdict(code)));
        assert_eq!(
            (&told["fundsTransferFlow"], &told["reserveCaptureFlow"]),
            (&json!(word), &json!(word))
        );
    }
}

#[test]
fn what_was_not_sent_or_not_supported_is_said_as_such() {
    let mut verdict = verdict("00");
    let mut of = |change: &dyn Fn(&mut Verdict)| {
        change(&mut verdict);
        authorized(Flow::Reserve, Err(&verdict)).1
    };
    let told = of(&|v| v.address = AddressVerdict::NotSent { supported: true });
    let none = json!({"notSent": {"support": "SUPPORTED"}});
    assert_eq!(told["addressVerificationResult"], none);
    let told = of(&|v| v.address = AddressVerdict::SentUnsupported(UnsupportedBy::Issuer));
    let none = json!({"sentUnsupported": {"support": "UNSUPPORTED_BY_ISSUER"}});
    assert_eq!(told["addressVerificationResult"], none);
    for (cvn, word) in [
        (CvnVerdict::NotSent { unsupported_by: None }, "NOT_SENT_SUPPORTED"),
        (
            CvnVerdict::NotSent { unsupported_by: Some(UnsupportedBy::Network) },
            "NOT_SENT_UNSUPPORTED_BY_NETWORK",
        ),
        (CvnVerdict::Unsupported(UnsupportedBy::Integrator), "UNSUPPORTED_BY_INTEGRATOR"),
        (CvnVerdict::NotVerified, "NOT_VERIFIED"),
        (CvnVerdict::SkippedByIssuer, "SKIPPED_BY_ISSUER"),
    ] {
        assert_eq!(of(&|v| v.cvn = cvn)["cvnResult"], word);
    }
    let network_transaction = text("net-1");
    let told = of(&|v| {
        v.stored_credential = StoredCredentialVerdict::Successful {
            network_transaction: network_transaction.clone(),
        };
    });
    let successful = json!({"storedCredentialInformationSuccessful":
        {"networkTransactionIdentifier": "net-1"}});
    assert_eq!(told["additionalTransactionProcessingResult"], successful);
    let told = of(&|v| {
        v.stored_credential = StoredCredentialVerdict::Supplemented {
            network_transaction: network_transaction.clone(),
            supplementary: text("net-2"),
        };
    });
    let supplemented = json!({"storedCredentialInformationSuccessful":
        {"networkTransactionIdentifier": "net-1",
            "supplementaryNetworkTransactionIdentifier": "net-2"}});
    assert_eq!(told["additionalTransactionProcessingResult"], supplemented);
}

#[test]
fn a_refusal_or_a_failure_has_its_status_and_code() {
    for (outcome, status, code) in [
        (Outcome::Refused(Refusal::ReservationUnknown), 404, "INVALID_IDENTIFIER"),
        (Outcome::Refused(Refusal::CaptureUnknown), 404, "INVALID_IDENTIFIER"),
        (Outcome::Refused(Refusal::PaymentElsewhere), 404, "INVALID_IDENTIFIER"),
        (Outcome::Refused(Refusal::CapturedAlready), 400, "PRECONDITION_VIOLATION"),
        (Outcome::Refused(Refusal::CaseClosed), 400, "PRECONDITION_VIOLATION"),
        (Outcome::Refused(Refusal::RequestTaken), 412, "IDEMPOTENCY_VIOLATION"),
        (Outcome::Failed(Failure::Misconfigured), 400, "PRECONDITION_VIOLATION"),
        (Outcome::Failed(Failure::Broken), 500, ""),
        (Outcome::Failed(Failure::Unavailable), 503, ""),
        (Outcome::Unfinished, 503, ""),
    ] {
        let (told, body) = said(&outcome);
        assert_eq!(told, status, "{outcome:?}");
        assert_eq!(body["errorResponseCode"].as_str().unwrap_or_default(), code, "{outcome:?}");
        assert!(body["errorDescription"].is_string());
    }
    let usd = CurrencyCode::parse("USD").unwrap();
    for (why, member) in
        [(Refusal::Fractional(usd), "amount"), (Refusal::FractionalRefund(usd), "refundAmount")]
    {
        let (_, body) = said(&Outcome::Refused(why));
        let told = body["errorDescription"].as_str().unwrap().to_owned();
        assert!(told.starts_with(&format!("{member}: ")), "{told}");
    }
    let (_, body) = said(&Outcome::Failed(Failure::Misconfigured));
    assert!(body["errorDescription"].as_str().unwrap().contains("paymentIntegratorAccountId"));
}

#[test]
fn a_word_that_google_spells_in_another_way_can_be_replaced() {
    let replaced =
        |member: &str, word: &str| ((member.to_owned(), word.to_owned()), "OTHER_WORD".to_owned());
    let spelling = Spelling(
        [
            replaced("addressVerificationResult", "SKIPPED_BY_ISSUER"),
            replaced("refundResult", "REFUND_WINDOW_EXCEEDED"),
        ]
        .into(),
    );
    let outcome =
        Outcome::Authorized { flow: Flow::Reserve, payment: PaymentId(1), result: Ok(&approval()) };
    let (_, told) = spelled(spelling.clone(), &outcome);
    let verdicts = &told["addressVerificationResult"]["result"];
    assert_eq!(verdicts["administrativeAreaName"], "OTHER_WORD");
    assert_eq!(verdicts["nameOnCard"], "SKIPPED_BY_NETWORK");
    let late = Subject::Refunded {
        request: request("r"),
        refund: RefundId(1),
        outcome: Err(RefundDecline::WindowExceeded),
        raw: raw(),
    };
    assert_eq!(told::members(&late, &spelling)["refundResult"], "OTHER_WORD");
}

fn raw() -> RawResult {
    RawResult { scope: Some(text("VISA")), code: text("00") }
}

fn case() -> CaseTold {
    CaseTold {
        capture: request("rsvcap:9c02"),
        amount: Micros(14_660_000),
        reason: DisputeReason::Fraud,
        raw: raw(),
        raised_on: Timestamp(1_758_240_000_000),
        reply_by: Timestamp(1_760_054_400_000),
        case: text("ng-case-5512"),
    }
}

fn subjects() -> Vec<(&'static str, Subject)> {
    let capture = || request("rsvcap:9c02");
    let amount = Micros(7_330_000);
    let number = || ReferenceNumber::parse("24011345260000310078117").unwrap();
    vec![
        (
            "captureFundsReservationResultNotification",
            Subject::Captured { request: capture(), outcome: Ok(()), raw: raw() },
        ),
        (
            "cancelFundsReservationResultNotification",
            Subject::Voided { request: request("rsvcan:9c09") },
        ),
        (
            "refundResultNotification",
            Subject::Refunded {
                request: request("cref:9f01"),
                refund: RefundId(1),
                outcome: Ok(()),
                raw: raw(),
            },
        ),
        (
            "reverseRefundNotification",
            Subject::RefundReversed { request: request("cref:9f01"), amount, raw: raw() },
        ),
        ("inquiryNotification", Subject::Inquiry(case())),
        ("chargebackNotification", Subject::Chargeback { stage: Stage::First, told: case() }),
        (
            "chargebackReversedNotification",
            Subject::ChargebackReversed {
                chargeback: NoticeId(9),
                amount,
                raw: raw(),
                reversed_on: Timestamp(1),
            },
        ),
        (
            "fraudNotification",
            Subject::FraudReported { capture: capture(), kind: text("FRAUDULENT_USE"), raw: raw() },
        ),
        (
            "setAcquirerReferenceNumberForCaptureNotification",
            Subject::CaptureReferenced { capture: capture(), number: number() },
        ),
        (
            "setAcquirerReferenceNumberForRefundNotification",
            Subject::RefundReferenced { refund: request("cref:9f01"), number: number() },
        ),
    ]
}

#[test]
fn what_google_is_told_has_the_shape_of_the_published_notifications() {
    for (method, subject) in subjects() {
        let Value::Object(mut ours) = told::members(&subject, &Spelling::default()) else {
            panic!()
        };
        let name = format!("card-google/{method}.request.json");
        let Some(Value::Object(mut theirs)) = example(&name) else { return };
        theirs.remove("requestHeader").unwrap();
        theirs.remove("paymentIntegratorAccountId").unwrap();
        let kinds = |members: &Map<String, Value>| shape(&Value::Object(members.clone()));
        assert_eq!(kinds(&ours), kinds(&theirs), "{method}");
        for word in [
            "captureFundsReservationResult",
            "cancelFundsReservationResult",
            "refundResult",
            "chargebackStage",
            "fraudType",
        ] {
            assert_eq!(ours.remove(word), theirs.remove(word), "{method}");
        }
    }
}

fn part() -> Part {
    let usd = CurrencyCode::parse("USD").unwrap();
    let entry = |kind, request_id, dollars: i64, fee| Entry {
        line: Line {
            kind,
            payment: PaymentId(400),
            movement: MovementId(1),
            request: request(request_id),
            amount: Micros(dollars * 1_000_000),
            at: Timestamp(1),
        },
        fee: Micros(fee),
    };
    Part {
        of: Of {
            id: SettlementId(1),
            integrator: IntegratorAccountId::parse("Acme_USD").unwrap(),
            currency: usd,
            starts: Timestamp(1_757_980_800_000),
            ends: Timestamp(1_758_067_199_999),
        },
        closed_at: Timestamp(1_758_106_200_000),
        total: Micros(137_200_000),
        number: 0,
        parts: 1,
        entries: vec![
            entry(LineKind::Capture, "ccap:9d11", 100, 2_000_000),
            entry(LineKind::Capture, "ccap:9d12", 40, 800_000),
        ],
    }
}

#[test]
fn a_settlement_has_the_shape_of_the_published_one() {
    let ours = settled::members(&part());
    let name = "card-google/settlementNotification.request.json";
    let Some(Value::Object(mut theirs)) = example(name) else { return };
    theirs.remove("requestHeader").unwrap();
    assert_eq!(shape(&ours), shape(&Value::Object(theirs.clone())));
    for member in ["generatedTimestamp", "settlementPeriod", "settlementAmount"] {
        assert_eq!(ours[member], theirs[member]);
    }
}

#[test]
fn each_kind_of_movement_has_a_list_of_its_own() {
    let mut part = part();
    let capture = part.entries[0].clone();
    for (kind, list, name) in [
        (LineKind::Refund, "refundEvents", "refundRequestId"),
        (LineKind::RefundReversal, "refundReversalEvents", "refundRequestId"),
        (LineKind::Chargeback, "chargebackEvents", "captureRequestId"),
        (LineKind::ChargebackReversal, "chargebackReversalEvents", "captureRequestId"),
    ] {
        let mut entry = capture.clone();
        entry.line.kind = kind;
        part.entries = vec![entry];
        let told = settled::members(&part);
        assert_eq!(told[list][0][name], "ccap:9d11");
        assert_eq!(told.get("captureEvents"), None);
    }
}

#[test]
fn a_capture_that_came_to_nothing_says_why() {
    for (outcome, word) in [
        (CaptureRefusal::Lapsed, "RESERVATION_EXPIRED"),
        (CaptureRefusal::Revoked, "REVOCATION_OF_AUTHORIZATION"),
    ] {
        let subject =
            Subject::Captured { request: request("c"), outcome: Err(outcome), raw: raw() };
        let told = told::members(&subject, &Spelling::default());
        assert_eq!(told["captureFundsReservationResult"], word);
    }
}

#[test]
fn a_code_that_the_acquirer_did_not_give_is_left_out() {
    let told = |code: &str| {
        let (request, raw) = (request("c"), RawResult { code: text(code), ..raw() });
        let subject = Subject::Captured { request, outcome: Ok(()), raw };
        told::members(&subject, &Spelling::default())
    };
    assert!(told("00").get("rawResult").is_some());
    assert!(told("").get("rawResult").is_none(), "Google takes no empty one");
}
