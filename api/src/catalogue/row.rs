//! One row of a feed, whichever format it came in: attributes → an offer, or all that is wrong.

use std::collections::BTreeMap;

use paceline_domain::ids::ProductId;
use paceline_domain::market::Offer;
use paceline_domain::money::{CurrencyCode, MalformedAmount, MinorUnits};
use paceline_domain::text::Text;

use super::shown;
use crate::limits;

/// The attributes that are read; a feed has many more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    Id,
    Title,
    Price,
    SalePrice,
    SalePriceEffectiveDate,
    Availability,
    ImageLink,
    Quantity,
}

impl Attribute {
    /// By its name in a header or a tag: in any case, with blanks, dashes or underscores, and
    /// with or without the `g:` that some exports write into headers of text, too.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        let name = name.strip_prefix("g:").unwrap_or(name);
        // Most names of a feed are none of ours, and none of ours is long.
        if name.len() > 32 {
            return None;
        }
        let name = name.to_ascii_lowercase().replace([' ', '-'], "_");
        Some(match name.as_str() {
            "id" => Self::Id,
            "title" => Self::Title,
            "price" => Self::Price,
            "sale_price" => Self::SalePrice,
            "sale_price_effective_date" => Self::SalePriceEffectiveDate,
            "availability" => Self::Availability,
            "image_link" => Self::ImageLink,
            "quantity" => Self::Quantity,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Title => "title",
            Self::Price => "price",
            Self::SalePrice => "sale_price",
            Self::SalePriceEffectiveDate => "sale_price_effective_date",
            Self::Availability => "availability",
            Self::ImageLink => "image_link",
            Self::Quantity => "quantity",
        }
    }
}

/// What one row says.
#[derive(Debug, Default)]
pub struct Row {
    /// Counted from 1.
    pub line: u64,
    /// Trimmed, and not empty.
    values: BTreeMap<Attribute, String>,
    /// What was wrong before the attributes were looked at.
    wrong: Vec<String>,
}

impl Row {
    pub fn at(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    pub fn get(&self, attribute: Attribute) -> Option<&str> {
        self.values.get(&attribute).map(String::as_str)
    }

    /// An empty value is as good as none; of two values, nobody knows which was meant.
    pub fn set(&mut self, attribute: Attribute, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        if self.values.insert(attribute, value.to_owned()).is_some() {
            self.refuse(format!("{}: it is given twice", attribute.name()));
        }
    }

    pub fn refuse(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// The product that the row offers.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn offer(&self) -> Result<(ProductId, Offer), Vec<String>> {
        let mut wrong = Wrong(self.wrong.clone());
        let id = wrong.of(Attribute::Id, self.id());
        let title = wrong.of(Attribute::Title, self.required(Attribute::Title).and_then(text));
        let price = wrong.of(Attribute::Price, self.price());
        let sale = wrong.of(Attribute::SalePrice, self.sale_price(price));
        wrong.of(Attribute::SalePriceEffectiveDate, self.sale_is_undated());
        let units = self.units(&mut wrong);
        let image_url = wrong.of(Attribute::ImageLink, self.image_link());
        match (id, title, price, sale, units, image_url) {
            (Some(id), Some(title), Some(price), Some(sale), Some(units), Some(image_url))
                if wrong.0.is_empty() =>
            {
                let (currency, price) = sale.unwrap_or(price);
                Ok((id, Offer { title, price, currency, image_url, units }))
            }
            _ => Err(wrong.0),
        }
    }

    fn required(&self, attribute: Attribute) -> Result<&str, String> {
        self.get(attribute).ok_or_else(|| "it is missing".to_owned())
    }

    fn id(&self) -> Result<ProductId, String> {
        ProductId::parse(self.required(Attribute::Id)?).map_err(|cause| cause.to_string())
    }

    fn price(&self) -> Result<(CurrencyCode, MinorUnits), String> {
        let given = self.required(Attribute::Price)?;
        match price(given).map_err(|cause| cause.to_string())? {
            (_, MinorUnits::ZERO) => Err("nothing is sold for nothing".to_owned()),
            price => Ok(price),
        }
    }

    fn sale_price(
        &self,
        regular: Option<(CurrencyCode, MinorUnits)>,
    ) -> Result<Option<(CurrencyCode, MinorUnits)>, String> {
        let Some(given) = self.get(Attribute::SalePrice) else { return Ok(None) };
        let (currency, amount) = price(given).map_err(|cause| cause.to_string())?;
        match regular {
            _ if amount == MinorUnits::ZERO => Err("nothing is sold for nothing".to_owned()),
            Some((of, _)) if of != currency => {
                Err(format!("it is in {currency}, and the price is in {of}"))
            }
            Some((_, regular)) if amount > regular => Err("it is above the price".to_owned()),
            _ => Ok(Some((currency, amount))),
        }
    }

    fn sale_is_undated(&self) -> Result<(), String> {
        match self.get(Attribute::SalePriceEffectiveDate) {
            None => Ok(()),
            Some(_) => {
                Err("dated sales are not supported: give a sale_price only while it applies, \
                 and reload the feed when it changes"
                    .to_owned())
            }
        }
    }

    /// What may be sold: nothing of what is out of stock, however many are counted.
    fn units(&self, wrong: &mut Wrong) -> Option<u64> {
        let sold = wrong.of(Attribute::Availability, self.is_sold());
        let counted = wrong.of(Attribute::Quantity, self.quantity());
        match (sold?, counted?) {
            (false, _) => Some(0),
            (true, Some(units)) => Some(units),
            (true, None) => {
                wrong.of(Attribute::Quantity, Err::<u64, _>("it is missing".to_owned()))
            }
        }
    }

    /// Preorders and backorders are sold like goods in stock: as many as are counted.
    fn is_sold(&self) -> Result<bool, String> {
        let given = self.required(Attribute::Availability)?;
        match given.to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
            "in_stock" | "preorder" | "backorder" => Ok(true),
            "out_of_stock" => Ok(false),
            _ => Err(format!(
                "`{}` is none of in_stock, out_of_stock, preorder, backorder",
                shown(given)
            )),
        }
    }

