//! Configuration: one file, read once, checked into plain data.

mod origin;

pub use origin::{MAX_ORIGIN_BYTES, Origin, OriginError};
