//! The baseline level that a signature's evidence reaches (ETSI EN 319 142-1, 6): timestamps that are intact, data that speaks about every certificate.
//! Whether anybody here trusts the authorities is the verdict's part.

use super::chain::Chain;
use super::integrity::Content;
use super::judge::Judged;
use super::material::Material;
use crate::clock::Timestamp;
use crate::der::{Certificate, oid};
use crate::trust::path::{self, Purpose, Rules};
use crate::trust::revocation::{self, Evidence, Freshness, Status};
use crate::trust::{Anchors, Checks, Crl, OcspAnswer, Use};
use serde::Serialize;

/// A level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub enum Level {
    /// No PAdES baseline signature.
    #[serde(rename = "none")]
    None,
    /// Signature.
    #[serde(rename = "B-B")]
    BB,
    /// And a timestamp.
    #[serde(rename = "B-T")]
    BT,
    /// And validation data.
    #[serde(rename = "B-LT")]
    BLt,
    /// And a document timestamp over them.
    #[serde(rename = "B-LTA")]
    BLta,
}

/// The level of an intact signature. By the evidence in the file alone: what was handed in or fetched does not count.
pub(super) fn reached(judged: &Judged<'_>, material: &Material, checks: &Checks) -> Level {
    let (Ok(Content::Signature(cms)), Some(certificate)) = (&judged.found.content, judged.certificate) else {
        return Level::None;
    };
    let has = |oid| {
        cms.signers
            .iter()
            .any(|s| s.signed_attributes.iter().any(|a| a.oid == oid))
    };
    let pades = judged.found.signature.dict.is("SubFilter", "ETSI.CAdES.detached");
    if !pades || !has(oid::SIGNING_CERTIFICATE_V2) {
        return Level::None;
    }
    let intact = judged.stamps.iter().filter(|s| s.certificate.is_some());
    let Some(first) = intact.clone().min_by_key(|s| s.info.time) else {
        return Level::BB;
    };
    let is_complete = |at_revision| {
        let data = material.embedded(at_revision);
        let holds = |certificate, chain, use_| {
            Evidenced {
                material,
                data: &data,
                chain,
                use_,
                checks,
            }
            .is(certificate, first.info.time)
        };
        let stamp = first.certificate.as_ref();
        data != (Vec::new(), Vec::new())
            && holds(certificate, judged.chain.as_ref(), Use::Signers)
            && stamp.is_some_and(|tsa| holds(tsa, first.chain.as_ref(), Use::TimestampAuthorities))
    };
    if !is_complete(None) {
        return Level::BT;
    }
    match intact.filter(|s| s.is_document).any(|s| is_complete(Some(s.revision))) {
        true => Level::BLta,
        false => Level::BLt,
    }
}

/// Data of the file, and the chain that it is to speak about.
struct Evidenced<'a> {
    material: &'a Material,
    data: &'a (Vec<OcspAnswer>, Vec<Crl>),
    chain: Option<&'a Chain>,
    use_: Use,
    checks: &'a Checks,
}

impl Evidenced<'_> {
    /// Whether the data says of every certificate of the chain below its root what became of it. Where no root is trusted, the chain is the one that the
    /// file holds.
    fn is(&self, certificate: &Certificate, at: Timestamp) -> bool {
        let pool = &self.material.pieces.certificates;
        let mut anchors = Anchors::new();
        match self.chain.and_then(|chain| chain.path.as_ref()) {
            Some(path) => anchors.add(path.anchor().clone(), &[self.use_]),
            None => tops(pool, certificate).for_each(|top| anchors.add(top.clone(), &[self.use_])),
        }
        let purpose = match self.use_ {
            Use::TimestampAuthorities => Purpose::TimestampAuthority,
            Use::Signers | Use::Responders => Purpose::Signer,
        };
        let rules = Rules::new(at, purpose, self.use_);
        let paths = path::find_all(certificate, pool, &anchors, &rules, self.checks);
        let Some(path) = paths.valid.first() else {
            return false;
        };
        let evidence = Evidence {
            crls: &self.data.1,
            answers: &self.data.0,
            certificates: pool,
            anchors: &anchors,
            anchors_for: self.use_,
            freshness: Freshness::Current,
            checks: self.checks,
        };
        let links = revocation::judge_path(path, &evidence, at);
        links.iter().all(|link| !matches!(link.status, Status::Unknown(_)))
    }
}

/// Authorities above which nothing is at hand.
fn tops<'p>(pool: &'p [Certificate], below: &'p Certificate) -> impl Iterator<Item = &'p Certificate> {
    let has_issuer = move |c: &Certificate| pool.iter().any(|other| other != c && other.subject() == c.issuer());
    let is_top = move |c: &&Certificate| c.extensions().is_ca && *c != below && (c.is_self_issued() || !has_issuer(c));
    pool.iter().filter(is_top)
}
