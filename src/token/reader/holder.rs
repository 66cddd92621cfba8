//! Which programs are connected to pcscd, by name: one of them holds a reader that is taken.
//!
//! The kernel tells which sockets are connected to pcscd's (sock_diag(7), `unix_diag`), `/proc` which processes have them. Where either is closed to us nothing is told, and nothing is guessed.

use rustix::net::netlink::SOCK_DIAG;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::Path;

/// Where pcscd listens unless the environment says otherwise.
const PCSCD_SOCKET: &str = "/run/pcscd/pcscd.comm";
/// Names that are told at most.
const MAX_NAMES: usize = 3;
/// Longest message of the kernel that is read, in bytes, and how many of them.
const MESSAGE_BYTES: usize = 32 * 1024;
const MAX_MESSAGES: usize = 10_000;

/// Of linux/netlink.h, linux/sock_diag.h and linux/unix_diag.h.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST_DUMP: u16 = 0x301;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const AF_UNIX: u8 = 1;
const SHOW_NAME_AND_PEER: u32 = 1 | 4;
const ATTRIBUTE_NAME: u16 = 0;
const ATTRIBUTE_PEER: u16 = 2;
const HEADER_BYTES: usize = 16;
const SOCKET_BYTES: usize = 16;

/// A Unix socket.
struct Socket {
    inode: u32,
    name: Vec<u8>,
    peer: Option<u32>,
}

/// Who is connected to pcscd besides this process and its children.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Others {
    /// Nobody.
    None,
    /// Programs of these names, at most three; empty when the system does not tell.
    Some(Vec<String>),
}

/// Looks who is connected to pcscd.
pub(super) fn others() -> Others {
    look().unwrap_or_else(|| Others::Some(Vec::new()))
}

fn look() -> Option<Others> {
    let path = std::env::var_os("PCSCLITE_CSOCK_NAME").unwrap_or_else(|| PCSCD_SOCKET.into());
    let clients = clients(path.as_encoded_bytes()).ok()?;
    let ours = std::process::id();
    let (mut names, mut known) = (BTreeSet::new(), HashSet::new());
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let process = entry.path();
        let Some(id) = entry.file_name().to_str().and_then(|id| id.parse::<u32>().ok()) else {
            continue;
        };
        let held = held_by(&process, &clients);
        if id == ours || !held.is_empty() && parent(&process) == Some(ours) {
            known.extend(held);
        } else if !held.is_empty()
            && let Ok(name) = fs::read_to_string(process.join("comm"))
        {
            names.insert(name.trim().to_owned());
        }
    }
    Some(match clients.is_subset(&known) {
        true => Others::None,
        false => Others::Some(names.into_iter().take(MAX_NAMES).collect()),
    })
}

/// The inodes of sockets that are connected to the one with this name.
fn clients(name: &[u8]) -> io::Result<HashSet<u32>> {
    let sockets = sockets()?;
    let served = sockets.iter().filter(|socket| socket.name == name);
    let mut clients: HashSet<u32> = served.filter_map(|socket| socket.peer).collect();
    // pcscd's own end is no client.
    for socket in sockets.iter().filter(|socket| socket.name == name) {
        clients.remove(&socket.inode);
    }
    Ok(clients)
}

fn sockets() -> io::Result<Vec<Socket>> {
    let netlink = socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(SOCK_DIAG),
    )?;
    send(&netlink, &request(), SendFlags::empty())?;
    let mut found = Vec::new();
    let mut message = vec![0; MESSAGE_BYTES];
    for _ in 0..MAX_MESSAGES {
        let (_, read) = recv(&netlink, &mut message[..], RecvFlags::empty())?;
        if read == 0 || !read_message(&message[..read.min(MESSAGE_BYTES)], &mut found)? {
            return Ok(found);
        }
    }
    Err(io::Error::other("too many sockets"))
}

/// All Unix sockets, with names and peers.
fn request() -> Vec<u8> {
    let mut body = vec![AF_UNIX, 0, 0, 0];
    // Every state, no inode in particular, what to show, no cookie.
    for word in [u32::MAX, 0, SHOW_NAME_AND_PEER, u32::MAX, u32::MAX] {
        body.extend(word.to_ne_bytes());
    }
    let length = u32::try_from(HEADER_BYTES + body.len()).unwrap_or(u32::MAX);
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(NLM_F_REQUEST_DUMP.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

/// Takes the sockets out of a message; `false` after the last one.
fn read_message(mut rest: &[u8], found: &mut Vec<Socket>) -> io::Result<bool> {
    while let Some(length) = word(rest, 0) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(body) = rest.get(HEADER_BYTES..length) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        match half(rest, 4) {
            Some(NLMSG_DONE) => return Ok(false),
            Some(NLMSG_ERROR) => return Err(io::Error::other("refused")),
            _ => found.extend(socket(body)),
        }
        rest = rest.get(aligned(length)..).unwrap_or_default();
    }
    Ok(true)
}

fn socket(body: &[u8]) -> Option<Socket> {
    let mut socket = Socket {
        inode: word(body, 4)?,
        name: Vec::new(),
        peer: None,
    };
    let mut rest = body.get(SOCKET_BYTES..)?;
    while let (Some(length), Some(kind)) = (half(rest, 0), half(rest, 2)) {
        let length = usize::from(length);
        let Some(value) = rest.get(4..length) else { break };
        match kind {
            ATTRIBUTE_NAME => socket.name = value.strip_suffix(&[0]).unwrap_or(value).to_vec(),
            ATTRIBUTE_PEER => socket.peer = word(value, 0),
            _ => {}
        }
        rest = rest.get(aligned(length)..).unwrap_or_default();
    }
    Some(socket)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_ne_bytes(word))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    let half = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_ne_bytes(half))
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

/// Which of the sockets a process has; another user's are closed to us.
fn held_by(process: &Path, inodes: &HashSet<u32>) -> HashSet<u32> {
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else {
        return HashSet::new();
    };
    let socket = |descriptor: fs::DirEntry| {
        let target = fs::read_link(descriptor.path()).ok()?;
        let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        inode.parse().ok().filter(|inode| inodes.contains(inode))
    };
    descriptors.flatten().filter_map(socket).collect()
}

/// The parent's id (proc(5), `stat`), after the name in brackets, which may hold anything.
fn parent(process: &Path) -> Option<u32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    after.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::net::{UnixListener, UnixStream};

    #[test]
    fn whoever_is_connected_is_found_and_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pcscd");
        let listener = UnixListener::bind(&path).unwrap();
        let name = path.as_os_str().as_encoded_bytes();
        assert!(clients(name).unwrap().is_empty());
        let client = UnixStream::connect(&path).unwrap();
        let _served = listener.accept().unwrap();
        let found = clients(name).unwrap();
        let own = Path::new("/proc/self");
        assert!(found.len() == 1 && held_by(own, &found) == found);
        drop(client);
        assert!(held_by(own, &found).is_empty());
        assert_eq!(parent(own), Some(std::os::unix::process::parent_id()));
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(bytes: Vec<u8>) {
            let _ = read_message(&bytes, &mut Vec::new());
        }
    }
}
