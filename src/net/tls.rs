//! TLS for outgoing requests: the system's roots, and a client certificate where a server asks for one.
//!
//! These roots open connections; they are never anchors of a signature (`trust` has its own).

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::Error;

/// A client certificate with its key, for servers that demand one.
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ClientIdentity {
    /// From PEM texts: the chain, own certificate first, and the key (PKCS#8, PKCS#1 or SEC 1).
    ///
    /// # Errors
    /// [`Error::Tls`] when either holds nothing readable.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        let wrong = |cause: String| Error::Tls {
            host: String::new(),
            cause,
        };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|e| wrong(e.to_string()))?;
        if chain.is_empty() {
            return Err(wrong("no certificate".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| wrong(e.to_string()))?;
        Ok(Self { chain, key })
    }
}

/// The settings of one client: the system's roots plus `extra_roots` (DER).
pub(super) fn settings(extra_roots: &[Vec<u8>], identity: Option<&ClientIdentity>) -> Result<Arc<ClientConfig>, Error> {
    let wrong = |cause: String| Error::Tls {
        host: String::new(),
        cause,
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for root in extra_roots {
        roots
            .add(CertificateDer::from(root.clone()))
            .map_err(|e| wrong(e.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| wrong(e.to_string()))?
        .with_root_certificates(roots);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder
            .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
            .map_err(|e| wrong(e.to_string()))?,
    };
    Ok(Arc::new(config))
}
