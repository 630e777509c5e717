//! Fulfillment: how the goods travel, where to, and what there is to choose from.

use paceline_domain::market::{Address, Rate};
use paceline_domain::session::{Destination, Group, Method, MethodKind};

use super::totals::write_total;
use crate::write::{Array, Object};

pub fn write(checkout: &mut Object<'_>, methods: &[Method]) {
    if methods.is_empty() {
        return;
    }
    checkout.object("fulfillment", |fulfillment| {
        fulfillment.array("methods", |array| {
            for method in methods {
                array.object(|object| write_method(object, method));
            }
        });
    });
}

fn write_method(object: &mut Object<'_>, method: &Method) {
    object.shown("id", method.id);
    object.word(
        "type",
        match method.kind {
            MethodKind::Shipping => "shipping",
            MethodKind::Pickup => "pickup",
        },
    );
    write_line_ids(object, method);
    object.array("destinations", |array| {
        for destination in &method.destinations {
            array.object(|object| write_destination(object, destination));
        }
    });
    match method.destination() {
        Some(destination) => object.text("selected_destination_id", &destination.id),
        None => object.null("selected_destination_id"),
    }
    object.array("groups", |groups| {
        groups.object(|object| write_group(object, method, &method.group));
    });
}

fn write_line_ids(object: &mut Object<'_>, method: &Method) {
    object.array("line_item_ids", |array| {
        for line in &method.lines {
            array.shown(line);
        }
    });
}

/// A shop has a name and its address inside; an address of the buyer's lies flat.
fn write_destination(object: &mut Object<'_>, destination: &Destination) {
    object.text("id", &destination.id);
    match &destination.name {
        Some(name) => {
            object.text("name", name);
            object.object("address", |inside| write_address(inside, &destination.address));
        }
        None => write_address(object, &destination.address),
    }
}

/// The country in both spellings: `country` is D0's, `address_country` D1's.
pub fn write_address(object: &mut Object<'_>, address: &Address) {
    object.text_known("street_address", address.street_address.as_deref());
    object.text_known("extended_address", address.extended_address.as_deref());
    object.text_known("address_locality", address.locality.as_deref());
    object.text_known("address_region", address.region.as_deref());
    object.text_known("postal_code", address.postal_code.as_deref());
    object.text_known("address_country", address.country.as_deref());
    object.text_known("country", address.country.as_deref());
    object.text_known("first_name", address.first_name.as_deref());
    object.text_known("last_name", address.last_name.as_deref());
    object.text_known("full_name", address.full_name.as_deref());
    object.text_known("phone_number", address.phone_number.as_deref());
}

fn write_group(object: &mut Object<'_>, method: &Method, group: &Group) {
    object.shown("id", group.id);
    write_line_ids(object, method);
    object.array("options", |options| write_options(options, &group.options));
    match group.option() {
        Some(option) => object.text("selected_option_id", &option.id),
        None => object.null("selected_option_id"),
    }
}

/// The price as D0's scalar and as D1's list.
fn write_options(options: &mut Array<'_>, rates: &[Rate]) {
    for rate in rates {
        options.object(|option| {
            option.text("id", &rate.id);
            option.text("title", &rate.title);
            option.text_known("description", rate.description.as_deref());
            option.text_known("carrier", rate.carrier.as_deref());
            option.amount("total", rate.price);
            option.array("totals", |totals| write_total(totals, "total", rate.price));
        });
    }
}
