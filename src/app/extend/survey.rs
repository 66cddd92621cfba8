//! What a signed file shows about the times of its signatures: who signed, who stamped, which evidence stands in it. Blocks.
//!
//! A file that is not whole is refused with what is wrong with it. Nobody is trusted here.

use super::end::End;
use crate::app::collect::Subject;
use crate::app::draft::Draft;
use crate::app::failure::{Failure, FailureKind};
use crate::clock::Timestamp;
use crate::cms::SignedData;
use crate::der::{Certificate, DigestAlgorithm};
use crate::fetch::Stamped;
use crate::pdf::Document;
use crate::secret::Password;
use crate::text::Explain;
use crate::trust::Use;
use crate::trust::revocation::Freshness;
use crate::tsa::{self, Checked, Expected, Imprint};
use crate::verify::integrity::{Content, Found};
use crate::verify::judge::Pieces;
use crate::verify::{extension, file};

const UNKNOWN: Failure = Failure::new(FailureKind::Internal, "internal_error");

/// A file's signatures and timestamps.
pub(crate) struct Survey {
    /// Signatures that are no document timestamps.
    signatures: Vec<Signed>,
    /// Document timestamps.
    stamps: Vec<Stamp>,
    /// Certificates and revocation data that stand in the file.
    pub(super) known: Pieces,
    /// The revision of the last document timestamp, and when that one ends.
    end: Option<(usize, End)>,
}

struct Signed {
    field: String,
    certificate: Certificate,
    /// Timestamps over the signature value.
    stamps: Vec<Stamp>,
    order: usize,
}

struct Stamp {
    certificate: Certificate,
    time: Timestamp,
    /// The revision that it covers, the oldest first.
    order: usize,
}

impl Survey {
    /// Reads and judges the file.
    ///
    /// # Errors
    /// `no_signature`, and what is wrong with the file, a signature in it, or what was changed after one.
    pub(crate) fn of(draft: &Draft, password: Option<&Password>) -> Result<Self, Failure> {
        let map = draft.map()?;
        let document = Document::open(map.data(), password)?;
        let refused = |finding: crate::verify::Finding| Failure::of(FailureKind::Unreadable, &finding);
        let examination = file::examine(&document).map_err(refused)?;
        let digests = draft.digests(examination.requests())?;
        let certificates = extension::signers(&examination, &digests);
        let certificates = certificates.map_err(|faults| faults.into_iter().next().map_or(UNKNOWN, refused))?;
        let mut survey = Self {
            signatures: Vec::new(),
            stamps: Vec::new(),
            known: examination.pieces().clone(),
            end: None,
        };
        let last = examination.revisions().len();
        for (found, certificate) in examination.signatures().iter().zip(certificates) {
            // Without faults each one covers a revision.
            let order = last - found.revision.unwrap_or(0);
            survey.take(found, certificate, order);
        }
        match survey.signatures.is_empty() {
            true => Err(Failure::new(FailureKind::Invalid, "no_signature")),
            false => Ok(survey),
        }
    }

    /// The signature in `field` that was just made with the certificate of this SHA-256, and its timestamp; nothing else in its document is looked at.
    ///
    /// # Errors
    /// What is wrong with the CMS.
    pub(crate) fn of_new(
        field: &str,
        signer: &[u8; 32],
        cms: &[u8],
        stamped: Option<Stamped>,
    ) -> Result<Self, Failure> {
        let cms = SignedData::parse(cms)?;
        let certificate = cms.certificates.iter().find(|one| one.sha256() == signer);
        let certificate = certificate.ok_or(crate::cms::Error::SignerCertificateMissing)?.clone();
        let mut survey = Self {
            signatures: Vec::new(),
            stamps: Vec::new(),
            known: Pieces::default(),
            end: None,
        };
        survey.know(&cms.certificates);
        let stamps = stamped.into_iter().map(|stamped| {
            survey.know(&stamped.issuers);
            Stamp {
                certificate: stamped.checked.certificate,
                time: stamped.checked.info.time,
                order: 0,
            }
        });
        let stamps = stamps.collect();
        survey.signatures.push(Signed {
            field: field.to_owned(),
            certificate,
            stamps,
            order: 0,
        });
        Ok(survey)
    }

    /// Takes a document timestamp that was just added behind everything else.
    pub(super) fn add(&mut self, checked: &Checked, issuers: &[Certificate]) {
        let newest = self.stamps.iter().map(|stamp| stamp.order);
        let newest = newest.chain(self.signatures.iter().map(|signed| signed.order)).max();
        let order = newest.unwrap_or(0) + 1;
        self.stamps.push(Stamp {
            certificate: checked.certificate.clone(),
            time: checked.info.time,
            order,
        });
        if let Ok(cms) = SignedData::parse(&checked.token) {
            self.ends(order, End::of(&cms, &checked.info, &checked.certificate));
        }
        self.know(issuers);
    }

