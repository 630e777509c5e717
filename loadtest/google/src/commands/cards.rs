//! A payment by card and what may become of it, one after the other as a person goes through them.

use clap::Subcommand;

use super::Options;
use super::flows::{price, wait};
use crate::books::Ledger;
use crate::books::cards::{Asked, CardKind, Case, CaseKind, Settlement};
use crate::cards::{APPROVED, Cards};
use crate::failure::Failure;
use crate::google::Google;
use crate::wire::{Request, amount, micros};

#[derive(Subcommand)]
pub enum Action {
    /// Hold money; none moves
    Reserve {
        /// Such as 24.99
        amount: String,
        #[command(flatten)]
        card: Card,
    },
    /// Capture what is reserved, or a part of it, and wait for the result
    Capture {
        /// Such as 21.99; everything if none is given
        amount: Option<String>,
        /// The reservation's requestId; the last one if none is given
        #[arg(long)]
        reservation: Option<String>,
    },
    /// Let go of what is reserved, and wait for the result
    Cancel {
        /// The requestId of the reservation or verification; the last one if none is given
        #[arg(long)]
        reservation: Option<String>,
    },
    /// Reserve and capture in one message
    Buy {
        /// Such as 40
        amount: String,
        #[command(flatten)]
        card: Card,
    },
    /// See whether a card is good, and let go of what that held
    Verify {
        #[command(flatten)]
        card: Card,
    },
    /// Give back a capture, or a part of it, and wait for the result
    Refund {
        /// Such as 7.33; everything that is left if none is given
        amount: Option<String>,
        #[command(flatten)]
        of: Of,
    },
    /// Hand over evidence against a chargeback
    Defend {
        #[command(flatten)]
        of: Of,
    },
    /// Wait for an inquiry, a chargeback or its reversal that nobody has read
    Dispute,
    /// Wait for a report of fraud that nobody has read
    Fraud,
    /// Wait for a settlement that nobody has read
    Settle,
}

#[derive(clap::Args)]
pub struct Card {
    /// A test card of the simulated acquirer
    #[arg(long, value_name = "NUMBER", default_value = APPROVED)]
    card: String,
    #[arg(long, default_value = "USD")]
    currency: String,
}

#[derive(clap::Args)]
pub struct Of {
    /// The capture's requestId; the last one if none is given
    #[arg(long)]
    capture: Option<String>,
}

/// True if all is as it should be.
pub async fn run(google: &Google, options: &Options, action: &Action) -> Result<bool, Failure> {
    let cards = &options.cards(google);
    // In place before anything is asked for: what is told may overtake the acknowledgement.
    let _host = options.host(google).await?;
    match action {
        Action::Reserve { amount, card } => {
            let request = cards.reserve(&card.card, &price(amount, &card.currency)?);
            at_once(cards, CardKind::Reservation, &request).await
        }
        Action::Buy { amount, card } => {
            let request = cards.buy(&card.card, &price(amount, &card.currency)?);
            at_once(cards, CardKind::Payment, &request).await
        }
        Action::Verify { card } => {
            let request = cards.verify(&card.card);
            let good = at_once(cards, CardKind::Verification, &request).await?;
            Ok(good && later(cards, CardKind::Cancellation, &cards.cancel(&request.id)).await?)
        }
        Action::Capture { amount, reservation } => {
            let is_held = |kind| kind == CardKind::Reservation;
            let reserved =
                find(cards, reservation.as_deref(), is_held, "google card reserve 24.99")?;
            let wanted = amount.as_deref().map(micros).transpose()?.unwrap_or(reserved.micros);
            let request = cards.capture(&reserved.request, wanted);
            later(cards, CardKind::Capture, &request).await
        }
        Action::Cancel { reservation } => {
            let is_held = |kind| matches!(kind, CardKind::Reservation | CardKind::Verification);
            let reserved =
                find(cards, reservation.as_deref(), is_held, "google card reserve 24.99")?;
            later(cards, CardKind::Cancellation, &cards.cancel(&reserved.request)).await
        }
        Action::Refund { amount, of } => {
            let capture = of.find(cards)?;
            let all = || Ok::<_, Failure>(cards.books.read()?.cards.left(&capture));
            let wanted = amount.as_deref().map_or_else(all, |text| Ok(micros(text)?))?;
            later(cards, CardKind::Refund, &cards.refund(&capture.request, wanted)).await
        }
        Action::Defend { of } => {
            Ok(cards.defend(&of.find(cards)?.request).await?.is(200, "SUCCESS"))
        }
        Action::Dispute => case(cards, "word of a dispute", |kind| kind != CaseKind::Fraud).await,
        Action::Fraud => case(cards, "report of fraud", |kind| kind == CaseKind::Fraud).await,
        Action::Settle => settle(cards).await,
    }
}

