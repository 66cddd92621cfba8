//! The last steps of a signature: into our copy, checked by code that did not make it, out under its name. Blocks.

use super::draft::Draft;
use super::failure::Failure;
use super::journal::Intent;
use super::signing::{Deliver, Sealed, Signed};
use crate::pdf::Document;
use crate::secret::Password;
use crate::text::Explain;
use crate::verify::hashing::Hashing;
use crate::verify::release::{self, Original};
use std::sync::Arc;

/// A signed copy that nobody has looked at yet.
pub(crate) struct Finished {
    draft: Draft,
    deliver: Deliver,
    password: Option<Arc<Password>>,
    intent: Intent,
    field: String,
    /// SHA-256 of the certificate that was to sign.
    signer: [u8; 32],
    sha256: [u8; 32],
}

/// A signed copy that passed the release check.
pub(crate) struct Checked {
    finished: Finished,
    certificate: [u8; 32],
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
    let map = finished.draft.map()?;
    let document = Document::open(map.data(), finished.password.as_deref())?;
    let draft = &finished.draft;
    let original = Original {
        bytes: draft.original_bytes(),
        sha256: draft.sha256(),
    };
    let plan = release::plan(&document, &original)?;
    let mut hashing = Hashing::new(plan.requests());
    draft.read(0..Hashing::needed(plan.requests()), &mut |block| hashing.update(block))?;
    let checked = release::check(&original, &plan, &hashing.finish());
    let meant = checked.and_then(|released| released.as_meant(&finished.field, &finished.signer));
    let released = meant.map_err(|findings| {
        findings
            .iter()
            .for_each(|finding| log::error!(code = finding.code(); "the release check refused a file"));
        Failure::from(findings)
    })?;
    let certificate = *released.certificate.sha256();
    drop(map);
    Ok(Checked { finished, certificate })
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

    /// Lets the file appear.
    ///
    /// # Errors
    /// `output_unwritable`.
    pub(crate) fn deliver(self) -> Result<Signed, Failure> {
        let Finished {
            draft,
            deliver,
            field,
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
            certificate: self.certificate,
            kept,
        })
    }
}
