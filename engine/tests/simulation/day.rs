//! One day from one seed: lives of the engine one after the other on what the disk has kept,
//! with clients, a processor and an oracle that outlive them all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use paceline_domain::money::MinorUnits;
use paceline_domain::tables::Tables;
use paceline_domain::time::Timestamp;
use paceline_engine::gateway::Gateway;
use paceline_engine::{Engine, Outside, SealKey, Surroundings, Voices};
use paceline_storage::{EventLog, MemoryLog};

use crate::common::{KEY, product, tables};
use crate::simulation::books::Books;
use crate::simulation::chance::Chance;
use crate::simulation::clients::{Clients, Intent, Known, Op};
use crate::simulation::disk::Disk;
use crate::simulation::habits::{Action, Habits};
use crate::simulation::lives::{self, Course, Day as _, End};
use crate::simulation::machine::{Machine, Power};
use crate::simulation::processor::{Fate, Line, Processor};
use crate::simulation::watch;
use crate::simulation::words::Exact;

/// How long the world may take to come to rest once nothing is in its way.
const REST_LONGEST: Duration = Duration::from_secs(900);

const PRODUCTS: [&str; 3] = ["shoes", "last", "rare"];

pub struct Day {
    pub(super) chance: Chance,
    pub(super) habits: Habits,
    pub(super) books: Arc<Books>,
    pub(super) clients: Clients,
    processor: Arc<Processor>,
    platter: Arc<MemoryLog>,
    tables: Arc<Tables>,
    wall: Timestamp,
    keys: usize,
    course: Course,
}

/// One life's parts of the world.
struct Life {
    power: Arc<Power>,
    machine: Arc<Machine>,
    disk: Arc<Disk>,
    engine: Engine,
    _neighbour: Option<Engine>,
    stopping: bool,
}

impl Day {
    /// - `told`: print what happens.
    pub fn new(seed: u64, told: bool) -> Self {
        let mut chance = Chance::new(seed);
        let habits = Habits::draw(&mut chance);
        let processor = Arc::new(Processor::default());
        Self {
            tables: Arc::new(shop(&mut chance)),
            books: Books::new(Arc::clone(&processor)),
            processor,
            clients: Clients::default(),
            platter: Arc::new(MemoryLog::new()),
            wall: Timestamp(1_700_000_000_000),
            keys: 0,
            course: Course::new(told),
            habits,
            chance,
        }
    }

    fn life(&mut self, power: &Arc<Power>) -> Life {
        let (books, processor) = (Arc::clone(&self.books), Arc::clone(&self.processor));
        let disk = Disk::new(
            Arc::clone(power),
            Arc::<Books>::clone(&books),
            Arc::clone(&self.platter),
            self.habits.shards,
        );
        let ids = self.chance.fork();
        let machine = Machine::new(Arc::clone(power), self.wall, ids, self.habits.reads_wait);
        let start = |log: Arc<dyn EventLog>, gateway: Arc<dyn Gateway>, machine: &Arc<Machine>| {
            let surroundings = Arc::clone(machine) as Arc<dyn Surroundings>;
            let (options, tables) = (self.habits.options.clone(), Arc::clone(&self.tables));
            let (voices, key) = (Voices::new(Arc::new(Exact)), SealKey::new(&KEY));
            Engine::start(options, log, Outside::new(gateway), voices, surroundings, tables, key)
        };
        let gateway = Line { power: Arc::clone(power), books, processor };
        let engine = start(Arc::clone(&disk) as _, Arc::new(gateway), &machine);
        let neighbour = self.habits.neighbour.then(|| {
            // Started last, it has the thread; nobody asks it anything.
            let machine = Machine::new(Power::new(None), self.wall, Chance::new(0), false);
            let (books, processor) = (Books::new(Arc::default()), Arc::default());
            let gateway = Line { power: Power::new(None), books, processor };
            start(Arc::new(MemoryLog::new()), Arc::new(gateway), &machine)
        });
        let power = Arc::clone(power);
        Life { power, machine, disk, engine, _neighbour: neighbour, stopping: false }
    }

    /// The power is off.
    fn bury(&mut self, life: &Life) -> End {
        self.books.count("crashes");
        self.platter = life.disk.crash(&mut self.chance);
        self.clients.cut_off();
        // The next machine's clock may be behind or ahead.
        let passed = self.wall.after(life.machine.age()).0;
        self.wall = Timestamp(passed + 1_000 - self.chance.pick(&[0, 0, 0, 1_000, 2_000, 950]));
        End::Cut
    }

