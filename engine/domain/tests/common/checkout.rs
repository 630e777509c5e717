//! A checkout session as a test drives it: commands in, events kept, facts out.

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::asked::Asked;
use paceline_domain::ids::{InstrumentId, LineId, OrderId, SessionId};
use paceline_domain::market::Address;
use paceline_domain::session::{
    self, AttemptOutcome, Buyer, Change, Changes, Command, Complete, Create, DestinationWanted,
    Event, GroupWanted, InstrumentShown, Line, LineWanted, Method, MethodKind, MethodWanted, Phase,
    Quantity, Rejection, Session, State, Status, Update,
};
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;

use super::shop::{POT, Shop, TEA, product, seattle};
use super::text;

pub const CALLER: &str = "google";
pub const OPENED_AT: Timestamp = Timestamp(1_780_000_000_000);
pub const SIX_HOURS: Duration = Duration::from_secs(6 * 60 * 60);

/// One session, the shop it buys from, and every event it took to get here.
pub struct Checkout {
    pub shop: Shop,
    pub now: Timestamp,
    pub state: State,
    pub events: Vec<Event>,
}

pub type Answer = Result<(), Rejection>;

/// A session of two tins of tea and a pot, with nothing else said.
pub fn opened() -> Checkout {
    opened_with(Changes { lines: Some(tea_and_pot()), ..Changes::default() })
}

/// The same with all it takes to be completed.
pub fn ready() -> Checkout {
    opened_with(everything())
}

pub fn opened_with(changes: Changes) -> Checkout {
    let mut checkout = Checkout::of(Shop::open());
    checkout.create(changes).expect("the session can be opened");
    checkout
}

/// An attempt at paying is in progress.
pub fn completing() -> Checkout {
    let mut checkout = ready();
    checkout.complete().expect("the session is ready");
    assert_eq!(checkout.status(), Status::CompleteInProgress);
    checkout
}

pub fn completed() -> Checkout {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Reserved).expect("the attempt is in progress");
    checkout
}

pub fn cancelled() -> Checkout {
    let mut checkout = ready();
    checkout.cancel().expect("the session is open");
    checkout
}

impl Checkout {
    pub fn of(shop: Shop) -> Self {
        Self { shop, now: OPENED_AT, state: None, events: vec![] }
    }

    /// One turn, as the engine takes it.
    pub fn ask(&mut self, command: Command) -> Answer {
        let events = session::decide(&self.state, command)?;
        for event in &events {
            session::apply(&mut self.state, event);
        }
        self.events.extend(events);
        Ok(())
    }

    /// As [`Self::ask`], with what it made happen.
    pub fn events_of(
        &mut self,
        act: impl FnOnce(&mut Self) -> Answer,
    ) -> Result<Vec<Event>, Rejection> {
        let before = self.events.len();
        act(self)?;
        Ok(self.events[before..].to_vec())
    }

    pub fn create(&mut self, changes: Changes) -> Answer {
        let (caller, market, now) = (text(CALLER), Arc::new(self.shop.clone()), self.now);
        let id = SessionId(7);
        self.ask(Command::Create(Box::new(Create {
            id,
            caller,
            changes,
            market,
            now,
            lives: SIX_HOURS,
        })))
    }

    pub fn update(&mut self, changes: Changes) -> Answer {
        self.update_as(CALLER, changes)
    }

    pub fn update_as(&mut self, caller: &str, changes: Changes) -> Answer {
        let (caller, market, now) = (text(caller), Arc::new(self.shop.clone()), self.now);
        self.ask(Command::Update(Box::new(Update { caller, changes, market, now })))
    }

    pub fn update_method(&mut self, method: MethodWanted) -> Answer {
        self.update(methods(vec![method]))
    }

    pub fn complete(&mut self) -> Answer {
        self.complete_with(CALLER, card("pi_9"))
    }

    pub fn complete_with(&mut self, caller: &str, shown: InstrumentShown) -> Answer {
        self.ask(Command::Complete(Box::new(Complete {
            caller: text(caller),
            instrument: InstrumentId(9),
            shown,
            order: OrderId(10_042),
            asked: Some(asked()),
            market: Arc::new(self.shop.clone()),
            now: self.now,
        })))
    }

    pub fn cancel(&mut self) -> Answer {
        self.ask(Command::Cancel { caller: text(CALLER), now: self.now })
    }

    pub fn expire(&mut self) -> Answer {
        self.ask(Command::Expire { now: self.now })
    }

