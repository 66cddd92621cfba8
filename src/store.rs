//! The store room; empty until its first file.
