//! At least one of each event and state of Standard Payments that is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use paceline_domain::account::{self, Account, Closure, Opening, PostalAddress, Profile, Purpose};
use paceline_domain::asked::Hidden;
use paceline_domain::card_payment;
use paceline_domain::challenge::{self, Challenge, Proof, Proving, Sending};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{
    AccountId, AssociationId, ChallengeId, IntegratorAccountId, LinkId, MovementId, NoticeId,
    PaymentId, RefundId, RequestId, SettlementId, StatementId, UseId,
};
use paceline_domain::journal::{self, Entry, Journal};
use paceline_domain::link::{self, Associated, Associating, Information, Link, Linked, Refreshing};
use paceline_domain::money::Micros;
use paceline_domain::name::{self, Holder};
use paceline_domain::notice::{self, Notice, Owe, Subject};
use paceline_domain::payment::{self, Course, Flow, Part, Payment, Progress, Refund, Terms};
use paceline_domain::settlement;
use paceline_domain::statement::{self, Answer, Line, LineKind, Notify, Statement, Summary, Tally};
use paceline_domain::telephone::{self, Telephone};
use paceline_domain::time::Timestamp;

use crate::parts::{AT, LATER, asked, currency, text};
use crate::variants::{Variants, all, variants};

pub const PAYMENT: PaymentId = PaymentId(0x9999_aaaa_bbbb_cccc_dddd_eeee_ffff_0000);
pub const LINK: LinkId = LinkId(0x0909);
pub const CHALLENGE: ChallengeId = ChallengeId(0x0808);
pub const NOTICE: NoticeId = NoticeId(0x1111);
pub const STATEMENT: StatementId = StatementId(0x1010);
const REFUND: RefundId = RefundId(0x2222);
const BY: UseId = UseId(u128::MAX);

pub fn piaid() -> IntegratorAccountId {
    IntegratorAccountId::parse("InvisiCashUSA_USD").unwrap()
}

pub fn account_id() -> AccountId {
    AccountId::parse("acct-000318877").unwrap()
}

pub fn request(id: &str) -> RequestId {
    RequestId::parse(id).unwrap()
}

fn association() -> AssociationId {
    AssociationId::parse("assoc-6f1d20b87c").unwrap()
}

fn hidden() -> Hidden {
    Hidden(Arc::from([1u8, 2, 255].as_slice()))
}

fn dollars(dollars: i64) -> Micros {
    Micros(dollars * 1_000_000)
}

/// The reasons that there were first, with and without their details: what is kept of them stays
/// as it is.
pub fn declines() -> Vec<Decline> {
    let mut all = every_decline();
    all.truncate(all.len() - later_declines().len());
    all
}

/// Those that have come since.
pub fn later_declines() -> Vec<Decline> {
    vec![Decline::TooManyMessages]
}

fn every_decline() -> Vec<Decline> {
    use Decline::*;
    let first = vec![
        AccountClosed,
        AccountTakenOver,
        AccountClosedForFraud,
        AccountOnHold,
        CurrencyUnsupported,
        InsufficientFunds { balance: Some(dollars(5)) },
        InsufficientFunds { balance: None },
        BalanceExceeded,
        TransactionLimitExceeded { limit: Some(dollars(100)) },
        TransactionLimitExceeded { limit: None },
        DailyLimitExceeded,
        MonthlyLimitExceeded,
        BelowMinimum { minimum: Some(Micros(10_000)) },
        BelowMinimum { minimum: None },
        NoFundingSource,
        RiskDeclined,
        SuspectedFraud,
        BusinessRule,
        RequestExpired,
        PinWrong,
        RefundWindowExceeded,
        PromotionalBalanceUsed,
        LinkInvalidated,
        RefreshRequired,
        ProofNotMatched,
        ProofAlreadyUsed,
        ProofExpired,
        PhoneUnknown,
        MessageUnsent,
    ];
    all(first.into_iter().chain(later_declines()).collect())
}

