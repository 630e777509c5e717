//! A shop to test this wire against: bodies in, checkouts out, with the real core in between.

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::ids::{InstrumentId, OrderId, ProductId, SessionId};
use paceline_domain::market::{Address, Discount, Market, Offer, Place, Rate, Reduction};
use paceline_domain::money::{CurrencyCode, Millionths, MinorUnits};
use paceline_domain::session::{
    self, AttemptOutcome, Command, Complete, Create, Rejection, Session, State, Update,
};
use paceline_domain::tables::{Area, PickupPlace, Prices, ShippingOption, Tables};
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;
use paceline_engine::{Manner, Reply, Voice as _};
use serde_json::{Value, json};

use super::{Dialect, IdForm, Link, Operation, Settings, Template, Words, manner, request};

pub const SESSION: SessionId = SessionId(0xabc);
pub const ORDER: OrderId = OrderId(0xdef);
/// 2026-02-01T12:00:00Z.
pub const NOON: Timestamp = Timestamp(1_769_947_200_000);

pub fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

pub fn settings(ids: IdForm) -> Settings {
    let link = |kind: &str, url: &str| Link { kind: kind.into(), url: url.into(), title: None };
    Settings {
        host: "merchant.example.com".into(),
        ids,
        endpoint: "https://merchant.example.com".into(),
        base_path: String::new(),
        handlers: vec![json!({
            "id": "gpay", "name": "com.google.pay", "version": "2026-01-11",
            "spec": "https://pay.google.com/gp/p/ucp/2026-01-11/",
            "config_schema": "https://pay.google.com/gp/p/ucp/2026-01-11/schemas/config.json",
            "instrument_schemas": [
                "https://pay.google.com/gp/p/ucp/2026-01-11/schemas/card_payment_instrument.json"
            ],
            "config": {"api_version": 2, "api_version_minor": 0, "environment": "TEST"},
        })],
        links: vec![
            link("privacy_policy", "https://merchant.example.com/privacy"),
            link("terms_of_service", "https://merchant.example.com/terms"),
        ],
        order_permalink: Template::parse("https://merchant.example.com/orders/{id}").unwrap(),
        continue_url: Template::parse("https://merchant.example.com/checkout/{id}").unwrap(),
        api_keys: vec![],
        platform_default: text("default"),
        profile_max_age: 3600,
    }
}

/// Everything is in stock, save `product_none`.
#[derive(Clone)]
pub struct Shop(pub Tables);

impl Shop {
    pub fn open() -> Self {
        let mut tables = Tables::default();
        for (id, title, price, currency, units) in [
            ("product_12345", "Running Shoes", 10_000, "USD", 1_000_000),
            ("product_mug", "Mug", 1_250, "USD", 100),
            ("product_none", "Sold Out", 500, "USD", 0),
            ("product_jpy", "Green Tea", 1_200, "JPY", 50),
            ("product_kwd", "Dates", 1_250, "KWD", 50),
        ] {
            let offer = Offer {
                title: text(title),
                price: MinorUnits(price),
                currency: currency.parse_code(),
                image_url: None,
                units,
            };
            tables.products.insert(ProductId::parse(id).unwrap(), offer);
        }
        let rate = Millionths::from_percent("8.5%").unwrap();
        tables.taxes.insert("US", Some("CA"), Some("94043"), rate).unwrap();
        for (id, title, usd, jpy, kwd) in [
            ("ship_ground", "Ground (3-5 days)", 500, 700, 1_500),
            ("ship_express", "Express (1-2 days)", 1_500, 1_400, 3_000),
        ] {
            tables.shipping.push(ShippingOption {
                id: text(id),
                title: text(title),
                description: None,
                carrier: None,
                serves: ["US", "JP", "KW"].map(|area| Area::parse(area).unwrap()).into(),
                prices: prices(&[("USD", usd), ("JPY", jpy), ("KWD", kwd)]),
            });
        }
        tables.pickup.push(PickupPlace {
            place: Place {
                id: text("store_1"),
                name: text("Main Street"),
                address: Address {
                    locality: Some(text("Mountain View")),
                    region: Some(text("CA")),
                    country: Some(text("US")),
                    postal_code: Some(text("94043")),
                    ..Address::default()
                },
            },
            title: text("Pick up in store"),
            description: None,
            prices: prices(&[("USD", 0)]),
        });
        for (code, reduction, combines) in [
            ("TEN", Reduction::Percent(Millionths::from_percent("10%").unwrap()), true),
            ("FIVE", Reduction::Amount(MinorUnits(500), "USD".parse_code()), true),
            ("ALONE", Reduction::Amount(MinorUnits(100), "USD".parse_code()), false),
        ] {
            let discount = Discount {
                code: Some(text(code)),
                title: text(&format!("{code} off")),
                reduction,
                priority: 1,
                combines,
                expires_at: None,
                subtotal_min: MinorUnits::ZERO,
            };
            tables.discounts.insert(discount).unwrap();
        }
        tables.handlers.insert(text("gpay"));
        Self(tables)
    }
}

fn prices(of: &[(&str, u64)]) -> Prices {
    of.iter().map(|(currency, amount)| (currency.parse_code(), MinorUnits(*amount))).collect()
}

trait ParseCode {
    fn parse_code(&self) -> CurrencyCode;
}