impl Of {
    fn find(&self, cards: &Cards) -> Result<Asked, Failure> {
        find(cards, self.capture.as_deref(), CardKind::is_capture, "google card buy 40")
    }
}

/// - `makes_one`: the command that does.
fn find(
    cards: &Cards,
    named: Option<&str>,
    of: impl Fn(CardKind) -> bool,
    makes_one: &str,
) -> Result<Asked, Failure> {
    let ledger = cards.books.read()?.cards;
    let found = match named {
        Some(request) => ledger.find(request).filter(|asked| of(asked.kind)),
        None => ledger.last(of),
    };
    found
        .cloned()
        .ok_or_else(|| Failure(format!("there is no such payment: `{makes_one}` makes one")))
}

async fn at_once(cards: &Cards, kind: CardKind, request: &Request) -> Result<bool, Failure> {
    let answer = cards.ask(kind, request).await?;
    println!("{} ended with {}", request.id, answer.result());
    Ok(answer.is(200, "SUCCESS"))
}

async fn later(cards: &Cards, kind: CardKind, request: &Request) -> Result<bool, Failure> {
    let answer = cards.ask(kind, request).await?;
    if !answer.is(200, "ACKNOWLEDGED") {
        return Ok(false);
    }
    let told = |ledger: &Ledger| ledger.cards.find(&request.id)?.result.clone();
    let result = wait(&cards.books, "result", told).await?;
    println!("{} ended with {result}", request.id);
    Ok(result == "SUCCESS")
}

/// The oldest that nobody has read.
async fn case(
    cards: &Cards,
    what: &str,
    wanted: impl Fn(CaseKind) -> bool,
) -> Result<bool, Failure> {
    let is_new = |case: &&Case| wanted(case.kind) && !case.read;
    let told = |ledger: &Ledger| ledger.cards.cases.iter().find(is_new).cloned();
    let case = wait(&cards.books, what, told).await?;
    let read = |ledger: &mut Ledger| {
        let found = ledger.cards.cases.iter_mut().find(|it| it.notice == case.notice);
        if let Some(case) = found {
            case.read = true;
        }
        let capture = ledger.cards.find(&case.capture)?;
        Some((ledger.cards.left(capture), capture.micros))
    };
    let (left, whole) = cards.books.change(read)?.ok_or("it is of a capture that is known")?;
    println!("{}", serde_json::to_string_pretty(&case.told)?);
    let words = match case.kind {
        CaseKind::Inquiry => "is asked about".to_owned(),
        CaseKind::Chargeback => format!("has {} charged back", amount(case.micros)),
        CaseKind::ChargebackReversal => format!("has {} back: it was won", amount(case.micros)),
        CaseKind::Fraud => "was fraudulent".to_owned(),
    };
    println!("{} {words}; {} of {} is left", case.capture, amount(left), amount(whole));
    Ok(true)
}

async fn settle(cards: &Cards) -> Result<bool, Failure> {
    let is_new = |(_, it): &(&String, &Settlement)| it.is_complete() && !it.read;
    let told = |ledger: &Ledger| {
        let found = ledger.cards.settlements.iter().find(is_new);
        found.map(|(id, settlement)| (id.clone(), settlement.clone()))
    };
    let (id, settlement) = wait(&cards.books, "settlement", told).await?;
    let read = |ledger: &mut Ledger| {
        if let Some(settlement) = ledger.cards.settlements.get_mut(&id) {
            settlement.read = true;
        }
    };
    cards.books.change(read)?;
    for part in settlement.parts.values() {
        println!("{}", serde_json::to_string_pretty(part)?);
    }
    println!("{id} is complete, {} part(s), and adds up", settlement.parts.len());
    Ok(true)
}