variants!(Decline, "decline", {
    Decline::AccountClosed => "account-closed",
    Decline::AccountTakenOver => "account-taken-over",
    Decline::AccountClosedForFraud => "account-closed-for-fraud",
    Decline::AccountOnHold => "account-on-hold",
    Decline::CurrencyUnsupported => "currency-unsupported",
    Decline::InsufficientFunds { .. } => "insufficient-funds",
    Decline::BalanceExceeded => "balance-exceeded",
    Decline::TransactionLimitExceeded { .. } => "transaction-limit-exceeded",
    Decline::DailyLimitExceeded => "daily-limit-exceeded",
    Decline::MonthlyLimitExceeded => "monthly-limit-exceeded",
    Decline::BelowMinimum { .. } => "below-minimum",
    Decline::NoFundingSource => "no-funding-source",
    Decline::RiskDeclined => "risk-declined",
    Decline::SuspectedFraud => "suspected-fraud",
    Decline::BusinessRule => "business-rule",
    Decline::RequestExpired => "request-expired",
    Decline::PinWrong => "pin-wrong",
    Decline::RefundWindowExceeded => "refund-window-exceeded",
    Decline::PromotionalBalanceUsed => "promotional-balance-used",
    Decline::LinkInvalidated => "link-invalidated",
    Decline::RefreshRequired => "refresh-required",
    Decline::ProofNotMatched => "proof-not-matched",
    Decline::ProofAlreadyUsed => "proof-already-used",
    Decline::ProofExpired => "proof-expired",
    Decline::PhoneUnknown => "phone-unknown",
    Decline::MessageUnsent => "message-unsent",
    Decline::TooManyMessages => "too-many-messages",
});

pub fn account_events() -> Vec<account::Event> {
    use account::Event;
    let moved = |purpose| {
        let (movement, amount) = (MovementId(7), Micros(-12_000_000));
        Event::Moved { movement, purpose, amount, at: AT }
    };
    let purposes = all(vec![
        Purpose::Capture(piaid()),
        Purpose::Refund(piaid()),
        Purpose::Disbursement(piaid()),
        Purpose::Funding(text("cash")),
    ]);
    let mut events: Vec<_> = purposes.into_iter().map(moved).collect();
    let opened = |profile, password| {
        let (id, currency) = (account_id(), currency("USD"));
        Event::Opened(Box::new(Opening { id, currency, profile, password, at: AT }))
    };
    events.extend([
        opened(profile(), Some(hidden())),
        opened(Profile::default(), None),
        Event::Forgotten { movement: MovementId(7) },
        Event::Held { at: AT },
        Event::Released { at: LATER },
    ]);
    let closed = |why| Event::Closed { why, at: LATER };
    events.extend(
        all(vec![Closure::Asked, Closure::TakenOver, Closure::Fraud]).into_iter().map(closed),
    );
    events
}

fn profile() -> Profile {
    Profile {
        name: text("Sally"),
        nickname: text("***-91"),
        email: Some(text("sally@otheremail.com")),
        phone: Some(text("+15550100001")),
        vpa: Some(text("sally@larkbank")),
        address: Some(address()),
    }
}

fn address() -> PostalAddress {
    PostalAddress {
        lines: vec![text("14 rue des Tanneurs")],
        locality: text("Nantes"),
        administrative_area: text("Pays de la Loire"),
        postal_code: text("44000"),
        country: text("FR"),
    }
}

pub fn account() -> account::State {
    Some(Account {
        id: account_id(),
        currency: currency("USD"),
        profile: profile(),
        password: Some(hidden()),
        standing: account::Standing::Closed(Closure::TakenOver),
        balance: dollars(488),
        moved: BTreeMap::from([(MovementId(7), Micros(-12_000_000))]),
    })
}

pub fn name_events() -> Vec<name::Event> {
    let holders = all(vec![
        Holder::Link(LINK),
        Holder::Account(account_id()),
        Holder::Payment(PAYMENT),
        Holder::CardPayment(PAYMENT),
    ]);
    let mut events: Vec<_> = holders.into_iter().map(name::Event::Taken).collect();
    events.push(name::Event::GivenBack);
    events
}

fn proofs() -> Vec<Proof> {
    all(vec![
        Proof::Password { challenge: CHALLENGE, hash: hidden() },
        Proof::SignedIn { challenge: CHALLENGE },
    ])
}

fn associating(proof: Proof) -> Associating {
    Associating {
        association: association(),
        sealed_token: hidden(),
        proof,
        with_information: true,
        by: BY,
        asked: Some(asked()),
    }
}

fn associated(information: Option<Information>) -> Associated {
    let (account, nickname) = (account_id(), text("***-91"));
    Associated { account, nickname, expires_at: LATER, information }
}

