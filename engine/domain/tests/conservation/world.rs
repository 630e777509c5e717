//! The world: entities with their events, the market they see, and what a test does to them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use paceline_domain::ids::{InstrumentId, OrderId, ProductId, SessionId};
use paceline_domain::session::{
    self, Change, Changes, Command, Complete, Create, LineWanted, Update,
};
use paceline_domain::time::Timestamp;

use super::books::Processor;
use super::runner::Message;
use crate::common::checkout::{
    CALLER, OPENED_AT, SIX_HOURS, card, codes, everything, selecting, wanted,
};
use crate::common::shop::{POT, Shop, TEA, product};
use crate::common::{self, Instruments, Machine, Orders, Sessions, Stocks, text};

const PRODUCTS: [&str; 2] = [TEA, POT];

#[derive(Clone, Debug)]
pub enum Step {
    Open {
        at: usize,
        tea: u32,
        pot: u32,
    },
    Update {
        at: usize,
        tea: u32,
        pot: u32,
        express: bool,
        code: bool,
    },
    Pay {
        at: usize,
        with: usize,
    },
    Cancel {
        at: usize,
    },
    /// Time passes, and whatever is over its time is looked at.
    Wait {
        minutes: u64,
    },
    /// What a session owes is carried out, and cut off after so many messages.
    CarryOut {
        at: usize,
        steps: u32,
    },
    /// A message arrives once more, or late.
    Deliver {
        nth: usize,
    },
    Count {
        product: usize,
        counted: u64,
    },
    Price {
        product: usize,
        price: u64,
    },
    Crash,
}

pub struct World {
    pub shop: Shop,
    pub now: Timestamp,
    pub sessions: BTreeMap<SessionId, Entity<Sessions>>,
    pub stocks: BTreeMap<ProductId, Entity<Stocks>>,
    pub instruments: BTreeMap<InstrumentId, Entity<Instruments>>,
    pub orders: BTreeMap<OrderId, Entity<Orders>>,
    pub processor: Processor,
    pub sent: Vec<Message>,
}

impl World {
    /// Five tins of tea and three pots.
    pub fn open() -> Self {
        let mut shop = Shop::open();
        let mut stocks = BTreeMap::new();
        for (id, units) in [(TEA, 5), (POT, 3)] {
            shop.offers.get_mut(&product(id)).expect("it is sold").units = units;
            stocks.insert(product(id), Entity::default());
        }
        Self {
            shop,
            now: OPENED_AT,
            sessions: BTreeMap::new(),
            stocks,
            instruments: BTreeMap::new(),
            orders: BTreeMap::new(),
            processor: Processor::default(),
            sent: vec![],
        }
    }

    pub fn take(&mut self, step: Step) {
        self.now = self.now.after(Duration::from_secs(1));
        match step {
            Step::Open { at, tea, pot } => self.create(id(at), lines(tea, pot)),
            Step::Update { at, tea, pot, express, code } => {
                let option = if express { "ship_express" } else { "ship_ground" };
                let changes = Changes {
                    lines: Some(lines(tea, pot)).filter(|lines| !lines.is_empty()),
                    methods: Change::Set(vec![selecting(Some(option))]),
                    ..codes(if code { &["LEAF10", "SIXOFF"] } else { &["NOPE"] })
                };
                let (caller, market, now) = (text(CALLER), self.market(), self.now);
                let update = Update { caller, changes, market, now };
                self.client(id(at), Command::Update(Box::new(update)));
            }
            Step::Pay { at, with } => {
                let complete = Complete {
                    caller: text(CALLER),
                    instrument: InstrumentId(with as u128),
                    shown: card("pi_9"),
                    order: OrderId(1_000 + at as u128),
                    asked: None,
                    market: self.market(),
                    now: self.now,
                };
                self.client(id(at), Command::Complete(Box::new(complete)));
            }
            Step::Cancel { at } => {
                self.client(id(at), Command::Cancel { caller: text(CALLER), now: self.now });
            }
            Step::Wait { minutes } => self.wait(minutes),
            Step::CarryOut { at, mut steps } => {
                let _ = self.carry_out(id(at), &mut steps);
            }
            Step::Deliver { .. } if self.sent.is_empty() => {}
            Step::Deliver { nth } => self.deliver(self.sent[nth % self.sent.len()].clone()),
            Step::Count { product, counted } => {
                let offer = self.shop.offers.get_mut(&common::shop::product(PRODUCTS[product]));
                offer.expect("it is sold").units = counted;
            }
            Step::Price { product, price } => self.shop.reprice(PRODUCTS[product], price * 500),
            Step::Crash => self.forget_all_but_the_events(),
        }
    }

