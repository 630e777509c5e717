//! `/cards`: what an operator makes known of payments by card, and asks about them.
//!
//! Why: issuers and networks tell people, by mail and portal, what an acquirer's connector would tell
//! a program. Both end in the same call to the engine.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use paceline_domain::card_payment::{CardPayment, CaseKind, DisputeReason, RawResult, Stage};
use paceline_domain::ids::{DocumentId, IntegratorAccountId, ReferenceNumber, RequestId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::settlement::Rejection;
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;
use paceline_engine::Engine;
use paceline_engine::card::{Raise, Raised, Refusal, Unsettled};
use serde::Deserialize;

use super::Admin;
use super::answer::{Answer, bytes, plain};
use super::books::{Told, bad, nothing};
use crate::books;
use crate::card_keys::{CardKeys, Unchanged};

/// What is made known. Each kind takes what it needs. A case that is known need not be told again
/// in full: what is not given is as it was.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raising {
    /// The acquirer's or network's name for it: a repeat under the same one is no second case.
    case: Option<String>,
    /// In major units of the payment's currency; all that is left unless given or known.
    amount: Option<String>,
    /// `first` or `second`.
    stage: Option<String>,
    reason: Option<String>,
    /// Google's word for a kind of fraud.
    kind: Option<String>,
    /// The network's or issuer's own code, and whose it is.
    code: Option<String>,
    scope: Option<String>,
    /// When it happened out there; RFC 3339. Today unless given or known.
    at: Option<String>,
    /// [`REPLY_WITHIN`] after `at` unless given or known.
    reply_by: Option<String>,
    /// Acquirer reference number.
    number: Option<String>,
    day: Option<String>,
    currency: Option<String>,
}

/// - `parts`: the path after `cards`.
pub async fn shown(engine: &Engine, parts: &[&str]) -> Told {
    match parts {
        [account, "captures", capture] => {
            Ok(books::card_payment(&*payment(engine, account, capture).await?))
        }
        _ => Err(nothing()),
    }
}

/// A document, as Google handed it over.
pub async fn document(engine: &Engine, id: &str) -> Answer {
    let Ok(id) = DocumentId::parse(id) else {
        return plain(StatusCode::BAD_REQUEST, "a document's id is doc_ and 32 digits");
    };
    match engine.document(id).await {
        Some(content) => bytes("application/pdf", content.expose().to_vec()),
        None => plain(StatusCode::NOT_FOUND, "there is no such document"),
    }
}

pub async fn raised(engine: &Engine, parts: &[&str], body: &[u8]) -> Told {
    let given: Raising = serde_json::from_slice(body).map_err(bad)?;
    match parts {
        [account, "captures", capture, what] => {
            let payment = payment(engine, account, capture).await?;
            let raised = of_capture(&payment, parsed(capture, RequestId::parse)?, what, &given)?;
            raise(engine, account, raised).await?;
            shown(engine, &[account, "captures", capture]).await
        }
        [account, "refunds", refund, what] => {
            let refund_id = parsed(refund, RequestId::parse)?;
            let integrator = parsed(account, IntegratorAccountId::parse)?;
            let payment = engine.refunded_card_payment(&integrator, &refund_id).await;
            let payment = payment.ok_or_else(|| missing(&Refusal::RefundUnknown.to_string()))?;
            let raised = of_refund(&payment, refund_id, what, &given)?;
            raise(engine, account, raised).await?;
            Ok(books::done(format!("{what} of {refund}")))
        }
        [account, "settlement"] => {
            let integrator = parsed(account, IntegratorAccountId::parse)?;
            let currency = parsed(&required(&given.currency, "currency")?, CurrencyCode::parse)?;
            let day = moment(&required(&given.day, "day")?)?;
            let closed = engine.close_settlement(&integrator, currency, day).await;
            Ok(books::settlement(&closed.map_err(unsettled)?))
        }
        _ => Err(nothing()),
    }
}

