//! What the document and its earlier signatures allow. Nothing here is about the field's own wishes ([`super::seed`]).

use super::Error;
use super::request::{Purpose, Request};
use crate::pdf::signatures::Signatures;
use crate::pdf::{self, Document};

/// Refuses what no signature may do here. `field`: the full name of the field to be signed; `is_new`: it does not exist yet.
pub(super) fn check(
    document: &Document<'_>,
    signatures: &Signatures,
    request: &Request,
    purpose: Purpose,
    (field, is_new): (&str, bool),
) -> Result<(), Error> {
    if signatures.xfa {
        return Err(Error::XfaForm);
    }
    let is_signed = signatures.signed().next().is_some();
    if signatures.need_appearances && is_signed {
        return Err(Error::NeedAppearances);
    }
    if request.certify.is_some() && is_signed {
        return Err(Error::CertifyNotFirst);
    }
    if let Some(encryption) = document.encryption() {
        let permissions = encryption.permissions();
        let permitted = match is_new {
            true => permissions.may_add_fields(),
            false => permissions.may_fill_forms(),
        };
        if !permitted {
            return Err(pdf::Error::PermissionDenied.into());
        }
    }
    // Evidence may be added whatever earlier signatures forbid (ISO 32000-2, 12.8.2.2.2; EN 319 142-1, 5.4).
    if purpose == Purpose::Timestamp {
        return Ok(());
    }
    for (earlier, signature) in signatures.signed() {
        if signature.docmdp == Some(1) {
            let by = earlier.name.clone();
            return Err(Error::CertifiedNoChanges { by });
        }
        if signature.docmdp.is_some() && is_new && request.visible.is_some() {
            let by = earlier.name.clone();
            return Err(Error::CertifiedNoNewSeal { by });
        }
        // A lock on all fields, or on all but some, is taken to hold for fields made later, too: viewers disagree about them.
        if signature.locks.iter().any(|lock| lock.locks(field)) {
            return Err(Error::FieldLocked {
                field: field.to_owned(),
                by: earlier.name.clone(),
            });
        }
    }
    Ok(())
}
