//! The last steps of a signature: into our copy, checked by code that did not make it, out under its name. Blocks.

use super::desk::{Level, SigningChoice};
use super::draft::{Draft, not_stored};
use super::failure::Failure;
use super::jobs::{PathText, Payload};
use super::journal::Intent;
use super::signing::{Deliver, Sealed, Signed};
use crate::access::Principal;
use crate::pdf::Document;
use crate::secret::Password;
use crate::store::blob::TempFile;
use crate::text::Explain;
use crate::verify::hashing::Hashing;
use crate::verify::release::{self, Original};
use std::path::Path;
use std::sync::Arc;

/// A signed copy that nobody has looked at yet.
pub(crate) struct Finished {
    draft: Draft,
    deliver: Deliver,
    password: Option<Arc<Password>>,
    intent: Intent,
    name: String,
    field: String,
    /// SHA-256 of the certificate that was to sign.
    signer: [u8; 32],
    sha256: [u8; 32],
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
    let sha256 = item.draft.present_sha256();
    let field = ready.prepared.field_name;
    Ok(Finished {
        draft: item.draft,
        deliver: item.deliver,
        password: item.password,
        intent,
        name: item.request.name,
        field,
        signer,
        sha256,
    })
}

/// The release check of house.md, over the bytes as they lie on the disk.
///
/// # Errors
/// Every finding of [`release`]; then nobody gets the file.
pub(crate) fn check(finished: Finished) -> Result<Checked, Failure> {
    let draft = &finished.draft;
    let original = Original {
        bytes: draft.original_bytes(),
        sha256: draft.sha256(),
    };
    let meant = (&*finished.field, &finished.signer);
    inspect(draft, &original, meant, finished.password.as_deref())?;
    Ok(Checked { finished })
}

/// The release check of a signed copy of `original`: signed in this field with the certificate of this SHA-256.
///
/// # Errors
/// As [`check`].
pub(crate) fn inspect(
    draft: &Draft,
    original: &Original,
    (field, signer): (&str, &[u8; 32]),
    password: Option<&Password>,
) -> Result<(), Failure> {
    let map = draft.map()?;
    let document = Document::open(map.data(), password)?;
    let plan = release::plan(&document, original)?;
    let mut hashing = Hashing::new(plan.requests());
    draft.read(0..Hashing::needed(plan.requests()), &mut |block| hashing.update(block))?;
    let checked = release::check(original, &plan, &hashing.finish());
    let meant = checked.and_then(|released| released.as_meant(field, signer));
    meant.map(drop).map_err(|findings| {
        findings
            .iter()
            .for_each(|finding| log::error!(code = finding.code(); "the release check refused a file"));
        Failure::from(findings)
    })
}

impl Checked {
    /// The intent that this fulfils.
    pub(crate) fn intent(&self) -> Intent {
        self.finished.intent
    }

    /// SHA-256 of the signed file.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        self.finished.sha256
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

    /// What a job must know to complete it.
    pub(crate) fn payload(&self, operation: &str, who: &Principal, choice: &SigningChoice, tsas: &[String]) -> Payload {
        let Finished {
            draft, deliver, name, ..
        } = &self.finished;
        Payload {
            operation: operation.to_owned(),
            item: self.finished.intent.item,
            caller: who.to_string(),
            name: name.clone(),
            field: self.finished.field.clone(),
            certificate: self.finished.signer,
            reached: Level::BB,
            level: choice.level,
            tsas: tsas.to_vec(),
            input_bytes: draft.original_bytes(),
            input_sha256: draft.sha256(),
            released: self.finished.sha256,
            document: self.finished.sha256,
            output: match deliver {
                Deliver::As(path) => Some(PathText::of(path)),
                Deliver::Keep => None,
            },
        }
    }

    /// Lets the file appear.
    ///
    /// # Errors
    /// `output_unwritable`.
    pub(crate) fn deliver(self, level: Level) -> Result<Signed, Failure> {
        let Finished {
            draft,
            deliver,
            field,
            signer,
            sha256,
            ..
        } = self.finished;
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
            level,
            kept,
        })
    }
}
