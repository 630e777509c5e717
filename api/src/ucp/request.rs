//! From a body to what it asks of the core: the only way in.
//!
//! Promise: what gets through is whole and bounded; what does not is refused with the place where
//! it went wrong, and has changed nothing. A payment token leaves here inside a `Secret` and is
//! kept nowhere else.

mod fulfillment;
mod payment;

use paceline_domain::ids::{LineId, ProductId, SessionId};
use paceline_domain::money::CurrencyCode;
use paceline_domain::session::{Buyer, Change, Changes, Consent, LINES_MAX, LineWanted, Quantity};
use paceline_domain::text::Text;
use paceline_engine::PaymentOffered;

use super::body::{
    BuyerBody, CancelBody, CheckoutBody, CompleteBody, ConsentBody, DiscountsBody, Few, LineBody,
    Member, Object, Whole, Word,
};
use super::error::Malformed;
use super::ids;
use super::path::Path;
use super::read::read;

/// # Errors
/// [`Malformed`].
pub fn parse_create(bytes: &[u8]) -> Result<Changes, Malformed> {
    let body: CheckoutBody<'_> = read(bytes)?;
    if let Member::Absent = body.line_items {
        let lines = Path::Root.member("line_items");
        return Err(Malformed::missing(lines, "at least one line item is needed"));
    }
    changes(body, Asked::Create)
}

/// # Errors
/// [`Malformed`], also if the body names another session than the path.
pub fn parse_update(bytes: &[u8], session: SessionId) -> Result<Changes, Malformed> {
    let body: CheckoutBody<'_> = read(bytes)?;
    if let Some(Word(id)) = &body.id
        && ids::session(id) != Some(session)
    {
        let id = Path::Root.member("id");
        return Err(Malformed::invalid(id, "the path names another checkout session"));
    }
    changes(body, Asked::Update)
}

/// # Errors
/// [`Malformed`].
pub fn parse_complete(bytes: &[u8]) -> Result<PaymentOffered, Malformed> {
    let body: CompleteBody<'_> = read(bytes)?;
    payment::offered(body)
}

/// Nothing at all, or an object.
///
/// # Errors
/// [`Malformed`].
pub fn parse_cancel(bytes: &[u8]) -> Result<(), Malformed> {
    if bytes.is_empty() {
        return Ok(());
    }
    read::<CancelBody>(bytes).map(|CancelBody {}| ())
}

/// Ids in a create are the caller's own: none has been given yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Create,
    Update,
}

fn changes(body: CheckoutBody<'_>, asked: Asked) -> Result<Changes, Malformed> {
    let root = Path::Root;
    let methods = fulfillment::methods(
        body.fulfillment,
        &body.line_items,
        asked,
        &root.member("fulfillment"),
    )?;
    Ok(Changes {
        lines: lines(body.line_items, asked, &root.member("line_items"))?,
        currency: body
            .currency
            .map(|word| currency(&word, &root.member("currency")))
            .transpose()?,
        buyer: buyer(body.buyer, &root.member("buyer"))?,
        methods,
        codes: codes(body.discounts, &root.member("discounts").member("codes"))?,
        payment: payment::shown(body.payment, &root.member("payment"))?,
    })
}

fn lines(
    body: Member<Few<Object<LineBody<'_>>, LINES_MAX>>,
    asked: Asked,
    path: &Path<'_>,
) -> Result<Option<Vec<LineWanted>>, Malformed> {
    let bodies = match body {
        Member::Absent => return Ok(None),
        Member::Null => vec![],
        Member::Given(Few(bodies)) => bodies,
    };
    let wanted = |(index, Object(body))| line(body, asked, &path.item(index));
    bodies.into_iter().enumerate().map(wanted).collect::<Result<_, _>>().map(Some)
}

fn line(body: LineBody<'_>, asked: Asked, path: &Path<'_>) -> Result<LineWanted, Malformed> {
    let id = match (asked, body.id) {
        (Asked::Create, _) | (Asked::Update, None) => None,
        (Asked::Update, Some(Word(id))) => {
            let unknown = || foreign(&path.member("id"), "line item");
            Some(LineId::parse(&id).map_err(|_| unknown())?)
        }
    };
    let Object(item) = body.item;
    let product = ProductId::parse(&item.id.0)
        .map_err(|error| Malformed::invalid(path.member("item").member("id"), error.to_string()))?;
    let quantity = quantity(body.quantity, &path.member("quantity"))?;
    Ok(LineWanted { id, product, quantity })
}

