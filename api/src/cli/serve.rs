//! `paceline serve`: the composition root.
//!
//! What can be refused is refused in the order of its cost: configuration, feed and keys first,
//! then the addresses, then the data directory. Only then is anything served.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use paceline_engine::acquirer::Acquirer;
use paceline_engine::acquirer::simulated::Simulated as SimulatedAcquirer;
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::{Engine, Options, Outside, Voices};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::card;
use super::greeting::{greeting, origin};
use super::ready::{Ready, ready, tables};
use super::tokenized::Tokenized;
use super::{Failure, say};
use crate::admin::{self, Admin, Logs};
use crate::card_keys::CardKeys;
use crate::config::{self, Config};
use crate::data_dir::DataDir;
use crate::logging::{self, Logging};
use crate::routes::Site;
use crate::server::{self, Server};
use crate::ucp::{Wire, Words};
use crate::{descriptors, limits, metrics};

#[derive(clap::Args)]
pub struct Args {
    /// Configuration file; the defaults if none is given
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the wires are spoken
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where metrics, health and inspection are
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<SocketAddr>,
    /// Where everything is stored; created if it is not there
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let config = configured(args)?;
    let _logging = Logging::start()?;
    logging::abort_on_panic();
    actix::System::new().block_on(serve(config))
}

/// The file, under the environment, under the command line.
fn configured(args: &Args) -> Result<Config, Failure> {
    let config = Config::load(args.config.as_deref(), environment());
    let mut config =
        config.map_err(|problems| Failure(problems.iter().map(ToString::to_string).collect()))?;
    config.server.listen = args.listen.unwrap_or(config.server.listen);
    config.admin.listen = args.admin_listen.unwrap_or(config.admin.listen);
    if let Some(dir) = &args.data_dir {
        config.storage.data_dir.clone_from(dir);
    }
    Ok(config)
}

/// A name or value that is not Unicode is none of ours.
fn environment() -> impl Iterator<Item = (String, String)> {
    let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(unicode)
}

async fn serve(mut config: Config) -> Result<(), Failure> {
    // Asked to stop while it starts, it starts and stops.
    let mut signals = Signals::listen()?;
    config.server.connections_max = connections_max(&config)?;
    let Ready { acceptor, tables } = ready(&config).map_err(Failure)?;
    let tokenized = Tokenized::of(&config)?;
    let public = server::bind(config.server.listen, "--listen")?;
    let private = server::bind(config.admin.listen, "--admin-listen")?;
    let (public_address, private_address) = (public.local_addr()?, private.local_addr()?);
    let origin = origin(&config, public_address);
    let greeting = greeting(&config, &tables, public_address, private_address);

    let admin = Arc::new(Admin::new(metrics::install()?));
    metrics::products(tables.products.len());
    actix::spawn(admin::serve(Arc::clone(&admin), TcpListener::from_std(private)?));
    actix::spawn(tidy_metrics(Arc::clone(&admin)));

    let DataDir { log, book, seal_key } = open(&config.storage).await?;
    let acquirer = SimulatedAcquirer::new(simulated(&config.acquirer), Arc::clone(&book));
    let card_keys = Arc::new(open_card_keys(&config, Arc::new(acquirer)).await?);
    let settings = config.merchant.settings(&config.platform, &origin);
    let gateway = Arc::new(Simulated::new(simulated(&config.processor), Arc::clone(&book)));
    let outside = Outside {
        google: tokenized.as_ref().and_then(|tokenized| tokenized.google(&config)),
        messenger: tokenized.as_ref().and_then(|tokenized| tokenized.messenger.clone()),
        acquirer: Some(card_keys.acquiring.clone()),
        ..Outside::new(gateway)
    };
    let voices = Voices {
        tokenized: tokenized.as_ref().map(Tokenized::words),
        card: tokenized.as_ref().map(|_| card::words(&config)),
        ..Voices::new(Arc::new(Words::new(&settings)))
    };
    let engine = Engine::start(
        options(&config, tokenized.as_ref()),
        Arc::clone(&log),
        outside,
        voices,
        Arc::new(paceline_engine::System),
        tables,
        seal_key,
    );
    let development = tokenized.as_ref().and_then(|tokenized| tokenized.development.clone());
    if development.is_some() {
        tracing::warn!(
            "Standard Payments in development mode: bodies are bare JSON, and whoever can connect \
             can pay. Configure `tokenized.keys_dir` to end it"
        );
    } else if tokenized.is_none() {
        tracing::info!("Standard Payments is not spoken: there is no `tokenized.keys_dir`");
    }
    tokenized.iter().for_each(Tokenized::tell_keys);
    let spoken = tokenized.as_ref().map(Tokenized::spoken);
    let cards = tokenized.as_ref().map(|tokenized| card::wire(&config, &tokenized.settings));
    let site = Site::new(engine.clone(), Wire::new(&settings), spoken, cards);
    let workers = engine.workers().to_vec();
    let server = Server::new(site, config.server.clone(), acceptor, workers.len());
    actix::spawn(Arc::clone(&server).accept(TcpListener::from_std(public)?, workers));
    let line = tokenized.as_ref().and_then(|tokenized| tokenized.line.clone());
    let logs = Logs { log, book };
    admin.ready(logs, development, line, engine.clone(), Arc::clone(&card_keys));
    say(&greeting)?;

    let reload = async || {
        tokenized.iter().for_each(Tokenized::reload_keys);
        reload_card_keys(&card_keys, &engine).await;
        reload_feed(&config, &engine).await;
    };
    while !signals.stop_or_reload(&reload).await {}
    stop(&admin, &server, &engine, &mut signals).await;
    Ok(())
}