fn of_capture(
    payment: &CardPayment,
    capture: RequestId,
    what: &str,
    given: &Raising,
) -> Result<Raised, (StatusCode, String)> {
    Ok(match what {
        "inquiry" | "chargeback" => {
            let (kind, whole) = match what {
                "inquiry" => (CaseKind::Inquiry, payment.amounts.captured),
                _ => (CaseKind::Chargeback(stage(given)?), payment.remainder()),
            };
            let case = text(&required(&given.case, "case")?)?;
            let known = payment.case(&case, kind).map(|case| &case.opened);
            let currency = payment.terms.currency;
            let amount =
                given.amount.as_deref().map(|amount| money(amount, currency)).transpose()?;
            let reason = given.reason.as_deref().map(reason).transpose()?;
            let raised_on = given.at.as_deref().map(moment).transpose()?;
            let raised_on = raised_on.or(known.map(|known| known.raised_on)).unwrap_or_else(today);
            let reply_by = given.reply_by.as_deref().map(moment).transpose()?;
            let reply_by = reply_by.or(known.map(|known| known.reply_by));
            Raised::Case {
                capture,
                kind,
                amount: amount.or(known.map(|known| known.amount)).unwrap_or(whole),
                reason: reason
                    .or(known.map(|known| known.reason))
                    .unwrap_or(DisputeReason::Unclear),
                raw: raw(payment, known.and_then(|known| known.raw.scope.as_ref()), given)?,
                raised_on,
                reply_by: reply_by.unwrap_or_else(|| raised_on.after(REPLY_WITHIN)),
                case,
            }
        }
        "reversal" => Raised::ChargebackReversal {
            capture,
            reversed_on: match given.at.as_deref() {
                Some(at) => moment(at)?,
                // It may have been raised in the course of today.
                None => today().max(raised_last(payment)),
            },
            case: text(&required(&given.case, "case")?)?,
            raw: raw(payment, None, given)?,
        },
        "fraud" => Raised::Fraud {
            capture,
            kind: text(given.kind.as_deref().unwrap_or("FRAUDULENT_USE"))?,
            raw: raw(payment, None, given)?,
        },
        "reference" => Raised::CaptureReference { capture, number: number(given)? },
        _ => return Err(nothing()),
    })
}

fn raised_last(payment: &CardPayment) -> Timestamp {
    payment.cases.iter().map(|case| case.opened.raised_on).max().unwrap_or_default()
}

fn of_refund(
    payment: &CardPayment,
    refund: RequestId,
    what: &str,
    given: &Raising,
) -> Result<Raised, (StatusCode, String)> {
    Ok(match what {
        "reversal" => Raised::RefundReversal { refund, raw: raw(payment, None, given)? },
        "reference" => Raised::RefundReference { refund, number: number(given)? },
        _ => return Err(nothing()),
    })
}

async fn raise(engine: &Engine, account: &str, what: Raised) -> Result<(), (StatusCode, String)> {
    let integrator = parsed(account, IntegratorAccountId::parse)?;
    match engine.raise(Raise { integrator, what }).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(why @ (Refusal::CaptureUnknown | Refusal::RefundUnknown))) => {
            Err((StatusCode::NOT_FOUND, why.to_string()))
        }
        Ok(Err(why)) => Err((StatusCode::CONFLICT, why.to_string())),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

async fn payment(
    engine: &Engine,
    account: &str,
    capture: &str,
) -> Result<Box<CardPayment>, (StatusCode, String)> {
    let integrator = parsed(account, IntegratorAccountId::parse)?;
    let capture = parsed(capture, RequestId::parse)?;
    let payment = engine.card_payment(&integrator, &capture).await;
    payment.ok_or_else(|| missing(&format!("there is no capture {capture} of {integrator}")))
}

fn unsettled(why: Unsettled) -> (StatusCode, String) {
    let status = match why {
        Unsettled::Refused(Rejection::Unknown) => StatusCode::NOT_FOUND,
        Unsettled::Refused(Rejection::NotBegun | Rejection::Closed) => StatusCode::CONFLICT,
        Unsettled::Unread => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, why.to_string())
}

fn missing(what: &str) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, what.to_owned())
}

