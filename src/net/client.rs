//! One request at a time over a fresh connection: look up, judge the address, connect to that very address, ask, read.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::tls::{self, ClientIdentity};
use super::{Answer, Authorization, Error, HostPort, Request, Source, address};

/// Header bytes of an answer, as hyper reads them.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// A client with its TLS settings and the private places that the configuration allows.
pub struct Client {
    allowed_private: HashSet<HostPort>,
    extra_roots: Vec<Vec<u8>>,
    identity: Option<ClientIdentity>,
    // Loading the system's roots takes milliseconds that a daemon without https never needs.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Client {
    /// A client; `allowed_private` are places that addresses found in certificates may lead to although they are private.
    pub fn new(
        allowed_private: HashSet<HostPort>,
        extra_roots: Vec<Vec<u8>>,
        identity: Option<ClientIdentity>,
    ) -> Self {
        Self {
            allowed_private,
            extra_roots,
            identity,
            tls: OnceLock::new(),
        }
    }

    /// Asks, and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// Every [`Error`]; a redirect that is not followed (because there is a body) is an answer.
    pub async fn send(&self, request: Request<'_>) -> Result<Answer, Error> {
        let host = request.url.place.host.clone();
        let deadline = request.limits.deadline;
        tokio::time::timeout(deadline, self.follow(request))
            .await
            .unwrap_or(Err(Error::Timeout { host }))
    }

    async fn follow(&self, mut request: Request<'_>) -> Result<Answer, Error> {
        let mut left = if request.body.is_some() {
            0
        } else {
            request.limits.max_redirects
        };
        loop {
            let response = self.once(&request).await?;
            let target = response.headers().get(LOCATION).and_then(|l| l.to_str().ok());
            let Some(target) = target.filter(|_| response.status().is_redirection() && request.body.is_none()) else {
                return read(response, &request).await;
            };
            if left == 0 {
                return Err(Error::Redirects {
                    host: request.url.place.host,
                });
            }
            left -= 1;
            let next = request.url.join(target)?;
            if next.place != request.url.place || request.url.secure && !next.secure {
                request.authorization = None;
            }
            // Whoever redirects is not the person who configured the first address.
            request.source = if next.place == request.url.place {
                request.source
            } else {
                Source::Found
            };
            request.url = next;
        }
    }

    async fn once(&self, request: &Request<'_>) -> Result<Response<hyper::body::Incoming>, Error> {
        let place = &request.url.place;
        let stream = self.connect(place, request.source).await?;
        if !request.url.secure {
            return exchange(stream, request).await;
        }
        let failed = |cause: String| Error::Tls {
            host: place.host.clone(),
            cause,
        };
        let name = ServerName::try_from(place.host.clone()).map_err(|e| failed(e.to_string()))?;
        let settings = match self.tls.get() {
            Some(settings) => settings.clone(),
            None => {
                let made = tls::settings(&self.extra_roots, self.identity.as_ref())?;
                self.tls.get_or_init(|| made).clone()
            }
        };
        let connector = TlsConnector::from(settings);
        let stream = connector
            .connect(name, stream)
            .await
            .map_err(|e| failed(e.to_string()))?;
        exchange(stream, request).await
    }

    async fn connect(&self, place: &HostPort, source: Source) -> Result<TcpStream, Error> {
        let host = || place.host.clone();
        let found: Vec<SocketAddr> = match place.host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, place.port)],
            Err(_) => tokio::net::lookup_host((place.host.as_str(), place.port))
                .await
                .map_err(|_| Error::NoSuchHost { host: host() })?
                .collect(),
        };
        let free = source == Source::Configured || self.allowed_private.contains(place);
        let mut last = Error::NoSuchHost { host: host() };
        for address in found {
            if !free && !address::is_public(address.ip()) {
                last = Error::Private { host: host() };
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    last = Error::Connection {
                        host: host(),
                        cause: error.to_string(),
                    }
                }
            }
        }
        Err(last)
    }
}

async fn exchange<S>(stream: S, request: &Request<'_>) -> Result<Response<hyper::body::Incoming>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |e: hyper::Error| Error::Connection {
        host: request.url.place.host.clone(),
        cause: e.to_string(),
    };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEADER_BYTES);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the exchange: when the answer was read or dropped, nothing holds the other half.
    tokio::spawn(connection);
    sender.send_request(message(request)?).await.map_err(broken)
}

fn message(request: &Request<'_>) -> Result<hyper::Request<Full<Bytes>>, Error> {
    let wrong = |_| Error::Address(request.url.path.clone());
    let mut builder = hyper::Request::builder()
        .method(if request.body.is_some() {
            Method::POST
        } else {
            Method::GET
        })
        .uri(&request.url.path)
        .header(HOST, request.url.place.header())
        .header(USER_AGENT, concat!("hankod/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, request.accept);
    if let Some(authorization) = request.authorization {
        builder = builder.header(AUTHORIZATION, credentials(authorization)?);
    }
    let bytes = match &request.body {
        Some(body) => {
            builder = builder.header(CONTENT_TYPE, body.content_type);
            Bytes::from(body.bytes.clone())
        }
        None => Bytes::new(),
    };
    builder.body(Full::new(bytes)).map_err(wrong)
}

fn credentials(authorization: &Authorization) -> Result<HeaderValue, Error> {
    let text = match authorization {
        Authorization::Basic { user, password } => {
            let pair = [user.as_bytes(), b":", password.expose()].concat();
            let pair = zeroize::Zeroizing::new(pair);
            [b"Basic ", BASE64_STANDARD.encode(&*pair).as_bytes()].concat()
        }
        Authorization::Bearer(key) => [b"Bearer ", key.expose()].concat(),
    };
    let text = zeroize::Zeroizing::new(text);
    let mut value = HeaderValue::from_bytes(&text).map_err(|_| Error::Address("authorization".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(response: Response<hyper::body::Incoming>, request: &Request<'_>) -> Result<Answer, Error> {
    let (host, max_bytes) = (request.url.place.host.clone(), request.limits.max_body_bytes);
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let content_type = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match Limited::new(response.into_body(), max_bytes).collect().await {
        Ok(body) => Ok(Answer {
            status,
            content_type,
            bytes: body.to_bytes().to_vec(),
        }),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Error::TooLarge { host, max_bytes }),
        Err(error) => Err(Error::Connection {
            host,
            cause: error.to_string(),
        }),
    }
}
