//! The access room; empty until its first file.
