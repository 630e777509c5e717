//! A shop that a test can rearrange: the Leaf & Kiln of the protocol's examples, and more.

use std::collections::BTreeMap;

use paceline_domain::ids::ProductId;
use paceline_domain::market::{Address, Discount, Market, Offer, Place, Rate, Reduction};
use paceline_domain::money::{CurrencyCode, Millionths, MinorUnits};
use paceline_domain::time::Timestamp;

use super::{cents, currency, text, usd};

pub const TEA: &str = "tea-oolong-250";
pub const POT: &str = "pot-clay-06";
/// Sold in yen.
pub const WHISK: &str = "whisk-bamboo";

/// Ships to the US and to Canada, where there is no express; taxes 10.35 % in the state of
/// Washington and nothing elsewhere; lets buyers collect at one place.
#[derive(Clone)]
pub struct Shop {
    pub offers: BTreeMap<ProductId, Offer>,
    pub left: BTreeMap<ProductId, u64>,
    pub rates: BTreeMap<&'static str, Vec<Rate>>,
    pub places: Vec<(Place, Rate)>,
    pub tax: Millionths,
    pub coded: Vec<Discount>,
    pub automatic: Vec<Discount>,
    pub handler: &'static str,
}

impl Shop {
    pub fn open() -> Self {
        let mut shop = Self {
            offers: BTreeMap::new(),
            left: BTreeMap::new(),
            rates: BTreeMap::from([
                ("US", vec![ground(650), rate("ship_express", "Express (1-2 days)", 1_800)]),
                ("CA", vec![ground(2_200)]),
            ]),
            places: vec![(kiln(), rate("collect", "Collect at the kiln", 0))],
            tax: Millionths::from_percent("10.35%").expect("a percentage"),
            coded: vec![leaf10(), old5(), six_off()],
            automatic: vec![],
            handler: "gpay",
        };
        shop.sell(TEA, "Oolong 250 g", 1_890, usd());
        shop.sell(POT, "Clay pot 0.6 l", 6_400, usd());
        shop.sell(WHISK, "Bamboo whisk", 1_200, currency("JPY"));
        shop
    }

    pub fn sell(&mut self, id: &str, title: &str, price: u64, currency: CurrencyCode) {
        let (title, price) = (text(title), MinorUnits(price));
        let offer = Offer { title, price, currency, image_url: None, units: 100 };
        self.offers.insert(product(id), offer);
        self.left.insert(product(id), 100);
    }

    pub fn reprice(&mut self, id: &str, price: u64) {
        self.offers.get_mut(&product(id)).expect("it is sold").price = MinorUnits(price);
    }

    pub fn leave(&mut self, id: &str, units: u64) {
        self.left.insert(product(id), units);
    }
}

impl Market for Shop {
    fn offer(&self, product: &ProductId) -> Option<&Offer> {
        self.offers.get(product)
    }

    fn left(&self, product: &ProductId) -> u64 {
        self.left.get(product).copied().unwrap_or(0)
    }

    fn rates(&self, address: &Address, _: CurrencyCode) -> Vec<Rate> {
        let country = address.country.as_ref().map(|country| country.as_str());
        country.and_then(|country| self.rates.get(country)).cloned().unwrap_or_default()
    }

    fn places(&self, _: CurrencyCode) -> Vec<(Place, Rate)> {
        self.places.clone()
    }

    fn tax(&self, address: &Address, taxable: MinorUnits) -> MinorUnits {
        let taxed = address.region.as_ref().is_some_and(|region| region.as_str() == "WA");
        if taxed { self.tax.of(taxable) } else { MinorUnits::ZERO }
    }

    fn discount(&self, code: &str) -> Option<&Discount> {
        let named = |discount: &&Discount| {
            discount.code.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(code))
        };
        self.coded.iter().find(named)
    }

    fn discounts_automatic(&self) -> &[Discount] {
        &self.automatic
    }

    fn takes_handler(&self, handler_id: &str) -> bool {
        handler_id == self.handler
    }
}

pub fn product(id: &str) -> ProductId {
    ProductId::parse(id).expect("a product of a test")
}

pub fn rate(id: &str, title: &str, price: u64) -> Rate {
    Rate {
        id: text(id),
        title: text(title),
        description: None,
        carrier: None,
        price: MinorUnits(price),
    }
}

pub fn ground(price: u64) -> Rate {
    rate("ship_ground", "Ground (3-5 days)", price)
}

/// The place where buyers collect. Its address is in no country: a merchant's own matter.
pub fn kiln() -> Place {
    Place { id: text("kiln"), name: text("The kiln"), address: Address::default() }
}

pub fn address(country: &str, region: &str, postal_code: &str) -> Address {
    Address {
        country: Some(text(country)),
        region: Some(text(region)),
        postal_code: Some(text(postal_code)),
        ..Address::default()
    }
}

pub fn seattle() -> Address {
    address("US", "WA", "98101")
}

pub fn percent(code: Option<&str>, share: &str) -> Discount {
    let share = Millionths::from_percent(share).expect("a percentage");
    discount(code, Reduction::Percent(share))
}

pub fn amount(code: Option<&str>, off: u64) -> Discount {
    discount(code, Reduction::Amount(cents(off), usd()))
}

fn discount(code: Option<&str>, reduction: Reduction) -> Discount {
    Discount {
        code: code.map(text),
        title: text(code.unwrap_or("every day")),
        reduction,
        priority: 1,
        combines: true,
        expires_at: None,
        subtotal_min: MinorUnits::ZERO,
    }
}

/// 10 % off every line.
pub fn leaf10() -> Discount {
    percent(Some("LEAF10"), "10%")
}

/// 5 % off, long ago.
pub fn old5() -> Discount {
    Discount { expires_at: Some(Timestamp(1)), ..percent(Some("OLD5"), "5%") }
}

/// 6.00 USD off the order, after the percentages.
pub fn six_off() -> Discount {
    Discount { priority: 2, ..amount(Some("SIXOFF"), 600) }
}
