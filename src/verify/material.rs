//! What paths and revocation are judged by: certificates, CRLs and OCSP answers of the file and those handed in, and when each is proven to have existed.
//!
//! Nothing is believed because it is here: [`crate::trust`] checks who signed it. What cannot be read is left out.

use super::file::Examination;
use super::integrity::{Content, Found};
use super::trail::Proof;
use crate::clock::Timestamp;
use crate::cms::{SignedData, Signer};
use crate::der::{Certificate, DigestAlgorithm};
use crate::pdf::dss::{self, Dss};
use crate::trust::revocation::{self, Evidence, Freshness};
use crate::trust::{Anchors, Crl, OcspAnswer, Use};
use std::collections::{BTreeSet, HashSet};

/// Pieces that the caller hands in, such as what was fetched.
#[derive(Clone, Default, Debug)]
pub struct Pieces {
    /// Certificates.
    pub certificates: Vec<Certificate>,
    /// OCSP answers.
    pub answers: Vec<OcspAnswer>,
    /// Revocation lists.
    pub crls: Vec<Crl>,
}

impl Pieces {
    /// How many there are of each kind.
    pub fn counts(&self) -> [usize; 3] {
        [self.certificates.len(), self.answers.len(), self.crls.len()]
    }
}

type Digest = Vec<u8>;

/// All pieces. Those of the file come first.
pub(super) struct Material {
    pub(super) pieces: Pieces,
    /// How many answers and lists the file holds.
    embedded: (usize, usize),
    /// SHA-256 of each answer and each list.
    digests: (Vec<Digest>, Vec<Digest>),
    /// What the security store held when a document timestamp was made: its revision, SHA-256 of the pieces.
    views: Vec<(usize, HashSet<Digest>)>,
}

impl Material {
    /// Everything in the file, and `more`.
    pub(super) fn gather(examination: &Examination<'_>, more: &Pieces) -> Self {
        let mut pieces = examination.pieces();
        let embedded = (pieces.answers.len(), pieces.crls.len());
        pieces.certificates.extend(more.certificates.iter().cloned());
        let new = |known: &[&[u8]], der: &[u8]| !known.contains(&der);
        let known: Vec<&[u8]> = pieces.answers.iter().map(OcspAnswer::der).collect();
        let answers: Vec<_> = more.answers.iter().filter(|a| new(&known, a.der())).cloned().collect();
        let known: Vec<&[u8]> = pieces.crls.iter().map(Crl::der).collect();
        let crls: Vec<_> = more.crls.iter().filter(|c| new(&known, c.der())).cloned().collect();
        pieces.answers.extend(answers);
        pieces.crls.extend(crls);
        let digests = (
            pieces.answers.iter().map(|a| digest(a.der())).collect(),
            pieces.crls.iter().map(|c| digest(c.der())).collect(),
        );
        Self {
            views: views(examination, embedded != (0, 0)),
            pieces,
            embedded,
            digests,
        }
    }

    /// Notes for every piece when it is proven to have existed: by the earliest proof over a revision that held it, else `now`.
    pub(super) fn prove(&mut self, proofs: &[Proof], now: Timestamp) {
        let views = &self.views;
        let existed = |digest: &Digest| {
            let held = |revision| views.iter().any(|(at, held)| *at == revision && held.contains(digest));
            let times = proofs.iter().filter(|p| held(p.revision)).map(|p| p.time);
            times.min().unwrap_or(now).min(now)
        };
        for (answer, digest) in self.pieces.answers.iter_mut().zip(&self.digests.0) {
            answer.prove(existed(digest));
        }
        for (crl, digest) in self.pieces.crls.iter_mut().zip(&self.digests.1) {
            crl.prove(existed(digest));
        }
    }

    /// As `trust` wants it.
    pub(super) fn evidence<'m>(
        &'m self,
        certificates: &'m [Certificate],
        anchors: &'m Anchors,
        use_: Use,
    ) -> Evidence<'m> {
        Evidence {
            crls: &self.pieces.crls,
            answers: &self.pieces.answers,
            certificates,
            anchors,
            anchors_for: use_,
            freshness: Freshness::Current,
        }
    }

    /// When the data behind a proof is proven to have existed.
    pub(super) fn existed(&self, proof: &revocation::Proof) -> Option<Timestamp> {
        match proof.is_ocsp {
            true => self.pieces.answers.get(proof.index)?.existed(),
            false => self.pieces.crls.get(proof.index)?.existed(),
        }
    }

    /// What the file itself holds; with a revision, what its security store held then.
    pub(super) fn embedded(&self, at_revision: Option<usize>) -> (Vec<OcspAnswer>, Vec<Crl>) {
        let view = at_revision.and_then(|at| self.views.iter().find(|(revision, _)| *revision == at));
        let there = |digest: &Digest| match (at_revision, view) {
            (None, _) => true,
            (Some(_), Some((_, held))) => held.contains(digest),
            (Some(_), None) => false,
        };
        let answers = self.pieces.answers.iter().zip(&self.digests.0).take(self.embedded.0);
        let crls = self.pieces.crls.iter().zip(&self.digests.1).take(self.embedded.1);
        (
            answers.filter(|(_, d)| there(d)).map(|(a, _)| a.clone()).collect(),
            crls.filter(|(_, d)| there(d)).map(|(c, _)| c.clone()).collect(),
        )
    }
}

impl Examination<'_> {
    /// Every certificate in the file's security store, its signatures and their timestamps, and the store's revocation data.
    pub fn pieces(&self) -> Pieces {
        let store = dss::read(&self.document).unwrap_or_default();
        let mut certificates = parsed(&store.certificates, |der| Certificate::parse(der).ok());
        for cms in self.found.iter().filter_map(Found::cms) {
            certificates.extend(cms.certificates.iter().cloned());
            for token in cms.signers.iter().flat_map(Signer::timestamps) {
                let token = SignedData::parse_foreign(token);
                certificates.extend(token.map(|token| token.certificates).unwrap_or_default());
            }
        }
        let mut seen = BTreeSet::new();
        certificates.retain(|c| seen.insert(*c.sha256()));
        Pieces {
            certificates,
            answers: parsed(&store.ocsps, |der| OcspAnswer::parse(der).ok()),
            crls: parsed(&store.crls, |der| Crl::parse(der).ok()),
        }
    }
}

/// What the store held in each revision that ends with a document timestamp.
fn views(examination: &Examination<'_>, wanted: bool) -> Vec<(usize, HashSet<Digest>)> {
    let stamped = examination
        .found
        .iter()
        .filter(|f| matches!(f.content, Ok(Content::Timestamp(..))));
    let revisions = stamped.filter_map(|f| f.revision).filter(|_| wanted);
    let view = |revision: usize| {
        let document = examination.document.at_revision(&examination.revisions[revision]);
        let Dss { ocsps, crls, .. } = dss::read(&document).unwrap_or_default();
        (revision, ocsps.iter().chain(&crls).map(|der| digest(der)).collect())
    };
    revisions.map(view).collect()
}

fn parsed<T>(list: &[Vec<u8>], parse: impl Fn(&[u8]) -> Option<T>) -> Vec<T> {
    list.iter().filter_map(|der| parse(der)).collect()
}

fn digest(bytes: &[u8]) -> Digest {
    DigestAlgorithm::Sha256.digest(bytes)
}
