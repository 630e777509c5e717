use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use paceline_domain::authorization::{
    AddressVerdict, Approval, CardKind, CvnVerdict, Match, StoredCredentialVerdict, UnsupportedBy,
    Verdict,
};
use paceline_domain::card_payment::Flow;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::response_code::{CardDecline, Failure, Meaning};
use paceline_domain::time::Timestamp;
use paceline_storage::MemoryLog;

use super::*;
use crate::card::{
    Address, CardOnFile, Expiry, MerchantCategory, NetworkToken, Processing, StoredCredential,
};
use crate::secret::Secret;

const NO_TIME: SimulatedOptions =
    SimulatedOptions { seed: 1, latency_median: Duration::ZERO, latency_p99: Duration::ZERO };

const NOW: Timestamp = Timestamp(1_758_022_800_137);
const GOOD: &str = "4111111111111111";
const HELD: MovementId = MovementId(1);
const CAPTURE: MovementId = MovementId(2);

fn opened() -> (Simulated, Arc<MemoryLog>) {
    let book = Arc::new(MemoryLog::new());
    (Simulated::new(NO_TIME, Arc::clone(&book) as Arc<dyn EventLog>), book)
}

/// A number as the documentation writes it.
fn digits(number: &str) -> String {
    number.replace(' ', "")
}

fn card(number: &str) -> CardOnFile {
    CardOnFile {
        number: Secret::new(digits(number).into_bytes()),
        name: Secret::new(&b"D. Okafor"[..]),
        expires: Some(Expiry { month: 4, year: 2028 }),
        token: Some(NetworkToken { kind: None, cryptogram: None }),
    }
}

fn ask(number: &str) -> Authorize {
    Authorize {
        id: HELD,
        flow: Flow::Reserve,
        card: card(number),
        cvn: Some(Secret::new(&b"717"[..])),
        amount: Micros(24_990_000),
        currency: CurrencyCode::parse("USD").unwrap(),
        description: Text::parse("GOOGLE*Sky Atlas").unwrap(),
        category: MerchantCategory(*b"5815"),
        address: Some(address("02903")),
        processing: Processing::default(),
        now: NOW,
    }
}

fn address(postal_code: &str) -> Address {
    let word = |word| Text::parse(word).unwrap();
    let postal_code = (!postal_code.is_empty()).then(|| word(postal_code));
    Address { lines: vec![word("88 Foundry Lane")], postal_code, ..Address::default() }
}

fn follow(number: &str, id: MovementId, of: MovementId, amount: i64) -> Follow {
    let (card, currency) = (card(number), CurrencyCode::parse("USD").unwrap());
    Follow { id, of, card, amount: Micros(amount), currency, now: NOW }
}

fn approval(answer: Authorized) -> Approval {
    let Authorized::Approved(approval) = answer else { panic!("{answer:?} is no approval") };
    approval
}

fn verdict(answer: Authorized) -> Verdict {
    match answer {
        Authorized::Approved(approval) => approval.verdict,
        Authorized::Declined(verdict) => verdict,
        Authorized::Unknown => panic!("nothing was said"),
    }
}

async fn reserved(number: &str) -> (Simulated, Arc<MemoryLog>) {
    let (acquirer, book) = opened();
    approval(acquirer.authorize(ask(number)).await);
    (acquirer, book)
}

async fn captured(number: &str) -> (Simulated, Arc<MemoryLog>) {
    let (acquirer, book) = reserved(number).await;
    let done = acquirer.capture(follow(number, CAPTURE, HELD, 21_990_000)).await;
    assert!(matches!(done, Followed::Done { .. }), "{done:?}");
    (acquirer, book)
}

fn entries(book: &MemoryLog, movement: MovementId) -> Vec<Entry> {
    Simulated::book_of(book, movement).unwrap()
}

/// The numbers in the table of the documentation, and what it says of each.
fn documented() -> Vec<(String, &'static str)> {
    let rows = include_str!("../simulated.rs").lines().filter_map(|line| {
        let mut cells = line.strip_prefix("//! | `")?.split('|');
        let number = digits(cells.next()?.trim().trim_matches('`'));
        Some((number, cells.next()?.trim()))
    });
    rows.filter(|(number, _)| number.bytes().all(|c| c.is_ascii_digit())).collect()
}