fn required(given: &Option<String>, name: &str) -> Result<String, (StatusCode, String)> {
    given.clone().ok_or_else(|| bad(format!("`{name}` is missing")))
}

fn parsed<T, E: ToString>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, (StatusCode, String)> {
    parse(text).map_err(bad)
}

fn text(text: &str) -> Result<Text, (StatusCode, String)> {
    parsed(text, Text::parse)
}

fn number(given: &Raising) -> Result<ReferenceNumber, (StatusCode, String)> {
    parsed(&required(&given.number, "number")?, ReferenceNumber::parse)
}

/// A code without a scope is of the network that the card is of.
///
/// - `known`: whose code it was when the same was told before.
fn raw(
    payment: &CardPayment,
    known: Option<&Text>,
    given: &Raising,
) -> Result<RawResult, (StatusCode, String)> {
    let network = payment.terms.network.map(|network| network.word());
    let scope = given.scope.as_deref().or(known.map(Text::as_str)).or(network);
    let scope = scope.map(text).transpose()?;
    Ok(RawResult { scope, code: text(&required(&given.code, "code")?)? })
}

fn stage(given: &Raising) -> Result<Stage, (StatusCode, String)> {
    match given.stage.as_deref().unwrap_or("first") {
        "first" => Ok(Stage::First),
        "second" => Ok(Stage::Second),
        other => Err(bad(format!("`{other}` is neither first nor second"))),
    }
}

fn reason(word: &str) -> Result<DisputeReason, (StatusCode, String)> {
    let known = DisputeReason::ALL.into_iter().find(|reason| reason.word() == word);
    known.ok_or_else(|| {
        let all = DisputeReason::ALL.map(DisputeReason::word).join(", ");
        bad(format!("`{word}` is none of {all}"))
    })
}

fn money(amount: &str, currency: CurrencyCode) -> Result<Micros, (StatusCode, String)> {
    let amount = currency.parse_amount(amount).map_err(bad)?;
    Micros::from_minor(amount, currency).ok_or_else(|| bad("the amount is too large"))
}

fn moment(text: &str) -> Result<Timestamp, (StatusCode, String)> {
    let at = humantime::parse_rfc3339_weak(text);
    let at = at.map_err(|_| bad(format!("`{text}` is no moment such as 2025-09-16T12:00:00Z")))?;
    let since = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).map(Timestamp).map_err(bad)
}

/// The first moment of this day, in UTC.
fn today() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let days = since.as_secs() / DAY.as_secs();
    Timestamp(days * DAY.as_secs() * 1_000)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What networks give, about.
const REPLY_WITHIN: Duration = Duration::from_secs(20 * DAY.as_secs());

/// The names of the keys of card data.
pub fn keys(admin: &Admin) -> Told {
    let keyring = known(admin)?.acquiring.keyring();
    Ok(books::card_keys(keyring.names().map(|name| name.as_str())))
}

/// A key to be taken out of use.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retiring {
    key: String,
}

pub async fn keys_changed(admin: &Admin, engine: &Engine, change: &str, body: &[u8]) -> Told {
    let card_keys = known(admin)?;
    let unchanged = |why: Unchanged| (StatusCode::CONFLICT, why.to_string());
    match change {
        "rotate" => {
            let (key, told) = card_keys.rotate(engine).await.map_err(unchanged)?;
            Ok(books::resealed(&key, told))
        }
        "reseal" => {
            let (key, told) = card_keys.reseal(engine).await.map_err(unchanged)?;
            Ok(books::resealed(&key, told))
        }
        "retire" => {
            let retiring: Retiring = serde_json::from_slice(body).map_err(bad)?;
            card_keys.retire(engine, &text(&retiring.key)?).await.map_err(unchanged)?;
            keys(admin)
        }
        _ => Err(nothing()),
    }
}

fn known(admin: &Admin) -> Result<&Arc<CardKeys>, (StatusCode, String)> {
    admin.card_keys().ok_or_else(|| (StatusCode::SERVICE_UNAVAILABLE, "starting".to_owned()))
}

#[cfg(test)]
mod tests;
