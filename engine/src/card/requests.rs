//! What Google asks of the card family.

use paceline_domain::card_payment::{
    self, AskCapture, AskRefund, AskVoid, Authorize as AuthorizeCommand, Command, Flow, Terms,
};
use paceline_domain::document::DOCUMENT_BYTES_MAX;
use paceline_domain::ids::{DocumentId, IntegratorAccountId, PaymentId, RequestId};
use paceline_domain::money::Micros;
use paceline_domain::name::{self, Holder};
use paceline_storage::StreamId;

use super::number::{check, last_four, network};
use super::{
    Acquiring, Authorize, Capture, CardOnFile, Defend, InFlight, Outcome, Refund, Refusal, Void,
    evidence,
};
use crate::asking::{asked, worded};
use crate::dispatch::card_payments::{list, take_name};
use crate::engine::Engine;
use crate::entity::{CardMoved, CardPayments, Names, card_refusal, hashed};
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::voice::Reply;

impl Engine {
    /// `reserveFunds`, `capture` in one message, `verifyCardWithMinimumReservation`: answered when the
    /// issuer has.
    ///
    /// # Errors
    /// [`EngineError`], as all the others.
    pub async fn authorize_card(&self, ask: Authorize, keyed: Keyed) -> Result<Reply, EngineError> {
        let question = asked(&keyed);
        self.over_the_wire(keyed, async |mut asking| {
            let world = &self.0.world;
            let Some(acquiring) = &world.acquirer else { return Err(EngineError::Stopped) };
            let checked = check(&ask, &world.options.card.networks, world.now());
            let id = CardPayments::id(&ask.integrator, &ask.request);
            let terms = Terms {
                flow: ask.flow,
                integrator: ask.integrator.clone(),
                request: ask.request.clone(),
                card: acquiring.keyring().card(&ask.integrator, &ask.card.number),
                network: network(ask.card.number.expose()),
                last_four: last_four(ask.card.number.expose()),
                amount: ask.amount.unwrap_or(Micros::ZERO),
                currency: ask.currency,
                description: ask.description.clone(),
            };
            let barred = checked.err();
            asking.secret = barred.is_none().then(|| InFlight::of(&ask).to_secret());
            let stream = CardPayments::stream(id);
            let is_barred = barred.is_some();
            let answered = asking.send::<CardPayments>(stream, true, |world| {
                let (terms, barred, asked) = (terms.clone(), barred.clone(), question.clone());
                let authorize = AuthorizeCommand { id, terms, barred, now: world.now(), asked };
                Command::Authorize(Box::new(authorize))
            });
            let answered = answered.await?;
            if is_barred {
                self.list_barred(acquiring, &terms, &ask.card).await;
            }
            Ok(worded(answered))
        })
        .await
    }

    /// What left for nobody stands in its card's story, too. Only there: after a crash before this, it
    /// is missing.
    async fn list_barred(&self, acquiring: &Acquiring, terms: &Terms, card: &CardOnFile) {
        let id = CardPayments::id(&terms.integrator, &terms.request);
        let said = self.ask_inside::<CardPayments>(CardPayments::stream(id), Command::Look).await;
        // Its name may be another payment's, with another card.
        if said.facts().is_ok_and(|payment| payment.terms == *terms) {
            list(&self.0.world, acquiring, id, terms, card).await;
        }
    }

    /// `asynchronousCaptureFundsReservation`: acknowledged, and notified.
    pub async fn capture_card(&self, ask: Capture, keyed: Keyed) -> Result<Reply, EngineError> {
        let Capture { request, integrator, reservation, amount } = ask;
        let stream = CardPayments::stream(CardPayments::id(&integrator, &reservation));
        self.over_the_wire(keyed, async |asking| {
            let answered = asking.send::<CardPayments>(stream, false, |world| {
                let (request, now) = (request.clone(), world.now());
                Command::Capture(AskCapture { request, amount, now })
            });
            let answered = answered.await?;
            self.name(CardMoved::Capture, &integrator, &request, stream).await;
            Ok(worded(answered))
        })
        .await
    }

    /// `asynchronousCancelFundsReservation`: acknowledged, and notified.
    pub async fn void_card(&self, ask: Void, keyed: Keyed) -> Result<Reply, EngineError> {
        let Void { request, integrator, reservation } = ask;
        let stream = CardPayments::stream(CardPayments::id(&integrator, &reservation));
        self.over_the_wire(keyed, async |asking| {
            let answered = asking.send::<CardPayments>(stream, false, |world| {
                Command::Void(AskVoid { request: request.clone(), now: world.now() })
            });
            answered.await.map(worded)
        })
        .await
    }

