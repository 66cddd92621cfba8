//! A contract between parties, as data: its terms, whose turn it is, which act is allowed when, what its certificate of conclusion says.
//!
//! Pure: nothing here reads the clock, a file, a database or a certificate, and nothing signs. `app` hands in what happened and stores what comes out.
//!
//! ```text
//! draft <-> in_review -> sent -> completing -> concluded
//!   |           |         |-> declined | expired
//!   '-----------'---------'-> withdrawn
//! ```

pub mod address;
pub mod certificate;
mod error;
pub mod field;
pub mod party;
pub mod policy;
pub mod progress;
pub mod search;
pub mod signer;
pub mod state;
pub mod terms;
pub mod words;
pub mod yen;

pub use self::error::Error;
pub use self::progress::{Contract, Event, Who};
pub use self::state::{Act, State};
pub use self::terms::Terms;
