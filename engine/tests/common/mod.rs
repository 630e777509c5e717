//! A shop with an engine in it: what the tests of this crate talk to.

// Each test file takes what it needs; helpers are tests too.
#![allow(dead_code, clippy::unwrap_used)]

pub mod card;
pub mod processor;
pub mod standard;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use paceline_domain::ids::{LineId, ProductId, SessionId};
use paceline_domain::market::{Address, Offer};
use paceline_domain::money::{CurrencyCode, Millionths, MinorUnits};
use paceline_domain::session::{
    Buyer, Change, Changes, DestinationWanted, InstrumentShown, LineWanted, MethodKind,
    MethodWanted, Quantity, Rejection, Session,
};
use paceline_domain::tables::{Area, ShippingOption, Tables, TaxTable};
use paceline_domain::text::Text;
use paceline_engine::gateway::Gateway;
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::tokenized;
use paceline_engine::{
    Engine, Front, IdempotencyKey, Keyed, Manner, Options, Outside, PaymentOffered, Reply, SealKey,
    Secret, System, Voice, Voices,
};
use paceline_storage::{EventLog, MemoryLog};

/// Says a session's status and total, a line each for what is bought.
pub struct PlainVoice;

impl Voice for PlainVoice {
    fn session(&self, _: Manner, session: &Session, refused: Option<&Rejection>) -> Reply {
        let words = format!(
            "{} {:?} {} {}",
            session.id,
            session.status(),
            session.quote.total.0,
            refused.map(ToString::to_string).unwrap_or_default()
        );
        let status = if refused.is_some() { 409 } else { 200 };
        Reply { status, body: words.into() }
    }

    fn again(&self, _: Manner, shown: bytes::Bytes) -> Reply {
        Reply { status: 200, body: shown }
    }

    fn refusal(&self, _: Manner, refused: &Rejection) -> Reply {
        Reply { status: 404, body: refused.to_string().into() }
    }
}

pub fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

pub fn usd() -> CurrencyCode {
    CurrencyCode::parse("USD").unwrap()
}

pub fn product(id: &str) -> ProductId {
    ProductId::parse(id).unwrap()
}

/// `shoes` at 100.00 with a million units, `last` at 10.00 with 100.
pub fn tables() -> Tables {
    let offer = |title, cents, units| Offer {
        title: text(title),
        price: MinorUnits(cents),
        currency: usd(),
        image_url: None,
        units,
    };
    let mut tables = Tables::default();
    tables.products.insert(product("shoes"), offer("Running Shoes", 10_000, 1_000_000));
    tables.products.insert(product("last"), offer("The Last Ones", 1_000, 100));
    tables.handlers.insert(text("gpay"));
    tables.shipping.push(shipping());
    tables.taxes = taxes();
    tables
}

fn shipping() -> ShippingOption {
    ShippingOption {
        id: text("ship_ground"),
        title: text("Ground"),
        description: None,
        carrier: None,
        serves: vec![Area::parse("US").unwrap()],
        prices: [(usd(), MinorUnits(500))].into(),
    }
}

fn taxes() -> TaxTable {
    let mut taxes = TaxTable::default();
    taxes.insert("US", Some("CA"), None, Millionths::from_percent("8.5%").unwrap()).unwrap();
    taxes
}

pub fn caller() -> Text {
    text("https://platform.example/profile")
}

pub fn front(key: Option<&str>) -> Front {
    fingerprinted(key, 1)
}

/// A request whose content is told apart by `content`.
pub fn fingerprinted(key: Option<&str>, content: u8) -> Front {
    let keyed = key.map(|key| Keyed {
        key: IdempotencyKey::new(&caller(), "any", key),
        fingerprint: [content; 32],
    });
    Front { manner: Manner(0), keyed }
}

/// Everything a session needs to be ready.
pub fn wanted(id: &str, units: u32) -> Changes {
    let address = Address {
        country: Some(text("US")),
        region: Some(text("CA")),
        postal_code: Some(text("94043")),
        ..Address::default()
    };
    Changes {
        lines: Some(vec![LineWanted {
            id: None::<LineId>,
            product: product(id),
            quantity: Quantity::new(units).unwrap(),
        }]),
        buyer: Change::Set(Buyer { email: Some(text("ines@example.com")), ..Buyer::default() }),
        methods: Change::Set(vec![MethodWanted {
            kind: Some(MethodKind::Shipping),
            destinations: Some(vec![DestinationWanted { id: None, address }]),
            ..MethodWanted::default()
        }]),
        ..Changes::default()
    }
}

pub fn offered(token: &str) -> PaymentOffered {
    let shown = InstrumentShown {
        id: text("pi_1"),
        handler_id: text("gpay"),
        kind: text("card"),
        brand: None,
        last_digits: None,
        expiry_month: None,
        expiry_year: None,
        rich_text_description: None,
        rich_card_art: None,
        billing_address: None,
    };
    PaymentOffered { shown, credential: Secret::new(token.to_owned().into_bytes()) }
}

/// A log, a processor's book, and engines on them, one after the other.
pub struct Shop {
    pub log: Arc<MemoryLog>,
    pub book: Arc<MemoryLog>,
    pub options: Options,
}

impl Shop {
    pub fn new() -> Self {
        Self {
            log: Arc::new(MemoryLog::new()),
            book: Arc::new(MemoryLog::new()),
            options: Options {
                workers: 2,
                asks_max: 4096,
                actors_live_max: 1024,
                answers_cached_bytes_max: 1 << 20,
                session_lives: Duration::from_secs(3600),
                answers_kept: Duration::from_secs(3600),
                complete_deadline: Duration::from_secs(60),
                gateway_timeout: Duration::from_secs(60),
                tokenized: tokenized::Options::default(),
                card: paceline_engine::card::Options::default(),
            },
        }
    }

    /// Starts an engine on what the log holds. Must run inside [`run`].
    pub fn open(&self) -> Engine {
        let latency = Duration::ZERO;
        let options = SimulatedOptions { seed: 1, latency_median: latency, latency_p99: latency };
        let book: Arc<dyn EventLog> = Arc::clone(&self.book) as Arc<dyn EventLog>;
        let log = Arc::clone(&self.log) as Arc<dyn EventLog>;
        open_on(&self.options, log, Arc::new(Simulated::new(options, book)), KEY)
    }
}

/// The key that seals credentials, unless a test is about another.
pub const KEY: [u8; 32] = [7; 32];

/// Starts an engine on any log, with any processor. Must run inside [`run`].
pub fn open_on(
    options: &Options,
    log: Arc<dyn EventLog>,
    gateway: Arc<dyn Gateway>,
    key: [u8; 32],
) -> Engine {
    Engine::start(
        options.clone(),
        log,
        Outside::new(gateway),
        Voices::new(Arc::new(PlainVoice)),
        Arc::new(System),
        Arc::new(tables()),
        SealKey::new(&key),
    )
}

/// Runs a story in an actix system of its own.
pub fn run(story: impl Future<Output = ()> + 'static) {
    actix::System::new().block_on(story);
}

pub fn words(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}

/// The id in what [`PlainVoice`] said.
pub fn session_of(reply: &Reply) -> SessionId {
    SessionId::parse(words(reply).split(' ').next().unwrap()).unwrap()
}
