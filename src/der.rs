//! The der room; empty until its first file.
