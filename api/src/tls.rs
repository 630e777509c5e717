//! TLS by certificate and key files, in both directions.
//!
//! Why: who calls Standard Payments is told by the body's signature. A network may want to know it
//! before there is a body, so the listener can ask for certificates, and our calls can show one.
//! Left out: reading the files again: a new certificate takes effect with the next start.

use std::path::Path;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{self, CipherSuite, ClientConfig, RootCertStore, ServerConfig, version};

use crate::config::{Identity, Listening, Reaching};

/// The files do not make an identity, or nobody to trust.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{file}: {cause}")]
    File { file: String, cause: pem::Error },
    #[error("{file}: there is no certificate in it")]
    Empty { file: String },
    #[error("{file}: there is a certificate in it that is no authority's: {cause}")]
    Authority { file: String, cause: String },
    #[error("{cert} and {key} do not go together: {cause}")]
    Pair { cert: String, key: String, cause: rustls::Error },
    #[error("the system trusts nobody: {0}")]
    System(std::io::Error),
}

/// Of the public listener. Whoever has no certificate is let in, for the pages that people see; one
/// that is not by the authorities is not.
///
/// # Errors
/// [`TlsError`], in words for whoever started the program.
pub fn acceptor(listening: &Listening) -> Result<TlsAcceptor, TlsError> {
    let (chain, key) = identity(&listening.identity)?;
    let versions: &[_] = match listening.with_1_2 {
        true => &[&version::TLS13, &version::TLS12],
        false => &[&version::TLS13],
    };
    let builder = ServerConfig::builder_with_provider(listed())
        .with_protocol_versions(versions)
        .expect("the provider has suites of both");
    let builder = match &listening.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let roots = Arc::new(authorities(file)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
                .allow_unauthenticated()
                .build()
                .map_err(|cause| TlsError::Authority {
                    file: name(file),
                    cause: cause.to_string(),
                })?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let made = builder.with_single_cert(chain, key);
    let mut config = made.map_err(|cause| mismatched(&listening.identity, cause))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Of calls that go out: whom they trust, and what they show.
///
/// # Errors
/// [`TlsError`], in words for whoever started the program.
pub fn connecting(reaching: &Reaching) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider has suites of TLS 1.2 and 1.3");
    let builder = match &reaching.ca {
        Some(file) => builder.with_root_certificates(authorities(file)?),
        None => builder.with_native_roots().map_err(TlsError::System)?,
    };
    let Some(shown) = &reaching.identity else { return Ok(builder.with_no_client_auth()) };
    let (chain, key) = identity(shown)?;
    builder.with_client_auth_cert(chain, key).map_err(|cause| mismatched(shown, cause))
}

/// Of TLS 1.2, the suites that a server may have.
///
/// # Source
/// Standard Payments, transport layer security.
const LISTED: [CipherSuite; 4] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

fn listed() -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider
        .cipher_suites
        .retain(|suite| suite.tls13().is_some() || LISTED.contains(&suite.suite()));
    Arc::new(provider)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn identity(
    files: &Identity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let chain = certificates(&files.cert)?;
    let key = PrivateKeyDer::from_pem_file(&files.key);
    let key = key.map_err(|cause| TlsError::File { file: name(&files.key), cause })?;
    Ok((chain, key))
}

fn authorities(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots
            .add(certificate)
            .map_err(|cause| TlsError::Authority { file: name(file), cause: cause.to_string() })?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match all {
        Ok(all) if all.is_empty() => Err(TlsError::Empty { file: name(file) }),
        Ok(all) => Ok(all),
        Err(cause) => Err(TlsError::File { file: name(file), cause }),
    }
}

fn mismatched(files: &Identity, cause: rustls::Error) -> TlsError {
    TlsError::Pair { cert: name(&files.cert), key: name(&files.key), cause }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
