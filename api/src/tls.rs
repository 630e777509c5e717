//! TLS 1.3 by certificate and key files.
//!
//! Left out: TLS 1.2, client certificates, and reading the files again: a new certificate takes
//! effect with the next start.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig, version};

use crate::config::TlsFiles;

/// The files do not make a server's identity.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{file}: {cause}")]
    File { file: String, cause: pem::Error },
    #[error("{file}: there is no certificate in it")]
    Empty { file: String },
    #[error("{cert} and {key} do not go together: {cause}")]
    Pair { cert: String, key: String, cause: rustls::Error },
}

/// Reads both files.
///
/// # Errors
/// [`TlsError`], in words for whoever started the program.
pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let name = |path: &Path| path.display().to_string();
    let unreadable = |path: &Path, cause| TlsError::File { file: name(path), cause };
    let chain = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| unreadable(&files.cert, cause))?;
    if chain.is_empty() {
        return Err(TlsError::Empty { file: name(&files.cert) });
    }
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|cause| unreadable(&files.key, cause))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13])
        .expect("the provider has suites of TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|cause| TlsError::Pair {
            cert: name(&files.cert),
            key: name(&files.key),
            cause,
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
