//! GnuPG as a judge: what it makes we read, what we make it reads.
//!
//! Why live, beside the kept samples: what we write is another body every time, and only somebody
//! else can say that it is OpenPGP.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use common::JSON;
use paceline_envelope::{Directory, Envelope, Form, Keyring, OwnKey, read_public};

/// GnuPG with a home of its own, or `None` where there is none.
struct GnuPg(tempfile::TempDir);

impl GnuPg {
    fn start() -> Option<Self> {
        if Command::new("gpg").arg("--version").output().is_err() {
            eprintln!("skipped: there is no gpg to judge; `.ci/deps test` installs it");
            return None;
        }
        Some(Self(tempfile::tempdir().unwrap()))
    }

    fn run(&self, args: &[&str], input: &[u8]) -> (Vec<u8>, String) {
        let mut gpg = Command::new("gpg")
            .args(["--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""])
            .args(["--trust-model", "always", "--status-fd", "2", "--homedir"])
            .arg(self.0.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        gpg.stdin.take().unwrap().write_all(input).unwrap();
        let done = gpg.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "gpg {args:?}: {told}");
        (done.stdout, told)
    }

    /// By the rules of the wire.
    fn make_key(&self) -> Vec<u8> {
        self.run(&["--quick-generate-key", "Google", "rsa2048", "cert,sign", "1y"], b"");
        let (listed, _) = self.run(&["--list-keys", "--with-colons"], b"");
        let listed = String::from_utf8(listed).unwrap();
        let name = listed.lines().find_map(|line| line.strip_prefix("fpr:")).unwrap();
        self.run(&["--quick-add-key", name.trim_matches(':'), "rsa2048", "encr", "1y"], b"");
        self.run(&["--armor", "--export", "Google"], b"").0
    }
}

impl Drop for GnuPg {
    fn drop(&mut self) {
        let home = self.0.path();
        let _ = Command::new("gpgconf").arg("--homedir").arg(home).args(["--kill", "all"]).status();
    }
}

#[test]
fn gnupg_reads_ours_and_we_read_gnupgs() {
    let Some(gnupg) = GnuPg::start() else { return };
    let files = tempfile::tempdir().unwrap();
    let directory = Directory::new(files.path());
    let now = SystemTime::now();

    let google = files.path().join("google.asc");
    std::fs::write(&google, gnupg.make_key()).unwrap();
    directory.add_peer(&read_public(&google).unwrap()).unwrap();
    let ours = OwnKey::generate("Paceline", now).unwrap();
    directory.add_own(&ours).unwrap();
    gnupg.run(&["--import"], ours.certificate().armored().unwrap().as_bytes());

    let keyring = || Keyring::open(Directory::new(directory.path())).unwrap();
    let now = SystemTime::now();
    for form in [Form::Armored, Form::Binary] {
        let envelope = Envelope::OpenPgp { keyring: keyring(), form };
        let body = envelope.seal(JSON, now).unwrap();
        let (json, told) = gnupg.run(&["--decrypt"], &without_base64(&body, files.path()));
        assert_eq!(json, JSON);
        assert!(told.contains("[GNUPG:] GOODSIG"), "{told}");
        assert!(told.contains("[GNUPG:] DECRYPTION_INFO 2 9"), "AES-256 with integrity: {told}");
        // The eighth field of VALIDSIG is the digest: 9 is SHA-384.
        let valid = told.lines().find(|line| line.contains("VALIDSIG")).unwrap();
        assert_eq!(valid.split(' ').nth(9), Some("9"), "{valid}");
    }

    let envelope = Envelope::OpenPgp { keyring: keyring(), form: Form::Binary };
    for armor in [&["--armor"][..], &[]] {
        let rules = ["--digest-algo", "SHA384", "--cipher-algo", "AES256", "--sign", "--encrypt"];
        let args = [&rules[..], &["-u", "Google", "-r", "Paceline"], armor].concat();
        let (message, _) = gnupg.run(&args, JSON);
        let opened = envelope.open(&in_base64(&message), SystemTime::now()).unwrap();
        assert_eq!(opened.json, JSON);
    }
}

/// By coreutils, so that the judge is not ours.
fn without_base64(body: &[u8], dir: &Path) -> Vec<u8> {
    let standard: Vec<u8> = body
        .iter()
        .map(|it| match it {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    let path = dir.join("body");
    std::fs::write(&path, standard).unwrap();
    Command::new("base64").arg("-d").arg(&path).output().unwrap().stdout
}

fn in_base64(message: &[u8]) -> Vec<u8> {
    let mut base64 = Command::new("base64")
        .arg("-w0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    base64.stdin.take().unwrap().write_all(message).unwrap();
    let text = base64.wait_with_output().unwrap().stdout;
    text.iter()
        .map(|it| match it {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        })
        .collect()
}