#[test]
fn every_documented_number_passes_its_check_digit_and_is_a_test_card() {
    let documented = documented();
    assert!(documented.len() > 45, "{} numbers", documented.len());
    let ordinary = Script::of(GOOD.as_bytes());
    for (number, what) in documented {
        assert!(number::is_well_formed(number.as_bytes()), "{number}");
        let script = Script::of(number.as_bytes());
        assert!(script.code.as_str() != "14" || what.contains("`14`"), "{number}: {what}");
        assert!(script != ordinary || what == "approved (`00`)", "{number}: {what}");
        if let Some((_, code)) = what.split_once("(`") {
            assert_eq!(script.code.as_str(), &code[..2], "{number}");
        }
    }
}

#[test]
fn every_result_and_every_failure_has_a_documented_number() {
    let meanings: BTreeSet<String> = documented()
        .iter()
        .map(|(number, _)| format!("{:?}", Script::of(number.as_bytes()).code.meaning()))
        .collect();
    use CardDecline::*;
    let declines = [
        IssuerDeclined,
        DoNotHonor,
        InsufficientFunds,
        CardExpired,
        CardCancelled,
        LostOrStolen,
        CardRestricted,
        NumberInvalid,
        TransactionInvalid,
        TransactionNotAllowed,
        AboveLimit,
        BelowLimit,
        NotRouted,
        SuspectedFraud,
        AuthenticationRequired,
        AuthenticationExpired,
        RecurringUnsupported,
        NetworkTimeout,
    ];
    let failures = [Failure::Misconfigured, Failure::Broken, Failure::Unavailable];
    let all = declines.map(Meaning::Declined).into_iter();
    for meaning in all.chain(failures.map(Meaning::Failed)).chain([Meaning::Approved]) {
        assert!(meanings.contains(&format!("{meaning:?}")), "{meaning:?} has no number");
    }
}

#[tokio::test]
async fn an_ordinary_card_is_held_for_a_week_and_says_what_it_is() {
    let (acquirer, _) = opened();
    let Approval { verdict, expires_at } = approval(acquirer.authorize(ask(GOOD)).await);
    assert_eq!(expires_at, NOW.after(acquirer.holds_for()));
    assert_eq!(verdict.code.as_str(), "00");
    assert_eq!(verdict.authorization_code.unwrap().len(), 6);
    assert_eq!(verdict.card.network, Some(Network::Visa));
    assert_eq!(verdict.card.country.unwrap().as_str(), "US");
    assert_eq!((verdict.card.kind, verdict.cvn), (CardKind::Credit, CvnVerdict::Match));
    let AddressVerdict::Checked(matches) = verdict.address else { panic!("it was sent") };
    assert_eq!((matches.raw.as_str(), matches.postal_code), ("Y", Match::Match));
}

#[tokio::test]
async fn a_decline_is_an_answer_and_is_repeated_as_it_was() {
    let (acquirer, book) = opened();
    let first = acquirer.authorize(ask("4000 0051 0000 0000")).await;
    assert_eq!(verdict(first.clone()).code.as_str(), "51");
    assert_eq!(verdict(first.clone()).authorization_code, None);
    // The book decides, whatever the card says now.
    assert_eq!(acquirer.authorize(ask(GOOD)).await, first);
    assert_eq!(entries(&book, HELD).len(), 1);
}

#[tokio::test]
async fn a_verification_of_nothing_is_approved_and_let_go_of() {
    let (acquirer, book) = opened();
    let verify = Authorize { flow: Flow::Verify, amount: Micros::ZERO, ..ask(GOOD) };
    approval(acquirer.authorize(verify).await);
    for _ in 0..2 {
        assert_eq!(acquirer.void(follow(GOOD, CAPTURE, HELD, 0)).await, Voided::Done);
    }
    assert!(matches!(entries(&book, HELD)[..], [_, Entry::Voided { movement: CAPTURE }]));
}

