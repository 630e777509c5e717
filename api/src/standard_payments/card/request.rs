//! The bodies of the methods, read into what the engine is asked.
//!
//! Source: Standard Payments, card form of payment, version 1, each method's own page.

#[cfg(test)]
mod tests;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use paceline_domain::card_payment::Flow;
use paceline_domain::document::DOCUMENT_BYTES_MAX;
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_engine::Secret;
use paceline_engine::card::{Authorize, Capture, Defend, MerchantCategory, Refund, Void};

use super::{account, processing};
use crate::standard_payments::Fault;
use crate::standard_payments::read::Members;

const NO_NUMBER: &str = "a card's number does not go here";

/// `reserveFunds`, `capture`, `verifyCardWithMinimumReservation`.
pub fn authorize(
    body: Members<'_>,
    flow: Flow,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Authorize, Fault> {
    let (card, cvn) = match flow {
        Flow::Verify => body.object("card", account::card)?,
        Flow::Reserve | Flow::Capture => body.object("accountDetails", account::details)?,
    };
    if shows(request.as_str(), &card.number) {
        // It is stored and logged. Of a request without a card nobody can say: an id may be all digits,
        // and to refuse what Google asks for its name would be worse.
        return Err(Fault::invalid("requestHeader.requestId", NO_NUMBER));
    }
    let currency = body.currency("currencyCode")?;
    let amount = match flow {
        Flow::Verify => None,
        Flow::Reserve | Flow::Capture => Some(body.amount("amount", currency)?),
    };
    let description = body.text("transactionDescription")?;
    if shows(&description, &card.number) {
        // It is stored, and stands on statements.
        return Err(body.invalid("transactionDescription", NO_NUMBER));
    }
    let category = body.parsed("merchantCategoryCode", category)?;
    let address =
        body.known("addressVerificationData", |body, name| body.object(name, account::address))?;
    let processing = body.object("additionalTransactionProcessingOptions", processing::options)?;
    Ok(Authorize {
        request,
        integrator,
        flow,
        card,
        cvn,
        amount,
        currency,
        description,
        category,
        address,
        processing,
    })
}

/// `asynchronousCaptureFundsReservation`.
pub fn capture(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Capture, Fault> {
    let reservation = body.parsed("reservationRequestId", RequestId::parse)?;
    Ok(Capture { request, integrator, reservation, amount: body.micros("amount")? })
}

/// `asynchronousCancelFundsReservation`.
pub fn void(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Void, Fault> {
    let reservation = body.parsed("reservationRequestId", RequestId::parse)?;
    Ok(Void { request, integrator, reservation })
}

/// `asynchronousRefund`.
pub fn refund(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Refund, Fault> {
    let capture = body.parsed("captureRequestId", RequestId::parse)?;
    Ok(Refund { request, integrator, capture, amount: body.micros("refundAmount")? })
}

/// `defendChargeback`.
pub fn defend(
    body: Members<'_>,
    request: RequestId,
    integrator: IntegratorAccountId,
) -> Result<Defend, Fault> {
    let document = body.object("defenseMaterialDocument", |document| {
        document.parsed("mimeType", |kind| match kind {
            "APPLICATION_PDF" => Ok(()),
            _ => Err("APPLICATION_PDF is wanted"),
        })?;
        document.parsed("payload", pdf)
    })?;
    let capture = match body.one_of(["captureRequestId", "mrnPaymentDetails"])? {
        "captureRequestId" => Some(body.parsed("captureRequestId", RequestId::parse)?),
        elsewhere => body.object(elsewhere, |_| Ok(None))?,
    };
    Ok(Defend { request, integrator, capture, document })
}

/// Whether all the digits of a number stand in a text, however they are grouped.
fn shows(text: &str, number: &Secret) -> bool {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    digits.windows(number.expose().len()).any(|some| some == number.expose())
}

fn category(text: &str) -> Result<MerchantCategory, &'static str> {
    let digits: Option<[u8; 4]> = text.as_bytes().try_into().ok();
    let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_digit));
    digits.map(MerchantCategory).ok_or("four digits are wanted")
}

/// In either alphabet of base64, with or without padding.
fn pdf(text: &str) -> Result<Secret, String> {
    let letters = text.trim_end_matches('=').len();
    if letters * 3 / 4 > DOCUMENT_BYTES_MAX {
        return Err(format!("at most {DOCUMENT_BYTES_MAX} bytes are kept"));
    }
    let standard: String = text
        .chars()
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let bytes = LENIENT.decode(standard).map_err(|_| "base64 is wanted")?;
    match is_pdf(&bytes) {
        true => Ok(Secret::new(bytes)),
        false => Err("a PDF is wanted".to_owned()),
    }
}

/// As those look that read it: the header may have something before it.
fn is_pdf(bytes: &[u8]) -> bool {
    const HEADER: &[u8] = b"%PDF-";
    bytes.windows(HEADER.len()).take(PDF_HEADER_WITHIN).any(|some| some == HEADER)
}

/// # Source
/// PDF Reference, implementation notes: Acrobat wants the header within the first 1024 bytes.
const PDF_HEADER_WITHIN: usize = 1024;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
