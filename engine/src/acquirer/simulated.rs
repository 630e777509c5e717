//! An acquirer that needs no contract: its issuers are slow, wrong, suspicious or down, by the
//! number of the card.
//!
//! Why: everything that card networks do to an engine can be had here on demand. It keeps a book of
//! its own, so that what it says it holds and has moved can be held against what the engine says.
//! Promise: a movement is carried out once, and what was answered once stays the answer, also when
//! this process dies in between. No number, expiry or verification code is in the book.
//! Left out: inquiries, chargebacks, reversed refunds and reports of fraud, which come from people.
//!
//! Test cards, each with any expiry to come. Every other number approves, `4111 1111 1111 1111`
//! too; one that begins like these and is none of them buys nothing (`14`).
//!
//! | number | what happens |
//! |---|---|
//! | `4000 0000 0000 0002` | approved (`00`) |
//! | `4000 0001 0000 0001` | `ISSUER_DECLINED` (`01`) |
//! | `4000 0005 0000 0007` | `DO_NOT_HONOR` (`05`) |
//! | `4000 0051 0000 0000` | `INSUFFICIENT_FUNDS` (`51`) |
//! | `4000 0054 0000 0007` | `CARD_EXPIRED` (`54`) |
//! | `4000 0078 0000 0009` | `CARD_CANCELLED` (`78`) |
//! | `4000 0041 0000 0003` | `CARD_LOST_OR_STOLEN` (`41`) |
//! | `4000 0062 0000 0007` | `RESTRICTED_CARD` (`62`) |
//! | `4000 0014 0000 0006` | `CARD_NUMBER_INVALID` (`14`) |
//! | `4000 0012 0000 0008` | `TRANSACTION_INVALID` (`12`) |
//! | `4000 0057 0000 0004` | `TRANSACTION_NOT_ALLOWED` (`57`) |
//! | `4000 0061 0000 0008` | `TRANSACTION_EXCEEDS_AMOUNT_LIMIT` (`61`) |
//! | `4000 0064 0000 0005` | `TRANSACTION_UNDER_AMOUNT_LIMIT` (`64`) |
//! | `4000 0015 0000 0005` | `TRANSACTION_COULD_NOT_BE_ROUTED` (`15`) |
//! | `4000 0059 0000 0002` | `SUSPECTED_FRAUD` (`59`) |
//! | `4000 0065 0000 0004` | `STRONG_CUSTOMER_AUTHENTICATION_REQUIRED` (`65`) |
//! | `4000 0070 0000 0007` | `CARD_AUTHENTICATION_EXPIRED` (`70`) |
//! | `4000 0101 0000 0000` | `RECURRING_PAYMENT_NOT_SUPPORTED` (`R0`) |
//! | `4000 0068 0000 0001` | `NETWORK_TIMEOUT` (`68`) |
//! | `4000 0019 0000 0001` | not available: HTTP 503 (`19`) |
//! | `4000 0096 0000 0007` | broken: HTTP 500 (`96`) |
//! | `4000 0003 0000 0009` | wrongly configured: HTTP 400 (`03`) |
//! | `4000 00cc 0000 000x` | any code `cc`, with the check digit `x` |
//! | `4000 0110 0000 0009` | carried out, and the first answer is lost; then approved |
//! | `4000 0111 0000 0008` | carried out, and the first answer is lost; then `DO_NOT_HONOR` |
//! | `4000 0112 0000 0007` | carried out, and the first question is never answered; then approved |
//! | `4000 0113 0000 0006` | cannot be reached for the first [`OUTAGE_ASKS`] questions |
//! | `4000 0114 0000 0005` | answers after [`SLOW`] |
//! | `4000 0115 0000 0004` | the network delivers every question twice |
//! | `4000 0120 0000 0007` | held for [`SHORT_HOLD`] only |
//! | `4000 0121 0000 0006` | a capture is under way for the first [`OUTAGE_ASKS`] questions |
//! | `4000 0122 0000 0005` | a capture is refused: the issuer has revoked the authorization |
//! | `4000 0123 0000 0004` | no acquirer reference number comes with the answers |
//! | `4000 0124 0000 0003` | held for [`SHORTEST_HOLD`] only |
//! | `4000 0130 0000 0005` | a refund is refused: `ISSUER_DECLINED` |
//! | `4000 0131 0000 0004` | a refund is refused: `CARD_LOST_OR_STOLEN` |
//! | `4000 0132 0000 0003` | a refund is refused: `CARD_CANCELLED` |
//! | `4000 0133 0000 0002` | a refund is refused: `NOT_SUPPORTED_BY_NETWORK` |
//! | `4000 0134 0000 0001` | a refund is refused: `CHARGEBACK_IN_PLACE` |
//! | `4000 0135 0000 0000` | a refund is refused: too late |
//! | `4000 0136 0000 0009` | a refund is under way for the first [`OUTAGE_ASKS`] questions |
//! | `4000 0140 0000 0003` | the issuer cannot check a verification code |
//! | `4000 0141 0000 0002` | the network cannot check a verification code |
//! | `4000 0142 0000 0001` | the issuer leaves the verification code out |
//! | `4000 0143 0000 0000` | the network leaves the verification code out |
//! | `4000 0144 0000 0009` | the issuer cannot compare addresses |
//! | `4000 0145 0000 0008` | the network leaves the address out |
//! | `4000 0147 0000 0006` | stored credentials are not supported |
//! | `4000 0148 0000 0005` | the network has a second id for a payment with a stored credential |
//! | `4000 0150 0000 0000` | a debit card |
//! | `4000 0151 0000 0009` | a prepaid card |
//! | `4000 0152 0000 0008` | nothing is known of the card |
//! | `4000 0153 0000 0007` | a card from abroad (FR) |
//!
//! A verification code of zeros does not match, one of nines is not verified. Postal code `00000`
//! does not match, `00001` does not and neither does the street, `00002` is left out by the issuer.