pub fn link_events() -> Vec<link::Event> {
    use link::Event;
    let started = |proof| {
        let associating = Box::new(associating(proof));
        Event::AssociationStarted { id: LINK, associating, at: AT }
    };
    let mut events: Vec<_> = proofs().into_iter().map(started).collect();
    let told = |information| Event::Associated {
        by: BY,
        associated: Box::new(associated(information)),
        at: AT,
    };
    let information = Information { name: text("Sally"), address: Some(address()) };
    let refreshing = Refreshing { proof: proofs().remove(1), by: BY, asked: None };
    events.extend([
        told(Some(information)),
        told(None),
        Event::AssociationDropped { by: BY },
        Event::RefreshStarted { refreshing: Box::new(refreshing), at: AT },
        Event::Refreshed { by: BY, expires_at: LATER, at: AT },
        Event::RefreshDeclined { by: BY, why: Decline::ProofExpired, at: AT },
        Event::Invalidated { at: LATER },
    ]);
    let declined = |why| Event::AssociationDeclined { by: BY, why, at: AT };
    events.extend(declines().into_iter().map(declined));
    events
}

pub fn links() -> Vec<link::State> {
    let linked = || Linked {
        association: association(),
        sealed_token: hidden(),
        account: account_id(),
        by: BY,
        expires_at: LATER,
        invalidated: true,
    };
    let refreshing = Refreshing { proof: proofs().remove(0), by: BY, asked: Some(asked()) };
    let phases = all(vec![
        link::Phase::Free,
        link::Phase::Associating(associating(proofs().remove(0))),
        link::Phase::Linked { linked: linked(), refreshing: Some(refreshing) },
        link::Phase::Linked { linked: linked(), refreshing: None },
    ]);
    let outcomes = all(vec![
        link::Outcome::Associated(Box::new(associated(None))),
        link::Outcome::AssociationDeclined(Decline::AccountOnHold),
        link::Outcome::AssociationTaken,
        link::Outcome::Refreshed { expires_at: LATER },
        link::Outcome::RefreshDeclined(Decline::ProofAlreadyUsed),
    ]);
    let latest = outcomes.into_iter().map(|outcome| Some((BY, outcome))).chain([None]);
    let phases = phases.into_iter().cycle();
    latest.zip(phases).map(|(latest, phase)| Some(Link { id: LINK, phase, latest })).collect()
}

fn proving(association: Option<AssociationId>, password: Option<Hidden>) -> Proving {
    Proving { account: account_id(), association, password, expires_at: LATER }
}

fn sending() -> Sending {
    Sending {
        id: CHALLENGE,
        phone: text("+15550100001"),
        matching_token: text("Qm4tZ8kLp0w"),
        proving: proving(Some(association()), Some(hidden())),
        asked: Some(asked()),
    }
}

pub fn challenge_events() -> Vec<challenge::Event> {
    use challenge::Event;
    let mut events = vec![
        Event::SendingStarted { sending: Box::new(sending()), at: AT },
        Event::Sent,
        Event::Approved { proving: proving(None, None), at: AT },
        Event::GivenUp,
        Event::Tried { by: BY, at: AT },
        Event::Used { by: BY, at: LATER },
    ];
    events.extend(declines().into_iter().map(|why| Event::Unsent { why }));
    events
}

pub fn challenges() -> Vec<challenge::State> {
    use challenge::Phase;
    let phases = all(vec![
        Phase::Sending(sending()),
        Phase::Unsent(Decline::PhoneUnknown),
        Phase::Open(proving(None, None)),
        Phase::Used { by: BY, proving: proving(Some(association()), None) },
        Phase::GivenUp,
    ]);
    let challenge = |phase| Some(Challenge { phase, tried: BTreeSet::from([BY, UseId(1)]) });
    phases.into_iter().map(challenge).collect()
}

fn terms(flow: Flow, association: Option<AssociationId>) -> Terms {
    Terms {
        flow,
        integrator: piaid(),
        request: request("cap:01K58Q2VZ9"),
        account: account_id(),
        association,
        amount: dollars(12),
        currency: currency("USD"),
        description: text("Google - Sky Atlas"),
    }
}

fn course(progress: Progress) -> Course {
    Course { progress, to_be_told: true, asked: Some(asked()) }
}

