//! The bodies of the methods, read into what the engine is asked.
//!
//! Source: Standard Payments, tokenized form of payment, version 1, each method's own page.

use paceline_domain::ids::{AssociationId, IntegratorAccountId, RequestId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::statement::Summary;
use paceline_domain::text::Text;
use paceline_engine::limits::STATEMENT_DAYS_MAX;
use paceline_engine::tokenized::{
    Associate, Instrument, OtpReceiver, Pay, Proven, Refresh, Refund, SendOtp, StatementNotified,
    VerifyOtp,
};

use super::read::Members;
use super::{Fault, TotalDue};

/// Characters of the token that Android matches a message by.
const MATCHING_TOKEN_CHARS: usize = 11;
/// Digits of a telephone number, at most.
///
/// # Source
/// ITU-T E.164.
const PHONE_DIGITS_MAX: usize = 15;
/// Of a statement: what is longer is not held against our books day by day.
const PERIOD_DAYS_MAX: u64 = 396;
const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

const _: () = assert!(
    PERIOD_DAYS_MAX + 3 < STATEMENT_DAYS_MAX as u64,
    "every day that a period touches is looked at"
);

pub fn send_otp(body: Members<'_>, request: RequestId) -> Result<SendOtp, Fault> {
    let matching_token = body.text("smsMatchingToken")?;
    let is_token = matching_token.bytes().all(|byte| byte.is_ascii_graphic());
    if matching_token.len() != MATCHING_TOKEN_CHARS || !is_token {
        let what = format!("{MATCHING_TOKEN_CHARS} visible ASCII characters are wanted");
        return Err(body.invalid("smsMatchingToken", &what));
    }
    body.known("otpContext", |body, name| body.object(name, otp_context))?;
    let to = match body.one_of(["accountPhoneNumber", "associationId"])? {
        "associationId" => OtpReceiver::Association(association(body)?),
        phone => OtpReceiver::Phone(body.parsed(phone, phone_number)?),
    };
    Ok(SendOtp { request, to, matching_token })
}

/// The protocol names one alternative of the union and says that there is another: an object of any
/// name may be that one.
fn otp_context(context: Members<'_>) -> Result<(), Fault> {
    match context.one_of(["association"]) {
        Ok(known) => context.object(known, |_| Ok(())),
        Err(_) if context.objects() > 0 => Ok(()),
        Err(missing) => Err(missing),
    }
}

pub fn verify_otp(body: Members<'_>, request: RequestId) -> Result<VerifyOtp, Fault> {
    let sent_by = body.parsed("sendOtpRequestId", RequestId::parse)?;
    Ok(VerifyOtp { request, sent_by, password: body.secret("otp")? })
}

pub fn associate(body: Members<'_>, request: RequestId) -> Result<Associate, Fault> {
    let token = body.secret("googlePaymentToken")?;
    let association = association(body)?;
    let with_information = body.flag("provideUserInformation")?;
    Ok(Associate { request, token, association, proven: proven(body)?, with_information })
}

pub fn refresh(body: Members<'_>, request: RequestId) -> Result<Refresh, Fault> {
    Ok(Refresh { request, token: body.secret("googlePaymentToken")?, proven: proven(body)? })
}

pub fn capture(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Pay, Fault> {
    const TOKEN: &str = "googlePaymentToken";
    body.object("captureContext", |_| Ok(()))?;
    let with = body.one_of([TOKEN, MANDATE, "mandateWithNotificationDetails"])?;
    let token = match with {
        TOKEN => Some(body.secret(TOKEN)?),
        mandate => body.object(mandate, |details| mandate_id(details, mandate)).map(|()| None)?,
    };
    let proven = body.union(VERIFICATIONS)?.map(|_| proven(body)).transpose()?;
    let terms = terms(body)?;
    // What is wrong with any field counts for more than that no mandate was ever made here.
    let token = token
        .ok_or_else(|| Fault::unknown(&format!("{with} names no mandate that is known here")))?;
    Ok(Pay { proven, ..pay(terms, request, integrator, Instrument::Token(token)) })
}

const MANDATE: &str = "mandateDetails";

/// Of a mandate with a notification the members are not published.
fn mandate_id(details: Members<'_>, of: &str) -> Result<(), Fault> {
    match of {
        MANDATE => details.secret("mandateId").map(drop),
        _ => Ok(()),
    }
}

pub fn capture_later(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Pay, Fault> {
    let with = match body.one_of(["upiDetails", "tokenizedInstrumentDetails"])? {
        "upiDetails" => {
            Instrument::Vpa(body.object("upiDetails", |upi| upi.parsed("vpa", upi_address))?)
        }
        tokenized => Instrument::Token(body.object(tokenized, |t| t.secret("googlePaymentToken"))?),
    };
    Ok(pay(terms(body)?, request, integrator, with))
}

pub fn disburse(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Pay, Fault> {
    let with = Instrument::Token(body.secret("googlePaymentToken")?);
    Ok(pay(terms(body)?, request, integrator, with))
}

/// How much moves, and what the customer's statement says of it.
struct Terms {
    amount: Micros,
    currency: CurrencyCode,
    description: Text,
}

fn terms(body: Members<'_>) -> Result<Terms, Fault> {
    let currency = body.currency("currencyCode")?;
    let amount = body.amount("amount", currency)?;
    Ok(Terms { amount, currency, description: body.words("transactionDescription")? })
}

fn pay(terms: Terms, request: RequestId, integrator: IntegratorAccountId, with: Instrument) -> Pay {
    let Terms { amount, currency, description } = terms;
    Pay { request, integrator, with, amount, currency, description, proven: None }
}

pub fn refund(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Refund, Fault> {
    let capture = body.parsed("captureRequestId", RequestId::parse)?;
    let currency = body.currency("currencyCode")?;
    let amount = body.amount("refundAmount", currency)?;
    Ok(Refund { request, integrator, capture, amount, currency })
}

pub fn statement(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
    total_due: TotalDue,
) -> Result<StatementNotified, Fault> {
    let summary =
        body.object("remittanceStatementSummary", |members| summary(members, total_due))?;
    Ok(StatementNotified { request, integrator, summary })
}

fn summary(summary: Members<'_>, total_due: TotalDue) -> Result<Summary, Fault> {
    let (period_start, period_end) = summary.object("billingPeriod", |period| {
        Ok((period.moment("startDate")?, period.moment("endDate")?))
    })?;
    if period_start > period_end {
        return Err(summary.invalid("billingPeriod", "it ends before it starts"));
    }
    if (period_end.0 - period_start.0) / DAY_MILLIS >= PERIOD_DAYS_MAX {
        let what = format!("it is longer than {PERIOD_DAYS_MAX} days");
        return Err(summary.invalid("billingPeriod", &what));
    }
    let memo = match summary.has("remittanceInstructions") {
        true => summary.object("remittanceInstructions", |instructions| {
            instructions.known("memoLineId", Members::line)
        })?,
        false => None,
    };
    // Not used, and not noted with something wrong in it either.
    for total in summary.list("totalPresentmentAmounts")? {
        total.currency("currencyCode")?;
        total.int64("amountMicros")?;
    }
    Ok(Summary {
        made_at: summary.moment("statementDate")?,
        period_start,
        period_end,
        due_at: summary.moment("dateDue")?,
        currency: summary.currency("currencyCode")?,
        total_due: total_due.turned(Micros(summary.int64("totalDueByIntegrator")?)),
        memo,
    })
}

const VERIFICATIONS: [&str; 2] = ["authenticationRequestId", "otpVerification"];

fn proven(body: Members<'_>) -> Result<Proven, Fault> {
    match body.one_of(VERIFICATIONS)? {
        "otpVerification" => body.object("otpVerification", |otp| {
            let sent_by = otp.parsed("sendOtpRequestId", RequestId::parse)?;
            Ok(Proven::Password { sent_by, password: otp.secret("otp")? })
        }),
        redirect => {
            let authentication = body.parsed(redirect, RequestId::parse)?;
            Ok(Proven::Redirect { authentication })
        }
    }
}

fn association(body: Members<'_>) -> Result<AssociationId, Fault> {
    body.parsed("associationId", AssociationId::parse)
}

fn phone_number(text: &str) -> Result<Text, String> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    let fits = (1..=PHONE_DIGITS_MAX).contains(&digits.len());
    // A country's code begins it, and none of those begins with a zero.
    match fits && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Text::parse(text).map_err(|error| error.to_string()),
        false => Err(format!("+ and 1 to {PHONE_DIGITS_MAX} digits, no zero first, are wanted")),
    }
}

fn upi_address(text: &str) -> Result<Text, String> {
    match text.split_once('@') {
        Some((user, bank)) if !user.is_empty() && !bank.is_empty() => {
            Text::parse(text).map_err(|error| error.to_string())
        }
        _ => Err("an address such as name@bank is wanted".to_owned()),
    }
}
