//! The render room; empty until its first file.
