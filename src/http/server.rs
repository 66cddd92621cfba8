//! The listener: without TLS on loopback addresses only, connections counted, every wait bounded, and an orderly end.
//!
//! Nothing here reads a request; that begins in `caller`.

use super::limits::Limits;
use super::peer::Peer;
use super::tls::{Certificates, ClientCertificate};
use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use sha2::{Digest, Sha256};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Longest request line and headers together, in bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Most headers of one request.
const MAX_HEADERS: usize = 64;
/// hyper's read buffer; also the longest frame of an upload.
const MAX_BUFFER_BYTES: usize = 128 * 1024;
/// Pause after the system refused a connection (no descriptors left), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the listener could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from other machines.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// What the system said.
    #[error("the listener failed: {0}")]
    Io(#[from] io::Error),
}

impl crate::text::Explain for ServeError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotLoopback(_) => "listener_not_loopback",
            Self::Io(_) => "listener_failed",
        }
    }

    fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotLoopback(address) => vec![("address", address.to_string())],
            Self::Io(error) => vec![("reason", error.to_string())],
        }
    }
}

/// A listener that may be served: on loopback, or with TLS.
pub struct Door {
    listener: TcpListener,
    tls: Option<Arc<Certificates>>,
}

impl Door {
    /// Takes a listener that other machines cannot reach, also one that somebody else bound.
    ///
    /// # Errors
    /// A listener that is not on loopback, or that has no address.
    pub fn on_loopback(listener: TcpListener) -> Result<Self, ServeError> {
        let address = listener.local_addr()?;
        match address.ip().to_canonical().is_loopback() {
            true => Ok(Self { listener, tls: None }),
            false => Err(ServeError::NotLoopback(address)),
        }
    }

    /// Takes any listener; whoever connects speaks TLS.
    pub fn with_tls(listener: TcpListener, certificates: Certificates) -> Self {
        Self {
            listener,
            tls: Some(Arc::new(certificates)),
        }
    }
}

/// Serves until `ending` says `true` (or its sender is gone), then gives requests under way `drain_deadline_ms`.
///
/// # Errors
/// What the system said of a listener that can accept nothing any more.
pub async fn serve(
    doors: Vec<Door>,
    router: Router,
    limits: Limits,
    ending: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let seats = Arc::new(Semaphore::new(limits.max_connections));
    let mut loops = JoinSet::new();
    for Door { listener, tls } in doors {
        loops.spawn(accept(
            listener,
            tls,
            router.clone(),
            limits,
            Arc::clone(&seats),
            ending.clone(),
        ));
    }
    while let Some(ended) = loops.join_next().await {
        ended.map_err(io::Error::other).flatten()?;
    }
    Ok(())
}

async fn accept(
    listener: TcpListener,
    tls: Option<Arc<Certificates>>,
    router: Router,
    limits: Limits,
    seats: Arc<Semaphore>,
    mut ending: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = ended(&mut ending) => break,
            seat = Arc::clone(&seats).acquire_owned() => tokio::select! {
                () = ended(&mut ending) => break,
                accepted = listener.accept() => accepted.map(|a| (a, seat)),
            },
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok(((stream, remote), seat)) => {
                let (router, ending, tls) = (router.clone(), ending.clone(), tls.clone());
                connections.spawn(async move {
                    // A connection that breaks is the client's affair; what it asked has been answered or logged by the use case.
                    let _ = open(stream, remote, tls, router, limits, ending).await;
                    drop(seat);
                });
            }
            // The socket itself is gone; trying again would only spin.
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => {
                log::warn!(code = "connection_not_accepted", error:%; "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(Duration::from_millis(limits.drain_deadline_ms), drained).await;
    Ok(())
}

/// accept(2): these say something of the listener, the others of one connection or of the moment.
fn is_final(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let number = error.raw_os_error();
    [Errno::INVAL, Errno::BADF, Errno::NOTSOCK, Errno::OPNOTSUPP]
        .iter()
        .any(|errno| number == Some(errno.raw_os_error()))
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

async fn open(
    stream: TcpStream,
    remote: SocketAddr,
    tls: Option<Arc<Certificates>>,
    router: Router,
    limits: Limits,
    ending: watch::Receiver<bool>,
) -> Result<(), Broken> {
    let peer = Peer::new(stream.local_addr()?, remote);
    stream.set_nodelay(true)?;
    // A client that stops taking its answer is dropped by the kernel.
    let patience = u32::try_from(limits.idle_deadline_ms).unwrap_or(u32::MAX);
    rustix::net::sockopt::set_tcp_user_timeout(&stream, patience)?;
    let Some(tls) = tls else {
        return converse(stream, peer, None, router, limits, ending).await;
    };
    let handshake = tls.acceptor().accept(stream);
    let stream = tokio::time::timeout(Duration::from_millis(limits.header_deadline_ms), handshake).await??;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let certificate = shown.map(|der| ClientCertificate(Sha256::digest(der).into()));
    converse(stream, peer, certificate, router, limits, ending).await
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    certificate: Option<ClientCertificate>,
    router: Router,
    limits: Limits,
    mut ending: watch::Receiver<bool>,
) -> Result<(), Broken> {
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        if let Some(certificate) = certificate {
            request.extensions_mut().insert(certificate);
        }
        inner.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_deadline_ms))
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        done = connection.as_mut() => return Ok(done?),
        () = ended(&mut ending) => connection.as_mut().graceful_shutdown(),
    }
    Ok(connection.await?)
}

/// Waits until the daemon ends.
async fn ended(ending: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it the daemon.
    let _ = ending.wait_for(|ending| *ending).await;
}

#[cfg(test)]
mod tests;