fn refund(progress: Progress) -> Refund {
    let (request, amount) = (request("ref:01K58R1A77"), Micros(5_500_000));
    Refund { request, number: 1, amount, asked_at: LATER, course: course(progress) }
}

fn progress() -> Vec<Progress> {
    all(vec![
        Progress::Asking { proof: Some(proofs().remove(0)) },
        Progress::Asking { proof: None },
        Progress::Concluded(Ok(())),
        Progress::Settled(Err(Decline::BusinessRule)),
    ])
}

pub fn payment_events() -> Vec<payment::Event> {
    use payment::Event;
    let flows = all(vec![Flow::Capture, Flow::CaptureLater, Flow::Disbursement]);
    let asked = |(flow, progress)| {
        let (terms, course) =
            (Box::new(terms(flow, Some(association()))), Box::new(course(progress)));
        Event::Asked { id: PAYMENT, terms, course, at: AT }
    };
    let mut events: Vec<_> = flows.into_iter().zip(progress()).map(asked).collect();
    let refund = Box::new(refund(Progress::Asking { proof: None }));
    let part = Part::Refund(REFUND);
    events.extend([
        Event::RefundAsked { refund, id: REFUND, at: LATER },
        Event::AskerLeft { part },
        Event::AskerLeft { part: Part::Payment },
        Event::Concluded { part, outcome: Ok(()), at: LATER },
        Event::Settled { part: Part::Payment },
    ]);
    let declined = |why| Event::Concluded { part: Part::Payment, outcome: Err(why), at: LATER };
    events.extend(declines().into_iter().map(declined));
    events
}

pub fn payments() -> Vec<payment::State> {
    let payment = |progress: Progress| {
        let refunds = BTreeMap::from([(REFUND, refund(progress.clone()))]);
        let (terms, course) = (terms(Flow::Capture, None), course(progress));
        Some(Payment { id: PAYMENT, terms, asked_at: AT, course, refunds })
    };
    progress().into_iter().map(payment).collect()
}

fn subjects() -> Vec<Subject> {
    let outcome = Err(Decline::InsufficientFunds { balance: None });
    all(vec![
        Subject::Capture { request: request("acap:1"), payment: PAYMENT, outcome: Ok(()) },
        Subject::Refund { request: request("ref:1"), refund: REFUND, outcome },
        Subject::Disbursement { request: request("dis:1"), payment: PAYMENT, outcome },
        Subject::Card(Box::new(card_payment::Subject::Voided { request: request("rsvcan:1") })),
        Subject::Settlement(Box::new(settlement_part())),
    ])
}

fn settlement_part() -> settlement::Part {
    let (starts, ends) = (Timestamp(AT.0 / DAY * DAY), Timestamp(AT.0 / DAY * DAY + DAY - 1));
    let id = SettlementId(0x3333);
    let of = settlement::Of { id, integrator: piaid(), currency: currency("USD"), starts, ends };
    let line = card_payment::Line {
        kind: card_payment::LineKind::Capture,
        payment: PaymentId(0x5555),
        movement: MovementId(0x4444),
        request: request("ccap:1"),
        amount: dollars(40),
        at: AT,
    };
    let entries = vec![settlement::Entry { line, fee: Micros(800_000) }];
    let total = settlement::total(&entries).unwrap();
    settlement::Part { of, closed_at: LATER, total, number: 0, parts: 1, entries }
}

/// Milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

pub fn notice_events() -> Vec<notice::Event> {
    use notice::Event;
    let owed =
        |subject| Event::Owed(Box::new(Owe { id: NOTICE, integrator: piaid(), subject, at: AT }));
    let mut events: Vec<_> = subjects().into_iter().map(owed).collect();
    events.extend([
        Event::Heard { at: LATER },
        Event::Refused { why: text("told otherwise"), at: LATER },
        Event::OwedAgain { at: LATER },
    ]);
    events
}

pub fn notices() -> Vec<notice::State> {
    use notice::Phase;
    let phases = all(vec![
        Phase::Owed,
        Phase::Heard { at: LATER },
        Phase::Refused { why: text("told otherwise"), at: LATER },
    ]);
    let notice = |(phase, subject)| {
        Some(Notice { id: NOTICE, integrator: piaid(), subject, owed_since: AT, phase })
    };
    phases.into_iter().zip(subjects()).map(notice).collect()
}

