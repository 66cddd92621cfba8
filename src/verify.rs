//! The verify room; empty until its first file.
