//! What the tests stand on: real programs, real tokens, real servers, each test with a directory of its own.
//!
//! Nothing here shares state between tests, waits by sleeping, or reads a path that is not given to it.

pub(crate) mod ca;
pub(crate) mod mutate;
pub(crate) mod shapes;
