//! The app room; empty until its first file.
