//! Bodies of Standard Payments, once they are opened: a line with the method, then the JSON.

use std::sync::{Arc, LazyLock};

use memchr::memmem;
use paceline_api::config::Config;
use paceline_api::standard_payments::card::wanted::Wanted;
use paceline_api::standard_payments::fingerprint::canonical;
use paceline_api::standard_payments::header::Header;
use paceline_api::standard_payments::read::Members;
use paceline_api::standard_payments::serve::Family;
use paceline_api::standard_payments::{Dialect, Fault, Method, card, header, request};
use paceline_domain::ids::IntegratorAccountId;
use paceline_domain::time::Timestamp;
use paceline_engine::card::Authorize;
use serde_json::{Map, Value};

use crate::bounds::{Bounds, WIRE, within};
use crate::json::Json;

/// As it is shipped.
pub static DIALECT: LazyLock<Arc<Dialect>> = LazyLock::new(|| {
    Config::load(None, []).expect("the embedded configuration is right").tokenized.dialect
});

/// Of what is read as a whole before anything is looked for in it. An object of one small member
/// takes a node of a tree; only what Google has signed, or a document, is read at all.
pub const SIGNED: Bounds = Bounds { memory_times: 128, ..WIRE };

/// What a message repeats by chance is shorter.
const TELLING_BYTES: usize = 24;

/// Of a field's path and what is wanted there.
const DESCRIPTION_BYTES_MAX: usize = 512;

/// When the bodies of the corpus were sent.
const NOW: Timestamp = Timestamp(1_795_411_509_210);

pub fn tokenized(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (word, json) = bytes.split_at(end);
    let Some(method) = std::str::from_utf8(word).ok().and_then(Method::named) else { return };
    let json = json.get(1..).unwrap_or_default();
    let dialect = &**DIALECT; // read once, and not on this input's account
    if let Err(fault) = within(SIGNED, json, |json| read(method, json, dialect)) {
        refused(json, &fault);
    }
    repeated(json);
}

/// As the pipeline does, from the parsing of the JSON to the question for the engine.
fn read(method: Method, json: &[u8], dialect: &Dialect) -> Result<(), Fault> {
    let (body, header) = opened(json)?;
    let (members, name) = (Members::new(&body, ""), header.request);
    let account = || members.parsed("paymentIntegratorAccountId", IntegratorAccountId::parse);
    match method {
        Method::Echo => {}
        Method::SendOtp => drop(request::send_otp(members, name)?),
        Method::VerifyOtp => drop(request::verify_otp(members, name)?),
        Method::AssociateAccount => drop(request::associate(members, name)?),
        Method::RefreshToken => drop(request::refresh(members, name)?),
        Method::Capture => amount(request::capture(members, name, account()?)?.amount.0),
        Method::AsynchronousCapture => {
            amount(request::capture_later(members, name, account()?)?.amount.0);
        }
        Method::Refund => amount(request::refund(members, name, account()?)?.amount.0),
        Method::DisburseFunds => amount(request::disburse(members, name, account()?)?.amount.0),
        Method::RemittanceStatementNotification => {
            drop(request::statement(members, name, account()?, dialect.total_due)?);
        }
    }
    Ok(())
}

fn opened(json: &[u8]) -> Result<(Map<String, Value>, Header), Fault> {
    let body = serde_json::from_slice(json).map_err(|_| Fault::unreadable("no object"))?;
    let header = header::check(&body, NOW, std::time::Duration::from_secs(60))?;
    Ok((body, header))
}

fn amount(micros: i64) {
    assert!(micros > 0, "nothing is no amount");
}

/// A body of the card family, in the same form.
pub fn card(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (word, json) = bytes.split_at(end);
    let Some(method) = std::str::from_utf8(word).ok().and_then(card::Method::named) else { return };
    let json = json.get(1..).unwrap_or_default();
    let dialect = &**DIALECT;
    if let Err(fault) = within(SIGNED, json, |json| read_card(method, json, dialect)) {
        refused(json, &fault);
    }
    repeated(json);
}

fn read_card(method: card::Method, json: &[u8], dialect: &Dialect) -> Result<(), Fault> {
    let (body, header) = opened(json)?;
    if method == card::Method::Echo {
        return Ok(());
    }
    let members = Members::new(&body, "");
    let account = members.parsed("paymentIntegratorAccountId", IntegratorAccountId::parse)?;
    let wanted = method.read(members, header.request, Some(account), dialect)?;
    match wanted {
        Wanted::Authorize(ask) => {
            ask.amount.into_iter().for_each(|asked| amount(asked.0));
            printed(&ask);
        }
        Wanted::Capture(ask) => amount(ask.amount.0),
        Wanted::Refund(ask) => amount(ask.amount.0),
        Wanted::Void(_) => {}
        Wanted::Defend(ask) => {
            assert!(ask.document.expose().windows(5).take(1024).any(|some| some == b"%PDF-"));
        }
    }
    Ok(())
}

/// What is read of a card prints nothing of it.
fn printed(Authorize { card, cvn, .. }: &Authorize) {
    let number = std::str::from_utf8(card.number.expose()).expect("a number is digits");
    assert!(!format!("{card:?} {cvn:?}").contains(number), "a number is printed");
}

/// A delivery at another time is the same request, and with another name it is another one.
fn repeated(json: &[u8]) {
    let Ok((body, _)) = opened(json) else { return };
    let with = |member: &str, value: &str| {
        let mut body = body.clone();
        body["requestHeader"][member] = value.into();
        canonical(body)
    };
    let was = canonical(body.clone());
    assert_eq!(with("requestTimestamp", "1"), was);
    assert_eq!(with("userLocale", "fil-PH"), was);
    if body["requestHeader"]["requestId"] != "another" {
        assert_ne!(with("requestId", "another"), was);
    }
}

/// A refusal says what and where, and nothing that the caller wrote.
fn refused(json: &[u8], fault: &Fault) {
    assert!(fault.status.is_client_error() && fault.code.is_some(), "{fault:?}");
    let told = fault.description.as_deref().expect("a refusal says why");
    let plain = !told.is_empty() && told.len() <= DESCRIPTION_BYTES_MAX;
    assert!(plain && !told.contains(char::is_control), "{told}");
    let Some(body) = Json::parse(json) else { return };
    let mut telling = body.texts();
    telling.retain(|text| text.len() >= TELLING_BYTES);
    let repeats = |text: &&str| memmem::find(told.as_bytes(), text.as_bytes()).is_some();
    assert!(!telling.iter().any(|text| repeats(&&**text)), "{told} repeats a value");
}
