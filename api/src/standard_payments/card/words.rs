//! Answers, as they are kept: all that follows the header of the response.
//!
//! Source: Standard Payments, card form of payment, version 1, each method's own page; where the
//! values of an enum are not published the protocol reference says so, and [`Spelling`] helps.

use http::StatusCode;
use paceline_domain::authorization::{
    AddressMatches, AddressVerdict, Approval, CardFacts, CardKind, CvnVerdict, Match, Network,
    StoredCredentialVerdict, UnsupportedBy, Verdict,
};
use paceline_domain::card_payment::Flow;
use paceline_domain::ids::PaymentId;
use paceline_domain::response_code::{CardDecline, Failure, Meaning};
use paceline_domain::text::Text;
use paceline_engine::Reply;
use paceline_engine::card::{Outcome, Refusal, Voice};

use super::spelling::Spelling;
use crate::standard_payments::Fault;
use crate::standard_payments::results::{ACKNOWLEDGED, SUCCESS};
use crate::standard_payments::words::done;
use crate::write::Object;

/// The words of this wire.
pub struct Words {
    spelling: Spelling,
    /// The status of an answer about a capture that nobody knows.
    unknown_capture: StatusCode,
}

impl Words {
    pub fn new(spelling: Spelling, unknown_capture: StatusCode) -> Self {
        Self { spelling, unknown_capture }
    }

    fn authorized(
        &self,
        flow: Flow,
        payment: PaymentId,
        result: Result<&Approval, &Verdict>,
    ) -> Reply {
        let verdict = result.map_or_else(|declined| declined, |approval| &approval.verdict);
        done(|told| {
            if flow == Flow::Reserve {
                told.shown("paymentIntegratorFundsReservationId", payment);
            }
            self.verdict(told, verdict);
            if flow == Flow::Verify {
                let word = if is_served(verdict) { "SUPPORTED" } else { "NOT_SUPPORTED" };
                for member in ["fundsTransferFlow", "reserveCaptureFlow"] {
                    told.text(member, self.spelling.of(member, word));
                }
            }
            if let (Ok(approval), Flow::Reserve) = (result, flow) {
                let expires_at = approval.expires_at.0.to_string();
                told.text("reservationExpirationTimestamp", &expires_at);
            }
            told.object("additionalTransactionProcessingResult", |processing| {
                stored_credential(processing, &verdict.stored_credential);
            });
            let word = result.map_or_else(decline, |_| SUCCESS);
            told.text("result", self.spelling.of("result", word));
        })
    }

    fn verdict(&self, told: &mut Object<'_>, verdict: &Verdict) {
        let Verdict { code, authorization_code, address, cvn, card, stored_credential: _ } =
            verdict;
        told.object("cardNetworkResult", |network| {
            network.text_known("authorizationCode", authorization_code.as_deref());
            match card.network {
                Some(_) => raw(network, "rawResult", card, code.as_str()),
                // Nobody was asked: the code is our own.
                None => network.object("cardNetworkResultNotAvailable", |_| {}),
            }
        });
        told.object("addressVerificationResult", |result| self.address(result, address, card));
        told.text("cvnResult", self.spelling.of("cvnResult", cvn_word(*cvn)));
        told.object("cardMetadata", |metadata| self.facts(metadata, card));
    }

    fn address(&self, result: &mut Object<'_>, verdict: &AddressVerdict, card: &CardFacts) {
        const MEMBER: &str = "addressVerificationResult";
        let support = |word| self.spelling.of(MEMBER, word);
        match verdict {
            AddressVerdict::NotSent { supported } => result.object("notSent", |none| {
                none.text(
                    "support",
                    support(if *supported { "SUPPORTED" } else { "NOT_SUPPORTED" }),
                );
            }),
            AddressVerdict::SentUnsupported(by) => result.object("sentUnsupported", |none| {
                none.text("support", support(unsupported(*by)));
            }),
            AddressVerdict::Checked(matches) => result.object("result", |result| {
                let AddressMatches {
                    raw: code,
                    line,
                    locality,
                    administrative_area,
                    postal_code,
                    country,
                    name,
                } = &**matches;
                raw(result, "rawAvsResult", card, code);
                for (member, verdict) in [
                    ("addressLine", line),
                    ("localityName", locality),
                    ("administrativeAreaName", administrative_area),
                    ("postalCodeNumber", postal_code),
                    ("countryCode", country),
                    ("nameOnCard", name),
                ] {
                    result.text(member, self.spelling.of(MEMBER, match_word(*verdict)));
                }
            }),
        }
    }

