//! The baseline level that a signature's evidence reaches (ETSI EN 319 142-1, 6). By what is there, not by whether it is good: that is the verdict's part.

use super::evidence;
use super::file::Examination;
use super::integrity::{Content, Found};
use crate::der::oid;
use crate::pdf::{Document, Error};
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

/// The level of `found`.
pub(super) fn reached(examination: &Examination<'_>, found: &Found) -> Level {
    let (Ok(Content::Signature(cms)), Some(revision)) = (&found.content, found.revision) else {
        return Level::None;
    };
    let Some(signer) = cms.signers.first() else {
        return Level::None;
    };
    let has = |attributes: &[crate::cms::Attribute], oid| attributes.iter().any(|a| a.oid == oid);
    let pades = found.signature.dict.is("SubFilter", "ETSI.CAdES.detached");
    if !pades || !has(&signer.signed_attributes, oid::SIGNING_CERTIFICATE_V2) {
        return Level::None;
    }
    let later = examination
        .found
        .iter()
        .filter(|f| matches!(f.content, Ok(Content::Timestamp(..))));
    let later: Vec<usize> = later.filter_map(|f| f.revision).filter(|at| *at < revision).collect();
    if !has(&signer.unsigned_attributes, oid::SIGNATURE_TIME_STAMP) && later.is_empty() {
        return Level::BB;
    }
    if !has_revocation_data(&examination.document).unwrap_or(false) {
        return Level::BT;
    }
    let stamped = later.iter().any(|at| {
        let view = examination.document.at_revision(&examination.revisions[*at]);
        has_revocation_data(&view).unwrap_or(false)
    });
    if stamped { Level::BLta } else { Level::BLt }
}

/// Whether the security store holds OCSP answers or CRLs.
fn has_revocation_data(document: &Document<'_>) -> Result<bool, Error> {
    let store = evidence::entry(document, &document.catalog()?, "DSS")?;
    let Some(store) = store.as_dict() else { return Ok(false) };
    for key in ["OCSPs", "CRLs"] {
        if evidence::entry(document, store, key)?
            .as_array()
            .is_some_and(|list| !list.is_empty())
        {
            return Ok(true);
        }
    }
    Ok(false)
}