    /// The shop as it is now, with the stock that is left.
    fn market(&self) -> Arc<Shop> {
        let mut shop = self.shop.clone();
        for (product, stock) in &self.stocks {
            let (counted, stock) = (shop.offers[product].units, &stock.state);
            shop.left.insert(product.clone(), counted.saturating_sub(stock.sold + stock.held));
        }
        Arc::new(shop)
    }

    fn create(&mut self, id: SessionId, lines: Vec<LineWanted>) {
        let create = Create {
            id,
            caller: text(CALLER),
            changes: Changes { lines: Some(lines), ..everything() },
            market: self.market(),
            now: self.now,
            lives: SIX_HOURS,
        };
        self.client(id, Command::Create(Box::new(create)));
    }

    /// A client may ask for anything; what is refused changes nothing.
    fn client(&mut self, id: SessionId, command: Command) {
        let session = self.sessions.entry(id).or_default();
        let before = session.events.len();
        if session.ask(command).is_err() {
            assert_eq!(session.events.len(), before);
        }
    }

    fn wait(&mut self, minutes: u64) {
        self.now = self.now.after(Duration::from_secs(60 * minutes));
        let now = self.now;
        for session in self.sessions.values_mut() {
            if session::expires(&session.state).is_some_and(|due| due <= now) {
                session.ask(Command::Expire { now }).expect("time is never refused");
            }
        }
    }

    pub fn forget_all_but_the_events(&mut self) {
        for session in self.sessions.values_mut() {
            let owed = session::pending(&session.state);
            session.replay();
            assert_eq!(session::pending(&session.state), owed);
        }
        self.stocks.values_mut().for_each(Entity::replay);
        self.instruments.values_mut().for_each(Entity::replay);
        self.orders.values_mut().for_each(Entity::replay);
    }

    pub fn session(&mut self, id: SessionId) -> &mut Entity<Sessions> {
        self.sessions.get_mut(&id).expect("the session was opened")
    }

    pub fn stock(&mut self, product: &ProductId) -> &mut Entity<Stocks> {
        self.stocks.get_mut(product).expect("the product has a stock")
    }

    pub fn instrument(&mut self, id: InstrumentId) -> &mut Entity<Instruments> {
        self.instruments.entry(id).or_default()
    }
}

/// An entity and everything that ever happened to it.
pub struct Entity<M: Machine> {
    pub state: M::State,
    pub events: Vec<M::Event>,
}

impl<M: Machine> Default for Entity<M> {
    fn default() -> Self {
        Self { state: M::State::default(), events: vec![] }
    }
}

impl<M: Machine> Entity<M> {
    pub fn ask(&mut self, command: M::Command) -> Result<(), M::Rejection> {
        let events = M::decide(&self.state, command)?;
        events.iter().for_each(|event| M::apply(&mut self.state, event));
        self.events.extend(events);
        Ok(())
    }

    /// What the events alone say must be what was known.
    pub fn replay(&mut self) {
        let known = std::mem::replace(&mut self.state, common::after::<M>(&self.events));
        assert_eq!(self.state, known);
    }
}

fn id(at: usize) -> SessionId {
    SessionId(1 + at as u128)
}

fn lines(tea: u32, pot: u32) -> Vec<LineWanted> {
    let wanted = |(id, units): (&str, u32)| (units > 0).then(|| wanted(id, units));
    [(TEA, tea), (POT, pot)].into_iter().filter_map(wanted).collect()
}