    /// `asynchronousRefund`: acknowledged, and notified.
    pub async fn refund_card(&self, ask: Refund, keyed: Keyed) -> Result<Reply, EngineError> {
        let Refund { request, integrator, capture, amount } = ask;
        let id = CardPayments::refund(&integrator, &request);
        self.over_the_wire(keyed, async |asking| {
            let Some(payment) = self.captured_by(&integrator, &capture).await else {
                return Ok(self.passing(&Outcome::Refused(Refusal::CaptureUnknown)));
            };
            let stream = CardPayments::stream(payment);
            let answered = asking.send::<CardPayments>(stream, false, |world| {
                let (request, now) = (request.clone(), world.now());
                Command::Refund(AskRefund { id, request, amount, now })
            });
            let answered = answered.await?;
            self.name(CardMoved::Refund, &integrator, &request, stream).await;
            Ok(worded(answered))
        })
        .await
    }

    /// `defendChargeback`: the document is kept before it is said to be there.
    pub async fn defend_chargeback(&self, ask: Defend, keyed: Keyed) -> Result<Reply, EngineError> {
        let Defend { request, integrator, capture, document } = ask;
        let refused = |why| Ok(self.passing(&Outcome::Refused(why)));
        let words = ["document", integrator.as_str(), request.as_str()];
        let id = DocumentId(hashed(&words));
        self.over_the_wire(keyed, async |asking| {
            let Some(capture) = &capture else { return refused(Refusal::PaymentElsewhere) };
            let Some(payment) = self.captured_by(&integrator, capture).await else {
                return refused(Refusal::CaptureUnknown);
            };
            if document.expose().len() > DOCUMENT_BYTES_MAX {
                return refused(Refusal::DocumentUnkept);
            }
            // Nothing is kept of what would be refused.
            if let Err(why) = self.may_defend(payment, id).await {
                return refused(why);
            }
            let world = &self.0.world;
            let Some(acquiring) = &world.acquirer else { return Err(EngineError::Stopped) };
            if evidence::keep(world, acquiring, id, &document).await.is_err() {
                return refused(Refusal::DocumentUnkept);
            }
            let stream = CardPayments::stream(payment);
            let answered = asking.send::<CardPayments>(stream, false, |world| Command::Defend {
                document: id,
                now: world.now(),
            });
            answered.await.map(worded)
        })
        .await
    }

    async fn may_defend(&self, payment: PaymentId, document: DocumentId) -> Result<(), Refusal> {
        let stream = CardPayments::stream(payment);
        let said = self.ask_inside::<CardPayments>(stream, Command::Look).await;
        let payment = said.facts().map_err(|why| card_refusal(&why, None))?;
        let defend = Command::Defend { document, now: self.0.world.now() };
        let decided = card_payment::decide(&Some(*payment), defend);
        decided.map(drop).map_err(|why| card_refusal(&why, None))
    }

    /// Whoever hears that it is acknowledged may name it at once. After a crash before this, it is
    /// named by whoever goes on with what is owed.
    async fn name(
        &self,
        moved: CardMoved,
        integrator: &IntegratorAccountId,
        request: &RequestId,
        stream: StreamId,
    ) {
        let said = self.ask_inside::<CardPayments>(stream, Command::Look).await;
        let Ok(payment) = said.facts() else { return };
        let is_its_own = match moved {
            CardMoved::Capture => payment.capture.is_some_and(|one| one.request == *request),
            CardMoved::Refund => {
                payment.refunds.contains_key(&CardPayments::refund(integrator, request))
            }
        };
        if is_its_own {
            take_name(&self.0.world, moved, integrator, request, payment.id).await;
        }
    }

    /// The payment that a capture of this name belongs to: in one message it is the payment's own
    /// request, in two it is another. If both are known, one that took the money in one message
    /// comes first, one that tried to comes last.
    pub(super) async fn captured_by(
        &self,
        integrator: &IntegratorAccountId,
        capture: &RequestId,
    ) -> Option<PaymentId> {
        let id = CardPayments::id(integrator, capture);
        let stream = CardPayments::stream(id);
        let said = self.ask_inside::<CardPayments>(stream, Command::Look).await;
        let at_once = said.facts().ok().filter(|payment| payment.terms.flow == Flow::Capture);
        if at_once.as_ref().is_some_and(|payment| payment.capture.is_some()) {
            return Some(id);
        }
        let named = self.named(CardMoved::Capture, integrator, capture).await;
        named.or(at_once.map(|payment| payment.id))
    }

    pub(super) async fn named(
        &self,
        moved: CardMoved,
        integrator: &IntegratorAccountId,
        request: &RequestId,
    ) -> Option<PaymentId> {
        let stream = Names::card(moved, integrator, request);
        match self.ask_inside::<Names>(stream, name::Command::Look).await {
            Ok(Some(Holder::CardPayment(payment))) => Some(payment),
            _ => None,
        }
    }
}
