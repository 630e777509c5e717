//! One day from one seed: lives of the engine one after the other on what the disk has kept, with
//! a bank, a Google and clients that outlive them all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::System;
use paceline_domain::time::Timestamp;
use paceline_engine::bank::Bank;
use paceline_engine::card;
use paceline_engine::google::Google;
use paceline_engine::messenger::Messenger;
use paceline_engine::tokenized::{self, NewAccount};
use paceline_engine::{
    Engine, EngineError, Options, Outside, Reply, SealKey, Surroundings, Voices,
};
use paceline_storage::{AnswerKey, EventLog, MemoryLog, Millis};

use crate::common::processor::Silent;
use crate::common::standard::{Plain, account, dollars};
use crate::common::{KEY, PlainVoice, tables, text, usd};
use crate::simulation::chance::Chance;
use crate::simulation::disk::Disk;
use crate::simulation::lives::{self, Course, Day as _, End};
use crate::simulation::machine::{Machine, Power};
use crate::simulation::standard::bank::{self, Vault};
use crate::simulation::standard::clients::{Clients, What, World, owner, profile};
use crate::simulation::standard::google;
use crate::simulation::standard::oracle::Books;
use crate::simulation::standard::{phones, statements};
use crate::simulation::watch;

/// How long the world may take to come to rest once nothing is in its way: what needed mending is
/// tried again within an hour of the engine's, after an outage of the day's.
const REST_LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Before the shortest patience with the bank is over.
const SOON: Duration = Duration::from_millis(40);

pub const ACCOUNTS: usize = 2;
pub const TOKENS: usize = 4;

pub struct Day {
    pub(super) chance: Chance,
    steps_max: usize,
    fuse_max: Option<usize>,
    reads_wait: bool,
    shards: usize,
    pub(super) options: Options,
    /// The integrator's own bank; `None` with the embedded ledger.
    vault: Option<Arc<Vault>>,
    pub(super) world: World,
    pub(super) books: Arc<Books>,
    pub(super) clients: Clients,
    platter: Arc<MemoryLog>,
    wall: Timestamp,
    pub(super) ids: usize,
    pub(super) course: Course,
}

pub(super) struct Life {
    pub power: Arc<Power>,
    pub machine: Arc<Machine>,
    pub disk: Arc<Disk>,
    pub engine: Engine,
}

impl Day {
    pub fn new(seed: u64, told: bool) -> Self {
        let mut chance = Chance::new(seed);
        let vault = (!chance.one_in(3)).then(Arc::<Vault>::default);
        let mut options = options(&mut chance);
        options.tokenized.otp_limit.messages = chance.pick(&[2, 10, 1_000]);
        options.tokenized.deadline = Duration::from_millis(chance.pick(&[1, 200, 5_000, 5_000]));
        let mut day = Self {
            steps_max: chance.pick(&[100, 200, 400]),
            fuse_max: chance.pick(&[None, Some(200), Some(1_000), Some(4_000)]),
            reads_wait: !chance.one_in(3),
            shards: chance.pick(&[1, 2, 4]),
            options,
            vault,
            world: World { phones: Arc::default(), ears: Arc::default() },
            books: Arc::default(),
            clients: Clients::default(),
            platter: Arc::new(MemoryLog::new()),
            wall: Timestamp(1_700_000_000_000),
            ids: 0,
            course: Course::new(told),
            chance,
        };
        day.open_accounts();
        day
    }

    /// Before the day, on a machine without faults.
    fn open_accounts(&mut self) {
        if let Some(vault) = &self.vault {
            (0..ACCOUNTS).for_each(|number| vault.open(account(&owner(number)), dollars(20)));
            return;
        }
        let system = System::with_tokio_rt(lives::runtime);
        system.block_on(async {
            let machine = Machine::new(Power::new(None), self.wall, self.chance.fork(), false);
            let log = Arc::clone(&self.platter) as Arc<dyn EventLog>;
            let outside = Outside::new(Silent::new());
            let engine = self.engine(log, outside, &machine);
            for number in 0..ACCOUNTS {
                let id = account(&owner(number));
                let profile = profile(&id);
                let new = NewAccount { id: id.clone(), currency: usd(), profile, password: None };
                engine.open_account(new).await.unwrap();
                let (has, source) = (dollars(20), text("cash"));
                engine.fund_account(&id, "first", has, usd(), source).await.unwrap();
            }
        });
    }

