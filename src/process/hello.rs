//! The first frame of a worker: who it is. Anything else on the socket is not our worker, and it is ended.

/// Raised whenever the framing or a worker's messages change.
const PROTOCOL: u32 = 1;
/// Both sides come from one build: the worker is the host's own binary.
const BUILD: &str = env!("CARGO_PKG_VERSION");

/// The longest hello that a host reads.
pub(super) const MAX_HELLO_BYTES: usize = 256;

/// The body of the hello frame, whose id is 0.
pub(super) fn bytes() -> Vec<u8> {
    let mut hello = b"hankod worker ".to_vec();
    hello.extend_from_slice(&PROTOCOL.to_le_bytes());
    hello.extend_from_slice(BUILD.as_bytes());
    hello
}