/// Google has words of its own for quantities that are out of bounds.
fn quantity(Whole(units): Whole, path: &Path<'_>) -> Result<Quantity, Malformed> {
    let (code, what) = if units < 1 {
        ("quantity_invalid_minimum_not_met", "a quantity is at least 1")
    } else {
        ("quantity_invalid_limit_exceeded", "this is more than one line can have")
    };
    let fits = u32::try_from(units).ok().and_then(Quantity::new);
    fits.ok_or_else(|| Malformed { code, ..Malformed::invalid(path, what) })
}

fn currency(Word(code): &Word<'_>, path: &Path<'_>) -> Result<CurrencyCode, Malformed> {
    let what = "a currency is three letters of ISO 4217";
    CurrencyCode::parse(code).map_err(|_| Malformed::invalid(path, what))
}

fn buyer(body: Member<Object<BuyerBody<'_>>>, path: &Path<'_>) -> Result<Change<Buyer>, Malformed> {
    let Object(body) = match body {
        Member::Absent => return Ok(Change::Keep),
        Member::Null => return Ok(Change::Clear),
        Member::Given(body) => body,
    };
    let buyer = Buyer {
        first_name: text(body.first_name, &path.member("first_name"))?,
        last_name: text(body.last_name, &path.member("last_name"))?,
        full_name: text(body.full_name, &path.member("full_name"))?,
        email: email(body.email, &path.member("email"))?,
        phone_number: text(body.phone_number, &path.member("phone_number"))?,
        consent: body.consent.given().map(|Object(consent)| self::consent(&consent)),
    };
    Ok(if buyer == Buyer::default() { Change::Clear } else { Change::Set(buyer) })
}

fn consent(body: &ConsentBody) -> Consent {
    let ConsentBody { analytics, preferences, marketing, sale_of_data } = *body;
    Consent { analytics, preferences, marketing, sale_of_data }
}

fn codes(
    body: Member<Object<DiscountsBody<'_>>>,
    path: &Path<'_>,
) -> Result<Change<Vec<Text>>, Malformed> {
    let codes = match body {
        Member::Absent => return Ok(Change::Keep),
        Member::Null => vec![],
        Member::Given(Object(body)) => body.codes.unwrap_or_default().0,
    };
    if codes.is_empty() {
        return Ok(Change::Clear);
    }
    let parse = |(index, Word(code)): (usize, Word<'_>)| words(&code, &path.item(index));
    codes.into_iter().enumerate().map(parse).collect::<Result<_, _>>().map(Change::Set)
}

/// A word that may be missing. An empty one says as little.
fn text(word: Option<Word<'_>>, path: &Path<'_>) -> Result<Option<Text>, Malformed> {
    word.filter(|Word(word)| !word.is_empty()).map(|Word(word)| words(&word, path)).transpose()
}

/// What mail could be sent to, as far as its shape says: whether anybody reads it nobody knows.
fn email(word: Option<Word<'_>>, path: &Path<'_>) -> Result<Option<Text>, Malformed> {
    let email = text(word, path)?;
    match &email {
        Some(email) if !is_email(email.as_str()) => {
            Err(Malformed::invalid(path, "an email address is written as name@example.com"))
        }
        _ => Ok(email),
    }
}

fn is_email(text: &str) -> bool {
    let dotted = |host: &str| host.split('.').count() > 1 && !host.split('.').any(str::is_empty);
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && dotted(host))
        && !text.contains(char::is_whitespace)
}

fn words(word: &str, path: &Path<'_>) -> Result<Text, Malformed> {
    Text::parse(word).map_err(|error| Malformed::invalid(path, error.to_string()))
}

/// An id that cannot be one of ours.
fn foreign(path: &Path<'_>, kind: &str) -> Malformed {
    Malformed::invalid(path, format!("no {kind} of this checkout session has this id"))
}

#[cfg(test)]
mod tests;
