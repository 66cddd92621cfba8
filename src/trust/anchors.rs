//! Whom the organisation trusts, and for what: certificates handed in from files, folders and tokens.
//!
//! Nothing is read from the system: its TLS roots vouch for web servers, not for signers.

use crate::der::Certificate;
use crate::trust::names;

/// Most anchors that are held; more is a mistaken folder.
pub const MAX_ANCHORS: usize = 4096;

/// What an anchor vouches for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Use {
    /// Signers of documents.
    Signers,
    /// Timestamp authorities.
    TimestampAuthorities,
    /// OCSP responders that are trusted by themselves (RFC 6960, 4.2.2.2, "locally configured").
    Responders,
}

/// The anchors, in the order in which they were added, each once a use.
#[derive(Clone, Default, Debug)]
pub struct Anchors {
    list: Vec<(Use, Certificate)>,
}

impl Anchors {
    /// None: no certificate has a path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one certificate for `uses`; beyond [`MAX_ANCHORS`] it is not taken.
    pub fn add(&mut self, certificate: Certificate, uses: &[Use]) {
        for use_ in uses {
            let known = self.list.iter().any(|(u, c)| u == use_ && *c == certificate);
            if !known && self.list.len() < MAX_ANCHORS {
                self.list.push((*use_, certificate.clone()));
            }
        }
    }

    /// Those for one use.
    pub fn of(&self, use_: Use) -> impl Iterator<Item = &Certificate> {
        self.list.iter().filter(move |(u, _)| *u == use_).map(|(_, c)| c)
    }

    /// `true` when there is none at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `true` when this very certificate is an anchor for this use.
    pub fn contains(&self, use_: Use, certificate: &Certificate) -> bool {
        self.of(use_).any(|anchor| anchor == certificate)
    }

    /// Those for one use that bear this name: several where a CA renewed its key under one name.
    pub(super) fn named<'a>(&'a self, use_: Use, name_der: &'a [u8]) -> impl Iterator<Item = &'a Certificate> {
        self.of(use_).filter(move |c| names::same(c.subject().der(), name_der))
    }
}
