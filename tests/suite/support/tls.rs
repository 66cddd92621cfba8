//! A TLS client for tests, by OpenSSL: trusts one CA, may show a certificate, and tells which certificate the server showed.

use super::ca::{self, Ca, IssueRequest, Kind};
use super::http::{Request, Response};
use hankod::net::ClientIdentity;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslConnector, SslMethod, SslStream, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use std::net::TcpStream;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

const READ_DEADLINE: Duration = Duration::from_secs(120);

/// A key with its certificate.
pub(crate) struct Identity {
    pub(crate) key: PKey<Private>,
    pub(crate) der: Vec<u8>,
}

/// A client.
pub(crate) struct Client<'a> {
    pub(crate) ca: &'a Ca,
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) newest: Option<SslVersion>,
}

impl Identity {
    /// A new one of this CA, for TLS on either side.
    pub(crate) fn new(ca: &Ca, name: &str) -> Self {
        let key = ca::key(Kind::P256);
        let request = IssueRequest {
            subject: &[("CN", name)],
            key_usage: &[0],
            extended_key_usage: &["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
            addresses: &["127.0.0.1"],
            ..IssueRequest::default()
        };
        Self {
            der: ca.issue(&key, &request),
            key,
        }
    }

    /// As hankod shows it to a server.
    pub(crate) fn for_client(&self) -> ClientIdentity {
        let chain = X509::from_der(&self.der).unwrap().to_pem().unwrap();
        ClientIdentity::from_pem(&chain, &self.key.private_key_to_pem_pkcs8().unwrap()).unwrap()
    }

    /// A server with this certificate that talks only to those whom `ca` certified.
    pub(crate) fn acceptor(&self, ca: &Ca) -> SslAcceptor {
        self.acceptor_by(ca, SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT)
    }

    /// A server with this certificate that asks for one by `ca` and talks to everybody.
    pub(crate) fn curious_acceptor(&self, ca: &Ca) -> SslAcceptor {
        self.acceptor_by(ca, SslVerifyMode::PEER)
    }

    fn acceptor_by(&self, ca: &Ca, mode: SslVerifyMode) -> SslAcceptor {
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        builder.set_certificate(&X509::from_der(&self.der).unwrap()).unwrap();
        builder.set_private_key(&self.key).unwrap();
        builder
            .cert_store_mut()
            .add_cert(X509::from_der(&ca.der()).unwrap())
            .unwrap();
        builder.set_verify(mode);
        builder.build()
    }

    /// Writes `tls.pem` and `tls.key` into `dir`, the key readable by its owner alone; each appears at once and whole.
    pub(crate) fn write(&self, dir: &Path) {
        let put = |name: &str, bytes: &[u8]| {
            let part = dir.join(format!("{name}.part"));
            let mut options = std::fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&part)
                .unwrap();
            std::io::Write::write_all(&mut file, bytes).unwrap();
            std::fs::rename(&part, dir.join(name)).unwrap();
        };
        put("tls.pem", &X509::from_der(&self.der).unwrap().to_pem().unwrap());
        put("tls.key", &self.key.private_key_to_pem_pkcs8().unwrap());
    }
}

impl Client<'_> {
    /// A connection to 127.0.0.1; `Err` when the handshake fails.
    pub(crate) fn connect(&self, port: u16) -> Result<SslStream<TcpStream>, String> {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder
            .cert_store_mut()
            .add_cert(X509::from_der(&self.ca.der()).unwrap())
            .unwrap();
        builder.set_max_proto_version(self.newest).unwrap();
        if let Some(identity) = self.identity {
            builder
                .set_certificate(&X509::from_der(&identity.der).unwrap())
                .unwrap();
            builder.set_private_key(&identity.key).unwrap();
        }
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(READ_DEADLINE)).unwrap();
        // The certificates of the tests name no host.
        let mut configuration = builder.build().configure().unwrap();
        configuration.set_verify_hostname(false);
        configuration
            .connect("127.0.0.1", stream)
            .map_err(|error| error.to_string())
    }

    /// Sends a request over a connection of its own.
    pub(crate) fn send(&self, request: &Request, port: u16) -> Response {
        request.send_over(self.connect(port).unwrap(), port)
    }

    /// The DER of the certificate that the server shows.
    pub(crate) fn server(&self, port: u16) -> Vec<u8> {
        let stream = self.connect(port).unwrap();
        stream.ssl().peer_certificate().unwrap().to_der().unwrap()
    }
}
