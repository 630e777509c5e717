//! The sections that fill the merchant's tables: tax, shipping, pickup, discounts.

use std::time::{SystemTime, UNIX_EPOCH};

use paceline_domain::market::{Address, Discount, Place, Reduction};
use paceline_domain::money::{CurrencyCode, Millionths, MinorUnits};
use paceline_domain::tables::{Area, Discounts, PickupPlace, Prices, ShippingOption, TaxTable};
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;

use super::merchant::word;
use super::node::Node;
use super::read::count;
use super::section::Section;

/// Where a discount stands whose priority is not given.
const PRIORITY: u16 = 100;

pub fn taxes(section: &mut Section<'_>) -> TaxTable {
    let table = std::cell::RefCell::new(TaxTable::default());
    section.rows("rates", |row| {
        let country = row.required("country", word);
        let region = row.optional("region", word);
        let prefix = row.optional("postal_prefix", word);
        let rate = row.required("rate", percent)?;
        let inserted =
            table.borrow_mut().insert(&country?, region.as_deref(), prefix.as_deref(), rate);
        inserted.map_err(|cause| row.complain(&cause.to_string())).ok()
    });
    table.into_inner()
}

pub fn shipping(section: &mut Section<'_>) -> Vec<ShippingOption> {
    let options = section.rows("options", |row| {
        let id = row.required("id", word);
        let title = row.required("title", word);
        let description = row.optional("description", word);
        let carrier = row.optional("carrier", word);
        let serves = row.required("serves", areas);
        let prices = row.required("prices", prices);
        Some(ShippingOption {
            id: id?,
            title: title?,
            description,
            carrier,
            serves: serves?,
            prices: prices?,
        })
    });
    let ids: Vec<&Text> = options.iter().map(|option| &option.id).collect();
    refuse_repeated(section, "options", &ids);
    options
}

pub fn pickup(section: &mut Section<'_>) -> Vec<PickupPlace> {
    let places = section.rows("places", |row| {
        let id = row.required("id", word);
        let name = row.required("name", word);
        let title = row.required("title", word);
        let description = row.optional("description", word);
        let address = row.table("address", address);
        let prices = row.required("prices", prices);
        if address.is_none() {
            row.complain("`address` is missing");
        }
        Some(PickupPlace {
            place: Place { id: id?, name: name?, address: address? },
            title: title?,
            description,
            prices: prices?,
        })
    });
    let ids: Vec<&Text> = places.iter().map(|shop| &shop.place.id).collect();
    refuse_repeated(section, "places", &ids);
    places
}

pub fn discounts(section: &mut Section<'_>) -> Discounts {
    let table = std::cell::RefCell::new(Discounts::default());
    section.rows("offers", |row| {
        let discount = discount(row)?;
        let inserted = table.borrow_mut().insert(discount);
        inserted.map_err(|cause| row.complain(&cause.to_string())).ok()
    });
    table.into_inner()
}

fn discount(row: &mut Section<'_>) -> Option<Discount> {
    let code = row.optional("code", word);
    let title = row.required("title", word);
    let reduction = row.required("off", reduction);
    let priority = row.optional("priority", |node| count(node, 0, i64::from(u16::MAX)));
    let combines = row.optional("combines", Node::boolean);
    let expires_at = row.optional("expires_at", moment);
    let least = row.optional("subtotal_min", price);
    let reduction = reduction?;
    let subtotal_min = match (least, reduction) {
        (None, _) => MinorUnits::ZERO,
        (Some((currency, least)), Reduction::Amount(_, of)) if currency == of => least,
        (Some(_), Reduction::Amount(..) | Reduction::Percent(_)) => {
            // A bare number of minor units would mean another sum in each currency.
            row.complain("`subtotal_min` goes with an `off` that is an amount in its currency");
            return None;
        }
    };
    Some(Discount {
        code,
        title: title?,
        reduction,
        priority: priority.unwrap_or(PRIORITY),
        combines: combines.unwrap_or(true),
        expires_at,
        subtotal_min,
    })
}

fn address(row: &mut Section<'_>) -> Option<Address> {
    Some(Address {
        street_address: row.optional("street_address", word),
        extended_address: row.optional("extended_address", word),
        locality: row.optional("locality", word),
        region: row.optional("region", word),
        // Whoever collects pays the tax of this place.
        country: Some(row.required("country", word)?),
        postal_code: row.optional("postal_code", word),
        phone_number: row.optional("phone_number", word),
        ..Address::default()
    })
}

fn refuse_repeated(section: &mut Section<'_>, list: &str, ids: &[&Text]) {
    for (index, id) in ids.iter().enumerate() {
        if ids[..index].contains(id) {
            section.complain(&format!("two of `{list}` have the id `{id}`"));
        }
    }
}

fn areas(node: &Node) -> Result<Vec<Area>, String> {
    let area = |entry: &Node| Area::parse(entry.text()?).map_err(|cause| cause.to_string());
    node.list()?.iter().map(area).collect()
}

/// Such as `["5.00 USD", "750 JPY"]`.
fn prices(node: &Node) -> Result<Prices, String> {
    let mut prices = Prices::new();
    for entry in node.list()? {
        let (currency, amount) = price(entry)?;
        if prices.insert(currency, amount).is_some() {
            return Err(format!("there are two prices in {currency}"));
        }
    }
    if prices.is_empty() {
        return Err("there is no price, so it is never offered".to_owned());
    }
    Ok(prices)
}

/// Such as `5.00 USD`.
fn price(node: &Node) -> Result<(CurrencyCode, MinorUnits), String> {
    crate::catalogue::price(node.text()?).map_err(|cause| cause.to_string())
}

/// Such as `8.5%`.
fn percent(node: &Node) -> Result<Millionths, String> {
    Millionths::from_percent(node.text()?).map_err(|cause| cause.to_string())
}

fn reduction(node: &Node) -> Result<Reduction, String> {
    if node.text()?.trim_end().ends_with('%') {
        return Ok(Reduction::Percent(percent(node)?));
    }
    let (currency, amount) = price(node)?;
    Ok(Reduction::Amount(amount, currency))
}

/// Such as `2025-09-01T00:00:00Z`.
fn moment(node: &Node) -> Result<Timestamp, String> {
    let text = node.moment()?;
    let malformed = || format!("`{text}` is not a moment such as 2026-12-31T23:59:59Z");
    let moment: SystemTime = humantime::parse_rfc3339(text).map_err(|_| malformed())?;
    let since = moment.duration_since(UNIX_EPOCH).map_err(|_| malformed())?;
    u64::try_from(since.as_millis()).map(Timestamp).map_err(|_| malformed())
}
