//! hankod: one daemon that signs, and everything around it. This file is the map.
//!
//! A row imports only rows before it, never a neighbour; `tests/suite/layers.rs` holds the table.
//!
//! | row | module | what stands there |
//! |---|---|---|
//! | 1 | [`clock`] [`secret`] [`text`] | time as a value; secrets that wipe themselves; ja and en messages |
//! | 2 | [`der`] [`config`] [`console`] [`process`] | DER and certificate fields; configuration as checked data; embedded pages; supervised child processes |
//! | 3 | [`cms`] [`pdf`] [`net`] [`token`] [`render`] | SignedData; reading and updating PDF; a bounded HTTP client; PKCS#11 tokens; page pictures and seals |
//! | 4 | [`tsa`] [`trust`] | RFC 3161, question and checked answer; anchors, certification paths, CRLs and OCSP answers, algorithms by date. Both without I/O |
//! | 5 | [`sign`] [`verify`] [`fetch`] | a signature prepared and embedded; a finished file checked, both without I/O; timestamps over HTTP |
//! | 6 | [`contract`] | a contract as data: terms, states, turns, what its certificate of conclusion says |
//! | 7 | [`store`] | SQLite: pairings, intents, outcomes, contracts, mails |
//! | 8 | [`audit`] [`access`] [`mail`] | the hash-chained log; sites and their keys; mails and their SMTP server |
//! | 9 | [`app`] | use cases |
//! | 10 | [`http`] | the desk API and the daemon's page; a server's API |
//! | 11 | [`daemon`] | assembly, signals, logs |
//! | 12 | [`demo`] | the demonstration's CA, its timestamps and OCSP, and tokens |
//! | 13 | [`cli`] | one file a subcommand |

pub mod access;
pub mod app;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod cms;
pub mod config;
pub mod console;
pub mod contract;
pub mod daemon;
pub mod demo;
pub mod der;
pub mod fetch;
pub mod http;
pub mod mail;
pub mod net;
pub mod pdf;
pub mod process;
pub mod render;
pub mod secret;
pub mod sign;
pub mod store;
pub mod text;
pub mod token;
pub mod trust;
pub mod tsa;
pub mod verify;
