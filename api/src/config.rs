//! The configuration: one typed struct, parsed and checked once.
//!
//! Why: a value that is wrong must stop the program before it takes a request, with the line and
//! the reason; and from then on nobody checks it again. The embedded `paceline.toml` is both the
//! sample for people and the only place where defaults are written.
//! Promise: every problem of a file is told, not only the first; an unknown key is one.
//! Left out: reloading. What changes at run time is the catalogue, and that is a file of its own.

mod card;
mod merchant;
mod node;
mod read;
mod section;
mod tables;
mod tokenized;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use paceline_domain::tables::Tables;
use paceline_storage::ShardCount;

pub use card::Card;
pub use merchant::{Merchant, Platform};
pub use node::Place;
pub use tokenized::{Development, Google, Sms, Tokenized};

use node::Table;
use section::{Problems, Section, Variables};

/// The sample, which is the defaults.
pub const EMBEDDED: &str = include_str!("../../sample/paceline.toml");

/// Everything an operator may turn.
#[derive(Clone, Debug)]
pub struct Config {
    pub server: Server,
    pub admin: Admin,
    pub storage: Storage,
    pub engine: Engine,
    pub merchant: Merchant,
    pub platform: Platform,
    /// The product feed, or `None` for the embedded one.
    pub feed: Option<PathBuf>,
    /// Everything of the merchant's tables but the products.
    pub tables: Tables,
    pub processor: Processor,
    pub tokenized: Tokenized,
    pub card: Card,
    pub acquirer: Processor,
    pub google: Google,
    pub sms: Sms,
}

#[derive(Clone, Debug)]
pub struct Server {
    pub listen: SocketAddr,
    pub tls: Option<Listening>,
    pub connections_max: usize,
    pub requests_max: usize,
    pub streams_max: u32,
    pub body_bytes_max: usize,
    pub headers_max: usize,
    pub headers_bytes_max: usize,
    pub headers_timeout: Duration,
    pub body_timeout: Duration,
    pub request_timeout: Duration,
    pub idle_timeout: Duration,
    pub drain_timeout: Duration,
}

/// A certificate and its key.
#[derive(Clone, Debug)]
pub struct Identity {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// TLS of the public listener.
#[derive(Clone, Debug)]
pub struct Listening {
    pub identity: Identity,
    /// Whose certificates callers of the wires must have; `None`: they need none.
    pub client_ca: Option<PathBuf>,
    /// Whether TLS 1.2 is spoken with those who do not speak 1.3.
    pub with_1_2: bool,
}

/// TLS of calls that go out.
#[derive(Clone, Debug, Default)]
pub struct Reaching {
    /// Whom is trusted; `None`: whom the system trusts.
    pub ca: Option<PathBuf>,
    /// What is shown to whoever asks for it.
    pub identity: Option<Identity>,
}

#[derive(Clone, Debug)]
pub struct Admin {
    pub listen: SocketAddr,
}

#[derive(Clone, Debug)]
pub struct Storage {
    pub data_dir: PathBuf,
    pub shards: ShardCount,
    pub cache_bytes: usize,
    pub memtable_bytes: usize,
}

#[derive(Clone, Debug)]
pub struct Engine {
    /// `None`: one for each core.
    pub workers: Option<usize>,
    pub asks_max: usize,
    pub actors_live_max: usize,
    pub answers_cached_bytes_max: usize,
    pub session_lives: Duration,
    pub answers_kept: Duration,
    pub complete_deadline: Duration,
    pub gateway_timeout: Duration,
}

#[derive(Clone, Debug)]
pub struct Processor {
    pub seed: u64,
    pub latency_median: Duration,
    pub latency_p99: Duration,
}

/// One thing that is wrong, and where it is said.
#[derive(Clone, Debug)]
pub struct Problem {
    pub place: Option<Place>,
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl Config {
    /// Reads a file, or only the defaults, under what the environment says.
    ///
    /// # Errors
    /// Every problem there is.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, Vec<Problem>> {
        let Some(file) = file else {
            let config = Config::of(&Table::new(), &Variables::of(environment))?;
            return Ok(config.without_a_file());
        };
        let text = std::fs::read_to_string(file).map_err(|cause| {
            vec![Problem { place: None, what: format!("{}: {cause}", file.display()) }]
        })?;
        Config::parse(&text, file, environment)
    }