    fn facts(&self, metadata: &mut Object<'_>, card: &CardFacts) {
        metadata.text_known("issuerName", card.issuer.as_deref());
        metadata.text_known("issuingCountryCode", card.country.as_deref());
        metadata.array("networks", |networks| {
            card.network.iter().for_each(|network| networks.text(network.word()));
        });
        metadata.text("cardType", self.spelling.of("cardType", kind_word(card.kind)));
    }

    fn acknowledged(&self) -> &str {
        self.spelling.of("result", ACKNOWLEDGED)
    }
}

impl Voice for Words {
    fn words(&self, outcome: &Outcome<'_>) -> Reply {
        match outcome {
            Outcome::Authorized { flow, payment, result } => {
                self.authorized(*flow, *payment, *result)
            }
            Outcome::CaptureAcknowledged { capture } => done(|told| {
                told.shown("paymentIntegratorCaptureId", capture);
                told.text("result", self.acknowledged());
            }),
            Outcome::VoidAcknowledged | Outcome::RefundAcknowledged { refund: _ } => {
                done(|told| told.text("result", self.acknowledged()))
            }
            Outcome::Defended { document: _ } => done(|told| told.text("result", SUCCESS)),
            Outcome::Refused(why @ Refusal::CaptureUnknown) => {
                refused(why).at(self.unknown_capture).reply()
            }
            Outcome::Refused(why) => refused(why).reply(),
            Outcome::Failed(failure) => failed(*failure).reply(),
            Outcome::Unfinished => Fault::unavailable().reply(),
        }
    }
}

fn raw(told: &mut Object<'_>, name: &'static str, card: &CardFacts, code: &str) {
    told.object(name, |raw| {
        raw.text_known("scope", card.network.map(Network::word));
        raw.text("rawCode", code);
    });
}

fn stored_credential(told: &mut Object<'_>, verdict: &StoredCredentialVerdict) {
    match verdict {
        StoredCredentialVerdict::NotSent => {
            told.object("storedCredentialInformationNotSent", |_| {});
        }
        StoredCredentialVerdict::Unsupported { why } => {
            told.object("storedCredentialInformationUnsupported", |told| {
                told.text("reasonDescription", why);
            });
        }
        StoredCredentialVerdict::Successful { network_transaction } => {
            stored(told, network_transaction, None);
        }
        StoredCredentialVerdict::Supplemented { network_transaction, supplementary } => {
            stored(told, network_transaction, Some(supplementary));
        }
    }
}

fn stored(told: &mut Object<'_>, network_transaction: &str, supplementary: Option<&Text>) {
    told.object("storedCredentialInformationSuccessful", |told| {
        told.text("networkTransactionIdentifier", network_transaction);
        told.text_known(
            "supplementaryNetworkTransactionIdentifier",
            supplementary.map(Text::as_str),
        );
    });
}

/// Whether the card could be charged at all, whatever became of this question.
fn is_served(verdict: &Verdict) -> bool {
    let meaning = verdict.code.meaning();
    !matches!(meaning, Meaning::Declined(CardDecline::NumberInvalid | CardDecline::NotRouted))
}

/// # Source
/// Standard Payments, card authorization results.
fn decline(verdict: &Verdict) -> &'static str {
    let Meaning::Declined(decline) = verdict.code.meaning() else {
        // Somebody has said no, and by a code that does not say why.
        return "ISSUER_DECLINED";
    };
    match decline {
        CardDecline::IssuerDeclined => "ISSUER_DECLINED",
        CardDecline::DoNotHonor => "DO_NOT_HONOR",
        CardDecline::InsufficientFunds => "INSUFFICIENT_FUNDS",
        CardDecline::CardExpired => "CARD_EXPIRED",
        CardDecline::CardCancelled => "CARD_CANCELLED",
        CardDecline::LostOrStolen => "CARD_LOST_OR_STOLEN",
        CardDecline::CardRestricted => "RESTRICTED_CARD",
        CardDecline::NumberInvalid => "CARD_NUMBER_INVALID",
        CardDecline::TransactionInvalid => "TRANSACTION_INVALID",
        CardDecline::TransactionNotAllowed => "TRANSACTION_NOT_ALLOWED",
        CardDecline::AboveLimit => "TRANSACTION_EXCEEDS_AMOUNT_LIMIT",
        CardDecline::BelowLimit => "TRANSACTION_UNDER_AMOUNT_LIMIT",
        CardDecline::NotRouted => "TRANSACTION_COULD_NOT_BE_ROUTED",
        CardDecline::SuspectedFraud => "SUSPECTED_FRAUD",
        CardDecline::AuthenticationRequired => "STRONG_CUSTOMER_AUTHENTICATION_REQUIRED",
        CardDecline::AuthenticationExpired => "CARD_AUTHENTICATION_EXPIRED",
        CardDecline::RecurringUnsupported => "RECURRING_PAYMENT_NOT_SUPPORTED",
        CardDecline::NetworkTimeout => "NETWORK_TIMEOUT",
    }
}

