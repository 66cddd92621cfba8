//! Virtual cards in virtual readers: a card is a program of the test, the reader a `pcscd` of the test's own with the `vpcd` driver, and what stands above them is the real thing.
//!
//! Nothing here touches the machine's own `pcscd` or its readers, needs root, or waits by sleeping. A card counts every try of a PIN that reaches it.

mod apdu;
mod bearer;
mod card;
pub(crate) mod jpki;
pub(crate) mod piv;
mod plain;
mod reader;
mod secret;
mod states;

pub(crate) use apdu::Status;
pub(crate) use bearer::{Bearer, opensc_module};
pub(crate) use card::{Act, At, Card, Gate};
pub(crate) use jpki::Jpki;
pub(crate) use piv::Piv;
pub(crate) use plain::Plain;
pub(crate) use reader::Readers;
