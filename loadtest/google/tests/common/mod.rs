//! A real `paceline serve` and Google beside it, each on spare ports, with files of their own.

#![allow(dead_code, clippy::unwrap_used)] // Each test uses some, and all of it is for tests.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use paceline_envelope::{Directory, Envelope, Form, Keyring};
use paceline_google::behaviours::{
    ALL, PHONE_OF_A_CLOSED_ACCOUNT, PHONE_WITH_LITTLE, PHONE_WITH_MONEY, Stage, Verdict,
};
use paceline_google::books::Books;
use paceline_google::cards::Cards;
use paceline_google::google::Google;
use paceline_google::host::{Accounts, Host};
use paceline_google::integrator::{Integrator, get};
use paceline_google::limits::LOOK_EVERY;
use paceline_google::telling::Telling;
use tempfile::TempDir;

const ACCOUNT: &str = "InvisiCashUSA_USD";
const CARD_ACCOUNT: &str = "InvisiCardUSA_USD";

/// Killed when dropped.
pub struct Paceline {
    process: Child,
    _stdout: BufReader<ChildStdout>,
    /// Where it listens, once that is known.
    addresses: [String; 2],
    data_dir: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Drop for Paceline {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has noticed then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Paceline {
    pub async fn start(
        addresses: [&str; 2],
        data_dir: PathBuf,
        environment: Vec<(&'static str, String)>,
    ) -> Self {
        let mut process = Command::new(program())
            .args(["serve", "--listen", addresses[0], "--admin-listen", addresses[1]])
            .arg("--data-dir")
            .arg(&data_dir)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(data_dir.parent().unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let said = tokio::task::spawn_blocking(|| listened_to(stdout));
        let (addresses, stdout) = said.await.unwrap();
        Self { process, _stdout: stdout, addresses, data_dir, environment }
    }

    /// As when the machine's power is cut, but for the disk: at once, and in the middle of things.
    pub async fn kill_and_start(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let [public, admin] = &self.addresses;
        let (dir, environment) = (self.data_dir.clone(), self.environment.clone());
        *self = Self::start([&public.clone(), &admin.clone()], dir, environment).await;
    }

    pub fn url(&self, which: usize) -> String {
        format!("http://{}", self.addresses[which])
    }

    /// Has it read its keys again. The feed is read after them, and that is counted.
    pub async fn reload(&self) {
        let before = self.reloads().await;
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
        let began = Instant::now();
        while self.reloads().await == before {
            assert!(began.elapsed() < RELOADED_WITHIN, "it reads nothing again");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn reloads(&self) -> String {
        let (_, metrics) = get(&format!("{}/metrics", self.url(1))).await.unwrap();
        let metrics = String::from_utf8(metrics.to_vec()).unwrap();
        let taken = r#"api_catalogue_reloads_total{outcome="taken"}"#;
        metrics.lines().find(|line| line.starts_with(taken)).unwrap().to_owned()
    }

    /// Another `paceline`, which asks this one: what it says, or why it does not.
    pub async fn ask(&self, args: &[&str]) -> Result<String, String> {
        let mut paceline = Command::new(program());
        paceline.args(args).args(["--admin", &self.url(1)]).env("PASSWORD", "paceline");
        // Google is served on this thread, and may be asked meanwhile.
        let done = tokio::task::spawn_blocking(move || paceline.output()).await.unwrap().unwrap();
        match done.status.success() {
            true => Ok(String::from_utf8(done.stdout).unwrap()),
            false => Err(String::from_utf8(done.stderr).unwrap()),
        }
    }

    /// The customers that the development mode has by itself.
    async fn open_customers(&self) {
        for (id, name, phone, funds) in [
            ("acct-sally", "Sally", PHONE_WITH_MONEY, "500.00"),
            ("acct-bob", "Bob", PHONE_WITH_LITTLE, "5.00"),
            ("acct-carol", "Carol", PHONE_OF_A_CLOSED_ACCOUNT, "1.00"),
        ] {
            let email = format!("{}@otheremail.com", name.to_lowercase());
            let known = ["--name", name, "--phone", phone, "--email", &email];
            let open = ["account", "open", id, "--password-from", "PASSWORD"];
            self.ask(&[&open[..], &known].concat()).await.unwrap();
            self.ask(&["account", "fund", id, funds]).await.unwrap();
        }
        self.ask(&["account", "close", "acct-carol"]).await.unwrap();
    }
}

const RELOADED_WITHIN: Duration = Duration::from_secs(30);

/// Plays a check on a server that was started for it.
pub async fn play(name: &str) -> Verdict {
    let files = tempfile::tempdir().unwrap();
    let (stage, _paceline) = start(&files, None).await;
    let behaviour = ALL.iter().find(|behaviour| behaviour.name == name).unwrap();
    (behaviour.run)(&stage).await.unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// The keys of both sides, each of which trusts the other.
pub struct Keys {
    pub files: TempDir,
    /// To one telephone within an hour. More than a test asks for, unless it is about that.
    pub passwords_max: u32,
}

impl Keys {
    pub fn none() -> Self {
        Self { files: tempfile::tempdir().unwrap(), passwords_max: 1_000 }
    }

    pub fn exchanged() -> Self {
        let keys = Self::none();
        for side in ["paceline", "google"] {
            keys.command(side, &["generate"]);
        }
        for (side, other) in [("paceline", "google"), ("google", "paceline")] {
            keys.give(other, side);
        }
        keys
    }

    pub fn of(&self, side: &str) -> PathBuf {
        self.files.path().join(side)
    }

    /// `paceline keys`, which serves both.
    pub fn command(&self, side: &str, args: &[&str]) -> String {
        let mut paceline = Command::new(program());
        let done = paceline.arg("keys").args(args).arg("--keys").arg(self.of(side)).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Each public key of one side goes to the other.
    pub fn give(&self, from: &str, to: &str) {
        for own in Directory::new(self.of(from)).read().unwrap().own() {
            let file = self.files.path().join("sent.asc");
            std::fs::write(&file, own.certificate().armored().unwrap()).unwrap();
            self.command(to, &["import", file.to_str().unwrap()]);
        }
    }

    pub fn google(&self) -> Envelope {
        let keyring = Keyring::open(Directory::new(self.of("google"))).unwrap();
        Envelope::OpenPgp { keyring, form: Form::Armored }
    }
}

/// Google listens before Paceline starts, so that it can be told where.
pub async fn start(files: &TempDir, keys: Option<&Keys>) -> (Stage, Paceline) {
    let envelope = Arc::new(keys.map_or(Envelope::Plaintext, Keys::google));
    let books = Books::new(files.path().join("books.json"));
    let (anywhere, telling) = ("127.0.0.1:0".parse().unwrap(), Telling::Nothing);
    let accounts = Accounts { tokenized: ACCOUNT.to_owned(), card: CARD_ACCOUNT.to_owned() };
    let host = Host::start(anywhere, accounts, Arc::clone(&envelope), books.clone(), telling);
    let host = host.await.unwrap();

    let mut environment = vec![("PACELINE_GOOGLE_BASE_URL", format!("http://{}", host.address))];
    if let Some(keys) = keys {
        let dir = keys.of("paceline").display().to_string();
        environment.push(("PACELINE_TOKENIZED__KEYS_DIR", dir));
        environment.push(("PACELINE_TOKENIZED__OTP_MESSAGES_MAX", keys.passwords_max.to_string()));
        environment.push(("PACELINE_SMS__URL", format!("http://{}/sms", host.address)));
    }
    let anywhere = ["127.0.0.1:0"; 2];
    let paceline = Paceline::start(anywhere, files.path().join("data"), environment).await;
    let base = format!("{}/tokenized", paceline.url(0));
    let integrator = Integrator::new(&base, Arc::clone(&envelope), telling);
    let base = format!("{}/card", paceline.url(0));
    let cards = Cards {
        integrator: Integrator::new(&base, envelope, telling),
        account: CARD_ACCOUNT.to_owned(),
        books: books.clone(),
    };
    let messages = match keys {
        Some(_) => format!("http://{}", host.address),
        None => paceline.url(1),
    };
    if keys.is_some() {
        paceline.open_customers().await;
    }
    let google = Google { integrator, account: ACCOUNT.to_owned(), books, messages };
    (Stage { google, cards, host }, paceline)
}

/// The public address and the admin's, as it says them when it is ready.
fn listened_to(mut stdout: BufReader<ChildStdout>) -> ([String; 2], BufReader<ChildStdout>) {
    let mut said = |what: &str| loop {
        let mut line = String::new();
        assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it ended before it said {what}");
        let mut words = line.split_whitespace();
        if words.next() == Some(what) {
            return words.next().unwrap().trim_start_matches("http://").to_owned();
        }
    };
    let addresses = [said("public"), said("admin")];
    (addresses, stdout)
}

/// Beside the tests, where a build of the workspace puts it.
pub fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(|deps| deps.parent()).unwrap().join("paceline");
    assert!(program.exists(), "{} is built by `make build`", program.display());
    program
}
