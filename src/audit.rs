//! The audit room; empty until its first file.
