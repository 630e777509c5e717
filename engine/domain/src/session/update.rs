//! Opening and changing a session: what the caller wants, merged into what is there, priced anew.

mod fulfillment;
mod lines;

use std::sync::Arc;

use super::{Buyer, Change, Changes, Contents, Create, Created, Event, List, Notice};
use super::{PaymentShown, Rejection, Session, Update};
use crate::market::Market;
use crate::money::CurrencyCode;
use crate::pricing::{self, Delivery, Quote};
use crate::time::Timestamp;

/// Contents and their price, before they are written.
pub(super) struct Draft {
    pub(super) contents: Contents,
    pub(super) quote: Quote,
    pub(super) notices: Vec<Notice>,
}

impl Draft {
    pub(super) fn into_event(self, at: Timestamp) -> Event {
        let Self { contents, quote, notices } = self;
        Event::Updated { contents: Box::new(contents), quote: Box::new(quote), notices, at }
    }
}

/// Opens a session on what is asked, as long as at least one line can be sold.
pub(super) fn create(create: Create) -> Result<Vec<Event>, Rejection> {
    let Create { id, caller, mut changes, market, now, lives } = create;
    forget_ids(&mut changes);
    let currency = lines::currency(changes.lines.as_deref(), changes.currency, &*market)?;
    let draft = merge(Contents::empty(currency), changes, &market, now)?;
    if draft.contents.lines.iter().all(|line| line.short == Some(0)) {
        return Err(Rejection::NothingInStock);
    }
    let Draft { contents, quote, notices } = draft;
    let expires_at = now.after(lives);
    let created = Created { id, caller, contents, quote, notices, at: now, expires_at };
    Ok(vec![Event::Created(Box::new(created))])
}

/// Changes an open session. What is not named stays; everything is priced anew.
pub(super) fn update(session: &Session, update: Update) -> Result<Vec<Event>, Rejection> {
    let Update { changes, market, now, .. } = update;
    let kept = session.contents.currency;
    if let Some(asked) = changes.currency.filter(|asked| *asked != kept) {
        return Err(Rejection::CurrencyFixed { kept, asked });
    }
    Ok(vec![merge(session.contents.clone(), changes, &market, now)?.into_event(now)])
}

/// The same contents at today's prices, stock, rates and tax.
pub(super) fn requote(
    session: &Session,
    market: &Arc<dyn Market>,
    now: Timestamp,
) -> Result<Draft, Rejection> {
    merge(session.contents.clone(), Changes::default(), market, now)
}

fn merge(
    mut contents: Contents,
    changes: Changes,
    market: &Arc<dyn Market>,
    now: Timestamp,
) -> Result<Draft, Rejection> {
    let mut notices = vec![];
    let mut options_asked = vec![];
    let before = match changes.lines {
        Some(wanted) => lines::replace(&mut contents, &wanted)?,
        None if contents.lines.is_empty() => return Err(Rejection::NoLines),
        None => contents.lines.clone(),
    };
    lines::look_up(&mut contents, &before, &**market)?;
    match changes.buyer {
        Change::Keep => {}
        Change::Set(buyer) => contents.buyer = Some(buyer),
        Change::Clear => contents.buyer = None::<Buyer>,
    }
    match changes.codes {
        Change::Keep => {}
        Change::Set(codes) => {
            List::Codes.check(codes.len())?;
            contents.codes = codes;
        }
        Change::Clear => contents.codes.clear(),
    }
    match changes.payment {
        Change::Keep => {}
        Change::Set(payment) => {
            List::Instruments.check(payment.instruments.len())?;
            contents.payment = payment;
        }
        Change::Clear => contents.payment = PaymentShown::default(),
    }
    match changes.methods {
        Change::Keep => {}
        Change::Set(wanted) => {
            options_asked = fulfillment::replace(&mut contents, wanted, &**market, &mut notices)?;
        }
        Change::Clear => contents.methods.clear(),
    }
    fulfillment::cover_lines(&mut contents);
    fulfillment::look_up(&mut contents, &**market, &mut notices);
    fulfillment::choose(&mut contents, options_asked, &mut notices);
    let quote = price(&contents, &**market, now)?;
    Ok(Draft { contents, quote, notices })
}

fn price(contents: &Contents, market: &dyn Market, now: Timestamp) -> Result<Quote, Rejection> {
    let deliveries: Vec<Delivery<'_>> = contents
        .methods
        .iter()
        .map(|method| Delivery {
            lines: &method.lines,
            address: method.destination().map(|destination| &destination.address),
            price: method.price(),
        })
        .collect();
    let Contents { lines, codes, currency, .. } = contents;
    Ok(pricing::quote(lines, &deliveries, codes, *currency, market, now)?)
}

/// Ids of lines, methods and groups are ours to give: whatever a new session names is new. The
/// only method brings all lines, whatever they were taken to be called.
fn forget_ids(changes: &mut Changes) {
    changes.lines.iter_mut().flatten().for_each(|line| line.id = None);
    if let Change::Set(methods) = &mut changes.methods {
        if let [only] = methods.as_mut_slice() {
            only.lines = None;
        }
        for method in methods {
            method.id = None;
            method.groups.iter_mut().flatten().for_each(|group| group.id = None);
        }
    }
}

impl Contents {
    fn empty(currency: CurrencyCode) -> Self {
        Self {
            currency,
            lines: vec![],
            buyer: None,
            methods: vec![],
            codes: vec![],
            payment: PaymentShown::default(),
            issued: super::contents::Issued::default(),
        }
    }
}
