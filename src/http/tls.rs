//! TLS of a server: 1.2 and 1.3, its certificate read again when its files change, clients known by certificates of a configured authority.
//!
//! A file that cannot be read or does not fit leaves the certificate that is in use in its place and says so; nothing falls back to plain HTTP.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::watch;

use crate::config::Tls;

/// Longest PEM file, in bytes.
const MAX_PEM_BYTES: u64 = 1024 * 1024;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What a handshake proved about the client: SHA-256 of the certificate whose key it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ClientCertificate(pub(super) [u8; 32]);

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is too long.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file holds no certificate or key in PEM form.
    #[error("{}: no certificate or key in PEM form", .0.display())]
    Pem(PathBuf),
    /// Certificate and key do not belong together, or cannot be used.
    #[error("{0}")]
    Rustls(#[from] rustls::Error),
    /// The clients' authorities cannot be used.
    #[error("{0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

impl crate::text::Explain for TlsError {
    fn code(&self) -> &'static str {
        "tls_unusable"
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        vec![("reason", self.to_string())]
    }
}

/// The certificate in use; new connections take the newest.
pub struct Certificates {
    current: watch::Receiver<Arc<ServerConfig>>,
}

impl Certificates {
    /// Reads the files, and looks at them again as long as this lives and the daemon does not end. Blocks for the first reading.
    ///
    /// # Errors
    /// Why they cannot be used.
    pub fn open(tls: Tls, mut ending: watch::Receiver<bool>) -> Result<Self, TlsError> {
        let mut seen = stamps(&tls);
        let (sender, current) = watch::channel(Arc::new(load(&tls)?));
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = ending.wait_for(|ending| *ending) => return,
                    () = sender.closed() => return,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
                let files = tls.clone();
                let look = move || (stamps(&files), files);
                let Ok((now, files)) = tokio::task::spawn_blocking(look).await else {
                    return;
                };
                if now == seen {
                    continue;
                }
                let loaded = tokio::task::spawn_blocking(move || load(&files)).await;
                match loaded {
                    Ok(Ok(config)) => {
                        seen = now;
                        let _ = sender.send(Arc::new(config));
                        log::info!(code = "tls_renewed"; "the TLS certificate was read again");
                    }
                    // A certificate that was replaced before its key is looked at again in two seconds.
                    Ok(Err(error)) => {
                        log::error!(code = "tls_not_renewed", error:%; "the new TLS certificate cannot be used")
                    }
                    Err(_) => return,
                }
            }
        });
        Ok(Self { current })
    }

    /// For the next connection.
    pub(super) fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        self.current.borrow().clone().into()
    }
}

fn load(tls: &Tls) -> Result<ServerConfig, TlsError> {
    let pem = bounded(&tls.certificate)?;
    let chain = certificates(&tls.certificate, &pem)?;
    let key = zeroize::Zeroizing::new(bounded(&tls.key)?);
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| TlsError::Pem(tls.key.clone()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = match &tls.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(path, &bounded(path)?)? {
                roots.add(authority)?;
            }
            // A client without a certificate may still show an API key.
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).allow_unauthenticated();
            builder.with_client_cert_verifier(verifier.build()?)
        }
    };
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|_| TlsError::Pem(path.to_owned()))?;
    if found.is_empty() {
        return Err(TlsError::Pem(path.to_owned()));
    }
    Ok(found)
}

fn bounded(path: &Path) -> Result<Vec<u8>, TlsError> {
    use io::Read;
    let wrong = |error| TlsError::File {
        path: path.to_owned(),
        error,
    };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(wrong)?;
    file.take(MAX_PEM_BYTES + 1).read_to_end(&mut bytes).map_err(wrong)?;
    match bytes.len() as u64 > MAX_PEM_BYTES {
        true => Err(wrong(io::ErrorKind::FileTooLarge.into())),
        false => Ok(bytes),
    }
}

/// When each file last changed, and how long it was; a file that is missing has none.
fn stamps(tls: &Tls) -> Vec<Option<(SystemTime, u64)>> {
    let stamp = |path: &PathBuf| {
        let facts = fs::metadata(path).ok()?;
        Some((facts.modified().ok()?, facts.len()))
    };
    let files = [Some(&tls.certificate), Some(&tls.key), tls.client_ca.as_ref()];
    files.into_iter().flatten().map(stamp).collect()
}
