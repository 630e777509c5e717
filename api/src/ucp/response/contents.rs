//! Buyer, discounts and payment, as they may be shown.

use paceline_domain::money::MinorUnits;
use paceline_domain::pricing::Applied;
use paceline_domain::session::{Buyer, Consent, InstrumentShown, PaymentShown, Session};

use super::fulfillment::write_address;
use crate::write::{Array, Object};

pub fn write_buyer(checkout: &mut Object<'_>, buyer: Option<&Buyer>) {
    let Some(buyer) = buyer else { return };
    checkout.object("buyer", |object| {
        object.text_known("first_name", buyer.first_name.as_deref());
        object.text_known("last_name", buyer.last_name.as_deref());
        object.text_known("full_name", buyer.full_name.as_deref());
        object.text_known("email", buyer.email.as_deref());
        object.text_known("phone_number", buyer.phone_number.as_deref());
        if let Some(consent) = &buyer.consent {
            object.object("consent", |object| write_consent(object, consent));
        }
    });
}

/// What was not said is not shown: it is not a refusal.
fn write_consent(object: &mut Object<'_>, consent: &Consent) {
    object.flag_known("analytics", consent.analytics);
    object.flag_known("preferences", consent.preferences);
    object.flag_known("marketing", consent.marketing);
    object.flag_known("sale_of_data", consent.sale_of_data);
}

/// Every code as it was submitted, also those that took nothing off.
pub fn write_discounts(checkout: &mut Object<'_>, session: &Session) {
    let (codes, applied) = (&session.contents.codes, &session.quote.applied);
    if codes.is_empty() && applied.is_empty() {
        return;
    }
    checkout.object("discounts", |discounts| {
        discounts.array("codes", |array| codes.iter().for_each(|code| array.text(code)));
        discounts.array("applied", |array| {
            for discount in applied {
                array.object(|object| write_applied(object, discount));
            }
        });
    });
}

fn write_applied(object: &mut Object<'_>, discount: &Applied) {
    object.text_known("code", discount.code.as_deref());
    object.text("title", &discount.title);
    object.amount("amount", discount.amount);
    object.flag("automatic", discount.code.is_none());
    if discount.priority > 0 {
        object.number("priority", discount.priority.into());
    }
    if !discount.allocations.is_empty() {
        object.word("method", "each");
        object.array("allocations", |array| write_allocations(array, &discount.allocations));
    }
}

fn write_allocations(array: &mut Array<'_>, allocations: &[(usize, MinorUnits)]) {
    for (line, amount) in allocations {
        array.object(|object| {
            object.shown("path", format_args!("$.line_items[{line}]"));
            object.amount("amount", *amount);
        });
    }
}

pub fn write_payment(checkout: &mut Object<'_>, payment: &PaymentShown, handlers: &[u8]) {
    checkout.object("payment", |object| {
        object.raw("handlers", handlers);
        object.array("instruments", |array| {
            for instrument in &payment.instruments {
                array.object(|object| write_instrument(object, instrument));
            }
        });
        object.text_known("selected_instrument_id", payment.selected_instrument_id.as_deref());
    });
}

/// Brand and digits are there even if nobody has said them: a card of D1 has both.
fn write_instrument(object: &mut Object<'_>, instrument: &InstrumentShown) {
    object.text("id", &instrument.id);
    object.text("handler_id", &instrument.handler_id);
    object.text("type", &instrument.kind);
    object.text("brand", instrument.brand.as_deref().unwrap_or_default());
    object.text("last_digits", instrument.last_digits.as_deref().unwrap_or_default());
    object.number_known("expiry_month", instrument.expiry_month);
    object.number_known("expiry_year", instrument.expiry_year);
    let description = instrument.rich_text_description.as_deref();
    object.text_known("rich_text_description", description);
    object.text_known("rich_card_art", instrument.rich_card_art.as_deref());
    if let Some(address) = &instrument.billing_address {
        object.object("billing_address", |object| write_address(object, address));
    }
}
