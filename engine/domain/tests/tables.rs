//! The merchant's tables: each lookup, and what each table refuses.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

use paceline_domain::ids::ProductId;
use paceline_domain::market::{Address, Discount, Offer, Place, Reduction};
use paceline_domain::money::{CurrencyCode, Millionths, MinorUnits};
use paceline_domain::tables::{
    Area, MalformedRow, PickupPlace, Prices, ShippingOption, Tables, TaxTable,
};
use paceline_domain::text::Text;
use proptest::prelude::*;

#[test]
fn a_product_is_found_by_its_exact_id() {
    let mut tables = Tables::default();
    let id = ProductId::parse("product_12345").unwrap();
    tables.products.insert(id.clone(), shoes());
    assert_eq!(tables.offer(&id), Some(&shoes()));
    assert_eq!(tables.offer(&ProductId::parse("PRODUCT_12345").unwrap()), None);
}

#[test]
fn the_longest_postal_prefix_decides_the_tax_then_the_region_then_the_country() {
    let tables = taxed(&[
        ("US", None, None, "1%"),
        ("US", Some("CA"), None, "8.5%"),
        ("US", None, Some("940"), "9%"),
        ("US", Some("CA"), Some("940"), "9.25%"),
        ("US", None, Some("94043"), "10%"),
    ]);
    let tax =
        |region: &str, postal: &str| tables.tax(&address("US", region, postal), cents(10_000));
    assert_eq!(tax("NV", "89501"), cents(100));
    assert_eq!(tax("CA", "90210"), cents(850));
    assert_eq!(tax("NV", "94001"), cents(900));
    assert_eq!(tax("CA", "94001"), cents(925));
    assert_eq!(tax("CA", "94043"), cents(1_000));
}

#[test]
fn an_address_is_matched_whatever_its_case_and_blanks() {
    let tables = taxed(&[("gb", Some("Eng"), Some("SW1A 1"), "20%")]);
    assert_eq!(tables.tax(&address(" Gb", "ENG ", "sw1a1aa"), cents(100)), cents(20));
}

#[test]
fn where_no_rate_is_known_there_is_no_tax() {
    let tables = taxed(&[("US", Some("CA"), None, "8.5%")]);
    assert_eq!(tables.tax(&address("US", "OR", "97201"), cents(10_000)), MinorUnits::ZERO);
    assert_eq!(tables.tax(&Address::default(), cents(10_000)), MinorUnits::ZERO);
}

#[test]
fn tax_is_rounded_half_up_once() {
    let tables = taxed(&[("US", Some("CA"), None, "8.5%")]);
    let california = address("US", "CA", "94043");
    assert_eq!(tables.tax(&california, cents(10_000)), cents(850));
    assert_eq!(tables.tax(&california, cents(10)), cents(1)); // 0.85
    assert_eq!(tables.tax(&california, cents(100)), cents(9)); // 8.5
    assert_eq!(tables.tax(&california, cents(1)), cents(0)); // 0.085
}

#[test]
fn one_area_has_one_rate() {
    let mut table = TaxTable::default();
    table.insert("US", Some("CA"), None, percent("8.5%")).unwrap();
    let repeated = table.insert("us", Some("ca "), None, percent("9%"));
    assert_eq!(repeated, Err(MalformedRow::TaxRepeated("US CA".to_owned())));
    assert_eq!(
        table.insert("US", None, Some("--"), percent("9%")),
        Err(MalformedRow::PostalPrefixEmpty)
    );
    assert_eq!(
        table.insert("USA", None, None, percent("9%")),
        Err(MalformedRow::Country("USA".to_owned()))
    );
}

#[test]
fn shipping_is_offered_where_it_serves_cheapest_first() {
    let tables = shipped(vec![
        option("ship_express", &["US", "CA"], &[("USD", 1500)]),
        option("ship_island", &["US-HI"], &[("USD", 900)]),
        option("ship_ground", &["US"], &[("USD", 500)]),
    ]);
    let ids = |address: &Address| option_ids(&tables, address, "USD");
    assert_eq!(ids(&address("us", "CA", "94043")), ["ship_ground", "ship_express"]);
    assert_eq!(ids(&address("US", "hi", "96701")), ["ship_ground", "ship_island", "ship_express"]);
    assert_eq!(ids(&address("CA", "ON", "K1A")), ["ship_express"]);
    assert_eq!(ids(&address("FR", "", "75001")), [""; 0]);
    assert_eq!(ids(&Address::default()), [""; 0]);
}

#[test]
fn shipping_without_a_price_in_the_currency_is_not_offered() {
    let tables = shipped(vec![
        option("ship_ground", &["JP"], &[("USD", 500), ("JPY", 800)]),
        option("ship_express", &["JP"], &[("USD", 1500)]),
    ]);
    assert_eq!(option_ids(&tables, &address("JP", "13", "100-0001"), "JPY"), ["ship_ground"]);
    assert_eq!(option_ids(&tables, &address("JP", "13", "100-0001"), "KWD"), [""; 0]);
}

