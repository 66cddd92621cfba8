//! Which user holds the other end of a loopback connection.
//!
//! Linux tells it in `/proc/net/tcp` and `tcp6`: the line whose local address is the connection's remote one carries the owner's uid. Where the
//! line is missing (another network namespace, a hardened `/proc`), nothing is concluded in the peer's favour: `caller` refuses it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Longest table that is read, in bytes: some 100,000 connections.
const MAX_TABLE_BYTES: u64 = 16 * 1024 * 1024;

/// Whose the other end is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum User {
    /// The user who runs the daemon.
    Ours,
    /// Another user of this machine.
    Other,
    /// The system does not tell.
    Unknown,
}

/// Both ends of a connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// Our end.
    pub(super) local: SocketAddr,
    /// The other end.
    pub(super) remote: SocketAddr,
    uid: Arc<OnceCell<Option<u32>>>,
}

impl Peer {
    pub(super) fn new(local: SocketAddr, remote: SocketAddr) -> Self {
        Self {
            local,
            remote,
            uid: Arc::default(),
        }
    }

    /// A peer whose user is settled already; `None` is one that the system does not tell.
    #[cfg(test)]
    pub(super) fn of_user(local: SocketAddr, remote: SocketAddr, uid: Option<u32>) -> Self {
        Self {
            local,
            remote,
            uid: Arc::new(OnceCell::new_with(Some(uid))),
        }
    }

    /// Whose the other end is. Looked up once a connection.
    pub(super) async fn user(&self) -> User {
        let uid = self.uid.get_or_init(|| async {
            let (local, remote) = (self.local, self.remote);
            tokio::task::spawn_blocking(move || owner(local, remote))
                .await
                .ok()
                .flatten()
        });
        match *uid.await {
            None => User::Unknown,
            Some(uid) if uid == rustix::process::geteuid().as_raw() => User::Ours,
            Some(_) => User::Other,
        }
    }
}

fn owner(local: SocketAddr, remote: SocketAddr) -> Option<u32> {
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|path| {
        use std::io::Read;
        let mut table = String::new();
        let file = std::fs::File::open(path).ok()?;
        file.take(MAX_TABLE_BYTES).read_to_string(&mut table).ok()?;
        find(&table, local, remote)
    })
}

/// The uid of the socket that calls our `remote` its own address.
fn find(table: &str, local: SocketAddr, remote: SocketAddr) -> Option<u32> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let theirs = address(fields.nth(1)?)?;
        let ours = address(fields.next()?)?;
        (theirs == same_form(remote) && ours == same_form(local)).then(|| fields.nth(4)?.parse().ok())?
    })
}

/// IPv4 in IPv6 clothes is the same address.
fn same_form(address: SocketAddr) -> (IpAddr, u16) {
    (address.ip().to_canonical(), address.port())
}

/// `0100007F:2A35`: 32-bit words in the machine's byte order, then the port in hexadecimal.
fn address(field: &str) -> Option<(IpAddr, u16)> {
    let (ip, port) = field.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word =
        |at: usize| -> Option<[u8; 4]> { u32::from_str_radix(ip.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes) };
    match ip.len() {
        8 => Some((IpAddr::from(word(0)?), port)),
        32 => {
            let mut bytes = [0; 16];
            for (n, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(n * 8)?);
            }
            Some((IpAddr::from(Ipv6Addr::from(bytes)).to_canonical(), port))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn our_own_connection_is_ours() {
        for bind in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(bind) else {
                continue;
            };
            let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, remote) = listener.accept().unwrap();
            let uid = owner(server.local_addr().unwrap(), remote);
            assert_eq!(uid, Some(rustix::process::geteuid().as_raw()), "{bind}");
        }
    }

    #[test]
    fn the_other_ends_line_counts_not_ours() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
            0: 0100007F:2A35 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 111 1\n   \
            1: 0100007F:C001 0100007F:2A35 01 00000000:00000000 00:00000000 00000000  1001        0 222 1\n";
        let (local, remote) = ("127.0.0.1:10805".parse().unwrap(), "127.0.0.1:49153".parse().unwrap());
        if cfg!(target_endian = "little") {
            assert_eq!(find(table, local, remote), Some(1001));
        }
        assert_eq!(find(table, local, "127.0.0.1:49154".parse().unwrap()), None);
        assert_eq!(find("", local, remote), None);
        assert_eq!(find("x\n1: zz 00 \n2: :1 :2", local, remote), None);
    }
}
