//! Answers, as they are kept: all that follows the header of the response.
//!
//! Why: a repeat gets its first answer field for field, and only the moment of answering may
//! differ. So that is put in front at each delivery, and never stored.

use std::fmt::Display;

use bytes::Buf;
use http::StatusCode;
use paceline_domain::decline::Decline;
use paceline_domain::link::{Associated, Information};
use paceline_domain::time::Timestamp;
use paceline_engine::Reply;
use paceline_engine::tokenized::{Outcome, Refusal, Voice};

use super::results::{ACCEPTED, ACKNOWLEDGED, Results};
use super::{Fault, Method};
use crate::write::{self, Object};

/// The words of this wire.
pub struct Words {
    results: Results,
    /// The status of an answer about a capture that nobody knows.
    unknown_capture: StatusCode,
}

impl Words {
    pub fn new(results: Results, unknown_capture: StatusCode) -> Self {
        Self { results, unknown_capture }
    }

    /// A result, the integrator's reference, and what goes with the one or the other.
    fn told(
        &self,
        method: Method,
        reference: (&'static str, impl Display),
        outcome: Result<(), Decline>,
        more: impl FnOnce(&mut Object<'_>),
    ) -> Reply {
        concluded(reference, self.results.word(method.word(), outcome), |told| {
            more(told);
            if let Err(decline) = outcome {
                details(told, decline);
            }
        })
    }
}

impl Voice for Words {
    fn words(&self, outcome: &Outcome<'_>) -> Reply {
        let none = |_: &mut Object<'_>| {};
        match *outcome {
            Outcome::OtpSent { challenge, result } => {
                self.told(Method::SendOtp, ("paymentIntegratorSendOtpId", challenge), result, none)
            }
            Outcome::OtpVerified { challenge, result } => {
                let reference = ("paymentIntegratorVerifyOtpId", challenge);
                self.told(Method::VerifyOtp, reference, result, none)
            }
            Outcome::Associated { link, result } => {
                let reference = ("paymentIntegratorAssociateAccountId", link);
                self.told(Method::AssociateAccount, reference, result.map(drop), |told| {
                    if let Ok(associated) = result {
                        account(told, associated);
                    }
                })
            }
            Outcome::Refreshed { link, result } => {
                let reference = ("paymentIntegratorRefreshTokenId", link);
                self.told(Method::RefreshToken, reference, result.map(drop), |told| {
                    if let Ok(expires_at) = result {
                        moment(told, "tokenExpirationTime", expires_at);
                    }
                })
            }
            Outcome::Captured { payment, result } => {
                let reference = ("paymentIntegratorTransactionId", payment);
                self.told(Method::Capture, reference, result, none)
            }
            Outcome::Acknowledged { payment, result: Err(decline) } => {
                let reference = ("paymentIntegratorTransactionId", payment);
                self.told(Method::AsynchronousCapture, reference, Err(decline), none)
            }
            Outcome::Acknowledged { payment, result: Ok(()) } => {
                received(("paymentIntegratorTransactionId", payment), ACKNOWLEDGED)
            }
            Outcome::Refunded { refund, result } => {
                self.told(Method::Refund, ("paymentIntegratorRefundId", refund), result, none)
            }
            Outcome::Disbursed { payment, result } => {
                let reference = ("paymentIntegratorDisburseFundsId", payment);
                self.told(Method::DisburseFunds, reference, result, none)
            }
            Outcome::StatementNoted { statement } => {
                received(("paymentIntegratorStatementId", statement), ACCEPTED)
            }
            Outcome::Refused(why @ Refusal::CaptureUnknown) => {
                fault(why).at(self.unknown_capture).reply()
            }
            Outcome::Refused(why) => fault(why).reply(),
            Outcome::Unfinished => Fault::unavailable().reply(),
        }
    }
}

/// Heard, and no more than that.
fn received(reference: (&'static str, impl Display), result: &str) -> Reply {
    concluded(reference, result, |_| {})
}

/// The integrator's reference, what goes with the result, and the result.
fn concluded(
    reference: (&'static str, impl Display),
    result: &str,
    more: impl FnOnce(&mut Object<'_>),
) -> Reply {
    done(|told| {
        let (name, id) = reference;
        told.shown(name, id);
        more(told);
        told.text("result", result);
    })
}

/// An answer to what was asked. The brace that opens it is the header's.
pub fn done(fill: impl FnOnce(&mut Object<'_>)) -> Reply {
    let mut body = write::object(fill);
    body.advance(1);
    Reply { status: StatusCode::OK.as_u16(), body }
}

fn account(told: &mut Object<'_>, associated: &Associated) {
    let Associated { account, nickname, expires_at, information } = associated;
    told.text("accountId", account.as_str());
    told.text("accountNickname", nickname);
    moment(told, "tokenExpirationTime", *expires_at);
    let Some(Information { name, address }) = information else { return };
    told.object("userInformation", |user| {
        user.text("name", name);
        let Some(address) = address else { return };
        user.array("addressLine", |lines| address.lines.iter().for_each(|line| lines.text(line)));
        user.text("localityName", &address.locality);
        user.text("administrativeAreaName", &address.administrative_area);
        user.text("postalCodeNumber", &address.postal_code);
        user.text("countryCode", &address.country);
    });
}

/// Amounts that accompany a decline, in the currency of the request.
fn details(told: &mut Object<'_>, decline: Decline) {
    match decline {
        Decline::InsufficientFunds { balance: Some(balance) } => {
            told.text("currentBalance", &balance.0.to_string());
        }
        Decline::TransactionLimitExceeded { limit: Some(limit) } => {
            told.text("transactionLimit", &limit.0.to_string());
        }
        _ => {}
    }
}

/// 64 bits go as a string.
fn moment(told: &mut Object<'_>, name: &'static str, at: Timestamp) {
    told.text(name, &at.0.to_string());
}

fn fault(why: Refusal) -> Fault {
    let what = why.to_string();
    let unknown = |member: &str| Fault::unknown(&format!("{member}: {what}"));
    match why {
        Refusal::TokenUnknown => unknown("googlePaymentToken"),
        Refusal::AssociationUnknown => unknown("associationId"),
        Refusal::CustomerUnknown => unknown("upiDetails.vpa"),
        Refusal::OtpUnknown => unknown("sendOtpRequestId"),
        Refusal::AuthenticationUnknown => unknown("authenticationRequestId"),
        Refusal::CaptureUnknown => unknown("captureRequestId"),
        Refusal::AuthenticationUnusable
        | Refusal::TokenLinked
        | Refusal::AssociationTaken
        | Refusal::NotCaptured
        | Refusal::CurrencyDiffers
        | Refusal::RefundExceedsRemainder { .. }
        | Refusal::TooManyRefunds => Fault::precondition(what),
        Refusal::InProgress => Fault::conflict(&what),
        Refusal::RequestTaken => Fault::key_misused(),
    }
}
