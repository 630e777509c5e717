//! The sample shop, and what a buyer asks of it: the purchase of Google's guide in the core's own
//! words.

use std::sync::{Arc, LazyLock};

use paceline_api::catalogue::{self, Feed};
use paceline_api::config::Config;
use paceline_api::ucp::Words;
use paceline_api::ucp::request::{parse_complete, parse_create, parse_update};
use paceline_domain::ids::{ProductId, SessionId};
use paceline_domain::market::{Address, Discount, Market, Offer, Place, Rate};
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::session::Changes;
use paceline_domain::tables::Tables;
use paceline_domain::text::Text;
use paceline_engine::PaymentOffered;
use paceline_storage::ShardCount;

use crate::bodies;

/// The sample's, read once: what is measured asks for parts of it over and over.
static CONFIG: LazyLock<Config> =
    LazyLock::new(|| Config::load(None, []).expect("the embedded configuration is right"));

/// Nobody buys this shop out, however long a bench runs.
const UNITS: u64 = 1_000_000_000;

/// The sample's tables.
pub fn tables() -> Tables {
    let feed = Feed::parse(catalogue::EMBEDDED.as_bytes());
    let mut products = feed.checked().expect("the sample's feed is right");
    products.values_mut().for_each(|offer| offer.units = UNITS);
    Tables { products, ..CONFIG.tables.clone() }
}

/// The sample's tables with nothing on offer but these, each like the shoes of Google's guide.
pub fn tables_of(products: impl Iterator<Item = String>) -> Tables {
    let sample = tables();
    let shoes = sample.offer(&product(bodies::PRODUCT)).expect("the sample has shoes").clone();
    let products = products.map(|name| (product(&name), shoes.clone())).collect();
    Tables { products, ..sample }
}

fn product(name: &str) -> ProductId {
    ProductId::parse(name).expect("a name that a feed may have")
}

/// The sample's words for a session.
pub fn words() -> Words {
    Words::new(&CONFIG.merchant.settings(&CONFIG.platform, "http://127.0.0.1:8080"))
}

/// Shards of a data directory.
pub fn shards() -> ShardCount {
    CONFIG.storage.shards
}

/// Who buys.
pub fn caller() -> Text {
    CONFIG.platform.default.clone()
}

/// What a create asks for.
pub fn basket() -> Changes {
    basket_of(bodies::PRODUCT)
}

/// One unit of this product.
pub fn basket_of(product: &str) -> Changes {
    let body = bodies::CREATE.replace(bodies::PRODUCT, product);
    parse_create(body.as_bytes()).expect("Google's create is taken")
}

/// What an update adds: who buys, and where to.
pub fn address(session: SessionId) -> Changes {
    address_for(bodies::PRODUCT, session)
}

/// The same for a basket of this product.
pub fn address_for(product: &str, session: SessionId) -> Changes {
    let body = bodies::UPDATE.replace(bodies::PRODUCT, product);
    parse_update(body.as_bytes(), session).expect("Google's update is taken")
}

/// How the buyer pays.
pub fn payment() -> PaymentOffered {
    parse_complete(bodies::complete().as_bytes()).expect("Google's complete is taken")
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