fn summary() -> Summary {
    Summary {
        made_at: AT,
        period_start: AT,
        period_end: LATER,
        due_at: LATER,
        currency: currency("USD"),
        total_due: Micros(41_050_000),
        memo: Some(text("LRK-250915-EUR")),
    }
}

fn lines() -> Vec<Line> {
    let line = |kind, theirs, ours| {
        let (request, fee) = (request("cap:01K58A0001"), Micros(240_000));
        Line { kind, request, theirs, ours, fee }
    };
    vec![
        line(LineKind::Capture, Some(dollars(12)), Some(dollars(12))),
        line(LineKind::Refund, Some(dollars(12)), None),
        line(LineKind::Capture, None, Some(dollars(12))),
    ]
}

pub fn statement_events() -> Vec<statement::Event> {
    use statement::Event;
    let notify = |memo| {
        let summary = Summary { memo, ..summary() };
        let request = request("stmt:2025-09-15:EUR");
        let (id, integrator) = (STATEMENT, piaid());
        Event::Notified(Box::new(Notify { id, integrator, request, summary, at: AT }))
    };
    vec![
        notify(Some(text("LRK-250915-EUR"))),
        notify(None),
        Event::PageRead { lines: lines(), next: Some(1_000) },
        Event::PageRead { lines: vec![], next: None },
        Event::Compared { missing_there: lines() },
        Event::Answered { at: LATER },
        Event::AnswerRefused { at: LATER },
    ]
}

pub fn statements() -> Vec<statement::State> {
    use statement::Phase;
    let propose = Answer::Propose { total_due: Micros(-1) };
    let phases = all(vec![
        Phase::Reading { offset: 1_000 },
        Phase::Comparing,
        Phase::Answering(Answer::Accept),
        Phase::Answered { answer: propose, at: LATER },
        Phase::Refused { answer: Answer::Accept, at: LATER },
    ]);
    let statement = |phase| {
        Some(Statement {
            id: STATEMENT,
            integrator: piaid(),
            request: request("stmt:2025-09-15:EUR"),
            summary: summary(),
            notified_at: AT,
            phase,
            tally: Tally {
                lines: 6,
                matched: 1,
                missing_here: 2,
                missing_there: 1,
                different: 2,
                theirs: Micros(i64::MIN),
                ours: Micros(i64::MAX),
            },
        })
    };
    phases.into_iter().map(statement).collect()
}

pub fn telephone_events() -> Vec<telephone::Event> {
    vec![telephone::Event::Granted { challenge: CHALLENGE, at: LATER, counted_since: AT }]
}

pub fn telephone() -> Telephone {
    Telephone { granted: BTreeMap::from([(CHALLENGE, AT), (ChallengeId(1), LATER)]) }
}

pub fn journal_events() -> Vec<journal::Event> {
    let entry = |kind| {
        let (request, amount) = (request("cap:01K58A0001"), dollars(12));
        journal::Event::Entered(Entry { kind, request, amount, at: AT })
    };
    all(vec![LineKind::Capture, LineKind::Refund]).into_iter().map(entry).collect()
}

pub fn journal() -> Journal {
    Journal { entries: u64::MAX }
}

variants!(account::Event, "account", {
    account::Event::Opened(_) => "opened",
    account::Event::Moved { .. } => "moved",
    account::Event::Forgotten { .. } => "forgotten",
    account::Event::Held { .. } => "held",
    account::Event::Released { .. } => "released",
    account::Event::Closed { .. } => "closed",
});

variants!(Purpose, "purpose", {
    Purpose::Capture(_) => "capture",
    Purpose::Refund(_) => "refund",
    Purpose::Disbursement(_) => "disbursement",
    Purpose::Funding(_) => "funding",
});

variants!(Closure, "closure", {
    Closure::Asked => "asked",
    Closure::TakenOver => "taken-over",
    Closure::Fraud => "fraud",
});

variants!(name::Event, "name", {
    name::Event::Taken(_) => "taken",
    name::Event::GivenBack => "given-back",
});

variants!(Holder, "holder", {
    Holder::Link(_) => "link",
    Holder::Account(_) => "account",
    Holder::Payment(_) => "payment",
    Holder::CardPayment(_) => "card-payment",
});

