//! What paths and revocation are judged by: certificates, CRLs and OCSP answers of the file and those handed in, and when each is proven to have existed.
//!
//! Nothing is believed because it is here: [`crate::trust`] checks who signed it. What cannot be read is left out.

use super::file::Examination;
use super::integrity::{Content, Found};
use super::judge::Basis;
use super::trail::Proof;
use crate::clock::Timestamp;
use crate::cms::{SignedData, Signer};
use crate::der::Certificate;
use crate::pdf;
use crate::pdf::dss::{self, Dss};
use crate::trust::revocation::{self, Evidence, Freshness};
use crate::trust::{Crl, OcspAnswer, Use};
use openssl::sha::sha256;
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

type Digest = [u8; 32];

/// All pieces. Those of the file come first.
pub(super) struct Material {
    pub(super) pieces: Pieces,
    /// How many answers and lists the file holds.
    embedded: (usize, usize),
    /// What the security store held when a document timestamp was made: its revision, SHA-256 of the pieces.
    views: Vec<(usize, HashSet<Digest>)>,
}

impl Material {
    /// Everything in the file, and `more`.
    pub(super) fn gather(examination: &Examination<'_>, more: &Pieces) -> Self {
        let mut pieces = examination.pieces().clone();
        let embedded = (pieces.answers.len(), pieces.crls.len());
        pieces.certificates.extend(more.certificates.iter().cloned());
        let known: HashSet<Digest> = pieces.answers.iter().map(|answer| *answer.sha256()).collect();
        let answers = more.answers.iter().filter(|answer| !known.contains(answer.sha256()));
        pieces.answers.extend(answers.cloned());
        let known: HashSet<Digest> = pieces.crls.iter().map(|crl| *crl.sha256()).collect();
        let crls = more.crls.iter().filter(|crl| !known.contains(crl.sha256()));
        pieces.crls.extend(crls.cloned());
        Self {
            views: views(examination, embedded != (0, 0)),
            pieces,
            embedded,
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
        for answer in &mut self.pieces.answers {
            answer.prove(existed(answer.sha256()));
        }
        for crl in &mut self.pieces.crls {
            crl.prove(existed(crl.sha256()));
        }
    }

    /// As `trust` wants it.
    pub(super) fn evidence<'m>(
        &'m self,
        certificates: &'m [Certificate],
        basis: &Basis<'m>,
        use_: Use,
    ) -> Evidence<'m> {
        Evidence {
            crls: &self.pieces.crls,
            answers: &self.pieces.answers,
            certificates,
            anchors: basis.anchors,
            anchors_for: use_,
            freshness: Freshness::Current,
            checks: basis.checks,
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
        let answers = self.pieces.answers.iter().take(self.embedded.0);
        let crls = self.pieces.crls.iter().take(self.embedded.1);
        (
            answers.filter(|answer| there(answer.sha256())).cloned().collect(),
            crls.filter(|crl| there(crl.sha256())).cloned().collect(),
        )
    }
}

impl Examination<'_> {
    /// Every certificate in the file's security store, its signatures and their timestamps, and the store's revocation data. Read once.
    pub fn pieces(&self) -> &Pieces {
        &self.store().0
    }

    /// Why the security store could not be read; then nothing of it is among the pieces.
    pub(super) fn unread(&self) -> Option<&pdf::Error> {
        self.store().1.as_ref()
    }

    fn store(&self) -> &(Pieces, Option<pdf::Error>) {
        self.store.get_or_init(|| match dss::read(&self.document) {
            Ok(store) => (self.parsed(&store), None),
            Err(error) => (self.parsed(&Dss::default()), Some(error)),
        })
    }

    fn parsed(&self, store: &Dss) -> Pieces {
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
        (revision, ocsps.iter().chain(&crls).map(|der| sha256(der)).collect())
    };
    revisions.map(view).collect()
}

fn parsed<T>(list: &[Vec<u8>], parse: impl Fn(&[u8]) -> Option<T>) -> Vec<T> {
    list.iter().filter_map(|der| parse(der)).collect()
}
