//! An integrator with an engine: a Google, a messenger and a voice to talk with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use paceline_domain::account::{Account, Profile, Standing};
use paceline_domain::ids::{AccountId, AssociationId, IntegratorAccountId, MovementId, RequestId};
use paceline_domain::link::Customer;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::name::Identifier;
use paceline_engine::bank::{Answer, Asking, Bank, Transfer, Unavailable};
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::google::{Call, Delivery, Google, Trouble, What};
use paceline_engine::messenger::{Message, Messenger, Sent};
use paceline_engine::tokenized::{
    self, Approval, Associate, Instrument, NewAccount, Outcome, Pay, Proven, Refund,
};
use paceline_engine::{
    Engine, EngineError, IdempotencyKey, Keyed, Outside, Reply, SealKey, Secret, System, Voices,
};
use paceline_storage::{EventLog, MemoryLog};
use tokio::sync::watch;

use super::{KEY, PlainVoice, Shop, tables, text, usd};

/// Says an outcome as it is written in the program; what is refused is no 200.
pub struct Plain;

impl tokenized::Voice for Plain {
    fn words(&self, outcome: &Outcome<'_>) -> Reply {
        let status = match outcome {
            Outcome::Refused(_) => 400,
            Outcome::Unfinished => 503,
            _ => 200,
        };
        Reply { status, body: format!("{outcome:?}").into() }
    }
}

/// Remembers every message.
#[derive(Default)]
pub struct Phones {
    pub messages: Mutex<Vec<Message>>,
}

impl Phones {
    /// The password that came last.
    pub fn password(&self) -> Secret {
        self.messages.lock().unwrap().last().unwrap().password.clone()
    }
}

impl Messenger for Phones {
    fn send(&self, message: Message) -> Asking<'_, Sent> {
        self.messages.lock().unwrap().push(message);
        Box::pin(async { Sent::Sent })
    }
}

/// Hears every call, and says what it was told to say.
pub struct Listener {
    pub calls: Mutex<Vec<Call>>,
    says: watch::Sender<Delivery>,
    pub pages: Mutex<BTreeMap<u64, Delivery>>,
}

impl Listener {
    pub fn new() -> Arc<Self> {
        let says = watch::Sender::new(Delivery::Heard);
        Arc::new(Self { calls: Mutex::default(), says, pages: Mutex::default() })
    }

    pub fn say(&self, delivery: Delivery) {
        self.says.send_replace(delivery);
    }

