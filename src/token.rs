//! The token room; empty until its first file.

pub mod pin;
