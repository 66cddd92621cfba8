//! The config room; empty until its first file.
