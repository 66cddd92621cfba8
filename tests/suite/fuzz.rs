//! Fuzz targets: each reader of foreign bytes under its own name, with damage that knows the reader's grammar.
//!
//! Here they are short. `make fuzz` runs them for minutes each, `cargo test --test suite -- fuzz::cms` one alone. The targets for CRLs and OCSP
//! answers stand beside the authority that makes them, in `trust`; those for whole files in `pdf_reading`, `pdf_signing_rules` and `verify`.

mod evidence;
mod pdf;
mod request;
mod wire;
