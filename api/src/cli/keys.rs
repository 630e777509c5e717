//! `paceline keys`: our private keys and the other side's public ones, in a directory; and with
//! `--cards` the keys of card data, of a server that runs.
//!
//! Why: keys live a year. Whoever changes them does so while payments go on, and needs to see at
//! each step what is in use and what to do next.
//! Promise: a private key never leaves the directory; nothing is deleted; every word of advice
//! names the command.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use paceline_envelope::{Certificate, Directory, Keys, OwnKey, Side, find, read_public};
use serde_json::{Value, json};

use super::books::Asking;
use super::{Failure, say};
use crate::limits::KEY_ENDS_SOON;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make the first private key
    Generate(Make),
    /// Show which keys are in use, and until when
    List(List),
    /// Print our public keys, to be sent to the other side
    Export(Export),
    /// Trust a public key of the other side
    Import(Import),
    /// Make the next private key beside the one in use: a rotation's first step
    ///
    /// A rotation of ours, step by step:
    ///
    /// 1. `paceline keys rotate`, then SIGHUP to the server. From now on it signs with both keys
    ///    and opens what comes to either, so nothing fails whichever key the other side has.
    /// 2. `paceline keys export NEW` prints the new public key; send it to the other side.
    /// 3. When they have added it they call `echo`, which proves it.
    /// 4. When they have withdrawn the old one: `paceline keys retire OLD`, then SIGHUP.
    ///
    /// When the other side rotates: `paceline keys import FILE`, SIGHUP, an `echo` each way; when
    /// they say that their old key is withdrawn, `paceline keys retire OLD`, SIGHUP.
    ///
    /// With --cards the server adds a key for card data and seals every card's number with it;
    /// `paceline keys retire --cards OLD` takes the old one away once no card is under it. Keys in
    /// the environment are changed there; `paceline keys reseal`, after the start, seals the cards.
    #[command(verbatim_doc_comment)]
    Rotate(Make),
    /// Seal the number of every card with the newest key of card data, of a server that runs
    ///
    /// Needed where the keys are in the environment, and after a rotation that was cut off.
    Reseal(Asking),
    /// Take a key out of use; it is kept in `retired`, one of card data beside the others, in a file
    /// whose name ends in `.retired`
    Retire(Retire),
}

#[derive(clap::Args)]
pub struct Place {
    /// The directory of one environment's keys: sandbox and production have different ones
    #[arg(long = "keys", value_name = "DIR", default_value = "keys")]
    directory: PathBuf,
}

/// Which keys are meant.
#[derive(clap::Args)]
pub struct Cards {
    /// The keys of card data instead, of a server that runs: nothing has to be sent to anybody
    #[arg(long)]
    cards: bool,
    #[command(flatten)]
    asking: Asking,
}

#[derive(clap::Args)]
pub struct Make {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    of: Cards,
    /// Whom the key says it belongs to
    #[arg(long, value_name = "NAME", default_value = "Paceline")]
    user: String,
    /// For programs
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    of: Cards,
    /// For programs
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub struct Export {
    #[command(flatten)]
    place: Place,
    /// One of our keys, or the beginning or end of its name; all of them if none is named
    key: Option<String>,
}

#[derive(clap::Args)]
pub struct Import {
    #[command(flatten)]
    place: Place,
    /// As the other side sent it, armored or not
    file: PathBuf,
    /// For programs
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub struct Retire {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    of: Cards,
    /// Its name, or the beginning or end of it
    key: String,
    /// For programs
    #[arg(long)]
    json: bool,
}

pub fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::List(List { of, .. }) if of.cards => of.asking.get("/card-keys"),
        Command::Rotate(Make { of, .. }) if of.cards => {
            of.asking.post("/card-keys/rotate", &json!({}))
        }
        Command::Reseal(asking) => asking.post("/card-keys/reseal", &json!({})),
        Command::Retire(Retire { of, key, .. }) if of.cards => {
            of.asking.post("/card-keys/retire", &json!({"key": key}))
        }
        Command::Generate(Make { of, .. }) if of.cards => {
            Err("a server makes its first keys of card data by itself".into())
        }
        Command::Generate(args) => generate(args),
        Command::List(args) => list(args),
        Command::Export(args) => export(args),
        Command::Import(args) => import(args),
        Command::Rotate(args) => rotate(args),
        Command::Retire(args) => retire(args),
    }
}

fn generate(args: &Make) -> Result<(), Failure> {
    let directory = Directory::new(&args.place.directory);
    let keys = directory.read()?;
    if keys.own().any(|key| key.certificate().is_valid(SystemTime::now())) {
        let told = "there is a private key in use: `paceline keys rotate` makes the next one";
        return Err(told.into());
    }
    let next = "send them our public key: `paceline keys export`";
    make(args, &directory, next)
}

fn rotate(args: &Make) -> Result<(), Failure> {
    let directory = Directory::new(&args.place.directory);
    if directory.read()?.own().len() == 0 {
        return Err("there is no private key yet: `paceline keys generate` makes one".into());
    }
    let next = "both are in use from the next SIGHUP on. Send the new one to the other side: \
                `paceline keys export`;\nwhen an `echo` of theirs has proved it: `paceline keys retire`";
    make(args, &directory, next)
}