fn match_word(verdict: Match) -> &'static str {
    match verdict {
        Match::Match => "MATCH",
        Match::Mismatch => "MISMATCH",
        Match::NotSpecified => "NOT_SPECIFIED",
        Match::SkippedByNetwork => "SKIPPED_BY_NETWORK",
        Match::SkippedByIssuer => "SKIPPED_BY_ISSUER",
        Match::Unsupported => "NOT_SUPPORTED",
    }
}

fn unsupported(by: UnsupportedBy) -> &'static str {
    match by {
        UnsupportedBy::Integrator => "UNSUPPORTED_BY_INTEGRATOR",
        UnsupportedBy::Network => "UNSUPPORTED_BY_NETWORK",
        UnsupportedBy::Issuer => "UNSUPPORTED_BY_ISSUER",
    }
}

fn cvn_word(verdict: CvnVerdict) -> &'static str {
    match verdict {
        CvnVerdict::NotSent { unsupported_by: None } => "NOT_SENT_SUPPORTED",
        CvnVerdict::NotSent { unsupported_by: Some(by) } => match by {
            UnsupportedBy::Integrator => "NOT_SENT_UNSUPPORTED_BY_INTEGRATOR",
            UnsupportedBy::Network => "NOT_SENT_UNSUPPORTED_BY_NETWORK",
            UnsupportedBy::Issuer => "NOT_SENT_UNSUPPORTED_BY_ISSUER",
        },
        CvnVerdict::Unsupported(by) => unsupported(by),
        CvnVerdict::Match => "MATCH",
        CvnVerdict::Mismatch => "MISMATCH",
        CvnVerdict::NotVerified => "NOT_VERIFIED",
        CvnVerdict::SkippedByNetwork => "SKIPPED_BY_NETWORK",
        CvnVerdict::SkippedByIssuer => "SKIPPED_BY_ISSUER",
        CvnVerdict::NotSpecified => "NOT_SPECIFIED",
    }
}

fn kind_word(kind: CardKind) -> &'static str {
    match kind {
        CardKind::Credit => "CREDIT_CARD",
        CardKind::Debit => "DEBIT_CARD",
        CardKind::Prepaid => "PREPAID_CARD",
        CardKind::Unknown => "INTEGRATOR_CANNOT_SPECIFY_CARD_TYPE",
    }
}

fn refused(why: &Refusal) -> Fault {
    let what = why.to_string();
    match why {
        Refusal::RequestTaken => Fault::key_misused(),
        Refusal::UnderWay => Fault::conflict(&what),
        Refusal::NothingAsked | Refusal::Fractional(_) => Fault::invalid("amount", &what),
        Refusal::FractionalRefund(_) => Fault::invalid("refundAmount", &what),
        Refusal::ReservationUnknown
        | Refusal::CaptureUnknown
        | Refusal::RefundUnknown
        | Refusal::PaymentElsewhere => Fault::unknown(&what),
        Refusal::NotReserved
        | Refusal::CapturedAlready
        | Refusal::Voided
        | Refusal::OnlyVerified
        | Refusal::CaptureExceedsHold { .. }
        | Refusal::NotCaptured
        | Refusal::RefundExceedsRemainder { .. }
        | Refusal::ChargebackExceedsRemainder { .. }
        | Refusal::TooMany
        | Refusal::NotRefunded
        | Refusal::CaseUnknown
        | Refusal::NoneReversed
        | Refusal::CaseTaken
        | Refusal::CaseClosed
        | Refusal::TooLateToReply
        | Refusal::ReferenceDiffers
        | Refusal::CaseUnnamed
        | Refusal::RaisedLater
        | Refusal::RaisedBeforePaid
        | Refusal::ReplyBeforeRaised
        | Refusal::ReversedLater
        | Refusal::ReversedBeforeRaised
        | Refusal::CodeEmpty
        | Refusal::FraudKindMalformed
        | Refusal::DocumentUnkept => Fault::precondition(what),
    }
}

/// Nobody has decided: Google asks again, and it is asked afresh.
fn failed(failure: Failure) -> Fault {
    match failure {
        Failure::Misconfigured => Fault::precondition(
            "paymentIntegratorAccountId: the acquirer says that there is no such merchant (response \
             code 03); its configuration of this account has to be mended",
        ),
        Failure::Broken => Fault::plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the card network failed: send it again",
        ),
        Failure::Unavailable => Fault::unavailable(),
    }
}