    fn engine(&self, log: Arc<dyn EventLog>, outside: Outside, machine: &Arc<Machine>) -> Engine {
        let voices =
            Voices { tokenized: Some(Arc::new(Plain)), ..Voices::new(Arc::new(PlainVoice)) };
        let surroundings = Arc::clone(machine) as Arc<dyn Surroundings>;
        let (options, key) = (self.options.clone(), SealKey::new(&KEY));
        Engine::start(options, log, outside, voices, surroundings, Arc::new(tables()), key)
    }

    fn life(&mut self, power: &Arc<Power>) -> Life {
        let (books, platter) = (Arc::clone(&self.books), Arc::clone(&self.platter));
        let disk = Disk::new(Arc::clone(power), books, platter, self.shards);
        let ids = self.chance.fork();
        let machine = Machine::new(Arc::clone(power), self.wall, ids, self.reads_wait);
        let bank = self.vault.as_ref().map(|vault| {
            let line = bank::Line { power: Arc::clone(power), vault: Arc::clone(vault) };
            Arc::new(line) as Arc<dyn Bank>
        });
        let World { phones, ears } = self.world.clone();
        let google = google::Line { power: Arc::clone(power), ears };
        let messenger = phones::Line { power: Arc::clone(power), phones };
        let messenger = Some(Arc::new(messenger) as Arc<dyn Messenger>);
        let google = Some(Arc::new(google) as Arc<dyn Google>);
        let outside = Outside { bank, google, messenger, ..Outside::new(Silent::new()) };
        let engine = self.engine(Arc::clone(&disk) as _, outside, &machine);
        Life { power: Arc::clone(power), machine, disk, engine }
    }

    /// The power is off.
    fn bury(&mut self, life: &Life) -> End {
        self.books.count("crashes");
        self.platter = life.disk.crash(&mut self.chance);
        self.clients.cut_off();
        self.world.ears.cut_off();
        self.world.phones.cut_off();
        if let Some(vault) = &self.vault {
            vault.cut_off();
        }
        let passed = self.wall.after(life.machine.age()).0;
        self.wall = Timestamp(passed + 1_000 - self.chance.pick(&[0, 0, 0, 1_000, 2_000]));
        End::Cut
    }