#[tokio::test]
async fn a_slip_of_the_pen_buys_nothing() {
    for number in ["4000 0000 0000 0010", "4000 0199 0000 0000", "4000 0051 0000 00", "40000051"] {
        let (acquirer, _) = opened();
        let said = verdict(acquirer.authorize(ask(number)).await);
        assert_eq!(said.code.as_str(), "14", "{number}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_later_and_asked_again_it_is_the_same() {
    for (number, code) in [("4000 0110 0000 0009", "00"), ("4000 0111 0000 0008", "05")] {
        let (acquirer, book) = opened();
        assert_eq!(acquirer.authorize(ask(number)).await, Authorized::Unknown);
        let Found::Answered(found) = acquirer.find(HELD).await else { panic!("it was heard") };
        assert_eq!(verdict(found.clone()).code.as_str(), code);
        assert_eq!(acquirer.authorize(ask(number)).await, found);
        assert_eq!(entries(&book, HELD).len(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_was_carried_out() {
    let (acquirer, book) = opened();
    let mut asking = acquirer.authorize(ask("4000 0112 0000 0007"));
    while entries(&book, HELD).is_empty() {
        assert_eq!(asking.as_mut().now_or_never(), None);
        tokio::task::yield_now().await;
    }
    assert_eq!(asking.as_mut().now_or_never(), None);
    assert!(matches!(acquirer.find(HELD).await, Found::Answered(Authorized::Approved(_))));
}

#[tokio::test]
async fn what_was_never_heard_is_barred_for_ever() {
    let (acquirer, book) = opened();
    for _ in 0..2 {
        assert_eq!(acquirer.find(HELD).await, Found::Barred);
    }
    let late = verdict(acquirer.authorize(ask(GOOD)).await);
    assert_eq!(late.code.meaning(), Meaning::Declined(CardDecline::TransactionInvalid));
    assert_eq!(entries(&book, HELD), [Entry::Barred]);
}

#[tokio::test]
async fn what_was_let_go_of_before_it_was_heard_holds_nothing_when_it_arrives() {
    let (acquirer, book) = opened();
    assert_eq!(acquirer.void(follow(GOOD, CAPTURE, HELD, 0)).await, Voided::Done);
    assert_eq!(verdict(acquirer.authorize(ask(GOOD)).await).code.as_str(), "12");
    assert_eq!(entries(&book, HELD), [Entry::Barred]);
}

#[tokio::test]
async fn an_outage_swallows_its_questions_then_approves() {
    let (acquirer, book) = opened();
    for _ in 0..OUTAGE_ASKS {
        assert_eq!(acquirer.authorize(ask("4000 0113 0000 0006")).await, Authorized::Unknown);
        assert_eq!(entries(&book, HELD), []);
    }
    approval(acquirer.authorize(ask("4000 0113 0000 0006")).await);
}

#[tokio::test]
async fn what_is_delivered_twice_holds_once() {
    let (acquirer, book) = opened();
    approval(acquirer.authorize(ask("4000 0115 0000 0004")).await);
    assert_eq!(entries(&book, HELD).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_slow_card_takes_its_time() {
    let (acquirer, _) = opened();
    let asked_at = tokio::time::Instant::now();
    approval(acquirer.authorize(ask("4000 0114 0000 0005")).await);
    assert_eq!(asked_at.elapsed(), SLOW);
}

#[tokio::test]
async fn a_capture_takes_once_and_gives_the_same_reference_number_again() {
    let (acquirer, book) = reserved(GOOD).await;
    let first = acquirer.capture(follow(GOOD, CAPTURE, HELD, 21_990_000)).await;
    let Followed::Done { raw, reference: Some(number) } = &first else { panic!("{first:?}") };
    assert_eq!((raw.scope.as_deref(), raw.code.as_str()), (Some("VISA"), "00"));
    // The sixteenth of September is the 259th day of the year.
    assert!(number.as_str().starts_with("24011345259"), "{number}");
    assert_eq!(number.as_str().len(), 23);
    let digits = number.as_str().as_bytes();
    assert_eq!(digits[22], number::check_digit(&digits[..22]));
    let days_later = Follow { now: NOW.after(HOLD), ..follow(GOOD, CAPTURE, HELD, 21_990_000) };
    assert_eq!(acquirer.capture(days_later).await, first);
    assert_eq!(entries(&book, HELD).len(), 2);
    let another = acquirer.capture(follow(GOOD, MovementId(9), HELD, 1)).await;
    assert!(matches!(another, Followed::Refused { why: CaptureRefusal::Revoked, .. }));
}

#[tokio::test]
async fn nothing_is_captured_that_is_not_held() {
    let refused = |answer| match answer {
        Followed::Refused { why, .. } => why,
        other => panic!("{other:?}"),
    };
    let (acquirer, _) = opened();
    let unheard = acquirer.capture(follow(GOOD, CAPTURE, HELD, 1)).await;
    assert_eq!(refused(unheard), CaptureRefusal::Revoked);
    let (acquirer, _) = reserved(GOOD).await;
    let above = acquirer.capture(follow(GOOD, CAPTURE, HELD, 24_990_001)).await;
    assert_eq!(refused(above), CaptureRefusal::Revoked);
    let (acquirer, _) = reserved(GOOD).await;
    acquirer.void(follow(GOOD, MovementId(3), HELD, 0)).await;
    let voided = acquirer.capture(follow(GOOD, CAPTURE, HELD, 1)).await;
    assert_eq!(refused(voided), CaptureRefusal::Revoked);
    for (short, holds_for) in
        [("4000 0120 0000 0007", SHORT_HOLD), ("4000 0124 0000 0003", SHORTEST_HOLD)]
    {
        let (acquirer, _) = reserved(short).await;
        let late = Follow { now: NOW.after(holds_for), ..follow(short, CAPTURE, HELD, 1) };
        assert_eq!(refused(acquirer.capture(late).await), CaptureRefusal::Lapsed);
    }
    let revoked = "4000 0122 0000 0005";
    let (acquirer, _) = reserved(revoked).await;
    let answer = acquirer.capture(follow(revoked, CAPTURE, HELD, 1)).await;
    assert_eq!(refused(answer), CaptureRefusal::Revoked);
}

#[tokio::test]
async fn captures_and_refunds_that_are_under_way_conclude_later() {
    let number = "4000 0121 0000 0006";
    let (acquirer, _) = reserved(number).await;
    let capture = || acquirer.capture(follow(number, CAPTURE, HELD, 21_990_000));
    for _ in 0..OUTAGE_ASKS {
        assert_eq!(capture().await, Followed::Unknown);
    }
    assert!(matches!(capture().await, Followed::Done { .. }));
    let number = "4000 0136 0000 0009";
    let (acquirer, _) = captured(number).await;
    let refund = || acquirer.refund(follow(number, MovementId(3), CAPTURE, 1));
    for _ in 0..OUTAGE_ASKS {
        assert_eq!(refund().await, Followed::Unknown);
    }
    assert!(matches!(refund().await, Followed::Done { .. }));
}

#[tokio::test]
async fn refunds_give_back_what_was_captured_and_no_more() {
    let (acquirer, book) = captured(GOOD).await;
    let refund = |id, amount| acquirer.refund(follow(GOOD, MovementId(id), CAPTURE, amount));
    let first = refund(3, 20_000_000).await;
    assert!(matches!(first, Followed::Done { reference: Some(_), .. }));
    assert_eq!(refund(3, 20_000_000).await, first);
    assert!(matches!(refund(4, 1_990_001).await, Followed::Refused { .. }));
    assert!(matches!(refund(5, 1_990_000).await, Followed::Done { .. }));
    let unknown = acquirer.refund(follow(GOOD, MovementId(6), MovementId(77), 1)).await;
    assert!(matches!(unknown, Followed::Refused { why: RefundDecline::IssuerDeclined, .. }));
    assert_eq!(entries(&book, CAPTURE).len(), 4);
}

#[tokio::test]
async fn what_was_captured_in_one_message_is_refunded_by_its_own_name() {
    let (acquirer, _) = opened();
    approval(acquirer.authorize(Authorize { flow: Flow::Capture, ..ask(GOOD) }).await);
    let done = acquirer.refund(follow(GOOD, MovementId(3), HELD, 24_990_000)).await;
    assert!(matches!(done, Followed::Done { .. }));
}

#[tokio::test]
async fn each_refusal_of_a_refund_has_its_number() {
    let numbers = BTreeMap::from([
        ("4000 0130 0000 0005", RefundDecline::IssuerDeclined),
        ("4000 0131 0000 0004", RefundDecline::LostOrStolen),
        ("4000 0132 0000 0003", RefundDecline::CardCancelled),
        ("4000 0133 0000 0002", RefundDecline::UnsupportedByNetwork),
        ("4000 0134 0000 0001", RefundDecline::ChargebackInPlace),
        ("4000 0135 0000 0000", RefundDecline::WindowExceeded),
    ]);
    for (number, expected) in numbers {
        let (acquirer, _) = captured(number).await;
        for _ in 0..2 {
            match acquirer.refund(follow(number, MovementId(3), CAPTURE, 1)).await {
                Followed::Refused { why, .. } => assert_eq!(why, expected, "{number}"),
                other => panic!("{number}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_card_whose_reference_numbers_come_later_brings_none() {
    let number = "4000 0123 0000 0004";
    let (acquirer, _) = reserved(number).await;
    let done = acquirer.capture(follow(number, CAPTURE, HELD, 1_000)).await;
    assert!(matches!(done, Followed::Done { reference: None, .. }), "{done:?}");
    let done = acquirer.refund(follow(number, MovementId(3), CAPTURE, 1)).await;
    assert!(matches!(done, Followed::Done { reference: None, .. }), "{done:?}");
}

#[tokio::test]
async fn verification_codes_are_judged_by_their_digits_or_by_the_card() {
    let judged = async |number, cvn: Option<&'static str>| {
        let (acquirer, _) = opened();
        let cvn = cvn.map(|digits| Secret::new(digits.as_bytes()));
        verdict(acquirer.authorize(Authorize { cvn, ..ask(number) }).await).cvn
    };
    assert_eq!(judged(GOOD, Some("717")).await, CvnVerdict::Match);
    assert_eq!(judged(GOOD, Some("000")).await, CvnVerdict::Mismatch);
    assert_eq!(judged(GOOD, Some("0000")).await, CvnVerdict::Mismatch);
    assert_eq!(judged(GOOD, Some("999")).await, CvnVerdict::NotVerified);
    assert_eq!(judged(GOOD, None).await, CvnVerdict::NotSent { unsupported_by: None });
    let unable = "4000 0140 0000 0003";
    let issuer = UnsupportedBy::Issuer;
    assert_eq!(judged(unable, Some("717")).await, CvnVerdict::Unsupported(issuer));
    let unsupported_by = Some(issuer);
    assert_eq!(judged(unable, None).await, CvnVerdict::NotSent { unsupported_by });
    let network = CvnVerdict::Unsupported(UnsupportedBy::Network);
    assert_eq!(judged("4000 0141 0000 0002", Some("717")).await, network);
    let left_out = CvnVerdict::SkippedByIssuer;
    assert_eq!(judged("4000 0142 0000 0001", Some("717")).await, left_out);
    let left_out = CvnVerdict::SkippedByNetwork;
    assert_eq!(judged("4000 0143 0000 0000", Some("717")).await, left_out);
}

#[tokio::test]
async fn addresses_are_judged_by_their_postal_code_or_by_the_card() {
    let judged = async |number, address: Option<Address>| {
        let (acquirer, _) = opened();
        verdict(acquirer.authorize(Authorize { address, ..ask(number) }).await).address
    };
    let parts = async |number, postal_code: &str| {
        let AddressVerdict::Checked(matches) = judged(number, Some(address(postal_code))).await
        else {
            panic!("{postal_code} was sent")
        };
        (matches.raw.to_string(), matches.line, matches.postal_code)
    };
    assert_eq!(parts(GOOD, "02903").await, ("Y".into(), Match::Match, Match::Match));
    assert_eq!(parts(GOOD, "00000").await, ("A".into(), Match::Match, Match::Mismatch));
    assert_eq!(parts(GOOD, "00001").await, ("N".into(), Match::Mismatch, Match::Mismatch));
    let skipped = Match::SkippedByIssuer;
    assert_eq!(parts(GOOD, "00002").await, ("U".into(), skipped, skipped));
    assert_eq!(parts(GOOD, "").await, ("A".into(), Match::Match, Match::NotSpecified));
    let skipped = Match::SkippedByNetwork;
    assert_eq!(parts("4000 0145 0000 0008", "02903").await, ("U".into(), skipped, skipped));
    assert_eq!(judged(GOOD, None).await, AddressVerdict::NotSent { supported: true });
    let unable = "4000 0144 0000 0009";
    let unsupported = AddressVerdict::SentUnsupported(UnsupportedBy::Issuer);
    assert_eq!(judged(unable, Some(address("02903"))).await, unsupported);
    assert_eq!(judged(unable, None).await, AddressVerdict::NotSent { supported: false });
}

#[tokio::test]
async fn a_stored_credential_is_judged_if_and_only_if_one_was_told_of() {
    let judged = async |number, told: bool| {
        let (acquirer, _) = opened();
        let details = Secret::new(&b"{}"[..]);
        let customer = StoredCredential::Customer { intent: None, storage: None, details };
        let stored_credential = told.then_some(customer);
        let processing = Processing { stored_credential, ..Processing::default() };
        verdict(acquirer.authorize(Authorize { processing, ..ask(number) }).await).stored_credential
    };
    let unable = "4000 0147 0000 0006";
    for number in [GOOD, unable, "4000 0005 0000 0007"] {
        assert_eq!(judged(number, false).await, StoredCredentialVerdict::NotSent);
    }
    let StoredCredentialVerdict::Successful { network_transaction } = judged(GOOD, true).await
    else {
        panic!("it was told of")
    };
    assert_eq!(network_transaction.len(), 15);
    let said = judged("4000 0148 0000 0005", true).await;
    assert!(matches!(said, StoredCredentialVerdict::Supplemented { .. }), "{said:?}");
    for number in [unable, "4000 0051 0000 0000"] {
        let said = judged(number, true).await;
        assert!(matches!(said, StoredCredentialVerdict::Unsupported { .. }), "{number}: {said:?}");
    }
}

#[tokio::test]
async fn a_card_is_what_its_number_says() {
    let facts = async |number| {
        let (acquirer, _) = opened();
        verdict(acquirer.authorize(ask(number)).await).card
    };
    assert_eq!(facts("4000 0150 0000 0000").await.kind, CardKind::Debit);
    assert_eq!(facts("4000 0151 0000 0009").await.kind, CardKind::Prepaid);
    let unknown = facts("4000 0152 0000 0008").await;
    assert_eq!((unknown.kind, unknown.issuer, unknown.country), (CardKind::Unknown, None, None));
    assert_eq!(facts("4000 0153 0000 0007").await.country.unwrap().as_str(), "FR");
    assert_eq!(facts("378282246310005").await.network, Some(Network::Amex));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_words_and_another_gives_others() {
    let said = async |seed| {
        let options = SimulatedOptions { seed, ..NO_TIME };
        let acquirer = Simulated::new(options, Arc::new(MemoryLog::new()));
        let first = acquirer.authorize(ask(GOOD)).await;
        (first, acquirer.capture(follow(GOOD, CAPTURE, HELD, 1)).await)
    };
    assert_eq!(said(1).await, said(1).await);
    assert_ne!(said(1).await, said(2).await);
}

#[tokio::test]
async fn the_book_outlives_the_acquirer_that_wrote_it_and_holds_no_number() {
    let (_, book) = captured(GOOD).await;
    let again = Simulated::new(NO_TIME, Arc::clone(&book) as Arc<dyn EventLog>);
    let found = again.find(HELD).await;
    assert!(matches!(found, Found::Answered(Authorized::Approved(_))));
    let done = again.refund(follow(GOOD, MovementId(3), CAPTURE, 1)).await;
    assert!(matches!(done, Followed::Done { .. }));
    for movement in [HELD, CAPTURE] {
        for record in book.history(page(movement)).unwrap() {
            assert!(!record.windows(16).any(|found| found == GOOD.as_bytes()));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_written_down_is_unknown() {
    let (acquirer, book) = captured(GOOD).await;
    book.crash();
    let fresh = Authorize { id: MovementId(8), ..ask(GOOD) };
    assert_eq!(acquirer.authorize(fresh).await, Authorized::Unknown);
    assert_eq!(acquirer.find(MovementId(9)).await, Found::Unknown);
    assert_eq!(acquirer.void(follow(GOOD, MovementId(3), MovementId(9), 0)).await, Voided::Unknown);
    let refund = acquirer.refund(follow(GOOD, MovementId(4), CAPTURE, 1)).await;
    assert_eq!(refund, Followed::Unknown);
}
