//! The demo room; empty until its first file.
