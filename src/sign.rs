//! The sign room; empty until its first file.
