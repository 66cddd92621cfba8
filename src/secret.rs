//! Secrets that wipe themselves: PINs, passwords, API keys.
//!
//! No secret here is `Clone`, `Serialize` or printable: `Debug` says REDACTED. Whoever wants the bytes calls `expose` and can be found by that name.

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Longest secret accepted anywhere, in bytes.
pub const MAX_SECRET_BYTES: usize = 512;

/// Keeps the memory of this process out of core files and from other processes of the same user (`PR_SET_DUMPABLE`, prctl(2)).
///
/// # Errors
/// When the kernel refuses; then the process should hold no secret.
pub fn guard_process() -> std::io::Result<()> {
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name(Zeroizing<Vec<u8>>);

        impl $name {
            /// Takes the bytes over. `None` when longer than [`MAX_SECRET_BYTES`] (and then they are wiped).
            ///
            /// The vector is kept as it is, never grown: a growing vector leaves copies behind.
            pub fn new(bytes: Vec<u8>) -> Option<Self> {
                let bytes = Zeroizing::new(bytes);
                (bytes.len() <= MAX_SECRET_BYTES).then_some(Self(bytes))
            }

            /// The secret itself.
            pub fn expose(&self) -> &[u8] {
                &self.0
            }

            /// Compares without telling by its duration where the difference is.
            pub fn matches(&self, other: &[u8]) -> bool {
                self.0.ct_eq(other).into()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(REDACTED)"))
            }
        }
    };
}

secret! {
    /// What a person types to open a token: PIN, signing password.
    Pin
}
secret! {
    /// The password of an encrypted PDF.
    Password
}
secret! {
    /// A pairing's or client's key, as handed out once.
    ApiKey
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_nothing() {
        let pin = Pin::new(b"123456".to_vec()).unwrap();
        assert_eq!(format!("{pin:?}"), "Pin(REDACTED)");
        assert!(pin.matches(b"123456") && !pin.matches(b"123457") && !pin.matches(b"12345"));
    }

    #[test]
    fn too_long_is_refused() {
        assert!(Pin::new(vec![b'1'; MAX_SECRET_BYTES + 1]).is_none());
    }
}
