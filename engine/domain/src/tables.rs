//! The merchant's tables: what is for sale, and what delivery, tax and discounts come to.
//!
//! Why: everything of a [`Market`](crate::market::Market) that changes only when the merchant
//! says so, as plain data that is built once and then only read. The engine lays the live stock
//! over it.
//! Promise: the same tables give the same answers, whatever the order in which their rows came.
//! Left out: rates by weight or by amount, and prices that were not given: no amount is converted
//! from one currency to another.

mod discounts;
mod shipping;
mod tax;

use std::collections::{BTreeMap, BTreeSet};

pub use discounts::Discounts;
pub use shipping::{Area, PickupPlace, ShippingOption};
pub use tax::TaxTable;

use crate::ids::ProductId;
use crate::market::{Address, Discount, Offer, Place, Rate};
use crate::money::{CurrencyCode, MinorUnits};
use crate::text::Text;

/// All tables of one merchant. Replaced whole when the merchant changes one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    pub products: BTreeMap<ProductId, Offer>,
    pub taxes: TaxTable,
    pub shipping: Vec<ShippingOption>,
    pub pickup: Vec<PickupPlace>,
    pub discounts: Discounts,
    /// Instance ids of the payment handlers on offer.
    pub handlers: BTreeSet<Text>,
}

impl Tables {
    /// What the merchant asks for a product, or `None` if it is not sold here.
    pub fn offer(&self, product: &ProductId) -> Option<&Offer> {
        self.products.get(product)
    }

    /// Ways to ship to an address, cheapest first, those of one price by their id; none if it is
    /// not served in this currency.
    pub fn rates(&self, address: &Address, currency: CurrencyCode) -> Vec<Rate> {
        let serving = self.shipping.iter().filter(|option| option.serves(address));
        let mut rates: Vec<Rate> = serving.filter_map(|option| option.rate(currency)).collect();
        rates.sort_by(|a, b| (a.price, &a.id).cmp(&(b.price, &b.id)));
        rates
    }

    /// Shops where goods can be collected, with what that costs, in the merchant's order.
    pub fn places(&self, currency: CurrencyCode) -> Vec<(Place, Rate)> {
        let priced = |shop: &PickupPlace| Some((shop.place.clone(), shop.rate(currency)?));
        self.pickup.iter().filter_map(priced).collect()
    }

    /// Tax on goods delivered to, or collected at, an address; none where no rate is known.
    pub fn tax(&self, address: &Address, taxable: MinorUnits) -> MinorUnits {
        self.taxes.rate(address).of(taxable)
    }

    /// The discount behind a code, matched whatever its case.
    pub fn discount(&self, code: &str) -> Option<&Discount> {
        self.discounts.by_code(code)
    }

    /// Discounts that need no code, lowest priority number first.
    pub fn discounts_automatic(&self) -> &[Discount] {
        self.discounts.automatic()
    }

    /// Whether payment handlers of this instance id are offered.
    pub fn takes_handler(&self, handler_id: &str) -> bool {
        self.handlers.iter().any(|known| known.as_str() == handler_id)
    }
}

/// What something costs in each currency it is sold in.
pub type Prices = BTreeMap<CurrencyCode, MinorUnits>;

/// A row that does not fit its table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedRow {
    #[error("`{0}` is not a country: two letters, such as US")]
    Country(String),
    #[error("there is a rate for {0} already")]
    TaxRepeated(String),
    #[error("a postal code prefix has letters or digits")]
    PostalPrefixEmpty,
    #[error("there is a discount with the code {0} already")]
    CodeRepeated(Text),
    #[error("a discount code has at least one character")]
    CodeEmpty,
}

/// A country of ISO 3166-1 alpha-2, in upper case.
fn country(text: &str) -> Result<String, MalformedRow> {
    let letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if letters {
        Ok(folded(text))
    } else {
        Err(MalformedRow::Country(text.chars().take(16).collect()))
    }
}

/// As countries and regions are compared: without case or surrounding blanks.
fn folded(text: &str) -> String {
    text.trim().to_uppercase()
}