    async fn act(&mut self, life: &Life) {
        match self.chance.below(100) {
            0..22 => {
                let intent = self.intent(life);
                self.ask(intent, life);
            }
            22..34 if !self.clients.intents.is_empty() => {
                let known = self.clients.intents.len();
                let intent = known - 1 - self.chance.below(known.min(20));
                self.ask(intent, life);
            }
            34..37 if !self.clients.intents.is_empty() => self.misuse_key(life),
            37..39 if self.clients.under_way() > 0 => {
                self.clients.hang_up(self.chance.below(100));
            }
            39..54 => {
                let shard = self.chance.below(life.disk.shards());
                life.disk.sync(shard, 1 + self.chance.below(4));
            }
            54..60 => {
                (0..life.disk.shards()).for_each(|shard| life.disk.sync(shard, usize::MAX));
            }
            60..72 if life.machine.reads_waiting() > 0 => {
                life.machine.read(self.chance.below(life.machine.reads_waiting()));
            }
            72..80 => self.meet_bank(None),
            80..84 => self.meet_google(None),
            84..88 => self.meet_phones(None),
            88 => self.outage(),
            89..96 => {
                let millis = self.chance.pick(&[1, 1, 10, 60, 120]);
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
            96 => {
                let millis = self.chance.pick(&[1_500, 6_000, 60_000, 600_000]);
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
            97 => life.disk.fill(self.chance.one_in(2)),
            98 if self.chance.one_in(4) => life.disk.fail(&mut self.chance),
            99 => life.power.cut(),
            _ => {}
        }
        // A log that has stopped takes the process with it, soon.
        if life.disk.has_failed() && self.chance.one_in(4) {
            life.power.cut();
        }
    }

    fn outage(&mut self) {
        if let Some(vault) = self.vault.as_ref().filter(|_| self.chance.one_in(2)) {
            vault.set_down(!vault.is_down());
        } else {
            self.world.ears.set_down(!self.world.ears.is_down());
        }
    }

    fn meet_bank(&mut self, fate: Option<bank::Fate>) {
        use bank::Fate::{Answered, Doubled, Garbled, Lost, Refused};
        let Some(vault) = self.vault.clone().filter(|vault| vault.questions() > 0) else { return };
        let among = [Answered, Answered, Answered, Garbled, Refused, Lost, Doubled];
        let fate = fate.unwrap_or_else(|| self.chance.pick(&among));
        let which = self.chance.below(vault.questions());
        let what = vault.meet(which, fate, &mut self.chance);
        self.course.trace(|| what);
    }

    fn meet_google(&mut self, fate: Option<google::Fate>) {
        use google::Fate::{Heard, HeardInVain, Lost, Misread, Refused};
        let ears = Arc::clone(&self.world.ears);
        if ears.calls() == 0 {
            return;
        }
        let among = [Heard, Heard, HeardInVain, Refused, Misread, Lost];
        let fate = fate.unwrap_or_else(|| self.chance.pick(&among));
        let what = ears.meet(self.chance.below(ears.calls()), fate);
        self.course.trace(|| what);
    }

    fn meet_phones(&mut self, fate: Option<phones::Fate>) {
        use phones::Fate::{Arrives, Failed, Garbled, Lost, Refused};
        let phones = Arc::clone(&self.world.phones);
        if phones.messages() == 0 {
            return;
        }
        let among = [Arrives, Arrives, Arrives, Garbled, Refused, Lost, Failed];
        let fate = fate.unwrap_or_else(|| self.chance.pick(&among));
        let what = phones.meet(self.chance.below(phones.messages()), fate);
        self.course.trace(|| what);
    }

    /// Lets the engine run, then takes down what the clients hear.
    async fn listen(&mut self, life: &Life, settle: usize) -> Result<(), String> {
        for _ in 0..settle {
            tokio::task::yield_now().await;
        }
        for (intent, answer) in self.clients.heard() {
            self.course.trace(|| format!("hears {intent}: {answer:?}"));
            self.hear(life, intent, answer);
        }
        self.check(&life.power)
    }

    /// A 200 is on disk under its key before anybody hears of it, and stays what it is.
    fn hear(&mut self, life: &Life, intent: usize, answer: Result<Reply, EngineError>) {
        let asked = self.clients.intents[intent].clone();
        let reply = match answer {
            Ok(reply) if reply.status == 200 => reply,
            Ok(reply) => {
                let refund = matches!(asked.what, What::Refund { .. });
                self.books.count(match reply.status {
                    503 => "told to ask again",
                    _ if refund => "refunds refused",
                    _ => "refused",
                });
                if let Some(before) = self.clients.told.get(&intent)
                    && reply.status != 503
                {
                    self.books.accuse(format!("{asked:?}: {before:?}, then {reply:?}"));
                }
                return;
            }
            Err(EngineError::KeyMismatched) => {
                self.books.count("keys used for something else");
                let alone = self.clients.intents.iter().filter(|other| other.id == asked.id);
                if alone.count() < 2 || self.clients.told.contains_key(&intent) {
                    self.books.accuse(format!("{asked:?} is a mismatch with nothing"));
                }
                return;
            }
            Err(EngineError::Damaged) => return self.books.accuse(format!("{asked:?}: damaged")),
            Err(EngineError::Overloaded | EngineError::Stopped) => return,
        };
        match self.clients.told.get(&intent) {
            None => {
                self.judge(&asked, &reply);
                self.clients.told.insert(intent, reply.clone());
            }
            Some(before) if *before == reply => self.books.count("answers repeated"),
            Some(before) => self.books.accuse(format!("{asked:?}: {before:?}, then {reply:?}")),
        }
        let (key, now) = (AnswerKey::from(asked.keyed().key), Millis(life.machine.now().0));
        let kept = life.disk.answer(&key, now).unwrap();
        let whole = kept.map(|kept| kept.body).unwrap_or_default();
        let holds = |bytes: &[u8]| whole.windows(bytes.len()).any(|part| part == bytes);
        if !holds(&reply.body) || !holds(&asked.keyed().fingerprint) {
            self.books.accuse(format!("{asked:?} was told what is not on disk: {reply:?}"));
        }
    }

    /// The faults are over: everything that is owed must be done, and everybody be answered.
    async fn rest(&mut self, life: &Life) -> Result<End, String> {
        if life.disk.has_failed() {
            return Ok(self.bury(life));
        }
        self.course.trace(|| "the faults are over".to_owned());
        self.world.ears.set_down(false);
        if let Some(vault) = &self.vault {
            vault.set_down(false);
        }
        life.disk.fill(false);
        let began = life.machine.age();
        let mut wait = SOON;
        while life.machine.age() - began < REST_LONGEST {
            while life.machine.reads_waiting() > 0 && life.power.is_on() {
                life.machine.read(0);
            }
            while self.vault.as_ref().is_some_and(|vault| vault.questions() > 0) {
                self.meet_bank(Some(bank::Fate::Answered));
                wait = SOON;
            }
            while self.world.phones.messages() > 0 {
                self.meet_phones(Some(phones::Fate::Arrives));
                wait = SOON;
            }
            while self.world.ears.calls() > 0 {
                self.meet_google(Some(google::Fate::Heard));
                wait = SOON;
            }
            life.disk.sync_all();
            self.listen(life, 4).await?;
            if !life.power.is_on() {
                return Ok(self.bury(life));
            }
            let owed = life.disk.due(Millis(u64::MAX), None, 1).unwrap();
            if self.clients.under_way() == 0 && owed.is_empty() && life.disk.queued() == 0 {
                break;
            }
            tokio::time::sleep(wait).await;
            // What is owed comes due in minutes: nobody looks for it all the time.
            wait = (wait + wait / 8).min(Duration::from_secs(5));
        }
        self.course.trace(|| "the world is at rest".to_owned());
        let log = Arc::clone(&life.disk);
        self.books.assert_all_done(&*log, self.vault.as_deref(), &self.world.ears);
        statements::assert_answered(&self.books, &*log, &self.world.ears);
        self.assert_messages_granted(&*log);
        if self.clients.under_way() > 0 {
            self.books.accuse(format!("{} are not answered", self.clients.under_way()));
        }
        self.check(&life.power)?;
        Ok(End::Rest)
    }
}

fn options(chance: &mut Chance) -> Options {
    Options {
        workers: 1,
        asks_max: chance.pick(&[4, 1000, 1000]),
        actors_live_max: chance.pick(&[1, 2, 4, 1000]),
        answers_cached_bytes_max: chance.pick(&[0, 1000, 1_000_000]),
        session_lives: Duration::from_secs(3600),
        answers_kept: Duration::from_secs(3600),
        complete_deadline: Duration::from_secs(5),
        gateway_timeout: Duration::from_millis(chance.pick(&[50, 1_000, 30_000])),
        tokenized: tokenized::Options {
            statement_margin: statements::MARGIN,
            ..Default::default()
        },
        card: card::Options::default(),
    }
}

impl lives::Day for Day {
    fn course(&mut self) -> &mut Course {
        &mut self.course
    }

    fn fuse(&mut self) -> Option<u64> {
        let longest = self.fuse_max.filter(|_| self.course.steps < self.steps_max)?;
        (!self.chance.one_in(3)).then(|| self.chance.below(longest) as u64)
    }

    async fn live(&mut self, power: &Arc<Power>) -> Result<End, String> {
        let life = self.life(power);
        while self.course.steps < self.steps_max {
            self.course.steps += 1;
            self.act(&life).await;
            let settle = self.chance.pick(&[0, 1, 2, 8]);
            self.listen(&life, settle).await?;
            if !life.power.is_on() {
                return Ok(self.bury(&life));
            }
        }
        self.rest(&life).await
    }

    fn check(&self, power: &Power) -> Result<(), String> {
        let heard = watch::heard(); // of a life whose power is off it means nothing
        let mut broken = self.books.wrong.lock().unwrap().clone();
        broken.extend(self.world.ears.wrong.lock().unwrap().clone());
        broken.extend(self.world.phones.wrong.lock().unwrap().clone());
        broken.extend(self.vault.iter().flat_map(|vault| vault.wrong.lock().unwrap().clone()));
        broken.extend(heard.into_iter().filter(|_| power.is_on()));
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
    }

    fn tally(&self) -> BTreeMap<&'static str, u64> {
        self.books.tally.lock().unwrap().clone()
    }
}
