//! What people and the acquirer's connectors make known of payments by card, and what they ask.

use paceline_domain::card_payment::{CardPayment, Command, Moved, OpenCase};
use paceline_domain::ids::{
    CardId, DocumentId, IntegratorAccountId, PaymentId, RefundId, RequestId,
};
use paceline_domain::money::CurrencyCode;
use paceline_domain::settlement::{self, Settlement};
use paceline_domain::time::Timestamp;
use paceline_storage::{EventLog, StreamId};

use super::kept::{Kept, keep};
use super::{Raise, Raised, Refusal, evidence};
use crate::dispatch::settlements;
use crate::engine::Engine;
use crate::entity::{CardMoved, CardPayments, Kind, Settlements, card_refusal};
use crate::error::EngineError;
use crate::secret::Secret;

/// Cards, or documents, that are looked at together.
const PAGE: usize = 256;

/// What became of encrypting afresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    pub cards: u64,
    pub documents: u64,
    /// Of both.
    pub resealed: u64,
    /// Could not be opened: their key is missing, or they are damaged.
    pub unread: u64,
}

/// A day of settlement, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub day: Box<Settlement>,
    /// Each counted once.
    pub movements: usize,
}

/// Why a day was not settled when somebody wanted it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    #[error(transparent)]
    Refused(#[from] settlement::Rejection),
    #[error("the day cannot be read now: ask again")]
    Unread,
}