mod book;
mod cards;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::authorization::Network;
use paceline_domain::card_payment::{CaptureRefusal, RawResult, RefundDecline};
use paceline_domain::ids::{MovementId, ReferenceNumber};
use paceline_domain::text::Text;
use paceline_storage::{AppendError, EventLog, StreamId};

use self::book::{Entered, Step};
use self::cards::{Delivery, Script};
use self::verdict::Issuer;
use super::{Acquirer, Authorize, Authorized, Follow, Followed, Found, Voided};
use crate::bank::Asking;
use crate::card::number;
use crate::simulated::{Book, Latency, Outages};

pub use self::book::Entry;
pub use self::cards::{SHORT_HOLD, SHORTEST_HOLD, SLOW};
pub use crate::simulated::{OUTAGE_ASKS, SimulatedOptions};

/// How long money is held, unless the card says otherwise.
pub const HOLD: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The simulated acquirer.
pub struct Simulated {
    latency: Latency,
    issuer: Issuer,
    book: Book,
    outages: Outages<MovementId>,
}

impl Simulated {
    /// - `book`: where the acquirer writes what it does; shared with nobody but the simulated
    ///   processor, whose pages are others.
    pub fn new(options: SimulatedOptions, book: Arc<dyn EventLog>) -> Self {
        let issuer = Issuer { seed: options.seed };
        let (latency, book) = (Latency::new(options), Book::new(book));
        Self { latency, issuer, book, outages: Outages::new() }
    }

    /// What the acquirer's book says of an authorization, or of a capture, oldest first.
    ///
    /// # Errors
    /// A word on why the book cannot be read.
    pub fn book_of(book: &dyn EventLog, movement: MovementId) -> Result<Vec<Entry>, String> {
        Book::read(book, page(movement))
    }

    /// Takes a step on a page, unless the page says that it was taken. `None` if the book cannot be
    /// read or written.
    async fn enter<T>(
        &self,
        of: MovementId,
        step: impl Fn(&[Entry]) -> Step<T> + Send,
    ) -> Option<Entered<T>> {
        let page = page(of);
        // Most pages are empty when they are first asked for, and the book says if one is not.
        let mut entries = vec![];
        loop {
            let (entry, answer) = match step(&entries) {
                Step::Write(entry, answer) => (entry, answer),
                // From a page that was read, or may not have been.
                Step::Known(answer) if !entries.is_empty() => {
                    return Some(Entered { answer, new: false });
                }
                Step::Known(answer) => {
                    entries = self.book.page(page)?;
                    if entries.is_empty() {
                        return Some(Entered { answer, new: false });
                    }
                    continue;
                }
            };
            match self.book.write(page, entries.len(), &*entry).await {
                Ok(_) => return Some(Entered { answer, new: true }),
                Err(AppendError::Conflict { .. }) => entries = self.book.page(page)?,
                Err(_) => return None,
            }
        }
    }

