//! The last steps of a signature: into our copy, checked by code that did not make it, out under its name. Blocks.

use super::draft::{Draft, not_stored};
use super::extend::raise::Raised;
use super::failure::Failure;
use super::jobs::{Kept, Missing, PathText, Payload};
use super::journal::Intent;
use super::refused::Refused;
use super::signing::{Deliver, Sealed, Set, Signed};
use crate::clock::Timestamp;
use crate::pdf::Document;
use crate::secret::Password;
use crate::store::blob::TempFile;
use crate::verify::Finding;
use crate::verify::hashing::Hashing;
use crate::verify::release::{self, Original};
use std::path::Path;
use std::sync::Arc;

/// A signed copy that nobody has looked at yet.
pub(crate) struct Finished {
    pub(super) draft: Draft,
    pub(super) about: About,
}

/// What is known of it.
pub(crate) struct About {
    deliver: Deliver,
    pub(super) password: Option<Arc<Password>>,
    intent: Intent,
    name: String,
    pub(super) field: String,
    /// SHA-256 of the certificate that was to sign.
    signer: [u8; 32],
}

/// A signed copy that passed the release check.
pub(crate) struct Checked {
    finished: Finished,
}

/// Writes the update with its signature behind the original.
///
/// # Errors
/// `disk_full`, `output_unwritable`.
pub(crate) fn finish(sealed: Sealed) -> Result<Finished, Failure> {
    let Sealed {
        mut item,
        ready,
        intent,
        signer,
        ..
    } = sealed;
    item.draft.append(&ready.prepared.update)?;
    let field = ready.prepared.field_name;
    let about = About {
        deliver: item.deliver,
        password: item.password,
        intent,
        name: item.request.name,
        field,
        signer,
    };
    Ok(Finished {
        draft: item.draft,
        about,
    })
}

/// The release check of house.md, over the bytes as they lie on the disk.
///
/// # Errors
/// Every finding of [`release`]; then nobody gets the file, and `refused` keeps it.
pub(crate) fn check(finished: Finished, refused: &Refused) -> Result<Checked, Failure> {
    let draft = &finished.draft;
    let original = Original {
        bytes: draft.original_bytes(),
        sha256: draft.sha256(),
    };
    let about = &finished.about;
    inspect(
        draft,
        &original,
        (&about.field, &about.signer),
        about.password.as_deref(),
        refused,
    )?;
    Ok(Checked { finished })
}

/// The release check of a signed copy of `original`: signed in this field with the certificate of this SHA-256.
///
/// # Errors
/// As [`check`].
pub(crate) fn inspect(
    draft: &Draft,
    original: &Original,
    meant: (&str, &[u8; 32]),
    password: Option<&Password>,
    refused: &Refused,
) -> Result<(), Failure> {
    let findings = findings(draft, original, meant, password)?;
    match findings.is_empty() {
        true => Ok(()),
        false => Err(refused.keep(draft, original, findings)),
    }
}

/// What stands against the copy.
fn findings(
    draft: &Draft,
    original: &Original,
    (field, signer): (&str, &[u8; 32]),
    password: Option<&Password>,
) -> Result<Vec<Finding>, Failure> {
    let map = draft.map()?;
    let opened = Document::open(map.data(), password).map_err(Finding::from);
    let plan = match opened.and_then(|document| release::plan(&document, original)) {
        Ok(plan) => plan,
        Err(finding) => return Ok(vec![finding]),
    };
    let mut hashing = Hashing::new(plan.requests());
    draft.read(0..Hashing::needed(plan.requests()), &mut |block| hashing.update(block))?;
    let checked = release::check(original, &plan, &hashing.finish());
    let meant = checked.and_then(|released| released.as_meant(field, signer));
    Ok(meant.err().unwrap_or_default())
}

impl Checked {
    /// The intent that this fulfils.
    pub(crate) fn intent(&self) -> Intent {
        self.finished.about.intent
    }

    /// SHA-256 of the signed file.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        self.finished.draft.present_sha256()
    }

    /// A copy of the signed file in `folder`, to become a document of the state.
    ///
    /// # Errors
    /// `disk_full`, `output_unwritable`, `state_io`.
    pub(crate) fn copy(&self, folder: &Path, max_bytes: u64) -> Result<TempFile, Failure> {
        let copy = Draft::copy(self.finished.draft.path(), folder, max_bytes)?.into_path();
        let kept = copy.keep().map_err(|e| not_stored(&e.error))?;
        Ok(TempFile::adopt(kept)?)
    }

    /// Where the file is to appear; `None`: it is fetched.
    pub(crate) fn place(&self) -> Option<&Path> {
        match &self.finished.about.deliver {
            Deliver::As(path) => Some(path),
            Deliver::Keep => None,
        }
    }

    /// What a job must know to complete it.
    pub(crate) fn payload(&self, set: &Set, raised: &Raised, sources: Kept) -> Payload {
        let Finished { draft, about } = &self.finished;
        let sha256 = self.sha256();
        Payload {
            operation: set.operation.clone(),
            item: about.intent.item,
            caller: set.who.to_string(),
            name: about.name.clone(),
            field: about.field.clone(),
            certificate: about.signer,
            reached: raised.level,
            level: set.choice.level,
            tsas: set.sources.tsas.clone(),
            sources,
            stamped: raised.signed.map(Timestamp::micros),
            missing: raised.missing.iter().map(Missing::of).collect(),
            input_bytes: draft.original_bytes(),
            input_sha256: draft.sha256(),
            released: sha256,
            document: sha256,
            output: match &about.deliver {
                Deliver::As(path) => Some(PathText::of(path)),
                Deliver::Keep => None,
            },
        }
    }

    /// Lets the file appear; `later`: a job completes it from then on.
    ///
    /// # Errors
    /// `output_unwritable`.
    pub(crate) fn deliver(self, raised: Raised, later: Option<Timestamp>) -> Result<Signed, Failure> {
        let sha256 = self.sha256();
        let Finished { draft, about } = self.finished;
        let About {
            deliver, field, signer, ..
        } = about;
        let kept = match deliver {
            Deliver::As(path) => {
                draft.release(&path)?;
                None
            }
            Deliver::Keep => Some(draft.into_path()),
        };
        Ok(Signed {
            sha256,
            field,
            certificate: signer,
            level: raised.level,
            missing: raised.missing,
            later,
            kept,
        })
    }
}
