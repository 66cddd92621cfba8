//! What the person agrees to, bound into one digest: these documents, placed and signed this way, for this caller.
//!
//! The check number that prompt and page show is a part of that digest, so that two sets that differ in anything show
//! different numbers. Nothing here asks anybody.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::access::Principal;
use crate::app::desk::{DocumentRequest, SigningChoice};

/// A bound set of documents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Consent {
    digest: [u8; 32],
    inputs: Vec<[u8; 32]>,
    unseen: bool,
}

/// One document as it was shown.
pub(crate) struct Shown<'a> {
    /// What was asked for it: name, field, seal.
    pub(crate) request: &'a DocumentRequest,
    /// SHA-256 of its bytes.
    pub(crate) sha256: [u8; 32],
    /// SHA-256 of the picture that its seal shows.
    pub(crate) seal: Option<Vec<u8>>,
}

#[derive(Serialize)]
struct Bound<'a> {
    format: u32,
    operation: &'a str,
    caller: String,
    choice: &'a SigningChoice,
    documents: Vec<BoundDocument<'a>>,
}

#[derive(Serialize)]
struct BoundDocument<'a> {
    request: &'a DocumentRequest,
    sha256: String,
    seal: Option<String>,
}

impl Consent {
    /// Binds what is shown under `operation`, an id that is never used twice.
    pub(crate) fn bind(operation: &str, who: &Principal, choice: &SigningChoice, documents: &[Shown<'_>]) -> Self {
        let bound = Bound {
            format: 1,
            operation,
            caller: who.to_string(),
            choice,
            documents: documents
                .iter()
                .map(|d| BoundDocument {
                    request: d.request,
                    sha256: hex::encode(d.sha256),
                    seal: d.seal.as_ref().map(hex::encode),
                })
                .collect(),
        };
        #[expect(clippy::expect_used, reason = "text, numbers and lists always serialize")]
        let bytes = serde_json::to_vec(&bound).expect("a consent is plain data");
        Self {
            digest: Sha256::digest(&bytes).into(),
            inputs: documents.iter().map(|d| d.sha256).collect(),
            unseen: documents.iter().any(|d| d.request.digest.is_some()),
        }
    }

    /// Binds hashes that a client wants signed under `operation`. An input is the hash itself, or its SHA-256 where it is longer.
    pub(crate) fn of_hashes(operation: &str, who: &Principal, certificate: &[u8; 32], hashes: &[Vec<u8>]) -> Self {
        let mut digest = Sha256::new();
        digest.update(format!("hashes\n{operation}\n{who}\n"));
        digest.update(certificate);
        for hash in hashes {
            digest.update((hash.len() as u64).to_be_bytes());
            digest.update(hash);
        }
        Self {
            digest: digest.finalize().into(),
            inputs: hashes.iter().map(|hash| input_of(hash)).collect(),
            unseen: true,
        }
    }

    /// SHA-256 of all that was bound; goes into the audit log.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// SHA-256 of each input, in order.
    pub(crate) fn inputs(&self) -> &[[u8; 32]] {
        &self.inputs
    }

    /// `true` when digests alone were given: nobody here saw what they are of.
    pub(crate) fn is_unseen(&self) -> bool {
        self.unseen
    }

    /// Eight digits in two groups, for people to compare: `1234-5678`.
    pub(crate) fn check(&self) -> String {
        let [a, b, c, d, ..] = self.digest;
        let number = u32::from_be_bytes([a, b, c, d]) % 100_000_000;
        format!("{:04}-{:04}", number / 10_000, number % 10_000)
    }
}

/// Under what a hash is recorded as an input: itself, or its SHA-256 where it is longer.
pub(crate) fn input_of(hash: &[u8]) -> [u8; 32] {
    hash.try_into().unwrap_or_else(|_| Sha256::digest(hash).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(name: &str, sha256: [u8; 32], reason: Option<&str>) -> Consent {
        let request = DocumentRequest {
            name: name.to_owned(),
            ..DocumentRequest::default()
        };
        let choice = SigningChoice {
            reason: reason.map(str::to_owned),
            ..SigningChoice::default()
        };
        Consent::bind(
            "op",
            &Principal::OwnPage,
            &choice,
            &[Shown {
                request: &request,
                sha256,
                seal: None,
            }],
        )
    }

    #[test]
    fn whatever_differs_changes_the_number() {
        let first = bind("a.pdf", [1; 32], None);
        assert_eq!(first, bind("a.pdf", [1; 32], None));
        for other in [
            bind("b.pdf", [1; 32], None),
            bind("a.pdf", [2; 32], None),
            bind("a.pdf", [1; 32], Some("r")),
        ] {
            assert_ne!(first.check(), other.check());
        }
        assert_eq!(first.check().len(), 9);
    }
}
