//! A shop with one product, and what a buyer asks of it: the purchase of Google's guide in the
//! core's own words.

use std::sync::Arc;

use paceline_domain::ids::ProductId;
use paceline_domain::market::{Address, Discount, Market, Offer, Place, Rate};
use paceline_domain::money::{CurrencyCode, Millionths, MinorUnits};
use paceline_domain::session::{
    Buyer, Change, Changes, DestinationWanted, InstrumentShown, LineWanted, MethodKind,
    MethodWanted, Quantity,
};
use paceline_domain::tables::{Area, ShippingOption, Tables};
use paceline_domain::text::Text;

/// Nobody buys this shop out.
const UNITS: u64 = 1_000_000_000;

/// One product, two ways to ship it, one tax.
pub fn tables() -> Tables {
    let mut tables = Tables::default();
    let shoes = Offer {
        title: text("Running Shoes"),
        price: MinorUnits(10_000),
        currency: usd(),
        image_url: None,
        units: UNITS,
    };
    tables.products.insert(product(), shoes);
    let rate = Millionths::from_percent("8.5%").expect("a percentage");
    tables.taxes.insert("US", Some("CA"), None, rate).expect("the first rate there");
    tables.shipping = vec![
        shipping("ship_ground", "Ground (3-5 days)", 500),
        shipping("ship_express", "Express (1-2 days)", 1_500),
    ];
    tables.handlers.insert(text("gpay"));
    tables
}

/// The tables with everything in stock: a market that needs no engine.
pub struct Shop(Tables);

impl Shop {
    pub fn open() -> Arc<dyn Market> {
        Arc::new(Self(tables()))
    }
}

impl Market for Shop {
    fn offer(&self, product: &ProductId) -> Option<&Offer> {
        self.0.offer(product)
    }

    fn left(&self, _: &ProductId) -> u64 {
        UNITS
    }

    fn rates(&self, address: &Address, currency: CurrencyCode) -> Vec<Rate> {
        self.0.rates(address, currency)
    }

    fn places(&self, currency: CurrencyCode) -> Vec<(Place, Rate)> {
        self.0.places(currency)
    }

    fn tax(&self, address: &Address, taxable: MinorUnits) -> MinorUnits {
        self.0.tax(address, taxable)
    }

    fn discount(&self, code: &str) -> Option<&Discount> {
        self.0.discount(code)
    }

    fn discounts_automatic(&self) -> &[Discount] {
        self.0.discounts_automatic()
    }

    fn takes_handler(&self, handler_id: &str) -> bool {
        self.0.takes_handler(handler_id)
    }
}

/// What a create asks for.
pub fn basket() -> Changes {
    let quantity = Quantity::new(1).expect("one is a quantity");
    Changes {
        lines: Some(vec![LineWanted { id: None, product: product(), quantity }]),
        currency: Some(usd()),
        ..Changes::default()
    }
}

/// What an update adds: who buys, and where to.
pub fn address() -> Changes {
    let buyer = Buyer {
        first_name: Some(text("John")),
        last_name: Some(text("Doe")),
        email: Some(text("johndoe@example.com")),
        ..Buyer::default()
    };
    let destination = DestinationWanted { id: Some(text("dest_1")), address: mountain_view() };
    let method = MethodWanted {
        kind: Some(MethodKind::Shipping),
        destinations: Some(vec![destination]),
        selected_destination: Some(Some(text("dest_1"))),
        ..MethodWanted::default()
    };
    Changes { buyer: Change::Set(buyer), methods: Change::Set(vec![method]), ..basket() }
}

/// The card, as it may be shown.
pub fn card() -> InstrumentShown {
    InstrumentShown {
        id: text("pi_gpay_5678"),
        handler_id: text("gpay"),
        kind: text("card"),
        brand: Some(text("mastercard")),
        last_digits: Some(text("5678")),
        expiry_month: None,
        expiry_year: None,
        rich_text_description: Some(text("Google Pay •••• 5678")),
        rich_card_art: None,
        billing_address: Some(mountain_view()),
    }
}

pub fn text(words: &str) -> Text {
    Text::parse(words).expect("short words")
}

fn mountain_view() -> Address {
    Address {
        street_address: Some(text("1600 Amphitheatre Pkwy")),
        locality: Some(text("Mountain View")),
        region: Some(text("CA")),
        country: Some(text("US")),
        postal_code: Some(text("94043")),
        ..Address::default()
    }
}

fn shipping(id: &str, title: &str, price: u64) -> ShippingOption {
    ShippingOption {
        id: text(id),
        title: text(title),
        description: None,
        carrier: None,
        serves: vec![Area::parse("US").expect("a country")],
        prices: [(usd(), MinorUnits(price))].into(),
    }
}

fn product() -> ProductId {
    ProductId::parse("product_12345").expect("a product id")
}

fn usd() -> CurrencyCode {
    CurrencyCode::parse("USD").expect("a currency")
}