impl ParseCode for str {
    fn parse_code(&self) -> CurrencyCode {
        CurrencyCode::parse(self).unwrap()
    }
}

impl Market for Shop {
    fn offer(&self, product: &ProductId) -> Option<&Offer> {
        self.0.offer(product)
    }

    fn left(&self, product: &ProductId) -> u64 {
        self.0.offer(product).map_or(0, |offer| offer.units)
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

/// One session, asked through this wire.
pub struct Desk {
    pub state: State,
    pub shop: Shop,
    pub words: Words,
}

impl Desk {
    pub fn open() -> Self {
        Self { state: None, shop: Shop::open(), words: Words::new(&settings(IdForm::Gid)) }
    }

    pub fn session(&self) -> &Session {
        self.state.as_ref().unwrap()
    }

    /// The answer as JSON, with its status.
    pub fn create(&mut self, body: &Value) -> (u16, Value) {
        let changes = request::parse_create(body.to_string().as_bytes()).unwrap();
        let market = Arc::new(self.shop.clone());
        let lives = Duration::from_secs(6 * 60 * 60);
        let (id, caller, now) = (SESSION, text("caller"), NOON);
        let create = Create { id, caller, changes, market, now, lives };
        self.ask(Operation::Create, Command::Create(Box::new(create)))
    }

    pub fn update(&mut self, body: &Value) -> (u16, Value) {
        let changes = request::parse_update(body.to_string().as_bytes(), SESSION).unwrap();
        let market = Arc::new(self.shop.clone());
        let update = Update { caller: text("caller"), changes, market, now: NOON };
        self.ask(Operation::Update, Command::Update(Box::new(update)))
    }

    /// Accepted or not; [`Desk::end`] tells how the attempt ends.
    pub fn complete(&mut self, body: &Value) -> (u16, Value) {
        let offered = request::parse_complete(body.to_string().as_bytes()).unwrap();
        let complete = Complete {
            caller: text("caller"),
            instrument: InstrumentId(1),
            shown: offered.shown,
            order: ORDER,
            asked: None,
            market: Arc::new(self.shop.clone()),
            now: NOON,
        };
        self.ask(Operation::Complete, Command::Complete(Box::new(complete)))
    }

    pub fn end(&mut self, outcome: AttemptOutcome) -> (u16, Value) {
        let attempt = self.session().attempts;
        self.ask(Operation::Complete, Command::AttemptEnded { attempt, outcome, now: NOON })
    }

    pub fn cancel(&mut self) -> (u16, Value) {
        self.ask(Operation::Cancel, Command::Cancel { caller: text("caller"), now: NOON })
    }

    pub fn get(&mut self) -> (u16, Value) {
        self.ask(Operation::Get, Command::Look { caller: text("caller") })
    }

    pub fn ask(&mut self, operation: Operation, command: Command) -> (u16, Value) {
        let refused = match session::decide(&self.state, command) {
            Ok(events) => {
                events.iter().for_each(|event| session::apply(&mut self.state, event));
                None
            }
            Err(rejection) => Some(rejection),
        };
        self.say(manner(Dialect::D0, operation), refused.as_ref())
    }

    fn say(&self, manner: Manner, refused: Option<&Rejection>) -> (u16, Value) {
        let Reply { status, body } = match (&self.state, refused) {
            (Some(session), refused) => self.words.session(manner, session, refused),
            (None, Some(refused)) => self.words.refusal(manner, refused),
            (None, None) => unreachable!("a session or a refusal"),
        };
        (status, serde_json::from_slice(&body).unwrap())
    }
}

/// The guide's purchase: one pair of shoes.
pub fn guide_create() -> Value {
    json!({
        "line_items": [
            {"item": {"id": "product_12345", "title": "Running Shoes"}, "quantity": 1}
        ],
        "currency": "USD",
    })
}

/// To Mountain View, paid with a card that is shown.
pub fn guide_update() -> Value {
    json!({
        "id": format!("gid://merchant.example.com/Checkout/{SESSION}"),
        "line_items": [{
            "id": "line_1", "item": {"id": "product_12345", "title": "Shoes", "price": 1},
            "quantity": 1
        }],
        "currency": "USD",
        "buyer": {"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com"},
        "fulfillment": {"methods": [{
            "type": "shipping", "selected_destination_id": "dest_1",
            "destinations": [{
                "id": "dest_1", "postal_code": "94043", "country": "US",
                "address_locality": "Mountain View", "address_region": "CA"
            }]
        }]},
        "payment": {
            "selected_instrument_id": "pi_1",
            "instruments": [{
                "id": "pi_1", "handler_id": "gpay", "type": "card", "brand": "visa",
                "last_digits": "1111", "rich_text_description": "Google Pay 1111"
            }]
        }
    })
}

pub const TOKEN: &str = "{\"signature\":\"MEQ=\",\"protocolVersion\":\"ECv2\",\"n\":\"\\u00fc\"}";

pub fn guide_complete() -> Value {
    json!({
        "payment_data": {
            "id": "pi_1", "handler_id": "gpay", "type": "card", "brand": "visa",
            "last_digits": "1111",
            "billing_address": {"postal_code": "94043", "address_country": "US"},
            "credential": {"type": "PAYMENT_GATEWAY", "token": TOKEN}
        },
        "risk_signals": {"ip_address": "203.0.113.42"}
    })
}
