//! Tax rates by country, region and postal code.

use std::collections::BTreeMap;

use super::{MalformedRow, country, folded};
use crate::market::Address;
use crate::money::Millionths;

/// Characters of a postal code that are looked at; the longest one in use has ten.
const POSTAL_CHARS_MAX: usize = 12;

/// Rates for areas. The most specific area that holds an address decides: the longest postal
/// prefix first, and of two areas with the same prefix the one that names the region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxTable {
    rates: BTreeMap<Area, Millionths>,
}

/// Country, region and postal prefix, folded; an empty one stands for any.
type Area = (String, String, String);

impl TaxTable {
    /// Adds the rate of a country, of one of its regions, or of the postal codes that start alike.
    ///
    /// # Errors
    /// [`MalformedRow`] for a country that is not two letters, an empty prefix, or an area that
    /// has a rate already.
    pub fn insert(
        &mut self,
        in_country: &str,
        region: Option<&str>,
        postal_prefix: Option<&str>,
        rate: Millionths,
    ) -> Result<(), MalformedRow> {
        let prefix = postal_prefix.map(postal).unwrap_or_default();
        if postal_prefix.is_some() && prefix.is_empty() {
            return Err(MalformedRow::PostalPrefixEmpty);
        }
        let area = (country(in_country)?, region.map(folded).unwrap_or_default(), prefix);
        if self.rates.contains_key(&area) {
            let (country, region, prefix) = area;
            let named = [country, region, prefix].into_iter().filter(|part| !part.is_empty());
            return Err(MalformedRow::TaxRepeated(named.collect::<Vec<_>>().join(" ")));
        }
        self.rates.insert(area, rate);
        Ok(())
    }

    /// The rate at an address, zero where none is known.
    pub fn rate(&self, address: &Address) -> Millionths {
        let part = |text: &Option<_>| text.as_deref().map(folded).unwrap_or_default();
        let (country, region) = (part(&address.country), part(&address.region));
        let mut prefix = address.postal_code.as_deref().map(postal).unwrap_or_default();
        let mut area: Area = (country, region, String::new());
        loop {
            area.2.clone_from(&prefix);
            if let Some(rate) = self.rates.get(&area) {
                return *rate;
            }
            let region = std::mem::take(&mut area.1);
            if let Some(rate) = self.rates.get(&area) {
                return *rate;
            }
            area.1 = region;
            if prefix.pop().is_none() {
                return Millionths::default();
            }
        }
    }
}

/// As postal codes are compared: letters and digits only, so that `SW1A 1AA` is `sw1a1aa`.
fn postal(code: &str) -> String {
    let kept = code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase);
    kept.take(POSTAL_CHARS_MAX).collect()
}
