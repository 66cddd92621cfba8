//! The process room; empty until its first file.