    fn quantity(&self) -> Result<Option<u64>, String> {
        let Some(given) = self.get(Attribute::Quantity) else { return Ok(None) };
        let digits = given.bytes().all(|byte| byte.is_ascii_digit());
        let units = given.parse().ok().filter(|units| digits && *units <= limits::UNITS_MAX);
        units.map(Some).ok_or_else(|| {
            format!("`{}` is not a whole number from 0 to {}", shown(given), limits::UNITS_MAX)
        })
    }

    fn image_link(&self) -> Result<Option<Text>, String> {
        let Some(given) = self.get(Attribute::ImageLink) else { return Ok(None) };
        if !given.starts_with("https://") && !given.starts_with("http://") {
            return Err(format!("`{}` does not start with http:// or https://", shown(given)));
        }
        text(given).map(Some)
    }
}

/// Gathers what is wrong with a row, each with its attribute.
struct Wrong(Vec<String>);

impl Wrong {
    fn of<T>(&mut self, attribute: Attribute, outcome: Result<T, String>) -> Option<T> {
        outcome.map_err(|what| self.0.push(format!("{}: {what}", attribute.name()))).ok()
    }
}

/// Why a price cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPrice {
    #[error("`{0}` is not an amount and a currency, such as 100.00 USD")]
    Shape(String),
    #[error(transparent)]
    Amount(#[from] MalformedAmount),
}

/// Parses `100.00 USD`, exactly.
///
/// # Errors
/// [`BadPrice`] for anything else, an unknown currency or too many decimals among it.
pub fn price(given: &str) -> Result<(CurrencyCode, MinorUnits), BadPrice> {
    let mut words = given.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(amount), Some(currency), None) => {
            let currency = CurrencyCode::parse(currency)?;
            Ok((currency, currency.parse_amount(amount)?))
        }
        _ => Err(BadPrice::Shape(shown(given))),
    }
}

fn text(given: &str) -> Result<Text, String> {
    Text::parse(given).map_err(|cause| cause.to_string())
}