    /// Lets the engine run, then takes down what the clients hear.
    async fn listen(&mut self, life: &Life, settle: usize) -> Result<(), String> {
        for _ in 0..settle {
            tokio::task::yield_now().await;
        }
        let stopping = life.stopping || life.disk.has_failed();
        for told in self.clients.listen(&self.books, stopping) {
            self.course.trace(|| told);
        }
        self.check(&life.power)
    }

    async fn act(&mut self, action: Action, life: &mut Life) {
        match action {
            Action::Want => {
                let intent = self.intent();
                self.ask(intent, life);
            }
            Action::AskAgain if !self.clients.intents.is_empty() => {
                let among = self.clients.intents.len().min(3 * self.habits.sessions + 5);
                let intent = self.clients.intents.len() - 1 - self.chance.below(among);
                // Whoever has no key and asks again wants it twice.
                if self.clients.intents[intent].key.is_some() {
                    self.ask(intent, life);
                }
            }
            Action::UseKeyOtherwise if !self.clients.intents.is_empty() => {
                let like = self.chance.below(self.clients.intents.len());
                let like = self.clients.intents[like].clone();
                if like.key.is_some() {
                    let (lines, token) = (self.lines(), self.chance.below(3));
                    let intent =
                        self.clients.want(|number| Intent { number, lines, token, ..like });
                    self.ask(intent, life);
                }
            }
            Action::HangUp if self.clients.under_way() > 0 => {
                let which = self.chance.below(self.clients.under_way());
                self.clients.hang_up(which);
            }
            Action::Sync => {
                let shard = self.chance.below(life.disk.shards());
                life.disk.sync(shard, 1 + self.chance.below(4));
            }
            Action::SyncAll => (0..life.disk.shards()).for_each(|s| life.disk.sync(s, usize::MAX)),
            Action::Read if life.machine.reads_waiting() > 0 => {
                life.machine.read(self.chance.below(life.machine.reads_waiting()));
            }
            Action::Meet if self.processor.questions() > 0 => {
                let fate = self.chance.pick(&[
                    Fate::Answered,
                    Fate::Answered,
                    Fate::Answered,
                    Fate::Answered,
                    Fate::Carried,
                    Fate::Garbled,
                    Fate::Refused,
                    Fate::Lost,
                    Fate::Doubled,
                ]);
                self.meet(fate);
            }
            Action::Outage => self.processor.set_down(!self.processor.is_down()),
            Action::Wait => {
                let millis = self.chance.pick(&[1, 1, 10, 60, 120]);
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
            Action::WaitLong => {
                let millis = self.chance.pick(&[1_500, 6_000, 30_000]);
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
            Action::Recount => {
                self.tables = Arc::new(shop(&mut self.chance));
                life.engine.set_tables(Arc::clone(&self.tables));
            }
            Action::Fill => life.disk.fill(self.chance.one_in(2)),
            Action::FailSync => life.disk.fail(&mut self.chance),
            Action::CutPower => life.power.cut(),
            Action::Stop => {
                life.stopping = true;
                let engine = life.engine.clone();
                tokio::task::spawn_local(async move { engine.stop().await });
            }
            _ => {}
        }
        // A log that has stopped takes the process with it, soon.
        if (life.disk.has_failed() || life.stopping) && self.chance.one_in(4) {
            life.power.cut();
        }
    }

    fn ask(&mut self, intent: usize, life: &Life) {
        self.clients.ask(intent, &life.engine, &life.power, &self.books);
    }

    fn meet(&mut self, fate: Fate) {
        let which = self.chance.below(self.processor.questions());
        let what = self.processor.meet(which, fate, &self.books, &mut self.chance);
        self.course.trace(|| what);
    }

    fn lines(&mut self) -> Vec<(&'static str, u32)> {
        let mut lines: Vec<(&str, u32)> = vec![];
        for _ in 0..1 + self.chance.below(2) {
            let name = self.chance.pick(&PRODUCTS[..self.habits.products]);
            if lines.iter().all(|(other, _)| *other != name) {
                lines.push((name, 1 + self.chance.below(3) as u32));
            }
        }
        lines
    }

    /// Something new to want: on one of the latest sessions, most often.
    fn intent(&mut self) -> usize {
        let known = self.clients.sessions.len();
        let op = match self.chance.below(10) {
            0..2 => Op::Create,
            2..5 => Op::Update,
            5..8 => Op::Complete,
            8 => Op::Get,
            _ if self.chance.one_in(3) => Op::Cancel,
            _ => Op::Get,
        };
        let op = match self.habits.undecided {
            _ if known == 0 => Op::Create,
            true => self.chance.pick(&[Op::Update, Op::Update, Op::Update, Op::Get]),
            false => op,
        };
        let session = (op != Op::Create).then(|| {
            let latest = 1 + self.chance.below(known.min(self.habits.sessions));
            self.clients.sessions[known - latest]
        });
        let owner = session.map_or(self.chance.below(2), |known: Known| known.caller);
        let foreign = session.is_some() && self.chance.one_in(40);
        let caller = if foreign { 1 - owner } else { owner };
        let keyed = op != Op::Get && !self.chance.one_in(self.habits.keyless);
        self.keys += usize::from(keyed);
        let key = keyed.then_some(self.keys);
        let session = session.map(|known| (known.id, known.caller));
        let named = op == Op::Create || self.chance.one_in(2);
        let lines = if named { self.lines() } else { vec![] };
        let token = self.chance.below(3);
        self.clients.want(|number| Intent { number, op, caller, session, key, lines, token })
    }

    /// The faults are over: everything that is owed must be done, and everybody be answered.
    async fn rest(&mut self, life: &mut Life) -> Result<End, String> {
        if life.stopping || life.disk.has_failed() {
            return Ok(self.bury(life));
        }
        self.course.trace(|| "the faults are over".to_owned());
        self.processor.set_down(false);
        life.disk.fill(false);
        let began = life.machine.age();
        while life.machine.age() - began < REST_LONGEST {
            while life.machine.reads_waiting() > 0 && life.power.is_on() {
                life.machine.read(0);
            }
            while self.processor.questions() > 0 {
                self.meet(Fate::Answered);
            }
            life.disk.sync_all();
            self.listen(life, 4).await?;
            if !life.power.is_on() {
                return Ok(self.bury(life));
            }
            if self.clients.under_way() == 0 && self.books.facts().is_at_rest() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        self.course.trace(|| "the world is at rest".to_owned());
        self.books.facts().assert_all_done();
        let waiting = self.clients.under_way();
        if waiting > 0 {
            self.books.accuse(format!("{waiting} are not answered"));
        }
        self.check(&life.power)?;
        Ok(End::Rest)
    }
}

impl lives::Day for Day {
    fn course(&mut self) -> &mut Course {
        &mut self.course
    }

    fn fuse(&mut self) -> Option<u64> {
        let longest = self.habits.fuse_max.filter(|_| self.course.steps < self.habits.steps)?;
        (!self.chance.one_in(3)).then(|| self.chance.below(longest) as u64)
    }

    async fn live(&mut self, power: &Arc<Power>) -> Result<End, String> {
        let mut life = self.life(power);
        while self.course.steps < self.habits.steps {
            self.course.steps += 1;
            let action = self.habits.next(&mut self.chance);
            self.course.trace(|| format!("{action:?}"));
            self.act(action, &mut life).await;
            let settle = self.chance.pick(&[0, 1, 2, 8]);
            self.listen(&life, settle).await?;
            if !life.power.is_on() {
                return Ok(self.bury(&life));
            }
        }
        self.rest(&mut life).await
    }

    fn check(&self, power: &Power) -> Result<(), String> {
        let heard = watch::heard(); // of a life whose power is off it means nothing
        let mut broken = self.books.broken();
        broken.extend(heard.into_iter().filter(|_| power.is_on()));
        if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
    }

    fn tally(&self) -> BTreeMap<&'static str, u64> {
        self.books.facts().tally.clone()
    }
}

/// What is for sale today, and at what price.
fn shop(chance: &mut Chance) -> Tables {
    let mut tables = tables();
    let mut rare = tables.products[&product("last")].clone();
    rare.units = 3;
    tables.products.insert(product("rare"), rare);
    for offer in tables.products.values_mut() {
        offer.units = chance.pick(&[0, 2, 5, 20, 100_000]);
        offer.price = MinorUnits(chance.pick(&[1_000, 1_000, 1_100]));
    }
    if chance.one_in(4) {
        tables.products.remove(&product("rare")); // not sold any more
    }
    tables
}