    async fn answer(&self, ask: Authorize) -> Authorized {
        self.latency.pass().await;
        let script = Script::of(ask.card.number.expose());
        match script.delivery {
            Delivery::Outage if self.outages.swallow(ask.id) => return Authorized::Unknown,
            Delivery::Slow => tokio::time::sleep(SLOW).await,
            _ => {}
        }
        let authorize = || self.enter(ask.id, |page| book::authorize(page, self.issuer, &ask));
        if script.delivery == Delivery::Twice {
            authorize().await;
        }
        let Some(Entered { answer, new }) = authorize().await else { return Authorized::Unknown };
        match script.delivery {
            Delivery::Lost if new => Authorized::Unknown,
            Delivery::Silent if new => std::future::pending().await,
            _ => answer,
        }
    }

    async fn take(&self, ask: Follow) -> Followed<CaptureRefusal> {
        self.latency.pass().await;
        let script = Script::of(ask.card.number.expose());
        if script.capture_is_late && self.outages.swallow(ask.id) {
            return Followed::Unknown;
        }
        let refusal = script.capture_refusal;
        let reference = self.reference(&ask, script);
        let capture = |page: &[Entry]| book::capture(page, &ask, refusal, reference.clone());
        let Some(taken) = self.enter(ask.of, capture).await else { return Followed::Unknown };
        if taken.answer.is_ok() {
            // A page of its own, for the refunds to come; they name the capture.
            let Some(_) = self.enter(ask.id, |page| book::taken(page, &ask)).await else {
                return Followed::Unknown;
            };
        }
        said(taken.answer, &ask)
    }

    async fn let_go(&self, ask: Follow) -> Voided {
        self.latency.pass().await;
        match self.enter(ask.of, |page| book::void(page, &ask)).await {
            Some(_) => Voided::Done,
            None => Voided::Unknown,
        }
    }

    async fn give_back(&self, ask: Follow) -> Followed<RefundDecline> {
        self.latency.pass().await;
        let script = Script::of(ask.card.number.expose());
        if script.refund_is_late && self.outages.swallow(ask.id) {
            return Followed::Unknown;
        }
        let reference = self.reference(&ask, script);
        let decline = script.refund_decline;
        let refund = |page: &[Entry]| book::refund(page, &ask, decline, reference.clone());
        match self.enter(ask.of, refund).await {
            Some(entered) => said(entered.answer, &ask),
            None => Followed::Unknown,
        }
    }

    fn reference(&self, ask: &Follow, script: Script) -> Option<ReferenceNumber> {
        (!script.references_later).then(|| self.issuer.reference(ask.id, ask.now))
    }

    async fn heard(&self, id: MovementId) -> Found {
        self.latency.pass().await;
        self.enter(id, book::find).await.map_or(Found::Unknown, |entered| entered.answer)
    }
}

impl Acquirer for Simulated {
    fn authorize(&self, ask: Authorize) -> Asking<'_, Authorized> {
        Box::pin(self.answer(ask))
    }

    fn find(&self, id: MovementId) -> Asking<'_, Found> {
        Box::pin(self.heard(id))
    }

    fn capture(&self, ask: Follow) -> Asking<'_, Followed<CaptureRefusal>> {
        Box::pin(self.take(ask))
    }

    fn void(&self, ask: Follow) -> Asking<'_, Voided> {
        Box::pin(self.let_go(ask))
    }

    fn refund(&self, ask: Follow) -> Asking<'_, Followed<RefundDecline>> {
        Box::pin(self.give_back(ask))
    }

    fn holds_for(&self) -> Duration {
        HOLD
    }
}

/// A reference number, or why nothing moved and by which code.
type Moving<R> = Result<Option<ReferenceNumber>, (R, &'static str)>;

fn said<R>(moved: Moving<R>, ask: &Follow) -> Followed<R> {
    let network = number::network(ask.card.number.expose());
    let scope = network.map(Network::word);
    let raw = |code: &str| RawResult {
        scope: scope.map(|word| Text::parse(word).expect("a network's word is short")),
        code: Text::parse(code).expect("a code is short"),
    };
    match moved {
        Ok(reference) => Followed::Done { raw: raw("00"), reference },
        Err((why, code)) => Followed::Refused { why, raw: raw(code) },
    }
}

/// The page of the book on which an authorization stands, or what was captured of it. The
/// processor's are of another kind.
fn page(movement: MovementId) -> StreamId {
    StreamId { kind: 1, id: movement.0.to_be_bytes() }
}

#[cfg(test)]
mod tests;