    pub fn go_away(&self) {
        self.say(Delivery::NotYet(Trouble::Passing));
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Waits until something was called that `is_it`.
    pub async fn hears(&self, is_it: impl Fn(&Call) -> bool) -> Call {
        loop {
            if let Some(call) = self.calls().into_iter().find(&is_it) {
                return call;
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Google for Listener {
    fn deliver(&self, call: Call) -> Asking<'_, Delivery> {
        let page = match &call.what {
            What::StatementPage { offset, .. } => self.pages.lock().unwrap().get(offset).cloned(),
            _ => None,
        };
        self.calls.lock().unwrap().push(call);
        let says = self.says.borrow().clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            match says {
                Delivery::Heard => page.unwrap_or(Delivery::Heard),
                other => other,
            }
        })
    }
}

/// An integrator's parts; engines run on them one after the other.
pub struct Integrator {
    pub shop: Shop,
    pub phones: Arc<Phones>,
    pub google: Arc<Listener>,
    pub bank: Option<Arc<dyn Bank>>,
}

impl Integrator {
    pub fn new() -> Self {
        let (shop, phones, google) = (Shop::new(), Arc::default(), Listener::new());
        Self { shop, phones, google, bank: None }
    }

    /// Starts an engine on what the log holds. Must run inside [`run`](super::run).
    pub fn open(&self) -> Engine {
        self.open_with(Arc::clone(&self.google) as Arc<dyn Google>)
    }

    /// As [`Integrator::open`], with another Google.
    pub fn open_with(&self, google: Arc<dyn Google>) -> Engine {
        let none = std::time::Duration::ZERO;
        let options = SimulatedOptions { seed: 1, latency_median: none, latency_p99: none };
        let book = Arc::clone(&self.shop.book) as Arc<dyn EventLog>;
        let outside = Outside {
            gateway: Arc::new(Simulated::new(options, book)),
            bank: self.bank.clone(),
            messenger: Some(Arc::clone(&self.phones) as Arc<dyn Messenger>),
            google: Some(google),
            acquirer: None,
        };
        let voices =
            Voices { tokenized: Some(Arc::new(Plain)), ..Voices::new(Arc::new(PlainVoice)) };
        Engine::start(
            self.shop.options.clone(),
            Arc::clone(&self.shop.log) as Arc<dyn EventLog>,
            outside,
            voices,
            Arc::new(System),
            Arc::new(tables()),
            SealKey::new(&KEY),
        )
    }
}

/// The log in memory, after a crash: what is on it is there.
pub fn log(integrator: &Integrator) -> Arc<MemoryLog> {
    Arc::clone(&integrator.shop.log)
}

pub fn piaid() -> IntegratorAccountId {
    IntegratorAccountId::parse("InvisiCashUSA_USD").unwrap()
}

pub fn request(id: &str) -> RequestId {
    RequestId::parse(id).unwrap()
}

pub fn association(id: &str) -> AssociationId {
    AssociationId::parse(id).unwrap()
}

pub fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

pub fn secret(words: &str) -> Secret {
    Secret::new(words.to_owned().into_bytes())
}

pub fn dollars(dollars: i64) -> Micros {
    Micros(dollars * 1_000_000)
}

pub fn currency(code: &str) -> CurrencyCode {
    CurrencyCode::parse(code).unwrap()
}

/// The key of a request, and what it asks, told apart by `content`.
pub fn keyed(method: &str, id: &str, content: u8) -> Keyed {
    Keyed { key: IdempotencyKey::new("google", method, id), fingerprint: [content; 32] }
}

pub fn words(reply: Result<Reply, EngineError>) -> String {
    let reply = reply.unwrap();
    format!("{} {}", reply.status, std::str::from_utf8(&reply.body).unwrap())
}

/// Sally, with 500 dollars.
pub async fn sally(engine: &Engine) -> Account {
    customer(engine, "acct-sally", "sally@otheremail.com", "+15550100001", 500).await
}

/// Somebody who is open and has so many dollars. Nobody signs in: the hash would take long.
pub async fn customer(engine: &Engine, id: &str, email: &str, phone: &str, has: i64) -> Account {
    let profile = Profile {
        name: text(id),
        nickname: text("***-91"),
        email: Some(text(email)),
        phone: Some(text(phone)),
        vpa: Some(text(&format!("{id}@paceline"))),
        address: None,
    };
    let new = NewAccount { id: account(id), currency: usd(), profile, password: None };
    engine.open_account(new).await.unwrap();
    let source = text("cash");
    engine.fund_account(&account(id), "first", dollars(has), usd(), source).await.unwrap()
}

/// An engine at which Sally has linked the token `gpt`.
pub async fn linked(integrator: &Integrator) -> Engine {
    let engine = integrator.open();
    sally(&engine).await;
    link(&engine, "acct-sally", "gpt").await;
    engine
}

/// Links a token to an account whose customer approved on our page.
pub async fn link(engine: &Engine, who: &str, token: &str) -> String {
    let authentication = request(&format!("auth:{token}"));
    let approval = Approval { authentication, account: account(who), association: None };
    engine.approve(approval).await.unwrap().unwrap();
    words(associate(engine, token, &format!("assoc:{token}"), redirect(token)).await)
}

/// The proof that [`link`] makes for a token.
pub fn redirect(token: &str) -> Proven {
    Proven::Redirect { authentication: request(&format!("auth:{token}")) }
}

/// Asks for a link, under the id of the token.
pub async fn associate(
    engine: &Engine,
    token: &str,
    id: &str,
    proven: Proven,
) -> Result<Reply, EngineError> {
    let wanted = Associate {
        request: request(id),
        token: secret(token),
        association: association(&format!("association-{token}")),
        proven,
        with_information: true,
    };
    engine.associate(wanted, keyed("associateAccount", id, 1)).await
}

pub fn pay(id: &str, token: &str, amount: Micros) -> Pay {
    Pay {
        request: request(id),
        integrator: piaid(),
        with: Instrument::Token(secret(token)),
        amount,
        currency: usd(),
        description: text("Google - Sky Atlas"),
        proven: None,
    }
}

pub async fn capture(engine: &Engine, id: &str, token: &str, amount: Micros) -> String {
    words(engine.capture(pay(id, token, amount), keyed("capture", id, 1)).await)
}

pub async fn refund(engine: &Engine, id: &str, of: &str, amount: Micros) -> String {
    let wanted = Refund {
        request: request(id),
        integrator: piaid(),
        capture: request(of),
        amount,
        currency: usd(),
    };
    words(engine.refund(wanted, keyed("refund", id, 1)).await)
}

pub async fn balance(engine: &Engine, who: &str) -> Micros {
    engine.account(&account(who)).await.unwrap().balance
}

/// A bank that says nothing until it is told to speak, and remembers what it was asked.
pub struct MuteBank {
    pub asked: Mutex<Vec<Transfer>>,
    speaks: watch::Sender<bool>,
}

impl MuteBank {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { asked: Mutex::default(), speaks: watch::Sender::new(false) })
    }

