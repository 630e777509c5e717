use paceline_domain::authorization::{
    AddressVerdict, Approval, CardFacts, CardKind, CvnVerdict, LastFour, Network,
    StoredCredentialVerdict, Verdict,
};
use paceline_domain::card_payment::{self, Authorization, Event, Flow, OpenCase, Terms};
use paceline_domain::ids::{CardId, PaymentId};
use paceline_domain::response_code::ResponseCode;

use super::*;

const AT: Timestamp = Timestamp(1_758_022_800_000);

fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

fn capture() -> RequestId {
    RequestId::parse("cap:1").unwrap()
}

/// Forty dollars, taken with a Visa card.
fn captured() -> CardPayment {
    let terms = Terms {
        flow: Flow::Capture,
        integrator: IntegratorAccountId::parse("InvisiCardUSA_USD").unwrap(),
        request: capture(),
        card: CardId(7),
        network: Some(Network::Visa),
        last_four: LastFour(*b"1111"),
        amount: Micros(40_000_000),
        currency: CurrencyCode::parse("USD").unwrap(),
        description: text("GOOGLE*Sky Atlas"),
    };
    let verdict = Verdict {
        code: ResponseCode::parse("00").unwrap(),
        authorization_code: None,
        address: AddressVerdict::NotSent { supported: true },
        cvn: CvnVerdict::Match,
        card: CardFacts { issuer: None, country: None, network: None, kind: CardKind::Credit },
        stored_credential: StoredCredentialVerdict::NotSent,
    };
    let answer = Authorization::Approved(Box::new(Approval { verdict, expires_at: AT }));
    let asked = Event::Asked { id: PaymentId(1), terms: Box::new(terms), asked: None, at: AT };
    let mut state = None;
    card_payment::apply(&mut state, &asked);
    card_payment::apply(&mut state, &Event::Authorized { answer, at: AT });
    state.unwrap()
}

fn given(members: &[(&str, &str)]) -> Raising {
    let members: serde_json::Map<_, _> =
        members.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    serde_json::from_value(members.into()).unwrap()
}

fn case(payment: &CardPayment, members: &[(&str, &str)]) -> OpenCase {
    let raised = of_capture(payment, capture(), "chargeback", &given(members)).unwrap();
    let Raised::Case { case, kind, amount, reason, raw, raised_on, reply_by, .. } = raised else {
        panic!("{raised:?}")
    };
    OpenCase { case, kind, amount, reason, raw, raised_on, reply_by, at: AT }
}

fn opened(payment: CardPayment, case: OpenCase) -> CardPayment {
    let mut state = Some(payment);
    card_payment::apply(&mut state, &Event::CaseOpened { case: Box::new(case) });
    state.unwrap()
}

const NAMED: [(&str, &str); 2] = [("case", "cb"), ("code", "10.4")];

#[test]
fn what_is_not_given_of_a_new_case_is_what_is_most_likely() {
    let raised = case(&captured(), &NAMED);
    assert_eq!((raised.amount, raised.reason), (Micros(40_000_000), DisputeReason::Unclear));
    assert_eq!(raised.raw.scope, Some(text("VISA")));
    assert_eq!(raised.raised_on.0 % 86_400_000, 0, "a day");
    assert_eq!(raised.reply_by.0 - raised.raised_on.0, 20 * 86_400_000);
}

#[test]
fn a_case_that_is_told_again_is_as_it_was_in_all_that_is_not_given() {
    let first = [
        ("reason", "fraud"),
        ("at", "2025-09-16T00:00:00Z"),
        ("reply_by", "2025-10-01T00:00:00Z"),
        ("scope", "STAR"),
    ];
    for first in [&first[..1], &first] {
        let before = case(&captured(), &[&NAMED, first].concat());
        let payment = opened(captured(), before.clone());
        assert_eq!(payment.remainder(), Micros::ZERO, "nothing is left to charge back");
        assert_eq!(case(&payment, &NAMED), before);
        let other = case(&payment, &[&NAMED[..], &[("amount", "1.00")]].concat());
        assert_eq!(other.amount, Micros(1_000_000), "what is given is told, and refused");
    }
}

#[test]
fn a_case_of_the_same_name_and_another_kind_is_a_new_one() {
    let payment = captured();
    let inquired = of_capture(&payment, capture(), "inquiry", &given(&NAMED)).unwrap();
    let Raised::Case { kind, amount, .. } = inquired else { panic!("{inquired:?}") };
    assert_eq!((kind, amount), (CaseKind::Inquiry, Micros(40_000_000)));
    let before = OpenCase {
        kind,
        reason: DisputeReason::Fraud,
        amount: Micros(1_000_000),
        ..case(&payment, &NAMED)
    };
    let payment = opened(payment, before);
    let raised = case(&payment, &NAMED);
    assert_eq!((raised.amount, raised.reason), (Micros(40_000_000), DisputeReason::Unclear));
}

#[test]
fn a_code_of_a_reversed_refund_is_of_the_cards_network_unless_it_is_said_whose_it_is() {
    let scope = |members: &[(&str, &str)]| {
        let refund = RequestId::parse("ref:1").unwrap();
        let raised = of_refund(&captured(), refund, "reversal", &given(members)).unwrap();
        let Raised::RefundReversal { raw, .. } = raised else { panic!("{raised:?}") };
        raw.scope
    };
    assert_eq!(scope(&[("code", "46")]), Some(text("VISA")));
    assert_eq!(scope(&[("code", "46"), ("scope", "STAR")]), Some(text("STAR")));
}

#[test]
fn a_code_is_never_made_up() {
    for what in ["inquiry", "chargeback", "reversal", "fraud"] {
        let raised = of_capture(&captured(), capture(), what, &given(&[("case", "cb")]));
        assert!(raised.is_err_and(|(_, why)| why.contains("`code`")), "{what}");
    }
}