impl Engine {
    /// Makes known what happened elsewhere. Google is told; a repeat changes nothing.
    ///
    /// # Errors
    /// Outer: [`EngineError`]. Inner: the [`Refusal`] that stood in the way.
    pub async fn raise(&self, raise: Raise) -> Result<Result<(), Refusal>, EngineError> {
        drop(self.0.permit()?);
        let Raise { integrator, what } = raise;
        let now = self.0.world.now();
        let found = match self.raised(&integrator, what, now).await {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let (payment, command) = found;
        let stream = CardPayments::stream(payment);
        let said = self.ask_inside::<CardPayments>(stream, command).await.facts();
        Ok(said.map(drop).map_err(|rejection| card_refusal(&rejection, None)))
    }

    async fn raised(
        &self,
        integrator: &IntegratorAccountId,
        what: Raised,
        now: Timestamp,
    ) -> Result<(PaymentId, Command), Refusal> {
        Ok(match what {
            Raised::Case { capture, case, kind, amount, reason, raw, raised_on, reply_by } => {
                let payment = self.captured(integrator, &capture).await?;
                let case =
                    OpenCase { case, kind, amount, reason, raw, raised_on, reply_by, at: now };
                (payment, Command::OpenCase(Box::new(case)))
            }
            Raised::ChargebackReversal { capture, case, raw, reversed_on } => {
                let payment = self.captured(integrator, &capture).await?;
                (payment, Command::ReverseChargeback { case, raw, reversed_on, now })
            }
            Raised::RefundReversal { refund, raw } => {
                let (payment, refund) = self.refunded(integrator, &refund).await?;
                (payment, Command::ReverseRefund { refund, raw, now })
            }
            Raised::Fraud { capture, kind, raw } => {
                let payment = self.captured(integrator, &capture).await?;
                (payment, Command::ReportFraud { kind, raw, now })
            }
            Raised::CaptureReference { capture, number } => {
                let payment = self.captured(integrator, &capture).await?;
                (payment, Command::Reference { of: Moved::Capture, number, now })
            }
            Raised::RefundReference { refund, number } => {
                let (payment, refund) = self.refunded(integrator, &refund).await?;
                (payment, Command::Reference { of: Moved::Refund(refund), number, now })
            }
        })
    }

    /// The payment of a capture, for people.
    pub async fn card_payment(
        &self,
        integrator: &IntegratorAccountId,
        capture: &RequestId,
    ) -> Option<Box<CardPayment>> {
        let payment = self.captured_by(integrator, capture).await?;
        let stream = CardPayments::stream(payment);
        self.ask_inside::<CardPayments>(stream, Command::Look).await.facts().ok()
    }

    /// The payment of a refund, for people.
    pub async fn refunded_card_payment(
        &self,
        integrator: &IntegratorAccountId,
        refund: &RequestId,
    ) -> Option<Box<CardPayment>> {
        let (payment, _) = self.refunded(integrator, refund).await.ok()?;
        let stream = CardPayments::stream(payment);
        self.ask_inside::<CardPayments>(stream, Command::Look).await.facts().ok()
    }

    /// The evidence that Google handed over: a PDF.
    pub async fn document(&self, id: DocumentId) -> Option<Secret> {
        let world = &self.0.world;
        evidence::open(world, world.acquirer.as_ref()?, id).await
    }

    /// Closes a day before its time: what moves later belongs to a later one.
    ///
    /// # Errors
    /// [`Unsettled`]; the day is as it was.
    pub async fn close_settlement(
        &self,
        integrator: &IntegratorAccountId,
        currency: CurrencyCode,
        day: Timestamp,
    ) -> Result<Settled, Unsettled> {
        let of = Settlements::of(integrator, currency, day);
        let now = self.0.world.now();
        if now < of.starts {
            return Err(Unsettled::Refused(settlement::Rejection::NotBegun));
        }
        let stream = Settlements::stream(of.id);
        let close = settlement::Command::Close { now };
        let day = self.ask_inside::<Settlements>(stream, close).await?;
        let entries = settlements::entries(&self.0.world, stream).await;
        Ok(Settled { day, movements: entries.ok_or(Unsettled::Unread)?.len() })
    }

    /// What a request that holds a card is recognised by when it comes again: a keyed hash.
    pub fn card_fingerprint(&self, asked: &[u8]) -> [u8; 32] {
        let acquiring = self.0.world.acquirer.as_ref();
        acquiring.expect("who asks about cards has brought their keys").keyring().fingerprint(asked)
    }

    /// Encrypts the number of every card, and the key of every document, under the newest key. What
    /// is used meanwhile is under it already.
    ///
    /// # Errors
    /// [`EngineError`] if they cannot be listed.
    pub async fn reseal_cards(&self) -> Result<Resealed, EngineError> {
        let world = &self.0.world;
        let Some(acquiring) = world.acquirer.clone() else { return Ok(Resealed::default()) };
        let mut told = Resealed::default();
        let card = async |id| keep(world, &acquiring, CardId(id), |kept| kept.cloned()).await;
        told.cards = self.reseal(Kind::Card, card, &mut told).await?;
        let before = acquiring.keyring();
        let document =
            async |id| evidence::reseal(world, &acquiring, DocumentId(id), &before).await;
        told.documents = self.reseal(Kind::Document, document, &mut told).await?;
        Ok(told)
    }

    /// Returns how many there are of this kind.
    async fn reseal(
        &self,
        kind: Kind,
        reseal: impl AsyncFn(u128) -> Kept,
        told: &mut Resealed,
    ) -> Result<u64, EngineError> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = page(self, kind, after).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some(*last);
            for stream in page {
                count += 1;
                match reseal(u128::from_be_bytes(stream.id)).await {
                    Kept::Anew => told.resealed += 1,
                    Kept::Unread => told.unread += 1,
                    Kept::AsItWas | Kept::Unknown => {}
                }
            }
        }
    }

    async fn captured(
        &self,
        integrator: &IntegratorAccountId,
        capture: &RequestId,
    ) -> Result<PaymentId, Refusal> {
        self.captured_by(integrator, capture).await.ok_or(Refusal::CaptureUnknown)
    }

    async fn refunded(
        &self,
        integrator: &IntegratorAccountId,
        refund: &RequestId,
    ) -> Result<(PaymentId, RefundId), Refusal> {
        let payment = self.named(CardMoved::Refund, integrator, refund).await;
        let payment = payment.ok_or(Refusal::RefundUnknown)?;
        Ok((payment, CardPayments::refund(integrator, refund)))
    }
}

async fn page(
    engine: &Engine,
    kind: Kind,
    after: Option<StreamId>,
) -> Result<Vec<StreamId>, EngineError> {
    let list = move |log: &dyn EventLog| log.streams(kind as u8, after, PAGE);
    let read = engine.0.world.read(list).await.ok_or(EngineError::Stopped)?;
    read.map_err(|error| {
        tracing::error!(%error, kind = kind.word(), "what is sealed cannot be listed");
        EngineError::Damaged
    })
}