fn connections_max(config: &Config) -> Result<usize, String> {
    let wanted = config.server.connections_max;
    let fit = descriptors::connections_that_fit(wanted, config.storage.shards.get())?;
    if fit < wanted {
        tracing::warn!(wanted, fit, "fewer connections fit the limit of open files (ulimit -n)");
    }
    Ok(fit)
}

/// A new feed takes the place of the old one, or is refused as a whole.
async fn reload_feed(config: &Config, engine: &Engine) {
    let owned = config.clone();
    let read = tokio::task::spawn_blocking(move || tables(&owned)).await;
    match read.expect("reading a feed does not panic") {
        Ok(tables) => {
            let products = tables.products.len();
            engine.set_tables(tables);
            metrics::products(products);
            metrics::reloaded(true);
            tracing::info!(products, "the product feed was read again");
        }
        Err(problems) => {
            metrics::reloaded(false);
            for problem in &problems {
                tracing::error!(problem, "the product feed is refused, the old one stays");
            }
        }
    }
}

/// Opening waits for the disk; the admin listener answers meanwhile.
async fn open(storage: &config::Storage) -> Result<DataDir, String> {
    let storage = storage.clone();
    let opened = tokio::task::spawn_blocking(move || DataDir::open(&storage)).await;
    opened.expect("opening a data directory does not panic")
}

/// Reading keys waits for the disk, too.
async fn open_card_keys(config: &Config, acquirer: Arc<dyn Acquirer>) -> Result<CardKeys, String> {
    let (data_dir, source) = (config.storage.data_dir.clone(), config.card.keys.clone());
    let open = move || CardKeys::open(&data_dir, source, acquirer);
    let opened = tokio::task::spawn_blocking(open).await;
    opened.expect("opening keys does not panic").map_err(|error| error.to_string())
}

async fn reload_card_keys(keys: &Arc<CardKeys>, engine: &Engine) {
    match keys.reload(engine).await {
        Ok(()) => {
            tracing::info!(keys = ?keys.acquiring.keyring(), "the keys of card data were read again")
        }
        Err(error) => {
            tracing::error!(%error, "the keys of card data are refused, the old ones stay")
        }
    }
}

fn options(config: &Config, tokenized: Option<&Tokenized>) -> Options {
    let (engine, wanted) = (&config.engine, &config.tokenized.options);
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    Options {
        workers: engine.workers.unwrap_or_else(cores),
        asks_max: engine.asks_max,
        actors_live_max: engine.actors_live_max,
        answers_cached_bytes_max: engine.answers_cached_bytes_max,
        session_lives: engine.session_lives,
        answers_kept: engine.answers_kept,
        complete_deadline: engine.complete_deadline,
        gateway_timeout: engine.gateway_timeout,
        tokenized: tokenized.map_or_else(|| wanted.clone(), |spoken| spoken.options(wanted)),
        card: config.card.options.clone(),
    }
}

fn simulated(options: &config::Processor) -> SimulatedOptions {
    SimulatedOptions {
        seed: options.seed,
        latency_median: options.latency_median,
        latency_p99: options.latency_p99,
    }
}

async fn tidy_metrics(admin: Arc<Admin>) {
    let mut period = tokio::time::interval(limits::METRICS_UPKEEP);
    loop {
        period.tick().await;
        admin.tidy_metrics();
    }
}

/// What the operating system asks for.
struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// True when it is time to stop.
    async fn stop_or_reload(&mut self, reload: &impl AsyncFn()) -> bool {
        let stop = async {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
        };
        tokio::select! {
            () = stop => true,
            _ = self.hangup.recv() => {
                reload().await;
                false
            }
        }
    }
}

/// No new connections, then the requests in progress, then the engine. Asked twice, it does not
/// wait.
async fn stop(admin: &Admin, server: &Server, engine: &Engine, signals: &mut Signals) {
    admin.drain();
    tracing::info!("stopping: no new connections, finishing what is in progress");
    let drained = async {
        let left = server.drain().await;
        if left > 0 {
            tracing::warn!(left, "connections were still busy and are closed");
        }
        engine.stop().await;
    };
    tokio::select! {
        () = drained => tracing::info!("stopped"),
        _ = signals.terminate.recv() => tracing::warn!("asked twice: stopped at once"),
        _ = signals.interrupt.recv() => tracing::warn!("asked twice: stopped at once"),
    }
}
