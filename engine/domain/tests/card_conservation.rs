//! Any commands in any order: what is reserved is held, captured or let go of, no more goes back
//! than was captured, each thing is told once and in one value, and the events rebuild the state.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/card_payment.rs"]
mod card;
#[path = "common/machine.rs"]
mod machine;

use std::collections::{BTreeMap, BTreeSet};

use card::*;
use machine::*;
use paceline_domain::card_payment::{
    self, Amounts, Authorization, CaptureRefusal, CaseKind, Command, Flow, LineKind, Moved,
    RefundDecline, Stage, State, Subject, Telling,
};
use paceline_domain::ids::{DocumentId, RefundId, RequestId};
use paceline_domain::money::Micros;
use paceline_domain::response_code::Failure;
use paceline_domain::time::Timestamp;
use proptest::prelude::*;

fn answers() -> impl Strategy<Value = Authorization> {
    prop_oneof![
        4 => Just(approved()),
        1 => Just(declined("05")),
        1 => Just(Authorization::Failed(Failure::Unavailable)),
        1 => Just(Authorization::Asking),
    ]
}

fn beginnings() -> impl Strategy<Value = Command> {
    let flows =
        prop_oneof![3 => Just(Flow::Reserve), 1 => Just(Flow::Capture), 1 => Just(Flow::Verify)];
    prop_oneof![
        1 => (flows, 0i64..3)
            .prop_map(|(flow, amount)| Command::Authorize(Box::new(authorize(flow, amount * 5)))),
        4 => (1u32..3, answers()).prop_map(|(attempt, answer)| answered(attempt, answer)),
    ]
}

/// Around the end of the hold.
fn times() -> impl Strategy<Value = Timestamp> {
    prop_oneof![4 => Just(LATER), 1 => Just(LAPSES), 1 => Just(Timestamp(LAPSES.0 + 1))]
}

fn reservations() -> impl Strategy<Value = Command> {
    let refusal = prop_oneof![Just(CaptureRefusal::Lapsed), Just(CaptureRefusal::Revoked)];
    let outcome = prop_oneof![3 => Just(Ok(())), 1 => refusal.prop_map(Err)];
    let reference = prop_oneof![Just(None), Just(Some(arn(1)))];
    prop_oneof![
        3 => (0..2u8, -1i64..12, times())
            .prop_map(|(id, amount, now)| capture_at(&format!("cap:{id}"), amount, now)),
        3 => (outcome, reference).prop_map(|(outcome, reference)| {
            Command::CaptureConcluded { outcome, raw: raw("00"), reference, now: LATER }
        }),
        1 => (0..3u8, times()).prop_map(|(id, now)| void_at(&format!("can:{id}"), now)),
        1 => Just(Command::VoidConcluded { now: LATER }),
        1 => times().prop_map(|now| Command::Lapse { now }),
    ]
}

fn refunds() -> impl Strategy<Value = Command> {
    let outcome = prop_oneof![3 => Just(Ok(())), 1 => Just(Err(RefundDecline::IssuerDeclined))];
    let id = 0u128..4;
    prop_oneof![
        4 => (id.clone(), -1i64..8).prop_map(|(id, amount)| refund(id, amount)),
        4 => (id.clone(), outcome).prop_map(|(id, outcome)| refund_concluded(id, outcome)),
        1 => id.clone().prop_map(|id| {
            Command::ReverseRefund { refund: RefundId(id), raw: raw("46"), now: LATER }
        }),
        1 => (prop_oneof![Just(Moved::Capture), id.prop_map(|id| Moved::Refund(RefundId(id)))], 1..3u8)
            .prop_map(|(of, number)| {
                Command::Reference { of, number: arn(number), now: LATER }
            }),
    ]
}

