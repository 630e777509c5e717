//! Amounts: of each line, and of the whole.
//!
//! Promise: subtotal and total are there exactly once; a discount is positive and there only if
//! something was taken off; subtotal less discounts plus the rest is the total, on the wire as in
//! the quote.

use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::pricing::LineQuote;
use paceline_domain::session::{Line, Session};

use crate::write::{Array, Object};

/// One entry of the checkout's totals, in the order in which they are shown.
pub struct Total<'a> {
    kind: &'static str,
    display_text: &'a str,
    amount: MinorUnits,
}

/// The total is the last.
///
/// # Source
/// Protocol reference, section 13, column D1.
pub fn totals(session: &Session) -> Vec<Total<'_>> {
    let quote = &session.quote;
    let mut totals = Vec::with_capacity(6);
    let mut push = |kind, display_text, amount| totals.push(Total { kind, display_text, amount });
    push("subtotal", "Subtotal", quote.subtotal);
    if quote.items_discount > MinorUnits::ZERO {
        push("items_discount", "Item discounts", quote.items_discount);
    }
    if quote.discount > MinorUnits::ZERO {
        push("discount", "Discount", quote.discount);
    }
    if let Some(chosen) = fulfillment_text(session) {
        push("fulfillment", chosen, quote.fulfillment);
    }
    push("tax", tax_text(session), quote.tax);
    push("total", "Total", quote.total);
    totals
}

/// The chosen option's own title if there is one to speak of; none while nothing is chosen.
fn fulfillment_text(session: &Session) -> Option<&str> {
    let mut chosen = session.contents.methods.iter().filter_map(|method| method.group.option());
    let first = chosen.next()?;
    Some(if chosen.next().is_none() { &first.title } else { "Fulfillment" })
}

/// Tax is an estimate until it is known where everything goes.
fn tax_text(session: &Session) -> &'static str {
    let methods = &session.contents.methods;
    let known = !methods.is_empty() && methods.iter().all(|method| method.selected.is_some());
    if known { "Tax" } else { "Estimated tax" }
}

pub fn write(checkout: &mut Object<'_>, totals: &[Total<'_>]) {
    checkout.array("totals", |array| {
        for Total { kind, display_text, amount } in totals {
            array.object(|total| {
                total.word("type", kind);
                total.text("display_text", display_text);
                total.amount("amount", *amount);
            });
        }
    });
}

pub fn write_lines(checkout: &mut Object<'_>, session: &Session) {
    let lines = session.contents.lines.iter().zip(&session.quote.lines);
    checkout.array("line_items", |array| {
        for (line, quote) in lines {
            array.object(|item| write_line(item, line, quote));
        }
    });
}

/// Scalars for D0, in which a line's subtotal is after discounts; `totals` for D1, in which it is
/// before.
fn write_line(object: &mut Object<'_>, line: &Line, quote: &LineQuote) {
    object.shown("id", line.id);
    object.object("item", |item| {
        item.text("id", line.product.as_str());
        item.text("title", &line.title);
        item.amount("price", line.price);
        item.text_known("image_url", line.image_url.as_deref());
    });
    object.number("quantity", line.quantity.units());
    object.amount("base_amount", quote.subtotal);
    if quote.discount > MinorUnits::ZERO {
        object.amount("discount", quote.discount);
    }
    object.amount("subtotal", quote.total());
    object.amount("total", quote.total());
    object.array("totals", |totals| {
        write_total(totals, "subtotal", quote.subtotal);
        if quote.discount > MinorUnits::ZERO {
            write_total(totals, "items_discount", quote.discount);
        }
        write_total(totals, "total", quote.total());
    });
}

pub fn write_total(totals: &mut Array<'_>, kind: &'static str, amount: MinorUnits) {
    totals.object(|total| {
        total.word("type", kind);
        total.amount("amount", amount);
    });
}

/// In major units, for people: `113.50 USD`, `1200 JPY`, `1.250 KWD`.
pub fn readable(MinorUnits(amount): MinorUnits, currency: CurrencyCode) -> String {
    let decimals = currency.exponent();
    let scale = 10u64.pow(decimals);
    let (whole, rest) = (amount / scale, amount % scale);
    match decimals {
        0 => format!("{whole} {currency}"),
        _ => format!("{whole}.{rest:0width$} {currency}", width = decimals as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_readable_with_the_decimals_of_its_currency() {
        let read = |amount, code| readable(MinorUnits(amount), CurrencyCode::parse(code).unwrap());
        assert_eq!(read(11350, "USD"), "113.50 USD");
        assert_eq!(read(5, "USD"), "0.05 USD");
        assert_eq!(read(1200, "JPY"), "1200 JPY");
        assert_eq!(read(1250, "KWD"), "1.250 KWD");
    }
}
