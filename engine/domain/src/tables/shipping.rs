//! Ways to get goods to a buyer: shipped to an area, or collected at a shop.

use super::{MalformedRow, Prices, country, folded};
use crate::market::{Address, Place, Rate};
use crate::money::CurrencyCode;
use crate::text::Text;

/// One way to ship, wherever it is offered and whatever it costs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingOption {
    /// Unique among the options, such as `ship_ground`.
    pub id: Text,
    pub title: Text,
    pub description: Option<Text>,
    pub carrier: Option<Text>,
    pub serves: Vec<Area>,
    pub prices: Prices,
}

impl ShippingOption {
    pub(super) fn serves(&self, address: &Address) -> bool {
        self.serves.iter().any(|area| area.holds(address))
    }

    /// `None` if it is not sold in the currency.
    pub(super) fn rate(&self, currency: CurrencyCode) -> Option<Rate> {
        Some(Rate {
            id: self.id.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            carrier: self.carrier.clone(),
            price: *self.prices.get(&currency)?,
        })
    }
}

/// A country, or one region of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area {
    country: String,
    region: Option<String>,
}

impl Area {
    /// Parses `US`, or `US-CA` for one region.
    ///
    /// # Errors
    /// [`MalformedRow::Country`].
    pub fn parse(text: &str) -> Result<Self, MalformedRow> {
        match text.split_once('-') {
            Some((within, region)) if !region.trim().is_empty() => {
                Ok(Self { country: country(within)?, region: Some(folded(region)) })
            }
            Some(_) => Err(MalformedRow::Country(text.chars().take(16).collect())),
            None => Ok(Self { country: country(text)?, region: None }),
        }
    }

    fn holds(&self, address: &Address) -> bool {
        let is = |given: &Option<Text>, wanted: &str| {
            given.as_deref().is_some_and(|given| folded(given) == wanted)
        };
        is(&address.country, &self.country)
            && self.region.as_deref().is_none_or(|region| is(&address.region, region))
    }
}

/// A shop where goods can be collected, and what that costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickupPlace {
    pub place: Place,
    /// How the option is called, such as "Pick up in store".
    pub title: Text,
    pub description: Option<Text>,
    pub prices: Prices,
}

impl PickupPlace {
    /// The option has the place's id: there is one way to collect at a place.
    pub(super) fn rate(&self, currency: CurrencyCode) -> Option<Rate> {
        Some(Rate {
            id: self.place.id.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            carrier: None,
            price: *self.prices.get(&currency)?,
        })
    }
}
