//! Certificates in both directions: of whoever calls the wires, and of ours where we call.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use common::{Serving, paceline, run};

/// Who signs certificates of others.
struct Authority(Issuer<'static, KeyPair>);

impl Authority {
    /// Its own certificate lies in `home`, as `<name>.crt`.
    fn new(home: &Path, name: &str) -> Self {
        let mut params = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap();
        fs::write(home.join(name).with_extension("crt"), own.pem()).unwrap();
        Self(Issuer::new(params, key))
    }

    /// Certificate and key of somebody lie in `home`, as `<name>.crt` and `<name>.key`.
    fn vouches_for(&self, home: &Path, name: &str) {
        let key = KeyPair::generate().unwrap();
        let certificate = named(name).signed_by(&key, &self.0).unwrap();
        fs::write(home.join(name).with_extension("crt"), certificate.pem()).unwrap();
        fs::write(home.join(name).with_extension("key"), key.serialize_pem()).unwrap();
    }
}

/// Whoever has the name of its authority is taken for the authority.
fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

#[test]
fn who_calls_the_wires_needs_a_certificate_where_one_is_asked_for_and_a_customer_does_not() {
    let home = tempfile::tempdir().unwrap();
    let authority = Authority::new(home.path(), "authority");
    authority.vouches_for(home.path(), "server");
    authority.vouches_for(home.path(), "google");
    Authority::new(home.path(), "other").vouches_for(home.path(), "stranger");
    let config = "[server]\ntls_cert_file = \"server.crt\"\ntls_key_file = \"server.key\"\n\
                  tls_client_ca_file = \"authority.crt\"\n";
    let serving = Serving::of(home, config);
    let ask = |who: Option<&str>, path: &str| {
        let file = |name: &str| serving.home().join(name).display().to_string();
        let url = format!("https://localhost:{}{path}", serving.public.port());
        let at = format!("localhost:{}:127.0.0.1", serving.public.port());
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", &url]);
        curl.args(["--resolve", &at, "--cacert", &file("authority.crt")]);
        if let Some(who) = who {
            let (certificate, key) = (file(&format!("{who}.crt")), file(&format!("{who}.key")));
            curl.args(["--cert", &certificate, "--key", &key]);
        }
        run(&mut curl).1
    };
    for (path, known) in [("/.well-known/ucp", "200"), ("/tokenized/v1/echo", "405")] {
        assert_eq!(ask(Some("google"), path), known);
        assert_eq!(ask(None, path), "401");
        assert_eq!(ask(Some("stranger"), path), "000");
    }
    // It says what is wrong with the address, as it says to everybody.
    assert_eq!(ask(None, "/tokenized/authenticate"), "400");
}

#[test]
fn tls_1_2_is_spoken_where_it_is_asked_for_with_the_suites_that_are_listed() {
    let answered = |config: &str, more: &[&str]| {
        let home = tempfile::tempdir().unwrap();
        Authority::new(home.path(), "authority").vouches_for(home.path(), "server");
        let files = "[server]\ntls_cert_file = \"server.crt\"\ntls_key_file = \"server.key\"\n";
        let serving = Serving::of(home, &format!("{files}{config}"));
        let port = serving.public.port();
        let at = format!("localhost:{port}:127.0.0.1");
        let authority = serving.home().join("authority.crt").display().to_string();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]);
        curl.args(["--resolve", &at, "--cacert", &authority]).args(more);
        run(curl.arg(format!("https://localhost:{port}/.well-known/ucp"))).1
    };
    let old = ["--tls-max", "1.2"];
    assert_eq!(answered("", &old), "000");
    assert_eq!(answered("tls_1_2 = true\n", &[]), "200");
    assert_eq!(answered("tls_1_2 = true\n", &old), "200");
    for (suite, wanted) in [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", "200"),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", "200"),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "000"),
    ] {
        let only = [&old[..], &["--ciphers", suite]].concat();
        assert_eq!(answered("tls_1_2 = true\n", &only), wanted, "{suite}");
    }
}

#[test]
fn our_calls_show_a_certificate_and_trust_the_authority_that_they_are_told_to() {
    let files = tempfile::tempdir().unwrap();
    let authority = Authority::new(files.path(), "authority");
    authority.vouches_for(files.path(), "google");
    authority.vouches_for(files.path(), "integrator");
    let google = listening(files.path());
    let file = |name: &str| files.path().join(name).display().to_string();
    let at = format!("[google]\nbase_url = \"https://localhost:{google}\"\n");
    let trust = format!("ca_file = \"{}\"\n", file("authority.crt"));
    let (cert, key) = (file("integrator.crt"), file("integrator.key"));
    let shown = format!("tls_cert_file = \"{cert}\"\ntls_key_file = \"{key}\"\n");
    let echo = |config: String| {
        let serving = Serving::with(&config);
        let admin = format!("http://{}", serving.admin);
        run(paceline().args(["google", "echo", "is it you?", "--admin", &admin]))
    };
    let (ok, said, told) = echo(format!("{at}{trust}{shown}"));
    assert!(ok && said.contains("it is Google"), "{said}{told}");
    for config in [format!("{at}{trust}"), format!("{at}{shown}")] {
        let (ok, _, told) = echo(config);
        assert!(!ok && told.contains("Google was not reached"), "{told}");
    }
}

#[test]
fn an_authority_without_a_certificate_of_ones_own_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let config = "[server]\ntls_client_ca_file = \"authority.crt\"\n";
    fs::write(home.path().join("paceline.toml"), config).unwrap();
    let (ok, _, told) = run(&mut common::serve_in(home.path()));
    assert!(!ok && told.contains("is for a listener with `tls_cert_file`"), "{told}");
}

/// Google, as far as an echo goes: whoever calls needs a certificate. Returns the port.
fn listening(files: &Path) -> u16 {
    let certificate = |name: &str| CertificateDer::from_pem_file(files.join(name)).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate("authority.crt")).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let key = PrivateKeyDer::from_pem_file(files.join("google.key")).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![certificate("google.crt")], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, socket.unwrap());
            let mut heard = vec![];
            let mut some = [0; 4096];
            // The message is the last thing in the body.
            while !String::from_utf8_lossy(&heard).contains("is it you?") {
                match stream.read(&mut some) {
                    Ok(read) if read > 0 => heard.extend_from_slice(&some[..read]),
                    _ => break,
                }
            }
            let body = "{\"serverMessage\": \"it is Google\"}";
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()); // who has no certificate is gone
        }
    });
    port
}
