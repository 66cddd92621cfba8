//! The one test binary: a module per capability.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod access;
mod asked;
mod attacks;
mod audit;
mod beside;
mod cms;
mod demo;
mod der;
mod errors;
mod fetch;
mod http_caller;
mod http_faults;
mod judges;
mod judges_table;
mod layers;
mod logs;
mod other_site;
mod own_page;
mod pdf_evidence;
mod pdf_reading;
mod pdf_signing_rules;
mod pdf_writing;
mod readme;
mod release;
mod render;
mod sign_cli;
mod sign_faults;
mod store;
mod style;
mod support;
mod timestamps;
mod token;
mod tools;
mod trust;
mod verify;
