//! Attacks on signed PDFs, by the families under which they were published, made here byte by byte. None may pass, none may be called 有効.
//!
//! Every certificate in them is trusted: what refuses a file is its structure, its signature or its changes, never a missing anchor.

mod certified;
mod forgery;
mod incremental;
mod shadow;
mod swaps;
mod wrapping;

use crate::support::agreement::{Objects, agreement, sign, signature};
use crate::support::updates::{Person, find_last};

/// A named file.
type Attack = (&'static str, Vec<u8>);

/// The agreement, signed once.
fn signed_once(person: &Person) -> Vec<u8> {
    sign(person, &agreement(), &signature(0, ""))
}

/// The agreement, certified at this level.
fn certified_at(person: &Person, level: u8) -> Vec<u8> {
    let objects: Objects = signature(0, &crate::support::agreement::docmdp(level));
    sign(person, &agreement(), &objects)
}

/// Where the hexadecimal of the last signature's /Contents stands, without its brackets.
fn hole(file: &[u8]) -> std::ops::Range<usize> {
    let start = find_last(file, b"/Contents<").unwrap() + 10;
    let length = file[start..].iter().position(|b| *b == b'>').unwrap();
    start..start + length
}

/// `file` with `text` written over the bytes at `at`.
fn overwritten(file: &[u8], at: usize, text: &str) -> Vec<u8> {
    let mut file = file.to_vec();
    file[at..at + text.len()].copy_from_slice(text.as_bytes());
    file
}
