//! A payment by card as a test drives it.

// Each test file takes what it needs; helpers are tests too.
#![allow(dead_code, clippy::unwrap_used)]

use paceline_domain::authorization::{
    AddressVerdict, Approval, CardFacts, CardKind, CvnVerdict, LastFour, Network,
    StoredCredentialVerdict, Verdict,
};
use paceline_domain::card_payment::{
    self, Amounts, AskCapture, AskRefund, AskVoid, Authorization, Authorize, CaptureRefusal,
    CardPayment, CaseKind, Command, DisputeReason, Event, Flow, OpenCase, RawResult, RefundDecline,
    Rejection, Stage, State, Subject, Telling, Terms,
};
use paceline_domain::ids::{CardId, PaymentId, ReferenceNumber, RefundId};
use paceline_domain::response_code::ResponseCode;
use paceline_domain::time::Timestamp;

use crate::machine::*;

pub type Payment = Machine<State, Command, Event, Rejection>;

/// A week after [`NOW`].
pub const LAPSES: Timestamp = Timestamp(NOW.0 + 604_800_000);

pub const DECLINED: Result<(), RefundDecline> = Err(RefundDecline::IssuerDeclined);

pub fn new() -> Payment {
    Machine::new(card_payment::decide, card_payment::apply)
}

pub fn authorize(flow: Flow, amount: i64) -> Authorize {
    let terms = Terms {
        flow,
        integrator: piaid(),
        request: request("rsv:1"),
        card: CardId(7),
        network: Some(Network::Visa),
        last_four: LastFour(*b"1111"),
        amount: dollars(amount),
        currency: usd(),
        description: text("GOOGLE*Sky Atlas"),
    };
    Authorize { id: PaymentId(1), terms, barred: None, now: NOW, asked: None }
}

pub fn verdict(code: &str) -> Verdict {
    Verdict {
        code: ResponseCode::parse(code).unwrap(),
        authorization_code: None,
        address: AddressVerdict::NotSent { supported: true },
        cvn: CvnVerdict::Match,
        card: CardFacts {
            issuer: None,
            country: None,
            network: Some(Network::Visa),
            kind: CardKind::Credit,
        },
        stored_credential: StoredCredentialVerdict::NotSent,
    }
}

pub fn approved() -> Authorization {
    Authorization::Approved(Box::new(Approval { verdict: verdict("00"), expires_at: LAPSES }))
}

pub fn declined(code: &str) -> Authorization {
    Authorization::Declined(Box::new(verdict(code)))
}

pub fn answered(attempt: u32, answer: Authorization) -> Command {
    Command::Authorized { attempt, answer, now: NOW }
}

/// An acquirer reference number that ends so.
pub fn arn(end: u8) -> ReferenceNumber {
    ReferenceNumber::parse(&format!("24011345260000310078{end:03}")).unwrap()
}

pub fn raw(code: &str) -> RawResult {
    RawResult { scope: Some(text("VISA")), code: text(code) }
}

pub fn asked(flow: Flow) -> Payment {
    let mut payment = new();
    payment.give(Command::Authorize(Box::new(authorize(flow, 10)))).unwrap();
    payment
}

/// Ten dollars are held, or taken at once.
pub fn authorized(flow: Flow) -> Payment {
    let mut payment = asked(flow);
    payment.give(answered(1, approved())).unwrap();
    payment
}

pub fn held() -> Payment {
    authorized(Flow::Reserve)
}

/// Eight of ten dollars were taken by `cap:1`.
pub fn captured() -> Payment {
    let mut payment = held();
    payment.give(capture("cap:1", 8)).unwrap();
    payment.give(capture_concluded(Ok(()))).unwrap();
    payment
}

pub fn capture_at(id: &str, amount: i64, now: Timestamp) -> Command {
    Command::Capture(AskCapture { request: request(id), amount: dollars(amount), now })
}

pub fn capture(id: &str, amount: i64) -> Command {
    capture_at(id, amount, LATER)
}

pub fn capture_concluded(outcome: Result<(), CaptureRefusal>) -> Command {
    Command::CaptureConcluded { outcome, raw: raw("00"), reference: None, now: LATER }
}

pub fn void_at(id: &str, now: Timestamp) -> Command {
    Command::Void(AskVoid { request: request(id), now })
}

pub fn void(id: &str) -> Command {
    void_at(id, LATER)
}

pub fn refund(id: u128, amount: i64) -> Command {
    let request = request(&format!("ref:{id}"));
    Command::Refund(AskRefund { id: RefundId(id), request, amount: dollars(amount), now: LATER })
}

pub fn refund_concluded(id: u128, outcome: Result<(), RefundDecline>) -> Command {
    let refund = RefundId(id);
    Command::RefundConcluded { refund, outcome, raw: raw("00"), reference: None, now: LATER }
}

pub fn case(name: &str, kind: CaseKind, amount: i64) -> OpenCase {
    OpenCase {
        case: text(name),
        kind,
        amount: dollars(amount),
        reason: DisputeReason::Fraud,
        raw: raw("10.4"),
        raised_on: NOW,
        reply_by: LAPSES,
        at: LATER,
    }
}

pub fn charge_back(name: &str, stage: Stage, amount: i64) -> Command {
    Command::OpenCase(Box::new(case(name, CaseKind::Chargeback(stage), amount)))
}

pub fn reverse_chargeback(name: &str) -> Command {
    let case = text(name);
    Command::ReverseChargeback { case, raw: raw("WON"), reversed_on: LATER, now: LATER }
}

pub fn now_of(payment: &Payment) -> &CardPayment {
    payment.state.as_ref().unwrap()
}

/// Reserved, held, captured, voided, in dollars.
pub fn amounts(payment: &Payment) -> [i64; 4] {
    let Amounts { reserved, held, captured, voided } = now_of(payment).amounts;
    [reserved, held, captured, voided].map(|amount| amount.0 / 1_000_000)
}

/// What Google is to be told, in its order.
pub fn told(payment: &Payment) -> Vec<Subject> {
    untold(payment).into_iter().filter_map(|telling| telling.subject).collect()
}

pub fn untold(payment: &Payment) -> Vec<Telling> {
    now_of(payment).untold.clone()
}
