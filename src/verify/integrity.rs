//! One signature or document timestamp by itself: where it stands, what it covers, whether digest and signature value hold. Changes, trust and time are not asked.

use super::Finding;
use super::evidence::Signature;
use super::hashing::DigestRequest;
use super::placement::{self, Placement};
use crate::cms::{self, Claim, SignedData};
use crate::der::{Certificate, oid};
use crate::pdf::value::Value;
use crate::pdf::{Document, Revision};
use crate::trust::{self, Checks};
use crate::tsa::{self, TstInfo};

/// What signatures of a PDF may say they are (ISO 32000-2, Table 255; EN 319 142-1). Those over SHA-1 are not among them.
const SUB_FILTERS: &[&str] = &["ETSI.CAdES.detached", "adbe.pkcs7.detached", "ETSI.RFC3161"];

/// A signature as found, with everything that is needed to judge it but the digest.
#[derive(Debug)]
pub struct Found {
    /// As the newest revision shows it.
    pub signature: Signature,
    /// Where it stands; the fault when it stands nowhere as it must.
    pub placement: Result<Placement, Finding>,
    /// Which revision it covers, counted from the newest; `None`: none exactly.
    pub revision: Option<usize>,
    /// What /Contents holds.
    pub content: Result<Content, Finding>,
}

/// What stands in /Contents.
#[derive(Debug)]
pub enum Content {
    /// A signature's SignedData.
    Signature(SignedData),
    /// A timestamp token and what it says.
    Timestamp(SignedData, TstInfo),
}

impl Found {
    /// Looks at `signature` in the newest view of the file.
    pub fn look(document: &Document<'_>, revisions: &[Revision], signature: Signature) -> Self {
        let placement = sub_filter(&signature).and_then(|()| placement::find(document, &signature));
        let covered = placement
            .as_ref()
            .ok()
            .and_then(|p| placement::covered(document, revisions, p.end));
        let revision = covered.filter(|at| began_there(document, revisions, *at, &signature, &placement) == Ok(true));
        let content = match &placement {
            Ok(placement) => read(&signature, &placement.contents),
            Err(finding) => Err(finding.clone()),
        };
        let placement = match (covered, revision) {
            (Some(_), None) => Err(Finding::SignatureReplaced {
                field: signature.field.clone(),
            }),
            (None, _) => placement.and_then(|_| {
                Err(Finding::ByteRange {
                    field: signature.field.clone(),
                })
            }),
            _ => placement,
        };
        Self {
            signature,
            placement,
            revision,
            content,
        }
    }

    /// What must be hashed to judge it; `None` when nothing can be.
    pub fn request(&self) -> Option<DigestRequest> {
        let (Ok(placement), Ok(content)) = (&self.placement, &self.content) else {
            return None;
        };
        let algorithm = match content {
            Content::Signature(cms) => cms.digest().ok()?,
            Content::Timestamp(_, info) => info.imprint.digest,
        };
        Some(DigestRequest {
            algorithm,
            first_end: placement.hole.start,
            second: placement.hole.end..placement.end,
        })
    }

    /// Whether it is intact over bytes with this digest; gives the signer's certificate.
    ///
    /// # Errors
    /// The first fault: its place, its coverage, its CMS, that the checks have ended.
    pub fn verify(&self, digest: Option<&[u8]>, checks: &Checks) -> Result<&Certificate, Finding> {
        self.placement.as_ref().map_err(Clone::clone)?;
        let cms_error = |error| Finding::Cms {
            field: self.signature.field.clone(),
            error,
        };
        let digest = digest.unwrap_or_default();
        match self.content.as_ref().map_err(Clone::clone)? {
            Content::Signature(cms) => {
                // An unknown algorithm is told before the digest that it left out.
                cms.digest().map_err(cms_error)?;
                self.held(cms.claim_foreign(digest).map_err(cms_error)?, checks)
            }
            Content::Timestamp(cms, info) => {
                let timestamp_error = |error| Finding::Timestamp {
                    field: self.signature.field.clone(),
                    error,
                };
                if info.imprint.value != digest {
                    return Err(timestamp_error(tsa::Error::ImprintMismatch));
                }
                let certificate = self.held(cms.claim_content().map_err(cms_error)?, checks)?;
                if !tsa::is_for_timestamps(certificate) {
                    return Err(timestamp_error(tsa::Error::Purpose));
                }
                Ok(certificate)
            }
        }
    }

    fn held<'c>(&self, claim: Claim<'c>, checks: &Checks) -> Result<&'c Certificate, Finding> {
        let field = || self.signature.field.clone();
        match checks.value(&claim) {
            Some(Ok(())) => Ok(claim.certificate()),
            Some(Err(error)) => Err(Finding::Cms {
                field: field(),
                error: error.into(),
            }),
            None => Err(Finding::Trust {
                field: field(),
                finding: trust::Finding::ChecksEnded,
            }),
        }
    }

    /// Its SignedData, when that could be read.
    pub fn cms(&self) -> Option<&SignedData> {
        match self.content.as_ref().ok()? {
            Content::Signature(cms) | Content::Timestamp(cms, _) => Some(cms),
        }
    }
}

fn sub_filter(signature: &Signature) -> Result<(), Finding> {
    let malformed = |part| {
        Err(Finding::SignatureMalformed {
            field: signature.field.clone(),
            part,
        })
    };
    let dict = &signature.dict;
    if !SUB_FILTERS.iter().any(|name| dict.is("SubFilter", name)) {
        return Err(Finding::SubFilter {
            field: signature.field.clone(),
        });
    }
    if dict.get("Type").is_some()
        && !dict.is("Type", "Sig")
        && !(signature.is_timestamp && dict.is("Type", "DocTimeStamp"))
    {
        return malformed("/Type");
    }
    Ok(())
}

/// The signature is the same object in the revision that it covers, and its field was empty before: nothing later shadows it, and it took nobody's place.
fn began_there(
    document: &Document<'_>,
    revisions: &[Revision],
    at: usize,
    signature: &Signature,
    placement: &Result<Placement, Finding>,
) -> Result<bool, Finding> {
    let Ok(placement) = placement else { return Ok(false) };
    let view = document.at_revision(&revisions[at]);
    let value = |view: &Document<'_>| -> Result<Option<Value>, Finding> {
        let field = view.get(signature.field_id)?.value;
        Ok(field.as_dict().and_then(|d| d.get("V")).cloned())
    };
    let same = view.get(signature.id)?.span == placement.object && value(&view)? == Some(Value::Ref(signature.id));
    let before = match revisions.get(at + 1) {
        Some(older) => value(&document.at_revision(older))?,
        None => None,
    };
    Ok(same && before.is_none())
}

fn read(signature: &Signature, contents: &[u8]) -> Result<Content, Finding> {
    let field = || signature.field.clone();
    let cms_error = |error| Finding::Cms { field: field(), error };
    let cms = SignedData::parse_foreign(contents).map_err(cms_error)?;
    if !signature.is_timestamp {
        return Ok(Content::Signature(cms));
    }
    let content = cms.content.as_deref().filter(|_| cms.content_type == oid::TST_INFO);
    let content = content.ok_or(cms_error(cms::Error::ContentMissing))?;
    match TstInfo::parse(content) {
        Ok(info) => Ok(Content::Timestamp(cms, info)),
        Err(error) => Err(Finding::Timestamp { field: field(), error }),
    }
}