#[test]
fn an_area_is_a_country_or_a_region_of_one() {
    for good in ["US", "us", "US-CA", "GB-ENG"] {
        assert!(Area::parse(good).is_ok(), "{good}");
    }
    for bad in ["", "U", "USA", "US-", "U1", "-CA", "É1"] {
        assert!(Area::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_shop_is_offered_in_the_currencies_it_has_a_price_for() {
    let shop = Place {
        id: text("shop_mtv"),
        name: text("Castro Street"),
        address: address("US", "CA", "94041"),
    };
    let prices = Prices::from([(currency("USD"), MinorUnits::ZERO)]);
    let pickup = PickupPlace {
        place: shop.clone(),
        title: text("Pick up in store"),
        description: None,
        prices,
    };
    let tables = Tables { pickup: vec![pickup], ..Tables::default() };
    let places = tables.places(currency("USD"));
    assert_eq!(places.len(), 1);
    assert_eq!(places[0].0, shop);
    assert_eq!((&places[0].1.id, places[0].1.price), (&shop.id, MinorUnits::ZERO));
    assert_eq!(tables.places(currency("JPY")), []);
}

#[test]
fn a_code_is_found_whatever_its_case_and_given_once() {
    let mut tables = Tables::default();
    tables.discounts.insert(discount(Some("Leaf10"), 1)).unwrap();
    assert_eq!(tables.discount("LEAF10"), Some(&discount(Some("Leaf10"), 1)));
    assert_eq!(tables.discount(" leaf10 "), Some(&discount(Some("Leaf10"), 1)));
    assert_eq!(tables.discount("leaf"), None);
    assert_eq!(
        tables.discounts.insert(discount(Some("LEAF10"), 2)),
        Err(MalformedRow::CodeRepeated(text("LEAF10")))
    );
    assert_eq!(tables.discounts.insert(discount(Some(" "), 2)), Err(MalformedRow::CodeEmpty));
}

#[test]
fn automatic_discounts_come_in_the_order_of_their_priority() {
    let mut tables = Tables::default();
    for priority in [30, 10, 20] {
        tables.discounts.insert(discount(None, priority)).unwrap();
    }
    let order: Vec<u16> = tables.discounts_automatic().iter().map(|d| d.priority).collect();
    assert_eq!(order, [10, 20, 30]);
    assert_eq!(tables.discount(""), None);
}

#[test]
fn only_handlers_on_offer_are_taken() {
    let tables = Tables { handlers: [text("gpay")].into(), ..Tables::default() };
    assert!(tables.takes_handler("gpay"));
    assert!(!tables.takes_handler("GPAY"));
    assert!(!tables.takes_handler(""));
}

proptest! {
    /// A slow and obvious reading of the rule, against the look-up.
    #[test]
    fn the_tax_looked_up_is_that_of_the_most_specific_row(
        rows in prop::collection::btree_map(
            ("(US|CA)", prop::option::of("(CA|ON|X)"), prop::option::of("[0-9]{1,3}")),
            0u32..=100,
            0..24,
        ),
        at in ("(US|CA|JP)", "(CA|ON|Y)", "[0-9]{0,4}"),
    ) {
        let mut table = TaxTable::default();
        for ((country, region, prefix), rate) in &rows {
            let rate = percent(&format!("{rate}%"));
            table.insert(country, region.as_deref(), prefix.as_deref(), rate).unwrap();
        }
        let (country, region, postal) = &at;
        let best = rows
            .iter()
            .filter(|((c, r, p), _)| {
                c == country
                    && r.as_ref().is_none_or(|r| r == region)
                    && p.as_ref().is_none_or(|p| postal.starts_with(p.as_str()))
            })
            .max_by_key(|((_, r, p), _)| (p.as_ref().map_or(0, String::len), r.is_some()))
            .map_or(Millionths::default(), |(_, rate)| percent(&format!("{rate}%")));
        prop_assert_eq!(table.rate(&address(country, region, postal)), best);
    }

    #[test]
    fn no_address_makes_a_lookup_panic(country in "\\PC{0,40}", region in "\\PC{0,40}", postal in "\\PC{0,40}") {
        let mut tables = taxed(&[("US", Some("CA"), Some("94"), "8.5%")]);
        tables.shipping = vec![option("ship_ground", &["US", "US-HI"], &[("USD", 500)])];
        let anywhere = address(&country, &region, &postal);
        tables.tax(&anywhere, cents(100));
        tables.rates(&anywhere, currency("USD"));
    }
}

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn cents(amount: u64) -> MinorUnits {
    MinorUnits(amount)
}

fn percent(text: &str) -> Millionths {
    Millionths::from_percent(text).unwrap()
}

fn currency(code: &str) -> CurrencyCode {
    CurrencyCode::parse(code).unwrap()
}

fn address(country: &str, region: &str, postal_code: &str) -> Address {
    Address {
        country: Some(text(country)),
        region: Some(text(region)),
        postal_code: Some(text(postal_code)),
        ..Address::default()
    }
}

fn shoes() -> Offer {
    Offer {
        title: text("Running Shoes"),
        price: cents(10_000),
        currency: currency("USD"),
        image_url: None,
        units: 1_000_000,
    }
}

fn taxed(rows: &[(&str, Option<&str>, Option<&str>, &str)]) -> Tables {
    let mut tables = Tables::default();
    for (country, region, prefix, rate) in rows {
        tables.taxes.insert(country, *region, *prefix, percent(rate)).unwrap();
    }
    tables
}

fn option(id: &str, serves: &[&str], prices: &[(&str, u64)]) -> ShippingOption {
    ShippingOption {
        id: text(id),
        title: text(id),
        description: None,
        carrier: None,
        serves: serves.iter().map(|area| Area::parse(area).unwrap()).collect(),
        prices: prices.iter().map(|(code, amount)| (currency(code), cents(*amount))).collect(),
    }
}

fn shipped(shipping: Vec<ShippingOption>) -> Tables {
    Tables { shipping, ..Tables::default() }
}

fn option_ids(tables: &Tables, address: &Address, code: &str) -> Vec<String> {
    tables.rates(address, currency(code)).iter().map(|rate| rate.id.to_string()).collect()
}

fn discount(code: Option<&str>, priority: u16) -> Discount {
    Discount {
        code: code.map(text),
        title: text("Ten percent off"),
        reduction: Reduction::Percent(percent("10%")),
        priority,
        combines: true,
        expires_at: None,
        subtotal_min: MinorUnits::ZERO,
    }
}