fn make(args: &Make, directory: &Directory, next: &str) -> Result<(), Failure> {
    let key = OwnKey::generate(&args.user, SystemTime::now())?;
    let path = directory.add_own(&key)?;
    let fact = key_json(Side::Own, key.certificate());
    done(args.json, &fact, || {
        format!("{} is made, in {}\n{next}\n", key.certificate().name(), path.display())
    })
}

fn import(args: &Import) -> Result<(), Failure> {
    let key = read_public(&args.file)?;
    if !key.is_valid(SystemTime::now()) {
        return Err(
            format!("{}: the key is not valid now: {}", args.file.display(), lives(&key)).into()
        );
    }
    Directory::new(&args.place.directory).add_peer(&key)?;
    done(args.json, &key_json(Side::Peers, &key), || {
        format!(
            "{} ({}) is trusted from the next SIGHUP on\n\
             ask its owner whether that is the whole name of their key\n",
            key.name(),
            key.user()
        )
    })
}

fn retire(args: &Retire) -> Result<(), Failure> {
    let (side, name) = Directory::new(&args.place.directory).retire(&args.key)?;
    let fact = json!({"side": side.folder(), "fingerprint": name.as_str(), "state": "retired"});
    done(args.json, &fact, || format!("{name} is out of use from the next SIGHUP on\n"))
}

fn export(args: &Export) -> Result<(), Failure> {
    let keys = Directory::new(&args.place.directory).read()?;
    let wanted = match &args.key {
        None => None,
        Some(key) => match find(&keys, key)? {
            (Side::Own, name) => Some(name),
            (Side::Peers, name) => return Err(format!("{name} is theirs, and they have it").into()),
        },
    };
    let now = SystemTime::now();
    let ours = keys.own().map(OwnKey::certificate);
    let chosen = ours.filter(|key| match &wanted {
        None => key.is_valid(now),
        Some(name) => key.name() == name,
    });
    let mut told = String::new();
    for key in chosen {
        told += &key.armored()?;
    }
    if told.is_empty() {
        return Err("there is no valid private key: `paceline keys generate` makes one".into());
    }
    say(&told)
}

fn list(args: &List) -> Result<(), Failure> {
    let keys = Directory::new(&args.place.directory).read()?;
    if args.json {
        let all: Vec<Value> = all(&keys).map(|(side, key)| key_json(side, key)).collect();
        let until = keys.until(SystemTime::now()).map(seconds);
        return say(&format!("{}\n", json!({ "keys": all, "until": until })));
    }
    say(&listed(&keys, &args.place.directory))
}

fn listed(keys: &Keys, directory: &Path) -> String {
    let mut told = String::new();
    for (title, side) in [("ours", Side::Own), ("theirs", Side::Peers)] {
        told += &format!("{title}, in {}:\n", directory.join(side.folder()).display());
        let before = told.len();
        for (_, key) in all(keys).filter(|(of, _)| *of == side) {
            told += &format!("  {}  {:<22} {}\n", key.name(), lives(key), key.user());
        }
        if told.len() == before {
            let how = match side {
                Side::Own => "`paceline keys generate` makes one",
                Side::Peers => "`paceline keys import FILE` adds one",
            };
            told += &format!("  none: {how}\n");
        }
    }
    let now = SystemTime::now();
    match keys.until(now) {
        Some(until) if until <= now => {
            told += "bodies cannot be exchanged: each side needs a valid key\n";
        }
        Some(until) => told += &format!("bodies can be exchanged until {}\n", day(until)),
        None => {}
    }
    told
}

fn all(keys: &Keys) -> impl Iterator<Item = (Side, &Certificate)> {
    let own = keys.own().map(|key| (Side::Own, key.certificate()));
    own.chain(keys.peers().map(|key| (Side::Peers, key)))
}

fn key_json(side: Side, key: &Certificate) -> Value {
    let life = key.life();
    json!({
        "side": side.folder(),
        "fingerprint": key.name().as_str(),
        "user": key.user(),
        "valid_from": seconds(life.from),
        "valid_until": life.until.map(seconds),
        "state": state(key),
    })
}

fn state(key: &Certificate) -> &'static str {
    let (now, life) = (SystemTime::now(), key.life());
    match life.until {
        _ if now < life.from => "not_yet_valid",
        Some(until) if until <= now => "expired",
        Some(until) if until <= now + KEY_ENDS_SOON => "ends_soon",
        _ => "valid",
    }
}

fn lives(key: &Certificate) -> String {
    let life = key.life();
    match (state(key), life.until) {
        ("not_yet_valid", _) => format!("from {}", day(life.from)),
        ("expired", Some(until)) => format!("EXPIRED {}", day(until)),
        ("ends_soon", Some(until)) => format!("until {}, SOON", day(until)),
        (_, Some(until)) => format!("until {}", day(until)),
        (_, None) => "for ever".to_owned(),
    }
}

fn day(at: SystemTime) -> String {
    humantime::format_rfc3339_seconds(at).to_string()[..10].to_owned()
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

fn done(as_json: bool, fact: &Value, words: impl Fn() -> String) -> Result<(), Failure> {
    say(&if as_json { format!("{fact}\n") } else { words() })
}