    /// The timestamp that the signature in `field` bears was made by a TSA whose issuers are these.
    pub(crate) fn know(&mut self, issuers: &[Certificate]) {
        let pieces = Pieces {
            certificates: issuers.to_vec(),
            ..Pieces::default()
        };
        self.known.extend(&pieces);
    }

    /// Every signature has a time that is not its signer's word.
    pub(super) fn has_times(&self) -> bool {
        self.signatures.iter().all(|signed| self.time(signed).is_some())
    }

    /// The latest of the times of the signature in `only`, else of all.
    pub(super) fn latest(&self, only: Option<&str>) -> Option<Timestamp> {
        let asked = |signed: &&Signed| only.is_none_or(|field| field == signed.field);
        self.signatures
            .iter()
            .filter(asked)
            .filter_map(|signed| self.time(signed))
            .max()
    }

    /// A document timestamp stands in the file: what comes now is a renewal.
    pub(super) fn is_archived(&self) -> bool {
        !self.stamps.is_empty()
    }

    /// When the last document timestamp ends; `None`: there is none.
    pub(crate) fn end(&self) -> Option<End> {
        self.end.map(|(_, end)| end)
    }

    fn ends(&mut self, order: usize, end: End) {
        if self.end.is_none_or(|(last, _)| order >= last) {
            self.end = Some((order, end));
        }
    }

    /// What evidence is wanted for: the signature in `only`, else all; their TSAs, and those of document timestamps.
    pub(super) fn subjects(&self, only: Option<&str>, freshness: Freshness, now: Timestamp) -> Vec<Subject> {
        let mut subjects = Vec::new();
        let stamp = |stamp: &Stamp| Subject {
            certificate: stamp.certificate.clone(),
            use_: Use::TimestampAuthorities,
            at: self.proven(stamp.order).unwrap_or(now),
            freshness: Freshness::Current,
        };
        for signed in &self.signatures {
            if only.is_some_and(|field| field != signed.field) {
                continue;
            }
            subjects.push(Subject {
                certificate: signed.certificate.clone(),
                use_: Use::Signers,
                at: self.time(signed).unwrap_or(now),
                freshness,
            });
            subjects.extend(signed.stamps.iter().map(stamp));
        }
        subjects.extend(self.stamps.iter().map(stamp));
        subjects
    }

    /// What evidence is wanted for the newest document timestamp's TSA, which nothing covers.
    pub(super) fn newest(&self, now: Timestamp) -> Option<Subject> {
        let stamp = self.stamps.iter().max_by_key(|stamp| stamp.order)?;
        Some(Subject {
            certificate: stamp.certificate.clone(),
            use_: Use::TimestampAuthorities,
            at: now,
            freshness: Freshness::Current,
        })
    }

    /// The earliest time at which the signature is known to have been there.
    fn time(&self, signed: &Signed) -> Option<Timestamp> {
        let own = signed.stamps.iter().map(|stamp| stamp.time);
        own.chain(self.proven(signed.order)).min()
    }

    /// The earliest document timestamp over what a revision holds.
    fn proven(&self, order: usize) -> Option<Timestamp> {
        let later = self.stamps.iter().filter(|stamp| stamp.order > order);
        later.map(|stamp| stamp.time).min()
    }

    fn take(&mut self, found: &Found, certificate: &Certificate, order: usize) {
        let certificate = certificate.clone();
        match &found.content {
            Ok(Content::Signature(cms)) => {
                let stamps = signature_stamps(cms).map(|checked| Stamp {
                    certificate: checked.certificate,
                    time: checked.info.time,
                    order,
                });
                self.signatures.push(Signed {
                    field: found.signature.field.clone(),
                    certificate,
                    stamps: stamps.collect(),
                    order,
                });
            }
            Ok(Content::Timestamp(cms, info)) => {
                self.ends(order, End::of(cms, info, &certificate));
                let time = info.time;
                self.stamps.push(Stamp {
                    certificate,
                    time,
                    order,
                });
            }
            Err(_) => {}
        }
    }
}

/// The timestamps over a signature value that hold.
fn signature_stamps(cms: &SignedData) -> impl Iterator<Item = Checked> {
    let signer = cms.signers.first().into_iter();
    signer.flat_map(|signer| signer.timestamps().filter_map(|token| stamp(token, &signer.signature)))
}

/// A signature's timestamp that holds; one that does not proves nothing and is left alone.
fn stamp(token: &[u8], value: &[u8]) -> Option<Checked> {
    let digests = [
        DigestAlgorithm::Sha256,
        DigestAlgorithm::Sha384,
        DigestAlgorithm::Sha512,
    ];
    let mut error = None;
    for digest in digests {
        let expected = Expected {
            imprint: Imprint::of(digest, value),
            nonce: None,
            policy: None,
        };
        match tsa::check(token, &expected) {
            Ok(checked) => return Some(checked),
            Err(tsa::Error::ImprintMismatch) => {}
            Err(other) => error = Some(other),
        }
    }
    let code = error.as_ref().map_or("tsa_imprint_mismatch", Explain::code);
    log::warn!(code = "timestamp_unusable", cause = code; "a signature's timestamp in a file does not hold");
    None
}
