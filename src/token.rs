//! PKCS#11 tokens: cards and HSMs, each module in a worker process of its own.
//!
//! [`Tokens`] is what `app` uses: list, log in, sign. The worker is the only code that loads a module; the daemon never does.
//! A signature takes a [`Login`] (the token is open) and a [`login::Grant`] (these digests may be signed), and is checked against the certificate before it is handed out.

pub mod certificate;
mod change;
mod error;
mod host;
pub mod key;
pub mod login;
pub mod mechanism;
pub mod opensc;
pub mod pin;
pub mod provision;
mod raw;
pub mod reader;
mod slot;
pub mod wire;
pub mod worker;

pub use certificate::{Entry, Fitness, Held, KeyState};
pub use error::Error;
pub use host::{DEFAULT_THREADS, Limits, MODULE_ENVIRONMENT, ModuleSpec, Tokens, names_reader};
pub use key::KeyInfo;
pub use login::{Credential, Grant, Login};
pub use mechanism::Signable;
pub use slot::{Listing, ModuleProblem, PinState, Slot, SlotState, TokenInfo, TokenRef};
