//! What every actor shares.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};

use actix::{Addr, ArbiterHandle};
use paceline_domain::link::Customer;
use paceline_domain::name::Identifier;
use paceline_domain::tables::Tables;
use paceline_domain::time::Timestamp;
use paceline_storage::EventLog;
use tokio::sync::{Semaphore, oneshot};

use crate::bank::{Bank, Unavailable};
use crate::card;
use crate::clock::Surroundings;
use crate::directory::Directory;
use crate::engine::{Options, Outside};
use crate::entity::{
    Accounts, CardPayments, Cards, Challenges, Documents, Instruments, Journals, Links, Names,
    Notices, Orders, Payments, Sessions, Settlements, Statements, Stocks, Telephones,
};
use crate::gateway::Gateway;
use crate::google::Google;
use crate::host::{self, Host};
use crate::ledger::Ledger;
use crate::levels::{Levels, Sale};
use crate::limits::GOOGLE_CALLS_MAX;
use crate::messenger::Messenger;
use crate::metrics::Metrics;
use crate::seal::SealKey;
use crate::voice::Voices;

pub struct World {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) gateway: Arc<dyn Gateway>,
    pub(crate) bank: Arc<dyn Bank>,
    pub(crate) messenger: Option<Arc<dyn Messenger>>,
    pub(crate) google: Option<Arc<dyn Google>>,
    pub(crate) acquirer: Option<card::Acquiring>,
    /// One permit for each call to Google.
    pub(crate) google_calls: Semaphore,
    pub(crate) voices: Voices,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    pub(crate) seal_key: SealKey,
    pub(crate) options: Options,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) levels: Arc<Levels>,
    pub(crate) tables: RwLock<Arc<Tables>>,
    pub(crate) sessions: Directory<Sessions>,
    pub(crate) instruments: Directory<Instruments>,
    pub(crate) stocks: Directory<Stocks>,
    pub(crate) orders: Directory<Orders>,
    pub(crate) accounts: Directory<Accounts>,
    pub(crate) names: Directory<Names>,
    pub(crate) links: Directory<Links>,
    pub(crate) challenges: Directory<Challenges>,
    pub(crate) payments: Directory<Payments>,
    pub(crate) statements: Directory<Statements>,
    pub(crate) notices: Directory<Notices>,
    pub(crate) journals: Directory<Journals>,
    pub(crate) telephones: Directory<Telephones>,
    pub(crate) cards: Directory<Cards>,
    pub(crate) card_payments: Directory<CardPayments>,
    pub(crate) documents: Directory<Documents>,
    pub(crate) settlements: Directory<Settlements>,
    /// One on each thread that serves.
    pub(crate) hosts: OnceLock<Vec<Addr<Host>>>,
}

impl World {
    /// A world in which nobody is awake, to be opened.
    pub(crate) fn new(
        options: Options,
        log: Arc<dyn EventLog>,
        outside: Outside,
        voices: Voices,
        surroundings: Arc<dyn Surroundings>,
        tables: Arc<Tables>,
        seal_key: SealKey,
    ) -> Arc<Self> {
        let Outside { gateway, bank, messenger, google, acquirer } = outside;
        let awake_max = options.actors_live_max;
        let embedded = |world: &Weak<Self>| Arc::new(Ledger::new(world.clone())) as Arc<dyn Bank>;
        Arc::new_cyclic(|world| Self {
            log,
            gateway,
            bank: bank.unwrap_or_else(|| embedded(world)),
            messenger,
            google,
            acquirer,
            google_calls: Semaphore::new(GOOGLE_CALLS_MAX),
            voices,
            surroundings,
            seal_key,
            metrics: Arc::default(),
            levels: Arc::default(),
            tables: RwLock::new(tables),
            sessions: Directory::new(awake_max),
            instruments: Directory::new(awake_max),
            stocks: Directory::new(awake_max),
            orders: Directory::new(awake_max),
            accounts: Directory::new(awake_max),
            names: Directory::new(awake_max),
            links: Directory::new(awake_max),
            challenges: Directory::new(awake_max),
            payments: Directory::new(awake_max),
            statements: Directory::new(awake_max),
            notices: Directory::new(awake_max),
            journals: Directory::new(awake_max),
            telephones: Directory::new(awake_max),
            cards: Directory::new(awake_max),
            card_payments: Directory::new(awake_max),
            documents: Directory::new(awake_max),
            settlements: Directory::new(awake_max),
            hosts: OnceLock::new(),
            options,
        })
    }

    /// Takes hold of the threads, once and before anything is asked.
    pub(crate) fn open(self: &Arc<Self>, workers: &[ArbiterHandle]) {
        let hosts = host::start(self, workers);
        self.hosts.set(hosts).unwrap_or_else(|_| unreachable!("a world is opened once"));
    }

    pub(crate) fn hosts(&self) -> &[Addr<Host>] {
        self.hosts.get().expect("a world is opened before anything is asked")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.surroundings.now()
    }

    /// An id for something new: its time in milliseconds, then 80 bits that nobody can guess. The
    /// log keeps streams in the order of their ids, and what was made together is asked for
    /// together.
    pub(crate) fn fresh_id(&self) -> u128 {
        beside(u128::from(self.now().0) << HASH_BITS, self.surroundings.unguessable())
    }

    pub(crate) fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads from the log off this thread, which has others to serve. `None` if nobody lives to do
    /// it: it panicked, or the process is going down.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn EventLog) -> T + Send + 'static,
    ) -> Option<T> {
        let log = Arc::clone(&self.log);
        let (told, heard) = oneshot::channel();
        self.surroundings.aside(Box::new(move || {
            let _ = told.send(work(&*log)); // whoever asked may have gone
        }));
        heard.await.ok()
    }

    /// The customer whom this identifies. A bank that takes too long does not answer.
    pub(crate) async fn customer(&self, who: &Identifier) -> Result<Option<Customer>, Unavailable> {
        let asked = self.bank.find(who);
        let found = tokio::time::timeout(self.options.gateway_timeout, asked).await;
        found.unwrap_or(Err(Unavailable))
    }

    /// The picture of prices, rates and stock that a command takes along.
    pub(crate) fn market(&self) -> Arc<Sale> {
        Arc::new(Sale { tables: self.tables(), levels: Arc::clone(&self.levels) })
    }
}

/// The bits of an id that tell it from others of its time.
const HASH_BITS: u32 = 80;

/// A name that lies beside another in the order of ids, and is told apart by a hash.
pub(crate) fn beside(id: u128, hash: u128) -> u128 {
    id >> HASH_BITS << HASH_BITS | hash >> (u128::BITS - HASH_BITS)
}