    /// Reads the text of a file, under what the environment says. The file's own directory is
    /// where its relative paths start.
    ///
    /// # Errors
    /// Every problem there is.
    pub fn parse(
        text: &str,
        file: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, Vec<Problem>> {
        Config::of(&parse_document(text, file)?, &Variables::of(environment))
    }

    fn of(document: &Table, variables: &Variables) -> Result<Config, Vec<Problem>> {
        // A path in the embedded file starts where we run, as one in the environment does.
        let defaults =
            parse_document(EMBEDDED, Path::new("")).expect("the embedded configuration is TOML");
        let problems = RefCell::new(vec![]);
        let mut reader = Reader {
            document,
            defaults: &defaults,
            variables,
            problems: &problems,
            sections: vec![],
            known: vec![],
        };
        let mut tables = Tables::default();
        let config = Config {
            server: reader.section("server", read::server),
            admin: reader.section("admin", read::admin),
            storage: reader.section("storage", read::storage),
            engine: reader.section("engine", read::engine),
            merchant: reader.section("merchant", merchant::merchant),
            platform: reader.section("platform", merchant::platform),
            feed: reader.section("catalogue", |section| section.optional("feed", node::Node::path)),
            processor: reader.section("processor", read::processor),
            tokenized: reader.section("tokenized", tokenized::tokenized),
            card: reader.section("card", card::card),
            acquirer: reader.section("acquirer", read::processor),
            google: reader.section("google", tokenized::google),
            sms: reader.section("sms", tokenized::sms),
            tables: {
                tables.taxes = reader.section("tax", tables::taxes);
                tables.shipping = reader.section("shipping", tables::shipping);
                tables.pickup = reader.section("pickup", tables::pickup);
                tables.discounts = reader.section("discounts", tables::discounts);
                tables
            },
        };
        reader.finish();
        if config.server.request_timeout <= config.engine.complete_deadline {
            let what = "`server.request_timeout` is longer than `engine.complete_deadline`, so that \
                        whoever completes is told how it goes on";
            problems.borrow_mut().push(Problem { place: None, what: what.to_owned() });
        }
        if config.card.base_path == config.tokenized.base_path {
            let what = "`card.base_path` is another one than `tokenized.base_path`, so that a path \
                        has one meaning";
            problems.borrow_mut().push(Problem { place: None, what: what.to_owned() });
        }
        let problems = problems.into_inner();
        if problems.is_empty() { Ok(config.with_handlers()) } else { Err(problems) }
    }

    /// Whoever gives no file tries Paceline out.
    fn without_a_file(mut self) -> Self {
        let development = &mut self.tokenized.development;
        if *development == Development::Unsaid {
            *development = Development::WherePossible;
        }
        self
    }

    /// The tables know which handlers are offered; the merchant's section says it.
    fn with_handlers(mut self) -> Self {
        self.tables.handlers = self.merchant.handler_ids().collect();
        self
    }
}

fn parse_document(text: &str, file: &Path) -> Result<Table, Vec<Problem>> {
    node::parse_document(text, file).map_err(|errors| {
        let problem = |(place, what)| Problem { place: Some(place), what };
        errors.into_iter().map(problem).collect()
    })
}

/// Reads section after section, and knows afterwards which there are.
struct Reader<'a> {
    document: &'a Table,
    defaults: &'a Table,
    variables: &'a Variables,
    problems: &'a Problems,
    sections: Vec<&'static str>,
    known: Vec<String>,
}

impl<'a> Reader<'a> {
    fn section<T>(&mut self, name: &'static str, read: impl Fn(&mut Section<'a>) -> T) -> T {
        self.sections.push(name);
        let mut section =
            Section::of_document(name, self.document, self.defaults, self.variables, self.problems);
        let value = read(&mut section);
        self.known.extend(section.finish());
        value
    }

    fn finish(self) {
        for (name, node) in self.document {
            if !self.sections.contains(&name.as_str()) {
                let what =
                    format!("unknown section `{name}`{}", section::hint(name, &self.sections));
                let problem = Problem { place: Some(node.place.clone()), what };
                self.problems.borrow_mut().push(problem);
            }
        }
        self.variables.refuse_unknown(&self.known, self.problems);
    }
}