    pub fn ends(&mut self, attempt: u32, outcome: AttemptOutcome) -> Answer {
        self.ask(Command::AttemptEnded { attempt, outcome, now: self.now })
    }

    pub fn wait(&mut self, span: Duration) {
        self.now = self.now.after(span);
    }

    pub fn session(&self) -> &Session {
        self.state.as_ref().expect("the session was opened")
    }

    pub fn status(&self) -> Status {
        self.session().status()
    }

    pub fn total(&self) -> u64 {
        self.session().quote.total.0
    }

    pub fn lines(&self) -> &[Line] {
        &self.session().contents.lines
    }

    /// The names of the lines and what they are lines of.
    pub fn line_ids(&self) -> Vec<(String, String)> {
        self.lines().iter().map(|l| (l.id.to_string(), l.product.to_string())).collect()
    }

    /// The first method.
    pub fn method(&self) -> &Method {
        &self.session().contents.methods[0]
    }

    pub fn option(&self) -> Option<&str> {
        self.method().group.option().map(|rate| rate.id.as_str())
    }

    pub fn destination(&self) -> Option<&str> {
        self.method().destination().map(|to| to.id.as_str())
    }

    pub fn is_open(&self) -> bool {
        matches!(self.session().phase, Phase::Open { .. })
    }
}

/// Everything that a session needs to be ready, in one go.
pub fn everything() -> Changes {
    Changes {
        lines: Some(tea_and_pot()),
        buyer: Change::Set(ines()),
        methods: Change::Set(vec![to_address("dest_1", seattle())]),
        ..Changes::default()
    }
}

pub fn tea_and_pot() -> Vec<LineWanted> {
    vec![wanted(TEA, 2), wanted(POT, 1)]
}

pub fn wanted(id: &str, units: u32) -> LineWanted {
    let quantity = Quantity::new(units).expect("a quantity of a test");
    LineWanted { id: None, product: product(id), quantity }
}

pub fn named(line: u16, id: &str, units: u32) -> LineWanted {
    LineWanted { id: Some(LineId(line)), ..wanted(id, units) }
}

pub fn lines(lines: Vec<LineWanted>) -> Changes {
    Changes { lines: Some(lines), ..Changes::default() }
}

pub fn methods(methods: Vec<MethodWanted>) -> Changes {
    Changes { methods: Change::Set(methods), ..Changes::default() }
}

pub fn codes(codes: &[&str]) -> Changes {
    let codes = codes.iter().map(|code| text(code)).collect();
    Changes { codes: Change::Set(codes), ..Changes::default() }
}

pub fn buyer(buyer: Buyer) -> Changes {
    Changes { buyer: Change::Set(buyer), ..Changes::default() }
}

pub fn ines() -> Buyer {
    Buyer {
        first_name: Some(text("Ines")),
        email: Some(text("ines@example.com")),
        ..Buyer::default()
    }
}

/// Shipping, and nothing else said.
pub fn shipping() -> MethodWanted {
    MethodWanted { kind: Some(MethodKind::Shipping), ..MethodWanted::default() }
}

pub fn pickup(place: &str) -> MethodWanted {
    MethodWanted {
        kind: Some(MethodKind::Pickup),
        selected_destination: Some(Some(text(place))),
        ..MethodWanted::default()
    }
}

pub fn to_address(id: &str, address: Address) -> MethodWanted {
    MethodWanted { destinations: Some(vec![destination(Some(id), address)]), ..shipping() }
}

pub fn destination(id: Option<&str>, address: Address) -> DestinationWanted {
    DestinationWanted { id: id.map(text), address }
}

pub fn selecting(option: Option<&str>) -> MethodWanted {
    let group = GroupWanted { id: None, selected_option: Some(option.map(text)) };
    MethodWanted { groups: Some(vec![group]), ..shipping() }
}

pub fn card(id: &str) -> InstrumentShown {
    InstrumentShown {
        id: text(id),
        handler_id: text("gpay"),
        kind: text("card"),
        brand: Some(text("visa")),
        last_digits: Some(text("1111")),
        expiry_month: None,
        expiry_year: None,
        rich_text_description: None,
        rich_card_art: None,
        billing_address: None,
    }
}

pub fn asked() -> Asked {
    Asked { key: Arc::from(&b"key"[..]), fingerprint: [1; 32], manner: 0 }
}

pub fn names(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(|text| text.as_str()).collect()
}
