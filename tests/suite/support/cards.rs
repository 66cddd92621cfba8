//! Virtual cards in virtual readers: a card is a program of the test, the reader a `pcscd` of the test's own with the `vpcd` driver, and what stands above them is the real thing.
//!
//! Nothing here touches the machine's own `pcscd` or its readers, needs root, or waits by sleeping. A card counts every try of a PIN that reaches it.

mod apdu;
mod card;
mod plain;
mod reader;
mod states;

pub(crate) use card::{Act, At, Card, Gate};
pub(crate) use plain::Plain;
pub(crate) use reader::Readers;
