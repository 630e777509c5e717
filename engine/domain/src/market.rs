//! What is for sale, at which price, and what delivery and tax cost.
//!
//! Why: prices arrive inside the command. A [`Market`] is what a command carries of the outside:
//! one consistent picture, taken when the command was made, so that the same command decides the
//! same on any machine. What was priced is kept in the event; a replay asks no market.

use serde::{Deserialize, Serialize};

use crate::ids::ProductId;
use crate::money::{CurrencyCode, Millionths, MinorUnits};
use crate::text::Text;
use crate::time::Timestamp;

/// One picture of catalogue, stock, rates and rules.
pub trait Market: Send + Sync {
    /// What the merchant asks for a product, or `None` if it is not sold here.
    fn offer(&self, product: &ProductId) -> Option<&Offer>;

    /// Units that could be sold when the picture was taken. A promise only once they are held.
    fn left(&self, product: &ProductId) -> u64;

    /// Ways to ship to an address, cheapest first; none if it is not served.
    fn rates(&self, address: &Address, currency: CurrencyCode) -> Vec<Rate>;

    /// Shops where goods can be collected, with what that costs.
    fn places(&self, currency: CurrencyCode) -> Vec<(Place, Rate)>;

    /// Tax on goods delivered to, or collected at, an address.
    fn tax(&self, address: &Address, taxable: MinorUnits) -> MinorUnits;

    /// The discount behind a code, matched whatever its case.
    fn discount(&self, code: &str) -> Option<&Discount>;

    /// Discounts that need no code, lowest priority number first.
    fn discounts_automatic(&self) -> &[Discount];

    /// Whether payment handlers of this instance id are offered.
    fn takes_handler(&self, handler_id: &str) -> bool;
}

/// A product as it is sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub title: Text,
    /// For one unit, the sale price where one applies.
    pub price: MinorUnits,
    pub currency: CurrencyCode,
    pub image_url: Option<Text>,
    /// Units that this engine may sell in all, as the merchant's feed counts them; 0 if the feed
    /// says that it is not available.
    pub units: u64,
}

/// One way to have goods delivered, priced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The merchant's id of the option, such as `ship_ground`.
    pub id: Text,
    pub title: Text,
    pub description: Option<Text>,
    pub carrier: Option<Text>,
    pub price: MinorUnits,
}

/// A shop where goods can be collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub id: Text,
    pub name: Text,
    pub address: Address,
}

/// A postal address, as much of it as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub street_address: Option<Text>,
    pub extended_address: Option<Text>,
    pub locality: Option<Text>,
    pub region: Option<Text>,
    pub country: Option<Text>,
    pub postal_code: Option<Text>,
    pub first_name: Option<Text>,
    pub last_name: Option<Text>,
    pub full_name: Option<Text>,
    pub phone_number: Option<Text>,
}

/// What a code, or the merchant's own will, takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    /// `None` for one that applies by itself.
    pub code: Option<Text>,
    pub title: Text,
    pub reduction: Reduction,
    /// Lower runs first; later percentages see what is left.
    pub priority: u16,
    /// Whether it may stand beside other codes.
    pub combines: bool,
    pub expires_at: Option<Timestamp>,
    /// Applies from this subtotal on.
    pub subtotal_min: MinorUnits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// A share of each line, allocated to the lines.
    Percent(Millionths),
    /// A fixed amount off the order, in one currency.
    Amount(MinorUnits, CurrencyCode),
}
