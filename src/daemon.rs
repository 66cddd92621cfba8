//! The daemon room; empty until its first file.
