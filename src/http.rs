//! The http room; empty until its first file.
