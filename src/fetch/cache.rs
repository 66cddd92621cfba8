//! What was fetched before from addresses in certificates: lists, answers, issuers. Whoever calls keeps it; it is judged anew each time.

use crate::clock::Timestamp;
use crate::der::Certificate;
use crate::trust::path::Path;
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes that a cache holds.
pub const MAX_CACHE_BYTES: usize = 256 * 1024 * 1024;

/// DER by address (and by certificate, for OCSP), each with the end of its use.
#[derive(Clone, Default, Debug)]
pub struct RevocationCache {
    entries: BTreeMap<String, (Vec<u8>, Timestamp)>,
    new: BTreeSet<String>,
}

impl RevocationCache {
    /// Takes an entry that was kept.
    pub fn load(&mut self, key: String, der: Vec<u8>, until: Timestamp) {
        self.entries.insert(key, (der, until));
    }

    /// What came since the cache was made, to be kept: key, DER, end of its use.
    pub fn news(&self) -> impl Iterator<Item = (&str, &[u8], Timestamp)> {
        self.new.iter().filter_map(|key| {
            let (der, until) = self.entries.get(key)?;
            Some((key.as_str(), der.as_slice(), *until))
        })
    }

    /// The keys under which data about a path may be kept.
    pub fn keys(path: &Path) -> Vec<String> {
        let of_link = |certificate: &Certificate| {
            let extensions = certificate.extensions();
            let answers = extensions.ocsp_urls.iter().map(|url| answer_key(url, certificate));
            answers.chain(extensions.crl_urls.iter().cloned()).collect::<Vec<_>>()
        };
        path.links().flat_map(|(certificate, _)| of_link(certificate)).collect()
    }

    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<&[u8]> {
        let (der, until) = self.entries.get(key)?;
        (*until >= now).then_some(der)
    }

    /// Without an end there is always something newer: nothing is kept.
    pub(super) fn put(&mut self, key: String, der: &[u8], until: Option<Timestamp>) {
        let held: usize = self.entries.values().map(|(der, _)| der.len()).sum();
        if let Some(until) = until.filter(|_| held + der.len() <= MAX_CACHE_BYTES) {
            self.new.insert(key.clone());
            self.entries.insert(key, (der.to_vec(), until));
        }
    }
}

/// The key of an OCSP answer about one certificate.
pub(super) fn answer_key(address: &str, certificate: &Certificate) -> String {
    format!("{address} {}", certificate.sha256_hex())
}