variants!(Proof, "proof", {
    Proof::Password { .. } => "password",
    Proof::SignedIn { .. } => "signed-in",
});

variants!(link::Event, "link", {
    link::Event::AssociationStarted { .. } => "association-started",
    link::Event::Associated { .. } => "associated",
    link::Event::AssociationDeclined { .. } => "association-declined",
    link::Event::AssociationDropped { .. } => "association-dropped",
    link::Event::RefreshStarted { .. } => "refresh-started",
    link::Event::Refreshed { .. } => "refreshed",
    link::Event::RefreshDeclined { .. } => "refresh-declined",
    link::Event::Invalidated { .. } => "invalidated",
});

variants!(link::Phase, "link phase", {
    link::Phase::Free => "free",
    link::Phase::Associating(_) => "associating",
    link::Phase::Linked { .. } => "linked",
});

variants!(link::Outcome, "link outcome", {
    link::Outcome::Associated(_) => "associated",
    link::Outcome::AssociationDeclined(_) => "association-declined",
    link::Outcome::AssociationTaken => "association-taken",
    link::Outcome::Refreshed { .. } => "refreshed",
    link::Outcome::RefreshDeclined(_) => "refresh-declined",
});

variants!(challenge::Event, "challenge", {
    challenge::Event::SendingStarted { .. } => "sending-started",
    challenge::Event::Sent => "sent",
    challenge::Event::Unsent { .. } => "unsent",
    challenge::Event::Approved { .. } => "approved",
    challenge::Event::GivenUp => "given-up",
    challenge::Event::Tried { .. } => "tried",
    challenge::Event::Used { .. } => "used",
});

variants!(challenge::Phase, "challenge phase", {
    challenge::Phase::Sending(_) => "sending",
    challenge::Phase::Unsent(_) => "unsent",
    challenge::Phase::Open(_) => "open",
    challenge::Phase::Used { .. } => "used",
    challenge::Phase::GivenUp => "given-up",
});

variants!(payment::Event, "payment", {
    payment::Event::Asked { .. } => "asked",
    payment::Event::RefundAsked { .. } => "refund-asked",
    payment::Event::AskerLeft { .. } => "asker-left",
    payment::Event::Concluded { .. } => "concluded",
    payment::Event::Settled { .. } => "settled",
});

variants!(Flow, "flow", {
    Flow::Capture => "capture",
    Flow::CaptureLater => "capture-later",
    Flow::Disbursement => "disbursement",
});

variants!(Progress, "payment progress", {
    Progress::Asking { .. } => "asking",
    Progress::Concluded(_) => "concluded",
    Progress::Settled(_) => "settled",
});

variants!(notice::Event, "notice", {
    notice::Event::Owed(_) => "owed",
    notice::Event::Heard { .. } => "heard",
    notice::Event::Refused { .. } => "refused",
    notice::Event::OwedAgain { .. } => "owed-again",
});

variants!(Subject, "subject", {
    Subject::Capture { .. } => "capture",
    Subject::Refund { .. } => "refund",
    Subject::Disbursement { .. } => "disbursement",
    Subject::Card(_) => "card",
    Subject::Settlement(_) => "settlement",
});

variants!(notice::Phase, "notice phase", {
    notice::Phase::Owed => "owed",
    notice::Phase::Heard { .. } => "heard",
    notice::Phase::Refused { .. } => "refused",
});

variants!(statement::Event, "statement", {
    statement::Event::Notified(_) => "notified",
    statement::Event::PageRead { .. } => "page-read",
    statement::Event::Compared { .. } => "compared",
    statement::Event::Answered { .. } => "answered",
    statement::Event::AnswerRefused { .. } => "answer-refused",
});

variants!(statement::Phase, "statement phase", {
    statement::Phase::Reading { .. } => "reading",
    statement::Phase::Comparing => "comparing",
    statement::Phase::Answering(_) => "answering",
    statement::Phase::Answered { .. } => "answered",
    statement::Phase::Refused { .. } => "refused",
});

variants!(LineKind, "line kind", {
    LineKind::Capture => "capture",
    LineKind::Refund => "refund",
});

variants!(telephone::Event, "telephone", {
    telephone::Event::Granted { .. } => "granted",
});

variants!(journal::Event, "journal", {
    journal::Event::Entered(_) => "entered",
});