fn disputes() -> impl Strategy<Value = Command> {
    let kinds = prop_oneof![
        1 => Just(CaseKind::Inquiry),
        3 => Just(CaseKind::Chargeback(Stage::First)),
        2 => Just(CaseKind::Chargeback(Stage::Second)),
    ];
    let name = (0..4u8).prop_map(|name| format!("case-{name}"));
    prop_oneof![
        4 => (name.clone(), kinds, -1i64..10)
            .prop_map(|(name, kind, amount)| Command::OpenCase(Box::new(case(&name, kind, amount)))),
        3 => name.prop_map(|name| reverse_chargeback(&name)),
        1 => (0u128..3, times())
            .prop_map(|(id, now)| Command::Defend { document: DocumentId(id), now }),
        1 => (0..2u8).prop_map(|kind| {
            Command::ReportFraud { kind: text(&format!("KIND_{kind}")), raw: raw("6"), now: LATER }
        }),
    ]
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let told = (1u32..20).prop_map(|number| Command::ConfirmTold { number });
    let any = prop_oneof![
        2 => beginnings(),
        4 => reservations(),
        4 => refunds(),
        4 => disputes(),
        2 => told,
    ];
    let begun = (beginnings(), beginnings(), prop::collection::vec(any, 0..80));
    begun.prop_map(|(first, second, rest)| [first, second].into_iter().chain(rest).collect())
}

/// Everything there ever was to tell, by its number.
type Told = BTreeMap<u32, Telling>;

/// What the lines of the books come to, as Google sees it.
fn net(told: &Told) -> Micros {
    let lines = told.values().filter_map(|telling| telling.line.as_ref());
    lines.fold(Micros::ZERO, |sum, line| match line.kind {
        LineKind::Capture | LineKind::RefundReversal | LineKind::ChargebackReversal => {
            sum + line.amount
        }
        LineKind::Refund | LineKind::Chargeback => sum - line.amount,
    })
}

/// What Google was told the outcome of, by the request that asked for it.
fn outcomes(told: &Told) -> Vec<(String, String)> {
    let subjects = told.values().filter_map(|telling| telling.subject.as_ref());
    let concluded = subjects.filter_map(|subject| match subject {
        Subject::Captured { request, outcome, .. } => Some((request, format!("{outcome:?}"))),
        Subject::Voided { request } => Some((request, "voided".to_owned())),
        Subject::Refunded { request, outcome, .. } => Some((request, format!("{outcome:?}"))),
        _ => None,
    });
    concluded.map(|(request, outcome)| (request.to_string(), outcome)).collect()
}

fn is_last(state: &State, capture: &RequestId) -> bool {
    let last = state.as_ref().and_then(|payment| payment.capture.as_ref());
    last.is_some_and(|last| last.request == *capture)
}

proptest! {
    #[test]
    fn money_is_conserved_and_everything_is_told_once(commands in commands()) {
        let mut payment = new();
        let mut told = Told::new();
        let mut captures = BTreeSet::new();
        for command in commands {
            // A key lets its request in once; the last one is let in again.
            if let Command::Capture(ask) = &command
                && !captures.insert(ask.request.clone())
                && !is_last(&payment.state, &ask.request)
            {
                continue;
            }
            let _ = payment.give(command); // refused or not, the books must be right
            let Some(state) = &payment.state else { continue };
            let Amounts { reserved, held, captured, voided } = state.amounts;
            prop_assert_eq!(reserved, held + captured + voided);
            let back = state.refunds.values().filter(|refund| {
                refund.progress == card_payment::RefundProgress::Refunded
            });
            let refunded = back.fold(Micros::ZERO, |sum, refund| sum + refund.amount);
            prop_assert!(refunded + state.charged_back() <= captured);
            prop_assert!(state.remainder() >= Micros::ZERO, "what is under way counts, too");

            for telling in &state.untold {
                let known = told.entry(telling.number).or_insert_with(|| telling.clone());
                prop_assert_eq!(&*known, telling, "what is told never changes");
            }
            prop_assert_eq!(
                net(&told), captured - refunded - state.charged_back(),
                "the books have every movement, once"
            );
            let owes = card_payment::owes(&payment.state);
            prop_assert_eq!(owes, !card_payment::pending(&payment.state).is_empty());
        }
        let outcomes = outcomes(&told);
        let requests: BTreeMap<_, _> = outcomes.iter().cloned().collect();
        prop_assert_eq!(requests.len(), outcomes.len(), "one outcome for one request");
        let names: BTreeMap<_, _> = told.values().map(|telling| (telling.notice, ())).collect();
        prop_assert_eq!(names.len(), told.len(), "one name for one thing");
    }
}