    pub fn speak(&self) {
        self.speaks.send_replace(true);
    }

    /// Waits until it was asked something.
    pub async fn is_asked(&self) {
        while self.asked.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    fn answer(&self, transfer: Transfer) -> Asking<'_, Answer> {
        self.asked.lock().unwrap().push(transfer);
        let mut speaks = self.speaks.subscribe();
        Box::pin(async move {
            speaks.wait_for(|speaks| *speaks).await.map_or(Answer::Unknown, |_| Answer::Approved)
        })
    }
}

impl Bank for MuteBank {
    fn find<'a>(
        &'a self,
        who: &'a Identifier,
    ) -> Asking<'a, Result<Option<Customer>, Unavailable>> {
        let Identifier::Account(account) = who else { return Box::pin(async { Ok(None) }) };
        let (standing, profile) = (Standing::Open, Profile::default());
        let customer = Customer { account: account.clone(), standing, profile };
        Box::pin(async { Ok(Some(customer)) })
    }

    fn sign_in<'a>(
        &'a self,
        _: &'a Identifier,
        _: &'a Secret,
    ) -> Asking<'a, Result<Option<Customer>, Unavailable>> {
        Box::pin(async { Err(Unavailable) })
    }

    fn debit(&self, transfer: Transfer) -> Asking<'_, Answer> {
        self.answer(transfer)
    }

    fn credit(&self, transfer: Transfer) -> Asking<'_, Answer> {
        self.answer(transfer)
    }

    fn forget<'a>(&'a self, _: &'a AccountId, _: MovementId) -> Asking<'a, ()> {
        Box::pin(async {})
    }
}

/// A bank that takes every question and never answers.
pub struct HangingBank;

impl Bank for HangingBank {
    fn find<'a>(&'a self, _: &'a Identifier) -> Asking<'a, Result<Option<Customer>, Unavailable>> {
        Box::pin(std::future::pending())
    }

    fn sign_in<'a>(
        &'a self,
        _: &'a Identifier,
        _: &'a Secret,
    ) -> Asking<'a, Result<Option<Customer>, Unavailable>> {
        Box::pin(std::future::pending())
    }

    fn debit(&self, _: Transfer) -> Asking<'_, Answer> {
        Box::pin(std::future::pending())
    }

    fn credit(&self, _: Transfer) -> Asking<'_, Answer> {
        Box::pin(std::future::pending())
    }

    fn forget<'a>(&'a self, _: &'a AccountId, _: MovementId) -> Asking<'a, ()> {
        Box::pin(std::future::pending())
    }
}
