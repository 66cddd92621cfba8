//! The cms room; empty until its first file.
